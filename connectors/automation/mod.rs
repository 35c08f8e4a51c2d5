//! Automation tools (Zapier, Make, n8n, form tools, scripts): events that tell an outcome whole.
//!
//! There is no LMS to ask, so a request is its own confirmation. That holds only for a source
//! whose settings say `trusted = true`, and only for requests that prove they come from it: by a
//! Standard Webhooks 1.0 signature or a bearer token. `README.md` beside this file is the
//! reference for those who build the sending side.

mod condition;
mod document;
mod event;
mod mapping;
mod pointer;
mod standard_webhooks;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::value::RawValue;

use self::event::Event;
use self::mapping::Mapping;
use self::standard_webhooks::{Envelope, HEADERS, Verifier};
use crate::{
    ApiError, Asked, Confirmation, Connector, Http, Receipt, Rejection, Reply, Request, Secrets,
    SettingsError, Signal,
};

/// The table of an automation source.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Standard Webhooks secrets, `whsec_…`.
    secret: Option<Secrets>,
    /// Static tokens, for tools that cannot sign.
    bearer: Option<Secrets>,
    /// Whether events of this source count as confirmed. There is nobody else to confirm them.
    #[serde(default)]
    trusted: bool,
    /// Where the members stand in the JSON of a tool that has a shape of its own.
    mapping: Option<serde_json::Map<String, serde_json::Value>>,
}

/// One automation source.
#[derive(Debug)]
struct Automation {
    verifier: Option<Verifier>,
    bearer: Option<Secrets>,
    mapping: Mapping,
}

/// Makes a connector from a source's table.
///
/// # Errors
/// Names the key that is missing or wrong.
pub fn build(settings: serde_json::Value) -> Result<Box<dyn Connector>, SettingsError> {
    let settings: Settings = serde_json::from_value(settings)?;
    if settings.secret.is_none() && settings.bearer.is_none() {
        return Err(SettingsError::at(
            "secret",
            "a source needs `secret` (whsec_…, for senders that sign by Standard Webhooks) or `bearer` (a long \
             random token, for tools that cannot sign), or both",
        ));
    }
    let verifier = settings.secret.as_ref().map(Verifier::new).transpose()?;
    if !settings.trusted {
        return Err(SettingsError::at(
            "trusted",
            "an automation source has no LMS behind it that could confirm its grades, so what it sends is \
             either believed or useless. Write `trusted = true` if whoever holds its secret may say who passed; \
             otherwise remove the source and connect the LMS itself",
        ));
    }
    let mapping = match &settings.mapping {
        Some(table) => Mapping::parse(table)?,
        None => Mapping::standard(),
    };
    Ok(Box::new(Automation { verifier, bearer: settings.bearer, mapping }))
}

#[async_trait]
impl Connector for Automation {
    fn receive(&self, request: &Request<'_>) -> Result<Receipt, Rejection> {
        if !matches!(request.path, "" | "/") {
            return Err(Rejection::NoSuchPath(
                "post to the address of the source itself, without more path".to_owned(),
            ));
        }
        let envelope = self.authenticate(request)?;
        let malformed = |reason| Rejection::Malformed { reason, body: Some(request.body.to_vec()) };
        let document: &RawValue = serde_json::from_slice(request.body).map_err(|error| {
            malformed(format!("the body is not JSON ({error}): send one JSON object as application/json"))
        })?;
        if !document.get().starts_with('{') {
            return Err(malformed(
                "the body is JSON, but no object: send one event in each request".to_owned(),
            ));
        }
        let message = envelope.as_ref().map(|envelope| envelope.id.as_str());
        let sent_at = envelope.as_ref().map_or(request.received_at, |envelope| envelope.sent_at);
        let event =
            event::read(&self.mapping, document, message, sent_at, request.received_at).map_err(malformed)?;
        let (signals, ignored) = match event {
            Event::Signal(signal) => (vec![*signal], Vec::new()),
            Event::Other(why) => (Vec::new(), vec![why]),
        };
        Ok(Receipt { signals, ignored, reply: Reply::Standard, body: request.body.to_vec() })
    }

    async fn confirm(
        &self,
        signals: &[Signal],
        _asked: &Asked,
        _http: &dyn Http,
        _read_at: DateTime<Utc>,
    ) -> Result<Vec<Confirmation>, ApiError> {
        let confirm = |signal: &Signal| match &signal.outcome {
            Some(outcome) => Confirmation::Settled(vec![outcome.as_ref().clone()]),
            None => Confirmation::Nothing {
                why: "the signal carries no outcome, and an automation source has no LMS to ask".to_owned(),
            },
        };
        Ok(signals.iter().map(confirm).collect())
    }

    async fn probe(&self, _http: &dyn Http) -> Result<Vec<String>, ApiError> {
        let accepts = match (&self.verifier, &self.bearer) {
            (Some(_), Some(_)) => "signed requests and requests with a bearer token",
            (Some(_), None) => "signed requests",
            (None, _) => "requests with a bearer token",
        };
        Ok(vec![format!(
            "nothing to ask: an automation source has no API; it accepts {accepts} and believes them"
        )])
    }
}

impl Automation {
    /// Whether the request proves that it comes from the source; the envelope of a signed one.
    ///
    /// A request with a signature is judged by it alone: a wrong signature is not outweighed by
    /// a right token.
    fn authenticate(&self, request: &Request<'_>) -> Result<Option<Envelope>, Rejection> {
        let signed = HEADERS.iter().any(|name| request.headers.contains_key(*name));
        match (&self.verifier, &self.bearer) {
            (Some(verifier), _) if signed => {
                verifier.verify(request.headers, request.body, request.received_at).map(Some)
            }
            (_, Some(bearer)) => {
                bearer_matches(bearer, request.headers, self.verifier.is_some()).map(|()| None)
            }
            _ => Err(Rejection::BadSignature(format!(
                "the request is not signed: this source takes Standard Webhooks, with the headers {}",
                HEADERS.join(", ")
            ))),
        }
    }
}

fn bearer_matches(bearer: &Secrets, headers: &HeaderMap, or_signed: bool) -> Result<(), Rejection> {
    let refuse = |what: &str| {
        let or_signed = if or_signed { ", or sign the request by Standard Webhooks" } else { "" };
        Err(Rejection::BadSignature(format!(
            "{what}: send `Authorization: Bearer` and the token of this source{or_signed}"
        )))
    };
    let Some(value) = headers.get(AUTHORIZATION) else {
        return refuse("the header Authorization is missing");
    };
    let Some((scheme, token)) = split_scheme(value.as_bytes()) else {
        return refuse("the header Authorization has no scheme");
    };
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return refuse("the header Authorization has another scheme than Bearer");
    }
    if bearer.matches(token.trim_ascii()) { Ok(()) } else { refuse("the bearer token is wrong") }
}

fn split_scheme(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = value.iter().position(|byte| *byte == b' ')?;
    Some((value.get(..space)?, value.get(space + 1..)?))
}
