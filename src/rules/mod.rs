//! Competency rules: who earns which badge. Pure: no I/O, no clock.

mod book;
mod evaluate;
mod matching;
mod model;

pub use book::Rulebook;
pub use evaluate::{Decision, Explanation, Fact, evaluate};
pub use model::{AssessmentName, Condition, Rule, Threshold};

#[cfg(test)]
mod tests;
