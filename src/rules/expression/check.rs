//! What an expression may say: every name, type and function is known before it is computed.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::Refused;
use super::quantity::{MOST_ARGUMENTS, ON_ONE, ON_SEVERAL, Quantity};
use super::values::Field;
use crate::rules::Condition;

/// What begins the name of a constant; no name in a text can.
pub(super) const CONSTANT: char = '#';
/// Deepest tree: computing takes one step deeper for each level.
pub(super) const DEEPEST: usize = 24;
const FUNCTIONS: &str = "known are has(quiz.percent), math.abs, math.ceil, math.floor, math.round, \
                         math.greatest, math.least, timestamp('2026-09-01T00:00:00Z'), \
                         duration('336h'), and on texts startsWith, endsWith and contains";
const LISTS: &str = "a list stands behind `in` only: quiz.grade in ['A', 'B']; for several results use \
                     the lists of the badge file, as in `at_least = 2, of = [ … ]`";

/// What kind of value a part of an expression has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Number,
    Text,
    Time,
    Span,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Time => "a time",
            Self::Span => "a span of time",
        })
    }
}

/// What was found in an expression.
pub(super) struct Checked {
    pub(super) constants: Vec<Quantity>,
    pub(super) reads: Vec<(usize, Field)>,
    /// Whether it asks if there is a value.
    pub(super) tests_presence: bool,
}

/// Checks a tree, and makes constants of its numbers and times.
pub(super) fn check(tree: &mut IdedExpr, names: &[(String, Condition)]) -> Result<Checked, Refused> {
    let checked = Checked { constants: Vec::new(), reads: Vec::new(), tests_presence: false };
    let mut checker = Checker { names, checked };
    let kind = checker.kind(tree, 0)?;
    if kind != Kind::Bool {
        return Err(Refused::new(format!(
            "the expression gives {kind}, and must say true or false: quiz.percent >= 70"
        )));
    }
    let unread = |index: &usize| !checker.checked.reads.iter().any(|(read, _)| read == index);
    if let Some((name, _)) = (0..names.len()).find(unread).and_then(|index| names.get(index)) {
        return Err(Refused::new(format!(
            "the expression does not look at `{name}`; use it, or remove it from `with`"
        )));
    }
    Ok(checker.checked)
}

struct Checker<'a> {
    names: &'a [(String, Condition)],
    checked: Checked,
}

