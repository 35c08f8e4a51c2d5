use std::sync::LazyLock;

use base64::Engine as _;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::*;
use crate::badges::samples::{Web, achievement, did_key_issuer, image, issue, issuer, time};
use crate::badges::status::{Purpose, SIZE, list_document, list_url};
use crate::badges::verify::{Report, Verdict, verify};
use crate::badges::{Signatory, credential, sign};

const RSA: &str = include_str!("rsa-test-only.pem");

fn random() -> SystemRandom {
    SystemRandom::new()
}

fn p256() -> JwtKey {
    static PEM: LazyLock<String> = LazyLock::new(|| JwtKey::generate(&random()).unwrap());
    JwtKey::from_pem(&PEM, &random()).unwrap()
}

fn badge_of(issuer: &Signatory, change: impl FnOnce(&mut Value)) -> String {
    let (achievement, image) = (achievement(), image());
    let mut document = credential(&issue(issuer, &achievement, Some(&image)));
    document.as_object_mut().unwrap().remove("credentialStatus");
    change(&mut document);
    sign(document, issuer, time("2026-03-04T05:06:08Z")).unwrap()
}

fn jwt_of(credential: &str, issuer: &Signatory) -> Result<String, SignError> {
    jwt(credential, issuer, issuer.jwt_key().unwrap(), &random())
}

fn parts(jwt: &str) -> (Value, Value, String, Vec<u8>) {
    let read = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let [header, payload, signature] = jwt.split('.').collect::<Vec<_>>()[..] else { panic!("{jwt}") };
    let json = |part| serde_json::from_slice(&read(part)).unwrap();
    (json(header), json(payload), format!("{header}.{payload}"), read(signature))
}

