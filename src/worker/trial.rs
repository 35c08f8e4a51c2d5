//! Work that ends the process (an abort, a stack overflow, too much memory) leaves nobody who could
//! count its tries: its message comes again, for ever, and takes the same neighbours with it.
//!
//! So what comes again is noted before it is begun, with the others of its batch. What was noted
//! before and not forgotten was in work when a process ended: it is worked on alone, each time after
//! it was counted in the database, and what has ended [`TIMES`] processes alone is parked. Work that
//! comes for the first time is not noted, and costs nothing.
//!
//! | | comes again |
//! | --- | --- |
//! | signals, events | their message is redelivered; with the queue in the process, they are older than it |
//! | mails, messages, codes | they were taken before: the lease counts that |

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::outage::{GivenBack, Hold};
use crate::clock::Clock;
use crate::faults::{self, Break};
use crate::ids;
use crate::queue::Delivery;
use crate::store::{Store, StoreError};

/// How many processes a row may end when it is worked on alone. Generous: whoever kills a worker
/// again and again must not park sound work.
const TIMES: u32 = 5;

/// What this process knows of noted work. Cheap to clone; one for all its workers.
#[derive(Debug, Clone, Default)]
pub struct Trials {
    /// With the queue in the process: an id of its beginning.
    began: Option<Uuid>,
    known: Arc<Mutex<HashMap<Uuid, Standing>>>,
}

/// How this process stands to a row that is noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It was noted by another process, which may have ended.
    Suspect,
    /// It is worked on with others.
    Noted,
    /// It is worked on alone.
    Alone,
}

impl Trials {
    /// For a process that begins now. Where its queue `starts_empty` all that is older comes again.
    pub fn new(starts_empty: bool, now: DateTime<Utc>) -> Self {
        Self { began: starts_empty.then(|| ids::timed(now)), known: Arc::default() }
    }

    /// Learns what is noted, so that nothing of it is read beside its neighbours.
    pub(super) async fn load(&self, store: &Store) -> Result<(), StoreError> {
        let noted = store.trials().await?;
        let mut known = self.known();
        for id in noted {
            known.entry(id).or_insert(Standing::Suspect);
        }
        Ok(())
    }

    /// Whether a message may have been in work before.
    pub(super) fn comes_again(&self, delivery: &Delivery) -> bool {
        delivery.again || self.is_older(delivery.id) || self.is_suspect(delivery.id)
    }

    fn is_older(&self, row: Uuid) -> bool {
        self.began.is_some_and(|began| row < began)
    }

    /// Notes messages that come again. The answer is those that are to be worked on alone, in this order;
    /// what cannot be noted is not.
    pub(super) async fn suspects(
        &self,
        store: &Store,
        again: &[Uuid],
        clock: &Clock,
        hold: &mut Hold<'_>,
    ) -> Result<Vec<Uuid>, GivenBack> {
        match hold.until(|| self.note(store, again, clock.now())).await {
            Ok(suspects) => Ok(suspects),
            Err(StoreError::Unavailable(_)) => Err(GivenBack),
            Err(error) => {
                tracing::warn!(%error, "work that comes again is not noted");
                Ok(Vec::new())
            }
        }
    }

    /// Notes work that comes again. The answer is what is to be worked on alone, in this order.
    pub(super) async fn note(
        &self,
        store: &Store,
        again: &[Uuid],
        now: DateTime<Utc>,
    ) -> Result<Vec<Uuid>, StoreError> {
        if faults::broken(Break::TriesForEver) {
            return Ok(Vec::new());
        }
        // What this process has in work is no sign that one has ended.
        let ours = |id: &Uuid| matches!(self.known().get(id), Some(Standing::Noted | Standing::Alone));
        let open: Vec<Uuid> = again.iter().copied().filter(|id| !ours(id)).collect();
        if open.is_empty() {
            return Ok(Vec::new());
        }
        let suspects = store.note_trials(&open, now).await?;
        let mut known = self.known();
        for id in open {
            let suspect = suspects.contains(&id);
            known.insert(id, if suspect { Standing::Suspect } else { Standing::Noted });
        }
        Ok(suspects)
    }

    /// Counts that a row is worked on alone; why it is to be parked instead, if it is.
    pub(super) async fn begin(
        &self,
        store: &Store,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<String>, StoreError> {
        // This process has counted it and lives.
        if self.is_alone(id) {
            return Ok(None);
        }
        let times = store.begin_trial(id, now).await?;
        self.known().insert(id, Standing::Alone);
        Ok((times > TIMES)
            .then(|| format!("ended the worker {TIMES} times when it was worked on alone; please report it")))
    }

    /// Work on these ended, and this process lives. What cannot be forgotten now is, when it is done,
    /// at the next start.
    pub(super) async fn end(&self, store: &Store, ids: &[Uuid]) {
        let noted: Vec<Uuid> = {
            let known = self.known();
            ids.iter().copied().filter(|id| known.contains_key(id)).collect()
        };
        if noted.is_empty() {
            return;
        }
        match store.forget_trials(&noted).await {
            Ok(()) => self.known().retain(|id, _| !noted.contains(id)),
            Err(error) => tracing::debug!(%error, "noted work is not forgotten yet"),
        }
    }

    /// Whether nothing is noted, as in most processes at most times.
    pub(super) fn is_idle(&self) -> bool {
        self.known().is_empty()
    }

    /// Whether a row may have ended a process, and is not worked on alone just now.
    pub(super) fn is_suspect(&self, id: Uuid) -> bool {
        self.known().get(&id) == Some(&Standing::Suspect)
    }

    /// Whether a row is worked on alone just now.
    pub(super) fn is_alone(&self, id: Uuid) -> bool {
        self.known().get(&id) == Some(&Standing::Alone)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Uuid, Standing>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Parts work into what is done together and what is done alone, that in the order of `suspects`.
pub(super) fn part<T>(work: Vec<T>, id: impl Fn(&T) -> Uuid, suspects: &[Uuid]) -> (Vec<T>, Vec<T>) {
    if suspects.is_empty() {
        return (work, Vec::new());
    }
    let place: HashMap<Uuid, usize> = suspects.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let all: HashSet<Uuid> = suspects.iter().copied().collect();
    let (mut alone, together): (Vec<T>, Vec<T>) = work.into_iter().partition(|one| all.contains(&id(one)));
    alone.sort_by_key(|one| place.get(&id(one)).copied());
    (together, alone)
}

#[cfg(test)]
mod tests;
