//! Judging: a rule against what is known of a person.

use accolade_connectors::Outcome;
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::counted::exact;
use super::explanation::{Explanation, Kind, Missing};
use super::matching::Look;
use super::timing::{self, View};
use super::wording::{date, percent, places, plain, span};
use super::{AssessmentName, Condition, HeldBadge, Rule, Weighted};

/// What is known of a person.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// Their confirmed outcomes.
    pub outcomes: &'a [Fact<'a>],
    /// The badges that they hold: awards that count. What is revoked, suspended or expired is
    /// left out.
    pub held: &'a [Held<'a>],
}

/// A confirmed outcome of the person, and the source that confirmed it.
#[derive(Debug, Clone, Copy)]
pub struct Fact<'a> {
    /// The source's name.
    pub source: &'a str,
    /// The outcome.
    pub outcome: &'a Outcome,
}

/// A badge that the person holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held<'a> {
    /// Its id.
    pub badge: &'a str,
    /// When it was awarded.
    pub awarded_at: DateTime<Utc>,
}

/// What a rule says to a person's facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Whether the badge is earned.
    pub earned: bool,
    /// The outcomes (by index, ascending) on which it rests: those that meet a condition that
    /// counts. Empty while the badge is not earned.
    pub evidence: Vec<usize>,
    /// The held badges (by id, sorted) on which it rests.
    pub held: Vec<String>,
    /// The tree of conditions with what was found.
    pub explanation: Explanation,
}

/// A fact by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Outcome(usize),
    Held(usize),
}

/// Judges a rule. Total: never fails, never panics; independent of the order of facts, but for
/// the indexes in [`Decision::evidence`].
///
/// Of several outcomes that a condition means, the best one counts, or, where times matter, the
/// one that meets the rule. A withheld outcome meets nothing, and neither does a group without
/// parts. An earned badge always rests on something: what only forbids earns nothing.
pub fn evaluate(rule: &Rule, facts: &Facts<'_>) -> Decision {
    let known = Known::of(rule, facts);
    let (mut explanation, items) = judge(rule, &known, View::ALL);
    if explanation.met && items.is_empty() {
        let found = Some("nothing".to_owned());
        let asks = "something to show for it".to_owned();
        let missing = Some(Missing::NoResult);
        let (kind, parts) = (Kind::Evidence, vec![explanation]);
        explanation = Explanation { met: false, kind, asks, found, since: None, missing, parts };
    }
    let (mut evidence, mut held) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Item::Outcome(index) => evidence.push(index),
            Item::Held(index) => held.extend(facts.held.get(index).map(|held| held.badge.to_owned())),
        }
    }
    evidence.sort_unstable();
    evidence.dedup();
    held.sort_unstable();
    held.dedup();
    Decision { earned: explanation.met, evidence, held, explanation }
}