impl Checker<'_> {
    fn kind(&mut self, part: &mut IdedExpr, depth: usize) -> Result<Kind, Refused> {
        if depth == DEEPEST {
            return Err(Refused::new(format!(
                "the expression is nested more than {DEEPEST} levels deep, each operator being one; \
                 make several conditions of it, in `all` or `any`"
            )));
        }
        let depth = depth + 1;
        match &mut part.expr {
            Expr::Literal(literal) => {
                let number = match literal {
                    LiteralValue::Boolean(_) => return Ok(Kind::Bool),
                    LiteralValue::String(_) => return Ok(Kind::Text),
                    LiteralValue::Int(number) => Some(Decimal::from(*number.inner())),
                    // With 15 digits at most, what is shortest is what was written.
                    LiteralValue::Double(number) => Decimal::from_str_exact(&number.inner().to_string()).ok(),
                    LiteralValue::UInt(_) => return Err(Refused::new("write numbers without `u`")),
                    LiteralValue::Null => {
                        return Err(Refused::new(
                            "there is no `null` here: what is not known has no value; has(quiz.percent) asks \
                             whether it has one",
                        ));
                    }
                    LiteralValue::Bytes(_) => return Err(Refused::new("write texts without `b`")),
                };
                let number = number.ok_or_else(|| Refused::new("a number in it is too large"))?;
                part.expr = self.constant(Quantity::exactly(number));
                Ok(Kind::Number)
            }
            Expr::Select(select) => self.select(select),
            Expr::Ident(name) => Err(self.unknown_name(name, true)),
            Expr::Call(call) => match self.call(call, depth)? {
                Found::Kind(kind) => Ok(kind),
                Found::Constant(kind, constant) => {
                    part.expr = self.constant(constant);
                    Ok(kind)
                }
            },
            Expr::List(_) => Err(Refused::new(LISTS)),
            Expr::Comprehension(_) => Err(Refused::new(format!("there are no loops here; {LISTS}"))),
            Expr::Map(_) | Expr::Struct(_) => Err(Refused::new("there are no braces in an expression")),
            Expr::Unspecified => Err(Refused::new("the expression cannot be read")),
        }
    }

    fn constant(&mut self, constant: Quantity) -> Expr {
        self.checked.constants.push(constant);
        Expr::Ident(format!("{CONSTANT}{}", self.checked.constants.len() - 1))
    }

    /// `quiz.percent`, `has(quiz.percent)`.
    fn select(&mut self, select: &SelectExpr) -> Result<Kind, Refused> {
        let Expr::Ident(name) = &select.operand.expr else {
            return Err(Refused::new(format!(
                "`.{}` stands behind the name of a result only, as in quiz.percent",
                select.field
            )));
        };
        let Some((index, (_, condition))) =
            self.names.iter().enumerate().find(|(_, (known, _))| known == name)
        else {
            return Err(self.unknown_name(name, false));
        };
        let Some((_, field)) = Field::of(condition).find(|(field, _)| *field == select.field) else {
            let known: Vec<&str> = Field::of(condition).map(|(field, _)| field).collect();
            let given = &select.field;
            return Err(Refused {
                message: format!("`{name}` has no `{given}`; it has {}", known.join(", ")),
                unknown: Some((given.clone(), known.into_iter().map(str::to_owned).collect())),
            });
        };
        if !self.checked.reads.contains(&(index, field)) {
            self.checked.reads.push((index, field));
        }
        self.checked.tests_presence |= select.test;
        Ok(if select.test { Kind::Bool } else { field.kind() })
    }

    fn unknown_name(&self, name: &str, alone: bool) -> Refused {
        if alone && self.names.iter().any(|(known, _)| known == name) {
            return Refused::new(format!(
                "what of `{name}`? Write for instance {name}.percent or {name}.passed"
            ));
        }
        let message = format!("the expression names `{name}`, which `with` does not say what it is");
        let known = self.names.iter().map(|(known, _)| known.clone()).collect();
        Refused { message, unknown: Some((name.to_owned(), known)) }
    }

    fn call(&mut self, call: &mut CallExpr, depth: usize) -> Result<Found, Refused> {
        let CallExpr { func_name, target, args } = call;
        if let Some(target) = target {
            return self.member(target, func_name, args, depth).map(Found::Kind);
        }
        let name = func_name.as_str();
        if let ("timestamp" | "duration", [argument]) = (name, args.as_slice()) {
            return constant_time(name, argument);
        }
        if let (operators::IN, [value, list]) = (name, args.as_mut_slice()) {
            let kind = self.kind(value, depth)?;
            let Expr::List(list) = &mut list.expr else { return Err(Refused::new(LISTS)) };
            for element in &mut list.elements {
                let other = self.kind(element, depth + 1)?;
                same(kind, other)?;
            }
            return Ok(Found::Kind(Kind::Bool));
        }
        let kinds = args.iter_mut().map(|arg| self.kind(arg, depth)).collect::<Result<Vec<_>, _>>()?;
        operator(name, &kinds).map(Found::Kind)
    }

    /// `math.round(…)`, `quiz.grade.startsWith('A')`.
    fn member(
        &mut self,
        target: &mut IdedExpr,
        name: &str,
        args: &mut [IdedExpr],
        depth: usize,
    ) -> Result<Kind, Refused> {
        if matches!(&target.expr, Expr::Ident(ident) if ident == "math") {
            let fits = ON_ONE.contains(&name) && args.len() == 1
                || ON_SEVERAL.contains(&name) && (2..=MOST_ARGUMENTS).contains(&args.len());
            if !fits {
                let given = args.len();
                return Err(Refused::new(format!("there is no math.{name} of {given}; {FUNCTIONS}")));
            }
            for arg in args {
                same(Kind::Number, self.kind(arg, depth)?)?;
            }
            return Ok(Kind::Number);
        }
        let known = ["startsWith", "endsWith", "contains"];
        let [argument] = args else { return Err(unknown_function(name)) };
        if !known.contains(&name) {
            return Err(unknown_function(name));
        }
        for part in [target, argument] {
            same(Kind::Text, self.kind(part, depth)?)?;
        }
        Ok(Kind::Bool)
    }
}

enum Found {
    Kind(Kind),
    Constant(Kind, Quantity),
}

