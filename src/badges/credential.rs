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
use super::{Achievement, Document, Issuer};

/// The JSON schema that verifiers check a badge against.
const SCHEMA: &str =
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json";

/// How each link at the end of the criteria begins.
const LINK: &str = "\n\n→ [";

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
    Value::from(&document(issue))
}

/// [`credential()`], before it is JSON.
pub fn document<'a>(issue: &'a Issue<'a>) -> Document<'a> {
    let base = achievement_url(issue.issuer, issue.achievement);
    let mut addresses = Addresses::of(issue.issuer, &base);
    let (descriptions, results): (Vec<Document<'_>>, Vec<Document<'_>>) =
        issue.results.iter().flat_map(|entry| results(&base, entry)).unzip();
    let descriptions = Document::list(descriptions);
    let (issuer, image) = (issue.issuer, issue.image);
    let achievement = achievement_member(issuer, issue.achievement, image, descriptions, &mut addresses);
    let evidence = Document::list(issue.evidence.iter().map(|one| evidence(one, &mut addresses)));
    let awarded_at = timestamp(issue.awarded_at);
    let schema = [("id", SCHEMA.into()), ("type", "1EdTechJsonSchemaValidator2019".into())];
    let subject = [
        ("type", types(["AchievementSubject"])),
        ("identifier", Document::list(identity(issue.email, issue.salt))),
        ("achievement", achievement),
        ("creditsEarned", issue.achievement.credits.and_then(number).into()),
        ("result", Document::list(results)),
    ];
    Document::object([
        ("@context", types(CONTEXTS.map(|context| context.url))),
        ("id", format!("{}/credentials/{}", issue.issuer.public_url(), issue.id).into()),
        ("type", types(["VerifiableCredential", "OpenBadgeCredential"])),
        ("name", (&issue.achievement.name).into()),
        ("description", (&issue.achievement.description).into()),
        ("issuer", issue.issuer.profile_part()),
        ("validFrom", awarded_at.clone().into()),
        ("validUntil", issue.valid_until.map(timestamp).into()),
        ("awardedDate", awarded_at.into()),
        ("credentialSubject", Document::object(subject)),
        ("evidence", evidence),
        ("credentialSchema", Document::list([Document::object(schema)])),
        ("credentialStatus", status_entry(issue)),
    ])
}

/// A list of these words.
fn types<const N: usize>(words: [&str; N]) -> Document<'_> {
    Document::list(words.map(Document::from))
}

/// The achievement as served at `/achievements/{id}`.
pub fn achievement_document(
    issuer: &Issuer,
    achievement: &Achievement,
    image: Option<&super::BadgeImage>,
) -> Value {
    let mut addresses = Addresses::of(issuer, &achievement_url(issuer, achievement));
    let none = Document::list([]);
    let member = achievement_member(issuer, achievement, image, none, &mut addresses);
    let mut document = Value::from(&member);
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

fn achievement_member<'a>(
    issuer: &Issuer,
    achievement: &'a Achievement,
    image: Option<&super::BadgeImage>,
    descriptions: Document<'a>,
    addresses: &mut Addresses,
) -> Document<'a> {
    let id = achievement_url(issuer, achievement);
    let image = image.map(|_| {
        Document::object([
            ("id", format!("{id}/image.png").into()),
            ("type", "Image".into()),
            ("caption", achievement.image_caption.as_ref().into()),
        ])
    });
    // `related` holds achievements. Links to anything else stand at the end of the criteria,
    // whose Markdown every wallet shows.
    let achievements = format!("{}/achievements/", issuer.public_url());
    let (related, further): (Vec<_>, Vec<_>) =
        achievement.related.iter().partition(|one| one.url.as_str().starts_with(&achievements));
    let related = related
        .into_iter()
        .filter_map(|one| addresses.free(&one.url))
        .map(|url| Document::object([("id", url.into()), ("type", types(["Related"]))]));
    let related = Document::list(related);
    let criteria = achievement.criteria.trim();
    let narrative = if further.is_empty() {
        criteria.into()
    } else {
        let mut narrative = criteria.to_owned();
        for link in further {
            narrative.extend([LINK, &bracketed(&link.name), "](<", link.url.as_str(), ">)"]);
        }
        narrative.into()
    };
    let alignment = achievement.alignment.iter().map(|one| {
        Document::object([
            ("type", types(["Alignment"])),
            ("targetName", (&one.name).into()),
            ("targetUrl", (&one.url).into()),
            ("targetCode", one.code.as_ref().into()),
            ("targetDescription", one.description.as_ref().into()),
            ("targetFramework", one.framework.as_ref().into()),
            ("targetType", one.target_type.as_ref().into()),
        ])
    });
    // A set in RDF: some verifiers refuse a list that says a thing twice.
    let tags: BTreeSet<&str> = achievement.tags.iter().map(|tag| tag.trim()).collect();
    let criteria = [
        ("id", achievement.criteria_url.as_ref().and_then(|url| addresses.free(url)).into()),
        ("narrative", narrative),
    ];
    Document::object([
        ("id", id.into()),
        ("type", types(["Achievement"])),
        ("achievementType", (&achievement.achievement_type).into()),
        ("name", (&achievement.name).into()),
        ("description", (&achievement.description).into()),
        ("criteria", Document::object(criteria)),
        ("image", image.into()),
        ("tag", Document::list(tags.into_iter().map(Document::from))),
        ("creditsAvailable", achievement.credits.and_then(number).into()),
        ("fieldOfStudy", achievement.field_of_study.as_ref().into()),
        ("inLanguage", (&achievement.language).into()),
        ("alignment", Document::list(alignment)),
        ("related", related),
        ("resultDescription", descriptions),
    ])
}

