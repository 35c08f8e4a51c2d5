//! `/`: what this is, and for whom.

use axum::extract::State;
use axum::response::Response;

use super::Web;
use super::error::PageError;
use super::pages::{self, Frame, FrontPage};
use super::reader::Reader;

/// `GET /`
pub(super) async fn show(State(web): State<Web>, reader: Reader) -> Result<Response, PageError> {
    let issuers = web.site.issuers.iter().map(|one| {
        let profile = one.issuer().profile();
        (profile.slug.clone(), profile.name.clone())
    });
    let page = pages::answer(&FrontPage {
        frame: Frame::speaking(&web.site, reader),
        url: web.own().profile().url.as_str(),
        contact: web.contact(),
        public_url: &web.public_url,
        issuers: if web.site.issuers.alone() { Vec::new() } else { issuers.collect() },
        badges: web.badges(reader.language, None),
    })?;
    Ok(reader.label(page))
}
