//! Groups that ask about times: results in order, results close together.
//!
//! One condition can be met by several results. The question is whether some choice of them
//! meets the group, so the search goes by time: whatever is chosen earlier leaves more room for
//! what has to follow.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::evaluate::{Item, Known, judge_none, weighted_value};
use super::matching::Look;
use super::wording::{moments, ordinal, span};
use super::{Condition, Expression, HeldBadge, Missing, Rule, Weighted};

/// A span of time in which results count, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct View {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl View {
    /// At any time, known or not.
    pub(super) const ALL: Self = Self { from: DateTime::<Utc>::MIN_UTC, to: DateTime::<Utc>::MAX_UTC };
    /// At no time.
    const NEVER: Self = Self { from: DateTime::<Utc>::MAX_UTC, to: DateTime::<Utc>::MIN_UTC };

    pub(super) fn contains(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at <= self.to
    }

    /// The part of it that begins at a moment and lasts so long.
    pub(super) fn window(&self, from: DateTime<Utc>, time: TimeDelta) -> Self {
        let to = from.checked_add_signed(time).unwrap_or(DateTime::<Utc>::MAX_UTC);
        Self { from: self.from.max(from), to: self.to.min(to) }
    }
}

/// A choice of results that meets a rule, the one that is complete first.
#[derive(Debug, Clone, Default)]
pub(super) struct Witness {
    /// The first and the last time among the results; `None` where there is no result, because
    /// the rule only forbids.
    pub(super) times: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub(super) items: Vec<Item>,
}

impl Witness {
    fn latest(&self) -> Option<DateTime<Utc>> {
        self.times.map(|(_, latest)| latest)
    }

    fn of(result: &Timed) -> Self {
        Self { times: Some((result.at, result.at)), items: vec![result.item] }
    }

