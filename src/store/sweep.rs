//! Work that is not done after a while: what the sweeper publishes again.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use accolade_connectors::Outcome;

use super::progress::settle;
use super::statement::{Statement, statements};
use super::value::{Time, from_json, values};
use super::{NewEvent, Store, StoreError};

/// How long the sweeper leaves a row alone after its time has come: its message is under way,
/// and a second one would double the work just when there is most of it.
pub const GRACE: TimeDelta = TimeDelta::seconds(30);

macro_rules! due {
    ($table:literal, $free:literal) => {
        // Materialized: PostgreSQL must not run a selection that locks rows more than once.
        concat!(
            "WITH taken AS MATERIALIZED (
                SELECT id FROM ",
            $table,
            " WHERE state = 'waiting' AND sweep_at <= $1",
            $free,
            " ORDER BY sweep_at, id LIMIT $3 {skip locked})
            UPDATE ",
            $table,
            " SET sweep_at = $2 WHERE id IN (SELECT id FROM taken)
            RETURNING id, delivery_id, source, created_at"
        )
    };
}

// When a row whose message is forgotten is due. A lease may be held by a process that lives: it is waited for.
macro_rules! forgotten {
    ($leased:literal) => {
        concat!("CASE ", $leased, " WHEN due_at > $1 THEN due_at ELSE $1 END")
    };
}

// A row that is locked is being worked on, so its message came; waiting for several could be waiting in
// a circle.
macro_rules! forget_which {
    ($table:literal, $leased:literal, $($which:tt)+) => {
        concat!(
            "WITH taken AS MATERIALIZED (
                SELECT id FROM ",
            $table,
            " WHERE ",
            $($which)+,
            " {skip locked})
            UPDATE ",
            $table,
            " SET sweep_at = ",
            forgotten!($leased),
            " WHERE id IN (SELECT id FROM taken)"
        )
    };
}

macro_rules! forget_these {
    ($table:literal, $leased:literal) => {
        forget_which!($table, $leased, "id {in $2} AND {plain state} = 'waiting'")
    };
}

// What is due already stays as it is, so that of a backlog little is written; and by the index of
// what is not.
macro_rules! forget {
    ($table:literal, $leased:literal) => {
        forget_which!(
            $table,
            $leased,
            concat!(
                "state = 'waiting' AND sweep_at > $1 AND sweep_at > ",
                forgotten!($leased),
                " AND created_at <= $1 ORDER BY sweep_at, id LIMIT $2"
            )
        )
    };
}

