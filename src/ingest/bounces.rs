//! `POST /bounces` and its relatives: a mail server, a program or a mail service tells what came back.

pub(crate) mod mailgun;
pub(crate) mod neutral;
pub(crate) mod sendgrid;
#[cfg(test)]
mod tests;

use accolade_connectors::Secret;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, routing::post};
use serde_json::{Value, json};

use super::respond;
use crate::arriving::{self, Room};
use crate::config::BounceSettings;
use crate::mail::dsn::{self, DeliveryReport};
use crate::unread;
use crate::worker::{Bounces, Taken};

/// The routes for which the configuration has a secret.
pub fn bounces(bounces: Bounces, settings: &BounceSettings) -> Router {
    let mut router = Router::new();
    if let Some(secret) = &settings.secret {
        let state = (bounces.clone(), secret.clone());
        router = router.merge(Router::new().route("/bounces", post(take)).with_state(state));
    }
    if let Some(key) = &settings.mailgun_key {
        let state = (bounces.clone(), key.clone());
        router = router.merge(Router::new().route("/bounces/mailgun", post(from_mailgun)).with_state(state));
    }
    if let Some(key) = settings.sendgrid_point() {
        router = router
            .merge(Router::new().route("/bounces/sendgrid", post(from_sendgrid)).with_state((bounces, key)));
    }
    router
        .layer(DefaultBodyLimit::max(dsn::LARGEST))
        .layer(from_fn_with_state(Room::default(), arriving::within))
        .layer(from_fn(unread::read_on))
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
    if is_json(&headers) {
        return match neutral::read(&body) {
            Ok(reports) => all(&bounces, reports).await,
            Err(mend) => respond::problem(StatusCode::UNPROCESSABLE_ENTITY, &mend, None),
        };
    }
    match bounces.take(&body).await {
        Ok(taken) => Json(json!({ "bounce": name(taken) })).into_response(),
        Err(error) => away(&error),
    }
}

/// As Mailgun tells it. Whoever is refused comes again for some hours.
async fn from_mailgun(State((bounces, key)): State<(Bounces, Secret)>, body: Bytes) -> Response {
    match mailgun::read(&body, &key, bounces.clock.now()) {
        Ok(report) => all(&bounces, report.into_iter().collect()).await,
        Err(mend) => respond::problem(StatusCode::UNAUTHORIZED, mend, None),
    }
}

/// As SendGrid tells it.
async fn from_sendgrid(
    State((bounces, key)): State<(Bounces, Vec<u8>)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !sendgrid::is_signed(&headers, &body, &key) {
        let mend = "the signature is missing or does not fit: switch the Signed Event Webhook on, and write its \
                    verification key into bounces.sendgrid_key";
        return respond::problem(StatusCode::UNAUTHORIZED, mend, None);
    }
    match sendgrid::read(&body) {
        Some(reports) => all(&bounces, reports).await,
        None => respond::problem(StatusCode::UNPROCESSABLE_ENTITY, "the body is no list of events", None),
    }
}

/// Takes down what is told of several mails. Where the database fails in between, it is all told again.
async fn all(bounces: &Bounces, reports: Vec<DeliveryReport>) -> Response {
    let mut taken = Vec::new();
    for report in reports {
        match bounces.note(report).await {
            Ok(one) => taken.push(name(one)),
            Err(error) => return away(&error),
        }
    }
    Json(json!({ "bounces": taken })).into_response()
}

fn name(taken: Taken) -> Value {
    match taken {
        Taken::Known(kind) => json!(kind.as_str()),
        Taken::Nothing => Value::Null,
    }
}

fn away(error: &crate::store::StoreError) -> Response {
    tracing::warn!(%error, "a bounce cannot be stored");
    respond::busy("the database is away")
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}