    fn join(witnesses: impl IntoIterator<Item = Self>) -> Self {
        witnesses.into_iter().fold(Self::default(), |mut all, one| {
            all.times = match (all.times, one.times) {
                (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
                (a, b) => a.or(b),
            };
            all.items.extend(one.items);
            all
        })
    }
}

/// A result that meets a condition, with its time.
#[derive(Debug, Clone)]
struct Timed {
    at: DateTime<Utc>,
    percent: Decimal,
    item: Item,
}

/// The choice of results within `view` that meets the rule and is complete first, but not
/// before `not_before`. A rule that is met without any result has no time and may stand anywhere.
/// What has no time does not count.
pub(super) fn earliest(
    rule: &Rule,
    facts: &Known<'_>,
    view: View,
    not_before: Option<DateTime<Utc>>,
) -> Option<Witness> {
    let late_enough = |at: DateTime<Utc>| not_before.is_none_or(|not_before| at >= not_before);
    let first = |results: Vec<Timed>| {
        results.iter().filter(|it| late_enough(it.at)).min_by_key(|it| it.at).map(Witness::of)
    };
    match rule {
        Rule::Condition(condition) => first(results(condition, facts, view)),
        Rule::Badge(badge) => first(awards(badge, facts, view)),
        Rule::Expression(expression) => {
            seen(expression, facts, view).filter(|witness| witness.latest().is_none_or(late_enough))
        }
        Rule::None(parts) => judge_none(parts, facts).0.met.then(Witness::default),
        Rule::All(parts) => so_many(parts.len(), parts, facts, view, not_before),
        Rule::Any(parts) => so_many(1, parts, facts, view, not_before),
        Rule::AtLeast { count, of } => so_many(*count, of, facts, view, not_before),
        Rule::InOrder(parts) => in_order(parts, facts, view, not_before).ok(),
        Rule::Weighted { parts, at_least } => weighted(parts, *at_least, facts, view, not_before),
        Rule::Within { time, group } => windows(group, facts, view)
            .filter_map(|from| earliest(group, facts, view.window(from, *time), not_before))
            .min_by_key(Witness::latest)
            .or_else(|| earliest(group, facts, View::NEVER, not_before)),
    }
}

/// The results on which an expression rests, if it is met and all of them lie within `view`.
fn seen(expression: &Expression, facts: &Known<'_>, view: View) -> Option<Witness> {
    let sight = expression.see(facts);
    let timed = sight.results().map(|(at, item)| Some(Timed { at: at?, percent: Decimal::ZERO, item }));
    let results = timed.collect::<Option<Vec<Timed>>>()?;
    let within = results.iter().all(|result| view.contains(result.at));
    (sight.met() && within).then(|| Witness::join(results.iter().map(Witness::of)))
}

fn so_many(
    count: usize,
    parts: &[Rule],
    facts: &Known<'_>,
    view: View,
    not_before: Option<DateTime<Utc>>,
) -> Option<Witness> {
    let mut met: Vec<(usize, Witness)> = parts
        .iter()
        .enumerate()
        .filter_map(|(index, part)| Some((index, earliest(part, facts, view, None)?)))
        .collect();
    let count = count.max(1);
    if met.len() < count {
        return None;
    }
    met.sort_by_key(|(index, witness)| (witness.latest(), *index));
    let soonest = Witness::join(met.iter().take(count).map(|(_, witness)| witness.clone()));
    match (not_before, soonest.latest()) {
        (Some(not_before), Some(latest)) if latest < not_before => {}
        _ => return Some(soonest),
    }
    // All of them are too early: one has to be met later.
    let (late, last) = parts
        .iter()
        .enumerate()
        .filter_map(|(index, part)| Some((index, earliest(part, facts, view, not_before)?)))
        .filter(|(_, witness)| witness.times.is_some())
        .min_by_key(|(index, witness)| (witness.latest(), *index))?;
    let others = met.into_iter().filter(|(index, _)| *index != late).map(|(_, witness)| witness);
    Some(Witness::join(others.take(count - 1).chain([last])))
}

/// The position of the part that is not met after those before it, and when they were.
struct Disorder {
    part: usize,
    after: Option<(usize, DateTime<Utc>)>,
}

fn in_order(
    parts: &[Rule],
    facts: &Known<'_>,
    view: View,
    not_before: Option<DateTime<Utc>>,
) -> Result<Witness, Disorder> {
    let mut so_far: Vec<Witness> = Vec::with_capacity(parts.len());
    let mut after: Option<(usize, DateTime<Utc>)> = None;
    for (part, rule) in parts.iter().enumerate() {
        let since = after.map(|(_, at)| at);
        let since = if part + 1 == parts.len() { since.max(not_before) } else { since };
        let witness = earliest(rule, facts, view, since).ok_or(Disorder { part, after })?;
        if let Some(latest) = witness.latest() {
            after = Some((part, latest));
        }
        so_far.push(witness);
    }
    if so_far.is_empty() {
        return Err(Disorder { part: 0, after });
    }
    Ok(Witness::join(so_far))
}

fn weighted(
    parts: &[Weighted],
    at_least: Decimal,
    facts: &Known<'_>,
    view: View,
    not_before: Option<DateTime<Utc>>,
) -> Option<Witness> {
    let known: Vec<Vec<Timed>> = parts.iter().map(|part| results(&part.condition, facts, view)).collect();
    let reaches = |chosen: Vec<Option<&Timed>>| {
        let value = weighted_value(parts, |index| chosen.get(index).copied().flatten().map(|it| it.percent));
        let counted = || {
            let weighed = parts.iter().zip(&chosen).filter(|(part, _)| part.weight > Decimal::ZERO);
            weighed.filter_map(|(_, chosen)| chosen.map(Witness::of))
        };
        let latest = counted().filter_map(|witness| witness.latest()).max();
        let late_enough = latest.is_some_and(|latest| not_before.is_none_or(|from| latest >= from));
        (late_enough && value.is_some_and(|value| value >= at_least)).then(|| Witness::join(counted()))
    };
    let mut times: Vec<DateTime<Utc>> = known.iter().flatten().map(|result| result.at).collect();
    times.sort_unstable();
    times.dedup();
    let late_enough = |at: &DateTime<Utc>| not_before.is_none_or(|not_before| *at >= not_before);
    times.into_iter().filter(late_enough).find_map(|until| {
        let best = |results: &'_ [Timed], from: Option<DateTime<Utc>>| {
            results
                .iter()
                .enumerate()
                .filter(|(_, it)| it.at <= until && from.is_none_or(|from| it.at >= from))
                .max_by_key(|(index, it)| (it.percent, std::cmp::Reverse(it.at), std::cmp::Reverse(*index)))
                .map(|(index, _)| index)
        };
        let choose = |late: Option<usize>| {
            known
                .iter()
                .enumerate()
                .map(|(part, results)| {
                    best(results, not_before.filter(|_| late == Some(part)))
                        .and_then(|index| results.get(index))
                })
                .collect::<Vec<_>>()
        };
        // If the best ones are all too early, one of them gives way to a later one.
        reaches(choose(None)).or_else(|| (0..known.len()).find_map(|part| reaches(choose(Some(part)))))
    })
}

