//! Canvas: Live Events over HTTPS (Data Services), confirmed through the REST API.
//!
//! An event is a hint. It says nothing of whether the learner may see the grade in a way that
//! holds, it comes late, twice or never, and posting a grade sends it again unchanged. So every
//! event about a grade becomes a signal, muted ones too: hiding a grade after an award must be
//! noticed. `README.md` is the guide for the administrator.

mod answers;
mod api;
mod caliper;
mod confirm;
mod detail;
mod gradebook;
mod ids;
mod jwt;
mod mastery;
mod payload;
mod people;
mod permissions;
mod probe;
mod read;
mod reading;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::site::Site;
use crate::{
    ApiError, Asked, Confirmation, Connector, Course, Gradebook, Gradebooks, Http, KeySet, Outcome, Part,
    Question, Receipt, Rejection, Reply, Request, Secret, Secrets, SettingsError, Signal,
};

/// A proxy in front of a test installation may put it below a path.
const SITE: Site = Site { lms: "Canvas", example: "https://canvas.example.edu", path: true };

/// Where the keys of signed payloads are published, the same for all institutions.
const KEY_SET: &str = "https://8axpcl50e4.execute-api.us-east-1.amazonaws.com/main/jwks";

/// Makes a connector from a source's table.
///
/// # Errors
/// Names the key that is missing or wrong.
pub fn build(settings: Value) -> Result<Box<dyn Connector>, SettingsError> {
    SITE.read(settings.get("site"))?;
    let settings: Settings = serde_json::from_value(settings)?;
    settings.check()?;
    Ok(Box::new(Canvas { settings }))
}

/// The source's table; `README.md` explains each key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    site: Url,
    api_token: Secret,
    root_account: String,
    path_secret: Option<Secrets>,
    #[serde(default)]
    signed: bool,
    #[serde(default = "key_set")]
    jwks_url: Option<Url>,
}

fn key_set() -> Option<Url> {
    Url::parse(KEY_SET).ok()
}

impl Settings {
    fn check(&self) -> Result<(), SettingsError> {
        let token = self.api_token.expose();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SettingsError::at(
                "api_token",
                "write the access token as Canvas showed it, without spaces or line ends",
            ));
        }
        if self.root_account.trim().is_empty() || self.root_account.trim() != self.root_account {
            return Err(SettingsError::at(
                "root_account",
                "write the UUID of the institution's root account; connectors/canvas/README.md says where to find it",
            ));
        }
        if self.path_secret.is_none() && !self.signed {
            return Err(SettingsError::at(
                "path_secret",
                "set signed = true (recommended), or path_secret, the last part of the webhook's address: else anybody could send events",
            ));
        }
        // It is part of an address: what has to be encoded there would never compare equal.
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if self
            .path_secret
            .iter()
            .flat_map(Secrets::iter)
            .any(|secret| !secret.expose().bytes().all(unreserved))
        {
            return Err(SettingsError::at(
                "path_secret",
                "use only letters, digits and - . _ ~, as it is part of an address",
            ));
        }
        if self.signed && self.jwks_url.is_none() {
            return Err(SettingsError::at("jwks_url", "remove it, or write the address of the key set"));
        }
        Ok(())
    }
}

/// One Canvas.
#[derive(Debug)]
struct Canvas {
    settings: Settings,
}

/// What one event gives.
#[derive(Debug)]
enum Event {
    /// Something may have changed.
    Signal(Signal),
    /// Nothing, and why, with the event's name.
    Ignored(String),
}

impl Canvas {
    /// Whether the address carries the secret.
    fn known_path(&self, path: &str) -> Result<bool, Rejection> {
        let given = path.strip_prefix('/').unwrap_or(path);
        match &self.settings.path_secret {
            _ if given.is_empty() => Ok(false),
            None => {
                Err(Rejection::NoSuchPath("this source expects events at /hooks/{source} itself".to_owned()))
            }
            Some(secrets) if secrets.matches(given.as_bytes()) => Ok(true),
            Some(_) => Err(Rejection::BadSignature("the address ends with a wrong path_secret".to_owned())),
        }
    }

