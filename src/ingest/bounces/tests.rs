use axum::http::HeaderMap;
use chrono::{DateTime, TimeDelta, Utc};
use ring::hmac;
use serde_json::{Value, json};

use super::{mailgun, neutral, sendgrid};
use crate::config::BounceSettings;
use crate::mail::dsn::Fate;

#[test]
fn any_program_tells_one_or_several_and_is_told_what_is_wrong() {
    let read = |told: Value| neutral::read(told.to_string().as_bytes());
    let one = json!({"message_id": "<a@b>", "kind": "soft", "reason": "452 full\r\nvery"});
    let report = read(one.clone()).unwrap().remove(0);
    assert_eq!(
        (report.message_ids, report.fate, report.reason.as_str()),
        (vec!["a@b".to_owned()], Fate::Soft, "452 full very")
    );
    let list = read(json!([one, {"message_id": "c@d", "kind": "hard", "more": 1}])).unwrap();
    assert_eq!((list.len(), list[1].fate, list[1].reason.as_str()), (2, Fate::Hard, ""));
    assert_eq!(read(json!([])).unwrap(), []);
    for (told, wrong) in [
        (json!({}), "message_id: "),
        (json!({"message_id": "<>"}), "message_id: "),
        (json!({"message_id": "a@b", "kind": "Hard"}), "kind: "),
        (json!({"message_id": "a@b", "kind": "hard", "reason": 550}), "reason: "),
        (json!([{"message_id": "a@b", "kind": "hard"}, 7]), "[1].message_id: "),
        (json!("a"), "message_id: "),
    ] {
        let said = read(told.clone()).unwrap_err();
        assert!(said.starts_with(wrong), "{told}: {said}");
    }
    assert!(neutral::read(b"{").unwrap_err().starts_with("the body is not JSON"));
}

