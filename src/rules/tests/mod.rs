//! Tests of the rules: single conditions, groups, what is said to people, the index, and
//! properties of rules drawn at random.

mod attempts;
mod book;
mod conditions;
mod explaining;
mod expressions;
mod formulas;
mod groups;
mod oracle;
mod properties;

use accolade_connectors::{Assessment, AssessmentKind, Course, Learner, Outcome, Release, Score, Withheld};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::*;

fn outcome(assessment: &str, given: &str, max: &str) -> Outcome {
    Outcome {
        learner: Learner {
            id: "8".to_owned(),
            name: None,
            email: None,
            institution_id: None,
            language: None,
        },
        course: Course { id: "2".to_owned(), also: vec!["WS101".to_owned()], name: None, url: None },
        assessment: Assessment {
            id: assessment.to_owned(),
            also: Vec::new(),
            kind: AssessmentKind::Item,
            name: None,
            url: None,
        },
        score: Some(Score {
            given: Some(given.parse().unwrap()),
            min: Decimal::ZERO,
            max: Some(max.parse().unwrap()),
            text: None,
        }),
        passed: None,
        release: Release::Released,
        graded_at: None,
        attempt: None,
        attempts: Vec::new(),
        late: None,
        all_graded: None,
        as_of: DateTime::UNIX_EPOCH,
    }
}

fn condition(assessment: &str, threshold: Threshold) -> Condition {
    Condition::new("moodle", "WS101", AssessmentName::Named(assessment.to_owned()), threshold)
}

fn asks(assessment: &str, threshold: Threshold) -> Rule {
    Rule::Condition(condition(assessment, threshold))
}

fn percent(mark: &str) -> Threshold {
    Threshold::Percent(mark.parse().unwrap())
}

fn judge(rule: &Rule, outcomes: &[Outcome]) -> Decision {
    let facts: Vec<Fact<'_>> = outcomes.iter().map(|outcome| Fact { source: "moodle", outcome }).collect();
    evaluate(rule, &Facts { outcomes: &facts, held: &[] })
}

fn withheld(mut outcome: Outcome, reason: Withheld) -> Outcome {
    outcome.release = Release::Withheld { reason };
    outcome
}

/// Midnight of a day of September 2026, in UTC; from 31 on, of later months.
fn day(day: i64) -> DateTime<Utc> {
    "2026-09-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::days(day - 1)
}

/// Graded on a day of September 2026.
fn on(number: i64, outcome: Outcome) -> Outcome {
    Outcome { graded_at: Some(day(number)), ..outcome }
}

/// Every one of these, close together.
fn within(days: i64, group: Rule) -> Rule {
    Rule::Within { time: TimeDelta::days(days), group: Box::new(group) }
}

fn held_badge(badge: &str) -> Rule {
    Rule::Badge(HeldBadge { badge: badge.to_owned(), between: None })
}

/// With the terms changed.
fn with(change: impl Fn(&mut Terms), mut condition: Condition) -> Rule {
    change(&mut condition.terms);
    Rule::Condition(condition)
}
