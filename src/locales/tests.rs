use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::*;

/// Keys, each with the names of its arguments.
fn messages(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut key = String::new();
    for line in sources(language).flat_map(str::lines) {
        if let Some((name, _)) = line
            .split_once(" =")
            .filter(|(name, _)| line.starts_with(|c: char| c.is_ascii_lowercase()) && !name.contains(' '))
        {
            name.clone_into(&mut key);
            assert!(
                messages.insert(key.clone(), BTreeSet::new()).is_none(),
                "{}: {key} twice",
                language.tag()
            );
        }
        for argument in line.split("{ $").skip(1) {
            let name = argument.split(' ').next().unwrap().to_owned();
            messages.get_mut(&key).unwrap().insert(name);
        }
    }
    messages
}

#[test]
fn every_file_can_be_read() {
    for language in Language::ALL {
        assert!(sources(language).count() > 0, "{}", language.tag());
        for source in sources(language) {
            if let Err((_, errors)) = FluentResource::try_new(source.to_owned()) {
                panic!("{}: {errors:?}", language.tag());
            }
        }
    }
}

#[test]
fn every_language_says_the_same_with_the_same_arguments() {
    let english = messages(Language::English);
    for language in Language::ALL {
        assert_eq!(messages(language), english, "{}", language.tag());
    }
}

#[test]
fn every_message_can_be_said() {
    for language in Language::ALL {
        let (_, bundle) = BUNDLES.iter().find(|(of, _)| *of == language).unwrap();
        for (key, names) in messages(language) {
            let args: FluentArgs<'_> =
                names.iter().map(|name| (name.as_str(), FluentValue::from(7))).collect();
            let pattern = bundle.get_message(&key).unwrap().value().unwrap();
            let mut errors = Vec::new();
            let said = bundle.format_pattern(pattern, Some(&args), &mut errors);
            assert!(errors.is_empty() && !said.trim().is_empty(), "{} {key}: {errors:?}", language.tag());
        }
    }
}

/// Keys as templates and code write them.
#[test]
fn every_message_is_used_and_every_key_has_one() {
    let mut text = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if ["rs", "html", "txt"]
                .iter()
                .any(|ending| path.extension().is_some_and(|e| e == *ending))
                && !path.ends_with("locales/tests.rs")
            {
                text.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let english = messages(Language::English);
    for key in english.keys() {
        assert!(text.contains(&format!("\"{key}\"")), "nobody says {key}");
    }
    // A language is called `t` wherever it speaks.
    for before in [" t.", "(t.", ".t."] {
        for call in ["say", "text", "html", "choose"] {
            for rest in text.split(&format!("{before}{call}(\"")).skip(1) {
                let key = rest.split('"').next().unwrap();
                assert!(english.contains_key(key), "there is no message {key}");
            }
        }
    }
}

#[test]
fn codes_of_lmss_are_languages() {
    for (code, language) in [
        ("en", Some(Language::English)),
        ("de_AT", Some(Language::German)),
        ("fr-CA", Some(Language::French)),
        ("ES-419", Some(Language::Spanish)),
        (" ar ", Some(Language::Arabic)),
        ("den", None),
        ("nl", None),
        ("", None),
    ] {
        assert_eq!(Language::of_tag(code), language, "{code}");
    }
}

#[test]
fn days_are_written_as_the_language_does() {
    let days = |at: &str| Language::ALL.map(|language| language.day(at.parse().unwrap()));
    assert_eq!(
        days("2026-03-01T23:59:59Z"),
        ["1 March 2026", "1er mars 2026", "1. März 2026", "1 de marzo de 2026", "1 مارس 2026"]
    );
    assert_eq!(
        days("2028-12-31T00:00:00Z"),
        [
            "31 December 2028",
            "31 décembre 2028",
            "31. Dezember 2028",
            "31 de diciembre de 2028",
            "31 ديسمبر 2028"
        ]
    );
}

#[test]
fn what_is_said_cannot_be_told_apart_by_its_arguments() {
    let args = [("name", "<b>\"Ada\" & 'Eve'</b>")];
    assert_eq!(
        Language::English.html("mail-hello", args),
        "Hello <bdi>&lt;b&gt;&quot;Ada&quot; &amp; &#39;Eve&#39;&lt;/b&gt;</bdi>,"
    );
    assert_eq!(Language::English.text("mail-hello", [("name", "{ $x } Ada")]), "Hello { $x } Ada,");
}

#[test]
fn only_text_of_the_other_direction_is_isolated() {
    let hello = |language: Language, name: &str| language.text("mail-hello", [("name", name)]);
    assert_eq!(hello(Language::German, "ليلى"), "Guten Tag \u{2068}ليلى\u{2069},");
    assert!(hello(Language::Arabic, "Ada").contains("\u{2068}Ada\u{2069}"));
    assert!(!hello(Language::Arabic, "ليلى").contains('\u{2068}'));
    assert_eq!(hello(Language::French, "Zoé"), "Bonjour Zoé,");
}

#[test]
fn what_nobody_says_is_its_key() {
    assert_eq!(Language::Arabic.format("no-such-message", &FluentArgs::new()), "no-such-message");
}
