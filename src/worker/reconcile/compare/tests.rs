use accolade_connectors::{Assessment, AssessmentKind, Course, Learner, Score};
use chrono::TimeDelta;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::rules::{AssessmentName, Condition, Rule, Threshold};

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
}

/// The badge “b” asks 70 % in `item:4` of the course 2, which rules call WS101.
fn rules(mark: u32) -> Rulebook {
    let item = AssessmentName::Named("item:4".to_owned());
    let condition = Condition::new("lms", "WS101", item, Threshold::Percent(Decimal::from(mark)));
    Rulebook::new(vec![("b".to_owned(), Rule::Condition(condition))])
}

fn outcome(learner: &str, points: Option<i64>) -> Outcome {
    let score =
        |given: i64| Score { given: Some(given.into()), min: 0.into(), max: Some(100.into()), text: None };
    Outcome {
        learner: Learner {
            id: learner.to_owned(),
            name: None,
            email: None,
            institution_id: None,
            language: None,
        },
        course: Course { id: "2".to_owned(), also: vec!["WS101".to_owned()], name: None, url: None },
        assessment: Assessment {
            id: "item:4".to_owned(),
            also: Vec::new(),
            kind: AssessmentKind::Item,
            name: None,
            url: None,
        },
        score: points.map(score),
        passed: None,
        release: match points {
            Some(_) => Release::Released,
            None => Release::Withheld { reason: Withheld::NotGraded },
        },
        graded_at: None,
        attempt: None,
        attempts: Vec::new(),
        late: None,
        all_graded: None,
        as_of: at(0),
    }
}

fn stored(outcome: Outcome) -> StoredResult {
    StoredResult { passes: rules(70).passes("lms", &outcome), as_of: outcome.as_of, outcome }
}

fn book(shown: &[(&str, Option<i64>)]) -> Gradebook {
    let shown =
        shown.iter().map(|(learner, points)| Shown { outcome: outcome(learner, *points), decision: true });
    Gradebook { shown: shown.collect(), whole: BTreeSet::from(["item:4".to_owned()]), ..Gradebook::default() }
}

fn compared(book: &Gradebook, stored: &[StoredResult]) -> Comparison {
    compare(&rules(70), "lms", book, at(10), stored, None)
}

/// What was found of one learner.
fn found(book: &Gradebook, stored: &[StoredResult]) -> Option<Found> {
    let comparison = compared(book, stored);
    assert_eq!(comparison.counts.checked, 1);
    assert!(comparison.differences.len() <= 1);
    comparison.differences.first().map(|difference| difference.found)
}

#[test]
fn each_difference_has_its_name() {
    let (one, none) = (|points| vec![stored(outcome("7", points))], Vec::new());
    assert_eq!(found(&book(&[("7", Some(80))]), &none), Some(Found::Missing));
    assert_eq!(found(&book(&[("7", Some(40))]), &none), Some(Found::Missing), "a rule may forbid it");
    assert_eq!(found(&book(&[("7", None)]), &none), None, "no grade is nothing to store");
    assert_eq!(found(&book(&[("7", Some(80))]), &one(Some(80))), None);
    assert_eq!(found(&book(&[("7", Some(81))]), &one(Some(80))), Some(Found::Stale));
    assert_eq!(found(&book(&[("7", Some(80))]), &one(None)), Some(Found::Stale));
    assert_eq!(found(&book(&[("7", None)]), &one(Some(80))), Some(Found::Withdrawn));
    assert_eq!(found(&book(&[]), &one(Some(80))), Some(Found::Withdrawn));
    assert_eq!(found(&book(&[]), &one(None)), None);
}

#[test]
fn a_grade_that_is_hidden_is_stale_and_why_it_does_not_count_is_no_difference() {
    let hidden = |reason| {
        let mut book = book(&[("7", Some(80))]);
        book.shown[0].outcome.release = Release::Withheld { reason };
        book
    };
    assert_eq!(found(&hidden(Withheld::Hidden), &[stored(outcome("7", Some(80)))]), Some(Found::Stale));
    assert_eq!(
        found(&hidden(Withheld::NotEnrolled), &[stored(outcome("7", Some(80)))]),
        Some(Found::Withdrawn)
    );
    assert_eq!(found(&hidden(Withheld::Hidden), &[stored(outcome("7", None))]), None);
    assert_eq!(found(&hidden(Withheld::NotPosted), &[]), None);
}

