//! Moodle: requests of its three plugins, answers of its web services.

use std::sync::LazyLock;

use accolade_connectors::{Connector, Rejection, Signal, moodle};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::answers::About;
use super::requests::{escaped, holds, read, untold};
use crate::input::Message;

const SITE: &str = "http://127.0.0.1:18000";
const WS_TOKEN: &str = "wst0ken";
/// As in the recorded requests.
const TOKEN: &str = "s3cr3t-shared-token";
const SECRETS: [&str; 3] = [TOKEN, WS_TOKEN, "lrssecret"];
/// What lets somebody in, as it is written; of HTTP Basic in base64.
const KEYS: [&str; 3] = [TOKEN, "s3cr3t", "bHJza2V5Omxyc3NlY3JldA"];

static SOURCE: LazyLock<Box<dyn Connector>> = LazyLock::new(|| {
    let table = json!({
        "site": SITE, "ws_token": WS_TOKEN, "token": TOKEN, "trigger_token": [TOKEN, "s3cr3t"],
        "xapi": {"username": "lrskey", "password": "lrssecret"},
    });
    moodle::build(table).unwrap()
});

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_424_000, 0).unwrap()
}

/// A request. Nobody gets in without a secret of the source.
pub(crate) fn receive(data: &[u8]) {
    let message = Message::read(data);
    let path = if message.first.windows(11).any(|part| part == b"/statements") { "/statements" } else { "" };
    let read = read(&**SOURCE, path, &message.headers, message.body, (now(), None, &SECRETS));
    let kept = match &read {
        Ok(receipt) => Some(&receipt.body),
        Err(Rejection::Malformed { body, .. }) => body.as_ref(),
        Err(_) => None,
    };
    if let Some(kept) = kept {
        assert!(holds(data, &KEYS) || escaped(data), "somebody got in");
        // The token is taken out of the body in which it came, once.
        let times = |text: &[u8]| text.windows(TOKEN.len()).filter(|part| *part == TOKEN.as_bytes()).count();
        let in_header = message.headers.values().any(|value| holds(value.as_bytes(), &KEYS));
        assert!(in_header || escaped(data) || times(kept) < times(message.body), "the token is recorded");
    }
}

/// What the API is asked about.
static SIGNALS: LazyLock<Vec<Signal>> = LazyLock::new(|| {
    let event = |name: &str, more: serde_json::Value| {
        let mut event = json!({
            "eventname": name, "courseid": "2", "relateduserid": "4", "userid": "4", "objectid": "7",
            "contextinstanceid": "3", "timecreated": 1_795_423_067, "host": "127.0.0.1", "token": TOKEN,
        });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let events = [
        event("\\core\\event\\user_graded", json!({"other": {"itemid": "4", "finalgrade": "80.00000"}})),
        event("\\core\\event\\course_completed", json!({})),
        event("\\core\\event\\course_module_completion_updated", json!({"other": {"completionstate": 2}})),
        event("\\mod_quiz\\event\\attempt_submitted", json!({"other": {"quizid": "1"}})),
        event("\\core\\event\\competency_user_competency_rated_in_course", json!({"other": {"grade": 2}})),
    ];
    let headers = http::HeaderMap::new();
    let signals = events.iter().flat_map(|event| {
        let body = event.to_string();
        let read = read(&**SOURCE, "", &headers, body.as_bytes(), (now(), None, &[]));
        read.expect("a seed is read").signals
    });
    let signals: Vec<Signal> = signals.collect();
    assert!(signals.len() > 2, "{signals:?}");
    signals
});

/// Answers of the web services.
pub(crate) fn confirm(data: &[u8]) {
    let about = About {
        source: &**SOURCE,
        site: SITE,
        signals: &SIGNALS,
        course: "2",
        secrets: &untold(data, &SECRETS),
        now: now(),
    };
    about.talk(data);
}
