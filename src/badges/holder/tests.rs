use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::json;

use super::*;
use crate::badges::samples::{Web, achievement, image, issue, issuer, time};
use crate::badges::status::{Purpose, SIZE, list_document, list_url};
use crate::badges::verify::{Verdict, verify};
use crate::badges::{SigningKey, sign};
use chrono::{DateTime, Utc};

const ISSUER: &str = "https://badges.example.edu";

/// A wallet's key.
enum Wallet {
    Ed25519(Box<SigningKey>),
    P256(Box<EcdsaKeyPair>),
}

impl Wallet {
    fn ed25519() -> Self {
        Self::Ed25519(Box::new(SigningKey::from_seed([42; 32])))
    }

    fn p256() -> Self {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref(), &random).unwrap();
        Self::P256(Box::new(key))
    }

    fn algorithm(&self) -> &'static str {
        if matches!(self, Self::Ed25519(_)) { "EdDSA" } else { "ES256" }
    }

    fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Ed25519(key) => {
                let bytes = bs58::decode(&key.public_multibase()[1..]).into_vec().unwrap();
                json!({"kty": "OKP", "crv": "Ed25519", "x": text(&bytes[2..]), "kid": "mine"})
            }
            Self::P256(key) => {
                let point = key.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..])})
            }
        }
    }

    fn did_key(&self) -> String {
        match self {
            Self::Ed25519(key) => format!("did:key:{}", key.public_multibase()),
            Self::P256(key) => {
                let point = key.public_key().as_ref();
                let bytes = [&[0x80, 0x24, 2 + (point[64] & 1)], &point[1..33]].concat();
                format!("did:key:z{}", bs58::encode(bytes).into_string())
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.sign(message).to_vec(),
            Self::P256(key) => key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
        }
    }

    fn jwt(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", part(header), part(claims));
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(self.sign(input.as_bytes())))
    }

    fn header(&self) -> Value {
        json!({"typ": "openid4vci-proof+jwt", "alg": self.algorithm(), "jwk": self.jwk()})
    }
}

fn now() -> DateTime<Utc> {
    time("2026-11-20T10:00:00Z")
}

fn claims() -> Value {
    json!({"aud": ISSUER, "iat": now().timestamp(), "nonce": "n-1"})
}

#[test]
fn a_key_proof_names_its_key_in_every_way() {
    for wallet in [Wallet::ed25519(), Wallet::p256()] {
        let by_jwk = KeyProof::read(&wallet.jwt(&wallet.header(), &claims()), ISSUER, now()).unwrap();
        assert_eq!(by_jwk.nonce.as_deref(), Some("n-1"));
        let encoded = by_jwk.did.strip_prefix("did:jwk:").unwrap();
        let jwk: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap();
        assert!(jwk.get("kid").is_none() && jwk["x"] == wallet.jwk()["x"], "{jwk}");
        let did = wallet.did_key();
        let (_, multibase) = did.rsplit_once(':').unwrap();
        let names = [
            (did.clone(), did.clone()),
            (format!("{did}#{multibase}"), did.clone()),
            (format!("{}#0", by_jwk.did), by_jwk.did.clone()),
        ];
        for (kid, expected) in names {
            let header = json!({"typ": "openid4vci-proof+jwt", "alg": wallet.algorithm(), "kid": kid});
            let read = KeyProof::read(&wallet.jwt(&header, &claims()), ISSUER, now()).unwrap();
            assert_eq!(read.did, expected);
        }
    }
}

