//! Readers of bytes from outside that only the part uses to which they belong: named here so that
//! `tests/fuzz` reaches them.

use accolade_connectors::Secret;
use axum::Router;
use axum::body::Body;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Request, Response};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::app::App;
use crate::ingest::{mailgun as mailgun_events, neutral, sendgrid as sendgrid_events};
use crate::mail::dsn::DeliveryReport;
use crate::remote::Fetcher;
use crate::web;

/// The pages of an installation and what wallets ask, for requests without a socket.
#[derive(Debug, Clone)]
pub struct Pages(Router);

impl Pages {
    /// Those of this installation. They fetch nothing, whatever a badge names.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn of(app: &App) -> Result<Self, reqwest::Error> {
        Ok(Self(web::router(web::Site { fetcher: Fetcher::nowhere()?, ..app.site() })))
    }

    /// The answer to a request; `None` when it broke off.
    pub async fn answer(&self, request: Request<Vec<u8>>) -> Option<Response<Vec<u8>>> {
        let answer = self.0.clone().oneshot(request.map(Body::from)).await;
        let (head, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.ok()?;
        Some(Response::from_parts(head, body.into()))
    }
}

/// What Mailgun tells, under this key.
pub fn mailgun(body: &[u8], key: &str, now: DateTime<Utc>) -> Result<Option<DeliveryReport>, &'static str> {
    mailgun_events::read(body, &Secret::from(key), now)
}

/// What any program tells.
pub fn told(body: &[u8]) -> Result<Vec<DeliveryReport>, String> {
    neutral::read(body)
}

/// What SendGrid tells; whether it did is for [`sendgrid_signed`].
pub fn sendgrid(body: &[u8]) -> Option<Vec<DeliveryReport>> {
    sendgrid_events::read(body)
}

/// Whether SendGrid signed it, by the key at this point of the curve.
pub fn sendgrid_signed(headers: &HeaderMap, body: &[u8], point: &[u8]) -> bool {
    sendgrid_events::is_signed(headers, body, point)
}

/// A field of a form with files.
pub fn form_field<'a>(kind: &str, body: &'a [u8], name: &str) -> Option<&'a [u8]> {
    crate::web::form_field(kind, body, name)
}

/// Whether a client asks for the document and not for the page.
pub fn wants_document(headers: &HeaderMap) -> bool {
    crate::web::wants_document(headers)
}

/// The rows that a message of the queue is about, each with its CloudEvent.
pub fn message(message_id: Option<&str>, body: &[u8]) -> Result<Vec<(Uuid, Vec<u8>)>, String> {
    crate::queue::read_message(message_id, body)
}

/// What of a claim link's token is looked up.
pub fn token_hash(token: &str) -> Option<Vec<u8>> {
    crate::claim::lookup(token)
}
