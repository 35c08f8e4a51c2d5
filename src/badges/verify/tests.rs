use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::badges::samples::{Web, achievement, did_key_issuer, image, issue, issuer, time};
use crate::badges::status::{Purpose, SIZE, list_document, list_url};
use crate::badges::vocabulary::{
    CREDENTIALS_1_1, Context, ED25519_2020, EXTENSIONS, OPEN_BADGES_3_0_1, OPEN_BADGES_3_0_2, STATUS_LISTS,
};
use crate::badges::{Signatory, SigningKey, bake::BadgeImage, canonical, credential, proof, sign};

const SCHEMA: &str =
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json";
const NOW: &str = "2027-01-01T00:00:00Z";

fn now() -> DateTime<Utc> {
    time(NOW)
}

fn badge_of(issuer: &Signatory) -> String {
    let (achievement, image) = (achievement(), image());
    sign(credential(&issue(issuer, &achievement, Some(&image))), issuer, time("2026-03-04T05:06:08Z"))
        .unwrap()
}

fn badge() -> String {
    static BADGE: LazyLock<String> = LazyLock::new(|| badge_of(&issuer()));
    BADGE.clone()
}

fn list(issuer: &Signatory, set: &[i64]) -> Value {
    let list = list_document(issuer, 3, Purpose::Revocation, SIZE, set, time("2026-03-04T00:00:00Z"));
    serde_json::from_str(&sign(list, issuer, time("2026-03-04T00:00:00Z")).unwrap()).unwrap()
}

fn web() -> Web {
    static WEB: LazyLock<Web> = LazyLock::new(|| web_of(&issuer(), &[]));
    WEB.clone()
}

fn web_of(issuer: &Signatory, set: &[i64]) -> Web {
    let web = Web::default().with(&list_url(issuer, 3, Purpose::Revocation), list(issuer, set));
    match issuer.did_document() {
        Some(document) => web.with(issuer.did(), document),
        None => web,
    }
}

/// What does not hold, and how.
fn trouble(report: &Report) -> Vec<(&'static str, Option<bool>)> {
    assert_eq!(
        report.checks.iter().map(|check| check.name).collect::<Vec<_>>(),
        ["structure", "terms", "signature", "key", "dates", "status", "schema"]
    );
    report
        .checks
        .iter()
        .filter(|check| check.holds != Some(true))
        .map(|check| (check.name, check.holds))
        .collect()
}

fn changed(change: impl FnOnce(&mut Value)) -> Vec<(&'static str, Option<bool>)> {
    let mut document: Value = serde_json::from_str(&badge()).unwrap();
    change(&mut document);
    trouble(&verify(document.to_string().as_bytes(), &web(), now()))
}

#[test]
fn an_untouched_badge_holds_in_every_form() {
    let image = image();
    let png = BadgeImage::Png(image.png(64).unwrap());
    for bytes in [
        badge().into_bytes(),
        format!("\u{feff} \n{}\n", badge()).into_bytes(),
        image.baked_svg(&badge()).unwrap().into_bytes(),
        image.baked_png(&badge()).unwrap(),
        png.baked_png(&badge()).unwrap(),
        png.baked_svg(&badge()).unwrap().into_bytes(),
    ] {
        let report = verify(&bytes, &web(), now());
        assert!(report.holds(), "{report:#?}");
    }
    let issuer = did_key_issuer();
    let report = verify(badge_of(&issuer).as_bytes(), &web_of(&issuer, &[]), now());
    assert!(report.holds(), "{report:#?}");
}

#[test]
fn a_changed_badge_fails_by_its_signature() {
    for pointer in
        ["/name", "/validUntil", "/credentialSubject/achievement/name", "/credentialSubject/result/0/value"]
    {
        let trouble = changed(|badge| {
            let value = badge.pointer(pointer).unwrap().as_str().unwrap().replace(['2', 'W', '9'], "3");
            *badge.pointer_mut(pointer).unwrap() = json!(value);
        });
        assert_eq!(trouble, [("signature", Some(false))], "{pointer}");
    }
    let removed = changed(|badge| drop(badge.as_object_mut().unwrap().remove("validUntil")));
    assert_eq!(removed, [("signature", Some(false))]);
    let other_time = changed(|badge| badge["proof"]["created"] = json!("2026-03-04T05:06:09Z"));
    assert_eq!(other_time, [("signature", Some(false))]);
}

