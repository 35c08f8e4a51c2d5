//! How many awards are expected, from what was awarded so far. Pure.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::Expected;

/// A learned number is so many times the most that there was.
const FACTOR: i64 = 2;
/// So long awards are remembered: at the end of a term the one a year ago counts.
pub(super) const MEMORY: TimeDelta = TimeDelta::days(400);

/// The awards of one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hour {
    /// Which, in hours since 1970.
    pub(super) hour: i64,
    /// Those that met the guard since a human decided last.
    pub(super) counted: i64,
    /// Those of which a human knows.
    pub(super) known: i64,
}

/// The hour of a time.
pub(super) fn hour_of(time: DateTime<Utc>) -> i64 {
    time.timestamp().div_euclid(3_600)
}

/// When an hour begins.
pub(super) fn start_of(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(hour.saturating_mul(3_600), 0).unwrap_or_default()
}

/// How many awards met the guard in the window that ends now. The hour in which the window
/// begins counts whole, so never more than the number leave in any window, wherever it begins.
pub(super) fn used(hours: &[Hour], now: i64, window: u32) -> i64 {
    let first = now - i64::from(window);
    hours.iter().filter(|hour| hour.hour >= first).map(|hour| hour.counted).sum()
}

/// The most awards in one window, without those of the window that ends now: a flood must not
/// teach that floods are to be expected. What a human knows of counts at once. Hours are sorted.
pub(super) fn peak(hours: &[Hour], now: i64, window: u32) -> i64 {
    let recent = now - i64::from(window);
    let (mut inside, mut sum, mut most) = (VecDeque::new(), 0, 0);
    for hour in hours {
        let count = hour.known + if hour.hour < recent { hour.counted } else { 0 };
        inside.push_back((hour.hour, count));
        sum += count;
        while let Some((_, left)) = inside.pop_front_if(|(first, _)| *first <= hour.hour - i64::from(window))
        {
            sum -= left;
        }
        most = most.max(sum);
    }
    most
}

/// The number that a peak gives.
pub(super) fn learned(peak: i64, floor: u32) -> i64 {
    peak.saturating_mul(FACTOR).max(i64::from(floor))
}

/// Where the number comes from, for people.
pub(super) fn basis(expected: &Expected, peak: i64) -> String {
    match expected {
        Expected::Set { by, .. } => format!("set by {by}"),
        Expected::Learned { floor, hours } if peak.saturating_mul(FACTOR) > i64::from(*floor) => {
            format!("learned: {FACTOR} times {peak}, the most in {} so far", window(*hours))
        }
        Expected::Learned { hours, .. } => {
            format!("learned: at least so many, for there were never more than {peak} in {}", window(*hours))
        }
    }
}

/// A window for people: `1 day`.
pub(super) fn window(hours: u32) -> String {
    let (number, unit) = if hours.is_multiple_of(24) { (hours / 24, "day") } else { (hours, "hour") };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hour(hour: i64, counted: i64, known: i64) -> Hour {
        Hour { hour, counted, known }
    }

    #[test]
    fn the_window_that_goes_on_teaches_nothing_that_no_human_knows() {
        let history = [hour(0, 30, 0), hour(23, 30, 0), hour(24, 30, 0), hour(100, 500, 0)];
        assert_eq!(peak(&history, 100, 24), 60, "two within a day, and not the present day");
        assert_eq!(peak(&history, 124, 24), 60, "the hour in which the window begins is in it");
        assert_eq!(peak(&history, 125, 24), 500);
        assert_eq!(peak(&[hour(100, 0, 500)], 100, 24), 500, "released");
        assert_eq!(used(&history, 100, 24), 500);
        assert_eq!(used(&history, 124, 24), 500);
        assert_eq!(used(&history, 125, 24), 0);
        assert_eq!(peak(&[], 0, 1), 0);
    }

    #[test]
    fn a_number_says_where_it_comes_from() {
        let learned = Expected::Learned { floor: 200, hours: 24 };
        assert_eq!(basis(&learned, 150), "learned: 2 times 150, the most in 1 day so far");
        assert_eq!(
            basis(&learned, 3),
            "learned: at least so many, for there were never more than 3 in 1 day"
        );
        assert_eq!([window(1), window(36), window(48)], ["1 hour", "36 hours", "2 days"]);
    }

    fn any_history() -> impl Strategy<Value = Vec<Hour>> {
        let one = (0..200_i64, (0..50_i64, 0..50_i64));
        prop::collection::btree_map(one.clone().prop_map(|one| one.0), one.prop_map(|one| one.1), 0..60)
            .prop_map(|hours| {
                hours.into_iter().map(|(at, (counted, known))| hour(at, counted, known)).collect()
            })
    }

    proptest! {
        /// Against the definition: every window, one after the other.
        #[test]
        fn the_peak_is_that_of_the_fullest_window(hours in any_history(), now in 0..250_i64, window in 1..60_u32) {
            let width = i64::from(window);
            let in_window = |last: i64| {
                let inside = hours.iter().filter(|hour| hour.hour <= last && hour.hour > last - width);
                inside.map(|hour| hour.known + if hour.hour < now - width { hour.counted } else { 0 }).sum::<i64>()
            };
            prop_assert_eq!(peak(&hours, now, window), (0..250).map(in_window).max().unwrap_or(0));
        }

        /// What comes again as it came before is expected, and a flood is never more than the
        /// number before it is held.
        #[test]
        fn the_same_day_again_is_expected(day in prop::collection::vec(0..300_i64, 24), days in 2..20_i64) {
            let hours: Vec<Hour> =
                (0..days * 24).map(|at| hour(at, day[usize::try_from(at % 24).unwrap()], 0)).collect();
            for now in 48..days * 24 {
                let past: Vec<Hour> = hours.iter().filter(|hour| hour.hour <= now).copied().collect();
                prop_assert!(used(&past, now, 24) <= learned(peak(&past, now, 24), 1));
            }
        }
    }
}
