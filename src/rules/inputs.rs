//! Inputs: the facts on which a decision was made, as they are kept with an award.

use accolade_connectors::{Learner, Outcome};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::evaluate::Known;
use super::{Decision, Fact, Facts, Held, Period, Rule, evaluate_in};

/// What a decision was made on. Of the learner only the id in the LMS is kept: name and address
/// decide nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    /// The badge.
    pub badge: String,
    /// The version of the rules.
    pub rules: String,
    /// When it was decided.
    pub now: DateTime<Utc>,
    /// What a human had decided, by its stored name.
    pub decided: Option<String>,
    /// The time of the results that counted, for a badge that can be earned again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// The outcomes that the rule names.
    pub outcomes: Vec<KeptOutcome>,
    /// The badges that the rule names and the person held.
    pub held: Vec<KeptBadge>,
}

/// An outcome that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptOutcome {
    /// The source's name.
    pub source: String,
    /// The outcome.
    pub outcome: Outcome,
}

/// A held badge that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBadge {
    /// Its id.
    pub badge: String,
    /// When it was awarded.
    pub awarded_at: DateTime<Utc>,
}

impl Inputs {
    /// Keeps what `rule` looks at; `of` names the badge and the version of the rules.
    pub fn of(
        (badge, rules): (&str, &str),
        rule: &Rule,
        facts: &Facts<'_>,
        decided: Option<&str>,
        now: DateTime<Utc>,
    ) -> Self {
        let known = Known::of(rule, facts);
        let outcomes = known.outcomes.iter().map(|(_, fact)| KeptOutcome {
            source: fact.source.to_owned(),
            outcome: without_person(fact.outcome),
        });
        let held = known
            .held
            .iter()
            .map(|(_, held)| KeptBadge { badge: held.badge.to_owned(), awarded_at: held.awarded_at });
        Self {
            badge: badge.to_owned(),
            rules: rules.to_owned(),
            now,
            decided: decided.map(str::to_owned),
            period: None,
            outcomes: outcomes.collect(),
            held: held.collect(),
        }
    }

    /// Judges a rule by what was kept.
    pub fn decide(&self, rule: &Rule) -> Decision {
        let outcomes: Vec<Fact<'_>> =
            self.outcomes.iter().map(|kept| Fact { source: &kept.source, outcome: &kept.outcome }).collect();
        let held: Vec<Held<'_>> =
            self.held.iter().map(|kept| Held { badge: &kept.badge, awarded_at: kept.awarded_at }).collect();
        evaluate_in(self.period, rule, &Facts { outcomes: &outcomes, held: &held })
    }
}

fn without_person(outcome: &Outcome) -> Outcome {
    let id = outcome.learner.id.clone();
    let learner = Learner { id, name: None, email: None, institution_id: None, language: None };
    Outcome { learner, ..outcome.clone() }
}
