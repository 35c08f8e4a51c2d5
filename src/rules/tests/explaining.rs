//! What is said to people and machines.

use super::*;

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
    insta::assert_snapshot!(decision.explanation.lacks(), @"REPORT in WS101 (moodle): at least 60 points, but found no result yet; ESSAY in WS101 (moodle): one of the grades A, A-, but found “B”; ORAL in WS101 (moodle): has to be passed, but found not posted yet; LAB in WS101 (moodle): at least 60 points, but found 55.5 of 100 points");
    assert!(decision.evidence.is_empty());
}

#[test]
fn machines_read_stable_names() {
    let part = Weighted { condition: condition("essay", Threshold::Any), weight: 30.into() };
    let rule = Rule::All(vec![
        with(|terms| terms.on_time = true, condition("quiz", percent("70"))),
        held_badge("bronze"),
        Rule::Weighted { parts: vec![part], at_least: 50.into() },
        Rule::None(vec![asks("misconduct", Threshold::Passed)]),
    ]);
    let mut quiz = on(3, outcome("quiz", "9", "10"));
    quiz.late = Some(true);
    let decision = judge(&rule, &[quiz, on(4, outcome("essay", "8", "10"))]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&decision.explanation).unwrap(), @r#"
    {
      "met": false,
      "kind": "all",
      "asks": "all of these",
      "found": null,
      "since": null,
      "missing": null,
      "parts": [
        {
          "met": false,
          "kind": "assessment",
          "asks": "quiz in WS101 (moodle): at least 70 %, not late",
          "found": "handed in late",
          "since": null,
          "missing": "late"
        },
        {
          "met": false,
          "kind": "badge",
          "asks": "the badge “bronze”",
          "found": "not held",
          "since": null,
          "missing": "no_result"
        },
        {
          "met": true,
          "kind": "weighted",
          "asks": "a weighted result of at least 50 % of these",
          "found": "80 %",
          "since": null,
          "missing": null,
          "parts": [
            {
              "met": true,
              "kind": "assessment",
              "asks": "essay in WS101 (moodle): weight 30",
              "found": "80 %",
              "since": "2026-09-04T00:00:00Z",
              "missing": null
            }
          ]
        },
        {
          "met": true,
          "kind": "none",
          "asks": "none of these",
          "found": null,
          "since": null,
          "missing": null,
          "parts": [
            {
              "met": false,
              "kind": "assessment",
              "asks": "misconduct in WS101 (moodle): passed",
              "found": "no result yet",
              "since": null,
              "missing": "no_result"
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn every_kind_and_every_lack_has_its_name() {
    let kinds = [
        Kind::All,
        Kind::Any,
        Kind::AtLeast,
        Kind::None,
        Kind::InOrder,
        Kind::Weighted,
        Kind::Assessment,
        Kind::CourseTotal,
        Kind::CourseCompleted,
        Kind::Competency,
        Kind::Badge,
        Kind::Evidence,
    ];
    let lacks = [
        Missing::NoResult,
        Missing::Withheld,
        Missing::NotGraded,
        Missing::NotReached,
        Missing::NotTold,
        Missing::Late,
        Missing::OutsideTime,
        Missing::Order,
        Missing::Apart,
        Missing::Forbidden,
    ];
    insta::assert_snapshot!(serde_json::to_string(&(kinds, lacks)).unwrap(), @r#"[["all","any","at_least","none","in_order","weighted","assessment","course_total","course_completed","competency","badge","evidence"],["no_result","withheld","not_graded","not_reached","not_told","late","outside_time","order","apart","forbidden"]]"#);
}

#[test]
fn what_asks_for_more_than_there_is_says_so() {
    let rule = Rule::AtLeast { count: 2, of: vec![asks("quiz", percent("1"))] };
    let decision = judge(&rule, &[outcome("quiz", "1", "1")]);
    assert_eq!(decision.explanation.lacks(), "at least 2 of these 1, which cannot be met");
}

#[test]
fn a_long_answer_reads_well() {
    let total = Condition::new("canvas", "565", AssessmentName::CourseTotal, percent("80"));
    let rule = Rule::All(vec![
        held_badge("first-aid"),
        within(
            90,
            Rule::InOrder(vec![
                with(|terms| terms.counts = Some(Counts::First), condition("theory", percent("60"))),
                asks("practice", Threshold::Passed),
            ]),
        ),
        with(|terms| terms.all_graded = true, total),
        Rule::Any(vec![
            with(
                |terms| {
                    terms.between = Some(Between { from: day(1), to: day(2) - TimeDelta::nanoseconds(1) });
                },
                condition("essay", Threshold::OneOf(vec!["A".to_owned()])),
            ),
            asks("oral", Threshold::Points("30".parse().unwrap())),
        ]),
        Rule::None(vec![asks("misconduct", Threshold::Passed)]),
    ]);
    let theory = Outcome { attempt: Some(1), late: Some(false), ..on(1, outcome("theory", "7", "10")) };
    let practice = Outcome { passed: Some(true), ..on(120, outcome("practice", "1", "1")) };
    let mut essay = on(5, outcome("essay", "1", "1"));
    essay.score.as_mut().unwrap().text = Some("A".to_owned());
    let outcomes = [theory, practice, essay];
    let facts: Vec<Fact<'_>> = outcomes.iter().map(|outcome| Fact { source: "moodle", outcome }).collect();
    let held = [Held { badge: "first-aid", awarded_at: day(1) }];
    let decision = evaluate(&rule, &Facts { outcomes: &facts, held: &held });
    insta::assert_snapshot!(decision.explanation, @r"
    no: all of these
      yes: the badge “first-aid”; found: awarded on 1 September 2026
      no: all of these, in this order, within 90 days; found: 119 days between the first and the last
        yes: theory in WS101 (moodle): at least 60 % in the first attempt; found: 70 % in attempt 1 on 1 September 2026
        yes: practice in WS101 (moodle): passed; found: passed on 29 December 2026
      no: total of 565 (canvas): at least 80 %, with everything graded; found: no result yet
      no: at least one of these
        no: essay in WS101 (moodle): the grade A, on 1 September 2026; found: graded on 5 September 2026, outside that time
        no: oral in WS101 (moodle): at least 30 points; found: no result yet
      yes: none of these
        no: misconduct in WS101 (moodle): passed; found: no result yet
    ");
    insta::assert_snapshot!(decision.explanation.lacks().replace("; ", ";\n"), @r"
    all of these, in this order, within 90 days (theory in WS101 (moodle): at least 60 % in the first attempt, then practice in WS101 (moodle): passed), but found 119 days between the first and the last;
    total of 565 (canvas): at least 80 %, with everything graded, but found no result yet;
    essay in WS101 (moodle): the grade A, on 1 September 2026, but found graded on 5 September 2026, outside that time;
    oral in WS101 (moodle): at least 30 points, but found no result yet
    ");
}
