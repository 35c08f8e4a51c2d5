//! Schemas that were fetched, kept for a while: many badges name the same one. Kept as texts, which take
//! less memory than their values.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// How long a schema is kept.
const KEPT: TimeDelta = TimeDelta::minutes(10);
/// How many are kept.
const MOST: usize = 16;

/// The schemas that were read last.
#[derive(Debug, Default)]
pub(super) struct Schemas(Mutex<Vec<Kept>>);

#[derive(Debug)]
struct Kept {
    url: String,
    until: DateTime<Utc>,
    schema: Vec<u8>,
}

impl Schemas {
    /// The schema of an address, if it was read a short while ago.
    pub(super) fn get(&self, url: &str, now: DateTime<Utc>) -> Option<Vec<u8>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|one| now < one.until && one.until <= now + KEPT);
        kept.iter().find(|one| one.url == url).map(|one| one.schema.clone())
    }

    /// Keeps a schema; the oldest makes room.
    pub(super) fn put(&self, url: &str, schema: Vec<u8>, now: DateTime<Utc>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|one| one.url != url);
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push(Kept { url: url.to_owned(), until: now + KEPT, schema });
    }
}
