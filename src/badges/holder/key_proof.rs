//! Key proofs of OpenID4VCI 1.0 (appendix F.1): a JWT that a wallet signs with the key to which the
//! credential is to be bound.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{HolderError, did, wrong};
use crate::badges::verify::jwt::{Jwt, is_jwt};

/// The header's `typ`.
const TYPE: &str = "openid4vci-proof+jwt";

/// The claims' `iat` may lie so far from now. That a proof is fresh is shown by its nonce, which
/// carries a time of this side (section 13.8): clocks of phones may be wrong.
const SKEW: TimeDelta = TimeDelta::hours(1);

/// A key proof that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyProof {
    /// The DID of the key: the holder.
    pub did: String,
    /// The `c_nonce` that the wallet repeats, if it repeats one.
    pub nonce: Option<String>,
}

impl KeyProof {
    /// Reads and checks a proof that was made for `audience`, the credential issuer. Whether the
    /// nonce counts is for the caller to say.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn read(jwt: &str, audience: &str, now: DateTime<Utc>) -> Result<Self, HolderError> {
        if !is_jwt(jwt) {
            return Err(wrong("the key proof is not a compact JWS"));
        }
        let jwt = Jwt::read(jwt).map_err(|_| wrong("the key proof is not a JWT"))?;
        let header = |member: &str| jwt.header().get(member);
        if header("typ").and_then(Value::as_str) != Some(TYPE) {
            return Err(wrong(format!("the key proof's typ is not {TYPE}")));
        }
        // Whoever does not know what is critical must not accept (RFC 7515, section 4.1.11).
        for member in ["crit", "x5c", "key_attestation", "trust_chain"] {
            if header(member).is_some() {
                return Err(wrong(format!("the key proof's header has {member}, which is not supported")));
            }
        }
        let (did, key) = match (header("kid"), header("jwk")) {
            (Some(Value::String(kid)), None) => {
                let (did, key) = did::key_of(kid)?;
                (did.to_owned(), key)
            }
            (None, Some(jwk)) => did::of_jwk(jwk)?,
            _ => return Err(wrong("the key proof's header must have one of kid and jwk")),
        };
        if header("alg").and_then(Value::as_str) != Some(key.algorithm()) {
            return Err(wrong(format!("the key proof's alg is not {}, that of its key", key.algorithm())));
        }
        if !jwt.is_signed_by(&key) {
            return Err(wrong("the key proof's signature does not fit its key"));
        }
        let claim = |name: &str| jwt.claims().get(name);
        if claim("aud").and_then(Value::as_str) != Some(audience) {
            return Err(wrong("the key proof's aud is not this credential issuer"));
        }
        let made = claim("iat").and_then(Value::as_f64).filter(|iat| iat.is_finite());
        #[allow(clippy::cast_possible_truncation, reason = "a cast to an integer saturates")]
        let made = made.and_then(|iat| DateTime::from_timestamp(iat as i64, 0));
        let made = made.ok_or_else(|| wrong("the key proof has no iat"))?;
        if (now - made).abs() > SKEW {
            return Err(wrong("the key proof's iat is not about now"));
        }
        let nonce = match claim("nonce") {
            None => None,
            Some(Value::String(nonce)) => Some(nonce.clone()),
            Some(_) => return Err(wrong("the key proof's nonce is not a string")),
        };
        Ok(Self { did, nonce })
    }
}
