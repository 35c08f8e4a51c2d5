//! The holder's own key: what a wallet shows to prove that it has one, and the credential that names
//! it.
//!
//! A holder-bound credential is the award in another envelope: the same id, the same places in the
//! status lists, and the same words, with the holder's DID as `credentialSubject.id` and a proof of
//! its own. Nothing of it is stored; the same document, DID, key and time give the same bytes.

mod did;
mod key_proof;
mod presentation;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::SignError;

pub use key_proof::KeyProof;
pub use presentation::DidAuth;

/// Why a wallet's proof does not count, in ASCII for the wallet's developers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HolderError(pub String);

/// An error of these words.
fn wrong(why: impl Into<String>) -> HolderError {
    HolderError(why.into())
}

/// The stored credential with the holder's DID as its subject, to be signed anew.
///
/// # Errors
/// When the document is no credential.
pub fn bound(document: &str, did: &str) -> Result<Value, SignError> {
    let mut document: Value = serde_json::from_str(document)
        .map_err(|error| SignError::Incomplete(format!("it is not JSON: {error}")))?;
    if let Some(members) = document.as_object_mut() {
        members.remove("proof");
    }
    match document.get_mut("credentialSubject").and_then(Value::as_object_mut) {
        Some(subject) => drop(subject.insert("id".to_owned(), Value::from(did))),
        None => return Err(SignError::Incomplete("credentialSubject is not one object".to_owned())),
    }
    Ok(document)
}
