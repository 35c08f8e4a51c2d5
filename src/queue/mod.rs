//! The messenger: in-process channels, or RabbitMQ. Rows are the truth; a lost message costs
//! seconds (the sweeper publishes it again), a doubled one a no-op.

mod embedded;
mod message;
mod rabbitmq;

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};
use uuid::Uuid;

use crate::faults::{self, Break};
use crate::store::{Store, Work};

pub use message::Message;
pub(crate) use message::read as read_message;

/// The queue: the one place that chooses between the two ways to run.
#[derive(Debug, Clone)]
pub enum Queue {
    /// In-process, bounded channels.
    Embedded(embedded::Embedded),
    /// RabbitMQ.
    RabbitMq(rabbitmq::RabbitMq),
}

/// Why the queue did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// The broker cannot be reached, or gave up; it is tried again by itself.
    #[error("the message broker is not available: {0}")]
    Unavailable(String),
    /// The broker is there but set up in a way that does not work, with the mend.
    #[error("the message broker refused: {0}")]
    Refused(String),
    /// The configuration does not name a queue, with the mend.
    #[error("{0}")]
    Configuration(String),
}

/// Host and port of the broker; `None` for the embedded queue, and for what is no URL of one.
pub fn place(url: &str) -> Option<String> {
    rabbitmq::place(url)
}

/// A message taken from the queue. Dropping it without an answer gives it back.
#[derive(Debug)]
pub struct Delivery {
    /// The row that it is about.
    pub id: Uuid,
    /// Whether the broker gave it out before, to a process that ended or gave it back.
    pub again: bool,
    handle: Handle,
}

#[derive(Debug)]
enum Handle {
    Embedded(embedded::Ticket),
    RabbitMq(Box<rabbitmq::Ticket>),
}

/// Messages of one kind of work, as they come. Survives reconnections by itself.
#[derive(Debug)]
pub struct Consumer {
    stop: CancellationToken,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Embedded(embedded::Consumer),
    RabbitMq(Box<rabbitmq::Consumer>),
}

impl Consumer {
    /// Waits for at least one message, then takes up to `max` of what comes within `linger`.
    /// `None` once the consumer was cancelled.
    pub async fn next_batch(&mut self, max: usize, linger: Duration) -> Option<Vec<Delivery>> {
        let mut batch = vec![self.next().await?];
        let end = sleep(linger);
        tokio::pin!(end);
        while batch.len() < max {
            tokio::select! {
                biased;
                next = self.next() => batch.push(next?),
                () = &mut end => break,
            }
        }
        Some(batch)
    }

    /// Takes no more messages until the next [`Consumer::next_batch`]; those that wait in this
    /// process and were not given out go back.
    pub async fn pause(&mut self) {
        self.source.cancel().await;
    }

    /// The next message, or `None` once the consumer was cancelled. Dropping the future loses
    /// nothing.
    async fn next(&mut self) -> Option<Delivery> {
        let stop = self.stop.clone();
        let next = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            next = self.source.next() => next,
        };
        if next.is_none() {
            self.source.cancel().await;
        }
        next
    }
}

impl Source {
    async fn next(&mut self) -> Option<Delivery> {
        match self {
            Self::Embedded(consumer) => consumer.next().await.map(|(id, ticket)| Delivery {
                id,
                again: false,
                handle: Handle::Embedded(ticket),
            }),
            Self::RabbitMq(consumer) => {
                let (id, ticket) = consumer.next().await?;
                Some(Delivery { id, again: ticket.again, handle: Handle::RabbitMq(Box::new(ticket)) })
            }
        }
    }

    async fn cancel(&mut self) {
        match self {
            Self::Embedded(_) => {}
            Self::RabbitMq(consumer) => consumer.cancel().await,
        }
    }
}

impl Delivery {
    /// The work is done (committed): forget the message.
    pub fn ack(self) {
        if faults::broken(Break::AcknowledgesNever) {
            return std::mem::forget(self);
        }
        match self.handle {
            Handle::Embedded(ticket) => ticket.ack(),
            Handle::RabbitMq(ticket) => ticket.ack(),
        }
    }

    /// The work is put off: bring the message back after about that long. RabbitMQ brings it
    /// back after 5 seconds, 1 minute or 10 minutes, whichever is the next longer one.
    pub async fn retry(self, after: Duration) {
        Self::retry_all(vec![self], after).await;
    }

