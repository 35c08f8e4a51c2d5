//! What of an outcome counts for a condition: the grade that the LMS shows, or what the
//! condition makes of the attempts.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use accolade_connectors::{Attempt, Outcome, Release, Score, Withheld};
use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use super::terms::{Counts, Terms};
use super::wording::{date, why_withheld};
use super::{Condition, Missing, Threshold};

/// Places to which a computed value is rounded. A sum of thirds misses its exact value by less
/// than 10⁻²⁵, and a grade exactly at the mark must not.
const EXACT: u32 = 20;
/// What the newest attempt counts in a decaying average, in percent.
const NEWEST: Decimal = Decimal::from_parts(65, 0, 0, false, 0);

/// What counts.
#[derive(Debug)]
pub(super) struct Counted<'a> {
    /// The LMS's own decision; it makes none on single attempts.
    pub(super) passed: Option<bool>,
    pub(super) value: Value<'a>,
    /// When it was graded.
    pub(super) at: Option<DateTime<Utc>>,
    pub(super) origin: Origin,
}

/// A score, or a number in the unit of the condition.
#[derive(Debug)]
pub(super) enum Value<'a> {
    Score(Option<Cow<'a, Score>>),
    Computed(Decimal),
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin {
    Shown,
    Attempt(u32),
    Average(usize),
    Decaying(usize),
}

/// Why nothing counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    Withheld(Withheld),
    Late,
    LateUnknown,
    Open,
    OpenUnknown,
    Outside(DateTime<Utc>),
    Earlier(DateTime<Utc>),
    Later(DateTime<Utc>),
    AgeUnknown,
    TimeUnknown,
    NoAttempts,
    AttemptsMissing,
    AttemptNotGraded(u32),
    NotComputable,
}

/// What counts of the outcome, or why nothing does.
pub(super) fn counted<'a>(condition: &Condition, outcome: &'a Outcome) -> Result<Counted<'a>, Why> {
    if let Release::Withheld { reason } = outcome.release {
        return Err(Why::Withheld(reason));
    }
    let terms = &condition.terms;
    if terms.all_graded {
        match outcome.all_graded {
            Some(true) => {}
            Some(false) => return Err(Why::Open),
            None => return Err(Why::OpenUnknown),
        }
    }
    if let Some(counts) = terms.counts {
        return of_attempts(counts, condition, outcome);
    }
    terms.handed_in(outcome.late)?;
    terms.graded(outcome.graded_at)?;
    Ok(Counted {
        passed: outcome.passed,
        value: Value::Score(outcome.score.as_ref().map(Cow::Borrowed)),
        at: outcome.graded_at,
        origin: Origin::Shown,
    })
}

impl Terms {
    fn handed_in(&self, late: Option<bool>) -> Result<(), Why> {
        match late {
            _ if !self.on_time => Ok(()),
            Some(false) => Ok(()),
            Some(true) => Err(Why::Late),
            None => Err(Why::LateUnknown),
        }
    }

    fn graded(&self, at: Option<DateTime<Utc>>) -> Result<(), Why> {
        match (&self.period, at) {
            (Some(period), Some(at)) if period.is_after(at) => return Err(Why::Earlier(at)),
            (Some(period), Some(at)) if period.is_before(at) => return Err(Why::Later(at)),
            (Some(period), None) if period.from.is_some() => return Err(Why::AgeUnknown),
            _ => {}
        }
        match (&self.between, at) {
            (None, _) => Ok(()),
            (Some(between), Some(at)) if between.contains(at) => Ok(()),
            (Some(_), Some(at)) => Err(Why::Outside(at)),
            (Some(_), None) => Err(Why::TimeUnknown),
        }
    }
}

fn of_attempts<'a>(counts: Counts, condition: &Condition, outcome: &'a Outcome) -> Result<Counted<'a>, Why> {
    let threshold = &condition.threshold;
    let mut attempts = outcome.known_attempts();
    // A total order, so that the list's own does not matter.
    attempts.sort_by_cached_key(|it| (it.number, it.graded_at, measure_of(threshold, it), it.late));
    let numbers: Vec<u32> = attempts.iter().map(|attempt| attempt.number).collect();
    let last = numbers.last().copied().ok_or(Why::NoAttempts)?.max(outcome.attempt.unwrap_or(0));

    let one = matches!(counts, Counts::Latest | Counts::First);
    let mut left = Vec::with_capacity(attempts.len());
    // Attempts that might count, and then make the value another one.
    let mut open = Vec::new();
    let mut refused = Why::NoAttempts;
    for attempt in attempts {
        let graded = is_graded(&attempt);
        let admitted = condition.terms.handed_in(attempt.late).and_then(|()| match graded {
            true => condition.terms.graded(attempt.graded_at),
            // The latest one counts for nothing while it is not graded; an average does without it.
            false if one => Ok(()),
            false => Err(Why::AttemptNotGraded(attempt.number)),
        });
        match admitted {
            Ok(()) => left.push(attempt),
            Err(why) => {
                if matches!(why, Why::LateUnknown | Why::TimeUnknown | Why::AgeUnknown) && (graded || one) {
                    open.push((attempt.number, why));
                }
                refused = why;
            }
        }
    }
    let (chosen, matter) = match counts {
        Counts::Best => {
            let best = left.into_iter().max_by_key(|it| {
                let met = it.score.as_ref().is_some_and(|score| threshold.reached_by(score));
                (met, measure_of(threshold, it), std::cmp::Reverse(it.number))
            });
            return best.map(Counted::of_attempt).ok_or(refused);
        }
        Counts::Latest => left.last().map(|it| (it, it.number..=last)),
        Counts::First => left.first().map(|it| (it, 1..=it.number)),
        Counts::Average | Counts::Decaying => left.last().map(|it| (it, 1..=last)),
    }
    .ok_or_else(|| open.first().map_or(refused, |(_, why)| *why))?;
    if let Some((_, why)) = open.iter().find(|(number, _)| matter.contains(number)) {
        return Err(*why);
    }
    all_listed(&numbers, matter)?;
    let chosen = chosen.clone();
    match counts {
        Counts::Average | Counts::Decaying => computed(counts, threshold, &left).ok_or(Why::NotComputable),
        _ if is_graded(&chosen) => Ok(Counted::of_attempt(chosen)),
        _ => Err(Why::AttemptNotGraded(chosen.number)),
    }
}

