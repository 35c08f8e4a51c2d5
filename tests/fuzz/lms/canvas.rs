//! Canvas: Live Events plain and signed, answers of the REST API.

use std::sync::LazyLock;

use accolade_connectors::{Connector, KeySet, Rejection, Signal, canvas};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64};
use chrono::{DateTime, Utc};
use http::HeaderMap;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::json;

use super::answers::About;
use super::requests::{read, untold};

const SITE: &str = "https://canvas.example.test";
const TOKEN: &str = "1107~test-token";
const PATH: &str = "new-secret";
const SECRETS: [&str; 2] = [TOKEN, PATH];
const ACCOUNT: &str = "Wf7sQmT2xKdP0aLrBv93HcYzNe5GuJ41oiXkR8tE";
const HEADER: &str = r#"{"alg":"RS256","kid":"test-key-2025-03","typ":"JWT"}"#;

static SOURCE: LazyLock<Box<dyn Connector>> = LazyLock::new(|| {
    let table = json!({
        "site": SITE, "api_token": TOKEN, "root_account": ACCOUNT, "path_secret": PATH, "signed": true,
    });
    canvas::build(table).unwrap()
});

static PLAIN: LazyLock<Box<dyn Connector>> = LazyLock::new(|| {
    let table = json!({"site": SITE, "api_token": TOKEN, "root_account": ACCOUNT, "path_secret": PATH});
    canvas::build(table).unwrap()
});

static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    let jwks = include_bytes!("../../../connectors/canvas/fixtures/test_only_jwks.json");
    KeySet::parse(jwks).unwrap()
});

static KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| {
    let pem = include_str!("../../../connectors/canvas/fixtures/test_only_private_key.pem");
    let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_pkcs8(&BASE64_STANDARD.decode(der).unwrap()).unwrap()
});

fn now() -> DateTime<Utc> {
    "2025-03-04T10:16:00Z".parse().unwrap()
}

/// RS256 gives one signature for one text.
fn signed(input: &str) -> String {
    let mut signature = vec![0; KEY.public().modulus_len()];
    KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
    format!("{input}.{}", BASE64.encode(signature))
}

/// An event: at the secret path, as claims that are signed here, and as a signed payload itself.
/// Claims say the same as the plain event; a payload counts only under the right signature.
pub(crate) fn receive(data: &[u8]) {
    let none = HeaderMap::new();
    // However it is signed.
    let secrets = untold(data, &SECRETS);
    let more = || (now(), Some(&*KEYS), secrets.as_slice());
    let secret = format!("/{PATH}");
    let plain = read(&**PLAIN, &secret, &none, data, more());
    let token = signed(&format!("{}.{}", BASE64.encode(HEADER), BASE64.encode(data)));
    let claims = read(&**SOURCE, "", &none, token.as_bytes(), more());
    if let (Ok(plain), Ok(claims)) = (&plain, &claims) {
        assert_eq!((&plain.signals, &plain.ignored), (&claims.signals, &claims.ignored));
    }
    for path in ["", "/other-secret", &secret] {
        let read = read(&**SOURCE, path, &none, data, more());
        if matches!(
            read,
            Ok(_) | Err(Rejection::Malformed { body: Some(_), .. } | Rejection::WrongAccount(_))
        ) {
            let token =
                std::str::from_utf8(data).expect("a signed payload is ASCII").trim().trim_matches('"');
            let (input, given) = token.rsplit_once('.').expect("a signed payload has three parts");
            let whole = signed(input);
            let (_, signature) = whole.rsplit_once('.').expect("a signed payload has three parts");
            assert_eq!(BASE64.decode(given), BASE64.decode(signature), "nobody signed that");
        }
    }
    let _ = KeySet::parse(data);
}

/// What the API is asked about.
static SIGNALS: LazyLock<Vec<Signal>> = LazyLock::new(|| {
    let events = [
        include_str!("../../../connectors/canvas/fixtures/grade_change.json"),
        include_str!("../../../connectors/canvas/fixtures/quiz_submitted.json"),
        include_str!("../../../connectors/canvas/fixtures/course_completed.json"),
        include_str!("../../../connectors/canvas/fixtures/course_grade_change.json"),
        include_str!("../../../connectors/canvas/fixtures/learning_outcome_result_created.json"),
    ];
    let (none, secret) = (HeaderMap::new(), format!("/{PATH}"));
    let signals = events.iter().flat_map(|event| {
        read(&**PLAIN, &secret, &none, event.as_bytes(), (now(), None, &[])).expect("a seed is read").signals
    });
    let signals: Vec<Signal> = signals.collect();
    assert_eq!(signals.len(), events.len());
    signals
});

/// Answers of the REST API.
pub(crate) fn confirm(data: &[u8]) {
    let about = About {
        source: &**SOURCE,
        site: SITE,
        signals: &SIGNALS,
        course: "731",
        secrets: &untold(data, &SECRETS),
        now: now(),
    };
    about.talk(data);
}
