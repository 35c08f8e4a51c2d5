//! Badges for wallets: OpenID4VCI 1.0 with a pre-authorized code, and DID authentication as Learner
//! Credential Wallet sends it. What a learner sees of it is part of the claim page (`section`).
//!
//! Answers are JSON, errors with the standards' codes; any site's scripts may ask, for some wallets
//! run in browsers. Nothing is told but to whoever shows a ticket of the claim page.

mod answer;
mod credential;
mod metadata;
mod offer;
mod presentation;
pub(super) mod section;
mod token;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::Method;

use super::Web;
use super::limiter::client;
use answer::Refusal;

/// What a wallet sends is small.
const MOST_BYTES: usize = 64 << 10;
/// Requests of one client in a minute. A class behind one address takes its badges together.
pub(super) const MOST_A_MINUTE: u32 = 120;

/// The routes of wallets.
pub(super) fn router(web: Web) -> Router {
    Router::new()
        .route("/.well-known/openid-credential-issuer", get(metadata::issuer))
        .route("/.well-known/oauth-authorization-server", get(metadata::server))
        .route("/wallet/offers/{ticket}", get(offer::show))
        .route("/wallet/token", post(token::redeem).options(answer::preflight))
        .route("/wallet/nonce", post(credential::nonce).options(answer::preflight))
        .route("/wallet/credential", post(credential::give).options(answer::preflight))
        .route("/wallet/presentation", post(presentation::take).options(answer::preflight))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(from_fn_with_state(web.clone(), admit))
        .with_state(web)
}

/// Lets each client ask so often.
async fn admit(State(web): State<Web>, request: Request, next: Next) -> Response {
    let counts = request.method() == Method::POST;
    if counts && !web.wallets.admits(client(&request), web.site.clock.now()) {
        return Refusal::TooMany.into_response();
    }
    next.run(request).await
}
