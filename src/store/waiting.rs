//! Awards that wait: earned, and not signed while something about their learner is in doubt.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::session::Session;
use super::statement::statements;
use super::value::{Time, key, values};
use super::{Store, StoreError};

statements! {
    /// The time since when it waits stays.
    PUT_WAITS [person_id Uuid, issuer Text, badge Text, event_id Uuid, reason Text, since Time] =
        "INSERT INTO waiting_awards (person_id, issuer, badge, event_id, reason, since)
        SELECT r.person_id, r.issuer, r.badge, r.event_id, r.reason, r.since FROM {rows} WHERE true
        ON CONFLICT (person_id, issuer, badge) DO UPDATE SET event_id = excluded.event_id,
            reason = excluded.reason";

    /// Whichever issuer it had when it began to wait.
    END_WAITS [person_id Uuid, badge Text] = "DELETE FROM waiting_awards WHERE EXISTS
        (SELECT 1 FROM {rows} WHERE r.person_id = waiting_awards.person_id
            AND r.badge = waiting_awards.badge)";

    WAITING_PERSONS = "SELECT DISTINCT person_id FROM waiting_awards WHERE person_id {in $1}";

    WAITING_LEARNERS = "SELECT DISTINCT learners.lms_id
        FROM waiting_awards JOIN learners ON learners.person_id = waiting_awards.person_id
        WHERE learners.source = $1";

    WAITS = "SELECT waiting_awards.badge, waiting_awards.reason, waiting_awards.since,
            events.delivery_id, learners.source, learners.lms_id, learners.name, learners.email
        FROM waiting_awards
            JOIN events ON events.id = waiting_awards.event_id
            JOIN learners ON learners.id = events.learner_id
        WHERE CAST($1 AS TEXT) IS NULL OR waiting_awards.badge = $1
        ORDER BY waiting_awards.since, waiting_awards.person_id, waiting_awards.badge LIMIT $2";
}

/// A badge of an evaluated person that waits, or waits no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The issuer's slug.
    pub issuer: String,
    /// The badge.
    pub badge: String,
    /// Why it waits; `None` when it does not any more.
    pub reason: Option<String>,
}

/// An award that waits, for people.
#[derive(Debug, Clone)]
pub struct WaitingAward {
    /// The badge.
    pub badge: String,
    /// Why, for people.
    pub reason: String,
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

#[derive(sqlx::FromRow)]
struct WaitRow {
    badge: String,
    reason: String,
    since: Time,
    delivery_id: Uuid,
    source: String,
    lms_id: String,
    name: Option<String>,
    email: Option<String>,
}

#[derive(sqlx::FromRow)]
struct PersonRow {
    person_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct LearnerRow {
    lms_id: String,
}

impl Store {
    /// The learners of a source, by their ids there, for whose persons something waits.
    pub async fn waiting_learners(&self, source: &str) -> Result<BTreeSet<String>, StoreError> {
        let rows: Vec<LearnerRow> = self.pool.read().await?.all(&WAITING_LEARNERS, values![source]).await?;
        Ok(rows.into_iter().map(|row| row.lms_id).collect())
    }

    /// What waits, longest first.
    pub async fn waiting_awards(
        &self,
        badge: Option<&str>,
        limit: u32,
    ) -> Result<Vec<WaitingAward>, StoreError> {
        let rows: Vec<WaitRow> = self.pool.read().await?.all(&WAITS, values![badge, limit]).await?;
        let award = |row: WaitRow| WaitingAward {
            badge: row.badge,
            reason: row.reason,
            since: row.since.0,
            delivery: row.delivery_id,
            source: row.source,
            learner: row.lms_id,
            name: row.name,
            email: row.email,
        };
        Ok(rows.into_iter().map(award).collect())
    }
}

/// Stores what waits and what does not any more, each with its event and person. The caller
/// holds the locks of the persons.
pub(super) async fn store_waits(
    session: &mut Session,
    waits: &[(Uuid, Uuid, &Wait)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (mut put, mut end) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for (event, person, wait) in waits {
        let (issuer, badge) = (key(&wait.issuer), key(&wait.badge));
        if !seen.insert((*person, badge.clone())) {
            continue;
        }
        match &wait.reason {
            Some(reason) => put.push(values![*person, issuer, badge, *event, reason, now]),
            None => end.push(values![*person, badge]),
        }
    }
    session.run_rows(&PUT_WAITS, put).await?;
    session.run_rows(&END_WAITS, end).await
}

/// Those of the persons for whom something waits.
pub(super) async fn waiting_persons(
    session: &mut Session,
    persons: Vec<Uuid>,
) -> Result<BTreeSet<Uuid>, StoreError> {
    if persons.is_empty() {
        return Ok(BTreeSet::new());
    }
    let rows: Vec<PersonRow> = session.all(&WAITING_PERSONS, values![persons]).await?;
    Ok(rows.into_iter().map(|row| row.person_id).collect())
}
