//! Sends webhooks: as fast as they are taken (closed loop), or at a rate, whatever the answers take
//! (open loop).
//!
//! At a rate the time of each request counts from when it was due, not from when a connection was
//! free to send it. So a server that stands still is seen by every request that it kept waiting, and
//! not by one for each connection (coordinated omission).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::client::Client;
use super::histogram::Latencies;
use super::webhook::Webhooks;

/// Connections that send at the same time.
pub(crate) const CONNECTIONS: usize = 64;
/// How long a sender waits that was asked to come again (503).
const AGAIN: Duration = Duration::from_millis(100);

/// What to send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// The first learner; each event is about the next one.
    pub(crate) first: u64,
    /// So many events at most.
    pub(crate) count: u64,
    /// For so long at most.
    pub(crate) time: Duration,
    /// Events a second; without it as fast as they are taken.
    pub(crate) rate: Option<f64>,
}

/// What was sent.
#[derive(Debug)]
pub(crate) struct Sent {
    /// When it began.
    pub(crate) began: Instant,
    /// Events that were answered 200.
    pub(crate) accepted: u64,
    /// Answers 503; each was sent again.
    pub(crate) put_off: u64,
    /// From the first request to the last answer.
    pub(crate) time: Duration,
    /// From when a request was due to its answer 200.
    pub(crate) latencies: Latencies,
}

impl Sent {
    /// Events a second.
    pub(crate) fn rate(&self) -> f64 {
        super::per_second(self.accepted, self.time)
    }
}

impl Load {
    /// When the event about a learner was due.
    pub(crate) fn due(&self, began: Instant, learner: u64) -> Option<Instant> {
        let number = learner.checked_sub(self.first)?;
        Some(began + Duration::from_secs_f64(super::float(number) / self.rate?))
    }

    /// Sends it all.
    pub(crate) async fn send(self, address: SocketAddr, webhooks: &Arc<Webhooks>) -> anyhow::Result<Sent> {
        let (next, began) = (Arc::new(AtomicU64::new(self.first)), Instant::now());
        let mut senders = JoinSet::new();
        for _ in 0..CONNECTIONS {
            senders.spawn(self.connection(address, Arc::clone(webhooks), Arc::clone(&next), began));
        }
        let mut sent =
            Sent { began, accepted: 0, put_off: 0, time: Duration::ZERO, latencies: Latencies::new()? };
        while let Some(one) = senders.join_next().await {
            let (latencies, put_off) = one.context("a sender ended")??;
            sent.latencies.add(&latencies)?;
            sent.put_off += put_off;
        }
        sent.time = began.elapsed();
        sent.accepted = sent.latencies.count();
        Ok(sent)
    }

    /// What one connection does.
    async fn connection(
        self,
        address: SocketAddr,
        webhooks: Arc<Webhooks>,
        next: Arc<AtomicU64>,
        began: Instant,
    ) -> anyhow::Result<(Latencies, u64)> {
        let mut client = Client::connect(address).await.context("no connection to Accolade")?;
        let (mut latencies, mut put_off) = (Latencies::new()?, 0);
        loop {
            let learner = next.fetch_add(1, Ordering::Relaxed);
            let due = self.due(began, learner).unwrap_or_else(Instant::now);
            if learner >= self.first + self.count || due.duration_since(began) > self.time {
                return Ok((latencies, put_off));
            }
            sleep_until(due).await;
            loop {
                match client.send(&webhooks.request(learner)).await.context("an answer of Accolade")? {
                    200 => break,
                    503 => {
                        put_off += 1;
                        sleep(AGAIN).await;
                    }
                    other => bail!("a webhook was answered {other}"),
                }
            }
            latencies.record(due.elapsed());
        }
    }
}
