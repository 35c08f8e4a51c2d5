//! `accolade awards revoke`, `suspend`, `reinstate`, `expire` and `supersede`: what would change, one question, and it is
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
use super::select::{Selection, line, meant, object, time};
use crate::catalogs::Published;
use crate::clock::Clock;
use crate::config::Settings;
use crate::store::{AwardDecision, AwardState, NewAwardDecision, SelectedAward, Store};

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

/// When awards end, and which.
#[derive(Debug, Args)]
pub(in crate::commands) struct Expire {
    /// When: the begin of a day (2027-08-31, UTC), or a time (2027-08-31T10:00:00Z). It is to come.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: DateTime<Utc>,
    #[command(flatten)]
    change: Change,
}

/// Why an award is left as it is, beside what [`AwardDecision::changes`] says.
type Left<'a> = &'a dyn Fn(&SelectedAward) -> Option<&'static str>;

pub(super) async fn expire(store: &Store, command: &Expire, settings: &Settings) -> anyhow::Result<ExitCode> {
    if command.at <= Clock::system().now() {
        bail!("--at: that time is over; `accolade awards revoke` ends an award at once");
    }
    run(store, &command.change, AwardDecision::Expire { at: command.at }, settings, &|_| None).await
}

pub(super) async fn supersede(
    store: &Store,
    command: &Change,
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    let published = Published::new(store, settings.known());
    let Some((publication, catalog)) = published.current().await? else {
        bail!("no badges were published yet, so there are no newer rules; `accolade publish` does that");
    };
    let now = Clock::system().now();
    let left = |award: &SelectedAward| match award.state {
        _ if award.rules == catalog.version => Some("of the rules in use already"),
        _ if catalog.badge(&award.badge).is_none() => Some("of a badge that is not in use any more"),
        AwardState { ends_at: Some(end), .. } if end <= now => Some("over"),
        _ => None,
    };
    let what = AwardDecision::Supersede { publication: publication.number };
    run(store, command, what, settings, &left).await
}

/// How many awards are shown before the question.
const SHOWN: usize = 20;

pub(super) async fn run(
    store: &Store,
    command: &Change,
    what: AwardDecision,
    settings: &Settings,
    left: Left<'_>,
) -> anyhow::Result<ExitCode> {
    if command.json && !command.preview && !command.yes {
        bail!("--json asks nobody: it needs --preview, or --yes with --at-most");
    }
    let (reason, by) = command.reason.checked()?;
    let selected = meant(store, &command.selection, settings).await?;
    let (mut concerned, mut same) = (Vec::new(), BTreeMap::new());
    for award in selected {
        match unchanged(what, &award).or_else(|| left(&award)) {
            Some(why) => *same.entry(why).or_default() += 1,
            None => concerned.push(award),
        }
    }
    let now = Clock::system().now();
    if concerned.is_empty() {
        bail!("nothing to do: {}", said(&same));
    }
    if !command.json {
        print!("{}", preview(what, &concerned, &same, now));
    }
    if let Some(most) = command.at_most.filter(|most| concerned.len() > *most) {
        bail!("{} would change, and --at-most says {most}; nothing was done", awards(concerned.len()));
    }
    if command.preview {
        if command.json {
            println!("{}", document(what, false, &concerned, same.values().sum(), &[], now)?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let question = format!("{} {}?", what.as_str(), awards(concerned.len()));
    if !command.yes && !confirmed(&question, "--yes and --at-most NUMBER")? {
        bail!("nothing was done");
    }
    let credentials = concerned.iter().map(|award| award.credential).collect();
    let decision = NewAwardDecision { what, credentials, reason, by };
    let decided = store.decide_awards(&decision, now).await?;
    // What changed meanwhile is left as it is.
    let others: usize = same.values().sum();
    let (done, late): (Vec<_>, Vec<_>) =
        concerned.into_iter().partition(|award| decided.changed.contains(&award.credential));
    if command.json {
        println!("{}", document(what, true, &done, others + late.len(), &decided.deliveries, now)?);
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
        AwardDecision::Expire { .. } => "will end then",
        AwardDecision::Supersede { .. } => "will be issued again, where the rules in use award them",
    }
}

/// Why a decision changes nothing for an award, after “it is”.
fn unchanged(what: AwardDecision, award: &SelectedAward) -> Option<&'static str> {
    if what.changes(award.state) {
        return None;
    }
    Some(match what {
        AwardDecision::Reinstate if award.state.revoked => {
            "revoked for good (`accolade awards grant` makes a new one)"
        }
        _ if award.state.revoked => "revoked for good",
        AwardDecision::Suspend => "suspended already",
        AwardDecision::Supersede { .. } if award.state.suspended => "suspended",
        AwardDecision::Supersede { .. } => "declined by the learner",
        AwardDecision::Expire { .. } => "to end before that already",
        AwardDecision::Reinstate | AwardDecision::Revoke => "valid already",
    })
}

/// How many awards are left as they are, and why.
fn said(same: &BTreeMap<&str, usize>) -> String {
    let said = same.iter().map(|(why, count)| format!("{} {why}", many(*count, "award is", "awards are")));
    said.collect::<Vec<_>>().join(", ")
}

fn preview(
    what: AwardDecision,
    concerned: &[SelectedAward],
    same: &BTreeMap<&str, usize>,
    now: DateTime<Utc>,
) -> String {
    let until = match what {
        AwardDecision::Expire { at } => format!(" on {} UTC", at.format("%Y-%m-%d %H:%M:%S")),
        _ => String::new(),
    };
    let mut text = format!("to {}{until}: {}\n", what.as_str(), awards(concerned.len()));
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
        let _ = writeln!(text, "  left as they are: {}", said(same));
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
        "decision": what.as_str(), "done": done, "awards": awards, "left": left,
        "deliveries": deliveries,
    });
    serde_json::to_string_pretty(&document)
}