#[test]
fn added_members_do_not_pass() {
    assert_eq!(changed(|badge| badge["colour"] = json!(1)), [("terms", None), ("signature", None)]);
    assert_eq!(changed(|badge| badge["@included"] = json!([])), [("terms", None), ("signature", None)]);
    assert_eq!(changed(|badge| badge["proof"]["mood"] = json!("x")), [("signature", None)]);
    assert_eq!(changed(|badge| badge["proof"]["domain"] = json!("x")), [("signature", Some(false))]);
    // The same statements, with the end of validity moved out of sight.
    let moved = changed(|badge| {
        let until = badge.as_object_mut().unwrap().remove("validUntil").unwrap();
        let inner = json!({"id": badge["id"], "type": ["VerifiableCredential"], "validUntil": until});
        badge["evidence"].as_array_mut().unwrap().push(inner);
    });
    assert_eq!(moved, [("terms", Some(false)), ("signature", None), ("schema", Some(false))]);
}

#[test]
fn the_proof_must_be_one_that_can_be_checked() {
    assert_eq!(
        changed(|badge| drop(badge.as_object_mut().unwrap().remove("proof"))),
        [("signature", Some(false)), ("key", None)]
    );
    assert_eq!(
        changed(|badge| badge["proof"]["cryptosuite"] = json!("eddsa-jcs-2022")),
        [("signature", None), ("key", None)]
    );
    assert_eq!(changed(|badge| badge["proof"] = json!([badge["proof"], {"type": "Other"}])), []);
    assert_eq!(
        changed(|badge| badge["proof"] = json!([badge["proof"], badge["proof"]])),
        [("signature", None), ("key", None)]
    );
    assert_eq!(
        changed(|badge| badge["proof"]["proofPurpose"] = json!("authentication")),
        [("signature", Some(false))]
    );
    for value in ["", "z", "zz", "u123", "z0OIl"] {
        assert_eq!(
            changed(|badge| badge["proof"]["proofValue"] = json!(value)),
            [("signature", Some(false))],
            "{value}"
        );
    }
}

#[test]
fn the_key_must_be_the_issuers_own() {
    let other = did_key_issuer();
    let method = json!(other.verification_method());
    assert_eq!(
        changed(|badge| badge["proof"]["verificationMethod"] = method.clone()),
        [("signature", None), ("key", Some(false))]
    );
    let key_only = |change: &dyn Fn(&mut Value)| {
        let mut document = issuer().did_document().unwrap();
        change(&mut document);
        let web = web().with(issuer().did(), document);
        let mut trouble = trouble(&verify(badge().as_bytes(), &web, now()));
        trouble.retain(|(name, _)| *name == "key");
        trouble
    };
    assert_eq!(key_only(&|_| {}), []);
    let fails = [("key", Some(false))];
    assert_eq!(key_only(&|document| document["id"] = json!("did:web:other.example.edu")), fails);
    assert_eq!(key_only(&|document| document["assertionMethod"] = json!([])), fails);
    assert_eq!(key_only(&|document| document["assertionMethod"] = json!(["#z6Mk"])), fails);
    assert_eq!(key_only(&|document| document["verificationMethod"] = json!([])), fails);
    assert_eq!(
        key_only(&|document| document["verificationMethod"][0]["controller"] = json!("did:web:x")),
        fails
    );
    assert_eq!(key_only(&|document| document["verificationMethod"][0]["type"] = json!("JsonWebKey")), fails);
    assert_eq!(
        key_only(&|document| document["verificationMethod"][0]["publicKeyMultibase"] = json!("z6Mk")),
        fails
    );
    let other_key = json!(other.did().strip_prefix("did:key:"));
    let mut document = issuer().did_document().unwrap();
    document["verificationMethod"][0]["publicKeyMultibase"] = other_key;
    let report = verify(badge().as_bytes(), &web().with(issuer().did(), document), now());
    assert_eq!(trouble(&report), [("signature", Some(false)), ("status", Some(false))]);
}

