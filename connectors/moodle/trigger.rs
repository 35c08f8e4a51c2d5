//! Requests of `tool_trigger`: JSON from a template that the administrator pasted from this
//! connector's README.
//!
//! Every value is a string, and a placeholder without a value stays as it is. Values are put into
//! a query string without escaping, so whoever chooses their own last name can write other
//! members. Only ids are read here; what they name is confirmed through the API.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::auth;
use super::event::Event;
use super::number;
use super::settings::Settings;
use crate::{Receipt, Rejection, Reply, Request};

/// The members of the published template. Others may be there, and are not read.
#[derive(Deserialize)]
struct Payload<'a> {
    event: Option<String>,
    #[serde(borrow)]
    eventid: Option<&'a RawValue>,
    #[serde(borrow)]
    timecreated: Option<&'a RawValue>,
    #[serde(borrow)]
    relateduserid: Option<&'a RawValue>,
    #[serde(borrow)]
    courseid: Option<&'a RawValue>,
    #[serde(borrow)]
    objectid: Option<&'a RawValue>,
    #[serde(borrow)]
    contextinstanceid: Option<&'a RawValue>,
    #[serde(borrow)]
    itemid: Option<&'a RawValue>,
    #[serde(borrow)]
    competencyid: Option<&'a RawValue>,
}

/// Authenticates and reads one request.
pub(super) fn receive(settings: &Settings, request: &Request<'_>) -> Result<Receipt, Rejection> {
    auth::header_token(request.headers, settings.trigger_token.as_ref())?;
    let body = request.body.to_vec();
    let (event, id) = match read(request.body) {
        Ok(read) => read,
        Err(reason) => return Err(Rejection::Malformed { reason, body: Some(body) }),
    };
    let signal = match id {
        // The plugin's row id is stable over its retries; with the time it stays unique when the
        // site is restored from a backup and counts again from an earlier number.
        Some(id) => {
            let time = event.at.map_or(0, |at| at.timestamp());
            let learner = event.learner.map(|learner| learner.to_string());
            event.signal_for(learner, format!("tool_trigger|{id}|{time}"))
        }
        None => event.signal(),
    };
    let (signals, ignored) = match signal {
        Ok(signal) => (vec![signal], Vec::new()),
        Err(why) => (Vec::new(), vec![why]),
    };
    Ok(Receipt { signals, ignored, reply: Reply::Standard, body })
}

fn read(body: &[u8]) -> Result<(Event, Option<u64>), String> {
    const ENCODE: &str = "in the step “HTTP request” of tool_trigger, tick “JSON encode parameters”, and paste \
                          the Parameters from the setup guide";
    let payload: Payload<'_> = serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        match body.trim_ascii_start().first() {
            Some(b'{') => format!("the body is not valid JSON ({place}): {ENCODE}"),
            None => format!("the body is empty: {ENCODE}"),
            Some(_) => format!("the body is no JSON object, but a form or other text: {ENCODE}"),
        }
    })?;
    let Some(name) = payload.event.filter(|name| !name.trim().is_empty()) else {
        return Err(format!("no `event` in the body: {ENCODE}"));
    };
    if name.contains('%') {
        return Err(format!("the values are URL-encoded (`event` is “{name}”): {ENCODE}"));
    }
    if name.contains(['{', '}']) {
        return Err(format!(
            "the placeholder of `event` was not filled in (“{name}”): paste the Parameters from the setup guide \
             into the step “HTTP request”"
        ));
    }
    let event = Event {
        name,
        learner: number::id(payload.relateduserid),
        course: number::id(payload.courseid),
        instance: number::id(payload.contextinstanceid),
        object: number::id(payload.objectid),
        item: number::id(payload.itemid),
        competency: number::id(payload.competencyid),
        at: number::time(number::integer(payload.timecreated)),
        // Whatever the template says about results may have been written by the learner.
        values: None,
    };
    Ok((event, number::id(payload.eventid)))
}
