//! A document while it is made, before it is JSON: its texts are borrowed where they stand already.
//!
//! Of badges that are made by the thousand most is the same: building each as [`Value`] would copy all
//! of it.

use std::borrow::Cow;

use serde_json::Value;
use url::Url;

use super::json_text;

/// A document, or a part of one. What says nothing is not in it: no member or item is blank or empty.
#[derive(Debug, Clone, PartialEq)]
pub enum Document<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A number, a truth value, or nothing.
    Plain(Cow<'a, Value>),
    /// A list.
    List(Vec<Document<'a>>),
    /// Members, by name.
    Object(Vec<(&'a str, Document<'a>)>),
}

impl<'a> Document<'a> {
    /// An object of those members that say something.
    pub(super) fn object<const N: usize>(members: [(&'a str, Document<'a>); N]) -> Self {
        let mut said = Vec::with_capacity(N);
        said.extend(members.into_iter().filter(|(_, member)| !member.is_empty()));
        said.sort_unstable_by_key(|(name, _)| *name);
        Self::Object(said)
    }

    /// A list of those items that say something.
    pub(super) fn list(items: impl IntoIterator<Item = Document<'a>>) -> Self {
        let items = items.into_iter();
        let mut said = Vec::with_capacity(items.size_hint().1.unwrap_or_default());
        said.extend(items.filter(|item| !item.is_empty()));
        Self::List(said)
    }

    /// The member of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        let at = members.binary_search_by(|(member, _)| (*member).cmp(name)).ok()?;
        members.get(at).map(|(_, member)| member)
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.trim_start().is_empty(),
            Self::Plain(value) => value.is_null(),
            Self::List(items) => items.is_empty(),
            Self::Object(members) => members.is_empty(),
        }
    }
}

/// A text without the characters that do not travel.
fn text(text: Cow<'_, str>) -> Document<'_> {
    if json_text::is_portable(&text) {
        return Document::Text(text);
    }
    let mut text = text.into_owned();
    text.retain(|c| !json_text::is_unportable(c));
    Document::Text(text.into())
}

impl<'a> From<&'a str> for Document<'a> {
    fn from(value: &'a str) -> Self {
        text(Cow::Borrowed(value))
    }
}

impl<'a> From<&'a String> for Document<'a> {
    fn from(value: &'a String) -> Self {
        text(Cow::Borrowed(value))
    }
}

impl From<String> for Document<'_> {
    fn from(value: String) -> Self {
        text(Cow::Owned(value))
    }
}

impl<'a> From<&'a Url> for Document<'a> {
    fn from(value: &'a Url) -> Self {
        Self::Text(Cow::Borrowed(value.as_str()))
    }
}

impl From<Value> for Document<'_> {
    /// A number, a truth value, or nothing.
    fn from(value: Value) -> Self {
        Self::Plain(Cow::Owned(value))
    }
}

impl<'a, T: Into<Document<'a>>> From<Option<T>> for Document<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Plain(Cow::Owned(Value::Null)), Into::into)
    }
}

impl<'a> From<&'a Value> for Document<'a> {
    /// As it is: nothing is left out.
    fn from(value: &'a Value) -> Self {
        match value {
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(members) => {
                let mut members: Vec<_> =
                    members.iter().map(|(name, value)| (name.as_str(), value.into())).collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                Self::Object(members)
            }
            plain => Self::Plain(Cow::Borrowed(plain)),
        }
    }
}

impl From<&Document<'_>> for Value {
    fn from(document: &Document<'_>) -> Self {
        match document {
            Document::Text(text) => Self::String(text.clone().into_owned()),
            Document::Plain(value) => value.clone().into_owned(),
            Document::List(items) => items.iter().map(Self::from).collect(),
            Document::Object(members) => {
                members.iter().map(|(name, member)| ((*name).to_owned(), Self::from(member))).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_says_nothing_is_not_in_it() {
        let made = Document::object([
            ("z", "x\u{0}y\u{7f}\u{ffff}é𝄞\t".into()),
            ("blank", " \u{1}\n".into()),
            ("none", None::<&str>.into()),
            ("list", Document::list([String::new().into(), "a".into(), Document::list([])])),
            ("inside", Document::object([("gone", "".into())])),
            ("false", json!(false).into()),
            ("a", Some(String::from("b")).into()),
        ]);
        let value = Value::from(&made);
        assert_eq!(value, json!({"a": "b", "false": false, "list": ["a"], "z": "xyé𝄞\t"}));
        assert_eq!(json_text::tidy(value.clone()), value);
        assert_eq!(Document::from(&value), made);
        assert_eq!(made.get("a").and_then(Document::as_str), Some("b"));
        assert_eq!(made.get("b"), None);
    }
}
