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
    /// When the fetch that brought `keys` began.
    asked: Option<Instant>,
    /// When the last fetch ended, whether or not it brought keys.
    tried: Instant,
}

/// A key set that was looked at again for a key that it lacked.
#[derive(Debug)]
pub struct Renewed {
    /// The set, if there is any.
    pub keys: Option<Arc<KeySet>>,
    /// Whether it was asked for since. Then a key that is not in it is in no other; before, it may
    /// be as new as the request that it signs.
    pub since: bool,
}

impl KeySets {
    /// No key sets yet.
    pub fn new(http: reqwest::Client) -> Self {
        Self { http, held: Mutex::default(), turns: Mutex::default() }
    }

    /// The key set at `url`; fetched if there is none or it is old. If that fails the old one
    /// still serves.
    pub async fn get(&self, url: &Url) -> Option<Arc<KeySet>> {
        match self.held(url) {
            Some(Held { keys: Some(keys), asked: Some(asked), .. }) if asked.elapsed() < FRESH => Some(keys),
            _ => self.fetch(url).await,
        }
    }

    /// The key set as it is after `since`, when a key was needed that was not in it: fetched anew,
    /// unless that was done a moment ago. Who comes while another fetches waits: the key may be on
    /// its way.
    pub async fn renew(&self, url: &Url, since: Instant) -> Renewed {
        let keys = self.fetch(url).await;
        let asked = self.held(url).and_then(|held| held.asked);
        Renewed { keys, since: asked.is_some_and(|asked| asked >= since) }
    }

    async fn fetch(&self, url: &Url) -> Option<Arc<KeySet>> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(url.clone()).or_default())
        };
        let _turn = turn.lock().await;
        let old = self.held(url);
        if let Some(held) = &old
            && held.tried.elapsed() < COOL_DOWN
        {
            return held.keys.clone();
        }
        let asked = Instant::now();
        let (keys, asked) = match self.read(url).await {
            Ok(keys) => (Some(Arc::new(keys)), Some(asked)),
            Err(error) => {
                tracing::warn!(%url, error, "the key set cannot be fetched; signed deliveries wait for it");
                old.map_or((None, None), |held| (held.keys, held.asked))
            }
        };
        self.lock().insert(url.clone(), Held { keys: keys.clone(), asked, tried: Instant::now() });
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

    fn held(&self, url: &Url) -> Option<Held> {
        self.lock().get(url).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Url, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// A server that publishes the key `old`, and from the third request on `new`; slowly, and
    /// not at all when `away`.
    struct Server {
        url: Url,
        fetches: Arc<AtomicUsize>,
        away: Arc<AtomicBool>,
        task: tokio::task::JoinHandle<()>,
    }

    impl Server {
        async fn start() -> Self {
            crate::secrets::install_tls();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/jwks", listener.local_addr().unwrap()).parse().unwrap();
            let (fetches, away) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
            let (counted, broken) = (Arc::clone(&fetches), Arc::clone(&away));
            let task = tokio::spawn(async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let fetch = counted.fetch_add(1, Ordering::SeqCst);
                    let _ = stream.read(&mut [0; 4096]).await;
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    if broken.load(Ordering::SeqCst) {
                        continue;
                    }
                    let kid = if fetch < 2 { "old" } else { "new" };
                    let body = format!(r#"{{"keys":[{{"kty":"RSA","kid":"{kid}","n":"AQAB","e":"AQAB"}}]}}"#);
                    let head = format!(
                        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                        body.len()
                    );
                    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
                }
            });
            Self { url, fetches, away, task }
        }

        fn fetches(&self) -> usize {
            self.fetches.load(Ordering::SeqCst)
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            self.task.abort();
        }
    }

    fn sets() -> KeySets {
        KeySets::new(crate::lms::Client::http().unwrap())
    }

    /// As if all that was fetched had been fetched that much earlier.
    fn age(sets: &KeySets, by: Duration) {
        for held in sets.lock().values_mut() {
            held.tried = held.tried.checked_sub(by).unwrap();
            held.asked = held.asked.map(|asked| asked.checked_sub(by).unwrap());
        }
    }

    #[tokio::test]
    async fn requests_beside_a_fetch_get_what_it_brings() {
        let (server, sets) = (Server::start().await, sets());
        let since = Instant::now();
        let (one, two) = tokio::join!(sets.renew(&server.url, since), async {
            while server.fetches() == 0 {
                tokio::task::yield_now().await;
            }
            sets.renew(&server.url, Instant::now()).await
        });
        assert!(one.keys.is_some_and(|keys| keys.has("old")));
        assert!(two.keys.is_some_and(|keys| keys.has("old")));
        assert!(one.since, "what it lacks does not exist");
        assert!(!two.since, "it may have been answered before that request's key was published");
        assert_eq!(server.fetches(), 1);
    }

    #[tokio::test]
    async fn what_a_set_lacks_is_certain_only_once_it_was_fetched_anew() {
        let (server, sets) = (Server::start().await, sets());
        assert!(sets.get(&server.url).await.unwrap().has("old"));
        let renew = async || sets.renew(&server.url, Instant::now()).await;
        for _ in 0..5 {
            let early = renew().await;
            assert!(early.keys.unwrap().has("old") && !early.since);
        }
        assert_eq!(server.fetches(), 1, "no flood");
        age(&sets, COOL_DOWN);
        let renewed = renew().await;
        assert!(renewed.keys.unwrap().has("old") && renewed.since);
        age(&sets, COOL_DOWN);
        let renewed = renew().await;
        assert!(renewed.keys.unwrap().has("new") && renewed.since, "it is published at last");
        assert_eq!(server.fetches(), 3);
    }

    #[tokio::test]
    async fn a_fetch_that_fails_proves_nothing_and_the_old_set_serves() {
        let (server, sets) = (Server::start().await, sets());
        sets.get(&server.url).await.unwrap();
        server.away.store(true, Ordering::SeqCst);
        age(&sets, FRESH);
        assert!(sets.get(&server.url).await.unwrap().has("old"));
        assert_eq!(server.fetches(), 2, "an old set is fetched anew");
        sets.get(&server.url).await.unwrap();
        let renewed = sets.renew(&server.url, Instant::now()).await;
        assert!(renewed.keys.is_some_and(|keys| keys.has("old")) && !renewed.since);
        assert_eq!(server.fetches(), 2, "nor does a failure cause a flood");
        age(&sets, COOL_DOWN);
        let renewed = sets.renew(&server.url, Instant::now()).await;
        assert!(renewed.keys.is_some_and(|keys| keys.has("old")) && !renewed.since);
        assert_eq!(server.fetches(), 3);
    }
}
