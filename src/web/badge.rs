//! A badge as the pages show it, from a signed document or from its file.

use serde_json::Value;

use crate::badges::{Achievement, without_links};
use crate::locales::Language;

use super::markdown::{self, web_address};
use super::view::{list, number, some, spaced, text};

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
    /// The language of that, where it is not the page's.
    pub(super) alt_language: Option<String>,
    /// The image as PNG on this site, if the badge has one of its own.
    pub(super) png: Option<String>,
    /// The criteria as safe HTML.
    pub(super) criteria: String,
    pub(super) criteria_url: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) credits: Option<String>,
    pub(super) field: Option<String>,
    /// The language of name, description and criteria.
    pub(super) language: String,
    /// The language of the badge itself, and of all other texts.
    pub(super) own_language: String,
    /// The name in that language.
    pub(super) own_name: String,
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

impl Badge {
    /// A badge as its file defines it.
    pub(super) fn of(achievement: &Achievement, has_image: bool, t: Language) -> Self {
        let mut badge = Self {
            id: achievement.id.clone(),
            name: achievement.name.clone(),
            description: achievement.description.clone(),
            kind: kind(&achievement.achievement_type, t),
            criteria: markdown::html(&achievement.criteria),
            criteria_url: achievement.criteria_url.as_ref().and_then(|url| web_address(url.as_str())),
            tags: achievement.tags.clone(),
            credits: achievement.credits.map(|credits| t.number(&credits.normalize().to_string())),
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
        badge.add_catalog(Some((achievement, has_image)), t, &achievement.criteria);
        badge
    }

    /// A badge as a signed document shows it.
    pub(super) fn read(
        achievement: &Value,
        id: &str,
        catalog: Option<(&Achievement, bool)>,
        t: Language,
    ) -> Self {
        let criteria = &achievement["criteria"];
        // What stands under “Where to go from here” need not stand in the criteria, too.
        let elsewhere = |url: &str| {
            let related = catalog.map(|(file, _)| file.related.as_slice()).unwrap_or_default();
            related.iter().any(|one| web_address(one.url.as_str()).as_deref() == Some(url))
        };
        let narrative = without_links(&text(&criteria["narrative"]), elsewhere);
        let mut badge = Self {
            id: id.to_owned(),
            name: some(&achievement["name"]).unwrap_or_else(|| id.to_owned()),
            description: text(&achievement["description"]),
            kind: some(&achievement["achievementType"])
                .map_or_else(|| kind("Badge", t), |named| kind(&named, t)),
            criteria: markdown::html(&narrative),
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
        badge.add_catalog(catalog, t, &narrative);
        badge
    }

    /// What only the file knows: the image on this site, where to learn on, and translations.
    /// `criteria` are those of `self`, in Markdown.
    fn add_catalog(&mut self, catalog: Option<(&Achievement, bool)>, t: Language, criteria: &str) {
        super::assets::IMAGE_PATH.clone_into(&mut self.image);
        self.own_language.clone_from(&self.language);
        self.own_name.clone_from(&self.name);
        let Some((achievement, has_image)) = catalog else {
            self.alt = t.text("badge-image", [("badge", self.name.as_str())]);
            return;
        };
        self.translate(achievement, t, criteria);
        if has_image {
            self.image = format!("/achievements/{}/image.svg", self.id);
            self.png = Some(format!("/achievements/{}/image.png", self.id));
        }
        let translated = achievement.translation(t.tag()).and_then(|texts| texts.image_caption.as_ref());
        match (translated, &achievement.image_caption) {
            (Some(caption), _) => self.alt.clone_from(caption),
            (None, Some(caption)) => {
                self.alt.clone_from(caption);
                let foreign = Language::of_tag(&achievement.language) != Some(t);
                self.alt_language = foreign.then(|| achievement.language.clone());
            }
            (None, None) => self.alt = t.text("badge-image", [("badge", self.name.as_str())]),
        }
        self.related = achievement
            .related
            .iter()
            .filter_map(|related| {
                Some(Link { name: related.name.clone(), url: web_address(related.url.as_str())? })
            })
            .collect();
    }

    /// Takes the file's texts in the reader's language, if they translate what this badge says: an
    /// older one may have said something else when it was signed.
    fn translate(&mut self, achievement: &Achievement, t: Language, criteria: &str) {
        let Some(texts) = achievement.translation(t.tag()) else { return };
        // After the criteria stand links, which have no translation.
        let Some(links) = criteria.strip_prefix(achievement.criteria.trim()) else { return };
        if self.name != achievement.name.trim() || self.description != achievement.description.trim() {
            return;
        }
        self.criteria = markdown::html(&format!("{}{links}", texts.criteria.trim()));
        self.name.clone_from(&texts.name);
        self.description.clone_from(&texts.description);
        t.tag().clone_into(&mut self.language);
    }
}

/// What the badge is, by its `achievementType`.
fn kind(name: &str, t: Language) -> String {
    t.choose("kind", [("type", name), ("words", spaced(name).as_str())])
}
