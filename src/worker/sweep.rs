//! The sweeper: publishes work again whose message was lost, and wakes what waited for a time.
//!
//! It knows lost from late: while many messages wait in the queue, rows wait because the queue
//! is deep, not because their messages were lost, and republishing them would double the load
//! just when it is highest. When the queue gets shallow they wait for a while in the hands of workers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock::Clock;
use crate::faults::{self, Break};
use crate::queue::{Message, Queue};
use crate::store::{Due, Store, StoreError, Work};
use crate::telemetry::Metrics;

/// Rows published at once.
const GROUP: u32 = 500;
/// Groups of one kind published in one round, as long as the queue stays shallow.
const GROUPS: usize = 20;
/// Rows of one table in one transaction when the queue starts empty.
const FORGOTTEN: u32 = 2_000;
/// How long a published message has to be worked off before its row is due again.
const AGAIN: TimeDelta = TimeDelta::minutes(1);
/// With messages about more rows than this in a queue its rows are late, not lost.
const DEEP: u64 = 1_000;
/// Time between two rounds while there is more to publish than the queue takes at once.
const SOON: Duration = Duration::from_millis(100);

/// After a queue was deep the workers still have some thousand rows of it in hand, unanswered: for so long
/// rows are late, not lost, though the queue is shallow.
const IN_HAND: TimeDelta = TimeDelta::minutes(1);

/// Whose rows are late because their queue was deep a moment ago.
#[derive(Debug, Default)]
struct Late {
    until: HashMap<Work, DateTime<Utc>>,
    /// The broker was away: until then depth says nothing, for messages were lost.
    unsure_until: Option<DateTime<Utc>>,
}

impl Late {
    fn away(&mut self, now: DateTime<Utc>) {
        self.until.clear();
        self.unsure_until = Some(now + IN_HAND);
    }

    fn deep(&mut self, work: Work, now: DateTime<Utc>) {
        if self.unsure_until.is_none_or(|until| until <= now) {
            self.until.insert(work, now + IN_HAND);
        }
    }

    fn are(&self, work: Work, now: DateTime<Utc>) -> bool {
        self.until.get(&work).is_some_and(|until| now < *until)
    }
}

/// What waits for a time, besides messages.
#[derive(Debug, Clone, Copy)]
enum Chore {
    Graces,
    EarlyEnds,
    Holds,
    Reminders,
}

impl Chore {
    /// What they make is published in the same round.
    const ALL: [Self; 4] = [Self::Graces, Self::EarlyEnds, Self::Holds, Self::Reminders];

    /// Its name in logs.
    fn as_str(self) -> &'static str {
        match self {
            Self::Graces => "the ends of graces",
            Self::EarlyEnds => "early ends",
            Self::Holds => "what the guard held",
            Self::Reminders => "reminders",
        }
    }
}

/// Sweeps. Any number may run; rows are taken by one at a time.
#[derive(Debug)]
pub struct Sweeper {
    /// The database.
    pub store: Store,
    /// The queue.
    pub queue: Arc<Queue>,
    /// The time.
    pub clock: Clock,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Where this installation answers.
    pub public_url: Arc<str>,
    /// How long after a mail with the claim link its reminders are due; none: there are none.
    pub reminders: Vec<TimeDelta>,
    /// The domain of Message-IDs.
    pub domain: Arc<str>,
    /// Time between two rounds.
    pub every: Duration,
    /// Whether the queue starts empty (the embedded one): then every waiting row is due at start.
    pub starts_empty: bool,
}

impl Sweeper {
    /// Sweeps until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let (mut forgotten, mut filling, mut late) = (self.starts_empty, false, Late::default());
        loop {
            let swept = if forgotten {
                self.forget_messages().await.map(|()| true)
            } else {
                self.round(filling, &mut late).await
            };
            match swept {
                Ok(more) => (forgotten, filling) = (false, more),
                Err(error) => tracing::warn!(%error, "the sweeper cannot read the database"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(if filling { SOON } else { self.every }) => {}
            }
        }
    }

    /// The messages of all that waits died with the process before.
    async fn forget_messages(&self) -> Result<(), StoreError> {
        let started = self.clock.now();
        while self.store.forget_messages(started, FORGOTTEN).await? {}
        Ok(())
    }

