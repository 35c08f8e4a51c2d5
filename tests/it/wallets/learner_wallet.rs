//! Learner Credential Wallet: a link with a challenge, answered by DID authentication.

use sha2::{Digest as _, Sha256};

use super::*;

/// A parameter of the link on the page.
fn parameter(page: &str, name: &str) -> String {
    let link = page.split("https://lcw.app/request.html?").nth(1).unwrap().split('"').next().unwrap();
    let link = link.replace("&#38;", "&").replace("&amp;", "&");
    let found = url::form_urlencoded::parse(link.as_bytes()).find(|(parameter, _)| parameter == name);
    found.unwrap().1.into_owned()
}

pub(super) fn challenge_of(page: &str) -> String {
    parameter(page, "challenge")
}

impl Key {
    /// A presentation as the wallet's own libraries write it (`src/badges/holder/tests.rs` has some
    /// that they made).
    pub(super) fn presentation(&self, challenge: &str, domain: Option<&str>) -> Value {
        let (did, method) = (self.did(), self.method());
        let security = "https://w3id.org/security#";
        let rdf_type = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>";
        let document = format!(
            "_:c14n0 {rdf_type} <https://www.w3.org/2018/credentials#VerifiablePresentation> .\n\
             _:c14n0 <https://www.w3.org/2018/credentials#holder> <{did}> .\n"
        );
        let domain_line =
            domain.map(|domain| format!("_:c14n0 <{security}domain> \"{domain}\" .\n")).unwrap_or_default();
        let options = format!(
            "_:c14n0 <http://purl.org/dc/terms/created> \
             \"2026-11-20T10:00:00Z\"^^<http://www.w3.org/2001/XMLSchema#dateTime> .\n\
             _:c14n0 {rdf_type} <{security}Ed25519Signature2020> .\n\
             _:c14n0 <{security}challenge> \"{challenge}\" .\n{domain_line}\
             _:c14n0 <{security}proofPurpose> <{security}authenticationMethod> .\n\
             _:c14n0 <{security}verificationMethod> <{method}> .\n"
        );
        let hash = [Sha256::digest(options), Sha256::digest(document)].concat();
        let value = format!("z{}", bs58::encode(self.0.sign(&hash).to_bytes()).into_string());
        let mut presentation = json!({
            "@context": [
                "https://www.w3.org/ns/credentials/v2", "https://w3id.org/security/suites/ed25519-2020/v1",
            ],
            "type": ["VerifiablePresentation"],
            "holder": did,
            "proof": {
                "type": "Ed25519Signature2020", "created": "2026-11-20T10:00:00Z", "verificationMethod": method,
                "proofPurpose": "authentication", "challenge": challenge, "proofValue": value,
            },
        });
        if let Some(domain) = domain {
            presentation["proof"]["domain"] = json!(domain);
        }
        presentation
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wallet_gets_the_badge_bound_to_its_key() {
    let learner = Learner::new().await;
    let page = learner.page().await;
    assert_eq!(parameter(&page, "auth_type"), "bearer");
    assert_eq!(parameter(&page, "issuer"), "localhost");
    let address = parameter(&page, "vc_request_url");
    let path = address.strip_prefix(&learner.process.url).unwrap();
    let key = Key::new(1);
    let challenge = challenge_of(&page);
    let (status, badge) = learner.post(path, None, &key.presentation(&challenge, None)).await;
    assert_eq!(status, 200, "{badge}");
    learner.assert_bound(&badge, &key.did()).await;
    let used = learner.post(path, None, &key.presentation(&challenge, None)).await;
    assert_eq!(error(&used), (400, "invalid_nonce"), "once");

    // In the form of the VC-API's exchanges, and for this domain.
    let challenge = challenge_of(&learner.page().await);
    let domain = learner.process.url.strip_prefix("http://").unwrap();
    let wrapped = json!({"verifiablePresentation": key.presentation(&challenge, Some(domain))});
    let (status, given) = learner.post(path, None, &wrapped).await;
    assert_eq!(status, 200, "{given}");
    learner.assert_bound(&given["verifiablePresentation"]["verifiableCredential"][0], &key.did()).await;

    // The app decodes HTML entities in what it gets.
    let challenge = challenge_of(&learner.page().await);
    let body = key.presentation(&challenge, None).to_string();
    let raw = learner.http.post(&address).body(body).send().await.unwrap().text().await.unwrap();
    assert!(!raw.contains('&') && raw.contains("\\u0026"), "{raw}");
    learner.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_show_the_key_gets_nothing() {
    let learner = Learner::new().await;
    let (key, other) = (Key::new(1), Key::new(2));
    let challenge = challenge_of(&learner.page().await);
    let good = key.presentation(&challenge, None);
    let mut stolen = good.clone();
    stolen["holder"] = json!(other.did());
    stolen["proof"]["verificationMethod"] = json!(other.method());
    let mut unsigned = good.clone();
    unsigned["proof"]["proofValue"] = other.presentation(&challenge, None)["proof"]["proofValue"].clone();
    let domain = key.presentation(&challenge, Some("elsewhere.example"));
    for (presentation, code) in [
        (json!({}), "invalid_proof"),
        (json!([]), "invalid_proof"),
        (stolen, "invalid_proof"),
        (unsigned, "invalid_proof"),
        (domain, "invalid_proof"),
        (key.presentation("a27ffe3e-9fa7", None), "invalid_nonce"),
        (key.presentation(&learner.nonce().await, None), "invalid_nonce"),
    ] {
        let refused = learner.post("/wallet/presentation", None, &presentation).await;
        assert_eq!(error(&refused), (400, code), "{presentation}");
    }
    assert_eq!(learner.post("/wallet/presentation", None, &good).await.0, 200, "no refusal had used it up");
    let late = challenge_of(&learner.page().await);
    learner.minutes(15);
    let refused = learner.post("/wallet/presentation", None, &key.presentation(&late, None)).await;
    assert_eq!(error(&refused), (400, "invalid_nonce"), "it has ended");
    learner.end().await;
}
