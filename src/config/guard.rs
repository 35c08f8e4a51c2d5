//! The guard: how many awards are expected in a window. `[guard]`, `expect` of a badge file and
//! `expect` of a source. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use lettre::message::Mailbox;
use serde::Deserialize;

use super::document::{Node, Value};
use super::{Problem, Settings};

/// `[guard]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardSettings {
    /// Whether awards are counted and held at all.
    pub enabled: bool,
    /// The window of learned numbers: `1 day`.
    pub window: String,
    /// What is expected of each badge: `learned`, or `200 in 1 day`.
    pub badge: String,
    /// The same of each source.
    pub source: String,
    /// The same of everything together.
    pub overall: String,
    /// Who gets a mail when awards are held; `issuer.email` if nobody is named.
    pub notify: Option<Vec<String>>,
}

/// So many awards in so many hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expect {
    /// How many at most.
    pub number: u32,
    /// In how many hours, from 1 to 720.
    pub hours: u32,
}

/// Where the expected number comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// An administrator wrote it.
    Set {
        /// The number.
        expect: Expect,
        /// Where it is written, for people.
        by: Arc<str>,
    },
    /// It is learned from what was awarded so far.
    Learned {
        /// It is never less than this.
        floor: u32,
        /// The window, in hours.
        hours: u32,
    },
}

/// What is expected of everything, and who is told when there is more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    badge: Expected,
    source: Expected,
    sources: BTreeMap<String, Expected>,
    /// What is expected of everything together.
    pub overall: Expected,
    /// Who is told when there is more.
    pub notify: Arc<Notify>,
}

/// Who is told when awards are held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// Mail addresses.
    pub recipients: Vec<String>,
    /// The domain of Message-IDs.
    pub domain: String,
}

/// The longest window, in hours: 30 days.
const LONGEST: u32 = 30 * 24;
/// What a learned number never is less than: a small installation never meets it.
const FLOORS: [u32; 3] = [200, 1_000, 2_000];
/// Hours of each unit, whose name may end with an `s`.
const UNITS: [(&str, u32); 3] = [("hour", 1), ("day", 24), ("week", 168)];

const MEND: &str =
    "write how many awards are expected in which time, from 1 hour to 30 days: \"200 in 1 day\"";

impl Expected {
    /// The window, in hours.
    pub fn hours(&self) -> u32 {
        match self {
            Self::Set { expect, .. } => expect.hours,
            Self::Learned { hours, .. } => *hours,
        }
    }
}

impl Guard {
    /// What is expected of a badge; `own` is what its file says.
    pub fn badge(&self, own: Option<Expect>) -> Expected {
        own.map_or_else(
            || self.badge.clone(),
            |expect| Expected::Set { expect, by: "`expect` in the badge's file".into() },
        )
    }

    /// What is expected of a source.
    pub fn source(&self, name: &str) -> Expected {
        self.sources.get(name).unwrap_or(&self.source).clone()
    }
}

impl Settings {
    /// What the guard expects; `None` if it is switched off.
    pub fn guard(&self) -> Option<Guard> {
        let GuardSettings { enabled, window, badge, source, overall, notify } = &self.guard;
        // `load` has refused what cannot be read.
        let hours = window_of(window)?;
        let [badge, source, overall] = [("badge", badge), ("source", source), ("overall", overall)]
            .map(|(key, text)| (key, text.as_str()));
        let of = |(key, text): (&str, &str), floor| expected(text, key, floor, hours);
        let sources = self.sources.iter().filter_map(|(name, source)| {
            let expect = expect(source.expect.as_deref()?)?;
            Some((name.clone(), Expected::Set { expect, by: format!("`sources.{name}.expect`").into() }))
        });
        let recipients = notify.clone().or_else(|| Some(vec![self.issuer.email.clone()?]));
        enabled.then_some(Guard {
            badge: of(badge, FLOORS[0])?,
            source: of(source, FLOORS[1])?,
            sources: sources.collect(),
            overall: of(overall, FLOORS[2])?,
            notify: Arc::new(Notify {
                recipients: recipients.unwrap_or_default(),
                // `load` has refused an address without a host.
                domain: self.public_url.host_str()?.to_owned(),
            }),
        })
    }
}

