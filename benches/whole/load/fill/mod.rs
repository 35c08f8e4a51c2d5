//! A database as some semesters leave it: the rows that an installation made, copied on the server.
//!
//! Whatever the product has written about some badges is repeated under other ids, for other learners and
//! at earlier times: a year and a half of them, of which the last quarter of a year still has what
//! retention keeps (bodies, answers of mail servers). Each award has so many deliveries: the one
//! that led to it, and others of the same learner, every third of which led to an event. Documents are
//! copied as they are: real sizes, though they name the learner of the original.

mod connection;
mod dialect;
mod tables;

use std::time::Duration;

use accolade::clock::Clock;
use anyhow::{Context as _, ensure};
use tokio::time::Instant;

use self::connection::Filled;
use self::tables::{Every, TABLES, Table};
use super::database::Database;

const DAY: i64 = 24 * 3_600 * 1_000;
/// How long ago the oldest row is, in milliseconds.
const SPAN: i64 = 540 * DAY;
/// Badges that are copied, at most.
const ORIGINALS: u64 = 10_000;
/// Rows of one statement.
const CHUNK: u64 = 200_000;

/// How much is to be there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amount {
    pub(crate) awards: u64,
    pub(crate) deliveries: u64,
}

/// What was filled in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fill {
    /// Without those that were there before.
    pub(crate) amount: Amount,
    /// The database's size afterwards, in bytes.
    pub(crate) bytes: u64,
    /// How long it took.
    pub(crate) time: Duration,
}

/// Which rows are made of which originals, and when they came.
#[derive(Debug, Clone, Copy)]
struct Numbers {
    /// Badges that are copied.
    originals: u64,
    awards: u64,
    /// Deliveries for each award.
    each: u64,
    /// When the first came and how far two are apart, and the present, in milliseconds.
    first: i64,
    step: i64,
    now: i64,
    /// The number of the first learner, where they are told of by webhooks.
    learner: u64,
}

impl Numbers {
    /// Deliveries of so long until now.
    fn new(originals: u64, amount: Amount, span: i64) -> anyhow::Result<Self> {
        let each = (amount.deliveries / amount.awards.max(1)).max(1);
        let deliveries = i64::try_from(amount.awards * each)?.max(1);
        let (now, step) = (Clock::system().now().timestamp_millis(), (span / deliveries).max(1));
        let first = now - step * deliveries;
        Ok(Self { originals, awards: amount.awards, each, first, step, now, learner: 0 })
    }
}

impl Fill {
    /// Fills the database of an installation whose processes have ended, and which has made some badges.
    pub(crate) async fn run(database: &Database, amount: Amount) -> anyhow::Result<Self> {
        let began = Instant::now();
        let say = |what: &str| eprintln!("  filling, {:.0} s: {what}", began.elapsed().as_secs_f64());
        let mut filled = Filled::open(database).await?;
        let originals = originals(&mut filled).await?;
        let numbers = Numbers::new(originals, amount, SPAN)?;
        say(&format!("{originals} badges are copied {} times", amount.awards.div_ceil(originals)));
        let indexes = filled.drop_indexes().await?;
        for text in tables::others(filled.dialect, &numbers) {
            filled.run(&text).await?;
        }
        for table in TABLES {
            let rows = copy(&mut filled, &numbers, table).await?;
            say(&format!("{}: {rows} rows", table.name));
        }
        for index in indexes {
            filled.run(&index).await?;
        }
        say("indexes made");
        let lost = filled.dangling(numbers.awards * numbers.each).await?;
        ensure!(lost.is_empty(), "rows refer to nothing: {}", lost.join(", "));
        say("references lead to rows");
        filled.settle().await?;
        say("settled: on PostgreSQL vacuumed and analysed");
        let bytes = filled.bytes().await?;
        filled.close().await?;
        let amount = Amount { deliveries: numbers.awards * numbers.each, ..amount };
        Ok(Self { amount, bytes, time: began.elapsed() })
    }
}

