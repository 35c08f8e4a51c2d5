//! What was measured, for people: a table that says of each target whether it was met.

mod growth;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use super::accept::Accepts;
use super::database::Kind;
use super::end_to_end::{EndToEnd, Way};
use super::histogram::{Latencies, show};
use super::plot::{self, Line};
use super::process::Cost;
use super::{Plan, Results, Servers, float};

/// Resident memory of a process of ours, in bytes.
const MEMORY: u64 = 150_000_000;

/// One line of the table.
#[derive(Debug)]
struct Row {
    what: String,
    measured: String,
    target: Option<(String, bool)>,
}

/// The report.
#[derive(Debug)]
pub(crate) struct Report {
    /// On what it was measured.
    machine: String,
    /// Whether what was committed would survive a power cut.
    pub(crate) durable: bool,
    rows: Vec<Row>,
    lines: Vec<Line>,
}

impl Report {
    pub(crate) async fn of(results: &Results, plan: &Plan, servers: &Servers) -> anyhow::Result<Self> {
        let (servers, durable) = servers.describe().await?;
        let mut report = Self {
            machine: format!("{}; {servers}", machine()),
            durable,
            rows: Vec::new(),
            lines: Vec::new(),
        };
        let limits = results.limits;
        report.figure("PostgreSQL: INSERT of 64 rows by UNNEST, commit", rate(limits.unnest, "rows"));
        report.figure("SQLite (FULL): INSERT of 64 rows, commit", rate(limits.sqlite, "rows"));
        let kept = "what is kept of 64 webhooks, commit";
        report.figure(format!("PostgreSQL: {kept}"), rate(limits.unnest_recorded, "webhooks"));
        report.figure(format!("SQLite (FULL): {kept}"), rate(limits.sqlite_recorded, "webhooks"));
        report.figure("RabbitMQ: publish to a quorum queue, confirm", rate(limits.publish, "messages"));
        for (kind, accepts) in &results.accept {
            let (name, limit, recorded) = match kind {
                Kind::Postgres => ("PostgreSQL", limits.unnest, limits.unnest_recorded),
                Kind::Sqlite => ("SQLite", limits.sqlite, limits.sqlite_recorded),
            };
            report.accepts(name, (limit, recorded), accepts);
        }
        for (way, measured) in &results.end_to_end {
            report.end_to_end(*way, limits.unnest, measured, plan);
        }
        for (way, measured) in &results.growth {
            report.growth(*way, measured);
        }
        Ok(report)
    }

    fn accepts(&mut self, name: &str, (limit, recorded): (f64, f64), accepts: &Accepts) {
        let share = accepts.rate / limit;
        let of_recorded = percent(accepts.rate / recorded);
        self.target(
            format!("{name}: webhooks stored, 64 connections"),
            format!(
                "{}, {} of the limit, {of_recorded} of what is kept",
                rate(accepts.rate, ""),
                percent(share)
            ),
            ("60 % of the limit".to_owned(), share >= 0.6),
        );
        self.figure(format!("{name}: answer at that rate"), times(&accepts.full));
        let p99 = accepts.half.percentile(99.0);
        self.target(
            format!("{name}: answer at half of that rate"),
            times(&accepts.half),
            ("p99 < 50 ms".to_owned(), p99 < Duration::from_millis(50)),
        );
        self.cost(name, &accepts.cost, accepts.full.count() + accepts.half.count(), "webhooks");
        self.lines.push(Line::new(format!("webhook to answer, {name}"), accepts.half.clone()));
    }

    fn end_to_end(&mut self, way: Way, unnest: f64, measured: &EndToEnd, plan: &Plan) {
        let share = measured.rate / unnest;
        let (name, wanted, met) = match way {
            Way::Production => (
                "production",
                "4,000/s or 25 % of PostgreSQL’s limit".to_owned(),
                measured.rate >= 4_000.0 || share >= 0.25,
            ),
            Way::Embedded => ("embedded", "5,000/s".to_owned(), measured.rate >= 5_000.0),
        };
        let badges = grouped(float(plan.badges));
        let limit =
            if way == Way::Production { format!(", {} of the limit", percent(share)) } else { String::new() };
        self.target(
            format!("{name}: {badges} badges, webhook to mail"),
            format!("{}{limit}", rate(measured.rate, "")),
            (wanted, met),
        );
        self.figure(format!("{name}: webhooks taken meanwhile"), rate(measured.accepted, ""));
        let p99 = measured.half.percentile(99.0);
        self.target(
            format!("{name}: grade to mail at half of that rate"),
            times(&measured.half),
            ("p99 < 2 s".to_owned(), p99 < Duration::from_secs(2)),
        );
        self.figure(
            format!("{name}: awards = credentials = different mails"),
            format!(
                "{}; {} mails came twice",
                grouped(float(measured.badges)),
                grouped(float(measured.repeated))
            ),
        );
        for cost in &measured.costs {
            self.cost(name, cost, measured.badges, "badges");
        }
        let [empty, full] = measured.starts;
        let text = format!("{} empty, {} with these badges", show(empty), show(full));
        let what = format!("{name}: start of {}", measured.costs.first().map_or("it", |cost| &cost.name));
        match way {
            Way::Embedded => {
                self.target(what, text, ("< 1 s".to_owned(), empty.max(full) < Duration::from_secs(1)));
            }
            Way::Production => self.figure(what, text),
        }
        self.lines.push(Line::new(format!("grade to mail, {name}"), measured.half.clone()));
    }