// Of so many at most, first those whose time comes first: counting all of a deep backlog takes the
// database longer than working some of it off.
macro_rules! backlog {
    ($table:literal) => {
        concat!(
            "SELECT COUNT(*) AS waiting, MIN(created_at) AS oldest,
                (SELECT COUNT(*) FROM (SELECT id FROM ",
            $table,
            " WHERE state = 'parked' LIMIT $1) AS parked) AS parked
            FROM (SELECT created_at FROM ",
            $table,
            " WHERE state = 'waiting' ORDER BY sweep_at, id LIMIT $1) AS waiting"
        )
    };
}

statements! {
    DUE_SIGNALS = due!("signals", "");
    DUE_EVENTS = due!("events", "");
    DUE_MAILS = due!("mails", " AND (leased_until IS NULL OR leased_until <= $1)");
    DUE_NOTICES = due!("notices", "");
    DUE_CODES = due!("wallet_offers", "");

    FORGET_SIGNALS = forget!("signals", "");
    FORGET_EVENTS = forget!("events", "");
    FORGET_MAILS = forget!("mails", "WHEN leased_until > $1 THEN leased_until");
    FORGET_NOTICES = forget!("notices", "WHEN leased_until > $1 THEN leased_until");
    FORGET_CODES = forget!("wallet_offers", "WHEN leased_until > $1 THEN leased_until");

    FORGET_THESE_SIGNALS = forget_these!("signals", "");
    FORGET_THESE_EVENTS = forget_these!("events", "");
    FORGET_THESE_MAILS = forget_these!("mails", "WHEN leased_until > $1 THEN leased_until");
    FORGET_THESE_NOTICES = forget_these!("notices", "WHEN leased_until > $1 THEN leased_until");
    FORGET_THESE_CODES =
        forget_these!("wallet_offers", "WHEN leased_until > $1 THEN leased_until");

    SIGNALS_BACKLOG = backlog!("signals");
    EVENTS_BACKLOG = backlog!("events");
    MAILS_BACKLOG = backlog!("mails");
    NOTICES_BACKLOG = backlog!("notices");
    CODES_BACKLOG = backlog!("wallet_offers");

    // Of a row that was put off already a further message is a copy.
    PUT_OFF_EVENTS = "WITH taken AS MATERIALIZED (
            SELECT id FROM events
            WHERE id {in $1} AND {plain state} = 'waiting' AND (due_at <= $3 OR due_at = created_at)
            ORDER BY id {lock})
        UPDATE events SET reason = $2, due_at = $4, sweep_at = $5 WHERE id IN (SELECT id FROM taken)
        RETURNING id";

    PARK_UNREADABLE [id Uuid, reason Text] = "UPDATE events SET state = 'parked', reason = r.reason
        FROM {rows} WHERE events.id = r.id AND {plain events.state} = 'waiting'";

    READ_EVENTS = "SELECT id, delivery_id, source, passed, learner_id, content FROM events
        WHERE id {in $1} ORDER BY id";
}

/// The statements of one table.
struct Table {
    due: &'static Statement,
    forget: &'static Statement,
    forget_these: &'static Statement,
    backlog: &'static Statement,
}

macro_rules! table {
    ($due:ident, $forget:ident, $forget_these:ident, $backlog:ident) => {
        Table { due: &$due, forget: &$forget, forget_these: &$forget_these, backlog: &$backlog }
    };
}

static SIGNALS: Table = table!(DUE_SIGNALS, FORGET_SIGNALS, FORGET_THESE_SIGNALS, SIGNALS_BACKLOG);
static EVENTS: Table = table!(DUE_EVENTS, FORGET_EVENTS, FORGET_THESE_EVENTS, EVENTS_BACKLOG);
static MAILS: Table = table!(DUE_MAILS, FORGET_MAILS, FORGET_THESE_MAILS, MAILS_BACKLOG);
static NOTICES: Table = table!(DUE_NOTICES, FORGET_NOTICES, FORGET_THESE_NOTICES, NOTICES_BACKLOG);
static CODES: Table = table!(DUE_CODES, FORGET_CODES, FORGET_THESE_CODES, CODES_BACKLOG);

/// A kind of work, and so a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Work {
    /// Signals to confirm.
    Signals,
    /// Events to evaluate.
    Assessments,
    /// Mails to send.
    Mails,
}

/// A row that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The row.
    pub id: Uuid,
    /// The delivery from which it follows.
    pub delivery: Uuid,
    /// The source's name.
    pub source: String,
}

/// How much of one kind of work there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Rows that wait.
    pub waiting: i64,
    /// Rows that are parked.
    pub parked: i64,
    /// When the oldest waiting row was made.
    pub oldest: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct DueRow {
    id: Uuid,
    delivery_id: Uuid,
    source: String,
    created_at: Time,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: Uuid,
}

#[derive(sqlx::FromRow)]
struct BacklogRow {
    waiting: i64,
    parked: i64,
    oldest: Option<Time>,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    id: Uuid,
    delivery_id: Uuid,
    source: String,
    passed: bool,
    learner_id: Uuid,
    content: String,
}

impl Work {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Signals, Self::Assessments, Self::Mails];

    /// The name in queues, metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signals => "signals",
            Self::Assessments => "assessments",
            Self::Mails => "mails",
        }
    }

    /// Mails to learners, messages to administrators and codes for wallets are one kind of work in
    /// three tables.
    fn tables(self) -> Vec<&'static Table> {
        match self {
            Self::Signals => vec![&SIGNALS],
            Self::Assessments => vec![&EVENTS],
            Self::Mails => vec![&MAILS, &NOTICES, &CODES],
        }
    }
}