/// Where a window could begin: at each result that can count for the rule.
fn windows<'a>(rule: &'a Rule, facts: &'a Known<'_>, view: View) -> impl Iterator<Item = DateTime<Utc>> {
    let mut times = Vec::new();
    collect_times(rule, facts, view, &mut times);
    times.sort_unstable();
    times.dedup();
    times.into_iter()
}

fn collect_times(rule: &Rule, facts: &Known<'_>, view: View, times: &mut Vec<DateTime<Utc>>) {
    let mut add = |results: Vec<Timed>| times.extend(results.into_iter().map(|result| result.at));
    match rule {
        Rule::Condition(condition) => add(results(condition, facts, view)),
        Rule::Badge(badge) => add(awards(badge, facts, view)),
        Rule::Expression(expression) => {
            times.extend(
                expression.see(facts).results().filter_map(|(at, _)| at).filter(|at| view.contains(*at)),
            );
        }
        Rule::Weighted { parts, .. } => {
            for part in parts {
                add(results(&part.condition, facts, view));
            }
        }
        Rule::None(_) => {}
        _ => rule.parts().iter().for_each(|part| collect_times(part, facts, view, times)),
    }
}

/// The results that meet a condition, the better one first where it matters.
fn results(condition: &Condition, facts: &Known<'_>, view: View) -> Vec<Timed> {
    let mut looks: Vec<(Look<'_>, usize)> = facts
        .outcomes
        .iter()
        .filter(|(_, fact)| condition.concerns(fact.source, fact.outcome))
        .map(|(index, fact)| (Look::new(condition, fact.outcome, view), *index))
        .filter(|(look, _)| look.met())
        .collect();
    looks.sort_by(|(one, _), (other, _)| other.compare(one));
    let timed = |(look, index): (Look<'_>, usize)| {
        let percent = look.measure().unwrap_or_default();
        Some(Timed { at: look.at()?, percent, item: Item::Outcome(index) })
    };
    looks.into_iter().filter_map(timed).collect()
}

fn awards(badge: &HeldBadge, facts: &Known<'_>, view: View) -> Vec<Timed> {
    let held = facts.held.iter().filter(|(_, held)| badge.is_met_by(held));
    held.filter(|(_, held)| view.contains(held.awarded_at))
        .map(|(index, held)| Timed { at: held.awarded_at, percent: Decimal::ZERO, item: Item::Held(*index) })
        .collect()
}

/// What is wrong with parts that are all met, but not one after another.
pub(super) fn disorder(parts: &[Rule], facts: &Known<'_>, view: View) -> (String, Missing) {
    let unknown = || ("the source does not say when each was graded".to_owned(), Missing::NotTold);
    let Err(Disorder { part, after }) = in_order(parts, facts, view, None) else { return unknown() };
    let own = parts.get(part).and_then(|rule| earliest(rule, facts, view, None)?.latest());
    let (Some(own), Some((before, at))) = (own, after) else { return unknown() };
    let (own, at) = moments(own, at);
    let (part, before) = (ordinal(part + 1), ordinal(before + 1));
    (format!("the {part} on {own}, before the {before} on {at}"), Missing::Order)
}

/// How far apart the results lie that meet a group, at least.
pub(super) fn apart(group: &Rule, facts: &Known<'_>, view: View) -> (String, Missing) {
    let length = |from: DateTime<Utc>| {
        let (first, latest) = earliest(group, facts, view.window(from, TimeDelta::MAX), None)?.times?;
        Some(latest.signed_duration_since(first))
    };
    match windows(group, facts, view).filter_map(length).min() {
        Some(length) => (format!("{} between the first and the last", span(length)), Missing::Apart),
        None => ("the source does not say when each was graded".to_owned(), Missing::NotTold),
    }
}
