//! A verdict as the page shows it.

use crate::badges::verify::{Check, Verdict};
use crate::remote::Examined;

/// What the page says.
pub(in crate::web) struct Shown {
    pub(in crate::web) verdict: Verdict,
    /// What the badge says of itself.
    pub(in crate::web) about: Option<About>,
    pub(in crate::web) checks: Vec<Line>,
    /// What could not be read, and why.
    pub(in crate::web) unread: Vec<(String, String)>,
}

/// What a badge says of itself; worth no more than the verdict.
pub(in crate::web) struct About {
    pub(in crate::web) badge: String,
    pub(in crate::web) issuer: String,
    pub(in crate::web) issuer_id: String,
}

/// One check in plain words.
pub(in crate::web) struct Line {
    pub(in crate::web) holds: Option<bool>,
    /// What was asked.
    pub(in crate::web) question: &'static str,
    /// What was found.
    pub(in crate::web) found: String,
}

impl Shown {
    pub(super) fn of(examined: &Examined) -> Self {
        let report = &examined.report;
        Self {
            verdict: report.verdict(),
            about: report.about.as_ref().map(|about| About {
                badge: about.badge.clone(),
                issuer: about.issuer.clone(),
                issuer_id: about.issuer_id.clone(),
            }),
            checks: report.checks.iter().map(Line::of).collect(),
            unread: examined.unread.clone(),
        }
    }
}

impl Line {
    fn of(check: &Check) -> Self {
        let question = match check.name {
            "structure" => "Is it a complete Open Badge?",
            "terms" => "Is its meaning clear?",
            "signature" => "Is it unchanged since it was signed?",
            "key" => "Does the key belong to the issuer?",
            "dates" => "Does it count today?",
            "status" => "Does the issuer still stand by it?",
            other => other,
        };
        Self { holds: check.holds, question, found: check.found.clone() }
    }
}
