//! Properties of rules drawn at random from the whole vocabulary.

use accolade_connectors::Attempt;
use proptest::prelude::*;

use super::formulas::any_expression;
use super::oracle::Oracle;
use super::*;

const NAMES: [&str; 3] = ["a", "b", "c"];
const BADGES: [&str; 2] = ["x", "y"];

/// A person: outcomes, and badges held since when.
#[derive(Debug, Clone)]
struct Person {
    outcomes: Vec<Outcome>,
    held: Vec<(String, DateTime<Utc>)>,
}

impl Person {
    fn judge(&self, rule: &Rule) -> Decision {
        let outcomes: Vec<Fact<'_>> =
            self.outcomes.iter().map(|outcome| Fact { source: "moodle", outcome }).collect();
        let held: Vec<Held<'_>> =
            self.held.iter().map(|(badge, at)| Held { badge, awarded_at: *at }).collect();
        evaluate(rule, &Facts { outcomes: &outcomes, held: &held })
    }
}

fn any_day() -> impl Strategy<Value = DateTime<Utc>> {
    (1..8_i64).prop_map(day)
}

fn any_between() -> impl Strategy<Value = Between> {
    (1..8_i64, 0..8_i64).prop_map(|(from, length)| Between { from: day(from), to: day(from + length) })
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let counts = prop::option::weighted(0.5, prop::sample::select(Counts::ALL.map(|(_, it)| it).to_vec()));
    let between = prop::option::weighted(0.2, any_between());
    (counts, between, prop::bool::weighted(0.2), prop::bool::weighted(0.1)).prop_map(
        |(counts, between, on_time, all_graded)| Terms { counts, between, on_time, all_graded, period: None },
    )
}

fn any_name() -> impl Strategy<Value = AssessmentName> {
    prop_oneof![
        8 => prop::sample::select(&NAMES[..]).prop_map(|name| AssessmentName::Named(name.to_owned())),
        1 => Just(AssessmentName::CourseTotal),
        1 => Just(AssessmentName::CourseCompletion),
        1 => prop::sample::select(&NAMES[..]).prop_map(|name| AssessmentName::Competency(name.to_owned())),
    ]
}

pub(super) fn any_condition() -> impl Strategy<Value = Condition> {
    let threshold = prop_oneof![
        1 => Just(Threshold::Passed),
        2 => (0..=100_i64).prop_map(|mark| Threshold::Percent(mark.into())),
        2 => (0..=10_i64).prop_map(|mark| Threshold::Points(mark.into())),
        1 => Just(Threshold::OneOf(vec!["A".to_owned(), "B".to_owned()])),
    ];
    (any_name(), threshold, any_terms()).prop_map(|(name, threshold, terms)| Condition {
        terms,
        ..Condition::new("moodle", "WS101", name, threshold)
    })
}

fn any_leaf(expressions: bool) -> impl Strategy<Value = Rule> {
    let weighted =
        (prop::collection::vec((any_condition(), 1..5_i64), 1..4), 1..=100_i64).prop_map(|(parts, mark)| {
            let part = |(condition, weight): (Condition, i64)| Weighted {
                condition: Condition { threshold: Threshold::Any, ..condition },
                weight: weight.into(),
            };
            Rule::Weighted { parts: parts.into_iter().map(part).collect(), at_least: mark.into() }
        });
    let between = prop::option::weighted(0.3, any_between());
    prop_oneof![
        6 => any_condition().prop_map(Rule::Condition),
        if expressions { 2 } else { 0 } => any_expression().prop_map(Rule::Expression),
        1 => weighted,
        1 => (prop::sample::select(&BADGES[..]), between)
            .prop_map(|(badge, between)| Rule::Badge(HeldBadge { badge: badge.to_owned(), between })),
    ]
}

fn any_rule() -> impl Strategy<Value = Rule> {
    rules(true, true)
}

/// Without what forbids.
fn any_asking_rule() -> impl Strategy<Value = Rule> {
    rules(false, true)
}

