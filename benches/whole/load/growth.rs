//! GROWTH: whether a database that is full is as fast as an empty one, and how a backlog drains.
//!
//! On one installation: badges from webhook to mail while the database is empty; then it is filled
//! ([`Fill`]), and the same load comes again, at half of the *empty* rate where times are compared. Then
//! webhooks come while nobody works on them, and workers start. At the end everything is counted.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::Instant;

use super::end_to_end::{Way, counted, mailed, run};
use super::fill::{self, Fill};
use super::histogram::Latencies;
use super::installation::Installation;
use super::process::{Cost, Process};
use super::sender::Load;
use super::webhook::Webhooks;
use super::{Plan, Servers, per_second};

/// What was measured.
#[derive(Debug)]
pub(crate) struct Growth {
    pub(crate) empty: Phase,
    pub(crate) fill: Fill,
    pub(crate) filled: Phase,
    pub(crate) backlog: Backlog,
    /// Badges that were made, each counted as award, credential and mail.
    pub(crate) badges: u64,
    /// Mails that came twice.
    pub(crate) repeated: u64,
}

/// The same load on what there was.
#[derive(Debug)]
pub(crate) struct Phase {
    /// Badges a second.
    pub(crate) rate: f64,
    /// Grade to mail, at half of the rate on the empty database.
    pub(crate) half: Latencies,
    /// How long the first process took to start.
    pub(crate) start: Duration,
    pub(crate) costs: Vec<Cost>,
}

/// What had waited, and was worked off.
#[derive(Debug)]
pub(crate) struct Backlog {
    pub(crate) webhooks: u64,
    /// Badges a second, from the start of the first process that works on them.
    pub(crate) rate: f64,
    /// Messages that sweepers published meanwhile.
    pub(crate) swept: u64,
    /// How long that process took to start.
    pub(crate) start: Duration,
    pub(crate) costs: Vec<Cost>,
}

impl Growth {
    pub(crate) async fn measure(plan: &Plan, servers: &Servers, way: Way) -> anyhow::Result<Self> {
        let began = Instant::now();
        let say = |what: &str| eprintln!("  growth, {way:?}, {:.0} s: {what}", began.elapsed().as_secs_f64());
        let installation = Installation::new(&plan.program, servers, way.parts().0).await?;
        say(&format!("{} badges on an empty database", plan.badges));
        let (empty, mut badges) = Phase::measure(plan, &installation, way, 0, None).await?;
        say("filling it");
        let fill = Fill::run(&installation.database, plan.amount).await?;
        say(&format!("{} badges on the filled database", plan.badges));
        let (filled, more) = Phase::measure(plan, &installation, way, badges, Some(empty.rate / 2.0)).await?;
        badges += more;
        let waiting = match way {
            Way::Production => plan.backlog,
            // Who takes so many uses the other way.
            Way::Embedded => plan.backlog.div_ceil(10),
        };
        say(&format!("{waiting} webhooks come, and nobody works on them"));
        let backlog = match way {
            Way::Production => Backlog::of_ingest(waiting, &installation, badges).await?,
            Way::Embedded => Backlog::of_rows(waiting, &installation, badges).await?,
        };
        badges += waiting;
        say("counting");
        let repeated = counted(&installation, badges, fill.amount.awards).await?;
        installation.end().await?;
        say("done");
        Ok(Self { empty, fill, filled, backlog, badges, repeated })
    }
}

impl Phase {
    /// Measures, with learners from `first` on; how many badges were made, too.
    async fn measure(
        plan: &Plan,
        installation: &Installation,
        way: Way,
        first: u64,
        half_rate: Option<f64>,
    ) -> anyhow::Result<(Self, u64)> {
        let processes = start(installation, way.parts().1).await?;
        let (rate, half, sent) = run(plan, installation, &processes, first, half_rate).await?;
        let start = processes.first().map_or(Duration::ZERO, |process| process.started_in);
        let costs = stop(processes).await?;
        Ok((Self { rate, half, start, costs }, sent.iter().map(|sent| sent.accepted).sum()))
    }
}

impl Backlog {
    /// Ingest takes webhooks, and RabbitMQ keeps the messages; then workers start.
    async fn of_ingest(webhooks: u64, installation: &Installation, first: u64) -> anyhow::Result<Self> {
        let (_, roles) = Way::Production.parts();
        let (taking, working) = roles.split_first().context("a process that takes webhooks")?;
        let mut processes = vec![installation.start(taking).await?];
        let address = processes.first().context("it runs")?.address;
        let load = Load { first, count: webhooks, time: Duration::MAX, rate: None };
        let sent = load.send(address, &Arc::new(Webhooks::new()?)).await?;
        eprintln!("  they came at {:.0}/s; workers start", sent.rate());
        let began = Instant::now();
        processes.extend(start(installation, working).await?);
        Self::drain(webhooks, installation, processes, first, began).await
    }

    /// Rows wait, and the queue is as empty as the process that starts.
    async fn of_rows(webhooks: u64, installation: &Installation, first: u64) -> anyhow::Result<Self> {
        fill::have_waiting(&installation.database, first, webhooks).await?;
        eprintln!("  their rows wait; the process starts");
        let began = Instant::now();
        let processes = start(installation, Way::Embedded.parts().1).await?;
        Self::drain(webhooks, installation, processes, first, began).await
    }

    async fn drain(
        webhooks: u64,
        installation: &Installation,
        processes: Vec<Process>,
        first: u64,
        began: Instant,
    ) -> anyhow::Result<Self> {
        mailed(installation, &processes, first + webhooks).await?;
        let last = installation.sink.look(super::sink::Taken::last).unwrap_or(began);
        let rate = per_second(webhooks, last - began);
        let mut swept = 0;
        for process in &processes {
            swept += process.swept().await?;
        }
        let start = processes.last().map_or(Duration::ZERO, |process| process.started_in);
        Ok(Self { webhooks, rate, swept, start, costs: stop(processes).await? })
    }
}

async fn start(installation: &Installation, roles: &[&str]) -> anyhow::Result<Vec<Process>> {
    let mut processes = Vec::new();
    for roles in roles {
        processes.push(installation.start(roles).await?);
    }
    Ok(processes)
}

async fn stop(processes: Vec<Process>) -> anyhow::Result<Vec<Cost>> {
    let mut costs = Vec::new();
    for process in processes {
        costs.push(process.stop().await?);
    }
    Ok(costs)
}
