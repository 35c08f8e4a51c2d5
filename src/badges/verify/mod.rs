//! Verifying: does a credential hold, and if not, what exactly fails.

mod about;
mod embedded;
mod json;
pub(super) mod jwt;
mod key;
mod p256;
pub(super) mod public;
mod record;
mod schema;
mod status;
mod text;

use chrono::{DateTime, Utc};
use serde_json::Value;

pub(crate) use json::{Unread, parse};
pub(crate) use text::is_credential;

use super::structure::{self, At};
use crate::locales::Message;

pub use about::{About, Achieved, Holder};

/// What verification needs from outside. The caller fetches; this module stays pure.
pub trait Lookup {
    /// The DID document of a `did:web`, or `None`.
    fn did_document(&self, did: &str) -> Option<serde_json::Value>;
    /// A status list credential by its address, or `None`; one in JWT form as a string.
    fn status_list(&self, url: &str) -> Option<serde_json::Value>;
    /// A JSON schema by its address, or `None`.
    fn schema(&self, url: &str) -> Option<serde_json::Value>;
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was checked: `structure`, `terms`, `signature`, `key`, `dates`, `status`, `schema`; of a
    /// learner record also `badges`.
    pub name: &'static str,
    /// Whether it holds; `None` when it could not be checked.
    pub holds: Option<bool>,
    /// What was found, for people.
    pub found: Message,
}

impl Check {
    fn holds(name: &'static str, found: Message) -> Self {
        Self { name, holds: Some(true), found }
    }

    fn fails(name: &'static str, found: Message) -> Self {
        Self { name, holds: Some(false), found }
    }

    fn open(name: &'static str, found: Message) -> Self {
        Self { name, holds: None, found }
    }
}

/// What the checks say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every check holds.
    Valid,
    /// A check fails.
    Invalid,
    /// None fails, but not all could be made: nothing was shown.
    Open,
}

/// The outcome of verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Every check, in order.
    pub checks: Vec<Check>,
    /// What the credential says of itself, if there is one.
    pub about: Option<About>,
}

impl Report {
    /// Whether every check holds.
    pub fn holds(&self) -> bool {
        self.verdict() == Verdict::Valid
    }

    /// What the checks say together.
    pub fn verdict(&self) -> Verdict {
        if self.checks.iter().any(|check| check.holds == Some(false)) {
            Verdict::Invalid
        } else if self.checks.iter().all(|check| check.holds == Some(true)) {
            Verdict::Valid
        } else {
            Verdict::Open
        }
    }
}

/// Verifies a credential: JSON, a JWT, or a baked PNG or SVG.
///
/// The report always has the same seven checks; a learner record has one more, about the badges in it.
/// What this verifier cannot judge, such as unknown contexts or kinds of proof, is open (`None`) and
/// not a failure; nothing is fetched but what `lookup` gives.
pub fn verify(bytes: &[u8], lookup: &dyn Lookup, now: DateTime<Utc>) -> Report {
    let found = match text::read(bytes) {
        Ok(found) => found,
        Err(structure) => {
            let open = |name| Check::open(name, Message::new("found-nothing"));
            let rest = ["terms", "signature", "key", "dates", "status", "schema"].map(open);
            return Report { checks: std::iter::once(structure).chain(rest).collect(), about: None };
        }
    };
    let mut report = judge(&found, lookup, now);
    let document = found.credential();
    if At::root(document).is_a(structure::clr::TYPE) {
        let holds = |check: &Check| check.name != "signature" || check.holds == Some(true);
        let unchanged = report.checks.iter().all(holds);
        report.checks.push(record::check(document, unchanged, lookup, now));
    }
    report
}

/// The checks of one credential.
fn judge(found: &text::Found, lookup: &dyn Lookup, now: DateTime<Utc>) -> Report {
    let document = found.credential();
    let (complete, incomplete) = if At::root(document).is_a(structure::clr::TYPE) {
        ("found-record-complete", "found-record-incomplete")
    } else {
        ("found-badge-complete", "found-badge-incomplete")
    };
    let structure = match structure::standard(document) {
        Ok(()) => Check::holds("structure", Message::new(complete)),
        Err(why) => Check::fails("structure", Message::new(incomplete).because(why)),
    };
    let [terms, signature, key] = found.proven(lookup);
    let dates = dates(document, now);
    let status = status::check(document, lookup, now);
    let schema = schema::check(document, lookup);
    let checks = vec![structure, terms, signature, key, dates, status, schema];
    Report { checks, about: Some(About::of(document)) }
}

fn dates(document: &Value, now: DateTime<Utc>) -> Check {
    let root = At::root(document);
    let wrong = |why| Check::fails("dates", Message::new("found-dates-wrong").because(why));
    // Without a version it is incomplete anyway.
    let [from, until] = root.validity().unwrap_or(["validFrom", "validUntil"]);
    let from = match root.must(from).and_then(|at| at.date()) {
        Ok(from) => from,
        Err(why) => return wrong(why),
    };
    let until = match root.may(until).map(|at| at.date()).transpose() {
        Ok(until) => until,
        Err(why) => return wrong(why),
    };
    let found = |key, time: DateTime<Utc>| {
        Message::new(key).with("time", time.format("%Y-%m-%d %H:%M UTC").to_string())
    };
    match until {
        _ if now < from => Check::fails("dates", found("found-too-early", from)),
        Some(until) if now > until => Check::fails("dates", found("found-expired", until)),
        Some(until) => Check::holds("dates", found("found-valid-until", until)),
        None => Check::holds("dates", Message::new("found-valid-for-ever")),
    }
}

#[cfg(test)]
mod tests;
