//! Blackboard Learn: Caliper events say that something was graded, the REST gradebook says what.
//!
//! Learn has no grade webhook. Its Caliper event store sends every event of the site, with a
//! static key and no signature, some of them at once and some nightly. Each grade event becomes
//! a signal; the gradebook is then read, one column for many learners at a time, because a site
//! may make 10,000 calls in 24 hours. `README.md` beside this file is the administrator's guide.

mod answers;
mod api;
mod caliper;
mod confirm;
mod gradebook;
mod judge;
mod people;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use http::header::AUTHORIZATION;
use serde::Deserialize;
use url::Url;

use self::api::Api;
use crate::site::Site;
use crate::{
    ApiError, Asked, Confirmation, Connector, Course, Gradebook, Gradebooks, Http, Outcome, Part, Question,
    Receipt, Rejection, Reply, Request, Secret, Secrets, SettingsError, Signal,
};

/// The API stands at the root of its host.
const SITE: Site = Site { lms: "Blackboard", example: "https://learn.example.edu", path: false };

/// The table of a Blackboard source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The site's address: `https://learn.example.edu`.
    site: Url,
    /// The application's key, from the developer portal.
    application_key: String,
    /// The application's secret, shown once by the developer portal.
    application_secret: Secret,
    /// The API key of the Caliper event store; without it the gradebook alone is read.
    event_key: Option<Secrets>,
}

/// One Blackboard site.
#[derive(Debug)]
struct Blackboard {
    settings: Settings,
}

/// Makes a connector from a source's table.
///
/// # Errors
/// Names the key that is missing or wrong.
pub fn build(settings: serde_json::Value) -> Result<Box<dyn Connector>, SettingsError> {
    // Checked here because the deserialiser's own error would print the value.
    for key in ["application_key", "application_secret"] {
        match settings.get(key) {
            Some(serde_json::Value::String(text)) if text.trim().is_empty() => {
                return Err(SettingsError::at(key, format!("{key} is empty; the developer portal shows it")));
            }
            Some(serde_json::Value::String(_)) | None => {}
            Some(_) => return Err(SettingsError::at(key, format!("{key} is a text: put it in quotes"))),
        }
    }
    SITE.read(settings.get("site"))?;
    let settings: Settings = serde_json::from_value(settings)?;
    if settings.application_key.contains(':') {
        return Err(SettingsError::at("application_key", "an application key has no colon"));
    }
    Ok(Box::new(Blackboard { settings }))
}

#[async_trait]
impl Connector for Blackboard {
    fn receive(&self, request: &Request<'_>) -> Result<Receipt, Rejection> {
        if !matches!(request.path, "" | "/") {
            return Err(Rejection::NoSuchPath(
                "the service URL of the Caliper event store is the address of the source itself, without more path"
                    .to_owned(),
            ));
        }
        self.authenticate(request)?;
        let delivery = caliper::read(request.body)
            .map_err(|reason| Rejection::Malformed { reason, body: Some(request.body.to_vec()) })?;
        Ok(Receipt {
            signals: delivery.signals,
            ignored: delivery.ignored,
            reply: Reply::Standard,
            body: delivery.body,
        })
    }

    async fn confirm(
        &self,
        signals: &[Signal],
        asked: &Asked,
        http: &dyn Http,
        read_at: DateTime<Utc>,
    ) -> Result<Vec<Confirmation>, ApiError> {
        confirm::confirm(&Api::new(&self.settings, http), signals, asked, read_at).await
    }

    fn gradebooks(&self) -> Option<&dyn Gradebooks> {
        Some(self)
    }

    async fn probe(&self, http: &dyn Http) -> Result<Vec<String>, ApiError> {
        let mut lines = Vec::new();
        if self.settings.site.scheme() == "http" {
            lines.push(
                "the site's address begins with http: the application's secret travels in clear text"
                    .to_owned(),
            );
        }
        lines.extend(Api::new(&self.settings, http).probe().await?);
        Ok(lines)
    }
}

#[async_trait]
impl Gradebooks for Blackboard {
    async fn course(&self, name: &str, http: &dyn Http) -> Result<Option<Course>, ApiError> {
        gradebook::course(&Api::new(&self.settings, http), name).await
    }

    async fn absent(&self, course: &Course, parts: &[Part], http: &dyn Http) -> Result<Vec<Part>, ApiError> {
        gradebook::absent(&Api::new(&self.settings, http), course, parts).await
    }

    async fn read(&self, question: &Question<'_>, http: &dyn Http) -> Result<Option<Gradebook>, ApiError> {
        gradebook::read(&Api::new(&self.settings, http), question).await
    }

    fn signal(&self, outcome: &Outcome) -> Option<Signal> {
        gradebook::signal(outcome)
    }
}

impl Blackboard {
    /// The key comes with every transmission. Under which scheme is not documented, so it is
    /// taken bare and as a bearer token.
    fn authenticate(&self, request: &Request<'_>) -> Result<(), Rejection> {
        let mend = "Administrator Panel → Building Blocks → Telemetry holds the API key that this source has as \
                    `event_key`";
        let Some(event_key) = &self.settings.event_key else {
            return Err(Rejection::BadSignature(
                "this source takes no events, it reads the gradebook only: set `event_key` to the API key of the \
                 Caliper event store if it shall"
                    .to_owned(),
            ));
        };
        let value = request
            .headers
            .get(AUTHORIZATION)
            .ok_or_else(|| Rejection::BadSignature(format!("the header Authorization is missing: {mend}")))?;
        let bare = value.as_bytes().trim_ascii();
        let token = match bare.split_at_checked(7) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"bearer ") => token.trim_ascii(),
            _ => bare,
        };
        // Both are compared, whichever matches.
        if event_key.matches(bare) | event_key.matches(token) {
            Ok(())
        } else {
            Err(Rejection::BadSignature(format!(
                "the header Authorization has another key than this source: {mend}"
            )))
        }
    }
}
