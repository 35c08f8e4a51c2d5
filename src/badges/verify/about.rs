//! What a credential says of itself.

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use crate::badges::key::shorten;
use crate::badges::rdf::items;

/// The longest address that is told, in bytes. One that is cut leads elsewhere.
const LONGEST_ADDRESS: usize = 1024;
/// The most results that are looked at: each is looked for among all descriptions.
const MOST_RESULTS: usize = 12;

/// What a credential says of itself, in short; worth no more than the checks. Empty where it says
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The badge's name.
    pub badge: String,
    /// The issuer's name.
    pub issuer: String,
    /// The issuer's id.
    pub issuer_id: String,
    /// Whose it is.
    pub holder: Holder,
    /// Where it has its own address on the web.
    pub address: Option<String>,
    /// When it was awarded.
    pub awarded: Option<DateTime<Utc>>,
    /// Until when it is valid.
    pub until: Option<DateTime<Utc>>,
    /// What was achieved.
    pub results: Vec<Achieved>,
    /// Where the criteria can be read.
    pub criteria: Option<String>,
}

/// Whose a credential is, as it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// By a name, or by an address or number that is there to be read.
    Named(String),
    /// By the hash of an address: who knows the address can recompute it, nobody can read it.
    Hashed,
    /// By an id, such as that of a wallet.
    Id(String),
    /// Not said.
    Unsaid,
}

/// A result (Open Badges `Result`), as its description has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Achieved {
    /// What it is the result of.
    pub name: Option<String>,
    /// Open Badges `resultType`.
    pub kind: Option<String>,
    /// The value.
    pub value: Option<String>,
    /// Of how much.
    pub max: Option<String>,
    /// Open Badges `ResultStatusType`.
    pub status: Option<String>,
}

impl About {
    pub(super) fn of(document: &Value) -> Self {
        let subject = first(&document["credentialSubject"]);
        let achievement = first(&subject["achievement"]);
        let issuer = &document["issuer"];
        let dated = |names: &[&str]| names.iter().find_map(|name| date(&document[*name]));
        Self {
            badge: text(&achievement["name"]).or_else(|| text(&document["name"])).unwrap_or_default(),
            issuer: text(&issuer["name"]).unwrap_or_default(),
            issuer_id: text(&issuer["id"]).or_else(|| text(issuer)).unwrap_or_default(),
            holder: Holder::of(subject),
            address: address(&document["id"]),
            awarded: dated(&["awardedDate", "validFrom", "issuanceDate"]),
            until: dated(&["validUntil", "expirationDate"]),
            results: list(&subject["result"])
                .iter()
                .take(MOST_RESULTS)
                .map(|result| Achieved::read(result, achievement, text, number))
                .filter(|achieved| achieved.value.is_some() || achieved.status.is_some())
                .collect(),
            criteria: address(&first(&achievement["criteria"])["id"]).or_else(|| address(&achievement["id"])),
        }
    }
}

impl Holder {
    fn of(subject: &Value) -> Self {
        let identifiers = list(&subject["identifier"]);
        let open = |kind: Option<&str>| {
            let of_kind = |one: &&Value| kind.is_none_or(|kind| one["identityType"] == kind);
            let mut open = identifiers.iter().filter(of_kind).filter(|one| one["hashed"] == false);
            open.find_map(|one| text(&one["identityHash"]))
        };
        let name = text(&subject["name"]).or_else(|| open(Some("name")));
        if let Some(name) = name.or_else(|| open(None)) {
            Self::Named(name)
        } else if !identifiers.is_empty() {
            Self::Hashed
        } else {
            text(&subject["id"]).map_or(Self::Unsaid, Self::Id)
        }
    }
}

impl Achieved {
    /// A result of an achievement, whose members `text` and `number` read.
    pub fn read(
        result: &Value,
        achievement: &Value,
        text: impl Fn(&Value) -> Option<String>,
        number: impl Fn(&Value) -> Option<String>,
    ) -> Self {
        let described = list(&achievement["resultDescription"]).iter().find(|description| {
            description["id"].is_string() && description["id"] == result["resultDescription"]
        });
        let described = described.unwrap_or(&Value::Null);
        Self {
            name: text(&described["name"]),
            kind: text(&described["resultType"]),
            value: text(&result["value"]).or_else(|| number(&result["value"])),
            max: text(&described["valueMax"]).or_else(|| number(&described["valueMax"])),
            status: text(&result["status"]),
        }
    }
}

