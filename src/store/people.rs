//! A person with all that decides about their badges, for people who ask why.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::candidates::{kind_of, outcomes_of};
use super::guarding::{Guarded, guarded_of};
use super::held_award::HeldRow;
use super::holder::unwanted;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, email_key, from_json, institution_key, key, values};
use super::{Decision, HeldAward, Store, StoreError, StoredOutcome};

statements! {
    FIND_LEARNERS = "SELECT id, person_id, source, lms_id, name, email FROM learners
        WHERE (source = CAST($1 AS TEXT) AND lms_id = $2) OR email_key = CAST($3 AS TEXT)
            OR institution_key = CAST($4 AS TEXT)
        ORDER BY source, lms_id";

    THEIR_LEARNERS = "SELECT id, person_id, source, lms_id, name, email FROM learners
        WHERE person_id {in $1} ORDER BY source, lms_id";

    THEIR_AWARDS = concat!("SELECT awards.id, awards.issuer, awards.badge, awards.cycle, awards.awarded_at,
            awards.valid_until, awards.renews, awards.basis, awards.supersedes, awards.rules,
            awards.explanation, credentials.claimed_at, credentials.revoked, credentials.suspended,
            losses.lost_at, losses.reason, losses.due_at, supersessions.award_id AS ordered,
            early_ends.ends_at, ", unwanted!(), " AS declined
        FROM awards JOIN credentials ON credentials.id = awards.id
            LEFT JOIN losses ON losses.award_id = awards.id
            LEFT JOIN supersessions ON supersessions.award_id = awards.id
            LEFT JOIN early_ends ON early_ends.award_id = awards.id
        WHERE awards.person_id {in $1} ORDER BY awards.awarded_at, awards.id");

    THEIR_BADGE_DECISIONS = "SELECT issuer, badge, award_id, kind, reason, decided_by, decided_at FROM decisions
        WHERE person_id {in $1} ORDER BY decided_at DESC, id DESC";

    THEIR_WAITS = "SELECT badge, reason, since FROM waiting_awards
        WHERE person_id {in $1} ORDER BY badge";

    THEIR_OPEN_EVENTS = "SELECT events.delivery_id, events.state, events.reason
        FROM events JOIN learners ON learners.id = events.learner_id
        WHERE learners.person_id {in $1} AND events.state IN ('waiting', 'parked')
        ORDER BY events.created_at, events.id";

    BUSY_PERSONS = "SELECT DISTINCT learners.person_id
        FROM events JOIN learners ON learners.id = events.learner_id
        WHERE events.state IN ('waiting', 'parked') AND learners.person_id {in $1}";
}

/// How a learner is named by those who look for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// By the id in one source.
    Learner {
        /// The source's name.
        source: String,
        /// The id in the LMS.
        id: String,
    },
    /// By the address, without regard to case.
    Email(String),
    /// By the id of the institution: Moodle idnumber, Canvas SIS id, Blackboard externalId. Or
    /// `SOURCE:ID`, of a source that is not configured any more.
    InstitutionId(String),
}

/// A learner of one source, and the person that they are.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct FoundLearner {
    /// The learner.
    pub id: Uuid,
    /// The person.
    #[sqlx(rename = "person_id")]
    pub person: Uuid,
    /// The source's name.
    pub source: String,
    /// The id there.
    #[sqlx(rename = "lms_id")]
    pub learner: String,
    /// The name.
    pub name: Option<String>,
    /// The address.
    pub email: Option<String>,
}

/// A person: one learner, or several that are linked across sources.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their id.
    pub id: Uuid,
    /// Who they are in each source; never empty.
    pub learners: Vec<FoundLearner>,
    /// Every outcome of theirs, with the name and address that are known now.
    pub outcomes: Vec<StoredOutcome>,
    /// What they were awarded, oldest first.
    pub awards: Vec<PersonAward>,
    /// What administrators decided about badges of theirs, newest first.
    pub decisions: Vec<PersonDecision>,
    /// Badges that are earned and wait to be signed.
    pub waits: Vec<PersonWait>,
    /// Changes of theirs that are not evaluated yet.
    pub open: Vec<OpenEvent>,
    /// What the guard holds of theirs, or held.
    pub guarded: Vec<Guarded>,
}

/// A decision of an administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonDecision {
    /// The badge.
    pub badge: String,
    /// The credential of the award that it is about alone; the badge as a whole without it.
    pub credential: Option<Uuid>,
    /// What, by its stored name ([`super::DecisionKind`]).
    pub kind: String,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A badge that is earned and waits to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonWait {
    /// The badge.
    pub badge: String,
    /// Why, for people.
    pub reason: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// An award that was made.
#[derive(Debug, Clone)]
pub struct PersonAward {
    /// What is held.
    pub held: HeldAward,
    /// When it ends by an order of an administrator, before what was signed.
    pub ends_at: Option<DateTime<Utc>>,
    /// When the grace of its loss ends, if it has not ended.
    pub grace_ends: Option<DateTime<Utc>>,
    /// The version of the rules that decided.
    pub rules: String,
    /// The tree of conditions as it was then.
    pub explanation: serde_json::Value,
    /// When the holder claimed it.
    pub claimed_at: Option<DateTime<Utc>>,
}

/// A change that is not evaluated yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenEvent {
    /// The delivery that told of it.
    pub delivery: Uuid,
    /// `waiting` or `parked`.
    pub state: String,
    /// Why, for people.
    pub reason: String,
}

