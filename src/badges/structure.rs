//! What a document must contain: by the standard, and before it may be signed here.

pub(super) mod clr;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use super::achievement::{is_achievement_type, is_target_type};
use super::rdf::items;
use super::vocabulary::{CLR_CONTEXTS, CONTEXTS, CREDENTIALS, CREDENTIALS_1_1};
use super::{Issuer, json_text};
use crate::locales::Message;

/// What is missing or wrong by the standard, naming the member.
type Checked<T = ()> = Result<T, Message>;

/// The same of what is to be signed here: a text for administrators.
type Ready = Result<(), String>;

/// The members with the dates of a credential of the data model 1.1.
pub(super) const EARLIER_DATES: [&str; 2] = ["issuanceDate", "expirationDate"];

/// A place in a document.
#[derive(Clone)]
pub(super) struct At<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> At<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value, path: String::new() }
    }

    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    pub(super) fn may(&self, member: &str) -> Option<At<'a>> {
        let value = self.value.get(member)?;
        Some(At { value, path: self.place(member) })
    }

    pub(super) fn must(&self, member: &str) -> Checked<At<'a>> {
        self.may(member).ok_or_else(|| Message::new("why-missing").with("member", self.place(member)))
    }

    /// What the member is called from the root.
    fn place(&self, member: &str) -> String {
        if self.path.is_empty() { member.to_owned() } else { format!("{}.{member}", self.path) }
    }

    /// The things in a list, or the one thing.
    pub(super) fn items(&self) -> Vec<At<'a>> {
        let many = self.value.is_array();
        let item = |(position, value): (usize, &'a Value)| At {
            value,
            path: if many { format!("{}[{position}]", self.path) } else { self.path.clone() },
        };
        items(self.value).iter().enumerate().map(item).collect()
    }

    /// The members of an object, the items of a list.
    fn parts(&self) -> Vec<At<'a>> {
        match self.value {
            Value::Object(members) => members.keys().filter_map(|name| self.may(name)).collect(),
            Value::Array(_) => self.items(),
            _ => Vec::new(),
        }
    }

    /// Whether this is the member of a learner record with whole credentials in it.
    fn holds_credentials(&self) -> bool {
        self.path == "credentialSubject.verifiableCredential"
    }

    /// The items of a member that may be missing.
    fn each(&self, member: &str) -> Vec<At<'a>> {
        self.may(member).map(|at| at.items()).unwrap_or_default()
    }

    pub(super) fn text(&self) -> Checked<&'a str> {
        let text = self.value.as_str().filter(|text| !text.trim().is_empty());
        text.ok_or_else(|| self.wrong("why-not-text"))
    }

    /// The id of an object, or an address that stands for it.
    pub(super) fn id(&self) -> Checked<&'a str> {
        if self.value.is_string() { self.text() } else { self.must("id")?.text() }
    }

    pub(super) fn date(&self) -> Checked<DateTime<Utc>> {
        let date = DateTime::parse_from_rfc3339(self.text()?);
        date.map(|date| date.to_utc()).map_err(|_| self.wrong("why-not-date"))
    }

    pub(super) fn is_a(&self, name: &str) -> bool {
        self.each("type").iter().any(|one| one.value.as_str() == Some(name))
    }

    /// The members that say from when and until when a credential is valid, by the version of the
    /// data model that its first context names. None if that is another context.
    pub(super) fn validity(&self) -> Option<[&'static str; 2]> {
        match self.each("@context").first()?.value.as_str()? {
            url if url == CREDENTIALS.url => Some(["validFrom", "validUntil"]),
            url if url == CREDENTIALS_1_1.url => Some(EARLIER_DATES),
            _ => None,
        }
    }

    fn must_be(&self, name: &str) -> Checked {
        if self.is_a(name) { Ok(()) } else { Err(not_a(self.place("type"), name)) }
    }

    fn address(&self) -> Checked {
        let text = self.id()?;
        Url::parse(text).map(|_| ()).map_err(|_| self.wrong("why-not-address"))
    }

    /// A message about this member.
    fn wrong(&self, key: &'static str) -> Message {
        Message::new(key).with("member", self.path.as_str())
    }

    fn says(&self, expected: &str) -> Ready {
        if self.value.as_str() == Some(expected) {
            return Ok(());
        }
        Err(format!("{} is not “{expected}”", self.path))
    }
}

