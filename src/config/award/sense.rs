//! What can never be true, or is true of everybody, as far as that is simple to see.

use chrono::{DateTime, TimeDelta, Utc};

use super::Reader;
use crate::config::document::{Node, Value};
use crate::rules::{Between, Condition, Rule, Terms, Threshold, Weighted};

impl Reader<'_> {
    /// Whoever did nothing at all must not earn it.
    pub(super) fn rests_on_something(&mut self, node: &Node, rule: &Rule) {
        if !rule.rests_on_something() {
            self.say(
                node,
                "this is met by people who never did anything, because `none` only forbids; \
                 a badge must rest on something: all = [ { assessment = … }, { none = [ … ] } ]",
            );
        }
    }

    pub(super) fn nothing_contradicted(&mut self, list: &Node, parts: &[Rule]) {
        for (index, part) in parts.iter().enumerate() {
            let Rule::None(forbidden) = part else { continue };
            let asked = || parts.iter().enumerate().filter(|(other, _)| *other != index);
            for (inner, forbidden) in forbidden.iter().enumerate() {
                if asked().any(|(_, asked)| implies(asked, forbidden)) {
                    let none = element(list, index).table().and_then(|table| table.get("none"));
                    let at = none.map_or(list, |none| element(none, inner));
                    self.say(at, "this is asked for in `all` and forbidden in `none`, so that nobody could ever meet both; remove one of them");
                }
            }
        }
    }

    pub(super) fn nothing_forbidden(&mut self, list: &Node, parts: &[Rule]) {
        for (index, part) in parts.iter().enumerate() {
            if !part.rests_on_something() {
                self.say(
                    element(list, index),
                    "what is forbidden has no time, so it has no place in an order; \
                     write all = [ { in_order = [ … ] }, { none = [ … ] } ]",
                );
            }
        }
    }

    /// Each part is to be met not earlier than the one before.
    pub(super) fn possible_order(&mut self, list: &Node, parts: &[Rule]) {
        let mut begin: Option<DateTime<Utc>> = None;
        for (index, part) in parts.iter().enumerate() {
            let (from, to) = bounds(part);
            if let (Some(begin), Some(to)) = (begin, to)
                && to < begin
            {
                self.say(
                    element(list, index),
                    "this has to be met after what stands before it, but its `between` ends earlier than \
                     theirs begins; correct the times, or the order",
                );
                return;
            }
            begin = begin.max(from);
        }
    }

    /// Results in spans that lie far apart are never close together.
    pub(super) fn possible_within(&mut self, node: &Node, time: TimeDelta, group: &Rule) {
        let (Rule::All(parts) | Rule::InOrder(parts)) = group else { return };
        let spans = || parts.iter().filter_map(own_span);
        let (first_end, last_begin) = (spans().map(|it| it.to).min(), spans().map(|it| it.from).max());
        if let (Some(end), Some(begin)) = (first_end, last_begin)
            && begin.signed_duration_since(end) > time
        {
            self.say(
                node,
                "the `between` in this list lie further apart than that, so that nobody could ever meet it; \
                 make `within` longer, or correct the times",
            );
        }
    }

    /// The same condition twice would count twice.
    pub(super) fn no_part_twice(&mut self, list: &Node, parts: &[Rule]) {
        for (index, part) in parts.iter().enumerate() {
            if parts.iter().take(index).any(|earlier| earlier == part) {
                self.say(
                    element(list, index),
                    "this stands in the list already and would count twice; remove it",
                );
            }
        }
    }

    pub(super) fn no_weight_twice(&mut self, list: &Node, parts: &[Weighted]) {
        for (index, part) in parts.iter().enumerate() {
            let same = |earlier: &Weighted| same_subject(&earlier.condition, &part.condition);
            if parts.iter().take(index).any(same) {
                self.say(
                    element(list, index),
                    "this stands in the list already and would count twice; add the weights up",
                );
            }
        }
    }
}

/// The node of an element of a list; the list itself where it has none.
fn element(list: &Node, index: usize) -> &Node {
    match &list.value {
        Value::Array(nodes) => nodes.get(index).unwrap_or(list),
        _ => list,
    }
}

fn same_subject(one: &Condition, other: &Condition) -> bool {
    (&one.source, &one.course, &one.assessment) == (&other.source, &other.course, &other.assessment)
}

/// Whether whoever meets one meets the other, where that is simple to see.
fn implies(one: &Rule, other: &Rule) -> bool {
    match (one, other) {
        _ if one == other => true,
        (Rule::All(parts) | Rule::InOrder(parts), other) => parts.iter().any(|part| implies(part, other)),
        (one, Rule::Any(parts)) => parts.iter().any(|part| implies(one, part)),
        (Rule::Condition(one), Rule::Condition(other)) => {
            let wider = other.terms == Terms::default() && one.terms.counts.is_none();
            let reaches = match (&one.threshold, &other.threshold) {
                (Threshold::Percent(one), Threshold::Percent(other))
                | (Threshold::Points(one), Threshold::Points(other)) => one >= other,
                (Threshold::OneOf(one), Threshold::OneOf(other)) => one.iter().all(|it| other.contains(it)),
                (one, other) => one == other,
            };
            same_subject(one, other) && (one.terms == other.terms || wider) && reaches
        }
        _ => false,
    }
}

/// The span in which every result of a condition lies.
fn own_span(rule: &Rule) -> Option<Between> {
    match rule {
        Rule::Condition(condition) => condition.terms.between,
        Rule::Badge(badge) => badge.between,
        _ => None,
    }
}

/// When a part can be complete at the earliest, and at the latest.
fn bounds(rule: &Rule) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    match rule {
        Rule::All(parts) | Rule::InOrder(parts) => {
            let bounds: Vec<_> = parts.iter().filter(|part| part.rests_on_something()).map(bounds).collect();
            let from = bounds.iter().filter_map(|(from, _)| *from).max();
            let to = bounds.iter().map(|(_, to)| *to).collect::<Option<Vec<_>>>();
            (from, to.and_then(|to| to.into_iter().max()))
        }
        Rule::Any(parts) => {
            let bounds: Vec<_> = parts.iter().map(bounds).collect();
            let from = bounds.iter().map(|(from, _)| *from).collect::<Option<Vec<_>>>();
            let to = bounds.iter().map(|(_, to)| *to).collect::<Option<Vec<_>>>();
            (from.and_then(|from| from.into_iter().min()), to.and_then(|to| to.into_iter().max()))
        }
        Rule::Within { group, .. } => bounds(group),
        _ => own_span(rule).map_or((None, None), |span| (Some(span.from), Some(span.to))),
    }
}
