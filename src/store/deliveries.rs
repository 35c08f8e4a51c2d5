//! Deliveries: one webhook request each, recorded.

use std::collections::{BTreeMap, BTreeSet};

use accolade_connectors::Signal;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::session::Session;
use super::statement::statements;
use super::value::{Value, key, to_json, values};
use super::{GRACE, Store, StoreError};
use crate::faults::{self, Point};

statements! {
    INSERT_DELIVERIES [
        id Uuid, source Text, received_at Time, user_agent Text, body Bytes, state Text,
        reason Text, note Text, status Int,
    ] = "INSERT INTO deliveries
            (id, source, received_at, user_agent, body, state, reason, note, status)
        SELECT r.id, r.source, r.received_at, r.user_agent, r.body, r.state, r.reason, r.note, r.status
        FROM {rows} WHERE true
        ON CONFLICT (id) DO NOTHING";

    INSERT_SIGNALS [
        id Uuid, delivery_id Uuid, source Text, key Text, batch Text, event Text, content Text,
        learner Text, due_at Time, sweep_at Time,
    ] = "INSERT INTO signals
            (id, delivery_id, source, key, batch, event, content, learner, state, reason, attempts,
             due_at, sweep_at, created_at)
        SELECT r.id, r.delivery_id, r.source, r.key, r.batch, r.event, r.content, r.learner, 'waiting',
             '', 0, r.due_at, r.sweep_at, r.due_at
        FROM {rows} WHERE true
        ON CONFLICT (source, key) DO NOTHING
        RETURNING id";

    FIRST_TELLERS [source Text, key Text] =
        "SELECT signals.id, signals.source, signals.key, signals.delivery_id
        FROM signals JOIN {rows} ON signals.source = r.source AND signals.key = r.key";

    /// Only those that are recorded just now: nothing has come of their signals yet.
    MARK_REPEATS [id Uuid, state Text, reason Text, note Text, first_id Uuid] =
        "UPDATE deliveries
        SET state = r.state, reason = r.reason, note = r.note, first_id = r.first_id
        FROM {rows} WHERE deliveries.id = r.id AND {plain deliveries.state} = 'waiting'
            AND deliveries.first_id IS NULL";
}

/// A webhook request to record.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// Its id; every log line about what follows from it carries it.
    pub id: Uuid,
    /// The source's name.
    pub source: String,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// The sender's `User-Agent`, shortened.
    pub user_agent: Option<String>,
    /// The body as far as it may be kept: authenticated, secrets removed.
    pub body: Option<Vec<u8>>,
    /// What the connector made of it.
    pub verdict: Verdict,
}

/// What the connector made of a request.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// Authentic and readable.
    Accepted {
        /// What may have changed; each with its id.
        signals: Vec<(Uuid, Signal)>,
        /// Why other parts of the delivery gave no signal.
        ignored: Vec<String>,
    },
    /// Not taken.
    Refused {
        /// The HTTP status that the sender got.
        status: u16,
        /// What was wrong.
        reason: String,
    },
}

/// Where a delivery stands. Stored as its snake_case name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// Some of its signals wait for confirmation or evaluation.
    Waiting,
    /// Every signal in it was told before.
    Duplicate,
    /// It concerns no grade.
    Ignored,
    /// It was not authentic or not readable.
    Refused,
    /// Some of its work was given up, with a reason, and waits for a human.
    Parked,
    /// All of its work is done.
    Done,
}

/// How one delivery was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The delivery.
    pub id: Uuid,
    /// `Waiting`, `Duplicate`, `Ignored` or `Refused`.
    pub state: DeliveryState,
    /// The signals that are new: these are to be confirmed (source name known to the caller).
    pub new_signals: Vec<Uuid>,
}

impl DeliveryState {
    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Duplicate => "duplicate",
            Self::Ignored => "ignored",
            Self::Refused => "refused",
            Self::Parked => "parked",
            Self::Done => "done",
        }
    }

    /// The state of a stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Waiting, Self::Duplicate, Self::Ignored, Self::Refused, Self::Parked, Self::Done]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: Uuid,
}

#[derive(sqlx::FromRow)]
struct TellerRow {
    id: Uuid,
    source: String,
    key: String,
    delivery_id: Uuid,
}

/// A signal to record.
struct Told<'a> {
    id: Uuid,
    delivery: &'a NewDelivery,
    signal: &'a Signal,
    key: String,
}

/// The turn to record: a transaction that has begun. In SQLite nobody else writes until it ends.
#[must_use = "it keeps all others from writing"]
pub struct Recording(Session);

impl Store {
    /// Records deliveries and their signals, as soon as it is their turn ([`Recording::record`]).
    pub async fn record(&self, deliveries: &[NewDelivery]) -> Result<Vec<Recorded>, StoreError> {
        if deliveries.is_empty() {
            return Ok(Vec::new());
        }
        self.recording().await?.record(deliveries).await
    }

    /// Waits for the turn to record, so that what comes meanwhile can be recorded with it. Dropped, it
    /// changes nothing.
    pub async fn recording(&self) -> Result<Recording, StoreError> {
        Ok(Recording(self.pool.write().await?))
    }
}