/// What the standards require of an Open Badges credential, a learner record or a status list (VC
/// Data Model 2.0, or 1.1 for those of others; Open Badges 3.0, appendix B; Bitstring Status List 1.0, section 2.2).
pub(super) fn standard(document: &Value) -> Checked {
    let root = At::root(document);
    if !document.is_object() {
        return Err(Message::new("why-not-object"));
    }
    root.must("@context")?;
    let begins = || Message::new("why-context").with("address", CREDENTIALS.url);
    let [from, until] = root.validity().ok_or_else(begins)?;
    root.must_be("VerifiableCredential")?;
    if let Some(id) = root.may("id") {
        id.address()?;
    }
    root.must("issuer")?.address()?;
    let begin = root.must(from)?.date()?;
    let end = root.may(until).map(|at| at.date()).transpose()?;
    if end.is_some_and(|end| end <= begin) {
        return Err(Message::new("why-no-time").with("until", until).with("from", from));
    }
    if let Some(awarded) = root.may("awardedDate") {
        awarded.date()?;
    }
    if root.is_a(clr::TYPE) {
        return clr::standard(&root);
    }
    let subject = root.must("credentialSubject")?;
    if root.is_a("BitstringStatusListCredential") {
        subject.must_be("BitstringStatusList")?;
        subject.must("statusPurpose")?;
        subject.must("encodedList")?.text()?;
        return Ok(());
    }
    if !root.is_a("OpenBadgeCredential") && !root.is_a("AchievementCredential") {
        return Err(not_a("type".to_owned(), "OpenBadgeCredential"));
    }
    root.must("id")?;
    subject.must_be("AchievementSubject")?;
    if subject.may("id").is_none() && subject.may("identifier").is_none() {
        return Err(Message::new("why-nobody"));
    }
    achievement(&subject.must("achievement")?)
}

/// That a type is missing among those of a thing.
fn not_a(member: String, name: &str) -> Message {
    Message::new("why-type").with("member", member).with("name", name)
}

fn achievement(achievement: &At<'_>) -> Checked {
    achievement.must_be("Achievement")?;
    achievement.must("id")?.address()?;
    achievement.must("name")?.text()?;
    achievement.must("description")?.text()?;
    let criteria = achievement.must("criteria")?;
    if criteria.may("id").is_none() && criteria.may("narrative").is_none() {
        return Err(criteria.wrong("why-criteria"));
    }
    for alignment in achievement.each("alignment") {
        alignment.must_be("Alignment")?;
        alignment.must("targetName")?.text()?;
        alignment.must("targetUrl")?.address()?;
    }
    Ok(())
}

/// What Accolade requires of what it signs, on top of the standard.
pub(super) fn ready_to_sign(document: &Value, issuer: &Issuer) -> Ready {
    standard(document)?;
    let root = At::root(document);
    fit_to_travel(&root)?;
    described_once(&root, &mut BTreeSet::new())?;
    if root.may("proof").is_some() {
        return Err("it has a proof already".to_owned());
    }
    let by = root.must("issuer")?;
    if by.id()? != issuer.did() {
        return Err(format!("issuer.id is not {}, the controller of the key", issuer.did()));
    }
    let (list, record) = (root.is_a("BitstringStatusListCredential"), root.is_a(clr::TYPE));
    let contexts: Vec<&str> = root.each("@context").iter().filter_map(|at| at.value.as_str()).collect();
    let wanted = if record { CLR_CONTEXTS.as_slice() } else { &CONTEXTS };
    let wanted: Vec<&str> =
        wanted.iter().map(|context| context.url).take(if list { 1 } else { wanted.len() }).collect();
    if contexts != wanted {
        return Err(format!("@context must be {}", wanted.join(", ")));
    }
    match (list, record) {
        (true, _) => Ok(()),
        (_, true) => clr::ready(&root, &by),
        _ => badge(&root, &by),
    }
}

