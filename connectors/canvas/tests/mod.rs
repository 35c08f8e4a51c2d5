//! What the tests of this connector share: a configured source, a signer with a throw-away key,
//! and a Canvas that replays answers.

mod attempts;
mod confirming;
mod gradebook;
mod outcomes;
mod properties;
mod receiving;
mod refusals;

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use crate::{
    Answer, ApiError, Asked, Call, Confirmation, Connector, Http, KeySet, Outcome, Receipt, Rejection,
    Request, Signal,
};

const ACCOUNT: &str = "Wf7sQmT2xKdP0aLrBv93HcYzNe5GuJ41oiXkR8tE";
const KID: &str = "test-key-2025-03";
const KEY: &str = include_str!("../fixtures/test_only_private_key.pem");
const OTHER_KEY: &str = include_str!("../fixtures/test_only_other_private_key.pem");

macro_rules! fixtures {
    ($($name:ident),* $(,)?) => {
        /// The fixture of this name.
        fn fixture(name: &str) -> Value {
            let text = match name {
                $(stringify!($name) => include_str!(concat!("../fixtures/", stringify!($name), ".json")),)*
                other => panic!("no fixture {other}"),
            };
            serde_json::from_str(text).unwrap()
        }
        /// Every fixture.
        const FIXTURES: &[&str] = &[$(stringify!($name)),*];
    };
}
fixtures!(
    api_assignment,
    api_course,
    api_enrollments,
    api_outcome_rollups,
    api_profile,
    api_progress,
    api_quiz,
    api_quiz_submission,
    api_submission,
    caliper_grade_event,
    caliper_quiz_submitted,
    caliper_submission_updated,
    course_completed,
    course_grade_change,
    course_progress,
    grade_change,
    grade_override,
    learning_outcome_result_created,
    learning_outcome_result_updated,
    quiz_submitted,
    submission_created,
    submission_updated,
);

/// The fixtures that are events and give a signal.
const EVENTS: &[&str] = &[
    "grade_change",
    "submission_created",
    "submission_updated",
    "course_completed",
    "course_grade_change",
    "grade_override",
    "learning_outcome_result_created",
    "learning_outcome_result_updated",
    "quiz_submitted",
    "caliper_grade_event",
    "caliper_submission_updated",
    "caliper_quiz_submitted",
];

fn now() -> DateTime<Utc> {
    "2025-03-04T10:16:00Z".parse().unwrap()
}

/// A source that takes signed payloads, at its plain and at its secret address.
fn source() -> Box<dyn Connector> {
    source_with(&json!({"path_secret": ["old-secret", "new-secret"], "signed": true}))
}

/// A source that takes unsigned payloads at its secret address.
fn unsigned_source() -> Box<dyn Connector> {
    source_with(&json!({"path_secret": ["old-secret", "new-secret"]}))
}

fn source_with(authentication: &Value) -> Box<dyn Connector> {
    let mut settings = json!({
        "site": "https://canvas.example.test",
        "api_token": "1107~test-token",
        "root_account": ACCOUNT,
    });
    settings.as_object_mut().unwrap().extend(authentication.as_object().unwrap().clone());
    super::build(settings).unwrap()
}

fn keys() -> KeySet {
    KeySet::parse(include_bytes!("../fixtures/test_only_jwks.json")).unwrap()
}

fn receive(source: &dyn Connector, path: &str, body: &[u8]) -> Result<Receipt, Rejection> {
    let (headers, keys) = (HeaderMap::new(), keys());
    source.receive(&Request { path, headers: &headers, body, received_at: now(), keys: Some(&keys) })
}

/// Receives an event at the secret address.
fn unsigned(event: &Value) -> Result<Receipt, Rejection> {
    receive(&*unsigned_source(), "/new-secret", event.to_string().as_bytes())
}

/// The one signal of an event.
fn signal(event: &Value) -> Signal {
    let receipt = unsigned(event).unwrap();
    assert_eq!(receipt.signals.len(), 1, "{:?}", receipt.ignored);
    receipt.signals.into_iter().next().unwrap()
}

fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A JWT of any header and claims, signed with RS256 by a PEM key.
fn signed_with(key: &str, header: &Value, claims: &Value) -> String {
    let der: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
    let pair = RsaKeyPair::from_pkcs8(&BASE64_STANDARD.decode(der).unwrap()).unwrap();
    let message =
        format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", base64url(&signature))
}

fn signed(claims: &Value) -> String {
    signed_with(KEY, &json!({"alg": "RS256", "typ": "JWT", "kid": KID}), claims)
}

