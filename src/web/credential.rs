//! A credential in public: page, document, baked images.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use uuid::Uuid;

use crate::store::StoredCredential;

use super::accept::wants_document;
use super::documents::{CREDENTIAL, JWT, reply};
use super::error::PageError;
use super::pages::{self, CredentialPage, Frame, Take};
use super::pathway::Pathway;
use super::reader::Reader;
use super::view::{Credential, State as Standing};
use super::{Web, certificate, clr, images, linkedin, oembed};

/// `GET /credentials/{id}`, `….json`, `….jwt`, `….png`, `….svg`, `….pdf`
pub(super) async fn show(
    State(web): State<Web>,
    Path(file): Path<String>,
    reader: Reader,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let (id, ending) = file.split_once('.').map_or((file.as_str(), None), |(id, ending)| (id, Some(ending)));
    let id = Uuid::try_parse(id).map_err(|_| PageError::NotFound)?;
    let stored = web.public(id).await?;
    let mut response = match ending {
        None if wants_document(&headers) => document(&headers, stored),
        None => page(&web, &stored, reader).await?,
        Some(ending) => as_file(&web, &headers, stored, ending, reader).await?,
    };
    if ending.is_none() {
        response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    }
    Ok(response)
}

/// A credential as a file: `json`, `jwt`, `png`, `svg` or `pdf`.
pub(super) async fn as_file(
    web: &Web,
    headers: &HeaderMap,
    stored: StoredCredential,
    ending: &str,
    reader: Reader,
) -> Result<Response, PageError> {
    Ok(match ending {
        "json" => document(headers, stored),
        "jwt" => jwt(web, headers, &stored)?,
        "png" => {
            let image = images::png(web, &stored.badge).await?;
            let name = stored.badge.clone();
            let baked = images::bake(move || image.baked_png(&stored.document)).await?;
            download(reply(headers, "image/png", "no-cache", baked), &name, "png")
        }
        "svg" => {
            let image = images::of(web, &stored.badge);
            let name = stored.badge.clone();
            let baked = images::bake(move || image.baked_svg(&stored.document)).await?;
            download(
                images::harmless(reply(headers, "image/svg+xml", "no-cache", baked.into_bytes())),
                &name,
                "svg",
            )
        }
        "pdf" => download(certificate::of(web, headers, &stored, reader).await?, &stored.badge, "pdf"),
        _ => return Err(PageError::NotFound),
    })
}

/// The document exactly as it was signed.
fn document(headers: &HeaderMap, stored: StoredCredential) -> Response {
    reply(headers, CREDENTIAL, "no-cache", stored.document.into_bytes())
}

/// The same credential in JWT form.
fn jwt(web: &Web, headers: &HeaderMap, stored: &StoredCredential) -> Result<Response, PageError> {
    let made = web.site.issuers.of(&stored.issuer).map_or(Ok(None), |one| one.jwt(&stored.document));
    match made.map_err(|error| PageError::fault("a credential has no JWT form", &error))? {
        Some(jwt) => Ok(download(reply(headers, JWT, "no-cache", jwt.into_bytes()), &stored.badge, "jwt")),
        None => Ok((
            StatusCode::NOT_FOUND,
            [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
            "This installation has no key for badges in JWT form; its administrator can make one with \
             `accolade keys generate`. The badge as JSON is at the same address with .json.\n",
        )
            .into_response()),
    }
}

async fn page(web: &Web, stored: &StoredCredential, reader: Reader) -> Result<Response, PageError> {
    let credential = web.view(stored, reader.language);
    let take = take(web, stored, &credential).await?;
    let told = credential.state != Standing::Revoked;
    let pathway = if told {
        Pathway::walked(web, stored.id, &stored.badge, reader.language).await?
    } else {
        Pathway::of(&web.site.catalogs.current(), &stored.badge, reader.language)
    };
    let mut response = pages::answer(&CredentialPage {
        frame: Frame::speaking(&web.site, reader),
        credential: &credential,
        badge: &credential.badge,
        public_url: &web.public_url,
        take,
        structured: told.then(|| credential.structured(&web.public_url)),
        oembed: oembed::address(&web.public_url, &credential.url),
        pathway,
    })?;
    // For machines that read headers rather than pages (RFC 8288).
    let link = format!("<{}.json>; rel=\"alternate\"; type=\"{CREDENTIAL}\"", credential.url);
    if let Ok(link) = HeaderValue::from_str(&link) {
        response.headers_mut().insert(HeaderName::from_static("link"), link);
    }
    Ok(reader.label(response))
}

/// What can be taken along of a badge that is public.
pub(super) async fn take(
    web: &Web,
    stored: &StoredCredential,
    credential: &Credential,
) -> Result<Take, PageError> {
    let organization = web.site.linkedin.get(&stored.issuer).copied();
    Ok(Take {
        files: format!("/credentials/{}", stored.id),
        jwt: web.has_jwt(&stored.issuer),
        clr: clr::counts(web, stored) && !clr::below(web, stored).await?.is_empty(),
        linkedin: (credential.state == Standing::Valid).then(|| linkedin::form(credential, organization)),
    })
}

fn download(mut response: Response, name: &str, ending: &str) -> Response {
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{ending}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
