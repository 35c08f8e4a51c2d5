//! The cycles of a badge: in each it can be earned once, by results of its own time. Pure, no I/O
//! and no clock.
//!
//! A badge that is earned once has one cycle. One that can be earned again after its expiry has
//! one for each award, and one for the next: it begins where a new result may renew the last award.
//! One that is earned each term has one for each term. What counts for one cycle counts for no
//! other, so that old results never renew anything.

use std::borrow::Cow;

use accolade_connectors::{Attempt, Outcome};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::config::{Again, BadgeFile, Lifetime, Span, Term};
use crate::rules::Period;
use crate::store::{Decision, DecisionKind, HeldAward, StoredOutcome};

/// The cycle of the first award of a badge.
pub(super) const ONCE: &str = "once";

/// Before the number of an award that stands in another one's place.
const ISSUE: &str = ":issue-";

/// The cycle of the award that was made first, and how often it was issued with this one.
fn first_issue(cycle: &str) -> (&str, u32) {
    let parts = cycle.rsplit_once(ISSUE).and_then(|(first, number)| Some((first, number.parse().ok()?)));
    parts.unwrap_or((cycle, 1))
}

/// What an award is called that is issued in the place of one with this cycle: the first name that none
/// has, for of two persons who are one now both may have had some issued again.
pub(super) fn next_issue(cycle: &str, taken: impl Fn(&str) -> bool) -> String {
    let (first, number) = first_issue(cycle);
    let name = |number: u32| format!("{first}{ISSUE}{number}");
    let mut names = (number.saturating_add(1)..=u32::MAX).map(name);
    names.find(|name| !taken(name)).unwrap_or_else(|| name(u32::MAX))
}

/// Awards without those in whose place another one stands: that one is what they were, to the day.
pub(super) fn in_place<'a>(awards: &[&'a HeldAward]) -> Vec<&'a HeldAward> {
    let replaced = |award: &HeldAward| awards.iter().any(|other| other.supersedes == Some(award.credential));
    awards.iter().copied().filter(|award| !replaced(award)).collect()
}

/// A time in which a badge can be earned once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cycle<'a> {
    /// What an award in it is called by; unique for the person and the badge.
    pub(super) name: String,
    /// When its results are graded; at any time, if nothing is said.
    pub(super) period: Option<Period>,
    /// The award in it: one that is not revoked, if there is any.
    pub(super) held: Option<&'a HeldAward>,
    /// The award that an award in it renews.
    pub(super) earlier: Option<&'a HeldAward>,
    /// The term, for a badge that is earned each term.
    pub(super) term: Option<&'a str>,
    /// Whether this is what there is to say about the badge now.
    pub(super) present: bool,
    /// The decision of a human that holds in it.
    pub(super) decided: Option<DecisionKind>,
}

/// Everything about one badge of one person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) lifetime: &'a Lifetime,
    /// The awards, earliest first.
    pub(super) awards: &'a [&'a HeldAward],
    /// The newest decision of a human.
    pub(super) decision: Option<&'a Decision>,
}