/// What of the facts a rule names, each with its index: a person may have hundreds of outcomes,
/// and a rule looks at the few that it names again and again.
pub(super) struct Known<'a> {
    pub(super) outcomes: Vec<(usize, Fact<'a>)>,
    pub(super) held: Vec<(usize, Held<'a>)>,
}

impl<'a> Known<'a> {
    pub(super) fn of(rule: &Rule, facts: &Facts<'a>) -> Self {
        let (conditions, badges) = (rule.conditions(), rule.badges());
        let meant = |fact: &Fact<'_>| conditions.iter().any(|it| it.concerns(fact.source, fact.outcome));
        let named = |held: &Held<'_>| badges.iter().any(|it| it.badge == held.badge);
        let outcomes = facts.outcomes.iter().copied().enumerate().filter(|(_, fact)| meant(fact));
        let held = facts.held.iter().copied().enumerate().filter(|(_, held)| named(held));
        Self { outcomes: outcomes.collect(), held: held.collect() }
    }
}

/// The verdict on a part by what was graded within `view`, and the facts on which it rests; none
/// if it is not met.
pub(super) fn judge(rule: &Rule, facts: &Known<'_>, view: View) -> (Explanation, Vec<Item>) {
    let (kind, asks, needed, parts) = match rule {
        Rule::Condition(condition) => return judge_condition(condition, facts, view),
        Rule::Badge(badge) => return judge_badge(badge, facts, view),
        Rule::Expression(expression) => return expression.see(facts).judged(view),
        Rule::None(parts) => return judge_none(parts, facts),
        Rule::InOrder(parts) => return judge_in_order(rule, parts, facts, view),
        Rule::Weighted { parts, at_least } => return judge_weighted(parts, *at_least, facts, view),
        Rule::Within { time, group } => return judge_within(rule, *time, group, facts, view),
        Rule::All(parts) => (Kind::All, "all of these".to_owned(), parts.len(), parts),
        Rule::Any(parts) => (Kind::Any, "at least one of these".to_owned(), 1, parts),
        Rule::AtLeast { count, of } => {
            (Kind::AtLeast, format!("at least {count} of these {}", of.len()), *count, of)
        }
    };
    let (parts, items): (Vec<_>, Vec<_>) = parts.iter().map(|part| judge(part, facts, view)).unzip();
    // Nothing asked is nothing earned.
    let met = parts.iter().filter(|part| part.met).count() >= needed.max(1);
    let items = if met { items.concat() } else { Vec::new() };
    (Explanation { met, kind, asks, found: None, since: None, missing: None, parts }, items)
}

/// What is forbidden is forbidden at any time.
pub(super) fn judge_none(parts: &[Rule], facts: &Known<'_>) -> (Explanation, Vec<Item>) {
    let parts: Vec<Explanation> = parts.iter().map(|part| judge(part, facts, View::ALL).0).collect();
    let met = !parts.iter().any(|part| part.met);
    let missing = (!met).then_some(Missing::Forbidden);
    let asks = "none of these".to_owned();
    (Explanation { met, kind: Kind::None, asks, found: None, since: None, missing, parts }, Vec::new())
}

fn judge_in_order(rule: &Rule, parts: &[Rule], facts: &Known<'_>, view: View) -> (Explanation, Vec<Item>) {
    let told: Vec<Explanation> = parts.iter().map(|part| judge(part, facts, view).0).collect();
    let witness = timing::earliest(rule, facts, view, None);
    let met = witness.is_some();
    let wrong = !met && !told.is_empty() && told.iter().all(|part| part.met);
    let (found, missing) = wrong.then(|| timing::disorder(parts, facts, view)).unzip();
    let asks = "all of these, in this order".to_owned();
    let explanation =
        Explanation { met, kind: Kind::InOrder, asks, found, since: None, missing, parts: told };
    (explanation, witness.map(|witness| witness.items).unwrap_or_default())
}

fn judge_within(
    rule: &Rule,
    time: TimeDelta,
    group: &Rule,
    facts: &Known<'_>,
    view: View,
) -> (Explanation, Vec<Item>) {
    let (told, items) = match timing::earliest(rule, facts, view, None) {
        // Judged again by what lies in the window, so that all evidence lies in it.
        Some(timing::Witness { times: Some((first, latest)), .. }) => {
            let (mut told, items) = judge(group, facts, view.window(first, time));
            let (first, latest) = (date(first), date(latest));
            told.found = told.found.or_else(|| Some(format!("between {first} and {latest}")));
            (told, items)
        }
        Some(_) => (judge(group, facts, view).0, Vec::new()),
        None => {
            let mut told = judge(group, facts, view).0;
            if told.met {
                let (found, missing) = timing::apart(group, facts, view);
                (told.met, told.found, told.missing) = (false, Some(found), Some(missing));
            }
            (told, Vec::new())
        }
    };
    (Explanation { asks: format!("{}, within {}", told.asks, span(time)), ..told }, items)
}

fn judge_condition(condition: &Condition, facts: &Known<'_>, view: View) -> (Explanation, Vec<Item>) {
    let kind = kind_of(condition);
    let Some((look, index)) = best(condition, facts, view) else {
        let (asks, found) = (condition.asks(None), Some("no result yet".to_owned()));
        let missing = Some(Missing::NoResult);
        let explanation =
            Explanation { met: false, kind, asks, found, since: None, missing, parts: Vec::new() };
        return (explanation, Vec::new());
    };
    let met = look.met();
    let explanation = Explanation {
        met,
        kind,
        asks: look.asks(),
        found: Some(look.found()),
        since: look.at(),
        missing: look.missing(),
        parts: Vec::new(),
    };
    (explanation, if met { vec![Item::Outcome(index)] } else { Vec::new() })
}

/// The outcome that serves the condition best.
fn best<'a>(condition: &'a Condition, facts: &Known<'a>, view: View) -> Option<(Look<'a>, usize)> {
    facts
        .outcomes
        .iter()
        .filter(|(_, fact)| condition.concerns(fact.source, fact.outcome))
        .map(|(index, fact)| (Look::new(condition, fact.outcome, view), *index))
        .max_by(|(one, _), (other, _)| one.compare(other))
}