#[derive(sqlx::FromRow)]
struct AwardRow {
    #[sqlx(flatten)]
    held: HeldRow,
    rules: String,
    explanation: String,
    claimed_at: Option<Time>,
    due_at: Option<Time>,
    ends_at: Option<Time>,
}

#[derive(sqlx::FromRow)]
struct DecisionRow {
    issuer: String,
    badge: String,
    award_id: Option<Uuid>,
    kind: String,
    reason: String,
    decided_by: String,
    decided_at: Time,
}

#[derive(sqlx::FromRow)]
struct WaitRow {
    badge: String,
    reason: String,
    since: Time,
}

#[derive(sqlx::FromRow)]
struct BusyRow {
    person_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct OpenRow {
    delivery_id: Uuid,
    state: String,
    reason: String,
}

impl Store {
    /// Every learner who goes by that name; of more than one person where an address or an
    /// institution's id is not unique.
    pub async fn find(&self, who: &Who) -> Result<Vec<FoundLearner>, StoreError> {
        find(&mut self.pool.read().await?, who).await
    }

    /// Those of the persons about whom something is not judged yet.
    pub async fn busy_persons(&self, persons: &[Uuid]) -> Result<BTreeSet<Uuid>, StoreError> {
        let rows: Vec<BusyRow> = self.pool.read().await?.all(&BUSY_PERSONS, values![persons]).await?;
        Ok(rows.into_iter().map(|row| row.person_id).collect())
    }

    /// A person with all that decides about their badges; `None` for one who is nobody (any more).
    pub async fn person(&self, id: Uuid) -> Result<Option<Person>, StoreError> {
        let mut session = self.pool.read().await?;
        let ids = [id];
        let learners: Vec<FoundLearner> = session.all(&THEIR_LEARNERS, values![ids.as_slice()]).await?;
        if learners.is_empty() {
            return Ok(None);
        }
        let mut outcomes = outcomes_of(&mut session, &ids).await?;
        let rows: Vec<AwardRow> = session.all(&THEIR_AWARDS, values![ids.as_slice()]).await?;
        let decisions: Vec<DecisionRow> =
            session.all(&THEIR_BADGE_DECISIONS, values![ids.as_slice()]).await?;
        let mut awards = Vec::with_capacity(rows.len());
        for row in rows {
            // Newest first.
            let decision = decisions.iter().find(|decision| decision.award_id == Some(row.held.id));
            let decision = decision.map(|decision| {
                Ok::<_, StoreError>(Decision {
                    issuer: decision.issuer.clone(),
                    badge: decision.badge.clone(),
                    kind: kind_of(&decision.kind)?,
                    decided_at: decision.decided_at.0,
                })
            });
            awards.push(PersonAward {
                held: HeldAward { decision: decision.transpose()?, ..HeldAward::try_from(row.held)? },
                ends_at: row.ends_at.map(|time| time.0),
                grace_ends: row.due_at.map(|time| time.0),
                rules: row.rules,
                explanation: from_json("awards", "explanation", &row.explanation)?,
                claimed_at: row.claimed_at.map(|time| time.0),
            });
        }
        let decisions = decisions.into_iter().map(|row| PersonDecision {
            badge: row.badge,
            credential: row.award_id,
            kind: row.kind,
            reason: row.reason,
            by: row.decided_by,
            at: row.decided_at.0,
        });
        let waits: Vec<WaitRow> = session.all(&THEIR_WAITS, values![ids.as_slice()]).await?;
        let waits = waits.into_iter().map(|row| PersonWait {
            badge: row.badge,
            reason: row.reason,
            since: row.since.0,
        });
        let open: Vec<OpenRow> = session.all(&THEIR_OPEN_EVENTS, values![ids.as_slice()]).await?;
        let open = open.into_iter().map(|row| OpenEvent {
            delivery: row.delivery_id,
            state: row.state,
            reason: row.reason,
        });
        let guarded = guarded_of(&mut session, &ids).await?.remove(&id).unwrap_or_default();
        let outcomes = outcomes.remove(&id).unwrap_or_default();
        Ok(Some(Person {
            id,
            learners,
            outcomes: outcomes.into_iter().map(|(_, outcome)| outcome).collect(),
            awards,
            decisions: decisions.collect(),
            waits: waits.collect(),
            open: open.collect(),
            guarded,
        }))
    }
}

async fn find(session: &mut Session, who: &Who) -> Result<Vec<FoundLearner>, StoreError> {
    let none: Option<String> = None;
    let values = match who {
        Who::Learner { source, id } => values![source, key(id), none.clone(), none],
        Who::Email(email) => values![none.clone(), none.clone(), email_key(Some(email)), none],
        Who::InstitutionId(text) => {
            let (source, id) = text.split_once(':').unzip();
            values![source, id.map(key), none, institution_key(Some(text))]
        }
    };
    session.all(&FIND_LEARNERS, values).await
}