impl Store {
    /// Rows that wait and whose message seems lost, oldest first: their time has come [`GRACE`]
    /// ago, or their lease has ended. The next look at them is at `again_at`, so that the next
    /// round takes others.
    pub async fn due(
        &self,
        work: Work,
        now: DateTime<Utc>,
        again_at: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        let mut session = self.pool.write().await?;
        let mut rows: Vec<DueRow> = Vec::new();
        for table in work.tables() {
            rows.extend(session.all::<DueRow>(table.due, values![now, again_at, limit]).await?);
        }
        session.commit().await?;
        rows.sort_by_key(|row| (row.created_at, row.id));
        let due = rows.into_iter();
        Ok(due.map(|row| Due { id: row.id, delivery: row.delivery_id, source: row.source }).collect())
    }

    /// Makes rows that wait since before `now` due as soon as their time has come, of each table at most so
    /// many: for a queue that starts empty, whose messages died with the process before. Whether there may
    /// be more: a deep backlog is not one transaction, which would hold up webhooks.
    pub async fn forget_messages(&self, now: DateTime<Utc>, limit: u32) -> Result<bool, StoreError> {
        let mut session = self.pool.write().await?;
        let mut more = false;
        for table in Work::ALL.into_iter().flat_map(Work::tables) {
            more |= session.run(table.forget, values![now, limit]).await? >= u64::from(limit);
        }
        session.commit().await?;
        Ok(more)
    }

    /// Makes these rows due as soon as their time has come: their messages are not known to be
    /// in the queue. A row that does not wait any more is left as it is.
    pub async fn forget_messages_of(
        &self,
        work: Work,
        rows: &[Uuid],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut session = self.pool.write().await?;
        for table in work.tables() {
            session.run(table.forget_these, values![now, rows]).await?;
        }
        session.commit().await
    }

    /// Puts off events that wait for something that passes by itself: no attempt is counted. Their messages
    /// come back about `until`; the sweeper takes none for lost before `sweep_at`. The answer is those that
    /// were put off: the others do not wait any more, or were put off before, until after `early`, so that
    /// another message about them is on its way.
    pub async fn put_off_events(
        &self,
        events: &[Uuid],
        reason: &str,
        early: DateTime<Utc>,
        (until, sweep_at): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Vec<Uuid>, StoreError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let mut session = self.pool.write().await?;
        let values = values![events, reason, early, until, sweep_at];
        let rows: Vec<IdRow> = session.all(&PUT_OFF_EVENTS, values).await?;
        session.commit().await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// How much work of one kind there is; of each table `most` rows are counted, and the oldest is
    /// that of these.
    pub async fn backlog(&self, work: Work, most: u32) -> Result<Backlog, StoreError> {
        let mut session = self.pool.read().await?;
        let mut backlog = Backlog { waiting: 0, parked: 0, oldest: None };
        for table in work.tables() {
            let row: Option<BacklogRow> = session.optional(table.backlog, values![most]).await?;
            let Some(BacklogRow { waiting, parked, oldest }) = row else { continue };
            backlog.waiting += waiting;
            backlog.parked += parked;
            let oldest = oldest.map(|time| time.0);
            backlog.oldest = backlog.oldest.into_iter().chain(oldest).min();
        }
        Ok(backlog)
    }

    /// The events of these ids again, for publishing ([`Work::Assessments`] messages carry
    /// them), exactly as they were when they were made. One that this version cannot read is parked, and
    /// keeps no other from being published.
    pub async fn events(&self, ids: &[Uuid]) -> Result<Vec<NewEvent>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<EventRow> = self.pool.read().await?.all(&READ_EVENTS, values![ids]).await?;
        let mut events = Vec::with_capacity(rows.len());
        let (mut parked, mut deliveries) = (Vec::new(), Vec::new());
        for row in rows {
            match from_json("events", "content", &row.content) {
                Ok(outcome) => events.push(row.with(outcome)),
                Err(error) => {
                    parked.push(values![row.id, error.to_string()]);
                    deliveries.push(row.delivery_id);
                }
            }
        }
        if !parked.is_empty() {
            let mut session = self.pool.write().await?;
            session.run_rows(&PARK_UNREADABLE, parked).await?;
            settle(&mut session, deliveries).await?;
            session.commit().await?;
        }
        Ok(events)
    }
}

impl EventRow {
    fn with(self, outcome: Outcome) -> NewEvent {
        NewEvent {
            id: self.id,
            delivery: self.delivery_id,
            source: self.source,
            passed: self.passed,
            learner: self.learner_id,
            outcome,
        }
    }
}
