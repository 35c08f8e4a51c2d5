//! Doubts: learners who may be the same person as others, until a human decides.
//!
//! A doubt is about learners, not persons, so that it stays true when persons are linked. It is
//! open while a candidate is another person, and not kept separate from the learner.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::identity::Separations;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, values};
use super::{FoundLearner, Store, StoreError};
use crate::ids;

/// The open pairs of a learner and a candidate, for a selection of columns.
macro_rules! open_pairs {
    ($columns:literal, $and:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM doubts
                JOIN learners AS mine ON mine.id = doubts.learner_id
                JOIN doubt_candidates ON doubt_candidates.doubt_id = doubts.id
                JOIN learners AS twin ON twin.id = doubt_candidates.learner_id
            WHERE mine.person_id <> twin.person_id AND NOT EXISTS
                (SELECT 1 FROM separations
                WHERE separations.learner_id = mine.id AND separations.other_id = twin.id)",
            $and
        )
    };
}

statements! {
    SEPARATIONS = "SELECT learner_id, other_id FROM separations WHERE learner_id {in $1}";

    TWINS = concat!(
        open_pairs!(
            "mine.person_id, twin.person_id AS twin_id, twin.source, twin.lms_id",
            " AND mine.person_id {in $1}"
        ),
        " UNION ",
        open_pairs!(
            "twin.person_id, mine.person_id AS twin_id, mine.source, mine.lms_id",
            " AND twin.person_id {in $1}"
        ),
        " ORDER BY 3, 4"
    );

    /// What a person has, or was refused: another award of it may be one too many.
    SPOKEN_FOR = "SELECT person_id, issuer, badge FROM awards WHERE person_id {in $1}
        UNION SELECT person_id, issuer, badge FROM decisions
        WHERE person_id {in $1} AND kind IN ('refuse', 'revoke')";

    PERSONS_OF = "SELECT id, person_id FROM learners WHERE id {in $1}";

    PUT_DOUBTS [id Uuid, learner_id Uuid, reason Text, since Time] =
        "INSERT INTO doubts (id, learner_id, reason, since)
        SELECT r.id, r.learner_id, r.reason, r.since FROM {rows} WHERE true
        ON CONFLICT (learner_id) DO UPDATE SET reason = excluded.reason, since = excluded.since
        RETURNING id, learner_id";

    PUT_CANDIDATES [doubt_id Uuid, learner_id Uuid] =
        "INSERT INTO doubt_candidates (doubt_id, learner_id)
        SELECT r.doubt_id, r.learner_id FROM {rows} WHERE true
        ON CONFLICT (doubt_id, learner_id) DO NOTHING";

    CHANGE_PERSONS = "UPDATE persons SET version = version + 1 WHERE id {in $1}";

    DOUBTS = concat!(
        open_pairs!(
            "doubts.id AS doubt_id, doubts.reason, doubts.since, mine.id AS mine_id,
                mine.person_id AS mine_person, mine.source AS mine_source, mine.lms_id AS mine_lms_id,
                mine.name AS mine_name, mine.email AS mine_email, twin.id, twin.person_id,
                twin.source, twin.lms_id, twin.name, twin.email",
            " AND (CAST($1 AS UUID) IS NULL OR doubts.id = $1)"
        ),
        " ORDER BY doubts.since, doubts.id, twin.source, twin.lms_id"
    );
}

/// A doubt to store.
#[derive(Debug, Clone)]
pub(super) struct NewDoubt {
    /// About whom.
    pub(super) learner: Uuid,
    /// Learners whose persons they may be.
    pub(super) candidates: Vec<Uuid>,
    /// Why it is not certain, for people.
    pub(super) reason: String,
}

/// An open doubt, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// Its id.
    pub id: Uuid,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why it is not certain who the learner is.
    pub reason: String,
    /// About whom.
    pub learner: FoundLearner,
    /// Whose persons they may be; never empty.
    pub candidates: Vec<FoundLearner>,
}

/// A badge that somebody has, or was refused, who may be the same person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwinBadge {
    /// The issuer's slug.
    pub issuer: String,
    /// The badge.
    pub badge: String,
    /// Who, as `SOURCE:ID`.
    pub twin: String,
}

