//! Expressions: what they say, what is refused, and what they may cost.

use accolade_connectors::Attempt;
use proptest::prelude::*;

use super::*;

fn looked(name: &str, assessment: &str) -> (String, Condition) {
    (name.to_owned(), condition(assessment, Threshold::Any))
}

fn expression(text: &str) -> Result<Expression, Refused> {
    let read: Vec<(String, Condition)> = ["quiz", "essay"]
        .into_iter()
        .filter(|name| text.contains(&format!("{name}.")))
        .map(|name| looked(name, name))
        .collect();
    Expression::new(text, None, read)
}

fn rule(text: &str) -> Rule {
    Rule::Expression(expression(text).unwrap_or_else(|refused| panic!("{text}: {refused:?}")))
}

fn refused(text: &str) -> String {
    match expression(text) {
        Ok(_) => panic!("not refused: {text}"),
        Err(refused) => refused.message,
    }
}

fn is_met(text: &str, outcomes: &[Outcome]) -> bool {
    judge(&rule(text), outcomes).earned
}

#[test]
fn a_grade_exactly_at_the_mark_is_at_it_and_one_just_below_is_not() {
    let quiz = |given| [outcome("quiz", given, "100")];
    for mark in ["70", "70.0", "70.00", "140 / 2", "7 * 10", "69.9 + 0.1", "70.3 - 0.3"] {
        let text = format!("quiz.percent >= {mark}");
        assert!(is_met(&text, &quiz("70")), "{text}");
        // A binary double of it is 70, and would be a wrong badge.
        assert!(!is_met(&text, &quiz("69.99999999999999999")), "{text}");
        let text = format!("quiz.percent < {mark}");
        assert!(is_met(&text, &quiz("69.99999999999999999")) && !is_met(&text, &quiz("70")), "{text}");
        let text = format!("quiz.percent == {mark}");
        assert!(is_met(&text, &quiz("70")) && !is_met(&text, &quiz("70.00000000000000001")), "{text}");
    }
    // 0.1 + 0.2 is not 0.3 in binary floating point.
    assert!(is_met("quiz.points == 0.3", &quiz("0.3")));
    assert!(is_met("quiz.points + 0.2 == 0.3", &quiz("0.1")));
    assert!(is_met("quiz.points >= 123456789.012345", &quiz("123456789.012345")));
    assert!(!is_met("quiz.points >= 123456789.012345", &quiz("123456789.0123449999")));
}

#[test]
fn what_division_cuts_off_does_not_miss_the_mark() {
    let third = [outcome("quiz", "1", "3")];
    assert!(is_met("quiz.percent * 3 >= 100", &third));
    assert!(is_met("quiz.percent + quiz.percent + quiz.percent >= 100", &third));
    assert!(is_met("quiz.points / 3 * 3 >= 1", &third));
    assert!(is_met("math.floor(quiz.percent * 3) == 100", &third));
    assert!(!is_met("quiz.percent * 3 > 100", &third));
}

