//! Claiming: the holder of the link takes the badge, or says that they do not.

mod step;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::error::PageError;
use super::pages::{self, ClaimPage, Frame, Take};
use super::reader::Reader;
use super::view::Day;
use super::wallet::section;
use super::{Web, credential};
use crate::claim;
use crate::store::{ClaimState, StoredCredential};

pub(super) use step::{MOST_A_MINUTE, Step, StepText, act, ask, step_answer};

/// `GET /claim/{token}`: changes nothing, so that programs that open links for their owners
/// (mail filters, previews) claim nothing.
pub(super) async fn show(
    State(web): State<Web>,
    Path(token): Path<String>,
    reader: Reader,
) -> Result<Response, PageError> {
    let hash = claim::lookup(&token).ok_or(PageError::UnknownLink)?;
    let Some(stored) = web.site.store.credential_by_claim(&hash).await? else {
        return unknown(&web, &hash, &token, reader).await;
    };
    if stored.disowned_at.is_some() && stored.claimed_at.is_none() {
        return step::disowned(&web, &stored, &token, reader);
    }
    if ended(&web, &stored) {
        return step::ended(&web, &token, reader);
    }
    page(&web, &stored, &token, reader).await
}

/// The answer about a link that belongs to no credential now.
async fn unknown(web: &Web, hash: &[u8], token: &str, reader: Reader) -> Result<Response, PageError> {
    // A newer link may have taken its place.
    if web.site.store.is_former_link(hash).await? {
        step::ended(web, token, reader)
    } else {
        Err(PageError::UnknownLink)
    }
}

/// Whether there is nothing to do by this link but to ask for a new one.
fn ended(web: &Web, stored: &StoredCredential) -> bool {
    stored.claimed_at.is_none() && stored.claim_until <= web.site.clock.now()
}

async fn page(
    web: &Web,
    stored: &StoredCredential,
    token: &str,
    reader: Reader,
) -> Result<Response, PageError> {
    let credential = web.view(stored, reader.language);
    let take = if stored.is_public() {
        credential::take(web, stored, &credential).await?
    } else {
        // Of a badge that is hidden, the holder's own way to its files.
        let (files, jwt) = (format!("/claim/{token}/badge"), web.has_jwt(&stored.issuer));
        Take { files, jwt, clr: false, linkedin: None }
    };
    let page = pages::answer(&ClaimPage {
        frame: Frame::speaking(&web.site, reader),
        credential: &credential,
        badge: &credential.badge,
        action: &reader.keep(&format!("/claim/{token}")),
        open: &reader.keep(&format!("/credentials/{}", stored.id)),
        claimed: stored.claimed_at.is_some(),
        declined: stored.declined_at.map(|at| Day::of(at, reader.language)),
        decline: &reader.keep(&Step::Decline.path(token)),
        not_me: &reader.keep(&Step::NotMe.path(token)),
        address: &reader.keep(&Step::Address.path(token)),
        hidden: stored.hidden_at.is_some(),
        hide: &reader.keep(&Step::Hide.path(token)),
        show: &reader.keep(&Step::Show.path(token)),
        take,
        link_until: Day::of(stored.claim_until, reader.language),
        contact: web.contact_of(&stored.issuer),
        wallet: section::of(web, stored, token, reader).await?,
    })?;
    Ok(reader.label(page))
}

/// `POST /claim/{token}`: the badge is claimed, and public from now on. The same page then has what its
/// holder can do with it.
pub(super) async fn take(
    State(web): State<Web>,
    Path(token): Path<String>,
    reader: Reader,
) -> Result<Response, PageError> {
    let hash = claim::lookup(&token).ok_or(PageError::UnknownLink)?;
    // The page says, too, why there is nothing to claim.
    let back = || Ok(Redirect::to(&reader.keep(&format!("/claim/{token}"))).into_response());
    let Some(stored) = web.site.store.credential_by_claim(&hash).await? else {
        return unknown(&web, &hash, &token, reader).await;
    };
    if stored.revoked && stored.claimed_at.is_none() {
        return back();
    }
    match web.site.store.claim(&hash, web.site.clock.now()).await? {
        ClaimState::Claimed { credential } => {
            tracing::info!(%credential, "claimed");
            back()
        }
        ClaimState::Expired => step::ended(&web, &token, reader),
        ClaimState::Disowned => back(),
        ClaimState::Unknown => Err(PageError::UnknownLink),
    }
}