fn now() -> DateTime<Utc> {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn from_mailgun(event: &Value, key: &str, at: DateTime<Utc>) -> Value {
    let (time, token) = (at.timestamp().to_string(), "t".repeat(50));
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let code = hex::encode(hmac::sign(&key, format!("{time}{token}").as_bytes()));
    json!({"signature": {"timestamp": time, "token": token, "signature": code}, "event-data": event})
}

fn failed(severity: &str, reason: &str, code: u32, said: &str) -> Value {
    json!({
        "event": "failed", "severity": severity, "reason": reason, "recipient": "ada@example.test",
        "message": {"headers": {"message-id": "a@b", "to": "ada@example.test"}},
        "delivery-status": {"code": code, "message": said, "description": ""},
    })
}

#[test]
fn mailgun_is_believed_when_it_signed_lately() {
    let key = "the signing key".into();
    let event = failed("permanent", "bounce", 550, "5.1.1 no such user");
    let good = from_mailgun(&event, "the signing key", now());
    let read = |told: &Value, now| mailgun::read(told.to_string().as_bytes(), &key, now);
    assert_eq!(read(&good, now()).unwrap().unwrap().message_ids, ["a@b"]);
    assert!(read(&good, now() + TimeDelta::hours(23)).is_ok());
    assert!(read(&good, now() + TimeDelta::hours(25)).unwrap_err().contains("too old"));
    assert!(read(&good, now() - TimeDelta::hours(25)).is_err());
    assert!(read(&from_mailgun(&event, "another key", now()), now()).unwrap_err().contains("mailgun_key"));
    for path in ["timestamp", "token", "signature"] {
        let mut wrong = good.clone();
        wrong["signature"][path] = json!("12");
        assert!(read(&wrong, now()).is_err(), "{path}");
        wrong["signature"].as_object_mut().unwrap().remove(path);
        assert!(read(&wrong, now()).is_err(), "{path}");
    }
    assert!(mailgun::read(b"hello", &key, now()).is_err());
}

#[test]
fn what_mailgun_tells_is_sorted() {
    let key = "k".into();
    for (event, fate) in [
        (failed("permanent", "bounce", 550, "5.1.1 no such user"), Some(Fate::Hard)),
        (failed("permanent", "suppress-bounce", 605, ""), Some(Fate::Hard)),
        (failed("permanent", "bounce", 552, "5.2.2 mailbox full"), Some(Fate::Soft)),
        (failed("permanent", "generic", 451, "later"), Some(Fate::Soft)),
        (failed("permanent", "old", 602, "Too old"), Some(Fate::Soft)),
        (failed("permanent", "suppress-unsubscribe", 606, ""), Some(Fate::Soft)),
        (failed("temporary", "generic", 451, "later"), Some(Fate::Delayed)),
        (
            json!({"event": "rejected", "message": {"headers": {"message-id": "a@b"}}, "reject": {"reason": "no"}}),
            Some(Fate::Soft),
        ),
        (json!({"event": "delivered", "message": {"headers": {"message-id": "a@b"}}}), None),
        (json!({"event": "failed", "severity": "permanent"}), None),
        (json!(null), None),
    ] {
        let told = from_mailgun(&event, "k", now()).to_string();
        let read = mailgun::read(told.as_bytes(), &key, now()).unwrap();
        assert_eq!(read.map(|report| report.fate), fate, "{event}");
    }
}

/// A request of SendGrid's own library's tests: that the keys and signatures are those of SendGrid.
#[test]
fn sendgrid_signed_it() {
    let settings =
        |key: &str| BounceSettings { sendgrid_key: Some(key.to_owned()), ..BounceSettings::default() };
    let key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==";
    let point = settings(key).sendgrid_point().unwrap();
    for wrong in ["", "hello", &key[..100], &key.replacen('M', "N", 1)] {
        assert!(settings(wrong).sendgrid_point().is_none(), "{wrong}");
    }
    let headers = |signature: &str, time: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("X-Twilio-Email-Event-Webhook-Signature", signature.parse().unwrap());
        headers.insert("X-Twilio-Email-Event-Webhook-Timestamp", time.parse().unwrap());
        headers
    };
    let signature =
        "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0=";
    let body = br#"{"category":"example_payload","event":"test_event","message_id":"message_id"}"#;
    assert!(sendgrid::is_signed(&headers(signature, "1588788367"), body, &point));
    assert!(!sendgrid::is_signed(&headers(signature, "1588788368"), body, &point));
    assert!(!sendgrid::is_signed(&headers(signature, "1588788367"), &body[1..], &point));
    assert!(!sendgrid::is_signed(&headers(&signature.replace("MEU", "MEV"), "1588788367"), body, &point));
    assert!(!sendgrid::is_signed(&HeaderMap::new(), body, &point));
}

#[test]
fn what_sendgrid_tells_is_sorted() {
    let bounce = |kind: &str, status: &str, reason: &str| json!({"event": "bounce", "type": kind, "status": status, "reason": reason, "smtp-id": "<a@b>"});
    for (event, fate) in [
        (bounce("bounce", "5.1.1", "550 5.1.1 no such user"), Some(Fate::Hard)),
        (bounce("bounce", "5.2.2", "552 full"), Some(Fate::Soft)),
        (bounce("bounce", "4.4.7", "expired"), Some(Fate::Soft)),
        (bounce("blocked", "5.7.1", "550 spam"), Some(Fate::Soft)),
        (json!({"event": "deferred", "response": "400 later", "smtp-id": "<a@b>"}), Some(Fate::Delayed)),
        (json!({"event": "dropped", "reason": "Bounced Address", "smtp-id": "<a@b>"}), Some(Fate::Hard)),
        (
            json!({"event": "dropped", "reason": "Spam Reporting Address", "smtp-id": "<a@b>"}),
            Some(Fate::Soft),
        ),
        (json!({"event": "delivered", "smtp-id": "<a@b>"}), None),
        (json!({"event": "bounce", "type": "bounce", "status": "5.1.1"}), None),
    ] {
        let read = sendgrid::read(json!([event]).to_string().as_bytes()).unwrap();
        assert_eq!(read.first().map(|report| report.fate), fate, "{event}");
        assert!(read.iter().all(|report| report.message_ids == ["a@b"]));
    }
    assert_eq!(sendgrid::read(b"{}"), None);
}
