//! Embedded proofs: Data Integrity `eddsa-rdfc-2022`.

use oxrdf::Dataset;
use serde_json::Value;

use super::public::Key;
use super::{Check, Lookup, key};
use crate::badges::structure::At;
use crate::badges::{SignError, canonical, proof, rdf};

/// The checks `terms`, `signature` and `key` of a credential or a status list.
pub(super) fn proven(document: &Value, lookup: &dyn Lookup) -> [Check; 3] {
    let proof = match the_proof(document) {
        Ok(proof) => proof,
        Err(signature) => {
            let key = Check::open("key", "Without a proof that can be checked no key is named.");
            return [terms(document).0, signature, key];
        }
    };
    let (public, key) = key::check(document, proof, lookup);
    let (terms, meaning) = terms(document);
    let open = |why: &str| Check::open("signature", format!("It cannot be checked {why}."));
    let signature = match (meaning, public) {
        (Some(meaning), Some(public)) => {
            let holds = signed(document, &meaning, proof).map(|(hash, signature)| {
                matches!(public, Key::Ed25519(_)) && public.verifies(&hash, &signature)
            });
            match holds {
                Ok(true) => Check::holds("signature", "The signature fits this text and the key."),
                Ok(false) => Check::fails(
                    "signature",
                    "The signature does not fit: the text was changed, or another key signed it.",
                ),
                Err(check) => check,
            }
        }
        (Some(_), None) => open("without the key"),
        (None, _) => open("while the meaning of some terms is unknown"),
    };
    [terms, signature, key]
}

/// The one proof that this verifier can check.
fn the_proof(document: &Value) -> Result<&Value, Check> {
    let root = At::root(document);
    let proofs = document.get("proof").map(rdf::items).unwrap_or_default();
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

/// What was signed, and the signature; `meaning` is that of the document without its proof.
fn signed(document: &Value, meaning: &Dataset, proof: &Value) -> Result<([u8; 64], [u8; 64]), Check> {
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
    let open = |error: SignError| match error {
        SignError::UnknownTerm(term) => {
            Check::open("signature", format!("The proof uses “{term}”, which this verifier does not know."))
        }
        error => Check::open("signature", format!("It cannot be checked: {error}.")),
    };
    let configuration = canonical::document(&proof::configuration(proof, document)).map_err(open)?;
    let text = canonical::dataset(meaning).map_err(open)?;
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
            return (Check::holds("terms", "Every term is defined by its contexts."), Some(meaning));
        }
        Err(rdf::RdfError::Value(why)) => {
            Check::fails("terms", format!("Something in it has no clear meaning: {why}."))
        }
        // The table holds what Accolade emits: the real contexts may define more.
        Err(error) => Check::open(
            "terms",
            format!(
                "This verifier knows only the terms of badges from Accolade: {error}. Nothing is fetched."
            ),
        ),
    };
    (unclear, None)
}
