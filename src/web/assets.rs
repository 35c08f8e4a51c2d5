//! Files that every page needs.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::Response;
use http::HeaderMap;
use sha2::{Digest as _, Sha256};

use super::error::PageError;

/// The address of the image of badges that have none of their own.
pub(super) const IMAGE_PATH: &str = "/assets/badge.svg";
/// That image.
pub(super) const IMAGE: &str = include_str!("assets/badge.svg");
const STYLE: &str = include_str!("assets/style.css");
/// Pages name the sheet with its hash, so it may be kept for good.
const KEEP: &str = "public, max-age=31536000, immutable";

/// The sheet's address with its hash.
pub(super) static STYLE_PATH: LazyLock<String> = LazyLock::new(|| {
    let hash = hex::encode(Sha256::digest(STYLE.as_bytes()));
    format!("/assets/style.css?v={}", hash.get(..12).unwrap_or_default())
});

/// `/assets/{file}`
pub(super) async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Result<Response, PageError> {
    let (kind, content, keep) = match file.as_str() {
        "style.css" => ("text/css; charset=utf-8", STYLE, KEEP),
        "badge.svg" => ("image/svg+xml", IMAGE, "public, max-age=86400"),
        _ => return Err(PageError::NotFound),
    };
    Ok(super::documents::reply(&headers, kind, keep, content.as_bytes().to_vec()))
}
