//! Events that could not be evaluated: tried again later, or parked.

use std::time::Duration;

use chrono::TimeDelta;

use super::{Awarder, Failure};
use crate::queue::Delivery;
use crate::store::StoreError;
use crate::worker::outage::{GivenBack, Hold};
use crate::worker::retry::{EARLY, OVERDUE, backoff, unstored};

/// How often one event may fail before it is parked.
pub(super) const ATTEMPTS: u32 = 6;
/// When an event is tried again that waits for one of several issuers: as long as a retry queue of the
/// broker keeps it, so that its row says when its message comes.
const AWAY: TimeDelta = TimeDelta::minutes(1);

impl Awarder {
    /// Puts off an event that could not be evaluated.
    pub(super) async fn put_off(
        &self,
        delivery: Delivery,
        failure: Option<&Failure>,
        hold: &mut Hold<'_>,
    ) -> Result<(), GivenBack> {
        match failure {
            Some(Failure::Away(why)) => self.wait(delivery, why, hold).await,
            Some(Failure::Wrong(why)) => self.postpone(delivery, why, hold).await,
            None => self.postpone(delivery, "", hold).await,
        }
    }

    /// Has an event tried again that waits for its issuer. The sweeper shall know of it: taking its message
    /// for lost it would add a copy again and again, and all of them would circle. Those that there are end
    /// here.
    async fn wait(&self, delivery: Delivery, why: &str, hold: &mut Hold<'_>) -> Result<(), GivenBack> {
        let events = [delivery.id];
        let now = self.clock.now();
        let back = (now + AWAY, now + AWAY + OVERDUE);
        match hold.until(|| self.store.put_off_events(&events, why, now + EARLY, back)).await {
            Ok(put_off) if put_off.is_empty() => {
                delivery.ack();
                return Ok(());
            }
            Ok(_) => tracing::warn!(event = %delivery.id, why, "an event waits for its issuer"),
            Err(StoreError::Unavailable(_)) => return Err(GivenBack),
            Err(error) => {
                tracing::warn!(event = %delivery.id, %error, "the sweeper may add a copy of what waits for its issuer");
            }
        }
        delivery.retry(AWAY.to_std().unwrap_or_default()).await;
        Ok(())
    }

    /// Gives an event up, for people to look at.
    pub(super) async fn park(
        &self,
        delivery: Delivery,
        reason: &str,
        hold: &mut Hold<'_>,
    ) -> Result<(), GivenBack> {
        tracing::error!(event = %delivery.id, reason, "an event is parked");
        match hold.until(|| self.store.postpone_event(delivery.id, None, reason)).await {
            Ok(()) => delivery.ack(),
            Err(StoreError::Unavailable(_)) => return Err(GivenBack),
            Err(error) => delivery.retry(unstored(&error)).await,
        }
        Ok(())
    }

    pub(super) async fn postpone(
        &self,
        delivery: Delivery,
        error: &str,
        hold: &mut Hold<'_>,
    ) -> Result<(), GivenBack> {
        let ids = [delivery.id];
        let attempts = match hold.until(|| self.store.candidates(&ids)).await {
            Ok(candidates) => candidates.first().map_or(0, |candidate| candidate.attempts),
            Err(StoreError::Unavailable(_)) => return Err(GivenBack),
            Err(error @ StoreError::Conflict) => {
                delivery.retry(unstored(&error)).await;
                return Ok(());
            }
            // Its facts cannot be read, now or later: parked, or it would come back for ever.
            Err(_) => ATTEMPTS,
        };
        let wait = backoff(Duration::from_secs(5), Duration::from_mins(10), attempts);
        let until = (attempts + 1 < ATTEMPTS)
            .then(|| self.clock.now() + TimeDelta::from_std(wait).unwrap_or_default());
        tracing::error!(event = %delivery.id, error, parked = until.is_none(), "an event was not evaluated");
        match hold.until(|| self.store.postpone_event(delivery.id, until, error)).await {
            Ok(()) if until.is_some() => delivery.retry(wait).await,
            Ok(()) => delivery.ack(),
            Err(StoreError::Unavailable(_)) => return Err(GivenBack),
            Err(error) => delivery.retry(unstored(&error)).await,
        }
        Ok(())
    }
}