    /// The event's JSON, once the sender is known.
    fn authenticated<'a>(
        &self,
        body: Cow<'a, [u8]>,
        by_path: bool,
        keys: Option<&KeySet>,
        now: DateTime<Utc>,
    ) -> Result<Cow<'a, [u8]>, Rejection> {
        match (jwt::looks_like_one(&body), self.settings.signed) {
            (true, true) => jwt::open(&body, keys, now).map(Cow::Owned),
            // A secret address is no signature: it stands in the logs of every proxy in between.
            (false, true) => Err(Rejection::BadSignature(
                "the payload is not signed; tick “Sign Payload” in Canvas".to_owned(),
            )),
            (true, false) if by_path => Err(malformed(
                "the payload is signed; set signed = true for this source, or untick “Sign Payload” in Canvas",
                &body,
            )),
            (false, false) if by_path => Ok(body),
            (_, false) => Err(Rejection::BadSignature(
                "the address lacks its last part, the path_secret of this source".to_owned(),
            )),
        }
    }

    /// The signing key is shared by all institutions: only the root account tells them apart.
    fn check_account(
        &self,
        named: &mut dyn Iterator<Item = String>,
        may_be_absent: bool,
    ) -> Result<(), Rejection> {
        let mut absent = true;
        for account in named {
            absent = false;
            if account != self.settings.root_account {
                return Err(Rejection::WrongAccount(format!(
                    "the event comes from the root account {account:.80}, and this source is bound to {}",
                    self.settings.root_account
                )));
            }
        }
        if absent && !may_be_absent {
            return Err(Rejection::WrongAccount(
                "the event names no root account (root_account_uuid), so nobody can say which institution it comes from"
                    .to_owned(),
            ));
        }
        Ok(())
    }
}

#[async_trait]
impl Connector for Canvas {
    fn receive(&self, request: &Request<'_>) -> Result<Receipt, Rejection> {
        let by_path = self.known_path(request.path)?;
        let body = unquoted(request.body);
        let body = self.authenticated(body, by_path, request.keys, request.received_at)?;
        let event: Value = serde_json::from_slice(&body)
            .map_err(|error| malformed(&format!("the event is not JSON: {error}"), &body))?;

        let mut receipt =
            Receipt { signals: Vec::new(), ignored: Vec::new(), reply: Reply::Standard, body: Vec::new() };
        let mut take = |event: Result<Event, String>| match event {
            Ok(Event::Signal(signal)) => {
                receipt.signals.push(signal);
                Ok(())
            }
            Ok(Event::Ignored(why)) => {
                receipt.ignored.push(why);
                Ok(())
            }
            Err(reason) => Err(malformed(&reason, &body)),
        };
        if event.get("metadata").is_some() {
            let account = read::text(read::at(&event, &["metadata", "root_account_uuid"]));
            self.check_account(&mut account.into_iter(), false)?;
            take(payload::read(&event))?;
        } else if caliper::is_envelope(&event) {
            for event in caliper::events(&event) {
                self.check_account(&mut caliper::accounts(event), by_path)?;
                take(caliper::read(event))?;
            }
        } else {
            return Err(malformed(
                "the body has neither “metadata” (Canvas format) nor a list “data” (Caliper)",
                &body,
            ));
        }
        receipt.body = body.into_owned();
        Ok(receipt)
    }

    fn key_set_url(&self) -> Option<&Url> {
        self.settings.jwks_url.as_ref().filter(|_| self.settings.signed)
    }

    async fn confirm(
        &self,
        signals: &[Signal],
        asked: &Asked,
        http: &dyn Http,
        read_at: DateTime<Utc>,
    ) -> Result<Vec<Confirmation>, ApiError> {
        confirm::confirm(signals, self.api(http), asked, read_at).await
    }

    fn gradebooks(&self) -> Option<&dyn Gradebooks> {
        Some(self)
    }

    async fn probe(&self, http: &dyn Http) -> Result<Vec<String>, ApiError> {
        probe::probe(&self.api(http), &self.settings.root_account).await
    }
}

#[async_trait]
impl Gradebooks for Canvas {
    async fn course(&self, name: &str, http: &dyn Http) -> Result<Option<Course>, ApiError> {
        gradebook::course(&self.api(http), name).await
    }

    async fn absent(&self, course: &Course, parts: &[Part], http: &dyn Http) -> Result<Vec<Part>, ApiError> {
        gradebook::absent(&self.api(http), course, parts).await
    }

    async fn read(&self, question: &Question<'_>, http: &dyn Http) -> Result<Option<Gradebook>, ApiError> {
        gradebook::read(&self.api(http), question).await
    }

    fn signal(&self, outcome: &Outcome) -> Option<Signal> {
        gradebook::signal(outcome)
    }
}

impl Canvas {
    fn api<'a>(&'a self, http: &'a dyn Http) -> api::Api<'a> {
        api::Api::new(http, &self.settings.site, &self.settings.api_token)
    }
}

/// Takes off the quotes of a body that arrives as a JSON string.
fn unquoted(body: &[u8]) -> Cow<'_, [u8]> {
    let body = body.trim_ascii();
    match body.first() {
        Some(b'"') => match serde_json::from_slice::<String>(body) {
            Ok(text) => Cow::Owned(text.trim().as_bytes().to_vec()),
            Err(_) => Cow::Borrowed(body),
        },
        _ => Cow::Borrowed(body),
    }
}

/// Only for authenticated bodies: they are kept.
fn malformed(reason: &str, body: &[u8]) -> Rejection {
    Rejection::Malformed { reason: reason.to_owned(), body: Some(body.to_vec()) }
}
