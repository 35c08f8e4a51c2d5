//! Ed25519 keys and how they are written: PKCS#8 PEM for the secret half, Multikey for the public.

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity as _, VartimeMultiscalarMul as _};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use ed25519_dalek::{Signer as _, VerifyingKey};
use sha2::{Digest as _, Sha256, Sha512};

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

/// What was signed with one key, each message with its signature.
pub(super) type Signed<'a> = (&'a [u8; 64], &'a [u8; 64]);

impl PublicKey {
    /// Whether all of these are the key's: for signatures that a key of this process made, where the
    /// question is whether the machine made them well. One equation for all of them, each weighted by
    /// 128 bits that depend on all, costs a quarter of asking for each (Bernstein et al., “High-speed
    /// high-security signatures”, section 5); a wrong one passes with a chance of 2^-128. Signatures
    /// from outside are asked one by one: strictness about points of small order is not in the equation.
    pub(super) fn verifies_all(&self, signed: &[Signed<'_>]) -> bool {
        self.balance(signed).is_some_and(|balance| balance == EdwardsPoint::identity())
    }

    /// Σ zᵢRᵢ + (Σ zᵢkᵢ)A − (Σ zᵢsᵢ)B, which is the identity if every signature (Rᵢ, sᵢ) is good.
    fn balance(&self, signed: &[Signed<'_>]) -> Option<EdwardsPoint> {
        let mut all = Sha256::new_with_prefix(self.0.as_bytes());
        for (message, signature) in signed {
            all.update(message);
            all.update(signature);
        }
        let all = all.finalize();
        let (mut of_key, mut of_base) = (Scalar::ZERO, Scalar::ZERO);
        let (mut weights, mut points) = (Vec::new(), Vec::new());
        for (number, (message, signature)) in (0_u64..).zip(signed) {
            let (r, s) = signature.split_first_chunk::<32>()?;
            let s: Option<Scalar> = Scalar::from_canonical_bytes(s.try_into().ok()?).into();
            let weight = Sha256::new_with_prefix(all).chain_update(number.to_le_bytes()).finalize();
            let weight = Scalar::from(u128::from_le_bytes(*weight.first_chunk()?));
            let k = Sha512::new_with_prefix(r).chain_update(self.0.as_bytes()).chain_update(message);
            of_key += weight * Scalar::from_bytes_mod_order_wide(&k.finalize().into());
            of_base -= weight * s?;
            weights.push(weight);
            points.push(CompressedEdwardsY(*r).decompress());
        }
        weights.extend([of_key, of_base]);
        points.extend([Some(self.0.to_edwards()), Some(ED25519_BASEPOINT_POINT)]);
        EdwardsPoint::optional_multiscalar_mul(weights, points)
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

    #[test]
    fn many_signatures_are_good_together_if_each_of_them_is() {
        let key = SigningKey::from_seed([9; 32]);
        let public = PublicKey::from_multibase(&key.public_multibase()).unwrap();
        let other = PublicKey::from_multibase(&SigningKey::from_seed([8; 32]).public_multibase()).unwrap();
        let messages: Vec<[u8; 64]> = (0..40).map(|number| [number; 64]).collect();
        let signatures: Vec<[u8; 64]> = messages.iter().map(|message| key.sign(message)).collect();
        let holds = |key: &PublicKey, messages: &[[u8; 64]], signatures: &[[u8; 64]]| {
            key.verifies_all(&messages.iter().zip(signatures).collect::<Vec<_>>())
        };
        for count in [0, 1, 2, 40] {
            assert!(holds(&public, &messages[..count], &signatures[..count]), "{count}");
        }
        assert!(!holds(&other, &messages, &signatures));
        for (place, byte) in [(0, 0), (7, 31), (20, 32), (38, 62), (39, 63)] {
            let mut spoilt = signatures.clone();
            spoilt[place][byte] ^= 1;
            assert!(!holds(&public, &messages, &spoilt), "{place}, {byte}");
            let mut spoilt = messages.clone();
            spoilt[place][byte] ^= 1;
            assert!(!holds(&public, &spoilt, &signatures), "{place}, {byte}");
        }
        let mut exchanged = signatures.clone();
        exchanged.swap(3, 4);
        assert!(!holds(&public, &messages, &exchanged), "each is of the message beside it");
        // The sum stays the same if what one has too much the other has too little: weights show it.
        let mut moved = signatures.clone();
        let moves = |signature: &mut [u8; 64], by: Scalar| {
            let s = Scalar::from_canonical_bytes(signature[32..].try_into().unwrap()).unwrap() + by;
            signature[32..].copy_from_slice(s.as_bytes());
        };
        moves(&mut moved[0], Scalar::ONE);
        moves(&mut moved[1], -Scalar::ONE);
        assert!(!holds(&public, &messages, &moved));
    }
}
