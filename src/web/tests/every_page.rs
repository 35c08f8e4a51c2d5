//! What holds for every page.

use super::*;
use crate::locales::Message;
use crate::web::badge::Badge;
use crate::web::error::PageError;
use crate::web::pages::{
    AchievementPage, ErrorPage, Field, FrontPage, IssuerPage, OutboxMail, OutboxMailPage, OutboxPage,
    StepPage, VerifyPage,
};

#[test]
fn every_page_has_one_heading_and_its_landmarks() {
    for (name, html) in pages() {
        assert_eq!(html.matches("<h1").count(), 1, "{name}");
        assert_eq!(html.matches("<main").count(), 1, "{name}");
        for part in [
            "<html lang=\"en\" dir=\"ltr\">",
            "class=\"skip\" href=\"#main\"",
            "<header",
            "<footer",
            "name=\"viewport\"",
            "<title>",
        ] {
            assert!(html.contains(part), "{name}: {part}");
        }
        assert_eq!(
            html.matches("<img").count(),
            html.matches(" alt=\"").count(),
            "{name}: images have a text"
        );
        assert!(!html.contains("style=\"") && !html.contains("onclick"), "{name}: the policy allows neither");
        let script = html.matches("<script").count();
        assert_eq!(script, html.matches("<script type=\"application/ld+json\">").count(), "{name}");
        assert!(!html.contains("ada@example.test") || name.starts_with("outbox"), "{name} shows the address");
    }
}

#[test]
fn hostile_values_stay_text() {
    let evil = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;";
    let mut document = document();
    document["issuer"]["name"] = json!(evil);
    document["issuer"]["url"] = json!("javascript:alert(1)");
    document["issuer"]["id"] = json!(evil);
    document["evidence"] = json!({ "id": "javascript:alert(1)", "name": evil, "narrative": evil });
    let achievement = &mut document["credentialSubject"]["achievement"];
    for key in ["name", "description", "achievementType", "fieldOfStudy", "inLanguage"] {
        achievement[key] = json!(evil);
    }
    achievement["criteria"] = json!({ "id": "data:text/html,x", "narrative": evil });
    achievement["tag"] = json!([evil]);
    achievement["alignment"] = json!([{ "targetName": evil, "targetUrl": "vbscript:x", "targetCode": evil }]);
    achievement["resultDescription"][0]["name"] = json!(evil);
    document["credentialSubject"]["result"][0]["value"] = json!(evil);
    let stored = StoredCredential { name: evil.to_owned(), ..stored(&document) };
    let credential = view(&stored);
    for html in [public(&credential), claim(&credential, false)] {
        assert!(!html.contains("<script>") && !html.contains("<img src=x"), "{html}");
        for scheme in ["href=\"javascript", "href=\"data", "href=\"vbscript"] {
            assert!(!html.contains(scheme), "{scheme}");
        }
        // Our own markup only: as many tags as without the attack, or fewer.
        assert!(html.matches("<script").count() <= 1);
    }
    let page = public(&credential);
    let data = page.split("<script type=\"application/ld+json\">").nth(1).unwrap();
    let data: Value = serde_json::from_str(data.split("</script>").next().unwrap()).unwrap();
    assert_eq!(data["about"]["name"], evil);
}

