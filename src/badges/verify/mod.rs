//! Verifying: does a credential hold, and if not, what exactly fails.

mod key;
mod status;
mod text;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::canonical;
use super::structure::{self, At};
use super::{SignError, proof};

/// What verification needs from outside. The caller fetches; this module stays pure.
pub trait Lookup {
    /// The DID document of a `did:web`, or `None`.
    fn did_document(&self, did: &str) -> Option<serde_json::Value>;
    /// A status list credential by its address, or `None`.
    fn status_list(&self, url: &str) -> Option<serde_json::Value>;
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was checked: `structure`, `terms`, `signature`, `key`, `dates`, `status`.
    pub name: &'static str,
    /// Whether it holds; `None` when it could not be checked.
    pub holds: Option<bool>,
    /// What was found, for people.
    pub found: String,
}

impl Check {
    fn holds(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, holds: Some(true), found: found.into() }
    }

    fn fails(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, holds: Some(false), found: found.into() }
    }

    fn open(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, holds: None, found: found.into() }
    }
}

/// The outcome of verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Every check, in order.
    pub checks: Vec<Check>,
}

impl Report {
    /// Whether every check holds.
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.holds == Some(true))
    }
}

/// Verifies a credential: JSON, or a baked PNG or SVG.
///
/// The report always has the same six checks. What this verifier cannot judge, such as another
/// issuer's contexts or kind of proof, is open (`None`) and not a failure; nothing is fetched but
/// what `lookup` gives.
pub fn verify(bytes: &[u8], lookup: &dyn Lookup, now: DateTime<Utc>) -> Report {
    let document = match text::read(bytes) {
        Ok(document) => document,
        Err(structure) => {
            let open = |name| Check::open(name, "There is no credential to check.");
            let rest = ["terms", "signature", "key", "dates", "status"].map(open);
            return Report { checks: std::iter::once(structure).chain(rest).collect() };
        }
    };
    let structure = match structure::standard(&document) {
        Ok(()) => Check::holds("structure", "It has the members that Open Badges 3.0 requires."),
        Err(why) => Check::fails("structure", format!("It is not a complete Open Badge: {why}.")),
    };
    let [terms, signature, key] = proven(&document, lookup);
    let dates = dates(&document, now);
    let status = status::check(&document, lookup, now);
    Report { checks: vec![structure, terms, signature, key, dates, status] }
}

/// The checks `terms`, `signature` and `key` of a credential or a status list.
fn proven(document: &Value, lookup: &dyn Lookup) -> [Check; 3] {
    let proof = match the_proof(document) {
        Ok(proof) => proof,
        Err(signature) => {
            let key = Check::open("key", "Without a proof that can be checked no key is named.");
            return [terms(document), signature, key];
        }
    };
    let (public, key) = key::check(document, proof, lookup);
    let terms = terms(document);
    let open = |why: &str| Check::open("signature", format!("It cannot be checked {why}."));
    let signature = match (&terms.holds, public) {
        (Some(true), Some(public)) => {
            let holds = signed(document, proof).map(|(hash, signature)| public.verifies(&hash, &signature));
            match holds {
                Ok(true) => Check::holds("signature", "The signature fits this text and the key."),
                Ok(false) => Check::fails(
                    "signature",
                    "The signature does not fit: the text was changed, or another key signed it.",
                ),
                Err(check) => check,
            }
        }
        (Some(true), None) => open("without the key"),
        _ => open("while the meaning of some terms is unknown"),
    };
    [terms, signature, key]
}

/// The one proof that this verifier can check.
fn the_proof(document: &Value) -> Result<&Value, Check> {
    let root = At::root(document);
    let proofs = document.get("proof").map(super::rdf::items).unwrap_or_default();
    if proofs.is_empty() {
        return Err(Check::fails("signature", "It is not signed: there is no proof in it."));
    }
    let known = |proof: &&Value| {
        At::root(proof).is_a(proof::TYPE)
            && proof.get("cryptosuite").and_then(Value::as_str) == Some(proof::CRYPTOSUITE)
    };
    let mut fitting = proofs.iter().filter(known);
    match (fitting.next(), fitting.next(), root.may("proof")) {
        (Some(proof), None, _) => Ok(proof),
        (Some(_), Some(_), _) => Err(Check::open(
            "signature",
            "It has several proofs of one kind; it is not clear which one counts.",
        )),
        _ => Err(Check::open(
            "signature",
            format!("Its proof is of another kind; only {} can be checked here.", proof::CRYPTOSUITE),
        )),
    }
}

/// What was signed, and the signature.
fn signed(document: &Value, proof: &Value) -> Result<([u8; 64], [u8; 64]), Check> {
    let fails = |why: &str| Check::fails("signature", format!("The proof is wrong: {why}."));
    let root = At::root(proof);
    if proof.get("proofPurpose").and_then(Value::as_str) != Some(proof::PURPOSE) {
        return Err(fails("its purpose is not assertionMethod"));
    }
    if let Some(created) = root.may("created") {
        created.date().map_err(|why| fails(&why))?;
    }
    let value = proof.get("proofValue").and_then(Value::as_str).and_then(proof::signature);
    let value = value.ok_or_else(|| fails("proofValue is not a signature in base58"))?;
    let canonical = |part: &Value| {
        canonical::document(part).map_err(|error| match error {
            SignError::UnknownTerm(term) => Check::open(
                "signature",
                format!("The proof uses “{term}”, which this verifier does not know."),
            ),
            error => Check::open("signature", format!("It cannot be checked: {error}.")),
        })
    };
    let configuration = canonical(&proof::configuration(proof, document))?;
    Ok((proof::hash(&configuration, &canonical(&unsigned(document))?), value))
}

fn unsigned(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(members) = document.as_object_mut() {
        members.remove("proof");
    }
    document
}

fn terms(document: &Value) -> Check {
    match super::rdf::dataset(&unsigned(document)) {
        Ok(_) => Check::holds("terms", "Every term is defined by its contexts."),
        Err(super::rdf::RdfError::Value(why)) => {
            Check::fails("terms", format!("Something in it has no clear meaning: {why}."))
        }
        // The table holds what Accolade emits: the real contexts may define more.
        Err(error) => Check::open(
            "terms",
            format!(
                "This verifier knows only the terms of badges from Accolade: {error}. Nothing is fetched."
            ),
        ),
    }
}

fn dates(document: &Value, now: DateTime<Utc>) -> Check {
    let root = At::root(document);
    let from = match root.must("validFrom").and_then(|at| at.date()) {
        Ok(from) => from,
        Err(why) => return Check::fails("dates", format!("The dates are wrong: {why}.")),
    };
    let until = match root.may("validUntil").map(|at| at.date()).transpose() {
        Ok(until) => until,
        Err(why) => return Check::fails("dates", format!("The dates are wrong: {why}.")),
    };
    let day = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M UTC").to_string();
    if now < from {
        return Check::fails("dates", format!("It is valid only from {}.", day(from)));
    }
    match until {
        Some(until) if now > until => Check::fails("dates", format!("It expired on {}.", day(until))),
        Some(until) => Check::holds("dates", format!("It is valid until {}.", day(until))),
        None => Check::holds("dates", "It is valid and does not expire."),
    }
}

#[cfg(test)]
mod tests;
