//! Storing what the LMS said, and the answer to its messages.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Confirmer, Waits};
use crate::faults::{self, Point};
use crate::queue::{Delivery, Message};
use crate::store::{ConfirmResult, ConfirmedSignal, SignalVerdict, StoreError, StoredSignal, Work};
use crate::worker::outage::Patience;
use crate::worker::retry::unstored;

/// How long what the LMS said may wait for the database; after that the LMS is asked again. It
/// keeps a database that can be read and not written from costing a call every two seconds.
const READING_LASTS: Duration = Duration::from_mins(1);
/// How often a batch is stored again because others changed the same rows.
const TRIES: u32 = 5;

impl Confirmer {
    /// Stores results, which are about some of `rows`, and publishes what follows.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] alone: the database stayed away. Whatever else goes wrong is
    /// put down to the results that cause it, and their signals wait.
    pub(super) async fn store(
        &self,
        rows: &[StoredSignal],
        results: Vec<ConfirmResult>,
        patience: &Patience,
    ) -> Result<Waits, StoreError> {
        let mut waits = Waits::new();
        let error = match self.try_store(&results, patience, &mut waits).await {
            Ok(()) => return Ok(waits),
            Err(error @ StoreError::Unavailable(_)) => return Err(error),
            Err(error) => error,
        };
        // One of them is at fault: each alone, so that it harms nobody else.
        tracing::warn!(%error, signals = results.len(), "confirmations are not stored together; storing them one by one");
        for result in results {
            match self.try_store(std::slice::from_ref(&result), patience, &mut waits).await {
                Ok(()) => {}
                Err(error @ StoreError::Unavailable(_)) => return Err(error),
                Err(error) => self.unstorable(rows, &result, &error, patience, &mut waits).await?,
            }
        }
        Ok(waits)
    }

    /// A result that alone cannot be stored counts as an attempt of its signal, which is parked
    /// in the end; but not where others only hold the rows that it needs.
    async fn unstorable(
        &self,
        rows: &[StoredSignal],
        result: &ConfirmResult,
        error: &StoreError,
        patience: &Patience,
        waits: &mut Waits,
    ) -> Result<(), StoreError> {
        tracing::error!(%error, delivery = %result.delivery, signal = %result.signal, source = %result.source, "a confirmation cannot be stored");
        waits.insert(result.signal, unstored(error));
        let row = rows.iter().find(|row| row.id == result.signal);
        let Some(row) = row.filter(|_| !matches!(error, StoreError::Conflict)) else { return Ok(()) };
        let mut failed = self.verdicts(&self.catalogs.current()).crashed(row);
        if let SignalVerdict::Wait { reason, .. } | SignalVerdict::Park { reason } = &mut failed.verdict {
            *reason = format!("what the LMS shows of it cannot be stored: {error}");
        }
        match self.try_store(&[failed], patience, waits).await {
            Err(error @ StoreError::Unavailable(_)) => Err(error),
            Err(error) => {
                tracing::error!(%error, signal = %result.signal, "nor can that it failed; trying again later");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Stores results together. `waits` has afterwards which of their signals wait, how long.
    async fn try_store(
        &self,
        results: &[ConfirmResult],
        patience: &Patience,
        waits: &mut Waits,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let patience = patience.at_most(READING_LASTS);
        let (mut hold, mut tries) = (patience.hold(), 0);
        let confirmed = loop {
            match hold.until(|| self.store.confirm(results, now)).await {
                Err(StoreError::Conflict) if tries < TRIES => tries += 1,
                stored => break stored?,
            }
        };
        let events = confirmed.iter().flat_map(|signal| &signal.events);
        let messages = events.map(|event| Message::assessment(&self.public_url, event, now)).collect();
        faults::at(Point::ConfirmUnpublished).await;
        self.queue.announce(&self.store, Work::Assessments, messages, now).await;
        for (result, confirmed) in results.iter().zip(&confirmed) {
            match self.told(result, confirmed, now) {
                Some(wait) => drop(waits.insert(result.signal, wait)),
                None => drop(waits.remove(&result.signal)),
            }
        }
        Ok(())
    }

    /// Tells of one stored result; how long its signal waits, if it does.
    fn told(
        &self,
        result: &ConfirmResult,
        confirmed: &ConfirmedSignal,
        now: DateTime<Utc>,
    ) -> Option<Duration> {
        let (state, reason, until) = match (&result.verdict, confirmed.again_at) {
            (_, Some(until)) => ("wait", "another reading says otherwise; reading again", Some(until)),
            (SignalVerdict::Done { reason }, None) => ("done", reason.as_str(), None),
            (SignalVerdict::Park { reason }, None) => ("park", reason.as_str(), None),
            (SignalVerdict::Wait { until, reason, .. }, None) => ("wait", reason.as_str(), Some(*until)),
        };
        self.metrics.confirmation(&result.source, state);
        tracing::info!(delivery = %result.delivery, signal = %result.signal, source = %result.source, state, reason, "signal asked about");
        until.map(|until| (until - now).to_std().unwrap_or_default())
    }
}

/// Answers messages. While the database is away they are given back, by being dropped.
pub(super) async fn answer(deliveries: Vec<Delivery>, stored: Result<Waits, StoreError>) {
    let Ok(waits) = stored else { return };
    faults::at(Point::ConfirmUnacknowledged).await;
    let mut put_off = Vec::new();
    for delivery in deliveries {
        match waits.get(&delivery.id) {
            Some(wait) => put_off.push((delivery, *wait)),
            None => delivery.ack(),
        }
    }
    Delivery::retry_each(put_off).await;
}
