//! A person with all that decides about their badges, for people who ask why.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::candidates::outcomes_of;
use super::statement::statements;
use super::value::{Time, email_key, from_json, key, values};
use super::{Store, StoreError, StoredOutcome};

statements! {
    FIND_PERSONS = "SELECT DISTINCT person_id FROM learners
        WHERE (source = CAST($1 AS TEXT) AND lms_id = $2) OR email_key = CAST($3 AS TEXT)
            OR institution_id = CAST($4 AS TEXT)
        ORDER BY person_id";

    THEIR_LEARNERS = "SELECT person_id, source, lms_id, name, email FROM learners
        WHERE person_id {in $1} ORDER BY source, lms_id";

    THEIR_AWARDS = "SELECT awards.id, awards.person_id, awards.badge, awards.awarded_at, awards.rules,
            awards.explanation, credentials.claimed_at, credentials.revoked, credentials.suspended
        FROM awards JOIN credentials ON credentials.id = awards.id
        WHERE awards.person_id {in $1} ORDER BY awards.awarded_at, awards.id";

    THEIR_OPEN_EVENTS = "SELECT learners.person_id, events.delivery_id, events.state, events.reason
        FROM events JOIN learners ON learners.id = events.learner_id
        WHERE learners.person_id {in $1} AND events.state IN ('waiting', 'parked')
        ORDER BY events.created_at, events.id";
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
    /// By the id of the institution: Moodle idnumber, Canvas SIS id, Blackboard externalId.
    InstitutionId(String),
}

/// A person: one learner, or several that are linked across sources.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their id.
    pub id: Uuid,
    /// Who they are in each source; never empty.
    pub learners: Vec<PersonLearner>,
    /// Every outcome of theirs, with the name and address that are known now.
    pub outcomes: Vec<StoredOutcome>,
    /// What they were awarded, oldest first.
    pub awards: Vec<PersonAward>,
    /// Changes of theirs that are not evaluated yet.
    pub open: Vec<OpenEvent>,
}

/// A learner of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonLearner {
    /// The source's name.
    pub source: String,
    /// The id in the LMS.
    pub id: String,
    /// The name.
    pub name: Option<String>,
    /// The address.
    pub email: Option<String>,
}

/// An award that was made.
#[derive(Debug, Clone)]
pub struct PersonAward {
    /// Its credential.
    pub credential: Uuid,
    /// The badge.
    pub badge: String,
    /// When.
    pub awarded_at: DateTime<Utc>,
    /// The version of the rules that decided.
    pub rules: String,
    /// The tree of conditions as it was then.
    pub explanation: serde_json::Value,
    /// When the holder claimed it.
    pub claimed_at: Option<DateTime<Utc>>,
    /// Revoked, for good.
    pub revoked: bool,
    /// Suspended, for now.
    pub suspended: bool,
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
struct IdRow {
    person_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct LearnerRow {
    person_id: Uuid,
    source: String,
    lms_id: String,
    name: Option<String>,
    email: Option<String>,
}

#[derive(sqlx::FromRow)]
struct AwardRow {
    id: Uuid,
    person_id: Uuid,
    badge: String,
    awarded_at: Time,
    rules: String,
    explanation: String,
    claimed_at: Option<Time>,
    revoked: bool,
    suspended: bool,
}

#[derive(sqlx::FromRow)]
struct OpenRow {
    person_id: Uuid,
    delivery_id: Uuid,
    state: String,
    reason: String,
}

impl Store {
    /// Everybody who goes by that name; more than one where an address or an institution's id
    /// is not unique.
    pub async fn persons(&self, who: &Who) -> Result<Vec<Person>, StoreError> {
        let none: Option<String> = None;
        let values = match who {
            Who::Learner { source, id } => values![source, key(id), none.clone(), none],
            Who::Email(email) => values![none.clone(), none.clone(), email_key(Some(email)), none],
            Who::InstitutionId(id) => values![none.clone(), none.clone(), none, id],
        };
        let mut session = self.pool.read().await?;
        let ids: Vec<IdRow> = session.all(&FIND_PERSONS, values).await?;
        let ids: Vec<Uuid> = ids.into_iter().map(|row| row.person_id).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let learners: Vec<LearnerRow> = session.all(&THEIR_LEARNERS, values![ids.clone()]).await?;
        let mut outcomes = outcomes_of(&mut session, &ids).await?;
        let awards: Vec<AwardRow> = session.all(&THEIR_AWARDS, values![ids.clone()]).await?;
        let open: Vec<OpenRow> = session.all(&THEIR_OPEN_EVENTS, values![ids.clone()]).await?;
        let mut persons: BTreeMap<Uuid, Person> = BTreeMap::new();
        for id in ids {
            let outcomes = outcomes.remove(&id).unwrap_or_default().into_iter().map(|(_, outcome)| outcome);
            let (learners, awards, open) = (Vec::new(), Vec::new(), Vec::new());
            persons.insert(id, Person { id, learners, outcomes: outcomes.collect(), awards, open });
        }
        for LearnerRow { person_id, source, lms_id: id, name, email } in learners {
            let Some(person) = persons.get_mut(&person_id) else { continue };
            person.learners.push(PersonLearner { source, id, name, email });
        }
        for row in awards {
            let Some(person) = persons.get_mut(&row.person_id) else { continue };
            person.awards.push(PersonAward {
                credential: row.id,
                badge: row.badge,
                awarded_at: row.awarded_at.0,
                rules: row.rules,
                explanation: from_json("awards", "explanation", &row.explanation)?,
                claimed_at: row.claimed_at.map(|time| time.0),
                revoked: row.revoked,
                suspended: row.suspended,
            });
        }
        for OpenRow { person_id, delivery_id: delivery, state, reason } in open {
            let Some(person) = persons.get_mut(&person_id) else { continue };
            person.open.push(OpenEvent { delivery, state, reason });
        }
        Ok(persons.into_values().collect())
    }
}
