//! One badge in one of its cycles, as its rule judges it. Pure, no I/O and no clock.

use std::borrow::Cow;

use accolade_connectors::{Outcome, Release};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::cycle::Cycle;
use crate::config::BadgeFile;
use crate::rules::{Decision, Fact, Facts, Held, Inputs, evaluate_in};
use crate::store::{Candidate, DecisionKind, HeldAward};

/// A badge that counts for those that rest on it.
#[derive(Clone)]
pub(super) struct Below {
    pub(super) badge: String,
    pub(super) credential: Uuid,
    pub(super) awarded_at: DateTime<Utc>,
    pub(super) valid_until: Option<DateTime<Utc>>,
}

impl Below {
    pub(super) fn of(held: &HeldAward) -> Self {
        Self {
            badge: held.badge.clone(),
            credential: held.credential,
            awarded_at: held.awarded_at,
            valid_until: held.valid_until,
        }
    }

    /// Whether an award can rest on it: a new one while it is valid, one that was made before if it
    /// was valid then. That it ended later takes nothing away.
    fn supports(&self, award: Option<&HeldAward>, now: DateTime<Utc>) -> bool {
        let valid = |at: DateTime<Utc>| self.valid_until.is_none_or(|until| at < until);
        valid(now)
            || award.is_some_and(|award| self.awarded_at <= award.awarded_at && valid(award.awarded_at))
    }
}

/// A badge in one of its cycles, as its rule judges it.
pub(super) struct Verdict {
    pub(super) decision: Decision,
    /// The badges on which it rests, each with its credential.
    pub(super) rests_on: Vec<(String, Uuid)>,
}

/// What is known of a person in one cycle of a badge.
pub(super) struct Known<'a> {
    facts: Vec<Fact<'a>>,
    below: Vec<&'a Below>,
}

impl<'a> Known<'a> {
    /// `outcomes` are those of the candidate with the times that count for cycles.
    pub(super) fn of(
        candidate: &'a Candidate,
        outcomes: &'a [Cow<'_, Outcome>],
        below: &'a [Below],
        cycle: &Cycle<'_>,
        now: DateTime<Utc>,
    ) -> Self {
        let stored = candidate.outcomes.iter().zip(outcomes);
        let facts = stored.map(|(stored, outcome)| Fact { source: &stored.source, outcome }).collect();
        Self { facts, below: below.iter().filter(|one| one.supports(cycle.held, now)).collect() }
    }

    fn held(&self) -> Vec<Held<'_>> {
        self.below.iter().map(|one| Held { badge: &one.badge, awarded_at: one.awarded_at }).collect()
    }

    /// What the badge's rule says.
    pub(super) fn verdict(&self, badge: &BadgeFile, cycle: &Cycle<'_>) -> Verdict {
        let facts = Facts { outcomes: &self.facts, held: &self.held() };
        let decision = evaluate_in(cycle.period, &badge.rule, &facts);
        let newest = |badge: &String| {
            let same = self.below.iter().copied().filter(|one| one.badge == *badge);
            same.max_by_key(|one| (one.awarded_at, one.credential))
        };
        let rests_on = decision.held.iter().filter_map(newest);
        let rests_on = rests_on.map(|one| (one.badge.clone(), one.credential)).collect();
        Verdict { decision, rests_on }
    }

    /// The facts to keep with an award.
    pub(super) fn inputs(
        &self,
        badge: &BadgeFile,
        rules: &str,
        cycle: &Cycle<'_>,
        now: DateTime<Utc>,
    ) -> Inputs {
        let facts = Facts { outcomes: &self.facts, held: &self.held() };
        let decided = cycle.decided.map(DecisionKind::as_str);
        let of = (badge.achievement.id.as_str(), rules);
        Inputs { period: cycle.period, ..Inputs::of(of, &badge.rule, &facts, decided, now) }
    }
}

/// Whether a newer result, or one without a time, stands where there was one of this cycle: what
/// counts for another award takes nothing away from this one.
pub(super) fn taken_over(cycle: &Cycle<'_>, results: &[usize], outcomes: &[Cow<'_, Outcome>]) -> bool {
    let Some(period) = cycle.period else { return false };
    results.iter().filter_map(|index| outcomes.get(*index)).any(|outcome| match outcome.graded_at {
        _ if outcome.release != Release::Released => false,
        Some(at) => period.is_before(at),
        None => period.from.is_some(),
    })
}
