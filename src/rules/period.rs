//! Periods: badges that can be earned again ask for results of their time.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::terms::Between;
use super::wording::date;
use super::{Condition, Decision, Explanation, Facts, Kind, Missing, Rule, Weighted, evaluate};

/// The time in which the results of one award are graded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The first moment. Without one, a result whose time is not known counts, too.
    pub from: Option<DateTime<Utc>>,
    /// The first moment after it.
    pub until: Option<DateTime<Utc>>,
}

impl Period {
    /// Whether a moment lies in it.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        !self.is_after(at) && !self.is_before(at)
    }

    /// Whether it begins after a moment.
    pub fn is_after(&self, at: DateTime<Utc>) -> bool {
        self.from.is_some_and(|from| at < from)
    }

    /// Whether it ended by a moment.
    pub fn is_before(&self, at: DateTime<Utc>) -> bool {
        self.until.is_some_and(|until| until <= at)
    }
}

/// As in a sentence, with what it follows: `, graded after 3 March 2028`. What only ends says
/// nothing: it is the time of a first award.
impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.from, self.until) {
            (None, _) => Ok(()),
            (Some(from), None) => write!(f, ", graded after {}", date(from)),
            (Some(from), Some(until)) => {
                let to = until.checked_sub_signed(TimeDelta::nanoseconds(1)).unwrap_or(until);
                write!(f, ", graded {}", Between { from, to })
            }
        }
    }
}

/// Judges a rule as [`evaluate`] does, by the results of a period, if one is given. Badges that were
/// held before it count, but they earn nothing alone.
pub fn evaluate_in(period: Option<Period>, rule: &Rule, facts: &Facts<'_>) -> Decision {
    let Some(period) = period else { return evaluate(rule, facts) };
    let mut decision = evaluate(&rule.in_period(period), facts);
    let new = |badge: &String| {
        facts.held.iter().any(|held| held.badge == *badge && period.contains(held.awarded_at))
    };
    let old = period.from.is_some() && decision.evidence.is_empty() && !decision.held.iter().any(new);
    if decision.earned && old {
        decision.earned = false;
        decision.explanation = Explanation {
            met: false,
            kind: Kind::Evidence,
            asks: "something new to show for it".to_owned(),
            found: Some("only badges that were held before".to_owned()),
            since: None,
            missing: Some(Missing::NoResult),
            parts: vec![decision.explanation],
        };
    }
    decision
}

impl Rule {
    /// The rule for results of that time only. What is forbidden stays forbidden at any time, and a
    /// badge that is held counts, whenever it was awarded.
    #[must_use]
    pub(super) fn in_period(&self, period: Period) -> Self {
        let all = |parts: &[Self]| parts.iter().map(|part| part.in_period(period)).collect();
        let timed = |condition: &Condition| {
            let mut condition = condition.clone();
            condition.terms.period = Some(period);
            condition
        };
        match self {
            Self::All(parts) => Self::All(all(parts)),
            Self::Any(parts) => Self::Any(all(parts)),
            Self::AtLeast { count, of } => Self::AtLeast { count: *count, of: all(of) },
            Self::InOrder(parts) => Self::InOrder(all(parts)),
            Self::Weighted { parts, at_least } => {
                let part = |part: &Weighted| Weighted { condition: timed(&part.condition), ..part.clone() };
                Self::Weighted { parts: parts.iter().map(part).collect(), at_least: *at_least }
            }
            Self::Within { time, group } => {
                Self::Within { time: *time, group: Box::new(group.in_period(period)) }
            }
            Self::Condition(condition) => Self::Condition(timed(condition)),
            Self::Expression(expression) if !expression.is_idle() => {
                Self::Expression(expression.with_conditions(timed))
            }
            // An expression that those meet who have no results forbids, too.
            Self::None(_) | Self::Badge(_) | Self::Expression(_) => self.clone(),
        }
    }
}
