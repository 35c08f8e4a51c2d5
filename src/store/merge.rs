//! Everything of a person becomes another person's: when two turn out to be one, or one to be two.
//!
//! Credentials stay what they are: their ids were fixed when they were awarded. New ones derive
//! from the person, so whoever was taken apart is not used again: both sides begin anew.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::StoreError;
use super::doubts::change_persons;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, values};
use crate::ids;

statements! {
    AWARDS_OF_BOTH = "SELECT awards.id, awards.person_id, awards.badge, awards.cycle,
            credentials.revoked
        FROM awards JOIN credentials ON credentials.id = awards.id
        WHERE awards.person_id {in $1} ORDER BY awards.awarded_at, awards.id";

    NAME_CYCLES [id Uuid, cycle Text] =
        "UPDATE awards SET cycle = r.cycle FROM {rows} WHERE awards.id = r.id";

    MOVE_LEARNERS = "UPDATE learners SET person_id = $2 WHERE person_id = $1";

    MOVE_LEARNER = "UPDATE learners SET person_id = $2 WHERE id = $1";

    MOVE_AWARDS = "UPDATE awards SET person_id = $2 WHERE person_id = $1";

    /// Those whose event was about this learner.
    MOVE_LEARNERS_AWARDS = "UPDATE awards SET person_id = $3 WHERE person_id = $1 AND event_id IN
        (SELECT id FROM events WHERE learner_id = $2)
        RETURNING badge, id";

    MOVE_DECISIONS = "UPDATE decisions SET person_id = $2 WHERE person_id = $1";

    /// A decision about one award goes where the award is.
    MOVE_DECISIONS_OF_AWARDS = "UPDATE decisions SET person_id = $2 WHERE person_id = $1
        AND award_id IN (SELECT id FROM awards WHERE awards.person_id = $2)";

    /// Decisions about badges that this person has now go with them.
    MOVE_DECISIONS_WITH_AWARDS = "UPDATE decisions SET person_id = $2
        WHERE person_id = $1 AND award_id IS NULL AND EXISTS
        (SELECT 1 FROM awards WHERE awards.person_id = $2 AND awards.badge = decisions.badge)
        AND NOT EXISTS
        (SELECT 1 FROM awards WHERE awards.person_id = $1 AND awards.badge = decisions.badge)";

    /// Refusals, and decisions about badges that both have.
    DECISIONS_OF_BOTH = "SELECT issuer, badge, kind, reason, decided_by, decided_at FROM decisions
        WHERE person_id = $1 AND award_id IS NULL AND (kind = 'refuse' OR EXISTS
            (SELECT 1 FROM awards WHERE awards.person_id = $2 AND awards.badge = decisions.badge))
        ORDER BY decided_at, id";

    COPY_DECISIONS [
        id Uuid, issuer Text, badge Text, person_id Uuid, kind Text, reason Text, decided_by Text,
        decided_at Time,
    ] = "INSERT INTO decisions (id, issuer, badge, person_id, kind, reason, decided_by, decided_at)
        SELECT r.id, r.issuer, r.badge, r.person_id, r.kind, r.reason, r.decided_by, r.decided_at
        FROM {rows}";

    DROP_DOUBLE_WAITS = "DELETE FROM waiting_awards WHERE person_id = $1 AND EXISTS
        (SELECT 1 FROM waiting_awards AS other WHERE other.person_id = $2
            AND other.badge = waiting_awards.badge)";

    MOVE_WAITS = "UPDATE waiting_awards SET person_id = $2 WHERE person_id = $1";

    DROP_DOUBLE_GUARDED = "DELETE FROM guard_awards WHERE person_id = $1 AND EXISTS
        (SELECT 1 FROM guard_awards AS other WHERE other.person_id = $2
            AND other.badge = guard_awards.badge)";

    MOVE_GUARDED = "UPDATE guard_awards SET person_id = $2 WHERE person_id = $1";

    MOVE_LEARNERS_GUARDED = "UPDATE guard_awards SET person_id = $3 WHERE person_id = $1 AND event_id IN
        (SELECT id FROM events WHERE learner_id = $2)";

    MOVE_LEARNERS_WAITS = "UPDATE waiting_awards SET person_id = $3 WHERE person_id = $1 AND event_id IN
        (SELECT id FROM events WHERE learner_id = $2)";
}

/// The cycle of an award begins so if the person it was made for turned out to be one who had the
/// badge already: it stands beside that award, and goes its way.
const LINKED: &str = "linked-";

/// A badge that two persons held who are one now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedBadge {
    /// The badge.
    pub badge: String,
    /// Its credentials that are not revoked, oldest first.
    pub credentials: Vec<Uuid>,
}

/// Two persons became one.
#[derive(Debug, Clone)]
pub(super) struct Merged {
    /// Who they are now: the older one.
    pub(super) kept: Uuid,
    /// Who is nobody any more.
    pub(super) gone: Uuid,
    /// Badges that both hold.
    pub(super) shared: Vec<SharedBadge>,
}

