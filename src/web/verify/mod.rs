//! `/verify`: whether a badge holds, of whatever issuer, in plain words. The check of one of this
//! installation's own badges is at `/credentials/{id}/verify`.

mod form;
mod own;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::header;
use url::{Position, Url};
use uuid::Uuid;

use crate::locales::Message;
use crate::remote::{LARGEST_BADGE, Place, examine};

use super::Web;
use super::error::PageError;
use super::limiter;
use super::pages::{self, Frame, VerifyPage};
use super::reader::Reader;
use own::OwnDocuments;

pub(crate) use form::field as form_field;
pub(super) use verdict::Shown;

/// What a form may hold: an image, and what stands around it.
const MOST_BYTES: usize = LARGEST_BADGE + (64 << 10);
/// How long an upload may take.
const UPLOAD: Duration = Duration::from_secs(20);
/// Verifications of one client in a minute.
pub(super) const MOST_A_MINUTE: u32 = 20;
/// Verifications at the same time; each may hold an image in memory.
pub(super) const AT_ONCE: usize = 8;

/// `GET /verify`
pub(super) async fn show(State(web): State<Web>, reader: Reader) -> Result<Response, PageError> {
    answer(&web, reader, None, None)
}

/// `POST /verify`: a file, or a text that is a badge or a link to one. The answer is 200 whatever
/// the verdict: it was given.
pub(super) async fn check(
    State(web): State<Web>,
    reader: Reader,
    request: Request,
) -> Result<Response, PageError> {
    admit(&web, &request)?;
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if declared.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > MOST_BYTES) {
        return Err(PageError::TooLarge);
    }
    let body = tokio::time::timeout(UPLOAD, axum::body::to_bytes(request.into_body(), MOST_BYTES)).await;
    let body = body.map_err(|_| PageError::TooLarge)?.map_err(|_| PageError::TooLarge)?;
    let given = form::field(&kind, &body, "file").or_else(|| form::field(&kind, &body, "text"));
    let hint = |hint| answer(&web, reader, None, Some(&hint));
    let Some(given) = given else { return hint(Message::new("check-nothing")) };
    // Whoever sends slowly keeps nobody else from it.
    let place = place(&web)?;
    let badge = match link(given, &web.site.public_url) {
        None => given.to_vec(),
        Some(url) => match linked(&web, &url).await? {
            Ok(bytes) => bytes,
            Err(why) => return hint(Message::new("check-link").because(why)),
        },
    };
    match form::no_badge(&badge) {
        Some(why) => hint(Message::new(why)),
        None => verdict(&web, reader, badge, place).await,
    }
}

/// `GET /credentials/{id}/verify`: each check of one badge of ours.
pub(super) async fn badge(
    State(web): State<Web>,
    Path(id): Path<String>,
    reader: Reader,
    request: Request,
) -> Result<Response, PageError> {
    admit(&web, &request)?;
    let place = place(&web)?;
    let id = Uuid::try_parse(&id).map_err(|_| PageError::NotFound)?;
    verdict(&web, reader, web.public(id).await?.document.into_bytes(), place).await
}

fn place(web: &Web) -> Result<Place, PageError> {
    let place = Arc::clone(&web.verifications).try_acquire_owned();
    place.map(|place| Some(Arc::new(place))).map_err(|_| PageError::Busy)
}

fn admit(web: &Web, request: &Request) -> Result<(), PageError> {
    let client = limiter::client(request);
    if web.limiter.admits(client, web.site.clock.now()) { Ok(()) } else { Err(PageError::TooMany) }
}

async fn verdict(web: &Web, reader: Reader, badge: Vec<u8>, place: Place) -> Result<Response, PageError> {
    let own = OwnDocuments(web.clone());
    let examined = examine(badge, &own, &web.site.fetcher, &web.site.clock, place).await;
    let examined = examined.map_err(|error| PageError::fault("a verification ended early", &error))?;
    answer(web, reader, Some(&Shown::of(&examined, reader.language)), None)
}

fn answer(
    web: &Web,
    reader: Reader,
    shown: Option<&Shown>,
    hint: Option<&Message>,
) -> Result<Response, PageError> {
    let frame = Frame::speaking(&web.site, reader);
    let hint = hint.map(|hint| hint.html(reader.language));
    let page = pages::answer(&VerifyPage { frame, shown, hint })?;
    Ok(reader.label(page))
}

/// The link, if what was given is one. Browsers hide the scheme of an address that is copied by hand.
fn link(given: &[u8], public_url: &Url) -> Option<Url> {
    let text = std::str::from_utf8(given).ok()?.trim();
    if text.len() >= 4096 || text.contains(char::is_whitespace) {
        return None;
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        return Url::parse(text).ok();
    }
    if text.starts_with(&public_url[Position::BeforeHost..]) {
        return Url::parse(&format!("{}://{text}", public_url.scheme())).ok();
    }
    let (host, _) = text.split_once('/')?;
    let is_name =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_host = host.contains('.') && host.split('.').all(is_name);
    Url::parse(&format!("https://{text}")).ok().filter(|_| is_host)
}

/// The badge behind a link, or why there is none. Links to this installation are not followed but
/// looked up.
async fn linked(web: &Web, url: &Url) -> Result<Result<Vec<u8>, Message>, PageError> {
    if let Some(path) = own::path(web, url.as_str()) {
        let file = path.strip_prefix("credentials/").unwrap_or_default();
        let id = file.split(['.', '/', '?', '#']).next().unwrap_or_default();
        let stored = match Uuid::try_parse(id) {
            Ok(id) => web.public(id).await,
            Err(_) => Err(PageError::NotFound),
        };
        return match stored {
            Ok(stored) => Ok(Ok(stored.document.into_bytes())),
            Err(PageError::NotFound) => Ok(Err(Message::new("fetch-no-badge"))),
            Err(error) => Err(error),
        };
    }
    match web.site.fetcher.badge(url).await {
        Ok(fetched) if fetched.kind == "text/html" => Ok(Err(Message::new("fetch-page"))),
        Ok(fetched) => Ok(Ok(fetched.bytes)),
        Err(error) => Ok(Err(error.message())),
    }
}
