//! Answers to wallets: JSON that nobody keeps.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::signing::SigningError;
use crate::store::StoreError;

/// JSON that nobody keeps and any site's scripts may read: it is given for a ticket, not for a cookie.
pub(super) fn json(status: StatusCode, body: String) -> Response {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A good answer.
pub(super) fn good(body: &Value) -> Response {
    json(StatusCode::OK, body.to_string())
}

/// `OPTIONS`: what scripts of other sites may send (Fetch Standard, CORS preflight).
pub(super) async fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Why a wallet gets nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// An error code of OAuth 2.0 or OpenID4VCI 1.0, and why, in ASCII for developers.
    Wrong(&'static str, String),
    /// The access token does not count (RFC 6750, section 3).
    Token,
    /// There is no such offer.
    Missing,
    /// This client asks too often.
    TooMany,
    /// The database is away for now.
    Unavailable,
    /// A fault of this program or its data.
    Internal,
}

impl Refusal {
    pub(super) fn wrong(code: &'static str, why: impl Into<String>) -> Self {
        Self::Wrong(code, why.into())
    }

    /// A fault of the program, logged.
    pub(super) fn fault(what: &str, cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "{what}");
        Self::Internal
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Conflict => {
                tracing::warn!(cause = %error, "a wallet is asked to come again");
                Self::Unavailable
            }
            StoreError::Corrupt { .. } | StoreError::Refused(_) => {
                Self::fault("a wallet got nothing", &error)
            }
        }
    }
}

impl From<SigningError> for Refusal {
    fn from(error: SigningError) -> Self {
        match error {
            SigningError::Store(error) => error.into(),
            SigningError::Away(_) => {
                tracing::error!(cause = %error, "a badge waits for its signature");
                Self::Unavailable
            }
            SigningError::Refused(_) => Self::fault("a badge cannot be signed for a wallet", &error),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, why) = match self {
            Self::Wrong(code, why) => (StatusCode::BAD_REQUEST, code, why),
            Self::Token => (
                StatusCode::UNAUTHORIZED,
                "invalid_token",
                "the access token is unknown or has ended".to_owned(),
            ),
            Self::Missing => (StatusCode::NOT_FOUND, "invalid_request", "there is no such offer".to_owned()),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, "slow_down", "too many requests".to_owned()),
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "come again soon".to_owned())
            }
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "it was noted".to_owned()),
        };
        let mut response = json(status, json!({"error": code, "error_description": why}).to_string());
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            let value = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        response
    }
}
