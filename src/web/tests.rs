//! Pages rendered from values made by hand.

use askama::Template as _;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::badges::{Achievement, Related};
use crate::store::{StatusEntry, StoredCredential};

use super::assets::STYLE_PATH;
use super::error::PageError;
use super::pages::{
    AchievementPage, ClaimPage, CredentialPage, ErrorPage, Frame, FrontPage, IssuerPage, OutboxMail,
    OutboxMailPage, OutboxPage,
};
use super::results::Achieved;
use super::view::{Badge, Credential, Day, State};

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
    }
}

fn achievement() -> Achievement {
    Achievement {
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
    }
}

fn frame() -> Frame {
    Frame { site: "Example University".to_owned(), css: STYLE_PATH.as_str(), outbox: false }
}

fn view(stored: &StoredCredential) -> Credential {
    Credential::read(stored, Some((&achievement(), true)), SITE, now())
}

fn public(credential: &Credential) -> String {
    let page = CredentialPage {
        frame: frame(),
        credential,
        badge: &credential.badge,
        public_url: SITE,
        structured: credential.structured(SITE),
    };
    page.render().unwrap()
}

fn claim(credential: &Credential, claimed: bool) -> String {
    let page = ClaimPage {
        frame: frame(),
        credential,
        badge: &credential.badge,
        action: "/claim/TOKEN",
        claimed,
        link_until: Day::of(time("2026-12-03T09:12:00Z")),
        contact: Some("badges@example.edu"),
    };
    page.render().unwrap()
}

