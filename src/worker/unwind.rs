//! Work in a task of its own: what makes it panic must not end the worker.

use tokio_util::task::AbortOnDropHandle;

/// Runs work; `None` if it panicked. Ends it when dropped.
pub(super) async fn guarded<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Option<T> {
    AbortOnDropHandle::new(tokio::spawn(work)).await.ok()
}

/// Lets a test choose rows whose work panics.
#[cfg(test)]
pub(super) mod crashes {
    use std::collections::BTreeSet;
    use std::sync::{Mutex, PoisonError};

    use uuid::Uuid;

    static ROWS: Mutex<BTreeSet<Uuid>> = Mutex::new(BTreeSet::new());

    pub(crate) fn on(row: Uuid) {
        ROWS.lock().unwrap_or_else(PoisonError::into_inner).insert(row);
    }

    pub(crate) fn pass(row: Uuid) {
        let crash = ROWS.lock().unwrap_or_else(PoisonError::into_inner).contains(&row);
        assert!(!crash, "on purpose");
    }
}