#[derive(sqlx::FromRow)]
struct AwardRow {
    id: Uuid,
    person_id: Uuid,
    badge: String,
    cycle: String,
    revoked: bool,
}

#[derive(sqlx::FromRow)]
struct MovedRow {
    badge: String,
    id: Uuid,
}

#[derive(sqlx::FromRow)]
struct DecisionRow {
    issuer: String,
    badge: String,
    kind: String,
    reason: String,
    decided_by: String,
    decided_at: Time,
}

/// A person who is taken apart.
pub(super) struct Split {
    /// The person, who is nobody after that.
    pub(super) person: Uuid,
    /// Who leaves.
    pub(super) learner: Uuid,
    /// The person that the learner is then; made already.
    pub(super) own: Uuid,
    /// The person that the others are then; made already.
    pub(super) rest: Uuid,
}

/// Makes two persons one. The caller holds the locks of both.
pub(super) async fn merge(session: &mut Session, one: Uuid, other: Uuid) -> Result<Merged, StoreError> {
    // Ids sort by time.
    let (kept, gone) = (one.min(other), one.max(other));
    let awards: Vec<AwardRow> = session.all(&AWARDS_OF_BOTH, values![vec![kept, gone]]).await?;
    let (of_kept, of_gone): (Vec<&AwardRow>, Vec<&AwardRow>) =
        awards.iter().partition(|award| award.person_id == kept);
    let taken: BTreeSet<_> = of_kept.iter().map(|award| (&award.badge, &award.cycle)).collect();
    let cycles = of_gone
        .iter()
        .filter(|award| taken.contains(&(&award.badge, &award.cycle)))
        .map(|award| values![award.id, format!("{LINKED}{}", award.id)]);
    session.run_rows(&NAME_CYCLES, cycles.collect()).await?;
    for statement in [
        &MOVE_AWARDS,
        &MOVE_LEARNERS,
        &MOVE_DECISIONS,
        &DROP_DOUBLE_WAITS,
        &MOVE_WAITS,
        &DROP_DOUBLE_GUARDED,
        &MOVE_GUARDED,
    ] {
        session.run(statement, values![gone, kept]).await?;
    }
    change_persons(session, BTreeSet::from([kept, gone])).await?;

    let valid = |of: &[&AwardRow]| -> BTreeSet<String> {
        of.iter().filter(|award| !award.revoked).map(|award| award.badge.clone()).collect()
    };
    let both = valid(&of_kept).intersection(&valid(&of_gone)).cloned().collect::<Vec<_>>();
    let shared = both.into_iter().map(|badge| {
        let held = awards.iter().filter(|award| award.badge == badge);
        let credentials = held.filter(|award| !award.revoked).map(|award| award.id).collect();
        SharedBadge { badge, credentials }
    });
    Ok(Merged { kept, gone, shared: shared.collect() })
}

/// Takes a person apart. Awards go where the learner is whose result earned them, what waits and
/// was decided goes with them; what may be about either holds for both. Answers the badges that
/// the learner takes along, with their credentials. The caller holds the lock of the person.
pub(super) async fn split(
    session: &mut Session,
    Split { person, learner, own, rest }: &Split,
    now: DateTime<Utc>,
) -> Result<Vec<(String, Uuid)>, StoreError> {
    let moved: Vec<MovedRow> = session.all(&MOVE_LEARNERS_AWARDS, values![*person, *learner, *own]).await?;
    session.run(&MOVE_LEARNERS_WAITS, values![*person, *learner, *own]).await?;
    session.run(&MOVE_LEARNERS_GUARDED, values![*person, *learner, *own]).await?;
    session.run(&MOVE_DECISIONS_OF_AWARDS, values![*person, *own]).await?;
    session.run(&MOVE_DECISIONS_WITH_AWARDS, values![*person, *own]).await?;
    let both: Vec<DecisionRow> = session.all(&DECISIONS_OF_BOTH, values![*person, *own]).await?;
    let copies = both.into_iter().map(|row| {
        let DecisionRow { issuer, badge, kind, reason, decided_by, decided_at } = row;
        values![ids::timed(now), issuer, badge, *own, kind, reason, decided_by, decided_at]
    });
    session.run_rows(&COPY_DECISIONS, copies.collect()).await?;
    session.run(&MOVE_LEARNER, values![*learner, *own]).await?;
    for statement in [&MOVE_AWARDS, &MOVE_LEARNERS, &MOVE_DECISIONS, &MOVE_WAITS, &MOVE_GUARDED] {
        session.run(statement, values![*person, *rest]).await?;
    }
    change_persons(session, BTreeSet::from([*person])).await?;
    Ok(moved.into_iter().map(|row| (row.badge, row.id)).collect())
}
