//! Taking messages, and answering them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use lapin::Channel;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions,
};
use lapin::types::{FieldTable, ShortString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, warn};
use uuid::Uuid;

use super::RabbitMq;
use super::bundle::{Answer, Single, give_back};
use super::session::{Session, step};
use super::topology::Tier;
use crate::faults::{self, Break, Point};
use crate::queue::QueueError;
use crate::queue::message::read;
use crate::store::Work;

/// How long a message that could not be put off is held before it is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How often it is tried again. After that it is acknowledged, and its row is the sweeper's: given
/// back while the broker takes no messages it would come at once, over and over, until it is parked.
const TRIES: u32 = 30;
/// How many messages a consumer takes from the broker ahead of its work at most, however many rows
/// it may have in hand: each may be about many, some 10 KiB, or about one. Not fewer than rows that the
/// confirmer has in hand, or what a slow source holds would keep the messages of the others back.
const AHEAD: u16 = 1_536;

/// Takes the messages of one kind of work.
#[derive(Debug)]
pub(in crate::queue) struct Consumer {
    owner: RabbitMq,
    work: Work,
    prefetch: u16,
    /// The subscription under way: a task of its own, so that callers who wait for a short time
    /// again and again do not start from the beginning each time.
    subscribing: Option<AbortOnDropHandle<Option<Subscription>>>,
    subscription: Option<Subscription>,
    /// Taken from the broker and not given out.
    waiting: VecDeque<Waiting>,
    /// One for each row that may be given out.
    places: Arc<Semaphore>,
}

/// A row of a message, with its CloudEvent.
#[derive(Debug)]
struct Waiting {
    id: Uuid,
    body: Vec<u8>,
    again: bool,
    answer: OpenAnswer,
}

#[derive(Debug)]
struct Subscription {
    messages: lapin::Consumer,
    channel: Channel,
    session: Arc<Session>,
}

impl Subscription {
    /// Subscribes as soon as there is a connection; `None` once the queue is closed.
    async fn start(owner: RabbitMq, work: Work, prefetch: u16) -> Option<Self> {
        let queue = owner.shared.names.queue(work);
        loop {
            let session = owner.shared.consuming.session().await?;
            match Self::new(&session, queue.clone(), prefetch).await {
                Ok(subscription) => return Some(subscription),
                Err(error) => session.fail(error),
            }
        }
    }

    async fn new(session: &Arc<Session>, queue: ShortString, prefetch: u16) -> Result<Self, QueueError> {
        let channel = session.channel().await?;
        step("setting the prefetch", channel.basic_qos(prefetch.min(AHEAD), BasicQosOptions::default()))
            .await?;
        let consume =
            channel.basic_consume(queue, "".into(), BasicConsumeOptions::default(), FieldTable::default());
        let messages = step("consuming", consume).await?;
        Ok(Self { messages, channel, session: Arc::clone(session) })
    }
}

impl Consumer {
    pub(super) fn new(owner: RabbitMq, work: Work, prefetch: u16) -> Self {
        let prefetch = prefetch.max(1);
        Self {
            owner,
            work,
            prefetch,
            subscribing: None,
            subscription: None,
            waiting: VecDeque::new(),
            places: Arc::new(Semaphore::new(usize::from(prefetch))),
        }
    }

    /// The next message that can be read. Dropping the future loses nothing: what it has taken
    /// and not given out is still the broker's.
    pub(in crate::queue) async fn next(&mut self) -> Option<(Uuid, Ticket)> {
        let place = tokio::select! {
            biased;
            place = Arc::clone(&self.places).acquire_owned() => place.ok()?,
            () = self.owner.shared.stop.cancelled() => return None,
        };
        loop {
            if let Some(Waiting { id, body, again, answer }) = self.waiting.pop_front() {
                let (owner, work) = (self.owner.clone(), self.work);
                return Some((id, Ticket { answer, owner, work, id, body, again, _place: place }));
            }
            let Some(subscription) = &mut self.subscription else {
                let task = self.subscribing.get_or_insert_with(|| {
                    let subscribe = Subscription::start(self.owner.clone(), self.work, self.prefetch);
                    AbortOnDropHandle::new(tokio::spawn(subscribe))
                });
                let subscribed = task.await;
                self.subscribing = None;
                self.subscription = Some(subscribed.ok()??);
                continue;
            };
            match subscription.messages.next().await {
                Some(Ok(message)) => {
                    let channel = subscription.channel.clone();
                    self.take(message, channel);
                }
                Some(Err(error)) => {
                    subscription.session.fail(error);
                    self.lost();
                }
                None => {
                    subscription.session.fail("the broker ended the consumer: its queue may be deleted");
                    self.lost();
                }
            }
        }
    }

