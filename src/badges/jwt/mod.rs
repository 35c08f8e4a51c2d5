//! VC-JWT: the same credential in another envelope (Open Badges 3.0, section 8.2; RFC 7515,
//! RFC 7519). The payload is the credential itself, with the claims that JWT readers look for.

mod key;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SecureRandom;
use serde_json::{Map, Value, json};

use super::structure::At;
use super::{Issuer, SignError, json_text};
use crate::locales::Message;

pub use key::JwtKey;

/// The claims that repeat members of the credential, with where they stand in it.
pub(super) const TEXT_CLAIMS: [(&str, &str); 3] =
    [("iss", "issuer"), ("jti", "id"), ("sub", "credentialSubject")];
/// The claims that repeat its dates, in seconds since 1970.
pub(super) const DATE_CLAIMS: [&str; 2] = ["nbf", "exp"];

/// A signed credential as a JWT by this key; its embedded proof stays behind.
///
/// ES256 draws on `random`: each call gives another signature over the same text.
pub fn jwt(
    credential: &str,
    issuer: &Issuer,
    key: &JwtKey,
    random: &dyn SecureRandom,
) -> Result<String, SignError> {
    let incomplete = |why: String| SignError::Incomplete(why);
    let mut payload: Value =
        serde_json::from_str(credential).map_err(|error| incomplete(format!("it is not JSON: {error}")))?;
    let claims = claims(&payload).map_err(|why| incomplete(why.into()))?;
    if claims.get("iss").and_then(Value::as_str) != Some(issuer.did()) {
        return Err(incomplete(format!("issuer.id is not {}, the controller of the key", issuer.did())));
    }
    if let Some(members) = payload.as_object_mut() {
        members.remove("proof");
        members.extend(claims);
    }
    let mut header = json!({"typ": "JWT", "alg": key.algorithm()});
    // A did:key names one key only, which is not this one.
    if issuer.publishes_keys() {
        header["kid"] = Value::from(issuer.method(&key.thumbprint()));
    } else {
        header["jwk"] = key.public_jwk();
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(json_text::write(value));
    let input = format!("{}.{}", part(&header), part(&payload));
    let signature = key
        .sign(input.as_bytes(), random)
        .map_err(|error| SignError::Canonical(format!("the JWT cannot be signed: {error}")))?;
    Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The claims that repeat a credential's dates, each with the member.
pub(super) fn dates(root: &At<'_>) -> impl Iterator<Item = (&'static str, &'static str)> {
    DATE_CLAIMS.into_iter().zip(root.validity().unwrap_or(["validFrom", "validUntil"]))
}

/// The claims that say what the credential says.
pub(super) fn claims(credential: &Value) -> Result<Map<String, Value>, Message> {
    let root = At::root(credential);
    let mut claims = Map::new();
    for (claim, member) in TEXT_CLAIMS {
        match claim {
            // Who is named by a hashed address only has no id.
            "sub" => {
                let id = root.may(member).and_then(|subject| subject.may("id"));
                claims.extend(id.map(|id| id.text()).transpose()?.map(|id| (claim.to_owned(), id.into())));
            }
            _ => drop(claims.insert(claim.to_owned(), root.must(member)?.id()?.into())),
        }
    }
    for (claim, member) in dates(&root) {
        let date = root.may(member).map(|at| at.date()).transpose()?;
        claims.extend(date.map(|date| (claim.to_owned(), date.timestamp().into())));
    }
    Ok(claims)
}

#[cfg(test)]
mod tests;
