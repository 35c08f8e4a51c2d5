//! Awards that are issued again by the rules in use: an administrator orders it, a worker judges and
//! signs, and one transaction stores the new award and revokes the old one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::holder::unwanted;
use super::lifecycle::forget_losses;
use super::session::Session;
use super::statement::statements;
use super::status::set_bits;
use super::value::values;
use super::{NewAwardDecision, StoreError};
use crate::ids;

statements! {
    /// The newest order counts.
    PUT_ORDERS [award_id Uuid, reason Text, ordered_by Text, ordered_at Time] =
        "INSERT INTO supersessions (award_id, reason, ordered_by, ordered_at)
        SELECT r.award_id, r.reason, r.ordered_by, r.ordered_at FROM {rows} WHERE true
        ON CONFLICT (award_id) DO UPDATE SET reason = excluded.reason,
            ordered_by = excluded.ordered_by, ordered_at = excluded.ordered_at";

    /// Under these locks nobody declines one of them meanwhile.
    LOCK_OLD = "SELECT id FROM credentials WHERE id {in $1} ORDER BY id {lock}";

    STILL_WANTED = concat!("SELECT id FROM credentials
        WHERE id {in $1} AND NOT revoked AND NOT ", unwanted!(), "
            AND EXISTS (SELECT 1 FROM supersessions WHERE supersessions.award_id = credentials.id)");

    FORGET_ORDERS = "DELETE FROM supersessions WHERE award_id {in $1}";

    /// What a human decided about the old one holds for the new one.
    INHERIT_DECISIONS [id Uuid, old_id Uuid, new_id Uuid] = "INSERT INTO decisions
            (id, issuer, badge, person_id, award_id, kind, reason, decided_by, decided_at)
        SELECT r.id, old.issuer, old.badge, old.person_id, r.new_id, old.kind, old.reason, old.decided_by,
            old.decided_at
        FROM {rows} JOIN decisions AS old ON old.id = (SELECT newest.id FROM decisions AS newest
            WHERE newest.award_id = r.old_id ORDER BY newest.decided_at DESC, newest.id DESC LIMIT 1)";

    REVOKE_OLD [id Uuid, old_id Uuid, decided_at Time] = "INSERT INTO decisions
            (id, issuer, badge, person_id, award_id, kind, reason, decided_by, decided_at)
        SELECT r.id, awards.issuer, awards.badge, awards.person_id, awards.id, 'revoke',
            supersessions.reason, supersessions.ordered_by, r.decided_at
        FROM {rows} JOIN awards ON awards.id = r.old_id
            JOIN supersessions ON supersessions.award_id = r.old_id";

    /// What renewed the old one renews the new one, and an early end that was ordered stays.
    RENEW_NEW [old_id Uuid, new_id Uuid] =
        "UPDATE awards SET renews = r.new_id FROM {rows} WHERE awards.renews = r.old_id";

    END_NEW [old_id Uuid, new_id Uuid] =
        "UPDATE early_ends SET award_id = r.new_id FROM {rows} WHERE early_ends.award_id = r.old_id";
}

/// What came of an order to issue an award again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Superseded {
    /// The award.
    pub old: Uuid,
    /// The one that stands in its place; nothing where it stays.
    pub new: Option<Uuid>,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: Uuid,
}

/// Of awards in whose place others are to stand, those of which that still holds: they are ordered,
/// valid, and their learners did not decline them. They stay so in this transaction. The caller holds
/// the locks of the persons.
pub(super) async fn lock_orders(
    session: &mut Session,
    awards: Vec<Uuid>,
) -> Result<BTreeSet<Uuid>, StoreError> {
    if awards.is_empty() {
        return Ok(BTreeSet::new());
    }
    let _: Vec<IdRow> = session.all(&LOCK_OLD, values![awards.clone()]).await?;
    let wanted: Vec<IdRow> = session.all(&STILL_WANTED, values![awards]).await?;
    Ok(wanted.into_iter().map(|row| row.id).collect())
}

/// Notes that awards are to be issued again. The caller holds the locks of the persons.
pub(super) async fn order(
    session: &mut Session,
    awards: &[Uuid],
    NewAwardDecision { reason, by, .. }: &NewAwardDecision,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = awards.iter().map(|award| values![*award, reason, by, now]);
    session.run_rows(&PUT_ORDERS, rows.collect()).await
}

/// Ends orders: where the new award was made the old one is revoked, in the transaction that made it.
/// The caller holds the locks of the persons.
pub(super) async fn end_orders(
    session: &mut Session,
    orders: &[Superseded],
    made: &BTreeSet<Uuid>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    // Two events of one person may say the same of it.
    let ended: BTreeMap<Uuid, Option<Uuid>> = orders
        .iter()
        .filter(|order| order.new.is_none_or(|new| made.contains(&new)))
        .map(|order| (order.old, order.new))
        .collect();
    if ended.is_empty() {
        return Ok(());
    }
    let done: Vec<(Uuid, Uuid)> = ended.iter().filter_map(|(old, new)| Some((*old, (*new)?))).collect();
    let olds: Vec<Uuid> = done.iter().map(|(old, _)| *old).collect();
    let pairs = || done.iter().map(|(old, new)| values![*old, *new]).collect();
    let rows = done.iter().map(|(old, new)| values![ids::timed(now), *old, *new]).collect();
    session.run_rows(&INHERIT_DECISIONS, rows).await?;
    let rows = olds.iter().map(|old| values![ids::timed(now), *old, now]).collect();
    session.run_rows(&REVOKE_OLD, rows).await?;
    session.run_rows(&RENEW_NEW, pairs()).await?;
    session.run_rows(&END_NEW, pairs()).await?;
    if !olds.is_empty() {
        forget_losses(session, olds.clone()).await?;
        set_bits(session, olds.into_iter().map(|old| (old, true, false)).collect(), now).await?;
    }
    session.run(&FORGET_ORDERS, values![ended.into_keys().collect::<Vec<_>>()]).await.map(drop)
}
