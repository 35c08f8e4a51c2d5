//! The configured sources as working connectors.

use std::collections::BTreeMap;

use accolade_connectors::{Connector, KINDS, SettingsError};
use serde_json::Value;

use super::document::known_keys;
use super::{ConfigError, Problem, Settings};

/// Makes the connector of each source.
///
/// # Errors
/// All problems of all sources at once, each with the place of its key. What came from a
/// variable or a file is not shown, whatever a connector says.
pub fn sources(settings: &Settings) -> Result<BTreeMap<String, Box<dyn Connector>>, ConfigError> {
    let mut connectors = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, source) in &settings.sources {
        let Some(kind) = KINDS.iter().find(|kind| kind.name == source.kind) else {
            // `load` has refused it already.
            problems.push(settings.problem(&format!("sources.{name}.kind"), "not a kind of source"));
            continue;
        };
        match (kind.build)(Value::Object(source.table.clone())) {
            Ok(connector) => {
                connectors.insert(name.clone(), connector);
            }
            Err(error) => problems.push(problem(settings, name, &source.table, error)),
        }
    }
    ConfigError::from_problems(problems)?;
    Ok(connectors)
}

/// The problem that a connector's complaint is, without hidden values.
pub(super) fn problem(
    settings: &Settings,
    source: &str,
    table: &serde_json::Map<String, Value>,
    error: SettingsError,
) -> Problem {
    let within = format!("sources.{source}");
    let error = in_words(error);
    let key = error.key.map_or_else(|| within.clone(), |key| format!("{within}.{key}"));
    let mut message = error.message;
    for (key, value) in table {
        redact(settings, &format!("{within}.{key}"), value, &mut message);
    }
    settings.problem(&key, &message)
}

/// Serde's two commonest complaints name a key, but only in their text.
fn in_words(error: SettingsError) -> SettingsError {
    let quoted: Vec<&str> = error.message.split('`').skip(1).step_by(2).collect();
    match (&error.key, quoted.as_slice()) {
        (None, [key, known @ ..]) if error.message.starts_with("unknown field `") => {
            SettingsError::at(key, format!("unknown key{}", known_keys(key, known.iter().copied())))
        }
        (None, [key]) if error.message.starts_with("missing field `") => {
            SettingsError::at(key, format!("missing: add `{key} = …`"))
        }
        _ => error,
    }
}

/// Takes hidden values out of a message.
fn redact(settings: &Settings, path: &str, value: &Value, message: &mut String) {
    match value {
        Value::Object(table) => {
            table.iter().for_each(|(key, value)| redact(settings, &format!("{path}.{key}"), value, message));
        }
        Value::Array(values) => values
            .iter()
            .enumerate()
            .for_each(|(index, value)| redact(settings, &format!("{path}.{index}"), value, message)),
        Value::Number(number) if settings.origins.hidden(path) => {
            *message = message.replace(&number.to_string(), "[secret]");
        }
        Value::String(text) if settings.origins.hidden(path) && !text.is_empty() => {
            *message = message.replace(text.as_str(), "[secret]");
        }
        _ => {}
    }
}
