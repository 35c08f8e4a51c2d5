//! What the page of a verification says of the badge.

use super::*;
use crate::badges::verify::{About, Achieved, Check, Holder, Report};
use crate::locales::Message;
use crate::remote::Examined;
use crate::web::pages::VerifyPage;
use crate::web::verify::Shown;

fn about() -> About {
    About {
        badge: "Workplace Safety".to_owned(),
        issuer: "Example University".to_owned(),
        issuer_id: "did:web:badges.example.edu".to_owned(),
        holder: Holder::Hashed,
        address: Some(format!("{SITE}/credentials/{ID}")),
        awarded: Some(time("2026-11-03T09:12:00Z")),
        until: Some(time("2028-11-03T09:12:00Z")),
        results: vec![
            Achieved {
                name: Some("Final Quiz".to_owned()),
                kind: Some("Percent".to_owned()),
                value: Some("92.50".to_owned()),
                max: None,
                status: Some("Completed".to_owned()),
            },
            Achieved { name: None, kind: None, value: Some("A".to_owned()), max: None, status: None },
        ],
        criteria: Some(format!("{SITE}/achievements/workplace-safety")),
    }
}

fn page(about: About, t: Language) -> String {
    checked(about, Check { name: "dates", holds: Some(true), found: Message::new("found-valid-for-ever") }, t)
}

fn checked(about: About, check: Check, t: Language) -> String {
    let report = Report { checks: vec![check], about: Some(about) };
    let shown = Shown::of(&Examined { report, unread: Vec::new() }, t);
    VerifyPage { frame: Frame { t, ..frame() }, shown: Some(&shown), hint: None }.render().unwrap()
}

#[test]
fn an_employer_reads_whose_the_badge_is_and_for_what() {
    let text = spoken(&page(about(), Language::English));
    let says = text.split("What it says of itself").nth(1).unwrap().split("Anybody can").next().unwrap();
    insta::assert_snapshot!(says.trim(), @"
    Badge
    Workplace Safety
    Awarded to
    The file names nobody: it holds an e-mail address as a hash, which only who knows the address can
    recognise. Ask whoever showed you the badge for its public page: that one says the name.
    Awarded
    3 November 2026
    Valid until
    3 November 2028
    Result: Final Quiz
    92.5% · passed
    Result
    A
    How this badge is earned
    https://badges.example.edu/achievements/workplace-safety
    Its own address
    https://badges.example.edu/credentials/2f6c1b2e-8d0a-5c4b-9d55-0b6a7a3f1c11
    Issuer
    Example University
    Issuer’s identifier
    did:web:badges.example.edu
    ");
    for t in Language::ALL {
        let html = page(about(), t);
        for said in [
            t.say("check-hashed"),
            t.day(time("2026-11-03T00:00:00Z")),
            t.say("fact-until"),
            t.number("92.5"),
        ] {
            assert!(html.contains(&said), "{}: {said}", t.tag());
        }
    }
}

#[test]
fn the_holder_is_named_where_the_badge_does() {
    let html = page(About { holder: Holder::Named("<b>Ada</b>".to_owned()), ..about() }, Language::English);
    assert!(
        html.contains("<bdi>&#60;b&#62;Ada&#60;/b&#62;</bdi>") && !html.contains("names nobody"),
        "{html}"
    );
    let html = page(About { holder: Holder::Id("did:key:z6Mk\"".to_owned()), ..about() }, Language::English);
    assert!(html.contains("<code dir=\"ltr\">did:key:z6Mk&#34;</code>") && !html.contains("names nobody"));
    let bare = About {
        holder: Holder::Unsaid,
        awarded: None,
        until: None,
        results: vec![],
        criteria: None,
        ..about()
    };
    let html = page(bare, Language::English);
    for absent in ["Awarded to", "Awarded", "Valid until", "Result", "How this badge is earned"] {
        assert!(!html.contains(absent), "{absent}: {html}");
    }
}

#[test]
fn of_a_badge_that_was_withdrawn_no_result_is_told() {
    let revoked = |holds| Check { name: "status", holds: Some(holds), found: Message::new("found-revoked") };
    assert!(checked(about(), revoked(true), Language::English).contains("92.5%"));
    let html = checked(about(), revoked(false), Language::English);
    assert!(
        !html.contains("92.5%") && !html.contains("Final Quiz") && html.contains("3 November 2026"),
        "{html}"
    );
}
