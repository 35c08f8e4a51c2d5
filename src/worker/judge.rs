//! What an event means for each badge that it may concern. Pure, no I/O and no clock.

use accolade_connectors::{Release, Withheld};
use chrono::{DateTime, Utc};

use super::issue::{self, ONCE};
use super::standing::{Standing, Step};
use crate::config::{BadgeFile, Catalog};
use crate::rules::{Decision, Fact, Facts, Held, Inputs, evaluate};
use crate::store::{
    AwardChange, Candidate, Change, Consequence, DecisionKind, HeldAward, LINKED, StoredOutcome, Wait,
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
    /// The decision for people.
    pub(super) reason: Vec<String>,
}

/// A badge to issue.
pub(super) struct Earned<'a> {
    pub(super) badge: &'a BadgeFile,
    pub(super) decision: Decision,
    /// The outcomes (by index) to name as evidence.
    pub(super) evidence: Vec<usize>,
    pub(super) cycle: String,
    /// A human granted it.
    pub(super) granted: bool,
    /// The facts on which it rests.
    pub(super) inputs: Inputs,
}

/// Judges every badge that the event's outcome may concern, and those of the person about which
/// something is open. `slug` is the issuer's.
pub(super) fn judge<'a>(
    catalog: &'a Catalog,
    slug: &str,
    candidate: &'a Candidate,
    now: DateTime<Utc>,
) -> Judged<'a> {
    let mut judged =
        Judged { candidate, earned: Vec::new(), changes: Vec::new(), waits: Vec::new(), reason: Vec::new() };
    let Some(about) = candidate.about.and_then(|index| candidate.outcomes.get(index)) else {
        judged.reason.push("the outcome is gone".to_owned());
        return judged;
    };
    let mut due = catalog.rules.badges_for(&about.source, &about.outcome);
    due.extend(open(candidate, slug));
    if candidate.whole {
        due.extend(all(catalog, candidate));
    }
    if due.is_empty() {
        let passed = if candidate.passed { "passed, but" } else { "it does not pass any more, and" };
        judged.reason.push(format!("{passed} no badge has a rule for it"));
    }
    let facts: Vec<Fact<'_>> = candidate
        .outcomes
        .iter()
        .map(|stored| Fact { source: &stored.source, outcome: &stored.outcome })
        .collect();
    let mut held: Vec<Held<'_>> = candidate
        .held
        .iter()
        .filter(|held| held.issuer == slug && held.counts())
        .map(|held| Held { badge: &held.badge, awarded_at: held.awarded_at })
        .collect();
    for id in catalog.rules.stacked(due.iter().copied()) {
        // What only stacks on another badge is judged when that one comes or goes.
        let Some(badge) = catalog.badge(id).filter(|_| due.contains(&id)) else { continue };
        let facts = Facts { outcomes: &facts, held: &held };
        let decision = evaluate(&badge.rule, &facts);
        let held_before = held.iter().any(|held| held.badge == id);
        let held_after = judged.badge(catalog, slug, badge, &facts, decision, now);
        if held_after != held_before {
            held.retain(|held| held.badge != id);
            held.extend(held_after.then_some(Held { badge: id, awarded_at: now }));
            due.extend(catalog.rules.badges_after(id));
        }
    }
    judged
}

/// Badges of the person that have to be looked at whatever the event is about: those that wait,
/// those that a human granted, and those whose rule was not met the last time.
fn open<'a>(candidate: &'a Candidate, slug: &str) -> Vec<&'a str> {
    let waiting = candidate.waiting.iter().filter(|(issuer, _)| issuer == slug).map(|(_, badge)| badge);
    let granted = candidate
        .decisions
        .iter()
        .filter(|one| one.issuer == slug && one.kind == DecisionKind::Grant)
        .map(|one| &one.badge)
        .filter(|badge| current(candidate, slug, badge).is_none_or(|held| held.revoked));
    let lost = candidate
        .held
        .iter()
        .filter(|held| held.issuer == slug && !held.revoked && held.loss.is_some())
        .map(|held| &held.badge);
    waiting.chain(granted).chain(lost).map(String::as_str).collect()
}

