//! The window through which a connector asks an LMS. The real client, with its limits, retries
//! and caches, is the host's (`src/lms`); tests replay recorded answers.

use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, Method};
use url::Url;

use crate::{ApiError, Secret};

/// Sends one call to the LMS of one source.
#[async_trait]
pub trait Http: Send + Sync {
    /// Sends the call and reads the whole answer, within the host's limits of time and size.
    ///
    /// Any HTTP status is an answer, except that the host itself turns 429 and 503 into errors
    /// with the wait that the LMS asks for.
    ///
    /// # Errors
    /// [`ApiError::Unavailable`] when no answer came, [`ApiError::RateLimited`] when the LMS
    /// asks to wait.
    async fn send(&self, call: Call) -> Result<Answer, ApiError>;
}

/// One request to an LMS's API.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is asked, for logs, metrics and errors: `Moodle gradereport_user_get_grade_items`.
    pub what: &'static str,
    /// GET or POST.
    pub method: Method,
    /// The absolute address. Secrets go into headers or body, never here.
    pub url: Url,
    /// Headers, `Authorization` included.
    pub headers: Vec<(HeaderName, Secret)>,
    /// The body of a POST.
    pub body: Body,
    /// How long the answer may be reused for the same call, if it was a success (2xx).
    pub cache: Option<Duration>,
    /// Asks anew even if an answer is cached, and replaces it (after a 401 on a cached token).
    pub refresh: bool,
}

/// A request body.
#[derive(Debug, Clone)]
pub enum Body {
    /// No body.
    Empty,
    /// `application/x-www-form-urlencoded` pairs.
    Form(Vec<(String, FormValue)>),
}

/// The value of a form field.
#[derive(Debug, Clone)]
pub enum FormValue {
    /// Anybody may see it.
    Plain(String),
    /// A token.
    Secret(Secret),
}

impl FormValue {
    /// The value as it is sent.
    pub fn expose(&self) -> &str {
        match self {
            Self::Plain(value) => value,
            Self::Secret(secret) => secret.expose(),
        }
    }
}

impl From<&str> for FormValue {
    fn from(value: &str) -> Self {
        Self::Plain(value.to_owned())
    }
}

impl From<Secret> for FormValue {
    fn from(secret: Secret) -> Self {
        Self::Secret(secret)
    }
}

impl Call {
    /// A GET without headers.
    pub fn get(what: &'static str, url: Url) -> Self {
        Self {
            what,
            method: Method::GET,
            url,
            headers: Vec::new(),
            body: Body::Empty,
            cache: None,
            refresh: false,
        }
    }

    /// A POST of a form.
    pub fn post_form(what: &'static str, url: Url, form: Vec<(String, FormValue)>) -> Self {
        Self { method: Method::POST, body: Body::Form(form), ..Self::get(what, url) }
    }

    /// Adds a header.
    pub fn header(mut self, name: HeaderName, value: impl Into<Secret>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Lets the answer be reused for that long.
    pub fn cached(mut self, for_: Duration) -> Self {
        self.cache = Some(for_);
        self
    }
}

/// What the LMS answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}
