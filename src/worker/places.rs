//! Places in status lists, taken ahead: taking them is a transaction of its own, and under load one for
//! every few batches is enough.
//!
//! What a process has in hand when it ends is lost, and there are enough. Where awards are rare no
//! more are taken than are needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::badges::status;
use crate::store::{StatusEntry, Store, StoreError};

/// A batch with so many awards takes ahead, for so many of its size.
const AHEAD: (u32, u32) = (16, 4);

/// The places of this process, by the issuer's slug.
#[derive(Debug, Clone, Default)]
pub struct Places(Arc<Mutex<HashMap<String, Vec<StatusEntry>>>>);

impl Places {
    /// Takes so many places of an issuer that nothing has, in the order in which they are given.
    pub(super) async fn take(
        &self,
        store: &Store,
        issuer: &str,
        count: u32,
        now: DateTime<Utc>,
    ) -> Result<Vec<StatusEntry>, StoreError> {
        let wanted = usize::try_from(count).unwrap_or(usize::MAX);
        let mut taken = self.ahead(issuer, wanted);
        let missing = count.saturating_sub(u32::try_from(taken.len()).unwrap_or(u32::MAX));
        if missing > 0 {
            let ahead = if count >= AHEAD.0 { count.saturating_mul(AHEAD.1) } else { 0 };
            let number = missing.saturating_add(ahead);
            let mut new = store
                .allocate_status(issuer, number, rand::random(), status::scatter, now)
                .await?
                .into_iter();
            taken.extend(new.by_ref().take(wanted - taken.len()));
            self.keep(issuer, new);
        }
        Ok(taken)
    }

    fn ahead(&self, issuer: &str, most: usize) -> Vec<StatusEntry> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(places) = places.get_mut(issuer) else { return Vec::new() };
        places.drain(..most.min(places.len())).collect()
    }

    fn keep(&self, issuer: &str, new: impl Iterator<Item = StatusEntry>) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.entry(issuer.to_owned()).or_default().extend(new);
    }

    /// Gives up what was taken ahead.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