/// Every badge about which something is known of the person.
fn all<'a>(catalog: &'a Catalog, candidate: &'a Candidate) -> impl Iterator<Item = &'a str> {
    let named = |stored: &'a StoredOutcome| catalog.rules.badges_for(&stored.source, &stored.outcome);
    let after = |held: &'a HeldAward| {
        catalog.rules.badges_after(&held.badge).into_iter().chain([held.badge.as_str()])
    };
    candidate.outcomes.iter().flat_map(named).chain(candidate.held.iter().flat_map(after))
}

/// The award of a badge that counts: the newest that is not revoked, or else the newest.
fn current<'a>(candidate: &'a Candidate, slug: &str, badge: &str) -> Option<&'a HeldAward> {
    let held = || candidate.held.iter().rev().filter(|held| held.issuer == slug && held.badge == badge);
    held().find(|held| !held.revoked).or_else(|| held().next())
}

impl<'a> Judged<'a> {
    /// Judges one badge; whether the person holds it after that.
    fn badge(
        &mut self,
        catalog: &Catalog,
        slug: &str,
        badge: &'a BadgeFile,
        facts: &Facts<'_>,
        decision: Decision,
        now: DateTime<Utc>,
    ) -> bool {
        let (id, name) = (badge.achievement.id.as_str(), &badge.achievement.name);
        let candidate = self.candidate;
        let held = current(candidate, slug, id);
        let decided = candidate.decisions.iter().find(|one| one.issuer == slug && one.badge == id);
        let decided = decided.map(|one| one.kind);
        let named = |index: &usize| {
            candidate
                .outcomes
                .get(*index)
                .is_some_and(|stored| catalog.rules.badges_for(&stored.source, &stored.outcome).contains(&id))
        };
        let released = |index: &usize| {
            candidate.outcomes.get(*index).is_some_and(|stored| stored.outcome.release == Release::Released)
        };
        let results: Vec<usize> = (0..candidate.outcomes.len()).filter(named).collect();
        let standing = Standing {
            held,
            decided,
            met: decision.earned,
            shown: results.iter().all(|index| self.shown(*index)),
            regrade: badge.regrade,
        };
        let step = standing.step(now);
        let lacks = || decision.explanation.lacks();
        let said = match step {
            Step::Award => {
                let earned = Earned {
                    badge,
                    evidence: if decision.earned {
                        decision.evidence.clone()
                    } else {
                        results.into_iter().filter(released).collect()
                    },
                    decision,
                    cycle: cycle(candidate, slug, id),
                    granted: decided == Some(DecisionKind::Grant),
                    inputs: Inputs::of(
                        (id, &catalog.version),
                        &badge.rule,
                        facts,
                        decided.map(DecisionKind::as_str),
                        now,
                    ),
                };
                return self.award(slug, earned);
            }
            Step::NotEarned => format!("“{name}” not yet: {}", lacks()),
            Step::Refused => format!("“{name}” is earned, but an administrator refused it"),
            Step::Held => format!("“{name}” is held already"),
            Step::Decided => {
                let what = decided.map_or("decided", said_by_human);
                format!("“{name}” stays as it is: an administrator {what} it")
            }
            Step::Regain => {
                self.change(held, Change::Regained);
                let suspended = held.is_some_and(|held| held.suspended);
                let what = if suspended { "is reinstated" } else { "stays" };
                format!("“{name}” {what}: its rule is met again")
            }
            Step::Kept => format!("“{name}” is kept by its policy, though {}", lacks()),
            Step::Unshown => format!(
                "“{name}” is kept: what the LMS does not show any more takes nothing away ({})",
                lacks()
            ),
            Step::Suspended => format!("“{name}” stays suspended: {}", lacks()),
            Step::Lose(since, then) => {
                self.change(held, Change::Lost { since, reason: lacks(), then });
                match then {
                    Consequence::Wait(until) => {
                        let until = until.format("%Y-%m-%d %H:%M UTC");
                        format!("“{name}” is lost on {until} unless its rule is met again: {}", lacks())
                    }
                    Consequence::Suspend => format!("“{name}” is suspended: {}", lacks()),
                    Consequence::Revoke => format!("“{name}” is revoked: {}", lacks()),
                }
            }
            Step::Final if decided == Some(DecisionKind::Revoke) => {
                format!("“{name}” stays revoked by an administrator")
            }
            Step::Final if standing.met => {
                format!("“{name}” is earned again; revoked by a regrade; a human may grant it")
            }
            Step::Final => format!("“{name}” stays revoked: {}", lacks()),
        };
        self.reason.push(said);
        self.wait(slug, id, None);
        match step {
            Step::Regain => true,
            Step::Lose(_, Consequence::Suspend | Consequence::Revoke) => false,
            _ => held.is_some_and(HeldAward::counts),
        }
    }

