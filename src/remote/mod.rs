//! Fetching what badges of strangers name: DID documents, status lists, linked badges.
//!
//! Whoever hands in a badge chooses the addresses in it. So a fetch reaches public addresses only
//! (`address`), by https only, whatever names resolve to and wherever redirects lead; and it is
//! bounded in time, size and steps.

mod address;
mod did_web;
mod examine;
mod names;
mod schemas;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use reqwest::redirect::Policy;
use url::{Host, Url};

pub use examine::{Examined, Ours, Own, Place, examine};
pub use names::{Addresses, Names, System};

use address::Reach;
use schemas::Schemas;

use crate::badges::verify::{Unread, parse};
use crate::locales::Message;

/// The largest document that is read, in bytes: status lists of millions of badges fit.
pub const LARGEST_DOCUMENT: usize = 2 << 20;
/// The largest JSON schema that is read, in bytes; 1EdTech's have up to 170 KB.
pub const LARGEST_SCHEMA: usize = 512 << 10;
/// The largest badge that is read by its link, in bytes: an image.
pub const LARGEST_BADGE: usize = 8 << 20;
/// About how many bytes of memory the values of a document may take: the largest schemas of 1EdTech take a
/// third.
const MOST_MEMORY: usize = 4 << 20;
/// How long one fetch may take, redirects and body included.
const TIME: Duration = Duration::from_secs(8);
/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(4);
/// How many redirects are followed.
const REDIRECTS: usize = 3;

/// Why something was not fetched; the texts are for whoever asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The address is none that may be fetched.
    #[error("{0}")]
    Refused(Message),
    /// No answer, or none that is of use. What stood in the way is not told: the answer must not
    /// map the network around this server.
    #[error("there was no usable answer from {0}")]
    Unreachable(String),
    /// The server said something else than 200.
    #[error("{host} answered with status {status}")]
    Status {
        /// Who.
        host: String,
        /// What.
        status: u16,
    },
    /// It is larger than allowed.
    #[error("the answer of {0} is too large")]
    TooLarge(String),
    /// It is no document of the expected kind.
    #[error("{0}")]
    NotADocument(Message),
}

impl FetchError {
    /// Why, to be said in any language.
    pub fn message(&self) -> Message {
        let about = |key, host: &String| Message::new(key).with("host", host);
        match self {
            Self::Refused(why) | Self::NotADocument(why) => why.clone(),
            Self::Unreachable(host) => about("fetch-unreachable", host),
            Self::Status { host, status } => about("fetch-status", host).with("status", status.to_string()),
            Self::TooLarge(host) => about("fetch-large", host),
        }
    }
}

/// An answer: its bytes, and what the server says they are.
#[derive(Debug)]
pub struct Fetched {
    /// The body.
    pub bytes: Vec<u8>,
    /// The media type, without parameters, in lower case.
    pub kind: String,
}

/// Fetches, within limits.
#[derive(Debug, Clone)]
pub struct Fetcher {
    http: reqwest::Client,
    reach: Reach,
    schemas: Arc<Schemas>,
}