/// A JWT with another header and payload, signed by the issuer's own key.
fn signed(issuer: &Signatory, header: &Value, payload: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", part(header), part(payload));
    let signature = issuer.jwt_key().unwrap().sign(input.as_bytes(), &random()).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn report(jwt: &str, issuer: &Signatory) -> Report {
    let web = match issuer.did_document() {
        Some(document) => Web::default().with(issuer.did(), document),
        None => Web::default(),
    };
    verify(jwt.as_bytes(), &web, time("2027-01-01T00:00:00Z"))
}

fn check(report: &Report, name: &str) -> (Option<bool>, String) {
    let check = report.checks.iter().find(|check| check.name == name).unwrap();
    (check.holds, check.found.to_string())
}

#[test]
fn both_forms_come_from_one_badge_and_hold_by_did_json() {
    let issuer = issuer().with_jwt_key(p256());
    let badge = badge_of(&issuer, |_| ());
    let jwt = jwt_of(&badge, &issuer).unwrap();
    let (header, payload, input, signature) = parts(&jwt);
    let kid = header["kid"].as_str().unwrap();
    assert_eq!(header, json!({"typ": "JWT", "alg": "ES256", "kid": kid}));

    // The payload is the credential itself, with claims that say the same.
    let mut document: Value = serde_json::from_str(&badge).unwrap();
    document.as_object_mut().unwrap().remove("proof");
    let mut rest = payload.clone();
    for claim in ["iss", "jti", "nbf", "exp"] {
        rest.as_object_mut().unwrap().remove(claim);
    }
    assert_eq!(rest, document);
    assert_eq!(payload["iss"], document["issuer"]["id"]);
    assert_eq!(payload["jti"], document["id"]);
    assert!(payload.get("sub").is_none(), "the subject has no id");
    let seconds = |member: &str| time(document[member].as_str().unwrap()).timestamp();
    assert_eq!(payload["nbf"], seconds("validFrom"));
    assert_eq!(payload["exp"], seconds("validUntil"));

    // What did.json lists under the name verifies, by ring alone.
    let did = issuer.did_document().unwrap();
    assert!(did["assertionMethod"].as_array().unwrap().contains(&json!(kid)));
    let method = did["verificationMethod"].as_array().unwrap().iter().find(|one| one["id"] == kid).unwrap();
    assert_eq!((&method["type"], &method["controller"]), (&json!("JsonWebKey"), &json!(issuer.did())));
    let coordinate =
        |name: &str| URL_SAFE_NO_PAD.decode(method["publicKeyJwk"][name].as_str().unwrap()).unwrap();
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(input.as_bytes(), &signature).unwrap();

    for form in [badge.as_str(), jwt.as_str()] {
        let report = report(form, &issuer);
        assert_eq!(report.verdict(), Verdict::Valid, "{report:?}");
    }
}

#[test]
fn rsa_keys_sign_rs256() {
    let key = JwtKey::from_pem(RSA, &random()).unwrap();
    let issuer = issuer().with_jwt_key(key);
    let jwt = jwt_of(&badge_of(&issuer, |_| ()), &issuer).unwrap();
    let (header, _, input, signature) = parts(&jwt);
    assert_eq!(header["alg"], "RS256");
    let jwk = issuer.jwt_key().unwrap().public_jwk();
    let part = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    RsaPublicKeyComponents { n: part("n"), e: part("e") }
        .verify(&RSA_PKCS1_2048_8192_SHA256, input.as_bytes(), &signature)
        .unwrap();
    assert_eq!(report(&jwt, &issuer).verdict(), Verdict::Valid);
}

#[test]
fn a_subject_with_an_id_is_the_claim_sub() {
    let issuer = issuer().with_jwt_key(p256());
    let badge = badge_of(&issuer, |badge| {
        badge["credentialSubject"]["id"] = json!("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK");
        badge.as_object_mut().unwrap().remove("validUntil");
    });
    let jwt = jwt_of(&badge, &issuer).unwrap();
    let (_, payload, ..) = parts(&jwt);
    assert_eq!(payload["sub"], payload["credentialSubject"]["id"]);
    assert!(payload.get("exp").is_none());
    assert_eq!(report(&jwt, &issuer).verdict(), Verdict::Valid);
}

#[test]
fn a_did_key_issuer_sends_the_key_along_which_proves_nothing() {
    let issuer = did_key_issuer().with_jwt_key(p256());
    let jwt = jwt_of(&badge_of(&issuer, |_| ()), &issuer).unwrap();
    let (header, ..) = parts(&jwt);
    assert_eq!(header["jwk"], issuer.jwt_key().unwrap().public_jwk());
    let report = report(&jwt, &issuer);
    assert_eq!(report.verdict(), Verdict::Open);
    let (holds, found) = check(&report, "key");
    assert!(
        holds.is_none() && found.contains("nothing shows that it is a key of Northwood College"),
        "{found}"
    );
}

#[test]
fn others_badges_are_not_signed() {
    let badge = badge_of(&issuer(), |_| ());
    let other = did_key_issuer().with_jwt_key(p256());
    assert!(matches!(jwt_of(&badge, &other), Err(SignError::Incomplete(_))));
}

#[test]
fn forged_jwts_do_not_hold() {
    let issuer = issuer().with_jwt_key(p256());
    let good = jwt_of(&badge_of(&issuer, |_| ()), &issuer).unwrap();
    let (header, payload, _, signature) = parts(&good);
    let with = |header: &Value, change: &dyn Fn(&mut Value)| {
        let mut payload = payload.clone();
        change(&mut payload);
        report(&signed(&issuer, header, &payload), &issuer)
    };
    assert_eq!(with(&header, &|_| ()).verdict(), Verdict::Valid, "the harness signs well");

    // Another text under the same signature.
    let mut changed = payload.clone();
    changed["name"] = json!("Something else");
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}.{}", part(&header), part(&changed), URL_SAFE_NO_PAD.encode(&signature));
    assert_eq!(check(&report(&text, &issuer), "signature").0, Some(false));

    // Claims that say something else than the badge.
    for (claim, value) in [
        ("iss", json!("did:web:evil.example")),
        ("jti", json!("https://badges.example.edu/credentials/other")),
        ("sub", json!("did:key:z6MkSomebody")),
        ("nbf", json!(1)),
        ("exp", json!(9_999_999_999_i64)),
        ("exp", json!("never")),
    ] {
        let report = with(&header, &|payload| payload[claim] = value.clone());
        assert_eq!(check(&report, "terms").0, Some(false), "{claim}");
    }

    // Algorithms that are none, or not the key's.
    for (algorithm, verdict) in [
        ("none", Verdict::Invalid),
        ("HS256", Verdict::Invalid),
        ("RS256", Verdict::Invalid),
        ("PS512", Verdict::Open),
    ] {
        let mut header = header.clone();
        header["alg"] = json!(algorithm);
        assert_eq!(with(&header, &|_| ()).verdict(), verdict, "{algorithm}");
    }
    let mut critical = header.clone();
    critical["crit"] = json!(["b64"]);
    assert_eq!(with(&critical, &|_| ()).verdict(), Verdict::Open);

    // A key that is not the issuer's, by name and in the header.
    let mut foreign = header.clone();
    foreign["kid"] = json!("did:web:evil.example#key");
    assert_eq!(check(&with(&foreign, &|_| ()), "key").0, Some(false));
    let thief = issuer.clone().with_jwt_key(JwtKey::from_pem(RSA, &random()).unwrap());
    let stolen = json!({"typ": "JWT", "alg": "RS256", "jwk": thief.jwt_key().unwrap().public_jwk()});
    let report = report(&signed(&thief, &stolen, &payload), &issuer);
    assert_eq!((report.verdict(), check(&report, "key").0), (Verdict::Open, None));
    let own = json!({"typ": "JWT", "alg": "ES256", "jwk": issuer.jwt_key().unwrap().public_jwk()});
    assert_eq!(with(&own, &|_| ()).verdict(), Verdict::Valid, "did.json lists this key");
}

