//! What wallets show, and keys as administrators hand them in.

use accolade::badges::holder::{DidAuth, KeyProof, bound};
use accolade::badges::{JwtKey, SigningKey};
use accolade::claim::ClaimSecret;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use ring::rand::SystemRandom;
use serde_json::Value;

use crate::badges::{SEED, now};
use crate::input::parts;

const AUDIENCE: &str = "https://badges.example.edu";

/// The wallet's key.
fn did() -> String {
    format!("did:key:{}", SigningKey::from_seed(SEED).public_multibase())
}

/// A presentation in JSON; or the header and the claims of a key proof with a line `=====` between, signed
/// here. Nobody is believed to hold a key with which nothing was signed.
pub(crate) fn wallet(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(presentation) = serde_json::from_str::<Value>(&text) {
        let challenge = DidAuth::challenge(&presentation).unwrap_or("nothing").to_owned();
        let checked = DidAuth::check(&presentation, &challenge, &[AUDIENCE]);
        if let Ok(auth) = &checked {
            assert_eq!(auth.did, did(), "nobody signed that");
        }
        let other = DidAuth::check(&presentation, &format!("{challenge}x"), &[AUDIENCE]);
        assert!(other.is_err(), "it is for another challenge");
    }
    if let Ok(proof) = KeyProof::read(&text, AUDIENCE, now()) {
        assert_eq!(proof.did, did(), "nobody signed that");
    }
    if let [header, claims] = parts(data, 2).as_slice() {
        let input = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims));
        let signature = SigningKey::from_seed(SEED).sign(input.as_bytes());
        let read = KeyProof::read(&format!("{input}.{}", BASE64.encode(signature)), AUDIENCE, now());
        match read {
            Ok(proof) => assert!(is_ours(&proof.did), "the key of somebody else: {}", proof.did),
            Err(error) => assert!(error.0.is_ascii() && error.0.len() < 400, "{error}"),
        }
        let elsewhere = KeyProof::read(
            &format!("{input}.{}", BASE64.encode(signature)),
            "https://elsewhere.example.edu",
            now(),
        );
        let said = String::from_utf8_lossy(claims);
        assert!(elsewhere.is_err() || said.contains("elsewhere") || said.contains('\\'), "for somebody else");
    }
    if let Ok(document) = bound(&text, &did()) {
        assert_eq!(document["credentialSubject"]["id"], did());
    }
}

/// The key as `did:key`, or as `did:jwk`.
fn is_ours(given: &str) -> bool {
    if given == did() {
        return true;
    }
    let jwk = given.strip_prefix("did:jwk:").and_then(|text| BASE64.decode(text).ok());
    let jwk: Option<Value> = jwk.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    jwk.is_some_and(|jwk| jwk["crv"] == "Ed25519")
}

/// Private keys and secrets. Nothing of what was handed in is in an error.
pub(crate) fn keys(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // The words around a key are no part of it.
    let is_part = |line: &&str| line.len() > 20 && !line.contains(['-', ' ']);
    let longest = text.lines().map(str::trim).filter(is_part).max();
    let harmless = |error: &str| {
        assert!(longest.is_none_or(|line| !error.contains(line)), "a part of a key: {error}");
    };
    match SigningKey::from_pem(text) {
        Ok(key) => {
            let again = SigningKey::from_pem(&key.to_pem()).expect("what is written is read");
            assert_eq!(again.public_multibase(), key.public_multibase());
        }
        Err(error) => harmless(&error.0),
    }
    if let Err(error) = JwtKey::from_pem(text, &SystemRandom::new()) {
        harmless(&error.0);
    }
    match ClaimSecret::from_text(text) {
        Ok(secret) => assert_eq!(secret.to_text().trim(), text.trim(), "written, it is another secret"),
        Err(error) => harmless(&error),
    }
}