    /// The same for messages of one consumer: they go back together.
    pub async fn retry_all(deliveries: Vec<Self>, after: Duration) {
        Self::retry_each(deliveries.into_iter().map(|delivery| (delivery, after)).collect()).await;
    }

    /// The same, each with its time.
    pub async fn retry_each(deliveries: Vec<(Self, Duration)>) {
        let mut tickets = Vec::with_capacity(deliveries.len());
        for (delivery, after) in deliveries {
            match delivery.handle {
                Handle::Embedded(ticket) => ticket.retry(after),
                Handle::RabbitMq(ticket) => tickets.push((*ticket, after)),
            }
        }
        rabbitmq::Ticket::retry(tickets).await;
    }
}

impl Queue {
    /// Connects to the queue of a URL: `embedded:` or `amqp(s)://…`; declares what is needed.
    /// With RabbitMQ away this still succeeds and connects later, by itself; a wrong URL or a
    /// queue declared otherwise is an error.
    pub async fn connect(url: &str, exchange: &str) -> Result<Self, QueueError> {
        if url == "embedded:" {
            return Ok(Self::Embedded(embedded::Embedded::new()));
        }
        rabbitmq::RabbitMq::connect(url, exchange).await.map(Self::RabbitMq)
    }

    /// Publishes messages, `delay` from now if given. Never waits longer than a few seconds.
    /// The answer has the rows of those that are not known to be in the queue.
    ///
    /// On RabbitMQ many that are published together under one routing key become few messages
    /// ([`Queue::rows_of_a_message`]); each row is answered by itself. A delayed message goes past the topic exchange, so that queues of other
    /// programs do not get it; the delay is one of [`Delivery::retry`].
    #[must_use = "the rows of what may be lost have to be made due"]
    pub async fn publish(&self, messages: Vec<Message>, delay: Option<Duration>) -> Vec<Uuid> {
        match self {
            Self::Embedded(queue) => queue.publish(&messages, delay),
            Self::RabbitMq(queue) => queue.publish(messages, delay).await,
        }
    }

    /// Publishes the messages of rows of one kind of work. Where one is not known to be in the
    /// queue its row is due for the sweeper at once, so that work goes on as soon as the broker
    /// is back; with the database away, too, it is due when its grace ends. Answers how many
    /// those are.
    pub async fn announce(
        &self,
        store: &Store,
        work: Work,
        messages: Vec<Message>,
        now: DateTime<Utc>,
    ) -> usize {
        let all = messages.len();
        let unknown = self.publish(messages, None).await;
        if unknown.is_empty() {
            return 0;
        }
        warn!(
            work = work.as_str(),
            all,
            unknown = unknown.len(),
            "not known to be in the queue; the sweeper publishes these again"
        );
        if let Err(error) = store.forget_messages_of(work, &unknown, now).await {
            debug!(%error, "they are published again after their grace");
        }
        unknown.len()
    }

    /// Starts to take messages of one kind of work, at most `prefetch` unanswered at a time.
    pub fn consume(&self, work: Work, prefetch: u16, stop: CancellationToken) -> Consumer {
        let source = match self {
            Self::Embedded(queue) => Source::Embedded(queue.consume(work, prefetch)),
            Self::RabbitMq(queue) => Source::RabbitMq(Box::new(queue.consume(work, prefetch))),
        };
        Consumer { stop, source }
    }

    /// About how many rows one message is at most.
    pub fn rows_of_a_message(&self) -> u64 {
        match self {
            Self::Embedded(_) => 1,
            Self::RabbitMq(_) => rabbitmq::ROWS,
        }
    }

    /// How many messages of one kind wait in the queue (not those in retry queues). What was
    /// published together on RabbitMQ is fewer messages than rows.
    pub async fn depth(&self, work: Work) -> Result<u64, QueueError> {
        match self {
            Self::Embedded(queue) => Ok(queue.depth(work)),
            Self::RabbitMq(queue) => queue.depth(work).await,
        }
    }

    /// Whether the queue answers.
    pub async fn ping(&self) -> Result<(), QueueError> {
        match self {
            Self::Embedded(queue) => queue.ping(),
            Self::RabbitMq(queue) => queue.ping().await,
        }
    }

    /// `embedded` or `rabbitmq`, for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Embedded(_) => "embedded",
            Self::RabbitMq(_) => "rabbitmq",
        }
    }

    /// Closes connections in good order. Messages without an answer go back to the queue.
    pub async fn close(&self) {
        match self {
            Self::Embedded(queue) => queue.close(),
            Self::RabbitMq(queue) => queue.close().await,
        }
    }
}
