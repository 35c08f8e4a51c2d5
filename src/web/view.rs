//! What the pages show, read from the signed document: the page says what the badge says.
//!
//! Reading is tolerant: what is missing or of another shape is not shown.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::badges::{Achievement, RENEWAL};
use crate::locales::Language;
use crate::store::StoredCredential;

use super::markdown::{self, web_address};
use super::results::{Achieved, results};

/// A day, for machines and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) iso: String,
    pub(super) text: String,
}

impl Day {
    pub(super) fn of(time: DateTime<Utc>, language: Language) -> Self {
        Self { iso: time.format("%Y-%m-%d").to_string(), text: language.day(time) }
    }
}

/// Whether the badge counts now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Valid,
    Expired,
    Suspended,
    Revoked,
}

/// A badge, whoever holds it.
#[derive(Debug, Clone, Default)]
pub(super) struct Badge {
    /// The id in this installation's addresses.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    /// `Badge`, `Certificate`, `Micro Credential`, …
    pub(super) kind: String,
    /// The image's address on this site.
    pub(super) image: String,
    /// What the image shows, for those who cannot see it.
    pub(super) alt: String,
    /// The image as PNG on this site, if the badge has one of its own.
    pub(super) png: Option<String>,
    /// The criteria as safe HTML.
    pub(super) criteria: String,
    pub(super) criteria_url: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) credits: Option<String>,
    pub(super) field: Option<String>,
    /// The language of the badge's texts.
    pub(super) language: String,
    pub(super) alignment: Vec<Competency>,
    pub(super) related: Vec<Link>,
}

/// A competency or standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Competency {
    pub(super) name: String,
    pub(super) url: Option<String>,
    pub(super) code: Option<String>,
    pub(super) framework: Option<String>,
    pub(super) description: Option<String>,
}

/// A link to somewhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) name: String,
    pub(super) url: String,
}

/// On what the badge rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) name: String,
    pub(super) narrative: String,
    pub(super) url: Option<String>,
}

/// A credential as its pages show it.
#[derive(Debug, Clone)]
pub(super) struct Credential {
    pub(super) id: String,
    /// The public page.
    pub(super) url: String,
    pub(super) holder: String,
    pub(super) badge: Badge,
    pub(super) issuer: String,
    pub(super) issuer_url: Option<String>,
    /// The issuer's DID.
    pub(super) issuer_id: String,
    pub(super) awarded: Day,
    pub(super) until: Option<Day>,
    pub(super) results: Vec<Achieved>,
    pub(super) evidence: Vec<Proof>,
    pub(super) state: State,
    /// The public page of the badge that this one renews.
    pub(super) renews: Option<String>,
    /// The public page of the badge that renews this one.
    pub(super) renewed_by: Option<String>,
    /// Addresses of the status lists.
    pub(super) lists: Vec<Link>,
}

impl Credential {
    /// Reads the stored credential. `catalog` is the badge's file, if there still is one, and
    /// whether it has an image.
    pub(super) fn read(
        stored: &StoredCredential,
        catalog: Option<(&Achievement, bool)>,
        public_url: &str,
        now: DateTime<Utc>,
        language: Language,
    ) -> Self {
        let document: Value = serde_json::from_str(&stored.document).unwrap_or_default();
        let subject = &document["credentialSubject"];
        let until = time(&document["validUntil"]);
        let state = match (stored.revoked, stored.suspended) {
            (true, _) => State::Revoked,
            (false, true) => State::Suspended,
            _ if until.is_some_and(|until| until <= now) => State::Expired,
            _ => State::Valid,
        };
        let page = |id: Uuid| format!("{public_url}/credentials/{id}");
        let url = page(stored.id);
        let issuer = &document["issuer"];
        Self {
            id: stored.id.to_string(),
            holder: stored.name.clone(),
            badge: Badge::read(&subject["achievement"], &stored.badge, catalog, language),
            issuer: text(&issuer["name"]),
            issuer_url: issuer["url"].as_str().and_then(web_address),
            issuer_id: issuer.as_str().map_or_else(|| text(&issuer["id"]), str::to_owned),
            awarded: Day::of(time(&document["validFrom"]).unwrap_or(stored.awarded_at), language),
            until: until.map(|until| Day::of(until, language)),
            results: results(subject, language),
            evidence: list(&document["evidence"])
                .map(|evidence| proof(evidence, stored.renews_shown.is_some()))
                .collect(),
            state,
            renews: stored.renews_shown.map(page),
            renewed_by: stored.renewed_by.map(page),
            lists: list(&document["credentialStatus"]).filter_map(status_list).collect(),
            url,
        }
    }

