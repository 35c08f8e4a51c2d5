//! Where a delivery stands, put together from everything that follows from it.
//!
//! It is stored when something of it ends and nothing new follows. While anything waits the delivery
//! waits, and the reason is put together by whoever asks ([`reasons`]): under load writing it at each
//! step costs as much as the step.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::session::Session;
use super::statement::statements;
use super::value::{shortened, values};
use super::{DeliveryState, StoreError};

statements! {
    NOTES = "SELECT id, note FROM deliveries WHERE id {in $1}";

    LOCK_DELIVERIES = "SELECT id, note FROM deliveries WHERE id {in $1} ORDER BY id {lock}";

    PARTS = "SELECT delivery_id, CAST(1 AS BIGINT) AS part, state, reason FROM signals
            WHERE delivery_id {in $1} GROUP BY delivery_id, state, reason
        UNION ALL SELECT delivery_id, CAST(2 AS BIGINT) AS part, state, reason FROM events
            WHERE delivery_id {in $1} GROUP BY delivery_id, state, reason
        UNION ALL SELECT delivery_id, CAST(3 AS BIGINT) AS part, state, reason FROM mails
            WHERE delivery_id {in $1} GROUP BY delivery_id, state, reason";

    UPDATE_DELIVERIES [id Uuid, state Text, reason Text] =
        "UPDATE deliveries SET state = r.state, reason = r.reason FROM {rows}
        WHERE deliveries.id = r.id";
}

/// The longest reason of a delivery, in bytes.
const LONGEST_REASON: usize = 1000;

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    id: Uuid,
    note: String,
}

#[derive(sqlx::FromRow)]
struct PartRow {
    delivery_id: Uuid,
    part: i64,
    state: String,
    reason: String,
}

/// Brings state and reason of deliveries up to date; call it last in a transaction. A transaction that
/// leaves something of a delivery waiting, as it was before, need not call it.
pub(super) async fn settle(
    session: &mut Session,
    deliveries: impl IntoIterator<Item = Uuid>,
) -> Result<(), StoreError> {
    let mut ids: Vec<Uuid> = deliveries.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(());
    }
    // First the lock, then a look at the parts: of two transactions that each finish a part of
    // the same delivery the later one sees both.
    let rows: Vec<DeliveryRow> = session.all(&LOCK_DELIVERIES, values![ids.clone()]).await?;
    let mut parts_of = parts(session, ids).await?;
    let mut updates = Vec::with_capacity(rows.len());
    for row in rows {
        // Without parts of its own it is a duplicate, ignored or refused, and stays so.
        if let Some(parts) = parts_of.remove(&row.id) {
            let (state, reason) = compose(parts, &row.note);
            updates.push(values![row.id, state.as_str(), reason]);
        }
    }
    session.run_rows(&UPDATE_DELIVERIES, updates).await
}

async fn parts(session: &mut Session, ids: Vec<Uuid>) -> Result<BTreeMap<Uuid, Vec<PartRow>>, StoreError> {
    let mut parts_of: BTreeMap<Uuid, Vec<PartRow>> = BTreeMap::new();
    for part in session.all::<PartRow>(&PARTS, values![ids]).await? {
        parts_of.entry(part.delivery_id).or_default().push(part);
    }
    Ok(parts_of)
}

/// Why deliveries wait, for people.
pub(super) async fn reasons(
    session: &mut Session,
    waiting: Vec<Uuid>,
) -> Result<BTreeMap<Uuid, String>, StoreError> {
    if waiting.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<DeliveryRow> = session.all(&NOTES, values![waiting.clone()]).await?;
    let mut parts_of = parts(session, waiting).await?;
    let reason = |row: DeliveryRow| Some((row.id, compose(parts_of.remove(&row.id)?, &row.note).1));
    Ok(rows.into_iter().filter_map(reason).collect())
}

/// Waiting while any part waits, then parked if any is parked, else done.
fn compose(mut parts: Vec<PartRow>, note: &str) -> (DeliveryState, String) {
    let any = |state: &str| parts.iter().any(|part| part.state == state);
    let state = if any("waiting") {
        DeliveryState::Waiting
    } else if any("parked") {
        DeliveryState::Parked
    } else {
        DeliveryState::Done
    };
    // What needs a human comes first, then what is still to come, then what was done.
    let rank = |part: &PartRow| match part.state.as_str() {
        "parked" => 0,
        "waiting" => 1,
        _ => 2,
    };
    // What the mail server answered to a mail it took says nothing about the award.
    parts.retain(|part| part.part < 3 || part.state != "done");
    parts.sort_by(|a, b| (rank(a), a.part, &a.reason).cmp(&(rank(b), b.part, &b.reason)));
    let mut reasons: Vec<&str> = Vec::new();
    for reason in parts.iter().map(|part| part.reason.as_str()).chain([note]) {
        if !reason.is_empty() && !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let reason = reasons.join("; ");
    if reason.len() <= LONGEST_REASON {
        return (state, reason);
    }
    (state, format!("{}…", shortened(&reason, LONGEST_REASON)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(part: i64, state: &str, reason: &str) -> PartRow {
        PartRow { delivery_id: Uuid::nil(), part, state: state.to_owned(), reason: reason.to_owned() }
    }

    #[test]
    fn the_state_is_that_of_the_part_that_is_furthest_behind() {
        let state = |states: &[&str]| compose(states.iter().map(|s| part(1, s, "")).collect(), "").0;
        assert_eq!(state(&["done", "parked", "waiting"]), DeliveryState::Waiting);
        assert_eq!(state(&["done", "parked"]), DeliveryState::Parked);
        assert_eq!(state(&["done", "done"]), DeliveryState::Done);
    }

    #[test]
    fn the_reason_begins_with_what_needs_a_human() {
        let parts = vec![
            part(3, "done", "250 ok"),
            part(1, "done", "confirmed"),
            part(1, "done", "confirmed"),
            part(2, "parked", "no name"),
        ];
        assert_eq!(compose(parts, "1 of 2 ignored").1, "no name; confirmed; 1 of 2 ignored");
    }

    #[test]
    fn a_long_reason_is_cut() {
        let parts = (0..200).map(|number| part(1, "done", &format!("é number {number}"))).collect();
        let reason = compose(parts, "").1;
        assert!(reason.len() <= LONGEST_REASON + "…".len(), "{}", reason.len());
        assert!(reason.ends_with('…'));
    }
}
