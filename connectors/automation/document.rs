//! A JSON document as it was sent, each object and list of it read at most once.
//!
//! An event has some fifteen members and most stand in the same few objects: reading these again for
//! each was a quarter of what accepting a webhook cost.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The document, and those of its objects and lists that were asked for. Numbers keep all their digits.
pub(super) struct Document<'a> {
    root: &'a RawValue,
    opened: RefCell<Vec<(&'a RawValue, Parts<'a>)>>,
}

/// What an object or a list consists of.
enum Parts<'a> {
    /// Of two members with one name the later counts.
    Members(Vec<(Name<'a>, &'a RawValue)>),
    Elements(Vec<&'a RawValue>),
    /// A scalar, or an object in which a name has a broken Unicode escape.
    None,
}

impl<'a> Document<'a> {
    pub(super) fn new(root: &'a RawValue) -> Self {
        Self { root, opened: RefCell::default() }
    }

    /// The whole document.
    pub(super) fn root(&self) -> &'a RawValue {
        self.root
    }

    /// The member or element of a part of the document that a token of a JSON Pointer names (RFC 6901
    /// section 4).
    pub(super) fn step(&self, value: &'a RawValue, token: &str) -> Option<&'a RawValue> {
        let mut opened = self.opened.borrow_mut();
        // The same place in the document, not the same words.
        if let Some((_, parts)) = opened.iter().find(|(known, _)| std::ptr::eq(*known, value)) {
            return parts.part(token);
        }
        let parts = Parts::of(value);
        let part = parts.part(token);
        opened.push((value, parts));
        part
    }
}

impl<'a> Parts<'a> {
    fn of(value: &'a RawValue) -> Self {
        let text = value.get();
        let parts = match text.as_bytes().first() {
            Some(b'{') => serde_json::from_str(text).map(|Members(members)| Self::Members(members)),
            Some(b'[') => serde_json::from_str(text).map(Self::Elements),
            _ => Ok(Self::None),
        };
        parts.unwrap_or(Self::None)
    }

    fn part(&self, token: &str) -> Option<&'a RawValue> {
        match self {
            Self::Members(members) => {
                members.iter().rev().find(|(name, _)| name.0 == token).map(|(_, value)| *value)
            }
            Self::Elements(elements) => {
                let regular = token == "0" || !token.starts_with('0');
                let digits = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
                let index: usize = token.parse().ok().filter(|_| regular && digits)?;
                elements.get(index).copied()
            }
            Self::None => None,
        }
    }
}

struct Members<'a>(Vec<(Name<'a>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Vec<(Name<'de>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(InOrder).map(Self)
    }
}

/// A member's name; copied only if it has escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowed;

        impl<'de> Visitor<'de> for Borrowed {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(name))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(name.to_owned()))
            }
        }

        deserializer.deserialize_str(Borrowed).map(Self)
    }
}
