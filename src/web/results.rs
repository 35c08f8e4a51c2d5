//! Results (Open Badges `Result`) as people read them.

use rust_decimal::Decimal;
use serde_json::Value;

use crate::badges::verify;
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
    let read = |result| verify::Achieved::read(result, &subject["achievement"], some, number);
    said(&list(&subject["result"]).map(read).collect::<Vec<_>>(), t)
}

/// The same of results as a badge tells them of itself.
pub(super) fn said(results: &[verify::Achieved], t: Language) -> Vec<Achieved> {
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
    let name = |result: &verify::Achieved| result.name.clone().unwrap_or_else(|| t.say("result"));
    for result in results {
        add(&name(result), value(result, t));
    }
    for result in results {
        add(&name(result), result.status.as_deref().map(|word| status(word, t)));
    }
    all
}

/// The value in the way of its type.
fn value(result: &verify::Achieved, t: Language) -> Option<String> {
    let value = result.value.clone()?;
    let shown =
        value.parse::<Decimal>().map_or(value.clone(), |number| t.number(&number.normalize().to_string()));
    Some(match result.kind.as_deref() {
        Some("Percent") => t.text("result-percent", [("percent", shown.trim_end_matches(['%', ' ']))]),
        Some("RawScore") => match &result.max {
            Some(max) => t.text("result-of", [("points", shown.as_str()), ("max", t.number(max).as_str())]),
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