    /// Whether a result counts as shown by the LMS. What was never graded is nothing that could
    /// have been taken back, unless the event itself tells that its grade is gone.
    fn shown(&self, index: usize) -> bool {
        match self.candidate.outcomes.get(index).map(|stored| &stored.outcome.release) {
            None | Some(Release::Released) => true,
            Some(Release::Withheld { reason: Withheld::NotGraded }) => self.candidate.about != Some(index),
            Some(Release::Withheld { .. }) => false,
        }
    }

    /// Whether it is issued: if not, it waits.
    fn award(&mut self, slug: &str, earned: Earned<'a>) -> bool {
        let (id, name) = (earned.badge.achievement.id.clone(), &earned.badge.achievement.name);
        let (missing, until) = match (self.twin(slug, &earned), issue::holder(self.candidate, &earned)) {
            (None, Ok(_)) => {
                self.wait(slug, &id, None);
                self.earned.push(earned);
                return true;
            }
            (Some(twin), _) => (
                format!("this may be the same person as {twin}, about whose badge it was decided already"),
                "somebody says who is who (`accolade people doubts`)",
            ),
            (None, Err(missing)) => (missing, "the LMS tells something better"),
        };
        let so = if earned.granted { "granted" } else { "earned" };
        self.reason.push(format!("“{name}” is {so}, but {missing}; it waits until {until}"));
        self.wait(slug, &id, Some(missing));
        false
    }

    /// Who has the badge, or was refused it, and may be the same person. Whoever grants it to
    /// this one has decided that, too.
    fn twin(&self, slug: &str, earned: &Earned<'_>) -> Option<&'a str> {
        let badge = &earned.badge.achievement.id;
        let twin = self.candidate.twins.iter().find(|twin| twin.issuer == slug && twin.badge == *badge)?;
        (!earned.granted).then_some(twin.twin.as_str())
    }

    /// Notes a change of an award, and of those that stand beside it since two persons turned out
    /// to be one.
    fn change(&mut self, held: Option<&HeldAward>, change: Change) {
        let Some(held) = held else { return };
        let beside = self.candidate.held.iter().filter(|other| {
            (&other.issuer, &other.badge, other.revoked) == (&held.issuer, &held.badge, false)
                && [held, other].iter().any(|award| award.cycle.starts_with(LINKED))
        });
        for credential in beside.map(|other| other.credential).filter(|id| *id != held.credential) {
            self.changes.push(AwardChange { credential, change: change.clone() });
        }
        self.changes.push(AwardChange { credential: held.credential, change });
    }

    /// Notes that a badge waits, or that it does not any more.
    fn wait(&mut self, slug: &str, badge: &str, reason: Option<String>) {
        let waits = self.candidate.waiting.iter().any(|(issuer, one)| issuer == slug && one == badge);
        if waits || reason.is_some() {
            self.waits.push(Wait { issuer: slug.to_owned(), badge: badge.to_owned(), reason });
        }
    }
}

/// The cycle of the next award of a badge: only after a revocation it is not the first.
fn cycle(candidate: &Candidate, slug: &str, badge: &str) -> String {
    let held = || candidate.held.iter().filter(|held| held.issuer == slug && held.badge == badge);
    let cycle = |earlier: usize| match earlier {
        0 => ONCE.to_owned(),
        earlier => format!("again-{earlier}"),
    };
    // Of a person who was taken apart some of the earlier ones may be gone.
    let mut cycles = (held().count()..).map(cycle);
    cycles.find(|cycle| held().all(|held| held.cycle != *cycle)).unwrap_or_default()
}

fn said_by_human(kind: DecisionKind) -> &'static str {
    match kind {
        DecisionKind::Grant => "granted",
        DecisionKind::Refuse => "refused",
        DecisionKind::Revoke => "revoked",
        DecisionKind::Suspend => "suspended",
        DecisionKind::Reinstate => "reinstated",
    }
}

