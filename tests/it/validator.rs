//! The rules of 1EdTech's public validator for Open Badges 3.0, read from its source and named by its
//! probes, applied to badges in both forms. The validator itself is Java and needs packages of
//! 1EdTech's own registry; it is not run here. Each rule is shown to refuse what breaks it.

use std::collections::BTreeMap;

use accolade::badges::status::{self, Purpose, SIZE};
use accolade::badges::verify::verify;
use accolade::badges::{
    Achievement, Alignment, BadgeImage, Evidence, Issue, Issuer, JwtKey, Profile, ResultEntry, Signatory,
    SigningKey, credential, jwt, sign,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::support::documents::Documents;

const V2: &str = "https://www.w3.org/ns/credentials/v2";
const OB: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";
const SCHEMA: &str =
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json";

fn now() -> DateTime<Utc> {
    "2027-01-01T00:00:00Z".parse().unwrap()
}

/// One form of a badge, taken apart.
#[derive(Clone)]
struct Form {
    /// As it is handed in.
    text: String,
    /// The document, or the JWT's payload.
    document: Value,
    /// Of a JWT.
    header: Option<Value>,
    /// What else is on the web.
    web: Documents,
}

impl Form {
    /// What this verifier says about one thing.
    fn check(&self, name: &str) -> Option<bool> {
        let report = verify(self.text.as_bytes(), &self.web, now());
        report.checks.into_iter().find(|check| check.name == name).and_then(|check| check.holds)
    }

    fn at(&self, pointer: &str) -> &Value {
        self.document.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The entry of `did.json` by its full address, if it may make assertions.
    fn method(&self, name: &str) -> Option<&Value> {
        let did = self.web.0.get(name.split('#').next()?)?;
        let listed = did["assertionMethod"].as_array()?.iter().any(|one| one == name);
        did["verificationMethod"].as_array()?.iter().find(|one| listed && one["id"] == name)
    }
}

fn many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn is_a(value: &Value, name: &str) -> bool {
    many(&value["type"]).iter().any(|one| *one == name)
}

fn all_are(values: &Value, name: &str) -> bool {
    many(values).iter().all(|value| is_a(value, name))
}

fn date(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str()?.parse().ok()
}

type Rule = fn(&Form) -> bool;
type Break = fn(&mut Form);

/// Each probe, with what it asks for and something that it refuses.
const RULES: &[(&str, Rule, Break)] = &[
    ("CredentialParse", |form| form.document.is_object(), |form| form.document = json!([])),
    (
        "JsonLDValidation",
        |form| {
            let claims = ["iss", "jti", "sub", "nbf", "exp"];
            let mut credential = form.document.clone();
            for claim in claims.into_iter().chain(["proof"]) {
                credential.as_object_mut().unwrap().remove(claim);
            }
            accolade::badges::canonical::document(&credential).is_ok()
        },
        |form| form.document["colour"] = json!("blue"),
    ),
    (
        "ContextProperty",
        |form| form.at("/@context/0") == V2 && form.at("/@context/1") == OB,
        |form| form.document["@context"].as_array_mut().unwrap().swap(0, 1),
    ),
    (
        "TypeProperty",
        |form| is_a(&form.document, "VerifiableCredential") && is_a(&form.document, "OpenBadgeCredential"),
        |form| form.document["type"] = json!(["VerifiableCredential"]),
    ),
    (
        "JsonSchemas",
        |form| form.check("schema") == Some(true),
        |form| form.text = form.text.replace("\"criteria\"", "\"kriteria\""),
    ),
    (
        "InlineJsonSchema",
        |form| {
            many(&form.document["credentialSchema"])
                .iter()
                .all(|one| one["id"] == SCHEMA && one["type"] == "1EdTechJsonSchemaValidator2019")
        },
        |form| form.document["credentialSchema"][0]["id"] = json!("https://schemas.example.org/x"),
    ),
    (
        "CredentialSubject",
        |form| {
            let (subject, achievement) =
                (form.at("/credentialSubject"), form.at("/credentialSubject/achievement"));
            let criteria = &achievement["criteria"];
            is_a(subject, "AchievementSubject")
                && (subject["id"].is_string() || !many(&subject["identifier"]).is_empty())
                && all_are(&subject["identifier"], "IdentityObject")
                && all_are(&subject["result"], "Result")
                && all_are(&subject["source"], "Profile")
                && achievement.is_object()
                && all_are(&achievement["resultDescription"], "ResultDescription")
                && (criteria["id"].is_string() || criteria["narrative"].is_string())
        },
        |form| form.document["credentialSubject"]["result"][0]["type"] = json!(["Score"]),
    ),
    (
        "Evidence",
        |form| all_are(&form.document["evidence"], "Evidence"),
        |form| form.document["evidence"][0]["type"] = json!(["Proof"]),
    ),
    (
        "Issuer",
        |form| {
            let issuer = form.at("/issuer");
            is_a(issuer, "Profile")
                && all_are(&issuer["otherIdentifier"], "IdentifierEntry")
                && all_are(&issuer["parentOrg"], "Profile")
        },
        |form| form.document["issuer"] = json!("did:web:badges.example.edu"),
    ),
    (
        "EmbeddedProof",
        |form| {
            let proof = form.at("/proof");
            let Some(method) = proof["verificationMethod"].as_str() else {
                return form.header.is_some();
            };
            let (controller, key) = method.split_once('#').unwrap_or_default();
            // The key in the address is taken as it stands; the controller must be the issuer.
            let key = bs58::decode(key.trim_start_matches('z')).into_vec().unwrap_or_default();
            proof["type"] == "DataIntegrityProof"
                && proof["cryptosuite"] == "eddsa-rdfc-2022"
                && proof["proofPurpose"] == "assertionMethod"
                && key.len() == 34
                && key.starts_with(&[0xed, 1])
                && form.at("/issuer/id") == controller
                && (form.check("signature"), form.check("key")) == (Some(true), Some(true))
        },
        |form| match &mut form.header {
            None => form.document["issuer"]["id"] = json!("did:web:other.example.edu"),
            Some(_) => {
                form.header = None;
            }
        },
    ),
    (
        "ExternalProof",
        |form| {
            let Some(header) = &form.header else { return form.document["proof"].is_object() };
            let jwk = match header["kid"].as_str() {
                Some(kid) => form.method(kid).map(|method| &method["publicKeyJwk"]),
                None => Some(&header["jwk"]),
            };
            let kind = jwk.and_then(|jwk| jwk["kty"].as_str());
            let expected = match header["alg"].as_str() {
                Some("RS256") => Some("RSA"),
                Some("ES256") => Some("EC"),
                _ => None,
            };
            let seconds = |member: &str| date(&form.document[member]).map(|at| json!(at.timestamp()));
            header["typ"] == "JWT"
                && expected.is_some()
                && kind == expected
                && form.document["iss"] == form.document["issuer"]["id"]
                && form.document["jti"] == form.document["id"]
                && form.document.get("sub") == form.document["credentialSubject"].get("id")
                && form.document.get("nbf") == seconds("validFrom").as_ref()
                && form.document.get("exp") == seconds("validUntil").as_ref()
                && form.check("signature") != Some(false)
                && form.check("terms") == Some(true)
        },
        |form| match &mut form.header {
            Some(header) => header["alg"] = json!("EdDSA"),
            None => drop(form.document.as_object_mut().unwrap().remove("proof")),
        },
    ),
    (
        // What is refreshed would be checked in the badge's place: no badge names such a service.
        "checkRefreshService",
        |form| form.document.get("refreshService").is_none(),
        |form| {
            form.document["refreshService"] = json!({"id": "https://x", "type": "1EdTechCredentialRefresh"});
        },
    ),
    (
        "RevocationList",
        |form| {
            let entry = form.at("/credentialStatus");
            let Some(list) = entry["statusListCredential"].as_str().and_then(|url| form.web.0.get(url))
            else {
                return false;
            };
            let index: Option<i64> = entry["statusListIndex"].as_str().and_then(|index| index.parse().ok());
            entry["type"] == "BitstringStatusListEntry"
                && entry["statusPurpose"] == "revocation"
                && list["credentialSubject"]["statusPurpose"] == "revocation"
                && list["@context"][0] == V2
                && is_a(list, "BitstringStatusListCredential")
                && is_a(&list["credentialSubject"], "BitstringStatusList")
                && list["issuer"].as_str().or(list["issuer"]["id"].as_str()) == form.at("/issuer/id").as_str()
                && list["credentialSubject"]["encodedList"].as_str().is_some_and(|list| list.starts_with('u'))
                && index.is_some_and(|index| (0..SIZE).contains(&index))
                && form.check("status") == Some(true)
        },
        |form| form.document["credentialStatus"]["statusPurpose"] = json!("message"),
    ),
    (
        "Expiration",
        |form| {
            form.document.get("validUntil").is_none_or(|until| date(until).is_some_and(|until| until > now()))
        },
        |form| form.document["validUntil"] = json!("2026-12-31T00:00:00Z"),
    ),
    (
        "Issuance",
        |form| date(&form.document["validFrom"]).is_some_and(|from| from <= now()),
        |form| form.document["validFrom"] = json!("2027-01-01T00:00:01Z"),
    ),
    (
        "Endorsement",
        |form| form.document.get("endorsement").is_none() && form.document.get("endorsementJwt").is_none(),
        |form| form.document["endorsement"] = json!([{}]),
    ),
];

#[test]
fn badges_keep_the_rules_of_the_public_validator_in_both_forms() {
    let forms = forms();
    assert_eq!(forms.len(), 6);
    for (name, form) in &forms {
        for (probe, rule, break_it) in RULES {
            assert!(rule(form), "{name}: {probe}");
            let mut broken = form.clone();
            break_it(&mut broken);
            // What breaks a text as a whole cannot be seen inside a JWT.
            if *probe != "JsonSchemas" || form.header.is_none() {
                assert!(!rule(&broken), "{name}: {probe} refuses nothing");
            }
        }
    }
}

/// A badge with every member, by each kind of issuer, in each form.
fn forms() -> Vec<(String, Form)> {
    let random = SystemRandom::new();
    let pem = JwtKey::generate(&random).unwrap();
    let p256 = || JwtKey::from_pem(&pem, &random).unwrap();
    let rsa = JwtKey::from_pem(include_str!("../../src/badges/jwt/rsa-test-only.pem"), &random).unwrap();
    let home = url("https://badges.example.edu");
    let key = SigningKey::from_seed([6; 32]);
    let web =
        || Signatory::new(Issuer::with_did_web(profile(), &home).unwrap(), SigningKey::from_seed([5; 32]));
    let issuers = [
        ("did:web, ES256", web().with_jwt_key(p256())),
        ("did:web, RS256", web().with_jwt_key(rsa)),
        (
            "did:key, ES256",
            Signatory::new(Issuer::with_did_key(profile(), &home, &key.public_multibase()), key)
                .with_jwt_key(p256()),
        ),
    ];
    let mut forms = Vec::new();
    for (name, issuer) in issuers {
        let at = "2026-03-04T05:06:08Z".parse().unwrap();
        let list = status::list_document(&issuer, 1, Purpose::Revocation, SIZE, &[], at);
        let list: Value = serde_json::from_str(&sign(list, &issuer, at).unwrap()).unwrap();
        let mut web = Documents(BTreeMap::from([(status::list_url(&issuer, 1, Purpose::Revocation), list)]));
        web.0.extend(issuer.did_document().map(|document| (issuer.did().to_owned(), document)));
        let badge = sign(badge(&issuer), &issuer, at).unwrap();
        let document = serde_json::from_str(&badge).unwrap();
        let enveloped = jwt(&badge, &issuer, issuer.jwt_key().unwrap(), &random).unwrap();
        let part = |number: usize| -> Value {
            let part = enveloped.split('.').nth(number).unwrap();
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        let (header, payload) = (part(0), part(1));
        forms.push((
            format!("{name}, embedded"),
            Form { text: badge, document, header: None, web: web.clone() },
        ));
        forms.push((
            format!("{name}, JWT"),
            Form { text: enveloped, document: payload, header: Some(header), web },
        ));
    }
    forms
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn profile() -> Profile {
    Profile {
        slug: "northwood".to_owned(),
        name: "Northwood College".to_owned(),
        url: url("https://northwood.example.edu/"),
        description: Some("A college of further education.".to_owned()),
        email: Some("badges@northwood.example.edu".to_owned()),
        image: Some(url("https://northwood.example.edu/logo.png")),
    }
}

fn badge(issuer: &Issuer) -> Value {
    let achievement = Achievement {
        id: "workplace-safety".to_owned(),
        issuer: None,
        name: "Workplace Safety".to_owned(),
        description: "Recognises hazards and acts on them.".to_owned(),
        criteria: "Pass the final quiz.".to_owned(),
        criteria_url: None,
        achievement_type: "Badge".to_owned(),
        tags: vec!["safety".to_owned()],
        credits: Some("2.5".parse().unwrap()),
        field_of_study: Some("Occupational safety".to_owned()),
        language: "en".to_owned(),
        alignment: vec![Alignment {
            name: "Identify hazards".to_owned(),
            url: url("https://frameworks.example.edu/safety#1.2"),
            code: Some("1.2".to_owned()),
            description: None,
            framework: Some("Safety Framework".to_owned()),
            target_type: Some("CFItem".to_owned()),
        }],
        related: Vec::new(),
        image: None,
        image_caption: None,
        translations: std::collections::BTreeMap::new(),
    };
    let image = BadgeImage::Svg("<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_owned());
    credential(&Issue {
        id: Uuid::from_u128(7),
        issuer,
        achievement: &achievement,
        image: Some(&image),
        email: "Ada@Example.test",
        salt: "00112233445566778899aabbccddeeff",
        awarded_at: "2026-03-04T05:06:07Z".parse().unwrap(),
        valid_until: Some("2029-03-04T00:00:00Z".parse().unwrap()),
        evidence: vec![Evidence {
            url: None,
            name: "Final quiz".to_owned(),
            narrative: "18 of 20 points.".to_owned(),
            genre: "Assessment".to_owned(),
        }],
        results: vec![ResultEntry {
            key: "final-quiz".to_owned(),
            name: "Final quiz".to_owned(),
            percent: Some("90".parse().unwrap()),
            points: Some((18.into(), Some(20.into()))),
            text: None,
            passed: true,
        }],
        status_list: 1,
        status_index: 94_567,
    })
}
