//! When something is done again and again: each day at a time, or every so often. Pure.

use std::time::Duration;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use serde::Deserialize;

/// `[reconcile]`, and `reconcile` of a source
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReconcileSettings {
    /// Each day at this time, UTC: `02:30`.
    pub at: Option<String>,
    /// Every so often: `10 minutes`. Counts instead of `at`.
    pub every: Option<String>,
}

/// When something is done again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// Each day at this time, UTC.
    Daily(NaiveTime),
    /// So long after the last time.
    Every(TimeDelta),
}

impl ReconcileSettings {
    /// The schedule; `every` counts before `at`.
    ///
    /// # Errors
    /// The key that is wrong, or missing, and the mend.
    pub fn schedule(&self) -> Result<Schedule, (&'static str, &'static str)> {
        if let Some(every) = &self.every {
            let mend = "write a whole number and a unit, from 1 minute to 7 days: \"10 minutes\", \"6 hours\", \"1 day\"";
            return duration(every).map(Schedule::Every).ok_or(("every", mend));
        }
        let mend = "write a time of day, in UTC, with two digits each: \"02:30\"";
        let at =
            self.at.as_deref().ok_or(("at", "missing: add `at = \"02:30\"` or `every = \"6 hours\"`"))?;
        let spelled = at.len() == 5;
        let time = NaiveTime::parse_from_str(at, "%H:%M").ok().filter(|_| spelled);
        time.map(Schedule::Daily).ok_or(("at", mend))
    }
}

impl Schedule {
    /// The first time after that.
    pub fn next_after(self, last: DateTime<Utc>) -> DateTime<Utc> {
        let next = match self {
            Self::Every(every) => last.checked_add_signed(every),
            Self::Daily(time) => {
                let today = last.date_naive().and_time(time).and_utc();
                if today > last { Some(today) } else { today.checked_add_signed(TimeDelta::days(1)) }
            }
        };
        next.unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// `10 minutes`, `1 hour`, `7 days`.
fn duration(text: &str) -> Option<TimeDelta> {
    let (number, unit) = text.trim().split_once(' ')?;
    let number: u64 = number.parse().ok()?;
    let minutes = match unit.trim() {
        "minute" | "minutes" => 1,
        "hour" | "hours" => 60,
        "day" | "days" => 24 * 60,
        _ => return None,
    };
    let minutes = number.checked_mul(minutes).filter(|minutes| (1..=7 * 24 * 60).contains(minutes))?;
    TimeDelta::from_std(Duration::from_mins(minutes)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(at: Option<&str>, every: Option<&str>) -> Result<Schedule, (&'static str, &'static str)> {
        ReconcileSettings { at: at.map(str::to_owned), every: every.map(str::to_owned) }.schedule()
    }

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_daily_time_comes_once_a_day() {
        let daily = schedule(Some("02:30"), None).unwrap();
        for (last, next) in [
            ("2026-11-20T01:00:00Z", "2026-11-20T02:30:00Z"),
            ("2026-11-20T02:30:00Z", "2026-11-21T02:30:00Z"),
            ("2026-11-20T02:30:01Z", "2026-11-21T02:30:00Z"),
            ("2026-12-31T23:59:59Z", "2027-01-01T02:30:00Z"),
        ] {
            assert_eq!(daily.next_after(time(last)), time(next));
        }
    }

    #[test]
    fn every_counts_from_the_last_time_and_before_at() {
        let often = schedule(Some("02:30"), Some("10 minutes")).unwrap();
        assert_eq!(often.next_after(time("2026-11-20T23:55:00Z")), time("2026-11-21T00:05:00Z"));
        assert_eq!(schedule(None, Some("1 day")), Ok(Schedule::Every(TimeDelta::days(1))));
        assert_eq!(schedule(None, Some("6 hours")), Ok(Schedule::Every(TimeDelta::hours(6))));
    }

    #[test]
    fn what_is_no_time_is_refused_by_its_key() {
        for every in
            ["", "10", "minutes", "0 minutes", "-1 hours", "8 days", "1.5 hours", "18446744073709551615 days"]
        {
            assert_eq!(schedule(Some("02:30"), Some(every)).unwrap_err().0, "every", "{every}");
        }
        for at in ["", "2:30", "24:00", "02:30:00", "half past two"] {
            assert_eq!(schedule(Some(at), None).unwrap_err().0, "at", "{at}");
        }
        assert_eq!(schedule(None, None).unwrap_err().0, "at");
    }
}
