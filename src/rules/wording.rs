//! Scores, times and spans in words.

use accolade_connectors::{Score, Withheld};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

/// Fewest decimal places that a shown percentage keeps, where it has them.
pub(super) const PLACES: u32 = 2;

/// Why an outcome does not count, in a few words.
pub(super) fn why_withheld(reason: Withheld) -> &'static str {
    match reason {
        Withheld::NotGraded => "not graded yet",
        Withheld::Hidden => "hidden in the gradebook",
        Withheld::NotPosted => "not posted yet",
        Withheld::Excused => "excused",
        Withheld::Anonymous => "graded anonymously, names not revealed yet",
        Withheld::TestStudent => "a test student, who earns no badges",
        Withheld::Staff => "part of the course's staff, who earn no badges in it",
        Withheld::NotEnrolled => "no longer enrolled in the course",
    }
}

/// Cut off, not rounded: 69.999 % must not look like the 70 % that it misses.
pub(super) fn percent(percent: Decimal, places: u32) -> String {
    format!("{} %", plain(percent.round_dp_with_strategy(places, RoundingStrategy::ToZero)))
}

pub(super) fn points(score: &Score) -> Option<String> {
    let given = plain(score.given?);
    Some(match score.max {
        Some(max) if max > Decimal::ZERO => format!("{given} of {} points", plain(max)),
        _ => format!("{given} points"),
    })
}

pub(super) fn quoted(score: &Score) -> Option<String> {
    score.text.as_deref().map(|text| format!("“{}”", text.trim()))
}

pub(super) fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}

/// How many decimal places a number has, and [`PLACES`] at least: a percentage with so many never
/// looks as if it were on the other side of that mark.
pub(super) fn places(mark: Decimal) -> u32 {
    mark.normalize().scale().max(PLACES)
}

/// `3 September 2026`, in UTC.
pub(super) fn date(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y").to_string()
}

/// Two moments as dates, with the time of day where they fall on one day.
pub(super) fn moments(one: DateTime<Utc>, other: DateTime<Utc>) -> (String, String) {
    let said = |at: DateTime<Utc>| {
        let day = date(at);
        if one.date_naive() == other.date_naive() { format!("{day} at {} UTC", at.time()) } else { day }
    };
    (said(one), said(other))
}

/// A span in its largest unit up to days: `90 days`, `more than 2 hours`.
pub(super) fn span(time: TimeDelta) -> String {
    let seconds = time.num_seconds();
    let (unit, length) = [("day", 86_400), ("hour", 3_600), ("minute", 60)]
        .into_iter()
        .find(|(_, length)| seconds >= *length)
        .unwrap_or(("second", 1));
    let count = seconds / length;
    let more = if TimeDelta::try_seconds(count * length) == Some(time) { "" } else { "more than " };
    format!("{more}{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// `first`, `second` …, from 1.
pub(super) fn ordinal(number: usize) -> String {
    match number {
        1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        4 => "fourth".to_owned(),
        5 => "fifth".to_owned(),
        _ => format!("number {number}"),
    }
}
