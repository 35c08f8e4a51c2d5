//! CONFIRM: asks the LMS what is true, and stores it.
//!
//! Failures: the LMS is away, slow, or asks to wait; the token expired; the LMS has not
//! committed yet. None of them loses a signal, and none counts as an attempt but the last.
//! Not failures: a grade that is not there, a learner who is gone, an outcome that is unchanged.

mod share;
mod storing;
mod trial;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use accolade_connectors::{ApiError, Confirmation, Connector};
use chrono::TimeDelta;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::asked::asked;
use super::outage::Patience;
use super::retry::{EARLY, OVERDUE, unstored};
use super::trial::Trials;
use super::turns::Turns;
use super::unwind::guarded;
use super::verdict::Verdicts;
use crate::catalogs::Catalogs;
use crate::clock::Clock;
use crate::config::Catalog;
use crate::faults;
use crate::lms::Client;
use crate::queue::{Delivery, Queue};
use crate::store::{ConfirmResult, SignalVerdict, Store, StoreError, StoredSignal, Work};
use crate::telemetry::Metrics;

use share::NoPlace;
pub use share::Share;
use storing::answer;
use trial::batch_of;

/// How long a batch gathers, so that signals for the same course share a call.
const LINGER: Duration = Duration::from_millis(100);
/// Signals that one call confirms at most.
const SIBLINGS: u32 = 500;
/// How often in a row a batch is halved because the LMS refuses it. A token that has expired is
/// not tried for every learner.
const REFUSALS: u32 = 8;

/// One source as the confirmer sees it.
#[derive(Debug)]
pub struct Source {
    /// Reads its LMS.
    pub connector: Arc<dyn Connector>,
    /// Sends its calls.
    pub client: Client,
    /// How many messages of this source may be under way at the same time.
    pub share: Share,
}

/// Confirms signals. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Confirmer {
    /// The database.
    pub store: Store,
    /// The queue.
    pub queue: Arc<Queue>,
    /// Sources by name.
    pub sources: Arc<BTreeMap<String, Source>>,
    /// The rules: whether an outcome passes.
    pub catalogs: Catalogs,
    /// The time.
    pub clock: Clock,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Where this installation answers.
    pub public_url: Arc<str>,
    /// How long the LMS may take to show what a signal tells.
    pub settle: Duration,
    /// One reading of a (source, batch) at a time: a later one is never overtaken.
    pub turns: Turns,
    /// What may end the process.
    pub trials: Trials,
}

/// How long until the messages of signals come back that wait, however they wait.
type Waits = HashMap<Uuid, Duration>;
/// The source of what is worked on together, and its batch where that is one reading.
type Group = (String, Option<String>);

impl Confirmer {
    /// Works until `stop`, finishing what it has begun.
    pub async fn run(self, batch: u16, stop: CancellationToken) {
        let prefetch = Share::prefetch(batch, self.sources.len());
        let mut consumer = self.queue.consume(Work::Signals, prefetch, stop.clone());
        let patience = Patience::new(stop);
        if let Err(error) = patience.hold().until(|| self.trials.load(&self.store)).await {
            tracing::warn!(%error, "what was noted before is not known");
        }
        let mut groups = JoinSet::new();
        while let Some(deliveries) = consumer.next_batch(usize::from(batch), LINGER).await {
            while groups.try_join_next().is_some() {}
            if !self.dispatch(deliveries, &patience, &mut groups).await {
                patience.pause(&mut consumer, &self.store).await;
            }
        }
        while groups.join_next().await.is_some() {}
    }

    /// Sorts messages into groups that share a call, and starts each. `false` when the database
    /// is away and the messages went back to the queue.
    async fn dispatch(
        &self,
        deliveries: Vec<Delivery>,
        patience: &Patience,
        groups: &mut JoinSet<()>,
    ) -> bool {
        let ids: Vec<Uuid> = deliveries.iter().map(|delivery| delivery.id).collect();
        let waiting = match patience.hold().until(|| self.store.waiting_signals(&ids)).await {
            Ok(waiting) => waiting,
            Err(StoreError::Unavailable(_)) => return false,
            Err(error) => {
                tracing::error!(%error, "signals cannot be read; trying again later");
                Delivery::retry_all(deliveries, unstored(&error)).await;
                return true;
            }
        };
        let mut rows: HashMap<Uuid, StoredSignal> = waiting.into_iter().map(|row| (row.id, row)).collect();
        let (mut ready, mut early) = (Vec::with_capacity(rows.len()), Vec::new());
        let now = self.clock.now();
        for delivery in deliveries {
            match rows.remove(&delivery.id) {
                // Done already: this is a copy.
                None => delivery.ack(),
                Some(row) if row.is_due(now) => ready.push((delivery, row)),
                // The message of a row that was put off comes after its time, so one that comes long
                // before is a copy. Put off, it would circle beside the other until the row is
                // done, and each time that the sweeper adds one they would be more.
                Some(row) if row.not_before > now + EARLY => delivery.ack(),
                Some(row) => {
                    early.push((delivery, (row.not_before - now).to_std().unwrap_or_default()));
                }
            }
        }
        Delivery::retry_each(early).await;
        let Ok(ready) = self.apart(ready, patience, groups).await else { return false };
        let mut grouped: BTreeMap<Group, Vec<(Delivery, StoredSignal)>> = BTreeMap::new();
        for (delivery, row) in ready {
            let batch = batch_of(&row).map(str::to_owned);
            grouped.entry((row.source.clone(), batch)).or_default().push((delivery, row));
        }
        for ((source, batch), members) in grouped {
            let (this, patience) = (self.clone(), patience.clone());
            groups.spawn(async move {
                let ids: Vec<Uuid> = members.iter().map(|(_, row)| row.id).collect();
                this.group(&source, batch.as_deref(), members, &patience).await;
                this.trials.end(&this.store, &ids).await;
            });
        }
        true
    }

