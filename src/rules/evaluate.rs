//! Judging: a rule against what is known of a person.

use accolade_connectors::{Outcome, Release};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Condition, Rule};

/// A confirmed outcome of the person, and the source that confirmed it.
#[derive(Debug, Clone, Copy)]
pub struct Fact<'a> {
    /// The source's name.
    pub source: &'a str,
    /// The outcome.
    pub outcome: &'a Outcome,
}

/// What a rule says to a person's facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Whether the badge is earned.
    pub earned: bool,
    /// The facts (by index, ascending) on which it rests: those that meet a condition that
    /// counts. Empty while the badge is not earned.
    pub evidence: Vec<usize>,
    /// The tree of conditions with what was found.
    pub explanation: Explanation,
}

/// The tree of conditions with what was found, for people (`Display`) and machines (JSON).
///
/// ```text
/// no: all of these
///   yes: Final Quiz in Workplace Safety 101 (moodle): at least 70 %; found: 85 %
///   no: Report in Workplace Safety 101 (moodle): at least 60 points; found: not posted yet
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Whether this part is met.
    pub met: bool,
    /// What this part asks: `all of these`, or `Final Quiz in WS101 (moodle): at least 70 %`.
    pub asks: String,
    /// What was found, for a condition: `68 %`; nothing for a group.
    pub found: Option<String>,
    /// The parts of a group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Explanation>,
}

/// Judges a rule. Total: never fails, never panics; independent of the order of facts, but for
/// the indexes in [`Decision::evidence`].
///
/// Of several facts that a condition means, the best one counts. A withheld outcome meets
/// nothing, and neither does a group without parts: an earned badge always has evidence.
pub fn evaluate(rule: &Rule, facts: &[Fact<'_>]) -> Decision {
    let (explanation, mut evidence) = judge(rule, facts);
    evidence.sort_unstable();
    evidence.dedup();
    Decision { earned: explanation.met, evidence, explanation }
}

/// The verdict on a part, and the facts on which it rests; none if it is not met.
fn judge(rule: &Rule, facts: &[Fact<'_>]) -> (Explanation, Vec<usize>) {
    let (asks, needed, parts) = match rule {
        Rule::Condition(condition) => return judge_condition(condition, facts),
        Rule::All(parts) => ("all of these".to_owned(), parts.len(), parts),
        Rule::Any(parts) => ("at least one of these".to_owned(), 1, parts),
        Rule::AtLeast { count, of } => (format!("at least {count} of these {}", of.len()), *count, of),
    };
    let (parts, evidence): (Vec<_>, Vec<_>) = parts.iter().map(|part| judge(part, facts)).unzip();
    // Nothing asked is nothing earned.
    let met = parts.iter().filter(|part| part.met).count() >= needed.max(1);
    let evidence = if met { evidence.concat() } else { Vec::new() };
    (Explanation { met, asks, found: None, parts }, evidence)
}

fn judge_condition(condition: &Condition, facts: &[Fact<'_>]) -> (Explanation, Vec<usize>) {
    let best = facts
        .iter()
        .enumerate()
        .filter(|(_, fact)| condition.concerns(fact.source, fact.outcome))
        .map(|(index, fact)| (Candidate::new(condition, fact.outcome), index))
        .max();
    let Some((best, index)) = best else {
        let found = Some("no result yet".to_owned());
        return (
            Explanation { met: false, asks: condition.asks(None), found, parts: Vec::new() },
            Vec::new(),
        );
    };
    let evidence = if best.met { vec![index] } else { Vec::new() };
    let explanation =
        Explanation { met: best.met, asks: best.asks, found: Some(best.found), parts: Vec::new() };
    (explanation, evidence)
}

/// How well one outcome serves a condition; the fields are compared in their order, the better
/// one is the greater. The last ones only make the choice independent of the order of facts.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate<'a> {
    met: bool,
    released: bool,
    measure: Option<Decimal>,
    as_of: DateTime<Utc>,
    asks: String,
    found: String,
    ids: (&'a str, &'a str, &'a str),
    said: (Option<bool>, Option<DateTime<Utc>>, Option<ScoreParts<'a>>),
}

/// Given, lowest and highest points, and the text.
type ScoreParts<'a> = (Option<Decimal>, Decimal, Option<Decimal>, Option<&'a str>);

impl<'a> Candidate<'a> {
    fn new(condition: &Condition, outcome: &'a Outcome) -> Self {
        Self {
            met: condition.threshold.met_by(outcome),
            released: outcome.release == Release::Released,
            measure: condition.threshold.measure(outcome),
            as_of: outcome.as_of,
            asks: condition.asks(Some(outcome)),
            found: condition.threshold.found(outcome),
            ids: (&outcome.learner.id, &outcome.course.id, &outcome.assessment.id),
            said: (
                outcome.passed,
                outcome.graded_at,
                outcome
                    .score
                    .as_ref()
                    .map(|score| (score.given, score.min, score.max, score.text.as_deref())),
            ),
        }
    }
}

impl std::fmt::Display for Explanation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.write(f, 0)
    }
}

impl Explanation {
    /// What is missing, in one line: each condition that is not met and would help, with what
    /// was found.
    pub fn lacks(&self) -> String {
        let mut lines = Vec::new();
        self.collect_lacks(&mut lines);
        lines.join("; ")
    }

    fn collect_lacks(&self, lines: &mut Vec<String>) {
        if self.met {
            return;
        }
        if self.parts.is_empty() {
            let found = self.found.as_deref().unwrap_or("nothing");
            // Two ways to the same thing need not say twice what was found.
            let line = format!("{}, but found {found}", self.asks);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        for part in &self.parts {
            part.collect_lacks(lines);
        }
    }

    /// One line a part, indented by two spaces a level, without a line end at the very end.
    fn write(&self, f: &mut std::fmt::Formatter<'_>, depth: usize) -> std::fmt::Result {
        write!(f, "{}{}: {}", "  ".repeat(depth), if self.met { "yes" } else { "no" }, self.asks)?;
        if let Some(found) = &self.found {
            write!(f, "; found: {found}")?;
        }
        for part in &self.parts {
            writeln!(f)?;
            part.write(f, depth + 1)?;
        }
        Ok(())
    }
}
