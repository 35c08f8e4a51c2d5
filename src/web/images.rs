//! Badge images: rendered once, baked on demand.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};

use crate::badges::BadgeImage;
use crate::badges::bake::BakeError;
use crate::config::Catalog;

use super::documents::reply;
use super::error::PageError;
use super::{Web, assets};

/// How wide badges are rendered, in pixels.
const WIDTH: u32 = 600;
/// Images change with the configuration only, but then soon.
const KEEP: &str = "public, max-age=3600";

/// Rendered images of one version of the badges, by badge.
#[derive(Default)]
pub(super) struct Rendered {
    version: String,
    images: HashMap<String, Arc<BadgeImage>>,
}

impl Rendered {
    /// The images of this version; those of another one are forgotten.
    fn of(&mut self, version: &str) -> &mut HashMap<String, Arc<BadgeImage>> {
        if self.version != version {
            version.clone_into(&mut self.version);
            self.images.clear();
        }
        &mut self.images
    }
}

/// `GET /achievements/{id}/image.png`
pub(super) async fn show_png(
    State(web): State<Web>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    own(&web.site.catalogs.current(), &id).ok_or(PageError::NotFound)?;
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
    let catalog = web.site.catalogs.current();
    let image = own(&catalog, &id).ok_or(PageError::NotFound)?;
    Ok(harmless(reply(&headers, "image/svg+xml", KEEP, image.svg().into_bytes())))
}

/// The badge's image, or the one for badges without.
pub(super) fn of(web: &Web, badge: &str) -> BadgeImage {
    or_ours(own(&web.site.catalogs.current(), badge))
}

/// A badge's own image.
fn own<'a>(catalog: &'a Catalog, badge: &str) -> Option<&'a BadgeImage> {
    catalog.known(badge)?.image.as_ref()
}

fn or_ours(own: Option<&BadgeImage>) -> BadgeImage {
    own.cloned().unwrap_or_else(|| BadgeImage::Svg(assets::IMAGE.to_owned()))
}

/// The badge's image as PNG; rendered once for each badge of the catalogue.
pub(super) async fn png(web: &Web, badge: &str) -> Result<Arc<BadgeImage>, PageError> {
    let catalog = web.site.catalogs.current();
    let image = own(&catalog, badge);
    // Badges without an image share one entry.
    let key = if image.is_some() { badge } else { "" };
    let lock = || web.images.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(image) = lock().of(&catalog.version).get(key) {
        return Ok(Arc::clone(image));
    }
    let image = or_ours(image);
    let png = Arc::new(BadgeImage::Png(bake(move || image.png(WIDTH)).await?));
    lock().of(&catalog.version).insert(key.to_owned(), Arc::clone(&png));
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
