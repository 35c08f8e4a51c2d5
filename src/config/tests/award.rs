//! The words of `[award]` that go beyond single marks: what they mean, and what is refused.

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::rules::{Between, Counts, HeldBadge, Terms, Weighted};

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn with(terms: Terms, rule: Rule) -> Rule {
    let Rule::Condition(condition) = rule else { panic!("{rule:?}") };
    Rule::Condition(Condition { terms, ..condition })
}

fn percent(mark: &str) -> Threshold {
    Threshold::Percent(mark.parse().unwrap())
}

#[test]
fn every_group_is_understood() {
    let parsed = rule(
        r#"
        [award]
        source = "moodle"
        course = "WS"
        all = [
          { in_order = [ { assessment = "A", passed = true }, { assessment = "B", passed = true } ], within = "2 weeks" },
          { weighted = [ { assessment = "A", weight = 30 }, { course_total = true, weight = 0.5, all_graded = true } ], at_least = "70.5 %" },
          { at_least = 1, of = [ { assessment = "A", passed = true } ], within = "36 hours" },
          { none = [ { assessment = "C", passed = true } ] },
        ]"#,
    );
    let passed = |name| named(name, Threshold::Passed);
    let weighed = |rule: Rule, weight: &str| {
        let Rule::Condition(condition) = rule else { panic!() };
        Weighted { condition, weight: weight.parse().unwrap() }
    };
    let all_graded = Terms { all_graded: true, ..Terms::default() };
    let expected = Rule::All(vec![
        Rule::Within {
            time: TimeDelta::days(14),
            group: Box::new(Rule::InOrder(vec![passed("A"), passed("B")])),
        },
        Rule::Weighted {
            parts: vec![
                weighed(named("A", Threshold::Any), "30"),
                weighed(with(all_graded, condition(AssessmentName::CourseTotal, Threshold::Any)), "0.5"),
            ],
            at_least: "70.5".parse().unwrap(),
        },
        Rule::Within {
            time: TimeDelta::hours(36),
            group: Box::new(Rule::AtLeast { count: 1, of: vec![passed("A")] }),
        },
        Rule::None(vec![passed("C")]),
    ]);
    assert_eq!(parsed, expected);
}

#[test]
fn every_condition_and_its_terms_are_understood() {
    let parsed = rule(
        r#"
        [award]
        source = "moodle"
        course = "WS"
        all = [
          { assessment = "A", at_least = "70 %", counts = "decaying", late = false },
          { assessment = "A", grade = "A", counts = "latest" },
          { assessment = "A", passed = true, between = ["2026-09-01", "2027-01-31"] },
          { course_completed = true, between = [2026-09-01, 2026-09-01] },
          { competency = "SAFE-1", between = ["2026-09-01T08:00:00+02:00", 2026-09-02T00:00:00Z] },
          { course_total = true, at_least = "70 %", all_graded = true },
          { badge = "first-aid" },
          { badge = "first-aid", between = ["2026-09-01", "2027-01-31"] },
        ]"#,
    );
    let autumn = Between { from: time("2026-09-01T00:00:00Z"), to: time("2027-01-31T23:59:59.999999999Z") };
    let one_day = Between { to: time("2026-09-01T23:59:59.999999999Z"), ..autumn };
    let times = Between { from: time("2026-09-01T06:00:00Z"), to: time("2026-09-02T00:00:00Z") };
    let none = Terms::default;
    let between = |between| Terms { between: Some(between), ..none() };
    let held = |between| Rule::Badge(HeldBadge { badge: "first-aid".to_owned(), between });
    let letter = Threshold::OneOf(vec!["A".to_owned()]);
    let completion = condition(AssessmentName::CourseCompletion, Threshold::Passed);
    let competency = condition(AssessmentName::Competency("SAFE-1".to_owned()), Threshold::Passed);
    let total = condition(AssessmentName::CourseTotal, percent("70"));
    let expected = Rule::All(vec![
        with(Terms { counts: Some(Counts::Decaying), on_time: true, ..none() }, named("A", percent("70"))),
        with(Terms { counts: Some(Counts::Latest), ..none() }, named("A", letter)),
        with(between(autumn), named("A", Threshold::Passed)),
        with(between(one_day), completion),
        with(between(times), competency),
        with(Terms { all_graded: true, ..none() }, total),
        held(None),
        held(Some(autumn)),
    ]);
    assert_eq!(parsed, expected);
}

