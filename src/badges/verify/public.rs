//! Public keys of issuers, whoever they are.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rsa::PublicKeyComponents;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;

use super::p256;
use crate::badges::key::{PublicKey, from_multibase, shorten};
use crate::locales::Message;

/// The multicodec prefix of a compressed P-256 public key (0x1200 as an unsigned varint).
const P256_PUBLIC: [u8; 2] = [0x80, 0x24];

/// A key that this verifier can check with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::badges) enum Key {
    /// Ed25519: `eddsa-rdfc-2022`, and `EdDSA` in JWTs.
    Ed25519(PublicKey),
    /// A point of P-256, uncompressed: `ES256`.
    P256(Vec<u8>),
    /// `RS256`, 2048 to 8192 bits.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
}

impl Key {
    /// Reads a Multikey: Ed25519 (`z6Mk…`) or P-256 (`zDn…`).
    pub(in crate::badges) fn from_multibase(text: &str) -> Result<Self, Message> {
        let wrong = || Message::new("why-no-multikey").with("key", shorten(text));
        let bytes = from_multibase(text);
        let Some(point) = bytes.as_deref().and_then(|bytes| bytes.strip_prefix(&P256_PUBLIC)) else {
            return PublicKey::from_multibase(text).map(Self::Ed25519).map_err(|_| wrong());
        };
        let point = p256::uncompressed(point);
        point.map(Self::P256).ok_or_else(wrong)
    }

    /// Reads a JWK (RFC 7517, RFC 7518 section 6, RFC 8037). One that holds its private half is
    /// refused: it is nobody's any more.
    pub(in crate::badges) fn from_jwk(jwk: &Value) -> Result<Self, Message> {
        let text = |member: &str| jwk.get(member).and_then(Value::as_str);
        let bytes = |member: &str| {
            let decoded = text(member).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
            decoded
                .filter(|bytes| !bytes.is_empty())
                .ok_or_else(|| Message::new("why-jwk-part").with("member", member))
        };
        if jwk.get("d").is_some() {
            return Err(Message::new("why-jwk-private"));
        }
        match (text("kty"), text("crv")) {
            (Some("EC"), Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                if x.len() != 32 || y.len() != 32 {
                    return Err(Message::new("why-jwk-wrong"));
                }
                Ok(Self::P256([&[4], x.as_slice(), &y].concat()))
            }
            (Some("OKP"), Some("Ed25519")) => {
                let key = bytes("x")?.try_into().ok().and_then(|x| PublicKey::from_bytes(&x).ok());
                key.map(Self::Ed25519).ok_or_else(|| Message::new("why-jwk-wrong"))
            }
            (Some("RSA"), _) => {
                let (n, e) = (bytes("n")?, bytes("e")?);
                let first = n.iter().position(|byte| *byte != 0).unwrap_or(n.len());
                let n = n.get(first..).unwrap_or_default().to_vec();
                // Checking costs by length: no key that is in use is longer.
                if !(256..=1024).contains(&n.len()) || e.len() > 8 {
                    return Err(Message::new("why-rsa-size"));
                }
                Ok(Self::Rsa { n, e })
            }
            (kind, _) => Err(Message::new("why-key-unknown").with("kind", shorten(kind.unwrap_or("?")))),
        }
    }

    /// The algorithm of JWTs that are signed with it (RFC 7518, section 3.1; RFC 8037): a JWT
    /// does not choose how its key is used.
    pub(in crate::badges) fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256(_) => "ES256",
            Self::Rsa { .. } => "RS256",
        }
    }

    /// Whether the signature is the key's over the message.
    pub(in crate::badges) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ed25519(key) => {
                signature.try_into().is_ok_and(|signature| key.verifies(message, signature))
            }
            Self::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            Self::Rsa { n, e } => {
                PublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
        }
    }
}
