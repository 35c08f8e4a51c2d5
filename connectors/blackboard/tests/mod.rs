//! The connector as a whole: events in, and the gradebook asked through recorded answers.

#![allow(clippy::needless_pass_by_value, reason = "calls with json!(…) read better")]

mod attempts;
mod confirm;
mod faults;
mod gradebook;
mod lists;
mod random;
mod receive;

use crate::{
    Answer, ApiError, Asked, Assessment, AssessmentKind, Body, Call, Confirmation, Connector, Http, Outcome,
    Receipt, Rejection, Release, Request, Signal, Withheld,
};
use chrono::{DateTime, Utc};
use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

const EVENTS: &str = include_str!("../fixtures/events.json");
const COLUMN: &str = include_str!("../fixtures/column.json");
const GRADE: &str = include_str!("../fixtures/grade.json");
const ATTEMPT: &str = include_str!("../fixtures/attempt.json");
const USER: &str = include_str!("../fixtures/user.json");
const COURSE: &str = include_str!("../fixtures/course.json");
const MEMBERSHIP: &str = include_str!("../fixtures/membership.json");
const ERROR: &str = include_str!("../fixtures/error.json");
const KEY: &str = "an-event-store-key";
const SECRET: &str = "an-application-secret";

fn settings() -> Value {
    json!({
        "site": "https://learn.example.test", "application_key": "app-key", "application_secret": SECRET,
        "event_key": [KEY, "the-old-key"],
    })
}

fn source() -> Box<dyn Connector> {
    super::build(settings()).unwrap()
}

fn now() -> DateTime<Utc> {
    "2026-11-20T10:01:00Z".parse().unwrap()
}

fn receive(authorization: Option<&str>, body: &[u8]) -> Result<Receipt, Rejection> {
    let mut headers = HeaderMap::new();
    if let Some(authorization) = authorization {
        headers.insert("authorization", authorization.parse().unwrap());
    }
    source().receive(&Request { path: "", headers: &headers, body, received_at: now(), keys: None })
}

/// Answers by path and query, without the public API's own beginning; anything else is a 404, and
/// memberships are a 403: not for us to see.
#[derive(Default)]
struct Site {
    answers: BTreeMap<String, Vec<(u16, String)>>,
    headers: HeaderMap,
    calls: Mutex<Vec<Call>>,
}

const TOKEN: &str = "v1/oauth2/token";
const GRADEBOOK: &str = "v2/courses/_3_1/gradebook/columns/_702_1";

impl Site {
    /// Ines in WS101, with an attempt that is graded and posted.
    fn new() -> Self {
        Self::default()
            .with(TOKEN, 200, json!({"access_token": "token-1", "token_type": "bearer", "expires_in": 3599}))
            .with(GRADEBOOK, 200, COLUMN)
            .with(&format!("{GRADEBOOK}/users/_12_1"), 200, GRADE)
            .with(&format!("{GRADEBOOK}/attempts?limit=100&userId=_12_1"), 200, list(&[ATTEMPT]))
            .with("v1/users/_12_1", 200, USER)
            .with("v3/courses/_3_1", 200, COURSE)
    }

    /// Puts one answer in place of what was there.
    fn with(mut self, path: &str, status: u16, body: impl std::fmt::Display) -> Self {
        self.answers.insert(path.to_owned(), vec![(status, body.to_string())]);
        self
    }

    /// Answers in turn; the last one stays.
    fn in_turn(mut self, path: &str, answers: &[(u16, Value)]) -> Self {
        let answers = answers.iter().map(|(status, body)| (*status, body.to_string())).collect();
        self.answers.insert(path.to_owned(), answers);
        self
    }

    fn paths(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(path).collect()
    }
}

fn path(call: &Call) -> String {
    assert_eq!(call.url.origin().ascii_serialization(), "https://learn.example.test", "asked elsewhere");
    let path = call.url.path().strip_prefix("/learn/api/public/").unwrap();
    call.url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}

#[async_trait::async_trait]
impl Http for Site {
    async fn send(&self, call: Call) -> Result<Answer, ApiError> {
        let path = path(&call);
        let before = self.paths().iter().filter(|earlier| **earlier == path).count();
        self.calls.lock().unwrap().push(call);
        let (status, body) = match self.answers.get(&path) {
            Some(answers) => answers[before.min(answers.len() - 1)].clone(),
            None if path.starts_with("v1/courses/_3_1/users") => (403, ERROR.to_owned()),
            None => (404, ERROR.to_owned()),
        };
        Ok(Answer { status, headers: self.headers.clone(), body: body.into_bytes() })
    }
}

fn list(items: &[&str]) -> String {
    format!(r#"{{"results": [{}]}}"#, items.join(","))
}

/// A fixture with members replaced, by JSON Pointer.
fn changed(fixture: &str, changes: &[(&str, Value)]) -> String {
    let mut value: Value = serde_json::from_str(fixture).unwrap();
    for (pointer, change) in changes {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        value.pointer_mut(parent).unwrap()[member] = change.clone();
    }
    value.to_string()
}

fn grade_signal() -> Signal {
    receive(Some(KEY), EVENTS.as_bytes()).unwrap().signals.remove(0)
}

fn signal_of(learner: &str) -> Signal {
    Signal { learner: learner.to_owned(), ..grade_signal() }
}

async fn confirm(site: &Site, signals: &[Signal]) -> Result<Vec<Confirmation>, ApiError> {
    source().confirm(signals, &Asked::default(), site, now()).await
}

async fn one(site: &Site) -> Confirmation {
    confirm(site, &[grade_signal()]).await.unwrap().remove(0)
}

async fn settled(site: &Site) -> Outcome {
    match one(site).await {
        Confirmation::Settled(mut outcomes) if outcomes.len() == 1 => outcomes.remove(0),
        other => panic!("{other:?}"),
    }
}

async fn withheld(site: &Site) -> Withheld {
    match settled(site).await.release {
        Release::Withheld { reason } => reason,
        Release::Released => panic!("released"),
    }
}
