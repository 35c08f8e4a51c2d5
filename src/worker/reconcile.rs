//! RECONCILE: finds what no webhook told, and what a lost one would have.
//!
//! For each source one job reads the gradebook of every course that a rule names, compares it
//! with the stored outcomes, and tells what differs as signals: from there it is the way of a
//! webhook, and the confirmed grade decides. Another job compares the outcomes with the awards.
//!
//! Failures: the LMS is away or asks to wait, a course cannot be read, the process is killed. The
//! run goes on where it stopped. Not failures: a difference that confirming does not confirm, a
//! course that the LMS does not have.

mod awards;
mod compare;
mod course;
mod pass;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::asked::asked;
use super::confirm::Source;
use crate::catalogs::Catalogs;
use crate::clock::Clock;
use crate::config::Schedule;
use crate::ids;
use crate::store::{NewRun, Run, RunCourse, Store, StoreError};
use crate::telemetry::Metrics;
use pass::waiting;

pub use awards::AWARDS;

/// How long one may hold the right to reconcile a source without keeping it.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// How often it is kept.
const KEEP: Duration = Duration::from_secs(30);
/// Runs because of outages are at least so far apart.
const OUTAGES_APART: TimeDelta = TimeDelta::hours(1);
/// Why an administrator's run is made.
const BY_HAND: &str = "asked for";

/// Reconciles. Cheap to clone; of any number one at a time works on each source.
#[derive(Debug, Clone)]
pub struct Reconciler {
    /// The database.
    pub store: Store,
    /// Sources by name.
    pub sources: Arc<BTreeMap<String, Source>>,
    /// The rules: which courses and assessments matter.
    pub catalogs: Catalogs,
    /// When each source's turn is.
    pub schedules: Arc<BTreeMap<String, Schedule>>,
    /// When the awards are compared with what was confirmed, if ever by itself.
    pub awards: Option<Schedule>,
    /// The time.
    pub clock: Clock,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Time between two looks at the schedule.
    pub every: Duration,
}

/// What an administrator asks for.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Only this course, by any name that a rule uses.
    pub course: Option<String>,
    /// Everything anew, markers or not, and differences again that led to nothing.
    pub whole: bool,
}

/// Why a source was not reconciled.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Another process does.
    #[error("another process is at it; `accolade reconcile report` shows what it finds")]
    Busy,
    /// It has no gradebook, or no rule names a course of it.
    #[error("{0}")]
    Nothing(String),
    /// The right to do it went to another process, or the process stops.
    #[error("it did not come to an end; what is left goes on by itself where `accolade serve` runs")]
    Interrupted,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is due.
enum Turn {
    GoOn(Uuid),
    New(&'static str),
}

/// The outage that was noticed last, and how many there were by then.
#[derive(Debug, Default)]
struct Outages {
    count: u64,
    noticed_at: Option<DateTime<Utc>>,
}

impl Reconciler {
    /// Reconciles each source when its time comes, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut watches = JoinSet::new();
        for (source, schedule) in self.schedules.iter() {
            let (this, source, schedule, stop) = (self.clone(), source.clone(), *schedule, stop.clone());
            watches.spawn(async move { this.watch(&source, schedule, &stop).await });
        }
        if let Some(schedule) = self.awards {
            let (this, stop) = (self.clone(), stop.clone());
            watches.spawn(async move { this.watch_awards(schedule, &stop).await });
        }
        stop.cancelled().await;
        while watches.join_next().await.is_some() {}
    }