fn pages() -> Vec<(&'static str, String)> {
    let credential = view(&stored(&document()));
    let held = view(&StoredCredential { suspended: true, ..stored(&document()) });
    let withdrawn = view(&StoredCredential { revoked: true, ..stored(&document()) });
    let outbox = OutboxPage {
        frame: frame(),
        mails: vec![mail("2", "Your badge: Workplace Safety"), mail("1", "Your badge: Academic Writing")],
    };
    let empty = OutboxPage { frame: frame(), mails: vec![] };
    let opened = OutboxMailPage {
        frame: frame(),
        mail: mail("2", "Your badge: Workplace Safety"),
        link: Some("/claim/TOKEN".to_owned()),
    };
    let issuer = IssuerPage {
        frame: frame(),
        description: Some("A university that exists in examples only."),
        name: "Example University".to_owned(),
        slug: "example",
        public_url: SITE,
        url: "https://www.example.edu/",
        contact: Some("badges@example.edu"),
        did: "did:web:badges.example.edu",
        badges: vec![Badge::of(&achievement(), true, Language::English)],
    };
    let badge = Badge::of(&achievement(), true, Language::English);
    let achievement = AchievementPage {
        frame: frame(),
        structured: badge.structured(SITE, "Example University"),
        pathway: Pathway::default(),
        badge: &badge,
        issuer_slug: "example",
        issuer: "Example University",
        public_url: SITE,
    };
    let step = StepPage {
        frame: frame(),
        heading: "Decline this badge?".to_owned(),
        text: "It stays private.".to_owned(),
        button: Some(("/claim/TOKEN/decline".to_owned(), "Decline the badge".to_owned())),
        field: Some(Field {
            label: "Your address".to_owned(),
            value: "ada@\" onfocus=\"x".to_owned(),
            wrong: Some("That is none.".to_owned()),
        }),
        back: Some("/claim/TOKEN".to_owned()),
        contact: Some("badges@example.edu"),
    };
    let hint = Message::new("check-link").because(Message::new("fetch-page")).html(Language::English);
    let verify = VerifyPage { frame: frame(), shown: None, hint: Some(hint) };
    let error = |error| ErrorPage::of(frame(), error, Some("badges@example.edu")).render().unwrap();
    vec![
        ("credential", public(&credential)),
        ("held", public(&held)),
        ("withdrawn", public(&withdrawn)),
        ("claim", claim(&credential, false)),
        ("claimed", claim(&credential, true)),
        ("front", front()),
        ("issuer", issuer.render().unwrap()),
        ("achievement", achievement.render().unwrap()),
        ("outbox", outbox.render().unwrap()),
        ("outbox-empty", empty.render().unwrap()),
        ("outbox-mail", opened.render().unwrap()),
        ("not-found", error(PageError::NotFound)),
        ("unknown-link", error(PageError::UnknownLink)),
        ("step", step.render().unwrap()),
        ("no-certificate", error(PageError::NoCertificate)),
        ("erased", error(PageError::Erased)),
        ("no-letters", error(PageError::NoLetters)),
        ("unavailable", error(PageError::Unavailable)),
        ("internal", error(PageError::Internal)),
        ("method", error(PageError::Method)),
        ("too-many", error(PageError::TooMany)),
        ("busy", error(PageError::Busy)),
        ("too-large", error(PageError::TooLarge)),
        ("verify", verify.render().unwrap()),
    ]
}

fn front() -> String {
    let badge = |id: &str, name: &str, image| {
        Badge::of(
            &Achievement { id: id.to_owned(), name: name.to_owned(), ..achievement() },
            image,
            Language::English,
        )
    };
    let page = FrontPage {
        frame: Frame { outbox: true, ..frame() },
        url: "https://www.example.edu/",
        contact: Some("badges@example.edu"),
        public_url: SITE,
        issuers: vec![("example".to_owned(), "Example University".to_owned())],
        badges: vec![
            badge("workplace-safety", "Workplace Safety", true),
            badge("academic-writing", "Academic Writing", false),
            badge("data-ethics", "Data Ethics", false),
        ],
    };
    page.render().unwrap()
}

fn mail(id: &str, subject: &str) -> OutboxMail {
    OutboxMail {
        id: id.to_owned(),
        from: "Example University <badges@example.edu>".to_owned(),
        to: "Ada Example <ada@example.test>".to_owned(),
        subject: subject.to_owned(),
        time: "3 November 2026, 09:12:04 UTC".to_owned(),
        text: "Hello Ada Example,\n\nExample University has awarded you a badge.\n\nhttps://badges.example.edu/claim/x\n"
            .to_owned(),
    }
}
