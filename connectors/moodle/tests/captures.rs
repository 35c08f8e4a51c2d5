//! Every recorded request: read, and refused when tampered with.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use proptest::prelude::*;
use serde_json::Value;

use super::{BODY_TOKEN, Capture, at, fixture, source};
use crate::{Receipt, Rejection, Reply, Request};

/// One line for each signal and each thing ignored, to compare with `fixtures/signals.txt`.
fn lines(capture: &Capture) -> Vec<String> {
    let number = &capture.file[..4];
    match capture.send() {
        Ok(Receipt { signals, ignored, .. }) => {
            let signals = signals.iter().map(|signal| {
                let when = signal.occurred_at.map(|at| at.timestamp()).unwrap_or_default();
                let (learner, batch) = (&signal.learner, &signal.batch);
                format!("{number} {batch} learner {learner} at {when} {} key {}", signal.detail, signal.key)
            });
            signals.chain(ignored.iter().map(|why| format!("{number} ignored {why}"))).collect()
        }
        Err(rejection) => vec![format!("{number} refused {rejection}")],
    }
}

/// After a change that is meant, empty `signals.txt`, take the new lines from this test's output,
/// and read their difference.
#[test]
fn every_capture_gives_the_signals_written_down() {
    let actual: Vec<String> = Capture::all().iter().flat_map(lines).collect();
    let expected = String::from_utf8(fixture("signals.txt")).unwrap();
    for (actual, expected) in actual.iter().zip(expected.lines()) {
        assert_eq!(actual, expected);
    }
    assert_eq!(actual.len(), expected.lines().count(), "\n{}", actual.join("\n"));
}

/// The capture with other credentials of the same kind.
fn with_token(capture: &Capture, change: impl Fn(&mut Vec<u8>)) -> Capture {
    let mut changed = capture.clone();
    for name in ["authorization", "x-webhook-token"] {
        let Some(value) = capture.headers.get(name) else { continue };
        let value = value.to_str().unwrap();
        let (scheme, token) = value.rsplit_once(' ').map_or(("", value), |(scheme, token)| (scheme, token));
        let token = if scheme == "Basic" {
            let mut token = BASE64_STANDARD.decode(token).unwrap();
            change(&mut token);
            BASE64_STANDARD.encode(token).into_bytes()
        } else {
            let mut token = token.as_bytes().to_vec();
            change(&mut token);
            token
        };
        let value = [scheme.as_bytes(), b" ", &token].concat();
        changed.headers.insert(name, HeaderValue::from_bytes(value.trim_ascii()).unwrap());
        return changed;
    }
    let start =
        changed.body.windows(BODY_TOKEN.len()).position(|window| window == BODY_TOKEN.as_bytes()).unwrap();
    let mut token = BODY_TOKEN.as_bytes().to_vec();
    change(&mut token);
    changed.body.splice(start..start + BODY_TOKEN.len(), token);
    changed
}

#[test]
fn a_flipped_byte_in_the_token_is_refused() {
    for capture in Capture::all() {
        for at in [0, 3, 5] {
            let refused = with_token(&capture, |token| token[at] ^= 1).send().unwrap_err();
            assert!(matches!(refused, Rejection::BadSignature(_)), "{}: {refused}", capture.file);
        }
    }
}

#[test]
fn a_wrong_a_longer_and_an_empty_token_are_refused() {
    for capture in Capture::all() {
        for wrong in ["guess", "s3cr3t-shared-token2", "lrskey:", "lrskey", ":lrssecret", "", " "] {
            let refused = with_token(&capture, |token| *token = wrong.into()).send().unwrap_err();
            assert!(matches!(refused, Rejection::BadSignature(_)), "{} {wrong}: {refused}", capture.file);
            assert!(!refused.to_string().contains("s3cr3t"), "{refused}");
        }
    }
}

