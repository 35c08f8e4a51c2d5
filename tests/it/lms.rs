//! The client for confirmations against a server that misbehaves as told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use accolade::clock::Clock;
use accolade::lms::{Client, KeySets, Limits};
use accolade::secrets;
use accolade::telemetry::Metrics;
use accolade_connectors::{ApiError, Call, Http as _, Secret};
use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use tokio::net::TcpListener;
use url::Url;

/// A server with some answers, and a count of the requests that reached it.
struct Lms {
    url: Url,
    hits: Arc<AtomicUsize>,
}

impl Lms {
    async fn start<A, F>(answer: A) -> Self
    where
        A: Fn(usize) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response> + Send + 'static,
    {
        let hits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&hits);
        let router = Router::new().fallback(get(move || answer(counted.fetch_add(1, Ordering::SeqCst))));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, hits }
    }

    fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    fn call(&self) -> Call {
        Call::get("Test call", self.url.clone())
    }
}

fn client(limits: Limits) -> Client {
    secrets::install_tls();
    Client::new("test", Client::http().unwrap(), limits, Clock::system(), Arc::new(Metrics::new()))
}

const LIMITS: Limits = Limits { concurrency: 4, time: Duration::from_secs(5) };

#[tokio::test]
async fn a_429_is_told_and_the_lms_is_left_alone_as_long_as_it_asks() {
    let lms = Lms::start(|_| async {
        (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "7")], "slow down").into_response()
    })
    .await;
    let client = client(LIMITS);
    let error = client.send(lms.call()).await.unwrap_err();
    assert!(
        matches!(error, ApiError::RateLimited { retry_after: Some(wait), .. } if wait.as_secs() == 7),
        "{error:?}"
    );
    let error = client.send(lms.call()).await.unwrap_err();
    assert!(
        matches!(error, ApiError::Unavailable { retry_after: Some(wait), .. } if wait.as_secs() <= 7),
        "{error:?}"
    );
    assert_eq!(lms.hits(), 1, "the second call did not go out");
}

#[tokio::test]
async fn failures_in_a_row_open_the_circuit_of_this_source_only() {
    let broken = Lms::start(|_| async { StatusCode::BAD_GATEWAY.into_response() }).await;
    let first = client(LIMITS);
    for _ in 0..20 {
        let error = first.send(broken.call()).await.unwrap_err();
        assert!(matches!(error, ApiError::Unavailable { .. }), "{error:?}");
    }
    assert_eq!(broken.hits(), 5);
    let second = client(LIMITS);
    second.send(broken.call()).await.unwrap_err();
    assert_eq!(broken.hits(), 6, "another source is not held back");
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_given_up() {
    let silent = Lms::start(|_| async {
        tokio::time::sleep(Duration::from_mins(1)).await;
        StatusCode::OK.into_response()
    })
    .await;
    let client = client(Limits { time: Duration::from_millis(300), ..LIMITS });
    let error = client.send(silent.call()).await.unwrap_err();
    assert!(error.to_string().contains("no answer within"), "{error}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"half\":").await;
        }
    });
    let error = client(LIMITS).send(Call::get("Test call", url)).await.unwrap_err();
    assert!(error.to_string().contains("broke off"), "{error}");
}

#[tokio::test]
async fn an_answer_is_used_again_for_its_time_unless_asked_anew() {
    let lms = Lms::start(|hit| async move { hit.to_string().into_response() }).await;
    let client = client(LIMITS);
    let body = async |call: Call| String::from_utf8(client.send(call).await.unwrap().body).unwrap();
    let cached = || lms.call().cached(Duration::from_mins(1));
    assert_eq!(body(cached()).await, "0");
    assert_eq!(body(cached()).await, "0");
    assert_eq!(body(lms.call()).await, "1", "a call that allows no reuse goes out");
    assert_eq!(body(Call { refresh: true, ..cached() }).await, "2");
    assert_eq!(body(cached()).await, "2", "and its answer is kept");
    assert_eq!(body(cached().header(header::AUTHORIZATION, "other")).await, "3", "not for another token");
}

