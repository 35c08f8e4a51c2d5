//! Slots: the places of a badge that differ from learner to learner, and what may stand in each.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use oxrdf::{Literal, NamedNode};
use serde_json::Value;
use url::Url;

use crate::badges::json_text;

/// What the value of a slot must be, so that the checks of `structure` and `rdf` hold with it as they
/// did with the value that the template was made of. All of them also ask that it is not blank and
/// travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// The id of a thing: an absolute IRI that nothing else in the badge has.
    Thing,
    /// The same, and a URL.
    ThingAtUrl,
    /// A thing that is only mentioned: an absolute IRI, and a URL.
    Link,
    /// A time.
    Time,
    /// From when the badge is valid: a time.
    From,
    /// Until when: a time after the one before.
    Until,
    /// A whole number as a text.
    Digits,
    /// The hash of an address.
    Hash,
}

/// The slots, by the members that lead to them; lists on the way are left out. Whatever is not here
/// stands in the template as it is, and another value of it asks for another template.
const SLOTS: [(&str, Kind); 17] = [
    ("id", Kind::ThingAtUrl),
    ("awardedDate", Kind::Time),
    ("validFrom", Kind::From),
    ("validUntil", Kind::Until),
    ("credentialSubject.id", Kind::Thing),
    ("credentialSubject.identifier.identityHash", Kind::Hash),
    ("credentialSubject.identifier.salt", Kind::Text),
    ("credentialSubject.result.value", Kind::Text),
    ("credentialSubject.achievement.resultDescription.name", Kind::Text),
    ("credentialSubject.achievement.resultDescription.valueMax", Kind::Text),
    ("credentialStatus.id", Kind::Thing),
    ("credentialStatus.statusListCredential", Kind::Link),
    ("credentialStatus.statusListIndex", Kind::Digits),
    ("evidence.id", Kind::Thing),
    ("evidence.genre", Kind::Text),
    ("evidence.name", Kind::Text),
    ("evidence.narrative", Kind::Text),
];

impl Kind {
    /// Of the slot to which these members lead, if it is one.
    pub(super) fn at(path: &str) -> Option<Self> {
        SLOTS.into_iter().find(|(slot, _)| *slot == path).map(|(_, kind)| kind)
    }

    /// Whether the value names a thing, so that no other may have it.
    pub(super) fn is_thing(self) -> bool {
        matches!(self, Self::Thing | Self::ThingAtUrl)
    }

    /// Whether nothing can be said against the value. When in doubt it is refused: the general path
    /// judges then, and names what is wrong.
    fn allows(self, text: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Thing => is_plain_url(text) || NamedNode::new(text).is_ok(),
            Self::ThingAtUrl | Self::Link => {
                is_plain_url(text) || NamedNode::new(text).is_ok() && Url::parse(text).is_ok()
            }
            Self::Time | Self::From | Self::Until => time(text).is_some(),
            Self::Digits => text.bytes().all(|digit| digit.is_ascii_digit()),
            Self::Hash => text.strip_prefix("sha256$").is_some_and(|digits| {
                digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
            }),
        }
    }
}

/// Whether this is a URL and an IRI beyond doubt, as most are: of letters that mean the same everywhere.
/// Parsers say the same and take ten times as long.
fn is_plain_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    let (host, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let label = |label: &str| {
        let mut bytes = label.bytes();
        bytes.next().is_some_and(|first| first.is_ascii_lowercase())
            && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let (path, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~?=&".contains(&byte);
    host.split('.').all(label) && path.bytes().all(plain) && fragment.bytes().all(plain)
}

pub(super) fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc())
}

/// A value as it is written into a slot.
#[derive(Debug)]
pub(super) struct Written<'a> {
    /// In N-Quads, between the quotes or angle brackets.
    pub quads: Cow<'a, str>,
    /// In JSON, between the quotes.
    pub json: Cow<'a, str>,
}

/// What the bytes of a text hold, one bit each.
const ESCAPED: u8 = 1;
const UNPORTABLE: u8 = 2;
/// It may be U+FFFE or U+FFFF.
const HIGH: u8 = 4;

const BYTES: [u8; 256] = {
    let mut all = [0; 256];
    let mut byte: u8 = 0;
    loop {
        all[byte as usize] = match byte {
            b'"' | b'\\' | b'\t' | b'\n' | b'\r' => ESCAPED,
            0..0x20 | 0x7f => UNPORTABLE,
            0xef => HIGH,
            _ => 0,
        };
        if byte == u8::MAX {
            break all;
        }
        byte += 1;
    }
};

impl<'a> Written<'a> {
    /// A value of this kind; `None` if it is not one beyond doubt.
    pub(super) fn of(kind: Kind, text: &'a str) -> Option<Self> {
        let holds = text.bytes().fold(0, |holds, byte| holds | BYTES[usize::from(byte)]);
        let unportable =
            holds & UNPORTABLE != 0 || holds & HIGH != 0 && text.chars().any(json_text::is_unportable);
        if unportable || text.trim_start().is_empty() || !kind.allows(text) {
            return None;
        }
        let plain = Cow::Borrowed(text);
        let (quads, json) = if holds & ESCAPED == 0 {
            (plain.clone(), plain)
        } else {
            let quads = Literal::new_simple_literal(text).to_string();
            let json = Value::from(text).to_string();
            (Cow::Owned(inside(&quads)?), Cow::Owned(inside(&json)?))
        };
        Some(Self { quads, json })
    }
}

/// What stands between the quotes.
fn inside(quoted: &str) -> Option<String> {
    quoted.strip_prefix('"')?.strip_suffix('"').map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_plain_url_is_one_for_both_parsers(url in "https?://[a-z0-9.:@%-]{0,9}(/[a-zA-Z0-9/?=&%._~:@é -]{0,9})?(#[a-z#/?%]{0,3})?") {
            prop_assert!(!is_plain_url(&url) || NamedNode::new(&url).is_ok() && Url::parse(&url).is_ok());
        }
    }

    #[test]
    fn what_is_usual_is_plain() {
        for url in
            ["https://badges.example.edu/credentials/0-1", "http://a/?q=1&b=~", "https://a.b/status/3#17"]
        {
            assert!(is_plain_url(url), "{url}");
        }
        for url in [
            "https://",
            "https:///",
            "https://a..b/",
            "https://1.2/",
            "https://a/%41",
            "https://a/#b#",
            "ftp://a/",
        ] {
            assert!(!is_plain_url(url), "{url}");
        }
    }
}
