use accolade_connectors::{Assessment, AssessmentKind, Course, Learner, Outcome, Release, Score, Withheld};
use chrono::{DateTime, Duration};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

fn outcome(assessment: &str, given: &str, max: &str) -> Outcome {
    Outcome {
        learner: Learner {
            id: "8".to_owned(),
            name: None,
            email: None,
            institution_id: None,
            language: None,
        },
        course: Course { id: "2".to_owned(), also: vec!["WS101".to_owned()], name: None, url: None },
        assessment: Assessment {
            id: assessment.to_owned(),
            also: Vec::new(),
            kind: AssessmentKind::Item,
            name: None,
            url: None,
        },
        score: Some(Score {
            given: Some(given.parse().unwrap()),
            min: Decimal::ZERO,
            max: Some(max.parse().unwrap()),
            text: None,
        }),
        passed: None,
        release: Release::Released,
        graded_at: None,
        attempt: None,
        as_of: DateTime::UNIX_EPOCH,
    }
}

fn asks(assessment: &str, threshold: Threshold) -> Rule {
    Rule::Condition(Condition {
        source: "moodle".to_owned(),
        course: "WS101".to_owned(),
        assessment: AssessmentName::Named(assessment.to_owned()),
        threshold,
    })
}

fn percent(mark: &str) -> Threshold {
    Threshold::Percent(mark.parse().unwrap())
}

fn judge(rule: &Rule, outcomes: &[Outcome]) -> Decision {
    let facts: Vec<Fact<'_>> = outcomes.iter().map(|outcome| Fact { source: "moodle", outcome }).collect();
    evaluate(rule, &facts)
}

fn withheld(mut outcome: Outcome, reason: Withheld) -> Outcome {
    outcome.release = Release::Withheld { reason };
    outcome
}

#[test]
fn a_grade_exactly_at_the_mark_earns_and_one_just_below_does_not() {
    let rule = asks("quiz", percent("70"));
    assert!(judge(&rule, &[outcome("quiz", "7", "10")]).earned);
    assert!(!judge(&rule, &[outcome("quiz", "6.99999", "10")]).earned);
    // 0.1 + 0.2 is not 0.3 in binary floating point.
    assert!(judge(&asks("quiz", percent("30")), &[outcome("quiz", "0.3", "1")]).earned);
    let rule = asks("quiz", Threshold::Points("60".parse().unwrap()));
    assert!(judge(&rule, &[outcome("quiz", "60.00000", "100")]).earned);
    assert!(!judge(&rule, &[outcome("quiz", "59.99", "100")]).earned);
}

#[test]
fn a_near_miss_is_never_shown_as_the_mark() {
    let decision = judge(&asks("quiz", percent("70")), &[outcome("quiz", "69.9999", "100")]);
    assert_eq!(decision.explanation.found.as_deref(), Some("69.99 %"));
    let decision = judge(&asks("quiz", percent("66.6667")), &[outcome("quiz", "66.66669", "100")]);
    assert_eq!(decision.explanation.found.as_deref(), Some("66.6666 %"));
}

#[test]
fn a_withheld_outcome_never_earns_and_the_explanation_says_why() {
    let mut full = outcome("quiz", "10", "10");
    full.passed = Some(true);
    full.score.as_mut().unwrap().text = Some("A".to_owned());
    for (reason, words) in [
        (Withheld::NotPosted, "not posted yet"),
        (Withheld::Hidden, "hidden in the gradebook"),
        (Withheld::NotGraded, "not graded yet"),
        (Withheld::Excused, "excused"),
        (Withheld::Anonymous, "graded anonymously, names not revealed yet"),
        (Withheld::TestStudent, "a test student, who earns no badges"),
        (Withheld::NotEnrolled, "no longer enrolled in the course"),
    ] {
        for threshold in [Threshold::Passed, percent("0"), Threshold::OneOf(vec!["A".to_owned()])] {
            let rule = asks("quiz", threshold);
            let hidden = withheld(full.clone(), reason);
            let decision = judge(&rule, std::slice::from_ref(&hidden));
            assert!(!decision.earned && decision.evidence.is_empty());
            assert_eq!(decision.explanation.found.as_deref(), Some(words));
            assert!(!Rulebook::new(vec![("b".to_owned(), rule)]).passes("moodle", &hidden));
        }
    }
}

#[test]
fn only_the_lms_decides_passed() {
    let rule = asks("quiz", Threshold::Passed);
    for (passed, earned) in [(Some(true), true), (Some(false), false), (None, false)] {
        let outcome = Outcome { passed, ..outcome("quiz", "10", "10") };
        assert_eq!(judge(&rule, &[outcome]).earned, earned, "{passed:?}");
    }
}