#[test]
fn key_proofs_that_do_not_hold_are_refused() {
    let (wallet, other) = (Wallet::ed25519(), Wallet::p256());
    let refused = |jwt: &str| KeyProof::read(jwt, ISSUER, now()).unwrap_err().to_string();
    let header = |member: &str, value: Value| {
        let mut header = wallet.header();
        header[member] = value;
        refused(&wallet.jwt(&header, &claims()))
    };
    for (member, value, why) in [
        ("typ", json!("JWT"), "typ"),
        ("alg", json!("none"), "alg"),
        ("alg", json!("HS256"), "alg"),
        ("alg", json!("ES256"), "alg"),
        ("crit", json!(["exp"]), "crit"),
        ("x5c", json!(["MII"]), "x5c"),
        ("kid", json!(wallet.did_key()), "one of kid and jwk"),
        ("jwk", json!({"kty": "oct", "k": "AAAA"}), "not a public"),
        ("jwk", Wallet::p256().jwk(), "alg"),
    ] {
        let said = header(member, value.clone());
        assert!(said.contains(why), "{member} {value}: {said}");
    }
    let mut private = wallet.jwk();
    private["d"] = json!("AAAA");
    assert!(header("jwk", private).contains("not a public"));
    let did = wallet.did_key();
    for (kid, why) in [
        (format!("{did}#other"), "no key of this name"),
        ("did:web:example.edu#1".to_owned(), "did:key and did:jwk"),
        ("did:key:z6".to_owned(), "not"),
        ("did:jwk:e30".to_owned(), "not a public"),
        (format!("did:jwk:{}", "A".repeat(9_000)), "too long"),
    ] {
        let header = json!({"typ": "openid4vci-proof+jwt", "alg": "EdDSA", "kid": kid});
        let said = refused(&wallet.jwt(&header, &claims()));
        assert!(said.contains(why), "{kid}: {said}");
    }
    let claim = |member: &str, value: Value| {
        let mut claims = claims();
        claims[member] = value;
        refused(&wallet.jwt(&wallet.header(), &claims))
    };
    for (member, value, why) in [
        ("aud", json!("https://elsewhere.example"), "aud"),
        ("aud", json!(format!("{ISSUER}/")), "aud"),
        ("aud", Value::Null, "aud"),
        ("iat", Value::Null, "iat"),
        ("iat", json!("now"), "iat"),
        ("iat", json!(1e300), "iat"),
        ("iat", json!(now().timestamp() - 3_601), "about now"),
        ("iat", json!(now().timestamp() + 3_601), "about now"),
        ("nonce", json!(7), "nonce"),
    ] {
        let said = claim(member, value.clone());
        assert!(said.contains(why), "{member} {value}: {said}");
    }
    // Another key signed it, or something else was signed.
    assert!(refused(&other.jwt(&wallet.header(), &claims())).contains("signature"));
    let jwt = wallet.jwt(&wallet.header(), &claims());
    let changed = URL_SAFE_NO_PAD.encode(json!({"aud": ISSUER, "iat": now().timestamp()}).to_string());
    let parts: Vec<&str> = jwt.split('.').collect();
    assert!(refused(&[parts[0], &changed, parts[2]].join(".")).contains("signature"));
    for text in ["", "x", "eyJ.eyJ", "a.b.c", &"e".repeat(100)] {
        assert!(!refused(text).is_empty());
    }
}

/// Presentations by @digitalbazaar/vc 7.3.0 with the key of `Wallet::ed25519`; those without a
/// domain are what the libraries of Learner Credential Wallet make, too.
fn presentations() -> Vec<Value> {
    let did = Wallet::ed25519().did_key();
    let method = format!("{did}#{}", did.rsplit_once(':').unwrap().1);
    let (first, second) = ("https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2");
    let suite = "https://w3id.org/security/suites/ed25519-2020/v1";
    let integrity = "https://w3id.org/security/data-integrity/v2";
    let make = |contexts: &[&str], newer: bool, whole: bool, value: &str| {
        let mut proof = json!({
            "created": "2026-11-20T10:00:00Z", "verificationMethod": method, "proofPurpose": "authentication",
            "challenge": "AbC_-123", "proofValue": value,
        });
        proof["type"] = json!(if newer { "DataIntegrityProof" } else { "Ed25519Signature2020" });
        if newer {
            proof["cryptosuite"] = json!("eddsa-rdfc-2022");
        }
        let mut presentation =
            json!({"@context": contexts, "type": ["VerifiablePresentation"], "holder": did, "proof": proof});
        if whole {
            presentation["id"] = json!("urn:uuid:2f6c1b2e-8d0a-4c4b-9d55-0b6a7a3f1c11");
            presentation["proof"]["domain"] = json!("badges.example.edu");
        }
        presentation
    };
    let older = "z3Et9Va9wBL9aSA8ETcAcwUEu3WNArwsCyyxL4btgcK6cVcTZo6VSFAQRgSdZAGss8QwMs3kt9iLXcqpP8bbdAC85";
    let older_whole =
        "z2j2PMKY6UpwWAwmAadq18e7MggEedHW9aEEYL7Q47oSMqkAkyMz1xS3uDDisbyzcsVyx3mmRJ18W9FffDwFQ6xyf";
    let newer = "zkhpQ8AJNSjA1st69kzem1rF9vqx7n8Pzk2Kp4kpNcXmSAMXDVWUtzMzv3gYfGuJdkBaGMDK5BeNtXnPouD4RNCY";
    let newer_whole =
        "z5A3TXPpvnAQ5tqemdPWvfreutC5bUZHiTmgxQr2yg3knq6BCxymxdWYm9ArQpoUJGvCPD45wDS2RuQcHGLuE8xRu";
    vec![
        make(&[first, suite], false, false, older),
        make(&[second, suite], false, false, older),
        make(&[second, suite], false, true, older_whole),
        make(&[first, integrity], true, false, newer),
        make(&[second], true, false, newer),
        make(&[second], true, true, newer_whole),
    ]
}

fn authenticated(presentation: &Value) -> Result<DidAuth, HolderError> {
    DidAuth::check(presentation, "AbC_-123", &[ISSUER, "badges.example.edu"])
}