    async fn group(
        &self,
        source: &str,
        batch: Option<&str>,
        members: Vec<(Delivery, StoredSignal)>,
        patience: &Patience,
    ) {
        let (deliveries, rows): (Vec<_>, Vec<_>) = members.into_iter().unzip();
        let Some(configured) = self.sources.get(source) else {
            let catalog = self.catalogs.current();
            let verdicts = self.verdicts(&catalog);
            let results = rows.iter().map(|row| verdicts.without_source(row)).collect();
            return answer(deliveries, self.store(&rows, results, patience).await).await;
        };
        // What confirms itself waits for no LMS: put off, a backlog of it would circle.
        let places = match batch {
            Some(_) => match configured.share.take(deliveries.len(), patience.stop()).await {
                Ok(places) => Some(places),
                Err(NoPlace::Later(wait)) => return self.put_off(deliveries, &rows, wait).await,
                Err(NoPlace::Stopping) => return,
            },
            None => None,
        };
        let turn = batch.map(|batch| self.turns.of(source, batch));
        let _turn = match &turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        // Each try asks the LMS again: after an outage what it shows may be something else.
        let stored = patience.hold().until(|| self.attempt(source, batch, &rows, patience)).await;
        // Before the queue gives out more: those that come in place of these find the places free.
        drop(places);
        answer(deliveries, stored).await;
    }

    /// Has messages come back later. The sweeper shall know of it: taking them for lost it would add
    /// a copy of each again and again, and all of them would circle.
    async fn put_off(&self, deliveries: Vec<Delivery>, rows: &[StoredSignal], wait: Duration) {
        let back = self.clock.now() + TimeDelta::from_std(wait).unwrap_or_default();
        let due: Vec<Uuid> = rows.iter().filter(|row| row.sweep_at <= back).map(|row| row.id).collect();
        if let Err(error) = self.store.expect_messages_of(&due, back + OVERDUE).await {
            tracing::debug!(%error, "the sweeper may add a copy of each");
        }
        Delivery::retry_all(deliveries, wait).await;
    }

    /// A signal that makes the connector panic must not take its neighbours with it, and must
    /// not come back for ever.
    async fn attempt(
        &self,
        source: &str,
        batch: Option<&str>,
        rows: &[StoredSignal],
        patience: &Patience,
    ) -> Result<Waits, StoreError> {
        let confirming = {
            let (this, source, batch) = (self.clone(), source.to_owned(), batch.map(str::to_owned));
            let (rows, patience) = (rows.to_vec(), patience.clone());
            async move { this.confirm(&source, batch.as_deref(), rows, &patience).await }
        };
        match guarded(confirming).await {
            Some(stored) => stored,
            None => self.store(rows, self.one_by_one(source, rows).await, patience).await,
        }
    }

    /// After a crash: each row alone, so that only the one that causes it counts it.
    async fn one_by_one(&self, source: &str, rows: &[StoredSignal]) -> Vec<ConfirmResult> {
        let mut results = Vec::with_capacity(rows.len());
        for row in rows {
            let (this, source, alone) = (self.clone(), source.to_owned(), row.clone());
            let asked = guarded(async move {
                match this.sources.get(&source) {
                    Some(configured) => this.ask(configured, &source, &[alone]).await,
                    None => Vec::new(),
                }
            });
            match asked.await {
                Some(answered) => results.extend(answered),
                None => results.push(self.verdicts(&self.catalogs.current()).crashed(row)),
            }
        }
        results
    }

