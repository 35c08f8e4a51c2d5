//! What goes wrong, as a page or as JSON: the status is chosen here, the cause is logged here, and a reader
//! never sees it.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::signing::SigningError;
use crate::store::StoreError;

/// How long a client should wait when the database is away, in seconds.
const RETRY_AFTER: &str = "30";

/// Why there is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageError {
    /// Nothing is at this address, or nothing that is public.
    NotFound,
    /// No credential belongs to this claim link.
    UnknownLink,
    /// The badge was withdrawn or is on hold: no certificate says otherwise.
    NoCertificate,
    /// The badge was withdrawn, and all that was known of it is gone.
    Erased,
    /// The fonts lack letters of a name on the certificate.
    NoLetters,
    /// The address does not take this kind of request.
    Method,
    /// This client asks too often.
    TooMany,
    /// Too many ask at once.
    Busy,
    /// What was sent is too large, or took too long.
    TooLarge,
    /// oEmbed in another form than JSON.
    NoFormat,
    /// The database is away for now.
    Unavailable,
    /// A fault of this program or its data.
    Internal,
}

impl PageError {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::NotFound | Self::UnknownLink | Self::NoLetters => StatusCode::NOT_FOUND,
            Self::NoCertificate | Self::Erased => StatusCode::GONE,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoFormat => StatusCode::NOT_IMPLEMENTED,
            Self::Unavailable | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The same for programs and their authors; pages say it in the reader's language.
    fn reason(self) -> &'static str {
        match self {
            Self::NotFound => "nothing is at this address, or nothing that is public",
            Self::UnknownLink => "no badge belongs to this claim link",
            Self::NoCertificate => "the badge was withdrawn or is on hold: there is no certificate of it now",
            Self::Erased => "the badge was withdrawn, and nothing else is kept of it",
            Self::NoLetters => "the fonts for certificates lack letters of a name on it",
            Self::Method => "this address does not take this kind of request",
            Self::TooMany => "too many requests from one place; please come again in a minute",
            Self::Busy => "many badges are being verified right now; please come again in a few seconds",
            Self::TooLarge => "what was sent is too large, or took too long",
            Self::NoFormat => "this is given as JSON only",
            Self::Unavailable => {
                "something that this needs is being restarted; please come again in a minute"
            }
            Self::Internal => "that went wrong on our side; it has been noted",
        }
    }

    /// As JSON: what webhooks are refused with, and what RFC 9457 asks of it.
    pub(super) fn problem(self) -> String {
        let status = self.status();
        let title = status.canonical_reason().unwrap_or_default();
        json!({ "title": title, "status": status.as_u16(), "error": self.reason() }).to_string()
    }

    /// A fault of the program, logged.
    pub(super) fn fault(what: &str, cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "{what}");
        Self::Internal
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Conflict => {
                tracing::warn!(cause = %error, "a page is not available");
                Self::Unavailable
            }
            StoreError::Corrupt { .. } | StoreError::Refused(_) => Self::fault("a page failed", &error),
        }
    }
}

impl From<SigningError> for PageError {
    fn from(error: SigningError) -> Self {
        match error {
            SigningError::Store(error) => error.into(),
            SigningError::Away(_) => {
                tracing::warn!(cause = %error, "nothing can be signed");
                Self::Unavailable
            }
            SigningError::Refused(_) => Self::fault("a document cannot be signed", &error),
        }
    }
}

/// The layer in `headers` turns this into a page, or into JSON for machines.
impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        let wait = match self {
            Self::Unavailable => Some(RETRY_AFTER),
            Self::Busy => Some("5"),
            Self::TooMany => Some("60"),
            _ => None,
        };
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(wait));
        }
        response.extensions_mut().insert(self);
        response
    }
}