    /// One round; whether there is more to publish than the queue took. `filling`: whether there was
    /// before it.
    async fn round(&self, filling: bool, late: &mut Late) -> Result<bool, StoreError> {
        if faults::broken(Break::SweepsNever) {
            return Ok(false);
        }
        // A broker that is away, or takes nothing because of an alarm, costs this question and
        // touches no row.
        if let Err(error) = self.queue.ping().await {
            tracing::debug!(%error, "nothing is swept");
            late.away(self.clock.now());
            return Ok(false);
        }
        for chore in Chore::ALL {
            let done = self.chore(chore).await;
            self.unless_away(chore.as_str(), done).await?;
        }
        let mut more = false;
        for work in Work::ALL {
            let filled = self.fill(work, filling, late).await;
            more |= self.unless_away(work.as_str(), filled).await?.unwrap_or(false);
        }
        Ok(more)
    }

    /// What cannot be done, for whatever reason, keeps nothing else from being published; but while the
    /// database is away nothing can be.
    async fn unless_away<T>(&self, what: &str, done: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match done {
            Ok(done) => Ok(Some(done)),
            Err(error) => {
                if matches!(error, StoreError::Unavailable(_)) {
                    self.store.ping().await?;
                }
                tracing::warn!(what, %error, "not swept; the rest is");
                Ok(None)
            }
        }
    }

    /// Wakes what waited for a time.
    async fn chore(&self, chore: Chore) -> Result<(), StoreError> {
        for _ in 0..GROUPS {
            let (store, now) = (&self.store, self.clock.now());
            let ended = match chore {
                Chore::Graces => store.end_graces(now, GROUP).await?,
                Chore::EarlyEnds => store.end_early(now, GROUP).await?,
                Chore::Holds => store.end_holds(now, GROUP).await?,
                Chore::Reminders => store.remind(&self.reminders, &self.domain, now, GROUP).await?,
            };
            if ended < GROUP as usize {
                break;
            }
        }
        Ok(())
    }

    /// Publishes what was lost of one kind; whether there is more than the queue took.
    async fn fill(&self, work: Work, filling: bool, late: &mut Late) -> Result<bool, StoreError> {
        // Several groups, so that what gathered while the broker was away goes out soon; and on until
        // nothing is left, as fast as it is worked off.
        let mut left = filling;
        for group in 0..GROUPS {
            let (depth, now) = (self.queue.depth(work).await, self.clock.now());
            let Ok(depth) = depth else {
                late.away(now);
                break;
            };
            if depth.saturating_mul(self.queue.rows_of_a_message()) >= DEEP {
                // Not what was published just now. A queue in this process is fed by the sweeper.
                if group == 0 && !filling && !self.starts_empty {
                    late.deep(work, now);
                }
                break;
            }
            if late.are(work, now) {
                break;
            }
            left = self.publish(work, self.store.due(work, now, now + AGAIN, GROUP).await?).await?;
            if !left {
                break;
            }
        }
        Ok(left)
    }

    /// Publishes rows again; whether there may be more that the queue takes. Those that it does
    /// not take are due again at once, so another group would be the same one.
    async fn publish(&self, work: Work, due: Vec<Due>) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let messages: Vec<Message> = match work {
            Work::Signals => due.iter().map(|due| Message::signal(&self.public_url, due, now)).collect(),
            Work::Mails => {
                due.iter().map(|due| Message::mail(&self.public_url, due.id, due.delivery, now)).collect()
            }
            Work::Assessments => {
                let ids: Vec<Uuid> = due.iter().map(|due| due.id).collect();
                let events = self.store.events(&ids).await?;
                events.iter().map(|event| Message::assessment(&self.public_url, event, now)).collect()
            }
        };
        if !messages.is_empty() {
            let all = messages.len();
            let unknown = self.queue.announce(&self.store, work, messages, now).await;
            let count = all - unknown;
            self.metrics.swept(work, count);
            tracing::info!(work = work.as_str(), count, "published again");
            if unknown > 0 {
                return Ok(false);
            }
        }
        Ok(due.len() >= GROUP as usize)
    }
}

#[cfg(test)]
mod tests;
