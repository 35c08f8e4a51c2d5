//! The key that a proof names: is it the issuer's, and may it sign credentials?

use serde_json::Value;

use super::public::Key;
use super::{Check, Lookup};
use crate::badges::key::shorten;
use crate::badges::proof;
use crate::badges::rdf::items;
use crate::badges::structure::At;
use crate::locales::Message;

/// What says which keys an issuer has.
pub(super) enum Controller {
    /// Its name is its key (did:key).
    Key(Key),
    /// Its DID document (did:web).
    Document(Value),
}

/// The check `key` of an embedded proof, and the key if there is one to check with.
pub(super) fn check(document: &Value, proof: &Value, lookup: &dyn Lookup) -> (Option<Key>, Check) {
    let method = proof.get("verificationMethod").and_then(Value::as_str);
    let found = method
        .ok_or_else(|| Check::fails("key", Message::new("found-key-missing")))
        .and_then(|method| find(issuer(document)?, method, lookup));
    match found {
        Ok((key, found)) => (Some(key), Check::holds("key", found)),
        Err(check) => (None, check),
    }
}

/// The id of the issuer that a credential names.
pub(super) fn issuer(document: &Value) -> Result<&str, Check> {
    let issuer = At::root(document).must("issuer").and_then(|issuer| issuer.id());
    issuer.map_err(|why| Check::fails("key", Message::new("found-no-issuer").because(why)))
}

/// The issuer's key by its full address, with what was found.
pub(super) fn find(issuer: &str, method: &str, lookup: &dyn Lookup) -> Result<(Key, Message), Check> {
    let fails = |found| Check::fails("key", found);
    let about = |found, did| Message::new(found).with("did", shorten(did));
    let (did, fragment) = method
        .split_once('#')
        .ok_or_else(|| fails(Message::new("found-key-address").with("key", shorten(method))))?;
    // The controller of the key and the issuer must be one (Open Badges 3.0, section 8.2).
    if did != issuer {
        return Err(fails(about("found-key-of-another", did).with("issuer", shorten(issuer))));
    }
    match controller(did, lookup)? {
        Controller::Key(_) if did.strip_prefix("did:key:") != Some(fragment) => {
            Err(fails(Message::new("found-key-unnamed")))
        }
        Controller::Key(key) => Ok((key, about("found-key-is-name", did))),
        Controller::Document(document) => {
            let key = in_document(&document, did, method)
                .map_err(|why| fails(about("found-key-not-listed", did).because(why)))?;
            Ok((key, about("found-key-listed", did)))
        }
    }
}

/// Where the issuer's keys stand.
pub(super) fn controller(did: &str, lookup: &dyn Lookup) -> Result<Controller, Check> {
    if let Some(multibase) = did.strip_prefix("did:key:") {
        let key = Key::from_multibase(multibase);
        return key
            .map(Controller::Key)
            .map_err(|why| Check::fails("key", Message::new("found-key-wrong").because(why)));
    }
    let about = |found| Message::new(found).with("did", shorten(did));
    if !did.starts_with("did:web:") {
        return Err(Check::open("key", about("found-key-method")));
    }
    let document = lookup.did_document(did);
    let document = document.ok_or_else(|| Check::open("key", about("found-key-unread")))?;
    if document.get("id").and_then(Value::as_str) != Some(did) {
        return Err(Check::fails("key", about("found-key-document")));
    }
    Ok(Controller::Document(document))
}

/// Every key of the document that may make assertions, as far as it is known here.
pub(super) fn all(document: &Value, did: &str) -> Vec<Key> {
    let assertions = list(document, proof::PURPOSE);
    let names = assertions.iter().filter_map(|entry| entry.as_str().or_else(|| entry.get("id")?.as_str()));
    names.filter_map(|name| in_document(document, did, &full(did, name)).ok()).collect()
}

/// The key by its full address, where the document lets it make assertions (DID Core 1.0,
/// section 5.3.2).
fn in_document(document: &Value, did: &str, method: &str) -> Result<Key, Message> {
    let missing = |member: &str| Message::new("why-missing").with("member", member);
    let about = |why| Message::new(why).with("key", shorten(method));
    let text = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
    let is_it = |entry: &&Value| text(entry, "id").is_some_and(|id| full(did, &id) == method);
    let assertions = list(document, proof::PURPOSE);
    let listed = assertions
        .iter()
        .any(|entry| entry.as_str().is_some_and(|name| full(did, name) == method) || is_it(&entry));
    if !listed {
        return Err(about("why-key-not-listed"));
    }
    let entry = list(document, "verificationMethod").iter().chain(assertions).find(is_it);
    let entry = entry.ok_or_else(|| about("why-key-lacking"))?;
    if text(entry, "controller").as_deref() != Some(did) {
        return Err(Message::new("why-key-controller"));
    }
    match text(entry, "type").as_deref() {
        Some(kind @ ("Multikey" | "Ed25519VerificationKey2020")) => {
            let multibase = text(entry, "publicKeyMultibase").ok_or_else(|| missing("publicKeyMultibase"))?;
            let key = Key::from_multibase(&multibase)?;
            if kind != "Multikey" && !matches!(key, Key::Ed25519(_)) {
                return Err(Message::new("why-key-other-kind"));
            }
            Ok(key)
        }
        Some("JsonWebKey" | "JsonWebKey2020") => {
            Key::from_jwk(entry.get("publicKeyJwk").ok_or_else(|| missing("publicKeyJwk"))?)
        }
        _ => Err(Message::new("why-key-form")),
    }
}

fn list<'a>(document: &'a Value, member: &str) -> &'a [Value] {
    document.get(member).map(items).unwrap_or_default()
}

/// The full address of a key that a DID document may name by its fragment alone.
fn full(did: &str, name: &str) -> String {
    if name.starts_with('#') { format!("{did}{name}") } else { name.to_owned() }
}