#[test]
fn a_request_without_any_token_is_refused() {
    for capture in Capture::all() {
        let mut bare = capture.with_or_raw(|event| {
            event.as_object_mut().map(|event| event.remove("token"));
        });
        bare.headers.clear();
        assert!(bare.send().is_err(), "{}", capture.file);
        let other_account = with_token(&bare_with_basic(&capture), |_| {});
        if capture.path.is_empty() {
            assert!(matches!(other_account.send(), Err(Rejection::BadSignature(_))), "{}", capture.file);
        }
    }
}

fn bare_with_basic(capture: &Capture) -> Capture {
    let mut capture = capture.clone();
    capture.headers.clear();
    capture.headers.insert(AUTHORIZATION, HeaderValue::from_static("Basic bHJza2V5Omxyc3NlY3JldA=="));
    capture
}

impl Capture {
    /// As [`Capture::with`], or as it is where the body is not JSON.
    fn with_or_raw(&self, change: impl Fn(&mut Value)) -> Self {
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(_) => self.with(change),
            Err(_) => self.clone(),
        }
    }
}

/// No plugin says when it sent a request, so an old one cannot be told from a new one: there is
/// no protection against replays. The signal's key makes a replay a duplicate, and at worst the
/// present grade is read again.
#[test]
fn an_old_request_is_accepted_and_keeps_its_key() {
    for capture in Capture::all().iter().filter(|capture| capture.send().is_ok()) {
        let (then, years_later) = (capture.send().unwrap(), capture.send_at(at(2_000_000_000)).unwrap());
        assert_eq!(then, years_later, "{}", capture.file);
    }
}

#[test]
fn the_recorded_body_is_readable_and_holds_no_token() {
    for capture in Capture::all().iter().filter(|capture| capture.send().is_ok()) {
        let body = String::from_utf8(capture.send().unwrap().body).unwrap();
        assert!(!body.contains(BODY_TOKEN), "{}", capture.file);
        serde_json::from_str::<Value>(&body).unwrap();
        if body.contains("eventname") {
            assert_eq!(body.replace("[removed]", BODY_TOKEN).as_bytes(), capture.body, "{}", capture.file);
        }
    }
}

#[test]
fn a_token_hidden_behind_escapes_is_removed_too() {
    let mut capture = Capture::number("0097");
    let body = String::from_utf8(capture.body).unwrap().replace("\"s3cr3t-shared", " \"\\u00733cr3t-shared");
    capture.body = body.into_bytes();
    let receipt = capture.send().unwrap();
    let body = String::from_utf8(receipt.body).unwrap();
    assert!(body.contains("\"token\": \"[removed]\"") && !body.contains("cr3t"), "{body}");
}

#[test]
fn the_content_type_is_not_trusted() {
    let mut form = Capture::number("0290");
    assert_eq!(form.headers[CONTENT_TYPE], "application/x-www-form-urlencoded");
    let expected = form.signal();
    for other in ["application/json", "text/plain", "multipart/form-data", ""] {
        form.headers.insert(CONTENT_TYPE, HeaderValue::from_static(other));
        assert_eq!(form.signal(), expected);
    }
}

#[test]
fn each_plugin_has_its_path_with_or_without_a_slash_at_the_end() {
    for (number, path, other) in
        [("0097", "/", "/statements"), ("0154", "/", "/statements"), ("0215", "/statements/", "/")]
    {
        let mut capture = Capture::number(number);
        let expected = capture.send().unwrap();
        capture.path = path;
        assert_eq!(capture.send().unwrap(), expected);
        capture.path = other;
        assert!(matches!(capture.send(), Err(Rejection::BadSignature(_))), "{number}");
        capture.path = "/elsewhere";
        assert!(matches!(capture.send(), Err(Rejection::NoSuchPath(_))), "{number}");
    }
}

