//! The catalogue: every badge file of `config/badges`, read and checked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::award::award;
use super::check::is_slug;
use super::cycle::{self, Lifetime};
use super::decode::decode;
use super::document::{At, Node, Value, did_you_mean, parse, unreadable};
use super::drawn::{BRAND_FILE, Brand, brand_of};
use super::files::{BadgeFiles, Shelf};
use super::guard::{self, Expect};
use super::issuers::Nameable;
use super::regrade::{self, Regrade};
use super::stacks::{self, Stacks};
use super::trial;
use super::vocabulary::problems_of;
use super::{ConfigError, Problem};
use crate::badges::{Achievement, BadgeImage};
use crate::rules::{Rule, Rulebook};

/// One badge file.
#[derive(Debug, Clone)]
pub struct BadgeFile {
    /// The badge.
    pub achievement: Achievement,
    /// When it is awarded.
    pub rule: Rule,
    /// What becomes of it when the rule is not met any more.
    pub regrade: Regrade,
    /// How long it holds, and how often it can be earned.
    pub lifetime: Lifetime,
    /// How many awards are expected, if its file says so.
    pub expect: Option<Expect>,
    /// The slug of its issuer.
    pub issuer: String,
    /// Its image.
    pub image: Option<BadgeImage>,
    /// Where it was read.
    pub path: PathBuf,
}

/// Every badge of an installation.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// The badges, sorted by id.
    pub badges: Vec<BadgeFile>,
    /// Their rules.
    pub rules: Rulebook,
    /// SHA-256 over the names and contents of all badge files and images, hex: the version that
    /// an award names.
    pub version: String,
    /// Those files and images.
    pub files: BadgeFiles,
    /// The number of its publication; 0 for what was not published.
    pub publication: i64,
    /// Badges of versions that were published before and that these do not have any more, sorted
    /// by id: nobody earns them, but awards of them exist.
    pub retired: Vec<BadgeFile>,
}

/// There is no badge of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no badge “{id}”; the badges are: {}", .known.join(", "))]
pub struct NoBadge {
    /// The name.
    pub id: String,
    /// The names that there are.
    pub known: Vec<String>,
}

/// Makes an image of a file's bytes, or says why not.
type ReadImage = dyn Fn(Vec<u8>) -> Result<BadgeImage, String>;

impl Catalog {
    /// Reads every `*.toml` in `folder`; they may name only what is known.
    ///
    /// # Errors
    /// All problems of all files at once, each with file, line, what is wrong and the mend.
    pub fn load(folder: &Path, known: &Nameable) -> Result<Self, ConfigError> {
        let image = |bytes| BadgeImage::read(bytes).map_err(|error| error.0);
        Self::read(Shelf::Folder(folder), known, &image)
    }

    /// Reads files as [`Catalog::load`] reads those of a folder.
    ///
    /// # Errors
    /// As there.
    pub fn of(files: &BadgeFiles, known: &Nameable) -> Result<Self, ConfigError> {
        let image = |bytes| BadgeImage::read(bytes).map_err(|error| error.0);
        Self::read(Shelf::Stored(files), known, &image)
    }

    pub(super) fn read(
        shelf: Shelf<'_>,
        known: &Nameable,
        read_image: &ReadImage,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader {
            shelf,
            names: BTreeSet::new(),
            known,
            read_image,
            problems: Vec::new(),
            version: Sha256::new(),
            files: BTreeMap::new(),
            stacks: Stacks::new(),
            brand: Brand::default(),
            brands: BTreeMap::new(),
        };
        let paths = reader.paths();
        reader.read_brands();
        // Also those that cannot be read: what names them is not wrong.
        let ids: Vec<String> = paths.iter().map(|path| id_of(path)).collect();
        let mut badges: Vec<BadgeFile> = paths.into_iter().filter_map(|path| reader.badge(path)).collect();
        reader.same_names(&badges);
        reader.problems.extend(stacks::problems_of(&reader.stacks, &ids));
        ConfigError::from_problems(reader.problems)?;

        // Not the order of the paths: `a-b.toml` comes before `a.toml`.
        badges.sort_by(|one, other| one.achievement.id.cmp(&other.achievement.id));
        let rules = badges.iter().map(|badge| (badge.achievement.id.clone(), badge.rule.clone())).collect();
        let titles =
            badges.iter().map(|badge| (badge.achievement.id.clone(), badge.achievement.name.clone()));
        let rules = Rulebook::new(rules).with_titles(titles);
        let files = BadgeFiles { place: shelf.place().to_path_buf(), files: reader.files };
        let version = hex::encode(reader.version.finalize());
        Ok(Self { badges, rules, version, files, publication: 0, retired: Vec::new() })
    }