/// Has so many passes wait, as if they had come within the last hour and nothing had worked on them, about
/// learners from `first` on. Their messages are nowhere: so a queue in a process leaves them when it ends.
pub(crate) async fn have_waiting(database: &Database, first: u64, number: u64) -> anyhow::Result<()> {
    let mut filled = Filled::open(database).await?;
    let originals = originals(&mut filled).await?;
    let numbers = Numbers::new(originals, Amount { awards: number, deliveries: number }, DAY / 24)?;
    let numbers = Numbers { learner: first, ..numbers };
    for table in tables::WAITING {
        copy(&mut filled, &numbers, table).await?;
    }
    filled.settle().await?;
    filled.close().await
}

/// The originals: everything about some badges whose mails have left, numbered. Answers how many.
async fn originals(filled: &mut Filled) -> anyhow::Result<u64> {
    let text = format!(
        "CREATE TEMP TABLE originals AS
        SELECT row_number() OVER (ORDER BY awards.id) - 1 AS number, awards.id AS award_id,
            awards.person_id, awards.event_id, events.signal_id, events.delivery_id, events.learner_id,
            events.outcome_id, mails.id AS mail_id
        FROM awards JOIN events ON events.id = awards.event_id
            JOIN mails ON mails.credential_id = awards.id AND mails.kind = 'claim'
            JOIN deliveries ON deliveries.id = events.delivery_id
            JOIN signals ON signals.id = events.signal_id
        WHERE mails.state = 'done' AND deliveries.body IS NOT NULL
            AND deliveries.state = 'done' AND signals.key NOT LIKE '%:filled-%'
        ORDER BY 1 LIMIT {ORIGINALS}"
    );
    filled.run(&text).await.context("the badges that are copied")?;
    let originals = filled.number("SELECT count(*) FROM originals").await?;
    ensure!(originals > 0, "there is no badge that could be copied");
    for Table { name, key, id, .. } in TABLES {
        let copied = format!(
            "CREATE TEMP TABLE original_{name} AS SELECT originals.number, {name}.*
            FROM originals JOIN {name} ON {name}.{id} = originals.{key} ORDER BY originals.number"
        );
        filled.run(&copied).await.with_context(|| format!("the originals of {name}"))?;
        let index = format!("CREATE UNIQUE INDEX original_{name}_number ON original_{name} (number)");
        filled.run(&index).await?;
        filled.run(&format!("ANALYZE original_{name}")).await?;
    }
    Ok(originals)
}

/// Copies one table, part by part; how many rows that gave.
async fn copy(filled: &mut Filled, numbers: &Numbers, table: &Table) -> anyhow::Result<u64> {
    let columns = filled.columns(table.name).await?;
    let unknown = table.changed.iter().find(|(name, _)| !columns.iter().any(|column| column == name));
    ensure!(unknown.is_none(), "{} has no column {unknown:?}", table.name);
    let value = |column: &String| {
        let changed = table.changed.iter().find(|(name, _)| name == column);
        changed
            .map_or_else(|| Ok(format!("o.{column}")), |(_, value)| filled.dialect.expression(value, numbers))
    };
    let values = columns.iter().map(value).collect::<anyhow::Result<Vec<_>>>()?.join(", ");
    let (name, columns) = (table.name, columns.join(", "));
    let all = numbers.awards * if table.every == Every::Award { 1 } else { numbers.each };
    let (mut from, mut rows) = (0, 0);
    while from < all {
        let to = all.min(from + CHUNK);
        let copies = filled.dialect.copies(numbers, table.every, (from, to));
        let text = format!(
            "INSERT INTO {name} ({columns}) SELECT {values}
            FROM ({copies}) AS c JOIN original_{name} AS o ON o.number = c.number
            WHERE {}",
            if table.every == Every::Third { "c.part % 3 = 0" } else { "true" }
        );
        rows += filled.run(&text).await.with_context(|| format!("filling {name}"))?;
        from = to;
    }
    Ok(rows)
}
