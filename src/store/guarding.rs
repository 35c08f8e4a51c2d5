//! Awards that the guard holds: each one of a person.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::holds::{Hold, HoldRow, undecided};
use super::lifecycle::repeat_events;
use super::progress::settle;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, key, values};
use super::{Store, StoreError};

statements! {
    PERSONS_GUARDED = "SELECT guard_awards.person_id, guard_awards.issuer, guard_awards.badge,
            guard_awards.evidence, guard_awards.since, guard_holds.id, guard_holds.scope,
            guard_holds.state, guard_holds.expected, guard_holds.hours, guard_holds.basis,
            guard_holds.awarded, guard_holds.opened_at, guard_holds.decided_at, guard_holds.decided_by,
            guard_holds.reason, guard_holds.decided
        FROM guard_awards JOIN guard_holds ON guard_holds.id = guard_awards.hold_id
        WHERE guard_awards.person_id {in $1} ORDER BY guard_awards.badge";

    HELD_AWARDS = "SELECT guard_awards.badge, guard_awards.grade, guard_awards.since,
            guard_awards.hold_id, events.delivery_id, learners.source, learners.lms_id, learners.name,
            learners.email
        FROM guard_awards
            JOIN guard_holds ON guard_holds.id = guard_awards.hold_id
            JOIN events ON events.id = guard_awards.event_id
            JOIN learners ON learners.id = events.learner_id
        WHERE (CAST($1 AS UUID) IS NULL AND guard_holds.state = 'open' OR guard_awards.hold_id = $1)
            AND (CAST($2 AS TEXT) IS NULL OR guard_awards.badge = $2)
        ORDER BY guard_awards.since, guard_awards.person_id, guard_awards.badge LIMIT $3";

    TELLING = "SELECT id, state FROM guard_holds WHERE telling ORDER BY id";

    TAKE_DECIDED = "WITH taken AS MATERIALIZED (
            SELECT person_id, issuer, badge FROM guard_awards WHERE NOT told AND hold_id {in $1}
            ORDER BY since, person_id LIMIT $2 {skip locked})
        UPDATE guard_awards SET told = true WHERE EXISTS (SELECT 1 FROM taken
            WHERE taken.person_id = guard_awards.person_id AND taken.issuer = guard_awards.issuer
                AND taken.badge = guard_awards.badge)
        RETURNING event_id, hold_id";

    /// One that waits is judged anew, and knows.
    RETELL [id Uuid, old Text, new Text] = "UPDATE events SET reason = REPLACE(events.reason, r.old, r.new)
        FROM {rows} WHERE events.id = r.id AND events.state = 'done' RETURNING events.delivery_id";

    ALL_TOLD = "UPDATE guard_holds SET telling = false WHERE telling AND NOT EXISTS (
            SELECT 1 FROM guard_awards WHERE guard_awards.hold_id = guard_holds.id AND NOT told)";

    LOCK_HOLDS = "SELECT id, state FROM guard_holds WHERE id {in $1} ORDER BY id {lock}";

    KEEP_AWARDS [person_id Uuid, issuer Text, badge Text, event_id Uuid, evidence Text, grade Text] =
        "UPDATE guard_awards SET event_id = r.event_id, evidence = r.evidence, grade = r.grade
        FROM {rows} WHERE r.person_id = guard_awards.person_id AND r.issuer = guard_awards.issuer
            AND r.badge = guard_awards.badge";

    /// Whichever issuer it had when it was held.
    END_AWARDS [person_id Uuid, badge Text] = "DELETE FROM guard_awards WHERE EXISTS
        (SELECT 1 FROM {rows} WHERE r.person_id = guard_awards.person_id
            AND r.badge = guard_awards.badge)";
}

/// An award that is held, for people.
#[derive(Debug, Clone)]
pub struct GuardedAward {
    /// The hold.
    pub hold: Uuid,
    /// The badge.
    pub badge: String,
    /// What it rests on, for people.
    pub grade: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The delivery that was judged last.
    pub delivery: Uuid,
    /// The source of the learner that it was about.
    pub source: String,
    /// The learner's id there.
    pub learner: String,
    /// The learner's name.
    pub name: Option<String>,
    /// The learner's address.
    pub email: Option<String>,
}

/// What becomes of an award of an evaluated person that is or was held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarding {
    /// The issuer's slug.
    pub issuer: String,
    /// The badge.
    pub badge: String,
    /// Still held; `None` when that is over: it is made, not earned any more, or decided by hand.
    pub held: Option<StillHeld>,
}

/// An award that is still held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StillHeld {
    /// By which hold. If that is not open any more the evaluation is stale.
    pub hold: Uuid,
    /// A hash of the evidence on which it rests now.
    pub evidence: String,
    /// The same for people.
    pub grade: String,
}

