//! The part of the claim page that leads to wallets.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use url::form_urlencoded;

use crate::badges::certificate::{QrCode, qr_code};
use crate::claim::{self, For, Ticket};
use crate::ids;
use crate::store::StoredCredential;
use crate::web::Web;
use crate::web::error::PageError;
use crate::web::reader::Reader;

use super::credential::{can_be_taken, challenge};

/// What a learner sees.
pub(in crate::web) struct Section {
    /// Where the button leads that makes an offer.
    pub(in crate::web) action: String,
    /// Whether another offer can be made.
    pub(in crate::web) more: bool,
    /// The offer that a wallet can take up.
    pub(in crate::web) offer: Option<Shown>,
    /// The link for Learner Credential Wallet.
    pub(in crate::web) learner_wallet: Option<String>,
}

/// An offer.
pub(in crate::web) struct Shown {
    /// The link that opens a wallet.
    pub(in crate::web) link: String,
    /// The same, to scan.
    pub(in crate::web) code: QrCode,
}

/// The part for a badge that can be taken to a wallet.
pub(in crate::web) async fn of(
    web: &Web,
    stored: &StoredCredential,
    token: &str,
    reader: Reader,
) -> Result<Option<Section>, PageError> {
    if !can_be_taken(stored) {
        return Ok(None);
    }
    let offering = web.site.store.offering(stored.id, web.site.clock.now()).await?;
    let shown = |offer| {
        let ticket = web.site.secret.ticket(Ticket::Offer, offer);
        let link = link(
            "openid-credential-offer://",
            &[("credential_offer_uri", &format!("{}/wallet/offers/{ticket}", web.public_url))],
        );
        let code = qr_code(&link).map_err(|error| PageError::fault("an offer has no QR code", &error))?;
        Ok::<_, PageError>(Shown { link, code })
    };
    let learner_wallet = challenge(web, For::Credential(stored.id)).map(|challenge| {
        link(
            "https://lcw.app/request.html",
            &[
                ("issuer", web.site.public_url.host_str().unwrap_or_default()),
                ("auth_type", "bearer"),
                ("challenge", &challenge),
                ("vc_request_url", &format!("{}/wallet/presentation", web.public_url)),
            ],
        )
    });
    Ok(Some(Section {
        action: reader.keep(&format!("/claim/{token}/wallet")),
        more: offering.more,
        offer: offering.live.map(shown).transpose()?,
        learner_wallet,
    }))
}

/// `POST /claim/{token}/wallet`: offers the badge to a wallet and has a transaction code sent.
pub(in crate::web) async fn offer(
    State(web): State<Web>,
    Path(token): Path<String>,
    reader: Reader,
) -> Result<Response, PageError> {
    let hash = claim::lookup(&token).ok_or(PageError::UnknownLink)?;
    let stored = web.site.store.credential_by_claim(&hash).await?.ok_or(PageError::UnknownLink)?;
    let now = web.site.clock.now();
    let (offer, language) = (ids::timed(now), reader.language.tag());
    // Where none can be made, the page says why.
    if web.site.store.offer(offer, stored.id, language, now).await? {
        tracing::info!(credential = %stored.id, %offer, "offered to a wallet");
    }
    Ok(Redirect::to(&format!("{}#wallet", reader.keep(&format!("/claim/{token}")))).into_response())
}

fn link(address: &str, query: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    format!("{address}?{query}")
}
