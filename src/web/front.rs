//! `/`: what this is, and for whom.

use axum::extract::State;
use axum::response::Response;

use super::Web;
use super::error::PageError;
use super::pages::{self, Frame, FrontPage};

/// `GET /`
pub(super) async fn show(State(web): State<Web>) -> Result<Response, PageError> {
    pages::answer(&FrontPage {
        frame: Frame::of(&web.site),
        url: web.site.issuer.profile().url.as_str(),
        contact: web.contact(),
        public_url: &web.public_url,
        badges: web.badges(),
    })
}
