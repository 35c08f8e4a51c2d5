//! Removes from RabbitMQ what an installation declared there.

use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};
use lapin::{Connection, ConnectionProperties};

/// The names of queues behind that of their exchange (`queue/rabbitmq/topology.rs`).
const WORK: [&str; 3] = ["signals", "assessments", "mails"];
const WAITS: [&str; 4] = ["", ".retry.5s", ".retry.1m", ".retry.10m"];

/// Removes the exchange with its queues, and whatever waits in them.
pub(crate) async fn remove(url: &str, exchange: &str) -> anyhow::Result<()> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let queues = WORK.iter().flat_map(|work| WAITS.map(|wait| format!("{exchange}.{work}{wait}")));
    for queue in queues.chain([format!("{exchange}.parked")]) {
        channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await?;
    }
    channel.exchange_delete(exchange.into(), ExchangeDeleteOptions::default()).await?;
    Ok(connection.close(200, "done".into()).await?)
}
