//! A webhook request as a connector sees it, and what the connector makes of it.

use chrono::{DateTime, Utc};
use http::HeaderMap;

use crate::{KeySet, Signal};

/// One `POST /hooks/{source}…`, as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What follows `/hooks/{source}`: empty, or beginning with a slash (`/statements`).
    pub path: &'a str,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The raw body: signatures are over these bytes.
    pub body: &'a [u8],
    /// The host's clock when the request arrived.
    pub received_at: DateTime<Utc>,
    /// The keys published at [`crate::Connector::key_set_url`], if the host has them yet.
    pub keys: Option<&'a KeySet>,
}

/// An authentic, readable request.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// What may have changed. Empty when nothing in the request concerns a grade.
    pub signals: Vec<Signal>,
    /// For what gave no signal: which event, and why it is none. One line each, for people.
    pub ignored: Vec<String>,
    /// What the sender expects to read in the 200 answer.
    pub reply: Reply,
    /// The body to record: readable, secrets removed.
    pub body: Vec<u8>,
}

/// The body of the 200 answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// The host's own: the id of the delivery and what became of it.
    Standard,
    /// JSON that the sender's protocol prescribes (xAPI: the list of statement ids).
    Json(serde_json::Value),
}
