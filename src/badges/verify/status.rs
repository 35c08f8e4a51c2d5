//! Whether the issuer has revoked or suspended a credential.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::text::Found;
use super::{Check, Lookup, dates};
use crate::badges::rdf::items;
use crate::badges::structure::{self, At};
use crate::badges::{key::shorten, status};
use crate::locales::Message;

/// The most entries of one badge that are looked at: each may name a list of its own.
const MOST: usize = 8;

/// The check `status`: every entry, against its list (Bitstring Status List 1.0, section 3.2).
pub(super) fn check(document: &Value, lookup: &dyn Lookup, now: DateTime<Utc>) -> Check {
    let root = At::root(document);
    let Some(entries) = root.may("credentialStatus") else {
        return Check::holds("status", Message::new("found-no-status"));
    };
    let entries = entries.items();
    if entries.len() > MOST {
        return Check::open("status", Message::new("found-status-many"));
    }
    let mut open = None;
    for entry in entries {
        match check_entry(document, &entry, lookup, now) {
            Ok(()) => {}
            Err(check) if check.holds == Some(false) => return check,
            Err(check) => open = open.or(Some(check)),
        }
    }
    open.unwrap_or_else(|| Check::holds("status", Message::new("found-not-revoked")))
}

fn check_entry(
    document: &Value,
    entry: &At<'_>,
    lookup: &dyn Lookup,
    now: DateTime<Utc>,
) -> Result<(), Check> {
    let fails = |found| Check::fails("status", found);
    let open = |found| Check::open("status", found);
    if !entry.is_a("BitstringStatusListEntry") {
        return Err(open(Message::new("found-status-kind")));
    }
    let text = |member: &str| {
        let text = entry.must(member).and_then(|at| at.text());
        text.map_err(|why| fails(Message::new("found-status-incomplete").because(why)))
    };
    let (purpose, url) = (text("statusPurpose")?, text("statusListCredential")?);
    let index: usize =
        text("statusListIndex")?.parse().map_err(|_| fails(Message::new("found-status-index")))?;
    if entry.may("statusSize").is_some() {
        return Err(open(Message::new("found-status-bits")));
    }
    if !matches!(purpose, "revocation" | "suspension") {
        return Err(open(Message::new("found-status-purpose").with("purpose", shorten(purpose))));
    }
    let list = lookup.status_list(url).ok_or_else(|| open(of_list("found-list-unread", url)))?;
    let list = Found::fetched(list).map_err(|why| fails(of_list("found-list-wrong", url).because(why)))?;
    let bits = check_list(document, &list, url, purpose, lookup, now)?;
    match status::bit(&bits, index) {
        Some(false) => Ok(()),
        Some(true) if purpose == "revocation" => Err(fails(Message::new("found-revoked"))),
        Some(true) => Err(fails(Message::new("found-suspended"))),
        None => Err(fails(Message::new("found-no-place").with("index", index.to_string()))),
    }
}

/// A message about a list.
fn of_list(found: &'static str, url: &str) -> Message {
    Message::new(found).with("list", shorten(url))
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
    let fails = |why| Check::fails("status", of_list("found-list-wrong", url).because(why));
    let list = found.credential();
    structure::standard(list).map_err(fails)?;
    let (root, credential) = (At::root(list), At::root(document));
    if !root.is_a("BitstringStatusListCredential") {
        return Err(fails(Message::new("why-list-kind")));
    }
    if root.must("id").and_then(|id| id.text()).map_err(fails)? != url {
        return Err(fails(Message::new("why-list-address")));
    }
    let issuer = |root: &At<'_>| root.must("issuer").and_then(|by| by.id().map(str::to_owned));
    if issuer(&root).map_err(fails)? != issuer(&credential).map_err(fails)? {
        return Err(fails(Message::new("why-list-issuer")));
    }
    for check in found.proven(lookup).into_iter().chain([dates(list, now)]) {
        match check.holds {
            Some(true) => {}
            Some(false) => {
                return Err(Check::fails("status", of_list("found-list-bad", url).because(check.found)));
            }
            None => return Err(Check::open("status", of_list("found-list-open", url).because(check.found))),
        }
    }
    let subject = root.must("credentialSubject").map_err(fails)?;
    let purposes = list.pointer("/credentialSubject/statusPurpose").map(items).unwrap_or_default();
    if !purposes.iter().any(|one| one.as_str() == Some(purpose)) {
        return Err(fails(Message::new("why-list-purpose").with("purpose", purpose)));
    }
    let encoded = subject.must("encodedList").and_then(|at| at.text()).map_err(fails)?;
    status::decode(encoded).map_err(fails)
}