fn unknown_function(name: &str) -> Refused {
    Refused::new(format!("there is no `{name}`, or not of so many values; {FUNCTIONS}"))
}

fn same(wanted: Kind, given: Kind) -> Result<(), Refused> {
    if wanted == given {
        return Ok(());
    }
    Err(Refused::new(format!("{given} stands where {wanted} belongs")))
}

/// What an operator makes of its operands.
fn operator(name: &str, kinds: &[Kind]) -> Result<Kind, Refused> {
    use Kind::{Bool, Number, Span, Text, Time};
    match (name, kinds) {
        (operators::LOGICAL_AND | operators::LOGICAL_OR, [Bool, Bool]) | (operators::LOGICAL_NOT, [Bool]) => {
            Ok(Bool)
        }
        (operators::CONDITIONAL, [Bool, one, other]) => same(*one, *other).map(|()| *one),
        (operators::EQUALS | operators::NOT_EQUALS, [one, other]) => same(*one, *other).map(|()| Bool),
        (
            operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS,
            [one, other],
        ) => {
            if let (Text, Text) = (one, other) {
                return Err(Refused::new(
                    "letters and scale values have no order here (“A-” is not more than “A”); list those \
                     that count: quiz.grade in ['A', 'A-']",
                ));
            }
            same(*one, *other)?;
            if *one == Bool {
                Err(Refused::new("true is not more than false; compare with =="))
            } else {
                Ok(Bool)
            }
        }
        (
            operators::ADD | operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE,
            [Number, Number],
        )
        | (operators::NEGATE, [Number]) => Ok(Number),
        (operators::ADD | operators::SUBSTRACT, [Span, Span]) | (operators::SUBSTRACT, [Time, Time]) => {
            Ok(Span)
        }
        (operators::ADD, [Time, Span] | [Span, Time]) | (operators::SUBSTRACT, [Time, Span]) => Ok(Time),
        _ => Err(misfit(name, kinds)),
    }
}

fn misfit(name: &str, kinds: &[Kind]) -> Refused {
    let is_function = name.starts_with(|sign: char| sign.is_ascii_alphabetic());
    if is_function {
        return unknown_function(name);
    }
    let sign: String = name.chars().filter(|sign| *sign != '_').collect();
    let known = "&& || ! ?: == != < <= > >= + - * /";
    if !known.split(' ').any(|it| it == sign) {
        return Refused::new(format!("there is no `{sign}` here; known are {known}"));
    }
    let kinds: Vec<String> = kinds.iter().map(Kind::to_string).collect();
    Refused::new(format!("`{sign}` does not go with {}", kinds.join(" and ")))
}

/// `timestamp('2026-09-01T00:00:00Z')`, `duration('336h')`.
fn constant_time(function: &str, argument: &IdedExpr) -> Result<Found, Refused> {
    const FORMS: &str = "write timestamp('2026-09-01T00:00:00Z'), or duration('336h'), with h, m or s";
    let Expr::Literal(LiteralValue::String(text)) = &argument.expr else {
        return Err(Refused::new(format!("`{function}` is of a text in quotes; {FORMS}")));
    };
    let text = text.inner();
    let wrong = || Refused::new(format!("`{function}` does not understand “{text}”; {FORMS}"));
    if function == "timestamp" {
        let at: DateTime<Utc> = DateTime::parse_from_rfc3339(text).map_err(|_| wrong())?.to_utc();
        return Ok(Found::Constant(Kind::Time, Quantity::Time(at)));
    }
    let span = span(text).ok_or_else(wrong)?;
    Ok(Found::Constant(Kind::Span, Quantity::Span(span)))
}

/// `336h`, `1h30m`, `90s`.
fn span(text: &str) -> Option<TimeDelta> {
    let mut rest = text;
    let mut sum = TimeDelta::zero();
    while !rest.is_empty() {
        let digits = rest.find(|sign: char| !sign.is_ascii_digit())?;
        let (number, unit) = rest.split_at_checked(digits)?;
        let unit_length = match unit.chars().next()? {
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        let seconds = number.parse::<i64>().ok()?.checked_mul(unit_length)?;
        sum = sum.checked_add(&TimeDelta::try_seconds(seconds)?)?;
        rest = unit.get(1..)?;
    }
    (!text.is_empty()).then_some(sum)
}
