//! Key sets that LMSs publish: fetched, kept, and fetched anew when a key is unknown.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use accolade_connectors::KeySet;
use tokio::time::Instant;
use url::Url;

/// How long a key set is used without asking again: keys rotate monthly.
const FRESH: Duration = Duration::from_hours(1);
/// The shortest time between two fetches: unknown keys in forged requests cause no flood.
const COOL_DOWN: Duration = Duration::from_secs(30);
/// The largest key set that is read.
const LARGEST: usize = 1 << 20;

/// The key sets of all sources.
#[derive(Debug)]
pub struct KeySets {
    http: reqwest::Client,
    held: Mutex<HashMap<Url, Held>>,
    /// One fetch of a set at a time; requests beside it wait for what it brings.
    turns: Mutex<HashMap<Url, Arc<tokio::sync::Mutex<()>>>>,
}

#[derive(Debug, Clone)]
struct Held {
    keys: Option<Arc<KeySet>>,
    fetched: Instant,
}

impl KeySets {
    /// No key sets yet.
    pub fn new(http: reqwest::Client) -> Self {
        Self { http, held: Mutex::default(), turns: Mutex::default() }
    }

    /// The key set at `url`; fetched if there is none or it is old. If that fails the old one
    /// still serves.
    pub async fn get(&self, url: &Url) -> Option<Arc<KeySet>> {
        let held = self.lock().get(url).cloned();
        match held {
            Some(held) if held.fetched.elapsed() < FRESH && held.keys.is_some() => held.keys,
            _ => self.fetch(url).await,
        }
    }

    /// Fetches the key set anew, unless that was done a moment ago. A request that comes while
    /// another one fetches waits: the key that it needs may be on its way, and a refusal now
    /// would lose what it tells.
    pub async fn fetch(&self, url: &Url) -> Option<Arc<KeySet>> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(url.clone()).or_default())
        };
        let _turn = turn.lock().await;
        let old = self.lock().get(url).cloned();
        if let Some(held) = &old
            && held.fetched.elapsed() < COOL_DOWN
        {
            return held.keys.clone();
        }
        let keys = match self.read(url).await {
            Ok(keys) => Some(Arc::new(keys)),
            Err(error) => {
                tracing::warn!(%url, error, "the key set cannot be fetched; signed deliveries wait for it");
                old.and_then(|held| held.keys)
            }
        };
        self.lock().insert(url.clone(), Held { keys: keys.clone(), fetched: Instant::now() });
        keys
    }

    async fn read(&self, url: &Url) -> Result<KeySet, String> {
        let request = self.http.get(url.clone()).timeout(Duration::from_secs(10));
        let mut response = request
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(|error| error.to_string())?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| error.to_string())? {
            if body.len() + chunk.len() > LARGEST {
                return Err("the key set is too large".to_owned());
            }
            body.extend_from_slice(&chunk);
        }
        KeySet::parse(&body)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Url, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn requests_beside_a_fetch_get_what_it_brings() {
        crate::secrets::install_tls();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}/jwks", listener.local_addr().unwrap()).parse().unwrap();
        let fetches = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&fetches);
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let _ = stream.read(&mut [0; 4096]).await;
                tokio::time::sleep(Duration::from_millis(300)).await;
                let body = r#"{"keys":[{"kty":"RSA","kid":"new","n":"AQAB","e":"AQAB"}]}"#;
                let head =
                    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            }
        });
        let sets = KeySets::new(crate::lms::Client::http().unwrap());
        let (one, two) = tokio::join!(sets.fetch(&url), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            sets.fetch(&url).await
        });
        assert!(one.is_some_and(|keys| keys.has("new")));
        assert!(two.is_some_and(|keys| keys.has("new")));
        assert_eq!(fetches.load(Ordering::Relaxed), 1);
        server.abort();
    }
}
