//! What one machine holds: `cargo bench --bench whole`.
//!
//! Real processes of Accolade, a real PostgreSQL with fsync, a real RabbitMQ, SQLite, and a mail server
//! that takes everything, all on this machine. The limits of the machine are measured in the same run,
//! and what Accolade reaches is told as a share of them. Whatever is counted wrong in the end (a badge
//! too few or too many) makes the run fail; a target that is missed is only told.

mod load;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use load::{Amount, Part, Plan, Report, Results, Servers};

/// Measures what this machine holds.
#[derive(Debug, Parser)]
#[command(name = "cargo bench --bench whole --")]
struct Options {
    /// Badges to make, from the webhook to the mail.
    #[arg(long, default_value_t = 100_000, value_name = "NUMBER")]
    badges: u64,
    /// How long a measurement at a steady rate takes, in seconds.
    #[arg(long, default_value_t = 15, value_name = "NUMBER")]
    seconds: u64,
    /// Only these parts. `growth` and `growth-embedded` take some 25 GB of disk and half an hour each.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "accept,production,embedded",
        value_name = "PART,…"
    )]
    only: Vec<Part>,
    /// Awards that fill a database that is to be full.
    #[arg(long, default_value_t = 1_000_000, value_name = "NUMBER")]
    awards: u64,
    /// Deliveries that fill it.
    #[arg(long, default_value_t = 5_000_000, value_name = "NUMBER")]
    deliveries: u64,
    /// Webhooks that wait while nobody works on them; embedded a tenth.
    #[arg(long, default_value_t = 1_000_000, value_name = "NUMBER")]
    backlog: u64,
    /// A database of PostgreSQL to measure on; without it one is started, with fsync.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// A RabbitMQ to measure on; without it one is started.
    #[arg(long, value_name = "URL")]
    rabbitmq: Option<String>,
    /// Write the table and the plot into this folder, too: performance.md, performance.svg.
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let plan = Plan {
        program: env!("CARGO_BIN_EXE_accolade").into(),
        parts: options.only,
        badges: options.badges.max(1),
        time: Duration::from_secs(options.seconds.max(1)),
        amount: Amount { awards: options.awards.max(1), deliveries: options.deliveries.max(1) },
        backlog: options.backlog.max(1),
    };
    let servers = Servers::start(options.postgres, options.rabbitmq)?;
    let results = Results::measure(&plan, &servers).await?;
    let report = Report::of(&results, &plan, &servers).await?;
    println!("{}", report.text());
    if let Some(folder) = options.write {
        if !report.durable {
            eprintln!(
                "nothing is written: the database does not keep what it commits (fsync, synchronous_commit)"
            );
            return Ok(ExitCode::FAILURE);
        }
        report.write(&folder, "cargo bench --bench whole -- --write docs")?;
        println!("written: {}", folder.display());
    }
    Ok(ExitCode::SUCCESS)
}
