//! Who and what is turned away, and settings that make no source.

use super::*;

fn bad_signature(result: Result<Receipt, Rejection>) -> String {
    match result {
        Err(Rejection::BadSignature(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_flipped_byte_is_refused() {
    for event in EVENTS {
        let token = signed(&fixture(event));
        let (header, rest) = token.split_once('.').unwrap();
        let (claims, signature) = rest.split_once('.').unwrap();
        let flip = |part: &str, n: usize| {
            let mut bytes = part.as_bytes().to_vec();
            bytes[n] = if bytes[n] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).unwrap()
        };
        for token in [
            format!("{header}.{}.{signature}", flip(claims, claims.len() / 2)),
            format!("{header}.{claims}.{}", flip(signature, 3)),
        ] {
            bad_signature(receive(&*source(), "", token.as_bytes()));
            bad_signature(receive(&*source(), "/new-secret", token.as_bytes()));
        }
    }
}

#[test]
fn a_wrong_or_missing_path_secret_is_refused() {
    for event in EVENTS {
        let body = fixture(event).to_string();
        for path in ["/wrong", "/new-secre", "/new-secret2", "/new-secret/", "//new-secret"] {
            for (source, body) in [(unsigned_source(), &body), (source(), &signed(&fixture(event)))] {
                let reason = bad_signature(receive(&*source, path, body.as_bytes()));
                assert!(reason.contains("path_secret") && !reason.contains("new-secret"), "{reason}");
            }
        }
        for path in ["", "/"] {
            let reason = bad_signature(receive(&*unsigned_source(), path, body.as_bytes()));
            assert!(reason.contains("lacks its last part"), "{reason}");
        }
    }
}

#[test]
fn both_secrets_work_while_one_is_replaced() {
    let event = fixture("grade_change");
    for path in ["/old-secret", "/new-secret"] {
        receive(&*unsigned_source(), path, event.to_string().as_bytes()).unwrap();
        receive(&*source(), path, signed(&event).as_bytes()).unwrap();
    }
}

#[test]
fn a_signed_source_takes_nothing_unsigned_even_at_the_secret_address() {
    for event in EVENTS {
        let body = fixture(event).to_string();
        let quoted = Value::String(body.clone()).to_string();
        for body in [body.as_str(), quoted.as_str(), "{}", ""] {
            for path in ["/new-secret", "/old-secret", "", "/"] {
                let reason = bad_signature(receive(&*source(), path, body.as_bytes()));
                assert!(reason.contains("tick “Sign Payload”"), "{event} {path}: {reason}");
            }
        }
    }
}

#[test]
fn without_a_path_secret_there_is_no_such_path() {
    let source = source_with(&json!({"signed": true}));
    let body = fixture("grade_change").to_string();
    assert!(matches!(receive(&*source, "/x", body.as_bytes()), Err(Rejection::NoSuchPath(_))));
    assert!(bad_signature(receive(&*source, "", body.as_bytes())).contains("Sign Payload"));
}

#[test]
fn a_signed_payload_for_an_unsigned_source_says_what_to_set() {
    let source = source_with(&json!({"path_secret": "s"}));
    let token = signed(&fixture("grade_change"));
    match receive(&*source, "/s", token.as_bytes()) {
        Err(Rejection::Malformed { reason, .. }) => assert!(reason.contains("signed = true"), "{reason}"),
        other => panic!("{other:?}"),
    }
    bad_signature(receive(&*source, "", token.as_bytes()));
}

#[test]
fn another_key_of_the_same_name_is_refused() {
    let header = json!({"alg": "RS256", "kid": KID});
    for event in EVENTS {
        let token = signed_with(OTHER_KEY, &header, &fixture(event));
        bad_signature(receive(&*source(), "", token.as_bytes()));
    }
}

#[test]
fn an_unknown_key_is_asked_for() {
    let token = signed_with(KEY, &json!({"alg": "RS256", "kid": "next"}), &fixture("grade_change"));
    let expected = Rejection::UnknownKey { kid: "next".to_owned() };
    assert_eq!(receive(&*source(), "", token.as_bytes()), Err(expected));
    let (headers, token) = (HeaderMap::new(), signed(&fixture("grade_change")));
    let request =
        Request { path: "", headers: &headers, body: token.as_bytes(), received_at: now(), keys: None };
    assert_eq!(source().receive(&request), Err(Rejection::UnknownKey { kid: KID.to_owned() }));
}

#[test]
fn only_rs256_is_believed() {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let claims = base64url(fixture("grade_change").to_string().as_bytes());
    let head = |header: Value| format!("{}.{claims}", base64url(header.to_string().as_bytes()));
    for alg in ["none", "None", "RS512", "PS256", "rs256", ""] {
        let message = head(json!({"alg": alg, "kid": KID}));
        bad_signature(receive(&*source(), "", format!("{message}.").as_bytes()));
        bad_signature(receive(&*source(), "", format!("{message}.AAAA").as_bytes()));
    }
    // The public key as the secret of an HMAC.
    let message = head(json!({"alg": "HS256", "kid": KID}));
    for secret in [include_bytes!("../fixtures/test_only_jwks.json").as_slice(), KID.as_bytes(), b""] {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret).unwrap();
        mac.update(message.as_bytes());
        let token = format!("{message}.{}", base64url(&mac.finalize().into_bytes()));
        bad_signature(receive(&*source(), "", token.as_bytes()));
    }
    for header in [
        json!({"kid": KID}),
        json!({"alg": "RS256"}),
        json!({"alg": "RS256", "kid": 5}),
        json!({"alg": ["RS256"], "kid": KID}),
        json!({"alg": "RS256", "kid": KID, "crit": ["b64"], "b64": false}),
        json!("RS256"),
    ] {
        bad_signature(receive(
            &*source(),
            "",
            signed_with(KEY, &header, &fixture("grade_change")).as_bytes(),
        ));
    }
}

#[test]
fn times_of_the_token_hold_within_a_minute() {
    let at = now().timestamp();
    let token = |name: &str, value: Value| signed(&with(fixture("grade_change"), &format!("/{name}"), value));
    for (name, value) in [("exp", json!(at - 59)), ("exp", json!(format!("{at}.5"))), ("nbf", json!(at + 60))]
    {
        receive(&*source(), "", token(name, value.clone()).as_bytes())
            .unwrap_or_else(|_| panic!("{name} {value}"));
    }
    for (name, value) in [("exp", at - 60), ("exp", at - 3600), ("exp", 0), ("nbf", at + 61)] {
        let result = receive(&*source(), "", token(name, json!(value)).as_bytes());
        assert!(matches!(result, Err(Rejection::Stale(_))), "{name} {value}: {result:?}");
    }
    for value in [json!("soon"), json!([1]), json!(1e300), json!(i64::MAX)] {
        bad_signature(receive(&*source(), "", token("exp", value).as_bytes()));
    }
}

#[test]
fn the_issuer_is_canvas_if_it_is_named() {
    let token = |issuer: &str| signed(&with(fixture("grade_change"), "/iss", json!(issuer)));
    receive(&*source(), "", token("https://live-events.canvas.instructure.com").as_bytes()).unwrap();
    bad_signature(receive(&*source(), "", token("https://canvas.example.test").as_bytes()));
}

#[test]
fn another_account_is_refused_however_authentic() {
    for event in EVENTS {
        let event = fixture(event);
        let other = Value::String("AnotherAccountsUuid000000000000000000000".to_owned());
        let event = if event.get("metadata").is_some() {
            with(event, "/metadata/root_account_uuid", other)
        } else {
            let extensions = json!({"com.instructure.canvas": {"root_account_uuid": other}});
            with(event, "/data/0/actor/extensions", extensions)
        };
        for result in [receive(&*source(), "", signed(&event).as_bytes()), unsigned(&event)] {
            assert!(matches!(result, Err(Rejection::WrongAccount(_))), "{result:?}");
        }
    }
}

#[test]
fn an_event_without_an_account_is_refused() {
    let event = with(fixture("grade_change"), "/metadata/root_account_uuid", None);
    assert!(matches!(unsigned(&event), Err(Rejection::WrongAccount(_))));
}

#[test]
fn caliper_without_an_account_needs_the_path_secret() {
    let event = fixture("caliper_grade_event");
    let token = signed(&event);
    assert_eq!(unsigned(&event).unwrap().signals.len(), 1);
    assert_eq!(receive(&*source(), "/new-secret", token.as_bytes()).unwrap().signals.len(), 1);
    let result = receive(&*source(), "", token.as_bytes());
    assert!(matches!(result, Err(Rejection::WrongAccount(_))), "{result:?}");
}

#[test]
fn what_is_no_event_is_malformed() {
    for body in ["", "{", "[]", "null", "\"\"", "\"{\"", "{\"data\": {}}", "<html>", "a.b"] {
        let result = receive(&*unsigned_source(), "/new-secret", body.as_bytes());
        assert!(matches!(result, Err(Rejection::Malformed { .. })), "{body}: {result:?}");
    }
}

#[test]
fn keys_are_fetched_for_signed_sources_only() {
    let default = "https://8axpcl50e4.execute-api.us-east-1.amazonaws.com/main/jwks";
    assert_eq!(source().key_set_url().unwrap().as_str(), default);
    let own = source_with(&json!({"signed": true, "jwks_url": "https://keys.example.test/jwks"}));
    assert_eq!(own.key_set_url().unwrap().as_str(), "https://keys.example.test/jwks");
    assert_eq!(source_with(&json!({"path_secret": "s"})).key_set_url(), None);
}

#[test]
fn settings_that_make_no_source_name_the_key() {
    let good = json!({
        "site": "https://canvas.example.test", "api_token": "t", "root_account": ACCOUNT, "path_secret": "s",
    });
    super::super::build(good.clone()).unwrap();
    for (pointer, value, key) in [
        ("/api_token", json!(""), "api_token"),
        ("/api_token", json!("two words"), "api_token"),
        ("/api_token", json!("line\n"), "api_token"),
        ("/root_account", json!(" "), "root_account"),
        ("/path_secret", json!("a/b"), "path_secret"),
        ("/path_secret", json!("ä"), "path_secret"),
    ] {
        let error = super::super::build(with(good.clone(), pointer, value.clone())).unwrap_err();
        assert_eq!(error.key.as_deref(), Some(key), "{pointer} {value}");
    }
    let error = super::super::build(with(good.clone(), "/path_secret", None)).unwrap_err();
    assert!(error.message.contains("signed = true"), "{error}");
    for (pointer, value) in
        [("/path_secret", Some(json!(""))), ("/root_account", None), ("/secret", Some(json!("x")))]
    {
        let error = super::super::build(with(good.clone(), pointer, value)).unwrap_err();
        assert!(!error.message.is_empty(), "{pointer}");
    }
}

#[test]
fn no_secret_is_printed() {
    let printed = format!("{:?}", source());
    for secret in ["old-secret", "new-secret", "test-token"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
