//! DID authentication (VC-API): an empty presentation that a wallet signs over a challenge, by
//! `Ed25519Signature2020` or `eddsa-rdfc-2022`.
//!
//! Such a presentation says nothing but who holds it, so its RDF is known beforehand: two statements,
//! and one for each option of the proof. They are written down here in canonical form (RDFC-1.0)
//! once each value is checked; what would say more is refused.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{HolderError, did, wrong};
use crate::badges::verify::public::Key;
use crate::badges::{proof, rdf};

const CREDENTIALS_1: &str = "https://www.w3.org/2018/credentials/v1";
const CREDENTIALS_2: &str = "https://www.w3.org/ns/credentials/v2";
/// Defines the older proof.
const ED25519_2020: &str = "https://w3id.org/security/suites/ed25519-2020/v1";
/// Defines the newer proof under the older credentials' context.
const DATA_INTEGRITY: &str = "https://w3id.org/security/data-integrity/v2";

const TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
const CREATED: &str = "http://purl.org/dc/terms/created";
const DATE_TIME: &str = "http://www.w3.org/2001/XMLSchema#dateTime";
const CREDENTIALS: &str = "https://www.w3.org/2018/credentials#";
const SECURITY: &str = "https://w3id.org/security#";

/// A presentation whose proof holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DidAuth {
    /// The holder.
    pub did: String,
}

impl DidAuth {
    /// The challenge that a presentation says it answers; not checked yet.
    pub fn challenge(presentation: &Value) -> Option<&str> {
        the_proof(presentation).ok()?.get("challenge")?.as_str()
    }

    /// Checks a presentation that was made for this challenge, and for one of these domains if it
    /// names one. Learner Credential Wallet names none when it follows a link.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn check(presentation: &Value, challenge: &str, domains: &[&str]) -> Result<Self, HolderError> {
        let proof = the_proof(presentation)?;
        let text = |member: &str| proof.get(member).and_then(Value::as_str);
        if text("challenge") != Some(challenge) {
            return Err(wrong("the proof is for another challenge"));
        }
        match proof.get("domain") {
            None => {}
            Some(Value::String(domain)) if domains.contains(&domain.as_str()) => {}
            Some(_) => return Err(wrong("the proof is for another domain")),
        }
        let method =
            text("verificationMethod").ok_or_else(|| wrong("the proof has no verificationMethod"))?;
        let (did, key) = did::key_of(method)?;
        let Key::Ed25519(key) = key else { return Err(wrong("the proof's key is not an Ed25519 key")) };
        let suite = Suite::of(presentation, proof)?;
        let document = document(presentation, did)?;
        let value = text("proofValue").and_then(proof::signature);
        let value = value.ok_or_else(|| wrong("proofValue is not a signature in base58"))?;
        if !key.verifies(&proof::hash(&options(proof, suite, method)?, &document), &value) {
            return Err(wrong("the signature does not fit the presentation and its key"));
        }
        Ok(Self { did: did.to_owned() })
    }
}

/// The kinds of proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suite {
    Ed25519Signature2020,
    EddsaRdfc2022,
}

impl Suite {
    /// The proof's kind, where the contexts define it.
    fn of(presentation: &Value, proof: &Map<String, Value>) -> Result<Self, HolderError> {
        let contexts = presentation.get("@context").map(rdf::items).unwrap_or_default();
        let contexts: Vec<&str> = contexts.iter().map(|one| one.as_str().unwrap_or_default()).collect();
        let known = [CREDENTIALS_1, CREDENTIALS_2, ED25519_2020, DATA_INTEGRITY];
        if let Some(other) = contexts.iter().find(|context| !known.contains(context)) {
            let ascii: String = other.chars().filter(char::is_ascii_graphic).take(80).collect();
            return Err(wrong(format!("the context {ascii} is not supported")));
        }
        let second = contexts.first() == Some(&CREDENTIALS_2);
        if !second && contexts.first() != Some(&CREDENTIALS_1) {
            return Err(wrong("the first context is not that of credentials"));
        }
        let text = |member: &str| proof.get(member).and_then(Value::as_str);
        match (text("type"), text("cryptosuite")) {
            (Some("Ed25519Signature2020"), None) if contexts.contains(&ED25519_2020) => {
                Ok(Self::Ed25519Signature2020)
            }
            (Some(proof::TYPE), Some(proof::CRYPTOSUITE)) if second || contexts.contains(&DATA_INTEGRITY) => {
                Ok(Self::EddsaRdfc2022)
            }
            _ => Err(wrong("the proof is neither Ed25519Signature2020 nor eddsa-rdfc-2022 by its contexts")),
        }
    }
}

