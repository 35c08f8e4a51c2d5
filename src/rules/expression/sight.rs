//! An expression against what is known of a person.

use std::cmp::Ordering;

use cel::ExecutionError;
use chrono::{DateTime, Utc};

use super::quantity::Quantity;
use super::values::{Field, Looked};
use super::{Condition, Expression};
use crate::rules::counted::Why;
use crate::rules::evaluate::{Item, Known};
use crate::rules::explanation::{Explanation, Kind, Missing};
use crate::rules::matching::Look;
use crate::rules::timing::View;
use crate::rules::wording::{PLACES, places};

/// What an expression says of a person, whatever the times of their results.
pub(in crate::rules) struct Sight<'a> {
    expression: &'a Expression,
    value: Result<bool, ExecutionError>,
    seen: Vec<Seen<'a>>,
}

/// What is there for one name.
struct Seen<'a> {
    look: Option<(Look<'a>, usize)>,
    values: Looked,
}

impl Expression {
    /// Of several results for a name the best one is looked at.
    pub(in crate::rules) fn see<'a>(&'a self, facts: &Known<'a>) -> Sight<'a> {
        let seen: Vec<Seen<'a>> =
            self.names.iter().map(|(_, condition)| Seen::new(condition, facts)).collect();
        let values: Vec<Looked> = seen.iter().map(|seen| seen.values.clone()).collect();
        Sight { expression: self, value: self.compute(&values), seen }
    }
}

impl<'a> Seen<'a> {
    fn new(condition: &'a Condition, facts: &Known<'a>) -> Self {
        let looks = facts
            .outcomes
            .iter()
            .filter(|(_, fact)| condition.concerns(fact.source, fact.outcome))
            .map(|(index, fact)| (Look::new(condition, fact.outcome, View::ALL), *index));
        let look = looks.max_by(|(one, _), (other, _)| better(one, other));
        let counted = look.as_ref().and_then(|(look, _)| Some((look.counted().ok()?, look.outcome())));
        let values = counted.map(|(counted, outcome)| Looked::new(counted, outcome)).unwrap_or_default();
        Self { look, values }
    }

    fn counts(&self) -> bool {
        self.look.as_ref().is_some_and(|(look, _)| look.met())
    }

    fn why(&self) -> Option<Why> {
        self.look.as_ref().and_then(|(look, _)| look.counted().err())
    }

    fn at(&self) -> Option<DateTime<Utc>> {
        self.look.as_ref().and_then(|(look, _)| look.at())
    }
}

/// What counts, then the higher percentage, then what is passed.
fn better(one: &Look<'_>, other: &Look<'_>) -> Ordering {
    let key = |look: &Look<'_>| {
        let counted = look.counted().ok();
        (look.met(), look.measure(), counted.and_then(|it| it.passed) == Some(true))
    };
    key(one).cmp(&key(other)).then_with(|| one.compare(other))
}

