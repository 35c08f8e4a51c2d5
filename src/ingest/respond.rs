//! What senders of webhooks read.

use accolade_connectors::Reply;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use uuid::Uuid;

use crate::faults::{self, Break};
use crate::store::Recorded;

/// 200: it is recorded.
pub(super) fn accepted(recorded: &Recorded, ignored: &[String], reply: Reply) -> Response {
    let body = match reply {
        Reply::Json(body) => body,
        Reply::Standard => json!({
            "delivery": recorded.id,
            "state": recorded.state.as_str(),
            "signals": recorded.new_signals.len(),
            "ignored": ignored,
        }),
    };
    Json(body).into_response()
}

/// A request that was not taken, with what to mend.
pub(super) fn problem(status: StatusCode, reason: &str, delivery: Option<Uuid>) -> Response {
    let mut body = json!({ "error": reason, "status": status.as_u16() });
    if let (Some(delivery), Some(body)) = (delivery, body.as_object_mut()) {
        body.insert("delivery".to_owned(), json!(delivery));
    }
    (status, Json(body)).into_response()
}

/// 404 for a source that is not configured. Does not say which are.
pub(super) fn unknown_source() -> Response {
    let reason = "no source has this name: the address is /hooks/NAME, where the configuration has a table [sources.NAME]";
    problem(StatusCode::NOT_FOUND, reason, None)
}

/// 503: come again.
pub(super) fn busy(reason: &str) -> Response {
    if faults::broken(Break::RefusesOutages) {
        return problem(StatusCode::INTERNAL_SERVER_ERROR, reason, None);
    }
    let mut response =
        problem(StatusCode::SERVICE_UNAVAILABLE, &format!("{reason}; please send it again"), None);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    response
}
