//! CONFIRM: asks the LMS what is true, and stores it.
//!
//! Failures: the LMS is away, slow, or asks to wait; the token expired; the LMS has not
//! committed yet. None of them loses a signal, and none counts as an attempt but the last.
//! Not failures: a grade that is not there, a learner who is gone, an outcome that is unchanged.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use accolade_connectors::{ApiError, Confirmation, Connector};
use chrono::TimeDelta;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::retry::DATABASE_AWAY;
use super::verdict::Verdicts;
use crate::clock::Clock;
use crate::config::Catalog;
use crate::lms::Client;
use crate::queue::{Delivery, Message, Queue};
use crate::store::{ConfirmResult, SignalVerdict, Store, StoreError, StoredSignal, Work};
use crate::telemetry::Metrics;

/// How long a batch gathers, so that signals for the same course share a call.
const LINGER: Duration = Duration::from_millis(100);
/// Signals that one call confirms at most.
const SIBLINGS: u32 = 500;
/// How often in a row a batch is halved because the LMS refuses it. A token that has expired is
/// not tried for every learner.
const REFUSALS: u32 = 8;
/// How long before its row's time a message may come and be put off; an earlier one is a copy.
const EARLY: TimeDelta = TimeDelta::seconds(5);
/// When a source has its share of messages under way, more of them come back after this.
const SATURATED_WAIT: Duration = Duration::from_secs(5);

/// One source as the confirmer sees it.
#[derive(Debug)]
pub struct Source {
    /// Reads its LMS.
    pub connector: Arc<dyn Connector>,
    /// Sends its calls.
    pub client: Client,
    /// How many messages of this source may be under way at the same time: its share, so that a
    /// slow LMS does not hold the places of the others.
    pub places: Semaphore,
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
    pub catalog: Arc<Catalog>,
    /// The time.
    pub clock: Clock,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Where this installation answers.
    pub public_url: Arc<str>,
    /// How long the LMS may take to show what a signal tells.
    pub settle: Duration,
    /// One group of a (source, batch) at a time: a later reading is never overtaken.
    pub turns: Turns,
}

/// Turns by (source, batch).
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<TurnsByBatch>>);

/// Held by the group whose turn it is.
type Turn = tokio::sync::Mutex<()>;
type TurnsByBatch = HashMap<(String, String), Weak<Turn>>;

impl Turns {
    fn of(&self, source: &str, batch: &str) -> Arc<Turn> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        let key = (source.to_owned(), batch.to_owned());
        if let Some(turn) = turns.get(&key).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        turns.insert(key, Arc::downgrade(&turn));
        turn
    }
}

/// What one group of signals came to.
enum Ending {
    /// Stored; those that wait come back after their time.
    Stored(HashMap<Uuid, Duration>),
    /// The database does not answer.
    DatabaseAway,
}

impl Confirmer {
    /// Works until `stop`, finishing what it has begun.
    pub async fn run(self, batch: u16, stop: CancellationToken) {
        let mut consumer = self.queue.consume(Work::Signals, Self::prefetch(batch, self.sources.len()), stop);
        let mut groups = JoinSet::new();
        while let Some(deliveries) = consumer.next_batch(usize::from(batch), LINGER).await {
            while groups.try_join_next().is_some() {}
            self.dispatch(deliveries, &mut groups).await;
        }
        while groups.join_next().await.is_some() {}
    }

    /// Messages under way at a time: a batch for each source, and a few to spare.
    pub fn prefetch(batch: u16, sources: usize) -> u16 {
        batch.saturating_mul(u16::try_from(sources.max(4)).unwrap_or(u16::MAX))
    }

