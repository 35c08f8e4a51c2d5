//! One pass through a run: the courses that wait are found, read, and told of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use accolade_connectors::{ApiError, Course};
use chrono::TimeDelta;
use uuid::Uuid;

use super::Reconciler;
use super::course::{CourseRead, Share, Unread};
use crate::store::{CourseState, Run, RunCourse, StoreError};
use crate::worker::unwind::guarded;

/// When a course is read again that could not be, if the LMS does not say.
const RETRY: TimeDelta = TimeDelta::minutes(10);
/// The longest wait that the LMS may ask for; Blackboard counts calls by the day.
const LONGEST: TimeDelta = TimeDelta::hours(24);
/// How long it is known which course a name means; it may be given to another one.
const NAMES_LAST: TimeDelta = TimeDelta::days(1);

impl Reconciler {
    /// Reads the courses of a run that wait.
    pub(super) async fn go_on(
        &self,
        id: Uuid,
        progress: &(dyn Fn(&RunCourse) + Send + Sync),
    ) -> Result<(), StoreError> {
        let Some(run) = self.store.run(id).await? else { return Ok(()) };
        // Asked once: whoever is among them wrongly by now is only confirmed once more.
        let waiting_learners = Arc::new(self.store.waiting_learners(&run.source).await?);
        let mut retry: Option<TimeDelta> = None;
        let mut courses: BTreeMap<String, (Course, Vec<RunCourse>)> = BTreeMap::new();
        for row in waiting(&run) {
            match self.find(&run.source, &row.name).await {
                Ok(course) => {
                    courses.entry(course.id.clone()).or_insert((course, Vec::new())).1.push(row.clone());
                }
                Err(unread) => self.failed(&run, vec![row.clone()], unread, &mut retry, progress).await?,
            }
        }
        for (course, mut rows) in courses.into_values() {
            let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
            match self.read(&run, &course, names, &waiting_learners).await {
                Ok(read) => {
                    let first = rows.remove(0);
                    let marker = read.marker.as_deref().map(|marker| (course.id.as_str(), marker));
                    let row = self.told(&run, first, &read);
                    for other in rows {
                        let reason = format!("the same course as “{}”", row.name);
                        let other = RunCourse { state: CourseState::Done, reason, ..other };
                        self.store.finish_course(&run, &other, None).await?;
                    }
                    self.store.finish_course(&run, &row, marker).await?;
                    progress(&row);
                }
                Err(unread) => {
                    if matches!(unread, Unread::Gone) {
                        for row in &rows {
                            self.store
                                .remember_course(&run.source, &row.name, None, self.clock.now())
                                .await?;
                        }
                    }
                    self.failed(&run, rows, unread, &mut retry, progress).await?;
                }
            }
        }
        let now = self.clock.now();
        match retry {
            Some(wait) => self.store.retry_run(id, now + wait).await,
            None => self.store.finish_run(id, now).await,
        }
    }

    /// Finds the course that a rule names.
    async fn find(&self, source: &str, name: &str) -> Result<Course, Unread> {
        let since = self.clock.now() - NAMES_LAST;
        if let Some(course) = self.store.found_course(source, name, since).await? {
            return Ok(course);
        }
        let Some(configured) = self.sources.get(source) else { return Err(Unread::Gone) };
        let Some(gradebooks) = configured.connector.gradebooks() else { return Err(Unread::Gone) };
        let found = gradebooks.course(name, &Share::of(&configured.client)).await?;
        let Some(course) = found else { return Err(Unread::Gone) };
        self.store.remember_course(source, name, Some(&course), self.clock.now()).await?;
        Ok(course)
    }

    /// Reads a course in a task of its own: a connector that panics must not end the others' runs.
    async fn read(
        &self,
        run: &Run,
        course: &Course,
        names: Vec<String>,
        waiting: &Arc<BTreeSet<String>>,
    ) -> Result<CourseRead, Unread> {
        let (this, run, course, waiting) = (self.clone(), run.clone(), course.clone(), Arc::clone(waiting));
        let reading = async move {
            let Some(source) = this.sources.get(&run.source) else { return Err(Unread::Gone) };
            this.course(&run, &course, &names, &waiting, &Share::of(&source.client)).await
        };
        let crashed = || {
            let what = "reading it failed inside the program; please report it".to_owned();
            Err(Unread::Api(ApiError::Refused { what }))
        };
        guarded(reading).await.unwrap_or_else(crashed)
    }

    /// Counts and tells what a course showed.
    fn told(&self, run: &Run, row: RunCourse, read: &CourseRead) -> RunCourse {
        let counts = read.counts;
        for (state, count) in [
            ("missing", counts.missing),
            ("stale", counts.stale),
            ("withdrawn", counts.withdrawn),
            ("unchanged", counts.unchanged),
        ] {
            self.metrics.reconciled(&run.source, state, count);
        }
        tracing::info!(source = %run.source, course = %row.name, ?counts, "reconciled");
        let reason = read.remarks.join("; ");
        RunCourse { state: CourseState::Done, reason, delivery: read.delivery, counts, ..row }
    }

    /// Notes why a course was not read, by each of its names: one that nothing is said of would be
    /// taken for one that nobody has tried, and keep the source from its next run. What passes by itself
    /// is tried again: `retry` is how long after the run's last course.
    ///
    /// # Errors
    /// The database is away. Anything else that is wrong with it may be wrong with this course alone.
    async fn failed(
        &self,
        run: &Run,
        rows: Vec<RunCourse>,
        unread: Unread,
        retry: &mut Option<TimeDelta>,
        progress: &(dyn Fn(&RunCourse) + Send + Sync),
    ) -> Result<(), StoreError> {
        let passes = match &unread {
            Unread::Store(StoreError::Unavailable(why)) => return Err(StoreError::Unavailable(why.clone())),
            Unread::Store(StoreError::Conflict | StoreError::Refused(_)) => Some(RETRY),
            Unread::Api(error) if error.passes() => Some(self.heed(&run.source, error)),
            Unread::Api(_) | Unread::Gone | Unread::Store(StoreError::Corrupt { .. }) => None,
        };
        *retry = (*retry).max(passes);
        let state = if passes.is_some() { CourseState::Waiting } else { CourseState::Failed };
        for row in rows {
            let name = &row.name;
            let reason = match &unread {
                Unread::Gone => format!(
                    "the LMS has no course “{name}”, which a badge names, or hides it from the account"
                ),
                Unread::Api(error) => error.to_string(),
                Unread::Store(error) => error.to_string(),
            };
            tracing::warn!(source = %run.source, course = %name, reason, "not reconciled");
            let row = RunCourse { state, reason, ..row };
            self.store.finish_course(run, &row, None).await?;
            progress(&row);
        }
        Ok(())
    }

    /// How long to wait after a fault that passes; an LMS that asks to slow down is left alone.
    fn heed(&self, source: &str, error: &ApiError) -> TimeDelta {
        let asked = match error {
            ApiError::RateLimited { retry_after, .. } => {
                let pause = retry_after.unwrap_or(Duration::from_mins(1));
                if let Some(source) = self.sources.get(source) {
                    source.client.pause(pause);
                }
                Some(pause)
            }
            ApiError::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        };
        let asked = asked.and_then(|wait| TimeDelta::from_std(wait).ok());
        asked.map_or(RETRY, |wait| wait.clamp(TimeDelta::seconds(10), LONGEST))
    }
}

/// The courses of a run that are still to be read.
pub(super) fn waiting(run: &Run) -> impl Iterator<Item = &RunCourse> {
    run.courses.iter().filter(|course| course.state == CourseState::Waiting)
}