fn kind_of(condition: &Condition) -> Kind {
    match condition.assessment {
        AssessmentName::Named(_) => Kind::Assessment,
        AssessmentName::CourseTotal => Kind::CourseTotal,
        AssessmentName::CourseCompletion => Kind::CourseCompleted,
        AssessmentName::Competency(_) => Kind::Competency,
    }
}

fn judge_badge(badge: &HeldBadge, facts: &Known<'_>, view: View) -> (Explanation, Vec<Item>) {
    let counts = |held: &Held<'_>| badge.is_met_by(held) && view.contains(held.awarded_at);
    let held = facts.held.iter().filter(|(_, held)| held.badge == badge.badge);
    let first = held.min_by_key(|(_, held)| (!counts(held), held.awarded_at));
    let (found, missing, items) = match first {
        Some((index, held)) if counts(held) => ("awarded", None, vec![Item::Held(*index)]),
        Some(_) => ("awarded outside that time", Some(Missing::OutsideTime), Vec::new()),
        None => ("not held", Some(Missing::NoResult), Vec::new()),
    };
    let between = badge.between.map(|between| format!(", awarded {between}")).unwrap_or_default();
    let explanation = Explanation {
        met: missing.is_none(),
        kind: Kind::Badge,
        asks: format!("the badge “{}”{between}", badge.badge),
        found: Some(found.to_owned()),
        since: first.map(|(_, held)| held.awarded_at),
        missing,
        parts: Vec::new(),
    };
    (explanation, items)
}

impl HeldBadge {
    pub(super) fn is_met_by(&self, held: &Held<'_>) -> bool {
        held.badge == self.badge && self.between.is_none_or(|between| between.contains(held.awarded_at))
    }
}

fn judge_weighted(
    parts: &[Weighted],
    at_least: Decimal,
    facts: &Known<'_>,
    view: View,
) -> (Explanation, Vec<Item>) {
    let looks: Vec<Option<(Look<'_>, usize)>> =
        parts.iter().map(|part| best(&part.condition, facts, view)).collect();
    let percent_of = |index: usize| {
        looks.get(index).and_then(|look| look.as_ref()).filter(|(look, _)| look.met())?.0.measure()
    };
    let value = weighted_value(parts, percent_of);
    let told = parts.iter().zip(&looks).map(|(part, look)| weighted_part(part, look.as_ref())).collect();
    let counted = parts.iter().zip(&looks).filter(|(part, _)| part.weight > Decimal::ZERO);
    let items: Vec<Item> = counted
        .filter_map(|(_, look)| look.as_ref().filter(|(look, _)| look.met()))
        .map(|(_, index)| Item::Outcome(*index))
        .collect();
    let met = !items.is_empty() && value.is_some_and(|value| value >= at_least);
    let explanation = Explanation {
        met,
        kind: Kind::Weighted,
        asks: format!("a weighted result of at least {} % of these", plain(at_least)),
        found: Some(value.map_or_else(
            || "numbers from which it cannot be computed".to_owned(),
            |value| percent(value, places(at_least)),
        )),
        since: None,
        missing: (!met).then_some(if value.is_some() { Missing::NotReached } else { Missing::NotTold }),
        parts: told,
    };
    (explanation, if met { items } else { Vec::new() })
}

/// Σ weight × percent ÷ Σ weight; what has no percentage counts as 0. `None` if that has no
/// value. Weights of 0 and below count for nothing.
pub(super) fn weighted_value(
    parts: &[Weighted],
    percent: impl Fn(usize) -> Option<Decimal>,
) -> Option<Decimal> {
    let (mut sum, mut weights) = (Decimal::ZERO, Decimal::ZERO);
    for (index, part) in parts.iter().enumerate().filter(|(_, part)| part.weight > Decimal::ZERO) {
        let product = percent(index).unwrap_or_default().checked_mul(part.weight)?;
        sum = sum.checked_add(product)?;
        weights = weights.checked_add(part.weight)?;
    }
    sum.checked_div(weights).map(exact)
}

fn weighted_part(part: &Weighted, look: Option<&(Look<'_>, usize)>) -> Explanation {
    let look = look.map(|(look, _)| look);
    let met = look.is_some_and(Look::met);
    let name = look.map_or_else(|| part.condition.name(None), Look::name);
    let found = look.map_or_else(|| "no result yet".to_owned(), Look::found);
    Explanation {
        met,
        kind: kind_of(&part.condition),
        asks: format!("{name}: weight {}{}", plain(part.weight), part.condition.terms),
        found: Some(if met { found } else { format!("{found}, so it counts as 0") }),
        since: look.filter(|_| met).and_then(Look::at),
        missing: look.map_or(Some(Missing::NoResult), Look::missing),
        parts: Vec::new(),
    }
}
