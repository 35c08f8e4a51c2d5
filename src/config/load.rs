//! Reading the configuration: defaults, file, environment, secrets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use accolade_connectors::Secret;

use super::check::check;
use super::decode::decode;
use super::document::{At, Node, Value, parse, unreadable};
use super::layers::{References, merge, overlay, resolve};
use super::origins::Origins;
use super::{Settings, issuers};

/// Something wrong in a configuration or badge file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, or the environment variable.
    pub place: PathBuf,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong and how to mend it.
    pub message: String,
}

/// All that is wrong, at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.place.display(), self.message),
            None => write!(f, "{}: {}", self.place.display(), self.message),
        }
    }
}

impl ConfigError {
    /// The problems in the order of their places and lines, if there are any.
    pub(super) fn from_problems(mut problems: Vec<Problem>) -> Result<(), Self> {
        problems.sort_by(|one, other| (&one.place, one.line).cmp(&(&other.place, other.line)));
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }
}

/// Every key with its default, explained.
const DEFAULTS: &str = include_str!("../../config/default.toml");

/// Reads the configuration: the compiled-in defaults, `file` over them, and the `ACCOLADE_…`
/// variables of `env` over both (`ACCOLADE_DATABASE__URL` is `database.url`).
///
/// Any string may instead be `{ env = "NAME" }` or `{ file = "path" }`: secrets stay out of the
/// file. Relative paths, wherever they are written, are relative to the file's folder; without a
/// file to the working directory.
///
/// # Errors
/// All problems at once; an unknown key names the nearest known one.
pub fn load(file: Option<&Path>, env: &BTreeMap<String, String>) -> Result<Settings, ConfigError> {
    let Some(file) = file else {
        return read("", Path::new("(no configuration file)"), Path::new(""), env);
    };
    let text = std::fs::read_to_string(file).map_err(|error| {
        let message = unreadable(file, &error);
        ConfigError { problems: vec![At::new(file).problem(message)] }
    })?;
    read(&text, file, file.parent().unwrap_or(Path::new("")), env)
}

/// Reads a configuration as [`load`] does, but from a text; relative paths are relative to
/// `folder`.
///
/// # Errors
/// As [`load`]; the place of problems is called `configuration`.
pub fn load_str(text: &str, folder: &Path, env: &BTreeMap<String, String>) -> Result<Settings, ConfigError> {
    read(text, Path::new("configuration"), folder, env)
}

fn read(
    text: &str,
    place: &Path,
    folder: &Path,
    env: &BTreeMap<String, String>,
) -> Result<Settings, ConfigError> {
    let mut problems = Vec::new();
    let mut broken = Vec::new();

    // Whatever is wrong with a default is to be mended in the file: its line is not known.
    let mut root = parse(DEFAULTS, place, &mut problems);
    forget_lines(&mut root);
    let file = parse(text, place, &mut problems);
    // What else there is to say would follow from that.
    ConfigError::from_problems(std::mem::take(&mut problems))?;
    if let (Value::Table(under), Value::Table(over)) = (&mut root.value, file.value) {
        merge(under, over, "", &mut problems);
        overlay(under, env, &mut problems);
    }
    issuers::complete(&mut root, &mut problems);
    resolve(&mut root, "", &References { folder, env }, &mut problems, &mut broken);

    let origins = Origins::of(&root);
    let (settings, wrong) = decode::<Settings>(root, "", &mut problems);
    broken.extend(wrong);
    let Some(mut settings) = settings else {
        ConfigError::from_problems(problems)?;
        // `decode` reports a problem whenever it gives nothing.
        return Err(ConfigError { problems: vec![At::new(place).problem("cannot be read")] });
    };
    settings.origins = origins;
    problems.extend(check(&settings, &broken));
    ConfigError::from_problems(problems)?;
    tidy(&mut settings, folder);
    Ok(settings)
}

fn forget_lines(node: &mut Node) {
    node.at.line = None;
    if let Value::Table(table) = &mut node.value {
        table.values_mut().for_each(forget_lines);
    }
}

/// Makes paths relative to the file's folder, and takes empty optional texts for absent ones.
fn tidy(settings: &mut Settings, folder: &Path) {
    for issuer in std::iter::once(&mut settings.issuer).chain(settings.issuers.values_mut()) {
        for path in [&mut issuer.key_file, &mut issuer.jwt_key_file] {
            *path = folder.join(&*path);
        }
        for text in [&mut issuer.description, &mut issuer.email] {
            text.take_if(|text| text.trim().is_empty());
        }
    }
    for path in [&mut settings.badges, &mut settings.claim.secret_file]
        .into_iter()
        .chain(settings.mail.dkim.as_mut().map(|dkim| &mut dkim.key_file))
        .chain(settings.bounces.maildir.as_mut())
        .chain(settings.bounces.mbox.as_mut())
    {
        *path = folder.join(&*path);
    }
    for (url, scheme) in [(&mut settings.database.url, "sqlite://"), (&mut settings.mail.url, "outbox:")] {
        if let Some(path) = url.expose().strip_prefix(scheme) {
            *url = Secret::from(format!("{scheme}{}", folder.join(path).display()));
        }
    }
    settings.mail.reply_to.take_if(|text| text.trim().is_empty());
}