#[test]
fn a_decision_that_was_not_read_says_nothing() {
    let mut passed = stored(outcome("7", Some(80)));
    passed.outcome.passed = Some(true);
    let mut book = book(&[("7", Some(80))]);
    assert_eq!(found(&book, std::slice::from_ref(&passed)), Some(Found::Stale));
    book.shown[0].decision = false;
    assert_eq!(found(&book, &[passed]), None);
}

#[test]
fn who_is_missing_in_half_a_reading_or_could_not_be_read_is_not_gone() {
    let known = [stored(outcome("7", Some(80)))];
    let half = Gradebook { whole: BTreeSet::new(), ..book(&[]) };
    assert_eq!(compared(&half, &known).counts, Counts::default());
    let unread = Gradebook { unread: BTreeSet::from(["7".to_owned()]), ..book(&[]) };
    assert_eq!(compared(&unread, &known).counts, Counts::default());
}

#[test]
fn what_no_rule_names_is_left_out() {
    let elsewhere = |mut outcome: Outcome| {
        outcome.assessment.id = "item:5".to_owned();
        outcome
    };
    let mut book = book(&[("7", Some(80))]);
    book.whole.insert("item:5".to_owned());
    book.shown[0].outcome = elsewhere(outcome("7", Some(80)));
    assert_eq!(compared(&book, &[stored(elsewhere(outcome("8", Some(80))))]).counts, Counts::default());
}

#[test]
fn a_rule_that_is_newer_than_the_result_makes_it_stale() {
    let known = [stored(outcome("7", Some(60)))];
    let book = book(&[("7", Some(60))]);
    assert_eq!(found(&book, &known), None);
    let comparison = compare(&rules(50), "lms", &book, at(10), &known, None);
    assert_eq!(comparison.counts.stale, 1);
}

#[test]
fn a_name_that_is_newer_than_the_result_makes_it_stale() {
    let mut nameless = outcome("7", Some(80));
    nameless.course.also.clear();
    let known = [stored(nameless)];
    assert!(!known[0].passes);
    assert_eq!(found(&book(&[("7", Some(80))]), &known), Some(Found::Stale));
}

#[test]
fn what_was_confirmed_while_the_gradebook_was_read_is_newer() {
    let mut newer = stored(outcome("7", Some(40)));
    newer.as_of = at(11);
    assert_eq!(found(&book(&[("7", Some(80))]), std::slice::from_ref(&newer)), None);
    newer.outcome = outcome("7", Some(80));
    assert_eq!(found(&book(&[]), &[newer]), None);
}

#[test]
fn the_same_difference_has_the_same_key_until_it_is_confirmed() {
    let key = |points: i64, stored: &[StoredResult], forced| {
        let mut book = book(&[("7", Some(points))]);
        // The time of the reading and the spelling of a number are no difference.
        book.shown[0].outcome.as_of = at(points);
        let comparison = compare(&rules(70), "lms", &book, at(10), stored, forced);
        comparison.differences[0].key.clone()
    };
    let old = stored(outcome("7", Some(40)));
    let mut confirmed_again = old.clone();
    confirmed_again.as_of = at(5);
    assert_eq!(key(80, std::slice::from_ref(&old), None), key(80, std::slice::from_ref(&old), None));
    assert_ne!(key(80, std::slice::from_ref(&old), None), key(81, std::slice::from_ref(&old), None));
    assert_ne!(
        key(80, std::slice::from_ref(&old), None),
        key(80, &[confirmed_again], None),
        "80, 40, 80 again"
    );
    assert_ne!(key(80, std::slice::from_ref(&old), None), key(80, &[], None));
    assert_ne!(
        key(80, std::slice::from_ref(&old), None),
        key(80, std::slice::from_ref(&old), Some(Uuid::from_u128(1)))
    );
}