    /// The page's content for search engines and other machines (schema.org), safe inside a
    /// `script` element.
    pub(super) fn structured(&self, public_url: &str) -> String {
        let competencies: Vec<Value> = self.badge.alignment.iter().map(defined_term).collect();
        let mut data = serde_json::json!({
            "@context": "https://schema.org",
            "@type": "EducationalOccupationalCredential",
            "@id": self.url,
            "url": self.url,
            "identifier": self.id,
            "name": self.badge.name,
            "description": self.badge.description,
            "credentialCategory": self.badge.kind,
            "inLanguage": self.badge.language,
            "datePublished": self.awarded.iso,
            "about": { "@type": "Person", "name": self.holder },
            "recognizedBy": { "@type": "EducationalOrganization", "name": self.issuer },
            "encoding": {
                "@type": "MediaObject",
                "contentUrl": format!("{}.json", self.url),
                "encodingFormat": "application/vc+ld+json",
            },
        });
        if let Some(until) = &self.until {
            data["expires"] = until.iso.clone().into();
        }
        if let Some(png) = &self.badge.png {
            data["image"] = format!("{public_url}{png}").into();
        }
        if let Some(url) = &self.issuer_url {
            data["recognizedBy"]["url"] = url.clone().into();
        }
        if !competencies.is_empty() {
            data["competencyRequired"] = competencies.into();
        }
        script_safe(&data)
    }
}

impl Badge {
    /// A badge as its file defines it.
    pub(super) fn of(achievement: &Achievement, has_image: bool) -> Self {
        let mut badge = Self {
            id: achievement.id.clone(),
            name: achievement.name.clone(),
            description: achievement.description.clone(),
            kind: kind(&achievement.achievement_type, Language::English),
            criteria: markdown::html(&achievement.criteria),
            criteria_url: achievement.criteria_url.as_ref().and_then(|url| web_address(url.as_str())),
            tags: achievement.tags.clone(),
            credits: achievement.credits.map(|credits| credits.normalize().to_string()),
            field: achievement.field_of_study.clone(),
            language: achievement.language.clone(),
            alignment: achievement
                .alignment
                .iter()
                .map(|alignment| Competency {
                    name: alignment.name.clone(),
                    url: web_address(alignment.url.as_str()),
                    code: alignment.code.clone(),
                    framework: alignment.framework.clone(),
                    description: alignment.description.clone(),
                })
                .collect(),
            ..Self::default()
        };
        badge.add_catalog(Some((achievement, has_image)), Language::English);
        badge
    }

