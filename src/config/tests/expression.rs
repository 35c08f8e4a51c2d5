//! Expressions in a badge file.

use super::*;
use crate::rules::{Counts, Expression, Terms};

#[test]
fn an_expression_is_read_with_its_results() {
    let parsed = rule(
        r#"
        [award]
        source = "moodle"
        course = "WS"
        expression = """
          quiz.percent >= 70.0
          && canvas.points - quiz.points < 20
          && done.passed"""
        says = "a quiz, an essay not much better, and the course"
        with.quiz = { assessment = "QUIZ", counts = "latest", late = false }
        with.canvas = { source = "canvas", course = "565", assessment = "355" }
        with.done = { course_completed = true }
        "#,
    );
    let any = Threshold::Any;
    let quiz = AssessmentName::Named("QUIZ".to_owned());
    let latest = Terms { counts: Some(Counts::Latest), on_time: true, ..Terms::default() };
    let names = vec![
        (
            "canvas".to_owned(),
            Condition::new("canvas", "565", AssessmentName::Named("355".to_owned()), any.clone()),
        ),
        ("done".to_owned(), Condition::new("moodle", "WS", AssessmentName::CourseCompletion, any.clone())),
        ("quiz".to_owned(), Condition { terms: latest, ..Condition::new("moodle", "WS", quiz, any) }),
    ];
    let text =
        "quiz.percent >= 70.0\n          && canvas.points - quiz.points < 20\n          && done.passed";
    let says = Some("a quiz, an essay not much better, and the course".to_owned());
    assert_eq!(parsed, Rule::Expression(Expression::new(text, says, names).unwrap()));
    assert_eq!(parsed.conditions().len(), 3, "what an expression looks at is indexed and reconciled");
}

#[test]
fn what_is_wrong_with_an_expression_is_told_with_its_mend() {
    insta::assert_snapshot!(problems(
        r#"[award]
source = "moodle"
course = "WS"
all = [
  { expression = "quiz.percent >= 70" },
  { expression = "quiz.percent >= 70", with = {} },
  { expression = "quiz.percent >= 70", with = "QUIZ" },
  { expression = "quizz.percent >= 70", with = { quiz = { assessment = "QUIZ" } } },
  { expression = "quiz.percnt >= 70", with = { quiz = { assessment = "QUIZ" } } },
  { expression = "quiz.percent >=", with = { quiz = { assessment = "QUIZ" } } },
  { expression = "quiz.percent", with = { quiz = { assessment = "QUIZ" } } },
  { expression = "", with = { quiz = { assessment = "QUIZ" } } },
  { expression = "quiz.passed", with = { quiz = { assessment = "QUIZ" } }, at_least = "70 %", between = ["2026-09-01", "2026-09-02"], assesment = "A" },
  { expression = "quiz.passed", with = { quiz = { assessment = "QUIZ" } }, at_least = "70 %", between = ["2026-09-01", "2026-09-02"], says = 3 },
  { expression = "quiz.passed", with = { quiz = { assessment = "QUIZ", passed = true } } },
  { expression = "quiz.passed", with = { quiz = { asessment = "QUIZ" } } },
  { expression = "quiz.passed", with = { quiz = { badge = "b" } } },
  { expression = "quiz.passed", with = { quiz = { all = [ ] } } },
  { expression = "quiz.passed", with = { quiz = { source = "mooodle", assessment = "QUIZ" } } },
  { expression = "quiz.passed", with = { quiz = { assessment = "QUIZ", counts = "best" } } },
  { expression = "quiz.points > 1", with = { quiz = { assessment = "QUIZ", counts = "average" } } },
  { expression = "quiz.passed", with = { quiz = { assessment = "QUIZ" }, essay = { assessment = "ESSAY" } } },
  { expression = "quiz.passed", assessment = "QUIZ" },
  { assessment = "QUIZ", passed = true, says = "passed" },
  { weighted = [ { expression = "quiz.passed", weight = 3 } ], at_least = "70 %" },
]"#
    ), @r#"
    badge.toml:5: what does the expression look at? write the results that it looks at, each with a name: with = { quiz = { assessment = "QUIZ" } }
    badge.toml:6: `with` is a table; write the results that it looks at, each with a name: with = { quiz = { assessment = "QUIZ" } }
    badge.toml:7: `with` is a string; write the results that it looks at, each with a name: with = { quiz = { assessment = "QUIZ" } }
    badge.toml:8: the expression names `quizz`, which `with` does not say what it is; did you mean `quiz`?
    badge.toml:9: `quiz` has no `percnt`; it has percent, points, max, grade, passed, graded_at, late, attempt, attempts; did you mean `percent`?
    badge.toml:10: the expression cannot be read at column 16: unexpected end
    badge.toml:11: the expression gives a number, and must say true or false: quiz.percent >= 70
    badge.toml:12: `expression` is a text in quotes: expression = "quiz.percent >= 70"
    badge.toml:13: unknown key `assesment`; did you mean `assessment`?
    badge.toml:14: what must be reached stands in the expression; remove `at_least`
    badge.toml:14: `between` goes into the results in `with`: with = { quiz = { assessment = …, between = … } }
    badge.toml:14: `says` is a text in quotes: says = "a quiz and a good essay"
    badge.toml:15: `passed` in `with`: what must be reached stands in the expression; remove it here
    badge.toml:16: unknown key `asessment`; did you mean `assessment`?
    badge.toml:17: an expression looks at results, not at `badge`; put that beside the expression, in `all`
    badge.toml:18: an expression looks at results, not at `all`; put that beside the expression, in `all`
    badge.toml:19: there is no source “mooodle”; configured is `moodle`, `canvas`, `blackboard` or `forms`; did you mean `moodle`?
    badge.toml:20: `quiz` has no `passed`; it has percent, points, max, grade, graded_at, late, attempt, attempts
    badge.toml:21: `quiz` has no `points`; it has percent, graded_at
    badge.toml:22: the expression does not look at `essay`; use it, or remove it from `with`
    badge.toml:23: `assessment` and `expression` in one condition; make two: all = [ { assessment = … }, { expression = … } ]
    badge.toml:24: `says` goes with `expression = "…"`; remove it
    badge.toml:25: `expression` has no percentage to weigh; ask for it beside `weighted`
    "#);
}

#[test]
fn what_people_meet_who_did_nothing_needs_something_to_rest_on() {
    let clean = r#"{ expression = "!has(trial.points) || trial.points < 5", with = { trial = { assessment = "TRIAL" } } }"#;
    let award = |inside: &str| format!("[award]\nsource = \"moodle\"\ncourse = \"WS\"\n{inside}");
    assert!(problems(&award(&format!("all = [ {clean} ]"))).contains("people who never did anything"));
    let ordered = format!("in_order = [ {{ assessment = \"QUIZ\", passed = true }}, {clean} ]");
    assert!(problems(&award(&ordered)).contains("has no time"));
    rule(&award(&format!("all = [ {{ assessment = \"QUIZ\", passed = true }}, {clean} ]")));
    let twice = format!(
        "all = [ {{ at_least = 1, of = [ {clean}, {clean}, {{ assessment = \"QUIZ\", passed = true }} ] }} ]"
    );
    assert!(problems(&award(&twice)).contains("stands in the list already"));
}
