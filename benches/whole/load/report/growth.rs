//! What is said of a database that grew, and of a backlog.

use std::time::Duration;

use super::super::end_to_end::Way;
use super::super::float;
use super::super::growth::Growth;
use super::super::histogram::show;
use super::super::process::Cost;
use super::{MEMORY, Report, grouped, rate, times};

impl Report {
    pub(super) fn growth(&mut self, way: Way, measured: &Growth) {
        let name = match way {
            Way::Production => "growth, production",
            Way::Embedded => "growth, embedded",
        };
        let Growth { empty, fill, filled, backlog, .. } = measured;
        self.figure(
            format!("{name}: filled in beside"),
            format!(
                "{} awards, {} deliveries: {:.1} GB, in {:.0} s",
                grouped(float(fill.amount.awards)),
                grouped(float(fill.amount.deliveries)),
                float(fill.bytes) / 1e9,
                fill.time.as_secs_f64()
            ),
        );
        self.target(
            format!("{name}: webhook to mail, empty and filled"),
            format!(
                "{} and {}: {}",
                rate(empty.rate, ""),
                rate(filled.rate, ""),
                change(empty.rate, filled.rate)
            ),
            ("at most 10 % less".to_owned(), filled.rate >= 0.9 * empty.rate),
        );
        let [before, after] = [empty, filled].map(|phase| phase.half.percentile(99.0));
        self.figure(format!("{name}: grade to mail at half of that rate, empty"), times(&empty.half));
        self.target(
            format!("{name}: grade to mail at that same rate, filled"),
            format!("{}; p99: {}", times(&filled.half), change(before.as_secs_f64(), after.as_secs_f64())),
            ("p99 at most 10 % more".to_owned(), after.as_secs_f64() <= 1.1 * before.as_secs_f64()),
        );
        let starts = [empty.start, filled.start, backlog.start];
        let [first, second, third] = starts.map(show);
        let what = format!("{name}: start");
        let text = format!("{first} empty, {second} filled, {third} with the backlog");
        match way {
            Way::Embedded => {
                let longest = starts.into_iter().max().unwrap_or_default();
                self.target(what, text, ("< 1 s".to_owned(), longest < Duration::from_secs(1)));
            }
            Way::Production => self.figure(what, text),
        }
        let waited = grouped(float(backlog.webhooks));
        self.target(
            format!("{name}: {waited} webhooks that waited, to mail"),
            format!("{}: {} than while they come", rate(backlog.rate, ""), change(filled.rate, backlog.rate)),
            ("at most 10 % less".to_owned(), backlog.rate >= 0.9 * filled.rate),
        );
        let what = format!("{name}: messages that the sweeper published meanwhile");
        let share = float(backlog.swept) / float(backlog.webhooks.max(1));
        let text = format!("{}, {:.2} % of the webhooks", grouped(float(backlog.swept)), share * 100.0);
        match way {
            Way::Production => self.target(what, text, ("≤ 1 %".to_owned(), share <= 0.01)),
            // Those of rows that waited were never in this queue.
            Way::Embedded => self.figure(what, text),
        }
        for (when, costs) in [("filled", &filled.costs), ("with the backlog", &backlog.costs)] {
            self.memory(name, when, costs);
        }
        self.figure(
            format!("{name}: awards = credentials = different mails"),
            format!(
                "{}; {} mails came twice",
                grouped(float(measured.badges)),
                grouped(float(measured.repeated))
            ),
        );
    }

    fn memory(&mut self, name: &str, when: &str, costs: &[Cost]) {
        let Some((peak, whose)) = costs.iter().filter_map(|cost| Some((cost.peak?, &cost.name))).max() else {
            return;
        };
        self.target(
            format!("{name}: most memory of a process, {when}"),
            format!("{:.0} MB ({whose})", float(peak) / 1e6),
            ("< 150 MB".to_owned(), peak < MEMORY),
        );
    }
}

/// How much more or less, as a share of what was.
fn change(before: f64, after: f64) -> String {
    let share = (after / before.max(f64::EPSILON) - 1.0) * 100.0;
    format!("{:.1} % {}", share.abs(), if share < 0.0 { "less" } else { "more" })
}
