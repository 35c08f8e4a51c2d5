//! The badges in a learner record: each has to hold by itself.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::text::Found;
use super::{About, Check, Lookup, Report, Verdict, judge};
use crate::badges::structure::At;

/// The most badges of one record that are checked.
const MOST_BADGES: usize = 50;

/// The check `badges`. What stands in a record that was changed is not looked at, and not worked on.
pub(super) fn check(record: &Value, unchanged: bool, lookup: &dyn Lookup, now: DateTime<Utc>) -> Check {
    let open = |why: &str| Check::open("badges", why);
    if !unchanged {
        return open("They are looked at when the record itself is shown to be unchanged.");
    }
    let root = At::root(record);
    let badges = root.may("credentialSubject").and_then(|subject| subject.may("verifiableCredential"));
    let badges = badges.map(|badges| badges.items()).unwrap_or_default();
    if badges.len() > MOST_BADGES {
        return open("There are more of them than this verifier checks.");
    }
    let mut unclear = None;
    for badge in &badges {
        let name = About::of(badge.value()).badge;
        if !badge.is_a("OpenBadgeCredential") && !badge.is_a("AchievementCredential") {
            unclear = Some(format!("“{name}” is a credential of a kind that this verifier does not know."));
            continue;
        }
        let report: Report = judge(&Found::Embedded(badge.value().clone()), lookup, now);
        let verdict = report.verdict();
        let first =
            |holds| report.checks.iter().find(|check| check.holds == holds).map_or("", |check| &check.found);
        match verdict {
            Verdict::Valid => {}
            Verdict::Invalid => {
                return Check::fails("badges", format!("“{name}” does not hold: {}", first(Some(false))));
            }
            Verdict::Open => unclear = Some(format!("“{name}” could not be checked: {}", first(None))),
        }
    }
    match unclear {
        Some(why) => Check::open("badges", why),
        None => {
            Check::holds("badges", format!("Each of the badges in it holds by itself ({}).", badges.len()))
        }
    }
}
