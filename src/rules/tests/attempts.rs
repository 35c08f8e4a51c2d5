//! Which of several attempts counts.

use accolade_connectors::Attempt;

use super::*;

/// Points of 10 of each attempt, from the first, graded on the first days of September; `-`: not
/// graded.
fn tried(points: &[&str]) -> Outcome {
    let attempts = points.iter().zip(1_u32..).map(|(points, number)| Attempt {
        number,
        score: points.parse().ok().map(|given| Score {
            given: Some(given),
            min: Decimal::ZERO,
            max: Some(Decimal::TEN),
            text: None,
        }),
        graded_at: (*points != "-").then(|| day(number.into())),
        late: Some(false),
    });
    Outcome { attempts: attempts.collect(), ..outcome("quiz", "10", "10") }
}

fn rule(counts: Counts, threshold: Threshold) -> Rule {
    with(|terms| terms.counts = Some(counts), condition("quiz", threshold))
}

fn found(counts: Counts, mark: &str, outcome: &Outcome) -> (bool, String) {
    let explanation = judge(&rule(counts, percent(mark)), std::slice::from_ref(outcome)).explanation;
    (explanation.met, explanation.found.unwrap())
}

#[test]
fn each_policy_takes_its_own_attempt() {
    let outcome = tried(&["6", "9", "7"]);
    for (counts, mark, met, words) in [
        (Counts::Best, "90", true, "90 % in attempt 2"),
        (Counts::Latest, "70", true, "70 % in attempt 3"),
        (Counts::Latest, "71", false, "70 % in attempt 3"),
        (Counts::First, "60", true, "60 % in attempt 1"),
        (Counts::First, "61", false, "60 % in attempt 1"),
        (Counts::Average, "73.3", true, "73.33 % on average of 3 attempts"),
        (Counts::Average, "73.4", false, "73.33 % on average of 3 attempts"),
        // 65 % of 70 and 35 % of 75.
        (Counts::Decaying, "71.75", true, "71.75 % on decaying average of 3 attempts"),
        (Counts::Decaying, "71.76", false, "71.75 % on decaying average of 3 attempts"),
    ] {
        assert_eq!(found(counts, mark, &outcome), (met, words.to_owned()), "{counts:?} {mark}");
    }
    let decision = judge(&rule(Counts::Latest, Threshold::Points("7".parse().unwrap())), &[outcome]);
    insta::assert_snapshot!(decision.explanation, @"yes: quiz in WS101 (moodle): at least 7 points in the latest attempt; found: 7 of 10 points in attempt 3 on 3 September 2026");
}

#[test]
fn a_single_attempt_is_its_own_average() {
    for counts in Counts::ALL.map(|(_, counts)| counts) {
        assert!(found(counts, "80", &tried(&["8"])).0, "{counts:?}");
        assert!(!found(counts, "81", &tried(&["8"])).0, "{counts:?}");
    }
}

#[test]
fn an_average_of_thirds_is_exact() {
    // Three thirds in sixteen are 6.25 %; three times 33.333… cut off is less.
    let mut thirds = tried(&["1", "1", "1"]);
    for attempt in &mut thirds.attempts {
        attempt.score.as_mut().unwrap().max = Some(3.into());
    }
    thirds.attempts.extend(tried(&["0"; 16]).attempts.into_iter().skip(3));
    assert!(found(Counts::Average, "6.25", &thirds).0);
    assert!(!found(Counts::Average, "6.25000001", &thirds).0);
}

#[test]
fn of_equally_good_attempts_the_first_one_gives_the_time() {
    let decision = judge(&rule(Counts::Best, percent("90")), &[tried(&["5", "9", "9"])]);
    assert_eq!(decision.explanation.since, Some(day(2)));
}

