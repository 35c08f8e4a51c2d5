//! `accolade awards grant` and `refuse`: about one badge of one learner.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::super::whom::{one, shown};
use super::Reason;
use crate::catalogs::Published;
use crate::clock::Clock;
use crate::config::{Again, Settings};
use crate::store::{BadgeDecision, Decided, NewDecision, Store};
use crate::worker::term_of;

/// A decision about one badge of one learner. It outranks the rules, and the newest counts.
#[derive(Debug, Args)]
pub(in crate::commands) struct Badge {
    /// Whose badge: SOURCE:ID with the id in that LMS, an e-mail address, or the institution's id.
    #[arg(long, value_name = "WHO")]
    learner: String,
    /// Which badge: the name of its file without the ending.
    #[arg(long)]
    badge: String,
    #[command(flatten)]
    reason: Reason,
}

pub(super) async fn grant(store: &Store, command: &Badge, settings: &Settings) -> anyhow::Result<ExitCode> {
    decide(store, command, true, settings).await
}

pub(super) async fn refuse(store: &Store, command: &Badge, settings: &Settings) -> anyhow::Result<ExitCode> {
    decide(store, command, false, settings).await
}

async fn decide(
    store: &Store,
    command: &Badge,
    grant: bool,
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    let (reason, by) = command.reason.checked()?;
    let badge = command.badge.as_str();
    let now = Clock::system().now();
    let published = Published::new(store, settings.known());
    let catalog = published.in_use(&settings.badges).await?;
    // A grant is for the term that runs.
    let file = catalog.asked(badge).context("--badge")?;
    let since = match &file.lifetime.again {
        Again::EachTerm(terms) => term_of(terms, now).and_then(|term| term.period.from),
        _ => None,
    };
    let learner = one(store, &command.learner, settings).await?;
    let decision = NewDecision {
        what: if grant { BadgeDecision::Grant { since } } else { BadgeDecision::Refuse },
        issuer: file.issuer.clone(),
        badge: badge.to_owned(),
        person: learner.person,
        source: learner.source.clone(),
        reason,
        by,
    };
    let whom = shown(&learner);
    match store.decide(&decision, now).await? {
        Decided::Awarding(delivery) => println!(
            "“{badge}” will be awarded to {whom}: at once where `accolade serve` runs, else when it starts; \
             `accolade deliveries {delivery}` shows what came of it"
        ),
        Decided::Stored(credential) => {
            let said = match (grant, credential) {
                (true, _) => "granted, and no regrade takes it away",
                (false, None) => "refused, so no rule awards it",
                (false, Some(_)) => {
                    "refused, so no rule reinstates it; it stays what it is now, until you revoke or suspend it"
                }
            };
            let credential = credential.map_or_else(String::new, |id| format!(", credential {id}"));
            println!("{said}: “{badge}” of {whom}{credential}");
        }
    }
    Ok(ExitCode::SUCCESS)
}