#[test]
fn without_the_did_document_nothing_is_claimed() {
    let report = verify(badge().as_bytes(), &Web::default(), now());
    assert_eq!(trouble(&report), [("signature", None), ("key", None), ("status", None)]);
}

#[test]
fn dates_bound_validity() {
    let on = |day: &str| trouble(&verify(badge().as_bytes(), &web(), time(day)));
    assert_eq!(on("2026-03-04T05:06:07Z"), []);
    assert_eq!(on("2029-03-04T00:00:00Z"), []);
    assert_eq!(on("2026-03-04T05:06:06Z"), [("dates", Some(false))]);
    assert_eq!(on("2029-03-04T00:00:01Z"), [("dates", Some(false))]);
}

#[test]
fn a_revoked_badge_fails_by_its_status() {
    let issuer = issuer();
    let on = |list: Value| {
        let web = web().with(&list_url(&issuer, 3, Purpose::Revocation), list);
        verify(badge().as_bytes(), &web, now())
    };
    assert!(on(list(&issuer, &[94_566, 94_568])).holds());
    let report = on(list(&issuer, &[94_567]));
    assert_eq!(trouble(&report), [("status", Some(false))]);
    assert!(report.checks[5].found.to_string().contains("revoked"));

    // A list that does not hold says nothing in favour of the badge.
    let mut forged = list(&issuer, &[94_567]);
    forged["credentialSubject"]["encodedList"] =
        list(&issuer, &[])["credentialSubject"]["encodedList"].clone();
    assert_eq!(trouble(&on(forged)), [("status", Some(false))]);
    let other = did_key_issuer();
    assert_eq!(trouble(&on(list(&other, &[]))), [("status", Some(false))]);
    let suspension = list_document(&issuer, 3, Purpose::Suspension, SIZE, &[], time("2026-03-04T00:00:00Z"));
    let suspension = sign(suspension, &issuer, time("2026-03-04T00:00:00Z")).unwrap();
    assert_eq!(trouble(&on(serde_json::from_str(&suspension).unwrap())), [("status", Some(false))]);
    let late = list_document(&issuer, 3, Purpose::Revocation, SIZE, &[], time("2028-03-04T00:00:00Z"));
    let late = sign(late, &issuer, time("2026-03-04T00:00:00Z")).unwrap();
    assert_eq!(trouble(&on(serde_json::from_str(&late).unwrap())), [("status", Some(false))]);
    assert_eq!(trouble(&on(serde_json::from_str(&badge()).unwrap())), [("status", Some(false))]);
}

#[test]
fn several_entries_are_all_checked() {
    let issuer = issuer();
    let (achievement, image) = (achievement(), image());
    let mut document = credential(&issue(&issuer, &achievement, Some(&image)));
    // The schema of badges allows one.
    document.as_object_mut().unwrap().remove("credentialSchema");
    let url = list_url(&issuer, 3, Purpose::Suspension);
    let mut second = document["credentialStatus"].clone();
    second["id"] = json!(format!("{url}#94567"));
    second["statusPurpose"] = json!("suspension");
    second["statusListCredential"] = json!(url);
    document["credentialStatus"] = json!([document["credentialStatus"], second]);
    let text = sign(document, &issuer, time("2026-03-04T05:06:08Z")).unwrap();
    let list = |set: &[i64]| {
        let list = list_document(&issuer, 3, Purpose::Suspension, SIZE, set, time("2026-03-04T00:00:00Z"));
        serde_json::from_str(&sign(list, &issuer, time("2026-03-04T00:00:00Z")).unwrap()).unwrap()
    };
    assert_eq!(trouble(&verify(text.as_bytes(), &web(), now())), [("status", None)]);
    assert!(verify(text.as_bytes(), &web().with(&url, list(&[])), now()).holds());
    let suspended = verify(text.as_bytes(), &web().with(&url, list(&[94_567])), now());
    assert_eq!(trouble(&suspended), [("status", Some(false))]);
    assert!(suspended.checks[5].found.to_string().contains("suspended"));
}

