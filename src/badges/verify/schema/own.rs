//! Checking by the rules of the table.

use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Value};

use super::rules;
use crate::badges::rdf::items;
use crate::badges::vocabulary::CREDENTIALS;
use crate::locales::Message;

/// What an object may and must have.
#[derive(Debug)]
pub(super) struct Class {
    /// Whether it may have no other members.
    pub(super) closed: bool,
    pub(super) required: &'static [&'static str],
    pub(super) members: &'static [(&'static str, Kind)],
}

/// What a value is.
#[derive(Debug)]
pub(super) enum Kind {
    /// A text, or one for each of several languages.
    Text,
    Number,
    Truth,
    /// A date and time with its offset (RFC 3339).
    Time,
    Date,
    /// One of these words.
    Word(&'static [&'static str]),
    /// This text.
    Constant(&'static str),
    /// One of these words, or one that begins with `ext:`.
    Extensible(&'static [&'static str]),
    /// The tag of a language.
    Language,
    /// A compact JWS.
    Jwt,
    /// A context by its address, or written out.
    Context,
    /// The contexts of a badge.
    Contexts,
    /// One type, or several among which there is one of each of these lists.
    Types(&'static [&'static [&'static str]]),
    One(&'static Class),
    /// One value, or a list of such values.
    Many(&'static Kind),
    /// A profile, or its address.
    Profile,
}

/// Whether a document keeps the rules; otherwise which member breaks one.
pub(super) fn check(class: &Class, document: &Value) -> Result<(), Message> {
    object(class, document, "")
}

fn object(class: &Class, value: &Value, path: &str) -> Result<(), Message> {
    let members = value.as_object().ok_or_else(|| wrong(path))?;
    let place = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    if let Some(name) = class.required.iter().find(|name| !members.contains_key(**name)) {
        return Err(Message::new("why-missing").with("member", place(name)));
    }
    for (name, value) in members {
        match class.members.iter().find(|(known, _)| known == name) {
            Some((_, kind)) => conforms(kind, value, &place(name))?,
            None if class.closed => {
                return Err(Message::new("why-schema-member").with("member", place(name)));
            }
            None => {}
        }
    }
    Ok(())
}

fn wrong(path: &str) -> Message {
    Message::new("why-schema-value").with("member", path)
}

fn conforms(kind: &Kind, value: &Value, path: &str) -> Result<(), Message> {
    let text = value.as_str();
    let good = match kind {
        Kind::Text => is_text(value, &|_| true),
        Kind::Number => value.is_number(),
        Kind::Truth => value.is_boolean(),
        Kind::Time => text.is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok()),
        Kind::Date => text.is_some_and(|text| text.len() == 10 && text.parse::<NaiveDate>().is_ok()),
        Kind::Word(words) => text.is_some_and(|text| words.contains(&text)),
        Kind::Constant(constant) => is_text(value, &|text| text == *constant),
        Kind::Extensible(words) => text.is_some_and(|text| words.contains(&text) != is_extension(text)),
        Kind::Language => is_text(value, &is_language),
        Kind::Jwt => is_text(value, &is_jws),
        Kind::Context => is_context(value),
        Kind::Contexts => value.as_array().map_or_else(|| is_context(value), |all| are_contexts(all)),
        Kind::Types(lists) => are_types(value, lists),
        Kind::One(class) => return object(class, value, path),
        Kind::Profile if !value.is_object() || is_text(value, &|_| true) => is_text(value, &|_| true),
        Kind::Profile => return object(&rules::PROFILE, value, path),
        Kind::Many(kind) => {
            let many = value.is_array();
            return items(value).iter().enumerate().try_for_each(|(position, item)| {
                let place = if many { format!("{path}[{position}]") } else { path.to_owned() };
                conforms(kind, item, &place)
            });
        }
    };
    if good { Ok(()) } else { Err(wrong(path)) }
}

/// A text that is fit, or an object that has such a text for each of some languages.
fn is_text(value: &Value, fit: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => fit(text),
        Value::Object(languages) => are_languages(languages, fit),
        _ => false,
    }
}

fn are_languages(languages: &Map<String, Value>, fit: &dyn Fn(&str) -> bool) -> bool {
    languages.iter().all(|(tag, text)| {
        let mut parts = tag.split('-');
        let (language, region, more) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        letters(language, 2..=2, u8::is_ascii_lowercase)
            && region.is_none_or(|region| letters(region, 2..=2, u8::is_ascii_uppercase))
            && more.is_none()
            && text.as_str().is_some_and(fit)
    })
}

fn letters(text: &str, length: std::ops::RangeInclusive<usize>, fit: fn(&u8) -> bool) -> bool {
    length.contains(&text.len()) && text.bytes().all(|byte| fit(&byte))
}

/// `en`, `zh-Hant`, `es-419`, `zh-Hant-TW`.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-').peekable();
    let language = parts.next().is_some_and(|part| letters(part, 2..=4, u8::is_ascii_lowercase));
    let script = |part: &&str| {
        part.len() == 4
            && part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.bytes().skip(1).all(|byte| byte.is_ascii_lowercase())
    };
    let _ = parts.next_if(script);
    let region = parts.next().is_none_or(|part| {
        letters(part, 2..=2, u8::is_ascii_uppercase) || letters(part, 3..=3, u8::is_ascii_digit)
    });
    language && region && parts.next().is_none()
}

/// The schema's pattern is not anchored: the prefix may stand anywhere.
fn is_extension(text: &str) -> bool {
    let fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '|' | '.' | '_');
    text.split("ext:").skip(1).any(|rest| rest.starts_with(fit))
}

fn is_jws(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let fit = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    matches!(parts[..], [first, _, last] if !first.is_empty() && !last.is_empty())
        && parts.iter().all(|part| fit(part))
}

fn is_context(value: &Value) -> bool {
    value.is_string() || value.is_object()
}

fn are_contexts(contexts: &[Value]) -> bool {
    let [first, second, rest @ ..] = contexts else { return false };
    first.as_str() == Some(CREDENTIALS.url)
        && second.as_str().is_some_and(is_badges_context)
        && rest.iter().all(is_context)
}

/// The address of the context of Open Badges in any of its versions.
fn is_badges_context(url: &str) -> bool {
    let version = url
        .strip_prefix("https://purl.imsglobal.org/spec/ob/v3p0/context")
        .and_then(|rest| rest.strip_suffix(".json"));
    version.is_some_and(|version| {
        version.is_empty()
            || version.split("-3.").skip(1).all(|rest| {
                matches!(rest.as_bytes(), [minor, b'.', patch] if minor.is_ascii_digit() && patch.is_ascii_digit())
            }) && version.starts_with("-3.")
    })
}

fn are_types(value: &Value, lists: &[&[&str]]) -> bool {
    let Some(types) = value.as_array() else { return is_text(value, &|_| true) };
    let among = |list: &&[&str]| types.iter().any(|one| one.as_str().is_some_and(|one| list.contains(&one)));
    types.iter().all(|one| is_text(one, &|_| true)) && lists.iter().all(among)
}
