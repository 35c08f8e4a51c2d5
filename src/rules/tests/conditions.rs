//! Single conditions.

use super::*;

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
        (Withheld::Staff, "part of the course's staff, who earn no badges in it"),
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
    let elsewhere = [Fact { source: "canvas", outcome: &other }];
    assert!(!evaluate(&rule, &Facts { outcomes: &elsewhere, held: &[] }).earned);
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
    assert_eq!(one.evidence.len(), other.evidence.len());
    let mirrored: Vec<usize> = other.evidence.iter().map(|index| 1 - index).rev().collect();
    assert_eq!(one.evidence, mirrored);
}

#[test]
fn course_total_and_completion_are_told_apart_by_kind() {
    let condition =
        |assessment, threshold| Rule::Condition(Condition::new("moodle", "2", assessment, threshold));
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
fn a_competency_is_reached_by_the_lms_word_only() {
    let competency = AssessmentName::Competency("SAFE-1".to_owned());
    let rule = Rule::Condition(Condition::new("moodle", "2", competency, Threshold::Passed));
    let mut rated = outcome("competency:3", "3", "4");
    rated.assessment.also = vec!["SAFE-1".to_owned()];
    rated.assessment.kind = AssessmentKind::Competency;
    for (passed, found) in [
        (Some(true), "reached"),
        (Some(false), "not reached"),
        (None, "the source does not say whether it is reached"),
    ] {
        rated.passed = passed;
        let decision = judge(&rule, std::slice::from_ref(&rated));
        assert_eq!(decision.earned, passed == Some(true));
        assert_eq!(decision.explanation.found.as_deref(), Some(found));
    }
    let quiz = Outcome { passed: Some(true), ..outcome("SAFE-1", "1", "1") };
    assert!(!judge(&rule, &[quiz]).earned, "a quiz of that name is no competency");
}

#[test]
fn a_total_may_have_to_wait_until_everything_is_graded() {
    let total = Condition::new("moodle", "2", AssessmentName::CourseTotal, percent("70"));
    let rule = with(|terms| terms.all_graded = true, total.clone());
    let mut early = outcome(Assessment::COURSE_TOTAL, "18", "20");
    early.assessment.kind = AssessmentKind::CourseTotal;
    for (all_graded, found, missing) in [
        (Some(true), "90 %", None),
        (Some(false), "not everything is graded yet", Some(Missing::NotGraded)),
        (None, "the source does not say whether everything is graded", Some(Missing::NotTold)),
    ] {
        early.all_graded = all_graded;
        let decision = judge(&rule, std::slice::from_ref(&early));
        assert_eq!(decision.earned, missing.is_none());
        assert_eq!(decision.explanation.found.as_deref(), Some(found));
        assert_eq!(decision.explanation.missing, missing);
        assert!(judge(&Rule::Condition(total.clone()), std::slice::from_ref(&early)).earned);
    }
}

#[test]
fn late_work_does_not_count_where_the_rule_says_so() {
    let rule = with(|terms| terms.on_time = true, condition("quiz", percent("70")));
    for (late, found, missing) in [
        (Some(false), "90 %", None),
        (Some(true), "handed in late", Some(Missing::Late)),
        (None, "the source does not say whether it was late", Some(Missing::NotTold)),
    ] {
        let outcome = Outcome { late, ..outcome("quiz", "9", "10") };
        let decision = judge(&rule, std::slice::from_ref(&outcome));
        assert_eq!(decision.earned, missing.is_none());
        assert_eq!(decision.explanation.found.as_deref(), Some(found));
        assert_eq!(decision.explanation.missing, missing);
        assert!(judge(&asks("quiz", percent("70")), &[outcome]).earned);
    }
}

#[test]
fn a_span_of_time_includes_both_its_days() {
    let between = Between {
        from: Between::begin_of("2026-09-02".parse().unwrap()),
        to: Between::end_of("2026-09-04".parse().unwrap()),
    };
    let rule = with(|terms| terms.between = Some(between), condition("quiz", percent("70")));
    let at = |time: &str| Outcome { graded_at: Some(time.parse().unwrap()), ..outcome("quiz", "9", "10") };
    for (time, earned) in [
        ("2026-09-01T23:59:59.999999Z", false),
        ("2026-09-02T00:00:00Z", true),
        ("2026-09-04T23:59:59.999999Z", true),
        ("2026-09-05T00:00:00Z", false),
        ("2026-09-05T01:00:00+02:00", true),
    ] {
        assert_eq!(judge(&rule, &[at(time)]).earned, earned, "{time}");
    }
    let decision = judge(&rule, &[at("2026-09-05T00:00:00Z")]);
    assert_eq!(decision.explanation.missing, Some(Missing::OutsideTime));
    let unknown = judge(&rule, &[outcome("quiz", "9", "10")]);
    insta::assert_snapshot!(decision.explanation, @"no: quiz in WS101 (moodle): at least 70 %, between 2 September 2026 and 4 September 2026; found: graded on 5 September 2026, outside that time");
    assert_eq!(unknown.explanation.found.as_deref(), Some("the source does not say when it was graded"));
}

#[test]
fn a_held_badge_meets_what_stacks_on_it() {
    let rule = held_badge("bronze");
    let judge = |rule: &Rule, held: &[Held<'_>]| evaluate(rule, &Facts { outcomes: &[], held });
    let bronze = Held { badge: "bronze", awarded_at: day(3) };
    let decision = judge(&rule, &[Held { badge: "silver", ..bronze }, bronze]);
    assert_eq!((decision.earned, decision.held), (true, vec!["bronze".to_owned()]));
    assert!(decision.evidence.is_empty());
    insta::assert_snapshot!(decision.explanation, @"yes: the badge “bronze”; found: awarded on 3 September 2026");
    let decision = judge(&rule, &[]);
    assert!(!decision.earned);
    assert_eq!(decision.explanation.lacks(), "the badge “bronze”, but found not held");
    let between = Some(Between { from: day(4), to: day(9) });
    let rule = Rule::Badge(HeldBadge { badge: "bronze".to_owned(), between });
    assert_eq!(judge(&rule, &[bronze]).explanation.missing, Some(Missing::OutsideTime));
    assert!(judge(&rule, &[bronze, Held { awarded_at: day(5), ..bronze }]).earned);
}