impl<'a> Record<'a> {
    /// The cycles that may have to be judged, earliest first. `times` are those at which the
    /// results and the badges were graded and awarded that the rule names.
    pub(super) fn cycles(self, times: &[DateTime<Utc>], now: DateTime<Utc>) -> Vec<Cycle<'a>> {
        let mut cycles = match &self.lifetime.again {
            Again::EachTerm(terms) => self.by_term(terms, times, now),
            Again::Once => self.one_after_another(None, now),
            Again::AfterExpiry { renew } => self.one_after_another(Some(*renew), now),
        };
        for cycle in &mut cycles {
            cycle.decided = self.decided(cycle);
        }
        cycles
    }

    /// Whether a human granted the badge, and that was not followed by an award yet.
    pub(super) fn granted(self) -> bool {
        let Some(decision) = self.decision.filter(|one| one.kind == DecisionKind::Grant) else {
            return false;
        };
        let at = decision.decided_at;
        // That a human revoked the award since is about this award alone, and no new grant.
        let revoked_since = |award: &HeldAward| {
            award
                .decision
                .as_ref()
                .is_some_and(|one| one.kind == DecisionKind::Revoke && one.decided_at >= at)
        };
        let stood = |award: &HeldAward| !award.revoked || revoked_since(award);
        match &self.lifetime.again {
            Again::EachTerm(terms) => match term_of(terms, at) {
                Some(term) => !self.awards.iter().any(|award| {
                    award.awarded_at >= at || stood(award) && of_term(terms, award) == Some(term)
                }),
                None => false,
            },
            _ => {
                !self.awards.iter().any(|award| stood(award) && (award.awarded_at >= at || !award.ended(at)))
            }
        }
    }

    fn one_after_another(self, renew: Option<Span>, now: DateTime<Utc>) -> Vec<Cycle<'a>> {
        let plain = |held, present| Cycle {
            name: String::new(),
            period: None,
            held,
            earlier: None,
            term: None,
            present,
            decided: None,
        };
        // Two that are beside each other since two persons turned out to be one: the valid one counts.
        let valid = self.awards.iter().rev().find(|award| renew.is_none() && !award.revoked);
        let Some(last) = valid.or(self.awards.last()).copied() else {
            return vec![Cycle { name: self.next_name(), ..plain(None, true) }];
        };
        let granted = self.granted();
        let again = renew.is_some() || granted;
        let renew = renew.unwrap_or_default();
        let opening = |award: &HeldAward| award.valid_until.map(|until| opens(&[award], renew.before(until)));
        // A revoked award may be newer than the one that counts; what it rests on is not new either.
        let from = opening(last).filter(|_| again).map(|at| opens(self.awards, at));
        // Before that, a grant only makes another one.
        let open = granted || from.is_some_and(|from| from <= now);
        let kept = |award: &&HeldAward| !award.revoked || award.credential == last.credential && !open;
        let mut cycles: Vec<Cycle<'a>> = self
            .awards
            .iter()
            .copied()
            .filter(kept)
            .map(|award| {
                let earlier = award.renews.and_then(|id| self.awards.iter().find(|one| one.credential == id));
                let from = earlier.and_then(|one| opening(one));
                let until = opening(award).filter(|_| again);
                let period = Period { from, until };
                Cycle {
                    name: award.cycle.clone(),
                    period: (period != Period::default()).then_some(period),
                    ..plain(Some(award), award.credential == last.credential && !open)
                }
            })
            .collect();
        if from.is_some() || granted {
            cycles.push(Cycle {
                name: self.next_name(),
                period: from.map(|from| Period { from: Some(from), until: None }),
                earlier: Some(last).filter(|last| !last.revoked),
                ..plain(None, open)
            });
        }
        cycles
    }

    fn by_term(self, terms: &'a [Term], times: &[DateTime<Utc>], now: DateTime<Utc>) -> Vec<Cycle<'a>> {
        let granted = self.decision.filter(|_| self.granted()).and_then(|one| term_of(terms, one.decided_at));
        let mut cycles: Vec<Cycle<'a>> = terms
            .iter()
            .filter_map(|term| {
                let held = self.in_term(terms, term);
                let due = held.is_some()
                    || times.iter().chain([&now]).any(|at| term.period.contains(*at))
                    || granted == Some(term);
                due.then(|| Cycle {
                    name: self.term_name(terms, term),
                    period: Some(term.period),
                    held: held.filter(|held| !(held.revoked && granted == Some(term))),
                    earlier: None,
                    term: Some(&term.name),
                    present: term.period.contains(now) || granted == Some(term),
                    decided: None,
                })
            })
            .collect();
        // Made before there were terms, or in one that is not configured any more; or beside another
        // one, since two persons turned out to be one.
        let seen: Vec<Uuid> = cycles.iter().filter_map(|cycle| Some(cycle.held?.credential)).collect();
        let beside = |award: &&&HeldAward| !award.revoked && !seen.contains(&award.credential);
        for award in self.awards.iter().filter(beside) {
            let next = terms.iter().filter_map(|term| term.period.from).find(|from| *from > award.awarded_at);
            let before = || next.map(|next| Period { from: None, until: Some(next) });
            cycles.push(Cycle {
                name: award.cycle.clone(),
                period: of_term(terms, award).map(|term| term.period).or_else(before),
                held: Some(award),
                earlier: None,
                term: None,
                present: false,
                decided: None,
            });
        }
        cycles
    }

    /// The award of a term: one that is not revoked, if there is any, else the newest.
    fn in_term(self, terms: &[Term], term: &Term) -> Option<&'a HeldAward> {
        let held = || self.awards.iter().rev().copied().filter(|award| of_term(terms, award) == Some(term));
        held().find(|award| !award.revoked).or_else(|| held().next())
    }

    fn next_name(self) -> String {
        let name = |earlier: usize| match earlier {
            0 => ONCE.to_owned(),
            earlier => format!("again-{earlier}"),
        };
        self.unused(self.awards.len(), name)
    }

    /// Only after a revocation a term has more than one.
    fn term_name(self, terms: &[Term], term: &Term) -> String {
        let name = |earlier: usize| match earlier {
            0 => format!("term:{}", term.name),
            earlier => format!("term:{}:again-{earlier}", term.name),
        };
        let earlier = self.awards.iter().filter(|award| of_term(terms, award) == Some(term)).count();
        self.unused(earlier, name)
    }

    /// The first of these names that no award has: of a person who was taken apart some of the
    /// earlier ones may be gone.
    fn unused(self, earlier: usize, name: impl Fn(usize) -> String) -> String {
        let mut names = (earlier..=earlier + self.awards.len()).map(name);
        let taken = |name: &String, award: &&HeldAward| first_issue(&award.cycle).0 == name;
        names.find(|name| !self.awards.iter().any(|award| taken(name, award))).unwrap_or_default()
    }

    /// What a human decided for a cycle: the newest of what is about its award alone and of what is
    /// about the badge.
    fn decided(self, cycle: &Cycle<'_>) -> Option<DecisionKind> {
        let own = cycle.held.and_then(|held| held.decision.as_ref());
        let badge = self.decision.filter(|decision| self.holds(decision, cycle));
        match (own, badge) {
            (Some(own), Some(badge)) if badge.decided_at <= own.decided_at => Some(own.kind),
            (own, badge) => badge.or(own).map(|decision| decision.kind),
        }
    }

    /// Whether a decision about the badge is about this cycle. What keeps a badge away holds until
    /// another decision; what gives or protects one is about the award that there was, or that it led
    /// to. Only `refuse` and `grant` are made so; the others were in earlier versions of this program.
    fn holds(self, Decision { kind, decided_at, .. }: &Decision, cycle: &Cycle<'_>) -> bool {
        match (kind, cycle.held) {
            (DecisionKind::Refuse | DecisionKind::Revoke | DecisionKind::Suspend, _) => true,
            (DecisionKind::Grant, None) => cycle.present && self.granted() && self.grants(cycle),
            (DecisionKind::Reinstate, None) => false,
            (DecisionKind::Reinstate, Some(held)) => held.awarded_at <= *decided_at,
            // A grant for another cycle does not bring back what is revoked.
            (DecisionKind::Grant, Some(held)) if held.revoked => false,
            (DecisionKind::Grant, Some(held)) => {
                let answers = self.awards.iter().find(|award| award.awarded_at >= *decided_at);
                let stood = self.awards.iter().any(|award| {
                    award.awarded_at < *decided_at && !award.revoked && !award.ended(*decided_at)
                });
                held.awarded_at <= *decided_at
                    || !stood && answers.is_some_and(|one| one.credential == held.credential)
            }
        }
    }

    /// Whether a grant that nothing has followed yet is for this cycle.
    fn grants(self, cycle: &Cycle<'_>) -> bool {
        match (&self.lifetime.again, self.decision) {
            (Again::EachTerm(terms), Some(decision)) => {
                term_of(terms, decision.decided_at).is_some_and(|term| cycle.term == Some(&term.name))
            }
            _ => true,
        }
    }
}

