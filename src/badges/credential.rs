//! The credential: an `OpenBadgeCredential` (Open Badges 3.0, appendix B) before it is signed.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;
use uuid::Uuid;

use super::sign::timestamp;
use super::status::{self, Purpose};
use super::vocabulary::{CONTEXTS, CREDENTIALS, OPEN_BADGES};
use super::{Achievement, Issuer, json_text};

/// The JSON schema that verifiers check a badge against.
const SCHEMA: &str =
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json";

/// Everything that goes into one credential.
#[derive(Debug, Clone)]
pub struct Issue<'a> {
    /// The credential's id; its address is `{public_url}/credentials/{id}`.
    pub id: Uuid,
    /// Who issues.
    pub issuer: &'a Issuer,
    /// What is awarded.
    pub achievement: &'a Achievement,
    /// The image, if the badge has one.
    pub image: Option<&'a super::BadgeImage>,
    /// To whom: the e-mail address, which leaves only hashed with `salt`.
    pub email: &'a str,
    /// Random per credential: 16 bytes, hex.
    pub salt: &'a str,
    /// When it was awarded (`validFrom`, `awardedDate`).
    pub awarded_at: DateTime<Utc>,
    /// When it ends, if it does (`validUntil`).
    pub valid_until: Option<DateTime<Utc>>,
    /// On what it rests.
    pub evidence: Vec<Evidence>,
    /// The results achieved.
    pub results: Vec<ResultEntry>,
    /// The number in the status lists' addresses (`/status/{list}-revocation`, `-suspension`).
    pub status_list: i64,
    /// The bit in both lists.
    pub status_index: i64,
}

/// The `genre` of the evidence that links to the credential which this one renews.
pub const RENEWAL: &str = "Renewal";

/// The `genre` of the evidence that links to the credential in whose place this one stands.
pub const REPLACEMENT: &str = "Replacement";

/// On what a credential rests (Open Badges `Evidence`).
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Its page, if it has one that others may see.
    pub url: Option<Url>,
    /// What it is: `Final Quiz, Workplace Safety 101`.
    pub name: String,
    /// What was done and found, in a sentence.
    pub narrative: String,
    /// Open Badges `genre`: `Assessment`, …
    pub genre: String,
}

/// A result achieved in one assessment (Open Badges `Result` with its `ResultDescription`).
#[derive(Debug, Clone)]
pub struct ResultEntry {
    /// Distinguishes the result descriptions of one achievement; `[a-z0-9-]+`.
    pub key: String,
    /// The assessment's name.
    pub name: String,
    /// Percent, if there is one.
    pub percent: Option<Decimal>,
    /// Points given, of how many.
    pub points: Option<(Decimal, Option<Decimal>)>,
    /// The letter or scale value.
    pub text: Option<String>,
    /// Whether the LMS says passed.
    pub passed: bool,
}

/// Builds the credential, unsigned.
///
/// What is blank is left out, so that [`super::sign`] finds it missing: a badge without a name, or
/// for something that is no e-mail address, is not signed.
pub fn credential(issue: &Issue<'_>) -> Value {
    let base = achievement_url(issue.issuer, issue.achievement);
    let mut addresses = Addresses::of(issue.issuer, &base);
    let mut achievement = achievement_member(issue.issuer, issue.achievement, issue.image, &mut addresses);
    let (descriptions, results): (Vec<Value>, Vec<Value>) =
        issue.results.iter().flat_map(|entry| results(&base, entry)).unzip();
    achievement["resultDescription"] = Value::Array(descriptions);
    let evidence: Vec<Value> = issue.evidence.iter().map(|one| evidence(one, &mut addresses)).collect();
    json_text::tidy(json!({
        "@context": CONTEXTS.map(|context| context.url),
        "id": format!("{}/credentials/{}", issue.issuer.public_url(), issue.id),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": issue.achievement.name,
        "description": issue.achievement.description,
        "issuer": issue.issuer.profile_member(),
        "validFrom": timestamp(issue.awarded_at),
        "validUntil": issue.valid_until.map(timestamp),
        "awardedDate": timestamp(issue.awarded_at),
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": identity(issue.email, issue.salt).as_slice(),
            "achievement": achievement,
            "creditsEarned": issue.achievement.credits.and_then(number),
            "result": results,
        },
        "evidence": evidence,
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
        "credentialStatus": status_entry(issue),
    }))
}

