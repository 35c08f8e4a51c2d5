//! Whether the issuer has revoked or suspended a credential.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::text::Found;
use super::{Check, Lookup, dates};
use crate::badges::rdf::items;
use crate::badges::structure::{self, At};
use crate::badges::{key::shorten, status};

/// The check `status`: every entry, against its list (Bitstring Status List 1.0, section 3.2).
pub(super) fn check(document: &Value, lookup: &dyn Lookup, now: DateTime<Utc>) -> Check {
    let root = At::root(document);
    let Some(entries) = root.may("credentialStatus") else {
        return Check::holds("status", "The issuer keeps no status for it: it cannot be revoked.");
    };
    let mut open = None;
    for entry in entries.items() {
        match check_entry(document, &entry, lookup, now) {
            Ok(()) => {}
            Err(check) if check.holds == Some(false) => return check,
            Err(check) => open = open.or(Some(check)),
        }
    }
    open.unwrap_or_else(|| Check::holds("status", "The issuer has neither revoked nor suspended it."))
}

fn check_entry(
    document: &Value,
    entry: &At<'_>,
    lookup: &dyn Lookup,
    now: DateTime<Utc>,
) -> Result<(), Check> {
    let fails = |why: String| Check::fails("status", why);
    let open = |why: String| Check::open("status", why);
    if !entry.is_a("BitstringStatusListEntry") {
        return Err(open("Its status is kept in a way that this verifier does not know.".to_owned()));
    }
    let text = |member: &str| {
        let text = entry.must(member).and_then(|at| at.text());
        text.map_err(|why| fails(format!("The status entry is not complete: {why}.")))
    };
    let (purpose, url) = (text("statusPurpose")?, text("statusListCredential")?);
    let index: usize = text("statusListIndex")?
        .parse()
        .map_err(|_| fails("The status entry's index is not a whole number.".to_owned()))?;
    if entry.may("statusSize").is_some() {
        return Err(open("Its status has more than one bit, which this verifier does not read.".to_owned()));
    }
    if !matches!(purpose, "revocation" | "suspension") {
        return Err(open(format!("The status “{}” is not one that this verifier knows.", shorten(purpose))));
    }
    let list = lookup
        .status_list(url)
        .ok_or_else(|| open(format!("The status list {} could not be read.", shorten(url))))?;
    let list = Found::fetched(list)
        .map_err(|why| fails(format!("The status list {} is wrong: {why}.", shorten(url))))?;
    let bits = check_list(document, &list, url, purpose, lookup, now)?;
    match status::bit(&bits, index) {
        Some(false) => Ok(()),
        Some(true) if purpose == "revocation" => Err(fails("The issuer has revoked it.".to_owned())),
        Some(true) => Err(fails("The issuer has suspended it.".to_owned())),
        None => Err(fails(format!("The status list has no place {index}."))),
    }
}

/// The bits of the list, if the list itself holds and is the issuer's.
fn check_list(
    document: &Value,
    found: &Found,
    url: &str,
    purpose: &str,
    lookup: &dyn Lookup,
    now: DateTime<Utc>,
) -> Result<Vec<u8>, Check> {
    let fails =
        |why: String| Check::fails("status", format!("The status list {} is wrong: {why}.", shorten(url)));
    let list = found.credential();
    structure::standard(list).map_err(fails)?;
    let (root, credential) = (At::root(list), At::root(document));
    if !root.is_a("BitstringStatusListCredential") {
        return Err(fails("it is another credential".to_owned()));
    }
    if root.must("id").and_then(|id| id.text()).map_err(fails)? != url {
        return Err(fails("it is the list of another address".to_owned()));
    }
    let issuer = |root: &At<'_>| root.must("issuer").and_then(|by| by.id().map(str::to_owned));
    if issuer(&root).map_err(fails)? != issuer(&credential).map_err(fails)? {
        return Err(fails("it comes from another issuer".to_owned()));
    }
    for check in found.proven(lookup).into_iter().chain([dates(list, now)]) {
        match check.holds {
            Some(true) => {}
            Some(false) => return Err(fails(check.found)),
            None => {
                return Err(Check::open(
                    "status",
                    format!("The status list cannot be checked: {}", check.found),
                ));
            }
        }
    }
    let subject = root.must("credentialSubject").map_err(fails)?;
    let purposes = list.pointer("/credentialSubject/statusPurpose").map(items).unwrap_or_default();
    if !purposes.iter().any(|one| one.as_str() == Some(purpose)) {
        return Err(fails(format!("it is not for {purpose}")));
    }
    let encoded = subject.must("encodedList").and_then(|at| at.text()).map_err(fails)?;
    status::decode(encoded).map_err(fails)
}
