//! Retention: what has been kept for long enough goes.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::{Expired, Forgotten, Store, StoreError};
use crate::telemetry::Metrics;

/// Rows of one kind in one transaction: it holds up no webhook.
const GROUP: u32 = 200;
/// Groups in one round.
const GROUPS: usize = 50;

/// Removes what is not kept any more. Any number may run; rows are taken by one at a time.
#[derive(Debug)]
pub struct Retention {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// How many days what an LMS sent is kept.
    pub delivery_days: u32,
    /// How many days the answers of mail servers are kept.
    pub mail_days: u32,
    /// Time between two rounds.
    pub every: Duration,
}

impl Retention {
    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            match self.round(&stop).await {
                Ok(forgotten) if forgotten != Forgotten::default() => {
                    let Forgotten { bodies, signals, mails, wallets } = forgotten;
                    tracing::info!(bodies, signals, mails, wallets, "not kept any longer ([retention])");
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "what is too old is still kept"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.every) => {}
            }
        }
    }

    async fn round(&self, stop: &CancellationToken) -> Result<Forgotten, StoreError> {
        let mut all = Forgotten::default();
        for _ in 0..GROUPS {
            let now = self.clock.now();
            let expired =
                Expired { deliveries: before(now, self.delivery_days), mails: before(now, self.mail_days) };
            let some = self.store.forget_expired(expired, GROUP, now).await?;
            for (kind, count) in some.kinds() {
                self.metrics.forgotten(kind, count);
            }
            all = Forgotten {
                bodies: all.bodies + some.bodies,
                signals: all.signals + some.signals,
                mails: all.mails + some.mails,
                wallets: all.wallets + some.wallets,
            };
            let more = some.kinds().iter().any(|(_, count)| *count >= u64::from(GROUP));
            if !more || stop.is_cancelled() {
                break;
            }
        }
        Ok(all)
    }
}

fn before(now: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    now.checked_sub_signed(TimeDelta::days(days.into())).unwrap_or(DateTime::<Utc>::MIN_UTC)
}