#[test]
fn the_examples_of_the_guide_are_understood() {
    let guide = include_str!("../../../config/badges/README.md");
    let examples: Vec<&str> = guide
        .split("## `[award]`")
        .nth(1)
        .unwrap()
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert_eq!(examples.len(), 5);
    for example in examples {
        rule(example);
    }
    // Every word has its place in it.
    for key in ["all", "any", "of", "none", "in_order", "weighted", "within", "weight", "passed", "grade"]
        .into_iter()
        .chain(["at_least", "course_total", "course_completed", "competency", "badge", "between", "late"])
        .chain(["all_graded", "source", "course", "assessment", "expression", "with", "says"])
        .chain(["counts = \"best\""])
        .chain(["expires", "again = \"after expiry\"", "again = \"each term\"", "renew"])
        .chain(["counts = \"latest\"", "counts = \"first\"", "counts = \"average\"", "counts = \"decaying\""])
    {
        assert!(guide.contains(key), "{key}");
    }
}

#[test]
fn keys_that_do_not_go_together_are_told() {
    insta::assert_snapshot!(problems(
        r#"[award]
source = "moodle"
course = "WS"
any = [
  { assessment = "A", passed = true, counts = "best" },
  { assessment = "A", grade = "A", counts = "average" },
  { assessment = "A", at_least = "1 %", counts = "worst" },
  { assessment = "A", at_least = "1 %", counts = "laest" },
  { course_total = true, at_least = "1 %", counts = "best", late = false },
  { assessment = "A", at_least = "1 %", all_graded = true },
  { course_total = true, at_least = "1 %", all_graded = false },
  { assessment = "A", at_least = "1 %", late = true },
  { assessment = "A", at_least = "1 %", weight = 3 },
  { assessment = "A", at_least = "1 %", within = "3 days" },
  { competency = "C", at_least = "1 %", all_graded = true },
  { badge = "b", course = "WS", passed = true, counts = "best" },
  { badge = "b", assessment = "A", passed = true },
  { all = [ { assessment = "A", passed = true } ], counts = "best" },
  { all = [ { assessment = "A", passed = true } ], badge = "b" },
  { all = [ { assessment = "A", passed = true } ], witin = "3 days" },
  { none = [ { assessment = "A", passed = true } ], within = "3 days" },
  { weighted = [ { assessment = "A", weight = 1 } ] },
  { weighted = [ { assessment = "A", weight = 1 } ], at_least = 70 },
  { weighted = [ { assessment = "A", weight = 1 } ], at_least = "70 points" },
  { weighted = [ { assessment = "A", weight = 1 } ], at_least = "0 %" },
  { weighted = [
    { assessment = "A" },
    { assessment = "B", weight = 0 },
    { assessment = "C", weight = -1.5 },
    { assessment = "D", weight = "30 %" },
    { assessment = "E", weight = 1, passed = true },
    { course_completed = true, weight = 1 },
    { badge = "b", weight = 1 },
    { all = [ ], weight = 1 },
    { asessment = "F", weight = 1 },
  ], at_least = "70 %" },
  { assessment = "A", at_least = "1 %", cuonts = "best" },
]"#
    ), @r#"
    badge.toml:5: `passed` is the LMS's word on the assessment, it has none on single attempts; write `at_least = "…"` instead of `passed`, or remove `counts`
    badge.toml:6: letters and scale values have no average; ask for percent or points, or remove `counts = "average"`
    badge.toml:7: `counts` says which attempt counts: `best`, `latest`, `first`, `average` or `decaying`
    badge.toml:8: `counts` says which attempt counts: `best`, `latest`, `first`, `average` or `decaying`; did you mean `latest`?
    badge.toml:9: `counts` is about work that is handed in, and `course_total` is not; remove `counts`
    badge.toml:9: `late` is about work that is handed in, and `course_total` is not; remove `late`
    badge.toml:10: `all_graded` goes with `course_total`, not with `assessment`; remove it
    badge.toml:11: `all_graded` can only be true; remove it if it is not asked for
    badge.toml:12: `late` can only be false: late work does not count; if it does, remove `late`
    badge.toml:13: `weight` goes into the parts of `weighted = [ … ], at_least = "70 %"`
    badge.toml:14: `within` stands beside a list: all = [ … ], within = "90 days"
    badge.toml:15: `all_graded` goes with `course_total`, not with `competency`; remove it
    badge.toml:15: `competency` is reached or not, by the LMS's word; remove `at_least`, or write `assessment` for `competency` to ask for a rating
    badge.toml:16: `badge` is held or not, whatever the course; remove `counts`
    badge.toml:16: `badge` is held or not, whatever the course; remove `course`
    badge.toml:16: `badge` is held or not, whatever the course; remove `passed`
    badge.toml:17: `assessment` and `badge` in one condition; make two: all = [ { assessment = … }, { badge = … } ]
    badge.toml:18: `counts` stands beside a list; it belongs into the conditions of the list: { assessment = …, counts = … }
    badge.toml:19: `badge` stands beside a list; put it into the list, in a condition of its own: { badge = … }
    badge.toml:20: unknown key `witin`; did you mean `within`?
    badge.toml:21: `none` forbids at any time; remove `within`, or give each condition in it a `between`
    badge.toml:22: `weighted` needs to know how much must be reached; write `weighted = [ … ], at_least = "70 %"`
    badge.toml:23: `at_least` needs a unit here; write `weighted = [ … ], at_least = "70 %"`
    badge.toml:24: a weighted result is in percent; write `weighted = [ … ], at_least = "70 %"`
    badge.toml:25: every result would reach 0 %; ask for more: write `weighted = [ … ], at_least = "70 %"`
    badge.toml:27: how much does it count? write `weight = 30`; the unit is free, what counts is the share in their sum
    badge.toml:28: a weight of 0 or less counts for nothing; remove this part, or give it a weight above 0
    badge.toml:29: a weight of 0 or less counts for nothing; remove this part, or give it a weight above 0
    badge.toml:30: `weight` is a number; write `weight = 30`; the unit is free, what counts is the share in their sum
    badge.toml:31: `passed` in a part of `weighted`: its percentage counts, whatever it is; remove it, or ask for it beside `weighted`
    badge.toml:32: `course_completed` has no percentage to weigh; ask for it beside `weighted`
    badge.toml:33: `badge` has no percentage to weigh; ask for it beside `weighted`
    badge.toml:34: only assessments have a weight, no lists; put `all` beside `weighted`
    badge.toml:35: unknown key `asessment`; did you mean `assessment`?
    badge.toml:37: unknown key `cuonts`; did you mean `counts`?
    "#);
}

#[test]
fn times_that_are_none_are_told() {
    insta::assert_snapshot!(problems(
        r#"[award]
source = "moodle"
course = "WS"
any = [
  { assessment = "A", passed = true, between = "2026-09-01" },
  { assessment = "A", passed = true, between = [] },
  { assessment = "A", passed = true, between = ["2026-09-01"] },
  { assessment = "A", passed = true, between = ["2026-09-02", "2026-09-01"] },
  { assessment = "A", passed = true, between = ["2026-09-01T08:00:00Z", "2026-09-01T08:00:00Z"] },
  { assessment = "A", passed = true, between = ["1.9.2026", "2026-09-31"] },
  { assessment = "A", passed = true, between = ["2026-09-01T08:00:00", 2026] },
  { any = [ { assessment = "A", passed = true } ], within = 90 },
  { any = [ { assessment = "A", passed = true } ], within = "90" },
  { any = [ { assessment = "A", passed = true } ], within = "0 days" },
  { any = [ { assessment = "A", passed = true } ], within = "3 months" },
  { any = [ { assessment = "A", passed = true } ], within = "999999999 weeks" },
  { any = [ { assessment = "A", passed = true } ], within = "-3 days" },
]"#
    ), @r#"
    badge.toml:5: `between` is a string; write the first and the last day, between = ["2026-09-01", "2027-01-31"], or times like "2026-09-01T08:00:00Z"
    badge.toml:6: `between` has a beginning and an end; write the first and the last day, between = ["2026-09-01", "2027-01-31"], or times like "2026-09-01T08:00:00Z"
    badge.toml:7: `between` has a beginning and an end; write the first and the last day, between = ["2026-09-01", "2027-01-31"], or times like "2026-09-01T08:00:00Z"
    badge.toml:8: `between` does not end after it begins, so that nothing could ever lie in it; swap the two
    badge.toml:9: `between` does not end after it begins, so that nothing could ever lie in it; swap the two
    badge.toml:10: “1.9.2026” is no day; write the first and the last day, between = ["2026-09-01", "2027-01-31"], or times like "2026-09-01T08:00:00Z"
    badge.toml:10: “2026-09-31” is no day; write the first and the last day, between = ["2026-09-01", "2027-01-31"], or times like "2026-09-01T08:00:00Z"
    badge.toml:11: “2026-09-01T08:00:00” has no time zone; write "2026-09-01T08:00:00Z" for UTC, or the offset, as in "2026-09-01T08:00:00+01:00"
    badge.toml:11: this is a whole number, and no day; write the first and the last day, between = ["2026-09-01", "2027-01-31"], or times like "2026-09-01T08:00:00Z"
    badge.toml:12: `within` needs a unit; write for instance within = "90 days"; there are minutes, hours, days and weeks
    badge.toml:13: “90” is no span of time; write for instance within = "90 days"; there are minutes, hours, days and weeks
    badge.toml:14: “0 days” is no span of time; write for instance within = "90 days"; there are minutes, hours, days and weeks
    badge.toml:15: “3 months” is not always the same; write the days, "90 days"
    badge.toml:16: “999999999 weeks” is more than a hundred years; write for instance within = "90 days"; there are minutes, hours, days and weeks
    badge.toml:17: “-3 days” is no span of time; write for instance within = "90 days"; there are minutes, hours, days and weeks
    "#);
}

#[test]
fn what_can_never_be_true_is_told() {
    insta::assert_snapshot!(problems(
        r#"[award]
source = "moodle"
course = "WS"
any = [
  { all = [
    { assessment = "A", at_least = "70 %" },
    { none = [ { assessment = "A", at_least = "50 %" } ] },
    { none = [ { assessment = "A", at_least = "71 %" } ] },
  ] },
  { all = [ { badge = "b" }, { none = [ { any = [ { badge = "b" }, { badge = "c" } ] } ] } ] },
  { in_order = [ { assessment = "A", passed = true }, { none = [ { assessment = "B", passed = true } ] } ] },
  { in_order = [
    { assessment = "A", passed = true, between = ["2026-09-01", "2026-09-30"] },
    { assessment = "B", passed = true },
    { assessment = "C", passed = true, between = ["2026-08-01", "2026-08-31"] },
  ] },
  { in_order = [
    { assessment = "A", passed = true, between = ["2026-09-01", "2026-09-30"] },
    { assessment = "B", passed = true, between = ["2026-08-01", "2026-09-01"] },
  ] },
  { within = "30 days", all = [
    { assessment = "A", passed = true, between = ["2026-01-01", "2026-01-31"] },
    { assessment = "B", passed = true, between = ["2026-03-03", "2026-03-31"] },
  ] },
  { at_least = 2, of = [ { assessment = "A", passed = true }, { assessment = "A", passed = true } ] },
  { at_least = "50 %", weighted = [ { assessment = "A", weight = 1 }, { assessment = "A", weight = 2 } ] },
  { in_order = [] },
  { none = [] },
]"#
    ), @r#"
    badge.toml:7: this is asked for in `all` and forbidden in `none`, so that nobody could ever meet both; remove one of them
    badge.toml:10: this is asked for in `all` and forbidden in `none`, so that nobody could ever meet both; remove one of them
    badge.toml:11: what is forbidden has no time, so it has no place in an order; write all = [ { in_order = [ … ] }, { none = [ … ] } ]
    badge.toml:15: this has to be met after what stands before it, but its `between` ends earlier than theirs begins; correct the times, or the order
    badge.toml:21: the `between` in this list lie further apart than that, so that nobody could ever meet it; make `within` longer, or correct the times
    badge.toml:25: this stands in the list already and would count twice; remove it
    badge.toml:26: this stands in the list already and would count twice; add the weights up
    badge.toml:27: `in_order` is an empty list, which nobody could ever meet; write for instance { assessment = "QUIZ", at_least = "70 %" } into it
    badge.toml:28: `none` is an empty list, which forbids nothing; write for instance { assessment = "QUIZ", at_least = "70 %" } into it
    "#);
    let deep = "{ all = [".repeat(9) + "{ course_completed = true }" + &"] }".repeat(9);
    insta::assert_snapshot!(problems(&format!("award = {deep}")), @"badge.toml:1: more than 8 lists in one another; make it simpler");
    insta::assert_snapshot!(problems(
        "[award]\nsource = \"moodle\"\ncourse = \"WS\"\nany = [ { assessment = \"A\", passed = true },\n{ none = [ { assessment = \"B\", passed = true } ] } ]"
    ), @"badge.toml:1: this is met by people who never did anything, because `none` only forbids; a badge must rest on something: all = [ { assessment = … }, { none = [ … ] } ]");
}

/// A badge that rests on others.
fn stacked(name: &str, award: &str) -> String {
    let (badge, _) = BADGE.split_once("[award]").unwrap();
    format!("{}[award]\n{award}\n", badge.replace("A badge", name))
}

#[test]
fn stacked_badges_must_exist_and_rest_on_no_circle() {
    let quiz = "source = \"moodle\"\ncourse = \"WS\"\nassessment = \"QUIZ\"\npassed = true";
    let files = folder(&[
        ("a.toml", &stacked("A", "badge = \"b\"")),
        ("b.toml", &stacked("B", "any = [\n  { badge = \"c\" },\n  { badge = \"base\" },\n]")),
        ("c.toml", &stacked("C", "all = [ { badge = \"base\" }, { none = [ { badge = \"a\" } ] } ]")),
        ("base.toml", &stacked("Base", quiz)),
        ("self.toml", &stacked("Self", "badge = \"self\"")),
        (
            "lost.toml",
            &stacked("Lost", "any = [ { badge = \"bsae\" }, { badge = \"zzz\" }, { badge = \"broken\" } ]"),
        ),
        ("broken.toml", "[badge"),
    ]);
    insta::assert_snapshot!(load_badges(files.path()).unwrap_err(), @r"
    broken.toml:1: not TOML: unclosed table, expected `]`
    c.toml:6: “a” rests on “b” rests on “c” rests on “a”: no badge can rest on itself; break the circle
    lost.toml:6: there is no badge “bsae”; did you mean `base`?
    lost.toml:6: there is no badge “zzz”; known here: a, b, base, broken, c, lost, self
    self.toml:6: “self” rests on “self”: no badge can rest on itself; break the circle
    ");
}

#[test]
fn a_stack_as_high_as_you_like_is_fine() {
    let mut files: Vec<(String, String)> = (1..300)
        .map(|number| {
            let below = format!("badge = \"b{}\"", number - 1);
            (format!("b{number}.toml"), stacked(&format!("B{number}"), &below))
        })
        .collect();
    files.push((
        "b0.toml".to_owned(),
        stacked("B0", "source = \"moodle\"\ncourse = \"WS\"\ncourse_completed = true"),
    ));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let catalog = load_badges(folder(&files).path()).unwrap();
    assert_eq!(catalog.rules.badges_after("b7"), ["b8"]);
}

#[test]
fn a_badge_is_found_by_its_id_whatever_the_order_of_the_files() {
    let names = ["a", "a-b", "a1", "b"];
    let files: Vec<(String, String)> =
        names.iter().map(|name| (format!("{name}.toml"), BADGE.replace("A badge", name))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let catalog = load_badges(folder(&files).path()).unwrap();
    for name in names {
        assert_eq!(catalog.badge(name).unwrap().achievement.id, name);
    }
    assert!(catalog.badge("c").is_none());
}
