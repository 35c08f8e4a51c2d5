//! What the gradebook shows against what is stored: pure, no I/O and no clock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use accolade_connectors::{Gradebook, Outcome, Release, Shown, Withheld};
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::rules::Rulebook;
use crate::store::{Counts, StoredResult};

/// What comparing a course gives.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub(super) counts: Counts,
    pub(super) differences: Vec<Difference>,
}

/// A result that is not the same in both.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) found: Found,
    /// As shown, or as stored where nothing is shown.
    pub(super) outcome: Outcome,
    /// Recognises the difference when it is found again.
    pub(super) key: String,
}

/// How a result differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Shown, and not stored.
    Missing,
    /// Stored otherwise.
    Stale,
    /// Stored, and gone.
    Withdrawn,
    /// The same, but a badge of the learner waits for a better name or address.
    Waiting,
}

impl Found {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Withdrawn => "withdrawn",
            Self::Waiting => "waiting",
        }
    }
}

/// Compares a gradebook, read at that time; what no rule names is left out. `forced` makes
/// differences new that were told before and led to nothing.
pub(super) fn compare(
    rules: &Rulebook,
    source: &str,
    book: &Gradebook,
    read_at: DateTime<Utc>,
    stored: &[StoredResult],
    forced: Option<Uuid>,
) -> Comparison {
    let named = |outcome: &Outcome| rules.names(source, outcome);
    let known: BTreeMap<(&str, &str), &StoredResult> =
        stored.iter().map(|result| (name(&result.outcome), result)).collect();
    let mut comparison = Comparison::default();
    let mut seen = BTreeSet::new();
    for shown in &book.shown {
        let outcome = &shown.outcome;
        // The same twice is one result.
        if !seen.insert(name(outcome)) || !named(outcome) {
            continue;
        }
        let result = known.get(&name(outcome)).copied();
        let found = match result {
            None => counts(outcome).then_some(Found::Missing),
            // It was confirmed while the gradebook was read.
            Some(result) if result.as_of > read_at => None,
            Some(result) => differs(rules, source, shown, result),
        };
        comparison.add(found, outcome, key(outcome, Some(shown), result, forced));
    }
    for result in stored {
        let outcome = &result.outcome;
        let readable =
            book.whole.contains(&outcome.assessment.id) && !book.unread.contains(&outcome.learner.id);
        if readable && !seen.contains(&name(outcome)) && named(outcome) {
            let found = (counts(outcome) && result.as_of <= read_at).then_some(Found::Withdrawn);
            comparison.add(found, outcome, key(outcome, None, Some(result), forced));
        }
    }
    comparison
}

impl Comparison {
    fn add(&mut self, found: Option<Found>, outcome: &Outcome, key: String) {
        let counts = &mut self.counts;
        counts.checked = counts.checked.saturating_add(1);
        let count = match found {
            // Of who waits nothing is wrong with the result.
            None | Some(Found::Waiting) => &mut counts.unchanged,
            Some(Found::Missing) => &mut counts.missing,
            Some(Found::Stale) => &mut counts.stale,
            Some(Found::Withdrawn) => &mut counts.withdrawn,
        };
        *count = count.saturating_add(1);
        if let Some(found) = found {
            self.differences.push(Difference { found, outcome: outcome.clone(), key });
        }
    }
}

/// One result each of learners for whom a badge waits, if nothing else of theirs is told:
/// confirming it reads their name and address anew, whose mending sends no event.
pub(super) fn waiting(
    rules: &Rulebook,
    source: &str,
    stored: &[StoredResult],
    waiting: &BTreeSet<String>,
    told: &[Difference],
    run: Uuid,
) -> Vec<Difference> {
    let mut told: BTreeSet<&str> =
        told.iter().map(|difference| difference.outcome.learner.id.as_str()).collect();
    let mut again = Vec::new();
    for result in stored {
        let outcome = &result.outcome;
        let learner = outcome.learner.id.as_str();
        if waiting.contains(learner)
            && counts(outcome)
            && rules.names(source, outcome)
            && told.insert(learner)
        {
            let key = key(outcome, None, Some(result), Some(run));
            again.push(Difference { found: Found::Waiting, outcome: outcome.clone(), key });
        }
    }
    again
}

/// Learner and assessment.
fn name(outcome: &Outcome) -> (&str, &str) {
    (&outcome.learner.id, &outcome.assessment.id)
}

/// Whether it counts, now.
fn counts(outcome: &Outcome) -> bool {
    outcome.release == Release::Released
}

/// How a stored result differs from the one shown, if it does.
fn differs(rules: &Rulebook, source: &str, shown: &Shown, stored: &StoredResult) -> Option<Found> {
    let (new, old) = (&shown.outcome, &stored.outcome);
    match (counts(old), counts(new)) {
        // Why neither counts is nothing that a rule asks.
        (false, false) => None,
        (true, false) => Some(match new.release {
            Release::Withheld { reason: Withheld::NotGraded | Withheld::NotEnrolled } => Found::Withdrawn,
            _ => Found::Stale,
        }),
        (false, true) => Some(Found::Stale),
        (true, true) => {
            let decided_otherwise = shown.decision && old.passed != new.passed;
            // A rule may be newer than the result, and so may a name by which it calls it.
            let named =
                Outcome { course: new.course.clone(), assessment: new.assessment.clone(), ..old.clone() };
            let judged_otherwise = rules.passes(source, &named) != stored.passes;
            // What passes by the LMS's own word passes by whatever name: no rule has judged it by this one.
            let named_anew = rules.names_beyond(source, new, old);
            // Attempts are read where a rule asks for them.
            let attempted_otherwise = !new.attempts.is_empty() && old.attempts != new.attempts;
            // The same score once more may be what renews a badge.
            let graded_anew = old.graded_at.is_some() && new.graded_at > old.graded_at;
            let differs = old.score != new.score || attempted_otherwise || graded_anew;
            (differs || decided_otherwise || judged_otherwise || named_anew).then_some(Found::Stale)
        }
    }
}

/// The same difference has the same key, however often it is found: confirming it again would
/// tell nothing new. Once confirmed, the stored time is another one.
fn key(
    outcome: &Outcome,
    shown: Option<&Shown>,
    stored: Option<&StoredResult>,
    forced: Option<Uuid>,
) -> String {
    let mut text = String::new();
    for part in [&outcome.course.id, &outcome.assessment.id, &outcome.learner.id] {
        // Writing into a String cannot fail.
        let _ = write!(text, "{}:{part}|", part.len());
    }
    match stored {
        Some(stored) => drop(write!(text, "{}|", stored.as_of.timestamp_micros())),
        None => text.push_str("none|"),
    }
    match shown {
        Some(Shown { outcome, decision }) => {
            let score = outcome.score.as_ref();
            let given = score.and_then(|score| score.given).map(|given| given.normalize());
            let max = score.and_then(|score| score.max).map(|max| max.normalize());
            let word = score.and_then(|score| score.text.as_deref());
            let passed = outcome.passed.filter(|_| *decision);
            let at = outcome.graded_at.map(|at| at.timestamp_micros());
            let _ = write!(text, "{:?}|{given:?}|{max:?}|{word:?}|{passed:?}|{at:?}", outcome.release);
            if !outcome.attempts.is_empty() {
                let _ = write!(text, "|{:?}", outcome.attempts);
            }
        }
        None => text.push_str("gone"),
    }
    if let Some(run) = forced {
        let _ = write!(text, "|{run}");
    }
    format!("reconciliation:{}", hex::encode(Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests;
