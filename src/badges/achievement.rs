//! A badge as its file defines it: what it is, apart from when it is awarded and to whom.

use std::collections::BTreeMap;

use serde::Deserialize;
use url::Url;

/// An Open Badges `Achievement` as defined by the institution.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Achievement {
    /// The badge's id, from its file's name: `workplace-safety`. Part of public addresses.
    #[serde(skip)]
    pub id: String,
    /// Who issues it, by its slug, if the file says so.
    pub issuer: Option<String>,
    /// The name on the badge.
    pub name: String,
    /// What the holder can do, in a sentence or two.
    pub description: String,
    /// How it is earned, in words for employers (Open Badges `criteria.narrative`, Markdown).
    pub criteria: String,
    /// Where the criteria can be read, if on the web.
    pub criteria_url: Option<Url>,
    /// One of the standard's types: `Badge`, `Certificate`, `Course`, `Competency`, …
    #[serde(default = "default_type")]
    pub achievement_type: String,
    /// Search words.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Credits that count when the badge is held.
    pub credits: Option<rust_decimal::Decimal>,
    /// The field of study.
    pub field_of_study: Option<String>,
    /// The language of the badge's texts (BCP 47).
    #[serde(default = "default_language")]
    pub language: String,
    /// Competencies or standards that the badge shows.
    #[serde(default)]
    pub alignment: Vec<Alignment>,
    /// Where to learn on from here.
    #[serde(default)]
    pub related: Vec<Related>,
    /// The image file beside the badge's file (`.svg` or `.png`); the file's own name with one
    /// of these endings if not given.
    pub image: Option<String>,
    /// What the image shows, for those who cannot see it.
    pub image_caption: Option<String>,
    /// The texts in further languages, by language tag: for pages, mails and certificates. What is
    /// signed is in [`Achievement::language`] alone.
    #[serde(default)]
    pub translations: BTreeMap<String, Translation>,
}

/// The texts of a badge in a language that is not its own.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Translation {
    /// The name.
    pub name: String,
    /// What the holder can do.
    pub description: String,
    /// How it is earned (Markdown).
    pub criteria: String,
    /// What the image shows.
    pub image_caption: Option<String>,
}

impl Achievement {
    /// Its texts in this language (`fr`); none where they are not there, or are its own already.
    pub fn translation(&self, language: &str) -> Option<&Translation> {
        let own = self.language.split('-').next().unwrap_or_default();
        self.translations.get(language).filter(|_| own != language)
    }
}

/// A competency or standard of some framework (Open Badges `Alignment`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alignment {
    /// The competency's name.
    pub name: String,
    /// Its address in the framework.
    pub url: Url,
    /// Its short code in the framework.
    pub code: Option<String>,
    /// What it says.
    pub description: Option<String>,
    /// The framework's name.
    pub framework: Option<String>,
    /// What it is in the framework: `CFItem` for CASE, `ceasn:Competency`, … (Open Badges `targetType`).
    #[serde(rename = "type")]
    pub target_type: Option<String>,
}

/// A link to further learning. In the credential it is an Open Badges `Related` where the target
/// is an achievement of this installation, else a link at the end of the criteria.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Related {
    /// What it is.
    pub name: String,
    /// Its address.
    pub url: Url,
}

/// The standard's words for `achievementType` (Open Badges 3.0, appendix B, `AchievementType`).
pub const ACHIEVEMENT_TYPES: [&str; 31] = [
    "Achievement",
    "ApprenticeshipCertificate",
    "Assessment",
    "Assignment",
    "AssociateDegree",
    "Award",
    "BachelorDegree",
    "Badge",
    "Certificate",
    "CertificateOfCompletion",
    "Certification",
    "CoCurricular",
    "CommunityService",
    "Competency",
    "Course",
    "Degree",
    "Diploma",
    "DoctoralDegree",
    "Fieldwork",
    "GeneralEducationDevelopment",
    "JourneymanCertificate",
    "LearningProgram",
    "License",
    "MasterCertificate",
    "MasterDegree",
    "Membership",
    "MicroCredential",
    "ProfessionalDoctorate",
    "QualityAssuranceCredential",
    "ResearchDoctorate",
    "SecondarySchoolDiploma",
];

/// The standard's words for the `targetType` of an alignment (`AlignmentTargetType`).
pub const TARGET_TYPES: [&str; 7] = [
    "CFItem",
    "CFRubric",
    "CFRubricCriterion",
    "CFRubricCriterionLevel",
    "CTDL",
    "ceasn:Competency",
    "ceterms:Credential",
];

/// Whether this is an `achievementType`: a word of the standard, or an institution's own that
/// begins with `ext:`.
pub fn is_achievement_type(name: &str) -> bool {
    ACHIEVEMENT_TYPES.contains(&name) || is_extension(name)
}

/// Whether this is a `targetType`: a word of the standard, or an institution's own that begins
/// with `ext:`.
pub fn is_target_type(name: &str) -> bool {
    TARGET_TYPES.contains(&name) || is_extension(name)
}

fn is_extension(name: &str) -> bool {
    name.strip_prefix("ext:").is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    })
}

fn default_type() -> String {
    "Badge".to_owned()
}

fn default_language() -> String {
    "en".to_owned()
}