#[cfg(test)]
mod tests {
    use accolade_connectors::{Outcome, Score};
    use uuid::Uuid;

    use super::*;
    use crate::clock::Clock;
    use crate::store::{Loss, TwinBadge};
    use crate::worker::samples::{catalog, passed};

    /// A result in the course of the badge “workplace-safety”.
    fn result(assessment: &str, points: i64, max: i64, release: Release) -> StoredOutcome {
        let mut outcome = Outcome { passed: None, release, ..passed("ada", &Clock::system()) };
        outcome.course.id = "EXT-WS101".to_owned();
        assessment.clone_into(&mut outcome.assessment.id);
        outcome.score =
            Some(Score { given: Some(points.into()), min: 0.into(), max: Some(max.into()), text: None });
        StoredOutcome { source: "moodle".to_owned(), outcome }
    }

    fn withheld(reason: Withheld) -> Release {
        Release::Withheld { reason }
    }

    /// What becomes of a badge that is held when the first of the results has changed.
    fn change(outcomes: Vec<StoredOutcome>) -> Option<Change> {
        let held = HeldAward {
            issuer: "school".to_owned(),
            badge: "workplace-safety".to_owned(),
            cycle: ONCE.to_owned(),
            credential: Uuid::from_u128(1),
            awarded_at: DateTime::UNIX_EPOCH,
            revoked: false,
            suspended: false,
            loss: None,
        };
        judged(outcomes, vec![held])
    }

    fn candidate(outcomes: Vec<StoredOutcome>, held: Vec<HeldAward>) -> Candidate {
        Candidate {
            event: Uuid::from_u128(2),
            delivery: Uuid::from_u128(3),
            passed: false,
            attempts: 0,
            person: Uuid::from_u128(4),
            version: 0,
            outcomes,
            held,
            decisions: Vec::new(),
            waiting: Vec::new(),
            twins: Vec::new(),
            about: Some(0),
            whole: false,
        }
    }

    fn judged(outcomes: Vec<StoredOutcome>, held: Vec<HeldAward>) -> Option<Change> {
        let candidate = candidate(outcomes, held);
        let (catalog, now) = (catalog(), Clock::system().now());
        let mut judged = judge(&catalog, "school", &candidate, now);
        assert!(judged.earned.is_empty() && judged.changes.len() <= 1, "{:?}", judged.reason);
        judged.changes.pop().map(|change| change.change)
    }

    fn is_lost(change: Option<&Change>) -> bool {
        matches!(change, Some(Change::Lost { then: Consequence::Suspend, .. }))
    }

