//! The connector as a whole: requests in, signals out.

mod mapping;
mod random;
mod readme;
mod scores;

use chrono::{DateTime, Utc};
use http::HeaderMap;
use serde_json::{Value, json};

use super::standard_webhooks::tests::{SECRET, sign};
use crate::{
    Answer, ApiError, Asked, Assessment, AssessmentKind, Call, Confirmation, Connector, Http, Outcome,
    Receipt, Rejection, Release, Request, SettingsError, Signal,
};

const PASSED: &str = include_str!("../fixtures/passed.json");
const GRADED: &str = include_str!("../fixtures/graded.json");
const REVISED: &str = include_str!("../fixtures/revised.json");
const COMPLETED: &str = include_str!("../fixtures/completed.json");
const FIXTURES: [&str; 4] = [PASSED, GRADED, REVISED, COMPLETED];
const OTHER_SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const TOKEN: &str = "a-long-random-token";
/// 2026-11-20T10:00:00Z, the time of the fixtures.
const NOW: i64 = 1_795_168_800;

fn build(table: Value) -> Result<Box<dyn Connector>, SettingsError> {
    super::build(table)
}

fn signed_source() -> Box<dyn Connector> {
    build(json!({"trusted": true, "secret": SECRET})).unwrap()
}

fn token_source(mapping: Value) -> Box<dyn Connector> {
    let mut table = json!({"trusted": true, "bearer": TOKEN});
    if !mapping.is_null() {
        table["mapping"] = mapping;
    }
    build(table).unwrap()
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn headers(pairs: &[(&'static str, String)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

fn signed(secret: &str, timestamp: i64, body: &[u8]) -> HeaderMap {
    headers(&[
        ("webhook-id", "msg_1".to_owned()),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", sign(secret, "msg_1", timestamp, body)),
    ])
}

fn bearer(token: &str) -> HeaderMap {
    headers(&[("authorization", format!("Bearer {token}"))])
}

fn receive(source: &dyn Connector, headers: &HeaderMap, body: &[u8]) -> Result<Receipt, Rejection> {
    source.receive(&Request { path: "", headers, body, received_at: at(NOW), keys: None })
}

fn signal(receipt: &Receipt) -> &Signal {
    assert_eq!(receipt.signals.len(), 1, "{:?}", receipt.ignored);
    &receipt.signals[0]
}

fn outcome(source: &dyn Connector, body: &str) -> Outcome {
    let receipt = receive(source, &bearer(TOKEN), body.as_bytes()).unwrap();
    signal(&receipt).outcome.as_deref().unwrap().clone()
}

/// The reason of a 400.
fn reason(source: &dyn Connector, body: &str) -> String {
    match receive(source, &bearer(TOKEN), body.as_bytes()) {
        Err(Rejection::Malformed { reason, body: Some(_) }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_institution_s_id_is_read() {
    let body = |id: &str| {
        format!(
            r#"{{"type": "course.completed", "data": {{"learner": {{"id": "u-1", "institution_id": {id}}}, "course": {{"id": "C"}}}}}}"#
        )
    };
    let source = token_source(Value::Null);
    let id = |body: &str| outcome(&*source, body).learner.institution_id;
    assert_eq!(id(&body("\" S-118 \"")).as_deref(), Some("S-118"));
    assert_eq!(id(&body("118")).as_deref(), Some("118"));
    assert_eq!(id(&body("\" \"")), None);
}

#[test]
fn a_signed_event_is_an_outcome() {
    let receipt =
        receive(&*signed_source(), &signed(SECRET, NOW, PASSED.as_bytes()), PASSED.as_bytes()).unwrap();
    let signal = signal(&receipt);
    assert_eq!(signal.key, "event:assessment.passed:evt-7f3c2a");
    assert_eq!((signal.event.as_str(), signal.learner.as_str()), ("assessment.passed", "u-118"));
    let outcome = signal.outcome.as_deref().unwrap();
    assert_eq!(outcome.learner.email.as_deref(), Some("Ines.Okafor@example.test"));
    assert_eq!(outcome.learner.name.as_deref(), Some("Ines Okafor"));
    assert_eq!((outcome.course.id.as_str(), outcome.assessment.id.as_str()), ("WS101", "final-quiz"));
    assert_eq!(outcome.score.as_ref().unwrap().percent(), Some(82.into()));
    assert_eq!((outcome.passed, outcome.attempt), (Some(true), Some(1)));
    assert_eq!(outcome.release, Release::Released);
    assert_eq!(outcome.as_of, at(NOW));
}

#[test]
fn every_fixture_is_refused_when_tampered_with_or_wrongly_signed() {
    let source = signed_source();
    for body in FIXTURES.map(str::as_bytes) {
        assert!(receive(&*source, &signed(SECRET, NOW, body), body).is_ok());
        let mut flipped = body.to_vec();
        flipped[body.len() / 2] ^= 1;
        let flipped = receive(&*source, &signed(SECRET, NOW, body), &flipped);
        assert!(matches!(flipped, Err(Rejection::BadSignature(_))), "{flipped:?}");
        let wrong = receive(&*source, &signed(OTHER_SECRET, NOW, body), body);
        assert!(matches!(wrong, Err(Rejection::BadSignature(_))), "{wrong:?}");
        let old = receive(&*source, &signed(SECRET, NOW - 301, body), body);
        assert!(matches!(old, Err(Rejection::Stale(_))), "{old:?}");
        let future = receive(&*source, &signed(SECRET, NOW + 301, body), body);
        assert!(matches!(future, Err(Rejection::Stale(_))), "{future:?}");
        let mut both = signed(SECRET, NOW, body);
        let signatures =
            format!("{} {}", sign(OTHER_SECRET, "msg_1", NOW, body), sign(SECRET, "msg_1", NOW, body));
        both.insert("webhook-signature", signatures.parse().unwrap());
        assert!(receive(&*source, &both, body).is_ok());
    }
}

#[test]
fn every_fixture_is_refused_with_a_wrong_token_or_none() {
    let source = token_source(Value::Null);
    for body in FIXTURES.map(str::as_bytes) {
        assert!(receive(&*source, &bearer(TOKEN), body).is_ok());
        for wrong in [
            bearer("a-long-random-tokem"),
            bearer(""),
            HeaderMap::new(),
            headers(&[("authorization", TOKEN.to_owned())]),
        ] {
            let wrong = receive(&*source, &wrong, body);
            assert!(matches!(wrong, Err(Rejection::BadSignature(_))), "{wrong:?}");
        }
    }
}

#[test]
fn what_a_source_takes_is_what_it_configures() {
    let body = PASSED.as_bytes();
    let unsigned = receive(&*signed_source(), &bearer(TOKEN), body).unwrap_err().to_string();
    assert!(unsigned.contains("webhook-signature"), "{unsigned}");
    let both = build(json!({"trusted": true, "secret": SECRET, "bearer": TOKEN})).unwrap();
    assert!(receive(&*both, &bearer(TOKEN), body).is_ok());
    assert!(receive(&*both, &signed(SECRET, NOW, body), body).is_ok());
    let mut forged = signed(OTHER_SECRET, NOW, body);
    forged.extend(bearer(TOKEN));
    assert!(receive(&*both, &forged, body).is_err(), "a right token outweighed a wrong signature");
    let mut half = bearer(TOKEN);
    half.insert("webhook-id", "msg_1".parse().unwrap());
    let half = receive(&*both, &half, body).unwrap_err().to_string();
    assert!(half.contains("webhook-timestamp is missing"), "{half}");
}

#[test]
fn another_path_is_not_found() {
    let headers = bearer(TOKEN);
    let request =
        Request { path: "/statements", headers: &headers, body: b"{}", received_at: at(NOW), keys: None };
    assert!(matches!(token_source(Value::Null).receive(&request), Err(Rejection::NoSuchPath(_))));
}

#[test]
fn a_source_that_is_not_trusted_is_refused_with_the_reason() {
    for table in [json!({"secret": SECRET}), json!({"secret": SECRET, "trusted": false})] {
        let error = build(table).unwrap_err();
        assert_eq!(error.key.as_deref(), Some("trusted"));
        assert!(error.message.contains("`trusted = true`"), "{error}");
    }
}

#[test]
fn settings_errors_name_the_key() {
    for (table, key) in [
        (json!({"trusted": true}), "secret"),
        (json!({"trusted": true, "secret": "hunter2"}), "secret"),
        (json!({"trusted": true, "bearer": "t", "mapping": {"lerner.email": "/x"}}), "mapping.lerner.email"),
        (
            json!({"trusted": true, "bearer": "t", "mapping": {"learner": {"mail": "/x"}}}),
            "mapping.learner.mail",
        ),
        (json!({"trusted": true, "bearer": "t", "mapping": {"learner.email": "x"}}), "mapping.learner.email"),
        (
            json!({"trusted": true, "bearer": "t", "mapping": {"learner.email": "/x", "learner": {"email": "/y"}}}),
            "mapping.learner.email",
        ),
        (
            json!({"trusted": true, "bearer": "t", "mapping": {"attempt": {"join": ["/x"]}}}),
            "mapping.attempt",
        ),
        (
            json!({"trusted": true, "bearer": "t", "mapping": {"learner.name": {"join": []}}}),
            "mapping.learner.name",
        ),
        (
            json!({"trusted": true, "bearer": "t", "mapping": {"score.given": {"at": "/x", "is": ["y"]}}}),
            "mapping.score.given",
        ),
        (
            json!({"trusted": true, "bearer": "t", "mapping": {"passed": {"at": "/x", "is": []}}}),
            "mapping.passed",
        ),
        (json!({"trusted": true, "bearer": "t", "mapping": {"learner.email": "/x"}}), "mapping"),
    ] {
        let error = build(table.clone()).unwrap_err();
        assert_eq!(error.key.as_deref(), Some(key), "{table}: {error}");
    }
    let unknown = build(json!({"trusted": true, "bearer": "t", "site": "x"})).unwrap_err();
    assert!(unknown.message.contains("site"), "{unknown}");
    let known = build(json!({"trusted": true, "bearer": "t", "mapping": {"x": "/x"}})).unwrap_err();
    assert!(known.message.contains("learner.email") && known.message.contains("attempt"), "{known}");
}

#[test]
fn no_secret_is_printed() {
    let source = build(json!({"trusted": true, "secret": SECRET, "bearer": TOKEN})).unwrap();
    let printed = format!("{source:?}");
    assert!(!printed.contains(TOKEN) && !printed.contains("C2FVsBQ"), "{printed}");
}

#[test]
fn scores_are_exact_and_the_rules_decide_on_a_graded_event() {
    let outcome = outcome(&*token_source(Value::Null), GRADED);
    assert_eq!(outcome.passed, None);
    assert!(outcome.score.unwrap().percent().unwrap() < 70.into());
    assert_eq!(outcome.learner.id, "tomasz.brandt@example.test");
    assert_eq!(outcome.learner.email.as_deref(), Some("Tomasz.Brandt@example.test"));
    assert_eq!(outcome.course.id, "101");
    assert_eq!(outcome.as_of.timestamp_millis(), 1_795_165_500_250);
}

#[test]
fn a_revised_event_takes_a_pass_back_and_a_completion_has_no_score() {
    let source = token_source(Value::Null);
    let revised = outcome(&*source, REVISED);
    assert_eq!((revised.passed, revised.score), (Some(false), None));
    let completed = outcome(&*source, COMPLETED);
    assert_eq!((completed.passed, completed.score), (Some(true), None));
    assert_eq!(completed.assessment.id, Assessment::COURSE_COMPLETION);
    assert_eq!(completed.assessment.kind, AssessmentKind::CourseCompletion);
    assert_eq!(completed.as_of, at(NOW), "without a timestamp the time of arrival counts");
}

fn changed(pointer: &str, value: Value) -> String {
    let mut event: Value = serde_json::from_str(PASSED).unwrap();
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[member] = value;
    event.to_string()
}

#[test]
fn errors_name_the_member() {
    let source = token_source(Value::Null);
    for (body, start) in [
        (changed("/type", Value::Null), "type: is missing"),
        (changed("/timestamp", json!("2026-11-20 10:00")), "timestamp: is no time"),
        (changed("/timestamp", json!(1e300)), "timestamp: is no time"),
        (changed("/data/learner", json!({"name": "N. N."})), "data.learner.email: is missing, and so is data.learner.id"),
        (changed("/data/learner/email", json!("ines at example.test")), "data.learner.email: is no e-mail address"),
        (changed("/data/learner/email", json!("a@b@example.test")), "data.learner.email: is no e-mail address"),
        (changed("/data/learner/id", json!({})), "data.learner.id: is an object"),
        (changed("/data/learner/id", json!("a\u{0}b")), "data.learner.id: has control characters"),
        (changed("/data/course/id", json!(" ")), "data.course.id: is missing"),
        (changed("/data/course/id", json!("x".repeat(501))), "data.course.id: is longer"),
        (changed("/data/assessment", Value::Null), "data.assessment.id: is missing"),
        (changed("/data/assessment/id", json!("course-completion")), "data.assessment.id: means the completion"),
        (changed("/data/score/given", json!("41,5")), "data.score.given: is no number"),
        (changed("/data/score/given", json!(true)), "data.score.given: is no number"),
        (changed("/data/score/max", json!(0)), "data.score.max: is not more than 0"),
        (changed("/data/passed", json!("yes")), "data.passed: is neither"),
        (changed("/data/passed", json!(false)), "data.passed: is false"),
        (changed("/data/attempt", json!(0)), "data.attempt: is no whole number"),
        (r#"{"type":"assessment.graded","data":{"learner":{"id":1},"course":{"id":1},"assessment":{"id":1}}}"#.to_owned(),
            "data.score.given: is missing"),
        ("[]".to_owned(), "the body is JSON, but no object"),
        ("email=ines@example.test".to_owned(), "the body is not JSON"),
    ] {
        let reason = reason(&*source, &body);
        assert!(reason.starts_with(start), "{start} / {reason}");
        assert!(!reason.contains("ines"), "personal data in {reason}");
    }
}

#[test]
fn a_broken_unicode_escape_is_an_error_not_a_panic() {
    let body = PASSED.replace("Ines Okafor", r"Ines \ud800");
    assert!(reason(&*token_source(Value::Null), &body).starts_with("data.learner.name: "));
}

#[test]
fn an_event_of_another_type_is_ignored_with_the_reason() {
    let body = changed("/type", json!("assessment.started"));
    let receipt = receive(&*token_source(Value::Null), &bearer(TOKEN), body.as_bytes()).unwrap();
    assert!(receipt.signals.is_empty());
    assert!(receipt.ignored[0].contains("none of assessment.passed"), "{:?}", receipt.ignored);
}

#[test]
fn a_time_after_the_arrival_counts_as_the_arrival() {
    let outcome = outcome(&*token_source(Value::Null), &changed("/timestamp", json!("2999-01-01T00:00:00Z")));
    assert_eq!(outcome.as_of, at(NOW));
}

#[test]
fn the_key_is_the_id_else_the_message_else_the_state() {
    let both = build(json!({"trusted": true, "secret": SECRET, "bearer": TOKEN})).unwrap();
    let anonymous = changed("/id", Value::Null);
    let receipt = receive(&*both, &signed(SECRET, NOW, anonymous.as_bytes()), anonymous.as_bytes()).unwrap();
    assert_eq!(signal(&receipt).key, "message:msg_1");

    let key = |body: &str| {
        let receipt = receive(&*both, &bearer(TOKEN), body.as_bytes()).unwrap();
        signal(&receipt).key.clone()
    };
    assert!(key(&anonymous).starts_with("state:"));
    assert_eq!(key(&anonymous), key(&anonymous));
    let without_id = |pointer: &str, value: Value| {
        let mut event: Value = serde_json::from_str(&changed(pointer, value)).unwrap();
        event["id"] = Value::Null;
        event.to_string()
    };
    for (pointer, value) in [
        ("/type", json!("assessment.graded")),
        ("/timestamp", json!("2026-11-20T09:59:59Z")),
        ("/data/learner/id", json!("u-119")),
        ("/data/learner/email", json!("new@example.test")),
        ("/data/course/id", json!("WS102")),
        ("/data/assessment/id", json!("other")),
        ("/data/score/given", json!(42)),
        ("/data/score/max", json!(51)),
        ("/data/attempt", json!(2)),
    ] {
        assert_ne!(key(&anonymous), key(&without_id(pointer, value)), "{pointer}");
    }
    assert_eq!(key(&anonymous), key(&without_id("/data/score/given", json!("41.0"))));
    assert!(key(&changed("/id", json!("é".repeat(400)))).len() < 100, "keys are bounded");
}

#[test]
fn mapping_errors_name_the_key_and_the_pointer() {
    let source = token_source(json!({
        "learner": {"email": "/who/mail"}, "course.id": {"value": "C"}, "assessment.id": {"value": "A"},
        "score": {"given": "/points", "max": {"value": 0}}
    }));
    assert!(reason(&*source, "{}").starts_with("learner.email (at /who/mail): is missing"));
    let body = r#"{"who": {"mail": "a@example.test"}, "points": "many"}"#;
    assert!(reason(&*source, body).starts_with("score.given (at /points): is no number"));
    let body = r#"{"who": {"mail": "a@example.test"}, "points": 1}"#;
    assert!(reason(&*source, body).starts_with("score.max (fixed by the mapping): "));
}

struct NoHttp;

#[async_trait::async_trait]
impl Http for NoHttp {
    async fn send(&self, call: Call) -> Result<Answer, ApiError> {
        panic!("asked {}", call.url)
    }
}

#[tokio::test]
async fn confirming_repeats_the_outcome_without_asking_anybody() {
    let source = signed_source();
    let receipt = receive(&*source, &signed(SECRET, NOW, PASSED.as_bytes()), PASSED.as_bytes()).unwrap();
    let believed = signal(&receipt).clone();
    let bare = Signal { outcome: None, ..believed.clone() };
    let confirmed =
        source.confirm(&[believed.clone(), bare], &Asked::default(), &NoHttp, at(NOW + 60)).await.unwrap();
    assert_eq!(confirmed[0], Confirmation::Settled(vec![*believed.outcome.unwrap()]));
    assert!(matches!(confirmed[1], Confirmation::Nothing { .. }));
    assert!(source.probe(&NoHttp).await.unwrap()[0].contains("nothing to ask"));
}
