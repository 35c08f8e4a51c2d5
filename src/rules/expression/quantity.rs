//! Exact numbers, times and spans of time, and the functions on them.

use std::any::Any;
use std::cmp::Ordering;

use cel::common::traits::{Adder, Comparer, Divider, Multiplier, Negator, Subtractor};
use cel::common::types::Type;
use cel::common::value::{CowVal, StaticVal, Val};
use cel::{Env, ExecutionError};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::rules::counted::exact;

pub(super) type Computed<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

static NUMBER: Type = Type::new_unspecified_type("number");
static TIME: Type = Type::new_unspecified_type("time");
static SPAN: Type = Type::new_unspecified_type("span of time");

/// A number, a time, or a span of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Quantity {
    Number {
        value: Decimal,
        /// Whether its last digits may be the error of a division.
        computed: bool,
    },
    Time(DateTime<Utc>),
    Span(TimeDelta),
}

impl Quantity {
    pub(super) fn exactly(value: Decimal) -> Self {
        Self::Number { value, computed: false }
    }

    fn computed<'b, 'v>(value: Option<Decimal>) -> Computed<'b, 'v> {
        let value = value.ok_or_else(too_large)?;
        Ok(CowVal::owned(Self::Number { value, computed: true }))
    }

    /// The number, as it compares.
    fn number(self) -> Option<Decimal> {
        match self {
            Self::Number { value, computed: true } => Some(exact(value)),
            Self::Number { value, computed: false } => Some(value),
            Self::Time(_) | Self::Span(_) => None,
        }
    }

    fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Time(one), Self::Time(other)) => Some(one.cmp(&other)),
            (Self::Span(one), Self::Span(other)) => Some(one.cmp(&other)),
            (one, other) => Some(one.number()?.cmp(&other.number()?)),
        }
    }
}

fn too_large() -> ExecutionError {
    ExecutionError::function_error("", "a number becomes too large")
}

fn unfit() -> ExecutionError {
    ExecutionError::function_error("", "the values do not fit together")
}

fn quantity(value: &dyn Val) -> Result<Quantity, ExecutionError> {
    value.downcast_ref::<Quantity>().copied().ok_or_else(unfit)
}

impl StaticVal for Quantity {}

impl Val for Quantity {
    fn get_type(&self) -> &Type {
        match self {
            Self::Number { .. } => &NUMBER,
            Self::Time(_) => &TIME,
            Self::Span(_) => &SPAN,
        }
    }

