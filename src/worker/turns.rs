//! Turns: one group of a batch at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Turns by (source, batch).
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<TurnsByBatch>>);

/// Held by the group whose turn it is.
type Turn = tokio::sync::Mutex<()>;
type TurnsByBatch = HashMap<(String, String), Weak<Turn>>;

impl Turns {
    pub(super) fn of(&self, source: &str, batch: &str) -> Arc<Turn> {
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
