//! Candidates: events that wait for evaluation, with the facts.

use std::collections::BTreeMap;

use accolade_connectors::Outcome;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::doubts::{TwinBadge, twin_badges};
use super::guarding::{Guarded, guarded_of};
use super::held_award::HeldRow;
use super::holder::unwanted;
use super::learners::describe;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, count, from_json, values};
use super::{DecisionKind, HeldAward, Store, StoreError};
use crate::faults::{self, Break};

statements! {
    WAITING_EVENTS = "SELECT events.id, events.delivery_id, events.outcome_id, events.attempts,
            events.whole, events.publication, learners.person_id, persons.version, outcomes.passes
        FROM events
            JOIN learners ON learners.id = events.learner_id
            JOIN persons ON persons.id = learners.person_id
            JOIN outcomes ON outcomes.id = events.outcome_id
        WHERE events.id {in $1} AND {plain events.state} = 'waiting'";

    /// Persons as if there was an event of each that is about everything.
    NEXT_PERSONS = "SELECT persons.id, persons.id AS delivery_id, persons.id AS outcome_id,
            CAST(0 AS BIGINT) AS attempts, true AS whole, CAST(NULL AS BIGINT) AS publication,
            persons.id AS person_id, persons.version, false AS passes
        FROM persons
        WHERE persons.id > $1 AND EXISTS (SELECT 1 FROM learners
            JOIN outcomes ON outcomes.learner_id = learners.id WHERE learners.person_id = persons.id)
        ORDER BY persons.id LIMIT $2";

    // Two statements, each of which has one plan only: a join may be planned to begin with all outcomes.
    PERSONS_LEARNERS = "SELECT id, person_id, source, name, email, institution_id, language FROM learners
        WHERE person_id {in $1}";

    LEARNERS_OUTCOMES = "SELECT id, learner_id, content FROM outcomes WHERE learner_id {in $1}";

    PERSONS_AWARDS = concat!("SELECT awards.id, awards.person_id, awards.issuer, awards.badge, awards.cycle,
            awards.awarded_at, awards.valid_until, awards.renews, awards.basis, awards.supersedes,
            credentials.revoked, credentials.suspended, losses.lost_at, losses.reason,
            supersessions.award_id AS ordered, ", unwanted!(), " AS declined
        FROM awards
            JOIN credentials ON credentials.id = awards.id
            LEFT JOIN losses ON losses.award_id = awards.id
            LEFT JOIN supersessions ON supersessions.award_id = awards.id
        WHERE awards.person_id {in $1} ORDER BY awards.awarded_at, awards.id");

    PERSONS_DECISIONS = "SELECT person_id, issuer, badge, award_id, kind, decided_at FROM decisions
        WHERE person_id {in $1} ORDER BY decided_at, id";

    PERSONS_WAITS = "SELECT person_id, issuer, badge FROM waiting_awards
        WHERE person_id {in $1} ORDER BY badge";
}

/// An event that waits for evaluation, with all that is known about its person.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The event.
    pub event: Uuid,
    /// The delivery from which it follows.
    pub delivery: Uuid,
    /// Whether its outcome passes now; it may have changed since the event.
    pub passed: bool,
    /// How often its evaluation failed.
    pub attempts: u32,
    /// The person: one for each learner, or for learners linked across sources.
    pub person: Uuid,
    /// Counts changes of the person's outcomes; [`AwardCommit::version`] must still be it.
    pub version: i64,
    /// Every outcome of the person, of every linked learner.
    pub outcomes: Vec<StoredOutcome>,
    /// What the person was awarded, earliest first.
    pub held: Vec<HeldAward>,
    /// The newest decision of an administrator about each badge as a whole.
    pub decisions: Vec<Decision>,
    /// Badges that are earned and not signed yet ([`super::Wait`]), as issuer and badge.
    pub waiting: Vec<(String, String)>,
    /// Badges of others who may be the same person: until a human says so or not, the person
    /// does not get them, too.
    pub twins: Vec<TwinBadge>,
    /// Badges that the guard holds, or held.
    pub guarded: Vec<Guarded>,
    /// Which outcome the event is about (index into `outcomes`).
    pub about: Option<usize>,
    /// Whether the event is about everything that is known of the person, not its outcome alone.
    pub whole: bool,
    /// The event is judged by the rules of this publication or a later one.
    pub publication: Option<i64>,
}

