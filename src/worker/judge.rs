//! What an event means for each badge that it may concern. Pure, no I/O and no clock.

use std::borrow::Cow;
use std::collections::BTreeSet;

use accolade_connectors::{Outcome, Release, Withheld};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::cycle::{Cycle, Record, in_place, settled};
use super::issue;
use super::ruling::{Below, Known, Verdict, taken_over};
use super::standing::{Standing, Step};
use super::words::{day, said, title};
use crate::config::{Again, BadgeFile, Catalog};
use crate::ids;
use crate::rules::{Decision, Explanation, Inputs};
use crate::store::{
    AwardChange, Candidate, Change, Consequence, DecisionKind, Guarding, HeldAward, StoredOutcome,
    Superseded, Wait,
};

/// What judging one event gave.
pub(super) struct Judged<'a> {
    pub(super) candidate: &'a Candidate,
    /// Badges to issue.
    pub(super) earned: Vec<Earned<'a>>,
    /// What becomes of badges that are held.
    pub(super) changes: Vec<AwardChange>,
    /// Badges that wait for a better word of the LMS, or do not any more.
    pub(super) waits: Vec<Wait>,
    /// Badges that the guard holds, or does not any more.
    pub(super) guarding: Vec<Guarding>,
    /// What came of orders to issue awards again.
    pub(super) superseded: Vec<Superseded>,
    /// The decision for people.
    pub(super) reason: Vec<String>,
}

/// A badge to issue.
pub(super) struct Earned<'a> {
    pub(super) badge: &'a BadgeFile,
    pub(super) decision: Decision,
    /// The outcomes (by index) to name as evidence.
    pub(super) evidence: Vec<usize>,
    /// The badges on which it rests, each with its credential.
    pub(super) rests_on: Vec<(String, Uuid)>,
    pub(super) cycle: String,
    /// The award that it renews.
    pub(super) earlier: Option<HeldAward>,
    /// The award in whose place it stands.
    pub(super) supersedes: Option<HeldAward>,
    /// The term that it is for.
    pub(super) term: Option<String>,
    /// A human granted it.
    pub(super) granted: bool,
    /// The facts on which it rests.
    pub(super) inputs: Inputs,
    /// How it passes the guard.
    pub(super) passing: Passing,
}

/// Judges every badge that the event's outcome may concern, and those of the person about which
/// something is open. A badge is one whoever issues it: what is known of it from the time of another
/// issuer counts.
pub(super) fn judge<'a>(catalog: &'a Catalog, candidate: &'a Candidate, now: DateTime<Utc>) -> Judged<'a> {
    let mut judged = Judged {
        candidate,
        earned: Vec::new(),
        changes: Vec::new(),
        waits: Vec::new(),
        guarding: Vec::new(),
        superseded: Vec::new(),
        reason: Vec::new(),
    };
    let mut due = match candidate.about.and_then(|index| candidate.outcomes.get(index)) {
        Some(about) => catalog.rules.badges_for(&about.source, &about.outcome),
        None if candidate.whole => Vec::new(),
        None => {
            judged.reason.push("the outcome is gone".to_owned());
            return judged;
        }
    };
    due.extend(open(catalog, candidate));
    if candidate.whole {
        due.extend(concerned(catalog, candidate));
    }
    if due.is_empty() {
        let passed = if candidate.passed { "passed, but" } else { "it does not pass any more, and" };
        judged.reason.push(format!("{passed} no badge has a rule for it"));
    }
    let counting = candidate.held.iter().filter(|held| held.counts());
    let mut below: Vec<Below> = counting.map(Below::of).collect();
    for id in catalog.rules.stacked(due.iter().copied()) {
        // What only stacks on another badge is judged when that one comes or goes.
        let Some(badge) = catalog.badge(id).filter(|_| due.contains(&id)) else { continue };
        if judged.badge(catalog, badge, &mut below, now) {
            due.extend(catalog.rules.badges_after(id));
        }
    }
    judged.end_orders();
    judged
}

