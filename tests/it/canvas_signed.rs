//! Canvas with signed payloads, through HTTP: the key set is fetched, kept, and fetched anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use accolade::app::Role;
use accolade::demo::sandbox::ROOT_ACCOUNT;
use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::app::{Site, Way, credentials};

const JWKS: &str = include_str!("../../connectors/canvas/fixtures/test_only_jwks.json");
const KEY: &str = include_str!("../../connectors/canvas/fixtures/test_only_private_key.pem");

/// A compact JWT, RS256.
fn signed(kid: &str, claims: &Value) -> String {
    let der: String = KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    let pair = RsaKeyPair::from_pkcs8(&BASE64_STANDARD.decode(der).unwrap()).unwrap();
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&json!({"alg": "RS256", "kid": kid})), part(claims));
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn claims() -> Value {
    json!({
        "metadata": {
            "event_name": "grade_change", "event_time": "2026-11-20T09:15:02.300Z", "context_type": "Course",
            "context_id": "11070000000000565", "root_account_uuid": ROOT_ACCOUNT,
            "root_account_id": "11070000000000001", "request_id": "request-1", "user_id": "11070000000000021",
        },
        "body": {
            "assignment_id": "11070000000000355", "grade": "17.5", "score": 17.5, "points_possible": 20,
            "grading_complete": true, "muted": false, "user_id": "11070000000000048",
            "student_id": "11070000000000048", "submission_id": "11070000000011048",
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_event_awards_once_its_key_can_be_fetched_and_a_forged_one_never() {
    let hits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&hits);
    let router = Router::new().fallback(get(async move || match counted.fetch_add(1, Ordering::SeqCst) {
        0 => StatusCode::BAD_GATEWAY.into_response(),
        _ => JWKS.into_response(),
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    let kid = serde_json::from_str::<Value>(JWKS).unwrap()["keys"][0]["kid"].as_str().unwrap().to_owned();

    let site = Site::new(Way::Embedded, None).await.unwrap();
    let set_up = |settings: &mut accolade::config::Settings| {
        let canvas = &mut settings.sources.get_mut("canvas").unwrap().table;
        canvas.remove("path_secret");
        canvas.insert("signed".to_owned(), json!(true));
        canvas.insert("jwks_url".to_owned(), json!(url));
    };
    // The key set is fetched when the process starts, and that fails here.
    let process = site.start_with(&Role::ALL, set_up).await;
    while hits.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let (status, answer) = process.post("canvas", &[], signed(&kid, &claims())).await;
    assert_eq!(status, 503, "Canvas shall send it again: {answer}");
    process.stop().await;

    let process = site.start_with(&Role::ALL, set_up).await;
    while hits.load(Ordering::SeqCst) < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let forged = signed(&kid, &claims()).replace(".ey", ".eY");
    assert_eq!(process.post("canvas", &[], forged).await.0, 401);
    // The set was fetched before this event came, so its key may be a new one.
    let request = reqwest::Client::new().post(format!("{}/hooks/canvas", process.url));
    let early = request.body(signed("another key", &claims())).send().await.unwrap();
    assert_eq!(early.status(), 503);
    assert!(early.headers().contains_key("retry-after"));
    assert_eq!(hits.load(Ordering::SeqCst), 2, "one that may be forged fetches nothing yet");
    let (status, answer) = process.post("canvas", &[], signed(&kid, &claims())).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(credentials(&process.settled().await).len(), 1);
    process.stop().await;
    site.end().await;
}