#[test]
fn letters_are_compared_without_case_and_outer_space() {
    let rule = asks("quiz", Threshold::OneOf(vec!["A-".to_owned(), " Competent ".to_owned()]));
    for (text, earned) in [("a-", true), ("competent", true), ("A", false), ("", false)] {
        let mut graded = outcome("quiz", "1", "1");
        graded.score.as_mut().unwrap().text = Some(text.to_owned());
        assert_eq!(judge(&rule, &[graded]).earned, earned, "{text}");
    }
}

#[test]
fn names_are_compared_exactly_and_by_every_name() {
    let rule = asks("quiz", percent("50"));
    assert!(judge(&rule, &[Outcome { ..outcome("quiz", "5", "10") }]).earned);
    let mut other = outcome("item:4", "5", "10");
    assert!(!judge(&rule, std::slice::from_ref(&other)).earned);
    other.assessment.also.push("quiz".to_owned());
    assert!(judge(&rule, std::slice::from_ref(&other)).earned);
    other.course.also = vec!["ws101".to_owned()];
    assert!(!judge(&rule, std::slice::from_ref(&other)).earned);
    other.course.id = "WS101".to_owned();
    assert!(judge(&rule, std::slice::from_ref(&other)).earned);
    assert!(!evaluate(&rule, &[Fact { source: "canvas", outcome: &other }]).earned);
}

#[test]
fn of_several_outcomes_the_best_counts() {
    let rule = asks("quiz", percent("70"));
    let (bad, good) = (outcome("quiz", "1", "10"), outcome("quiz", "9", "10"));
    let hidden = withheld(outcome("quiz", "10", "10"), Withheld::Hidden);
    let decision = judge(&rule, &[hidden.clone(), good, bad.clone()]);
    assert_eq!((decision.earned, decision.evidence), (true, vec![1]));
    assert_eq!(decision.explanation.found.as_deref(), Some("90 %"));
    let decision = judge(&rule, &[bad, hidden]);
    assert_eq!(decision.explanation.found.as_deref(), Some("10 %"));
}

#[test]
fn of_two_that_serve_a_condition_alike_the_choice_does_not_hang_on_their_order() {
    let rule = Rule::Any(vec![asks("quiz", percent("0")), asks("quiz", Threshold::Passed)]);
    let scored = Outcome { passed: Some(true), ..outcome("quiz", "9", "10") };
    let bare = Outcome { score: None, ..scored.clone() };
    let one = judge(&rule, &[scored.clone(), bare.clone()]);
    let other = judge(&rule, &[bare, scored]);
    assert_eq!((one.evidence, other.evidence), (vec![0], vec![1]));
}

#[test]
fn course_total_and_completion_are_told_apart_by_kind() {
    let condition = |assessment, threshold| {
        Rule::Condition(Condition {
            source: "moodle".to_owned(),
            course: "2".to_owned(),
            assessment,
            threshold,
        })
    };
    let total = condition(AssessmentName::CourseTotal, percent("70"));
    let completion = condition(AssessmentName::CourseCompletion, Threshold::Passed);
    let mut of_total = outcome(Assessment::COURSE_TOTAL, "80", "100");
    of_total.assessment.kind = AssessmentKind::CourseTotal;
    of_total.passed = Some(true);
    let mut of_completion = outcome(Assessment::COURSE_COMPLETION, "80", "100");
    of_completion.assessment.kind = AssessmentKind::CourseCompletion;
    of_completion.score = None;
    of_completion.passed = Some(true);
    assert!(judge(&total, std::slice::from_ref(&of_total)).earned);
    assert!(!judge(&completion, std::slice::from_ref(&of_total)).earned);
    assert!(judge(&completion, std::slice::from_ref(&of_completion)).earned);
    assert!(!judge(&total, std::slice::from_ref(&of_completion)).earned);
    insta::assert_snapshot!(
        judge(&Rule::All(vec![total, completion]), &[of_total, of_completion]).explanation,
        @r"
    yes: all of these
      yes: total of 2 (moodle): at least 70 %; found: 80 %
      yes: completion of 2 (moodle); found: completed
    "
    );
}

#[test]
fn what_asks_nothing_earns_nothing() {
    let met = || asks("quiz", percent("0"));
    let facts = [outcome("quiz", "1", "1")];
    for rule in [
        Rule::All(Vec::new()),
        Rule::Any(Vec::new()),
        Rule::AtLeast { count: 0, of: Vec::new() },
        Rule::AtLeast { count: 2, of: vec![met()] },
        Rule::All(vec![met(), Rule::All(Vec::new())]),
    ] {
        assert!(!judge(&rule, &facts).earned, "{rule:?}");
    }
}

