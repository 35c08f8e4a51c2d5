//! Signals that may end the process: those that were in work when one ended are asked about alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::Confirmer;
use super::storing::answer;
use crate::queue::Delivery;
use crate::store::{StoreError, StoredSignal};
use crate::worker::outage::{GivenBack, Patience};
use crate::worker::retry::unstored;
use crate::worker::trial::part;
use crate::worker::verdict::parked;

/// How long the signals of a source are worked on one after the other; the others come back. RabbitMQ
/// takes back what is not answered within 30 minutes.
const ALTOGETHER: Duration = Duration::from_mins(1);
/// When they come back.
const SOON: Duration = Duration::from_secs(5);

/// The batch of a signal. What confirms itself shares no call: of any batch, it is stored together.
pub(super) fn batch_of(row: &StoredSignal) -> Option<&str> {
    row.signal.outcome.is_none().then_some(row.signal.batch.as_str())
}

impl Confirmer {
    /// Takes those out that may end the process, and works on each alone, apart for each source: one
    /// that is slow holds nobody else up. The answer is the rest.
    pub(super) async fn apart(
        &self,
        ready: Vec<(Delivery, StoredSignal)>,
        patience: &Patience,
        groups: &mut JoinSet<()>,
    ) -> Result<Vec<(Delivery, StoredSignal)>, GivenBack> {
        let again = ready.iter().filter(|(delivery, _)| self.trials.comes_again(delivery));
        let again: Vec<Uuid> = again.map(|(delivery, _)| delivery.id).collect();
        if again.is_empty() {
            return Ok(ready);
        }
        let hold = &mut patience.hold();
        let suspects = self.trials.suspects(&self.store, &again, &self.clock, hold).await?;
        let (together, alone) = part(ready, |(delivery, _)| delivery.id, &suspects);
        let mut sources: BTreeMap<String, Vec<(Delivery, StoredSignal)>> = BTreeMap::new();
        for (delivery, row) in alone {
            sources.entry(row.source.clone()).or_default().push((delivery, row));
        }
        for (source, members) in sources {
            let (this, patience) = (self.clone(), patience.clone());
            groups.spawn(async move { this.on_trial(&source, members, &patience).await });
        }
        Ok(together)
    }

    async fn on_trial(&self, source: &str, members: Vec<(Delivery, StoredSignal)>, patience: &Patience) {
        let since = Instant::now();
        for (delivery, row) in members {
            if since.elapsed() > ALTOGETHER {
                self.put_off(vec![delivery], &[row], SOON).await;
                continue;
            }
            let id = row.id;
            match patience.hold().until(|| self.trials.begin(&self.store, id, self.clock.now())).await {
                Ok(None) => {
                    let batch = batch_of(&row).map(str::to_owned);
                    self.group(source, batch.as_deref(), vec![(delivery, row)], patience).await;
                }
                Ok(Some(reason)) => {
                    let given_up = parked(&row, reason);
                    answer(vec![delivery], self.store(&[row], vec![given_up], patience).await).await;
                }
                Err(StoreError::Unavailable(_)) => return,
                Err(error) => {
                    delivery.retry(unstored(&error)).await;
                    continue;
                }
            }
            self.trials.end(&self.store, &[id]).await;
        }
    }

    /// Which of the signals of one reading are asked about together. One that may end the process is
    /// alone with those of its learner, without which it could be misread; the others are without
    /// its learner, and wait.
    pub(super) fn beside(&self, siblings: Vec<StoredSignal>, rows: &[StoredSignal]) -> Vec<StoredSignal> {
        if self.trials.is_idle() {
            return siblings;
        }
        let learner = |row: &StoredSignal| row.signal.learner.clone();
        if let [row] = rows
            && self.trials.is_alone(row.id)
        {
            let others = siblings.into_iter().filter(|other| other.id != row.id);
            let mut theirs: Vec<StoredSignal> =
                others.filter(|other| other.signal.learner == row.signal.learner).collect();
            theirs.push(row.clone());
            return theirs;
        }
        let suspects = siblings.iter().filter(|row| self.trials.is_suspect(row.id));
        let suspects: BTreeSet<String> = suspects.map(learner).collect();
        siblings.into_iter().filter(|row| !suspects.contains(&row.signal.learner)).collect()
    }
}
