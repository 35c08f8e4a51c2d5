//! What came back, as any program can tell it: `{"message_id": "…", "kind": "hard", "reason": "…"}`, or
//! a list of these.

use serde_json::Value;

use crate::mail::dsn::{self, DeliveryReport, Fate};

/// Reads one or a list.
///
/// # Errors
/// Names the member that is wrong.
pub(crate) fn read(body: &[u8]) -> Result<Vec<DeliveryReport>, String> {
    let told: Value =
        serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    match told {
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(number, one)| report(one).map_err(|wrong| format!("[{number}].{wrong}")))
            .collect(),
        one => report(&one).map(|report| vec![report]),
    }
}

fn report(told: &Value) -> Result<DeliveryReport, String> {
    let text = |name: &str| told.get(name).and_then(Value::as_str);
    let id = text("message_id").and_then(dsn::message_id);
    let id = id.ok_or("message_id: write the Message-ID of the mail that came back")?;
    let fate = match text("kind") {
        Some("hard") => Fate::Hard,
        Some("soft") => Fate::Soft,
        Some("delayed") => Fate::Delayed,
        _ => {
            return Err(
                "kind: write \"hard\" (there is no such mailbox), \"soft\" (it was full or away, or did \
                        not want the mail) or \"delayed\" (it is still tried)"
                    .to_owned(),
            );
        }
    };
    let reason = match told.get("reason") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(reason)) => dsn::one_line(reason),
        Some(_) => return Err("reason: write the words of the mail server as a text".to_owned()),
    };
    Ok(DeliveryReport { message_ids: vec![id], fate, reason })
}
