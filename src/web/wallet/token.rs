//! The token endpoint (OpenID4VCI 1.0, section 6): a pre-authorized code and the transaction code
//! become an access token, once.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde_json::json;
use url::form_urlencoded;

use crate::claim::Ticket;
use crate::store::FETCHING;
use crate::web::Web;

use super::answer::{self, Refusal};

/// The grant's name.
pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/// `POST /wallet/token`
pub(super) async fn redeem(State(web): State<Web>, body: Bytes) -> Result<Response, Refusal> {
    let malformed = |why: &str| Refusal::wrong("invalid_request", why);
    let mut given = HashMap::new();
    for (name, value) in form_urlencoded::parse(&body) {
        if given.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(malformed("a parameter is given twice"));
        }
    }
    let text = |name: &str| given.get(name).map(String::as_str).filter(|value| !value.is_empty());
    match text("grant_type") {
        Some(GRANT) => {}
        Some(_) => {
            return Err(Refusal::wrong("unsupported_grant_type", "only pre-authorized codes are taken"));
        }
        None => return Err(malformed("grant_type is missing")),
    }
    let code = text("pre-authorized_code").ok_or_else(|| malformed("pre-authorized_code is missing"))?;
    // Wallets ask for it by the offer: who forgets it has not guessed.
    let typed = text("tx_code").ok_or_else(|| malformed("tx_code is missing: the code from the e-mail"))?;
    // The same words for all that an offer can be dead of: a stranger learns nothing.
    let dead =
        || Refusal::wrong("invalid_grant", "the pre-authorized code is unknown, was used or has ended");
    let offer = web.site.secret.offer_of(Ticket::Code, code).ok_or_else(dead)?;
    let now = web.site.clock.now();
    let live = web.site.store.wallet_offer(offer, now).await?.is_some_and(|offer| offer.live);
    if !live {
        return Err(dead());
    }
    if !web.site.secret.is_transaction_code(offer, typed) {
        web.site.store.wrong_code(offer, now).await?;
        return Err(Refusal::wrong("invalid_grant", "the transaction code is wrong"));
    }
    if !web.site.store.redeem(offer, now).await? {
        return Err(dead());
    }
    Ok(answer::good(&json!({
        "access_token": web.site.secret.ticket(Ticket::Access, offer),
        "token_type": "Bearer",
        "expires_in": FETCHING.num_seconds(),
    })))
}
