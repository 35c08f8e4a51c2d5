//! Reconciliation: who does it, what it knows of the courses, and what it compares with.

use std::collections::BTreeSet;

use accolade_connectors::{Course, Outcome};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::statement::statements;
use super::value::{Time, from_json, key, to_json, values};
use super::{Store, StoreError};

statements! {
    SEE_SOURCE = "INSERT INTO reconcile_sources (source, since, leased_until) VALUES ($1, $2, $2)
        ON CONFLICT (source) DO NOTHING";

    LEASE_SOURCE = "UPDATE reconcile_sources SET holder = $2, leased_until = $4
        WHERE source = $1 AND (leased_until <= $3 OR holder = $2)";

    RELEASE_SOURCE = "UPDATE reconcile_sources SET holder = NULL, leased_until = $3
        WHERE source = $1 AND holder = $2";

    READ_SINCE = "SELECT since FROM reconcile_sources WHERE source = $1";

    READ_MARKER = "SELECT marker AS text FROM reconcile_markers WHERE source = $1 AND course = $2";

    PUT_NAME = "INSERT INTO reconcile_names (source, name, content, found_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (source, name) DO UPDATE SET content = excluded.content, found_at = excluded.found_at";

    READ_NAME = "SELECT content AS text FROM reconcile_names
        WHERE source = $1 AND name = $2 AND found_at >= $3";

    DROP_NAME = "DELETE FROM reconcile_names WHERE source = $1 AND name = $2";

    TOLD_KEYS = "SELECT key AS text FROM signals WHERE source = $1 AND key {in text $2}";

    STORED_RESULTS = "SELECT outcomes.content, outcomes.passes, outcomes.as_of
        FROM outcomes JOIN learners ON learners.id = outcomes.learner_id
        WHERE learners.source = $1 AND outcomes.course = $2
        ORDER BY outcomes.learner_id, outcomes.assessment";
}

/// A stored outcome, to be compared.
#[derive(Debug, Clone)]
pub struct StoredResult {
    /// The outcome.
    pub outcome: Outcome,
    /// Whether it passed by the rules of the time.
    pub passes: bool,
    /// [`Outcome::as_of`] as the database keeps it.
    pub as_of: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct SinceRow {
    since: Time,
}

#[derive(sqlx::FromRow)]
struct TextRow {
    text: String,
}

#[derive(sqlx::FromRow)]
struct ResultRow {
    content: String,
    passes: bool,
    as_of: Time,
}

impl Store {
    /// When a source was first seen by reconciliation: now, if never.
    pub async fn reconciled_since(
        &self,
        source: &str,
        now: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, StoreError> {
        let since: Option<SinceRow> = self.pool.read().await?.optional(&READ_SINCE, values![source]).await?;
        if let Some(row) = since {
            return Ok(row.since.0);
        }
        let mut session = self.pool.write().await?;
        session.run(&SEE_SOURCE, values![source, now]).await?;
        session.commit().await?;
        Ok(now)
    }

    /// Takes the right to reconcile a source until then, or keeps it; `false` if another holds it.
    pub async fn lease_reconciling(
        &self,
        source: &str,
        holder: Uuid,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut session = self.pool.write().await?;
        session.run(&SEE_SOURCE, values![source, now]).await?;
        let taken = session.run(&LEASE_SOURCE, values![source, holder, now, until]).await?;
        session.commit().await?;
        Ok(taken > 0)
    }

    /// Gives the right back.
    pub async fn release_reconciling(
        &self,
        source: &str,
        holder: Uuid,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut session = self.pool.write().await?;
        session.run(&RELEASE_SOURCE, values![source, holder, now]).await?;
        session.commit().await
    }

    /// How far a course was read.
    pub async fn marker(&self, source: &str, course: &str) -> Result<Option<String>, StoreError> {
        let values = values![source, key(course)];
        let row: Option<TextRow> = self.pool.read().await?.optional(&READ_MARKER, values).await?;
        Ok(row.map(|row| row.text))
    }

    /// The course that a rule names so, if it was found since then.
    pub async fn found_course(
        &self,
        source: &str,
        name: &str,
        since: DateTime<Utc>,
    ) -> Result<Option<Course>, StoreError> {
        let values = values![source, key(name), since];
        let row: Option<TextRow> = self.pool.read().await?.optional(&READ_NAME, values).await?;
        // What another version wrote is found again.
        Ok(row.and_then(|row| serde_json::from_str(&row.text).ok()))
    }

    /// Remembers which course a rule means, or that it is there no more.
    pub async fn remember_course(
        &self,
        source: &str,
        name: &str,
        course: Option<&Course>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut session = self.pool.write().await?;
        match course {
            Some(course) => {
                let values = values![source, key(name), to_json("course", course)?, now];
                session.run(&PUT_NAME, values).await?
            }
            None => session.run(&DROP_NAME, values![source, key(name)]).await?,
        };
        session.commit().await
    }

    /// Those of the keys under which signals of a source were recorded before.
    pub async fn told_keys(&self, source: &str, keys: Vec<String>) -> Result<BTreeSet<String>, StoreError> {
        if keys.is_empty() {
            return Ok(BTreeSet::new());
        }
        let rows: Vec<TextRow> = self.pool.read().await?.all(&TOLD_KEYS, values![source, keys]).await?;
        Ok(rows.into_iter().map(|row| row.text).collect())
    }

    /// Every stored outcome of a source in a course, and how many there are besides that this version
    /// cannot read.
    pub async fn stored_results(
        &self,
        source: &str,
        course: &str,
    ) -> Result<(Vec<StoredResult>, usize), StoreError> {
        let values = values![source, key(course)];
        let rows: Vec<ResultRow> = self.pool.read().await?.all(&STORED_RESULTS, values).await?;
        let all = rows.len();
        let read = |row: ResultRow| {
            let outcome = from_json("outcomes", "content", &row.content).ok()?;
            Some(StoredResult { outcome, passes: row.passes, as_of: row.as_of.0 })
        };
        let results: Vec<StoredResult> = rows.into_iter().filter_map(read).collect();
        let unreadable = all - results.len();
        Ok((results, unreadable))
    }
}
