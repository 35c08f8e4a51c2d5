//! Seeds that are signed. `ACCOLADE_WRITE_SEEDS=1 cargo test -p accolade-fuzz` writes them anew.

use std::path::Path;

use accolade::badges::status::Purpose;
use accolade::badges::verify::{Lookup, Verdict, verify};
use accolade::badges::{BadgeImage, SigningKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

use super::samples::{SEED, by_key, by_web, now, signed, status_list};

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let badge = signed(&by_key());
    let header = r#"{"alg":"EdDSA","typ":"JWT","kid":"#;
    let key = format!("{header}\"{}\"}}", by_key().verification_method());
    let mut claims: Value = serde_json::from_str(&badge).unwrap();
    claims.as_object_mut().unwrap().remove("proof");
    claims["iss"] = claims["issuer"]["id"].clone();
    claims["jti"] = claims["id"].clone();
    let image = r#"<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><path d="M0 0h8v8z"/></svg>"#;
    let baked = BadgeImage::Svg(image.to_owned()).baked_svg(&badge).unwrap();
    let schema = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
        "required": ["id"], "properties": {"id": {"pattern": "^https"}, "x": {"$ref": "#/properties/id"}}});
    let mut with_schema: Value = serde_json::from_str(&signed(&by_web())).unwrap();
    with_schema["credentialSchema"] = json!({"id": "https://example.edu/schema", "type": "JsonSchema"});
    let did = by_web().did_document().unwrap();
    let list = status_list(&by_web(), Purpose::Revocation, None);
    let bits = list["credentialSubject"]["encodedList"].as_str().unwrap();
    let presentation = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"], "type": "VerifiablePresentation",
        "holder": by_key().did(), "proof": {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-11-20T10:00:00Z", "verificationMethod": by_key().verification_method(),
        "proofPurpose": "authentication", "challenge": "c-1", "domain": "https://badges.example.edu",
        "proofValue": "z3FXQ"}});
    let proof = format!(
        "{{\"alg\":\"EdDSA\",\"typ\":\"openid4vci-proof+jwt\",\"kid\":\"{}\"}}\n=====\n{{\"aud\":\
         \"https://badges.example.edu\",\"iat\":{},\"nonce\":\"n\"}}",
        by_key().verification_method(),
        now().timestamp()
    );
    let text = |text: String| text.into_bytes();
    vec![
        ("verify/badge", text(badge.clone())),
        ("verify/by_web", text(signed(&by_web()))),
        ("verify/baked", text(baked)),
        ("verify/fetched", text(format!("{with_schema}\n=====\n{did}\n=====\n{list}\n=====\n{schema}"))),
        ("verify/bits", text(format!("{badge}\n=====\n\n=====\n\n=====\n\n=====\n{bits}"))),
        ("canonical/badge", text(badge)),
        ("jwt/parts", text(format!("{key}\n=====\n{claims}"))),
        ("jwt/whole", text(jwt(&key, &claims))),
        ("wallet/presentation", text(presentation.to_string())),
        ("wallet/proof", text(proof)),
        ("wallet/credential", text(claims.to_string())),
        ("keys/ed25519.pem", text(SigningKey::from_seed(SEED).to_pem())),
    ]
}

fn jwt(header: &str, claims: &Value) -> String {
    let input = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims.to_string()));
    let signature = SigningKey::from_seed(SEED).sign(input.as_bytes());
    format!("{input}.{}", BASE64.encode(signature))
}

#[test]
fn seeds_that_are_signed_are_as_this_version_signs_them() {
    for (name, seed) in seeds() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
        if std::env::var_os("ACCOLADE_WRITE_SEEDS").is_some() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &seed).unwrap();
        }
        let there = std::fs::read(&file).unwrap_or_default();
        assert!(there == seed, "{} is of another version", file.display());
    }
}

/// A fuzzer that begins with badges that are valid sees what makes them invalid.
#[test]
fn the_signed_badge_is_valid() {
    struct Lists;
    impl Lookup for Lists {
        fn did_document(&self, _did: &str) -> Option<Value> {
            None
        }
        fn status_list(&self, url: &str) -> Option<Value> {
            let lists = [Purpose::Revocation, Purpose::Suspension].map(|p| status_list(&by_key(), p, None));
            lists.into_iter().find(|list| list["id"] == url)
        }
        fn schema(&self, _url: &str) -> Option<Value> {
            None
        }
    }
    let report = verify(signed(&by_key()).as_bytes(), &Lists, now());
    assert_eq!(report.verdict(), Verdict::Valid, "{report:?}");
}
