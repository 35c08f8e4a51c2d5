//! Whether what stands at a place is one of some words.

use std::fmt;

use serde_json::Value;

use super::document::Document;
use super::mapping::{Scalar, constant, scalar};
use super::pointer::Pointer;

/// A place, and the words that are looked for there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) at: Pointer,
    words: Words,
}

/// In lower case, without spaces around them.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Words {
    /// The whole text is one of these.
    Is(Vec<String>),
    /// The text ends with one of these: of addresses that mean the same, often only the end does.
    Ends(Vec<String>),
}

impl Condition {
    /// Reads `{ at = "/status", is = ["passed"] }`, or the same with `ends`; `None` if it is
    /// something else.
    pub(super) fn parse(value: &Value) -> Option<Result<Self, String>> {
        let table = value.as_object().filter(|table| table.len() == 2)?;
        let words = match (table.get("is"), table.get("ends")) {
            (Some(is), None) => Words::Is(words(is)?),
            // Everything ends with nothing.
            (None, Some(ends)) => Words::Ends(words(ends).filter(|all| all.iter().all(|it| !it.is_empty()))?),
            _ => return None,
        };
        let at = match table.get("at")? {
            Value::String(text) => Pointer::parse(text),
            _ => Err("a JSON Pointer is a text, as in \"/status\"".to_owned()),
        };
        Some(at.map(|at| Self { at, words }))
    }

    /// Whether it is so; `None` where nothing stands there.
    ///
    /// The error says what stands there instead of a text, number, true or false.
    pub(super) fn holds(&self, document: &Document<'_>) -> Result<Option<bool>, String> {
        Ok(scalar(&self.at, document)?.map(|value| self.words.has(&value)))
    }
}

impl Words {
    fn has(&self, value: &Scalar) -> bool {
        let found = value.as_text().trim().to_lowercase();
        match self {
            Self::Is(words) => words.contains(&found),
            Self::Ends(words) => words.iter().any(|word| found.ends_with(word.as_str())),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, words) = match &self.words {
            Words::Is(words) => ("is", words),
            Words::Ends(words) => ("ends with", words),
        };
        write!(f, "what stands at {} {verb} {}", self.at, words.join(" or "))
    }
}

/// One word, or a list of them; `None` where there is none.
fn words(value: &Value) -> Option<Vec<String>> {
    let word = |value: &Value| Some(constant(value)?.as_text().trim().to_lowercase());
    let words: Vec<String> = match value {
        Value::Array(values) => values.iter().map(word).collect::<Option<_>>()?,
        value => vec![word(value)?],
    };
    (!words.is_empty()).then_some(words)
}
