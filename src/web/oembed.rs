//! `/oembed`: a public badge inside of somebody else's page (oEmbed 1.0, oembed.com).

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::HeaderMap;
use serde_json::json;
use url::form_urlencoded;
use uuid::Uuid;

use super::documents::reply;
use super::error::PageError;
use super::reader::Reader;
use super::view::{Credential, State as Standing};
use super::{Web, images};
use crate::badges::BadgeImage;

/// The size of what is embedded, in pixels, where the page that embeds it has no wish of its own.
const SIZE: (u32, u32) = (480, 200);
/// How long a page may keep it, in seconds. A badge can be withdrawn.
const CACHE_AGE: u32 = 3600;

/// What stands in the page that embeds the badge: no script, and no style of ours.
#[derive(Template)]
#[template(path = "oembed.html", config = "src/web/askama.toml")]
struct Embedded<'a> {
    t: crate::locales::Language,
    credential: &'a Credential,
    image: String,
}

/// Where the page of a credential tells of this.
pub(super) fn address(public_url: &str, page: &str) -> String {
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("format", "json")
        .append_pair("url", page)
        .finish();
    format!("{public_url}/oembed?{query}")
}

/// `GET /oembed?url=…`
pub(super) async fn show(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    reader: Reader,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let query = query.unwrap_or_default();
    let asked = |wanted: &str| {
        form_urlencoded::parse(query.as_bytes()).find_map(|(name, value)| (name == wanted).then_some(value))
    };
    if asked("format").is_some_and(|format| format != "json") {
        return Err(PageError::NoFormat);
    }
    let url = asked("url").ok_or(PageError::NotFound)?;
    let id = id(&web.public_url, &url).ok_or(PageError::NotFound)?;
    let stored = web.public(id).await?;
    let credential = web.view(&stored, reader.language);
    // What was withdrawn is shown nowhere as if it counted.
    if matches!(credential.state, Standing::Revoked | Standing::Suspended) {
        return Err(PageError::NotFound);
    }
    let image = images::png(&web, &stored.badge).await?;
    let (width, height) = dimensions(&image);
    let path = match &credential.badge.png {
        Some(png) => png.clone(),
        None => super::assets::IMAGE_PATH.to_owned(),
    };
    let thumbnail = format!("{}{path}", web.public_url);
    let html = Embedded { t: reader.language, credential: &credential, image: thumbnail.clone() };
    let html = html.render().map_err(|error| PageError::fault("a badge cannot be embedded", &error))?;
    let at_most = |name: &str, size: u32| {
        asked(name).and_then(|most| most.parse::<u32>().ok()).map_or(size, |most| size.min(most))
    };
    let mut answer = json!({
        "version": "1.0",
        "type": "rich",
        "title": format!("{}: {}", credential.holder, credential.badge.name),
        "author_name": credential.issuer,
        "author_url": credential.issuer_url,
        "provider_name": web.own().profile().name,
        "provider_url": web.public_url,
        "cache_age": CACHE_AGE,
        "html": html,
        "width": at_most("maxwidth", SIZE.0),
        "height": at_most("maxheight", SIZE.1),
    });
    if credential.badge.png.is_some() {
        answer["thumbnail_url"] = thumbnail.into();
        answer["thumbnail_width"] = width.into();
        answer["thumbnail_height"] = height.into();
    }
    // It names the holder, who may hide the badge at any time.
    let kept = "no-cache";
    Ok(reader.label(reply(&headers, "application/json", kept, answer.to_string().into_bytes())))
}

/// The credential whose page this is.
fn id(public_url: &str, url: &str) -> Option<Uuid> {
    let id = url.strip_prefix(public_url)?.strip_prefix("/credentials/")?;
    Uuid::try_parse(id.split(['?', '#']).next()?).ok()
}

/// Width and height of a PNG, from its first chunk (PNG, section 11.2.1).
fn dimensions(image: &BadgeImage) -> (u32, u32) {
    let BadgeImage::Png(bytes) = image else { return (0, 0) };
    let number = |at: usize| {
        let bytes = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u32::from_be_bytes)
    };
    (number(16), number(20))
}
