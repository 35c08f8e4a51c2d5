//! What an award rests on: as a hash, to know it again, and for people. Pure, no I/O.

use accolade_connectors::{Attempt, Outcome, Score};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::issue;
use crate::store::{Candidate, StoredOutcome};

/// How many results are named to people.
const NAMED: usize = 3;

/// A result as it counts: without titles and names, and without whether it is shown just now.
#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Counting<'a> {
    source: &'a str,
    learner: &'a str,
    course: &'a str,
    assessment: &'a str,
    passed: Option<bool>,
    score: Points<'a>,
    graded_at: Option<DateTime<Utc>>,
    late: Option<bool>,
    all_graded: Option<bool>,
    attempts: Vec<(u32, Points<'a>, Option<bool>)>,
}

/// Numbers as text, whatever zeros they end with.
type Points<'a> = Option<(Option<String>, Option<String>, Option<&'a str>)>;

fn points(score: Option<&Score>) -> Points<'_> {
    let number = |number: rust_decimal::Decimal| number.normalize().to_string();
    score.map(|score| (score.given.map(number), score.max.map(number), score.text.as_deref()))
}

fn counting(stored: &StoredOutcome, dated: bool) -> Counting<'_> {
    let StoredOutcome { source, outcome } = stored;
    let attempt = |attempt: &'_ Attempt| attempt.number;
    let mut attempts: Vec<&Attempt> = outcome.attempts.iter().collect();
    attempts.sort_by_key(|one| attempt(one));
    Counting {
        source,
        learner: &outcome.learner.id,
        course: &outcome.course.id,
        assessment: &outcome.assessment.id,
        passed: outcome.passed,
        score: points(outcome.score.as_ref()),
        graded_at: outcome.graded_at.filter(|_| dated),
        late: outcome.late,
        all_graded: outcome.all_graded,
        attempts: attempts
            .into_iter()
            .map(|one| (one.number, points(one.score.as_ref()), one.late))
            .collect(),
    }
}

/// A hash of the results (by index) that a rule names, and the badges on which it rests: another
/// one when any of them is graded otherwise, or it rests on others. When they were graded counts
/// only where it is `dated`, for a badge that the same grade earns again: else the same grade once
/// more, as of a course that is recalculated, says nothing new.
pub(super) fn fingerprint(candidate: &Candidate, results: &[usize], held: &[String], dated: bool) -> String {
    let mut results: Vec<Counting<'_>> = results
        .iter()
        .filter_map(|index| candidate.outcomes.get(*index))
        .map(|stored| counting(stored, dated))
        .collect();
    results.sort();
    // Texts, numbers and times always serialise.
    let text = serde_json::to_vec(&results).unwrap_or_default();
    format!("{} {}", hex::encode(Sha256::digest(text)), held.join(" "))
}

/// The results alone of such a hash.
pub(super) fn results_of(fingerprint: &str) -> &str {
    fingerprint.split(' ').next().unwrap_or_default()
}

/// The results for people: `Final test: 41 of 50 points`.
pub(super) fn grades(candidate: &Candidate, results: &[usize], held: &[String]) -> String {
    let results = results.iter().filter_map(|index| candidate.outcomes.get(*index));
    let mut named: Vec<String> = results.map(|stored| grade(&stored.outcome)).collect();
    named.extend(held.iter().map(|badge| format!("badge {badge}")));
    let more = named.len().saturating_sub(NAMED);
    named.truncate(NAMED);
    if more > 0 {
        named.push(format!("{more} more"));
    }
    named.join("; ")
}

fn grade(outcome: &Outcome) -> String {
    let score = outcome.score.as_ref().and_then(issue::score_text);
    let score = score.unwrap_or_else(|| {
        if outcome.passed == Some(true) { "passed".to_owned() } else { "completed".to_owned() }
    });
    format!("{}: {score}", issue::assessment_name(outcome))
}

#[cfg(test)]
mod tests {
    use accolade_connectors::{Release, Withheld};
    use uuid::Uuid;

    use super::*;
    use crate::clock::Clock;
    use crate::worker::samples::passed;

    fn candidate(outcomes: Vec<Outcome>) -> Candidate {
        let source = "forms".to_owned();
        Candidate {
            event: Uuid::nil(),
            delivery: Uuid::nil(),
            passed: true,
            attempts: 0,
            person: Uuid::nil(),
            version: 0,
            outcomes: outcomes
                .into_iter()
                .map(|outcome| StoredOutcome { source: source.clone(), outcome })
                .collect(),
            held: Vec::new(),
            decisions: Vec::new(),
            waiting: Vec::new(),
            guarded: Vec::new(),
            twins: Vec::new(),
            about: Some(0),
            whole: false,
            publication: None,
        }
    }

    fn scored(given: &str) -> Outcome {
        let score =
            Score { given: Some(given.parse().unwrap()), min: 0.into(), max: Some(50.into()), text: None };
        Outcome { score: Some(score), ..passed("ada", &Clock::system()) }
    }

    #[test]
    fn only_what_a_grade_is_made_of_counts() {
        let of = |outcome: Outcome| fingerprint(&candidate(vec![outcome]), &[0], &[], false);
        let same = of(scored("41"));
        let mut renamed = scored("41.00");
        renamed.course.name = Some("First Aid".to_owned());
        renamed.learner.name = Some("Ada".to_owned());
        renamed.release = Release::Withheld { reason: Withheld::Hidden };
        assert_eq!(of(renamed), same, "titles, zeros, and whether it is shown now");
        assert_ne!(of(scored("42")), same);
        let later = Outcome { graded_at: Some(Clock::system().now()), ..scored("41") };
        assert_eq!(of(later.clone()), same, "the same grade once more");
        let dated = |outcome: Outcome| fingerprint(&candidate(vec![outcome]), &[0], &[], true);
        assert_ne!(dated(later), dated(scored("41")), "unless it earns the badge again");
        assert_ne!(of(Outcome { passed: Some(false), ..scored("41") }), same);
    }

    #[test]
    fn the_order_of_facts_is_nothing_and_a_badge_that_it_rests_on_counts() {
        let mut other = scored("10");
        other.assessment.id = "other".to_owned();
        let one = candidate(vec![scored("41"), other.clone()]);
        let two = candidate(vec![other, scored("41")]);
        assert_eq!(fingerprint(&one, &[0, 1], &[], false), fingerprint(&two, &[0, 1], &[], false));
        let on_tin = fingerprint(&one, &[0, 1], &["tin".to_owned()], false);
        assert_ne!(on_tin, fingerprint(&one, &[0, 1], &[], false));
        assert_eq!(results_of(&on_tin), results_of(&fingerprint(&two, &[0, 1], &[], false)));
    }

    #[test]
    fn grades_are_named_for_people() {
        let all = candidate(vec![scored("41"), passed("ada", &Clock::system())]);
        assert_eq!(
            grades(&all, &[0, 1], &["tin".to_owned()]),
            "final: 41 of 50 points; final: passed; badge tin"
        );
        assert_eq!(grades(&all, &[0, 0, 0, 0, 1], &[]).matches("41 of 50").count(), NAMED);
        assert!(grades(&all, &[0, 0, 0, 0, 1], &[]).ends_with("; 2 more"));
    }
}