/// The one thing, or the first of several.
fn first(value: &Value) -> &Value {
    list(value).first().unwrap_or(&Value::Null)
}

/// The things in a list, or the one thing, if there is one.
fn list(value: &Value) -> &[Value] {
    if value.is_null() { &[] } else { items(value) }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(shorten)
}

fn number(value: &Value) -> Option<String> {
    value.is_number().then(|| shorten(&value.to_string()))
}

fn date(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|date| date.to_utc())
}

/// An address that a reader may follow.
fn address(value: &Value) -> Option<String> {
    let text = value.as_str().filter(|text| text.len() <= LONGEST_ADDRESS)?;
    let url = Url::parse(text).ok()?;
    matches!(url.scheme(), "https" | "http").then(|| url.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::badges::credential;
    use crate::badges::samples::{achievement, issue, issuer, time};

    #[test]
    fn a_badge_of_ours_says_all_but_whose_it_is() {
        let (issuer, achievement) = (issuer(), achievement());
        let about = About::of(&credential(&issue(&issuer, &achievement, None)));
        assert_eq!((about.badge.as_str(), about.issuer.as_str()), ("Workplace Safety", "Northwood College"));
        assert_eq!(about.holder, Holder::Hashed);
        assert!(about.address.unwrap().starts_with("https://badges.example.edu/credentials/"));
        assert!(about.awarded.is_some() && about.until.is_some_and(|until| Some(until) > about.awarded));
        assert_eq!(about.criteria.as_deref(), achievement.criteria_url.as_ref().map(Url::as_str));
        let first = &about.results[0];
        assert_eq!((first.kind.as_deref(), first.status.as_deref()), (Some("Percent"), Some("Completed")));
        assert!(first.name.is_some() && first.value.is_some());
    }

    #[test]
    fn the_holder_is_told_as_the_badge_does() {
        let holder = |subject: Value| Holder::of(&subject);
        let identity = |kind: &str, hashed: bool, value: &str| json!({"type": "IdentityObject", "identityType": kind, "hashed": hashed, "identityHash": value});
        let (hash, mail) =
            (identity("name", true, "sha256$00"), identity("emailAddress", false, "a@b.example"));
        let named = |name: &str| Holder::Named(name.to_owned());
        assert_eq!(holder(json!({"name": " Ada ", "identifier": hash})), named("Ada"));
        let both = json!({"identifier": [mail, identity("name", false, "Ada")]});
        assert_eq!(holder(both), named("Ada"), "rather by the name");
        assert_eq!(holder(json!({"id": "did:key:z6Mk", "identifier": [hash, mail]})), named("a@b.example"));
        assert_eq!(holder(json!({"id": "did:key:z6Mk", "identifier": hash})), Holder::Hashed);
        // What does not say that it is no hash may be one.
        assert_eq!(holder(json!({"identifier": [{"identityHash": "x"}, 7]})), Holder::Hashed);
        assert_eq!(holder(json!({"id": "did:key:z6Mk"})), Holder::Id("did:key:z6Mk".to_owned()));
        assert_eq!(holder(json!([])), Holder::Unsaid);
    }

    #[test]
    fn what_is_no_such_thing_is_not_told() {
        for odd in [json!(null), json!([[]]), json!({"credentialSubject": [], "issuer": [], "id": {}})] {
            let about = About::of(&odd);
            assert_eq!((about.holder, about.address, about.awarded), (Holder::Unsaid, None, None));
        }
        let long = "x".repeat(LONGEST_ADDRESS);
        let results = vec![json!({"value": long}); MOST_RESULTS + 1];
        let about = About::of(&json!({
            "id": "javascript:alert(1)", "validUntil": "soon",
            "awardedDate": 7, "issuanceDate": "2026-03-04T06:06:07+01:00",
            "credentialSubject": [{"result": results, "achievement": {
                "id": format!("https://example.test/{long}"), "criteria": {"id": "data:text/html,x"},
            }}],
        }));
        assert_eq!((about.address, about.criteria, about.until), (None, None, None));
        assert_eq!(about.awarded, Some(time("2026-03-04T05:06:07Z")));
        assert_eq!(about.results.len(), MOST_RESULTS);
        assert_eq!(about.results[0].value.as_ref().unwrap().chars().count(), 81, "80 and an ellipsis");
    }
}
