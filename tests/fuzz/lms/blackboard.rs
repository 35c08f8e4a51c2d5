//! Blackboard: Caliper events, answers of the REST API.

use std::sync::LazyLock;

use accolade_connectors::{Connector, Rejection, Signal, blackboard};
use chrono::{DateTime, Utc};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use serde_json::json;

use super::answers::About;
use super::requests::{holds, read, untold};
use crate::input::Message;

const SITE: &str = "https://learn.example.test";
const KEY: &str = "an-event-store-key";
const SECRETS: [&str; 2] = [KEY, "an-application-secret"];

static SOURCE: LazyLock<Box<dyn Connector>> = LazyLock::new(|| {
    let table = json!({
        "site": SITE, "application_key": "app-key", "application_secret": SECRETS[1], "event_key": KEY,
    });
    blackboard::build(table).unwrap()
});

fn now() -> DateTime<Utc> {
    "2026-11-20T10:01:00Z".parse().unwrap()
}

/// A transmission: as it is, which lets nobody in without the key, and with the key.
pub(crate) fn receive(data: &[u8]) {
    let message = Message::read(data);
    let bare = read(&**SOURCE, "", &message.headers, message.body, (now(), None, &SECRETS));
    let in_header = message.headers.values().any(|value| holds(value.as_bytes(), &[KEY]));
    assert!(in_header || matches!(bare, Err(Rejection::BadSignature(_))), "somebody got in");
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_static(KEY));
    let read = read(&**SOURCE, "", &headers, message.body, (now(), None, &SECRETS));
    assert!(!matches!(read, Err(Rejection::BadSignature(_))), "the key is taken");
}

/// What the API is asked about.
static SIGNALS: LazyLock<Vec<Signal>> = LazyLock::new(|| {
    let events = include_bytes!("../../../connectors/blackboard/fixtures/events.json");
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_static(KEY));
    let read = read(&**SOURCE, "", &headers, events, (now(), None, &[])).expect("a seed is read");
    assert!(!read.signals.is_empty());
    read.signals
});

/// Answers of the REST API.
pub(crate) fn confirm(data: &[u8]) {
    let about = About {
        source: &**SOURCE,
        site: SITE,
        signals: &SIGNALS,
        course: "_3_1",
        secrets: &untold(data, &SECRETS),
        now: now(),
    };
    about.talk(data);
}
