//! `POST /bounces`: a mail server hands over what came back.

use accolade_connectors::Secret;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, routing::post};
use serde_json::json;

use super::respond;
use crate::mail::dsn;
use crate::unread;
use crate::worker::{Bounces, Taken};

/// The route; `secret` is what senders show as a bearer token.
pub fn bounces(bounces: Bounces, secret: Secret) -> Router {
    Router::new()
        .route("/bounces", post(take))
        .layer(DefaultBodyLimit::max(dsn::LARGEST))
        .layer(from_fn(unread::read_on))
        .with_state((bounces, secret))
}

/// Answers 200 after the commit, to a message that tells nothing, too: sent again it would tell no
/// more.
async fn take(
    State((bounces, secret)): State<(Bounces, Secret)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let given =
        headers.get(header::AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    if !given.is_some_and(|given| secret.matches(given)) {
        let mend = "send the secret of the configuration (bounces.secret) as `Authorization: Bearer …`";
        return respond::problem(StatusCode::UNAUTHORIZED, mend, None);
    }
    match bounces.take(&body).await {
        Ok(Taken::Known(kind)) => Json(json!({"bounce": kind.as_str()})).into_response(),
        Ok(Taken::Nothing) => Json(json!({"bounce": null})).into_response(),
        Err(error) => {
            tracing::warn!(%error, "a bounce cannot be stored");
            respond::busy("the database is away")
        }
    }
}
