//! What types cannot say of a badge: empty texts, and the words that Open Badges 3.0 prescribes.

use super::document::did_you_mean;
use crate::badges::{ACHIEVEMENT_TYPES, Achievement, TARGET_TYPES, is_achievement_type, is_target_type};
use crate::locales::Language;

/// What types cannot say, as pairs of key and message.
pub(super) fn problems_of(badge: &Achievement) -> Vec<(String, String)> {
    let mut problems = Vec::new();
    let mut say = |key: &str, message: String| problems.push((key.to_owned(), message));
    for (key, text) in
        [("name", &badge.name), ("description", &badge.description), ("criteria", &badge.criteria)]
    {
        if text.trim().is_empty() {
            say(key, "empty; learners and employers read it".to_owned());
        }
    }
    if !is_achievement_type(&badge.achievement_type) {
        say("achievement_type", not_in_vocabulary(&badge.achievement_type, &ACHIEVEMENT_TYPES));
    }
    if !is_language(&badge.language) {
        say("language", "not a language tag; write it like \"en\", \"de\" or \"pt-BR\"".to_owned());
    }
    for (language, texts) in &badge.translations {
        let key = format!("translations.{language}");
        if !Language::ALL.iter().any(|known| known.tag() == language) {
            let known = Language::ALL.map(Language::tag).join(", ");
            say(&key, format!("no page or mail is in this language; possible is {known}"));
        }
        if badge.language.split('-').next() == Some(language) {
            say(&key, "the badge's own language; its texts stand under [badge]".to_owned());
        }
        for (member, text) in
            [("name", &texts.name), ("description", &texts.description), ("criteria", &texts.criteria)]
        {
            if text.trim().is_empty() {
                say(&format!("{key}.{member}"), "empty; learners and employers read it".to_owned());
            }
        }
    }
    if badge.credits.is_some_and(|credits| credits.is_sign_negative()) {
        say("credits", "below zero".to_owned());
    }
    let links = (badge.criteria_url.iter().map(|url| ("criteria_url", url)))
        .chain(badge.alignment.iter().map(|alignment| ("alignment.url", &alignment.url)))
        .chain(badge.related.iter().map(|related| ("related.url", &related.url)));
    for (key, url) in links {
        if !matches!(url.scheme(), "http" | "https") {
            say(key, "not a web address; write it like \"https://…\"".to_owned());
        }
    }
    let kinds = badge.alignment.iter().filter_map(|alignment| alignment.target_type.as_deref());
    for kind in kinds.filter(|kind| !is_target_type(kind)) {
        say("alignment.type", not_in_vocabulary(kind, &TARGET_TYPES));
    }
    problems
}

/// The message for a word that the standard does not have.
fn not_in_vocabulary(word: &str, vocabulary: &[&str]) -> String {
    let hint = match did_you_mean(word, vocabulary.iter().copied()) {
        hint if hint.is_empty() => format!("; possible is {}", vocabulary.join(", ")),
        hint => hint,
    };
    format!("“{word}” is not a word of the standard (your own ones begin with `ext:`){hint}")
}

/// A language tag as the schema of Open Badges 3.0 takes it: `en`, `zh-Hans`, `pt-BR`.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-').peekable();
    let lower = |part: &str| (2..=4).contains(&part.len()) && part.chars().all(|c| c.is_ascii_lowercase());
    let script = |part: &str| {
        part.len() == 4
            && part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.chars().skip(1).all(|c| c.is_ascii_lowercase())
    };
    let region = |part: &str| {
        (part.len() == 2 && part.chars().all(|c| c.is_ascii_uppercase()))
            || (part.len() == 3 && part.chars().all(|c| c.is_ascii_digit()))
    };
    let begins = parts.next().is_some_and(lower);
    parts.next_if(|part| script(part));
    parts.next_if(|part| region(part));
    begins && parts.next().is_none()
}