/// Which attempt counts can be said only if those that matter are all known. `numbers` ascend.
fn all_listed(numbers: &[u32], mut matter: RangeInclusive<u32>) -> Result<(), Why> {
    // As many as are listed can be there at most: the range may be long, the list is not.
    let wanted = matter.end().saturating_sub(*matter.start()) as usize;
    let listed = wanted < numbers.len() && matter.all(|number| numbers.binary_search(&number).is_ok());
    if listed { Ok(()) } else { Err(Why::AttemptsMissing) }
}

fn is_graded(attempt: &Attempt) -> bool {
    attempt.score.as_ref().is_some_and(|score| score.given.is_some() || score.text.is_some())
}

fn measure_of(threshold: &Threshold, attempt: &Attempt) -> Option<Decimal> {
    attempt.score.as_ref().and_then(|score| threshold.measure_of(score))
}

/// The average of all, or the decaying one. `None` if one of them has no such number.
fn computed<'a>(counts: Counts, threshold: &Threshold, attempts: &[Attempt]) -> Option<Counted<'a>> {
    let values: Vec<Decimal> =
        attempts.iter().map(|attempt| measure_of(threshold, attempt)).collect::<Option<_>>()?;
    let (newest, earlier) = values.split_last()?;
    let (value, origin) = match counts {
        Counts::Decaying if !earlier.is_empty() => {
            let rest = Decimal::ONE_HUNDRED.checked_sub(NEWEST)?.checked_mul(mean(earlier)?)?;
            let sum = newest.checked_mul(NEWEST)?.checked_add(rest)?;
            (exact(sum.checked_div(Decimal::ONE_HUNDRED)?), Origin::Decaying(values.len()))
        }
        _ => (exact(mean(&values)?), Origin::Average(values.len())),
    };
    // Without the time of one, the time of the whole is not known.
    let times: Option<Vec<_>> = attempts.iter().map(|attempt| attempt.graded_at).collect();
    let at = times.and_then(|times| times.into_iter().max());
    Some(Counted { passed: None, value: Value::Computed(value), at, origin })
}

fn mean(values: &[Decimal]) -> Option<Decimal> {
    let sum = values.iter().try_fold(Decimal::ZERO, |sum, value| sum.checked_add(*value))?;
    sum.checked_div(Decimal::from(values.len()))
}

/// A computed value without the last digits, in which division leaves its error.
pub(super) fn exact(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(EXACT, RoundingStrategy::MidpointAwayFromZero)
}

impl Counted<'_> {
    fn of_attempt(attempt: Attempt) -> Self {
        Self {
            passed: None,
            value: Value::Score(attempt.score.map(Cow::Owned)),
            at: attempt.graded_at,
            origin: Origin::Attempt(attempt.number),
        }
    }
}

impl Why {
    /// The same for machines.
    pub(super) fn missing(self) -> Missing {
        match self {
            Self::Withheld(_) => Missing::Withheld,
            Self::Late => Missing::Late,
            Self::Outside(_) | Self::Earlier(_) | Self::Later(_) => Missing::OutsideTime,
            Self::Open | Self::AttemptNotGraded(_) => Missing::NotGraded,
            Self::LateUnknown
            | Self::OpenUnknown
            | Self::TimeUnknown
            | Self::AgeUnknown
            | Self::NoAttempts
            | Self::AttemptsMissing
            | Self::NotComputable => Missing::NotTold,
        }
    }
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Withheld(reason) => f.write_str(why_withheld(*reason)),
            Self::Late => f.write_str("handed in late"),
            Self::LateUnknown => f.write_str("the source does not say whether it was late"),
            Self::Open => f.write_str("not everything is graded yet"),
            Self::OpenUnknown => f.write_str("the source does not say whether everything is graded"),
            Self::Outside(at) => write!(f, "graded on {}, outside that time", date(*at)),
            Self::Earlier(at) => write!(f, "graded on {}, too early to count again", date(*at)),
            Self::Later(at) => write!(f, "graded on {}, which counts for a later badge", date(*at)),
            Self::TimeUnknown => f.write_str("the source does not say when it was graded"),
            Self::AgeUnknown => {
                f.write_str("the source does not say when it was graded, so it may be an old result")
            }
            Self::NoAttempts => f.write_str("the source does not list the attempts"),
            Self::AttemptsMissing => f.write_str("the source does not list every attempt"),
            Self::AttemptNotGraded(number) => write!(f, "attempt {number} is not graded yet"),
            Self::NotComputable => f.write_str("the attempts have no numbers to compute it from"),
        }
    }
}
