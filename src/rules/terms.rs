//! Terms: which results count for a condition.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};

use super::period::Period;
use super::wording::date;

/// Which results count for a condition. The default: the grade that the LMS shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// Which of several attempts counts, if not the grade that the LMS makes of them.
    pub counts: Option<Counts>,
    /// When it was graded.
    pub between: Option<Between>,
    /// Whether late work does not count.
    pub on_time: bool,
    /// Whether a course's total counts only once everything is graded.
    pub all_graded: bool,
    /// The time of the award, for a badge that can be earned again ([`super::Rule::in_period`]).
    pub period: Option<Period>,
}

/// Which of several attempts counts. Those that lie outside of [`Terms::between`] or [`Terms::period`], or are late
/// where that matters, are left out first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// The best one.
    Best,
    /// The last one, and nothing while it is not graded.
    Latest,
    /// The first one.
    First,
    /// The average of those that are graded.
    Average,
    /// The last graded one with 65 %, the average of those before with 35 %; a single one
    /// counts alone. This is what Canvas offers for learning outcomes as "decaying average" (since
    /// 2024 as "weighted average"), with its default weight.
    Decaying,
}

impl Counts {
    /// Every policy, with its name in a badge file.
    pub const ALL: [(&str, Self); 5] = [
        ("best", Self::Best),
        ("latest", Self::Latest),
        ("first", Self::First),
        ("average", Self::Average),
        ("decaying", Self::Decaying),
    ];
}

/// A span of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Between {
    /// The first moment.
    pub from: DateTime<Utc>,
    /// The last moment.
    pub to: DateTime<Utc>,
}

impl Between {
    /// The first moment of a day in UTC.
    pub fn begin_of(day: NaiveDate) -> DateTime<Utc> {
        day.and_time(NaiveTime::MIN).and_utc()
    }

    /// The last moment of a day in UTC.
    pub fn end_of(day: NaiveDate) -> DateTime<Utc> {
        let last = NaiveTime::from_hms_nano_opt(23, 59, 59, 999_999_999).unwrap_or(NaiveTime::MIN);
        day.and_time(last).and_utc()
    }

    /// Whether a moment lies in it.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at <= self.to
    }
}

/// As in a sentence, with what it follows: `on the latest attempt, not late`.
impl std::fmt::Display for Terms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(counts) = self.counts {
            write!(f, " {counts}")?;
        }
        if let Some(between) = &self.between {
            write!(f, ", {between}")?;
        }
        if let Some(period) = &self.period {
            write!(f, "{period}")?;
        }
        if self.on_time {
            f.write_str(", not late")?;
        }
        if self.all_graded {
            f.write_str(", with everything graded")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Best => "in the best attempt",
            Self::Latest => "in the latest attempt",
            Self::First => "in the first attempt",
            Self::Average => "on average of all attempts",
            Self::Decaying => "on decaying average of all attempts",
        })
    }
}

/// `between 1 September 2026 and 31 January 2027`, `on 1 September 2026`; with the times where they are not whole days.
impl std::fmt::Display for Between {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { from, to } = self;
        if *from == Self::begin_of(from.date_naive()) && *to == Self::end_of(to.date_naive()) {
            if from.date_naive() == to.date_naive() {
                return write!(f, "on {}", date(*from));
            }
            return write!(f, "between {} and {}", date(*from), date(*to));
        }
        let time = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        write!(f, "between {} and {}", time(from), time(to))
    }
}
