//! A verdict as the page shows it.

use crate::badges::verify::{About, Check, Verdict};
use crate::locales::Language;
use crate::remote::Examined;

/// What the page says.
pub(in crate::web) struct Shown {
    pub(in crate::web) verdict: Verdict,
    /// What the badge says of itself; worth no more than the verdict.
    pub(in crate::web) about: Option<About>,
    pub(in crate::web) checks: Vec<Line>,
    /// What could not be read, and why, as HTML.
    pub(in crate::web) unread: Vec<(String, String)>,
}

/// One check.
pub(in crate::web) struct Line {
    pub(in crate::web) holds: Option<bool>,
    /// What was asked: [`Check::name`].
    pub(in crate::web) name: &'static str,
    /// What was found, as HTML.
    pub(in crate::web) found: String,
}

impl Shown {
    /// The verdict in the reader's language.
    pub(super) fn of(examined: &Examined, t: Language) -> Self {
        let line = |check: &Check| Line { holds: check.holds, name: check.name, found: check.found.html(t) };
        let report = &examined.report;
        Self {
            verdict: report.verdict(),
            checks: report.checks.iter().map(line).collect(),
            about: report.about.clone(),
            unread: examined.unread.iter().map(|(id, why)| (id.clone(), why.html(t))).collect(),
        }
    }
}