    async fn watch(&self, source: &str, schedule: Schedule, stop: &CancellationToken) {
        let mut outages = Outages::default();
        while !stop.is_cancelled() {
            match self.look(source, schedule, &mut outages, stop).await {
                Ok(()) | Err(Refusal::Busy) => {}
                Err(error) => tracing::warn!(source, %error, "not reconciled"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(self.every) => {}
            }
        }
    }

    async fn look(
        &self,
        source: &str,
        schedule: Schedule,
        outages: &mut Outages,
        stop: &CancellationToken,
    ) -> Result<(), Refusal> {
        // Badges that name a course of it may still be published.
        if self.names(source).is_empty() || self.due(source, schedule, outages).await?.is_none() {
            return Ok(());
        }
        let lease = self.lease(source).await?;
        let work = async {
            // Another process may have been quicker.
            let run = match self.due(source, schedule, outages).await? {
                None => return Ok(()),
                Some(Turn::GoOn(run)) => run,
                Some(Turn::New(why)) => self.begin(source, self.names(source), false, false, why).await?,
            };
            self.go_on(run, &|_| ()).await
        };
        self.under(lease, source, Box::pin(work), stop).await
    }

    /// Whether it is a source's turn, and why.
    async fn due(
        &self,
        source: &str,
        schedule: Schedule,
        outages: &mut Outages,
    ) -> Result<Option<Turn>, StoreError> {
        let now = self.clock.now();
        let (count, open) =
            self.sources.get(source).map(|source| source.client.outages()).unwrap_or_default();
        if count != outages.count {
            *outages = Outages { count, noticed_at: Some(now) };
        }
        let last = self.store.last_run(source).await?;
        let base = match &last {
            None => self.store.reconciled_since(source, now).await?,
            Some(run) => run.started_at,
        };
        let overdue = schedule.next_after(base) <= now;
        if let Some(run) = last.filter(|run| run.finished_at.is_none()) {
            // What was tried and failed until now is tried by the next run.
            let untried = waiting(&run).any(|course| course.reason.is_empty());
            if untried || !overdue {
                return Ok((run.retry_at <= now).then_some(Turn::GoOn(run.id)));
            }
        } else if let (Some(noticed_at), false) = (outages.noticed_at, open) {
            if base >= noticed_at {
                outages.noticed_at = None;
            } else if now.signed_duration_since(base) >= OUTAGES_APART {
                return Ok(Some(Turn::New("the LMS was away")));
            }
        }
        Ok(overdue.then_some(Turn::New("its time has come")))
    }

    /// Reconciles a source now, because somebody asks for it. `progress` hears of each course.
    ///
    /// # Errors
    /// A [`Refusal`]; what is wrong with a course is in the run.
    pub async fn order(
        &self,
        source: &str,
        order: &Order,
        progress: &(dyn Fn(&RunCourse) + Send + Sync),
        stop: &CancellationToken,
    ) -> Result<Run, Refusal> {
        let mut names = self.names(source);
        if names.is_empty() {
            return Err(Refusal::Nothing("no badge names a course of it that could be read".to_owned()));
        }
        if let Some(course) = &order.course {
            let mut called = Vec::new();
            for name in names {
                let known = self.store.found_course(source, &name, DateTime::<Utc>::MIN_UTC).await?;
                let is_it = known.is_some_and(|known| known.id == *course || known.also.contains(course));
                if name == *course || is_it {
                    called.push(name);
                }
            }
            if called.is_empty() {
                return Err(Refusal::Nothing(format!("no badge names a course “{course}” of it")));
            }
            names = called;
        }
        let lease = self.lease(source).await?;
        let part = order.course.is_some();
        let mut id = Uuid::nil();
        let work = async {
            let unfinished = self.store.last_run(source).await?.filter(|run| run.finished_at.is_none());
            id = match unfinished {
                Some(run) if !part && !order.whole => run.id,
                _ => self.begin(source, names, order.whole, part, BY_HAND).await?,
            };
            self.go_on(id, progress).await
        };
        self.under(lease, source, Box::pin(work), stop).await?;
        self.store.run(id).await?.ok_or(Refusal::Interrupted)
    }

    /// The courses that rules name, if the source has gradebooks.
    fn names(&self, source: &str) -> Vec<String> {
        let has = self.sources.get(source).is_some_and(|source| source.connector.gradebooks().is_some());
        let asked = asked(&self.catalogs.current(), source);
        let names = asked.courses().map(|(name, _)| name.to_owned());
        if has { names.collect() } else { Vec::new() }
    }

    async fn lease(&self, source: &str) -> Result<Uuid, Refusal> {
        let now = self.clock.now();
        let holder = ids::timed(now);
        let taken = self.store.lease_reconciling(source, holder, now, now + LEASE).await?;
        if taken { Ok(holder) } else { Err(Refusal::Busy) }
    }

    /// Works while the right to do so can be kept.
    async fn under(
        &self,
        holder: Uuid,
        source: &str,
        work: impl Future<Output = Result<(), StoreError>>,
        stop: &CancellationToken,
    ) -> Result<(), Refusal> {
        let done = tokio::select! {
            done = work => done.map_err(Refusal::from),
            () = self.keep(source, holder) => Err(Refusal::Interrupted),
            () = stop.cancelled() => Err(Refusal::Interrupted),
        };
        if let Err(error) = self.store.release_reconciling(source, holder, self.clock.now()).await {
            tracing::warn!(source, %error, "the right to reconcile ends by itself");
        }
        done
    }

    /// Keeps the right to reconcile a source; returns once it is lost.
    async fn keep(&self, source: &str, holder: Uuid) {
        let mut kept_until = tokio::time::Instant::now() + LEASE.to_std().unwrap_or(KEEP);
        loop {
            tokio::time::sleep(KEEP).await;
            let now = self.clock.now();
            match self.store.lease_reconciling(source, holder, now, now + LEASE).await {
                Ok(true) => kept_until = tokio::time::Instant::now() + LEASE.to_std().unwrap_or(KEEP),
                Err(_) if tokio::time::Instant::now() + KEEP < kept_until => {}
                Ok(false) | Err(_) => return,
            }
        }
    }

    /// Begins a run; one that did not end before ends here.
    async fn begin(
        &self,
        source: &str,
        courses: Vec<String>,
        whole: bool,
        part: bool,
        why: &str,
    ) -> Result<Uuid, StoreError> {
        let now = self.clock.now();
        if !part && let Some(run) = self.store.last_run(source).await?.filter(|run| run.finished_at.is_none())
        {
            self.store.finish_run(run.id, now).await?;
        }
        let id = ids::timed(now);
        tracing::info!(source, run = %id, courses = courses.len(), why, "reconciling");
        let run = NewRun {
            id,
            source: source.to_owned(),
            courses,
            whole,
            part,
            why: why.to_owned(),
            started_at: now,
        };
        self.store.begin_run(&run).await?;
        Ok(id)
    }
}

#[cfg(test)]
mod tests;