/// The achievement as served at `/achievements/{id}`.
pub fn achievement_document(
    issuer: &Issuer,
    achievement: &Achievement,
    image: Option<&super::BadgeImage>,
) -> Value {
    let mut addresses = Addresses::of(issuer, &achievement_url(issuer, achievement));
    let mut document = json_text::tidy(achievement_member(issuer, achievement, image, &mut addresses));
    document["@context"] = json!([CREDENTIALS.url, OPEN_BADGES.url]);
    document["creator"] = issuer.profile_member();
    document
}

fn achievement_url(issuer: &Issuer, achievement: &Achievement) -> String {
    format!("{}/achievements/{}", issuer.public_url(), achievement.id)
}

/// Addresses that things in the credential have already. Two things with one address would be
/// one thing with the properties of both.
struct Addresses(BTreeSet<String>);

impl Addresses {
    fn of(issuer: &Issuer, achievement: &str) -> Self {
        let mut taken = BTreeSet::from([achievement.to_owned(), format!("{achievement}/image.png")]);
        taken.extend(issuer.profile().image.as_ref().map(Url::to_string));
        Self(taken)
    }

    /// The address, unless something has it.
    fn free<'a>(&mut self, url: &'a Url) -> Option<&'a Url> {
        self.0.insert(url.to_string()).then_some(url)
    }
}

fn achievement_member(
    issuer: &Issuer,
    achievement: &Achievement,
    image: Option<&super::BadgeImage>,
    addresses: &mut Addresses,
) -> Value {
    let id = achievement_url(issuer, achievement);
    let image = image.map(
        |_| json!({"id": format!("{id}/image.png"), "type": "Image", "caption": achievement.image_caption}),
    );
    // `related` holds achievements. Links to anything else stand at the end of the criteria,
    // whose Markdown every wallet shows.
    let achievements = format!("{}/achievements/", issuer.public_url());
    let (related, further): (Vec<_>, Vec<_>) =
        achievement.related.iter().partition(|one| one.url.as_str().starts_with(&achievements));
    let related: Vec<Value> = related
        .iter()
        .filter_map(|one| addresses.free(&one.url))
        .map(|url| json!({"id": url, "type": ["Related"]}))
        .collect();
    let mut narrative = achievement.criteria.trim().to_owned();
    for link in further {
        narrative.extend(["\n\n→ [", &bracketed(&link.name), "](<", link.url.as_str(), ">)"]);
    }
    let alignment: Vec<Value> = achievement
        .alignment
        .iter()
        .map(|one| {
            json!({
                "type": ["Alignment"],
                "targetName": one.name,
                "targetUrl": one.url,
                "targetCode": one.code,
                "targetDescription": one.description,
                "targetFramework": one.framework,
                "targetType": one.target_type,
            })
        })
        .collect();
    // A set in RDF: some verifiers refuse a list that says a thing twice.
    let tags: BTreeSet<&str> = achievement.tags.iter().map(|tag| tag.trim()).collect();
    json!({
        "id": id,
        "type": ["Achievement"],
        "achievementType": achievement.achievement_type,
        "name": achievement.name,
        "description": achievement.description,
        "criteria": {
            "id": achievement.criteria_url.as_ref().and_then(|url| addresses.free(url)),
            "narrative": narrative,
        },
        "image": image,
        "tag": tags,
        "creditsAvailable": achievement.credits.and_then(number),
        "fieldOfStudy": achievement.field_of_study,
        "inLanguage": achievement.language,
        "alignment": alignment,
        "related": related,
    })
}

