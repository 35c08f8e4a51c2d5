//! END TO END: from the webhook to the mail in the hands of the mail server.
//!
//! 64 connections tell of so many passes as fast as they are taken; the rate is that of the badges,
//! from the first webhook to the last mail. Then at half of that rate, from when a webhook is due to
//! its mail. At the end everything is counted.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{bail, ensure};
use tokio::time::{Instant, sleep};

use super::database::Kind;
use super::histogram::Latencies;
use super::installation::{Installation, Parts};
use super::process::{Cost, Process};
use super::sender::{Load, Sent};
use super::webhook::Webhooks;
use super::{Plan, Servers, per_second, whole};

/// How long nothing may happen before the rest counts as lost.
const STALL: Duration = Duration::from_mins(2);

/// The two ways to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// PostgreSQL, RabbitMQ, a process for each part as in `config/compose.yaml`.
    Production,
    /// SQLite and the queue in the one process.
    Embedded,
}

/// What was measured.
#[derive(Debug)]
pub(crate) struct EndToEnd {
    /// Badges a second, from the first webhook to the last mail.
    pub(crate) rate: f64,
    /// Webhooks a second meanwhile.
    pub(crate) accepted: f64,
    /// Grade to mail at half of the rate.
    pub(crate) half: Latencies,
    /// Badges in all, each counted as award, credential and mail.
    pub(crate) badges: u64,
    /// Mails that came twice.
    pub(crate) repeated: u64,
    /// What each process has cost.
    pub(crate) costs: Vec<Cost>,
    /// How long the first process took to start: on an empty database, and on what there is at the end.
    pub(crate) starts: [Duration; 2],
}

impl Way {
    /// What it is made of, and the roles of its processes; the first takes webhooks.
    pub(crate) fn parts(self) -> (Parts, &'static [&'static str]) {
        match self {
            Self::Production => {
                (Parts { database: Kind::Postgres, broker: true }, &["ingest,web", "worker", "mailer"])
            }
            Self::Embedded => (Parts { database: Kind::Sqlite, broker: false }, &[""]),
        }
    }
}

impl EndToEnd {
    pub(crate) async fn measure(plan: &Plan, servers: &Servers, way: Way) -> anyhow::Result<Self> {
        let (parts, roles) = way.parts();
        let installation = Installation::new(&plan.program, servers, parts).await?;
        let mut processes = Vec::new();
        for roles in roles {
            processes.push(installation.start(roles).await?);
        }
        let (rate, half, sent) = run(plan, &installation, &processes, 0, None).await?;
        let first_start = processes.first().map_or(Duration::ZERO, |process| process.started_in);
        let mut costs = Vec::new();
        for process in processes {
            costs.push(process.stop().await?);
        }
        let badges = sent.first().map_or(0, |sent| sent.accepted) + half.count();
        let repeated = counted(&installation, badges, 0).await?;
        let again = installation.start(roles.first().copied().unwrap_or_default()).await?;
        let starts = [first_start, again.started_in];
        again.stop().await?;
        installation.end().await?;
        let accepted = sent.first().map_or(0.0, Sent::rate);
        Ok(Self { rate, accepted, half, badges, repeated, costs, starts })
    }
}

/// Both loads, about learners from `first` on; the rate, the times from grade to mail at that half rate (that
/// of this rate without one), and what was sent.
pub(crate) async fn run(
    plan: &Plan,
    installation: &Installation,
    processes: &[Process],
    first: u64,
    half_rate: Option<f64>,
) -> anyhow::Result<(f64, Latencies, Vec<Sent>)> {
    let Some(address) = processes.first().map(|process| process.address) else {
        bail!("no process takes webhooks")
    };
    let webhooks = Arc::new(Webhooks::new()?);
    let load = Load { first, count: plan.badges, time: Duration::MAX, rate: None };
    let full = load.send(address, &webhooks).await?;
    mailed(installation, processes, first + plan.badges).await?;
    let last = installation.sink.look(super::sink::Taken::last).unwrap_or(full.began);
    let rate = per_second(plan.badges, last - full.began);
    // As long as the other measurements, and no more badges than before.
    let half_rate = half_rate.unwrap_or(rate / 2.0);
    let count = plan.badges.min(whole(half_rate * plan.time.as_secs_f64()).max(1));
    let load = Load { first: first + plan.badges, count, time: Duration::MAX, rate: Some(half_rate) };
    let half = load.send(address, &webhooks).await?;
    mailed(installation, processes, first + plan.badges + count).await?;
    let mut latencies = Latencies::new()?;
    installation.sink.look(|taken| {
        for (learner, at) in taken.arrivals() {
            if let Some(due) = load.due(half.began, learner) {
                latencies.record(at.saturating_duration_since(due));
            }
        }
    });
    Ok((rate, latencies, vec![full, half]))
}

/// Waits until so many learners have their mail.
pub(crate) async fn mailed(
    installation: &Installation,
    processes: &[Process],
    wanted: u64,
) -> anyhow::Result<()> {
    let (mut before, mut since) = (0, Instant::now());
    loop {
        let now = installation.sink.look(|taken| taken.learners);
        if now >= wanted {
            return Ok(());
        }
        if now > before {
            (before, since) = (now, Instant::now());
        }
        if since.elapsed() > STALL {
            let logs: Vec<String> = processes.iter().map(Process::last_words).collect();
            bail!("{now} of {wanted} mails came, and no more:\n{}", logs.join("\n"));
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// What there is at the end, counted past the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counts {
    awards: u64,
    credentials: u64,
    mails: u64,
    /// Mails with different Message-IDs.
    distinct: u64,
}

impl Counts {
    /// That awards, credentials and mails are as many as there should be, beside so many that were filled
    /// in; how many mails came twice.
    fn repeated(self, badges: u64, filled: u64) -> anyhow::Result<u64> {
        let Self { awards, credentials, mails, distinct } = self;
        ensure!(
            [awards, credentials, distinct] == [badges + filled, badges + filled, badges],
            "{badges} passes were told, {filled} filled in; there are {awards} awards, {credentials} credentials \
             and {distinct} different mails"
        );
        Ok(mails - distinct)
    }
}

/// Counts at the end; how many mails came twice. Wrong where a badge is missing or one too many.
pub(crate) async fn counted(installation: &Installation, badges: u64, filled: u64) -> anyhow::Result<u64> {
    let rows = async |table| installation.database.number(&format!("SELECT count(*) FROM {table}")).await;
    let (awards, credentials) = (rows("awards").await?, rows("credentials").await?);
    let (mails, distinct) = installation.sink.look(|taken| (taken.mails, taken.distinct()));
    Counts { awards, credentials, mails, distinct }.repeated(badges, filled)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_badge_that_is_missing_or_one_too_many_is_noticed() {
        // Here, for the bench itself is built without its tests.
        use super::Counts;

        let right = Counts { awards: 70, credentials: 70, mails: 13, distinct: 10 };
        assert_eq!(right.repeated(10, 60).ok(), Some(3));
        for wrong in [
            Counts { awards: 69, ..right },
            Counts { awards: 71, ..right },
            Counts { credentials: 69, ..right },
            Counts { credentials: 71, ..right },
            Counts { distinct: 9, ..right },
            Counts { distinct: 11, ..right },
        ] {
            assert!(wrong.repeated(10, 60).is_err(), "{wrong:?}");
        }
        assert!(right.repeated(11, 59).is_err(), "a mail too few");
    }
}
