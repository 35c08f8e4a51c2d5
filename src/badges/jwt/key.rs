//! The key of the JWT form: P-256 (ES256) or RSA (RS256), the two that 1EdTech's validator takes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::SecretDocument;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ring::error::Unspecified;
use ring::rand::SecureRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::badges::{KeyError, json_text};

/// The label of PKCS#8 in PEM (RFC 7468, section 10).
const LABEL: &str = "PRIVATE KEY";

/// A key that signs JWTs. Never printed.
pub struct JwtKey(Kind);

enum Kind {
    Es256(Box<EcdsaKeyPair>),
    Rs256(Box<RsaKeyPair>),
}

impl std::fmt::Debug for JwtKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[JWT key]")
    }
}

impl JwtKey {
    /// Makes a P-256 key, as PKCS#8 PEM.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate(random: &dyn SecureRandom) -> Result<String, KeyError> {
        let failed = || KeyError("a P-256 key cannot be made".to_owned());
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, random)
            .map_err(|Unspecified| failed())?;
        let document = SecretDocument::try_from(der.as_ref()).map_err(|_| failed())?;
        Ok(document.to_pem(LABEL, LineEnding::LF).map_err(|_| failed())?.to_string())
    }

    /// Reads a PKCS#8 PEM with a P-256 key, or an RSA key of 2048 to 4096 bits.
    ///
    /// # Errors
    /// When it is neither; nothing of the key shows in the message.
    pub fn from_pem(pem: &str, random: &dyn SecureRandom) -> Result<Self, KeyError> {
        let refused = || {
            KeyError(
                "the JWT key is neither a P-256 nor an RSA private key (2048 to 4096 bits) in PKCS#8 PEM \
                 (“-----BEGIN PRIVATE KEY-----”); make one with “openssl genpkey -algorithm EC -pkeyopt \
                 ec_paramgen_curve:P-256”"
                    .to_owned(),
            )
        };
        let (label, der) = SecretDocument::from_pem(pem.trim()).map_err(|_| refused())?;
        if label != LABEL {
            return Err(refused());
        }
        let der = der.as_bytes();
        let p256 = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, random);
        let p256 = p256.map(|key| Kind::Es256(Box::new(key)));
        let kind = p256.or_else(|_| RsaKeyPair::from_pkcs8(der).map(|key| Kind::Rs256(Box::new(key))));
        kind.map(Self).map_err(|_| refused())
    }

    /// `ES256` or `RS256` (RFC 7518, section 3.1).
    pub fn algorithm(&self) -> &'static str {
        match self.0 {
            Kind::Es256(_) => "ES256",
            Kind::Rs256(_) => "RS256",
        }
    }

    /// The public half (RFC 7517), without members that are not part of the key.
    pub fn public_jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.0 {
            Kind::Es256(key) => {
                // An uncompressed point: 4, then x and y of 32 bytes each.
                let point = key.public_key().as_ref();
                let (x, y) = point.get(1..).unwrap_or_default().split_at_checked(32).unwrap_or_default();
                json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)})
            }
            Kind::Rs256(key) => {
                let parts = PublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({"kty": "RSA", "n": text(&parts.n), "e": text(&parts.e)})
            }
        }
    }

    /// The key's name: its thumbprint (RFC 7638).
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(json_text::write(&self.public_jwk())))
    }

    /// Signs by [`Self::algorithm`].
    pub(super) fn sign(&self, message: &[u8], random: &dyn SecureRandom) -> Result<Vec<u8>, Unspecified> {
        match &self.0 {
            Kind::Es256(key) => Ok(key.sign(random, message)?.as_ref().to_vec()),
            Kind::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, random, message, &mut signature)?;
                Ok(signature)
            }
        }
    }
}
