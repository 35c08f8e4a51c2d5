//! Moodle: grade webhooks of three plugins, confirmed through Moodle's web services.
//!
//! Moodle core sends no webhooks. One source takes requests of whichever plugin the site has:
//!
//! | plugin | told by | authenticated by | carries |
//! | --- | --- | --- | --- |
//! | `local_webhooks` | no token in a header | the `token` in the body | one event |
//! | `tool_trigger` | a token in a header | that token | what the administrator's template says |
//! | `logstore_xapi` | the path `/statements` | HTTP Basic | a batch of xAPI statements |
//!
//! None of them signs its body or says when it sent it, so there is no protection against a
//! replay. None is needed: a replayed event only makes Accolade read the present grade again.

mod accounts;
mod answers;
mod api;
mod attempts;
mod auth;
mod competencies;
mod confirm;
mod event;
mod gradebook;
mod grades;
mod number;
mod outcomes;
mod probe;
mod reading;
mod settings;
mod settle;
mod text;
mod trigger;
mod webhooks;
mod xapi;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    ApiError, Asked, Confirmation, Connector, Course, Gradebook, Gradebooks, Http, Outcome, Part, Question,
    Receipt, Rejection, Request, SettingsError, Signal,
};

use api::Api;
use settings::Settings;

/// A Moodle site as a source.
#[derive(Debug)]
struct Moodle {
    settings: Settings,
}

/// Makes a connector from a source's table.
///
/// # Errors
/// Names the key that is missing or wrong.
pub fn build(settings: serde_json::Value) -> Result<Box<dyn Connector>, SettingsError> {
    Ok(Box::new(Moodle { settings: Settings::read(settings)? }))
}

#[async_trait]
impl Connector for Moodle {
    fn receive(&self, request: &Request<'_>) -> Result<Receipt, Rejection> {
        match request.path.trim_end_matches('/') {
            "/statements" => xapi::receive(&self.settings, request),
            // The Content-Type says nothing: local_webhooks sends JSON under a form's type.
            "" if auth::has_token_header(request.headers) => trigger::receive(&self.settings, request),
            "" => webhooks::receive(&self.settings, request),
            other => Err(Rejection::NoSuchPath(format!(
                "nothing answers at “{other}”: local_webhooks and tool_trigger send to the source's \
                 address itself, logstore_xapi adds /statements to it"
            ))),
        }
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
        probe::probe(&Api::new(&self.settings, http)).await
    }
}

#[async_trait]
impl Gradebooks for Moodle {
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