impl Recording {
    /// Records deliveries and their signals, all in one transaction: a group commit.
    ///
    /// A signal whose (source, key) is stored already is a duplicate and changes nothing.
    /// The answer is in the order of `deliveries`. Recording a delivery again under the same
    /// ids changes nothing and gives the same answer, so a lost answer may be asked for again.
    pub async fn record(self, deliveries: &[NewDelivery]) -> Result<Vec<Recorded>, StoreError> {
        let Self(mut session) = self;
        let mut told: Vec<Told<'_>> = Vec::new();
        for delivery in deliveries {
            if let Verdict::Accepted { signals, .. } = &delivery.verdict {
                told.extend(signals.iter().map(|(id, signal)| Told {
                    id: *id,
                    delivery,
                    signal,
                    key: key(&signal.key).into_owned(),
                }));
            }
        }
        // In one order everywhere: two groups with the same signals must not wait for each
        // other in a circle. The sort is stable, so the first of this group stays first.
        told.sort_by(|a, b| (&a.delivery.source, &a.key).cmp(&(&b.delivery.source, &b.key)));
        let signal_rows = told.iter().map(signal_row).collect::<Result<Vec<_>, _>>()?;

        session.run_rows(&INSERT_DELIVERIES, deliveries.iter().map(delivery_row).collect()).await?;
        let inserted: Vec<IdRow> = session.all_rows(&INSERT_SIGNALS, signal_rows).await?;
        let mut new: BTreeSet<Uuid> = inserted.into_iter().map(|row| row.id).collect();

        let repeated: BTreeSet<(&str, &str)> = told
            .iter()
            .filter(|told| !new.contains(&told.id))
            .map(|told| (told.delivery.source.as_str(), told.key.as_str()))
            .collect();
        let rows = repeated.iter().map(|(source, key)| values![*source, *key]).collect();
        let tellers: Vec<TellerRow> = session.all_rows(&FIRST_TELLERS, rows).await?;
        // Stored under this very id: recorded before by this very call.
        new.extend(tellers.iter().map(|row| row.id));
        let tellers: BTreeMap<(String, String), Uuid> =
            tellers.into_iter().map(|row| ((row.source, row.key), row.delivery_id)).collect();

        let mut repeats: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
        for told in told.iter().filter(|told| !new.contains(&told.id)) {
            let teller = tellers.get(&(told.delivery.source.clone(), told.key.clone()));
            repeats.entry(told.delivery.id).or_default().extend(teller);
        }
        let mut marks = Vec::new();
        let mut recorded = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            let (record, mark) = conclude(delivery, &new, repeats.get(&delivery.id));
            recorded.push(record);
            marks.extend(mark);
        }
        session.run_rows(&MARK_REPEATS, marks).await?;
        faults::at(Point::AcceptUncommitted).await;
        session.commit().await?;
        Ok(recorded)
    }
}

fn signal_row(told: &Told<'_>) -> Result<Vec<Value>, StoreError> {
    let received_at = told.delivery.received_at;
    // What confirms itself shares no call with others, and is in no batch.
    let batch = if told.signal.outcome.is_none() { key(&told.signal.batch) } else { "".into() };
    Ok(values![
        told.id,
        told.delivery.id,
        &told.delivery.source,
        &told.key,
        batch,
        &told.signal.event,
        to_json("signal", told.signal)?,
        key(&told.signal.learner),
        received_at,
        received_at + GRACE,
    ])
}

fn delivery_row(delivery: &NewDelivery) -> Vec<Value> {
    let (state, reason, note, status) = match &delivery.verdict {
        Verdict::Accepted { signals, ignored } if signals.is_empty() => {
            (DeliveryState::Ignored, ignored.join("; "), String::new(), None)
        }
        Verdict::Accepted { ignored, .. } => {
            let note = ignored.join("; ");
            (DeliveryState::Waiting, note.clone(), note, None)
        }
        Verdict::Refused { status, reason } => {
            (DeliveryState::Refused, reason.clone(), String::new(), Some(i64::from(*status)))
        }
    };
    values![
        delivery.id,
        &delivery.source,
        delivery.received_at,
        &delivery.user_agent,
        delivery.body.as_deref(),
        state.as_str(),
        reason,
        note,
        status,
    ]
}

/// What to answer for one delivery, and what to store if some of it was told before (`repeats`
/// has the first tellers).
fn conclude(
    delivery: &NewDelivery,
    new: &BTreeSet<Uuid>,
    repeats: Option<&Vec<Uuid>>,
) -> (Recorded, Option<Vec<Value>>) {
    let answer = |state, new_signals| Recorded { id: delivery.id, state, new_signals };
    let (signals, ignored) = match &delivery.verdict {
        Verdict::Refused { .. } => return (answer(DeliveryState::Refused, Vec::new()), None),
        Verdict::Accepted { signals, .. } if signals.is_empty() => {
            return (answer(DeliveryState::Ignored, Vec::new()), None);
        }
        Verdict::Accepted { signals, ignored } => (signals, ignored),
    };
    let new_signals: Vec<Uuid> = signals.iter().map(|(id, _)| *id).filter(|id| new.contains(id)).collect();
    let state = if new_signals.is_empty() { DeliveryState::Duplicate } else { DeliveryState::Waiting };
    // A signal twice in one delivery points nowhere else.
    let first = repeats.and_then(|tellers| tellers.iter().find(|teller| **teller != delivery.id));
    let mark = first.map(|first| {
        let count = signals.len() - new_signals.len();
        let mut parts = ignored.clone();
        parts.push(format!("{count} of {} signals told before, first by delivery {first}", signals.len()));
        let note = parts.join("; ");
        values![delivery.id, state.as_str(), &note, &note, *first]
    });
    (answer(state, new_signals), mark)
}
