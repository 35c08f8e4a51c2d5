//! Expressions drawn at random, with a value of their own: fractions, and nothing of the library.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::properties::any_condition;
use super::*;

const NAMES: [&str; 2] = ["p", "q"];
const GRADES: [&str; 2] = ["A", "B"];
/// How many are drawn: reading one costs more than judging by it.
const DRAWN: usize = 150;

/// What is known of a result.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub(super) percent: Option<(i128, i128)>,
    pub(super) passed: Option<bool>,
    pub(super) late: Option<bool>,
    pub(super) text: Option<String>,
}

/// A number; results by their position in [`NAMES`].
#[derive(Debug, Clone)]
pub(super) enum Number {
    Percent(usize),
    Whole(i64),
    Plus(Box<Number>, Box<Number>),
    Minus(Box<Number>, Box<Number>),
    Times(Box<Number>, Box<Number>),
    Over(Box<Number>, Box<Number>),
}

#[derive(Debug, Clone)]
pub(super) enum Formula {
    AtLeast(Number, Number),
    Less(Number, Number),
    Passed(usize),
    Late(usize),
    Grade(usize, &'static str),
    HasPercent(usize),
    And(Box<Formula>, Box<Formula>),
    Or(Box<Formula>, Box<Formula>),
    Not(Box<Formula>),
    If(Box<Formula>, Box<Formula>, Box<Formula>),
}

impl Number {
    fn value(&self, known: &[Known]) -> Option<(i128, i128)> {
        let both = |one: &Self, other: &Self| Some((one.value(known)?, other.value(known)?));
        let (n, d) = match self {
            Self::Percent(name) => known[*name].percent?,
            Self::Whole(number) => (i128::from(*number), 1),
            Self::Plus(one, other) => {
                let ((a, b), (c, d)) = both(one, other)?;
                (a * d + c * b, b * d)
            }
            Self::Minus(one, other) => {
                let ((a, b), (c, d)) = both(one, other)?;
                (a * d - c * b, b * d)
            }
            Self::Times(one, other) => {
                let ((a, b), (c, d)) = both(one, other)?;
                (a * c, b * d)
            }
            Self::Over(one, other) => {
                let ((a, b), (c, d)) = both(one, other)?;
                if c == 0 {
                    return None;
                }
                (a * d, b * c)
            }
        };
        Some(if d < 0 { (-n, -d) } else { (n, d) })
    }

    fn reads(&self, name: usize) -> bool {
        match self {
            Self::Percent(own) => *own == name,
            Self::Whole(_) => false,
            Self::Plus(one, other)
            | Self::Minus(one, other)
            | Self::Times(one, other)
            | Self::Over(one, other) => one.reads(name) || other.reads(name),
        }
    }
}

impl Formula {
    /// `None` where it cannot be computed.
    pub(super) fn value(&self, known: &[Known]) -> Option<bool> {
        match self {
            Self::AtLeast(one, other) => {
                let ((a, b), (c, d)) = (one.value(known)?, other.value(known)?);
                Some(a * d >= c * b)
            }
            Self::Less(one, other) => {
                let ((a, b), (c, d)) = (one.value(known)?, other.value(known)?);
                Some(a * d < c * b)
            }
            Self::Passed(name) => known[*name].passed,
            Self::Late(name) => known[*name].late,
            Self::Grade(name, grade) => known[*name].text.as_ref().map(|text| text == grade),
            Self::HasPercent(name) => Some(known[*name].percent.is_some()),
            Self::And(one, other) => match (one.value(known), other.value(known)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (one, other) => Some(one? && other?),
            },
            Self::Or(one, other) => match (one.value(known), other.value(known)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (one, other) => Some(one? || other?),
            },
            Self::Not(inner) => inner.value(known).map(|value| !value),
            Self::If(asked, then, or) => {
                if asked.value(known)? {
                    then.value(known)
                } else {
                    or.value(known)
                }
            }
        }
    }