    fn read(achievement: &Value, id: &str, catalog: Option<(&Achievement, bool)>, t: Language) -> Self {
        let criteria = &achievement["criteria"];
        let mut badge = Self {
            id: id.to_owned(),
            name: some(&achievement["name"]).unwrap_or_else(|| id.to_owned()),
            description: text(&achievement["description"]),
            kind: some(&achievement["achievementType"])
                .map_or_else(|| kind("Badge", t), |named| kind(&named, t)),
            criteria: markdown::html(&text(&criteria["narrative"])),
            criteria_url: criteria["id"].as_str().and_then(web_address),
            tags: list(&achievement["tag"]).filter_map(some).collect(),
            credits: number(&achievement["creditsAvailable"]).map(|credits| t.number(&credits)),
            field: some(&achievement["fieldOfStudy"]),
            language: some(&achievement["inLanguage"]).unwrap_or_else(|| "en".to_owned()),
            alignment: list(&achievement["alignment"])
                .filter_map(|alignment| {
                    Some(Competency {
                        name: some(&alignment["targetName"])?,
                        url: alignment["targetUrl"].as_str().and_then(web_address),
                        code: some(&alignment["targetCode"]),
                        framework: some(&alignment["targetFramework"]),
                        description: some(&alignment["targetDescription"]),
                    })
                })
                .collect(),
            ..Self::default()
        };
        badge.add_catalog(catalog, t);
        badge
    }

    /// What only the file knows: the image on this site, and where to learn on.
    fn add_catalog(&mut self, catalog: Option<(&Achievement, bool)>, t: Language) {
        super::assets::IMAGE_PATH.clone_into(&mut self.image);
        self.alt = t.text("badge-image", [("badge", self.name.as_str())]);
        let Some((achievement, has_image)) = catalog else { return };
        if has_image {
            self.image = format!("/achievements/{}/image.svg", self.id);
            self.png = Some(format!("/achievements/{}/image.png", self.id));
        }
        if let Some(caption) = &achievement.image_caption {
            self.alt.clone_from(caption);
        }
        self.related = achievement
            .related
            .iter()
            .filter_map(|related| {
                Some(Link { name: related.name.clone(), url: web_address(related.url.as_str())? })
            })
            .collect();
    }
}

/// The page of the badge that this one renews exists only if its holder has made it public.
fn proof(evidence: &Value, renews_shown: bool) -> Proof {
    let hidden = evidence["genre"] == RENEWAL && !renews_shown;
    Proof {
        name: some(&evidence["name"])
            .or_else(|| some(&evidence["genre"]))
            .unwrap_or_else(|| "Evidence".to_owned()),
        narrative: text(&evidence["narrative"]),
        url: evidence["id"].as_str().and_then(web_address).filter(|_| !hidden),
    }
}

fn status_list(entry: &Value) -> Option<Link> {
    Some(Link {
        name: some(&entry["statusPurpose"])?,
        url: entry["statusListCredential"].as_str().and_then(web_address)?,
    })
}

fn defined_term(competency: &Competency) -> Value {
    let mut term = serde_json::json!({ "@type": "DefinedTerm", "name": competency.name });
    for (key, value) in [
        ("url", &competency.url),
        ("termCode", &competency.code),
        ("inDefinedTermSet", &competency.framework),
    ] {
        if let Some(value) = value {
            term[key] = value.clone().into();
        }
    }
    term
}

/// JSON that ends no `script` element and starts no comment in one.
fn script_safe(data: &Value) -> String {
    data.to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// What the badge is, by its `achievementType`.
fn kind(name: &str, t: Language) -> String {
    t.choose("kind", [("type", name), ("words", spaced(name).as_str())])
}

/// `MicroCredential` as `Micro Credential`; extension types without their prefix.
pub(super) fn spaced(name: &str) -> String {
    let mut out = String::new();
    for c in name.strip_prefix("ext:").unwrap_or(name).chars() {
        if c.is_uppercase() && out.chars().next_back().is_some_and(char::is_lowercase) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// One value or several: the standard's documents may write either.
pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(values) => values.as_slice(),
        Value::Null => &[],
        other => std::slice::from_ref(other),
    }
    .iter()
}

pub(super) fn some(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn text(value: &Value) -> String {
    some(value).unwrap_or_default()
}

pub(super) fn number(value: &Value) -> Option<String> {
    value
        .is_number()
        .then(|| value.to_string().parse::<Decimal>().ok())
        .flatten()
        .map(|n| n.normalize().to_string())
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|time| time.to_utc())
}
