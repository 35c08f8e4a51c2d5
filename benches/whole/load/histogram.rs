//! How long things took.

use std::time::Duration;

use anyhow::Context as _;
use hdrhistogram::Histogram;

use super::float;

/// The longest time that is told apart: an hour, in microseconds.
const LONGEST: u64 = 3_600_000_000;

/// Times, to three digits.
#[derive(Debug, Clone)]
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Histogram::new_with_bounds(1, LONGEST, 3).map(Self).context("a histogram")
    }

    pub(crate) fn record(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    pub(crate) fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        self.0.add(&other.0).context("a histogram")
    }

    /// How many times were recorded.
    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// So many of 100 took at most this long.
    pub(crate) fn percentile(&self, percent: f64) -> Duration {
        Duration::from_micros(self.0.value_at_percentile(percent))
    }

    pub(crate) fn longest(&self) -> Duration {
        Duration::from_micros(self.0.max())
    }

    /// A bar for each doubling of the time, as text.
    pub(crate) fn bars(&self) -> String {
        use std::fmt::Write as _;
        let mut text = String::new();
        if self.0.is_empty() {
            return text;
        }
        let mut from = 0;
        let mut to = 125;
        while from <= self.0.max() {
            let count = self.0.count_between(from, to - 1);
            let share = float(count) / float(self.0.len());
            if count > 0 {
                let bar = "█".repeat(usize::try_from(count * 50 / self.0.len()).unwrap_or_default());
                // Writing into a String cannot fail.
                let _ = writeln!(
                    text,
                    "  < {:>9}  {:>6.2} %  {bar}",
                    show(Duration::from_micros(to)),
                    share * 100.0
                );
            }
            (from, to) = (to, to * 2);
        }
        text
    }
}

/// A time for people.
pub(crate) fn show(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    match milliseconds {
        ..10.0 => format!("{milliseconds:.2} ms"),
        10.0..1000.0 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}