#[test]
fn the_only_attempt_need_not_be_listed() {
    let mut outcome = outcome("quiz", "8", "10");
    outcome.attempt = Some(1);
    assert!(found(Counts::First, "80", &outcome).0);
    for attempt in [None, Some(2)] {
        outcome.attempt = attempt;
        for counts in Counts::ALL.map(|(_, counts)| counts) {
            let told = (false, "the source does not list the attempts".to_owned());
            assert_eq!(found(counts, "0", &outcome), told);
        }
    }
}

#[test]
fn what_is_not_listed_might_be_the_one_that_counts() {
    let missing = || (false, "the source does not list every attempt".to_owned());
    let mut outcome = tried(&["9", "9", "9"]);
    outcome.attempts.remove(1);
    assert!(found(Counts::Best, "90", &outcome).0, "the best is no worse");
    assert!(found(Counts::Latest, "90", &outcome).0 && found(Counts::First, "90", &outcome).0);
    assert_eq!(found(Counts::Average, "90", &outcome), missing());
    outcome.attempts.remove(0);
    assert_eq!(found(Counts::First, "90", &outcome), missing());
    assert_eq!(found(Counts::Decaying, "90", &outcome), missing());
    outcome.attempt = Some(4);
    assert_eq!(found(Counts::Latest, "90", &outcome), missing());
}

#[test]
fn an_attempt_that_is_not_graded_counts_where_it_is_the_one() {
    let outcome = tried(&["-", "9", "-"]);
    let told = |number| (false, format!("attempt {number} is not graded yet"));
    assert_eq!(found(Counts::Latest, "0", &outcome), told(3));
    assert_eq!(found(Counts::First, "0", &outcome), told(1));
    assert!(found(Counts::Best, "90", &outcome).0 && found(Counts::Average, "90", &outcome).0);
    assert_eq!(found(Counts::Best, "0", &tried(&["-"])), told(1));
}

#[test]
fn late_attempts_and_those_of_other_times_are_left_out_first() {
    let limited = |counts| {
        let between = Some(Between { from: day(2), to: day(3) });
        let terms = Terms { counts: Some(counts), between, on_time: true, all_graded: false, period: None };
        with(move |own| own.clone_from(&terms), condition("quiz", percent("60")))
    };
    let mut outcome = tried(&["10", "6", "10", "10"]);
    outcome.attempts[2].late = Some(true);
    for counts in Counts::ALL.map(|(_, counts)| counts) {
        let decision = judge(&limited(counts), std::slice::from_ref(&outcome));
        assert_eq!(decision.explanation.since, Some(day(2)), "{counts:?}");
        assert!(decision.explanation.found.unwrap().starts_with("60 %"), "{counts:?}");
    }
    // Whether the third one counts is not known: what rests on it is not met.
    outcome.attempts[2].late = None;
    for (counts, earned) in [
        (Counts::Best, true),
        (Counts::First, true),
        (Counts::Latest, false),
        (Counts::Average, false),
        (Counts::Decaying, false),
    ] {
        let decision = judge(&limited(counts), std::slice::from_ref(&outcome));
        assert_eq!(decision.earned, earned, "{counts:?}");
        if !earned {
            let found = decision.explanation.found.unwrap();
            assert_eq!(found, "the source does not say whether it was late", "{counts:?}");
        }
    }
}

#[test]
fn letters_of_attempts_are_compared_and_decisions_are_not_made_of_them() {
    let mut outcome = tried(&["1", "1"]);
    for (attempt, text) in outcome.attempts.iter_mut().zip(["A", "C"]) {
        attempt.score.as_mut().unwrap().text = Some(text.to_owned());
    }
    outcome.passed = Some(true);
    let letters = Threshold::OneOf(vec!["A".to_owned()]);
    for (counts, earned) in [
        (Counts::Best, true),
        (Counts::First, true),
        (Counts::Latest, false),
        (Counts::Average, false),
        (Counts::Decaying, false),
    ] {
        let facts = std::slice::from_ref(&outcome);
        assert_eq!(judge(&rule(counts, letters.clone()), facts).earned, earned, "{counts:?}");
        assert!(!judge(&rule(counts, Threshold::Passed), facts).earned, "{counts:?}");
    }
}