/// Badges of the person that have to be looked at whatever the event is about: those that wait,
/// those that the guard holds, those that a human granted, those that stack on one about which a
/// human decided, and those whose rule was not met the last time.
fn open<'a>(catalog: &'a Catalog, candidate: &'a Candidate) -> Vec<&'a str> {
    let waiting = candidate.waiting.iter().map(|(_, badge)| badge);
    let guarded = candidate.guarded.iter().map(|one| &one.badge);
    let granted = candidate.decisions.iter().filter(|one| {
        let awards = awards_of(candidate, &one.badge);
        catalog.badge(&one.badge).is_some_and(|badge| {
            Record { lifetime: &badge.lifetime, awards: &awards, decision: Some(*one) }.granted()
        })
    });
    let lost =
        candidate.held.iter().filter(|held| !held.revoked && held.loss.is_some()).map(|held| &held.badge);
    let of_awards = candidate.held.iter().filter_map(|held| held.decision.as_ref());
    let decided = candidate.decisions.iter().chain(of_awards);
    let above = decided.flat_map(|one| catalog.rules.badges_after(&one.badge));
    let again = candidate.held.iter().filter(|held| held.again && obeys(candidate)).map(|held| &held.badge);
    let own = waiting
        .chain(again)
        .chain(guarded)
        .chain(granted.map(|one| &one.badge))
        .chain(lost)
        .map(String::as_str);
    own.chain(above).collect()
}

/// The badges that concern the person.
pub(super) fn concerned<'a>(catalog: &'a Catalog, candidate: &'a Candidate) -> BTreeSet<&'a str> {
    let results = candidate.outcomes.iter().map(|stored| (stored.source.as_str(), &stored.outcome));
    catalog.rules.badges_of(results, candidate.held.iter().map(|held| held.badge.as_str()))
}

/// The awards of a badge, earliest first.
fn awards_of<'a>(candidate: &'a Candidate, badge: &str) -> Vec<&'a HeldAward> {
    in_place(&candidate.held.iter().filter(|held| held.badge == badge).collect::<Vec<_>>())
}

