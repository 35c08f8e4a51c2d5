//! The key that a proof names: is it the issuer's, and may it sign credentials?

use serde_json::Value;

use super::public::Key;
use super::{Check, Lookup};
use crate::badges::key::shorten;
use crate::badges::proof;
use crate::badges::rdf::items;
use crate::badges::structure::At;

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
        .ok_or_else(|| Check::fails("key", "The proof names no key."))
        .and_then(|method| find(issuer(document)?, method, lookup));
    match found {
        Ok((key, found)) => (Some(key), Check::holds("key", found)),
        Err(check) => (None, check),
    }
}

/// The id of the issuer that a credential names.
pub(super) fn issuer(document: &Value) -> Result<&str, Check> {
    let issuer = At::root(document).must("issuer").and_then(|issuer| issuer.id());
    issuer.map_err(|why| Check::fails("key", format!("The issuer is not named: {why}.")))
}

/// The issuer's key by its full address, with what was found.
pub(super) fn find(issuer: &str, method: &str, lookup: &dyn Lookup) -> Result<(Key, String), Check> {
    let fails = |why: String| Check::fails("key", why);
    let (did, fragment) = method
        .split_once('#')
        .ok_or_else(|| fails(format!("“{}” is not the full address of a key.", shorten(method))))?;
    // The controller of the key and the issuer must be one (Open Badges 3.0, section 8.2).
    if did != issuer {
        return Err(fails(format!(
            "The key belongs to {}, but the issuer is {}.",
            shorten(did),
            shorten(issuer)
        )));
    }
    match controller(did, lookup)? {
        Controller::Key(_) if did.strip_prefix("did:key:") != Some(fragment) => {
            Err(fails("The key's address does not name the key.".to_owned()))
        }
        Controller::Key(key) => Ok((key, format!("The key is the issuer's name itself: {}.", shorten(did)))),
        Controller::Document(document) => {
            let key = in_document(&document, did, method).map_err(|why| {
                fails(format!("The DID document of {} does not name the key: {why}.", shorten(did)))
            })?;
            Ok((key, format!("{} lists the key for credentials.", shorten(did))))
        }
    }
}

/// Where the issuer's keys stand.
pub(super) fn controller(did: &str, lookup: &dyn Lookup) -> Result<Controller, Check> {
    if let Some(multibase) = did.strip_prefix("did:key:") {
        let key = Key::from_multibase(multibase);
        return key.map(Controller::Key).map_err(|why| Check::fails("key", format!("{why}.")));
    }
    if !did.starts_with("did:web:") {
        let why =
            format!("The issuer is named by {}; did:web and did:key can be checked here.", shorten(did));
        return Err(Check::open("key", why));
    }
    let document = lookup.did_document(did).ok_or_else(|| {
        Check::open("key", format!("The DID document of {} could not be read.", shorten(did)))
    })?;
    if document.get("id").and_then(Value::as_str) != Some(did) {
        let why = format!("The DID document of {} is for another DID.", shorten(did));
        return Err(Check::fails("key", why));
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
fn in_document(document: &Value, did: &str, method: &str) -> Result<Key, String> {
    let text = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
    let is_it = |entry: &&Value| text(entry, "id").is_some_and(|id| full(did, &id) == method);
    let assertions = list(document, proof::PURPOSE);
    let listed = assertions
        .iter()
        .any(|entry| entry.as_str().is_some_and(|name| full(did, name) == method) || is_it(&entry));
    if !listed {
        return Err(format!("assertionMethod does not list {}", shorten(method)));
    }
    let entry = list(document, "verificationMethod").iter().chain(assertions).find(is_it);
    let entry = entry.ok_or_else(|| format!("verificationMethod has no {}", shorten(method)))?;
    if text(entry, "controller").as_deref() != Some(did) {
        return Err("the key has another controller".to_owned());
    }
    match text(entry, "type").as_deref() {
        Some(kind @ ("Multikey" | "Ed25519VerificationKey2020")) => {
            let multibase = text(entry, "publicKeyMultibase").ok_or("publicKeyMultibase is missing")?;
            let key = Key::from_multibase(&multibase)?;
            if kind != "Multikey" && !matches!(key, Key::Ed25519(_)) {
                return Err("the key is not of the kind that its type says".to_owned());
            }
            Ok(key)
        }
        Some("JsonWebKey" | "JsonWebKey2020") => {
            Key::from_jwk(entry.get("publicKeyJwk").ok_or("publicKeyJwk is missing")?)
        }
        _ => Err("the key is neither a Multikey nor a JsonWebKey".to_owned()),
    }
}

fn list<'a>(document: &'a Value, member: &str) -> &'a [Value] {
    document.get(member).map(items).unwrap_or_default()
}

/// The full address of a key that a DID document may name by its fragment alone.
fn full(did: &str, name: &str) -> String {
    if name.starts_with('#') { format!("{did}{name}") } else { name.to_owned() }
}
