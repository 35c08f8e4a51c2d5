//! The key that a proof names: is it the issuer's, and may it sign credentials?

use serde_json::Value;

use super::{Check, Lookup};
use crate::badges::key::{PublicKey, shorten};
use crate::badges::proof;
use crate::badges::rdf::items;
use crate::badges::structure::At;

/// The check `key`, and the key if there is one to check with.
pub(super) fn check(document: &Value, proof: &Value, lookup: &dyn Lookup) -> (Option<PublicKey>, Check) {
    match find(document, proof, lookup) {
        Ok((key, found)) => (Some(key), Check::holds("key", found)),
        Err(check) => (None, check),
    }
}

fn find(document: &Value, proof: &Value, lookup: &dyn Lookup) -> Result<(PublicKey, String), Check> {
    let fails = |why: String| Check::fails("key", why);
    let method = proof.get("verificationMethod").and_then(Value::as_str);
    let method = method.ok_or_else(|| fails("The proof names no key.".to_owned()))?;
    let issuer = At::root(document)
        .must("issuer")
        .and_then(|issuer| issuer.id())
        .map_err(|why| fails(format!("The issuer is not named: {why}.")))?;
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
    if let Some(multibase) = did.strip_prefix("did:key:") {
        if fragment != multibase {
            return Err(fails("The key's address does not name the key.".to_owned()));
        }
        let key = PublicKey::from_multibase(multibase).map_err(|error| fails(format!("{error}.")))?;
        return Ok((key, format!("The key is the issuer's name itself: {}.", shorten(did))));
    }
    if !did.starts_with("did:web:") {
        let why =
            format!("The issuer is named by {}; did:web and did:key can be checked here.", shorten(did));
        return Err(Check::open("key", why));
    }
    let Some(controller) = lookup.did_document(did) else {
        return Err(Check::open("key", format!("The DID document of {} could not be read.", shorten(did))));
    };
    let key = in_document(&controller, did, method).map_err(|why| {
        fails(format!("The DID document of {} does not name the key: {why}.", shorten(did)))
    })?;
    Ok((key, format!("{} lists the key for credentials.", shorten(did))))
}

/// The key by its full address, where the document lets it make assertions (DID Core 1.0,
/// section 5.3.2).
fn in_document(controller: &Value, did: &str, method: &str) -> Result<PublicKey, String> {
    let text = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
    let list = |member: &str| controller.get(member).map(items).unwrap_or_default();
    if text(controller, "id").as_deref() != Some(did) {
        return Err("it is for another DID".to_owned());
    }
    let is_it = |entry: &&Value| text(entry, "id").as_deref() == Some(method);
    let assertions = list(proof::PURPOSE);
    let listed = assertions.iter().any(|entry| entry.as_str() == Some(method) || is_it(&entry));
    if !listed {
        return Err(format!("assertionMethod does not list {}", shorten(method)));
    }
    let entry = list("verificationMethod").iter().chain(assertions).find(is_it);
    let entry = entry.ok_or_else(|| format!("verificationMethod has no {}", shorten(method)))?;
    if text(entry, "controller").as_deref() != Some(did) {
        return Err("the key has another controller".to_owned());
    }
    if text(entry, "type").as_deref() != Some("Multikey") {
        return Err("the key is not a Multikey".to_owned());
    }
    let multibase = text(entry, "publicKeyMultibase").ok_or("publicKeyMultibase is missing")?;
    PublicKey::from_multibase(&multibase).map_err(|error| error.to_string())
}
