//! Patterns: what badges of one shape have in common, and where each has its own values.

use serde_json::{Map, Value};

use super::slot::Kind;
use crate::badges::Document;

/// A document with slots.
#[derive(Debug)]
pub(super) enum Pattern {
    /// Any text; slots are numbered in the order in which they are met.
    Slot(usize),
    /// This value.
    Value(Value),
    /// These items.
    List(Vec<Pattern>),
    /// These members and no others.
    Object(Vec<(String, Pattern)>),
}

impl Pattern {
    /// The pattern of a document, with what each of its slots may hold.
    pub(super) fn of(document: &Document<'_>) -> (Self, Vec<Kind>) {
        let mut kinds = Vec::new();
        (Self::at("", document, &mut kinds), kinds)
    }

    fn at(path: &str, document: &Document<'_>, kinds: &mut Vec<Kind>) -> Self {
        let members = match document {
            Document::Object(members) => members.iter(),
            Document::List(items) => {
                return Self::List(items.iter().map(|item| Self::at(path, item, kinds)).collect());
            }
            Document::Text(_) | Document::Plain(_) => return Self::Value(document.into()),
        };
        let member = |(name, value): &(&str, Document<'_>)| {
            let path = if path.is_empty() { (*name).to_owned() } else { format!("{path}.{name}") };
            // A text in a list is no slot.
            let pattern = match (value, Kind::at(&path)) {
                (Document::Text(_), Some(kind)) => {
                    kinds.push(kind);
                    Self::Slot(kinds.len() - 1)
                }
                _ => Self::at(&path, value, kinds),
            };
            ((*name).to_owned(), pattern)
        };
        Self::Object(members.map(member).collect())
    }

    /// Adds the values that stand in the slots to `found`. False if the document is of another shape.
    pub(super) fn read<'a>(&self, document: &'a Document<'_>, found: &mut Vec<&'a str>) -> bool {
        match (self, document) {
            (Self::Slot(_), Document::Text(text)) => {
                found.push(text);
                true
            }
            (Self::Value(Value::String(expected)), Document::Text(text)) => expected == text,
            (Self::Value(expected), Document::Plain(value)) => expected == &**value,
            (Self::List(patterns), Document::List(items)) => {
                patterns.len() == items.len()
                    && patterns.iter().zip(items).all(|(pattern, item)| pattern.read(item, found))
            }
            (Self::Object(patterns), Document::Object(members)) => {
                patterns.len() == members.len()
                    && patterns.iter().zip(members).all(|((expected, pattern), (name, value))| {
                        expected == name && pattern.read(value, found)
                    })
            }
            _ => false,
        }
    }

    /// The document with these texts in its slots.
    pub(super) fn with(&self, text: &impl Fn(usize) -> String) -> Value {
        match self {
            Self::Slot(number) => Value::String(text(*number)),
            Self::Value(value) => value.clone(),
            Self::List(items) => items.iter().map(|item| item.with(text)).collect(),
            Self::Object(members) => {
                let members = members.iter().map(|(name, value)| (name.clone(), value.with(text)));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }

    /// Adds the ids of all things that are no slots.
    pub(super) fn ids(&self, ids: &mut Vec<String>) {
        match self {
            Self::Slot(_) | Self::Value(_) => {}
            Self::List(items) => items.iter().for_each(|item| item.ids(ids)),
            Self::Object(members) => {
                for (name, member) in members {
                    match member {
                        Self::Value(Value::String(id)) if name == "id" => ids.push(id.clone()),
                        _ => member.ids(ids),
                    }
                }
            }
        }
    }
}
