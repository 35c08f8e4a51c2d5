//! Groups of conditions.

use super::*;

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

fn weighted(mark: &str, parts: &[(&str, &str)]) -> Rule {
    let part = |(name, weight): &(&str, &str)| Weighted {
        condition: condition(name, Threshold::Any),
        weight: weight.parse().unwrap(),
    };
    Rule::Weighted { parts: parts.iter().map(part).collect(), at_least: mark.parse().unwrap() }
}

#[test]
fn none_is_met_when_none_of_its_parts_is() {
    let rule = |none: Vec<Rule>| Rule::All(vec![asks("quiz", percent("50")), Rule::None(none)]);
    let quiz = || outcome("quiz", "5", "10");
    let cheated = || Outcome { passed: Some(true), ..outcome("misconduct", "1", "1") };
    let forbids = rule(vec![asks("misconduct", Threshold::Passed), held_badge("banned")]);
    assert!(judge(&forbids, &[quiz()]).earned);
    assert_eq!(judge(&forbids, &[quiz()]).evidence, [0]);
    let decision = judge(&forbids, &[quiz(), cheated()]);
    assert!(!decision.earned && decision.evidence.is_empty());
    insta::assert_snapshot!(decision.explanation, @r"
    no: all of these
      yes: quiz in WS101 (moodle): at least 50 %; found: 50 %
      no: none of these
        yes: misconduct in WS101 (moodle): passed; found: passed
        no: the badge “banned”; found: not held
    ");
    insta::assert_snapshot!(decision.explanation.lacks(), @"misconduct in WS101 (moodle): passed stands in the way (found passed)");
}

#[test]
fn a_badge_rests_on_something() {
    let nothing = Rule::None(vec![asks("misconduct", Threshold::Passed)]);
    let decision = judge(&nothing, &[]);
    assert!(!decision.earned);
    insta::assert_snapshot!(decision.explanation, @r"
    no: something to show for it; found: nothing
      yes: none of these
        no: misconduct in WS101 (moodle): passed; found: no result yet
    ");
    let quiz = || asks("quiz", percent("50"));
    for (rule, rests) in [
        (Rule::All(vec![quiz(), nothing.clone()]), true),
        (Rule::Any(vec![quiz(), nothing.clone()]), false),
        (Rule::AtLeast { count: 2, of: vec![quiz(), nothing.clone(), quiz()] }, true),
        (Rule::AtLeast { count: 1, of: vec![quiz(), nothing.clone()] }, false),
        (Rule::None(vec![nothing.clone()]), false),
        (within(1, nothing), false),
        (held_badge("bronze"), true),
    ] {
        assert_eq!(rule.rests_on_something(), rests, "{rule:?}");
    }
}

#[test]
fn in_order_goes_by_the_time_of_grading() {
    let rule = Rule::InOrder(vec![asks("theory", percent("50")), asks("practice", percent("50"))]);
    let (theory, practice) = (|| outcome("theory", "1", "1"), || outcome("practice", "1", "1"));
    assert!(judge(&rule, &[on(1, theory()), on(2, practice())]).earned);
    assert!(judge(&rule, &[on(2, theory()), on(2, practice())]).earned, "not earlier is enough");
    let decision = judge(&rule, &[on(3, theory()), on(1, practice())]);
    assert!(!decision.earned && decision.evidence.is_empty());
    insta::assert_snapshot!(decision.explanation, @r"
    no: all of these, in this order; found: the second on 1 September 2026, before the first on 3 September 2026
      yes: theory in WS101 (moodle): at least 50 %; found: 100 % on 3 September 2026
      yes: practice in WS101 (moodle): at least 50 %; found: 100 % on 1 September 2026
    ");
    insta::assert_snapshot!(decision.explanation.lacks(), @"all of these, in this order (theory in WS101 (moodle): at least 50 %, then practice in WS101 (moodle): at least 50 %), but found the second on 1 September 2026, before the first on 3 September 2026");
    let decision = judge(&rule, &[theory(), on(1, practice())]);
    assert_eq!(decision.explanation.missing, Some(Missing::NotTold));
    // A second result that comes later does it, whatever the first one was.
    let mut again = on(9, practice());
    again.learner.id = "9".to_owned();
    let decision = judge(&rule, &[on(3, theory()), on(1, practice()), again]);
    assert_eq!((decision.earned, decision.evidence), (true, vec![0, 2]));
}

#[test]
fn the_time_of_a_group_is_that_of_its_last_result() {
    let rule = Rule::InOrder(vec![
        Rule::All(vec![asks("a", percent("1")), asks("b", percent("1"))]),
        Rule::Any(vec![asks("c", percent("1")), asks("d", percent("1"))]),
    ]);
    let at = |name: &str, number| on(number, outcome(name, "1", "1"));
    assert!(!judge(&rule, &[at("a", 1), at("b", 5), at("c", 3)]).earned);
    // One of two is late enough.
    let decision = judge(&rule, &[at("a", 1), at("b", 5), at("c", 3), at("d", 6)]);
    assert_eq!((decision.earned, decision.evidence), (true, vec![0, 1, 3]));
}

#[test]
fn within_wants_results_close_together() {
    let all = Rule::All(vec![asks("a", percent("1")), asks("b", percent("1"))]);
    let at = |name: &str, number| on(number, outcome(name, "1", "1"));
    assert!(judge(&within(10, all.clone()), &[at("a", 1), at("b", 11)]).earned);
    let decision = judge(&within(9, all.clone()), &[at("a", 1), at("b", 11)]);
    insta::assert_snapshot!(decision.explanation, @r"
    no: all of these, within 9 days; found: 10 days between the first and the last
      yes: a in WS101 (moodle): at least 1 %; found: 100 % on 1 September 2026
      yes: b in WS101 (moodle): at least 1 %; found: 100 % on 11 September 2026
    ");
    insta::assert_snapshot!(decision.explanation.lacks(), @"all of these, within 9 days (a in WS101 (moodle): at least 1 %; b in WS101 (moodle): at least 1 %), but found 10 days between the first and the last");
    let unknown = judge(&within(9, all), &[at("a", 1), outcome("b", "1", "1")]);
    assert_eq!(unknown.explanation.missing, Some(Missing::NotTold));
}

#[test]
fn a_window_is_looked_for_among_all_results() {
    let at = |name: &str, number| on(number, outcome(name, "1", "1"));
    let names = ["a", "b", "c", "d"];
    let of = names.iter().map(|name| asks(name, percent("1"))).collect();
    let rule = within(7, Rule::AtLeast { count: 3, of });
    let facts = [at("a", 1), at("b", 6), at("c", 10), at("d", 12)];
    let decision = judge(&rule, &facts);
    assert_eq!((decision.earned, &decision.evidence[..]), (true, &[1, 2, 3][..]));
    insta::assert_snapshot!(decision.explanation, @r"
    yes: at least 3 of these 4, within 7 days; found: between 6 September 2026 and 12 September 2026
      no: a in WS101 (moodle): at least 1 %; found: graded on 1 September 2026, outside that time
      yes: b in WS101 (moodle): at least 1 %; found: 100 % on 6 September 2026
      yes: c in WS101 (moodle): at least 1 %; found: 100 % on 10 September 2026
      yes: d in WS101 (moodle): at least 1 %; found: 100 % on 12 September 2026
    ");
    assert!(!judge(&rule, &facts[..3]).earned);
}

#[test]
fn what_is_forbidden_is_forbidden_outside_of_the_window_too() {
    let rule = within(
        7,
        Rule::All(vec![asks("a", percent("1")), Rule::None(vec![asks("misconduct", percent("1"))])]),
    );
    let at = |name: &str, number| on(number, outcome(name, "1", "1"));
    assert!(judge(&rule, &[at("a", 20)]).earned);
    assert!(!judge(&rule, &[at("a", 20), at("misconduct", 1)]).earned);
}

#[test]
fn a_weighted_result_is_exact_and_counts_what_is_missing_as_nothing() {
    let rule = weighted("70", &[("quiz", "30"), ("exam", "70")]);
    let facts = |quiz, exam| [outcome("quiz", quiz, "10"), outcome("exam", exam, "100")];
    assert!(judge(&rule, &facts("7", "70")).earned);
    assert!(judge(&rule, &facts("0", "100")).earned);
    assert!(!judge(&rule, &facts("7", "69.999")).earned);
    let [quiz, _] = facts("10", "0");
    let decision = judge(&rule, &[on(2, quiz), withheld(outcome("exam", "90", "100"), Withheld::NotPosted)]);
    insta::assert_snapshot!(decision.explanation, @r"
    no: a weighted result of at least 70 % of these; found: 30 %
      yes: quiz in WS101 (moodle): weight 30; found: 100 % on 2 September 2026
      no: exam in WS101 (moodle): weight 70; found: not posted yet, so it counts as 0
    ");
    insta::assert_snapshot!(decision.explanation.lacks(), @"a weighted result of at least 70 % of these, but found 30 %; exam in WS101 (moodle): weight 70, but found not posted yet, so it counts as 0");
    // Three thirds in sixteen: three times 33.333… cut off is less.
    let sixteenths = [("a", "1"), ("b", "1"), ("c", "1"), ("d", "13")];
    let thirds = ["a", "b", "c"].map(|name| outcome(name, "1", "3"));
    assert!(judge(&weighted("6.25", &sixteenths), &thirds).earned);
    assert!(!judge(&weighted("6.2500001", &sixteenths), &thirds).earned);
    let decision = judge(&weighted("20", &[("a", "1"), ("b", "1")]), &thirds[..1]);
    assert_eq!(decision.explanation.found.as_deref(), Some("16.66 %"));
}

#[test]
fn a_weighted_result_can_be_complete_in_time() {
    let rule = within(5, weighted("50", &[("a", "1"), ("b", "1")]));
    let at = |name: &str, points, number| on(number, outcome(name, points, "10"));
    let decision = judge(&rule, &[at("a", "10", 1), at("b", "10", 20)]);
    assert_eq!((decision.earned, decision.evidence), (true, vec![0]), "the first is enough");
    assert_eq!(decision.explanation.found.as_deref(), Some("50 %"), "what lies elsewhere does not count");
    assert!(!judge(&rule, &[at("a", "9", 1), at("b", "9", 20)]).earned);
    assert!(judge(&rule, &[at("a", "9", 1), at("b", "9", 6)]).earned);
}

#[test]
fn conditions_may_come_from_several_sources() {
    let canvas = Condition::new("canvas", "WS101", AssessmentName::Named("b".to_owned()), percent("1"));
    let rule = Rule::InOrder(vec![asks("a", percent("1")), Rule::Condition(canvas)]);
    let (a, b) = (on(1, outcome("a", "1", "1")), on(2, outcome("b", "1", "1")));
    let facts = [Fact { source: "moodle", outcome: &a }, Fact { source: "canvas", outcome: &b }];
    assert!(evaluate(&rule, &Facts { outcomes: &facts, held: &[] }).earned);
}