    /// A badge by its id.
    pub fn badge(&self, id: &str) -> Option<&BadgeFile> {
        let found = self.badges.binary_search_by(|badge| badge.achievement.id.as_str().cmp(id));
        found.ok().and_then(|index| self.badges.get(index))
    }

    /// A badge that somebody asks for by its id.
    ///
    /// # Errors
    /// Names the badges that there are.
    pub fn asked(&self, id: &str) -> Result<&BadgeFile, NoBadge> {
        let known = || self.badges.iter().map(|badge| badge.achievement.id.clone()).collect();
        self.badge(id).ok_or_else(|| NoBadge { id: id.to_owned(), known: known() })
    }

    /// A badge that can be awarded, or could be once: an award of it may exist.
    pub fn known(&self, id: &str) -> Option<&BadgeFile> {
        self.badge(id).or_else(|| self.retired.iter().find(|badge| badge.achievement.id == id))
    }

    /// Every badge that can be awarded, or could be once.
    pub fn ever(&self) -> impl Iterator<Item = &BadgeFile> {
        self.badges.iter().chain(&self.retired)
    }
}

pub(super) struct Reader<'a> {
    pub(super) shelf: Shelf<'a>,
    /// All files that there are.
    pub(super) names: BTreeSet<String>,
    pub(super) known: &'a Nameable,
    pub(super) read_image: &'a ReadImage,
    pub(super) problems: Vec<Problem>,
    version: Sha256,
    /// What was read.
    files: BTreeMap<String, Vec<u8>>,
    stacks: Stacks,
    /// What badges that are drawn have in common.
    pub(super) brand: Brand,
    /// The same for those of an issuer that has its own, by its slug.
    pub(super) brands: BTreeMap<String, Brand>,
}

/// What `[badge]` says.
struct Described {
    achievement: Achievement,
    /// The slug.
    issuer: String,
    /// The image that it names, and where.
    image: (At, Option<String>),
}

/// A badge's id: the name of its file.
fn id_of(path: &Path) -> String {
    path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned()
}