#[test]
fn evidence_is_only_what_counts() {
    let rule = Rule::Any(vec![
        Rule::All(vec![asks("a", percent("50")), asks("missing", percent("50"))]),
        asks("b", percent("50")),
    ]);
    let facts = [outcome("a", "1", "1"), outcome("b", "1", "1"), outcome("unrelated", "1", "1")];
    assert_eq!(judge(&rule, &facts).evidence, [1]);
}

#[test]
fn an_explanation_reads_like_a_colleagues_answer() {
    let mut quiz = outcome("QUIZ", "17", "20");
    quiz.assessment.name = Some("Final quiz".to_owned());
    quiz.course.name = Some("Workplace Safety 101".to_owned());
    let mut letter = outcome("ESSAY", "3", "4");
    letter.score.as_mut().unwrap().text = Some("B".to_owned());
    let rule = Rule::All(vec![
        asks("QUIZ", percent("70")),
        asks("REPORT", Threshold::Points("60".parse().unwrap())),
        Rule::AtLeast {
            count: 2,
            of: vec![
                asks("ESSAY", Threshold::OneOf(vec!["A".to_owned(), "A-".to_owned()])),
                asks("ORAL", Threshold::Passed),
                asks("LAB", Threshold::Points("60".parse().unwrap())),
            ],
        },
    ]);
    let oral = withheld(outcome("ORAL", "55", "100"), Withheld::NotPosted);
    let decision = judge(&rule, &[quiz, letter, oral, outcome("LAB", "55.5", "100")]);
    insta::assert_snapshot!(decision.explanation, @r"
    no: all of these
      yes: Final quiz in Workplace Safety 101 (moodle): at least 70 %; found: 85 %
      no: REPORT in WS101 (moodle): at least 60 points; found: no result yet
      no: at least 2 of these 3
        no: ESSAY in WS101 (moodle): one of the grades A, A-; found: “B”
        no: ORAL in WS101 (moodle): passed; found: not posted yet
        no: LAB in WS101 (moodle): at least 60 points; found: 55.5 of 100 points
    ");
    insta::assert_snapshot!(decision.explanation.lacks(), @"REPORT in WS101 (moodle): at least 60 points, but found no result yet; ESSAY in WS101 (moodle): one of the grades A, A-, but found “B”; ORAL in WS101 (moodle): passed, but found not posted yet; LAB in WS101 (moodle): at least 60 points, but found 55.5 of 100 points");
    assert!(decision.evidence.is_empty());
}

#[test]
fn a_remark_says_what_the_rules_ask() {
    let book = Rulebook::new(vec![
        ("safety".to_owned(), Rule::Any(vec![asks("quiz", percent("70")), asks("quiz", Threshold::Passed)])),
        ("other".to_owned(), Rule::All(vec![asks("quiz", percent("50")), asks("lab", percent("50"))])),
    ])
    .with_titles([("safety".to_owned(), "Workplace Safety".to_owned())]);
    let quiz = outcome("quiz", "68", "100");
    insta::assert_snapshot!(book.remark("moodle", &quiz), @"68 %; badge “other” asks at least 50 %, which it meets; badge “Workplace Safety” asks at least 70 %; badge “Workplace Safety” asks passed");
    insta::assert_snapshot!(book.remark("moodle", &withheld(quiz.clone(), Withheld::NotPosted)), @"not posted yet; badge “other” asks at least 50 %; badge “Workplace Safety” asks at least 70 %; badge “Workplace Safety” asks passed");
    assert_eq!(book.remark("canvas", &quiz), "no badge has a rule for it");
    assert_eq!(book.badges_for("moodle", &quiz), ["other", "safety"]);
    assert_eq!(book.badges_for("moodle", &outcome("lab", "1", "1")), ["other"]);
    assert!(book.badges_for("canvas", &quiz).is_empty());
    assert!(book.passes("moodle", &quiz));
    assert!(!book.passes("moodle", &outcome("quiz", "49", "100")));
    assert!(book.passes("moodle", &Outcome { passed: Some(true), ..outcome("unknown", "0", "1") }));
    assert!(book.rule("safety").is_some() && book.rule("none").is_none());
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

fn any_threshold() -> impl Strategy<Value = Threshold> {
    prop_oneof![
        Just(Threshold::Passed),
        (0..=100_i64).prop_map(|mark| Threshold::Percent(mark.into())),
        (0..=20_i64).prop_map(|mark| Threshold::Points(mark.into())),
        Just(Threshold::OneOf(vec!["A".to_owned(), "B".to_owned()])),
    ]
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let leaf = (prop::sample::select(&NAMES[..]), any_threshold()).prop_map(|(name, mark)| asks(name, mark));
    leaf.prop_recursive(3, 24, 4, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            parts().prop_map(Rule::All),
            parts().prop_map(Rule::Any),
            (0..5_usize, parts()).prop_map(|(count, of)| Rule::AtLeast { count, of }),
        ]
    })
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    let number = prop_oneof![
        4 => (0..=20_i64).prop_map(Decimal::from),
        1 => any::<[u8; 16]>().prop_map(Decimal::deserialize),
    ];
    let score = (prop::option::of(number.clone()), number.clone(), prop::option::of(number), 0..4_usize);
    (
        prop::sample::select(&NAMES[..]),
        prop::option::of(score),
        prop::option::of(any::<bool>()),
        prop::option::weighted(0.2, prop::sample::select(vec![Withheld::Hidden, Withheld::NotGraded])),
        0..3_i64,
        0..3_u8,
    )
        .prop_map(|(name, score, passed, reason, seconds, learner)| {
            let mut outcome = outcome(name, "0", "1");
            outcome.score = score.map(|(given, min, max, text)| Score {
                given,
                min,
                max,
                text: ["A", "b", "C"].get(text).map(|text| (*text).to_owned()),
            });
            outcome.passed = passed;
            outcome.release = reason.map_or(Release::Released, |reason| Release::Withheld { reason });
            outcome.as_of += Duration::seconds(seconds);
            outcome.learner.id = learner.to_string();
            outcome
        })
}

