//! Documents that ids in credentials promise: DID document, status lists, achievements, issuer.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

use crate::badges::achievement_document;
use crate::badges::status::{Purpose, list_document};
use crate::signing::Signing;

use super::Web;
use super::accept::wants_document;
use super::badge::Badge;
use super::error::PageError;
use super::pages::{self, AchievementPage, Frame, IssuerPage};
use super::pathway::Pathway;
use super::reader::Reader;

/// The media type of credentials and status lists.
pub(super) const CREDENTIAL: &str = "application/vc+ld+json";
/// The media type of credentials in JWT form (Securing Verifiable Credentials using JOSE and COSE,
/// section 6).
pub(super) const JWT: &str = "application/vc+jwt";
const LINKED_DATA: &str = "application/ld+json";

/// A status list as it was signed last.
pub(super) struct SignedList {
    /// The name of the key.
    key: String,
    changed_at: DateTime<Utc>,
    set: Vec<i64>,
    text: String,
}

/// An answer with an ETag; 304 if the client has it already. Any site's scripts may read it:
/// verifiers run in browsers.
pub(super) fn reply(
    headers: &HeaderMap,
    kind: &'static str,
    keep: &'static str,
    content: Vec<u8>,
) -> Response {
    let hash = hex::encode(Sha256::digest(&content));
    let etag = format!("\"{}\"", hash.get(..32).unwrap_or_default());
    let known =
        headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| {
            value
                .split(',')
                .map(|tag| tag.trim().trim_start_matches("W/"))
                .any(|tag| tag == "*" || tag == etag)
        });
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Body::from(content).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    };
    let fields = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        fields.insert(header::ETAG, etag);
    }
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    fields.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    fields.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}

/// `GET /.well-known/did.json`: the keys of the institution itself.
pub(super) async fn did(State(web): State<Web>, headers: HeaderMap) -> Response {
    did_document(web.site.issuers.own(), &headers)
}

/// `GET /issuers/{slug}/did.json`: those of another issuer.
pub(super) async fn did_below(
    State(web): State<Web>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let issuer = web.site.issuers.of(&slug).ok_or(PageError::NotFound)?;
    // That of the institution has its one place.
    if slug == web.own().profile().slug {
        return Err(PageError::NotFound);
    }
    Ok(did_document(issuer, &headers))
}

fn did_document(issuer: &Signing, headers: &HeaderMap) -> Response {
    match issuer.did_document() {
        Some(document) => {
            // `signing::ANNOUNCED` knows for how long it is kept.
            reply(headers, "application/did+json", "public, max-age=300", document.to_string().into_bytes())
        }
        None => (
            StatusCode::NOT_FOUND,
            [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
            "This issuer uses did:key: its identifier is its public key, and there is no document to fetch.\n",
        )
            .into_response(),
    }
}

/// `GET /status/{list}-revocation`, `/status/{list}-suspension`
pub(super) async fn status(
    State(web): State<Web>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let text = list(&web, &name).await?;
    // A cache asks each time whether it changed, which costs a 304: what is revoked shows at once.
    Ok(reply(&headers, CREDENTIAL, "public, no-cache", text.into_bytes()))
}

/// The signed list of a name: `1-revocation`.
pub(super) async fn list(web: &Web, name: &str) -> Result<String, PageError> {
    let (number, purpose) = name.split_once('-').ok_or(PageError::NotFound)?;
    let purpose = match purpose {
        "revocation" => Purpose::Revocation,
        "suspension" => Purpose::Suspension,
        _ => return Err(PageError::NotFound),
    };
    let number: i64 = number
        .parse()
        .ok()
        .filter(|parsed: &i64| *parsed >= 0 && parsed.to_string() == number)
        .ok_or(PageError::NotFound)?;
    signed_list(web, number, purpose).await
}

/// The bits of the list that credentials name. A credential names one list only (the schema that
/// it names allows no more), so this one has to tell of suspensions, too, or no other verifier
/// would see them; the list of suspensions tells the two apart.
fn withdrawn(mut revoked: Vec<i64>, suspended: Vec<i64>) -> Vec<i64> {
    revoked.extend(suspended);
    revoked.sort_unstable();
    revoked.dedup();
    revoked
}

/// The list, signed anew only when a bit changed since, or another key signs.
async fn signed_list(web: &Web, number: i64, purpose: Purpose) -> Result<String, PageError> {
    let list = web.site.store.status_list(number).await?.ok_or(PageError::NotFound)?;
    let signing = web.site.issuers.of(&list.issuer).ok_or(PageError::NotFound)?;
    let key = (number, purpose == Purpose::Revocation);
    let (changed_at, size) = (list.changed_at, list.size);
    let set = match purpose {
        Purpose::Revocation => withdrawn(list.revoked, list.suspended),
        Purpose::Suspension => list.suspended,
    };
    // Held while signing: a crowd of verifiers costs one signature.
    let mut lists = web.lists.lock().await;
    if let Some(signed) = lists.get(&key)
        && signing.active().as_ref() == Some(&signed.key)
        && signed.changed_at == changed_at
        && signed.set == set
    {
        return Ok(signed.text.clone());
    }
    let document = list_document(signing.issuer(), number, purpose, size, &set, changed_at);
    let (text, signed_by) = signing.sign_one(document, changed_at).await?;
    lists.insert(key, SignedList { key: signed_by, changed_at, set, text: text.clone() });
    Ok(text)
}

/// `GET /achievements/{id}`
pub(super) async fn achievement(
    State(web): State<Web>,
    Path(id): Path<String>,
    reader: Reader,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let catalog = web.site.catalogs.current();
    let file = catalog.known(&id).ok_or(PageError::NotFound)?;
    let issuer = web.issuer(&file.issuer);
    let response = if wants_document(&headers) {
        let document = achievement_document(issuer, &file.achievement, file.image.as_ref());
        reply(&headers, LINKED_DATA, "public, max-age=300", document.to_string().into_bytes())
    } else {
        let badge = Badge::of(&file.achievement, file.image.is_some(), reader.language);
        reader.label(pages::answer(&AchievementPage {
            frame: Frame::speaking(&web.site, reader),
            structured: badge.structured(&web.public_url, &issuer.profile().name),
            pathway: Pathway::of(&catalog, &id, reader.language),
            badge: &badge,
            issuer_slug: &issuer.profile().slug,
            issuer: &issuer.profile().name,
            public_url: &web.public_url,
        })?)
    };
    Ok(varies(response))
}

/// `GET /issuers/{slug}`
pub(super) async fn issuer(
    State(web): State<Web>,
    Path(slug): Path<String>,
    reader: Reader,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let issuer = web.site.issuers.of(&slug).ok_or(PageError::NotFound)?.issuer();
    let profile = issuer.profile();
    let response = if wants_document(&headers) {
        let document = issuer.profile_document();
        reply(&headers, LINKED_DATA, "public, max-age=300", document.to_string().into_bytes())
    } else {
        reader.label(pages::answer(&IssuerPage {
            frame: Frame::speaking(&web.site, reader),
            name: profile.name.clone(),
            description: profile.description.as_deref(),
            slug: &profile.slug,
            public_url: &web.public_url,
            url: profile.url.as_str(),
            contact: web.contact_of(&slug),
            did: issuer.did(),
            badges: web.badges(reader.language, Some(&slug)),
        })?)
    };
    Ok(varies(response))
}

fn varies(mut response: Response) -> Response {
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    response
}