/// The first moment at which a result can renew: when the renewal opens, and never before a result
/// that one of these awards rests on.
fn opens(awards: &[&HeldAward], at: DateTime<Utc>) -> DateTime<Utc> {
    let rested = awards.iter().flat_map(|award| &award.basis).filter_map(|basis| basis.graded_at).max();
    let after = rested.and_then(|rested| rested.checked_add_signed(TimeDelta::microseconds(1)));
    at.max(after.unwrap_or(at))
}

/// The term in which something is done: the one that runs, else the last one before, else the first.
pub(crate) fn term_of(terms: &[Term], at: DateTime<Utc>) -> Option<&Term> {
    terms.iter().rev().find(|term| !term.period.is_after(at)).or_else(|| terms.first())
}

/// The term of an award: by its name, else by the time of what it rests on, or its own.
fn of_term<'a>(terms: &'a [Term], award: &HeldAward) -> Option<&'a Term> {
    let named = terms.iter().find(|term| {
        award
            .cycle
            .strip_prefix("term:")
            .and_then(|rest| rest.strip_prefix(term.name.as_str()))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(":again-") || rest.starts_with(ISSUE))
    });
    named.or_else(|| {
        let rested = award.basis.iter().filter_map(|basis| basis.graded_at).max();
        let at = rested.unwrap_or(award.awarded_at);
        terms.iter().find(|term| term.period.contains(at))
    })
}