#[test]
fn presentations_of_other_libraries_hold() {
    for presentation in presentations() {
        assert_eq!(DidAuth::challenge(&presentation), Some("AbC_-123"));
        let holder = authenticated(&presentation).unwrap_or_else(|error| panic!("{presentation}: {error}"));
        assert_eq!(holder.did, Wallet::ed25519().did_key());
    }
}

#[test]
fn presentations_that_say_anything_else_do_not_hold() {
    for presentation in presentations() {
        assert!(DidAuth::check(&presentation, "another", &["badges.example.edu"]).is_err());
        let whole = presentation["proof"].get("domain").is_some();
        let elsewhere = DidAuth::check(&presentation, "AbC_-123", &["elsewhere.example"]);
        assert_eq!(elsewhere.is_err(), whole, "a domain is checked where there is one");
        let other = Wallet::Ed25519(Box::new(SigningKey::from_seed([1; 32]))).did_key();
        let other_method = format!("{other}#{}", other.rsplit_once(':').unwrap().1);
        for (pointer, value) in [
            ("/proof/created", json!("2026-11-20T10:00:01Z")),
            ("/proof/created", json!("2026-11-20T10:00:00Z\"^^<urn:x> .")),
            ("/proof/challenge", json!("AbC_-124")),
            ("/proof/proofPurpose", json!("assertionMethod")),
            ("/proof/verificationMethod", json!(other_method)),
            ("/proof/verificationMethod", json!("did:web:example.edu#1")),
            ("/proof/proofValue", json!("z11")),
            ("/proof/type", json!("Ed25519Signature2018")),
            ("/holder", json!(other)),
            ("/type/0", json!("VerifiableCredential")),
            ("/@context/0", json!("https://www.w3.org/ns/did/v1")),
        ] {
            let mut changed = presentation.clone();
            *changed.pointer_mut(pointer).unwrap() = value.clone();
            assert!(authenticated(&changed).is_err(), "{pointer} {value}");
        }
        for (member, value) in [
            ("name", json!("x")),
            ("verifiableCredential", json!([{"type": "VerifiableCredential"}])),
            ("id", json!("urn:uuid:2f6c1b2e-8d0a-4c4b-9d55-0b6a7a3f1c12")),
            ("id", json!("https://example.edu/x")),
            ("proof", json!([presentation["proof"], presentation["proof"]])),
        ] {
            let mut changed = presentation.clone();
            changed[member] = value.clone();
            assert!(authenticated(&changed).is_err(), "{member} {value}");
        }
        for (member, value) in [("nonce", json!("x")), ("expires", json!("2027-01-01T00:00:00Z"))] {
            let mut changed = presentation.clone();
            changed["proof"][member] = value;
            assert!(authenticated(&changed).is_err(), "{member}");
        }
        for gone in ["holder", "type", "proof", "@context"] {
            let mut changed = presentation.clone();
            changed.as_object_mut().unwrap().remove(gone);
            assert!(authenticated(&changed).is_err(), "{gone}");
        }
    }
}

#[test]
fn a_bound_badge_is_the_same_badge_for_its_holder() {
    let (issuer, achievement, image) = (issuer(), achievement(), image());
    let document = crate::badges::credential(&issue(&issuer, &achievement, Some(&image)));
    let stored = sign(document, &issuer, time("2026-03-04T05:06:08Z")).unwrap();
    let list = list_document(&issuer, 3, Purpose::Revocation, SIZE, &[], now());
    let list = serde_json::from_str(&sign(list, &issuer, now()).unwrap()).unwrap();
    let web = Web::default()
        .with(issuer.did(), issuer.did_document().unwrap())
        .with(&list_url(&issuer, 3, Purpose::Revocation), list);
    for wallet in [Wallet::ed25519(), Wallet::p256()] {
        let did = KeyProof::read(&wallet.jwt(&wallet.header(), &claims()), ISSUER, now()).unwrap().did;
        for did in [did, wallet.did_key()] {
            let bind = |stored: &str| sign(bound(stored, &did).unwrap(), &issuer, now()).unwrap();
            let copy = bind(&stored);
            assert_eq!(copy, bind(&stored), "the same bytes each time");
            let report = verify(copy.as_bytes(), &web, now());
            assert_eq!(report.verdict(), Verdict::Valid, "{report:?}");
            let mut read: Value = serde_json::from_str(&copy).unwrap();
            assert_eq!(read["credentialSubject"]["id"], did);
            assert_eq!(read["proof"]["created"], "2026-11-20T10:00:00Z");
            read["credentialSubject"].as_object_mut().unwrap().remove("id");
            let mut original: Value = serde_json::from_str(&stored).unwrap();
            for document in [&mut read, &mut original] {
                document.as_object_mut().unwrap().remove("proof");
            }
            assert_eq!(read, original, "nothing else changed: id, status, words");
        }
    }
    assert!(bound("{}", "did:key:z6Mk").is_err());
    assert!(bound("no JSON", "did:key:z6Mk").is_err());
}
