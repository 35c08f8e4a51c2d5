//! The badges in a learner record: each has to hold by itself.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::text::Found;
use super::{About, Check, Lookup, Report, Verdict, judge};
use crate::badges::structure::At;
use crate::locales::Message;

/// The most badges of one record that are checked.
const MOST_BADGES: usize = 50;

/// The check `badges`. What stands in a record that was changed is not looked at, and not worked on.
pub(super) fn check(record: &Value, unchanged: bool, lookup: &dyn Lookup, now: DateTime<Utc>) -> Check {
    let open = |found| Check::open("badges", Message::new(found));
    if !unchanged {
        return open("found-badges-later");
    }
    let root = At::root(record);
    let badges = root.may("credentialSubject").and_then(|subject| subject.may("verifiableCredential"));
    let badges = badges.map(|badges| badges.items()).unwrap_or_default();
    if badges.len() > MOST_BADGES {
        return open("found-badges-many");
    }
    let mut unclear = None;
    for badge in &badges {
        let name = About::of(badge.value()).badge;
        if !badge.is_a("OpenBadgeCredential") && !badge.is_a("AchievementCredential") {
            unclear = Some(Message::new("found-badges-kind").with("name", name));
            continue;
        }
        let report: Report = judge(&Found::Embedded(badge.value().clone()), lookup, now);
        let verdict = report.verdict();
        let first = |found, holds| {
            let first = report.checks.iter().find(|check| check.holds == holds);
            let found = Message::new(found).with("name", name.as_str());
            first.map_or(found.clone(), |first| found.because(first.found.clone()))
        };
        match verdict {
            Verdict::Valid => {}
            Verdict::Invalid => return Check::fails("badges", first("found-badges-bad", Some(false))),
            Verdict::Open => unclear = Some(first("found-badges-open", None)),
        }
    }
    if let Some(why) = unclear {
        return Check::open("badges", why);
    }
    Check::holds("badges", Message::new("found-badges-good").with("count", badges.len().to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::badges::samples::time;

    /// Nothing is there.
    struct Nowhere;

    impl Lookup for Nowhere {
        fn did_document(&self, _: &str) -> Option<Value> {
            None
        }

        fn status_list(&self, _: &str) -> Option<Value> {
            None
        }

        fn schema(&self, _: &str) -> Option<Value> {
            None
        }
    }

    #[test]
    fn a_record_of_too_many_badges_is_left_open() {
        let found = |count: usize| {
            let badges = vec![json!({"type": ["VerifiableCredential"]}); count];
            let record = json!({"credentialSubject": {"verifiableCredential": badges}});
            check(&record, true, &Nowhere, time("2026-03-04T05:06:07Z"))
        };
        let many = Message::new("found-badges-many");
        assert_eq!((found(MOST_BADGES + 1).holds, found(MOST_BADGES + 1).found), (None, many.clone()));
        assert_ne!(found(MOST_BADGES).found, many);
    }
}
