//! Reads Rust values out of a [`Node`] tree with serde, and reports everything that does not
//! fit instead of the first thing only.
//!
//! After each error the culprit is taken out (an unknown key) or replaced by a placeholder that
//! fits every type (a wrong value), and reading begins again.

use serde::de::{DeserializeOwned, Expected, Unexpected};

use super::Problem;
use super::document::{At, Node, Value, did_you_mean, known_keys, or_list};

/// Reads a `T` as far as it goes, with the dotted paths of the keys that had a problem; what
/// could not be read has a placeholder value. `None` if not even that works.
///
/// `within` is what stands before the paths in messages, as in `badge.`.
pub(super) fn decode<T: DeserializeOwned>(
    mut root: Node,
    within: &str,
    problems: &mut Vec<Problem>,
) -> (Option<T>, Vec<String>) {
    let mut broken = Vec::new();
    // Every round mends one key; the bound is for what no round can mend.
    for _ in 0..1000 {
        let error = match T::deserialize(&root) {
            Ok(value) => return (Some(value), broken),
            Err(error) => error,
        };
        let at = error.at.clone().unwrap_or_else(|| root.at.clone());
        if !mend(&mut root, &error) {
            if broken.is_empty() {
                problems.push(at.problem(error.message(within)));
            }
            break;
        }
        problems.push(at.problem(error.message(within)));
        broken.push(error.key_path());
    }
    (None, broken)
}

/// Changes the tree so that the error does not come again; false if that is not possible.
fn mend(root: &mut Node, error: &Error) -> bool {
    match &error.kind {
        Kind::Unknown { key, .. } => match root.find_mut(&error.path).map(|node| &mut node.value) {
            Some(Value::Table(table)) => table.remove(key.as_str()).is_some(),
            _ => false,
        },
        Kind::Missing(key) => match root.find_mut(&error.path) {
            Some(Node { at, value: Value::Table(table), .. }) => {
                let node = Node::new(at.clone(), Value::Placeholder);
                table.insert((*key).to_owned(), node).is_none()
            }
            _ => false,
        },
        Kind::Wrong(_) | Kind::Custom(_) => match root.find_mut(&error.path) {
            Some(node) if !matches!(node.value, Value::Placeholder) => {
                node.value = Value::Placeholder;
                true
            }
            _ => false,
        },
    }
}

/// Why a value does not fit.
#[derive(Debug)]
pub(super) struct Error {
    path: Vec<String>,
    pub(super) at: Option<At>,
    hidden: bool,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Unknown {
        key: String,
        known: &'static [&'static str],
    },
    Missing(&'static str),
    /// Says what is there and what is expected, without the value.
    Wrong(String),
    /// May quote the value.
    Custom(String),
}

impl Error {
    /// Says what is there and what is expected; never quotes the value.
    pub(super) fn wrong(what: String) -> Self {
        Self::new(Kind::Wrong(what))
    }

    fn new(kind: Kind) -> Self {
        Self { path: Vec::new(), at: None, hidden: false, kind }
    }

    /// The same error, seen from the table or list around it.
    pub(super) fn within(mut self, key: &str, node: &Node) -> Self {
        self.at.get_or_insert_with(|| node.at.clone());
        self.hidden |= self.path.is_empty() && node.hidden;
        self.path.insert(0, key.to_owned());
        self
    }

    /// The key that the error is about, dotted.
    fn key_path(&self) -> String {
        let key = match &self.kind {
            Kind::Unknown { key, .. } => Some(key.as_str()),
            Kind::Missing(key) => Some(*key),
            Kind::Wrong(_) | Kind::Custom(_) => None,
        };
        self.path.iter().map(String::as_str).chain(key).collect::<Vec<_>>().join(".")
    }

    fn message(&self, within: &str) -> String {
        let path = self.key_path();
        match &self.kind {
            Kind::Unknown { key, known } => {
                format!("unknown key `{within}{path}`{}", known_keys(key, known.iter().copied()))
            }
            Kind::Missing(key) => {
                let under = match self.path.last() {
                    Some(table) if table.parse::<usize>().is_err() => {
                        format!(" under [{within}{}]", self.path.join("."))
                    }
                    None if !within.is_empty() => format!(" under [{}]", within.trim_end_matches('.')),
                    _ => String::new(),
                };
                format!("`{within}{path}` is missing: add `{key} = …`{under}")
            }
            Kind::Custom(_) if self.hidden => {
                format!("`{within}{path}`: the value does not fit here (it is not shown, it may be secret)")
            }
            Kind::Wrong(what) | Kind::Custom(what) => format!("`{within}{path}`: {what}"),
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message(""))
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        if message.starts_with("relative URL without a base") {
            return Self::wrong("not a complete address; begin it with `https://`".to_owned());
        }
        Self::new(Kind::Custom(message))
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match unexpected {
            Unexpected::Bool(_) => "true or false",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
            Unexpected::Float(_) => "a number with decimals",
            Unexpected::Str(_) => "a string",
            Unexpected::Seq => "a list",
            Unexpected::Map => "a table",
            _ => "something else",
        };
        Self::wrong(format!("this is {found}; expected is {}", in_words(expected)))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let number = match unexpected {
            Unexpected::Signed(number) => format!("{number}"),
            Unexpected::Unsigned(number) => format!("{number}"),
            _ => "this".to_owned(),
        };
        Self::new(Kind::Custom(format!("{number} is not possible here; expected is {}", in_words(expected))))
    }

    fn unknown_variant(given: &str, known: &'static [&'static str]) -> Self {
        let hint = did_you_mean(given, known.iter().copied());
        Self::wrong(format!("not possible here; possible is {}{hint}", or_list(known.iter().copied())))
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::new(Kind::Unknown { key: key.to_owned(), known })
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(Kind::Missing(key))
    }
}

/// What serde expects, in an administrator's words.
fn in_words(expected: &dyn Expected) -> String {
    match expected.to_string().as_str() {
        "u16" => "a whole number from 0 to 65535".to_owned(),
        "u32" | "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "path string" => "a path, as a string".to_owned(),
        "a string representing an URL" => "an address, as in \"https://…\"".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other if other.contains("Decimal") => "a number".to_owned(),
        other => other.to_owned(),
    }
}
