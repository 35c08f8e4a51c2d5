use std::sync::atomic::{AtomicUsize, Ordering};

use accolade_connectors::{ApiError, Asked, Confirmation, Http, Signal};
use async_trait::async_trait;
use axum::response::IntoResponse as _;
use axum::routing::get;
use url::Url;

use super::*;

/// A source whose requests are signed with the key `wanted`.
#[derive(Debug)]
struct Signed(Url);

#[async_trait]
impl Connector for Signed {
    fn receive(&self, request: &Request<'_>) -> Result<Receipt, Rejection> {
        if request.keys.is_some_and(|keys| keys.has("wanted")) {
            return Ok(Receipt {
                signals: Vec::new(),
                ignored: Vec::new(),
                body: Vec::new(),
                reply: Reply::Standard,
            });
        }
        Err(Rejection::UnknownKey { kid: "wanted".to_owned() })
    }

    fn key_set_url(&self) -> Option<&Url> {
        Some(&self.0)
    }

    async fn confirm(
        &self,
        _: &[Signal],
        _: &Asked,
        _: &dyn Http,
        _: DateTime<Utc>,
    ) -> Result<Vec<Confirmation>, ApiError> {
        Ok(Vec::new())
    }

    async fn probe(&self, _: &dyn Http) -> Result<Vec<String>, ApiError> {
        Ok(Vec::new())
    }
}

/// A server that publishes each of these key sets in turn, the last one for ever; and how often
/// it was asked.
async fn publisher(kids: &'static [Option<&'static str>]) -> (Signed, Arc<AtomicUsize>) {
    crate::secrets::install_tls();
    let hits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&hits);
    let router = Router::new().fallback(get(async move || {
        let hit = counted.fetch_add(1, Ordering::SeqCst);
        match kids[hit.min(kids.len() - 1)] {
            Some(kid) => {
                format!(r#"{{"keys":[{{"kty":"RSA","kid":"{kid}","n":"AQAB","e":"AQAB"}}]}}"#).into_response()
            }
            None => StatusCode::BAD_GATEWAY.into_response(),
        }
    }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(axum::serve(listener, router).into_future());
    (Signed(url), hits)
}

fn sets() -> KeySets {
    KeySets::new(crate::lms::Client::http().unwrap())
}

async fn send(sets: &KeySets, source: &Signed) -> Result<Receipt, Unread> {
    let headers = HeaderMap::new();
    let received_at = DateTime::UNIX_EPOCH;
    read(sets, source, Request { path: "", headers: &headers, body: b"", received_at, keys: None }).await
}

#[tokio::test]
async fn a_key_is_refused_only_once_a_set_fetched_since_lacks_it() {
    let (source, hits) = publisher(&[Some("other"), Some("wanted")]).await;
    let sets = sets();
    let first = send(&sets, &source).await;
    assert!(matches!(first, Err(Unread::Rejected(Rejection::UnknownKey { .. }))), "{first:?}");
    // Meanwhile it may have been published; the set must not be fetched yet again so soon.
    for _ in 0..20 {
        let again = send(&sets, &source).await;
        assert!(matches!(again, Err(Unread::Keys)), "the sender shall come again: {again:?}");
    }
    assert_eq!(hits.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_key_that_was_published_after_the_last_fetch_is_no_forgery() {
    let (source, hits) = publisher(&[Some("other"), Some("wanted")]).await;
    let sets = sets();
    sets.get(&source.0).await.unwrap();
    let early = send(&sets, &source).await;
    assert!(matches!(early, Err(Unread::Keys)), "{early:?}");
    assert_eq!(hits.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn without_keys_nothing_is_refused() {
    let (source, _) = publisher(&[None]).await;
    let unread = send(&sets(), &source).await;
    assert!(matches!(unread, Err(Unread::Keys)), "{unread:?}");
}

#[tokio::test]
async fn a_published_key_is_known_at_once() {
    let (source, hits) = publisher(&[Some("wanted")]).await;
    let sets = sets();
    for _ in 0..3 {
        send(&sets, &source).await.unwrap();
    }
    assert_eq!(hits.load(Ordering::SeqCst), 1);
}

/// What nobody vouches for begins no line of a log, steers no terminal, and fills no table.
#[test]
fn what_a_refusal_quotes_is_short_and_on_one_line() {
    assert_eq!(quoted("no key “a\r\nWARN b\u{1b}[2J”"), "no key “a\u{fffd}\u{fffd}WARN b\u{fffd}[2J”");
    assert_eq!(quoted(&"ä".repeat(QUOTED)), "ä".repeat(QUOTED));
    let long = quoted(&"ä".repeat(2_000_000));
    assert!(long.chars().count() == QUOTED + 1 && long.ends_with('…'), "{}", long.len());
}
