//! A TOML text as a tree in which every value knows where it was written.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::Problem;

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct At {
    /// The file, or the environment variable.
    pub(super) place: Arc<Path>,
    /// The line, from 1.
    pub(super) line: Option<usize>,
}

impl At {
    pub(super) fn new(place: impl Into<PathBuf>) -> Self {
        Self { place: place.into().into(), line: None }
    }

    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem { place: self.place.to_path_buf(), line: self.line, message: message.into() }
    }
}

/// A value, and where it was written: the line of its key, or its own in a list.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) at: At,
    pub(super) value: Value,
    /// Came from a variable or a file, so it may be a secret: it is never shown.
    pub(super) hidden: bool,
}

pub(super) type Table = BTreeMap<String, Node>;

#[derive(Clone)]
pub(super) enum Value {
    String(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    Datetime(String),
    Array(Vec<Node>),
    Table(Table),
    /// The text of an environment variable, whose type is that of the key it is for.
    Untyped(String),
    /// Stands where a wrong or missing value was reported, so that reading can go on.
    Placeholder,
}

/// The type only: a value may be a secret.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Array(nodes) => nodes.fmt(f),
            Self::Table(table) => table.fmt(f),
            other => f.write_str(other.kind()),
        }
    }
}

impl Value {
    /// What it is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::String(_) | Self::Untyped(_) => "a string",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number with decimals",
            Self::Bool(_) => "true or false",
            Self::Datetime(_) => "a date or time",
            Self::Array(_) => "a list",
            Self::Table(_) => "a table",
            Self::Placeholder => "nothing",
        }
    }
}

impl Node {
    pub(super) fn new(at: At, value: Value) -> Self {
        Self { at, value, hidden: false }
    }

    pub(super) fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    pub(super) fn str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) | Value::Untyped(text) => Some(text),
            _ => None,
        }
    }

    /// The node at a path of keys (or list positions, from 0).
    pub(super) fn find_mut(&mut self, path: &[String]) -> Option<&mut Node> {
        let [key, rest @ ..] = path else { return Some(self) };
        match &mut self.value {
            Value::Table(table) => table.get_mut(key)?.find_mut(rest),
            Value::Array(nodes) => nodes.get_mut(key.parse::<usize>().ok()?)?.find_mut(rest),
            _ => None,
        }
    }
}

/// Reads a text; what of it is not TOML becomes problems, the rest is read all the same.
pub(super) fn parse(text: &str, place: &Path, problems: &mut Vec<Problem>) -> Node {
    let reader = Reader { place: place.into(), lines: line_starts(text) };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = reader.at(error.span().map_or(text.len(), |span| span.start));
        // `message` has no text of the file, unlike `Display`: it may be a secret.
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        let problem = at.problem(format!("not TOML: {message}"));
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    Node::new(reader.at(0), Value::Table(reader.table(table.into_inner())))
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(index, _)| index + 1)).collect()
}

struct Reader {
    place: Arc<Path>,
    lines: Vec<usize>,
}

impl Reader {
    fn at(&self, offset: usize) -> At {
        let line = self.lines.partition_point(|start| *start <= offset);
        At { place: Arc::clone(&self.place), line: Some(line) }
    }

    fn table(&self, table: DeTable<'_>) -> Table {
        table
            .into_iter()
            .map(|(key, value)| {
                let at = self.at(key.span().start);
                (key.into_inner().into_owned(), Node::new(at, self.value(value.into_inner())))
            })
            .collect()
    }

    fn value(&self, value: DeValue<'_>) -> Value {
        match value {
            DeValue::String(text) => Value::String(text.into_owned()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| Value::String(number.to_string()), Value::Integer),
            DeValue::Float(number) => number
                .as_str()
                .parse()
                .map_or_else(|_| Value::String(number.as_str().to_owned()), Value::Float),
            DeValue::Boolean(value) => Value::Bool(value),
            DeValue::Datetime(value) => Value::Datetime(value.to_string()),
            DeValue::Array(values) => Value::Array(
                values
                    .into_iter()
                    .map(|value| {
                        let at = self.at(value.span().start);
                        Node::new(at, self.value(value.into_inner()))
                    })
                    .collect(),
            ),
            DeValue::Table(table) => Value::Table(self.table(table)),
        }
    }
}

/// Why a file cannot be read, and the mend.
pub(super) fn unreadable(file: &Path, error: &std::io::Error) -> String {
    let file = file.display();
    match error.kind() {
        ErrorKind::NotFound => format!("there is no file {file}; make it, or correct the path"),
        ErrorKind::PermissionDenied => {
            format!("this user may not read {file}; change its owner or its mode")
        }
        ErrorKind::InvalidData => format!("{file} is not text (UTF-8)"),
        _ => format!("{file} cannot be read: {error}"),
    }
}

/// What follows `unknown key …`: the nearest known key, or else all of them.
pub(super) fn known_keys<'a>(given: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match did_you_mean(given, known.clone()) {
        hint if hint.is_empty() => {
            format!("; known here: {}", known.into_iter().collect::<Vec<_>>().join(", "))
        }
        hint => hint,
    }
}

/// `; did you mean …?`, if one of the known words is near enough.
pub(super) fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(given, known).map_or_else(String::new, |word| format!("; did you mean `{word}`?"))
}

/// The nearest known word, if it is near enough to be meant.
fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    known
        .into_iter()
        .map(|word| (strsim::jaro_winkler(&given, &word.to_lowercase()), word))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, word)| word)
}

/// `“a”, “b” or “c”`, for lists of what is possible.
pub(super) fn or_list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.pop() {
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} or {last}", words.join(", ")),
        None => "nothing".to_owned(),
    }
}
