//! DIDs that are keys: `did:key` (Ed25519, P-256) and `did:jwk`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{HolderError, wrong};
use crate::badges::json_text;
use crate::badges::verify::public::Key;

/// Longer than any DID of a key that is known here.
const LONGEST: usize = 500;

/// The key of a DID or of its only key's DID URL (`did:key:z…#z…`, `did:jwk:…#0`), with the DID.
pub(super) fn key_of(name: &str) -> Result<(&str, Key), HolderError> {
    let (did, fragment) = match name.split_once('#') {
        Some((did, fragment)) => (did, Some(fragment)),
        None => (name, None),
    };
    if did.len() > LONGEST {
        return Err(wrong("the DID is too long"));
    }
    let (key, only) = if let Some(multibase) = did.strip_prefix("did:key:") {
        (multikey(multibase)?, multibase)
    } else if let Some(encoded) = did.strip_prefix("did:jwk:") {
        let jwk = URL_SAFE_NO_PAD.decode(encoded).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let jwk: Value = jwk.ok_or_else(|| wrong("the did:jwk holds no JWK"))?;
        (from_jwk(&jwk)?, "0")
    } else {
        return Err(wrong("only did:key and did:jwk are supported"));
    };
    match fragment {
        Some(fragment) if fragment != only => Err(wrong("the DID has no key of this name")),
        _ => Ok((did, key)),
    }
}

/// The `did:jwk` of a JWK: of the members that make the key alone, so that one key has one DID.
pub(super) fn of_jwk(jwk: &Value) -> Result<(String, Key), HolderError> {
    let key = from_jwk(jwk)?;
    let members = ["crv", "kty", "x", "y"].into_iter();
    let members = members.filter_map(|name| Some((name.to_owned(), jwk.get(name)?.clone()))).collect();
    let encoded = URL_SAFE_NO_PAD.encode(json_text::write(&Value::Object(members)));
    Ok((format!("did:jwk:{encoded}"), key))
}

/// Only what a wallet signs with: RSA is for issuers.
fn from_jwk(jwk: &Value) -> Result<Key, HolderError> {
    match Key::from_jwk(jwk) {
        Ok(Key::Rsa { .. }) => Err(wrong("keys are Ed25519 or P-256")),
        Ok(key) => Ok(key),
        Err(_) => Err(wrong("the JWK is not a public Ed25519 or P-256 key")),
    }
}

fn multikey(multibase: &str) -> Result<Key, HolderError> {
    Key::from_multibase(multibase).map_err(|_| wrong("the did:key is not an Ed25519 or P-256 key"))
}