/// A badge of a person that is or was held.
#[derive(Debug, Clone)]
pub struct Guarded {
    /// The issuer's slug.
    pub issuer: String,
    /// The badge.
    pub badge: String,
    /// By which hold, with what was decided about it.
    pub hold: Hold,
    /// A hash of the evidence on which the award rested when it was judged last.
    pub evidence: String,
    /// Since when it is held.
    pub since: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct AwardRow {
    badge: String,
    grade: String,
    since: Time,
    hold_id: Uuid,
    delivery_id: Uuid,
    source: String,
    lms_id: String,
    name: Option<String>,
    email: Option<String>,
}

#[derive(sqlx::FromRow)]
struct GuardedRow {
    person_id: Uuid,
    issuer: String,
    badge: String,
    evidence: String,
    since: Time,
    #[sqlx(flatten)]
    hold: HoldRow,
}

#[derive(sqlx::FromRow)]
struct StateRow {
    id: Uuid,
    state: String,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    event_id: Uuid,
    hold_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    delivery_id: Uuid,
}

impl Store {
    /// The awards of one hold, or of all that are open, longest held first.
    pub async fn guarded_awards(
        &self,
        hold: Option<Uuid>,
        badge: Option<&str>,
        limit: u32,
    ) -> Result<Vec<GuardedAward>, StoreError> {
        guarded_awards(&mut self.pool.read().await?, hold, badge, limit).await
    }

    /// Tells awards, at most so many, longest held first, what was decided about their holds: what
    /// was released is judged again. For that the event that was judged last is repeated, due at
    /// once, for the sweeper to publish. Answers how many there were.
    pub async fn end_holds(&self, now: DateTime<Utc>, limit: u32) -> Result<usize, StoreError> {
        let mut session = self.pool.write().await?;
        let holds: Vec<StateRow> = session.all(&TELLING, Vec::new()).await?;
        if holds.is_empty() {
            return Ok(0);
        }
        let released: BTreeMap<Uuid, bool> =
            holds.into_iter().map(|row| (row.id, row.state == "released")).collect();
        let ids: Vec<Uuid> = released.keys().copied().collect();
        let taken: Vec<EventRow> = session.all(&TAKE_DECIDED, values![ids, limit]).await?;
        let is_released = |row: &EventRow| released.get(&row.hold_id) == Some(&true);
        let count = taken.len();
        let mut retold: BTreeMap<(Uuid, Uuid), bool> = BTreeMap::new();
        for row in &taken {
            retold.insert((row.event_id, row.hold_id), is_released(row));
        }
        let rows = retold.into_iter().map(|((event, hold), released)| {
            let new = if released { "; released since" } else { "; cancelled since" };
            values![event, undecided(hold), new]
        });
        let retold: Vec<DeliveryRow> = session.all_rows(&RETELL, rows.collect()).await?;
        let again = taken.iter().filter(|row| is_released(row)).map(|row| row.event_id);
        let mut deliveries = repeat_events(&mut session, again, now).await?;
        deliveries.extend(retold.into_iter().map(|row| row.delivery_id));
        session.run(&ALL_TOLD, Vec::new()).await?;
        settle(&mut session, deliveries).await?;
        session.commit().await?;
        Ok(count)
    }
}

pub(super) async fn guarded_awards(
    session: &mut Session,
    hold: Option<Uuid>,
    badge: Option<&str>,
    limit: u32,
) -> Result<Vec<GuardedAward>, StoreError> {
    let badge = badge.map(|badge| key(badge).into_owned());
    let rows: Vec<AwardRow> = session.all(&HELD_AWARDS, values![hold, badge, limit]).await?;
    let award = |row: AwardRow| GuardedAward {
        hold: row.hold_id,
        badge: row.badge,
        grade: row.grade,
        since: row.since.0,
        delivery: row.delivery_id,
        source: row.source,
        learner: row.lms_id,
        name: row.name,
        email: row.email,
    };
    Ok(rows.into_iter().map(award).collect())
}

/// What is or was held of persons.
pub(super) async fn guarded_of(
    session: &mut Session,
    persons: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<Guarded>>, StoreError> {
    let rows: Vec<GuardedRow> = session.all(&PERSONS_GUARDED, values![persons]).await?;
    let mut guarded: BTreeMap<Uuid, Vec<Guarded>> = BTreeMap::new();
    for row in rows {
        let GuardedRow { person_id, issuer, badge, evidence, since, hold } = row;
        let one = Guarded { issuer, badge, hold: hold.into(), evidence, since: since.0 };
        guarded.entry(person_id).or_default().push(one);
    }
    Ok(guarded)
}

/// Those of the holds that are open, locked: what is open stays so until the transaction ends.
pub(super) async fn lock_open(session: &mut Session, holds: Vec<Uuid>) -> Result<Vec<Uuid>, StoreError> {
    if holds.is_empty() {
        return Ok(holds);
    }
    let rows: Vec<StateRow> = session.all(&LOCK_HOLDS, values![holds]).await?;
    Ok(rows.into_iter().filter(|row| row.state == "open").map(|row| row.id).collect())
}

/// Stores what becomes of held awards, each with its event and person. The caller holds the
/// locks of the persons.
pub(super) async fn store_guarding(
    session: &mut Session,
    guarding: &[(Uuid, Uuid, &Guarding)],
) -> Result<(), StoreError> {
    let (mut keep, mut end) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for (event, person, Guarding { issuer, badge, held }) in guarding {
        let (issuer, badge) = (key(issuer), key(badge));
        // Two events of one person say the same of it.
        if !seen.insert((*person, badge.clone())) {
            continue;
        }
        match held {
            Some(StillHeld { evidence, grade, .. }) => {
                keep.push(values![*person, issuer, badge, *event, evidence, grade]);
            }
            None => end.push(values![*person, badge]),
        }
    }
    session.run_rows(&KEEP_AWARDS, keep).await?;
    session.run_rows(&END_AWARDS, end).await
}
