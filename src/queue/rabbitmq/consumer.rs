//! Taking messages, and answering them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions,
    BasicRejectOptions,
};
use lapin::types::{FieldTable, ShortString};
use lapin::{Acker, Channel};
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, warn};
use uuid::Uuid;

use super::RabbitMq;
use super::session::{LIMIT, Outgoing, Session, step};
use super::topology::Tier;
use crate::queue::QueueError;
use crate::queue::message::read_id;
use crate::store::Work;

/// How long a message that could not be put off is held before it is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How often it is tried again. After that it is acknowledged, and its row is the sweeper's: given
/// back while the broker takes no messages it would come at once, over and over, until it is parked.
const TRIES: u32 = 30;

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
        step("setting the prefetch", channel.basic_qos(prefetch, BasicQosOptions::default())).await?;
        let consume =
            channel.basic_consume(queue, "".into(), BasicConsumeOptions::default(), FieldTable::default());
        let messages = step("consuming", consume).await?;
        Ok(Self { messages, channel, session: Arc::clone(session) })
    }
}

impl Consumer {
    pub(super) fn new(owner: RabbitMq, work: Work, prefetch: u16) -> Self {
        Self { owner, work, prefetch: prefetch.max(1), subscribing: None, subscription: None }
    }

    /// The next message that can be read. Dropping the future loses nothing: what it has taken
    /// and not given out is still the broker's.
    pub(in crate::queue) async fn next(&mut self) -> Option<(Uuid, Ticket)> {
        loop {
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
                    if let Some(taken) = self.ticket(message, channel) {
                        return Some(taken);
                    }
                }
                Some(Err(error)) => {
                    subscription.session.fail(error);
                    self.subscription = None;
                }
                None => {
                    subscription.session.fail("the broker ended the consumer: its queue may be deleted");
                    self.subscription = None;
                }
            }
        }
    }

    /// Parks the message and gives nothing if it cannot be read.
    fn ticket(&self, message: Delivery, channel: Channel) -> Option<(Uuid, Ticket)> {
        let message_id = message.properties.message_id().as_ref().map(ShortString::as_str);
        match read_id(message_id, &message.data) {
            Ok(id) => {
                let ticket = Ticket {
                    acker: Some(message.acker),
                    owner: self.owner.clone(),
                    work: self.work,
                    id,
                    body: message.data,
                    _channel: channel,
                };
                Some((id, ticket))
            }
            Err(why) => {
                warn!(work = ?self.work, why, "a message cannot be read and is parked");
                // Polled once, the request is on its way, whatever becomes of this future.
                let _ = message.acker.reject(BasicRejectOptions { requeue: false }).now_or_never();
                None
            }
        }
    }

    /// Stops taking messages. What was given out can still be answered; what waits in this
    /// process goes back.
    pub(in crate::queue) async fn cancel(&mut self) {
        self.subscribing = None;
        let Some(mut subscription) = self.subscription.take() else { return };
        let tag = subscription.messages.tag();
        let cancel = subscription.channel.basic_cancel(tag, BasicCancelOptions::default());
        if let Err(error) = step("cancelling a consumer", cancel).await {
            debug!(%error, "the consumer ended with its connection");
        }
        while let Some(Some(Ok(message))) = subscription.messages.next().now_or_never() {
            give_back(&message.acker);
        }
    }
}

fn give_back(acker: &Acker) {
    let options = BasicNackOptions { requeue: true, ..BasicNackOptions::default() };
    // Polled once, the request is on its way. On a dead channel the broker has taken the
    // message back by itself.
    let _ = acker.nack(options).now_or_never();
}

/// The right to answer one message.
#[derive(Debug)]
pub(in crate::queue) struct Ticket {
    acker: Option<Acker>,
    owner: RabbitMq,
    work: Work,
    id: Uuid,
    body: Vec<u8>,
    /// A channel closes with its last handle, and answers count only on the message's channel.
    _channel: Channel,
}

impl Ticket {
    pub(in crate::queue) async fn ack(mut self) {
        if let Some(acker) = self.acker.take() {
            acknowledge(&acker, self.id).await;
        }
    }

    pub(in crate::queue) async fn retry(mut self, after: Duration) {
        let message = Outgoing {
            exchange: "".into(),
            routing_key: self.owner.shared.names.retry(self.work, Tier::for_delay(after)),
            id: self.id,
            body: std::mem::take(&mut self.body),
        };
        if self.owner.send(vec![message.clone()]).await.contains(&self.id) {
            return self.ack().await;
        }
        tokio::spawn(async move {
            for _ in 0..TRIES {
                sleep(PAUSE).await;
                if self.owner.send(vec![message.clone()]).await.contains(&self.id) {
                    return self.ack().await;
                }
            }
            debug!(id = %self.id, "a message could not be put off; the sweeper publishes its row again");
            self.ack().await;
        });
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(acker) = self.acker.take() {
            give_back(&acker);
        }
    }
}

/// A failure needs no more than a word: the message comes again, and its row is done.
async fn acknowledge(acker: &Acker, id: Uuid) {
    match timeout(LIMIT, acker.ack(BasicAckOptions::default())).await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => debug!(%id, "a message's channel ended before its acknowledgement"),
        Ok(Err(error)) => debug!(%id, %error, "a message could not be acknowledged"),
        Err(_) => debug!(%id, "a message could not be acknowledged in time"),
    }
}
