//! The public page of a credential.

use super::*;
use crate::web::results::Achieved;

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
    Credential (JWT)
    Certificate to print (PDF)
    Add to LinkedIn
    For Ada Example: LinkedIn opens with everything filled in.
    Verify it yourself
    See each check
    You need not trust this page. The badge is a signed document that any Open Badges 3.0 verifier
    can check:
    Download the credential or one of the images above.
    Give it to a verifier that you trust, for example the one of 1EdTech:
    vc.1edtech.org
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
        assert!(page.contains(words), "{words}");
        assert_eq!(page.contains("Credential (JSON)"), state != State::Revoked, "{words}");
        assert!(!page.contains("Add to LinkedIn") && !page.contains("pill good"), "{words}");
    }
    let page = claim(&view(&revoked), false);
    assert!(page.contains("cannot be claimed any more") && !page.contains("<form"));
}

#[test]
fn a_withdrawn_badge_says_nothing_more_about_its_holder() {
    let earlier = Some(uuid::Uuid::from_u128(7));
    let revoked = StoredCredential { revoked: true, renews_shown: earlier, ..stored(&document()) };
    let (credential, valid) = (view(&revoked), view(&StoredCredential { revoked: false, ..revoked.clone() }));
    let pages =
        |credential: &Credential| [public(credential), claim(credential, true), claim(credential, false)];
    for (told, page) in pages(&valid).iter().zip(pages(&credential)) {
        for personal in
            ["Final Quiz", "92%", "Evidence", "Forty questions", "Valid until", "an earlier badge"]
        {
            assert!(spoken(told).contains(personal), "{personal}");
            assert!(!page.contains(personal), "{personal}: {page}");
        }
        assert!(page.contains("it says nothing\nbeyond that about <bdi>Ada Example</bdi>"), "{page}");
        assert!(page.contains("How this badge is earned"), "what the badge is stays");
    }
    let page = public(&credential);
    for handed in [
        "Take it with you",
        "a3f1c11.png\"",
        "a3f1c11.svg\"",
        "a3f1c11.jwt\"",
        ".pdf",
        "oembed",
        "\"application/ld+json\"",
        "holds the badge",
    ] {
        assert!(public(&valid).contains(handed), "{handed}");
        assert!(!page.contains(handed), "{handed}: {page}");
    }
    // Verifiers find the document and its status, machines too.
    assert!(page.contains("See each check") && page.contains("revocation"));
    let document = format!(
        "<link rel=\"alternate\" type=\"application/vc+ld+json\" href=\"{SITE}/credentials/{ID}.json\">"
    );
    assert!(page.contains(&document));
}

#[test]
fn a_renewal_and_what_it_renews_lead_to_each_other() {
    let other = uuid::Uuid::from_u128(7);
    let link = format!("{SITE}/credentials/{other}");
    let old = StoredCredential { renewed_by: Some(other), ..stored(&document()) };
    let page = public(&view(&old));
    assert!(page.contains("This badge was renewed.") && page.contains(&format!("href=\"{link}\"")), "{page}");
    assert!(page.contains("This one counts until its own end."));
    let mut renewal = document();
    renewal["evidence"] = json!([
        { "id": link, "type": ["Evidence"], "name": "Renewal of an earlier badge", "genre": "Renewal" }
    ]);
    let new = StoredCredential { renews_shown: Some(other), ..stored(&renewal) };
    assert_eq!(public(&view(&new)).matches(&format!("href=\"{link}\"")).count(), 2, "fact and evidence");
    let page = public(&view(&stored(&renewal)));
    assert!(page.contains("Renewal of an earlier badge") && !page.contains(&link), "its page is not public");
}

#[test]
fn a_badge_without_a_file_is_still_shown() {
    let credential = Credential::read(&stored(&document()), None, SITE, now(), Language::English);
    assert_eq!(credential.badge.image, "/assets/badge.svg");
    assert_eq!(credential.badge.alt, "The badge “Workplace Safety”");
    assert!(!public(&credential).contains("og:image"));
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
        "<html lang=\"en\" dir=\"ltr\">",
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
    insta::assert_snapshot!(linkedin::form(&view(&stored(&document())), None), @"https://www.linkedin.com/profile/add?startTask=CERTIFICATION_NAME&name=Workplace+Safety&organizationName=Example+University&issueYear=2026&issueMonth=11&expirationYear=2028&expirationMonth=11&certUrl=https%3A%2F%2Fbadges.example.edu%2Fcredentials%2F2f6c1b2e-8d0a-5c4b-9d55-0b6a7a3f1c11&certId=2f6c1b2e-8d0a-5c4b-9d55-0b6a7a3f1c11");
    let by_number = linkedin::form(&view(&stored(&document())), Some(12345));
    assert!(
        by_number.contains("&organizationId=12345&") && !by_number.contains("organizationName"),
        "{by_number}"
    );
}

#[test]
fn a_certificate_is_written_in_the_language_of_the_badge() {
    let in_language = |tag: &str| {
        let mut document = document();
        document["credentialSubject"]["achievement"]["inLanguage"] = tag.into();
        let stored = stored(&document);
        let image = BadgeImage::Svg(super::super::assets::IMAGE.to_owned());
        let read = |language| Credential::read(&stored, Some((&achievement(), true)), SITE, now(), language);
        let (view, language) = certificate::spoken(read, Language::English);
        certificate::compose(view, language, stored.awarded_at, image)
    };
    let arabic = in_language("ar");
    assert_eq!(
        (arabic.language.as_str(), arabic.right_to_left, arabic.title.as_str()),
        ("ar", true, "شهادة")
    );
    assert!(arabic.can_be_drawn() && arabic.pdf().is_ok());
    let german = in_language("de-AT");
    assert_eq!((german.language.as_str(), german.right_to_left), ("de", false));
    assert_eq!(german.facts[0], ("Verliehen am".to_owned(), "3. November 2026".to_owned()));
    assert_eq!(german.facts[1], ("Gültig bis".to_owned(), "3. November 2028".to_owned()));
    // What has no words here is said in English, and says so.
    assert_eq!(in_language("pl").language, "en");
}
