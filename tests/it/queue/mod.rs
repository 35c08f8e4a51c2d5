//! The queue: what both back ends promise, and what only RabbitMQ does.

mod contract;
mod embedded;
mod faults;
mod rabbitmq;

use std::ops::Deref;
use std::time::Duration;

use accolade::queue::{Consumer, Delivery, Message, Queue};
use accolade::store::{Due, Work};
use chrono::{DateTime, Utc};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A queue under test.
struct Bench {
    queue: Queue,
    /// Its exchange on RabbitMQ.
    exchange: Option<String>,
}

impl Deref for Bench {
    type Target = Queue;

    fn deref(&self) -> &Queue {
        &self.queue
    }
}

impl Bench {
    /// The end of a test that went well: nothing is left on the broker.
    async fn close(self) {
        self.queue.close().await;
        if let Some(exchange) = self.exchange {
            rabbitmq::discard(&exchange).await;
        }
    }
}

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// Long enough for a message that should not come.
const MOMENT: Duration = Duration::from_millis(400);

fn signals(count: usize) -> Vec<Message> {
    let at = DateTime::<Utc>::UNIX_EPOCH;
    (0..count)
        .map(|_| {
            let due = Due { id: Uuid::new_v4(), delivery: Uuid::new_v4(), source: "moodle".into() };
            Message::signal("https://badges.example.edu", &due, at)
        })
        .collect()
}

fn ids(messages: &[Message]) -> Vec<Uuid> {
    let mut ids: Vec<_> = messages.iter().map(|message| message.id).collect();
    ids.sort();
    ids
}

/// Publishes messages, each of which must be known to be in the queue.
async fn publish(queue: &Queue, messages: Vec<Message>, delay: Option<Duration>) {
    assert_eq!(queue.publish(messages, delay).await, Vec::<Uuid>::new());
}

/// Publishes messages, none of which may count as being in the queue.
async fn unknown(queue: &Queue, messages: Vec<Message>, delay: Option<Duration>) {
    let rows: Vec<_> = messages.iter().map(|message| message.id).collect();
    assert_eq!(queue.publish(messages, delay).await, rows);
}

fn consumer(queue: &Queue, prefetch: u16) -> (Consumer, CancellationToken) {
    let stop = CancellationToken::new();
    (queue.consume(Work::Signals, prefetch, stop.clone()), stop)
}

/// The next batch, which must come.
async fn batch(consumer: &mut Consumer, max: usize, linger: Duration) -> Vec<Delivery> {
    let batch = timeout(PATIENCE, consumer.next_batch(max, linger)).await;
    batch.expect("no batch came").expect("the consumer ended")
}

/// The next message, which must come.
async fn one(consumer: &mut Consumer) -> Delivery {
    let mut batch = batch(consumer, 1, Duration::ZERO).await;
    assert_eq!(batch.len(), 1);
    batch.remove(0)
}

/// Nothing must come.
async fn nothing(consumer: &mut Consumer) {
    let came = timeout(MOMENT, consumer.next_batch(1, Duration::ZERO)).await;
    assert!(came.is_err(), "this came: {came:?}");
}

/// Takes and acknowledges messages until `count` came; their ids, sorted.
async fn drain(consumer: &mut Consumer, count: usize) -> Vec<Uuid> {
    let mut ids = Vec::new();
    while ids.len() < count {
        for delivery in batch(consumer, count - ids.len(), Duration::ZERO).await {
            ids.push(delivery.id);
            delivery.ack();
        }
    }
    ids.sort();
    ids
}

/// Waits until a question is answered with yes.
async fn eventually(what: &str, mut question: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !question().await {
        assert!(Instant::now() < end, "not within {PATIENCE:?}: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}
