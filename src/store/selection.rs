//! Awards by what administrators know of them.

use std::collections::BTreeSet;

use accolade_connectors::Outcome;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::held_award::basis_of;
use super::holder::unwanted;
use super::statement::statements;
use super::value::{Time, from_json, key, values};
use super::{AwardState, Store, StoreError};

statements! {
    /// Newest first. What is not asked: no badges, no credentials, an empty version, 0.
    SELECT_AWARDS = concat!("SELECT awards.id, awards.issuer, awards.badge, awards.cycle, awards.awarded_at,
            awards.valid_until,
            awards.rules, awards.basis, credentials.name, credentials.claimed_at, credentials.revoked,
            credentials.suspended, losses.award_id AS lost, early_ends.ends_at, ", unwanted!(), " AS declined, learners.source, learners.lms_id,
            CASE WHEN CAST($11 AS BIGINT) = 1 THEN outcomes.content END AS content
        FROM awards
            JOIN credentials ON credentials.id = awards.id
            JOIN events ON events.id = awards.event_id
            JOIN learners ON learners.id = events.learner_id
            JOIN outcomes ON outcomes.id = events.outcome_id
            LEFT JOIN losses ON losses.award_id = awards.id
            LEFT JOIN early_ends ON early_ends.award_id = awards.id
        WHERE (CAST($1 AS TEXT) IS NULL OR awards.issuer = $1)
            AND (awards.awarded_at < $2 OR awards.awarded_at = $2 AND awards.id < $3)
            AND awards.awarded_at >= $4
            AND (CAST($5 AS BIGINT) = 0 OR awards.badge {in text $6})
            AND (CAST($7 AS BIGINT) = 0 OR awards.id {in $8})
            AND (CAST($9 AS UUID) IS NULL OR awards.person_id = $9)
            AND substr(awards.rules, 1, LENGTH(CAST($10 AS TEXT))) = $10
            AND (CAST($12 AS BIGINT) = 0 OR CAST($12 AS BIGINT) = 1 AND credentials.claimed_at IS NOT NULL
                OR CAST($12 AS BIGINT) = 2 AND credentials.claimed_at IS NULL)
        ORDER BY awards.awarded_at DESC, awards.id DESC LIMIT $13");

    /// Whoever has made an award has a list, and there are few of them.
    ISSUERS = "SELECT DISTINCT issuer FROM status_lists ORDER BY issuer";
}

/// How many awards are read at a time.
const PAGE: u32 = 2_000;

/// Which awards; what is left empty is not asked.
#[derive(Debug, Clone, Default)]
pub struct AwardFilter {
    /// The issuer's slug.
    pub issuer: Option<String>,
    /// These credentials.
    pub credentials: Vec<Uuid>,
    /// Of these badges.
    pub badges: Vec<String>,
    /// Of this person.
    pub person: Option<Uuid>,
    /// That rest on a result in this course, by its id or another name of it; with `SOURCE:` before
    /// it only in that source.
    pub course: Option<String>,
    /// Made at or after then.
    pub from: Option<DateTime<Utc>>,
    /// Made before then.
    pub before: Option<DateTime<Utc>>,
    /// Decided by the version of the rules that begins so.
    pub rules: Option<String>,
    /// Claimed, or not.
    pub claimed: Option<bool>,
}

/// An award that was asked for.
#[derive(Debug, Clone)]
pub struct SelectedAward {
    /// The issuer's slug.
    pub issuer: String,
    /// Its credential.
    pub credential: Uuid,
    /// The badge.
    pub badge: String,
    /// The cycle.
    pub cycle: String,
    /// When it was made.
    pub awarded_at: DateTime<Utc>,
    /// With which end it was signed; none without it.
    pub valid_until: Option<DateTime<Utc>>,
    /// The version of the rules that decided.
    pub rules: String,
    /// The source of the learner whose result earned it.
    pub source: String,
    /// The learner's id there.
    pub learner: String,
    /// The holder's name when it was issued.
    pub name: String,
    /// When the holder claimed it.
    pub claimed_at: Option<DateTime<Utc>>,
    /// What it is now.
    pub state: AwardState,
}

#[derive(sqlx::FromRow)]
struct AwardRow {
    id: Uuid,
    issuer: String,
    badge: String,
    cycle: String,
    awarded_at: Time,
    valid_until: Option<Time>,
    rules: String,
    basis: Option<String>,
    name: String,
    claimed_at: Option<Time>,
    revoked: bool,
    suspended: bool,
    lost: Option<Uuid>,
    ends_at: Option<Time>,
    declined: bool,
    source: String,
    lms_id: String,
    content: Option<String>,
}

#[derive(sqlx::FromRow)]
struct IssuerRow {
    issuer: String,
}

impl Store {
    /// The slugs of issuers that have made awards: each of these has a status list.
    pub async fn issuers_of_awards(&self) -> Result<Vec<String>, StoreError> {
        let rows: Vec<IssuerRow> = self.pool.read().await?.all(&ISSUERS, values![]).await?;
        Ok(rows.into_iter().map(|row| row.issuer).collect())
    }

    /// The awards that fit, newest first, at most so many.
    pub async fn select_awards(
        &self,
        filter: &AwardFilter,
        limit: usize,
    ) -> Result<Vec<SelectedAward>, StoreError> {
        let mut session = self.pool.read().await?;
        let claimed: i64 = match filter.claimed {
            None => 0,
            Some(true) => 1,
            Some(false) => 2,
        };
        let badges: Vec<String> = filter.badges.iter().map(|badge| key(badge).into_owned()).collect();
        let mut course = filter.course.as_deref().map(Course::named);
        let mut found = Vec::new();
        // Of a course by its name the first award may be on a page after one that only names its id.
        let most = if course.is_some() { usize::MAX } else { limit };
        let (mut at, mut id) = (filter.before.unwrap_or(DateTime::<Utc>::MAX_UTC), Uuid::nil());
        loop {
            let values = values![
                filter.issuer.as_deref().map(|issuer| key(issuer).into_owned()),
                at,
                id,
                filter.from.unwrap_or(DateTime::<Utc>::MIN_UTC),
                i64::from(!badges.is_empty()),
                badges.clone(),
                i64::from(!filter.credentials.is_empty()),
                filter.credentials.clone(),
                filter.person,
                filter.rules.as_deref().unwrap_or_default(),
                i64::from(course.is_some()),
                claimed,
                PAGE,
            ];
            let rows: Vec<AwardRow> = session.all(&SELECT_AWARDS, values).await?;
            let Some(last) = rows.last() else { break };
            (at, id) = (last.awarded_at.0, last.id);
            let full = rows.len() == PAGE as usize;
            if let Some(course) = &mut course {
                rows.iter().try_for_each(|row| course.learn(row))?;
            }
            found.extend(rows);
            if !full || found.len() >= most {
                break;
            }
        }
        if let Some(course) = &course {
            let mut fitting = Vec::with_capacity(found.len());
            for row in found {
                if course.holds(&row)? {
                    fitting.push(row);
                }
            }
            found = fitting;
        }
        found.truncate(limit);
        Ok(found.into_iter().map(SelectedAward::from).collect())
    }
}

impl From<AwardRow> for SelectedAward {
    fn from(row: AwardRow) -> Self {
        Self {
            credential: row.id,
            issuer: row.issuer,
            badge: row.badge,
            cycle: row.cycle,
            awarded_at: row.awarded_at.0,
            valid_until: row.valid_until.map(|time| time.0),
            rules: row.rules,
            source: row.source,
            learner: row.lms_id,
            name: row.name,
            claimed_at: row.claimed_at.map(|time| time.0),
            state: AwardState {
                revoked: row.revoked,
                suspended: row.suspended,
                lost: row.lost.is_some(),
                ends_at: row.ends_at.or(row.valid_until).map(|time| time.0),
                early: row.ends_at.is_some(),
                declined: row.declined,
            },
        }
    }
}

/// A course, by the name that was given: what an award rests on names ids only, and the results that
/// led to awards tell which ids go by the name.
struct Course<'a> {
    /// The name, and what stands behind the first colon, if it may be a source that stands before.
    given: &'a str,
    of_source: Option<(&'a str, &'a str)>,
    /// Sources and ids.
    ids: BTreeSet<(String, String)>,
}