    fn cel_type() -> &'static Type {
        &NUMBER
    }

    fn as_adder<'b, 'v>(&'b self) -> Option<&'b (dyn Adder + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_subtractor<'b, 'v>(&'b self) -> Option<&'b (dyn Subtractor + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_multiplier<'b, 'v>(&'b self) -> Option<&'b (dyn Multiplier + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_divider<'b, 'v>(&'b self) -> Option<&'b (dyn Divider + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_negator<'b, 'v>(&'b self) -> Option<&'b (dyn Negator + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_comparer(&self) -> Option<&dyn Comparer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        quantity(other).ok().and_then(|other| self.order(other)) == Some(Ordering::Equal)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(*self)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl Comparer for Quantity {
    fn compare(&self, other: &dyn Val) -> Result<Ordering, ExecutionError> {
        self.order(quantity(other)?).ok_or_else(unfit)
    }
}

impl Adder for Quantity {
    fn add<'b, 'v>(&'b self, other: &(dyn Val + 'v)) -> Computed<'b, 'v>
    where
        Self: 'v,
    {
        match (*self, quantity(other)?) {
            (Self::Number { value: one, .. }, Self::Number { value: other, .. }) => {
                Self::computed(one.checked_add(other))
            }
            (Self::Time(at), Self::Span(span)) | (Self::Span(span), Self::Time(at)) => {
                let at = at.checked_add_signed(span).ok_or_else(too_large)?;
                Ok(CowVal::owned(Self::Time(at)))
            }
            (Self::Span(one), Self::Span(other)) => {
                Ok(CowVal::owned(Self::Span(one.checked_add(&other).ok_or_else(too_large)?)))
            }
            _ => Err(unfit()),
        }
    }
}

impl Subtractor for Quantity {
    fn sub<'b, 'v>(&'b self, other: &(dyn Val + 'v)) -> Computed<'b, 'v>
    where
        Self: 'v,
    {
        match (*self, quantity(other)?) {
            (Self::Number { value: one, .. }, Self::Number { value: other, .. }) => {
                Self::computed(one.checked_sub(other))
            }
            (Self::Time(one), Self::Time(other)) => {
                Ok(CowVal::owned(Self::Span(one.signed_duration_since(other))))
            }
            (Self::Time(at), Self::Span(span)) => {
                Ok(CowVal::owned(Self::Time(at.checked_sub_signed(span).ok_or_else(too_large)?)))
            }
            (Self::Span(one), Self::Span(other)) => {
                Ok(CowVal::owned(Self::Span(one.checked_sub(&other).ok_or_else(too_large)?)))
            }
            _ => Err(unfit()),
        }
    }
}

impl Multiplier for Quantity {
    fn mul<'b, 'v>(&'b self, other: &(dyn Val + 'v)) -> Computed<'b, 'v>
    where
        Self: 'v,
    {
        match (*self, quantity(other)?) {
            (Self::Number { value: one, .. }, Self::Number { value: other, .. }) => {
                Self::computed(one.checked_mul(other))
            }
            _ => Err(unfit()),
        }
    }
}

impl Divider for Quantity {
    fn div<'b, 'v>(&'b self, other: &(dyn Val + 'v)) -> Computed<'b, 'v>
    where
        Self: 'v,
    {
        match (*self, quantity(other)?) {
            (Self::Number { .. }, Self::Number { value, .. }) if value.is_zero() => {
                Err(ExecutionError::function_error("", "it divides by zero"))
            }
            (Self::Number { value: one, .. }, Self::Number { value: other, .. }) => {
                Self::computed(one.checked_div(other))
            }
            _ => Err(unfit()),
        }
    }
}

impl Negator for Quantity {
    fn negate<'v>(&self) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        match *self {
            Self::Number { value, computed } => Ok(Box::new(Self::Number { value: -value, computed })),
            _ => Err(unfit()),
        }
    }
}

/// Functions on one number.
pub(super) const ON_ONE: [&str; 4] = ["abs", "ceil", "floor", "round"];
/// Functions on two numbers or more.
pub(super) const ON_SEVERAL: [&str; 2] = ["greatest", "least"];
/// Most numbers that [`ON_SEVERAL`] take.
pub(super) const MOST_ARGUMENTS: usize = 10;

/// The functions on our numbers, under the names of the language's math extension.
pub(super) fn add_functions(env: &mut Env) {
    let one: [for<'b, 'v> fn(Vec<CowVal<'b, 'v>>) -> Computed<'b, 'v>; 4] = [abs, ceil, floor, round];
    for (name, function) in ON_ONE.into_iter().zip(one) {
        let name = format!("math.{name}");
        // A name of ours alone, so there is nothing to clash with; and what were missing would
        // show when an expression with it is tried.
        let _ = env.add_overload(&name, &format!("{name}_number"), vec![NUMBER.to_owned()], function);
    }
    let several: [for<'b, 'v> fn(Vec<CowVal<'b, 'v>>) -> Computed<'b, 'v>; 2] = [greatest, least];
    for (name, function) in ON_SEVERAL.into_iter().zip(several) {
        let name = format!("math.{name}");
        for count in 2..=MOST_ARGUMENTS {
            let types = std::iter::repeat_with(|| NUMBER.to_owned()).take(count).collect();
            let _ = env.add_overload(&name, &format!("{name}_{count}"), types, function);
        }
    }
}

fn on_one<'b, 'v>(args: Vec<CowVal<'b, 'v>>, function: fn(Decimal) -> Decimal) -> Computed<'b, 'v> {
    let number = args.into_iter().next().map(|arg| quantity(arg.as_ref())).transpose()?;
    let number = number.and_then(Quantity::number).ok_or_else(unfit)?;
    Ok(CowVal::owned(Quantity::exactly(function(number))))
}

fn abs<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Computed<'b, 'v> {
    on_one(args, |number| number.abs())
}

fn ceil<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Computed<'b, 'v> {
    on_one(args, |number| number.ceil())
}

fn floor<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Computed<'b, 'v> {
    on_one(args, |number| number.floor())
}

/// Half away from zero, as the extension has it.
fn round<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Computed<'b, 'v> {
    on_one(args, |number| number.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero))
}

fn greatest<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Computed<'b, 'v> {
    chosen(args, Ordering::Greater)
}

fn least<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Computed<'b, 'v> {
    chosen(args, Ordering::Less)
}

fn chosen<'b, 'v>(args: Vec<CowVal<'b, 'v>>, better: Ordering) -> Computed<'b, 'v> {
    let mut chosen: Option<Quantity> = None;
    for arg in args {
        let number = quantity(arg.as_ref())?;
        if chosen.is_none_or(|chosen| number.order(chosen) == Some(better)) {
            chosen = Some(number);
        }
    }
    chosen.map(CowVal::owned).ok_or_else(unfit)
}
