//! Ed25519 keys and how they are written: PKCS#8 PEM for the secret half, Multikey for the public.

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use ed25519_dalek::{Signer as _, VerifyingKey};

/// The multicodec prefix of an Ed25519 public key (0xed as an unsigned varint).
const ED25519_PUBLIC: [u8; 2] = [0xed, 0x01];

/// Decoding base58 costs the square of the length; a key has 48 characters, a signature 88.
const LONGEST_BASE58: usize = 128;

/// An Ed25519 signing key. Never printed; wiped from memory when dropped.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[signing key]")
    }
}

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KeyError(pub String);

impl SigningKey {
    /// Makes a key from 32 random bytes.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// Reads a PKCS#8 PEM (RFC 8410), as `openssl genpkey -algorithm ed25519` writes it.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        // The parser's own message is not passed on: nothing of the key may show in an error.
        ed25519_dalek::SigningKey::from_pkcs8_pem(pem.trim()).map(Self).map_err(|_| {
            KeyError(
                "the signing key is not an Ed25519 private key in PKCS#8 PEM \
                 (“-----BEGIN PRIVATE KEY-----”); make one with “openssl genpkey -algorithm ed25519”"
                    .to_owned(),
            )
        })
    }

    /// Writes a PKCS#8 PEM.
    ///
    /// Empty only if the encoder fails, which it has no reason to for a key of fixed size.
    pub fn to_pem(&self) -> String {
        self.0.to_pkcs8_pem(LineEnding::LF).map(|pem| pem.to_string()).unwrap_or_default()
    }

    /// The public key as `publicKeyMultibase` (`z6Mk…`).
    pub fn public_multibase(&self) -> String {
        let mut bytes = ED25519_PUBLIC.to_vec();
        bytes.extend_from_slice(self.0.verifying_key().as_bytes());
        multibase(&bytes)
    }

    /// Signs; Ed25519 signatures are deterministic (RFC 8032).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// A public key, to verify with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a Multikey (`z6Mk…`).
    pub(super) fn from_multibase(text: &str) -> Result<Self, KeyError> {
        let bytes = from_multibase(text)
            .ok_or_else(|| KeyError(format!("“{}” is not a base58 Multikey", shorten(text))))?;
        let key: [u8; 32] = bytes
            .strip_prefix(&ED25519_PUBLIC)
            .and_then(|key| key.try_into().ok())
            .ok_or_else(|| KeyError(format!("“{}” is not an Ed25519 key", shorten(text))))?;
        VerifyingKey::from_bytes(&key)
            .map(Self)
            .map_err(|_| KeyError(format!("“{}” is not a point on the curve", shorten(text))))
    }

    /// Reads the 32 bytes themselves.
    pub(super) fn from_bytes(key: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(key);
        key.map(Self).map_err(|_| KeyError("the key is not a point on the curve".to_owned()))
    }

    /// Whether the signature is the key's over the message. Keys and signatures of small order
    /// are refused: with them one signature fits many messages.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

/// Whether a signature over a message is the key's of this name (`z6Mk…`).
pub fn is_signature(key: &str, message: &[u8], signature: &[u8; 64]) -> bool {
    PublicKey::from_multibase(key).is_ok_and(|key| key.verifies(message, signature))
}

/// Multibase base58btc: `z` and the digits.
pub(super) fn multibase(bytes: &[u8]) -> String {
    format!("z{}", bs58::encode(bytes).into_string())
}

/// The bytes of a base58btc multibase, or `None`.
pub(super) fn from_multibase(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix('z').filter(|digits| digits.len() <= LONGEST_BASE58)?;
    bs58::decode(digits).into_vec().ok()
}

/// A text from outside, short enough for a message.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_pem_and_keeps_its_name() {
        let key = SigningKey::from_seed([7; 32]);
        let read = SigningKey::from_pem(&key.to_pem()).unwrap();
        assert_eq!(read.public_multibase(), key.public_multibase());
        assert!(key.public_multibase().starts_with("z6Mk"), "{}", key.public_multibase());
        assert_eq!(read.sign(b"x"), key.sign(b"x"));
    }

    #[test]
    fn a_bad_pem_is_refused_without_showing_it() {
        let error = SigningKey::from_pem(
            "-----BEGIN PRIVATE KEY-----\nc2VjcmV0LXNlY3JldA==\n-----END PRIVATE KEY-----",
        );
        let error = error.unwrap_err().to_string();
        assert!(error.contains("PKCS#8") && !error.contains("c2Vj"), "{error}");
        assert_eq!(format!("{:?}", SigningKey::from_seed([1; 32])), "[signing key]");
    }

    #[test]
    fn only_an_ed25519_multikey_is_a_public_key() {
        let good = SigningKey::from_seed([9; 32]).public_multibase();
        assert!(PublicKey::from_multibase(&good).is_ok());
        for bad in ["", "z", "u6Mk", &good[1..], &good[..20], &format!("{good}0"), &"z1".repeat(9999)] {
            assert!(PublicKey::from_multibase(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_signature_fits_one_message_and_one_key() {
        let key = SigningKey::from_seed([9; 32]);
        let public = PublicKey::from_multibase(&key.public_multibase()).unwrap();
        let other = PublicKey::from_multibase(&SigningKey::from_seed([8; 32]).public_multibase()).unwrap();
        let signature = key.sign(b"message");
        assert!(public.verifies(b"message", &signature));
        assert!(!public.verifies(b"messagf", &signature));
        assert!(!other.verifies(b"message", &signature));
    }
}
