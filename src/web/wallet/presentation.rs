//! DID authentication as Learner Credential Wallet sends it after it followed a link: an empty
//! presentation, signed over the link's challenge, for the badge bound to its key. A presentation
//! inside `verifiablePresentation`, as exchanges of the VC-API have it, is answered likewise.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use crate::badges::holder::DidAuth;
use crate::badges::vocabulary::CREDENTIALS;
use crate::claim::For;
use crate::web::Web;

use super::answer::{self, Refusal};
use super::credential::{bound, can_be_taken, denied};

/// `POST /wallet/presentation`
pub(super) async fn take(State(web): State<Web>, body: Bytes) -> Result<Response, Refusal> {
    let request = serde_json::from_slice(&body);
    let request: Value = request.map_err(|_| Refusal::wrong("invalid_request", "the request is not JSON"))?;
    let wrapped = request.get("verifiablePresentation");
    let presentation = wrapped.unwrap_or(&request);
    let said = DidAuth::challenge(presentation)
        .ok_or_else(|| Refusal::wrong("invalid_proof", "the presentation has no proof with a challenge"))?;
    let stale = || Refusal::wrong("invalid_nonce", "the challenge is unknown, was used or has ended");
    let now = web.site.clock.now();
    let challenge = web.site.secret.read_challenge(said).filter(|challenge| challenge.until > now);
    let challenge = challenge.ok_or_else(stale)?;
    let For::Credential(credential) = challenge.purpose else { return Err(stale()) };
    let domains = domains(&web);
    let holder = DidAuth::check(presentation, said, &domains.each_ref().map(String::as_str))
        .map_err(|error| Refusal::wrong("invalid_proof", error.to_string()))?;
    let stored = web.site.store.credential(credential).await?;
    if !stored.as_ref().is_some_and(can_be_taken) {
        return Err(denied());
    }
    if !web.site.store.answer_challenge((&challenge.hash, challenge.until)).await? {
        return Err(stale());
    }
    let badge = bound(&web, credential, holder.did, now).await?;
    // The app reads the answer as if it were HTML and decodes what looks like an entity there.
    let badge = badge.replace('&', "\\u0026");
    Ok(answer::json(
        StatusCode::OK,
        match wrapped {
            None => badge,
            Some(_) => format!(
                "{{\"verifiablePresentation\":{{\"@context\":[\"{}\"],\"type\":[\"VerifiablePresentation\"],\
                 \"verifiableCredential\":[{badge}]}}}}",
                CREDENTIALS.url
            ),
        },
    ))
}

/// How a wallet may name this site.
fn domains(web: &Web) -> [String; 3] {
    let host = web.site.public_url.host_str().unwrap_or_default().to_owned();
    let with_port = web.public_url.split_once("://").map_or(host.clone(), |(_, rest)| rest.to_owned());
    [web.public_url.clone(), with_port, host]
}