/// A text inside the brackets of a Markdown link.
fn bracketed(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]").replace('\n', " ")
}

/// The learner, by the hash of the address (Open Badges 3.0, `IdentityObject`, `IdentityHash`):
/// whoever knows the address can recompute it, nobody can read it. `None` for what is no address.
fn identity(email: &str, salt: &str) -> Option<Value> {
    let address = email.trim().to_lowercase();
    let (mailbox, domain) = address.rsplit_once('@')?;
    if mailbox.is_empty() || domain.is_empty() || salt.is_empty() {
        return None;
    }
    let hash = hex::encode(Sha256::digest(format!("{address}{salt}")));
    Some(json!({
        "type": "IdentityObject",
        "hashed": true,
        "identityHash": format!("sha256${hash}"),
        "identityType": "emailAddress",
        "salt": salt,
    }))
}

fn evidence(evidence: &Evidence, addresses: &mut Addresses) -> Value {
    json!({
        "id": evidence.url.as_ref().and_then(|url| addresses.free(url)),
        "type": ["Evidence"],
        "name": evidence.name,
        "narrative": evidence.narrative,
        "genre": evidence.genre,
    })
}

/// One description and result for each way in which the LMS expressed the result.
fn results(base: &str, entry: &ResultEntry) -> Vec<(Value, Value)> {
    let one = |measure: &str, kind: &str, value: Option<String>, max: Option<String>| {
        let id = format!("{base}#result-{}{measure}", entry.key);
        let least = max.as_ref().map(|_| "0");
        let description = json!({
            "id": id,
            "type": ["ResultDescription"],
            "name": entry.name,
            "resultType": kind,
            "valueMin": least,
            "valueMax": max,
        });
        let status = entry.passed.then_some("Completed");
        (description, json!({"type": ["Result"], "resultDescription": id, "status": status, "value": value}))
    };
    let mut all = Vec::new();
    if let Some(percent) = entry.percent {
        // Cut, not rounded: 69.996 must not read as 70.
        let percent = percent.round_dp_with_strategy(2, RoundingStrategy::ToZero).normalize().to_string();
        all.push(one("", "Percent", Some(percent), None));
    }
    if let Some((given, of)) = entry.points {
        let max = of.filter(|max| *max > Decimal::ZERO).map(|max| max.normalize().to_string());
        all.push(one("-points", "RawScore", Some(given.normalize().to_string()), max));
    }
    if let Some(text) = entry.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let kind = if is_letter_grade(text) { "LetterGrade" } else { "Result" };
        all.push(one("-grade", kind, Some(text.to_owned()), None));
    }
    if all.is_empty() && entry.passed {
        all.push(one("-status", "Status", None, None));
    }
    all
}

fn is_letter_grade(text: &str) -> bool {
    matches!(text.as_bytes(), [b'A'..=b'F'] | [b'A'..=b'F', b'+' | b'-'])
}

/// A decimal as a JSON number.
fn number(decimal: Decimal) -> Option<Value> {
    serde_json::from_str(&decimal.normalize().to_string()).ok()
}

/// Where the status stands (Bitstring Status List 1.0, section 2.1).
///
/// One entry, for revocation: the JSON schema of Open Badges 3.0 allows `credentialStatus` to be
/// an object and not a list, so an entry for suspension has no place beside it.
fn status_entry(issue: &Issue<'_>) -> Value {
    let list = status::list_url(issue.issuer, issue.status_list, Purpose::Revocation);
    json!({
        "id": format!("{list}#{}", issue.status_index),
        "type": "BitstringStatusListEntry",
        "statusPurpose": Purpose::Revocation.as_str(),
        "statusListIndex": issue.status_index.to_string(),
        "statusListCredential": list,
    })
}
