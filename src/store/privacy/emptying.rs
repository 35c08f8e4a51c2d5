//! Signals and deliveries that stay, without what they tell of a person.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::super::StoreError;
use super::super::session::Session;
use super::super::statement::statements;
use super::super::value::values;

statements! {
    /// What waits is done with it. The key is gone, too: the same signal once more is a new one, and
    /// is recognised by its learner.
    EMPTY_SIGNALS [id Uuid, key Text, reason Text, now Time] = "UPDATE signals
        SET key = r.key, batch = '', content = '{}', learner = '', state = 'done', reason = r.reason,
            finished_at = COALESCE(signals.finished_at, r.now)
        FROM {rows} WHERE signals.id = r.id";

    /// A reason that follows from parts is put together anew by whoever settles the delivery.
    EMPTY_DELIVERIES = "UPDATE deliveries SET reason = $2, note = '' WHERE id {in $1}";

    BODIES = "SELECT id, body FROM deliveries WHERE id {in $1} AND body IS NOT NULL ORDER BY id {lock}";

    DROP_BODIES [id Uuid, sha256 Bytes, why Text, now Time] = "UPDATE deliveries
        SET body = NULL, body_sha256 = r.sha256, body_gone = r.why, body_gone_at = r.now
        FROM {rows} WHERE deliveries.id = r.id AND deliveries.body IS NOT NULL";
}

/// What is said of a signal, or of a delivery, about somebody who was erased.
const ERASED: &str = "the learner was erased: nothing is kept or awarded";

/// Why a body is gone: somebody of whom it told was erased.
pub(super) const ERASURE: &str = "erasure";

#[derive(sqlx::FromRow)]
struct BodyRow {
    id: Uuid,
    body: Vec<u8>,
}

/// Empties signals about somebody who was erased, each with its delivery; settle these afterwards.
pub(in super::super) async fn empty(
    session: &mut Session,
    told: &[(Uuid, Uuid)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if told.is_empty() {
        return Ok(());
    }
    let (signals, deliveries): (Vec<Uuid>, Vec<Uuid>) = told.iter().copied().unzip();
    empty_signals(session, &signals, now).await?;
    empty_deliveries(session, &deliveries, now).await
}

/// Empties signals about somebody who was erased; they are done.
pub(super) async fn empty_signals(
    session: &mut Session,
    signals: &[Uuid],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = signals.iter().map(|id| values![*id, format!("erased {id}"), ERASED, now]).collect();
    session.run_rows(&EMPTY_SIGNALS, rows).await
}

/// Empties deliveries that told of somebody who was erased, also where they told of others; settle
/// them afterwards.
pub(super) async fn empty_deliveries(
    session: &mut Session,
    deliveries: &[Uuid],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    drop_bodies(session, deliveries, ERASURE, now).await?;
    session.run(&EMPTY_DELIVERIES, values![deliveries, ERASED]).await.map(drop)
}

/// Drops bodies, and keeps their SHA-256. Answers how many there were.
pub(super) async fn drop_bodies(
    session: &mut Session,
    deliveries: &[Uuid],
    why: &str,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let mut dropped = 0;
    // A body may have megabytes.
    for some in deliveries.chunks(20) {
        let bodies: Vec<BodyRow> = session.all(&BODIES, values![some]).await?;
        dropped += bodies.len();
        let rows = bodies
            .into_iter()
            .map(|row| values![row.id, Sha256::digest(&row.body).as_slice(), why, now])
            .collect();
        session.run_rows(&DROP_BODIES, rows).await?;
    }
    Ok(dropped)
}