fn front() -> String {
    let badge = |id: &str, name: &str, image| {
        Badge::of(&Achievement { id: id.to_owned(), name: name.to_owned(), ..achievement() }, image)
    };
    let page = FrontPage {
        frame: Frame { outbox: true, ..frame() },
        url: "https://www.example.edu/",
        contact: Some("badges@example.edu"),
        public_url: SITE,
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

/// A page's text as one hears it, without its head.
fn spoken(html: &str) -> String {
    let body = html.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
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

#[test]
fn the_public_page_says_what_the_badge_says() {
    insta::assert_snapshot!(spoken(&public(&view(&stored(&document())))), @r#"
    Micro Credential
    Valid
    Workplace Safety
    Awarded to
    Ada Example
    Recognises the hazards of a teaching laboratory, prevents them, and acts correctly when something happens.
    Issued by
    Example University
    Awarded
    3 November 2026
    Valid until
    3 November 2028
    Credits
    1.5
    Field of study
    Occupational health
    Results
    Final Quiz
    92%
    46 of 50
    passed
    Practical part
    passed
    Evidence
    Final Quiz, Workplace Safety 101
    Forty questions under supervision, graded on 3 November 2026.
    How this badge is earned
    The holder
    passed the
    final quiz
    of
    Workplace Safety 101
    with at least 70%, and
    had the practical part signed off by the laboratory’s safety officer.
    Competencies
    Apply laboratory safety rules
    Example Skills Framework · LAB-7
    Works by the written rules of the laboratory and stops work that is not safe.
    Keywords
    laboratory
    safety
    first aid
    Where to go from here
    Chemical Hazards 201
    Take it with you
    Each of these files is the badge itself, signature included.
    Image (PNG)
    Image (SVG)
    Credential (JSON)
    Add to LinkedIn
    For Ada Example: LinkedIn opens with everything filled in.
    Verify it yourself
    You need not trust this page. The badge is a signed document that any Open Badges 3.0 verifier can check:
    Download the credential or one of the images above.
    Give it to a verifier that you trust, for example
    the one of 1EdTech
    .
    It checks the signature against the issuer’s public key, and asks whether the badge was withdrawn.
    Issuer
    did:web:badges.example.edu
    Credential
    2f6c1b2e-8d0a-5c4b-9d55-0b6a7a3f1c11
    Public key
    did.json
    Status lists
    revocation
    ,
    suspension
    "#);
}

#[test]
fn the_claim_page_says_what_claiming_does() {
    insta::assert_snapshot!(spoken(&claim(&view(&stored(&document())), false)), @r#"
    A badge for you
    Workplace Safety
    Awarded to
    Ada Example
    Recognises the hazards of a teaching laboratory, prevents them, and acts correctly when something happens.
    Claim this badge
    This makes a public page with your name, the badge, and what is shown below. Your e-mail address is not on it. You need no account. The link works until
    3 December 2026
    .
    Issued by
    Example University
    Awarded
    3 November 2026
    Valid until
    3 November 2028
    Credits
    1.5
    Field of study
    Occupational health
    Results
    Final Quiz
    92%
    46 of 50
    passed
    Practical part
    passed
    Evidence
    Final Quiz, Workplace Safety 101
    Forty questions under supervision, graded on 3 November 2026.
    How this badge is earned
    The holder
    passed the
    final quiz
    of
    Workplace Safety 101
    with at least 70%, and
    had the practical part signed off by the laboratory’s safety officer.
    Competencies
    Apply laboratory safety rules
    Example Skills Framework · LAB-7
    Works by the written rules of the laboratory and stops work that is not safe.
    Is something wrong here?
    If the name is not yours or a result is not right, do not claim the badge yet: write to
    badges@example.edu
    .
    "#);
    let claimed = claim(&view(&stored(&document())), true);
    assert!(claimed.contains(&format!("href=\"/credentials/{ID}\"")));
    assert!(!claimed.contains("<form"));
}

#[test]
fn results_of_one_assessment_stand_together() {
    let credential = view(&stored(&document()));
    let achieved = |name: &str, values: &[&str]| Achieved {
        name: name.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    assert_eq!(
        credential.results,
        [achieved("Final Quiz", &["92%", "46 of 50", "passed"]), achieved("Practical part", &["passed"])]
    );
}

#[test]
fn the_state_is_told_with_dignity() {
    let valid = stored(&document());
    assert_eq!(view(&valid).state, State::Valid);
    assert!(!public(&view(&valid)).contains("class=\"notice"));
    let suspended = StoredCredential { suspended: true, ..valid.clone() };
    let revoked = StoredCredential { revoked: true, suspended: true, ..valid.clone() };
    let mut old = document();
    old["validUntil"] = json!("2026-11-09T00:00:00Z");
    for (stored, state, words) in [
        (suspended, State::Suspended, "This badge is on hold."),
        (revoked.clone(), State::Revoked, "This badge no longer counts."),
        (stored(&old), State::Expired, "This badge has run its time."),
    ] {
        let credential = view(&stored);
        assert_eq!(credential.state, state);
        let page = public(&credential);
        assert!(page.contains(words) && page.contains("Credential (JSON)"), "{words}");
        assert!(!page.contains("Add to LinkedIn") && !page.contains("pill good"), "{words}");
    }
    let page = claim(&view(&revoked), false);
    assert!(page.contains("cannot be claimed any more") && !page.contains("<form"));
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

#[test]
fn a_document_of_any_shape_makes_a_page() {
    for odd in [
        json!(null),
        json!([]),
        json!({ "issuer": "did:key:z6Mk", "credentialSubject": [] }),
        json!({ "credentialSubject": { "achievement": "x", "result": 7 }, "evidence": "x", "validFrom": 5 }),
        json!({ "credentialSubject": { "achievement": { "creditsAvailable": 1e300, "alignment": [null, {}] } } }),
    ] {
        let page = public(&view(&stored(&odd)));
        assert!(page.contains("3 November 2026") && page.contains("workplace-safety"), "{page}");
    }
    let garbage = StoredCredential { document: "{".to_owned(), ..stored(&Value::Null) };
    public(&view(&garbage));
}

#[test]
fn machines_can_read_the_page() {
    let page = public(&view(&stored(&document())));
    for part in [
        "<html lang=\"en\">",
        "<link rel=\"alternate\" type=\"application/vc+ld+json\"",
        "<meta property=\"og:image\" content=\"https://badges.example.edu/achievements/workplace-safety/image.png\">",
        "<meta property=\"og:title\" content=\"Ada Example: Workplace Safety\">",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let structured = view(&stored(&document())).structured(SITE);
    let data: Value = serde_json::from_str(&structured).unwrap();
    assert_eq!(data["@type"], "EducationalOccupationalCredential");
    assert_eq!(data["competencyRequired"][0]["termCode"], "LAB-7");
    assert_eq!(data["expires"], "2028-11-03");
    assert!(!structured.contains(['<', '>', '&']));
}

#[test]
fn linkedin_opens_filled_in() {
    insta::assert_snapshot!(view(&stored(&document())).linkedin, @"https://www.linkedin.com/profile/add?startTask=CERTIFICATION_NAME&name=Workplace+Safety&organizationName=Example+University&issueYear=2026&issueMonth=11&expirationYear=2028&expirationMonth=11&certUrl=https%3A%2F%2Fbadges.example.edu%2Fcredentials%2F2f6c1b2e-8d0a-5c4b-9d55-0b6a7a3f1c11&certId=2f6c1b2e-8d0a-5c4b-9d55-0b6a7a3f1c11");
}

#[test]
fn every_page_has_one_heading_and_its_landmarks() {
    for (name, html) in pages() {
        assert_eq!(html.matches("<h1").count(), 1, "{name}");
        assert_eq!(html.matches("<main").count(), 1, "{name}");
        for part in [
            "<html lang=\"en\">",
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
fn a_badge_without_a_file_is_still_shown() {
    let credential = Credential::read(&stored(&document()), None, SITE, now());
    assert_eq!(credential.badge.image, "/assets/badge.svg");
    assert_eq!(credential.badge.alt, "The badge “Workplace Safety”");
    assert!(!public(&credential).contains("og:image"));
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
        url: "https://www.example.edu/",
        contact: Some("badges@example.edu"),
        did: "did:web:badges.example.edu",
        badges: vec![Badge::of(&achievement(), true)],
    };
    let badge = Badge::of(&achievement(), true);
    let achievement =
        AchievementPage { frame: frame(), badge: &badge, issuer_slug: "example", public_url: SITE };
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
        ("link-ended", error(PageError::LinkEnded)),
        ("unavailable", error(PageError::Unavailable)),
        ("internal", error(PageError::Internal)),
        ("method", error(PageError::Method)),
    ]
}