/// The narrative of a credential's criteria without those links at its end that `shown` knows by their
/// address: a page that shows them elsewhere need not show them twice.
pub fn without_links(narrative: &str, shown: impl Fn(&str) -> bool) -> String {
    let (mut criteria, mut kept) = (narrative.trim_end(), Vec::new());
    while let Some((before, link)) = criteria.rsplit_once(LINK) {
        let Some((_, url)) = link.strip_suffix(">)").and_then(|link| link.rsplit_once("](<")) else { break };
        if !shown(url) {
            kept.push(link);
        }
        criteria = before;
    }
    kept.iter().rev().fold(criteria.to_owned(), |criteria, link| format!("{criteria}{LINK}{link}"))
}

/// A text inside the brackets of a Markdown link.
fn bracketed(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]").replace('\n', " ")
}

/// The learner, by the hash of the address (Open Badges 3.0, `IdentityObject`, `IdentityHash`):
/// whoever knows the address can recompute it, nobody can read it. `None` for what is no address.
fn identity<'a>(email: &str, salt: &'a str) -> Option<Document<'a>> {
    let address = email.trim().to_lowercase();
    let (mailbox, domain) = address.rsplit_once('@')?;
    if mailbox.is_empty() || domain.is_empty() || salt.is_empty() {
        return None;
    }
    let hash = Sha256::new().chain_update(&address).chain_update(salt).finalize();
    Some(Document::object([
        ("type", "IdentityObject".into()),
        ("hashed", Value::Bool(true).into()),
        ("identityHash", format!("sha256${}", hex::encode(hash)).into()),
        ("identityType", "emailAddress".into()),
        ("salt", salt.into()),
    ]))
}

fn evidence<'a>(evidence: &'a Evidence, addresses: &mut Addresses) -> Document<'a> {
    Document::object([
        ("id", evidence.url.as_ref().and_then(|url| addresses.free(url)).into()),
        ("type", types(["Evidence"])),
        ("name", (&evidence.name).into()),
        ("narrative", (&evidence.narrative).into()),
        ("genre", (&evidence.genre).into()),
    ])
}

/// One description and result for each way in which the LMS expressed the result.
fn results<'a>(base: &str, entry: &'a ResultEntry) -> Vec<(Document<'a>, Document<'a>)> {
    let one = |measure: &str, kind: &'static str, value: Option<String>, max: Option<String>| {
        let id = format!("{base}#result-{}{measure}", entry.key);
        let least = max.as_ref().map(|_| "0");
        let description = Document::object([
            ("id", id.clone().into()),
            ("type", types(["ResultDescription"])),
            ("name", (&entry.name).into()),
            ("resultType", kind.into()),
            ("valueMin", least.into()),
            ("valueMax", max.into()),
        ]);
        let status = entry.passed.then_some("Completed");
        let result = Document::object([
            ("type", types(["Result"])),
            ("resultDescription", id.into()),
            ("status", status.into()),
            ("value", value.into()),
        ]);
        (description, result)
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
fn status_entry<'a>(issue: &Issue<'_>) -> Document<'a> {
    let list = status::list_url(issue.issuer, issue.status_list, Purpose::Revocation);
    Document::object([
        ("id", format!("{list}#{}", issue.status_index).into()),
        ("type", "BitstringStatusListEntry".into()),
        ("statusPurpose", Purpose::Revocation.as_str().into()),
        ("statusListIndex", issue.status_index.to_string().into()),
        ("statusListCredential", list.into()),
    ])
}
