//! Verifying what a stranger hands in.

use std::sync::LazyLock;

use accolade::badges::status::Purpose;
use accolade::badges::verify::{Lookup, Report, Verdict, verify as check};
use accolade::badges::{SigningKey, canonical, sign};
use accolade::locales::Language;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::Value;

use super::samples::{SEED, badge, by_key, by_web, now, status_list};
use crate::input::parts;

/// What the web answers: what is here, then what the input says.
struct Web<'a> {
    theirs: [Option<&'a [u8]>; 3],
    lists: Option<[Value; 2]>,
}

impl Web<'_> {
    fn read(&self, which: usize) -> Option<Value> {
        serde_json::from_slice(self.theirs[which]?).ok()
    }
}

static OURS: LazyLock<Value> = LazyLock::new(|| by_web().did_document().unwrap());
static LISTS: LazyLock<[Value; 2]> = LazyLock::new(|| lists(None));

fn lists(encoded: Option<&str>) -> [Value; 2] {
    [Purpose::Revocation, Purpose::Suspension].map(|purpose| status_list(&by_key(), purpose, encoded))
}

impl Lookup for Web<'_> {
    fn did_document(&self, did: &str) -> Option<Value> {
        self.read(0).or_else(|| (did == by_web().did()).then(|| OURS.clone()))
    }

    fn status_list(&self, url: &str) -> Option<Value> {
        let [revoked, suspended] = self.lists.as_ref().unwrap_or(&LISTS);
        self.read(1).or_else(|| [revoked, suspended].into_iter().find(|list| list["id"] == url).cloned())
    }

    fn schema(&self, _url: &str) -> Option<Value> {
        self.read(2)
    }
}

/// What any report has: seven checks, eight of a learner record; words in every language that no reader
/// takes for markup; and it is not much longer than what was handed in.
fn report(bytes: &[u8], web: &Web<'_>) -> Report {
    let report = check(bytes, web, now());
    assert_eq!(report, check(bytes, web, now()), "verified twice, it says something else");
    let names: Vec<&str> = report.checks.iter().map(|check| check.name).collect();
    let seven = ["structure", "terms", "signature", "key", "dates", "status", "schema"];
    assert_eq!(names[..7], seven, "the checks");
    assert!(names.len() == 7 || names[7..] == ["badges"], "the checks");
    for check in &report.checks {
        for language in [Language::English, Language::Arabic] {
            let (text, html) = (check.found.text(language), check.found.html(language));
            assert!(!text.is_empty() && text.len() < 4_000, "{} bytes of {}", text.len(), check.name);
            assert!(!html.contains("<script"), "{html}");
        }
    }
    if let Some(about) = &report.about {
        let most = [&about.badge, &about.issuer, &about.issuer_id].into_iter().map(String::len).max();
        assert!(most < Some(2_000), "{about:?}");
    }
    if report.verdict() != Verdict::Invalid {
        assert!(report.checks.iter().all(|check| check.holds != Some(false)));
    }
    report
}

/// What was signed here, in canonical form.
static SIGNED: LazyLock<Vec<String>> = LazyLock::new(|| {
    [by_key(), by_web()].iter().map(|issuer| canonical::document(&badge(issuer)).unwrap()).collect()
});

/// A badge in any envelope; behind lines `=====` what its addresses give: the DID document, the status
/// list, the schema, and what a signed status list says (`encodedList`). What is valid and issued by the
/// key of the tests says what was signed with it.
pub(crate) fn verify(data: &[u8]) {
    let parts = parts(data, 5);
    let part = |number: usize| parts.get(number).copied().filter(|part| !part.is_empty());
    let encoded = part(4).map(String::from_utf8_lossy);
    let lists = encoded.map(|encoded| lists(Some(&encoded)));
    let web = Web { theirs: [part(1), part(2), part(3)], lists };
    let report = report(parts[0], &web);
    let own = report.about.as_ref().is_some_and(|about| {
        about.issuer_id == by_key().did() || part(1).is_none() && about.issuer_id == by_web().did()
    });
    let signature = report.checks.iter().find(|check| check.name == "signature");
    if own
        && signature.is_some_and(|check| check.holds == Some(true))
        && let Ok(mut document) = serde_json::from_slice::<Value>(parts[0])
    {
        document.as_object_mut().unwrap().remove("proof");
        let says = canonical::document(&document).expect("what has a good signature has a form");
        assert!(SIGNED.contains(&says), "nobody signed that: {says}");
    }
}

/// A JWT: header, a line `=====`, claims, signed here by the key of the issuer (EdDSA); and its bytes as
/// they are. Of what is signed with `EdDSA` by our own key the signature holds, of nothing else.
pub(crate) fn jwt(data: &[u8]) {
    let web = Web { theirs: [None; 3], lists: None };
    report(data, &web);
    let parts = parts(data, 2);
    let [header, claims] = parts.as_slice() else { return };
    let input = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims));
    let key = SigningKey::from_seed(SEED);
    let signature = BASE64.encode(key.sign(input.as_bytes()));
    let good = report(format!("{input}.{signature}").as_bytes(), &web);
    let mut wrong = key.sign(input.as_bytes());
    wrong[usize::from(header.len().to_le_bytes()[0]) % 64] ^= 1;
    let bad = report(format!("{input}.{}", BASE64.encode(wrong)).as_bytes(), &web);
    let holds = |report: &Report| report.checks[2].holds == Some(true);
    assert!(!holds(&bad), "a signature that is not one");
    if holds(&good) {
        let header: Value = serde_json::from_slice(header).unwrap();
        assert_eq!(header["alg"], "EdDSA");
        assert_eq!(header.get("crit"), None);
    }
    // The claims as a document of ours: whatever is signed verifies, or is refused before.
    if let Ok(document @ Value::Object(_)) = serde_json::from_slice::<Value>(claims) {
        let signatory = by_key();
        if let Ok(text) = sign(document, &signatory, now()) {
            let report = report(text.as_bytes(), &web);
            let failed = |name: &str| report.checks.iter().any(|c| c.name == name && c.holds != Some(true));
            for name in ["terms", "signature", "key"] {
                assert!(!failed(name), "signed, and {name} fails: {text}");
            }
        }
    }
}