#[test]
fn a_status_list_may_be_a_jwt_too() {
    let issuer = issuer().with_jwt_key(p256());
    let (achievement, image) = (achievement(), image());
    let badge = credential(&issue(&issuer, &achievement, Some(&image)));
    let badge = sign(badge, &issuer, time("2026-03-04T05:06:08Z")).unwrap();
    let badge = jwt_of(&badge, &issuer).unwrap();
    let verdict = |set: &[i64]| {
        let list = list_document(&issuer, 3, Purpose::Revocation, SIZE, set, time("2026-03-04T00:00:00Z"));
        let list = jwt_of(&list.to_string(), &issuer).unwrap();
        let web = Web::default()
            .with(issuer.did(), issuer.did_document().unwrap())
            .with(&list_url(&issuer, 3, Purpose::Revocation), Value::from(list));
        verify(badge.as_bytes(), &web, time("2027-01-01T00:00:00Z")).verdict()
    };
    assert_eq!((verdict(&[]), verdict(&[94_567])), (Verdict::Valid, Verdict::Invalid));
}

#[test]
fn only_p256_and_rsa_in_pkcs8_are_keys() {
    let ed25519 = crate::badges::SigningKey::from_seed([1; 32]).to_pem();
    for bad in ["", "x", &ed25519, &RSA.replace("PRIVATE KEY", "RSA PRIVATE KEY"), &RSA[..400]] {
        let error = JwtKey::from_pem(bad, &random()).unwrap_err().to_string();
        assert!(error.contains("openssl") && !error.contains("MII"), "{error}");
    }
    assert_eq!(format!("{:?}", p256()), "[JWT key]");
}

#[test]
fn a_p256_key_may_be_written_as_a_multikey() {
    let issuer = issuer().with_jwt_key(p256());
    let jwt = jwt_of(&badge_of(&issuer, |_| ()), &issuer).unwrap();
    let kid = parts(&jwt).0["kid"].clone();
    let written = |change: &dyn Fn(&mut Vec<u8>, &mut Value)| {
        let mut did = issuer.did_document().unwrap();
        let methods = did["verificationMethod"].as_array_mut().unwrap();
        let method = methods.iter_mut().find(|method| method["id"] == kid).unwrap();
        let jwk = method["publicKeyJwk"].clone();
        let part = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
        let mut key = vec![0x80, 0x24, 2 + (part("y")[31] & 1)];
        key.extend(part("x"));
        method.as_object_mut().unwrap().remove("publicKeyJwk");
        method["type"] = json!("Multikey");
        change(&mut key, method);
        method["publicKeyMultibase"] = json!(crate::badges::key::multibase(&key));
        let web = Web::default().with(issuer.did(), did);
        verify(jwt.as_bytes(), &web, time("2027-01-01T00:00:00Z"))
    };
    let good = written(&|key, _| assert!(crate::badges::key::multibase(key).starts_with("zDn")));
    assert_eq!(good.verdict(), Verdict::Valid, "{good:?}");
    let other = written(&|key, _| key[2] ^= 1);
    assert_eq!(check(&other, "signature").0, Some(false), "the other point with this x");
    for wrong in [
        written(&|key, _| key.truncate(20)),
        written(&|key, _| key[3..].fill(0xff)),
        written(&|_, method| method["type"] = json!("Ed25519VerificationKey2020")),
    ] {
        assert_eq!(check(&wrong, "key").0, Some(false), "{wrong:?}");
    }
}
