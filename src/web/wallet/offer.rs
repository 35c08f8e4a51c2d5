//! The offer that a wallet reads by its address (OpenID4VCI 1.0, section 4.1.3).

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use crate::claim::Ticket;
use crate::locales::Language;
use crate::web::Web;

use super::answer::{self, Refusal};
use super::token::GRANT;

/// `GET /wallet/offers/{ticket}`
pub(super) async fn show(State(web): State<Web>, Path(ticket): Path<String>) -> Result<Response, Refusal> {
    let id = web.site.secret.offer_of(Ticket::Offer, &ticket).ok_or(Refusal::Missing)?;
    let offer = web.site.store.wallet_offer(id, web.site.clock.now()).await?;
    let offer = offer.filter(|offer| offer.live).ok_or(Refusal::Missing)?;
    let language = Language::of_tag(&offer.language).unwrap_or_default();
    let ask = language.text("wallet-ask", [("issuer", web.issuer(&offer.issuer).profile().name.as_str())]);
    let ask: String = ask.chars().take(300).collect();
    Ok(answer::good(&json!({
        "credential_issuer": web.public_url,
        "credential_configuration_ids": [offer.badge],
        "grants": {
            GRANT: {
                "pre-authorized_code": web.site.secret.ticket(Ticket::Code, id),
                "tx_code": {"input_mode": "numeric", "length": 6, "description": ask},
            },
        },
    })))
}