#[derive(sqlx::FromRow)]
struct SeparationRow {
    learner_id: Uuid,
    other_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct TwinRow {
    person_id: Uuid,
    twin_id: Uuid,
    source: String,
    lms_id: String,
}

#[derive(sqlx::FromRow)]
struct BadgeRow {
    person_id: Uuid,
    issuer: String,
    badge: String,
}

#[derive(sqlx::FromRow)]
struct PersonRow {
    id: Uuid,
    person_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct PutRow {
    id: Uuid,
    learner_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct DoubtRow {
    doubt_id: Uuid,
    reason: String,
    since: Time,
    mine_id: Uuid,
    mine_person: Uuid,
    mine_source: String,
    mine_lms_id: String,
    mine_name: Option<String>,
    mine_email: Option<String>,
    #[sqlx(flatten)]
    twin: FoundLearner,
}

impl Store {
    /// Every open doubt, oldest first.
    pub async fn doubts(&self) -> Result<Vec<Doubt>, StoreError> {
        open_doubts(&mut self.pool.read().await?, None).await
    }
}

/// The open doubts, or one of them.
pub(super) async fn open_doubts(
    session: &mut Session,
    doubt: Option<Uuid>,
) -> Result<Vec<Doubt>, StoreError> {
    let rows: Vec<DoubtRow> = session.all(&DOUBTS, values![doubt]).await?;
    let mut doubts: Vec<Doubt> = Vec::new();
    for row in rows {
        if let Some(last) = doubts.last_mut().filter(|last| last.id == row.doubt_id) {
            last.candidates.push(row.twin);
            continue;
        }
        doubts.push(Doubt {
            id: row.doubt_id,
            since: row.since.0,
            reason: row.reason,
            learner: FoundLearner {
                id: row.mine_id,
                person: row.mine_person,
                source: row.mine_source,
                learner: row.mine_lms_id,
                name: row.mine_name,
                email: row.mine_email,
            },
            candidates: vec![row.twin],
        });
    }
    Ok(doubts)
}

/// Those of the learners whom an administrator keeps separate from others.
pub(super) async fn separations(
    session: &mut Session,
    learners: Vec<Uuid>,
) -> Result<Separations, StoreError> {
    let rows: Vec<SeparationRow> = session.all(&SEPARATIONS, values![learners]).await?;
    Ok(rows.into_iter().map(|row| (row.learner_id, row.other_id)).collect())
}

/// Of each of the persons those who may be the same one.
pub(super) async fn twins(
    session: &mut Session,
    persons: Vec<Uuid>,
) -> Result<BTreeMap<Uuid, BTreeSet<Uuid>>, StoreError> {
    let mut twins: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
    for row in session.all::<TwinRow>(&TWINS, values![persons]).await? {
        twins.entry(row.person_id).or_default().insert(row.twin_id);
    }
    Ok(twins)
}

/// Of each of the persons the badges of those who may be the same one.
pub(super) async fn twin_badges(
    session: &mut Session,
    persons: Vec<Uuid>,
) -> Result<BTreeMap<Uuid, Vec<TwinBadge>>, StoreError> {
    let twins: Vec<TwinRow> = session.all(&TWINS, values![persons]).await?;
    if twins.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids: BTreeSet<Uuid> = twins.iter().map(|row| row.twin_id).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let rows: Vec<BadgeRow> = session.all(&SPOKEN_FOR, values![ids]).await?;
    let mut badges: BTreeMap<Uuid, Vec<TwinBadge>> = BTreeMap::new();
    for TwinRow { person_id, twin_id, source, lms_id } in twins {
        let theirs = rows.iter().filter(|row| row.person_id == twin_id);
        badges.entry(person_id).or_default().extend(theirs.map(|row| TwinBadge {
            issuer: row.issuer.clone(),
            badge: row.badge.clone(),
            twin: format!("{source}:{lms_id}"),
        }));
    }
    Ok(badges)
}

/// Stores doubts, but for what is in doubt already, in whichever direction. What was judged of
/// the persons meanwhile is stale. The caller holds the locks of all of them.
pub(super) async fn store_doubts(
    session: &mut Session,
    doubts: &[NewDoubt],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if doubts.is_empty() {
        return Ok(());
    }
    let learners = doubts.iter().flat_map(|doubt| doubt.candidates.iter().copied().chain([doubt.learner]));
    let learners: BTreeSet<Uuid> = learners.collect();
    let learners: Vec<Uuid> = learners.into_iter().collect();
    let rows: Vec<PersonRow> = session.all(&PERSONS_OF, values![learners]).await?;
    let person_of: BTreeMap<Uuid, Uuid> = rows.into_iter().map(|row| (row.id, row.person_id)).collect();
    let mut open = twins(session, person_of.values().copied().collect()).await?;
    let mut changed: BTreeSet<Uuid> = BTreeSet::new();
    let (mut put, mut candidates_of) = (Vec::new(), BTreeMap::new());
    for NewDoubt { learner, candidates, reason } in doubts {
        let Some(person) = person_of.get(learner) else { continue };
        let known = open.get(person).cloned().unwrap_or_default();
        let fresh = |candidate: &&Uuid| {
            person_of.get(*candidate).is_some_and(|twin| twin != person && !known.contains(twin))
        };
        let candidates: Vec<Uuid> = candidates.iter().filter(fresh).copied().collect();
        if candidates.is_empty() {
            continue;
        }
        for twin in candidates.iter().filter_map(|candidate| person_of.get(candidate)) {
            open.entry(*person).or_default().insert(*twin);
            open.entry(*twin).or_default().insert(*person);
            changed.extend([*person, *twin]);
        }
        put.push(values![ids::timed(now), *learner, reason, now]);
        candidates_of.insert(*learner, candidates);
    }
    let rows: Vec<PutRow> = session.all_rows(&PUT_DOUBTS, put).await?;
    let candidates = rows.iter().flat_map(|row| {
        let candidates = candidates_of.get(&row.learner_id).into_iter().flatten();
        candidates.map(|candidate| values![row.id, *candidate])
    });
    session.run_rows(&PUT_CANDIDATES, candidates.collect()).await?;
    change_persons(session, changed).await
}

/// Makes stale what was judged of persons.
pub(super) async fn change_persons(session: &mut Session, persons: BTreeSet<Uuid>) -> Result<(), StoreError> {
    if persons.is_empty() {
        return Ok(());
    }
    let persons: Vec<Uuid> = persons.into_iter().collect();
    session.run(&CHANGE_PERSONS, values![persons]).await.map(drop)
}