#[test]
fn every_value_of_a_result_can_be_read() {
    let score = Score {
        given: Some("8".parse().unwrap()),
        min: Decimal::ZERO,
        max: Some(Decimal::TEN),
        text: Some(" B+ ".to_owned()),
    };
    let attempts = (1..=3_u32).map(|number| Attempt {
        number,
        score: Some(Score { given: Some(number.into()), text: None, ..score.clone() }),
        graded_at: Some(day(number.into())),
        late: Some(number == 3),
    });
    let quiz = Outcome {
        score: Some(score.clone()),
        passed: Some(true),
        graded_at: Some(day(9)),
        attempt: Some(2),
        attempts: attempts.collect(),
        late: Some(false),
        ..outcome("quiz", "0", "1")
    };
    let quiz = std::slice::from_ref(&quiz);
    for text in [
        "quiz.percent == 80",
        "quiz.points == 8 && quiz.max == 10",
        "quiz.grade == 'B+' && quiz.grade in ['A', 'B+'] && !(quiz.grade in ['A'])",
        "quiz.grade.startsWith('B') && quiz.grade.endsWith('+') && quiz.grade.contains('B')",
        "quiz.passed",
        "quiz.graded_at == timestamp('2026-09-09T02:00:00+02:00')",
        "quiz.graded_at - timestamp('2026-09-01T00:00:00Z') <= duration('192h')",
        "quiz.graded_at > timestamp('2026-09-08T00:00:00Z') + duration('23h59m59s')",
        "!quiz.late",
        "quiz.attempt == 2 && quiz.attempts == 3 && quiz.attempt in [1, 2]",
        "has(quiz.late) ? quiz.points > 5 : false",
        "math.greatest(quiz.points, 9, 3.5) == 9 && math.least(quiz.points, 9) == quiz.points",
        "math.round(quiz.points - 0.5) == 8 && math.ceil(7.1) == quiz.points && math.abs(-8) == quiz.points",
        "-quiz.points < -7.5",
    ] {
        assert!(is_met(text, quiz), "{text}");
    }
    for (counts, text) in [
        (Counts::Latest, "it.points == 3 && it.late && it.attempt == 3"),
        (Counts::First, "it.percent == 10 && !it.late && it.graded_at == timestamp('2026-09-01T00:00:00Z')"),
        (Counts::Average, "it.percent == 20"),
    ] {
        let mut condition = condition("quiz", Threshold::Any);
        condition.terms.counts = Some(counts);
        let rule = Expression::new(text, None, vec![("it".to_owned(), condition)]).unwrap();
        assert!(judge(&Rule::Expression(rule), quiz).earned, "{text}");
    }
}

#[test]
fn what_is_not_known_is_not_met_and_forbids_nothing_away() {
    let quiz = outcome("quiz", "80", "100");
    let hidden = withheld(outcome("essay", "10", "100"), Withheld::Hidden);
    let both = [quiz.clone(), hidden];
    // A withheld result is as if it were not there.
    for text in ["essay.percent < 20 && quiz.percent > 1", "!(essay.percent > 20) && quiz.percent > 1"] {
        assert!(!is_met(text, &both), "{text}");
    }
    assert!(is_met("quiz.percent >= 70 || essay.percent >= 70", &both));
    assert!(is_met("essay.percent >= 70 || quiz.percent >= 70", &both));
    assert!(is_met("!has(essay.percent) && quiz.percent >= 70", &both));
    assert!(!is_met("quiz.late == false", &both), "the source does not tell");
    for text in
        ["quiz.percent / (quiz.points - 80) > 1", "quiz.percent * 79228162514264337 * 79228162514264337 > 1"]
    {
        assert!(refused_or_unmet(text, &both), "{text}");
    }
}

fn refused_or_unmet(text: &str, outcomes: &[Outcome]) -> bool {
    expression(text).map_or(true, |expression| !judge(&Rule::Expression(expression), outcomes).earned)
}

#[test]
fn what_was_found_is_said() {
    let mut quiz = on(3, outcome("quiz", "69.99999", "100"));
    quiz.assessment.name = Some("Final Quiz".to_owned());
    let essay = on(5, outcome("essay", "40", "60"));
    let hidden = withheld(essay.clone(), Withheld::NotPosted);
    let text = "quiz.percent >= 70.0 && essay.points - quiz.points < 20";
    insta::assert_snapshot!(judge(&rule(text), &[]).explanation, @"no: quiz.percent >= 70.0 && essay.points - quiz.points < 20; found: no value, as it cannot be computed without quiz and essay; quiz in WS101 (moodle) as quiz: no result yet; essay in WS101 (moodle) as essay: no result yet");
    insta::assert_snapshot!(judge(&rule(text), &[quiz.clone(), essay.clone()]).explanation, @"no: quiz.percent >= 70.0 && essay.points - quiz.points < 20; found: Final Quiz in WS101 (moodle) as quiz: percent 69.99, points 69.99; essay in WS101 (moodle) as essay: points 40 on 5 September 2026");
    insta::assert_snapshot!(judge(&rule("quiz.percent > 60 && essay.points > 1"), &[quiz.clone(), hidden]).explanation, @"no: quiz.percent > 60 && essay.points > 1; found: no value, as it cannot be computed without essay; Final Quiz in WS101 (moodle) as quiz: percent 69.99; essay in WS101 (moodle) as essay: not posted yet");
    insta::assert_snapshot!(judge(&rule("quiz.points / (essay.points - 40) > 1"), &[quiz.clone(), essay.clone()]).explanation, @"no: quiz.points / (essay.points - 40) > 1; found: no value, as it divides by zero; Final Quiz in WS101 (moodle) as quiz: points 69.99; essay in WS101 (moodle) as essay: points 40");
    let says = Some("at least 70 % and all on time".to_owned());
    let late =
        Expression::new("quiz.percent > 60 && !quiz.late", says, vec![looked("quiz", "quiz")]).unwrap();
    insta::assert_snapshot!(judge(&Rule::Expression(late.clone()), std::slice::from_ref(&quiz)).explanation.lacks(), @"at least 70 % and all on time, but found no value, as it cannot be computed without quiz.late; Final Quiz in WS101 (moodle) as quiz: percent 69.99, late not told");
    let json = serde_json::to_value(judge(&Rule::Expression(late), &[quiz]).explanation).unwrap();
    assert_eq!((&json["kind"], &json["missing"]), (&"expression".into(), &"not_told".into()));
}

