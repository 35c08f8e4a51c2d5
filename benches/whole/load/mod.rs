//! Load on whole installations, measured against what the machine can do.

mod accept;
mod broker;
mod client;
mod database;
mod end_to_end;
mod fill;
mod growth;
mod histogram;
mod installation;
mod limits;
mod plot;
mod process;
mod recorded;
mod report;
mod sender;
mod servers;
mod sink;
mod webhook;

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use self::accept::Accepts;
use self::database::Kind;
use self::end_to_end::{EndToEnd, Way};
use self::growth::Growth;
use self::limits::Limits;

pub(crate) use self::fill::Amount;
pub(crate) use self::report::Report;
pub(crate) use self::servers::Servers;

/// What to measure; the limits of the machine always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Webhooks, on PostgreSQL and on SQLite.
    Accept,
    /// Webhook to mail with PostgreSQL, RabbitMQ and SMTP.
    Production,
    /// Webhook to mail with SQLite, the queue in the process, and SMTP.
    Embedded,
    /// Production with an empty database, with a full one, and with a backlog.
    Growth,
    /// Embedded likewise.
    GrowthEmbedded,
}

/// What to measure, and how long.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The program of Accolade.
    pub(crate) program: PathBuf,
    /// The parts, in their order.
    pub(crate) parts: Vec<Part>,
    /// Badges of an end-to-end measurement.
    pub(crate) badges: u64,
    /// How long a measurement at a rate takes; the limits take a third of it each.
    pub(crate) time: Duration,
    /// What fills a database that is to be full.
    pub(crate) amount: Amount,
    /// Webhooks of a backlog.
    pub(crate) backlog: u64,
}

/// What was measured.
#[derive(Debug)]
pub(crate) struct Results {
    limits: Limits,
    accept: Vec<(Kind, Accepts)>,
    end_to_end: Vec<(Way, EndToEnd)>,
    growth: Vec<(Way, Growth)>,
}

impl Results {
    /// Measures what the plan says, and says so.
    pub(crate) async fn measure(plan: &Plan, servers: &Servers) -> anyhow::Result<Self> {
        accolade::secrets::install_tls();
        eprintln!("measuring: the limits of this machine");
        let limits = Limits::measure(servers, plan.time / 3).await?;
        let mut results = Self { limits, accept: Vec::new(), end_to_end: Vec::new(), growth: Vec::new() };
        for part in &plan.parts {
            match part {
                Part::Accept => {
                    for kind in [Kind::Postgres, Kind::Sqlite] {
                        eprintln!("measuring: webhooks to {kind:?}");
                        results.accept.push((kind, Accepts::measure(plan, servers, kind).await?));
                    }
                }
                Part::Production => results.add(plan, servers, Way::Production).await?,
                Part::Embedded => results.add(plan, servers, Way::Embedded).await?,
                Part::Growth => results.grow(plan, servers, Way::Production).await?,
                Part::GrowthEmbedded => results.grow(plan, servers, Way::Embedded).await?,
            }
        }
        Ok(results)
    }

    async fn add(&mut self, plan: &Plan, servers: &Servers, way: Way) -> anyhow::Result<()> {
        eprintln!("measuring: {} badges end to end, {way:?}", plan.badges);
        self.end_to_end.push((way, EndToEnd::measure(plan, servers, way).await?));
        Ok(())
    }

    async fn grow(&mut self, plan: &Plan, servers: &Servers, way: Way) -> anyhow::Result<()> {
        let Amount { awards, deliveries } = plan.amount;
        eprintln!("measuring: beside {awards} awards and {deliveries} deliveries, {way:?}");
        self.growth.push((way, Growth::measure(plan, servers, way).await?));
        Ok(())
    }
}

/// So many in that time, a second.
fn per_second(number: u64, time: Duration) -> f64 {
    float(number) / time.as_secs_f64().max(f64::EPSILON)
}

/// Exact up to 2^53, which nothing counted here reaches.
#[allow(clippy::cast_precision_loss, reason = "see above")]
fn float(number: u64) -> f64 {
    number as f64
}

/// A number that is neither negative nor large, rounded down.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
fn whole(number: f64) -> u64 {
    number as u64
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