impl Fetcher {
    /// Reaches public addresses by https.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn public() -> Result<Self, reqwest::Error> {
        Self::new(Reach::Public, Arc::new(System))
    }

    /// Reaches this machine, too, where an address names it openly (`localhost`, `127.0.0.1`), also
    /// by http: for the command line beside a demo, and for tests. Never for what serves others.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn public_and_this_machine() -> Result<Self, reqwest::Error> {
        Self::new(Reach::PublicAndThisMachine, Arc::new(System))
    }

    /// Reaches nothing, and asks nobody what a name means: for fuzzing, whose inputs name anybody's addresses.
    pub(crate) fn nowhere() -> Result<Self, reqwest::Error> {
        Self::new(Reach::Nowhere, Arc::new(names::Nobody))
    }

    fn new(reach: Reach, names: Arc<dyn Names>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("Accolade/", env!("CARGO_PKG_VERSION"), " (badge verifier)"))
            // What connects is what was checked: the resolver gives only addresses that may be
            // reached, and nothing stands between (a proxy would resolve names by itself).
            .dns_resolver(Arc::new(names::Checked { names, reach }))
            .no_proxy()
            .redirect(Policy::none())
            // No kept connections: each fetch resolves and checks anew.
            .pool_max_idle_per_host(0)
            .no_gzip()
            .connect_timeout(CONNECT)
            .build()?;
        Ok(Self { http, reach, schemas: Arc::default() })
    }

    /// What is at an address, up to `most` bytes.
    ///
    /// # Errors
    /// When the address may not be fetched, or gives nothing of use.
    pub async fn get(&self, url: &Url, accept: &str, most: usize) -> Result<Fetched, FetchError> {
        let all = self.follow(url.clone(), accept, most);
        tokio::time::timeout(TIME, all).await.unwrap_or_else(|_| Err(FetchError::Unreachable(host(url))))
    }

    /// The badge at a link: its document, its JWT, or its image.
    ///
    /// # Errors
    /// When the address may not be fetched, or gives nothing of use.
    pub async fn badge(&self, url: &Url) -> Result<Fetched, FetchError> {
        const ACCEPT: &str = "application/vc+ld+json, application/vc, application/vc+jwt, \
                              application/json;q=0.9, image/svg+xml;q=0.8, image/png;q=0.8";
        self.get(url, ACCEPT, LARGEST_BADGE).await
    }

    /// The document of a DID (did:web), or at an address.
    ///
    /// # Errors
    /// When it cannot be fetched, or is neither JSON nor a JWT.
    pub async fn document(&self, id: &str) -> Result<serde_json::Value, FetchError> {
        const ACCEPT: &str = "application/vc, application/vc+jwt, application/vc+ld+json, \
                              application/did+json, application/did+ld+json, application/json;q=0.9";
        let url = if id.starts_with("did:") {
            did_web::url(id).ok_or_else(|| FetchError::Refused(Message::new("fetch-no-did")))?
        } else {
            Url::parse(id).map_err(|_| FetchError::Refused(Message::new("fetch-no-address")))?
        };
        json(&url, &self.get(&url, ACCEPT, LARGEST_DOCUMENT).await?.bytes)
    }

    /// The JSON schema at an address: fetched, or kept from a short while ago.
    ///
    /// # Errors
    /// When it cannot be fetched, or is not JSON.
    pub async fn schema(&self, id: &str, now: DateTime<Utc>) -> Result<serde_json::Value, FetchError> {
        let url = Url::parse(id).map_err(|_| FetchError::Refused(Message::new("fetch-no-address")))?;
        if let Some(kept) = self.schemas.get(id, now) {
            return json(&url, &kept);
        }
        const ACCEPT: &str = "application/schema+json, application/json;q=0.9";
        let fetched = self.get(&url, ACCEPT, LARGEST_SCHEMA).await?;
        let schema = json(&url, &fetched.bytes)?;
        self.schemas.put(id, fetched.bytes, now);
        Ok(schema)
    }

    async fn follow(&self, mut url: Url, accept: &str, most: usize) -> Result<Fetched, FetchError> {
        for _ in 0..=REDIRECTS {
            self.reach.check(&url)?;
            let unreachable = |error: reqwest::Error| {
                tracing::debug!(%url, error = &error as &dyn std::error::Error, "a fetch for a verification failed");
                FetchError::Unreachable(host(&url))
            };
            let request = self.http.get(url.clone()).header(http::header::ACCEPT, accept);
            let response = request.send().await.map_err(unreachable)?;
            if !response.status().is_redirection() {
                return read(response, &url, most).await;
            }
            let location = response.headers().get(http::header::LOCATION).and_then(|to| to.to_str().ok());
            let next = location.and_then(|to| url.join(to).ok());
            let next = next.ok_or_else(|| FetchError::Unreachable(host(&url)))?;
            self.reach.check_step(&url, &next)?;
            url = next;
        }
        let why = Message::new("fetch-redirects").with("host", host(&url));
        Err(FetchError::Refused(why.with("most", REDIRECTS.to_string())))
    }
}

async fn read(mut response: reqwest::Response, url: &Url, most: usize) -> Result<Fetched, FetchError> {
    let status = response.status();
    if status != http::StatusCode::OK {
        return Err(FetchError::Status { host: host(url), status: status.as_u16() });
    }
    let too_large = || FetchError::TooLarge(host(url));
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    let kind = response.headers().get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| FetchError::Unreachable(host(url)))? {
        if bytes.len() + chunk.len() > most {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Fetched { bytes, kind })
}

/// JSON, or a JWT as a text.
fn json(url: &Url, bytes: &[u8]) -> Result<serde_json::Value, FetchError> {
    let no_json = || FetchError::NotADocument(Message::new("fetch-no-json").with("host", host(url)));
    let text = std::str::from_utf8(bytes).map_err(|_| no_json())?.trim();
    if text.starts_with("eyJ") {
        return Ok(text.into());
    }
    parse(text.as_bytes(), MOST_MEMORY).map_err(|why| match why {
        Unread::TooMuch => FetchError::TooLarge(host(url)),
        Unread::NoJson(_) => no_json(),
    })
}

fn host(url: &Url) -> String {
    url.host().as_ref().map_or_else(|| "the address".to_owned(), Host::to_string)
}

#[cfg(test)]
mod tests;