/// Without what forbids, or may say no to more than it said yes to.
fn any_growing_rule() -> impl Strategy<Value = Rule> {
    rules(false, false)
}

fn rules(forbidding: bool, expressions: bool) -> impl Strategy<Value = Rule> {
    any_leaf(expressions).prop_recursive(3, 10, 3, move |inner| {
        let parts = || prop::collection::vec(inner.clone(), 0..4);
        // What only forbids has no time, and is refused in an order when rules are read.
        let dated = inner.clone().prop_filter("has a time", Rule::rests_on_something);
        prop_oneof![
            2 => parts().prop_map(Rule::All),
            1 => parts().prop_map(Rule::Any),
            1 => (0..4_usize, parts()).prop_map(|(count, of)| Rule::AtLeast { count, of }),
            u32::from(forbidding) => parts().prop_map(Rule::None),
            3 => prop::collection::vec(dated, 0..4).prop_map(Rule::InOrder),
            3 => (0..6_i64, inner.clone()).prop_map(|(days, group)| within(days, group)),
        ]
    })
}

fn any_score() -> impl Strategy<Value = Score> {
    (0..=10_i64, prop::option::of(prop::sample::select(vec!["A", "B", "C"]))).prop_map(|(given, text)| {
        Score {
            given: Some(given.into()),
            min: Decimal::ZERO,
            max: Some(Decimal::TEN),
            text: text.map(str::to_owned),
        }
    })
}

fn any_attempts() -> impl Strategy<Value = Vec<Attempt>> {
    let attempt = (
        prop::bool::weighted(0.9),
        prop::option::weighted(0.9, any_score()),
        prop::option::weighted(0.9, any_day()),
        prop::option::weighted(0.9, prop::bool::weighted(0.3)),
    );
    prop::collection::vec(attempt, 0..4).prop_map(|attempts| {
        let numbered = attempts.into_iter().zip(1_u32..).filter(|((listed, ..), _)| *listed);
        let attempt = |((_, score, graded_at, late), number)| Attempt { number, score, graded_at, late };
        numbered.map(attempt).collect()
    })
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    let kind = prop_oneof![
        6 => Just(AssessmentKind::Item),
        1 => Just(AssessmentKind::CourseTotal),
        1 => Just(AssessmentKind::CourseCompletion),
        1 => Just(AssessmentKind::Competency),
    ];
    let graded = (
        prop::option::weighted(0.9, any_score()),
        prop::option::of(any::<bool>()),
        prop::option::weighted(0.1, prop::sample::select(vec![Withheld::Hidden, Withheld::NotGraded])),
        prop::option::weighted(0.9, any_day()),
    );
    let handed_in = (
        any_attempts(),
        prop::option::of(1..4_u32),
        prop::option::weighted(0.8, prop::bool::weighted(0.3)),
        prop::option::of(any::<bool>()),
    );
    (prop::sample::select(&NAMES[..]), kind, graded, handed_in, 0..3_u8).prop_map(
        |(name, kind, (score, passed, reason, graded_at), (attempts, attempt, late, all_graded), learner)| {
            let mut outcome = outcome(name, "0", "1");
            outcome.assessment.kind = kind;
            outcome.learner.id = learner.to_string();
            let release = reason.map_or(Release::Released, |reason| Release::Withheld { reason });
            Outcome { score, passed, release, graded_at, attempts, attempt, late, all_graded, ..outcome }
        },
    )
}

fn any_person() -> impl Strategy<Value = Person> {
    let held = (prop::sample::select(&BADGES[..]), any_day());
    (prop::collection::vec(any_outcome(), 0..5), prop::collection::vec(held, 0..3)).prop_map(
        |(outcomes, held)| {
            let held = held.into_iter().map(|(badge, at)| (badge.to_owned(), at)).collect();
            Person { outcomes, held }
        },
    )
}