#[tokio::test]
async fn an_error_is_not_used_again() {
    let lms =
        Lms::start(
            async |hit| {
                if hit == 0 { StatusCode::NOT_FOUND.into_response() } else { "found".into_response() }
            },
        )
        .await;
    let client = client(LIMITS);
    assert_eq!(client.send(lms.call().cached(Duration::from_mins(1))).await.unwrap().status, 404);
    assert_eq!(client.send(lms.call().cached(Duration::from_mins(1))).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_mend_is_named() {
    let lms = Lms::start(|_| async {
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, "https://lms.example.edu/moodle/?token=secret".parse().unwrap());
        (StatusCode::MOVED_PERMANENTLY, headers).into_response()
    })
    .await;
    let error = client(LIMITS).send(lms.call()).await.unwrap_err().to_string();
    assert!(error.contains("https://lms.example.edu/moodle/") && error.contains("`site`"), "{error}");
    assert!(!error.contains("secret"), "{error}");
    assert_eq!(lms.hits(), 1);
}

#[tokio::test]
async fn no_more_calls_at_a_time_than_allowed() {
    static NOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let lms = Lms::start(|_| async {
        let now = NOW.fetch_add(1, Ordering::SeqCst) + 1;
        MOST.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(50)).await;
        NOW.fetch_sub(1, Ordering::SeqCst);
        StatusCode::OK.into_response()
    })
    .await;
    let client = client(Limits { concurrency: 3, ..LIMITS });
    let calls = (0..12).map(|_| client.send(lms.call()));
    for answer in futures_util::future::join_all(calls).await {
        answer.unwrap();
    }
    assert_eq!((lms.hits(), MOST.load(Ordering::SeqCst)), (12, 3));
}

#[tokio::test]
async fn a_secret_that_no_header_can_carry_is_not_shown() {
    let lms = Lms::start(|_| async { StatusCode::OK.into_response() }).await;
    let error = client(LIMITS).send(lms.call().header(header::AUTHORIZATION, "hunter2\n")).await.unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    assert_eq!(lms.hits(), 0);
}

#[tokio::test]
async fn calls_that_wait_for_their_turn_do_not_go_out_into_a_pause() {
    let lms = Lms::start(|_| async { StatusCode::TOO_MANY_REQUESTS.into_response() }).await;
    let client = client(Limits { concurrency: 1, ..LIMITS });
    let calls = (0..10).map(|_| client.send(lms.call()));
    for answer in futures_util::future::join_all(calls).await {
        answer.unwrap_err();
    }
    assert_eq!(lms.hits(), 1);
}

#[tokio::test]
async fn a_5xx_carries_the_wait_that_it_asks_for() {
    for (said, wait) in [("9", Some(Duration::from_secs(9))), ("soon", None), ("-1", None), ("1e300", None)] {
        let lms = Lms::start(move |_| async move {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, said)]).into_response()
        })
        .await;
        let error = client(LIMITS).send(lms.call()).await.unwrap_err();
        assert!(
            matches!(&error, ApiError::Unavailable { retry_after, .. } if *retry_after == wait),
            "{said}: {error:?}"
        );
    }
}

#[tokio::test]
async fn calls_go_out_slowly_while_the_limit_is_nearly_used_up() {
    let remaining = |hit| if hit < 3 { "2.5" } else { "690" };
    let lms =
        Lms::start(move |hit| async move { [("x-rate-limit-remaining", remaining(hit))].into_response() })
            .await;
    let client = client(LIMITS);
    let started = std::time::Instant::now();
    for _ in 0..4 {
        client.send(lms.call()).await.unwrap();
    }
    let slow = started.elapsed();
    assert!(slow >= Duration::from_millis(1_900), "one a second: {slow:?}");
    for _ in 0..10 {
        client.send(lms.call()).await.unwrap();
    }
    assert!(
        started.elapsed().saturating_sub(slow) < Duration::from_secs(5),
        "and fast again when there is room"
    );
}

