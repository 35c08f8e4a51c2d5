//! ACCEPT: how many webhooks a second are stored for good, and how long their senders wait.
//!
//! One process with the role `ingest` and nothing else of Accolade: it authenticates, commits, answers,
//! and publishes to RabbitMQ. 64 connections send; first as fast as they are answered, then at half of
//! that rate.

use std::sync::Arc;

use anyhow::ensure;

use super::histogram::Latencies;
use super::installation::{Installation, Parts};
use super::process::Cost;
use super::sender::Load;
use super::webhook::Webhooks;
use super::{Plan, Servers, database::Kind};

/// What was measured.
#[derive(Debug)]
pub(crate) struct Accepts {
    /// Webhooks a second, as fast as they are answered.
    pub(crate) rate: f64,
    /// Answers at that rate.
    pub(crate) full: Latencies,
    /// Answers at half of it.
    pub(crate) half: Latencies,
    /// What the process has cost.
    pub(crate) cost: Cost,
}

impl Accepts {
    pub(crate) async fn measure(plan: &Plan, servers: &Servers, database: Kind) -> anyhow::Result<Self> {
        let parts = Parts { database, broker: true };
        let installation = Installation::new(&plan.program, servers, parts).await?;
        let process = installation.start("ingest").await?;
        let webhooks = Arc::new(Webhooks::new()?);
        let load = Load { first: 0, count: u64::MAX >> 1, time: plan.time, rate: None };
        let full = load.send(process.address, &webhooks).await?;
        let half = Load { first: load.first + 1_000_000_000, rate: Some(full.rate() / 2.0), ..load };
        let half = half.send(process.address, &webhooks).await?;
        let cost = process.stop().await?;
        let stored = installation.database.number("SELECT count(*) FROM deliveries").await?;
        let accepted = full.accepted + half.accepted;
        ensure!(stored == accepted, "{accepted} webhooks were answered 200, and {stored} are stored");
        installation.end().await?;
        Ok(Self { rate: full.rate(), full: full.latencies, half: half.latencies, cost })
    }
}