proptest! {
    /// Whatever the gradebook and the store hold, confirming everything that differs leaves
    /// nothing to tell, and every result is counted once.
    #[test]
    fn after_all_is_confirmed_nothing_differs(
        shown in proptest::collection::btree_map(0..6_u8, proptest::option::of(0..100_i64), 0..6),
        known in proptest::collection::btree_map(0..6_u8, proptest::option::of(0..100_i64), 0..6),
    ) {
        let names: Vec<(String, Option<i64>)> =
            shown.iter().map(|(learner, points)| (learner.to_string(), *points)).collect();
        let names: Vec<(&str, Option<i64>)> = names.iter().map(|(name, points)| (name.as_str(), *points)).collect();
        let book = book(&names);
        let mut known: BTreeMap<String, StoredResult> = known
            .iter()
            .map(|(learner, points)| (learner.to_string(), stored(outcome(&learner.to_string(), *points))))
            .collect();
        let before: Vec<StoredResult> = known.values().cloned().collect();
        let comparison = compared(&book, &before);
        let counts = comparison.counts;
        let found = counts.missing + counts.stale + counts.withdrawn;
        prop_assert_eq!(counts.checked, found + counts.unchanged);
        prop_assert_eq!(found as usize, comparison.differences.len());
        for difference in comparison.differences {
            let learner = difference.outcome.learner.id.clone();
            let truth = names.iter().find(|(name, _)| *name == learner).and_then(|(_, points)| *points);
            known.insert(learner.clone(), stored(outcome(&learner, truth)));
        }
        let after: Vec<StoredResult> = known.into_values().collect();
        prop_assert!(compared(&book, &after).differences.is_empty());
    }
}

#[test]
fn attempts_that_a_rule_asks_for_make_a_difference_of_their_own() {
    let attempt = |number, points: i64| accolade_connectors::Attempt {
        number,
        score: outcome("7", Some(points)).score,
        graded_at: None,
        late: None,
    };
    let with = |attempts: Vec<accolade_connectors::Attempt>| Outcome { attempts, ..outcome("7", Some(80)) };
    let compared = |shown: Outcome, known: Outcome| {
        let mut book = book(&[]);
        book.shown = vec![Shown { outcome: shown, decision: true }];
        let comparison = compare(&rules(70), "lms", &book, at(1), &[stored(known)], None);
        comparison.differences.into_iter().map(|it| (it.found, it.key)).next()
    };
    let one = || with(vec![attempt(1, 80)]);
    let two = with(vec![attempt(1, 80), attempt(2, 10)]);
    assert_eq!(compared(one(), one()), None);
    assert_eq!(compared(outcome("7", Some(80)), one()), None, "what was not asked for is no difference");
    let (found, key) = compared(two.clone(), one()).unwrap();
    assert_eq!(found, Found::Stale, "a worse attempt leaves the grade as it was");
    let (_, other) = compared(with(vec![attempt(1, 80), attempt(2, 20)]), one()).unwrap();
    assert_ne!(key, other, "told again when the attempts change");
    assert_eq!(
        compared(two.clone(), with(Vec::new())).unwrap().0,
        Found::Stale,
        "a rule is newer than the result"
    );
}

/// What a teacher changes in an assessment sends no event that tells of a learner.
#[test]
fn a_maximum_that_is_changed_later_is_found_by_reconciliation() {
    let mut shown = outcome("7", Some(60));
    shown.score.as_mut().unwrap().max = Some(80.into());
    let known = stored(outcome("7", Some(60)));
    assert!(!known.passes && rules(70).passes("lms", &shown), "60 of 80 is 75 %");
    let book = Gradebook { shown: vec![Shown { outcome: shown, decision: false }], ..Gradebook::default() };
    let comparison = compare(&rules(70), "lms", &book, at(1), &[known], None);
    assert_eq!(comparison.differences[0].found, Found::Stale);
}

#[test]
fn a_pass_mark_that_is_changed_later_is_found_by_reconciliation() {
    // In the LMS: its own decision is another one.
    let with = |passed| Outcome { passed: Some(passed), ..outcome("7", Some(60)) };
    let differs = |decision| {
        let shown = vec![Shown { outcome: with(true), decision }];
        let book = Gradebook { shown, ..Gradebook::default() };
        !compare(&rules(70), "lms", &book, at(1), &[stored(with(false))], None).differences.is_empty()
    };
    assert!(differs(true) && !differs(false), "a decision that was not read says nothing");
    // In the rule: the stored verdict is that of the mark before.
    let known = StoredResult { passes: false, as_of: at(0), outcome: outcome("7", Some(60)) };
    let comparison = compare(&rules(50), "lms", &book(&[("7", Some(60))]), at(1), &[known], None);
    assert_eq!(comparison.differences[0].found, Found::Stale);
}