/// A stored outcome.
#[derive(Debug, Clone)]
pub struct StoredOutcome {
    /// The source's name.
    pub source: String,
    /// The outcome.
    pub outcome: Outcome,
}

/// What an administrator decided last about a badge, or about one award of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The issuer's slug.
    pub issuer: String,
    /// The badge.
    pub badge: String,
    /// What.
    pub kind: DecisionKind,
    /// When.
    pub decided_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    id: Uuid,
    delivery_id: Uuid,
    outcome_id: Uuid,
    attempts: i64,
    whole: bool,
    publication: Option<i64>,
    person_id: Uuid,
    version: i64,
    passes: bool,
}

#[derive(sqlx::FromRow)]
struct LearnerRow {
    id: Uuid,
    person_id: Uuid,
    source: String,
    name: Option<String>,
    email: Option<String>,
    institution_id: Option<String>,
    language: Option<String>,
}

#[derive(sqlx::FromRow)]
struct OutcomeRow {
    id: Uuid,
    learner_id: Uuid,
    content: String,
}

#[derive(sqlx::FromRow)]
struct AwardRow {
    person_id: Uuid,
    #[sqlx(flatten)]
    held: HeldRow,
}

#[derive(sqlx::FromRow)]
struct DecisionRow {
    person_id: Uuid,
    issuer: String,
    badge: String,
    award_id: Option<Uuid>,
    kind: String,
    decided_at: Time,
}

#[derive(sqlx::FromRow)]
struct WaitRow {
    person_id: Uuid,
    issuer: String,
    badge: String,
}

impl Store {
    /// Those of `events` that still wait, each with its person's outcomes and awards. Name and
    /// address in every outcome are those that are known now. Order is not kept.
    pub async fn candidates(&self, events: &[Uuid]) -> Result<Vec<Candidate>, StoreError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let mut session = self.pool.read().await?;
        // The version is read before the outcomes: if they change in between, it is too old,
        // and the award is refused as stale.
        let events: Vec<EventRow> = session.all(&WAITING_EVENTS, values![events]).await?;
        Self::with_facts(session, events).await
    }

    /// Persons with confirmed outcomes in the order of their ids, at most so many, those after this
    /// id: each as if an event about everything that is known of them waited, which has the
    /// person's id.
    pub async fn next_persons(&self, after: Uuid, limit: u32) -> Result<Vec<Candidate>, StoreError> {
        let mut session = self.pool.read().await?;
        let persons: Vec<EventRow> = session.all(&NEXT_PERSONS, values![after, limit]).await?;
        Self::with_facts(session, persons).await
    }

    /// Adds what is known of the persons.
    async fn with_facts(mut session: Session, events: Vec<EventRow>) -> Result<Vec<Candidate>, StoreError> {
        let mut persons: Vec<Uuid> = events.iter().map(|event| event.person_id).collect();
        persons.sort_unstable();
        persons.dedup();
        if persons.is_empty() {
            return Ok(Vec::new());
        }
        let outcomes = outcomes_of(&mut session, &persons).await?;
        let mut rows: Vec<AwardRow> = session.all(&PERSONS_AWARDS, values![persons.clone()]).await?;
        rows.retain(|_| !faults::broken(Break::AwardsUnchecked));
        let mut held: BTreeMap<Uuid, Vec<HeldAward>> = BTreeMap::new();
        for row in rows {
            held.entry(row.person_id).or_default().push(HeldAward::try_from(row.held)?);
        }
        let rows: Vec<DecisionRow> = session.all(&PERSONS_DECISIONS, values![persons.clone()]).await?;
        let (decisions, mut of_awards) = newest(rows)?;
        for award in held.values_mut().flatten() {
            award.decision = of_awards.remove(&award.credential);
        }
        let guarded = guarded_of(&mut session, &persons).await?;
        let rows: Vec<WaitRow> = session.all(&PERSONS_WAITS, values![persons.clone()]).await?;
        let mut waiting: BTreeMap<Uuid, Vec<(String, String)>> = BTreeMap::new();
        for row in rows {
            waiting.entry(row.person_id).or_default().push((row.issuer, row.badge));
        }
        let twins = twin_badges(&mut session, persons).await?;
        let candidates = events.into_iter().map(|event| {
            let outcomes = outcomes.get(&event.person_id).map(Vec::as_slice).unwrap_or_default();
            Candidate {
                event: event.id,
                delivery: event.delivery_id,
                passed: event.passes,
                attempts: count(event.attempts),
                person: event.person_id,
                version: event.version,
                about: outcomes.iter().position(|(id, _)| *id == event.outcome_id),
                outcomes: outcomes.iter().map(|(_, outcome)| outcome.clone()).collect(),
                held: held.get(&event.person_id).cloned().unwrap_or_default(),
                decisions: decisions.get(&event.person_id).cloned().unwrap_or_default(),
                waiting: waiting.get(&event.person_id).cloned().unwrap_or_default(),
                twins: twins.get(&event.person_id).cloned().unwrap_or_default(),
                whole: event.whole,
                publication: event.publication,
                guarded: guarded.get(&event.person_id).cloned().unwrap_or_default(),
            }
        });
        Ok(candidates.collect())
    }
}