#[test]
fn its_evidence_is_what_it_looked_at() {
    let outcomes = [
        outcome("other", "1", "1"),
        outcome("quiz", "80", "100"),
        outcome("essay", "10", "100"),
        withheld(outcome("quiz", "99", "100"), Withheld::Hidden),
    ];
    let decision = judge(&rule("quiz.percent > 70 || essay.percent > 70"), &outcomes);
    assert_eq!((decision.earned, decision.evidence), (true, vec![1, 2]));
    let decision = judge(&rule("quiz.percent > 90 || essay.percent > 70"), &outcomes);
    assert_eq!((decision.earned, decision.evidence), (false, vec![]));
}

#[test]
fn of_several_results_the_best_is_looked_at() {
    let outcomes = [outcome("quiz", "50", "100"), outcome("quiz", "80", "100"), outcome("quiz", "10", "100")];
    assert!(is_met("quiz.percent == 80", &outcomes));
    let unscored = |passed, learner: &str| {
        let mut outcome = Outcome { score: None, passed: Some(passed), ..outcome("quiz", "1", "1") };
        outcome.learner.id = learner.to_owned();
        outcome
    };
    assert!(is_met("quiz.passed", &[unscored(true, "1"), unscored(false, "9")]));
}

#[test]
fn its_time_is_the_latest_of_its_results() {
    let text = "quiz.percent > 50 && essay.percent > 50";
    let outcomes = [
        on(2, outcome("quiz", "60", "100")),
        on(5, outcome("essay", "60", "100")),
        on(4, outcome("lab", "1", "1")),
    ];
    let lab = || asks("lab", percent("1"));
    assert!(!judge(&Rule::InOrder(vec![rule(text), lab()]), &outcomes).earned);
    assert!(judge(&Rule::InOrder(vec![lab(), rule(text)]), &outcomes).earned);
    assert!(judge(&within(3, Rule::All(vec![lab(), rule(text)])), &outcomes).earned);
    assert!(!judge(&within(2, Rule::All(vec![lab(), rule(text)])), &outcomes).earned);
    // What has no time counts for nothing where times matter.
    let undated =
        [Outcome { graded_at: None, ..outcomes[0].clone() }, outcomes[1].clone(), outcomes[2].clone()];
    assert!(judge(&Rule::All(vec![lab(), rule(text)]), &undated).earned);
    assert!(!judge(&within(30, Rule::All(vec![lab(), rule(text)])), &undated).earned);
}

#[test]
fn what_is_out_of_a_window_is_looked_at_all_the_same() {
    let clean = rule("!has(essay.points) || essay.points < 1");
    let outcomes = |given| [on(2, outcome("quiz", "60", "100")), on(28, outcome("essay", given, "100"))];
    let close = within(3, Rule::All(vec![asks("quiz", percent("50")), clean.clone()]));
    assert!(judge(&close, &outcomes("60")[..1]).earned);
    assert!(!judge(&close, &outcomes("60")).earned, "forbidden at any time");
    assert!(!clean.rests_on_something() && rule("has(essay.points)").rests_on_something());
    assert!(!judge(&clean, &[]).earned, "nothing to show for it");
}