/// In Moodle an ID number is unique within its course only.
#[test]
fn an_id_number_of_another_course_is_another_item() {
    let item = AssessmentName::Named("QUIZ-FINAL".to_owned());
    let condition = Condition::new("lms", "WS101", item, Threshold::Percent(70.into()));
    let rules = Rulebook::new(vec![("b".to_owned(), Rule::Condition(condition))]);
    let mut here = outcome("7", Some(80));
    here.assessment.also = vec!["QUIZ-FINAL".to_owned()];
    let mut there = here.clone();
    there.course = Course { id: "3".to_owned(), also: vec!["FS200".to_owned()], name: None, url: None };
    assert!(rules.passes("lms", &here) && !rules.names("lms", &there) && !rules.passes("lms", &there));
    let shown = vec![Shown { outcome: there, decision: true }];
    let book = Gradebook { shown, ..Gradebook::default() };
    assert!(compare(&rules, "lms", &book, at(1), &[], None).differences.is_empty());
}

#[test]
fn who_waits_for_a_better_name_is_asked_about_once_a_run() {
    let waits = BTreeSet::from(["ada".to_owned(), "bob".to_owned(), "carl".to_owned(), "dan".to_owned()]);
    let mut other = outcome("ada", Some(80));
    other.assessment.id = "item:5".to_owned();
    // Of Ada two results, of which one has a rule; Carl has no grade, Eve waits for nothing.
    let all: Vec<StoredResult> =
        [other, outcome("ada", Some(90)), outcome("bob", Some(90)), outcome("carl", None)]
            .into_iter()
            .chain([outcome("dan", Some(90)), outcome("eve", Some(90))])
            .map(stored)
            .collect();
    let told = compare(&rules(70), "lms", &book(&[("dan", Some(20))]), at(1), &all, None).differences;
    let told: Vec<Difference> = told.into_iter().filter(|it| it.outcome.learner.id == "dan").collect();
    assert_eq!(told.len(), 1);
    let again = |run: u128| waiting(&rules(70), "lms", &all, &waits, &told, Uuid::from_u128(run));
    let learners: Vec<String> = again(1).iter().map(|it| it.outcome.learner.id.clone()).collect();
    assert_eq!(learners, ["ada", "bob"]);
    assert!(again(1).iter().all(|it| it.outcome.assessment.id == "item:4" && it.found == Found::Waiting));
    let keys = |run| again(run).into_iter().map(|it| it.key).collect::<Vec<_>>();
    assert_eq!(keys(1), keys(1));
    assert_ne!(keys(1), keys(2), "each run asks anew");
}

#[test]
fn a_pass_that_a_rule_names_only_now_is_stale_though_nothing_else_changed() {
    let completion = |also: &[&str]| {
        let mut outcome = Outcome { passed: Some(true), ..outcome("7", Some(80)) };
        outcome.course.also = also.iter().map(|name| (*name).to_owned()).collect();
        outcome.assessment.kind = AssessmentKind::CourseCompletion;
        outcome
    };
    let rule = |course: &str| {
        Rule::Condition(Condition::new("lms", course, AssessmentName::CourseCompletion, Threshold::Passed))
    };
    let by_number = ("a".to_owned(), rule("2"));
    let by_name = ("b".to_owned(), rule("WS101"));
    for rules in [vec![by_name.clone()], vec![by_number.clone(), by_name]] {
        let rules = Rulebook::new(rules);
        let found = |shown: &[&str], known: &[&str]| {
            let (shown, known) = (completion(shown), completion(known));
            let known = StoredResult { passes: rules.passes("lms", &known), as_of: at(0), outcome: known };
            let shown = vec![Shown { outcome: shown, decision: true }];
            let book = Gradebook { shown, ..Gradebook::default() };
            let comparison = compare(&rules, "lms", &book, at(1), &[known], None);
            comparison.differences.first().map(|it| it.found)
        };
        assert_eq!(found(&["WS101"], &[]), Some(Found::Stale));
        assert_eq!(found(&["WS101"], &["WS101"]), None);
        assert_eq!(found(&["WS101", "other"], &["WS101"]), None, "a name that no rule knows");
        assert_eq!(found(&[], &["WS101"]), None);
    }
    let rules = Rulebook::new(vec![by_number]);
    let known = StoredResult { passes: true, as_of: at(0), outcome: completion(&[]) };
    let shown = vec![Shown { outcome: completion(&["WS101"]), decision: true }];
    let book = Gradebook { shown, ..Gradebook::default() };
    assert!(compare(&rules, "lms", &book, at(1), &[known], None).differences.is_empty());
}
