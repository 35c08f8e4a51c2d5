//! Verifying a badge with what it names: fetched here, judged by [`crate::badges::verify`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::{FetchError, Fetcher};
use crate::badges::verify::{Lookup, Report, verify};
use crate::clock::Clock;

/// How many documents are read for one badge: a DID document, and lists.
const MOST_DOCUMENTS: usize = 6;
/// How often the verdict is made anew with what was found.
const ROUNDS: usize = 3;
/// How long all fetches for one badge may take.
const TIME: Duration = Duration::from_secs(12);

/// Whether a document is one of this installation.
#[derive(Debug)]
pub enum Ours {
    /// It is somebody else's.
    No,
    /// It would be ours, and does not exist.
    Missing,
    /// This is it.
    Document(Value),
}

/// Documents that need no network: this installation's own, or a folder's.
#[async_trait]
pub trait Own: Send + Sync {
    /// The document of a DID, or at an address.
    async fn document(&self, id: &str) -> Ours;
}

/// What came of it.
#[derive(Debug)]
pub struct Examined {
    /// Every check.
    pub report: Report,
    /// What could not be read, and why.
    pub unread: Vec<(String, String)>,
}

/// Verifies a credential: JSON, a JWT, or a baked PNG or SVG. Documents that `own` does not have
/// are fetched.
///
/// # Errors
/// When the verifier itself broke down.
pub async fn examine(
    bytes: Vec<u8>,
    own: &dyn Own,
    fetcher: &Fetcher,
    clock: &Clock,
) -> Result<Examined, tokio::task::JoinError> {
    let bytes = Arc::new(bytes);
    let until = tokio::time::Instant::now() + TIME;
    let mut found = HashMap::new();
    let mut unread = Vec::new();
    let mut asked = 0;
    for _ in 0..ROUNDS {
        let (report, wanted) = judge(&bytes, &mut found, clock).await?;
        let wanted: Vec<String> = wanted.into_iter().filter(|id| !found.contains_key(id)).collect();
        if wanted.is_empty() {
            return Ok(Examined { report, unread });
        }
        for id in wanted {
            asked += 1;
            let document = if asked > MOST_DOCUMENTS {
                Err(FetchError::Refused("the badge names too many documents".to_owned()))
            } else {
                let late = Err(FetchError::Refused("the documents took too long".to_owned()));
                tokio::time::timeout_at(until, read(&id, own, fetcher)).await.unwrap_or(late)
            };
            let document = document.map_err(|error| unread.push((id.clone(), error.to_string()))).ok();
            found.insert(id, document);
        }
    }
    let (report, _) = judge(&bytes, &mut found, clock).await?;
    Ok(Examined { report, unread })
}

async fn read(id: &str, own: &dyn Own, fetcher: &Fetcher) -> Result<Value, FetchError> {
    match own.document(id).await {
        Ours::Document(document) => Ok(document),
        Ours::Missing => Err(FetchError::NotADocument("there is no such document here".to_owned())),
        Ours::No => fetcher.document(id).await,
    }
}

/// One round, away from the threads that answer requests.
async fn judge(
    bytes: &Arc<Vec<u8>>,
    found: &mut HashMap<String, Option<Value>>,
    clock: &Clock,
) -> Result<(Report, Vec<String>), tokio::task::JoinError> {
    let (bytes, now) = (Arc::clone(bytes), clock.now());
    let documents = Documents { found: std::mem::take(found), wanted: Mutex::default() };
    let (report, documents) = tokio::task::spawn_blocking(move || {
        let report = verify(&bytes, &documents, now);
        (report, documents)
    })
    .await?;
    *found = documents.found;
    Ok((report, documents.wanted.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

/// Documents found so far, and a note of those that were asked for in vain.
struct Documents {
    found: HashMap<String, Option<Value>>,
    wanted: Mutex<Vec<String>>,
}

impl Documents {
    fn get(&self, id: &str) -> Option<Value> {
        if let Some(known) = self.found.get(id) {
            return known.clone();
        }
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted.len() <= MOST_DOCUMENTS && !wanted.iter().any(|already| already == id) {
            wanted.push(id.to_owned());
        }
        None
    }
}

impl Lookup for Documents {
    fn did_document(&self, did: &str) -> Option<Value> {
        self.get(did)
    }

    fn status_list(&self, url: &str) -> Option<Value> {
        self.get(url)
    }
}
