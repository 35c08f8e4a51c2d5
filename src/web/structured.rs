//! What a page says to search engines and other machines (schema.org).

use serde_json::Value;

use super::badge::{Badge, Competency};
use super::view::Credential;

impl Credential {
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
    /// The same of a badge that can be earned.
    pub(super) fn structured(&self, public_url: &str, issuer: &str) -> String {
        let page = format!("{public_url}/achievements/{}", self.id);
        let mut data = serde_json::json!({
            "@context": "https://schema.org",
            "@type": "EducationalOccupationalCredential",
            "@id": page,
            "url": page,
            "name": self.name,
            "description": self.description,
            "credentialCategory": self.kind,
            "inLanguage": self.language,
            "recognizedBy": { "@type": "EducationalOrganization", "name": issuer },
        });
        if let Some(png) = &self.png {
            data["image"] = format!("{public_url}{png}").into();
        }
        if !self.alignment.is_empty() {
            data["competencyRequired"] = self.alignment.iter().map(defined_term).collect();
        }
        script_safe(&data)
    }
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
