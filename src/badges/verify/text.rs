//! Finding the credential in what was handed in.

use serde_json::Value;

use super::json::{self, Unread};
use super::jwt::{Jwt, is_jwt};
use super::{Check, Lookup, embedded};
use crate::badges::bake;
use crate::locales::Message;

/// The most bytes that a credential may have.
const MOST_BYTES: usize = 1 << 20;
/// About how many bytes of memory its values may take: a learner record with hundreds of badges takes half.
pub(super) const MOST_MEMORY: usize = 16 << 20;

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
    pub(super) fn fetched(value: Value) -> Result<Self, Message> {
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

/// Whether somebody means these bytes as a credential, however damaged: an image, a JWT, or a document.
pub(crate) fn is_credential(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    bake::is_image(bytes) || text.starts_with(b"{") || text.starts_with(b"[") || text.starts_with(b"eyJ")
}

/// The credential, or the failed check `structure`.
pub(super) fn read(bytes: &[u8]) -> Result<Found, Check> {
    let fails = |found| Check::fails("structure", found);
    let unbaked;
    let text = if bytes.len() > bake::MOST_BYTES || bake::is_image(bytes) {
        unbaked = bake::unbake(bytes).map_err(|_| fails(Message::new("found-no-badge")))?;
        unbaked.as_str()
    } else {
        let text = std::str::from_utf8(bytes).map_err(|_| fails(Message::new("found-no-text")))?;
        text.strip_prefix('\u{feff}').unwrap_or(text)
    };
    if text.len() > MOST_BYTES {
        let most = (MOST_BYTES >> 20).to_string();
        return Err(fails(Message::new("found-too-large").with("most", most)));
    }
    let text = text.trim();
    if is_jwt(text) {
        return Jwt::read(text)
            .map(|jwt| Found::Jwt(Box::new(jwt)))
            .map_err(|why| fails(Message::new("found-bad-jwt").because(why)));
    }
    let document = json::parse(text.as_bytes(), MOST_MEMORY).map_err(|why| match why {
        Unread::TooMuch => fails(Message::new("found-too-many")),
        Unread::NoJson(error) => {
            let found = Message::new("found-no-json").with("line", error.line().to_string());
            fails(found.with("column", error.column().to_string()))
        }
    });
    document.map(Found::Embedded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_no_credential_is_as_long_as_is_not_read() {
        let found = |bytes: usize| read(&vec![b' '; bytes]).err().unwrap().found.to_string();
        assert_ne!(found(MOST_BYTES), found(MOST_BYTES + 1));
        assert!(found(MOST_BYTES + 1).contains("1 MiB"), "{}", found(MOST_BYTES + 1));
    }
}
