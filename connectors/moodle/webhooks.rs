//! Requests of `local_webhooks`: one event in JSON, with the shared token among its members.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::event::{Event, Values};
use super::number;
use super::settings::Settings;
use crate::decimal::decimal_in;
use crate::{Receipt, Rejection, Reply, Request};

/// What stands in the recorded body for the token.
const REMOVED: &str = "\"[removed]\"";

/// The one member that has to be read before anything else is believed.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    token: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Payload<'a> {
    eventname: Option<String>,
    #[serde(borrow)]
    relateduserid: Option<&'a RawValue>,
    #[serde(borrow)]
    courseid: Option<&'a RawValue>,
    #[serde(borrow)]
    contextinstanceid: Option<&'a RawValue>,
    #[serde(borrow)]
    objectid: Option<&'a RawValue>,
    #[serde(borrow)]
    timecreated: Option<&'a RawValue>,
    #[serde(borrow)]
    other: Option<&'a RawValue>,
}

/// `other`: an object, or null, or (PHP's empty array) a list.
#[derive(Deserialize, Default)]
struct Other<'a> {
    #[serde(borrow)]
    itemid: Option<&'a RawValue>,
    #[serde(borrow)]
    finalgrade: Option<&'a RawValue>,
    #[serde(borrow)]
    completionstate: Option<&'a RawValue>,
    #[serde(borrow)]
    overrideby: Option<&'a RawValue>,
    #[serde(borrow)]
    competencyid: Option<&'a RawValue>,
    #[serde(borrow)]
    grade: Option<&'a RawValue>,
    #[serde(borrow)]
    action: Option<&'a RawValue>,
}

/// Authenticates and reads one request.
pub(super) fn receive(settings: &Settings, request: &Request<'_>) -> Result<Receipt, Rejection> {
    let refuse = |why: &str| Err(Rejection::BadSignature(why.to_owned()));
    let Some(secrets) = &settings.token else {
        return refuse(
            "there is no token in a header, and this source takes none in a body: set `token` for local_webhooks",
        );
    };
    let envelope: Envelope<'_> =
        serde_json::from_slice(request.body).map_err(|error| Rejection::Malformed {
            reason: format!(
                "not the JSON object that local_webhooks sends (line {}, column {})",
                error.line(),
                error.column()
            ),
            body: None,
        })?;
    let Some(raw) = envelope.token else {
        return refuse("no `token` in the body: fill in the token of the webhook in Moodle");
    };
    let given: Option<String> = serde_json::from_str(raw.get()).ok();
    if !given.is_some_and(|given| secrets.matches(given.as_bytes())) {
        return refuse(
            "the `token` in the body is not this source's: compare the webhook in Moodle with `token`",
        );
    }

    let body = without(request.body, raw);
    let event = match read(request.body) {
        Ok(event) => event,
        Err(reason) => return Err(Rejection::Malformed { reason, body: Some(body) }),
    };
    let (signals, ignored) = match event.signal() {
        Ok(signal) => (vec![signal], Vec::new()),
        Err(why) => (Vec::new(), vec![why]),
    };
    Ok(Receipt { signals, ignored, reply: Reply::Standard, body })
}

fn read(body: &[u8]) -> Result<Event, String> {
    let payload: Payload<'_> = serde_json::from_slice(body).map_err(|error| {
        format!(
            "a member of the event has an unexpected form (line {}, column {})",
            error.line(),
            error.column()
        )
    })?;
    let other: Other<'_> =
        payload.other.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let Some(name) = payload.eventname else {
        return Err("no `eventname`: this is not a request of local_webhooks".to_owned());
    };
    let grade = match other.finalgrade {
        None => None,
        Some(raw) => Some(decimal_in(raw).ok_or("`other.finalgrade` is not a number")?),
    };
    Ok(Event {
        name,
        learner: number::id(payload.relateduserid),
        course: number::id(payload.courseid),
        instance: number::id(payload.contextinstanceid),
        object: number::id(payload.objectid),
        item: number::id(other.itemid),
        competency: number::id(other.competencyid),
        at: number::time(number::integer(payload.timecreated)),
        values: Some(Values {
            grade,
            state: number::integer(other.completionstate),
            by_hand: number::id(other.overrideby).is_some(),
            rating: number::integer(other.grade),
            action: number::integer(other.action),
        }),
    })
}

/// The body with another value in the place of the token; every other byte as it came.
fn without(body: &[u8], token: &RawValue) -> Vec<u8> {
    // `token` is borrowed from `body`, so its address tells where it stands.
    let start = token.get().as_ptr().addr().saturating_sub(body.as_ptr().addr());
    let end = start.saturating_add(token.get().len());
    match (body.get(..start), body.get(end..)) {
        (Some(before), Some(after)) => [before, REMOVED.as_bytes(), after].concat(),
        _ => REMOVED.as_bytes().to_vec(),
    }
}
