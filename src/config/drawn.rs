//! `[image]` of a badge file: an image drawn from a template, in the colours of `_brand.toml`.

use serde::Deserialize;

use super::document::or_list;
use crate::badges::Achievement;
use crate::badges::template::{Look, Symbol, built_in_names, icon_names, is_color};

/// The file with the institution's colours, in the folder of badges. No badge can have this name.
pub(super) const BRAND_FILE: &str = "_brand.toml";

/// The slug of the issuer whose colours stand in this file: `law` for `_brand-law.toml`.
pub(super) fn brand_of(name: &str) -> Option<&str> {
    name.strip_prefix("_brand-")?.strip_suffix(".toml")
}

/// The most lines that a badge file may give.
const MOST_LINES: usize = 4;
/// The most letters in place of a symbol.
const MOST_INITIALS: usize = 4;

/// `_brand.toml`: what all badges that are drawn have in common; `_brand-law.toml`: those of one of
/// several issuers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Brand {
    /// The institution, as it stands on badges.
    pub(super) institution: Option<String>,
    /// Its logo: an `.svg` file in the folder of badges.
    pub(super) logo: Option<String>,
    #[serde(default = "ground")]
    color: String,
    #[serde(default = "accent")]
    accent: String,
    #[serde(default = "ink")]
    ink: String,
}

impl Default for Brand {
    fn default() -> Self {
        Self { institution: None, logo: None, color: ground(), accent: accent(), ink: ink() }
    }
}

fn ground() -> String {
    "#1d4ed8".to_owned()
}

fn accent() -> String {
    "#fbbf24".to_owned()
}

fn ink() -> String {
    "#ffffff".to_owned()
}

/// `[image]`: what is drawn.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Drawn {
    /// A built-in template, or an `.svg` file in the folder of badges.
    pub(super) template: String,
    /// The words, line by line; the badge's name if none.
    #[serde(default)]
    text: Vec<String>,
    /// One of the symbols, or `logo`.
    icon: Option<String>,
    /// Some letters instead.
    initials: Option<String>,
    /// Colours of its own.
    color: Option<String>,
    accent: Option<String>,
    ink: Option<String>,
}

const NO_COLOR: &str = "not a colour; write it like \"#1d4ed8\"";

impl Brand {
    /// What types cannot say, as pairs of key and message.
    pub(super) fn problems(&self) -> Vec<(&'static str, String)> {
        [("color", &self.color), ("accent", &self.accent), ("ink", &self.ink)]
            .into_iter()
            .filter(|(_, color)| !is_color(color))
            .map(|(key, _)| (key, NO_COLOR.to_owned()))
            .collect()
    }
}

impl Drawn {
    /// What types cannot say, as pairs of key and message.
    pub(super) fn problems(&self, brand: &Brand, brand_file: &str) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        for (key, color) in [("color", &self.color), ("accent", &self.accent), ("ink", &self.ink)] {
            if color.as_deref().is_some_and(|color| !is_color(color)) {
                problems.push((key, NO_COLOR.to_owned()));
            }
        }
        if self.text.len() > MOST_LINES || self.text.iter().any(|line| line.trim().is_empty()) {
            problems.push(("text", format!("write one to {MOST_LINES} lines, none of them empty")));
        }
        match (self.icon.as_deref(), &self.initials) {
            (Some(_), Some(_)) => {
                problems
                    .push(("initials", "they stand where the icon stands; write one of the two".to_owned()));
            }
            (Some("logo"), None) if brand.logo.is_none() => {
                problems
                    .push(("icon", format!("there is no logo; write `logo = \"FILE.svg\"` in {brand_file}")));
            }
            (Some(icon), None) if icon != "logo" && !icon_names().any(|known| known == icon) => {
                problems.push(("icon", format!("possible is {}", or_list(icon_names().chain(["logo"])))));
            }
            (None, Some(letters)) if !(1..=MOST_INITIALS).contains(&letters.trim().chars().count()) => {
                problems.push(("initials", format!("write one to {MOST_INITIALS} letters")));
            }
            _ => {}
        }
        problems
    }

    /// What is wrong with the name of a template that is none.
    pub(super) fn no_template() -> String {
        format!(
            "possible is {}, or the name of an .svg file in the folder of badges",
            or_list(built_in_names())
        )
    }

    /// Whether it shows the institution's logo.
    pub(super) fn shows_logo(&self) -> bool {
        self.icon.as_deref() == Some("logo")
    }

    /// What the template shows.
    pub(super) fn look(&self, achievement: &Achievement, brand: &Brand, logo: Option<String>) -> Look {
        let own = |own: &Option<String>, brand: &str| own.clone().unwrap_or_else(|| brand.to_owned());
        let symbol = match (&self.initials, logo) {
            (Some(letters), _) => Symbol::Initials(letters.trim().to_owned()),
            (None, Some(logo)) => Symbol::Logo(logo),
            (None, None) => Symbol::Icon(self.icon.clone().unwrap_or_else(|| "star".to_owned())),
        };
        let text = if self.text.is_empty() { vec![achievement.name.clone()] } else { self.text.clone() };
        Look {
            id: achievement.id.clone(),
            name: achievement.name.clone(),
            text,
            institution: brand.institution.clone(),
            symbol,
            color: own(&self.color, &brand.color),
            accent: own(&self.accent, &brand.accent),
            ink: own(&self.ink, &brand.ink),
        }
    }

    /// What the image shows, in the words that stand on it.
    pub(super) fn caption(&self, achievement: &Achievement, brand: &Brand) -> String {
        let text = if self.text.is_empty() { achievement.name.clone() } else { self.text.join(" ") };
        match &brand.institution {
            Some(institution) => format!("{text}, {institution}"),
            None => text,
        }
    }
}
