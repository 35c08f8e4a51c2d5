//! The languages in which learners and the public are spoken to.
//!
//! Words are messages of [Fluent](https://projectfluent.org), in one folder for each language with
//! the same keys (a test compares them); the files are part of the program. A message that a
//! language does not have is said in English. Command-line output, logs, errors and messages for
//! administrators are English and not here.

mod asked;
mod direction;
mod message;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use chrono::{DateTime, Datelike as _, Utc};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use include_dir::{Dir, include_dir};
use unic_langid::LanguageIdentifier;

pub use message::Message;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/locales");
static BUNDLES: LazyLock<Vec<(Language, FluentBundle<FluentResource>)>> =
    LazyLock::new(|| Language::ALL.map(|language| (language, bundle(language))).into());

/// A language that learners are spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English, and what stands in for every language that is not here.
    #[default]
    English,
    /// French.
    French,
    /// German.
    German,
    /// Spanish.
    Spanish,
    /// Arabic, written from right to left.
    Arabic,
}

impl Language {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::English, Self::French, Self::German, Self::Spanish, Self::Arabic];

    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::German => "de",
            Self::Spanish => "es",
            Self::Arabic => "ar",
        }
    }

    /// The direction of its script, as HTML's `dir` has it.
    pub fn dir(self) -> &'static str {
        if self == Self::Arabic { "rtl" } else { "ltr" }
    }

    /// The language of a tag or of an LMS's code: `de`, `de-AT`, `de_AT`. None if it is not here.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// A message without arguments.
    pub fn say(self, key: &str) -> String {
        self.format(key, &FluentArgs::new())
    }

    /// A message as plain text. Arguments that are written in the other direction are isolated
    /// from the words around them (Unicode, UAX #9).
    pub fn text<'a>(self, key: &str, args: impl AsRef<[(&'a str, &'a str)]>) -> String {
        self.with(key, args.as_ref(), |value| direction::isolated(value, self))
    }

    /// A message as HTML: arguments are text, each isolated as `<bdi>`.
    pub fn html<'a>(self, key: &str, args: impl AsRef<[(&'a str, &'a str)]>) -> String {
        self.with(key, args.as_ref(), |value| format!("<bdi>{}</bdi>", escaped(value)))
    }

    /// A message whose arguments choose between words, such as a term of a standard.
    pub fn choose<'a>(self, key: &str, args: impl AsRef<[(&'a str, &'a str)]>) -> String {
        self.with(key, args.as_ref(), str::to_owned)
    }

    /// The language's own name, for its speakers.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
            Self::German => "Deutsch",
            Self::Spanish => "Español",
            Self::Arabic => "العربية",
        }
    }

    /// A decimal number (`1.5`) as the language writes it: `1,5`. Arabic has the digits of the
    /// badges' own documents, as is usual on the web.
    pub fn number(self, decimal: &str) -> String {
        match self {
            Self::English | Self::Arabic => decimal.to_owned(),
            Self::French | Self::German | Self::Spanish => decimal.replace('.', ","),
        }
    }

    /// A day in UTC as the language writes it: `3 November 2026`, `3. November 2026`.
    pub fn day(self, at: DateTime<Utc>) -> String {
        let mut args = FluentArgs::new();
        args.set("day", at.day());
        args.set("month", at.month());
        args.set("year", at.year());
        self.format("day", &args)
    }

    fn with(self, key: &str, args: &[(&str, &str)], shown: impl Fn(&str) -> String) -> String {
        let args = args.iter().map(|(name, value)| (*name, FluentValue::from(shown(value)))).collect();
        self.format(key, &args)
    }

    fn format(self, key: &str, args: &FluentArgs<'_>) -> String {
        [self, Self::English]
            .into_iter()
            .find_map(|language| language.found(key, args))
            // A test finds each key that templates name.
            .unwrap_or_else(|| key.to_owned())
    }

    fn found(self, key: &str, args: &FluentArgs<'_>) -> Option<String> {
        let (_, bundle) = BUNDLES.iter().find(|(language, _)| *language == self)?;
        let pattern = bundle.get_message(key)?.value()?;
        Some(bundle.format_pattern(pattern, Some(args), &mut Vec::new()).into_owned())
    }
}

/// All messages of a language. What cannot be parsed is left out: a test finds it.
fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let locale: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    // Arguments are isolated by what says the message: text and HTML differ in how.
    bundle.set_use_isolating(false);
    for source in sources(language) {
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(good, _)| good);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// The files of a language.
fn sources(language: Language) -> impl Iterator<Item = &'static str> {
    FILES
        .get_dir(language.tag())
        .into_iter()
        .flat_map(Dir::files)
        .filter_map(include_dir::File::contents_utf8)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