fn expected(text: &str, key: &str, floor: u32, hours: u32) -> Option<Expected> {
    if text.trim() == "learned" {
        return Some(Expected::Learned { floor, hours });
    }
    expect(text).map(|expect| Expected::Set { expect, by: format!("`guard.{key}`").into() })
}

/// Keys of the configuration that make no sense, each with the mend.
pub(super) fn problems_of(settings: &Settings) -> Vec<(String, String)> {
    let guard = &settings.guard;
    let mut problems = Vec::new();
    for (key, text) in [("badge", &guard.badge), ("source", &guard.source), ("overall", &guard.overall)] {
        if expected(text, key, 0, 1).is_none() {
            problems.push((format!("guard.{key}"), format!("{MEND}, or \"learned\"")));
        }
    }
    if window_of(&guard.window).is_none() {
        let mend = "write a whole number and a unit, from 1 hour to 30 days: \"1 day\"";
        problems.push(("guard.window".to_owned(), mend.to_owned()));
    }
    if guard.notify.iter().flatten().any(|address| address.parse::<Mailbox>().is_err()) {
        let mend = "not mail addresses; write them like [\"registrar@example.edu\"]";
        problems.push(("guard.notify".to_owned(), mend.to_owned()));
    }
    for (name, source) in &settings.sources {
        if source.expect.as_deref().is_some_and(|text| expect(text).is_none()) {
            problems.push((format!("sources.{name}.expect"), MEND.to_owned()));
        }
    }
    problems
}

/// Takes `expect` out of the table `[award]`, whose other keys are those of the rule.
pub(super) fn take(award: &mut Node, problems: &mut Vec<Problem>) -> Option<Expect> {
    let Value::Table(table) = &mut award.value else { return None };
    let node = table.remove("expect")?;
    let found = node.str().and_then(expect);
    if found.is_none() {
        problems.push(node.at.problem(format!("`expect`: {MEND}")));
    }
    found
}

/// `200 in 1 day`.
fn expect(text: &str) -> Option<Expect> {
    let (number, window) = text.trim().split_once(" in ")?;
    let number = number.trim();
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse().ok().filter(|number| digits && *number > 0)?;
    Some(Expect { number, hours: window_of(window)? })
}

/// `1 day`, in hours.
fn window_of(text: &str) -> Option<u32> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let unit = unit.trim();
    let unit = unit.strip_suffix('s').unwrap_or(unit);
    let (_, hours) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u32>().ok()?.checked_mul(*hours).filter(|hours| (1..=LONGEST).contains(hours))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::config::document::parse;

    #[test]
    fn a_number_and_a_window_are_understood() {
        for (text, number, hours) in [
            ("200 in 1 day", 200, 24),
            (" 50 in 12 hours", 50, 12),
            ("1 in 1 hour", 1, 1),
            ("5000 in 2 weeks", 5_000, 336),
            ("10 in 30days", 10, 720),
        ] {
            assert_eq!(expect(text), Some(Expect { number, hours }), "{text}");
        }
        for text in [
            "",
            "200",
            "in 1 day",
            "200 in",
            "0 in 1 day",
            "-1 in 1 day",
            "+1 in 1 day",
            "200 in a day",
            "200 in 0 days",
            "200 in 31 days",
            "200 in 1 minute",
            "1.5 in 1 day",
            "99999999999 in 1 day",
            "1 in 99999999999 days",
            "1 in 4294967295 weeks",
        ] {
            assert_eq!(expect(text), None, "{text}");
        }
    }

    #[test]
    fn a_badge_file_names_the_line_of_what_is_no_number() {
        let read = |text: &str| {
            let mut problems = Vec::new();
            let mut node = parse(text, Path::new("badge.toml"), &mut problems);
            let expect = take(&mut node, &mut problems);
            assert!(!node.table().unwrap().contains_key("expect"));
            (expect, problems.into_iter().map(|problem| problem.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(read("course = \"1\""), (None, Vec::new()));
        assert_eq!(read("expect = \"20 in 1 hour\""), (Some(Expect { number: 20, hours: 1 }), Vec::new()));
        assert_eq!(
            read("\nexpect = 20").1,
            [
                "badge.toml:2: `expect`: write how many awards are expected in which time, from 1 hour to 30 days: \
              \"200 in 1 day\""
            ]
        );
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".{0,40}") {
            if let Some(expect) = expect(&text) {
                prop_assert!(expect.number > 0 && (1..=LONGEST).contains(&expect.hours));
            }
        }
    }
}
