//! Events that may end the process: those that were in work when one ended are judged alone.

use uuid::Uuid;

use super::Awarder;
use crate::queue::Delivery;
use crate::store::StoreError;
use crate::worker::outage::{GivenBack, Hold};
use crate::worker::retry::unstored;
use crate::worker::trial::part;

impl Awarder {
    /// Works on a batch, and afterwards on each of its events alone that may end the process.
    pub(super) async fn take(&self, deliveries: Vec<Delivery>, hold: &mut Hold<'_>) -> Result<(), GivenBack> {
        let again = deliveries.iter().filter(|delivery| self.trials.comes_again(delivery));
        let again: Vec<Uuid> = again.map(|delivery| delivery.id).collect();
        if again.is_empty() {
            return self.batch(deliveries, hold).await;
        }
        let suspects = self.trials.suspects(&self.store, &again, &self.clock, hold).await?;
        let (together, alone) = part(deliveries, |delivery| delivery.id, &suspects);
        if !together.is_empty() {
            let ids: Vec<Uuid> = together.iter().map(|delivery| delivery.id).collect();
            let worked = self.batch(together, hold).await;
            self.trials.end(&self.store, &ids).await;
            worked?;
        }
        for delivery in alone {
            self.on_trial(delivery, hold).await?;
        }
        Ok(())
    }

    async fn on_trial(&self, delivery: Delivery, hold: &mut Hold<'_>) -> Result<(), GivenBack> {
        let id = delivery.id;
        let begun = hold.until(|| self.trials.begin(&self.store, id, self.clock.now())).await;
        let worked = match begun {
            Ok(None) => self.alone(delivery, hold).await,
            Ok(Some(reason)) => self.park(delivery, &reason, hold).await,
            Err(StoreError::Unavailable(_)) => return Err(GivenBack),
            Err(error) => {
                delivery.retry(unstored(&error)).await;
                return Ok(());
            }
        };
        self.trials.end(&self.store, &[id]).await;
        worked
    }
}