/// The only proof.
fn the_proof(presentation: &Value) -> Result<&Map<String, Value>, HolderError> {
    match presentation.get("proof").map(rdf::items) {
        Some([Value::Object(proof)]) => Ok(proof),
        _ => Err(wrong("the presentation does not have one proof")),
    }
}

/// The canonical form of a presentation of this holder that holds no credential.
fn document(presentation: &Value, did: &str) -> Result<String, HolderError> {
    let members = presentation.as_object().ok_or_else(|| wrong("the presentation is not an object"))?;
    let mut name = "_:c14n0".to_owned();
    for (member, value) in members {
        match member.as_str() {
            "@context" | "proof" => {}
            "type" if matches!(rdf::items(value), [Value::String(one)] if one == "VerifiablePresentation") => {
            }
            "holder" if value.as_str() == Some(did) => {}
            "verifiableCredential" if rdf::items(value).is_empty() => {}
            "id" => {
                let id = value.as_str().and_then(|id| id.strip_prefix("urn:uuid:"));
                let id = id.filter(|id| id.len() == 36 && Uuid::try_parse(id).is_ok());
                name = format!("<urn:uuid:{}>", id.ok_or_else(|| wrong("the id is not a urn:uuid"))?);
            }
            "type" => return Err(wrong("type is not VerifiablePresentation alone")),
            "holder" => return Err(wrong("the holder is not the controller of the proof's key")),
            _ => return Err(wrong("the presentation must say nothing but who holds it")),
        }
    }
    if !members.contains_key("type") || !members.contains_key("holder") {
        return Err(wrong("the presentation has no type or no holder"));
    }
    Ok(format!(
        "{name} <{TYPE}> <{CREDENTIALS}VerifiablePresentation> .\n{name} <{CREDENTIALS}holder> <{did}> .\n"
    ))
}

/// The canonical form of the proof's options.
fn options(proof: &Map<String, Value>, suite: Suite, method: &str) -> Result<String, HolderError> {
    let text = |member: &str| proof.get(member).and_then(Value::as_str);
    let known = [
        "type",
        "cryptosuite",
        "created",
        "verificationMethod",
        "proofPurpose",
        "challenge",
        "domain",
        "proofValue",
    ];
    if proof.keys().any(|member| !known.contains(&member.as_str())) {
        return Err(wrong("the proof has options that are not supported"));
    }
    if text("proofPurpose") != Some("authentication") {
        return Err(wrong("the proof's purpose is not authentication"));
    }
    // In the order of the canonical form.
    let mut lines = String::new();
    let mut line = |property: &str, value: &str| {
        let _ = writeln!(lines, "_:c14n0 <{property}> {value} .");
    };
    if proof.contains_key("created") {
        let created = text("created").filter(|text| is_date(text));
        let created = created.ok_or_else(|| wrong("created is not a date and time in UTC"))?;
        line(CREATED, &format!("\"{created}\"^^<{DATE_TIME}>"));
    }
    line(
        TYPE,
        &match suite {
            Suite::Ed25519Signature2020 => format!("<{SECURITY}Ed25519Signature2020>"),
            Suite::EddsaRdfc2022 => format!("<{SECURITY}DataIntegrityProof>"),
        },
    );
    line(&format!("{SECURITY}challenge"), &literal(text("challenge").unwrap_or_default())?);
    if suite == Suite::EddsaRdfc2022 {
        let suite = format!("\"{}\"^^<{SECURITY}cryptosuiteString>", proof::CRYPTOSUITE);
        line(&format!("{SECURITY}cryptosuite"), &suite);
    }
    if let Some(domain) = text("domain") {
        line(&format!("{SECURITY}domain"), &literal(domain)?);
    }
    line(&format!("{SECURITY}proofPurpose"), &format!("<{SECURITY}authenticationMethod>"));
    line(&format!("{SECURITY}verificationMethod"), &format!("<{method}>"));
    Ok(lines)
}

/// A text that needs no escapes in N-Quads.
fn literal(text: &str) -> Result<String, HolderError> {
    if text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) {
        Ok(format!("\"{text}\""))
    } else {
        Err(wrong("a text of the proof has characters that are not supported"))
    }
}

fn is_date(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'.' | b'T' | b'Z'))
        && chrono::DateTime::parse_from_rfc3339(text).is_ok()
}
