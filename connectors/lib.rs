//! Reads grade webhooks of learning management systems and confirms them through their APIs.
//!
//! Bytes in, signals out: a connector authenticates a request, says what may have changed
//! ([`Connector::receive`]), and later asks the LMS what is true ([`Connector::confirm`]).
//! It opens no socket and keeps no state: the host gives it a [`Http`] to ask through.
//!
//! A new connector is one folder here and one line in [`KINDS`].

pub mod automation;
pub mod blackboard;
pub mod canvas;
pub mod moodle;

#[cfg(test)]
mod asking;
mod decimal;
mod error;
mod gradebook;
mod host;
mod keys;
mod learners;
mod outcome;
mod request;
mod secret;
mod signal;
mod site;
#[cfg(test)]
mod traps;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use url::Url;

pub use error::{ApiError, Rejection, SettingsError};
pub use gradebook::{Asked, Gradebook, Gradebooks, Part, Question, Shown, Wanted};
pub use host::{Answer, Body, Call, FormValue, Http};
pub use keys::KeySet;
pub use outcome::{Assessment, AssessmentKind, Attempt, Course, Learner, Outcome, Release, Score, Withheld};
pub use request::{Receipt, Reply, Request};
pub use secret::{Secret, Secrets};
pub use signal::{Confirmation, Signal};

/// One configured source: an LMS site, or an automation tool, with its settings and secrets.
#[async_trait]
pub trait Connector: Send + Sync + std::fmt::Debug {
    /// Authenticates one request on its raw bytes and reads what may have changed.
    ///
    /// Does no I/O and never panics, whatever the bytes.
    ///
    /// # Errors
    /// A [`Rejection`] says which fixed answer the sender gets and what to mend.
    fn receive(&self, request: &Request<'_>) -> Result<Receipt, Rejection>;

    /// Where the keys that sign this source's requests are published (a JWKS), if they are.
    ///
    /// The host fetches and caches it and passes it as [`Request::keys`].
    fn key_set_url(&self) -> Option<&Url> {
        None
    }

    /// Asks the LMS what is true for signals that share one [`Signal::batch`].
    ///
    /// `asked` is what rules ask of the source's courses. `read_at` is the host's clock at the
    /// call; it becomes [`Outcome::as_of`] of everything read. The answer has one [`Confirmation`] for each signal, in the same order.
    ///
    /// # Errors
    /// An [`ApiError`] means that nothing could be confirmed now; it applies to the whole batch.
    /// What keeps only some learners from being read is [`Confirmation::Unread`] for these.
    async fn confirm(
        &self,
        signals: &[Signal],
        asked: &Asked,
        http: &dyn Http,
        read_at: DateTime<Utc>,
    ) -> Result<Vec<Confirmation>, ApiError>;

    /// Reads whole courses, if this kind of source has a gradebook to read.
    fn gradebooks(&self) -> Option<&dyn Gradebooks> {
        None
    }

    /// Tries the LMS's API with the configured credentials, for `accolade doctor`.
    ///
    /// Each line says what was tried and what it showed, for instance which site and account
    /// answered.
    ///
    /// # Errors
    /// The first thing that does not work, with what to mend.
    async fn probe(&self, http: &dyn Http) -> Result<Vec<String>, ApiError>;
}

/// A kind of source that a configuration can name.
#[derive(Debug)]
pub struct Kind {
    /// The name in the configuration (`kind = "moodle"`) .
    pub name: &'static str,
    /// Makes a connector from the source's table, secrets already resolved.
    pub build: fn(serde_json::Value) -> Result<Box<dyn Connector>, SettingsError>,
}

/// Every kind of source there is.
pub const KINDS: &[Kind] = &[
    Kind { name: "moodle", build: moodle::build },
    Kind { name: "canvas", build: canvas::build },
    Kind { name: "blackboard", build: blackboard::build },
    Kind { name: "automation", build: automation::build },
];
