//! Credentials in JWT form: reading one, and what it says of itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::json::{self, Unread};
use super::key::{self, Controller};
use super::public::Key;
use super::text::MOST_MEMORY;
use super::{Check, Lookup};
use crate::badges::jwt::{TEXT_CLAIMS, claims, dates};
use crate::badges::key::shorten;
use crate::badges::structure::At;
use crate::locales::Message;

/// A compact JWS whose payload is a credential (RFC 7515, section 7.1).
#[derive(Debug)]
pub(in crate::badges) struct Jwt {
    header: Value,
    payload: Value,
    /// What is signed.
    input: String,
    signature: Vec<u8>,
}

/// Whether the text has the form of a compact JWS.
pub(in crate::badges) fn is_jwt(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    text.starts_with("eyJ") && text.split('.').count() == 3 && text.split('.').all(part)
}

impl Jwt {
    pub(in crate::badges) fn read(text: &str) -> Result<Self, Message> {
        let mut parts = text.split('.');
        let mut part = || {
            let part = parts.next().unwrap_or_default();
            URL_SAFE_NO_PAD.decode(part).map_err(|_| Message::new("why-jwt-base64"))
        };
        let (header, payload, signature) = (part()?, part()?, part()?);
        let read = |bytes: &[u8]| {
            json::parse(bytes, MOST_MEMORY).map_err(|why| match why {
                Unread::TooMuch => Message::new("why-jwt-many"),
                Unread::NoJson(_) => Message::new("why-jwt-json"),
            })
        };
        Ok(Self {
            header: read(&header)?,
            payload: read(&payload)?,
            input: text.rsplit_once('.').map(|(input, _)| input.to_owned()).unwrap_or_default(),
            signature,
        })
    }

    pub(in crate::badges) fn header(&self) -> &Value {
        &self.header
    }

    pub(in crate::badges) fn claims(&self) -> &Value {
        &self.payload
    }

    /// Whether the key signed it; which algorithm the header names is for the caller to compare.
    pub(in crate::badges) fn is_signed_by(&self, key: &Key) -> bool {
        key.verifies(self.input.as_bytes(), &self.signature)
    }

    /// The credential: the payload itself, or its claim `vc` as in earlier versions of the
    /// standard.
    pub(super) fn credential(&self) -> &Value {
        let earlier = self.payload.get("vc").filter(|vc| vc.is_object());
        earlier.filter(|_| self.payload.get("@context").is_none()).unwrap_or(&self.payload)
    }

    /// The checks `terms`, `signature` and `key`.
    pub(super) fn proven(&self, lookup: &dyn Lookup) -> [Check; 3] {
        let (public, key) = match self.key(lookup) {
            Ok((public, found)) => (Some(public), Check::holds("key", found)),
            Err(check) => (None, check),
        };
        [self.repeated(), self.signature(public.as_ref()), key]
    }

    fn signature(&self, public: Option<&Key>) -> Check {
        let open = |found| Check::open("signature", found);
        let fails = |found| Check::fails("signature", Message::new(found));
        let text = |member: &str| self.header.get(member).and_then(Value::as_str);
        let algorithm = text("alg").unwrap_or("none");
        if algorithm == "none" || algorithm.starts_with("HS") {
            return fails("found-unsigned-jwt");
        }
        if !matches!(algorithm, "ES256" | "RS256" | "EdDSA") {
            return open(Message::new("found-algorithm").with("algorithm", shorten(algorithm)));
        }
        // Whoever does not know what is critical must not accept (RFC 7515, section 4.1.11).
        if self.header.get("crit").is_some() {
            return open(Message::new("found-critical"));
        }
        match public {
            None => open(Message::new("found-without-key")),
            Some(public) if public.algorithm() != algorithm => fails("found-other-algorithm"),
            Some(public) if self.is_signed_by(public) => {
                Check::holds("signature", Message::new("found-signature"))
            }
            Some(_) => fails("found-bad-signature"),
        }
    }

    /// What the JWT says twice must be the same (Open Badges 3.0, section 8.2.4.1): readers look
    /// at the one or at the other.
    fn repeated(&self) -> Check {
        let fails = |found| Check::fails("terms", found);
        let expected = match claims(self.credential()) {
            Ok(expected) => expected,
            Err(why) => return fails(Message::new("found-jwt-little").because(why)),
        };
        for (claim, member) in TEXT_CLAIMS.into_iter().chain(dates(&At::root(self.credential()))) {
            let said = self.payload.get(claim);
            // A date may carry a fraction.
            let same = match (said, expected.get(claim)) {
                (Some(said), Some(expected)) => {
                    said == expected
                        || said.as_f64().is_some_and(|said| Some(said.floor()) == expected.as_f64())
                }
                // Without the claim there is nothing to contradict.
                (said, _) => said.is_none(),
            };
            if !same {
                return fails(Message::new("found-jwt-claim").with("claim", claim).with("member", member));
            }
        }
        Check::holds("terms", Message::new("found-jwt-terms"))
    }

    fn key(&self, lookup: &dyn Lookup) -> Result<(Key, Message), Check> {
        let text = |member: &str| self.header.get(member).and_then(Value::as_str);
        let issuer = key::issuer(self.credential())?;
        if let Some(kid) = text("kid") {
            let method = match kid {
                fragment if fragment.starts_with('#') => format!("{issuer}{fragment}"),
                full if full.contains(':') => full.to_owned(),
                name => format!("{issuer}#{name}"),
            };
            return key::find(issuer, &method, lookup);
        }
        let Some(jwk) = self.header.get("jwk") else {
            return Err(Check::open("key", Message::new("found-jwt-keyless")));
        };
        let public = Key::from_jwk(jwk)
            .map_err(|why| Check::fails("key", Message::new("found-key-wrong").because(why)))?;
        // A key that travels with the badge proves nothing by itself: anybody has one.
        let theirs = match key::controller(issuer, lookup)? {
            Controller::Key(theirs) => theirs == public,
            Controller::Document(document) => key::all(&document, issuer).contains(&public),
        };
        if theirs {
            return Ok((public, Message::new("found-key-listed").with("did", shorten(issuer))));
        }
        let root = At::root(self.credential());
        let named =
            root.may("issuer").and_then(|issuer| issuer.may("name")).and_then(|name| name.text().ok());
        let found = Message::new("found-key-came-along").with("issuer", shorten(named.unwrap_or(issuer)));
        Err(Check::open("key", found))
    }
}
