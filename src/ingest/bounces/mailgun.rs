//! What came back, as Mailgun's webhooks tell it (its documentation: "Webhooks", "Events").
//!
//! Mailgun signs a time and a token with HMAC-SHA-256, not what it tells; who has seen one such request
//! could tell other things for a while. It is therefore believed for a day only, and all that a bounce
//! can do is end reminders.

use accolade_connectors::Secret;
use chrono::{DateTime, TimeDelta, Utc};
use ring::hmac;
use serde_json::Value;

use crate::mail::dsn::{self, DeliveryReport, Fate};

/// How old a signature can be: Mailgun tries for eight hours.
const BELIEVED: TimeDelta = TimeDelta::days(1);

/// Reads a request; nothing for an event that is no news.
///
/// # Errors
/// When Mailgun did not sign it, or not lately; with the mend.
pub(crate) fn read(
    body: &[u8],
    key: &Secret,
    now: DateTime<Utc>,
) -> Result<Option<DeliveryReport>, &'static str> {
    const UNSIGNED: &str = "the signature is missing or does not fit: write Mailgun's HTTP webhook signing key into \
                            bounces.mailgun_key";
    let told: Value = serde_json::from_slice(body).map_err(|_| UNSIGNED)?;
    let signed = |name: &str| told.pointer(&format!("/signature/{name}")).and_then(Value::as_str);
    let (Some(time), Some(token), Some(code)) = (signed("timestamp"), signed("token"), signed("signature"))
    else {
        return Err(UNSIGNED);
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose().trim().as_bytes());
    let code = hex::decode(code).map_err(|_| UNSIGNED)?;
    hmac::verify(&key, [time, token].concat().as_bytes(), &code).map_err(|_| UNSIGNED)?;
    let at = time.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0)).ok_or(UNSIGNED)?;
    if (now - at).abs() > BELIEVED {
        return Err("the signature is too old, or the clocks differ by more than a day");
    }
    Ok(told.get("event-data").and_then(report))
}

fn report(event: &Value) -> Option<DeliveryReport> {
    let text = |path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let id = dsn::message_id(text("/message/headers/message-id"))?;
    let code = event.pointer("/delivery-status/code").and_then(Value::as_u64).unwrap_or_default();
    let status = text("/delivery-status/enhanced-code");
    let words =
        [text("/delivery-status/message"), text("/delivery-status/description"), text("/reject/reason")];
    let words = words.into_iter().find(|words| !words.trim().is_empty()).unwrap_or(text("/reason"));
    let fate = match (text("/event"), text("/severity"), text("/reason")) {
        ("failed", "temporary", _) => Fate::Delayed,
        // It was tried for too long, or Mailgun itself did not want to send it: the mailbox may be there.
        ("failed", _, "old" | "espblock" | "suppress-complaint" | "suppress-unsubscribe")
        | ("rejected", ..) => Fate::Soft,
        ("failed", ..) if (400..500).contains(&code) => Fate::Soft,
        ("failed", ..) => dsn::refused(&format!("{status} {words}")),
        _ => return None,
    };
    Some(DeliveryReport { message_ids: vec![id], fate, reason: dsn::one_line(words) })
}