    /// What was not given out comes again from the broker.
    fn lost(&mut self) {
        self.subscription = None;
        self.waiting.clear();
    }

    /// Takes the rows of a message; one that cannot be read is parked.
    fn take(&mut self, message: Delivery, channel: Channel) {
        let message_id = message.properties.message_id().as_ref().map(ShortString::as_str);
        match read(message_id, &message.data) {
            Ok(events) => {
                let Some((first, _)) = events.first() else { return };
                // Broken on purpose, an answer that was given waits for a row that there is not.
                let given = faults::broken(Break::AcknowledgesFirst);
                if given {
                    let _ = message.acker.ack(BasicAckOptions::default()).now_or_never();
                }
                let rows = events.len() + usize::from(given);
                let answer = Arc::new(Answer::new(message.acker, channel, *first, rows));
                let again = message.redelivered;
                let waiting =
                    |(id, body)| Waiting { id, body, again, answer: OpenAnswer(Some(Arc::clone(&answer))) };
                self.waiting.extend(events.into_iter().map(waiting));
            }
            Err(why) => {
                warn!(work = ?self.work, why, "a message cannot be read and is parked");
                // Polled once, the request is on its way, whatever becomes of this future.
                let _ = message.acker.reject(BasicRejectOptions { requeue: false }).now_or_never();
            }
        }
    }

    /// Stops taking messages. What was given out can still be answered; what waits in this
    /// process goes back.
    pub(in crate::queue) async fn cancel(&mut self) {
        self.subscribing = None;
        let Some(mut subscription) = self.subscription.take() else { return self.waiting.clear() };
        let tag = subscription.messages.tag();
        let cancel = subscription.channel.basic_cancel(tag, BasicCancelOptions::default());
        if let Err(error) = step("cancelling a consumer", cancel).await {
            debug!(%error, "the consumer ended with its connection");
        }
        while let Some(Some(Ok(message))) = subscription.messages.next().now_or_never() {
            give_back(&message.acker);
        }
        self.waiting.clear();
    }
}

/// A row's part in the answer to its message. Dropped, it gives the message back.
#[derive(Debug)]
struct OpenAnswer(Option<Arc<Answer>>);

impl OpenAnswer {
    fn done(&mut self) {
        if let Some(answer) = self.0.take() {
            answer.done();
        }
    }
}

impl Drop for OpenAnswer {
    fn drop(&mut self) {
        if let Some(answer) = self.0.take() {
            answer.again();
        }
    }
}

/// The right to answer for one row of a message.
#[derive(Debug)]
pub(in crate::queue) struct Ticket {
    answer: OpenAnswer,
    owner: RabbitMq,
    work: Work,
    id: Uuid,
    body: Vec<u8>,
    /// Whether the broker gave the message out before.
    pub(in crate::queue) again: bool,
    _place: OwnedSemaphorePermit,
}

impl Ticket {
    pub(in crate::queue) fn ack(mut self) {
        self.answer.done();
    }

    /// Puts messages of one consumer off, each for its time.
    pub(in crate::queue) async fn retry(tickets: Vec<(Self, Duration)>) {
        let open = tickets.into_iter().map(|(ticket, after)| ticket.put_off(after)).collect();
        let mut open = Self::send_back(open).await;
        if open.is_empty() {
            return;
        }
        tokio::spawn(async move {
            for _ in 0..TRIES {
                sleep(PAUSE).await;
                open = Self::send_back(open).await;
                if open.is_empty() {
                    return;
                }
            }
            debug!(messages = open.len(), "not put off; the sweeper publishes their rows again");
            for (ticket, _) in open {
                ticket.ack();
            }
        });
    }

    /// With the message that comes back.
    fn put_off(mut self, after: Duration) -> (Self, Single) {
        let message = Single {
            exchange: "".into(),
            routing_key: self.owner.shared.names.retry(self.work, Tier::for_delay(after)),
            id: self.id,
            body: std::mem::take(&mut self.body),
        };
        (self, message)
    }

    /// Publishes what comes back, and forgets what did; the answer is the rest.
    async fn send_back(open: Vec<(Self, Single)>) -> Vec<(Self, Single)> {
        let Some(owner) = open.first().map(|(ticket, _)| ticket.owner.clone()) else { return open };
        let taken = owner.send(open.iter().map(|(_, message)| message.clone()).collect()).await;
        if !taken.is_empty() {
            faults::at(Point::RetryUnacknowledged).await;
        }
        let (done, rest): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|(ticket, _)| taken.contains(&ticket.id));
        for (ticket, _) in done {
            ticket.ack();
        }
        rest
    }
}