/// Numbers and times as wild as their types allow.
fn wild(person: Person, numbers: &[Decimal], times: &[DateTime<Utc>]) -> Person {
    let mut numbers = numbers.iter().copied().cycle();
    let mut times = times.iter().copied().cycle();
    let mut person = person;
    for outcome in &mut person.outcomes {
        let attempts = outcome.attempts.iter_mut();
        let scores = attempts.map(|it| (&mut it.score, &mut it.graded_at));
        for (score, at) in scores.chain([(&mut outcome.score, &mut outcome.graded_at)]) {
            if let Some(score) = score {
                (score.given, score.max) = (numbers.next(), numbers.next());
                score.min = numbers.next().unwrap_or_default();
            }
            *at = times.next();
        }
    }
    person
}

fn wild_rule(rule: &mut Rule, numbers: &mut impl Iterator<Item = Decimal>) {
    match rule {
        Rule::All(parts) | Rule::Any(parts) | Rule::None(parts) | Rule::InOrder(parts) => {
            for part in parts {
                wild_rule(part, numbers);
            }
        }
        Rule::AtLeast { of, count } => {
            *count = usize::MAX;
            for part in of {
                wild_rule(part, numbers);
            }
        }
        Rule::Within { time, group } => {
            *time = if time.is_zero() { TimeDelta::MIN } else { TimeDelta::MAX };
            wild_rule(group, numbers);
        }
        Rule::Weighted { parts, at_least } => {
            *at_least = numbers.next().unwrap_or_default();
            for part in parts {
                part.weight = numbers.next().unwrap_or_default();
            }
        }
        Rule::Condition(condition) => match &mut condition.threshold {
            Threshold::Percent(mark) | Threshold::Points(mark) => *mark = numbers.next().unwrap_or_default(),
            _ => {}
        },
        Rule::Badge(_) | Rule::Expression(_) => {}
    }
}

