//! `accolade award`

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};

use super::whom::{one, shown, text};
use crate::catalogs::Published;
use crate::clock::Clock;
use crate::config::{Again, Settings};
use crate::store::{Decided, DecisionKind, NewDecision, Store};
use crate::worker::term_of;

/// A decision about one badge of one learner. It outranks the rules, and the newest counts.
#[derive(Debug, Args)]
pub(super) struct Award {
    /// What is decided.
    #[arg(value_enum)]
    what: What,
    /// Whose badge: SOURCE:ID with the id in that LMS, an e-mail address, or the institution's id.
    #[arg(long, value_name = "WHO")]
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
    let (reason, by) = (text("reason", &command.reason)?, text("by", &command.by)?);
    let kind = command.what.kind();
    let badge = command.badge.as_str();
    let now = Clock::system().now();
    let mut since = None;
    crate::secrets::install_tls();
    let store = Store::open(settings.database.url.expose(), 1).await?;
    if matches!(kind, DecisionKind::Grant | DecisionKind::Refuse) {
        // A badge whose file is gone can still be taken away, but not be awarded.
        let published = Published::new(&store, settings.sources.keys(), &settings.terms());
        let catalog = published.in_use(&settings.badges).await?;
        // A grant is for the term that runs.
        if let Again::EachTerm(terms) = &catalog.asked(badge).context("--badge")?.lifetime.again {
            since = term_of(terms, now).and_then(|term| term.period.from);
        }
    }
    let learner = one(&store, &command.learner, settings).await?;
    let decision = NewDecision {
        kind,
        issuer: settings.issuer.slug.clone(),
        badge: badge.to_owned(),
        person: learner.person,
        source: learner.source.clone(),
        reason,
        by,
        since,
    };
    let whom = shown(&learner);
    match store.decide(&decision, now).await? {
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
