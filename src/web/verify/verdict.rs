//! A verdict as the page shows it.

use crate::badges::verify::{About, Check, Holder, Verdict};
use crate::locales::Language;
use crate::remote::Examined;
use crate::web::results::{self, Achieved};
use crate::web::view::Day;

/// What the page says.
pub(in crate::web) struct Shown {
    pub(in crate::web) verdict: Verdict,
    /// What the badge says of itself; worth no more than the verdict.
    pub(in crate::web) about: Option<Said>,
    pub(in crate::web) checks: Vec<Line>,
    /// What could not be read, and why, as HTML.
    pub(in crate::web) unread: Vec<(String, String)>,
}

/// What a badge says of itself, in the reader's language.
pub(in crate::web) struct Said {
    pub(in crate::web) about: About,
    pub(in crate::web) awarded: Option<Day>,
    pub(in crate::web) until: Option<Day>,
    pub(in crate::web) results: Vec<Achieved>,
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
    pub(in crate::web) fn of(examined: &Examined, t: Language) -> Self {
        let line = |check: &Check| Line { holds: check.holds, name: check.name, found: check.found.html(t) };
        let report = &examined.report;
        let withdrawn =
            report.checks.iter().any(|check| check.name == "status" && check.holds == Some(false));
        let said = |about: About| {
            let said = Said::of(about, t);
            // As on its page: of a badge that its issuer took back, nothing more is told.
            if withdrawn { Said { results: Vec::new(), ..said } } else { said }
        };
        Self {
            verdict: report.verdict(),
            checks: report.checks.iter().map(line).collect(),
            about: report.about.clone().map(said),
            unread: examined.unread.iter().map(|(id, why)| (id.clone(), why.html(t))).collect(),
        }
    }
}

impl Said {
    fn of(about: About, t: Language) -> Self {
        Self {
            awarded: about.awarded.map(|at| Day::of(at, t)),
            until: about.until.map(|at| Day::of(at, t)),
            results: results::said(&about.results, t),
            about,
        }
    }

    /// The holder, if the badge names one.
    pub(in crate::web) fn named(&self) -> Option<&str> {
        match &self.about.holder {
            Holder::Named(name) => Some(name),
            Holder::Hashed | Holder::Id(_) | Holder::Unsaid => None,
        }
    }

    /// The id by which the badge names its holder, if by nothing else.
    pub(in crate::web) fn holder_id(&self) -> Option<&str> {
        match &self.about.holder {
            Holder::Id(id) => Some(id),
            Holder::Hashed | Holder::Named(_) | Holder::Unsaid => None,
        }
    }

    /// Whether all that it names is the hash of an address.
    pub(in crate::web) fn is_hashed(&self) -> bool {
        self.about.holder == Holder::Hashed
    }
}
