//! Competency rules: who earns which badge. Pure: no I/O, no clock.
//!
//! A [`Rule`] is a tree of conditions (`model`, `terms`; `expression` for what these cannot say).
//! What of an outcome counts for one condition is found in `counted`, who is meant by it in
//! `matching`, what the tree says in `evaluate`, groups that ask about times in `timing`.
//! `explanation` says it to people and machines, `book` finds the rules that something concerns,
//! `inputs` is what is kept of the facts.

mod book;
mod counted;
mod evaluate;
mod explanation;
mod expression;
mod inputs;
mod matching;
mod model;
mod period;
mod terms;
mod timing;
mod wording;

pub use book::Rulebook;
pub use evaluate::{Decision, Fact, Facts, Held, evaluate};
pub use explanation::{Explanation, Kind, Missing};
pub use expression::{Expression, Refused};
pub use inputs::{Inputs, KeptBadge, KeptOutcome};
pub use model::{AssessmentName, Condition, HeldBadge, Rule, Threshold, Weighted};
pub use period::{Period, evaluate_in};
pub use terms::{Between, Counts, Terms};

#[cfg(test)]
mod tests;
