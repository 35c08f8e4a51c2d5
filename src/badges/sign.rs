//! Signing a credential or a status list.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use super::{Issuer, canonical, json_text, proof, structure};

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
}

/// Checks the document (structure, safe mode) and signs it; the answer is the exact text that
/// leaves. The same document, key and time give the same bytes.
pub fn sign(mut document: Value, issuer: &Issuer, created: DateTime<Utc>) -> Result<String, SignError> {
    structure::ready_to_sign(&document, issuer).map_err(SignError::Incomplete)?;
    let options = proof::options(issuer.verification_method(), &timestamp(created));
    let configuration = canonical::document(&proof::configuration(&options, &document))?;
    let text = canonical::document(&document)?;
    if !canonical::has_one_order(&text) {
        let why =
            "verifiers disagree about the order of two texts of one member, as of the tags “😀” and “！”";
        return Err(SignError::Canonical(why.to_owned()));
    }
    let hash = proof::hash(&configuration, &text);
    document["proof"] = options;
    document["proof"]["proofValue"] = Value::from(proof::value(issuer.key(), &hash));
    Ok(json_text::write(&document))
}

/// A time as credentials write it: UTC, whole seconds.
pub(super) fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
