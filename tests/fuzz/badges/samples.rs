//! A badge that is signed here, with keys of the tests.

use std::collections::BTreeMap;

use accolade::badges::status::{Purpose, list_document};
use accolade::badges::{
    Achievement, Evidence, Issue, Issuer, Profile, ResultEntry, Signatory, SigningKey, credential, sign,
};
use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

/// The seed of the issuer's key.
pub(crate) const SEED: [u8; 32] = [6; 32];

pub(crate) fn now() -> DateTime<Utc> {
    "2026-11-20T10:00:00Z".parse().unwrap()
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
        image: None,
    }
}

/// An issuer by `did:web`.
pub(super) fn by_web() -> Signatory {
    let issuer = Issuer::with_did_web(profile(), &url("https://badges.example.edu")).unwrap();
    Signatory::new(issuer, SigningKey::from_seed(SEED))
}

/// An issuer by `did:key`.
pub(super) fn by_key() -> Signatory {
    let key = SigningKey::from_seed(SEED);
    let issuer = Issuer::with_did_key(profile(), &url("https://badges.example.edu"), &key.public_multibase());
    Signatory::new(issuer, key)
}

/// A badge of this issuer.
pub(super) fn badge(issuer: &Issuer) -> Value {
    let achievement = Achievement {
        issuer: None,
        id: "workplace-safety".to_owned(),
        name: "Workplace Safety".to_owned(),
        description: "Recognises hazards and acts on them.".to_owned(),
        criteria: "Pass the **final quiz** with 70 % or more.".to_owned(),
        criteria_url: None,
        achievement_type: "Badge".to_owned(),
        tags: vec!["safety".to_owned()],
        credits: Some("2.5".parse().unwrap()),
        field_of_study: None,
        language: "en".to_owned(),
        alignment: Vec::new(),
        related: Vec::new(),
        image: None,
        image_caption: None,
        translations: BTreeMap::new(),
    };
    credential(&Issue {
        id: Uuid::from_u128(0x018f_0000_0000_7000_8000_0000_0000_0001),
        issuer,
        achievement: &achievement,
        image: None,
        email: "ada@example.test",
        salt: "00112233445566778899aabbccddeeff",
        awarded_at: "2026-03-04T05:06:07Z".parse().unwrap(),
        valid_until: Some("2029-03-04T00:00:00Z".parse().unwrap()),
        evidence: vec![Evidence {
            url: None,
            name: "Final Quiz".to_owned(),
            narrative: "18 of 20 points.".to_owned(),
            genre: "Assessment".to_owned(),
        }],
        results: vec![ResultEntry {
            key: "final-quiz".to_owned(),
            name: "Final Quiz".to_owned(),
            percent: Some("90.00".parse().unwrap()),
            points: None,
            text: None,
            passed: true,
        }],
        status_list: 3,
        status_index: 94_567,
    })
}

/// The badge, signed by this issuer.
#[cfg(test)]
pub(super) fn signed(signatory: &Signatory) -> String {
    sign(badge(signatory), signatory, now()).unwrap()
}

/// The status list of the badge, for one purpose; `encoded` in the place of its bits.
pub(super) fn status_list(signatory: &Signatory, purpose: Purpose, encoded: Option<&str>) -> Value {
    let mut list = list_document(signatory, 3, purpose, 0, &[], "2026-03-01T00:00:00Z".parse().unwrap());
    if let Some(encoded) = encoded {
        // Nobody signs control characters.
        list["credentialSubject"]["encodedList"] = Value::from(encoded.replace(char::is_control, ""));
    }
    serde_json::from_str(&sign(list, signatory, now()).unwrap()).unwrap()
}
