//! What can go wrong: with a request, with the LMS's API, with a source's settings.

use std::time::Duration;

/// Why a request was not taken. Each has one fixed HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The secret, token or signature is missing or wrong. 401.
    ///
    /// The body of such a request is not kept: nobody vouches for it.
    #[error("{0}")]
    BadSignature(String),
    /// Signed by a key that the key set does not list. The host fetches the set anew, once,
    /// with a cool-down, and asks again; if it stays unknown, 401.
    #[error("the key set has no key with the id “{kid}”")]
    UnknownKey {
        /// The `kid` of the JWT's header.
        kid: String,
    },
    /// Authentic once, but too old or from the future: a replay, or a clock that is wrong. 401.
    #[error("{0}")]
    Stale(String),
    /// Authentic, but from another account than the source is bound to. 403.
    #[error("{0}")]
    WrongAccount(String),
    /// Nothing answers at this path of the source. 404.
    #[error("{0}")]
    NoSuchPath(String),
    /// Authentic (or not even that far) and unreadable. 400.
    #[error("{reason}")]
    Malformed {
        /// What is wrong and how to mend it, with the member's name where there is one.
        reason: String,
        /// The body to record, secrets removed; `None` where the sender was not authenticated.
        body: Option<Vec<u8>>,
    },
}

/// Why the LMS could not be asked, or did not answer usefully. Never carries a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// No answer, a 5xx, HTML or half an answer where JSON should be: it passes by itself.
    #[error("{what}")]
    Unavailable {
        /// Which call, and what came instead of an answer.
        what: String,
        /// How long the LMS, or the circuit breaker, asks to wait.
        retry_after: Option<Duration>,
    },
    /// The LMS asks to slow down.
    #[error("{what}")]
    RateLimited {
        /// Which call, and what the LMS said.
        what: String,
        /// How long it asks to wait, where it says so.
        retry_after: Option<Duration>,
    },
    /// The token is wrong, expired, or lacks a permission: a human has to mend it, and waiting
    /// work then continues by itself.
    #[error("{what}")]
    Unauthorized {
        /// Which call, what the LMS said, and what to mend where.
        what: String,
    },
    /// The LMS refuses this very request for good: asking again gives the same answer.
    #[error("{what}")]
    Refused {
        /// Which call, and what the LMS said.
        what: String,
    },
}

impl ApiError {
    /// Whether it passes by itself, so that the same call may be answered the next time.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::RateLimited { .. })
    }
}

/// A source's table that does not make a working source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SettingsError {
    /// The key that is wrong, if it is one key; dotted for nested tables (`xapi.password`).
    pub key: Option<String>,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl SettingsError {
    /// An error about one key.
    pub fn at(key: &str, message: impl Into<String>) -> Self {
        Self { key: Some(key.to_owned()), message: message.into() }
    }
}

impl From<serde_json::Error> for SettingsError {
    fn from(error: serde_json::Error) -> Self {
        Self { key: None, message: error.to_string() }
    }
}
