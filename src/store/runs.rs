//! Runs of reconciliation: how far each got, and what it found.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::session::Session;
use super::statement::statements;
use super::value::{Time, key, values};
use super::{Store, StoreError};

statements! {
    LAST_RUN = "SELECT id, source, whole, part, why, started_at, finished_at, retry_at
        FROM reconcile_runs WHERE source = $1 AND NOT part ORDER BY started_at DESC, id DESC LIMIT 1";

    INSERT_RUN = "INSERT INTO reconcile_runs (id, source, whole, part, why, started_at, retry_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6)";

    INSERT_COURSES [run_id Uuid, name Text] =
        "INSERT INTO reconcile_courses (run_id, name, state, reason, checked, missing, stale,
            withdrawn, unchanged, duplicates)
        SELECT r.run_id, r.name, 'waiting', '', 0, 0, 0, 0, 0, 0 FROM {rows}";

    FINISH_COURSE = "UPDATE reconcile_courses SET state = $3, reason = $4, delivery_id = $5,
            checked = $6, missing = $7, stale = $8, withdrawn = $9, unchanged = $10, duplicates = $11
        WHERE run_id = $1 AND name = $2";

    PUT_MARKER = "INSERT INTO reconcile_markers (source, course, marker) VALUES ($1, $2, $3)
        ON CONFLICT (source, course) DO UPDATE SET marker = excluded.marker";

    FINISH_RUN = "UPDATE reconcile_runs SET finished_at = $2 WHERE id = $1 AND finished_at IS NULL";

    FAIL_REST = "UPDATE reconcile_courses SET state = 'failed',
            reason = CASE WHEN reason = '' THEN 'not read before the next run began' ELSE reason END
        WHERE run_id = $1 AND state = 'waiting'";

    RETRY_RUN = "UPDATE reconcile_runs SET retry_at = $2 WHERE id = $1 AND finished_at IS NULL";

    OLD_COURSES = "DELETE FROM reconcile_courses WHERE run_id IN
        (SELECT id FROM reconcile_runs WHERE source = $1 AND started_at < $2)";

    OLD_RUNS = "DELETE FROM reconcile_runs WHERE source = $1 AND started_at < $2";

    RUNS = "SELECT id, source, whole, part, why, started_at, finished_at, retry_at FROM reconcile_runs
        WHERE CAST($1 AS TEXT) IS NULL OR source = $1 ORDER BY started_at DESC, id DESC LIMIT $2";

    THEIR_COURSES = "SELECT run_id, name, state, reason, delivery_id, checked, missing, stale,
            withdrawn, unchanged, duplicates
        FROM reconcile_courses WHERE run_id {in $1} ORDER BY name";

    ONE_RUN = "SELECT id, source, whole, part, why, started_at, finished_at, retry_at
        FROM reconcile_runs WHERE id = $1";
}

/// How long runs are kept.
const KEPT: TimeDelta = TimeDelta::days(30);

/// A run to begin.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Its id.
    pub id: Uuid,
    /// The source's name.
    pub source: String,
    /// The courses, as the rules name them.
    pub courses: Vec<String>,
    /// Whether every course is read as a whole.
    pub whole: bool,
    /// Whether these are only some of the source's courses: such a run is no turn of the schedule.
    pub part: bool,
    /// Why it is made, for people.
    pub why: String,
    /// When it begins.
    pub started_at: DateTime<Utc>,
}

/// A run with what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: Uuid,
    /// The source's name.
    pub source: String,
    /// Whether every course is read as a whole.
    pub whole: bool,
    /// Whether only some courses were asked for.
    pub part: bool,
    /// Why it was made.
    pub why: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; `None` while it goes on.
    pub finished_at: Option<DateTime<Utc>>,
    /// While it goes on: not before then.
    pub retry_at: DateTime<Utc>,
    /// Its courses, by name.
    pub courses: Vec<RunCourse>,
}

/// A course of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunCourse {
    /// As the rules name it.
    pub name: String,
    /// Where it stands.
    pub state: CourseState,
    /// What there is to say, for people.
    pub reason: String,
    /// The first delivery that carries its differences.
    pub delivery: Option<Uuid>,
    /// What was found.
    pub counts: Counts,
}

/// Where a course of a run stands. Stored as its snake_case name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CourseState {
    /// Not read yet, or to be read again.
    Waiting,
    /// Read.
    Done,
    /// Given up, with a reason.
    Failed,
}

/// What comparing a course found, in results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Compared.
    pub checked: u32,
    /// Shown by the LMS, and not stored.
    pub missing: u32,
    /// Stored otherwise than the LMS shows.
    pub stale: u32,
    /// Stored, and gone from the LMS.
    pub withdrawn: u32,
    /// The same in both.
    pub unchanged: u32,
    /// Differences that an earlier reading told already.
    pub duplicates: u32,
}

impl Run {
    /// What all its courses found.
    pub fn counts(&self) -> Counts {
        self.courses.iter().fold(Counts::default(), |sum, course| {
            let it = &course.counts;
            Counts {
                checked: sum.checked.saturating_add(it.checked),
                missing: sum.missing.saturating_add(it.missing),
                stale: sum.stale.saturating_add(it.stale),
                withdrawn: sum.withdrawn.saturating_add(it.withdrawn),
                unchanged: sum.unchanged.saturating_add(it.unchanged),
                duplicates: sum.duplicates.saturating_add(it.duplicates),
            }
        })
    }
}

