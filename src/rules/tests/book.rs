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