/// An outcome with the times that count for cycles: an attempt on which an award rests keeps the
/// time that it had then, so that grading it once more renews nothing.
pub(super) fn settled<'a>(stored: &'a StoredOutcome, awards: &[&HeldAward]) -> Cow<'a, Outcome> {
    let outcome = &stored.outcome;
    let mut settled = Cow::Borrowed(outcome);
    for award in awards {
        for basis in &award.basis {
            let same = (&basis.source, &basis.learner, &basis.course, &basis.assessment)
                == (&stored.source, &outcome.learner.id, &outcome.course.id, &outcome.assessment.id);
            let Some(number) = basis.attempt.filter(|_| same) else { continue };
            let then = basis.graded_at.unwrap_or(award.awarded_at);
            if outcome.attempt == Some(number) && settled.graded_at.is_none_or(|at| at > then) {
                settled.to_mut().graded_at = Some(then);
            }
            let later = |one: &Attempt| one.number <= number && one.graded_at.is_some_and(|at| at > then);
            if settled.attempts.iter().any(later) {
                settled
                    .to_mut()
                    .attempts
                    .iter_mut()
                    .filter(|one| later(one))
                    .for_each(|one| one.graded_at = Some(then));
            }
        }
    }
    settled
}

/// What a badge asks of a person now.
#[derive(Debug)]
pub(crate) struct Present<'a> {
    /// The time of the results that count now; any time, if nothing is said.
    pub(crate) period: Option<Period>,
    /// The outcomes, in their order, with the times that count for cycles.
    pub(crate) outcomes: Vec<Cow<'a, Outcome>>,
    /// The award in that cycle.
    pub(crate) held: Option<&'a HeldAward>,
    /// How often the badge can be earned, for people; nothing for one that is earned once.
    pub(crate) again: Option<String>,
}

/// What a badge asks of a person now, for those who ask why; `awards` are those of the badge,
/// earliest first.
pub(crate) fn present<'a>(
    badge: &'a BadgeFile,
    awards: &[&'a HeldAward],
    outcomes: &'a [StoredOutcome],
    now: DateTime<Utc>,
) -> Present<'a> {
    let Lifetime { again, .. } = &badge.lifetime;
    let awards = &in_place(awards);
    let outcomes = match again {
        Again::Once => outcomes.iter().map(|stored| Cow::Borrowed(&stored.outcome)).collect(),
        _ => outcomes.iter().map(|stored| settled(stored, awards)).collect(),
    };
    let record = Record { lifetime: &badge.lifetime, awards, decision: None };
    let cycles = record.cycles(&[], now);
    let present = cycles.iter().find(|cycle| cycle.present);
    let held = present.and_then(|cycle| cycle.held.map(|held| held.credential));
    let day = |at: DateTime<Utc>| at.format("%-d %B %Y").to_string();
    let next = cycles.iter().find(|cycle| cycle.held.is_none()).and_then(|cycle| cycle.period?.from);
    let said = match (again, present.and_then(|cycle| cycle.term), next) {
        (Again::Once, ..) => None,
        (Again::EachTerm(_), Some(term), _) => Some(format!("earned each term, now by results of {term}")),
        (Again::EachTerm(_), None, _) => Some("earned each term; no term runs now".to_owned()),
        (Again::AfterExpiry { .. }, _, Some(from)) => {
            Some(format!("renewed by results that were graded after {}", day(from)))
        }
        (Again::AfterExpiry { .. }, ..) => Some("can be renewed when it has ended".to_owned()),
    };
    Present {
        period: present.and_then(|cycle| cycle.period),
        outcomes,
        held: awards.iter().copied().find(|award| Some(award.credential) == held),
        again: said,
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
