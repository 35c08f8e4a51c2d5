//! Embedded proofs: Data Integrity `eddsa-rdfc-2022`, and what came before it.

use oxrdf::Dataset;
use serde_json::Value;

use super::public::Key;
use super::{Check, Lookup, key};
use crate::badges::structure::At;
use crate::badges::{canonical, proof, rdf};
use crate::locales::Message;

/// The checks `terms`, `signature` and `key` of a credential or a status list.
pub(super) fn proven(document: &Value, lookup: &dyn Lookup) -> [Check; 3] {
    let proof = match the_proof(document) {
        Ok(proof) => proof,
        Err(signature) => {
            let key = Check::open("key", Message::new("found-key-without-proof"));
            return [terms(document).0, signature, key];
        }
    };
    let (public, key) = key::check(document, proof, lookup);
    let (terms, meaning) = terms(document);
    let open = |found| Check::open("signature", Message::new(found));
    let signature = match (meaning, public) {
        (Some(meaning), Some(public)) => {
            let holds = signed(document, &meaning, proof).map(|(hash, signature)| {
                matches!(public, Key::Ed25519(_)) && public.verifies(&hash, &signature)
            });
            match holds {
                Ok(true) => Check::holds("signature", Message::new("found-signature")),
                Ok(false) => Check::fails("signature", Message::new("found-bad-signature")),
                Err(check) => check,
            }
        }
        (Some(_), None) => open("found-without-key"),
        (None, _) => open("found-without-meaning"),
    };
    [terms, signature, key]
}

/// The one proof that this verifier can check.
fn the_proof(document: &Value) -> Result<&Value, Check> {
    let root = At::root(document);
    let proofs = document.get("proof").map(rdf::items).unwrap_or_default();
    if proofs.is_empty() {
        return Err(Check::fails("signature", Message::new("found-unsigned")));
    }
    // The earlier one signs the same in the same way; only its type is called otherwise (Data
    // Integrity EdDSA Cryptosuites v1.0, appendix on Ed25519Signature2020).
    let known = |proof: &&Value| {
        let (at, suite) = (At::root(proof), proof.get("cryptosuite").and_then(Value::as_str));
        at.is_a(proof::TYPE) && suite == Some(proof::CRYPTOSUITE)
            || at.is_a(proof::EARLIER_TYPE) && suite.is_none()
    };
    let mut fitting = proofs.iter().filter(known);
    match (fitting.next(), fitting.next(), root.may("proof")) {
        (Some(proof), None, _) => Ok(proof),
        (Some(_), Some(_), _) => Err(Check::open("signature", Message::new("found-several-proofs"))),
        _ => {
            let found = Message::new("found-other-proof").with("one", proof::CRYPTOSUITE);
            Err(Check::open("signature", found.with("other", proof::EARLIER_TYPE)))
        }
    }
}

/// What was signed, and the signature; `meaning` is that of the document without its proof.
fn signed(document: &Value, meaning: &Dataset, proof: &Value) -> Result<([u8; 64], [u8; 64]), Check> {
    let fails = |why| Check::fails("signature", Message::new("found-bad-proof").because(why));
    let root = At::root(proof);
    if proof.get("proofPurpose").and_then(Value::as_str) != Some(proof::PURPOSE) {
        return Err(fails(Message::new("why-proof-purpose")));
    }
    if let Some(created) = root.may("created") {
        created.date().map_err(fails)?;
    }
    let value = proof.get("proofValue").and_then(Value::as_str).and_then(proof::signature);
    let value = value.ok_or_else(|| fails(Message::new("why-proof-value")))?;
    let open = |found| Check::open("signature", found);
    let options = rdf::dataset(&proof::configuration(proof, document))
        .map_err(|error| open(Message::new("found-proof-terms").because(error.message())))?;
    let canonical =
        |dataset: &Dataset| canonical::dataset(dataset).map_err(|_| open(Message::new("found-too-tangled")));
    let (configuration, text) = (canonical(&options)?, canonical(meaning)?);
    Ok((proof::hash(&configuration, &text), value))
}

fn unsigned(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(members) = document.as_object_mut() {
        members.remove("proof");
    }
    document
}

/// The check `terms`, and what the document says without its proof, where all of it is clear.
fn terms(document: &Value) -> (Check, Option<Dataset>) {
    let unclear = match rdf::dataset(&unsigned(document)) {
        Ok(meaning) => {
            return (Check::holds("terms", Message::new("found-terms")), Some(meaning));
        }
        Err(error @ rdf::RdfError::Value(_)) => {
            Check::fails("terms", Message::new("found-terms-unclear").because(error.message()))
        }
        // The contexts of other terms may define them, and are not fetched.
        Err(error) => Check::open("terms", Message::new("found-terms-unknown").because(error.message())),
    };
    (unclear, None)
}
