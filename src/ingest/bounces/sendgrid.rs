//! What came back, as SendGrid's signed event webhook tells it (its documentation: "Event Webhook
//! Reference", "Event Webhook Security Features").

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::Value;

use crate::mail::dsn::{self, DeliveryReport, Fate};

/// Whether SendGrid signed the time in the header and the body.
pub(crate) fn is_signed(headers: &HeaderMap, body: &[u8], point: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).map(axum::http::HeaderValue::as_bytes);
    let (Some(signature), Some(time)) =
        (header("x-twilio-email-event-webhook-signature"), header("x-twilio-email-event-webhook-timestamp"))
    else {
        return false;
    };
    let Ok(signature) = BASE64_STANDARD.decode(signature) else { return false };
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
    key.verify(&[time, body].concat(), &signature).is_ok()
}

/// Reads a list of events; `None` if it is none. Those that are no news are left out.
pub(crate) fn read(body: &[u8]) -> Option<Vec<DeliveryReport>> {
    let events: Vec<Value> = serde_json::from_slice(body).ok()?;
    Some(events.iter().filter_map(report).collect())
}

fn report(event: &Value) -> Option<DeliveryReport> {
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    let id = dsn::message_id(text("smtp-id"))?;
    let (reason, status) = (text("reason"), text("status"));
    let (fate, words) = match (text("event"), text("type")) {
        ("deferred", _) => (Fate::Delayed, text("response")),
        // Refused for what the mail is, or who sent it; or the server was not there.
        ("bounce", "blocked") => (Fate::Soft, reason),
        ("bounce", _) if status.starts_with('4') => (Fate::Soft, reason),
        ("bounce", _) => (dsn::refused(&format!("{status} {reason}")), reason),
        // Not tried, as SendGrid knows the address.
        ("dropped", _) if matches!(reason, "Bounced Address" | "Invalid") => (Fate::Hard, reason),
        ("dropped", _) => (Fate::Soft, reason),
        _ => return None,
    };
    Some(DeliveryReport { message_ids: vec![id], fate, reason: dsn::one_line(words) })
}
