//! Signing a credential or a status list.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::key::{PublicKey, multibase};
use super::vocabulary::CONTEXTS;
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
    /// The document as it leaves, but for the value of its proof.
    pub(super) text: String,
    /// Where that goes.
    pub(super) value_at: usize,
    pub(super) message: [u8; 64],
    pub(super) key: PublicKey,
    pub(super) way: Way,
}

/// How a document was prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By its RDF ([`prepare`]).
    General,
    /// By a template ([`super::Compiled`]).
    Compiled,
    /// By its RDF, which showed that a template was wrong: it is not used any more, and to be told of.
    Refuted,
}

/// Checks the document (structure, safe mode) and says what is to be signed with the key, which is
/// given by its public half (`z6Mk…`).
///
/// This is the general path, for every document: JSON-LD to RDF to its canonical form. What
/// [`super::Compiled`] does faster is right where it does the same.
pub fn prepare(
    mut document: Value,
    issuer: &Issuer,
    key: &str,
    created: DateTime<Utc>,
) -> Result<Prepared, SignError> {
    let public = public(key)?;
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
    document["proof"]["proofValue"] = Value::from("");
    let text = json_text::write(&document);
    // In a text of the document the quotes would be escaped, and no member of it is empty.
    let value_at = text.find(EMPTY_VALUE).map(|at| at + EMPTY_VALUE.len() - 1);
    let value_at = value_at.ok_or_else(|| SignError::Incomplete("it has no place for a proof".to_owned()))?;
    Ok(Prepared { text, value_at, message, key: public, way: Way::General })
}

/// The value of a proof before there is one.
const EMPTY_VALUE: &str = "\"proofValue\":\"\"";

fn public(key: &str) -> Result<PublicKey, SignError> {
    PublicKey::from_multibase(key).map_err(|error| SignError::Signature(error.0))
}

/// What badges have in common that one key signs in one second.
#[derive(Debug)]
pub(super) struct Signet {
    /// The key's name.
    pub name: String,
    pub time: DateTime<Utc>,
    /// The issuer's DID.
    pub did: String,
    /// The full DID URL of the key.
    pub method: String,
    /// The time in the proof.
    pub created: String,
    pub key: PublicKey,
    /// The hash of the proof's configuration in its canonical form.
    pub configuration: [u8; 32],
}

impl Signet {
    pub(super) fn of(issuer: &Issuer, key: &str, created: DateTime<Utc>) -> Result<Self, SignError> {
        let (method, time, created) = (issuer.method(key), created, timestamp(created));
        let options = proof::options(&method, &created);
        let contexts = json!({"@context": CONTEXTS.map(|context| context.url)});
        let configuration = canonical::document(&proof::configuration(&options, &contexts))?;
        Ok(Self {
            name: key.to_owned(),
            time,
            did: issuer.did().to_owned(),
            method,
            created,
            key: public(key)?,
            configuration: proof::digest(&configuration),
        })
    }
}

impl Prepared {
    /// What is to be signed.
    pub fn message(&self) -> &[u8; 64] {
        &self.message
    }

    /// Whether another way led to the same.
    pub(super) fn is_the_same(&self, other: &Self) -> bool {
        (&self.text, self.value_at, self.message, self.key)
            == (&other.text, other.value_at, other.message, other.key)
    }

    /// How it was prepared.
    pub fn way(&self) -> Way {
        self.way
    }

    /// Whether that took milliseconds, as canonical forms do, and not microseconds: others should run
    /// before the next one.
    pub fn took_long(&self) -> bool {
        self.way != Way::Compiled
    }

    /// Closes the document with the signature; the answer is the exact text that leaves.
    ///
    /// # Errors
    /// When the signature is not the key's over [`Self::message`], whoever made it.
    pub fn seal(self, signature: &[u8; 64]) -> Result<String, SignError> {
        if !self.key.verifies(&self.message, signature) {
            return Err(SignError::Signature("it is not the key’s over this badge".to_owned()));
        }
        Ok(self.closed(signature))
    }

    fn closed(mut self, signature: &[u8; 64]) -> String {
        self.text.insert_str(self.value_at, &multibase(signature));
        self.text
    }
}

/// Closes documents with signatures that a key of this process has made: as [`Prepared::seal`], with one
/// check for all. If one is not good, none leaves.
///
/// # Errors
/// As [`Prepared::seal`]; also when there are more documents than signatures, or fewer.
pub fn seal_own(prepared: Vec<Prepared>, signatures: &[[u8; 64]]) -> Result<Vec<String>, SignError> {
    let refused = || SignError::Signature("it is not the key’s over its badge".to_owned());
    let Some(first) = prepared.first() else { return Ok(Vec::new()) };
    let signed: Vec<_> = prepared.iter().map(|one| &one.message).zip(signatures).collect();
    let one_key = prepared.iter().all(|one| one.key == first.key) && prepared.len() == signatures.len();
    if !one_key || !first.key.verifies_all(&signed) {
        return Err(refused());
    }
    Ok(prepared.into_iter().zip(signatures).map(|(one, signature)| one.closed(signature)).collect())
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
