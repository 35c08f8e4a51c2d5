//! `accolade awards revoke`, `suspend` and `reinstate`: what would change, one question, and it is
//! done, for all that was shown or for none.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::bail;
use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::confirm::{confirmed, many};
use super::Reason;
use super::select::{Selection, line, meant, object};
use crate::clock::Clock;
use crate::config::Settings;
use crate::store::{AwardDecision, NewAwardDecision, SelectedAward, Store};

/// A decision about awards. It outranks the rules and is about these awards alone. What would change
/// is shown first; all of it is done together, or nothing.
#[derive(Debug, Args)]
pub(in crate::commands) struct Change {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    reason: Reason,
    /// Only show what would change.
    #[arg(long, conflicts_with = "yes")]
    preview: bool,
    /// Do not ask, for scripts; needs --at-most.
    #[arg(long, requires = "at_most")]
    yes: bool,
    /// Do nothing if more awards than this would change.
    #[arg(long, value_name = "NUMBER")]
    at_most: Option<usize>,
    /// Print JSON, for programs; needs --preview or --yes.
    #[arg(long)]
    json: bool,
}

/// How many awards are shown before the question.
const SHOWN: usize = 20;

pub(super) async fn run(
    store: &Store,
    command: &Change,
    what: AwardDecision,
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    if command.json && !command.preview && !command.yes {
        bail!("--json asks nobody: it needs --preview, or --yes with --at-most");
    }
    let (reason, by) = command.reason.checked()?;
    let selected = meant(store, &command.selection, settings).await?;
    let (concerned, same): (Vec<_>, Vec<_>) =
        selected.into_iter().partition(|award| what.changes(award.state));
    let now = Clock::system().now();
    if concerned.is_empty() {
        bail!("nothing to do: {}", left(what, &same));
    }
    if !command.json {
        print!("{}", preview(what, &concerned, &same, now));
    }
    if let Some(most) = command.at_most.filter(|most| concerned.len() > *most) {
        bail!("{} would change, and --at-most says {most}; nothing was done", awards(concerned.len()));
    }
    if command.preview {
        if command.json {
            println!("{}", document(what, false, &concerned, same.len(), &[], now)?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let question = format!("{} {}?", what.kind().as_str(), awards(concerned.len()));
    if !command.yes && !confirmed(&question, "--yes and --at-most NUMBER")? {
        bail!("nothing was done");
    }
    let credentials = concerned.iter().map(|award| award.credential).collect();
    let decision = NewAwardDecision { what, credentials, reason, by };
    let decided = store.decide_awards(&decision, now).await?;
    // What changed meanwhile is left as it is.
    let (done, late): (Vec<_>, Vec<_>) =
        concerned.into_iter().partition(|award| decided.changed.contains(&award.credential));
    if command.json {
        println!("{}", document(what, true, &done, same.len() + late.len(), &decided.deliveries, now)?);
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}: {}", past(what), awards(done.len()));
    if !late.is_empty() {
        println!("{} changed meanwhile and stay as they are", awards(late.len()));
    }
    for delivery in decided.deliveries {
        println!("`accolade deliveries {delivery}` shows what came of it");
    }
    Ok(ExitCode::SUCCESS)
}

fn awards(count: usize) -> String {
    many(count, "award", "awards")
}

fn past(what: AwardDecision) -> &'static str {
    match what {
        AwardDecision::Revoke => "revoked for good",
        AwardDecision::Suspend => "suspended",
        AwardDecision::Reinstate => "valid again, and no regrade takes them away",
    }
}

/// Why the decision is not about the others that were selected.
fn left(what: AwardDecision, same: &[SelectedAward]) -> String {
    let revoked = same.iter().filter(|award| award.state.revoked).count();
    let other = same.len() - revoked;
    let mut text = Vec::new();
    if revoked > 0 {
        let new = match what {
            AwardDecision::Reinstate => "; `accolade awards grant` makes a new one",
            _ => "",
        };
        text.push(format!("{} revoked for good{new}", many(revoked, "award is", "awards are")));
    }
    if other > 0 {
        let already = if what == AwardDecision::Suspend { "suspended" } else { "valid" };
        text.push(format!("{} {already} already", many(other, "award is", "awards are")));
    }
    text.join(", ")
}

fn preview(
    what: AwardDecision,
    concerned: &[SelectedAward],
    same: &[SelectedAward],
    now: DateTime<Utc>,
) -> String {
    let mut text = format!("to {}: {}\n", what.kind().as_str(), awards(concerned.len()));
    // Writing into a String cannot fail.
    for award in concerned.iter().take(SHOWN) {
        let _ = writeln!(text, "  {}", line(award, now));
    }
    if concerned.len() > SHOWN {
        let mut badges: BTreeMap<&str, usize> = BTreeMap::new();
        for award in concerned {
            *badges.entry(&award.badge).or_default() += 1;
        }
        let badges: Vec<String> = badges.iter().map(|(badge, count)| format!("{badge} {count}")).collect();
        let _ = writeln!(text, "  … and {} more; --preview --json shows them", concerned.len() - SHOWN);
        let _ = writeln!(text, "  of each badge: {}", badges.join(", "));
    }
    if !same.is_empty() {
        let _ = writeln!(text, "  left as they are: {}", left(what, same));
    }
    text
}

fn document(
    what: AwardDecision,
    done: bool,
    concerned: &[SelectedAward],
    left: usize,
    deliveries: &[Uuid],
    now: DateTime<Utc>,
) -> serde_json::Result<String> {
    let awards: Vec<Value> = concerned.iter().map(|award| object(award, now)).collect();
    let document = json!({
        "decision": what.kind().as_str(), "done": done, "awards": awards, "left": left,
        "deliveries": deliveries,
    });
    serde_json::to_string_pretty(&document)
}
