//! Awards that end before the end that they were signed with: a revocation that waits for its time.
//! What is signed cannot change, so that a verifier learns of it from the status list.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::session::Session;
use super::statement::statements;
use super::value::values;
use super::{AwardDecision, NewAwardDecision, Store, StoreError, award_decisions};

statements! {
    /// The newest order counts.
    PUT_ENDS [award_id Uuid, ends_at Time, reason Text, ordered_by Text, ordered_at Time] =
        "INSERT INTO early_ends (award_id, ends_at, reason, ordered_by, ordered_at)
        SELECT r.award_id, r.ends_at, r.reason, r.ordered_by, r.ordered_at FROM {rows} WHERE true
        ON CONFLICT (award_id) DO UPDATE SET ends_at = excluded.ends_at, reason = excluded.reason,
            ordered_by = excluded.ordered_by, ordered_at = excluded.ordered_at";

    DUE_ENDS = "SELECT award_id, reason, ordered_by FROM early_ends WHERE ends_at <= $1
        ORDER BY ends_at, award_id LIMIT $2";

    /// Whoever decides meanwhile holds the lock of the person: an order that is gone ends nothing.
    STILL_DUE = "SELECT award_id, reason, ordered_by FROM early_ends
        WHERE award_id {in $1} AND ends_at <= $2 ORDER BY award_id";

    FORGET_ENDS = "DELETE FROM early_ends WHERE award_id {in $1}";
}

#[derive(sqlx::FromRow)]
struct DueRow {
    award_id: Uuid,
    reason: String,
    ordered_by: String,
}

impl Store {
    /// Revokes awards whose early end has come, at most so many, earliest first. Answers how many
    /// there were.
    pub async fn end_early(&self, now: DateTime<Utc>, limit: u32) -> Result<usize, StoreError> {
        let due: Vec<DueRow> = self.pool.read().await?.all(&DUE_ENDS, values![now, limit]).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let mut session = self.pool.write().await?;
        let awards: Vec<Uuid> = due.iter().map(|row| row.award_id).collect();
        award_decisions::locked(&mut session, &awards).await?;
        let due: Vec<DueRow> = session.all(&STILL_DUE, values![awards, now]).await?;
        let count = due.len();
        let mut orders: BTreeMap<(String, String), Vec<Uuid>> = BTreeMap::new();
        for row in due {
            orders.entry((row.reason, row.ordered_by)).or_default().push(row.award_id);
        }
        for ((reason, by), credentials) in orders {
            // Those, too, for which there is nothing to do any more.
            forget(&mut session, credentials.clone()).await?;
            let decision = NewAwardDecision { what: AwardDecision::Revoke, credentials, reason, by };
            award_decisions::decide(&mut session, &decision, now).await?;
        }
        session.commit().await?;
        Ok(count)
    }
}

/// Notes when awards are to end. The caller holds the locks of the persons.
pub(super) async fn order(
    session: &mut Session,
    awards: &[Uuid],
    ends_at: DateTime<Utc>,
    NewAwardDecision { reason, by, .. }: &NewAwardDecision,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = awards.iter().map(|award| values![*award, ends_at, reason, by, now]);
    session.run_rows(&PUT_ENDS, rows.collect()).await
}

/// Forgets that awards are to end.
pub(super) async fn forget(session: &mut Session, awards: Vec<Uuid>) -> Result<(), StoreError> {
    session.run(&FORGET_ENDS, values![awards]).await.map(drop)
}