    /// Whether something is known of the result that it reads.
    pub(super) fn looks_at(&self, name: usize, known: &Known) -> bool {
        match self {
            Self::AtLeast(one, other) | Self::Less(one, other) => {
                known.percent.is_some() && (one.reads(name) || other.reads(name))
            }
            Self::Passed(own) => *own == name && known.passed.is_some(),
            Self::Late(own) => *own == name && known.late.is_some(),
            Self::Grade(own, _) => *own == name && known.text.is_some(),
            Self::HasPercent(own) => *own == name && known.percent.is_some(),
            Self::Not(inner) => inner.looks_at(name, known),
            Self::And(one, other) | Self::Or(one, other) => {
                one.looks_at(name, known) || other.looks_at(name, known)
            }
            Self::If(asked, then, or) => [asked, then, or].iter().any(|it| it.looks_at(name, known)),
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Percent(name) => write!(f, "{}.percent", NAMES[*name]),
            Self::Whole(number) => write!(f, "{number}"),
            Self::Plus(one, other) => write!(f, "({one} + {other})"),
            Self::Minus(one, other) => write!(f, "({one} - {other})"),
            Self::Times(one, other) => write!(f, "({one} * {other})"),
            Self::Over(one, other) => write!(f, "({one} / {other})"),
        }
    }
}

impl std::fmt::Display for Formula {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(one, other) => write!(f, "{one} >= {other}"),
            Self::Less(one, other) => write!(f, "{one} < {other}"),
            Self::Passed(name) => write!(f, "{}.passed", NAMES[*name]),
            Self::Late(name) => write!(f, "{}.late", NAMES[*name]),
            Self::Grade(name, grade) => write!(f, "{}.grade == '{grade}'", NAMES[*name]),
            Self::HasPercent(name) => write!(f, "has({}.percent)", NAMES[*name]),
            Self::And(one, other) => write!(f, "({one} && {other})"),
            Self::Or(one, other) => write!(f, "({one} || {other})"),
            Self::Not(inner) => write!(f, "!({inner})"),
            Self::If(asked, then, or) => write!(f, "({asked} ? {then} : {or})"),
        }
    }
}

fn any_number() -> impl Strategy<Value = Number> {
    let leaf = prop_oneof![
        3 => (0..NAMES.len()).prop_map(Number::Percent),
        1 => (0..=100_i64).prop_map(Number::Whole),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        let both = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        prop_oneof![
            both().prop_map(|(one, other)| Number::Plus(one, other)),
            both().prop_map(|(one, other)| Number::Minus(one, other)),
            both().prop_map(|(one, other)| Number::Times(one, other)),
            both().prop_map(|(one, other)| Number::Over(one, other)),
        ]
    })
}

fn any_formula() -> impl Strategy<Value = Formula> {
    let name = || 0..NAMES.len();
    let leaf = prop_oneof![
        3 => (any_number(), any_number()).prop_map(|(one, other)| Formula::AtLeast(one, other)),
        2 => (any_number(), any_number()).prop_map(|(one, other)| Formula::Less(one, other)),
        1 => name().prop_map(Formula::Passed),
        1 => name().prop_map(Formula::Late),
        1 => (name(), prop::sample::select(&GRADES[..])).prop_map(|(name, grade)| Formula::Grade(name, grade)),
        1 => name().prop_map(Formula::HasPercent),
    ];
    leaf.prop_recursive(3, 6, 2, |inner| {
        let both = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        prop_oneof![
            3 => both().prop_map(|(one, other)| Formula::And(one, other)),
            3 => both().prop_map(|(one, other)| Formula::Or(one, other)),
            1 => inner.clone().prop_map(|inner| Formula::Not(Box::new(inner))),
            1 => (inner.clone().prop_map(Box::new), both())
                .prop_map(|(asked, (then, or))| Formula::If(asked, then, or)),
        ]
    })
}

/// Expressions with the formulas that they come from; always the same.
static DRAWN_EXPRESSIONS: LazyLock<Vec<(Expression, Formula)>> = LazyLock::new(|| {
    let mut runner = TestRunner::deterministic();
    let strategy = (any_formula(), any_condition(), any_condition());
    let mut drawn = Vec::new();
    while drawn.len() < DRAWN {
        let (formula, one, other) = strategy.new_tree(&mut runner).unwrap().current();
        let text = formula.to_string();
        let names: Vec<(String, Condition)> = NAMES
            .into_iter()
            .zip([one, other])
            .filter(|(name, _)| text.contains(&format!("{name}.")))
            .map(|(name, condition)| (name.to_owned(), Condition { threshold: Threshold::Any, ..condition }))
            .collect();
        // Some say nothing of the results, or ask a kind of result for what it has not.
        drawn.extend(Expression::new(&text, None, names).ok().map(|expression| (expression, formula)));
    }
    drawn
});

pub(super) fn any_expression() -> impl Strategy<Value = Expression> {
    (0..DRAWN).prop_map(|index| DRAWN_EXPRESSIONS[index].0.clone())
}

/// The formula from which an expression was drawn, and its conditions by their position in
/// [`NAMES`].
pub(super) fn formula_of(expression: &Expression) -> (&'static Formula, [Option<&Condition>; 2]) {
    let (_, formula) = DRAWN_EXPRESSIONS.iter().find(|(drawn, _)| drawn == expression).unwrap();
    let text = formula.to_string();
    let mut conditions = expression.conditions();
    let named = NAMES.map(|name| if text.contains(&format!("{name}.")) { conditions.next() } else { None });
    (formula, named)
}