/// The outcomes of persons, each with its row's id.
pub(super) async fn outcomes_of(
    session: &mut Session,
    persons: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<(Uuid, StoredOutcome)>>, StoreError> {
    let rows: Vec<LearnerRow> = session.all(&PERSONS_LEARNERS, values![persons]).await?;
    let learners: BTreeMap<Uuid, LearnerRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    let ids: Vec<Uuid> = learners.keys().copied().collect();
    let rows: Vec<OutcomeRow> = session.all(&LEARNERS_OUTCOMES, values![ids]).await?;
    let mut outcomes: BTreeMap<Uuid, Vec<(Uuid, StoredOutcome)>> = BTreeMap::new();
    for row in rows {
        let Some(learner) = learners.get(&row.learner_id) else { continue };
        let mut outcome: Outcome = from_json("outcomes", "content", &row.content)?;
        describe(
            &mut outcome.learner,
            learner.name.as_deref(),
            learner.email.as_deref(),
            learner.institution_id.as_deref(),
            learner.language.as_deref(),
        );
        let stored = StoredOutcome { source: learner.source.clone(), outcome };
        outcomes.entry(learner.person_id).or_default().push((row.id, stored));
    }
    for theirs in outcomes.values_mut() {
        theirs.sort_by(|(a, one), (b, other)| (&one.source, a).cmp(&(&other.source, b)));
    }
    Ok(outcomes)
}

/// The kind of a stored decision.
pub(super) fn kind_of(name: &str) -> Result<DecisionKind, StoreError> {
    DecisionKind::from_name(name).ok_or_else(|| StoreError::Corrupt {
        table: "decisions",
        column: "kind",
        message: format!("{name:?} is no decision"),
    })
}

/// The decisions of each person.
type ByPerson = BTreeMap<Uuid, Vec<Decision>>;

/// Of decisions, which come oldest first, the newest of each person about each badge, and of each
/// award.
fn newest(rows: Vec<DecisionRow>) -> Result<(ByPerson, BTreeMap<Uuid, Decision>), StoreError> {
    let (mut newest, mut of_awards) = (ByPerson::new(), BTreeMap::new());
    for row in rows {
        // What a newer version of the program decided must not be acted against.
        let kind = kind_of(&row.kind)?;
        let decision = Decision { issuer: row.issuer, badge: row.badge, kind, decided_at: row.decided_at.0 };
        if let Some(award) = row.award_id {
            of_awards.insert(award, decision);
            continue;
        }
        let of_person = newest.entry(row.person_id).or_default();
        of_person.retain(|earlier| earlier.badge != decision.badge);
        of_person.push(decision);
    }
    Ok((newest, of_awards))
}
