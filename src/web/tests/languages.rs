//! Pages in the reader's language, and badges whose texts are translated.

use super::*;
use crate::badges::Translation;
use crate::locales::Message;
use crate::web::badge::Badge;
use crate::web::error::PageError;
use crate::web::pages::{AchievementPage, ErrorPage, FrontPage, IssuerPage, VerifyPage};
use crate::web::pathway::{Pathway, Step};

fn speaking(t: Language) -> Frame {
    Frame { t, keep: "?lang=xx", ..frame() }
}

/// The file of the badge that [`document`] shows, in English, French and Arabic.
fn translated() -> Achievement {
    let document = document();
    let signed = &document["credentialSubject"]["achievement"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let french = Translation {
        name: "Sécurité au travail".to_owned(),
        description: "Reconnaît les dangers d’un laboratoire d’enseignement.".to_owned(),
        criteria: "Réussir le **questionnaire final**.".to_owned(),
        image_caption: Some("Un casque".to_owned()),
    };
    let arabic = Translation {
        name: "السلامة في العمل".to_owned(), image_caption: None, ..french.clone()
    };
    Achievement {
        name: text(&signed["name"]),
        description: text(&signed["description"]),
        criteria: text(&signed["criteria"]["narrative"]),
        translations: [("fr".to_owned(), french), ("ar".to_owned(), arabic)].into(),
        ..achievement()
    }
}

fn read(file: &Achievement, t: Language) -> Credential {
    Credential::read(&stored(&document()), Some((file, true)), SITE, now(), t)
}

#[test]
fn a_badge_speaks_the_readers_language_where_its_file_does() {
    let french = read(&translated(), Language::French);
    let badge = &french.badge;
    assert_eq!((badge.name.as_str(), badge.language.as_str()), ("Sécurité au travail", "fr"));
    assert!(badge.criteria.contains("<strong>questionnaire final</strong>"));
    assert_eq!((badge.alt.as_str(), badge.alt_language.as_deref()), ("Un casque", None));
    assert_eq!((badge.own_name.as_str(), badge.own_language.as_str()), ("Workplace Safety", "en"));
    let page = CredentialPage { frame: speaking(Language::French), ..page(&french) }.render().unwrap();
    assert!(page.contains("<h1 lang=\"fr\" dir=\"auto\">Sécurité au travail</h1>"), "{page}");
    assert!(
        page.contains("<span lang=\"en\" dir=\"auto\">Workplace Safety</span>"),
        "what is signed is named"
    );

    let arabic = read(&translated(), Language::Arabic);
    assert_eq!(arabic.badge.name, "السلامة في العمل");
    assert_eq!(arabic.badge.alt_language.as_deref(), Some("en"), "there is no Arabic caption");
    for own in [Language::English, Language::German] {
        assert_eq!(read(&translated(), own).badge.name, "Workplace Safety");
    }
    // The badge that stands on the front page.
    assert_eq!(Badge::of(&translated(), true, Language::French).name, "Sécurité au travail");
}

#[test]
fn a_translation_of_other_words_than_the_signed_ones_is_not_shown() {
    let changes: [fn(&mut Achievement); 3] = [
        |file| file.name = "Safety at Work".to_owned(),
        |file| file.description.push('!'),
        |file| file.criteria = "Pass.".to_owned(),
    ];
    for change in changes {
        let mut file = translated();
        change(&mut file);
        let badge = read(&file, Language::French).badge;
        assert_eq!((badge.name.as_str(), badge.language.as_str()), ("Workplace Safety", "en"));
    }
    // Links at the end of the criteria were made when it was signed; they stay.
    let mut document = document();
    let narrative = &mut document["credentialSubject"]["achievement"]["criteria"]["narrative"];
    *narrative = format!("{}\n\n→ [Next](<https://x.example/>)", narrative.as_str().unwrap().trim()).into();
    let stored = stored(&document);
    let credential = Credential::read(&stored, Some((&translated(), true)), SITE, now(), Language::French);
    assert!(credential.badge.criteria.contains("questionnaire"));
    assert!(credential.badge.criteria.contains("<a href=\"https://x.example/\">Next</a>"));
}

#[test]
fn a_link_that_leads_on_is_shown_once() {
    let related = &achievement().related[0];
    let mut document = document();
    let narrative = &mut document["credentialSubject"]["achievement"]["criteria"]["narrative"];
    let criteria = narrative.as_str().unwrap().trim().to_owned();
    let elsewhere = "\n\n→ [Elsewhere](<https://x.example/>)";
    *narrative = format!("{criteria}\n\n→ [{}](<{}>){elsewhere}", related.name, related.url).into();
    let stored = stored(&document);
    for t in [Language::English, Language::French] {
        let credential = Credential::read(&stored, Some((&translated(), true)), SITE, now(), t);
        for html in [public(&credential), claim(&credential, true)] {
            assert_eq!(html.matches(related.url.as_str()).count(), 1, "{html}");
            // What stands nowhere else stays.
            assert!(html.contains("→ <a href=\"https://x.example/\">Elsewhere</a>"), "{html}");
        }
    }
    // A badge without a file any more has no other place for it.
    let credential = Credential::read(&stored, None, SITE, now(), Language::English);
    assert!(credential.badge.criteria.contains(related.url.as_str()));
}

#[test]
fn a_certificate_speaks_the_readers_language_only_where_the_badge_does() {
    let file = translated();
    for (reader, language, name) in [
        (Language::French, Language::French, "Sécurité au travail"),
        (Language::German, Language::English, "Workplace Safety"),
    ] {
        let (credential, spoken) = certificate::spoken(|t| read(&file, t), reader);
        assert_eq!((spoken, credential.badge.name.as_str()), (language, name));
        let image = BadgeImage::Svg(crate::web::assets::IMAGE.to_owned());
        let sheet = certificate::compose(credential, spoken, time("2026-11-03T09:12:00Z"), image);
        let credits = if language == Language::French { "1,5" } else { "1.5" };
        assert_eq!(sheet.facts[2].1, credits);
        assert_eq!(sheet.facts[1].1, language.day(time("2028-11-03T00:00:00Z")));
    }
}

/// Every page that has words of its own, in a language.
fn pages(t: Language) -> Vec<(String, String)> {
    let badges = vec![Badge::of(&translated(), true, t)];
    let step = |page| Step { badge: badges[0].clone(), page };
    let way = Pathway { before: vec![step(Some("/credentials/x".to_owned()))], next: vec![step(None)] };
    let contact = Some("badges@example.edu");
    let front = FrontPage {
        frame: speaking(t),
        url: "https://www.example.edu/",
        contact,
        public_url: SITE,
        issuers: vec![("example".to_owned(), "Example University".to_owned())],
        badges: badges.clone(),
    };
    let issuer = IssuerPage {
        frame: speaking(t),
        description: None,
        name: "Example University".to_owned(),
        slug: "example",
        public_url: SITE,
        url: "https://www.example.edu/",
        contact,
        did: "did:web:badges.example.edu",
        badges: badges.clone(),
    };
    let achievement = AchievementPage {
        frame: speaking(t),
        structured: badges[0].structured(SITE, "Example University"),
        pathway: way.clone(),
        badge: &badges[0],
        issuer_slug: "example",
        issuer: "Example University",
        public_url: SITE,
    };
    let hint = Message::new("check-nothing").html(t);
    let verify = VerifyPage { frame: speaking(t), shown: None, hint: Some(hint) };
    let mut pages = vec![
        ("front".to_owned(), front.render().unwrap()),
        ("issuer".to_owned(), issuer.render().unwrap()),
        ("achievement".to_owned(), achievement.render().unwrap()),
        ("verify".to_owned(), verify.render().unwrap()),
    ];
    for error in [
        PageError::NotFound,
        PageError::UnknownLink,
        PageError::NoCertificate,
        PageError::Erased,
        PageError::NoLetters,
        PageError::Method,
        PageError::TooMany,
        PageError::Busy,
        PageError::TooLarge,
        PageError::NoFormat,
        PageError::Unavailable,
        PageError::Internal,
    ] {
        let page = ErrorPage::of(speaking(t), error, contact).render().unwrap();
        pages.push((format!("{error:?}"), page));
    }
    pages
}

#[test]
fn every_page_speaks_every_language() {
    let english = pages(Language::English);
    let file = translated();
    // What a badge without a translation says, and the numbers of errors.
    let badge = Badge::of(&file, true, Language::English);
    let criteria = spoken(&format!("<main>{}</main>", badge.criteria));
    let of_the_badge = format!("{file:?} {criteria} 1.5 404 410 405 429 501 503 413 500");
    for t in Language::ALL {
        for ((name, page), (_, english)) in pages(t).into_iter().zip(&english) {
            let begin = format!("<html lang=\"{}\" dir=\"{}\">", t.tag(), t.dir());
            assert!(page.contains(&begin), "{} {name}", t.tag());
            assert!(page.contains("href=\"/verify?lang=xx\""), "{} {name}: the choice goes on", t.tag());
            if t == Language::English {
                continue;
            }
            // No line of the page is the English one, but for names, addresses, and words that two
            // languages share.
            let said = spoken(english);
            for line in spoken(&page).lines().filter(|line| said.lines().any(|known| known == *line)) {
                let shared = ["Questions", "Website", "Badges", "Badge"].contains(&line);
                let named = ["Example University", "example.edu"].iter().any(|name| line.contains(name));
                assert!(shared || named || of_the_badge.contains(line), "{} {name}: {line}", t.tag());
            }
        }
    }
}
