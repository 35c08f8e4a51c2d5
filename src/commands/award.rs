//! `accolade award`

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};

use crate::catalogs::Published;
use crate::clock::Clock;
use crate::config::Settings;
use crate::store::{Decided, DecisionKind, FoundLearner, NewDecision, Store};

/// A decision about one badge of one learner. It outranks the rules, and the newest counts.
#[derive(Debug, Args)]
pub(super) struct Award {
    /// What is decided.
    #[arg(value_enum)]
    what: What,
    /// Whose badge: SOURCE:ID, with the learner's id in the LMS, or an e-mail address.
    #[arg(long, value_name = "SOURCE:ID|ADDRESS")]
    learner: String,
    /// Which badge: the name of its file without the ending.
    #[arg(long)]
    badge: String,
    /// Why. It is kept for ever, and shown by `accolade deliveries` only.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who decided.
    #[arg(long, value_name = "NAME", default_value = "an administrator")]
    by: String,
}

/// What can be decided.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Award the badge whether or not its rule is met; no regrade takes it away.
    Grant,
    /// Let no rule award the badge, and none reinstate it.
    Refuse,
    /// Take the badge away, for good.
    Revoke,
    /// Suspend the badge until another decision.
    Suspend,
    /// Make a suspended badge valid again; no regrade takes it away.
    Reinstate,
}

impl What {
    fn kind(self) -> DecisionKind {
        match self {
            Self::Grant => DecisionKind::Grant,
            Self::Refuse => DecisionKind::Refuse,
            Self::Revoke => DecisionKind::Revoke,
            Self::Suspend => DecisionKind::Suspend,
            Self::Reinstate => DecisionKind::Reinstate,
        }
    }
}

pub(super) async fn run(command: &Award, settings: &Settings) -> anyhow::Result<ExitCode> {
    let text = |key: &str, text: &str| match text.trim() {
        "" => bail!("--{key}: empty"),
        text => Ok(text.to_owned()),
    };
    let (reason, by) = (text("reason", &command.reason)?, text("by", &command.by)?);
    let kind = command.what.kind();
    let badge = command.badge.as_str();
    crate::secrets::install_tls();
    let store = Store::open(settings.database.url.expose(), 1).await?;
    if matches!(kind, DecisionKind::Grant | DecisionKind::Refuse) {
        // A badge whose file is gone can still be taken away, but not be awarded.
        let published = Published::new(&store, settings.sources.keys());
        published.in_use(&settings.badges).await?.asked(badge).context("--badge")?;
    }
    let learner = one(&command.learner, found(&store, &command.learner, settings).await?)?;
    let decision = NewDecision {
        kind,
        issuer: settings.issuer.slug.clone(),
        badge: badge.to_owned(),
        person: learner.person,
        source: learner.source.clone(),
        reason,
        by,
    };
    let whom = shown(&learner);
    match store.decide(&decision, Clock::system().now()).await? {
        Decided::NotHeld => bail!("{whom} does not hold “{badge}”"),
        Decided::Revoked => {
            bail!("“{badge}” of {whom} is revoked for good; `accolade award grant` makes a new one")
        }
        Decided::Awarding(delivery) => println!(
            "“{badge}” will be awarded to {whom}: at once where `accolade serve` runs, else when it starts; \
             `accolade deliveries {delivery}` shows what came of it"
        ),
        Decided::Stored(credential) => {
            let credential = credential.map_or_else(String::new, |id| format!(", credential {id}"));
            println!("{}: “{badge}” of {whom}{credential}", says(kind, credential.is_empty()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn says(kind: DecisionKind, none: bool) -> &'static str {
    match kind {
        DecisionKind::Grant => "granted, and no regrade takes it away",
        DecisionKind::Refuse if none => "refused, so no rule awards it",
        DecisionKind::Refuse => {
            "refused, so no rule reinstates it; it stays what it is now, until you revoke or suspend it"
        }
        DecisionKind::Revoke => "revoked",
        DecisionKind::Suspend => "suspended",
        DecisionKind::Reinstate => "valid again, and no regrade takes it away",
    }
}

/// Everybody who may be meant.
async fn found(store: &Store, given: &str, settings: &Settings) -> anyhow::Result<Vec<FoundLearner>> {
    let source = given
        .split_once(':')
        .filter(|(source, _)| settings.sources.contains_key(*source) || !given.contains('@'));
    Ok(match source {
        Some((source, id)) => store.find_learner(source, id).await?.into_iter().collect(),
        None if given.contains('@') => store.find_learners(given).await?,
        None => bail!("--learner: write SOURCE:ID, as in moodle:4, or an e-mail address"),
    })
}

/// The one who is meant; several learners of one person are one.
fn one(given: &str, mut found: Vec<FoundLearner>) -> anyhow::Result<FoundLearner> {
    let Some(first) = found.pop() else {
        bail!(
            "nobody is known as “{given}”: a learner is known once the LMS has confirmed a result of theirs"
        );
    };
    if found.iter().any(|other| other.person != first.person) {
        found.push(first);
        let all: Vec<String> = found.iter().map(shown).collect();
        bail!("“{given}” is not one person; name one of these as SOURCE:ID\n  {}", all.join("\n  "));
    }
    Ok(first)
}

fn shown(learner: &FoundLearner) -> String {
    let name = learner.name.as_deref().unwrap_or("somebody without a name");
    let email = learner.email.as_deref().map_or_else(String::new, |email| format!(", {email}"));
    format!("{name} ({}:{}{email})", learner.source, learner.learner)
}
