//! Awards against what was confirmed: who earned a badge and does not hold it, who holds one
//! without a basis. The other half of the proof: the gradebooks are compared with the confirmed
//! results, and these with the awards.
//!
//! It mends nothing by itself: new rules that nobody applied to earlier results look the same.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Reconciler, Refusal};
use crate::config::{Catalog, Schedule};
use crate::store::{Candidate, Counts, CourseState, Run, RunCourse, StoreError};
use crate::worker::judge::concerned;
use crate::worker::{Everybody, simulate};

/// How runs over the awards are stored, where others have the name of their source: no source is
/// called so.
pub const AWARDS: &str = "(awards)";
/// How many are named in what there is to say of a badge.
const NAMED: usize = 3;

/// What was found of one badge.
#[derive(Debug, Default)]
struct Tally {
    counts: Counts,
    /// Learners who earned it and do not hold it.
    missing: Vec<String>,
    /// Learners who hold it without a basis, each with what it lacks.
    baseless: Vec<String>,
}

impl Reconciler {
    /// Compares the awards when their time comes, until `stop`.
    pub(super) async fn watch_awards(&self, schedule: Schedule, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let due = self.awards_due(schedule).await;
            let compared = match due {
                Ok(false) => Ok(()),
                Ok(true) => self.compare_awards("its time has come", Some(schedule), stop).await.map(drop),
                Err(error) => Err(error.into()),
            };
            match compared {
                Ok(()) | Err(Refusal::Busy | Refusal::Interrupted) => {}
                Err(error) => tracing::warn!(%error, "awards and results were not compared"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(self.every) => {}
            }
        }
    }

    async fn awards_due(&self, schedule: Schedule) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let base = match self.store.last_run(AWARDS).await? {
            // It was cut short: from the beginning, once nobody is at it.
            Some(run) if run.finished_at.is_none() => return Ok(true),
            Some(run) => run.started_at,
            None => self.store.reconciled_since(AWARDS, now).await?,
        };
        Ok(schedule.next_after(base) <= now)
    }

    /// Compares all awards with all confirmed results, by the rules in use, because somebody asks
    /// for it. Whoever has a change that is not judged yet is left out. The run has the badges in
    /// place of courses: `missing` is earned and not held, `stale` held without a basis,
    /// `duplicates` held twice.
    ///
    /// # Errors
    /// [`Refusal::Busy`] while another process does, or what the database says.
    pub async fn awards(&self, stop: &CancellationToken) -> Result<Run, Refusal> {
        self.compare_awards(super::BY_HAND, None, stop).await?.ok_or(Refusal::Interrupted)
    }

    /// With a schedule only if it is due: another process may have been quicker.
    pub(super) async fn compare_awards(
        &self,
        why: &str,
        schedule: Option<Schedule>,
        stop: &CancellationToken,
    ) -> Result<Option<Run>, Refusal> {
        let lease = self.lease(AWARDS).await?;
        let mut compared = None;
        let work = async {
            if let Some(schedule) = schedule
                && !self.awards_due(schedule).await?
            {
                return Ok(());
            }
            let catalog = self.catalogs.current();
            let badges = catalog.badges.iter().map(|badge| badge.achievement.id.clone()).collect();
            let id = self.begin(AWARDS, badges, true, false, why).await?;
            let tallies = self.tally(&catalog).await?;
            let Some(run) = self.store.run(id).await? else { return Ok(()) };
            for row in &run.courses {
                let empty = Tally::default();
                let row = tallies.get(&row.name).unwrap_or(&empty).row(row.clone());
                self.store.finish_course(&run, &row, None).await?;
            }
            self.store.finish_run(id, self.clock.now()).await?;
            compared = self.store.run(id).await?;
            Ok(())
        };
        self.under(lease, AWARDS, Box::pin(work), stop).await?;
        if let Some(run) = &compared {
            let Counts { checked, missing, stale, duplicates, .. } = run.counts();
            if missing + stale + duplicates > 0 {
                tracing::warn!(
                    checked,
                    missing,
                    without_basis = stale,
                    duplicates,
                    "awards and results disagree; see `accolade reconcile report`"
                );
            } else {
                tracing::info!(checked, "awards and results agree");
            }
        }
        Ok(compared)
    }

    async fn tally(&self, catalog: &Catalog) -> Result<BTreeMap<String, Tally>, StoreError> {
        let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
        let mut everybody = Everybody::of(&self.store);
        while let Some(page) = everybody.next().await? {
            let persons: Vec<Uuid> = page.iter().map(|candidate| candidate.person).collect();
            let busy = self.store.busy_persons(&persons).await?;
            let now = self.clock.now();
            for candidate in page.iter().filter(|candidate| !busy.contains(&candidate.person)) {
                count(&mut tallies, catalog, candidate, now);
                // Judging everybody takes a while: let others run in between.
                tokio::task::yield_now().await;
            }
        }
        Ok(tallies)
    }
}

/// Adds a person to the tallies of the badges that concern them.
fn count(
    tallies: &mut BTreeMap<String, Tally>,
    catalog: &Catalog,
    candidate: &Candidate,
    now: DateTime<Utc>,
) {
    let effects = simulate(catalog, candidate, now);
    let valid: Vec<&str> = candidate
        .held
        .iter()
        .filter(|held| held.counts() && !held.ended(now))
        .map(|held| held.badge.as_str())
        .collect();
    for badge in concerned(catalog, candidate) {
        let tally = tallies.entry(badge.to_owned()).or_default();
        tally.counts.checked += 1;
        let effect = effects.iter().find(|effect| effect.badge == badge);
        match effect {
            None => tally.counts.unchanged += 1,
            Some(effect) if effect.kind.takes() => {
                tally.counts.stale += 1;
                name(&mut tally.baseless, candidate, effect.why.as_deref());
            }
            // Not held, or about to be lost, or earned and on no list of what waits.
            Some(_) => {
                tally.counts.missing += 1;
                name(&mut tally.missing, candidate, None);
            }
        }
        // In cycles of their own: two persons of whom a human said that they are one.
        if valid.iter().filter(|held| **held == badge).count() > 1 {
            tally.counts.duplicates += 1;
        }
    }
}

/// Names a learner, unless enough are named: by the id in the LMS, which is no personal data to
/// those who do not have the LMS.
fn name(names: &mut Vec<String>, candidate: &Candidate, why: Option<&str>) {
    if names.len() == NAMED {
        return;
    }
    let learner = candidate.outcomes.first().map_or_else(
        || candidate.person.to_string(),
        |stored| format!("{}:{}", stored.source, stored.outcome.learner.id),
    );
    names.push(why.map_or_else(|| learner.clone(), |why| format!("{learner} ({why})")));
}

impl Tally {
    fn row(&self, row: RunCourse) -> RunCourse {
        let mut said = Vec::new();
        for (what, names, count) in [
            ("earned and not held", &self.missing, self.counts.missing),
            ("held without a basis", &self.baseless, self.counts.stale),
        ] {
            if count > 0 {
                let more = if names.len() < count as usize { ", …" } else { "" };
                said.push(format!("{what}: {}{more}", names.join(", ")));
            }
        }
        if !said.is_empty() {
            said.push("`accolade publish --apply-retroactively` has them judged again".to_owned());
        }
        RunCourse { state: CourseState::Done, reason: said.join("; "), counts: self.counts, ..row }
    }
}

#[cfg(test)]
mod tests;