impl<'a> Judged<'a> {
    /// Judges one badge in all its cycles; whether that changes what others can rest on.
    fn badge(
        &mut self,
        catalog: &Catalog,
        badge: &'a BadgeFile,
        below: &mut Vec<Below>,
        now: DateTime<Utc>,
    ) -> bool {
        let (id, candidate) = (badge.achievement.id.as_str(), self.candidate);
        let awards = awards_of(candidate, id);
        let record = Record {
            lifetime: &badge.lifetime,
            awards: &awards,
            decision: candidate.decisions.iter().find(|one| one.badge == id),
        };
        let outcomes: Vec<Cow<'_, Outcome>> = match badge.lifetime.again {
            Again::Once => candidate.outcomes.iter().map(|stored| Cow::Borrowed(&stored.outcome)).collect(),
            _ => candidate.outcomes.iter().map(|stored| settled(stored, &awards)).collect(),
        };
        let results: Vec<usize> = (0..outcomes.len())
            .filter(|index| {
                candidate.outcomes.get(*index).is_some_and(|stored| {
                    catalog.rules.badges_for(&stored.source, &stored.outcome).contains(&id)
                })
            })
            .collect();
        let named = badge.rule.badges();
        let stacked = below.iter().filter(|one| named.iter().any(|named| named.badge == one.badge));
        let graded = results.iter().filter_map(|index| outcomes.get(*index)).flat_map(|outcome| {
            outcome.graded_at.into_iter().chain(outcome.attempts.iter().filter_map(|one| one.graded_at))
        });
        let times: Vec<DateTime<Utc>> = graded.chain(stacked.map(|one| one.awarded_at)).collect();
        let cycles = record.cycles(&times, now);
        let (mut wait, mut asked, mut changed) = (None, false, false);
        if !cycles.iter().any(|cycle| cycle.present) {
            let name = &badge.achievement.name;
            self.reason.push(format!("“{name}” is awarded each term, and no term runs now"));
        }
        for cycle in &cycles {
            let known = Known::of(candidate, &outcomes, below, cycle, now);
            let verdict = known.verdict(badge, cycle);
            let met = verdict.decision.earned;
            let standing = Standing {
                held: cycle.held,
                decided: cycle.decided,
                met,
                shown: results.iter().all(|index| self.shown(*index))
                    && !taken_over(cycle, &results, &outcomes),
                regrade: badge.regrade,
            };
            let step = standing.step(now);
            if let Some(held) = cycle.held.filter(|held| held.again && obeys(candidate)) {
                let inputs = known.inputs(badge, &catalog.version, cycle, now);
                let earned = self.earned(badge, cycle, &verdict, inputs, &results);
                if let Some(new) = self.supersede(held, earned, now) {
                    // What rests on the old one rests on the new one.
                    let below = below.iter_mut().filter(|one| one.credential == held.credential);
                    below.for_each(|one| one.credential = new);
                    continue;
                }
                // That newer rules are not met takes nothing away before a grade changes.
                if !candidate.whole {
                    continue;
                }
            }
            let over = badge.lifetime.valid_until(now).is_some_and(|until| until <= now);
            if step == Step::Award && !over {
                asked = true;
                let inputs = known.inputs(badge, &catalog.version, cycle, now);
                let earned = self.earned(badge, cycle, &verdict, inputs, &results);
                match self.award(badge, cycle, earned, &results) {
                    Ok(new) => {
                        below.push(Below {
                            valid_until: badge.lifetime.valid_until(now),
                            awarded_at: now,
                            ..new
                        });
                        changed = true;
                    }
                    Err(missing) => wait = wait.or(missing),
                }
                continue;
            }
            let said = if step == Step::Award {
                let end = badge.lifetime.valid_until(now).unwrap_or(now);
                format!("is not awarded any more: each of these badges ended on {}", day(end))
            } else {
                said(step, cycle, standing, &verdict.decision.explanation, now)
            };
            if cycle.present || matches!(step, Step::Regain | Step::Lose(..)) {
                self.reason.push(format!("{} {said}", title(badge, cycle)));
            }
            changed |= self.follow(step, cycle, &verdict.decision.explanation, below);
        }
        if !asked {
            self.not_asked(badge, &results);
        }
        self.wait(badge, wait);
        changed
    }

    /// What follows for an award that exists; whether others can rest on it where they could not,
    /// or cannot any more.
    fn follow(
        &mut self,
        step: Step,
        cycle: &Cycle<'_>,
        explanation: &Explanation,
        below: &mut Vec<Below>,
    ) -> bool {
        let Some(held) = cycle.held else { return false };
        let counted = below.iter().any(|one| one.credential == held.credential);
        match step {
            Step::Regain => {
                self.change(held, Change::Regained);
                if !counted {
                    below.push(Below::of(held));
                }
                !counted
            }
            Step::Lose(since, then) => {
                self.change(held, Change::Lost { since, reason: explanation.lacks(), then });
                let gone = matches!(then, Consequence::Suspend | Consequence::Revoke);
                below.retain(|one| !gone || one.credential != held.credential);
                gone && counted
            }
            _ => false,
        }
    }

    /// Whether a result counts as shown by the LMS. What was never graded is nothing that could
    /// have been taken back; of a grade that is gone the store keeps when it was given.
    fn shown(&self, index: usize) -> bool {
        match self.candidate.outcomes.get(index).map(|stored| &stored.outcome.release) {
            None | Some(Release::Released) => true,
            Some(Release::Withheld { reason: Withheld::NotGraded }) => {
                let gone = |stored: &StoredOutcome| stored.outcome.graded_at.is_some();
                (self.candidate.whole || self.candidate.about != Some(index))
                    && !self.candidate.outcomes.get(index).is_some_and(gone)
            }
            Some(Release::Withheld { .. }) => false,
        }
    }

    /// What is issued if the badge is awarded in this cycle.
    fn earned(
        &self,
        badge: &'a BadgeFile,
        cycle: &Cycle<'_>,
        Verdict { decision, rests_on }: &Verdict,
        inputs: Inputs,
        results: &[usize],
    ) -> Earned<'a> {
        let released = |index: &usize| {
            let stored = self.candidate.outcomes.get(*index);
            stored.is_some_and(|stored| stored.outcome.release == Release::Released)
        };
        Earned {
            badge,
            evidence: if decision.earned {
                decision.evidence.clone()
            } else {
                results.iter().copied().filter(released).collect()
            },
            decision: decision.clone(),
            rests_on: rests_on.clone(),
            cycle: cycle.name.clone(),
            earlier: cycle.earlier.cloned(),
            supersedes: None,
            term: cycle.term.map(str::to_owned),
            granted: cycle.decided == Some(DecisionKind::Grant),
            inputs,
            passing: Passing::Granted,
        }
    }

    /// Whether it is issued: if not, it waits, and why, or the guard holds it.
    fn award(
        &mut self,
        badge: &'a BadgeFile,
        cycle: &Cycle<'_>,
        mut earned: Earned<'a>,
        results: &[usize],
    ) -> Result<Below, Option<String>> {
        let missing = match (self.twin(&earned), issue::holder(self.candidate, &earned)) {
            (None, Ok(_)) => None,
            (Some(twin), _) => Some((
                format!("this may be the same person as {twin}, about whose badge it was decided already"),
                "somebody says who is who (`accolade people doubts`)",
            )),
            (None, Err(missing)) => Some((missing, "the LMS tells something better")),
        };
        if let Some((missing, until)) = missing {
            let so = if earned.granted { "granted" } else { "earned" };
            let title = title(badge, cycle);
            self.reason.push(format!("{title} is {so}, but {missing}; it waits until {until}"));
            return Err(Some(missing));
        }
        match self.passes(badge, earned.granted, &earned.decision, results) {
            Ok(passing) => earned.passing = passing,
            Err(held) => {
                self.reason.push(format!("{} is earned, but {held}", title(badge, cycle)));
                return Err(None);
            }
        }
        let id = badge.achievement.id.as_str();
        let new = Below {
            badge: id.to_owned(),
            credential: ids::credential(&badge.issuer, id, self.candidate.person, &earned.cycle),
            awarded_at: DateTime::UNIX_EPOCH,
            valid_until: None,
        };
        self.earned.push(earned);
        Ok(new)
    }

    /// Who has the badge, or was refused it, and may be the same person. Whoever grants it to
    /// this one has decided that, too.
    fn twin(&self, earned: &Earned<'_>) -> Option<&'a str> {
        let badge = &earned.badge.achievement.id;
        let twin = self.candidate.twins.iter().find(|twin| twin.badge == *badge)?;
        (!earned.granted).then_some(twin.twin.as_str())
    }

    fn change(&mut self, held: &HeldAward, change: Change) {
        self.changes.push(AwardChange { credential: held.credential, change });
    }

    /// Notes that a badge waits, or that it does not any more.
    fn wait(&mut self, badge: &BadgeFile, reason: Option<String>) {
        let id = &badge.achievement.id;
        let waits = self.candidate.waiting.iter().find(|(_, one)| one == id);
        if waits.is_some() || reason.is_some() {
            // What waits since the time of another issuer goes on to wait.
            let issuer = waits.map_or(&badge.issuer, |(issuer, _)| issuer);
            self.waits.push(Wait { issuer: issuer.clone(), badge: id.clone(), reason });
        }
    }
}

mod guarding;
#[cfg(test)]
mod renewals;
mod superseding;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(super) use tests::award as held;

pub(super) use guarding::Passing;
use superseding::obeys;
