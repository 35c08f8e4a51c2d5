//! The queues of an installation on RabbitMQ, looked at past the program.

use std::collections::BTreeMap;
use std::time::Duration;

use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, ExchangeDeleteOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::protocol::BasicProperties;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use tokio::time::timeout;
use uuid::Uuid;

/// How long asking may take, and how often it is tried.
const LIMIT: Duration = Duration::from_secs(20);
const TRIES: u32 = 4;

/// The client library can wait for ever for a broker that is slow at that moment: what takes too long is
/// done again.
async fn patiently<T, F: Future<Output = T>>(what: &str, ask: impl Fn() -> F) -> T {
    for _ in 0..TRIES {
        if let Ok(answer) = timeout(LIMIT, ask()).await {
            return answer;
        }
    }
    panic!("{what}: the broker did not answer within {LIMIT:?}, {TRIES} times");
}

/// The queues whose names begin with an exchange's.
pub(crate) struct Queues<'a> {
    /// The broker.
    pub(crate) url: &'a str,
    /// The exchange.
    pub(crate) exchange: &'a str,
}

impl Queues<'_> {
    fn names(&self) -> Vec<String> {
        let mut names = vec![format!("{}.parked", self.exchange)];
        for work in ["signals", "assessments", "mails"] {
            names.push(format!("{}.{work}", self.exchange));
            names.extend(["5s", "1m", "10m"].map(|tier| format!("{}.{work}.retry.{tier}", self.exchange)));
        }
        names
    }

    async fn connect(&self) -> lapin::Result<Connection> {
        patiently("connecting", || self.connect_once()).await
    }

    async fn connect_once(&self) -> lapin::Result<Connection> {
        Connection::connect(self.url, ConnectionProperties::default()).await
    }

    /// How many messages are in each queue that has some, without the exchange's name. Those that a
    /// process holds and has not answered are not counted.
    pub(crate) async fn depths(&self) -> BTreeMap<String, u32> {
        patiently("counting messages", || self.count()).await
    }

    async fn count(&self) -> BTreeMap<String, u32> {
        let connection = self.connect_once().await.unwrap();
        let mut depths = BTreeMap::new();
        for name in self.names() {
            // A channel for each: it closes when a queue is not there.
            let channel = connection.create_channel().await.unwrap();
            let passive = QueueDeclareOptions::durable().passive();
            let asked = channel.queue_declare(name.as_str().into(), passive, FieldTable::default()).await;
            let depth = asked.map_or(0, |queue| queue.message_count());
            if depth > 0 {
                depths
                    .insert(name.trim_start_matches(self.exchange).trim_start_matches('.').to_owned(), depth);
            }
        }
        let _ = connection.close(200, "OK".into()).await;
        depths
    }

    /// How many messages are in all queues but the one for what cannot be read, and those from which none
    /// comes back while a test waits.
    pub(crate) async fn working(&self) -> u32 {
        let depths = self.depths().await;
        let soon = depths.iter().filter(|(name, _)| *name != "parked" && !name.ends_with(".retry.10m"));
        soon.map(|(_, depth)| depth).sum()
    }

    /// Takes the binding of a kind of work away: what is published for it has no queue any more.
    pub(crate) async fn unbind(&self, work: &str, pattern: &str) {
        let connection = self.connect().await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let queue = format!("{}.{work}", self.exchange);
        let (exchange, table) = (self.exchange.into(), FieldTable::default());
        channel.queue_unbind(queue.as_str().into(), exchange, pattern.into(), table).await.unwrap();
        let _ = connection.close(200, "OK".into()).await;
    }

    /// Publishes bytes as if they were a message of the program.
    pub(crate) async fn publish(&self, routing_key: &str, body: &[u8]) {
        let connection = self.connect().await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        let properties = BasicProperties::default().with_message_id(Uuid::new_v4().to_string().into());
        let (exchange, options) = (self.exchange.into(), BasicPublishOptions::default());
        let sent = channel.basic_publish(exchange, routing_key.into(), options, body, properties).await;
        assert!(sent.unwrap().await.unwrap().is_ack());
        let _ = connection.close(200, "OK".into()).await;
    }

    /// Deletes the queue of a kind of work; how many messages waited in it.
    pub(crate) async fn delete_one(&self, work: &str) -> u32 {
        let connection = self.connect().await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let queue = format!("{}.{work}", self.exchange);
        let waited =
            channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default()).await.unwrap();
        let _ = connection.close(200, "OK".into()).await;
        waited
    }

    /// Declares the queue of a kind of work as another program might: a classic one.
    pub(crate) async fn declare_otherwise(&self, work: &str) {
        self.delete_one(work).await;
        let connection = self.connect().await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let queue = format!("{}.{work}", self.exchange);
        let options = QueueDeclareOptions::durable();
        channel.queue_declare(queue.as_str().into(), options, FieldTable::default()).await.unwrap();
        let _ = connection.close(200, "OK".into()).await;
    }

    /// Deletes all of it.
    pub(crate) async fn delete(&self) {
        let Ok(connection) = self.connect().await else { return };
        for name in self.names() {
            let Ok(channel) = connection.create_channel().await else { return };
            let _ = channel.queue_delete(name.as_str().into(), QueueDeleteOptions::default()).await;
        }
        if let Ok(channel) = connection.create_channel().await {
            let _ = channel.exchange_delete(self.exchange.into(), ExchangeDeleteOptions::default()).await;
        }
        let _ = connection.close(200, "OK".into()).await;
    }
}