impl<'a> Course<'a> {
    fn named(given: &'a str) -> Self {
        Self { given, of_source: given.split_once(':'), ids: BTreeSet::new() }
    }

    fn is(&self, source: &str, name: &str) -> bool {
        name == self.given || self.of_source == Some((source, name))
    }

    fn learn(&mut self, row: &AwardRow) -> Result<(), StoreError> {
        let Some(content) = &row.content else { return Ok(()) };
        let outcome: Outcome = from_json("outcomes", "content", content)?;
        let names = std::iter::once(&outcome.course.id).chain(&outcome.course.also);
        if names.into_iter().any(|name| self.is(&row.source, name)) {
            self.ids.insert((row.source.clone(), outcome.course.id));
        }
        Ok(())
    }

    fn holds(&self, row: &AwardRow) -> Result<bool, StoreError> {
        let knows = |source: &str, id: &str| {
            self.is(source, id) || self.ids.contains(&(source.to_owned(), id.to_owned()))
        };
        let basis = basis_of(row.basis.as_deref())?;
        if !basis.is_empty() {
            return Ok(basis.iter().any(|one| knows(&one.source, &one.course)));
        }
        // Made before it was kept what an award rests on, or granted: the result that led to it.
        let Some(content) = &row.content else { return Ok(false) };
        let outcome: Outcome = from_json("outcomes", "content", content)?;
        Ok(knows(&row.source, &outcome.course.id))
    }
}