    /// Sorts messages into groups that share a call, and starts each.
    async fn dispatch(&self, deliveries: Vec<Delivery>, groups: &mut JoinSet<()>) {
        let ids: Vec<Uuid> = deliveries.iter().map(|delivery| delivery.id).collect();
        let waiting = match self.store.waiting_signals(&ids).await {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::warn!(%error, "signals cannot be read; trying again");
                drop(deliveries);
                tokio::time::sleep(DATABASE_AWAY).await;
                return;
            }
        };
        let mut rows: HashMap<Uuid, StoredSignal> = waiting.into_iter().map(|row| (row.id, row)).collect();
        let mut grouped: BTreeMap<(String, String), Vec<(Delivery, StoredSignal)>> = BTreeMap::new();
        let now = self.clock.now();
        for delivery in deliveries {
            match rows.remove(&delivery.id) {
                // Done already: this is a copy.
                None => delivery.ack().await,
                // The message of a row that waits comes after its time, so one that comes long
                // before is a copy. Put off, it would circle beside the other until the row is
                // done, and each time that the sweeper adds one they would be more.
                Some(row) if row.not_before > now + EARLY => delivery.ack().await,
                Some(row) if row.not_before > now => {
                    delivery.retry((row.not_before - now).to_std().unwrap_or_default()).await;
                }
                Some(row) => {
                    grouped
                        .entry((row.source.clone(), row.signal.batch.clone()))
                        .or_default()
                        .push((delivery, row));
                }
            }
        }
        for ((source, batch), members) in grouped {
            let this = self.clone();
            groups.spawn(async move { this.group(&source, &batch, members).await });
        }
    }

    async fn group(&self, source: &str, batch: &str, members: Vec<(Delivery, StoredSignal)>) {
        let (deliveries, rows): (Vec<_>, Vec<_>) = members.into_iter().unzip();
        let Some(configured) = self.sources.get(source) else {
            let verdicts = self.verdicts();
            let results = rows.iter().map(|row| verdicts.without_source(row)).collect();
            let ending = self.store(results).await;
            return answer(deliveries, &ending).await;
        };
        let Ok(_places) =
            configured.places.try_acquire_many(u32::try_from(deliveries.len()).unwrap_or(u32::MAX))
        else {
            for delivery in deliveries {
                delivery.retry(SATURATED_WAIT).await;
            }
            return;
        };
        let turn = self.turns.of(source, batch);
        let _turn = turn.lock().await;
        // In a task of its own: a signal that makes the connector panic must not take its
        // neighbours with it, and must not come back for ever.
        let task = {
            let (this, source, batch, rows) =
                (self.clone(), source.to_owned(), batch.to_owned(), rows.clone());
            tokio::spawn(async move { this.confirm(&source, &batch, rows).await })
        };
        let ending = if let Ok(ending) = task.await {
            ending
        } else {
            let results = self.one_by_one(source, &rows).await;
            self.store(results).await
        };
        answer(deliveries, &ending).await;
    }

    /// After a crash: each row alone, so that only the one that causes it counts it.
    async fn one_by_one(&self, source: &str, rows: &[StoredSignal]) -> Vec<ConfirmResult> {
        let mut results = Vec::with_capacity(rows.len());
        for row in rows {
            let (this, source, alone) = (self.clone(), source.to_owned(), row.clone());
            let asked = tokio::spawn(async move {
                match this.sources.get(&source) {
                    Some(configured) => this.ask(configured, &source, &[alone]).await,
                    None => Vec::new(),
                }
            });
            match asked.await {
                Ok(answered) => results.extend(answered),
                Err(_) => results.push(self.verdicts().crashed(row)),
            }
        }
        results
    }

    async fn confirm(&self, source: &str, batch: &str, rows: Vec<StoredSignal>) -> Ending {
        let now = self.clock.now();
        // All that wait, those whose time has not come included: what one of them still misses
        // says that what the LMS shows of its learner is about to change.
        let siblings = self.store.waiting_siblings(source, batch, SIBLINGS).await;
        let rows = match siblings {
            // Those that another copy finished while this one waited for its turn are not
            // among the siblings; of these nothing is left to do.
            Ok(siblings)
                if siblings.len() < SIBLINGS as usize && siblings.iter().all(|row| row.not_before > now) =>
            {
                return Ending::Stored(HashMap::new());
            }
            Ok(siblings) => {
                let ours: Vec<Uuid> = siblings.iter().map(|row| row.id).collect();
                let mut all = siblings;
                if all.len() >= SIBLINGS as usize {
                    all.extend(rows.into_iter().filter(|row| !ours.contains(&row.id)));
                }
                all
            }
            Err(StoreError::Unavailable(_)) => return Ending::DatabaseAway,
            Err(error) => {
                tracing::error!(%error, source, "siblings cannot be read; confirming alone");
                rows
            }
        };
        let Some(configured) = self.sources.get(source) else { return Ending::Stored(HashMap::new()) };
        let mut results = self.ask(configured, source, &rows).await;
        // Of those asked about before their time only the end is stored: they keep their waits.
        let early: BTreeSet<Uuid> =
            rows.iter().filter(|row| row.not_before > now).map(|row| row.id).collect();
        results.retain(|result| {
            !early.contains(&result.signal) || matches!(result.verdict, SignalVerdict::Done { .. })
        });
        self.store(results).await
    }

    /// Asks the LMS about rows of one batch. Where it refuses, one learner may be the reason: the
    /// batch is halved until the refused ones stand alone, unless all of it turns out refused.
    async fn ask(&self, configured: &Source, source: &str, rows: &[StoredSignal]) -> Vec<ConfirmResult> {
        let mut results = Vec::with_capacity(rows.len());
        let mut open = vec![rows];
        let mut refused = 0;
        while let Some(rows) = open.pop() {
            let signals: Vec<_> = rows.iter().map(|row| row.signal.clone()).collect();
            let answer = configured.connector.confirm(&signals, &configured.client, self.clock.now()).await;
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
        let verdicts = self.verdicts();
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

    fn verdicts(&self) -> Verdicts<'_> {
        Verdicts { rules: &self.catalog.rules, now: self.clock.now(), settle: self.settle }
    }

    async fn store(&self, results: Vec<ConfirmResult>) -> Ending {
        let now = self.clock.now();
        let mut tries = 0;
        let stored = loop {
            match self.store.confirm(&results, now).await {
                Err(StoreError::Conflict) if tries < 5 => tries += 1,
                result => break result,
            }
        };
        match stored {
            Ok(confirmed) => {
                let events: Vec<_> = confirmed.iter().flat_map(|signal| &signal.events).collect();
                let messages =
                    events.iter().map(|event| Message::assessment(&self.public_url, event, now)).collect();
                self.queue.publish(messages, None).await;
                let mut waits = HashMap::new();
                for (result, confirmed) in results.iter().zip(&confirmed) {
                    if let Some(again_at) = confirmed.again_at {
                        waits.insert(result.signal, (again_at - now).to_std().unwrap_or_default());
                        self.metrics.confirmation(&result.source, "wait");
                        tracing::info!(delivery = %result.delivery, signal = %result.signal, source = %result.source, "another reading says otherwise; reading again");
                        continue;
                    }
                    let (state, reason) = match &result.verdict {
                        SignalVerdict::Done { reason } => ("done", reason),
                        SignalVerdict::Park { reason } => ("park", reason),
                        SignalVerdict::Wait { until, reason, .. } => {
                            waits.insert(result.signal, (*until - now).to_std().unwrap_or_default());
                            ("wait", reason)
                        }
                    };
                    self.metrics.confirmation(&result.source, state);
                    tracing::info!(delivery = %result.delivery, signal = %result.signal, source = %result.source, state, reason, "signal asked about");
                }
                Ending::Stored(waits)
            }
            Err(error) => {
                tracing::error!(%error, "confirmations not stored; trying again");
                Ending::DatabaseAway
            }
        }
    }
}

/// Tells of a fault, and leaves the LMS alone if it asks for that.
fn heed(configured: &Source, source: &str, signals: usize, error: &ApiError) {
    tracing::warn!(source, signals, %error, "not confirmed");
    if let ApiError::RateLimited { retry_after, .. } = error {
        configured.client.pause(retry_after.unwrap_or(Duration::from_mins(1)));
    }
}

async fn answer(deliveries: Vec<Delivery>, ending: &Ending) {
    match ending {
        Ending::Stored(waits) => {
            for delivery in deliveries {
                match waits.get(&delivery.id) {
                    Some(wait) => delivery.retry(*wait).await,
                    None => delivery.ack().await,
                }
            }
        }
        Ending::DatabaseAway => {
            // Held while the database is away, so that its messages do not circle; given back
            // by being dropped.
            tokio::time::sleep(DATABASE_AWAY).await;
            drop(deliveries);
        }
    }
}

#[cfg(test)]
mod tests;