/// The definition, said in the plainest way.
fn oracle(rule: &Rule, outcomes: &[Outcome]) -> bool {
    let met = |parts: &[Rule]| parts.iter().filter(|part| oracle(part, outcomes)).count();
    match rule {
        Rule::All(parts) => !parts.is_empty() && met(parts) == parts.len(),
        Rule::Any(parts) => met(parts) > 0,
        Rule::AtLeast { count, of } => met(of) > 0 && met(of) >= *count,
        Rule::Condition(condition) => outcomes.iter().any(|outcome| {
            let AssessmentName::Named(name) = &condition.assessment else { return false };
            let score = outcome.score.as_ref();
            outcome.release == Release::Released
                && outcome.assessment.id == *name
                && match &condition.threshold {
                    Threshold::Passed => outcome.passed == Some(true),
                    Threshold::Percent(mark) => {
                        score.and_then(Score::percent).is_some_and(|got| got >= *mark)
                    }
                    Threshold::Points(mark) => {
                        score.and_then(|score| score.given).is_some_and(|got| got >= *mark)
                    }
                    Threshold::OneOf(_) => score
                        .and_then(|score| score.text.as_deref())
                        .is_some_and(|text| ["A", "a", "B", "b"].contains(&text)),
                }
        }),
    }
}

proptest! {
    #[test]
    fn the_verdict_is_the_definitions(rule in any_rule(), outcomes in prop::collection::vec(any_outcome(), 0..8)) {
        let decision = judge(&rule, &outcomes);
        prop_assert_eq!(decision.earned, oracle(&rule, &outcomes));
        prop_assert_eq!(decision.earned, decision.explanation.met);
        // A badge rests on something; what is not earned rests on nothing.
        prop_assert_eq!(decision.earned, !decision.evidence.is_empty());
        let counted: Vec<Outcome> = decision.evidence.iter().map(|index| outcomes[*index].clone()).collect();
        prop_assert_eq!(judge(&rule, &counted).earned, decision.earned);
    }

    #[test]
    fn the_order_of_facts_does_not_matter(
        rule in any_rule(),
        (outcomes, shuffled) in prop::collection::vec(any_outcome(), 0..8)
            .prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle())),
    ) {
        let (one, other) = (judge(&rule, &outcomes), judge(&rule, &shuffled));
        prop_assert_eq!(one.explanation, other.explanation);
        prop_assert_eq!(one.evidence.len(), other.evidence.len());
    }

    #[test]
    fn one_more_fact_never_takes_a_badge_away(
        rule in any_rule(),
        outcomes in prop::collection::vec(any_outcome(), 0..8),
        more in any_outcome(),
    ) {
        let before = judge(&rule, &outcomes).earned;
        let mut outcomes = outcomes;
        outcomes.push(more);
        prop_assert!(!before || judge(&rule, &outcomes).earned);
    }

    #[test]
    fn the_index_finds_what_evaluation_meets(rule in any_rule(), outcome in any_outcome()) {
        let book = Rulebook::new(vec![("badge".to_owned(), rule.clone())]);
        let earned = judge(&rule, std::slice::from_ref(&outcome)).earned;
        if earned {
            prop_assert!(book.passes("moodle", &outcome));
            prop_assert_eq!(book.badges_for("moodle", &outcome), vec!["badge"]);
        }
        let _ = book.remark("moodle", &outcome);
    }
}
