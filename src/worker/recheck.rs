//! Whether an award follows from the facts that are kept with it and the version of the rules
//! that it names. Pure, no I/O and no clock.

use serde::Serialize;
use serde_json::Value;

use crate::config::Catalog;
use crate::rules::Inputs;
use crate::store::{AwardBasis, DecisionKind};

/// What came of checking an award again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Recheck {
    /// The same decision.
    Same {
        /// A human granted it, whatever the rule says.
        granted: bool,
        /// How many results it looked at.
        results: usize,
        /// How many held badges.
        held: usize,
    },
    /// Another decision.
    Differs {
        /// In what, for people.
        what: Vec<String>,
    },
    /// The facts are not what was stored with the award.
    Altered {
        /// How, for people.
        why: String,
    },
    /// It cannot be known: nothing is kept that could be checked.
    Unknown {
        /// Why, for people.
        why: String,
    },
}

/// Checks an award by the version of the rules that it names; `rules` is `None` when that is not
/// stored.
pub fn recheck(award: &AwardBasis, rules: Option<&Catalog>) -> Recheck {
    let unknown = |why: &str| Recheck::Unknown { why: why.to_owned() };
    let Some(stored) = &award.inputs else {
        return unknown("no facts are kept with it; early versions of Accolade kept none");
    };
    if !stored.holds() {
        return Recheck::Altered { why: "its facts have another hash".to_owned() };
    }
    let inputs: Inputs = match serde_json::from_str(&stored.content) {
        Ok(inputs) => inputs,
        Err(error) => return Recheck::Unknown { why: format!("its facts cannot be read: {error}") },
    };
    if (&inputs.badge, &inputs.rules) != (&award.badge, &award.rules) {
        let why =
            "its facts belong to an award of another badge, or of another version of the rules".to_owned();
        return Recheck::Altered { why };
    }
    let Some(badge) = rules.and_then(|rules| rules.badge(&award.badge)) else {
        return unknown("the version of the rules that it names was never published");
    };
    let decision = inputs.decide(&badge.rule);
    let granted = inputs.decided.as_deref() == Some(DecisionKind::Grant.as_str());
    let now = serde_json::to_value(&decision.explanation).unwrap_or_default();
    let mut what = Vec::new();
    compare(&award.explanation, &now, &mut what);
    if !decision.earned && !granted {
        what.push(format!("by these facts the badge is not earned: {}", decision.explanation.lacks()));
    }
    if what.is_empty() {
        Recheck::Same { granted, results: inputs.outcomes.len(), held: inputs.held.len() }
    } else {
        Recheck::Differs { what }
    }
}

/// What two trees of conditions say otherwise. Words that only another version of this program
/// would choose are no difference: what counts is what is met, and what was found.
fn compare(then: &Value, now: &Value, what: &mut Vec<String>) {
    let text = |part: &Value, key: &str| part[key].as_str().unwrap_or_default().to_owned();
    let asks = text(now, "asks");
    let met = |part: &Value| if part["met"].as_bool() == Some(true) { "met" } else { "not met" };
    if met(then) != met(now) {
        what.push(format!("“{asks}” was {}, and is {} by the stored facts", met(then), met(now)));
    }
    let found = |part: &Value| (text(part, "found"), text(part, "since"));
    if found(then) != found(now) {
        let said = |(found, since): (String, String)| {
            if since.is_empty() { found } else { format!("{found} ({since})") }
        };
        what.push(format!(
            "“{asks}” found {}, and by the stored facts {}",
            said(found(then)),
            said(found(now))
        ));
    }
    let parts = |part: &Value| part["parts"].as_array().cloned().unwrap_or_default();
    let (before, after) = (parts(then), parts(now));
    if before.len() != after.len() {
        what.push(format!("“{asks}” had {} parts, and has {}", before.len(), after.len()));
        return;
    }
    for (then, now) in before.iter().zip(&after) {
        compare(then, now, what);
    }
}
