//! Who issues: the institution itself (`[issuer]`), and faculties with profiles and keys of their own
//! (`[issuers.SLUG]`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::document::{At, Node, Value, did_you_mean, or_list};
use super::{IssuerSettings, Problem, Settings, Term};
use crate::badges::Achievement;

/// What badge files may name of a configuration.
#[derive(Debug, Clone)]
pub struct Nameable {
    /// The names of sources.
    pub sources: Vec<String>,
    /// The institution's terms.
    pub terms: Vec<Term>,
    /// The slugs of issuers; the first is that of badges that name none.
    pub issuers: Vec<String>,
    /// Badges may name issuers that there are not: those of an earlier version, whose issuer may be
    /// gone.
    pub any_issuer: bool,
}

impl Nameable {
    /// Sources alone, of an installation with one issuer, called `school`.
    pub fn of(sources: &[&str]) -> Self {
        Self {
            sources: sources.iter().map(|name| (*name).to_owned()).collect(),
            terms: Vec::new(),
            issuers: vec!["school".to_owned()],
            any_issuer: false,
        }
    }

    pub(super) fn sources(&self) -> Vec<&str> {
        self.sources.iter().map(String::as_str).collect()
    }

    /// The slug of a badge's issuer, or what is wrong with the name that its file gives.
    pub(super) fn issuer(&self, achievement: &Achievement) -> Result<String, String> {
        let Some(given) = achievement.issuer.as_deref() else {
            return Ok(self.issuers.first().cloned().unwrap_or_default());
        };
        let known = self.named(given).map(|()| given.to_owned());
        known.map_err(|message| format!("`badge.issuer`: {message}"))
    }

    /// Whether an issuer can be named so; else what is wrong.
    pub(super) fn named(&self, given: &str) -> Result<(), String> {
        if self.any_issuer || self.issuers.iter().any(|slug| slug == given) {
            return Ok(());
        }
        let slugs = || self.issuers.iter().map(String::as_str);
        Err(format!(
            "there is no issuer “{given}”; the configuration has {}{}",
            or_list(slugs()),
            did_you_mean(given, slugs())
        ))
    }
}

impl Settings {
    /// Every issuer, each with the name of its table: the institution's own first, then the others
    /// by their slugs.
    pub fn every_issuer(&self) -> impl Iterator<Item = (String, &IssuerSettings)> {
        let others = self.issuers.iter().map(|(slug, issuer)| (format!("issuers.{slug}"), issuer));
        std::iter::once(("issuer".to_owned(), &self.issuer)).chain(others)
    }

    /// An issuer by its slug.
    pub fn issuer_of(&self, slug: &str) -> Option<&IssuerSettings> {
        self.every_issuer().map(|(_, issuer)| issuer).find(|issuer| issuer.slug == slug)
    }

    /// What badge files may name.
    pub fn known(&self) -> Nameable {
        Nameable {
            sources: self.sources.keys().cloned().collect(),
            terms: self.terms(),
            issuers: self.every_issuer().map(|(_, issuer)| issuer.slug.clone()).collect(),
            any_issuer: false,
        }
    }
}

impl IssuerSettings {
    /// Where it stands in the configuration: `issuer`, `issuers.law`.
    pub fn table(&self, settings: &Settings) -> String {
        if self.slug == settings.issuer.slug { "issuer".to_owned() } else { format!("issuers.{}", self.slug) }
    }
}

/// Gives each table `[issuers.SLUG]` what the defaults give `[issuer]`: its slug is its name, its keys
/// are beside those of the institution.
pub(super) fn complete(root: &mut Node, problems: &mut Vec<Problem>) {
    let Value::Table(root) = &mut root.value else { return };
    let beside = |key: &str| {
        let given = root.get("issuer").and_then(Node::table).and_then(|table| table.get(key));
        PathBuf::from(given.and_then(Node::str).unwrap_or_default())
    };
    let [keys, jwt_keys] = [beside("key_file"), beside("jwt_key_file")];
    let Some(Value::Table(issuers)) = root.get_mut("issuers").map(|node| &mut node.value) else { return };
    for (slug, issuer) in issuers {
        let at = issuer.at.clone();
        let Value::Table(table) = &mut issuer.value else { continue };
        if let Some(given) = table.remove("slug") {
            let message = format!("`issuers.{slug}.slug`: the name of the table is its slug; remove it");
            problems.push(given.at.problem(message));
        }
        let file = |beside: &Path, name: String| beside.with_file_name(name).display().to_string();
        for (key, text) in [
            ("slug", slug.clone()),
            ("did", "web".to_owned()),
            ("key_file", file(&keys, format!("{slug}.pem"))),
            ("jwt_key_file", file(&jwt_keys, format!("{slug}-jwt.pem"))),
        ] {
            let node = || Node::new(At { line: None, ..at.clone() }, Value::String(text));
            table.entry(key.to_owned()).or_insert_with(node);
        }
    }
}

/// What is wrong between issuers: the key that is to be mended, and how. Nothing that one issuer has
/// may be another one's: replacing a key of one must not touch the other.
pub(super) fn problems_of(settings: &Settings) -> Vec<(String, String)> {
    let mut problems = Vec::new();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut files: BTreeMap<&Path, String> = BTreeMap::new();
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    let mut signers: BTreeMap<&[String], String> = BTreeMap::new();
    for (table, issuer) in settings.every_issuer() {
        let name = issuer.name.trim().to_lowercase();
        if let Some(other) = names.insert(name.clone(), table.clone()).filter(|_| !name.is_empty()) {
            let message = format!("`{other}` has the same name; people tell issuers apart by it");
            problems.push((format!("{table}.name"), message));
        }
        if !issuer.signer.is_empty()
            && let Some(other) = signers.insert(&issuer.signer, table.clone())
        {
            let message = format!("it is that of `{other}`, too; each issuer has keys of its own");
            problems.push((format!("{table}.signer"), message));
        }
        let keys = [("key", &issuer.key, "key_file", &issuer.key_file)];
        let jwt = [("jwt_key", &issuer.jwt_key, "jwt_key_file", &issuer.jwt_key_file)];
        for (key, text, file_key, file) in keys.into_iter().chain(jwt) {
            let (key, other) = match text {
                Some(text) => (key, texts.insert(text.expose(), format!("{table}.{key}"))),
                None => (file_key, files.insert(file, format!("{table}.{file_key}"))),
            };
            if let Some(other) = other {
                let message = format!("it is that of `{other}`, too; each issuer has keys of its own");
                problems.push((format!("{table}.{key}"), message));
            }
        }
    }
    let own = &settings.issuer.slug;
    if settings.issuers.contains_key(own) {
        let message = "it is the slug of `[issuer]`, too; give it another one".to_owned();
        problems.push((format!("issuers.{own}"), message));
    }
    problems
}
