//! What this machine can do at all: the same run's measure for what Accolade does on it.

use std::str::FromStr as _;
use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, stream};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Confirmation, Connection, ConnectionProperties};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use tokio::time::Instant;
use uuid::Uuid;

use super::database::Database;
use super::per_second;
use super::recorded::recorded;
use super::servers::Servers;
use super::webhook::Webhooks;

/// Rows in a transaction.
pub(crate) const ROWS: usize = 64;
/// Messages that wait for their confirm at a time.
const IN_FLIGHT: usize = 256;

/// Rows and messages a second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// PostgreSQL, one connection: an INSERT of 64 rows through UNNEST, and a commit.
    pub(crate) unnest: f64,
    /// SQLite in WAL mode with synchronous=FULL: an INSERT of 64 rows, and a commit.
    pub(crate) sqlite: f64,
    /// PostgreSQL, one connection: all that is kept of 64 webhooks, and a commit.
    pub(crate) unnest_recorded: f64,
    /// SQLite likewise.
    pub(crate) sqlite_recorded: f64,
    /// RabbitMQ: persistent messages to a quorum queue, 256 waiting for their confirms.
    pub(crate) publish: f64,
}

impl Limits {
    /// Measures each for so long.
    pub(crate) async fn measure(servers: &Servers, time: Duration) -> anyhow::Result<Self> {
        Ok(Self {
            unnest: unnest(&servers.postgres, time).await.context("the limit of PostgreSQL")?,
            sqlite: sqlite(time).await.context("the limit of SQLite")?,
            unnest_recorded: unnest_recorded(&servers.postgres, time)
                .await
                .context("webhooks in PostgreSQL")?,
            sqlite_recorded: sqlite_recorded(time).await.context("webhooks in SQLite")?,
            publish: publish(&servers.rabbitmq, time).await.context("the limit of RabbitMQ")?,
        })
    }
}

/// A row as the log of deliveries needs it at least: an id, what tells repeats, the time, the body.
struct Rows {
    webhooks: Webhooks,
    next: u64,
    now: DateTime<Utc>,
}

impl Rows {
    fn new() -> anyhow::Result<Self> {
        let now = DateTime::from_timestamp(1_800_000_000, 0).context("a time")?;
        Ok(Self { webhooks: Webhooks::new()?, next: 0, now })
    }

    fn take(&mut self) -> (Vec<Uuid>, Vec<String>, Vec<Vec<u8>>) {
        let numbers: Vec<u64> = (self.next..).take(ROWS).collect();
        self.next += super::count(ROWS);
        // Ids in the order of time, as Accolade makes them.
        let ids = numbers.iter().map(|number| Uuid::from_u128(u128::from(*number) << 64 | 0x8000)).collect();
        let keys = numbers.iter().map(|number| format!("event:assessment.passed:attempt-{number}")).collect();
        (ids, keys, numbers.iter().map(|number| self.webhooks.body(*number).into_bytes()).collect())
    }
}

async fn unnest(server: &str, time: Duration) -> anyhow::Result<f64> {
    let database = Database::postgres(server).await?;
    let mut connection = PgConnection::connect(&database.url).await?;
    let table = "CREATE TABLE rows (id UUID PRIMARY KEY, source TEXT NOT NULL, key TEXT NOT NULL, \
                 received_at TIMESTAMPTZ NOT NULL, body BYTEA NOT NULL, UNIQUE (source, key))";
    connection.execute(table).await?;
    let (mut rows, began) = (Rows::new()?, Instant::now());
    while began.elapsed() < time {
        let (ids, keys, bodies) = rows.take();
        let insert = "INSERT INTO rows SELECT id, 'workshops', key, $4, body \
                      FROM UNNEST($1::uuid[], $2::text[], $3::bytea[]) AS r(id, key, body) \
                      ON CONFLICT (source, key) DO NOTHING";
        sqlx::query(insert).bind(ids).bind(keys).bind(bodies).bind(rows.now).execute(&mut connection).await?;
    }
    let rate = per_second(rows.next, began.elapsed());
    connection.close().await?;
    database.end().await?;
    Ok(rate)
}

async fn sqlite(time: Duration) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let options = SqliteConnectOptions::from_str(&Database::sqlite(folder.path()).url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let table = "CREATE TABLE rows (id BLOB PRIMARY KEY, source TEXT NOT NULL, key TEXT NOT NULL, \
                 received_at INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (source, key))";
    connection.execute(table).await?;
    let places = ["(?, 'workshops', ?, ?, ?)"; ROWS].join(", ");
    let insert = format!("INSERT INTO rows VALUES {places} ON CONFLICT (source, key) DO NOTHING");
    let (mut rows, began) = (Rows::new()?, Instant::now());
    while began.elapsed() < time {
        let (ids, keys, bodies) = rows.take();
        let mut query = sqlx::query(sqlx::AssertSqlSafe(insert.clone()));
        for ((id, key), body) in ids.into_iter().zip(keys).zip(bodies) {
            query = query.bind(id).bind(key).bind(rows.now.timestamp_micros()).bind(body);
        }
        query.execute(&mut connection).await?;
    }
    let rate = per_second(rows.next, began.elapsed());
    connection.close().await?;
    Ok(rate)
}

async fn unnest_recorded(server: &str, time: Duration) -> anyhow::Result<f64> {
    let database = Database::postgres(server).await?;
    let rate = recorded(&database, time).await?;
    database.end().await?;
    Ok(rate)
}

async fn sqlite_recorded(time: Duration) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    recorded(&Database::sqlite(folder.path()), time).await
}

async fn publish(url: &str, time: Duration) -> anyhow::Result<f64> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let queue = format!("accolade-bench-{}", Uuid::new_v4());
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    channel.queue_declare(queue.as_str().into(), QueueDeclareOptions::durable(), arguments).await?;
    let (body, began) = (Webhooks::new()?.body(0).into_bytes(), Instant::now());
    let (channel, name, body) = (&channel, queue.as_str(), body.as_slice());
    let persistent = || BasicProperties::default().with_delivery_mode(2);
    let mut confirms = stream::iter(0_u64..)
        .take_while(|_| std::future::ready(began.elapsed() < time))
        .map(async |_| {
            let mandatory = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
            channel.basic_publish("".into(), name.into(), mandatory, body, persistent()).await?.await
        })
        .buffer_unordered(IN_FLIGHT)
        .boxed();
    let mut taken = 0;
    while let Some(confirm) = confirms.next().await {
        match confirm? {
            Confirmation::Ack(None) => taken += 1,
            other => bail!("a message was not taken: {other:?}"),
        }
    }
    drop(confirms);
    let rate = per_second(taken, began.elapsed());
    channel.queue_delete(name.into(), QueueDeleteOptions::default()).await?;
    connection.close(200, "done".into()).await?;
    Ok(rate)
}
