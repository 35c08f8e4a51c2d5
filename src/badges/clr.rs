//! The learner record of a badge that was earned through others: a `ClrCredential` (Comprehensive
//! Learner Record 2.0, appendix B) with all of these badges in it, each exactly as it was signed.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::sign::timestamp;
use super::vocabulary::CLR_CONTEXTS;
use super::{Issuer, json_text, structure};

/// The `genre` of the evidence that links to a badge on which this one rests.
pub const HELD: &str = "Badge";

/// The JSON schema of learner records.
const SCHEMA: &str =
    "https://purl.imsglobal.org/spec/clr/v2p0/schema/json/clr_v2p0_clrcredential_schema.json";

/// The credentials of this site on which a badge rests, as its evidence names them.
pub fn rests_on(badge: &Value, site: &str) -> Vec<Uuid> {
    let evidence = badge.get("evidence").map(super::rdf::items).unwrap_or_default();
    evidence
        .iter()
        .filter(|one| one.get("genre").and_then(Value::as_str) == Some(HELD))
        .filter_map(|one| {
            one.get("id")?.as_str()?.strip_prefix(site)?.strip_prefix("/credentials/")?.parse().ok()
        })
        .collect()
}

/// The record of a badge and of the badges that it rests on, unsigned. It is `partial`: the learner may
/// hold more.
///
/// It has the badge's own place in the status list, so that it falls with the badge, and ends when
/// the first of its badges does.
pub fn learner_record(issuer: &Issuer, badge: &Value, rests_on: &[Value]) -> Value {
    let all = || std::iter::once(badge).chain(rests_on);
    let text = |document: &Value, pointer: &str| {
        document.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
    };
    let times = |member: &str| -> BTreeSet<DateTime<Utc>> {
        all().filter_map(|one| one.get(member)?.as_str()?.parse().ok()).collect()
    };
    let achievement = |document: &Value| text(document, "/credentialSubject/achievement/id");
    let target = achievement(badge);
    let sources: BTreeSet<String> = rests_on.iter().filter_map(achievement).collect();
    let association: Vec<Value> = sources
        .iter()
        .filter(|source| Some(*source) != target.as_ref())
        .map(|source| {
            json!({
                "type": ["Association"], "associationType": "precedes", "sourceId": source, "targetId": target,
            })
        })
        .collect();
    let mut record = json_text::tidy(json!({
        "@context": CLR_CONTEXTS.map(|context| context.url),
        "id": text(badge, "/id").map(|id| format!("{id}/clr.json")),
        "type": ["VerifiableCredential", structure::clr::TYPE],
        "name": badge.get("name"),
        "description": badge.get("description"),
        "issuer": issuer.profile_member(),
        "validFrom": times("validFrom").last().copied().map(timestamp),
        "validUntil": times("validUntil").first().copied().map(timestamp),
        "partial": true,
        "credentialSubject": {
            "type": ["ClrSubject"],
            "id": badge.pointer("/credentialSubject/id"),
            "identifier": badge.pointer("/credentialSubject/identifier"),
            "association": association,
        },
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
        "credentialStatus": badge.get("credentialStatus"),
    }));
    record["credentialSubject"]["verifiableCredential"] = all().cloned().collect();
    record
}

#[cfg(test)]
mod tests;
