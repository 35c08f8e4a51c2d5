//! Signals waiting for confirmation, and what comes of them.

use accolade_connectors::{Outcome, Signal};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::progress::settle;
use super::statement::statements;
use super::value::{Time, Value, count, from_json, key, values};
use super::{GRACE, Store, StoreError};
use crate::faults::{self, Break};

statements! {
    WAITING_SIGNALS = "SELECT id, delivery_id, source, content, attempts, due_at, sweep_at, created_at
        FROM signals WHERE id {in $1} AND {plain state} = 'waiting'";

    WAITING_SIBLINGS = "SELECT id, delivery_id, source, content, attempts, due_at, sweep_at, created_at
        FROM signals WHERE source = $1 AND batch = $2 AND state = 'waiting'
        ORDER BY created_at, id LIMIT $3";

    // Those that are locked are being worked on.
    EXPECT_MESSAGES = "WITH taken AS MATERIALIZED (
            SELECT id FROM signals WHERE id {in $1} AND {plain state} = 'waiting' {skip locked})
        UPDATE signals SET sweep_at = $2 WHERE id IN (SELECT id FROM taken)";

    PARK_UNREADABLE [id Uuid, reason Text] = "UPDATE signals SET state = 'parked', reason = r.reason
        FROM {rows} WHERE signals.id = r.id AND {plain signals.state} = 'waiting'";
}

/// A signal that waits for confirmation.
#[derive(Debug, Clone)]
pub struct StoredSignal {
    /// Its id.
    pub id: Uuid,
    /// The delivery that brought it.
    pub delivery: Uuid,
    /// Its source's name.
    pub source: String,
    /// The signal.
    pub signal: Signal,
    /// How often its confirmation was tried in vain, passing faults not counted.
    pub attempts: u32,
    /// Not to be confirmed before then.
    pub not_before: DateTime<Utc>,
    /// When the sweeper takes its message for lost.
    pub sweep_at: DateTime<Utc>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

impl StoredSignal {
    /// Whether its time has come. As long as it was not put off its time is when it was taken, by the clock
    /// of the process that took it: that one may be ahead, and says nothing.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.not_before <= now || self.not_before == self.created_at
    }
}

/// What a batch of confirmations makes of one signal.
#[derive(Debug, Clone)]
pub struct ConfirmResult {
    /// The signal.
    pub signal: Uuid,
    /// Its delivery.
    pub delivery: Uuid,
    /// Its source's name.
    pub source: String,
    /// The outcomes confirmed with it.
    pub outcomes: Vec<RuledOutcome>,
    /// Whether the outcomes were read from the LMS just now, and can be read again. Two readings
    /// at the same time may be answered in the other order than they were asked, so one that is
    /// older than what is stored, and says otherwise, decides nothing: the signal waits.
    pub read: bool,
    /// What becomes of the signal.
    pub verdict: SignalVerdict,
}

/// A confirmed outcome, and what the rules have to do with it.
#[derive(Debug, Clone)]
pub struct RuledOutcome {
    /// The outcome.
    pub outcome: Outcome,
    /// Whether it passes.
    pub passes: bool,
    /// Whether some rule names its assessment: then every change of it has to be evaluated, for
    /// a rule may be lost, too.
    pub named: bool,
}

/// What becomes of a signal.
#[derive(Debug, Clone)]
pub enum SignalVerdict {
    /// Confirmed, or nothing to confirm.
    Done {
        /// What was found, for people.
        reason: String,
    },
    /// To be confirmed again.
    Wait {
        /// Not before then.
        until: DateTime<Utc>,
        /// Whether this counts as an attempt (a passing fault of the LMS does not).
        attempt: bool,
        /// Why, for people.
        reason: String,
    },
    /// Given up until a human looks.
    Park {
        /// Why, for people.
        reason: String,
    },
}

impl SignalVerdict {
    /// Another reading was begun later, and says otherwise.
    pub(super) fn overtaken(until: DateTime<Utc>) -> Self {
        let reason =
            "another reading of the same grade, begun later, says otherwise; reading again".to_owned();
        Self::Wait { until, attempt: false, reason }
    }

