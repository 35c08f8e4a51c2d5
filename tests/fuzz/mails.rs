//! What comes back: notifications, mailboxes, and what mail services tell.

use std::fmt::Write as _;
use std::io::BufReader;

use accolade::fuzzing;
use accolade::mail::dsn::{self, DeliveryReport};
use accolade::mail::mbox::{Message as Stored, Messages, begins};
use accolade::mail::read::read as read_mail;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use ring::hmac;
use serde_json::json;

use crate::input::Message;

/// What is kept of a notification is short, of one line, and nothing of it controls a terminal.
fn bounded(report: &DeliveryReport) {
    assert!(report.message_ids.len() <= 8 && report.reason.chars().count() <= 300, "{report:?}");
    assert!(report.message_ids.iter().all(|id| (1..=300).contains(&id.len())), "{report:?}");
    assert!(!report.reason.chars().any(char::is_control), "{report:?}");
}

/// A notification. How its lines end does not matter.
pub(crate) fn dsn(data: &[u8]) {
    let report = dsn::read(data);
    assert_eq!(report, dsn::read(data));
    report.iter().for_each(bounded);
    if !data.contains(&b'\r') {
        let text = String::from_utf8_lossy(data).replace('\n', "\r\n");
        assert_eq!(dsn::read(text.as_bytes()), report, "it matters how lines end");
    }
    let _ = read_mail(data);
}

fn messages(file: &[u8], most: usize, capacity: usize) -> Option<Vec<Stored>> {
    let mut messages = Messages::new(BufReader::with_capacity(capacity, file), most);
    let mut found = Vec::new();
    while let Some(message) = messages.read_next().ok()? {
        found.push(message);
    }
    Some(found)
}

/// A mailbox. Its messages are all of it; read on from the end of any of them it is the same; whatever
/// the size of the reads.
pub(crate) fn mbox(data: &[u8]) {
    const MOST: usize = 200;
    let found = messages(data, MOST, 8_192);
    assert_eq!(found, messages(data, MOST, 7), "the size of reads matters");
    let Some(found) = found else { return };
    assert!(data.is_empty() || begins(data), "no message begins here");
    let length: u64 = found.iter().map(|message| message.length).sum();
    assert_eq!(length, data.len() as u64, "bytes between messages");
    let mut at = 0;
    for (number, message) in found.iter().enumerate() {
        assert!(message.raw.len() <= MOST && message.raw.len() as u64 <= message.length);
        assert_eq!(message.followed, number + 1 < found.len());
        if number < 8 {
            assert_eq!(messages(&data[at..], MOST, 64).as_deref(), Some(&found[number..]), "read on");
        }
        at += usize::try_from(message.length).unwrap();
        dsn::read(&message.raw).iter().for_each(bounded);
    }
}

const KEY: &str = "a-signing-key-of-mailgun";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_168_800, 0).unwrap()
}

/// What mail services and programs tell. Without their signature nothing of theirs is believed.
pub(crate) fn bounces(data: &[u8]) {
    let message = Message::read(data);
    let read = fuzzing::mailgun(message.body, KEY, now());
    assert!(read.is_err() || message.body.windows(9).any(|part| part == b"signature"), "nobody signed that");
    if let Ok(event) = serde_json::from_slice::<serde_json::Value>(message.body) {
        let (time, token) = (now().timestamp().to_string(), "0123456789");
        let mac = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes()),
            format!("{time}{token}").as_bytes(),
        );
        let code = mac.as_ref().iter().fold(String::new(), |mut code, byte| {
            write!(code, "{byte:02x}").unwrap();
            code
        });
        let body = json!({
            "signature": {"timestamp": time, "token": token, "signature": code}, "event-data": event,
        });
        let read = fuzzing::mailgun(body.to_string().as_bytes(), KEY, now()).expect("it is signed");
        read.iter().for_each(bounded);
        let late = fuzzing::mailgun(body.to_string().as_bytes(), KEY, now() + chrono::TimeDelta::days(2));
        assert!(late.is_err(), "a signature is believed for a day");
    }
    match fuzzing::told(message.body) {
        Ok(reports) => reports.iter().for_each(bounded),
        Err(mend) => assert!(mend.len() < 1_000, "{mend}"),
    }
    fuzzing::sendgrid(message.body).iter().flatten().for_each(bounded);
    let point = [4; 65];
    assert!(!fuzzing::sendgrid_signed(&message.headers, message.body, &point), "nobody signed that");
    assert!(!fuzzing::sendgrid_signed(&HeaderMap::new(), message.body, data), "nobody signed that");
}
