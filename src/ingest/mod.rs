//! `POST /hooks/{source}`: authenticates a webhook, records it, answers.
//!
//! The answer 200 is sent after the commit, never before; the message to the queue goes out
//! after the answer, from memory, and the sweeper makes up for one that is lost.

mod bounces;
mod committer;
mod respond;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use accolade_connectors::{Connector, KeySet, Receipt, Rejection, Reply, Request};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::post;
use chrono::{DateTime, Utc};
use tokio::time::Instant;
use uuid::Uuid;

use crate::arriving::{self, NoRoom, Room};
use crate::clock::Clock;
use crate::ids;
use crate::lms::KeySets;
use crate::store::{DeliveryState, NewDelivery, Recorded, Verdict};
use crate::telemetry::Metrics;
use crate::unread;

pub use bounces::bounces;
pub(crate) use bounces::{mailgun, neutral, sendgrid};
pub use committer::{Committer, Full, WRITERS};

/// Requests that nobody vouches for are recorded up to this many a minute for each source; the
/// rest is only counted, so that a flood of them does not fill the database.
const RECORDED_REFUSALS: u32 = 60;

/// Everything that ingest needs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ingest {
    /// Sources by name.
    pub sources: Arc<BTreeMap<String, Arc<dyn Connector>>>,
    /// Published signing keys.
    pub keys: Arc<KeySets>,
    /// Writes deliveries, many in one transaction.
    pub committer: Committer,
    /// The time.
    pub clock: Clock,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The largest body, in bytes.
    pub max_body: usize,
    /// How many refusals were recorded in this minute, by source.
    pub refusals: Arc<Refusals>,
}

/// Counts refusals by source and minute.
#[derive(Debug, Default)]
pub struct Refusals(std::sync::Mutex<BTreeMap<String, (i64, u32)>>);

impl Refusals {
    /// Whether one more may be recorded.
    fn admit(&self, source: &str, now: DateTime<Utc>) -> bool {
        let minute = now.timestamp() / 60;
        let mut counts = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (at, count) = counts.entry(source.to_owned()).or_insert((minute, 0));
        if *at != minute {
            (*at, *count) = (minute, 0);
        }
        *count += 1;
        *count <= RECORDED_REFUSALS
    }
}

/// The webhook routes.
pub fn router(ingest: Ingest) -> Router {
    let limit = DefaultBodyLimit::max(ingest.max_body);
    let room = Room::for_bodies_of(ingest.max_body);
    Router::new()
        .route("/hooks/{source}", post(receive).get(explain))
        .route("/hooks/{source}/", post(receive).get(explain))
        .route("/hooks/{source}/{*rest}", post(receive).get(explain))
        .layer(limit)
        .layer(from_fn_with_state(room, arriving::within))
        .layer(from_fn(unread::read_on))
        .with_state(ingest)
}

/// Someone opened the address in a browser: say what it is.
async fn explain(State(ingest): State<Ingest>, Path(path): Path<BTreeMap<String, String>>) -> Response {
    match path.get("source").filter(|source| ingest.sources.contains_key(*source)) {
        Some(_) => respond::problem(
            StatusCode::METHOD_NOT_ALLOWED,
            "this address takes webhooks: the LMS posts to it",
            None,
        ),
        None => respond::unknown_source(),
    }
}

async fn receive(
    State(ingest): State<Ingest>,
    Path(path): Path<BTreeMap<String, String>>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    let name = path.get("source").map_or("", String::as_str);
    let Some((name, connector)) = ingest.sources.get_key_value(name) else {
        return respond::unknown_source();
    };
    let received_at = ingest.clock.now();
    let id = ids::timed(received_at);
    let user_agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .map(|value| value.chars().take(200).collect());
    let delivery =
        |body, verdict| NewDelivery { id, source: name.clone(), received_at, user_agent, body, verdict };
    let body = match body {
        Ok(body) => body,
        // Nothing was refused: it is to come again.
        Err(error) if NoRoom::is_cause_of(&error) => return respond::busy(&NoRoom.to_string()),
        Err(error) => {
            let status = error.status();
            let reason = if status == StatusCode::PAYLOAD_TOO_LARGE {
                format!(
                    "the body is larger than {} bytes; raise server.max_body_bytes or lower the LMS's batch size",
                    ingest.max_body
                )
            } else {
                "the body broke off".to_owned()
            };
            return ingest.refuse(delivery(None, Verdict::Refused { status: status.as_u16(), reason })).await;
        }
    };
    // The path as sent: a secret in it must not pass through a decoder that changes it.
    let tail = uri.path().splitn(4, '/').nth(3).map(|rest| format!("/{rest}")).unwrap_or_default();
    let request = Request { path: &tail, headers: &headers, body: &body, received_at, keys: None };
    match read(&ingest.keys, connector.as_ref(), request).await {
        Ok(receipt) => {
            let signals =
                receipt.signals.into_iter().map(|signal| (ids::timed(received_at), signal)).collect();
            let verdict = Verdict::Accepted { signals, ignored: receipt.ignored };
            ingest.accept(delivery(Some(receipt.body), verdict), receipt.reply).await
        }
        Err(Unread::Keys) => respond::busy("the key that signs this request is not known yet"),
        Err(Unread::Rejected(rejection)) => {
            let status = status_of(&rejection);
            let reason = quoted(&rejection.to_string());
            let body = if let Rejection::Malformed { body, .. } = rejection { body } else { None };
            ingest.refuse(delivery(body, Verdict::Refused { status: status.as_u16(), reason })).await
        }
    }
}