/// Replaces the value at a JSON pointer, or removes it.
fn with(mut document: Value, pointer: &str, value: impl Into<Option<Value>>) -> Value {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    match (parent, value.into()) {
        (Value::Object(members), Some(value)) => drop(members.insert(member.to_owned(), value)),
        (Value::Object(members), None) => drop(members.remove(member)),
        (Value::Array(items), Some(value)) => items[member.parse::<usize>().unwrap()] = value,
        other => panic!("{pointer}: {other:?}"),
    }
    document
}

/// A Canvas that replays answers by path and query, and remembers the calls.
#[derive(Default)]
struct Replay {
    answers: BTreeMap<String, Answer>,
    /// Answers in the host's cache: given to calls that may reuse one.
    cached: BTreeMap<String, Answer>,
    calls: Mutex<Vec<Call>>,
}

const SUBMISSION: &str = "/api/v1/courses/731/assignments/412/submissions/96";
const ASSIGNMENT: &str = "/api/v1/courses/731/assignments/412";
const COURSE: &str = "/api/v1/courses/731";
const PROFILE: &str = "/api/v1/users/96/profile";
const PERMISSIONS: &str = "/api/v1/accounts/self/permissions";
const ENROLMENTS: &str = "/api/v1/courses/731/enrollments?user_id=96";

impl Replay {
    /// A Canvas where Lena's grade is confirmed.
    fn canvas() -> Self {
        Self::default()
            .json(COURSE, &fixture("api_course"))
            .json(ASSIGNMENT, &fixture("api_assignment"))
            .json(SUBMISSION, &fixture("api_submission"))
            .json(PROFILE, &fixture("api_profile"))
            .json(ENROLMENTS, &fixture("api_enrollments"))
    }

    fn json(self, path: &str, body: &Value) -> Self {
        self.raw(path, 200, body.to_string())
    }

    fn raw(mut self, path: &str, status: u16, body: impl Into<Vec<u8>>) -> Self {
        self.answers.insert(path.to_owned(), answer(status, body));
        self
    }

    fn header(mut self, path: &str, name: &'static str, value: &str) -> Self {
        let headers = &mut self.answers.get_mut(path).unwrap().headers;
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        self
    }

    fn cached(mut self, path: &str, body: &Value) -> Self {
        self.cached.insert(path.to_owned(), answer(200, body.to_string()));
        self
    }

    fn calls_to(&self, path: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|call| name(call) == path).count()
    }

    async fn confirm(&self, signals: &[Signal]) -> Result<Vec<Confirmation>, ApiError> {
        source().confirm(signals, &Asked::default(), self, now()).await
    }

    /// The only outcome of a settled signal.
    async fn settled(&self, signal: Signal) -> Outcome {
        match self.confirm(&[signal]).await.unwrap().remove(0) {
            Confirmation::Settled(outcomes) if outcomes.len() == 1 => outcomes.into_iter().next().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    async fn unsettled(&self, signal: Signal) -> String {
        match self.confirm(&[signal]).await.unwrap().remove(0) {
            Confirmation::Unsettled { why, outcomes } if outcomes.len() == 1 => why,
            other => panic!("{other:?}"),
        }
    }

    async fn nothing(&self, signal: Signal) -> String {
        match self.confirm(&[signal]).await.unwrap().remove(0) {
            Confirmation::Nothing { why } => why,
            other => panic!("{other:?}"),
        }
    }
}

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.into() }
}

/// Path and query; of enrolments only whose they are, of pages only the opaque part.
fn name(call: &Call) -> String {
    let path = call.url.path();
    let pairs: Vec<(String, String)> = call.url.query_pairs().into_owned().collect();
    match pairs.iter().find(|(name, _)| name == "user_id" || name == "page") {
        Some((name, value)) => format!("{path}?{name}={value}"),
        None => path.to_owned(),
    }
}

#[async_trait]
impl Http for Replay {
    async fn send(&self, call: Call) -> Result<Answer, ApiError> {
        let name = name(&call);
        let reused = self.cached.get(&name).filter(|_| call.cache.is_some() && !call.refresh);
        let answered = reused.or_else(|| self.answers.get(&name)).cloned();
        assert!(call.url.as_str().starts_with("https://canvas.example.test/"), "{}", call.url);
        self.calls.lock().unwrap().push(call);
        let missing = json!({"errors": [{"message": "The specified resource does not exist."}]});
        Ok(answered.unwrap_or_else(|| answer(404, missing.to_string())))
    }
}