    fn cost(&mut self, name: &str, cost: &Cost, number: u64, things: &str) {
        if let Some(cpu) = cost.cpu {
            let each = cpu.as_secs_f64() * 1_000_000.0 / float(number.max(1));
            let text = format!("{:.1} s, {each:.0} µs for each of the {things}", cpu.as_secs_f64());
            self.figure(format!("{name}: processor time of {}", cost.name), text);
        }
        if let Some(peak) = cost.peak {
            let text = format!("{:.0} MB", float(peak) / 1e6);
            self.target(
                format!("{name}: most memory of {}", cost.name),
                text,
                ("< 150 MB".to_owned(), peak < MEMORY),
            );
        }
    }

    fn figure(&mut self, what: impl Into<String>, measured: String) {
        self.rows.push(Row { what: what.into(), measured, target: None });
    }

    fn target(&mut self, what: String, measured: String, target: (String, bool)) {
        self.rows.push(Row { what, measured, target: Some(target) });
    }

    /// The table, aligned, and the histograms.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n\n{}", self.machine, self.table());
        if !self.rows.iter().all(|row| row.target.as_ref().is_none_or(|(_, met)| *met)) {
            text.push_str("not every target was met\n");
        }
        if !self.durable {
            text.push_str("and nothing of it counts: this database does not keep what it commits\n");
        }
        for line in &self.lines {
            let _ = write!(text, "\n{} ({})\n{}", line.name, times(&line.latencies), line.latencies.bars());
        }
        text
    }

    fn table(&self) -> String {
        let head = ["what", "measured", "target", ""].map(str::to_owned);
        let rows: Vec<[String; 4]> = std::iter::once(head)
            .chain(self.rows.iter().map(|row| {
                let (target, met) = row.target.clone().map_or_else(Default::default, |(target, met)| {
                    (target, if met { "met" } else { "missed" }.to_owned())
                });
                [row.what.clone(), row.measured.clone(), target, met]
            }))
            .collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3).max(3)];
        let mut text = String::new();
        for (number, row) in rows.iter().enumerate() {
            for (cell, width) in row.iter().zip(widths) {
                let _ = write!(text, "| {cell:<width$} ");
            }
            text.push_str("|\n");
            if number == 0 {
                for width in widths {
                    let _ = write!(text, "| {:-<width$} ", "");
                }
                text.push_str("|\n");
            }
        }
        text
    }

    /// Writes `performance.md` and `performance.svg` into a folder.
    pub(crate) fn write(&self, folder: &Path, command: &str) -> anyhow::Result<()> {
        let mut text = format!(
            "# Measured\n\nThis page and its plot are written by\n\n```console\n{command}\n```\n\nwhich measures the \
             limits of the machine first: compare shares, not figures. Here it ran on {}.\n\n{}\n\
             ![Times by percentile](performance.svg)\n",
            self.machine,
            self.table()
        );
        text.push_str(
            "\n## Histograms\n\nTimes at half of the full rate, counted from when a request was due.\n",
        );
        for line in &self.lines {
            let _ = write!(text, "\n```text\n{}\n{}```\n", line.name, line.latencies.bars());
        }
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("performance.md"), text).context("performance.md")?;
        std::fs::write(folder.join("performance.svg"), plot::draw(&self.lines)).context("performance.svg")
    }
}

/// Processor, cores and system, as Linux tells them.
fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{} × {}, {}", cores, model.unwrap_or("a processor"), std::env::consts::OS)
}

fn times(latencies: &Latencies) -> String {
    let at = |percent| show(latencies.percentile(percent));
    format!("p50 {}, p99 {}, p99.9 {}, longest {}", at(50.0), at(99.0), at(99.9), show(latencies.longest()))
}

fn rate(rate: f64, unit: &str) -> String {
    let space = if unit.is_empty() { "" } else { " " };
    format!("{}{space}{unit}/s", grouped(rate))
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// With a comma before each three digits.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