/// What stands around what is said of a learner.
fn envelope(root: &At<'_>, by: &At<'_>) -> Ready {
    root.must("name")?.text()?;
    by.must_be("Profile")?;
    by.must("name")?.text()?;
    for schema in root.each("credentialSchema") {
        schema.must("id")?.address()?;
        schema.must_be("1EdTechJsonSchemaValidator2019")?;
    }
    for entry in root.each("credentialStatus") {
        entry.must_be("BitstringStatusListEntry")?;
        entry.must("statusPurpose")?.text()?;
        entry.must("statusListCredential")?.address()?;
        let index = entry.must("statusListIndex")?;
        if !index.text()?.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(format!("{} is not a whole number as a text", index.path));
        }
    }
    Ok(())
}

fn badge(root: &At<'_>, by: &At<'_>) -> Ready {
    root.must_be("OpenBadgeCredential")?;
    envelope(root, by)?;
    for evidence in root.each("evidence") {
        evidence.must_be("Evidence")?;
    }
    let subject = root.must("credentialSubject")?;
    for identity in subject.each("identifier") {
        identity_object(&identity)?;
    }
    let achievement = subject.must("achievement")?;
    if let Some(kind) = achievement.may("achievementType")
        && !is_achievement_type(kind.text()?)
    {
        return Err(format!("{} is not a type of the standard; own types begin with “ext:”", kind.path));
    }
    for alignment in achievement.each("alignment") {
        if let Some(kind) = alignment.may("targetType")
            && !is_target_type(kind.text()?)
        {
            return Err(format!("{} is not a type of the standard; own types begin with “ext:”", kind.path));
        }
    }
    if let Some(image) = achievement.may("image") {
        image.must_be("Image")?;
        image.must("id")?.address()?;
    }
    let mut described = Vec::new();
    for description in achievement.each("resultDescription") {
        description.must_be("ResultDescription")?;
        description.must("name")?.text()?;
        description.must("resultType")?.text()?;
        described.push(description.must("id")?.text()?);
    }
    for result in subject.each("result") {
        result.must_be("Result")?;
        let names = result.must("resultDescription")?;
        if !described.contains(&names.text()?) {
            return Err(format!("{} names no resultDescription of the achievement", names.path));
        }
    }
    Ok(())
}

fn identity_object(identity: &At<'_>) -> Ready {
    identity.must_be("IdentityObject")?;
    identity.must("identityType")?.says("emailAddress")?;
    identity.must("salt")?.text()?;
    let hash = identity.must("identityHash")?;
    let digits = hash.text()?.strip_prefix("sha256$").unwrap_or_default();
    if identity.must("hashed")?.value != &Value::Bool(true)
        || digits.len() != 64
        || !digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    {
        return Err(format!("{} is not a SHA-256 hash: an address must not leave in the clear", hash.path));
    }
    Ok(())
}

/// Nothing empty, and no text that two verifiers would write in two ways.
fn fit_to_travel(at: &At<'_>) -> Ready {
    if json_text::empty(at.value) {
        return Err(format!("{} is empty; leave it out", at.path));
    }
    match at.value {
        Value::Object(_) | Value::Array(_) => at.parts().iter().try_for_each(fit_to_travel),
        Value::String(text) => match text.chars().find(|c| json_text::is_unportable(*c)) {
            Some(c) => Err(format!("{} holds the control character U+{:04X}", at.path, u32::from(c))),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// No two objects with one id: in RDF they would be one thing with the members of both. Credentials in
/// a learner record say the same of an issuer or an achievement, and each has a proof of its own; what
/// the record itself says of one is bound by the record's proof.
fn described_once<'a>(at: &At<'a>, seen: &mut BTreeSet<&'a str>) -> Ready {
    match at.value {
        Value::Object(members) => {
            let id = members.get("id").and_then(Value::as_str).filter(|_| members.len() > 1);
            if id.is_some_and(|id| !seen.insert(id)) {
                return Err(format!("{} has the id of something else in the credential", at.path));
            }
            at.parts().iter().try_for_each(|member| {
                if member.holds_credentials() {
                    member.items().iter().try_for_each(|one| described_once(one, &mut BTreeSet::new()))
                } else {
                    described_once(member, seen)
                }
            })
        }
        Value::Array(_) => at.items().iter().try_for_each(|item| described_once(item, seen)),
        _ => Ok(()),
    }
}
