//! Invented issuers, badges and learners for this module's tests.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::verify::Lookup;
use super::{
    Achievement, Alignment, BadgeImage, Evidence, Issue, Issuer, Profile, Related, ResultEntry, Signatory,
    SigningKey,
};

pub(super) fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

pub(super) fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn profile() -> Profile {
    Profile {
        slug: "northwood".to_owned(),
        name: "Northwood College".to_owned(),
        url: url("https://northwood.example.edu/"),
        description: Some("A college of further education.".to_owned()),
        email: Some("badges@northwood.example.edu".to_owned()),
        image: Some(url("https://northwood.example.edu/logo.png")),
    }
}

pub(super) fn issuer() -> Signatory {
    let issuer = Issuer::with_did_web(profile(), &url("https://badges.example.edu")).unwrap();
    Signatory::new(issuer, SigningKey::from_seed([5; 32]))
}

pub(super) fn did_key_issuer() -> Signatory {
    let key = SigningKey::from_seed([6; 32]);
    let url = url("https://badges.example.edu");
    Signatory::new(Issuer::with_did_key(profile(), &url, &key.public_multibase()), key)
}

pub(super) fn achievement() -> Achievement {
    Achievement {
        issuer: None,
        id: "workplace-safety".to_owned(),
        name: "Workplace Safety".to_owned(),
        description: "Recognises hazards and acts on them.".to_owned(),
        criteria: "Pass the **final quiz** with 70 % or more.".to_owned(),
        criteria_url: Some(url("https://badges.example.edu/achievements/workplace-safety/criteria")),
        achievement_type: "Badge".to_owned(),
        tags: vec!["safety".to_owned(), "workshop".to_owned()],
        credits: Some("2.5".parse().unwrap()),
        field_of_study: Some("Occupational safety".to_owned()),
        language: "en".to_owned(),
        alignment: vec![Alignment {
            name: "Identify hazards".to_owned(),
            url: url("https://frameworks.example.edu/safety#1.2"),
            code: Some("1.2".to_owned()),
            description: Some("Finds hazards at a place of work.".to_owned()),
            framework: Some("Safety Framework".to_owned()),
            target_type: Some("CFItem".to_owned()),
        }],
        related: vec![
            Related {
                name: "Fire Warden".to_owned(),
                url: url("https://badges.example.edu/achievements/fire-warden"),
            },
            Related { name: "Course [B]".to_owned(), url: url("https://northwood.example.edu/courses/b") },
        ],
        image: None,
        image_caption: Some("A green shield".to_owned()),
        translations: std::collections::BTreeMap::new(),
    }
}

pub(super) fn image() -> BadgeImage {
    BadgeImage::Svg(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><rect width=\"8\" height=\"8\"/></svg>".to_owned(),
    )
}

pub(super) fn issue<'a>(
    issuer: &'a Issuer,
    achievement: &'a Achievement,
    image: Option<&'a BadgeImage>,
) -> Issue<'a> {
    Issue {
        id: Uuid::from_u128(0x018f_0000_0000_7000_8000_0000_0000_0001),
        issuer,
        achievement,
        image,
        email: "Ada@Example.test ",
        salt: "00112233445566778899aabbccddeeff",
        awarded_at: time("2026-03-04T05:06:07.891234Z"),
        valid_until: Some(time("2029-03-04T00:00:00Z")),
        evidence: vec![Evidence {
            url: Some(url("https://moodle.example.edu/mod/quiz/view.php?id=4")),
            name: "Final Quiz, Workplace Safety 101".to_owned(),
            narrative: "18 of 20 points.".to_owned(),
            genre: "Assessment".to_owned(),
        }],
        results: vec![ResultEntry {
            key: "final-quiz".to_owned(),
            name: "Final Quiz".to_owned(),
            percent: Some("90.00".parse().unwrap()),
            points: Some((18.into(), Some(20.into()))),
            text: Some("A-".to_owned()),
            passed: true,
        }],
        status_list: 3,
        status_index: 94_567,
    }
}

/// What the web would answer.
#[derive(Default, Clone)]
pub(super) struct Web(pub(super) HashMap<String, Value>);

impl Web {
    pub(super) fn with(mut self, address: &str, document: Value) -> Self {
        self.0.insert(address.to_owned(), document);
        self
    }
}

impl Lookup for Web {
    fn did_document(&self, did: &str) -> Option<Value> {
        self.0.get(did).cloned()
    }

    fn status_list(&self, url: &str) -> Option<Value> {
        self.0.get(url).cloned()
    }

    fn schema(&self, url: &str) -> Option<Value> {
        self.0.get(url).cloned()
    }
}
