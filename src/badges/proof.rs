//! The proof: Data Integrity `eddsa-rdfc-2022` (W3C Data Integrity EdDSA Cryptosuites v1.0,
//! section 3.2).

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::SigningKey;
use super::key::{from_multibase, multibase};

/// The proof's `type`.
pub(super) const TYPE: &str = "DataIntegrityProof";
/// The `type` of a proof that has no `cryptosuite`, before Data Integrity was a standard.
pub(super) const EARLIER_TYPE: &str = "Ed25519Signature2020";
/// The proof's `cryptosuite`.
pub const CRYPTOSUITE: &str = "eddsa-rdfc-2022";
/// The proof's `proofPurpose`.
pub(super) const PURPOSE: &str = "assertionMethod";

/// The proof's options, without `@context` and `proofValue`.
pub(super) fn options(verification_method: &str, created: &str) -> Value {
    json!({
        "type": TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": created,
        "verificationMethod": verification_method,
        "proofPurpose": PURPOSE,
    })
}

/// The proof configuration of a document: the options under the document's own contexts
/// (section 3.2.5), without the value.
pub(super) fn configuration(options: &Value, document: &Value) -> Value {
    let mut configuration = options.clone();
    if let Some(members) = configuration.as_object_mut() {
        members.remove("proofValue");
        members.insert("@context".to_owned(), document.get("@context").cloned().unwrap_or(Value::Null));
    }
    configuration
}

/// What is signed: the hash of the configuration, then the hash of the document, each over its
/// canonical form (section 3.2.4).
pub fn hash(configuration: &str, document: &str) -> [u8; 64] {
    joined(&digest(configuration), &digest(document))
}

/// The hash of one canonical form.
pub(super) fn digest(canonical: &str) -> [u8; 32] {
    Sha256::digest(canonical).into()
}

/// What is signed, by the hashes of both canonical forms.
pub(super) fn joined(configuration: &[u8; 32], document: &[u8; 32]) -> [u8; 64] {
    let mut both = [0; 64];
    both[..32].copy_from_slice(configuration);
    both[32..].copy_from_slice(document);
    both
}

/// The `proofValue` over a hash.
pub fn value(key: &SigningKey, hash: &[u8; 64]) -> String {
    multibase(&key.sign(hash))
}

/// The signature in a `proofValue`.
pub(super) fn signature(value: &str) -> Option<[u8; 64]> {
    from_multibase(value)?.try_into().ok()
}
