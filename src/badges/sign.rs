//! Signing a credential or a status list.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use super::key::{PublicKey, multibase};
use super::{Issuer, Signatory, canonical, json_text, proof, structure};

/// Why a document was not signed. Nothing leaves that would not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The document lacks something that the standard, or this product, requires.
    #[error("the credential is not complete: {0}")]
    Incomplete(String),
    /// A term that no context defines (JSON-LD safe mode).
    #[error("no context defines the term “{0}”")]
    UnknownTerm(String),
    /// The canonical form cannot be made.
    #[error("the credential cannot be canonicalised: {0}")]
    Canonical(String),
    /// The signature is not good.
    #[error("the signature is refused: {0}")]
    Signature(String),
}

/// A document that is ready to be signed: checked, and in its canonical form.
#[derive(Debug, Clone)]
pub struct Prepared {
    document: Value,
    message: [u8; 64],
    key: PublicKey,
}

/// Checks the document (structure, safe mode) and says what is to be signed with the key, which is
/// given by its public half (`z6Mk…`).
pub fn prepare(
    mut document: Value,
    issuer: &Issuer,
    key: &str,
    created: DateTime<Utc>,
) -> Result<Prepared, SignError> {
    let public = PublicKey::from_multibase(key).map_err(|error| SignError::Signature(error.0))?;
    structure::ready_to_sign(&document, issuer).map_err(SignError::Incomplete)?;
    let options = proof::options(&issuer.method(key), &timestamp(created));
    let configuration = canonical::document(&proof::configuration(&options, &document))?;
    let text = canonical::document(&document)?;
    if !canonical::has_one_order(&text) {
        let why =
            "verifiers disagree about the order of two texts of one member, as of the tags “😀” and “！”";
        return Err(SignError::Canonical(why.to_owned()));
    }
    let message = proof::hash(&configuration, &text);
    document["proof"] = options;
    Ok(Prepared { document, message, key: public })
}

impl Prepared {
    /// What is to be signed.
    pub fn message(&self) -> &[u8; 64] {
        &self.message
    }

    /// Closes the document with the signature; the answer is the exact text that leaves.
    ///
    /// # Errors
    /// When the signature is not the key's over [`Self::message`], whoever made it.
    pub fn seal(mut self, signature: &[u8; 64]) -> Result<String, SignError> {
        if !self.key.verifies(&self.message, signature) {
            return Err(SignError::Signature("it is not the key’s over this badge".to_owned()));
        }
        self.document["proof"]["proofValue"] = Value::from(multibase(signature));
        Ok(json_text::write(&self.document))
    }
}

/// Prepares, signs with a key of this process, and seals. The same document, key and time give the
/// same bytes.
pub fn sign(document: Value, signatory: &Signatory, created: DateTime<Utc>) -> Result<String, SignError> {
    let key = signatory.key();
    let prepared = prepare(document, signatory, &key.public_multibase(), created)?;
    let signature = key.sign(prepared.message());
    prepared.seal(&signature)
}

/// The document of a signed text without its proof, to be signed anew.
pub fn unsigned(signed: &str) -> Result<Value, SignError> {
    let mut document: Value = serde_json::from_str(signed)
        .map_err(|error| SignError::Incomplete(format!("it is not JSON: {error}")))?;
    if let Some(members) = document.as_object_mut() {
        members.remove("proof");
    }
    Ok(document)
}

/// A time as credentials write it: UTC, whole seconds.
pub(super) fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
