//! Pages rendered from values made by hand.

mod claim;
mod credential;
mod every_page;
mod languages;
mod templates;
mod verify;

use askama::Template as _;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::badges::{Achievement, BadgeImage, Related};
use crate::locales::Language;
use crate::store::{StatusEntry, StoredCredential};

use super::assets::STYLE_PATH;
use super::certificate;
use super::linkedin;
use super::oembed;
use super::pages::{ClaimPage, CredentialPage, Frame, Take};
use super::pathway::Pathway;
use super::view::{Credential, Day, State};

const SITE: &str = "https://badges.example.edu";
const ID: Uuid = Uuid::from_u128(0x2f6c_1b2e_8d0a_5c4b_9d55_0b6a_7a3f_1c11);

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn now() -> DateTime<Utc> {
    time("2026-11-10T12:00:00Z")
}

fn document() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": format!("{SITE}/credentials/{ID}"),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {
            "id": "did:web:badges.example.edu", "type": ["Profile"],
            "name": "Example University", "url": "https://www.example.edu/",
        },
        "validFrom": "2026-11-03T09:12:00Z",
        "validUntil": "2028-11-03T09:12:00Z",
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "achievement": {
                "id": format!("{SITE}/achievements/workplace-safety"),
                "type": ["Achievement"],
                "name": "Workplace Safety",
                "description": "Recognises the hazards of a teaching laboratory, prevents them, and acts correctly when something happens.",
                "achievementType": "MicroCredential",
                "criteria": { "narrative": "The holder\n\n- passed the **final quiz** of *Workplace Safety 101* with at least 70%, and\n- had the practical part signed off by the laboratory’s safety officer.\n" },
                "tag": ["laboratory", "safety", "first aid"],
                "creditsAvailable": 1.50,
                "fieldOfStudy": "Occupational health",
                "alignment": [{
                    "type": ["Alignment"], "targetName": "Apply laboratory safety rules",
                    "targetUrl": "https://frameworks.example.edu/items/lab-7", "targetCode": "LAB-7",
                    "targetFramework": "Example Skills Framework",
                    "targetDescription": "Works by the written rules of the laboratory and stops work that is not safe.",
                }],
                "resultDescription": [
                    { "id": "urn:uuid:1", "name": "Final Quiz", "resultType": "Percent", "valueMax": "100" },
                    { "id": "urn:uuid:2", "name": "Final Quiz", "resultType": "RawScore", "valueMax": "50" },
                    { "id": "urn:uuid:3", "name": "Practical part", "resultType": "Status" },
                ],
            },
            "result": [
                { "type": ["Result"], "resultDescription": "urn:uuid:1", "value": "92.00", "status": "Completed" },
                { "type": ["Result"], "resultDescription": "urn:uuid:2", "value": "46", "status": "Completed" },
                { "type": ["Result"], "resultDescription": "urn:uuid:3", "status": "Completed" },
            ],
        },
        "evidence": [{
            "id": "https://lms.example.edu/mod/quiz/view.php?id=7&x=1", "type": ["Evidence"],
            "name": "Final Quiz, Workplace Safety 101", "genre": "Assessment",
            "narrative": "Forty questions under supervision, graded on 3 November 2026.",
        }],
        "credentialStatus": [
            { "statusPurpose": "revocation", "statusListCredential": format!("{SITE}/status/1-revocation") },
            { "statusPurpose": "suspension", "statusListCredential": format!("{SITE}/status/1-suspension") },
        ],
    })
}

fn stored(document: &Value) -> StoredCredential {
    StoredCredential {
        id: ID,
        issuer: "example".to_owned(),
        badge: "workplace-safety".to_owned(),
        document: document.to_string(),
        name: "Ada Example".to_owned(),
        email: "ada@example.test".to_owned(),
        awarded_at: time("2026-11-03T09:12:00Z"),
        claimed_at: Some(time("2026-11-04T08:00:00Z")),
        claim_until: time("2026-12-03T09:12:00Z"),
        status: StatusEntry { list: 1, index: 7 },
        revoked: false,
        suspended: false,
        declined_at: None,
        hidden_at: None,
        disowned_at: None,
        renews_shown: None,
        renewed_by: None,
        replaced_by: None,
    }
}

fn achievement() -> Achievement {
    Achievement {
        issuer: None,
        id: "workplace-safety".to_owned(),
        name: "Workplace Safety".to_owned(),
        description: "Recognises the hazards of a teaching laboratory.".to_owned(),
        criteria: "Pass the **final quiz**.".to_owned(),
        criteria_url: None,
        achievement_type: "Badge".to_owned(),
        tags: vec!["safety".to_owned()],
        credits: Some("1.50".parse().unwrap()),
        field_of_study: None,
        language: "en".to_owned(),
        alignment: vec![],
        related: vec![Related {
            name: "Chemical Hazards 201".to_owned(),
            url: "https://www.example.edu/courses/ch201".parse().unwrap(),
        }],
        image: None,
        image_caption: Some("A hard hat over a laurel wreath".to_owned()),
        translations: std::collections::BTreeMap::new(),
    }
}

fn frame() -> Frame {
    Frame {
        site: "Example University".to_owned(),
        css: STYLE_PATH.as_str(),
        outbox: false,
        t: Language::English,
        keep: "",
        choice: true,
    }
}

fn view(stored: &StoredCredential) -> Credential {
    Credential::read(stored, Some((&achievement(), true)), SITE, now(), Language::English)
}

fn public(credential: &Credential) -> String {
    page(credential).render().unwrap()
}

fn page(credential: &Credential) -> CredentialPage<'_> {
    CredentialPage {
        frame: frame(),
        credential,
        badge: &credential.badge,
        public_url: SITE,
        take: take(credential),
        structured: (credential.state != State::Revoked).then(|| credential.structured(SITE)),
        oembed: oembed::address(SITE, &credential.url),
        pathway: Pathway::default(),
    }
}

fn take(credential: &Credential) -> Take {
    let linkedin = (credential.state == State::Valid).then(|| linkedin::form(credential, None));
    Take { files: format!("/credentials/{ID}"), jwt: true, clr: false, linkedin }
}

fn claim(credential: &Credential, claimed: bool) -> String {
    let page = ClaimPage {
        frame: frame(),
        credential,
        badge: &credential.badge,
        action: "/claim/TOKEN",
        declined: None,
        decline: "/claim/TOKEN/decline",
        not_me: "/claim/TOKEN/not-me",
        address: "/claim/TOKEN/address",
        hidden: false,
        hide: "/claim/TOKEN/hide",
        show: "/claim/TOKEN/show",
        take: take(credential),
        open: &format!("/credentials/{ID}"),
        claimed,
        link_until: Day::of(time("2026-12-03T09:12:00Z"), Language::English),
        contact: Some("badges@example.edu"),
        wallet: None,
    };
    page.render().unwrap()
}

/// A page's text as one hears it, without its head.
fn spoken(html: &str) -> String {
    let body = html.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    let body = body.replace("<bdi>", "").replace("</bdi>", "");
    let mut text = String::new();
    let mut inside = true;
    for c in body.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push('\n');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