#[test]
fn other_issuers_badges_are_judged_as_far_as_they_are_known() {
    let trouble = changed(|badge| {
        badge["@context"] = json!(["https://www.w3.org/ns/credentials/v2", "https://example.test/x"]);
    });
    assert_eq!(trouble, [("terms", None), ("signature", None), ("schema", Some(false))]);
    let other = changed(|badge| {
        badge["issuer"]["id"] = json!("did:ion:abc");
        badge["proof"]["verificationMethod"] = json!("did:ion:abc#key");
        badge["credentialStatus"]["type"] = json!("1EdTechRevocationList");
    });
    assert_eq!(other, [("terms", None), ("signature", None), ("key", None), ("status", None)]);
    let jwt = verify(b"eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.c2ln", &web(), now());
    assert!(!jwt.holds(), "{jwt:?}");
}

/// The badge as issuers wrote it before Verifiable Credentials 2.0, signed by their kind of proof.
fn early_badge(badges: &Context, change: impl FnOnce(&mut Value)) -> Value {
    let issuer = issuer();
    let (achievement, image) = (achievement(), image());
    let mut document = credential(&issue(&issuer, &achievement, Some(&image)));
    let members = document.as_object_mut().unwrap();
    let url = |context: &Context| context.url;
    members["@context"] =
        [&CREDENTIALS_1_1, badges, &EXTENSIONS, &ED25519_2020, &STATUS_LISTS].map(url).into();
    for (new, old) in [("validFrom", "issuanceDate"), ("validUntil", "expirationDate")] {
        let date = members.remove(new).unwrap();
        members.insert(old.to_owned(), date);
    }
    members.remove("awardedDate");
    members.remove("credentialSchema");
    document["type"] = json!(["VerifiableCredential", "AchievementCredential"]);
    document["credentialSubject"]["achievement"].as_object_mut().unwrap().remove("inLanguage");
    change(&mut document);
    let mut proof = json!({
        "type": "Ed25519Signature2020", "created": "2023-02-24T23:36:38Z", "proofPurpose": "assertionMethod",
        "verificationMethod": issuer.verification_method(),
    });
    let configuration = canonical::document(&proof::configuration(&proof, &document)).unwrap();
    let hash = proof::hash(&configuration, &canonical::document(&document).unwrap());
    proof["proofValue"] = proof::value(&SigningKey::from_seed([5; 32]), &hash).into();
    document["proof"] = proof;
    document
}

