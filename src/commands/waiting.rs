//! `accolade waiting`

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::named;
use crate::config::Settings;
use crate::store::{GuardedAward, WaitingAward};

/// Which badges to show that are earned and wait: for the LMS to name their learner better, or for
/// a decision about what the guard holds.
#[derive(Debug, Args)]
pub(super) struct Waiting {
    /// Only this badge.
    #[arg(long)]
    badge: Option<String>,
    /// For programs: one JSON object a line.
    #[arg(long)]
    json: bool,
    /// How many, longest first; times are UTC.
    #[arg(long, default_value_t = 100, value_parser = named::count)]
    limit: u32,
}

pub(super) async fn run(command: &Waiting, settings: &Settings) -> anyhow::Result<ExitCode> {
    crate::secrets::install_tls();
    let store = super::opened(settings, 1).await?;
    let (badge, limit) = (command.badge.as_deref(), command.limit);
    let mut waiting = store.waiting_awards(badge, limit).await?;
    waiting.extend(store.guarded_awards(None, badge, limit).await?.into_iter().map(held));
    waiting.sort_by_key(|award| award.since);
    waiting.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    if waiting.is_empty() {
        named::badge(&store, badge, settings).await?;
    }
    if waiting.is_empty() && !command.json {
        println!("nothing waits");
    }
    for award in &waiting {
        println!("{}", if command.json { object(award) } else { line(award) });
    }
    Ok(ExitCode::SUCCESS)
}

/// What the guard holds waits, too.
fn held(award: GuardedAward) -> WaitingAward {
    let GuardedAward { hold, badge, grade: _, since, delivery, source, learner, name, email } = award;
    let reason = format!("held by the guard: accolade held show {hold}");
    WaitingAward { badge, reason, since, delivery, source, learner, name, email }
}

fn object(award: &WaitingAward) -> String {
    json!({
        "badge": award.badge, "since": award.since, "reason": award.reason, "source": award.source,
        "learner": award.learner, "name": award.name, "email": award.email, "delivery": award.delivery,
    })
    .to_string()
}

fn line(award: &WaitingAward) -> String {
    let since = award.since.format("%Y-%m-%d %H:%M:%S");
    let learner = format!("{}:{}", award.source, award.learner);
    format!("{since} {:<24} {learner:<20} {}", award.badge, award.reason)
}
