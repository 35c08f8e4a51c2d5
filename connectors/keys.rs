//! Published signing keys: a JSON Web Key Set (RFC 7517), as far as RS256 needs it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;

/// The RSA keys of a key set. Keys of other types, or for encryption, are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<Key>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    kid: String,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    use_: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl KeySet {
    /// Reads a key set.
    ///
    /// # Errors
    /// When the bytes are no key set, or it holds no key that RS256 can use.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let jwks: Jwks = serde_json::from_slice(bytes).map_err(|error| format!("not a key set: {error}"))?;
        let keys: Vec<Key> = jwks.keys.into_iter().filter_map(Key::usable).collect();
        if keys.is_empty() {
            return Err("the key set has no RSA key for signatures".to_owned());
        }
        Ok(Self { keys })
    }

    /// Whether the set lists this key.
    pub fn has(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.kid == kid)
    }

    /// Whether `signature` is the RS256 signature (RFC 7518, section 3.3) of `message` by the
    /// key `kid`.
    pub fn verify(&self, kid: &str, message: &[u8], signature: &[u8]) -> bool {
        self.keys.iter().filter(|key| key.kid == kid).any(|key| {
            RsaPublicKeyComponents { n: &key.modulus, e: &key.exponent }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok()
        })
    }
}

impl Key {
    fn usable(jwk: Jwk) -> Option<Self> {
        let for_signatures = jwk.use_.as_deref().is_none_or(|use_| use_ == "sig")
            && jwk.alg.as_deref().is_none_or(|alg| alg == "RS256");
        if jwk.kty != "RSA" || !for_signatures {
            return None;
        }
        Some(Self {
            kid: jwk.kid?,
            modulus: BASE64_URL_SAFE_NO_PAD.decode(jwk.n?).ok()?,
            exponent: BASE64_URL_SAFE_NO_PAD.decode(jwk.e?).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;
    use ring::rand::SystemRandom;
    use ring::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair};
    use serde_json::{Value, json};

    use super::*;

    const KEY: &str = include_str!("canvas/fixtures/test_only_private_key.pem");
    const OTHER_KEY: &str = include_str!("canvas/fixtures/test_only_other_private_key.pem");

    fn sign(key: &str, encoding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let der: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
        let pair = RsaKeyPair::from_pkcs8(&BASE64_STANDARD.decode(der).unwrap()).unwrap();
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(encoding, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    }

    /// The public half of a private key as a JWK.
    fn jwk(key: &str, kid: &str) -> Value {
        let der: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
        let pair = RsaKeyPair::from_pkcs8(&BASE64_STANDARD.decode(der).unwrap()).unwrap();
        let public: RsaPublicKeyComponents<Vec<u8>> = pair.public().into();
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        json!({"kty": "RSA", "kid": kid, "n": text(&public.n), "e": text(&public.e)})
    }

    fn set(keys: &[Value]) -> Result<KeySet, String> {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    #[test]
    fn a_signature_holds_for_its_message_and_key_only() {
        let keys = set(&[jwk(KEY, "a"), jwk(OTHER_KEY, "b")]).unwrap();
        let mut signature = sign(KEY, &RSA_PKCS1_SHA256, b"message");
        assert!(keys.verify("a", b"message", &signature));
        assert!(!keys.verify("a", b"messagf", &signature));
        assert!(!keys.verify("b", b"message", &signature), "another key of the set");
        assert!(!keys.verify("c", b"message", &signature), "no such key");
        assert!(!keys.verify("a", b"message", b""));
        signature[0] ^= 1;
        assert!(!keys.verify("a", b"message", &signature));
        assert!(!keys.verify("a", b"message", &sign(KEY, &RSA_PKCS1_SHA512, b"message")), "RS512");
    }

    #[test]
    fn two_keys_of_one_name_are_both_tried() {
        let keys = set(&[jwk(OTHER_KEY, "a"), jwk(KEY, "a")]).unwrap();
        assert!(keys.verify("a", b"m", &sign(KEY, &RSA_PKCS1_SHA256, b"m")));
        assert!(keys.verify("a", b"m", &sign(OTHER_KEY, &RSA_PKCS1_SHA256, b"m")));
    }

    #[test]
    fn keys_for_other_purposes_are_left_out() {
        let with = |member: &str, value: Value| {
            let mut key = jwk(KEY, "odd");
            key[member] = value;
            key
        };
        for odd in [
            with("use", json!("enc")),
            with("alg", json!("RS512")),
            with("kty", json!("EC")),
            with("kid", Value::Null),
            with("n", Value::Null),
            with("n", json!("not base64url!")),
            with("e", Value::Null),
        ] {
            let keys = set(&[odd.clone(), jwk(KEY, "good")]).unwrap();
            assert!(keys.has("good") && !keys.has("odd"), "{odd}");
            assert!(set(&[odd]).is_err(), "a set without a usable key");
        }
        assert!(set(&[with("use", json!("sig"))]).unwrap().has("odd"));
        assert!(set(&[with("alg", json!("RS256"))]).unwrap().has("odd"));
    }

    #[test]
    fn what_is_no_key_set_is_an_error() {
        for bytes in [b"".as_slice(), b"{}", b"[]", b"{\"keys\": []}", b"<html>", b"{\"keys\": 5}"] {
            assert!(KeySet::parse(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_key_that_is_too_short_verifies_nothing() {
        let short = json!({"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"});
        let keys = set(&[short]).unwrap();
        assert!(!keys.verify("a", b"m", b"m"));
    }
}
