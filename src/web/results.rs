//! Results (Open Badges `Result`) as people read them.

use rust_decimal::Decimal;
use serde_json::Value;

use crate::locales::Language;

use super::view::{list, number, some, spaced};

/// What was achieved in one assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Achieved {
    pub(super) name: String,
    /// `92%`, `46 of 50`, `A`, `passed`.
    pub(super) values: Vec<String>,
}

/// The results of a subject, those of one assessment together, what it came to last.
pub(super) fn results(subject: &Value, t: Language) -> Vec<Achieved> {
    let mut all: Vec<Achieved> = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        let at = all.iter().position(|achieved| achieved.name == name).unwrap_or_else(|| {
            all.push(Achieved { name: name.to_owned(), values: Vec::new() });
            all.len() - 1
        });
        if let (Some(achieved), Some(value)) = (all.get_mut(at), value)
            && !achieved.values.contains(&value)
        {
            achieved.values.push(value);
        }
    };
    let described: Vec<(&Value, &Value, String)> = list(&subject["result"])
        .map(|result| {
            let description = list(&subject["achievement"]["resultDescription"])
                .find(|description| {
                    description["id"].is_string() && description["id"] == result["resultDescription"]
                })
                .unwrap_or(&Value::Null);
            (result, description, some(&description["name"]).unwrap_or_else(|| t.say("result")))
        })
        .collect();
    for (result, description, name) in &described {
        add(name, value(result, description, t));
    }
    for (result, _, name) in &described {
        add(name, result["status"].as_str().map(|word| status(word, t)));
    }
    all
}

/// The value in the way of its type.
fn value(result: &Value, description: &Value, t: Language) -> Option<String> {
    let value = some(&result["value"]).or_else(|| number(&result["value"]))?;
    let shown =
        value.parse::<Decimal>().map_or(value.clone(), |number| t.number(&number.normalize().to_string()));
    Some(match description["resultType"].as_str() {
        Some("Percent") => t.text("result-percent", [("percent", shown.trim_end_matches(['%', ' ']))]),
        Some("RawScore") => match some(&description["valueMax"]).or_else(|| number(&description["valueMax"]))
        {
            Some(max) => t.text("result-of", [("points", shown.as_str()), ("max", t.number(&max).as_str())]),
            None => t.text("result-points", [("points", shown.as_str())]),
        },
        _ => shown,
    })
}

/// Open Badges `ResultStatusType` in words.
fn status(status: &str, t: Language) -> String {
    let words = spaced(status).to_lowercase();
    t.choose("result-status", [("status", status), ("words", words.as_str())])
}
