//! Badge images: rendered once, baked on demand.

use std::sync::{Arc, PoisonError};

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};

use crate::badges::BadgeImage;
use crate::badges::bake::BakeError;

use super::documents::reply;
use super::error::PageError;
use super::{Web, assets};

/// How wide badges are rendered, in pixels.
const WIDTH: u32 = 600;
/// Images change with the configuration only, but then soon.
const KEEP: &str = "public, max-age=3600";

/// `GET /achievements/{id}/image.png`
pub(super) async fn show_png(
    State(web): State<Web>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    web.image(&id).ok_or(PageError::NotFound)?;
    match &*png(&web, &id).await? {
        BadgeImage::Png(bytes) => Ok(reply(&headers, "image/png", KEEP, bytes.clone())),
        BadgeImage::Svg(_) => Err(PageError::Internal),
    }
}

/// `GET /achievements/{id}/image.svg`
pub(super) async fn show_svg(
    State(web): State<Web>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let image = web.image(&id).ok_or(PageError::NotFound)?;
    Ok(harmless(reply(&headers, "image/svg+xml", KEEP, image.svg().into_bytes())))
}

/// The badge's image, or the one for badges without.
pub(super) fn of(web: &Web, badge: &str) -> BadgeImage {
    web.image(badge).cloned().unwrap_or_else(|| BadgeImage::Svg(assets::IMAGE.to_owned()))
}

/// The badge's image as PNG; rendered once for each badge of the catalogue.
pub(super) async fn png(web: &Web, badge: &str) -> Result<Arc<BadgeImage>, PageError> {
    // Badges that left the catalogue share one entry.
    let key = if web.image(badge).is_some() { badge } else { "" };
    if let Some(image) = web.images.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
        return Ok(Arc::clone(image));
    }
    let image = of(web, badge);
    let png = Arc::new(BadgeImage::Png(bake(move || image.png(WIDTH)).await?));
    web.images.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), Arc::clone(&png));
    Ok(png)
}

/// Work on an image, away from the threads that answer.
pub(super) async fn bake<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BakeError> + Send + 'static,
) -> Result<T, PageError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| PageError::fault("work on an image ended early", &error))?
        .map_err(|error| PageError::fault("a badge image cannot be made", &error))
}

/// An SVG is a document: opened by itself it may style itself and nothing else.
pub(super) fn harmless(mut response: Response) -> Response {
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"),
    );
    response
}
