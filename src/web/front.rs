//! `/`: what this is, and for whom.

use axum::extract::State;
use axum::response::Response;

use super::Web;
use super::error::PageError;
use super::pages::{self, Frame, FrontPage};
use super::reader::Reader;

/// `GET /`
pub(super) async fn show(State(web): State<Web>, reader: Reader) -> Result<Response, PageError> {
    let page = pages::answer(&FrontPage {
        frame: Frame::speaking(&web.site, reader),
        url: web.site.issuer.profile().url.as_str(),
        contact: web.contact(),
        public_url: &web.public_url,
        badges: web.badges(reader.language),
    })?;
    Ok(reader.label(page))
}