impl Sight<'_> {
    /// Whether it is met, at any time.
    pub(in crate::rules) fn met(&self) -> bool {
        matches!(self.value, Ok(true))
    }

    /// The results of which something is known that it reads: when they were graded, and which.
    pub(in crate::rules) fn results(&self) -> impl Iterator<Item = (Option<DateTime<Utc>>, Item)> {
        let reads = &self.expression.program.reads;
        self.seen.iter().enumerate().filter_map(move |(index, seen)| {
            let mut own = reads.iter().filter(|(name, _)| *name == index);
            let known = own.any(|(_, field)| seen.values.has(*field));
            seen.look.as_ref().filter(|_| known).map(|(_, fact)| (seen.at(), Item::Outcome(*fact)))
        })
    }

    /// The verdict within a view: its results were all graded in it. Not met by a result of another
    /// time, or of a time that nobody tells; an expression that rests on no result has no time.
    pub(in crate::rules) fn judged(self, view: View) -> (Explanation, Vec<Item>) {
        let outside = self.results().find_map(|(at, _)| match at {
            _ if view == View::ALL => None,
            Some(at) if view.contains(at) => None,
            Some(at) => Some(Why::Outside(at)),
            None => Some(Why::TimeUnknown),
        });
        let met = self.met() && outside.is_none();
        let (found, missing) = match (&self.value, outside) {
            (Ok(true), Some(why)) => (why.to_string(), Some(why.missing())),
            (Ok(true), None) => (self.found(), None),
            (Ok(false), _) => (self.found(), Some(Missing::NotReached)),
            (Err(error), _) => (self.uncomputed(error), Some(self.missing(error))),
        };
        let since = self.results().filter_map(|(at, _)| at).max().filter(|_| self.value.is_ok());
        let items = if met { self.results().map(|(_, item)| item).collect() } else { Vec::new() };
        let asks = self.expression.asks().to_owned();
        let kind = Kind::Expression;
        let found = Some(found);
        (Explanation { met, kind, asks, found, since, missing, parts: Vec::new() }, items)
    }

    /// Each result with what was read of it: `Final Quiz in WS101 (moodle) as quiz: percent 82`.
    fn found(&self) -> String {
        let program = &self.expression.program;
        let places = program.constants.iter().filter_map(|constant| match constant {
            Quantity::Number { value, .. } => Some(places(*value)),
            Quantity::Time(_) | Quantity::Span(_) => None,
        });
        let places = places.max().unwrap_or(PLACES);
        let names = self.expression.names.iter().zip(&self.seen).enumerate();
        let said = names.map(|(index, ((name, condition), seen))| {
            let what = match (&seen.look, seen.why()) {
                (None, _) => "no result yet".to_owned(),
                (_, Some(why)) => why.to_string(),
                (Some(_), None) => {
                    let own = program.reads.iter().filter(|(read, _)| *read == index);
                    let values = own.map(|(_, field)| match seen.values.said(*field, places) {
                        Some(value) => format!("{} {value}", field.name()),
                        None => format!("{} not told", field.name()),
                    });
                    values.collect::<Vec<_>>().join(", ")
                }
            };
            let of = seen.look.as_ref().map_or_else(|| condition.name(None), |(look, _)| look.name());
            format!("{of} as {name}: {what}")
        });
        said.collect::<Vec<_>>().join("; ")
    }

    fn uncomputed(&self, error: &ExecutionError) -> String {
        let why = if let ExecutionError::FunctionError { message, .. } = error {
            message.clone()
        } else {
            let reads = &self.expression.program.reads;
            let mut lacking: Vec<String> = Vec::new();
            for (index, field) in reads.iter().filter(|(index, field)| !self.knows(*index, *field)) {
                let name = self.expression.names.get(*index).map_or("", |(name, _)| name);
                let counts = self.seen.get(*index).is_some_and(Seen::counts);
                let what = if counts { format!("{name}.{}", field.name()) } else { name.to_owned() };
                if !lacking.contains(&what) {
                    lacking.push(what);
                }
            }
            format!("it cannot be computed without {}", lacking.join(" and "))
        };
        format!("no value, as {why}; {}", self.found())
    }

    /// Whether it is known of the result with this position.
    fn knows(&self, index: usize, field: Field) -> bool {
        self.seen.get(index).is_some_and(|seen| seen.values.has(field))
    }

    fn missing(&self, error: &ExecutionError) -> Missing {
        let reads = &self.expression.program.reads;
        let lacking = reads.iter().find(|(index, field)| !self.knows(*index, *field));
        match (error, lacking.and_then(|(index, _)| self.seen.get(*index))) {
            (ExecutionError::FunctionError { .. }, _) | (_, None) => Missing::NotTold,
            (_, Some(Seen { look: None, .. })) => Missing::NoResult,
            (_, Some(seen)) => seen.why().map_or(Missing::NotTold, Why::missing),
        }
    }
}