    /// What of its signal it changes.
    pub(super) fn row(&self, signal: Uuid, now: DateTime<Utc>) -> Vec<Value> {
        let none: Option<DateTime<Utc>> = None;
        match self {
            Self::Done { reason } => {
                values![signal, "done", reason, 0_i64, none, none, now]
            }
            Self::Wait { until, attempt, reason } => {
                let attempts = i64::from(*attempt);
                values![signal, "waiting", reason, attempts, *until, *until + GRACE, none]
            }
            Self::Park { reason } => {
                let reason = if faults::broken(Break::ParksSilently) { "" } else { reason };
                values![signal, "parked", reason, 1_i64, none, none, now]
            }
        }
    }
}

/// A change of an outcome that has to be evaluated: `assessment.passed` where it passes, else
/// `assessment.revised`.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Its id.
    pub id: Uuid,
    /// The delivery from which it follows.
    pub delivery: Uuid,
    /// The source's name.
    pub source: String,
    /// Whether the outcome passes now.
    pub passed: bool,
    /// The stored learner.
    pub learner: Uuid,
    /// The outcome.
    pub outcome: Outcome,
}

/// How one signal was stored.
#[derive(Debug, Clone)]
pub struct ConfirmedSignal {
    /// The signal.
    pub signal: Uuid,
    /// The events that follow and are to be published.
    pub events: Vec<NewEvent>,
    /// Set where the signal waits, whatever its verdict: when to confirm it again
    /// ([`ConfirmResult::read`]).
    pub again_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct SignalRow {
    id: Uuid,
    delivery_id: Uuid,
    source: String,
    content: String,
    attempts: i64,
    due_at: Time,
    sweep_at: Time,
    created_at: Time,
}

impl SignalRow {
    fn read(self) -> Result<StoredSignal, StoreError> {
        Ok(StoredSignal {
            id: self.id,
            delivery: self.delivery_id,
            source: self.source,
            signal: from_json("signals", "content", &self.content)?,
            attempts: count(self.attempts),
            not_before: self.due_at.0,
            sweep_at: self.sweep_at.0,
            created_at: self.created_at.0,
        })
    }
}

impl Store {
    /// Those of `ids` that still wait, with their content. Order is not kept.
    pub async fn waiting_signals(&self, ids: &[Uuid]) -> Result<Vec<StoredSignal>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut session = self.pool.read().await?;
        let rows: Vec<SignalRow> = session.all(&WAITING_SIGNALS, values![ids]).await?;
        drop(session);
        self.readable(rows).await
    }

    /// The messages of these signals were put off: the sweeper takes none for lost before `until`.
    pub async fn expect_messages_of(&self, rows: &[Uuid], until: DateTime<Utc>) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut session = self.pool.write().await?;
        session.run(&EXPECT_MESSAGES, values![rows, until]).await?;
        session.commit().await
    }

    /// Signals of the same source and batch that wait, whether or not they are due, oldest first:
    /// one call to the LMS serves them all.
    pub async fn waiting_siblings(
        &self,
        source: &str,
        batch: &str,
        limit: u32,
    ) -> Result<Vec<StoredSignal>, StoreError> {
        let mut session = self.pool.read().await?;
        let values = values![source, key(batch), limit];
        let rows: Vec<SignalRow> = session.all(&WAITING_SIBLINGS, values).await?;
        drop(session);
        self.readable(rows).await
    }

    /// Reads rows; one that this version cannot read is parked, and harms nobody else.
    async fn readable(&self, rows: Vec<SignalRow>) -> Result<Vec<StoredSignal>, StoreError> {
        let mut signals = Vec::with_capacity(rows.len());
        let (mut parked, mut deliveries) = (Vec::new(), Vec::new());
        for row in rows {
            let (id, delivery) = (row.id, row.delivery_id);
            match row.read() {
                Ok(signal) => signals.push(signal),
                Err(error) => {
                    parked.push(values![id, error.to_string()]);
                    deliveries.push(delivery);
                }
            }
        }
        if !parked.is_empty() {
            let mut session = self.pool.write().await?;
            session.run_rows(&PARK_UNREADABLE, parked).await?;
            settle(&mut session, deliveries).await?;
            session.commit().await?;
        }
        Ok(signals)
    }
}