/// What a refusal says at most, in letters: it quotes senders whom nobody vouches for.
const QUOTED: usize = 600;

/// A reason without what would break the line of a log or steer a terminal, and not longer than [`QUOTED`].
fn quoted(reason: &str) -> String {
    let shown = |letter: char| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter };
    let mut quoted: String = reason.chars().take(QUOTED).map(shown).collect();
    if reason.chars().nth(QUOTED).is_some() {
        quoted.push('…');
    }
    quoted
}

/// The one place that gives each rejection its status.
fn status_of(rejection: &Rejection) -> StatusCode {
    match rejection {
        Rejection::BadSignature(_) | Rejection::UnknownKey { .. } | Rejection::Stale(_) => {
            StatusCode::UNAUTHORIZED
        }
        Rejection::WrongAccount(_) => StatusCode::FORBIDDEN,
        Rejection::NoSuchPath(_) => StatusCode::NOT_FOUND,
        Rejection::Malformed { .. } => StatusCode::BAD_REQUEST,
    }
}

#[derive(Debug)]
enum Unread {
    Rejected(Rejection),
    /// The source signs, with a key that may be newer than the keys that could be fetched: the
    /// sender shall try again.
    Keys,
}

/// Lets the connector read a request; with the published keys, if its source has any.
async fn read(sets: &KeySets, connector: &dyn Connector, request: Request<'_>) -> Result<Receipt, Unread> {
    let Some(url) = connector.key_set_url() else {
        return connector.receive(&request).map_err(Unread::Rejected);
    };
    let since = Instant::now();
    let keys = sets.get(url).await;
    let read = |keys: Option<&KeySet>| connector.receive(&Request { keys, ..request });
    let result = read(keys.as_deref());
    if !matches!(result, Err(Rejection::UnknownKey { .. })) {
        return result.map_err(Unread::Rejected);
    }
    let renewed = sets.renew(url, since).await;
    match read(renewed.keys.as_deref()) {
        Err(Rejection::UnknownKey { .. }) if !renewed.since => Err(Unread::Keys),
        result => result.map_err(Unread::Rejected),
    }
}

impl Ingest {
    async fn accept(&self, delivery: NewDelivery, reply: Reply) -> Response {
        let source = delivery.source.clone();
        let ignored = match &delivery.verdict {
            Verdict::Accepted { ignored, .. } => ignored.clone(),
            Verdict::Refused { .. } => Vec::new(),
        };
        match self.record(delivery).await {
            Ok(recorded) => {
                self.metrics.delivery(&source, recorded.state.as_str());
                respond::accepted(&recorded, &ignored, reply)
            }
            Err(busy) => {
                self.metrics.delivery(&source, "not recorded");
                respond::busy(&busy)
            }
        }
    }

    async fn refuse(&self, delivery: NewDelivery) -> Response {
        let (status, reason) = match &delivery.verdict {
            Verdict::Refused { status, reason } => (StatusCode::from_u16(*status), reason.clone()),
            Verdict::Accepted { .. } => (Ok(StatusCode::BAD_REQUEST), String::new()),
        };
        let (id, source) = (delivery.id, delivery.source.clone());
        self.metrics.delivery(&source, DeliveryState::Refused.as_str());
        tracing::warn!(delivery = %id, %source, %reason, "webhook refused");
        // A refusal stands whether or not it can be recorded.
        let recorded = self.refusals.admit(&source, self.clock.now()) && self.record(delivery).await.is_ok();
        respond::problem(status.unwrap_or(StatusCode::BAD_REQUEST), &reason, recorded.then_some(id))
    }

    async fn record(&self, delivery: NewDelivery) -> Result<Recorded, String> {
        let id: Uuid = delivery.id;
        match self.committer.commit(delivery).await {
            Ok(recorded) => {
                tracing::info!(delivery = %id, state = recorded.state.as_str(), signals = recorded.new_signals.len(), "webhook recorded");
                Ok(recorded)
            }
            Err(error) => Err(error.to_string()),
        }
    }
}
