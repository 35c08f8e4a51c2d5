//! The index.

use super::*;

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

fn in_course(course: &str, assessment: AssessmentName) -> Condition {
    Condition::new("moodle", course, assessment, Threshold::Passed)
}

#[test]
fn the_index_finds_what_is_forbidden_weighed_or_timed() {
    let part = |name| Weighted { condition: condition(name, Threshold::Any), weight: 30.into() };
    let book = Rulebook::new(vec![
        (
            "forbids".to_owned(),
            Rule::All(vec![asks("a", percent("1")), Rule::None(vec![asks("b", percent("1"))])]),
        ),
        ("weighs".to_owned(), Rule::Weighted { parts: vec![part("b"), part("c")], at_least: 50.into() }),
        ("ordered".to_owned(), within(9, Rule::InOrder(vec![asks("d", percent("1"))]))),
        ("reached".to_owned(), Rule::Condition(in_course("2", AssessmentName::Competency("d".to_owned())))),
    ]);
    let badges = |name| book.badges_for("moodle", &outcome(name, "5", "10"));
    assert_eq!(badges("b"), ["forbids", "weighs"]);
    assert_eq!(badges("d"), ["ordered"]);
    let mut competency = outcome("competency:9", "1", "4");
    competency.assessment.kind = AssessmentKind::Competency;
    competency.assessment.also = vec!["d".to_owned()];
    assert_eq!(book.badges_for("moodle", &competency), ["ordered", "reached"]);

    let failed = outcome("b", "0", "10");
    assert!(book.names("moodle", &failed) && !book.names("moodle", &outcome("z", "1", "1")));
    assert!(!book.names("canvas", &failed));
    insta::assert_snapshot!(book.remark("moodle", &failed), @"0 %; badge “forbids” forbids at least 1 %; badge “weighs” counts it with weight 30");
    insta::assert_snapshot!(book.remark("moodle", &outcome("b", "5", "10")), @"50 %; badge “forbids” forbids at least 1 %, which stands in its way; badge “weighs” counts it with weight 30");
}

#[test]
fn to_meet_what_is_forbidden_is_not_to_pass() {
    let forbids = Rule::None(vec![asks("b", percent("1"))]);
    let doubly = Rule::None(vec![Rule::None(vec![asks("c", percent("1"))])]);
    let weighed = Weighted { condition: condition("w", Threshold::Any), weight: 1.into() };
    let book = Rulebook::new(vec![
        ("one".to_owned(), Rule::All(vec![asks("a", percent("1")), forbids, doubly])),
        ("two".to_owned(), Rule::Weighted { parts: vec![weighed], at_least: 50.into() }),
    ]);
    for (name, points, passes) in
        [("a", "1", true), ("b", "1", false), ("c", "1", true), ("w", "1", true), ("w", "0", false)]
    {
        assert_eq!(book.passes("moodle", &outcome(name, points, "10")), passes, "{name} {points}");
    }
}

#[test]
fn badges_that_stack_are_judged_after_those_that_they_rest_on() {
    let stack = |badges: &[&str]| Rule::All(badges.iter().map(|badge| held_badge(badge)).collect());
    let not = |badge| Rule::All(vec![asks("quiz", percent("1")), Rule::None(vec![held_badge(badge)])]);
    let book = Rulebook::new(vec![
        ("a-top".to_owned(), stack(&["b-middle", "c-base"])),
        ("b-middle".to_owned(), stack(&["c-base"])),
        ("c-base".to_owned(), asks("quiz", percent("50"))),
        ("a-not".to_owned(), not("c-base")),
        ("other".to_owned(), stack(&["elsewhere"])),
    ]);
    assert_eq!(book.badges_after("c-base"), ["a-not", "a-top", "b-middle"]);
    assert!(book.badges_after("a-top").is_empty());
    let quiz = outcome("quiz", "1", "1");
    assert_eq!(book.badges_for("moodle", &quiz), ["a-not", "c-base"]);
    assert_eq!(book.stacked(book.badges_for("moodle", &quiz)), ["c-base", "a-not", "b-middle", "a-top"]);
    assert!(book.stacked(book.badges_for("canvas", &quiz)).is_empty());
    // A circle cannot be configured, and does no harm.
    let circle = |badge| Rule::All(vec![asks("quiz", percent("1")), held_badge(badge)]);
    let book = Rulebook::new(vec![("a".to_owned(), circle("b")), ("b".to_owned(), circle("a"))]);
    assert_eq!(book.stacked(book.badges_for("moodle", &quiz)), ["a", "b"]);
}
