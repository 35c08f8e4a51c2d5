//! The nonce endpoint and the credential endpoint (OpenID4VCI 1.0, sections 7 and 8): the badge,
//! bound to the key that the wallet proves to have.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, StatusCode, header};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::badges::holder::{self, KeyProof};
use crate::claim::{For, Ticket};
use crate::store::{Bound, FETCHING, StoredCredential};
use crate::web::Web;

use super::answer::{self, Refusal};

/// How long a challenge can be answered.
pub(super) const ANSWERABLE: TimeDelta = TimeDelta::minutes(15);

/// `POST /wallet/nonce`: writes nothing, so asking costs nothing. That it is answered once is
/// remembered when it is.
pub(super) async fn nonce(State(web): State<Web>) -> Result<Response, Refusal> {
    let nonce = challenge(&web, For::KeyProof).ok_or_else(|| Refusal::fault("no nonce", &"no randomness"))?;
    Ok(answer::good(&json!({"c_nonce": nonce})))
}

/// A new challenge; `None` when there is no randomness.
pub(super) fn challenge(web: &Web, purpose: For) -> Option<String> {
    let mut random = [0; 16];
    SystemRandom::new().fill(&mut random).ok()?;
    Some(web.site.secret.challenge(purpose, web.site.clock.now() + ANSWERABLE, random))
}

/// `POST /wallet/credential`
pub(super) async fn give(
    State(web): State<Web>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let now = web.site.clock.now();
    let offer = bearer(&headers).and_then(|token| web.site.secret.offer_of(Ticket::Access, token));
    let id = offer.ok_or(Refusal::Token)?;
    let offer = web.site.store.wallet_offer(id, now).await?.ok_or(Refusal::Token)?;
    if offer.redeemed_at.is_none_or(|at| at + FETCHING <= now) {
        return Err(Refusal::Token);
    }
    let request = serde_json::from_slice(&body);
    let request: Value =
        request.map_err(|_| Refusal::wrong("invalid_credential_request", "the request is not JSON"))?;
    wanted(&request, &offer.badge)?;
    let proof = KeyProof::read(one_proof(&request)?, &web.public_url, now)
        .map_err(|error| Refusal::wrong("invalid_proof", error.to_string()))?;
    let nonce = proof.nonce.ok_or_else(|| Refusal::wrong("invalid_proof", "the key proof has no nonce"))?;
    let stale = || Refusal::wrong("invalid_nonce", "the nonce is unknown, was used or has ended");
    let nonce = web.site.secret.read_challenge(&nonce);
    let nonce =
        nonce.filter(|nonce| nonce.purpose == For::KeyProof && nonce.until > now).ok_or_else(stale)?;
    let holder = Sha256::digest(&proof.did);
    let created = match web.site.store.bind(id, &holder, (&nonce.hash, nonce.until), now).await? {
        Bound::Since(time) => time,
        Bound::Answered => return Err(stale()),
        Bound::Refused => return Err(denied()),
    };
    let badge = bound(&web, offer.credential, proof.did, created).await?;
    // Credentials of this format must not be re-encoded: the text goes out as it was signed.
    Ok(answer::json(StatusCode::OK, format!("{{\"credentials\":[{{\"credential\":{badge}}}]}}")))
}

/// Whoever asks again gets the same answer.
pub(super) fn denied() -> Refusal {
    Refusal::wrong("credential_request_denied", "the badge cannot be given to this key")
}

/// A badge that can be taken to a wallet: claimed, and neither withdrawn nor on hold.
pub(super) fn can_be_taken(stored: &StoredCredential) -> bool {
    stored.claimed_at.is_some() && !stored.revoked && !stored.suspended
}

/// The badge for this holder.
pub(super) async fn bound(
    web: &Web,
    credential: Uuid,
    did: String,
    created: DateTime<Utc>,
) -> Result<String, Refusal> {
    let stored = web.site.store.credential(credential).await?;
    let stored = stored.filter(can_be_taken).ok_or_else(denied)?;
    let unsigned = holder::bound(&stored.document, &did);
    let unsigned = unsigned.map_err(|error| Refusal::fault("a badge cannot be bound to a key", &error))?;
    let (badge, _) = web.site.issuers.signing(&stored.issuer)?.sign_one(unsigned, created).await?;
    tracing::info!(%credential, "taken to a wallet");
    Ok(badge)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Whether the request is for the badge of the offer.
fn wanted(request: &Value, badge: &str) -> Result<(), Refusal> {
    let malformed = |why: &str| Err(Refusal::wrong("invalid_credential_request", why));
    if request.get("credential_identifier").is_some() {
        return Err(Refusal::wrong("unknown_credential_identifier", "no identifiers were given"));
    }
    if request.get("credential_response_encryption").is_some() {
        let why = "encrypted responses are not supported";
        return Err(Refusal::wrong("invalid_encryption_parameters", why));
    }
    match request.get("credential_configuration_id") {
        Some(Value::String(id)) if id == badge => Ok(()),
        Some(Value::String(_)) => {
            Err(Refusal::wrong("unknown_credential_configuration", "this token is for another badge"))
        }
        Some(_) => malformed("credential_configuration_id is not a string"),
        None => malformed("credential_configuration_id is missing"),
    }
}

/// The only key proof of the request.
fn one_proof(request: &Value) -> Result<&str, Refusal> {
    let wrong = |why: &str| Refusal::wrong("invalid_proof", why);
    let proofs = request.get("proofs").ok_or_else(|| wrong("proofs is missing"))?;
    let proofs = proofs.as_object().filter(|kinds| kinds.len() == 1).and_then(|kinds| kinds.get("jwt"));
    match proofs.and_then(Value::as_array).map(Vec::as_slice) {
        Some([Value::String(jwt)]) => Ok(jwt),
        _ => Err(wrong("proofs must have one key proof, of the type jwt")),
    }
}
