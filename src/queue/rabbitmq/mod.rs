//! The queue on RabbitMQ: quorum queues on a durable topic exchange, one connection for
//! publishing and one for consuming. A broker under a memory or disk alarm stops reading from
//! publishers; acknowledgements must not wait behind them.

mod address;
mod bundle;
mod consumer;
mod link;
mod session;
mod topology;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use lapin::Channel;
use lapin::ExchangeKind;
use lapin::options::{ExchangeDeclareOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::address::Address;
use self::bundle::{Single, bundles};
use self::link::{Link, Plan};
use self::session::{LIMIT, Outgoing, Published, Session, step};
use self::topology::{Names, Tier};
use super::{Message, QueueError};
use crate::faults::{self, Break};
use crate::store::Work;

pub(super) use bundle::ROWS;
pub(super) use consumer::{Consumer, Ticket};

/// Messages of one call that wait for their confirm at the same time.
const IN_FLIGHT: usize = 256;
/// The same for the whole process: what a broker that does not answer can cost in memory.
const IN_FLIGHT_TOTAL: usize = 4_096;

/// RabbitMQ.
#[derive(Debug, Clone)]
pub struct RabbitMq {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    names: Names,
    publishing: Link,
    consuming: Link,
    in_flight: Semaphore,
    stop: CancellationToken,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Host and port of a URL.
pub(super) fn place(url: &str) -> Option<String> {
    Address::parse(url).ok().map(|address| address.place())
}

impl RabbitMq {
    pub(super) async fn connect(url: &str, exchange: &str) -> Result<Self, QueueError> {
        let plan = Plan { address: Address::parse(url)?, names: Names::new(exchange)?, role: "publisher" };
        let names = plan.names.clone();
        let stop = CancellationToken::new();
        // Ends the first link when the second is refused.
        let guard = stop.clone().drop_guard();
        let publishing = Link::start(plan.clone(), stop.clone()).await?;
        let consuming = Link::start(Plan { role: "consumer", ..plan }, stop.clone()).await?;
        guard.disarm();
        let in_flight = Semaphore::new(IN_FLIGHT_TOTAL);
        Ok(Self { shared: Arc::new(Shared { names, publishing, consuming, in_flight, stop }) })
    }

    pub(super) async fn publish(&self, messages: Vec<Message>, delay: Option<Duration>) -> Vec<Uuid> {
        let ids: Vec<Uuid> = messages.iter().map(|message| message.id).collect();
        let outgoing = |message: Message| {
            let (exchange, routing_key) = match delay {
                None => (self.shared.names.exchange(), ShortString::try_new(message.routing_key).ok()?),
                Some(delay) => ("".into(), self.shared.names.retry(message.work, Tier::for_delay(delay))),
            };
            Some(Single { exchange, routing_key, id: message.id, body: message.body })
        };
        let taken = self.send(messages.into_iter().filter_map(outgoing).collect()).await;
        ids.into_iter().filter(|id| !taken.contains(id)).collect()
    }

    /// Publishes all, then waits for the confirms; answers the rows whose confirms came in time.
    async fn send(&self, messages: Vec<Single>) -> HashSet<Uuid> {
        let mut taken = HashMap::with_capacity(messages.len());
        let mut returned = Vec::new();
        let Ok(session) = self.shared.publishing.now() else { return HashSet::new() };
        if session.blocked() {
            return HashSet::new();
        }
        let deadline = Instant::now() + faults::limit(Break::WaitsForConfirms, LIMIT);
        let publish = async |(message, rows): (Outgoing, Vec<Uuid>)| {
            let id = message.id;
            let published = match self.shared.in_flight.acquire().await {
                Ok(_permit) => session.publish(message).await,
                Err(_) => Published::Unknown,
            };
            (id, rows, published)
        };
        let mut answers = stream::iter(bundles(messages)).map(publish).buffer_unordered(IN_FLIGHT).boxed();
        loop {
            match timeout_at(deadline, answers.next()).await {
                Ok(Some((id, rows, Published::Taken))) => drop(taken.insert(id, rows)),
                Ok(Some((id, rows, Published::Returned(other)))) => {
                    taken.insert(id, rows);
                    returned.push(other.unwrap_or(id));
                }
                Ok(Some((_, _, Published::Unknown))) => {}
                Ok(None) => break,
                Err(_) => {
                    session.stalled();
                    break;
                }
            }
        }
        for id in returned {
            taken.remove(&id);
        }
        taken.into_values().flatten().collect()
    }

    pub(super) fn consume(&self, work: Work, prefetch: u16) -> Consumer {
        Consumer::new(self.clone(), work, prefetch)
    }

    pub(super) async fn depth(&self, work: Work) -> Result<u64, QueueError> {
        let queue = self.shared.names.queue(work);
        let passive = QueueDeclareOptions::durable().passive();
        let ask = async |channel: &Channel| {
            channel
                .queue_declare(queue, passive, FieldTable::default())
                .await
                .map(|queue| queue.message_count())
        };
        self.ask("asking for the depth of a queue", ask).await.map(u64::from)
    }

    pub(super) async fn ping(&self) -> Result<(), QueueError> {
        if self.shared.publishing.now()?.blocked() {
            let why = "it takes no messages because of a memory or disk alarm";
            return Err(QueueError::Unavailable(why.to_owned()));
        }
        let exchange = self.shared.names.exchange();
        let passive = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
        let ask = async |channel: &Channel| {
            channel.exchange_declare(exchange, ExchangeKind::Topic, passive, FieldTable::default()).await
        };
        self.ask("asking the broker", ask).await
    }

    /// Asks on the consuming connection, which alarms do not block, and on a channel of its own,
    /// which closes when what is asked for does not exist.
    async fn ask<T>(
        &self,
        doing: &str,
        question: impl AsyncFnOnce(&Channel) -> lapin::Result<T>,
    ) -> Result<T, QueueError> {
        let session: Arc<Session> = self.shared.consuming.now()?;
        let channel = session.channel().await?;
        let answer = step(doing, question(&channel)).await;
        if let Err(error) = &answer {
            session.fail(error);
        }
        answer
    }

    pub(super) async fn close(&self) {
        self.shared.stop.cancel();
        self.shared.publishing.ended().await;
        self.shared.consuming.ended().await;
    }
}