#[test]
fn a_plugin_that_is_not_configured_is_refused_with_the_key_to_set() {
    let only = |way: Value| {
        let mut table = serde_json::json!({"site": "https://lms.example.edu", "ws_token": "t"});
        table.as_object_mut().unwrap().extend(way.as_object().unwrap().clone());
        crate::moodle::build(table).unwrap()
    };
    let xapi = only(serde_json::json!({"xapi": {"username": "a", "password": "b"}}));
    let token = only(serde_json::json!({"token": BODY_TOKEN}));
    for (source, number, key) in
        [(&xapi, "0097", "`token`"), (&xapi, "0154", "`trigger_token`"), (&token, "0215", "`xapi")]
    {
        let capture = Capture::number(number);
        let request = Request {
            path: capture.path,
            headers: &capture.headers,
            body: &capture.body,
            received_at: at(0),
            keys: None,
        };
        let refused = source.receive(&request).unwrap_err();
        assert!(
            matches!(refused, Rejection::BadSignature(_)) && refused.to_string().contains(key),
            "{refused}"
        );
    }
}

#[test]
fn both_secrets_of_a_rotation_are_accepted() {
    let next = with_token(&Capture::number("0097"), |token| *token = b"the-next-token".to_vec());
    assert_eq!(next.signal(), Capture::number("0097").signal());
}

#[test]
fn xapi_is_answered_with_the_ids_of_its_statements() {
    let capture = Capture::number("0215");
    let Reply::Json(Value::Array(ids)) = capture.send().unwrap().reply else { panic!("no list") };
    assert_eq!(ids.len(), 11);
    for id in &ids {
        let id = id.as_str().unwrap();
        let dashes: Vec<usize> = id.match_indices('-').map(|(at, _)| at).collect();
        assert_eq!((id.len(), dashes), (36, vec![8, 13, 18, 23]));
        assert_eq!((&id[14..15], id[19..20].contains(['8', '9', 'a', 'b'])), ("8", true), "{id}");
    }
    assert_eq!(capture.send().unwrap().reply, Reply::Json(Value::Array(ids.clone())));

    // One statement of its own, with an id of its own; another that cannot be read.
    let mut statements: Vec<Value> = serde_json::from_slice(&capture.body).unwrap();
    statements[0]["id"] = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee".into();
    statements[1] = 7.into();
    let some = Capture { body: serde_json::to_vec(&statements).unwrap(), ..capture.clone() };
    let Reply::Json(Value::Array(some)) = some.send().unwrap().reply else { panic!("no list") };
    assert_eq!((some.len(), some[0].as_str()), (11, Some("6690e6c9-3ef0-4ed3-8b37-7f3964730bee")));
    let one = Capture { body: serde_json::to_vec(&statements[0]).unwrap(), ..capture };
    assert_eq!(one.send().unwrap().reply, Reply::Json(Value::from(vec![some[0].clone()])));
}

fn any_request() -> impl Strategy<Value = (String, Option<String>, Vec<u8>)> {
    let path = prop_oneof![Just(String::new()), Just("/statements".to_owned()), ".{0,12}"];
    let header = prop_oneof![
        Just(None),
        Just(Some(format!("Bearer {BODY_TOKEN}"))),
        Just(Some("Basic bHJza2V5Omxyc3NlY3JldA==".to_owned())),
        "[ -~]{0,40}".prop_map(Some),
    ];
    (path, header, proptest::collection::vec(any::<u8>(), 0..200))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_bytes_never_panic((path, header, body) in any_request()) {
        let mut headers = http::HeaderMap::new();
        if let Some(header) = header {
            headers.insert(AUTHORIZATION, HeaderValue::from_str(&header).unwrap());
        }
        let request = Request { path: &path, headers: &headers, body: &body, received_at: at(0), keys: None };
        let _ = source().receive(&request);
    }

    #[test]
    fn a_mutated_capture_never_panics(
        number in 0..82_usize,
        from in any::<prop::sample::Index>(),
        length in 0..12_usize,
        with in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..8),
            prop::sample::select(vec!["null", "{}", "[]", "-1", "1e999", "\"\"", "{other_itemid}", "999999999999999999999"])
                .prop_map(|text| text.as_bytes().to_vec()),
        ],
    ) {
        let mut capture = Capture::all().swap_remove(number);
        let start = from.index(capture.body.len());
        let end = (start + length).min(capture.body.len());
        capture.body.splice(start..end, with);
        let _ = capture.send();
    }
}
