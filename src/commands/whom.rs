//! Whom an administrator means: learners as they are named on the command line.

use anyhow::bail;

use super::named;
use crate::config::Settings;
use crate::store::{FoundLearner, Store, Who};

/// The one person who goes by that name, as the first of their learners that does.
///
/// # Errors
/// When there is nobody, or more than one person: these are listed.
pub(super) async fn one(store: &Store, given: &str, settings: &Settings) -> anyhow::Result<FoundLearner> {
    let sources: Vec<&str> = settings.sources.keys().map(String::as_str).collect();
    let mut found = store.find(&who(given, &sources)).await?.into_iter();
    let Some(first) = found.next() else {
        if let Some((source, _)) =
            given.trim().split_once(':').filter(|(source, _)| !sources.contains(source))
        {
            let missing = named::no_source(source, settings);
            bail!("nobody is known as “{given}”: {missing}; and nobody has that as the institution's id");
        }
        bail!(
            "nobody is known as “{given}”: a learner is known once the LMS has confirmed a result of theirs; \
             `accolade deliveries` shows what arrived"
        );
    };
    let mut others = found.filter(|other| other.person != first.person).peekable();
    if others.peek().is_some() {
        let all: Vec<String> =
            std::iter::once(&first).chain(&others.collect::<Vec<_>>()).map(shown).collect();
        bail!("“{given}” is not one person; name one of these as SOURCE:ID\n  {}", all.join("\n  "));
    }
    Ok(first)
}

fn who(text: &str, sources: &[&str]) -> Who {
    let text = text.trim();
    match text.split_once(':') {
        Some((source, id)) if sources.contains(&source) => {
            Who::Learner { source: source.to_owned(), id: id.to_owned() }
        }
        _ if text.contains('@') => Who::Email(text.to_owned()),
        _ => Who::InstitutionId(text.to_owned()),
    }
}

/// A learner, for people.
pub(super) fn shown(learner: &FoundLearner) -> String {
    let name = learner.name.as_deref().unwrap_or("somebody without a name");
    let email = learner.email.as_deref().map_or_else(String::new, |email| format!(", {email}"));
    format!("{name} ({}{email})", id(learner))
}

/// A learner, as they are named on the command line.
pub(super) fn id(learner: &FoundLearner) -> String {
    format!("{}:{}", learner.source, learner.learner)
}

/// A text that must say something.
///
/// # Errors
/// When it does not.
pub(super) fn text(key: &str, text: &str) -> anyhow::Result<String> {
    match text.trim() {
        "" => bail!("--{key}: empty"),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_learner_is_named_by_address_by_a_source_s_id_or_by_the_institution_s() {
        let sources = ["moodle", "canvas"];
        let learner = |source: &str, id: &str| Who::Learner { source: source.to_owned(), id: id.to_owned() };
        assert_eq!(who("moodle:8", &sources), learner("moodle", "8"));
        assert_eq!(who(" canvas:a@example.test", &sources), learner("canvas", "a@example.test"));
        assert_eq!(who("Ada@example.test ", &sources), Who::Email("Ada@example.test".to_owned()));
        assert_eq!(who("S:123", &sources), Who::InstitutionId("S:123".to_owned()));
    }
}
