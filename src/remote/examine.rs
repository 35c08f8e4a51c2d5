//! Verifying a badge with what it names: fetched here, judged by [`crate::badges::verify`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use super::{FetchError, Fetcher};
use crate::badges::verify::{Lookup, Report, verify};
use crate::clock::Clock;
use crate::locales::Message;

/// How many documents are read for one badge: a DID document, lists, and schemas.
const MOST_DOCUMENTS: usize = 10;
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

/// What is held until the work is over, also when nobody waits for it any more: a place among those that may
/// verify at a time.
pub type Place = Option<Arc<OwnedSemaphorePermit>>;

/// What came of it.
#[derive(Debug)]
pub struct Examined {
    /// Every check.
    pub report: Report,
    /// What could not be read, and why.
    pub unread: Vec<(String, Message)>,
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
    place: Place,
) -> Result<Examined, tokio::task::JoinError> {
    let bytes = Arc::new(bytes);
    let until = tokio::time::Instant::now() + TIME;
    let mut found = HashMap::new();
    let mut unread = Vec::new();
    let mut asked = 0;
    for _ in 0..ROUNDS {
        let (report, wanted) = judge(&bytes, &mut found, clock, &place).await?;
        let wanted: Vec<_> = wanted.into_iter().filter(|(id, _)| !found.contains_key(id)).collect();
        if wanted.is_empty() {
            return Ok(Examined { report, unread });
        }
        for (id, kind) in wanted {
            asked += 1;
            let document = if asked > MOST_DOCUMENTS {
                Err(FetchError::Refused(Message::new("fetch-many")))
            } else {
                let late = Err(FetchError::Refused(Message::new("fetch-late")));
                tokio::time::timeout_at(until, read(&id, kind, own, fetcher, clock)).await.unwrap_or(late)
            };
            let document = document.map_err(|error| unread.push((id.clone(), error.message()))).ok();
            found.insert(id, document);
        }
    }
    let (report, _) = judge(&bytes, &mut found, clock, &place).await?;
    Ok(Examined { report, unread })
}

async fn read(
    id: &str,
    kind: Kind,
    own: &dyn Own,
    fetcher: &Fetcher,
    clock: &Clock,
) -> Result<Value, FetchError> {
    match own.document(id).await {
        Ours::Document(document) => Ok(document),
        Ours::Missing => Err(FetchError::NotADocument(Message::new("fetch-missing"))),
        Ours::No if kind == Kind::Schema => fetcher.schema(id, clock.now()).await,
        Ours::No => fetcher.document(id).await,
    }
}

/// One round, away from the threads that answer requests.
async fn judge(
    bytes: &Arc<Vec<u8>>,
    found: &mut HashMap<String, Option<Value>>,
    clock: &Clock,
    place: &Place,
) -> Result<(Report, Vec<(String, Kind)>), tokio::task::JoinError> {
    let (bytes, now) = (Arc::clone(bytes), clock.now());
    let documents = Documents { found: std::mem::take(found), wanted: Mutex::default() };
    let place = place.clone();
    let (report, documents) = tokio::task::spawn_blocking(move || {
        let _place = place;
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
    wanted: Mutex<Vec<(String, Kind)>>,
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A DID document, or a status list.
    Document,
    /// A JSON schema.
    Schema,
}

impl Documents {
    fn get(&self, id: &str, kind: Kind) -> Option<Value> {
        if let Some(known) = self.found.get(id) {
            return known.clone();
        }
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted.len() <= MOST_DOCUMENTS && !wanted.iter().any(|(already, _)| already == id) {
            wanted.push((id.to_owned(), kind));
        }
        None
    }
}

impl Lookup for Documents {
    fn did_document(&self, did: &str) -> Option<Value> {
        self.get(did, Kind::Document)
    }

    fn status_list(&self, url: &str) -> Option<Value> {
        self.get(url, Kind::Document)
    }

    fn schema(&self, url: &str) -> Option<Value> {
        self.get(url, Kind::Schema)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;

    /// Counts what it is asked for, and has none of it.
    #[derive(Default)]
    struct Asked(AtomicUsize);

    #[async_trait]
    impl Own for Asked {
        async fn document(&self, _: &str) -> Ours {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ours::Missing
        }
    }

    /// A badge must not make this server ask the whole world.
    #[tokio::test]
    async fn what_a_badge_names_is_read_up_to_a_number() {
        let address = |number: usize| format!("https://badges.example.test/{number}");
        let entry = |number: usize| {
            json!({
                "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "1",
                "statusListCredential": address(number),
            })
        };
        let schema = |number: usize| json!({"id": address(number), "type": "1EdTechJsonSchemaValidator2019"});
        let entries: Vec<Value> = (0..8).map(entry).collect();
        let schemas: Vec<Value> = (100..104).map(schema).collect();
        let badge = json!({
            "type": ["VerifiableCredential"], "credentialStatus": entries, "credentialSchema": schemas,
        });
        let badge = badge.to_string();
        crate::secrets::install_tls();
        let (own, fetcher) = (Asked::default(), Fetcher::public().unwrap());
        let examined = examine(badge.into(), &own, &fetcher, &Clock::system(), None).await.unwrap();
        assert_eq!(own.0.load(Ordering::SeqCst), MOST_DOCUMENTS);
        let many = Message::new("fetch-many");
        assert!(examined.unread.iter().any(|(_, why)| *why == many), "{:?}", examined.unread);
    }
}
