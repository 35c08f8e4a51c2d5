//! Claiming: the holder of the link takes the badge.

use crate::claim;
use crate::store::ClaimState;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::Web;
use super::error::PageError;
use super::pages::{self, ClaimPage, Frame};
use super::reader::Reader;
use super::view::Day;

/// `GET /claim/{token}`: changes nothing, so that programs that open links for their owners
/// (mail filters, previews) claim nothing.
pub(super) async fn show(
    State(web): State<Web>,
    Path(token): Path<String>,
    reader: Reader,
) -> Result<Response, PageError> {
    let hash = claim::lookup(&token).ok_or(PageError::UnknownLink)?;
    let stored = web.site.store.credential_by_claim(&hash).await?.ok_or(PageError::UnknownLink)?;
    let claimed = stored.claimed_at.is_some();
    if !claimed && stored.claim_until <= web.site.clock.now() {
        return Err(PageError::LinkEnded);
    }
    let credential = web.view(&stored, reader.language);
    let page = pages::answer(&ClaimPage {
        frame: Frame::speaking(&web.site, reader),
        credential: &credential,
        badge: &credential.badge,
        action: &reader.keep(&format!("/claim/{token}")),
        open: &reader.keep(&format!("/credentials/{}", stored.id)),
        claimed,
        link_until: Day::of(stored.claim_until, reader.language),
        contact: web.contact(),
    })?;
    Ok(reader.label(page))
}

/// `POST /claim/{token}`: the badge is claimed, and public from now on.
pub(super) async fn take(
    State(web): State<Web>,
    Path(token): Path<String>,
    reader: Reader,
) -> Result<Response, PageError> {
    let hash = claim::lookup(&token).ok_or(PageError::UnknownLink)?;
    let stored = web.site.store.credential_by_claim(&hash).await?.ok_or(PageError::UnknownLink)?;
    if stored.revoked && stored.claimed_at.is_none() {
        // The page says why there is nothing to claim.
        return Ok(Redirect::to(&reader.keep(&format!("/claim/{token}"))).into_response());
    }
    match web.site.store.claim(&hash, web.site.clock.now()).await? {
        ClaimState::Claimed { credential } => {
            tracing::info!(%credential, "claimed");
            Ok(Redirect::to(&reader.keep(&format!("/credentials/{credential}"))).into_response())
        }
        ClaimState::Expired => Err(PageError::LinkEnded),
        ClaimState::Unknown => Err(PageError::UnknownLink),
    }
}