#[test]
fn early_badges_hold() {
    for badges in [&OPEN_BADGES_3_0_1, &OPEN_BADGES_3_0_2] {
        let verify =
            |badge: &Value, day: &str| trouble(&verify(badge.to_string().as_bytes(), &web(), time(day)));
        let badge = early_badge(badges, |_| ());
        assert_eq!(verify(&badge, NOW), []);
        assert_eq!(verify(&badge, "2029-03-04T00:00:01Z"), [("dates", Some(false))]);
        assert_eq!(verify(&badge, "2026-03-04T05:06:06Z"), [("dates", Some(false))]);
        for (pointer, value) in [
            ("/credentialSubject/achievement/name", "Other"),
            ("/expirationDate", "2099-03-04T00:00:00Z"),
            ("/credentialSubject/achievement/image/id", "https://other.example.edu/"),
            ("/proof/created", "2024-02-24T23:36:38Z"),
        ] {
            let mut changed = badge.clone();
            *changed.pointer_mut(pointer).unwrap() = json!(value);
            assert_eq!(verify(&changed, NOW), [("signature", Some(false))], "{pointer}");
        }
        // The names of the other version of the data model say nothing here.
        let mut renamed = badge.clone();
        let date = renamed.as_object_mut().unwrap().remove("issuanceDate").unwrap();
        renamed["validFrom"] = date;
        let found = verify(&renamed, NOW);
        assert!(
            found.contains(&("structure", Some(false))) && found.contains(&("dates", Some(false))),
            "{found:?}"
        );
    }
    // What a version does not have is unknown in it, and nothing is dropped in silence.
    let mut later = early_badge(&OPEN_BADGES_3_0_2, |_| ());
    later["awardedDate"] = json!("2026-03-04T05:06:07Z");
    let report = verify(later.to_string().as_bytes(), &web(), now());
    assert_eq!(trouble(&report), [("terms", None), ("signature", None)]);
    // What the schema at this address asked for then is not known here.
    let schema = json!([{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}]);
    let named = early_badge(&OPEN_BADGES_3_0_2, |badge| badge["credentialSchema"] = schema);
    assert_eq!(trouble(&verify(named.to_string().as_bytes(), &web(), now())), [("schema", None)]);
    // A badge that is signed under one context does not hold under another one.
    let mut other = early_badge(&OPEN_BADGES_3_0_1, |_| ());
    other["@context"][1] = json!(OPEN_BADGES_3_0_2.url);
    assert_eq!(trouble(&verify(other.to_string().as_bytes(), &web(), now())), [("signature", Some(false))]);
    // The first context of badges contradicts that of Verifiable Credentials 2.0.
    let both = changed(|badge| badge["@context"][1] = json!(OPEN_BADGES_3_0_1.url));
    assert_eq!(both, [("terms", Some(false)), ("signature", None)]);
}

#[test]
fn rubbish_is_refused_with_a_reason() {
    for bytes in [
        b"".as_slice(),
        b"null",
        b"[]",
        b"{}",
        b"{",
        b"\xff\xfe\x00",
        b"<svg/>",
        b"\x89PNG\r\n\x1a\n",
        b"hello",
    ] {
        let report = verify(bytes, &web(), now());
        assert_eq!(report.checks[0].holds, Some(false), "{bytes:?}");
        assert!(!report.holds());
        trouble(&report);
    }
    assert!(!verify("[".repeat(100_000).as_bytes(), &web(), now()).holds());
    assert!(!verify(&vec![b' '; (8 << 20) + 1], &web(), now()).holds());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_changed_byte_never_holds(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let good = badge();
        let mut bytes = good.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        // A byte that spells the same JSON (another escape of the same character) changes nothing.
        let same = serde_json::from_slice::<Value>(&bytes).is_ok_and(|value| value == serde_json::from_str::<Value>(&good).unwrap());
        prop_assert_eq!(verify(&bytes, &web(), now()).holds(), same);
    }

    #[test]
    fn verifying_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in ".{0,200}") {
        verify(&bytes, &web(), now());
        verify(text.as_bytes(), &web(), now());
    }

    #[test]
    fn a_badge_with_a_strange_value_never_panics(at in any::<prop::sample::Index>(), kind in 0_usize..7) {
        let mut document: Value = serde_json::from_str(&badge()).unwrap();
        let mut pointers = Vec::new();
        collect(&document, String::new(), &mut pointers);
        let strange = [json!(null), json!([]), json!({}), json!(-1.5), json!(""), json!([[]]), json!({"id": 5, "type": {}})];
        *document.pointer_mut(&pointers[at.index(pointers.len())]).unwrap() = strange[kind].clone();
        verify(document.to_string().as_bytes(), &web(), now());
    }
}

fn collect(value: &Value, path: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                collect(value, format!("{path}/{name}"), pointers);
            }
        }
        Value::Array(items) => {
            for (position, value) in items.iter().enumerate() {
                collect(value, format!("{path}/{position}"), pointers);
            }
        }
        _ => {}
    }
    pointers.push(path);
}