#[tokio::test]
async fn a_limit_that_is_told_counts_instead_of_the_usual_one() {
    let lms = Lms::start(|_| async {
        [("x-rate-limit-remaining", "30"), ("x-rate-limit-limit", "100")].into_response()
    })
    .await;
    let client = client(LIMITS);
    let started = std::time::Instant::now();
    for _ in 0..10 {
        client.send(lms.call()).await.unwrap();
    }
    assert!(started.elapsed() < Duration::from_secs(5), "30 of 100 is plenty");
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    let lms = Lms::start(|_| async {
        let chunk = axum::body::Bytes::from(vec![b' '; 1 << 20]);
        let chunks = futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
        axum::body::Body::from_stream(chunks).into_response()
    })
    .await;
    let limits = Limits { time: Duration::from_mins(1), ..LIMITS };
    let error = client(limits).send(lms.call()).await.unwrap_err().to_string();
    assert!(error.contains("larger than 64 MiB"), "{error}");
}

#[tokio::test]
async fn a_form_arrives_as_it_was_meant() {
    let router = Router::new().fallback(any(async |headers: HeaderMap, body: String| {
        format!("{} {body}", headers[header::CONTENT_TYPE].to_str().unwrap())
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(axum::serve(listener, router).into_future());
    let form = vec![("a".to_owned(), "1&b=2 ä".into()), ("values[0]".to_owned(), "x".into())];
    let answer = client(LIMITS).send(Call::post_form("Test call", url, form)).await.unwrap();
    assert_eq!(
        String::from_utf8(answer.body).unwrap(),
        "application/x-www-form-urlencoded a=1%26b%3D2+%C3%A4&values%5B0%5D=x"
    );
}

/// Its words would stand in logs, in reasons, and in what commands print.
#[tokio::test]
async fn an_lms_that_repeats_a_token_does_not_have_it_repeated_by_us() {
    let router = Router::new().fallback(any(async |headers: HeaderMap, body: String| {
        let told = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
        (StatusCode::FORBIDDEN, [(header::WWW_AUTHENTICATE, body.clone())], format!("{told:?} {body}"))
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(axum::serve(listener, router).into_future());
    let form = vec![
        ("wstoken".to_owned(), Secret::from("a-token-in-a-form").into()),
        ("wsfunction".to_owned(), "core_enrol_get_users_courses".into()),
    ];
    let call =
        Call::post_form("Test call", url, form).header(header::AUTHORIZATION, "Bearer a-token-in-a-header");
    let answer = client(LIMITS).send(call).await.unwrap();
    let kept = "wstoken=[secret]&wsfunction=core_enrol_get_users_courses";
    assert_eq!(answer.headers[header::WWW_AUTHENTICATE], kept);
    assert_eq!(String::from_utf8(answer.body).unwrap(), format!("Some(\"Bearer [secret]\") {kept}"));
}

#[tokio::test]
async fn a_call_that_is_given_up_frees_its_place() {
    let lms = Lms::start(async |hit| {
        if hit == 0 {
            std::future::pending::<()>().await;
        }
        StatusCode::OK.into_response()
    })
    .await;
    let client = client(Limits { concurrency: 1, ..LIMITS });
    tokio::select! {
        answer = client.send(lms.call()) => panic!("{answer:?}"),
        () = async { while lms.hits() == 0 { tokio::task::yield_now().await } } => {}
    }
    assert_eq!(client.send(lms.call()).await.unwrap().status, 200);
}

#[tokio::test]
async fn unknown_keys_cause_no_flood_of_fetches() {
    let jwks = r#"{"keys":[{"kty":"RSA","kid":"2026-11","use":"sig","alg":"RS256","n":"AQAB","e":"AQAB"}]}"#;
    let lms = Lms::start(move |_| async move { jwks.into_response() }).await;
    secrets::install_tls();
    let sets = KeySets::new(Client::http().unwrap());
    assert!(sets.get(&lms.url).await.unwrap().has("2026-11"));
    for _ in 0..50 {
        let renewed = sets.renew(&lms.url, tokio::time::Instant::now()).await;
        assert!(!renewed.since && renewed.keys.unwrap().has("2026-11"));
        sets.get(&lms.url).await;
    }
    assert_eq!(lms.hits(), 1);
}