    async fn confirm(
        &self,
        source: &str,
        batch: Option<&str>,
        rows: Vec<StoredSignal>,
        patience: &Patience,
    ) -> Result<Waits, StoreError> {
        let Some(configured) = self.sources.get(source) else { return Ok(Waits::new()) };
        let Some(batch) = batch else {
            let results = self.ask(configured, source, &rows).await;
            return self.store(&rows, results, patience).await;
        };
        let now = self.clock.now();
        // All that wait, those whose time has not come included: what one of them still misses
        // says that what the LMS shows of its learner is about to change.
        let siblings = self.store.waiting_siblings(source, batch, SIBLINGS).await;
        let siblings = siblings.map(|siblings| self.beside(siblings, &rows));
        let rows = match siblings {
            // Those that another copy finished while this one waited for its turn are not
            // among the siblings; of these nothing is left to do.
            Ok(siblings)
                if siblings.len() < SIBLINGS as usize && !siblings.iter().any(|row| row.is_due(now)) =>
            {
                return Ok(Waits::new());
            }
            Ok(siblings) => {
                let ours: Vec<Uuid> = siblings.iter().map(|row| row.id).collect();
                let mut all = siblings;
                if all.len() >= SIBLINGS as usize {
                    all.extend(rows.into_iter().filter(|row| !ours.contains(&row.id)));
                }
                all
            }
            Err(error @ StoreError::Unavailable(_)) => return Err(error),
            Err(error) => {
                tracing::error!(%error, source, "siblings cannot be read; confirming alone");
                rows
            }
        };
        let mut results = self.ask(configured, source, &rows).await;
        // Of those asked about before their time only the end is stored: they keep their waits.
        let early: BTreeSet<Uuid> = rows.iter().filter(|row| !row.is_due(now)).map(|row| row.id).collect();
        results.retain(|result| {
            !early.contains(&result.signal) || matches!(result.verdict, SignalVerdict::Done { .. })
        });
        self.store(&rows, results, patience).await
    }

    /// Asks the LMS about rows of one batch. Where it refuses, one learner may be the reason: the
    /// batch is halved until the refused ones stand alone, unless all of it turns out refused.
    async fn ask(&self, configured: &Source, source: &str, rows: &[StoredSignal]) -> Vec<ConfirmResult> {
        let asked = asked(&self.catalogs.current(), source);
        let mut results = Vec::with_capacity(rows.len());
        let mut open = vec![rows];
        let mut refused = 0;
        while let Some(rows) = open.pop() {
            let signals: Vec<_> = rows.iter().map(|row| row.signal.clone()).collect();
            let (client, now) = (&configured.client, self.clock.now());
            for row in rows {
                faults::touch("confirm", &row.signal.learner);
            }
            let answer = configured.connector.confirm(&signals, &asked, client, now).await;
            let learners: BTreeSet<&str> = rows.iter().map(|row| row.signal.learner.as_str()).collect();
            match answer {
                Err(ApiError::Unauthorized { .. } | ApiError::Refused { .. })
                    if learners.len() > 1 && refused < REFUSALS =>
                {
                    refused += 1;
                    let (first, second) = rows.split_at(rows.len() / 2);
                    open.push(second);
                    open.push(first);
                }
                answer => {
                    if answer.is_ok() {
                        refused = 0;
                    }
                    let alone = learners.len() <= 1;
                    results.extend(self.results(configured, source, rows, answer, alone));
                }
            }
        }
        results
    }

    /// What the LMS's answer means for the rows that it is about.
    fn results(
        &self,
        configured: &Source,
        source: &str,
        rows: &[StoredSignal],
        answer: Result<Vec<Confirmation>, ApiError>,
        alone: bool,
    ) -> Vec<ConfirmResult> {
        // One version for all that was read together.
        let catalog = self.catalogs.current();
        let verdicts = self.verdicts(&catalog);
        match answer {
            Ok(confirmations) if confirmations.len() == rows.len() => {
                let mut unread = confirmations.iter().filter_map(|said| match said {
                    Confirmation::Unread(error) => Some(error),
                    _ => None,
                });
                if let Some(error) = unread.next() {
                    heed(configured, source, 1 + unread.count(), error);
                }
                verdicts.said(rows, confirmations)
            }
            Ok(confirmations) => {
                tracing::error!(
                    source,
                    asked = rows.len(),
                    answered = confirmations.len(),
                    "the connector miscounts"
                );
                rows.iter().map(|row| verdicts.crashed(row)).collect()
            }
            Err(error) => {
                heed(configured, source, rows.len(), &error);
                rows.iter().map(|row| verdicts.fault(row, &error, alone)).collect()
            }
        }
    }

    fn verdicts<'a>(&self, catalog: &'a Catalog) -> Verdicts<'a> {
        Verdicts { rules: &catalog.rules, now: self.clock.now(), settle: self.settle }
    }
}

/// Tells of a fault, and leaves the LMS alone if it asks for that.
fn heed(configured: &Source, source: &str, signals: usize, error: &ApiError) {
    tracing::warn!(source, signals, %error, "not confirmed");
    if let ApiError::RateLimited { retry_after, .. } = error {
        configured.client.pause(retry_after.unwrap_or(Duration::from_mins(1)));
    }
}

#[cfg(test)]
mod tests;
