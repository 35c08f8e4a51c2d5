//! `accolade reconcile`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::named;
use crate::catalogs::{Catalogs, Published};
use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::lms::{Client, Limits};
use crate::store::{Counts, CourseState, Run, RunCourse, Store};
use crate::telemetry::Metrics;
use crate::worker::{AWARDS, Order, Reconciler, Refusal, Share, Source};

/// What to reconcile.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Reconcile {
    #[command(subcommand)]
    command: Option<Report>,
    /// Only this source.
    #[arg(long)]
    source: Option<String>,
    /// Only this course, by a name that a badge uses, or its id.
    #[arg(long)]
    course: Option<String>,
    /// Read every course whole, whatever was read before, and confirm differences again that led
    /// to nothing.
    #[arg(long)]
    full: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Report {
    /// Compare all awards with all confirmed results, by the badges in use: who earned a badge and
    /// does not hold it, who holds one without a basis. This is done each night, too.
    Awards {
        /// Print the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what the last runs found.
    Report {
        /// Only of this source.
        #[arg(long)]
        source: Option<String>,
        /// How many runs, newest first; times are UTC.
        #[arg(long, default_value_t = 10, value_parser = named::count)]
        last: u32,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: &Reconcile, settings: Settings) -> anyhow::Result<ExitCode> {
    crate::secrets::install_tls();
    let store = super::opened(&settings, 2).await?;
    if let Some(Report::Awards { json }) = &command.command {
        return awards(&reconciler(&settings, store).await?, *json).await;
    }
    if let Some(Report::Report { source, last, json }) = &command.command {
        let runs = store.runs(source.as_deref(), *last).await?;
        if let Some(name) = source
            && runs.is_empty()
            && !settings.sources.contains_key(name)
        {
            bail!("--source: {}", named::no_source(name, &settings));
        }
        if *json {
            print(&runs)?;
        } else if runs.is_empty() {
            println!("nothing was reconciled yet");
        } else {
            show(&runs);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let reconciler = reconciler(&settings, store).await?;
    let sources: Vec<String> = match &command.source {
        Some(name) if !settings.sources.contains_key(name) => {
            bail!("--source: {}", named::no_source(name, &settings))
        }
        Some(name) => vec![name.clone()],
        None => settings.sources.keys().cloned().collect(),
    };
    let stop = CancellationToken::new();
    super::stop_on_signal(&stop)?;
    let order = Order { course: command.course.clone(), whole: command.full };
    let (mut runs, mut ill) = (Vec::new(), false);
    for source in sources {
        let progress = |course: &RunCourse| eprintln!("{source}  {}", line(course));
        match reconciler.order(&source, &order, &progress, &stop).await {
            Ok(run) => {
                ill |= run.courses.iter().any(|course| course.state != CourseState::Done);
                runs.push(run);
            }
            // Of all sources, those that have nothing to read are no fault.
            Err(Refusal::Nothing(_)) if command.source.is_none() => {}
            Err(error @ Refusal::Interrupted) => bail!("{source}: {error}"),
            Err(error) => {
                eprintln!("{source}: {error}");
                ill = true;
            }
        }
    }
    if runs.is_empty() && !ill {
        match &command.course {
            Some(course) => bail!("no badge names a course “{course}” of any source"),
            None => println!("no badge names a course that could be read"),
        }
    }
    if command.json {
        print(&runs)?;
    } else {
        show(&runs);
        let found: u32 = runs.iter().map(|run| told(&run.counts())).sum();
        if found > 0 {
            println!(
                "what differs is confirmed and judged like a webhook: at once where `accolade serve` runs, else when it starts"
            );
        }
    }
    Ok(if ill { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Compares the awards; a failure where they and the results disagree.
async fn awards(reconciler: &Reconciler, json: bool) -> anyhow::Result<ExitCode> {
    let stop = CancellationToken::new();
    super::stop_on_signal(&stop)?;
    let run = reconciler.awards(&stop).await?;
    if json {
        print(std::slice::from_ref(&run))?;
    } else {
        print!("{}", table(&run));
    }
    let Counts { missing, stale, duplicates, .. } = run.counts();
    Ok(if missing + stale + duplicates == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One that works on the configured sources, outside a service.
async fn reconciler(settings: &Settings, store: Store) -> anyhow::Result<Reconciler> {
    let catalog = Published::new(&store, settings.known()).in_use(&settings.badges).await?;
    let http = Client::http().context("TLS cannot be set up")?;
    let metrics = Arc::new(Metrics::new());
    let sources = config::sources(settings)?.into_iter().map(|(name, connector)| {
        let (limits, clock) = (Limits::of(&settings.worker), Clock::system());
        let client = Client::new(&name, http.clone(), limits, clock, Arc::clone(&metrics));
        (name, Source { connector: Arc::from(connector), client, share: Share::new(1) })
    });
    Ok(Reconciler {
        store,
        sources: Arc::new(sources.collect()),
        catalogs: Catalogs::new(catalog),
        schedules: Arc::new(BTreeMap::new()),
        awards: None,
        clock: Clock::system(),
        metrics,
        every: std::time::Duration::from_secs(1),
    })
}

/// Differences that were not told before.
fn told(counts: &Counts) -> u32 {
    (counts.missing + counts.stale + counts.withdrawn).saturating_sub(counts.duplicates)
}

/// A course of a run in a line.
fn line(course: &RunCourse) -> String {
    let Counts { checked, missing, stale, withdrawn, unchanged, duplicates } = course.counts;
    row(course, &[checked, missing, stale, withdrawn, unchanged, duplicates], &COURSE_COLUMNS)
}

/// A badge of a run over the awards in a line.
fn badge_line(badge: &RunCourse) -> String {
    let Counts { checked, missing, stale, unchanged, duplicates, .. } = badge.counts;
    row(badge, &[checked, missing, stale, unchanged, duplicates], &BADGE_COLUMNS)
}

const COURSE_COLUMNS: [&str; 6] = ["checked", "missing", "stale", "withdrawn", "unchanged", "duplicates"];
const BADGE_COLUMNS: [&str; 5] = ["checked", "missing", "baseless", "agreeing", "twice"];

/// How wide a column is: titles may be short, numbers are not.
fn width(column: &str) -> usize {
    column.len().max(7)
}

/// Each number under its title.
fn row(course: &RunCourse, counts: &[u32], columns: &[&str]) -> String {
    let mut text = format!("{:<24} {:<7}", course.name, course.state.as_str());
    for (count, column) in counts.iter().zip(columns) {
        // Writing into a String cannot fail.
        let _ = write!(text, " {count:>width$}", width = width(column));
    }
    if !course.reason.is_empty() {
        let _ = write!(text, "  {}", course.reason);
    }
    text
}

/// A run as a table.
fn table(run: &Run) -> String {
    let at = |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%d %H:%M:%S");
    let end = match run.finished_at {
        Some(time) => format!("ended {}", at(time)),
        None => format!("goes on, not before {}", at(run.retry_at)),
    };
    let of_awards = run.source == AWARDS;
    let whole = if run.whole && !of_awards { ", everything anew" } else { "" };
    let source = if of_awards { "awards" } else { &run.source };
    let mut text = format!("{source}  began {}, {end} ({}{whole})\n", at(run.started_at), run.why);
    let (what, columns): (_, &[&str]) =
        if of_awards { ("badge", &BADGE_COLUMNS) } else { ("course", &COURSE_COLUMNS) };
    let _ = write!(text, "  {what:<24} {:<7}", "state");
    for column in columns {
        let _ = write!(text, " {column:>width$}", width = width(column));
    }
    text.push('\n');
    for course in &run.courses {
        let _ = writeln!(text, "  {}", if of_awards { badge_line(course) } else { line(course) });
        if let Some(delivery) = course.delivery {
            let _ = writeln!(text, "    what came of it: accolade deliveries {delivery}");
        }
    }
    text
}

fn show(runs: &[Run]) {
    for run in runs {
        print!("{}", table(run));
    }
}

fn print(runs: &[Run]) -> anyhow::Result<()> {
    let runs: Vec<Value> = runs.iter().map(document).collect();
    println!("{}", serde_json::to_string_pretty(&runs)?);
    Ok(())
}

fn document(run: &Run) -> Value {
    let of_awards = run.source == AWARDS;
    let counts = |counts: &Counts| {
        if of_awards {
            return json!({
                "checked": counts.checked, "missing": counts.missing, "baseless": counts.stale,
                "agreeing": counts.unchanged, "twice": counts.duplicates,
            });
        }
        json!({
            "checked": counts.checked, "missing": counts.missing, "stale": counts.stale,
            "withdrawn": counts.withdrawn, "unchanged": counts.unchanged, "duplicates": counts.duplicates,
        })
    };
    let courses: Vec<Value> = run
        .courses
        .iter()
        .map(|course| {
            json!({
                (if of_awards { "badge" } else { "course" }): course.name, "state": course.state.as_str(), "reason": course.reason,
                "delivery": course.delivery, "found": counts(&course.counts),
            })
        })
        .collect();
    json!({
        "id": run.id, "source": (!of_awards).then_some(&run.source), "why": run.why, "full": run.whole,
        "started_at": run.started_at, "finished_at": run.finished_at, "found": counts(&run.counts()),
        (if of_awards { "badges" } else { "courses" }): courses,
    })
}