    #[test]
    fn a_grade_below_the_mark_takes_a_badge_and_one_that_is_not_shown_does_not() {
        let report = |release| result("ASSIGN-REPORT", 80, 100, release);
        let quiz = |points, release| result("QUIZ-FINAL", points, 10, release);
        let shown = Release::Released;
        assert_eq!(change(vec![quiz(9, shown.clone()), report(shown.clone())]), None);
        let lost = change(vec![quiz(4, shown.clone()), report(shown.clone())]);
        assert!(is_lost(lost.as_ref()), "{lost:?}");
        for reason in [Withheld::Hidden, Withheld::NotPosted, Withheld::NotEnrolled, Withheld::NotGraded] {
            assert_eq!(change(vec![quiz(9, withheld(reason)), report(shown.clone())]), None, "{reason:?}");
        }
        assert_eq!(change(vec![quiz(4, shown.clone()), report(withheld(Withheld::NotEnrolled))]), None);
        let lost = change(vec![quiz(4, shown.clone()), report(withheld(Withheld::NotGraded))]);
        assert!(is_lost(lost.as_ref()), "what was never graded does not protect: {lost:?}");
    }

    #[test]
    fn badges_beside_each_other_since_two_were_one_go_the_same_way() {
        let award = |number: u128, cycle: &str| HeldAward {
            issuer: "school".to_owned(),
            badge: "workplace-safety".to_owned(),
            cycle: cycle.to_owned(),
            credential: Uuid::from_u128(number),
            awarded_at: DateTime::UNIX_EPOCH,
            revoked: false,
            suspended: false,
            loss: None,
        };
        let low = vec![result("QUIZ-FINAL", 4, 10, Release::Released)];
        let candidate = candidate(low, vec![award(1, ONCE), award(2, "linked-2")]);
        let (catalog, now) = (catalog(), Clock::system().now());
        let judged = judge(&catalog, "school", &candidate, now);
        let mut lost: Vec<u128> = judged.changes.iter().map(|change| change.credential.as_u128()).collect();
        lost.sort_unstable();
        assert_eq!(lost, [1, 2]);
    }

    #[test]
    fn what_a_twin_has_waits_unless_a_human_grants_it() {
        let report = result("ASSIGN-REPORT", 80, 100, Release::Released);
        let both = vec![result("QUIZ-FINAL", 9, 10, Release::Released), report];
        let twin = |issuer: &str| TwinBadge {
            issuer: issuer.to_owned(),
            badge: "workplace-safety".to_owned(),
            twin: "canvas:48".to_owned(),
        };
        let (catalog, now) = (catalog(), Clock::system().now());
        let mut candidate = candidate(both, Vec::new());
        candidate.twins = vec![twin("museum")];
        assert_eq!(judge(&catalog, "school", &candidate, now).earned.len(), 1, "another issuer's");
        candidate.twins.push(twin("school"));
        let judged = judge(&catalog, "school", &candidate, now);
        assert!(judged.earned.is_empty());
        assert!(judged.waits[0].reason.as_ref().unwrap().contains("canvas:48"), "{:?}", judged.waits);
        candidate.decisions.push(crate::store::Decision {
            issuer: "school".to_owned(),
            badge: "workplace-safety".to_owned(),
            kind: DecisionKind::Grant,
        });
        assert_eq!(judge(&catalog, "school", &candidate, now).earned.len(), 1);
    }

    #[test]
    fn the_award_that_is_not_revoked_counts_and_only_of_this_issuer() {
        let award = |number: u128, revoked, issuer: &str| HeldAward {
            issuer: issuer.to_owned(),
            badge: "workplace-safety".to_owned(),
            cycle: number.to_string(),
            credential: Uuid::from_u128(number),
            awarded_at: DateTime::UNIX_EPOCH,
            revoked,
            suspended: false,
            loss: revoked.then(|| Loss { since: Clock::system().now(), reason: String::new() }),
        };
        let low = || vec![result("QUIZ-FINAL", 4, 10, Release::Released)];
        assert!(judged(low(), vec![award(1, true, "school")]).is_none());
        assert!(judged(low(), vec![award(1, false, "museum")]).is_none());
        let both = vec![award(1, true, "school"), award(2, false, "school")];
        assert!(is_lost(judged(low(), both).as_ref()));
    }
}