impl CourseState {
    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

#[derive(sqlx::FromRow)]
struct RunRow {
    id: Uuid,
    source: String,
    whole: bool,
    part: bool,
    why: String,
    started_at: Time,
    finished_at: Option<Time>,
    retry_at: Time,
}

#[derive(sqlx::FromRow)]
struct CourseRow {
    run_id: Uuid,
    name: String,
    state: String,
    reason: String,
    delivery_id: Option<Uuid>,
    checked: i64,
    missing: i64,
    stale: i64,
    withdrawn: i64,
    unchanged: i64,
    duplicates: i64,
}

impl Store {
    /// The last run over all courses of a source.
    pub async fn last_run(&self, source: &str) -> Result<Option<Run>, StoreError> {
        let mut session = self.pool.read().await?;
        let rows: Vec<RunRow> = session.all(&LAST_RUN, values![source]).await?;
        Ok(with_courses(&mut session, rows).await?.into_iter().next())
    }

    /// A run.
    pub async fn run(&self, id: Uuid) -> Result<Option<Run>, StoreError> {
        let mut session = self.pool.read().await?;
        let rows: Vec<RunRow> = session.all(&ONE_RUN, values![id]).await?;
        Ok(with_courses(&mut session, rows).await?.into_iter().next())
    }

    /// Runs, newest first.
    pub async fn runs(&self, source: Option<&str>, limit: u32) -> Result<Vec<Run>, StoreError> {
        let mut session = self.pool.read().await?;
        let rows: Vec<RunRow> = session.all(&RUNS, values![source, limit]).await?;
        with_courses(&mut session, rows).await
    }

    /// Begins a run, and forgets those of a month ago.
    pub async fn begin_run(&self, run: &NewRun) -> Result<(), StoreError> {
        let mut session = self.pool.write().await?;
        let old = run.started_at - KEPT;
        session.run(&OLD_COURSES, values![&run.source, old]).await?;
        session.run(&OLD_RUNS, values![&run.source, old]).await?;
        let values = values![run.id, &run.source, run.whole, run.part, &run.why, run.started_at];
        session.run(&INSERT_RUN, values).await?;
        let rows = run.courses.iter().map(|name| values![run.id, name]).collect();
        session.run_rows(&INSERT_COURSES, rows).await?;
        session.commit().await
    }

    /// Stores what became of a course of a run, and how far it was read: a course's id with its
    /// marker.
    pub async fn finish_course(
        &self,
        run: &Run,
        course: &RunCourse,
        marker: Option<(&str, &str)>,
    ) -> Result<(), StoreError> {
        let mut session = self.pool.write().await?;
        let counts = &course.counts;
        session
            .run(
                &FINISH_COURSE,
                values![
                    run.id,
                    &course.name,
                    course.state.as_str(),
                    &course.reason,
                    course.delivery,
                    counts.checked,
                    counts.missing,
                    counts.stale,
                    counts.withdrawn,
                    counts.unchanged,
                    counts.duplicates,
                ],
            )
            .await?;
        if let Some((course, marker)) = marker {
            session.run(&PUT_MARKER, values![&run.source, key(course), marker]).await?;
        }
        session.commit().await
    }

    /// Lets a run go on, not before then.
    pub async fn retry_run(&self, run: Uuid, at: DateTime<Utc>) -> Result<(), StoreError> {
        let mut session = self.pool.write().await?;
        session.run(&RETRY_RUN, values![run, at]).await?;
        session.commit().await
    }

    /// Ends a run; courses that were not read have failed.
    pub async fn finish_run(&self, run: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut session = self.pool.write().await?;
        session.run(&FAIL_REST, values![run]).await?;
        session.run(&FINISH_RUN, values![run, now]).await?;
        session.commit().await
    }
}

/// Adds their courses.
async fn with_courses(session: &mut Session, rows: Vec<RunRow>) -> Result<Vec<Run>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let course_rows: Vec<CourseRow> = session.all(&THEIR_COURSES, values![ids]).await?;
    let mut courses: BTreeMap<Uuid, Vec<RunCourse>> = BTreeMap::new();
    for row in course_rows {
        courses.entry(row.run_id).or_default().push(row.read()?);
    }
    let runs = rows.into_iter().map(|row| Run {
        courses: courses.remove(&row.id).unwrap_or_default(),
        id: row.id,
        source: row.source,
        whole: row.whole,
        part: row.part,
        why: row.why,
        started_at: row.started_at.0,
        finished_at: row.finished_at.map(|time| time.0),
        retry_at: row.retry_at.0,
    });
    Ok(runs.collect())
}

impl CourseRow {
    fn read(self) -> Result<RunCourse, StoreError> {
        use CourseState::{Done, Failed, Waiting};
        let state = [Waiting, Done, Failed].into_iter().find(|state| state.as_str() == self.state);
        let count = super::value::count;
        Ok(RunCourse {
            name: self.name,
            state: state.ok_or_else(|| StoreError::Corrupt {
                table: "reconcile_courses",
                column: "state",
                message: format!("{:?} is no state", self.state),
            })?,
            reason: self.reason,
            delivery: self.delivery_id,
            counts: Counts {
                checked: count(self.checked),
                missing: count(self.missing),
                stale: count(self.stale),
                withdrawn: count(self.withdrawn),
                unchanged: count(self.unchanged),
                duplicates: count(self.duplicates),
            },
        })
    }
}
