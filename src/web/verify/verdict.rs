//! A verdict as the page shows it.

use crate::badges::verify::{About, Check, Verdict};
use crate::remote::Examined;

/// What the page says.
pub(in crate::web) struct Shown {
    pub(in crate::web) verdict: Verdict,
    /// What the badge says of itself; worth no more than the verdict.
    pub(in crate::web) about: Option<About>,
    pub(in crate::web) checks: Vec<Line>,
    /// What could not be read, and why.
    pub(in crate::web) unread: Vec<(String, String)>,
}

/// One check.
pub(in crate::web) struct Line {
    pub(in crate::web) holds: Option<bool>,
    /// What was asked: [`Check::name`].
    pub(in crate::web) name: &'static str,
    /// What was found, in English.
    pub(in crate::web) found: String,
}

impl Shown {
    pub(super) fn of(Examined { report, unread }: Examined) -> Self {
        Self {
            verdict: report.verdict(),
            checks: report.checks.into_iter().map(Line::of).collect(),
            about: report.about,
            unread,
        }
    }
}

impl Line {
    fn of(check: Check) -> Self {
        Self { holds: check.holds, name: check.name, found: check.found }
    }
}