impl Reader<'_> {
    pub(super) fn say(&mut self, at: &At, message: impl Into<String>) {
        self.problems.push(at.problem(message));
    }

    /// Reports a problem after which there is nothing to give back.
    pub(super) fn fail<T>(&mut self, at: &At, message: impl Into<String>) -> Option<T> {
        self.say(at, message);
        None
    }

    /// The badge files, sorted by name. A folder without any is a problem too: nothing would ever
    /// be awarded.
    fn paths(&mut self) -> Vec<PathBuf> {
        let at = At::new(self.shelf.place());
        match self.shelf.names() {
            Ok(names) => self.names = names,
            Err(error) => {
                self.say(
                    &at,
                    format!(
                        "the folder of badges cannot be read: {error}; make it, or correct `badges` in the \
                         configuration"
                    ),
                );
                return Vec::new();
            }
        }
        let paths = self.names.iter().map(|name| self.shelf.place().join(name));
        let paths: Vec<PathBuf> = paths
            .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name != BRAND_FILE && brand_of(&name).is_none()
            })
            .collect();
        if paths.is_empty() {
            self.say(&at, "no badge file here; write one named like `workplace-safety.toml`");
        }
        paths
    }

    fn badge(&mut self, path: PathBuf) -> Option<BadgeFile> {
        let at = At::new(&path);
        let told = self.problems.len();
        let id = id_of(&path);
        if !is_slug(&id) {
            self.say(
                &at,
                "the file's name becomes part of addresses; use lower-case letters, digits and hyphens only",
            );
        }
        let bytes = self.read_file(&path, &at)?;
        let Ok(text) = String::from_utf8(bytes) else { return self.fail(&at, "not text (UTF-8)") };

        let before = self.problems.len();
        let root = parse(&text, &path, &mut self.problems);
        if self.problems.len() > before {
            // What else there is to say would follow from that.
            return None;
        }
        let Value::Table(mut root) = root.value else { return None };
        let badge = root.remove("badge");
        let rule = root.remove("award");
        let drawn = root.remove("image");
        for (key, node) in root {
            let hint = match did_you_mean(&key, ["badge", "award", "image"]) {
                hint if hint.is_empty() => {
                    "; a badge file has the tables [badge] and [award], and may have [image]".to_owned()
                }
                hint => hint,
            };
            self.say(&node.at, format!("unknown key `{key}`{hint}"));
        }
        let (mut regrade, mut lifetime, mut expect) = (Regrade::default(), Lifetime::default(), None);
        let award = match rule {
            Some(mut node) => {
                regrade = regrade::take(&mut node, &mut self.problems);
                lifetime = cycle::take(&mut node, &self.known.terms, &mut self.problems);
                expect = guard::take(&mut node, &mut self.problems);
                award(&node, &self.known.sources(), &mut self.problems)
            }
            None => self.fail(&at, "the table [award] is missing: it says when the badge is awarded"),
        };
        let rule = award.map(|award| {
            self.stacks.insert(id.clone(), award.badges);
            award.rule
        });
        let achievement = match badge {
            Some(node) => self.achievement(&id, &node),
            None => self.fail(&at, "the table [badge] is missing: it says what the badge is"),
        };
        let Described { mut achievement, issuer, image: (image_at, image_name) } = achievement?;
        let image = match drawn {
            Some(node) => self.drawn(&mut achievement, &issuer, &node),
            None => self.image(&id, image_name.as_deref(), &image_at),
        };
        // Only of a file with nothing else to mend: the rest would follow from that.
        if self.problems.len() == told
            && let Err(error) = trial::issue(&achievement, image.as_ref())
        {
            self.say(&at, format!("this badge could not be issued: {error}"));
        }
        Some(BadgeFile { achievement, rule: rule?, regrade, lifetime, expect, issuer, image, path })
    }

    fn achievement(&mut self, id: &str, node: &Node) -> Option<Described> {
        let at = |key: &str| {
            let mut found = node;
            for part in key.split('.') {
                let Some(inner) = found.table().and_then(|table| table.get(part)) else { break };
                found = inner;
            }
            &found.at
        };
        let (achievement, broken) = decode::<Achievement>(node.clone(), "badge.", &mut self.problems);
        let mut achievement = achievement?;
        id.clone_into(&mut achievement.id);
        for (key, message) in problems_of(&achievement) {
            let outer = key.split('.').next().unwrap_or(key.as_str());
            if !broken.iter().any(|broken| broken.split('.').next() == Some(outer)) {
                self.say(at(&key), format!("`badge.{key}`: {message}"));
            }
        }
        let issuer = self.known.issuer(&achievement).unwrap_or_else(|message| {
            self.problems.push(at("issuer").problem(message));
            String::new()
        });
        let image = (at("image").clone(), achievement.image.clone());
        Some(Described { achievement, issuer, image })
    }

    /// Reads a file and lets it count for the version.
    pub(super) fn read_file(&mut self, path: &Path, at: &At) -> Option<Vec<u8>> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match self.shelf.read(&name) {
            Ok(bytes) => {
                // Lengths first: no two different folders look the same.
                for part in [name.as_bytes(), &bytes] {
                    self.version.update((part.len() as u64).to_be_bytes());
                    self.version.update(part);
                }
                self.files.insert(name.into_owned(), bytes.clone());
                Some(bytes)
            }
            Err(error) => self.fail(at, unreadable(path, &error)),
        }
    }

    /// Two badges of one name could not be told apart, neither by people nor in remarks.
    fn same_names(&mut self, badges: &[BadgeFile]) {
        let mut seen: BTreeMap<String, &BadgeFile> = BTreeMap::new();
        for badge in badges {
            let name = badge.achievement.name.trim().to_lowercase();
            if let Some(first) = seen.get(&name) {
                let file = first.path.file_name().unwrap_or_default().display();
                let message = format!(
                    "the badge of {file} is called “{}” too; give each a name of its own",
                    badge.achievement.name.trim()
                );
                self.problems.push(At::new(&badge.path).problem(message));
            } else {
                seen.insert(name, badge);
            }
        }
    }
}