#[test]
fn a_badge_that_is_earned_again_looks_at_results_of_its_time() {
    let period = Period { from: Some(day(5)), until: None };
    let good = rule("quiz.percent > 50").in_period(period);
    assert!(!judge(&good, &[on(3, outcome("quiz", "60", "100"))]).earned);
    assert!(judge(&good, &[on(6, outcome("quiz", "60", "100"))]).earned);
    // What only forbids does so at any time.
    let clean = rule("!has(essay.points) || essay.points < 1").in_period(period);
    let both = Rule::All(vec![good, clean]);
    let outcomes = [on(6, outcome("quiz", "60", "100")), on(3, outcome("essay", "60", "100"))];
    assert!(!judge(&both, &outcomes).earned && judge(&both, &outcomes[..1]).earned);
}

#[test]
fn what_can_only_go_wrong_is_refused() {
    let messages: Vec<String> = [
        "quiz.percent",
        "quiz.percent >= '70'",
        "quiz.percents >= 70",
        "quiz >= 70 || quiz.passed",
        "quis.percent >= 70 && quiz.passed",
        "quiz.grade > 'B'",
        "quiz.percent >= 70 && now() > 1",
        "quiz.percent >= 70 && math.sqrt(4) == 2",
        "quiz.passed && 'a'.matches('a')",
        "quiz.grade + 'a' == 'aa'",
        "[quiz.percent, 3].exists(x, x > 1)",
        "quiz.passed && [1] == [1]",
        "quiz.percent[0] > 1",
        "quiz.percent.points > 1",
        "quiz.passed && {'a': 1}.a == 1",
        "quiz.passed && null == null",
        "quiz.percent % 2 == 0",
        "quiz.percent > 70u",
        "quiz.graded_at > timestamp('tomorrow')",
        "quiz.graded_at - quiz.graded_at > duration('1 day')",
        "quiz.graded_at + quiz.graded_at > quiz.graded_at",
        "quiz.percent > 1 || true",
        "quiz.percent > 1 && 1 > 2",
        "quiz.percent >",
        "quiz.percent >= 70 quiz.passed",
        "-quiz.passed",
        "quiz.passed > false",
        "quiz.passed ? 1 : true",
        "quiz.?percent > 1",
    ]
    .into_iter()
    .map(|text| format!("{text}\n    {}", refused(text)))
    .collect();
    insta::assert_snapshot!(messages.join("\n"), @"
    quiz.percent
        the expression gives a number, and must say true or false: quiz.percent >= 70
    quiz.percent >= '70'
        a text stands where a number belongs
    quiz.percents >= 70
        `quiz` has no `percents`; it has percent, points, max, grade, passed, graded_at, late, attempt, attempts
    quiz >= 70 || quiz.passed
        what of `quiz`? Write for instance quiz.percent or quiz.passed
    quis.percent >= 70 && quiz.passed
        the expression names `quis`, which `with` does not say what it is
    quiz.grade > 'B'
        letters and scale values have no order here (“A-” is not more than “A”); list those that count: quiz.grade in ['A', 'A-']
    quiz.percent >= 70 && now() > 1
        there is no `now`, or not of so many values; known are has(quiz.percent), math.abs, math.ceil, math.floor, math.round, math.greatest, math.least, timestamp('2026-09-01T00:00:00Z'), duration('336h'), and on texts startsWith, endsWith and contains
    quiz.percent >= 70 && math.sqrt(4) == 2
        there is no math.sqrt of 1; known are has(quiz.percent), math.abs, math.ceil, math.floor, math.round, math.greatest, math.least, timestamp('2026-09-01T00:00:00Z'), duration('336h'), and on texts startsWith, endsWith and contains
    quiz.passed && 'a'.matches('a')
        there is no `matches`, or not of so many values; known are has(quiz.percent), math.abs, math.ceil, math.floor, math.round, math.greatest, math.least, timestamp('2026-09-01T00:00:00Z'), duration('336h'), and on texts startsWith, endsWith and contains
    quiz.grade + 'a' == 'aa'
        `+` does not go with a text and a text
    [quiz.percent, 3].exists(x, x > 1)
        there are no loops here; a list stands behind `in` only: quiz.grade in ['A', 'B']; for several results use the lists of the badge file, as in `at_least = 2, of = [ … ]`
    quiz.passed && [1] == [1]
        a list stands behind `in` only: quiz.grade in ['A', 'B']; for several results use the lists of the badge file, as in `at_least = 2, of = [ … ]`
    quiz.percent[0] > 1
        there is no `[]` here; known are && || ! ?: == != < <= > >= + - * /
    quiz.percent.points > 1
        `.points` stands behind the name of a result only, as in quiz.percent
    quiz.passed && {'a': 1}.a == 1
        `.a` stands behind the name of a result only, as in quiz.percent
    quiz.passed && null == null
        there is no `null` here: what is not known has no value; has(quiz.percent) asks whether it has one
    quiz.percent % 2 == 0
        there is no `%` here; known are && || ! ?: == != < <= > >= + - * /
    quiz.percent > 70u
        write numbers without `u`
    quiz.graded_at > timestamp('tomorrow')
        `timestamp` does not understand “tomorrow”; write timestamp('2026-09-01T00:00:00Z'), or duration('336h'), with h, m or s
    quiz.graded_at - quiz.graded_at > duration('1 day')
        `duration` does not understand “1 day”; write timestamp('2026-09-01T00:00:00Z'), or duration('336h'), with h, m or s
    quiz.graded_at + quiz.graded_at > quiz.graded_at
        `+` does not go with a time and a time
    quiz.percent > 1 || true
        the expression is true of everybody, whatever their results
    quiz.percent > 1 && 1 > 2
        the expression can never be true
    quiz.percent >
        the expression cannot be read at column 15: unexpected end
    quiz.percent >= 70 quiz.passed
        the expression cannot be read at column 20: unexpected 'quiz'
    -quiz.passed
        `-` does not go with true or false
    quiz.passed > false
        true is not more than false; compare with ==
    quiz.passed ? 1 : true
        true or false stands where a number belongs
    quiz.?percent > 1
        the expression cannot be read at column 5: unsupported syntax '.?'
    ");
}

#[test]
fn names_are_checked() {
    let with = |name: &str, text: &str| Expression::new(text, None, vec![looked(name, "quiz")]);
    for name in ["has", "math", "in", "9a", "a-b", "", "ä"] {
        assert!(with(name, &format!("{name}.passed")).is_err(), "{name}");
    }
    assert!(with("a_9", "a_9.passed").is_ok());
    let unread = Expression::new("a.passed", None, vec![looked("a", "a"), looked("b", "b")]);
    assert_eq!(
        unread.unwrap_err().message,
        "the expression does not look at `b`; use it, or remove it from `with`"
    );
    let completion =
        Condition { assessment: AssessmentName::CourseCompletion, ..condition("a", Threshold::Any) };
    let reads = |text: &str| Expression::new(text, None, vec![("a".to_owned(), completion.clone())]);
    assert!(reads("a.passed && has(a.graded_at)").is_ok());
    assert!(reads("a.percent > 1").unwrap_err().message.contains("`a` has no `percent`"));
}

/// The longest and deepest that is allowed, and one step more.
#[test]
fn every_bound_holds() {
    let bounded = |allowed: String, too_much: String| {
        assert!(expression(&allowed).is_ok(), "{allowed}: {:?}", expression(&allowed));
        assert!(expression(&too_much).is_err(), "{too_much}");
    };
    let padded = |length: usize| format!("quiz.passed{}", " ".repeat(length - 11));
    bounded(padded(1_000), padded(1_001));
    let brackets = |depth: usize| format!("{}quiz.passed{}", "(".repeat(depth), ")".repeat(depth));
    bounded(brackets(16), brackets(17));
    let choices = |count: usize| format!("{}quiz.passed", "quiz.passed ? false : ".repeat(count));
    bounded(choices(16), choices(17));
    let sum = |terms: usize| format!("quiz.points{} > 1", " + 1".repeat(terms));
    bounded(sum(22), sum(23));
    let digits = |count: usize| format!("quiz.points > {}", "9".repeat(count));
    bounded(digits(15), digits(16));
    bounded("quiz.points > 12345.6789012345".to_owned(), "quiz.points > 12345.67890123456".to_owned());
    let least = |count: usize| format!("math.least(quiz.points{}) > 1", ", 1".repeat(count - 1));
    bounded(least(10), least(11));
    for text in [
        "quiz.points > 1e3",
        "quiz.passed // true",
        "quiz.grade == 'a\nb'",
        r"quiz.grade == 'a\n'",
        "quiz.grade == '''a'''",
    ] {
        assert!(expression(text).is_err(), "{text}");
    }
}

/// The worst that the bounds let through is read and refused or computed on a small stack: nothing
/// goes deeper than a thread of a server has room for.
#[test]
fn the_worst_that_is_allowed_stays_shallow() {
    let long = |part: &str| format!("quiz.passed && {}", part.repeat((900 / part.len()).max(1)));
    let worst = [
        format!("{}quiz.points > 1", "-".repeat(900)),
        format!("{}quiz.passed", "!".repeat(900)),
        long("a."),
        long("quiz.passed && "),
        long("quiz.passed || "),
        format!("{}{}", "[".repeat(16), "1,".repeat(400)),
        format!("quiz.points{} > 1", " + 1".repeat(22)),
        format!("{}quiz.points{} > 1", "math.abs(".repeat(16), ")".repeat(16)),
        "((((((((((((((((quiz.passed ? ".to_owned(),
        format!("{}quiz.passed", "quiz.passed ? false : ".repeat(16)),
        format!("quiz.passed && {}true", "quiz.passed || ".repeat(60)),
        "?".repeat(16),
        format!("{}{}", "{a:".repeat(16), "?[".repeat(16)),
        ">{{{{{{{{{{{{{{{{?[l\u{0}?(-".to_owned(),
    ];
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    let judged = thread.spawn(move || {
        for text in worst {
            if let Ok(expression) = expression(&text) {
                let decision = judge(&Rule::Expression(expression), &[outcome("quiz", "1", "1")]);
                let _ = decision.explanation.to_string();
            }
        }
    });
    judged.unwrap().join().unwrap();
}

/// Pieces of which texts are made that the parser, the checks and the interpreter may stumble over.
const PIECES: [&str; 40] = [
    "quiz",
    ".",
    "percent",
    "quiz.percent",
    "quiz.passed",
    "quiz.grade",
    "quiz.graded_at",
    "essay.points",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    "?",
    ":",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    "&&",
    "||",
    "==",
    "<=",
    " in ",
    "1",
    "70.5",
    "0",
    "'A'",
    "true",
    "null",
    "has(",
    "timestamp('2026-09-01T00:00:00Z')",
    "duration('1h')",
    "math.least(",
    ".map(x, ",
    "\u{0}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_text_brings_it_down(
        pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..20),
        given in any::<[u8; 16]>().prop_map(Decimal::deserialize),
        graded_at in prop::sample::select(vec![None, Some(DateTime::<Utc>::MIN_UTC), Some(DateTime::<Utc>::MAX_UTC)]),
    ) {
        if let Ok(expression) = expression(&pieces.concat()) {
            let mut quiz = Outcome { graded_at, ..outcome("quiz", "1", "1") };
            quiz.score.as_mut().unwrap().given = Some(given);
            let decision = judge(&Rule::Expression(expression), &[quiz]);
            prop_assert_eq!(decision.earned, decision.explanation.lacks().is_empty());
        }
    }

    #[test]
    fn no_signs_bring_it_down(text in "\\PC{0,40}") {
        let _ = Expression::new(&text, None, vec![looked("quiz", "quiz")]);
    }
}
