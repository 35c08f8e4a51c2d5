//! What happens to awards after they were made: losses by a regrade, and their end.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::progress::settle;
use super::session::Session;
use super::statement::statements;
use super::status::set_bits;
use super::value::values;
use super::{Store, StoreError};
use crate::ids;

statements! {
    /// The time of the first loss stays.
    NOTE_LOSSES [award_id Uuid, event_id Uuid, lost_at Time, reason Text, due_at Time] =
        "INSERT INTO losses (award_id, event_id, lost_at, reason, due_at)
        SELECT r.award_id, r.event_id, r.lost_at, r.reason, r.due_at FROM {rows} WHERE true
        ON CONFLICT (award_id) DO UPDATE SET event_id = excluded.event_id,
            reason = excluded.reason, due_at = excluded.due_at";

    FORGET_LOSSES = "DELETE FROM losses WHERE award_id {in $1}";

    /// Each is looked at once; who looks may set another time.
    TAKE_LAPSED = "WITH taken AS MATERIALIZED (
            SELECT award_id FROM losses WHERE due_at <= $1
            ORDER BY due_at, award_id LIMIT $2 {skip locked})
        UPDATE losses SET due_at = NULL WHERE award_id IN (SELECT award_id FROM taken)
        RETURNING event_id";

    /// About what the earlier ones were about, by rules that are no older. Due at once: nobody else publishes
    /// them.
    REPEAT_EVENTS [id Uuid, earlier_id Uuid, made_at Time] =
        "INSERT INTO events
            (id, signal_id, delivery_id, source, learner_id, outcome_id, passed, content, whole,
             publication, state, reason, attempts, due_at, sweep_at, created_at)
        SELECT r.id, earlier.signal_id, earlier.delivery_id, earlier.source, earlier.learner_id,
             earlier.outcome_id, earlier.passed, earlier.content, earlier.whole, earlier.publication,
             'waiting', '', 0, r.made_at, r.made_at, r.made_at
        FROM {rows} JOIN events AS earlier ON earlier.id = r.earlier_id
        RETURNING delivery_id";
}

/// What becomes of an award that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwardChange {
    /// Its credential.
    pub credential: Uuid,
    /// What.
    pub change: Change,
}

/// A change of an award.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The rule is not met any more.
    Lost {
        /// Since when; of a loss that is noted already the first time stays.
        since: DateTime<Utc>,
        /// What is missing, for people.
        reason: String,
        /// What follows.
        then: Consequence,
    },
    /// The rule is met again: the loss is forgotten and the suspension lifted.
    Regained,
}

/// What follows from a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// Nothing until then, when it is judged again.
    Wait(DateTime<Utc>),
    /// The credential is suspended.
    Suspend,
    /// The credential is revoked, for good.
    Revoke,
}

/// A loss as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Since when the rule is not met.
    pub since: DateTime<Utc>,
    /// What was missing, for people.
    pub reason: String,
}

/// Stores changes of awards, each with the event from which it follows. The caller holds the
/// locks of the persons.
pub(super) async fn change_awards(
    session: &mut Session,
    changes: &[(Uuid, &AwardChange)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let (mut losses, mut regained, mut bits) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for (event, AwardChange { credential, change }) in changes {
        // Two events of one person say the same of it.
        if !seen.insert(*credential) {
            continue;
        }
        match change {
            Change::Lost { since, reason, then } => {
                let due = match then {
                    Consequence::Wait(until) => Some(*until),
                    Consequence::Suspend | Consequence::Revoke => None,
                };
                losses.push(values![*credential, *event, *since, reason, due]);
                match then {
                    Consequence::Wait(_) => {}
                    Consequence::Suspend => bits.push((*credential, false, true)),
                    Consequence::Revoke => bits.push((*credential, true, false)),
                }
            }
            Change::Regained => {
                regained.push(*credential);
                bits.push((*credential, false, false));
            }
        }
    }
    session.run_rows(&NOTE_LOSSES, losses).await?;
    if !regained.is_empty() {
        forget_losses(session, regained).await?;
    }
    set_bits(session, bits, now).await?;
    Ok(())
}

/// Forgets the losses of awards.
pub(super) async fn forget_losses(session: &mut Session, awards: Vec<Uuid>) -> Result<(), StoreError> {
    session.run(&FORGET_LOSSES, values![awards]).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct LapsedRow {
    event_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    delivery_id: Uuid,
}

impl Store {
    /// Ends the grace of losses whose time has come, at most so many, earliest first: each event
    /// that found one is repeated, so that it is judged anew with what is known now. The events
    /// are due at once, for the sweeper to publish. Answers how many losses there were.
    pub async fn end_graces(&self, now: DateTime<Utc>, limit: u32) -> Result<usize, StoreError> {
        let mut session = self.pool.write().await?;
        let lapsed: Vec<LapsedRow> = session.all(&TAKE_LAPSED, values![now, limit]).await?;
        let count = lapsed.len();
        let deliveries = repeat_events(&mut session, lapsed.into_iter().map(|row| row.event_id), now).await?;
        settle(&mut session, deliveries).await?;
        session.commit().await?;
        Ok(count)
    }
}

/// Repeats events, each once, so that they are judged with what is known now: due at once, for the
/// sweeper to publish. Answers the deliveries, whose state has to be brought up to date.
pub(super) async fn repeat_events(
    session: &mut Session,
    events: impl Iterator<Item = Uuid>,
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>, StoreError> {
    let earlier: BTreeSet<Uuid> = events.collect();
    let rows = earlier.into_iter().map(|event| values![ids::timed(now), event, now]).collect();
    let repeated: Vec<DeliveryRow> = session.all_rows(&REPEAT_EVENTS, rows).await?;
    Ok(repeated.into_iter().map(|row| row.delivery_id).collect())
}
