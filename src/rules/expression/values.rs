//! What is known of a result.

use accolade_connectors::Outcome;
use cel::ExecutionError;
use cel::common::traits::Indexer;
use cel::common::types::{CelBool, CelString, Type};
use cel::common::value::{CowVal, Val};
use chrono::DateTime;
use rust_decimal::Decimal;

use super::check::Kind;
use super::quantity::{Computed, Quantity};
use crate::rules::counted::{Counted, Origin, Value};
use crate::rules::wording::{date, plain};
use crate::rules::{AssessmentName, Condition, Counts};

/// What an expression can read of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Percent,
    Points,
    Max,
    Grade,
    Passed,
    GradedAt,
    Late,
    Attempt,
    Attempts,
}

impl Field {
    /// Every field, with its name in an expression; in the order of the enum.
    const ALL: [(&str, Self); 9] = [
        ("percent", Self::Percent),
        ("points", Self::Points),
        ("max", Self::Max),
        ("grade", Self::Grade),
        ("passed", Self::Passed),
        ("graded_at", Self::GradedAt),
        ("late", Self::Late),
        ("attempt", Self::Attempt),
        ("attempts", Self::Attempts),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Percent | Self::Points | Self::Max | Self::Attempt | Self::Attempts => Kind::Number,
            Self::Grade => Kind::Text,
            Self::Passed | Self::Late => Kind::Bool,
            Self::GradedAt => Kind::Time,
        }
    }

    /// Those that a result of this kind can have.
    pub(super) fn of(condition: &Condition) -> impl Iterator<Item = (&'static str, Self)> {
        let counts = condition.terms.counts;
        let about_work = matches!(condition.assessment, AssessmentName::Named(_));
        let completion = condition.assessment == AssessmentName::CourseCompletion;
        Self::ALL.into_iter().filter(move |(_, field)| match field {
            Self::GradedAt => true,
            Self::Passed => counts.is_none(),
            _ if completion => false,
            Self::Percent => true,
            _ if matches!(counts, Some(Counts::Average | Counts::Decaying)) => false,
            Self::Points | Self::Max | Self::Grade => true,
            Self::Late | Self::Attempt | Self::Attempts => about_work,
        })
    }
}

/// What is known of a result; nothing of one that does not count.
#[derive(Debug, Clone, Default)]
pub(super) struct Looked([Option<Datum>; Field::ALL.len()]);

/// One value.
#[derive(Debug, Clone)]
enum Datum {
    Quantity(Quantity),
    Bool(CelBool),
    Text(CelString<'static>),
}

impl Looked {
    /// What counts of an outcome.
    pub(super) fn new(counted: &Counted<'_>, outcome: &Outcome) -> Self {
        let score = match &counted.value {
            Value::Score(score) => score.as_deref(),
            Value::Computed(_) => None,
        };
        let percent = match &counted.value {
            Value::Computed(percent) => Some(*percent),
            Value::Score(_) => score.and_then(accolade_connectors::Score::percent),
        };
        let (attempt, late) = match counted.origin {
            Origin::Shown => (outcome.attempt, outcome.late),
            Origin::Attempt(number) => {
                let attempts = outcome.known_attempts();
                (Some(number), attempts.iter().find(|it| it.number == number).and_then(|it| it.late))
            }
            Origin::Average(_) | Origin::Decaying(_) => (None, None),
        };
        let attempts = outcome.attempts.iter().map(|it| it.number).chain(outcome.attempt).max();
        let mut looked = Self::default();
        looked.set(Field::Percent, percent.map(Datum::number));
        looked.set(Field::Points, score.and_then(|score| score.given).map(Datum::number));
        looked.set(Field::Max, score.and_then(|score| score.max).map(Datum::number));
        looked.set(Field::Grade, score.and_then(|score| score.text.as_deref()).map(Datum::text));
        looked.set(Field::Passed, counted.passed.map(Datum::bool));
        looked.set(Field::GradedAt, counted.at.map(|at| Datum::Quantity(Quantity::Time(at))));
        looked.set(Field::Late, late.map(Datum::bool));
        looked.set(Field::Attempt, attempt.map(Datum::number));
        looked.set(Field::Attempts, attempts.map(Datum::number));
        looked
    }

    /// Something of everything.
    pub(super) fn sample() -> Self {
        let mut sample = Self::default();
        for (_, field) in Field::ALL {
            let datum = match field.kind() {
                Kind::Number => Datum::number(7),
                Kind::Text => Datum::text("A"),
                Kind::Bool => Datum::bool(true),
                Kind::Time | Kind::Span => Datum::Quantity(Quantity::Time(DateTime::UNIX_EPOCH)),
            };
            sample.set(field, Some(datum));
        }
        sample
    }

    fn set(&mut self, field: Field, datum: Option<Datum>) {
        if let Some(place) = self.0.get_mut(field as usize) {
            *place = datum;
        }
    }

    fn get(&self, field: Field) -> Option<&Datum> {
        self.0.get(field as usize)?.as_ref()
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.get(field).is_some()
    }

    /// A value for people, numbers cut off after so many places; `None` if it is not known.
    pub(super) fn said(&self, field: Field, places: u32) -> Option<String> {
        Some(match self.get(field)? {
            Datum::Quantity(Quantity::Number { value, .. }) => plain(value.trunc_with_scale(places)),
            Datum::Quantity(Quantity::Time(at)) => date(*at),
            Datum::Quantity(Quantity::Span(span)) => span.to_string(),
            Datum::Bool(value) => value.inner().to_string(),
            Datum::Text(text) => format!("“{}”", text.inner()),
        })
    }
}

impl Datum {
    fn number(value: impl Into<Decimal>) -> Self {
        Self::Quantity(Quantity::exactly(value.into()))
    }

    fn bool(value: bool) -> Self {
        Self::Bool(CelBool::from(value))
    }

    fn text(text: &str) -> Self {
        Self::Text(CelString::from(text.trim().to_owned()))
    }

    fn val(&self) -> &(dyn Val + 'static) {
        match self {
            Self::Quantity(quantity) => quantity,
            Self::Bool(value) => value,
            Self::Text(text) => text,
        }
    }
}

static RESULT: Type = Type::new_unspecified_type("result");

impl Val for Looked {
    fn get_type(&self) -> &Type {
        &RESULT
    }

    fn cel_type() -> &'static Type {
        &RESULT
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }
}

impl Indexer for Looked {
    fn get<'b, 'v>(&'b self, name: &dyn Val) -> Computed<'b, 'v>
    where
        Self: 'v,
    {
        let name = name.downcast_ref::<CelString<'_>>().map_or("", CelString::inner);
        let field = Field::ALL.iter().find(|(known, _)| *known == name);
        let datum = field.and_then(|(_, field)| Looked::get(self, *field));
        datum.map(|datum| CowVal::Borrowed(datum.val())).ok_or_else(|| ExecutionError::no_such_key(name))
    }

    fn steal<'v>(self: Box<Self>, name: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Indexer::get(&*self, name).map(CowVal::into_owned)
    }
}
