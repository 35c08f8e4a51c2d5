//! Messages to administrators: rows like those of mails, for each hold and recipient one.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::guarding::{GuardedAward, guarded_awards};
use super::holds::{Hold, HoldRow};
use super::mails::{MailVerdict, finish_row};
use super::session::Session;
use super::statement::statements;
use super::value::{Time, count, values};
use super::{Store, StoreError};
use crate::config::Notify;
use crate::ids;

/// How long a message waits, so that it can say how many awards are held.
const GATHER: TimeDelta = TimeDelta::minutes(1);
/// How many of them it names.
const EXAMPLES: u32 = 5;

statements! {
    /// Due after a while, for the sweeper to publish.
    INSERT_NOTICES [
        id Uuid, hold_id Uuid, recipient Text, delivery_id Uuid, source Text, message_id Text, date Time,
        due_at Time,
    ] = "INSERT INTO notices
            (id, hold_id, recipient, delivery_id, source, message_id, date, state, reason, attempts,
             due_at, sweep_at, created_at)
        SELECT r.id, r.hold_id, r.recipient, r.delivery_id, r.source, r.message_id, r.date, 'waiting',
            '', 0, r.due_at, r.due_at, r.date
        FROM {rows} WHERE true
        ON CONFLICT (hold_id, recipient) DO NOTHING";

    LEASE_NOTICES = "WITH taken AS MATERIALIZED (
            SELECT id FROM notices
            WHERE id {in $1} AND {plain state} = 'waiting' AND due_at <= $2
                AND (leased_until IS NULL OR leased_until <= $2)
            ORDER BY id {skip locked})
        UPDATE notices SET leased_until = $3, sweep_at = $3, attempts = attempts + 1
        WHERE id IN (SELECT id FROM taken)
        RETURNING id";

    READ_NOTICES = "SELECT notices.id AS notice, notices.recipient, notices.delivery_id, notices.message_id,
            notices.date, notices.attempts, guard_holds.id, guard_holds.scope, guard_holds.state,
            guard_holds.expected, guard_holds.hours, guard_holds.basis, guard_holds.awarded,
            guard_holds.opened_at, guard_holds.decided_at, guard_holds.decided_by, guard_holds.reason,
            guard_holds.decided,
            (SELECT COUNT(*) FROM guard_awards WHERE guard_awards.hold_id = guard_holds.id) AS held
        FROM notices JOIN guard_holds ON guard_holds.id = notices.hold_id
        WHERE notices.id {in $1} ORDER BY notices.id";

    FINISH_NOTICES [
        id Uuid, state Text, reason Text, due_at Time, sweep_at Time, finished_at Time,
    ] = "UPDATE notices SET state = r.state, reason = r.reason, leased_until = NULL,
            due_at = COALESCE(r.due_at, notices.due_at), sweep_at = COALESCE(r.sweep_at, notices.sweep_at),
            finished_at = r.finished_at
        FROM {rows}
        WHERE notices.id = r.id
            AND ({plain notices.state} = 'waiting' OR {plain notices.state} = 'parked' AND r.state = 'done')";

    THEIR_NOTICES = "SELECT recipient, state, reason FROM notices WHERE hold_id = $1 ORDER BY recipient";
}

/// A message to an administrator, taken to be sent.
#[derive(Debug, Clone)]
pub struct LeasedNotice {
    /// Its id.
    pub id: Uuid,
    /// The delivery from which it follows.
    pub delivery: Uuid,
    /// The administrator's address.
    pub recipient: String,
    /// The Message-ID.
    pub message_id: String,
    /// The Date.
    pub date: DateTime<Utc>,
    /// How often it was taken to be sent before.
    pub attempts: u32,
    /// What is held.
    pub hold: Hold,
    /// Some of the awards.
    pub examples: Vec<GuardedAward>,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: Uuid,
}

#[derive(sqlx::FromRow)]
struct NoticeRow {
    notice: Uuid,
    recipient: String,
    delivery_id: Uuid,
    message_id: String,
    date: Time,
    attempts: i64,
    #[sqlx(flatten)]
    hold: HoldRow,
}

#[derive(sqlx::FromRow)]
struct StateRow {
    recipient: String,
    state: String,
    reason: String,
}

impl Store {
    /// Takes those of `ids` that wait, are due and are not taken, until `until`; they come back
    /// by themselves if nothing is said about them by then.
    pub async fn lease_notices(
        &self,
        ids: &[Uuid],
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<LeasedNotice>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut session = self.pool.write().await?;
        let leased: Vec<IdRow> = session.all(&LEASE_NOTICES, values![ids, now, until]).await?;
        let leased: Vec<Uuid> = leased.into_iter().map(|row| row.id).collect();
        let rows: Vec<NoticeRow> = session.all(&READ_NOTICES, values![leased]).await?;
        let mut notices = Vec::with_capacity(rows.len());
        for row in rows {
            let examples = guarded_awards(&mut session, Some(row.hold.id), None, EXAMPLES).await?;
            notices.push(LeasedNotice {
                id: row.notice,
                delivery: row.delivery_id,
                recipient: row.recipient,
                message_id: row.message_id,
                date: row.date.0,
                // This time was counted when it was taken.
                attempts: count(row.attempts - 1),
                hold: row.hold.into(),
                examples,
            });
        }
        session.commit().await?;
        Ok(notices)
    }

    /// Who was told of a hold, for people: each recipient with what came of it.
    pub async fn notices(&self, hold: Uuid) -> Result<Vec<(String, String)>, StoreError> {
        let rows: Vec<StateRow> = self.pool.read().await?.all(&THEIR_NOTICES, values![hold]).await?;
        let told = |row: StateRow| {
            let came = match (row.state.as_str(), row.reason) {
                ("waiting", reason) if reason.is_empty() => "on its way".to_owned(),
                ("waiting", reason) => format!("tried again later: {reason}"),
                ("parked", reason) => format!("could not be sent: {reason}"),
                (_, reason) => format!("sent: {reason}"),
            };
            (row.recipient, came)
        };
        Ok(rows.into_iter().map(told).collect())
    }
}

/// Stores the messages that tell of holds, each given with the delivery and the source that
/// opened it and with who is told.
pub(super) async fn announce_holds(
    session: &mut Session,
    holds: &[(Uuid, Uuid, String, Arc<Notify>)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for (hold, delivery, source, notify) in holds {
        for recipient in notify.recipients.iter().collect::<BTreeSet<_>>() {
            let id = ids::derived(*hold, recipient);
            let message_id = format!("{id}@{}", notify.domain);
            rows.push(values![id, *hold, recipient, *delivery, source, message_id, now, now + GATHER]);
        }
    }
    session.run_rows(&INSERT_NOTICES, rows).await
}

/// Stores what came of sending messages.
pub(super) async fn finish_notices(
    session: &mut Session,
    results: &[&(Uuid, MailVerdict)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = results.iter().map(|(id, verdict)| finish_row(*id, verdict, now)).collect();
    session.run_rows(&FINISH_NOTICES, rows).await
}
