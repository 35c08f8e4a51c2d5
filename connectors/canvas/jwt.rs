//! Signed payloads: a compact JWT (RFC 7519) in JWS form (RFC 7515), RS256 only.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::{KeySet, Rejection};

/// The `iss` of every signed Live Event, whichever institution it concerns.
const ISSUER: &str = "https://live-events.canvas.instructure.com";
/// How far the two clocks may differ.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// Whether a body has the form of a compact JWT: three parts of base64url.
pub(super) fn looks_like_one(body: &[u8]) -> bool {
    let mut parts = 0;
    body.split(|byte| *byte == b'.').all(|part| {
        parts += 1;
        part.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='))
    }) && parts == 3
}

/// Checks the signature and the times, and gives the claims as they were signed.
///
/// # Errors
/// `BadSignature`, `UnknownKey` or `Stale`; nothing of the claims is believed before the
/// signature is.
pub(super) fn open(token: &[u8], keys: Option<&KeySet>, now: DateTime<Utc>) -> Result<Vec<u8>, Rejection> {
    let mut parts = token.split(|byte| *byte == b'.');
    let (Some(header), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(bad("the JWT does not have three parts"));
    };
    let kid = key_id(&decode(header, "header")?)?;
    let signature = decode(signature, "signature")?;
    let Some(keys) = keys.filter(|keys| keys.has(&kid)) else {
        return Err(Rejection::UnknownKey { kid });
    };
    let signed_length = header.len() + 1 + claims.len();
    if !token.get(..signed_length).is_some_and(|signed| keys.verify(&kid, signed, &signature)) {
        return Err(bad("the JWT's signature does not match"));
    }
    let claims = decode(claims, "claims")?;
    check(&claims, now)?;
    Ok(claims)
}

/// The header's key id, once the header asks for exactly what is supported.
fn key_id(header: &[u8]) -> Result<String, Rejection> {
    let header: Value = serde_json::from_slice(header).map_err(|_| bad("the JWT's header is not JSON"))?;
    // The algorithm is fixed: `none`, or HS256 with the public key as its secret, let anyone in.
    if header.get("alg").and_then(Value::as_str) != Some("RS256") {
        return Err(bad("the JWT is not signed with RS256"));
    }
    // RFC 7515, section 4.1.11: what is critical and not understood must be refused.
    if header.get("crit").is_some() {
        return Err(bad("the JWT's header has critical extensions that are not supported"));
    }
    match header.get("kid").and_then(Value::as_str) {
        Some(kid) => Ok(kid.to_owned()),
        None => Err(bad("the JWT's header names no key (kid)")),
    }
}

/// Issuer and times, each only if it is there.
fn check(claims: &[u8], now: DateTime<Utc>) -> Result<(), Rejection> {
    // Claims that are not JSON are reported by whoever reads the event; they hold no time.
    let Ok(claims) = serde_json::from_slice::<Value>(claims) else { return Ok(()) };
    if claims.get("iss").is_some_and(|issuer| issuer.as_str() != Some(ISSUER)) {
        return Err(bad(&format!("the JWT is not issued by {ISSUER} (iss)")));
    }
    if date(&claims, "exp")?.is_some_and(|expires| expires <= now - LEEWAY) {
        return Err(Rejection::Stale("the JWT has expired (exp)".to_owned()));
    }
    if date(&claims, "nbf")?.is_some_and(|begins| begins > now + LEEWAY) {
        return Err(Rejection::Stale(
            "the JWT is not valid yet (nbf): is this server's clock right?".to_owned(),
        ));
    }
    Ok(())
}

/// A NumericDate (RFC 7519, section 2): seconds, perhaps with a fraction.
fn date(claims: &Value, name: &str) -> Result<Option<DateTime<Utc>>, Rejection> {
    let Some(value) = claims.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
    super::read::decimal(value)
        .and_then(|seconds| i64::try_from(seconds.trunc()).ok())
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .map(Some)
        .ok_or_else(|| bad(&format!("the JWT's {name} is not a time")))
}

fn decode(part: &[u8], name: &str) -> Result<Vec<u8>, Rejection> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| bad(&format!("the JWT's {name} is not base64url")))
}

fn bad(reason: &str) -> Rejection {
    Rejection::BadSignature(reason.to_owned())
}