fn any_wild_number() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        Just(Decimal::MAX),
        Just(Decimal::MIN),
        Just(Decimal::ZERO),
        Just(Decimal::new(1, 28)),
        any::<[u8; 16]>().prop_map(Decimal::deserialize),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn the_verdict_is_that_of_every_choice_tried(rule in any_rule(), person in any_person()) {
        let decision = person.judge(&rule);
        let oracle = Oracle::new(&person.outcomes, &person.held);
        let earned = oracle.earned(&rule);
        prop_assume!(!oracle.tied.get());
        // Other rules are refused when they are read; they may earn too little, never too much.
        if rule.rests_on_something() {
            prop_assert_eq!(decision.earned, earned, "{}", decision.explanation);
        } else {
            prop_assert!(!decision.earned || earned);
        }
        prop_assert_eq!(decision.earned, decision.explanation.met);
        // A badge rests on something; what is not earned rests on nothing.
        prop_assert_eq!(decision.earned, !decision.evidence.is_empty() || !decision.held.is_empty());
    }

    #[test]
    fn what_is_kept_of_the_facts_decides_the_same(rule in any_rule(), person in any_person()) {
        let outcomes: Vec<Fact<'_>> =
            person.outcomes.iter().map(|outcome| Fact { source: "moodle", outcome }).collect();
        let held: Vec<Held<'_>> =
            person.held.iter().map(|(badge, at)| Held { badge, awarded_at: *at }).collect();
        let facts = Facts { outcomes: &outcomes, held: &held };
        let inputs = Inputs::of(("badge", "version"), &rule, &facts, None, day(9));
        let text = serde_json::to_string(&inputs).unwrap();
        let kept: Inputs = serde_json::from_str(&text).unwrap();
        let (then, now) = (person.judge(&rule), kept.decide(&rule));
        prop_assert_eq!(then.explanation, now.explanation);
        prop_assert_eq!((then.earned, then.held), (now.earned, now.held));
    }

    #[test]
    fn the_evidence_alone_is_enough(rule in any_asking_rule(), person in any_person()) {
        let decision = person.judge(&rule);
        let outcomes = decision.evidence.iter().map(|index| person.outcomes[*index].clone()).collect();
        let held = person.held.iter().filter(|(badge, _)| decision.held.contains(badge)).cloned().collect();
        prop_assert_eq!(Person { outcomes, held }.judge(&rule).earned, decision.earned);
    }

    #[test]
    fn the_order_of_facts_does_not_matter(
        rule in any_rule(),
        (person, outcomes, held) in any_person().prop_flat_map(|person| {
            let (outcomes, held) = (person.outcomes.clone(), person.held.clone());
            (Just(person), Just(outcomes).prop_shuffle(), Just(held).prop_shuffle())
        }),
    ) {
        let (one, other) = (person.judge(&rule), Person { outcomes, held }.judge(&rule));
        prop_assert_eq!(one.explanation, other.explanation);
        prop_assert_eq!(one.evidence.len(), other.evidence.len());
        prop_assert_eq!(one.held, other.held);
    }

    #[test]
    fn what_no_condition_names_changes_nothing(rule in any_rule(), person in any_person(), more in any_outcome()) {
        let before = person.judge(&rule);
        let mut person = person;
        let mut unrelated = more;
        unrelated.course.also.clear();
        person.outcomes.push(unrelated);
        person.held.push(("unrelated".to_owned(), day(1)));
        prop_assert_eq!(before, person.judge(&rule));
    }

    #[test]
    fn one_more_fact_takes_no_badge_away_where_nothing_is_forbidden(
        rule in any_growing_rule(),
        person in any_person(),
        more in any_outcome(),
    ) {
        let before = person.judge(&rule).earned;
        let mut person = person;
        person.outcomes.push(more);
        prop_assert!(!before || person.judge(&rule).earned);
    }

    #[test]
    fn none_is_the_negation(rule in any_rule(), person in any_person()) {
        let mut person = person;
        person.outcomes.push(outcome("always", "1", "1"));
        let always = || asks("always", percent("1"));
        let with = person.judge(&Rule::All(vec![always(), rule.clone()]));
        let without = person.judge(&Rule::All(vec![always(), Rule::None(vec![rule])]));
        prop_assert_ne!(with.earned, without.earned);
    }

    #[test]
    fn nothing_panics_and_what_is_said_agrees(
        rule in any_rule(),
        person in any_person(),
        numbers in prop::collection::vec(any_wild_number(), 1..9),
        times in prop::collection::vec(prop_oneof![
            Just(DateTime::<Utc>::MIN_UTC), Just(DateTime::<Utc>::MAX_UTC), any_day(),
        ], 1..5),
    ) {
        let mut rule = rule;
        wild_rule(&mut rule, &mut numbers.iter().copied().cycle());
        let person = wild(person, &numbers, &times);
        let decision = person.judge(&rule);
        prop_assert_eq!(decision.earned, decision.explanation.lacks().is_empty());
        let _ = (decision.explanation.to_string(), serde_json::to_string(&decision.explanation).unwrap());
        let book = Rulebook::new(vec![("badge".to_owned(), rule)]);
        for outcome in &person.outcomes {
            let _ = (book.remark("moodle", outcome), book.passes("moodle", outcome));
        }
    }

    #[test]
    fn the_index_finds_what_evaluation_meets(rule in any_rule(), outcome in any_outcome()) {
        let book = Rulebook::new(vec![("badge".to_owned(), rule.clone())]);
        let named = book.names("moodle", &outcome);
        prop_assert_eq!(named, !book.badges_for("moodle", &outcome).is_empty());
        let person = Person { outcomes: vec![outcome.clone()], held: Vec::new() };
        let nobody = Person { outcomes: Vec::new(), held: Vec::new() };
        // What changes a verdict is named, and what earns by itself passes.
        if person.judge(&rule).explanation.met != nobody.judge(&rule).explanation.met {
            prop_assert!(named);
        }
        let asks_only = rule.rests_on_something() && !format!("{rule:?}").contains("None([");
        if asks_only && person.judge(&rule).earned {
            prop_assert!(book.passes("moodle", &outcome));
        }
    }
}
