//! What the pages show, read from the signed document: the page says what the badge says.
//!
//! Reading is tolerant: what is missing or of another shape is not shown.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::badges::{Achievement, RENEWAL, REPLACEMENT};
use crate::locales::Language;
use crate::store::StoredCredential;

use super::badge::{Badge, Link};
use super::markdown::web_address;
use super::results::{Achieved, results};

/// A day, for machines and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) iso: String,
    pub(super) text: String,
}

impl Day {
    pub(super) fn of(time: DateTime<Utc>, language: Language) -> Self {
        Self { iso: time.format("%Y-%m-%d").to_string(), text: language.day(time) }
    }
}

/// Whether the badge counts now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Valid,
    Expired,
    Suspended,
    Revoked,
}

/// On what the badge rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) name: String,
    pub(super) narrative: String,
    pub(super) url: Option<String>,
}

/// A credential as its pages show it.
#[derive(Debug, Clone)]
pub(super) struct Credential {
    pub(super) id: String,
    /// The public page.
    pub(super) url: String,
    pub(super) holder: String,
    pub(super) badge: Badge,
    pub(super) issuer: String,
    pub(super) issuer_url: Option<String>,
    /// The issuer's DID.
    pub(super) issuer_id: String,
    /// The path of its DID document, if it has one.
    pub(super) issuer_keys: Option<String>,
    pub(super) awarded: Day,
    pub(super) until: Option<Day>,
    /// What was achieved; nothing of a badge that was withdrawn.
    pub(super) results: Vec<Achieved>,
    /// On what it rests; nothing of a badge that was withdrawn.
    pub(super) evidence: Vec<Proof>,
    pub(super) state: State,
    /// The public page of the badge that this one renews.
    pub(super) renews: Option<String>,
    /// The public page of the badge that renews this one.
    pub(super) renewed_by: Option<String>,
    /// The page of the badge that stands in its place.
    pub(super) replaced_by: Option<String>,
    /// Addresses of the status lists.
    pub(super) lists: Vec<Link>,
}

impl Credential {
    /// Reads the stored credential. `catalog` is the badge's file, if there still is one, and
    /// whether it has an image.
    pub(super) fn read(
        stored: &StoredCredential,
        catalog: Option<(&Achievement, bool)>,
        public_url: &str,
        now: DateTime<Utc>,
        language: Language,
    ) -> Self {
        let document: Value = serde_json::from_str(&stored.document).unwrap_or_default();
        let subject = &document["credentialSubject"];
        let until = time(&document["validUntil"]);
        let state = match (stored.revoked, stored.suspended) {
            (true, _) => State::Revoked,
            (false, true) => State::Suspended,
            _ if until.is_some_and(|until| until <= now) => State::Expired,
            _ => State::Valid,
        };
        let page = |id: Uuid| format!("{public_url}/credentials/{id}");
        let url = page(stored.id);
        // The page of a badge that was withdrawn says so, and nothing more about its holder.
        let told = state != State::Revoked;
        let issuer = &document["issuer"];
        let issuer_id = issuer.as_str().map_or_else(|| text(&issuer["id"]), str::to_owned);
        Self {
            id: stored.id.to_string(),
            holder: stored.name.clone(),
            badge: Badge::read(&subject["achievement"], &stored.badge, catalog, language),
            issuer: text(&issuer["name"]),
            issuer_url: issuer["url"].as_str().and_then(web_address),
            issuer_keys: did_path(&issuer_id),
            issuer_id,
            awarded: Day::of(time(&document["validFrom"]).unwrap_or(stored.awarded_at), language),
            until: until.map(|until| Day::of(until, language)),
            results: if told { results(subject, language) } else { Vec::new() },
            evidence: list(&document["evidence"])
                .filter(|_| told)
                .map(|evidence| proof(evidence, stored.renews_shown.is_some(), language))
                .collect(),
            state,
            renews: stored.renews_shown.filter(|_| told).map(page),
            renewed_by: stored.renewed_by.map(page),
            replaced_by: stored.replaced_by.map(page),
            lists: list(&document["credentialStatus"]).filter_map(status_list).collect(),
            url,
        }
    }
}

/// The path of the DID document of an issuer of this installation; `None` for `did:key`, which has
/// none.
pub(super) fn did_path(did: &str) -> Option<String> {
    let below = did.strip_prefix("did:web:")?.split_once(':').map(|(_, path)| path.replace(':', "/"));
    Some(below.map_or_else(|| "/.well-known/did.json".to_owned(), |path| format!("/{path}/did.json")))
}

/// The page of the badge that this one renews exists only if its holder has made it public; of one that
/// was replaced nothing is shown.
fn proof(evidence: &Value, renews_shown: bool, t: Language) -> Proof {
    let genre = &evidence["genre"];
    let hidden = genre == REPLACEMENT || genre == RENEWAL && !renews_shown;
    Proof {
        name: some(&evidence["name"])
            .or_else(|| some(&evidence["genre"]))
            .unwrap_or_else(|| t.say("evidence-unnamed")),
        narrative: text(&evidence["narrative"]),
        url: evidence["id"].as_str().and_then(web_address).filter(|_| !hidden),
    }
}

fn status_list(entry: &Value) -> Option<Link> {
    Some(Link {
        name: some(&entry["statusPurpose"])?,
        url: entry["statusListCredential"].as_str().and_then(web_address)?,
    })
}

/// `MicroCredential` as `Micro Credential`; extension types without their prefix.
pub(super) fn spaced(name: &str) -> String {
    let mut out = String::new();
    for c in name.strip_prefix("ext:").unwrap_or(name).chars() {
        if c.is_uppercase() && out.chars().next_back().is_some_and(char::is_lowercase) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// One value or several: the standard's documents may write either.
pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(values) => values.as_slice(),
        Value::Null => &[],
        other => std::slice::from_ref(other),
    }
    .iter()
}

pub(super) fn some(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

pub(super) fn text(value: &Value) -> String {
    some(value).unwrap_or_default()
}

pub(super) fn number(value: &Value) -> Option<String> {
    value
        .is_number()
        .then(|| value.to_string().parse::<Decimal>().ok())
        .flatten()
        .map(|n| n.normalize().to_string())
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_page_leads_to_a_badge_that_is_private_or_was_replaced() {
        let url = |genre: &str, renews_shown| {
            let evidence = json!({"id": "https://badges.example.edu/credentials/1", "genre": genre});
            proof(&evidence, renews_shown, Language::English).url
        };
        assert!(url("Quiz", false).is_some() && url(RENEWAL, true).is_some());
        assert_eq!((url(RENEWAL, false), url(REPLACEMENT, true)), (None, None));
    }
}
