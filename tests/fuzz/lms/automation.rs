//! Automation tools: signed and tokened events, and mappings from other shapes.

use std::sync::LazyLock;

use accolade_connectors::{Connector, Receipt, Rejection, automation};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use sha2::Sha256;

use super::requests::{holds, read, untold};
use crate::input::{Message, parts};

const TOKEN: &str = "a-long-random-token";
const SECRET: &str = "whsec_c2VjcmV0IG9mIHRoZSBmdXp6IHRhcmdldHMhISE=";
const SECRETS: [&str; 2] = [TOKEN, "c2VjcmV0IG9mIHRoZSBmdXp6IHRhcmdldHMhISE="];
/// 2026-11-20T10:00:00Z
const NOW: i64 = 1_795_168_800;

static SOURCE: LazyLock<Box<dyn Connector>> = LazyLock::new(|| build(&Value::Null).unwrap());

fn build(mapping: &Value) -> Option<Box<dyn Connector>> {
    let mut table = json!({"trusted": true, "secret": SECRET, "bearer": TOKEN});
    if !mapping.is_null() {
        table["mapping"] = mapping.clone();
    }
    let built = automation::build(table);
    if let Err(error) = &built {
        let said = error.to_string();
        // What stands in the mapping may be repeated: the configuration takes its secrets out of it.
        let secrets = untold(mapping.to_string().as_bytes(), &SECRETS);
        assert!(!holds(said.as_bytes(), &secrets), "a secret: {said}");
    }
    built.ok()
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

/// An event, and perhaps a mapping before it (a JSON object, then a line `=====`). As it came it lets
/// nobody in; with the token it says the same whenever it comes, and signed the same but for times.
pub(crate) fn receive(data: &[u8]) {
    let more = || (now(), None, SECRETS.as_slice());
    let parts = parts(data, 2);
    let (mapping, event) = match parts.as_slice() {
        [mapping, event] => (serde_json::from_slice(mapping).unwrap_or_default(), *event),
        _ => (Value::Null, data),
    };
    let mapped = if mapping.is_null() { None } else { build(&mapping) };
    let source = mapped.as_ref().unwrap_or(&SOURCE);

    let message = Message::read(event);
    let bare = read(&**source, "", &message.headers, message.body, more());
    let in_header = message.headers.values().any(|value| holds(value.as_bytes(), &[TOKEN]));
    assert!(
        in_header || matches!(bare, Err(Rejection::BadSignature(_) | Rejection::Stale(_))),
        "somebody got in"
    );

    let mut bearer = HeaderMap::new();
    bearer.insert(AUTHORIZATION, HeaderValue::from_static("Bearer a-long-random-token"));
    let told = read(&**source, "", &bearer, message.body, more());
    assert!(!matches!(told, Err(Rejection::BadSignature(_))), "the token is taken");
    let sent = read(&**source, "", &signed(message.body), message.body, more());
    assert!(!matches!(sent, Err(Rejection::BadSignature(_))), "the signature is taken");
    if let (Ok(told), Ok(sent)) = (told, sent) {
        assert_eq!(without_keys(told), without_keys(sent));
    }
}

fn signed(body: &[u8]) -> HeaderMap {
    let key = BASE64.decode(SECRETS[1]).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("msg_1.{NOW}.").as_bytes());
    mac.update(body);
    let signature = format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()));
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", HeaderValue::from_static("msg_1"));
    headers.insert("webhook-timestamp", HeaderValue::from(NOW));
    headers.insert("webhook-signature", HeaderValue::from_str(&signature).unwrap());
    headers
}

/// What is told: without keys, which the message's id can give.
fn without_keys(mut receipt: Receipt) -> Receipt {
    receipt.signals.iter_mut().for_each(|signal| signal.key.clear());
    receipt
}
