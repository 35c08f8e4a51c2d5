//! What becomes of a badge whose rule is not met any more: `regrade` and `grace` of `[award]`.

use chrono::TimeDelta;

use super::Problem;
use super::document::{Node, Value, did_you_mean, or_list};

/// What a regrade does to a badge, and how long after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regrade {
    /// What.
    pub then: RegradePolicy,
    /// How long the loss has to last first.
    pub grace: TimeDelta,
}

/// What a regrade does to a badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegradePolicy {
    /// Nothing.
    Keep,
    /// It is suspended until the rule is met again.
    Suspend,
    /// It is revoked, for good.
    Revoke,
}

/// A badge that rests on a grade which was taken back is wrong, so it does not stay valid. A
/// suspension goes away by itself, so a teacher's slip harms nobody for long.
impl Default for Regrade {
    fn default() -> Self {
        Self { then: RegradePolicy::Suspend, grace: TimeDelta::zero() }
    }
}

const POLICIES: [(&str, RegradePolicy); 3] =
    [("keep", RegradePolicy::Keep), ("suspend", RegradePolicy::Suspend), ("revoke", RegradePolicy::Revoke)];
/// Seconds of each unit, whose name may end with an `s`.
const UNITS: [(&str, i64); 4] = [("minute", 60), ("hour", 3_600), ("day", 86_400), ("week", 604_800)];
/// The longest grace, in seconds: ten years.
const LONGEST: i64 = 3_650 * 86_400;

/// Takes the keys out of the table `[award]`, whose other keys are those of the rule.
pub(super) fn take(award: &mut Node, problems: &mut Vec<Problem>) -> Regrade {
    let mut regrade = Regrade::default();
    let Value::Table(table) = &mut award.value else { return regrade };
    if let Some(node) = table.remove("regrade") {
        match policy(&node) {
            Ok(then) => regrade.then = then,
            Err(problem) => problems.push(node.at.problem(problem)),
        }
    }
    if let Some(node) = table.remove("grace") {
        match node.str().and_then(grace) {
            Some(_) if regrade.then == RegradePolicy::Keep => problems.push(node.at.problem(
                "`grace`: with `regrade = \"keep\"` nothing follows that could wait; remove one of the two",
            )),
            Some(grace) => regrade.grace = grace,
            None => problems.push(node.at.problem(
                "`grace`: not a length of time; write it like \"12 hours\", \"7 days\" or \"2 weeks\", \
                 ten years at most",
            )),
        }
    }
    regrade
}

fn policy(node: &Node) -> Result<RegradePolicy, String> {
    let names = || POLICIES.iter().map(|(name, _)| *name);
    let given = node.str();
    let found = POLICIES.iter().find(|(name, _)| Some(*name) == given);
    found.map(|(_, policy)| *policy).ok_or_else(|| {
        let hint = given.map_or_else(String::new, |given| did_you_mean(given, names()));
        format!("`regrade`: not possible here; possible is {}{hint}", or_list(names()))
    })
}

/// A number and a unit: `7 days`.
fn grace(text: &str) -> Option<TimeDelta> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let unit = unit.trim().to_lowercase();
    let unit = unit.strip_suffix('s').unwrap_or(&unit);
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let seconds = number.parse::<i64>().ok()?.checked_mul(*seconds)?;
    TimeDelta::try_seconds(seconds).filter(|_| seconds <= LONGEST)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::config::document::parse;

    fn read(text: &str) -> (Regrade, Vec<String>) {
        let mut problems = Vec::new();
        let mut node = parse(text, Path::new("badge.toml"), &mut problems);
        let regrade = take(&mut node, &mut problems);
        assert!(!node.table().unwrap().keys().any(|key| key == "regrade" || key == "grace"));
        (regrade, problems.into_iter().map(|problem| problem.message).collect())
    }

    #[test]
    fn a_badge_says_what_a_regrade_does() {
        assert_eq!(read("course = \"1\"").0, Regrade::default());
        assert_eq!(read("regrade = \"keep\"").0.then, RegradePolicy::Keep);
        let (regrade, problems) = read("regrade = \"revoke\"\ngrace = \"7 days\"");
        assert_eq!(regrade, Regrade { then: RegradePolicy::Revoke, grace: TimeDelta::days(7) });
        assert!(problems.is_empty(), "{problems:?}");
        for (text, hours) in [("1 hour", 1), ("36 hours", 36), (" 2 weeks ", 336), ("90minutes", 1)] {
            assert_eq!(grace(text).unwrap().num_hours(), hours, "{text}");
        }
    }

    #[test]
    fn what_is_no_policy_or_no_time_is_named_with_its_mend() {
        let problems = read("regrade = \"suspnd\"\ngrace = \"a week\"").1;
        assert!(problems[0].contains("did you mean `suspend`?"), "{problems:?}");
        assert!(problems[1].contains("\"7 days\""), "{problems:?}");
        assert!(read("regrade = 7").1[0].contains("`keep`, `suspend` or `revoke`"));
        assert!(read("regrade = \"keep\"\ngrace = \"7 days\"").1[0].contains("remove one"));
        for text in
            ["", "7", "days", "-1 days", "7 years", "1.5 days", "99999999999999999999 days", "600 weeks"]
        {
            assert_eq!(grace(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".{0,40}") {
            prop_assert!(grace(&text).is_none_or(|grace| grace >= TimeDelta::zero()));
        }
    }
}
