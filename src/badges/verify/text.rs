//! Finding the credential in what was handed in.

use serde_json::Value;

use super::jwt::{Jwt, is_jwt};
use super::{Check, Lookup, embedded};
use crate::badges::bake;

/// The most bytes that a credential may have.
const MOST_BYTES: usize = 1 << 20;

/// A credential in one of its envelopes.
#[derive(Debug)]
pub(super) enum Found {
    /// With its proof inside.
    Embedded(Value),
    /// As a JWT.
    Jwt(Box<Jwt>),
}

impl Found {
    /// What was fetched: a document, or a JWT as a text.
    pub(super) fn fetched(value: Value) -> Result<Self, String> {
        match value {
            Value::String(text) if is_jwt(&text) => Ok(Self::Jwt(Box::new(Jwt::read(&text)?))),
            document => Ok(Self::Embedded(document)),
        }
    }

    pub(super) fn credential(&self) -> &Value {
        match self {
            Self::Embedded(document) => document,
            Self::Jwt(jwt) => jwt.credential(),
        }
    }

    /// The checks `terms`, `signature` and `key`.
    pub(super) fn proven(&self, lookup: &dyn Lookup) -> [Check; 3] {
        match self {
            Self::Embedded(document) => embedded::proven(document, lookup),
            Self::Jwt(jwt) => jwt.proven(lookup),
        }
    }
}

/// The credential, or the failed check `structure`.
pub(super) fn read(bytes: &[u8]) -> Result<Found, Check> {
    let fails = |why: String| Check::fails("structure", why);
    let unbaked;
    let text = if bytes.len() > bake::MOST_BYTES || bake::is_image(bytes) {
        unbaked = bake::unbake(bytes).map_err(|error| fails(format!("No credential was found: {error}.")))?;
        unbaked.as_str()
    } else {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| fails("It is neither JSON nor a badge image.".to_owned()))?;
        text.strip_prefix('\u{feff}').unwrap_or(text)
    };
    if text.len() > MOST_BYTES {
        return Err(fails(format!("The credential has more than {} MiB.", MOST_BYTES >> 20)));
    }
    let text = text.trim();
    if is_jwt(text) {
        return Jwt::read(text)
            .map(|jwt| Found::Jwt(Box::new(jwt)))
            .map_err(|why| fails(format!("It looks like a JWT, but {why}.")));
    }
    let document = serde_json::from_str(text).map_err(|error| fails(format!("It is not JSON: {error}.")));
    document.map(Found::Embedded)
}
