//! `accolade held`

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use uuid::Uuid;

use super::confirm::{self, confirmed};
use super::named;
use crate::clock::Clock;
use crate::config::Settings;
use crate::store::{GuardedAward, Hold, HoldDecided, HoldDecision, Store};

/// Awards that the guard holds, for more than expected were about to leave.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Held {
    #[command(subcommand)]
    command: Option<What>,
    /// Also what was decided already.
    #[arg(long)]
    all: bool,
    /// For programs: one JSON object a line.
    #[arg(long)]
    json: bool,
    /// How many, newest first; times are UTC.
    #[arg(long, default_value_t = 20, value_parser = named::count)]
    limit: u32,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show whose awards one hold holds, each with the grade that it rests on.
    Show {
        /// The hold, as `accolade held` lists it.
        #[arg(value_parser = named::hold)]
        id: Uuid,
        /// How many awards, longest held first; times are UTC.
        #[arg(long, default_value_t = 100, value_parser = named::count)]
        limit: u32,
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Have all awards of a hold made: each is judged once more, and whoever still earns it gets it.
    Release {
        #[command(flatten)]
        decision: Decision,
        /// Why. It is kept.
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
    /// Have none of the awards of a hold made. Whoever is graded anew later is judged anew.
    Cancel {
        #[command(flatten)]
        decision: Decision,
        /// Why. It is kept, and shown by `accolade explain`.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

#[derive(Debug, Args)]
struct Decision {
    /// The hold, as `accolade held` lists it.
    #[arg(value_parser = named::hold)]
    id: Uuid,
    /// Who decides.
    #[arg(long, value_name = "NAME", default_value = "an administrator")]
    by: String,
    /// Do not ask, for scripts.
    #[arg(long)]
    yes: bool,
    /// Print what came of it as JSON, for programs.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: &Held, settings: &Settings) -> anyhow::Result<ExitCode> {
    crate::secrets::install_tls();
    let store = super::opened(settings, 1).await?;
    match &command.command {
        None => list(&store, command).await,
        Some(What::Show { id, limit, json }) => show(&store, *id, *limit, *json).await,
        Some(What::Release { decision, reason }) => decide(&store, decision, true, reason).await,
        Some(What::Cancel { decision, reason }) => decide(&store, decision, false, reason).await,
    }
}

async fn list(store: &Store, command: &Held) -> anyhow::Result<ExitCode> {
    let holds = store.holds(command.all, command.limit).await?;
    if holds.is_empty() && !command.json {
        println!("nothing is held");
    }
    for hold in &holds {
        let told = store.notices(hold.id).await?;
        if command.json {
            println!("{}", object(hold, &told));
        } else {
            print!("{}", text(hold, &told));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn found(store: &Store, id: Uuid) -> anyhow::Result<Hold> {
    store
        .hold(id)
        .await?
        .with_context(|| format!("there is no hold {id}; `accolade held` lists them, with their ids"))
}

async fn show(store: &Store, id: Uuid, limit: u32, json: bool) -> anyhow::Result<ExitCode> {
    let hold = found(store, id).await?;
    let told = store.notices(id).await?;
    let awards = store.guarded_awards(Some(id), None, limit).await?;
    if json {
        let mut object = object(&hold, &told);
        object["awards"] = awards.iter().map(award_object).collect();
        println!("{}", serde_json::to_string_pretty(&object)?);
        return Ok(ExitCode::SUCCESS);
    }
    print!("{}", text(&hold, &told));
    for award in &awards {
        println!("  {}", line(award));
    }
    let more = u64::from(hold.held).saturating_sub(awards.len() as u64);
    if more > 0 {
        println!("  and {more} more; --limit shows them");
    }
    if hold.state.decision().is_none() {
        println!("to have them made: accolade held release {id}");
        println!("to have none made: accolade held cancel {id} --reason TEXT");
    }
    Ok(ExitCode::SUCCESS)
}

async fn decide(store: &Store, decision: &Decision, release: bool, reason: &str) -> anyhow::Result<ExitCode> {
    let Decision { id, by, yes, json } = decision;
    let (by, reason) = (by.trim(), reason.trim());
    if by.is_empty() {
        bail!("--by: empty");
    }
    if reason.is_empty() && !release {
        bail!("--reason: empty");
    }
    let hold = found(store, *id).await?;
    if hold.state.decision().is_none() && !yes && !asked(&hold, release)? {
        bail!("nothing was decided");
    }
    match store.decide_hold(*id, release, by, reason, Clock::system().now()).await? {
        HoldDecided::Unknown => bail!("there is no hold {id}"),
        HoldDecided::Already(hold) => {
            let Some(HoldDecision { by, at, reason, awards }) = hold.state.decision() else {
                bail!("hold {id} is open");
            };
            let done = hold.state.as_str();
            let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
            let said = format!("{by} {done} these {awards} awards already, on {}{why}", at_second(*at));
            if release != (done == "released") {
                bail!("{said}; nothing was changed");
            }
            if *json {
                println!("{}", object(&hold, &[]));
            } else {
                println!("{said}");
            }
        }
        HoldDecided::Stored(awards) => {
            if *json {
                println!("{}", object(&found(store, *id).await?, &[]));
            } else {
                let these = many(awards, "award is", "awards are");
                if release {
                    println!(
                        "released: {these} judged once more and made where still earned, at once where `accolade \
                         serve` runs, else when it starts"
                    );
                } else {
                    println!("cancelled: {these} not made; whoever is graded anew later is judged anew");
                }
                println!("from now on awards of {} are counted anew", hold.scope.name());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks once.
fn asked(hold: &Hold, release: bool) -> anyhow::Result<bool> {
    let what = if release { "release" } else { "cancel" };
    let awards = many(hold.held, "award", "awards");
    let held = format!("{what} {awards} of {}, held since {}?", hold.scope.name(), at_second(hold.opened_at));
    confirmed(&held, "--yes")
}

fn many(count: u32, one: &str, more: &str) -> String {
    confirm::many(count as usize, one, more)
}

fn at_second(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

fn text(hold: &Hold, told: &[(String, String)]) -> String {
    use std::fmt::Write as _;
    let Hold { id, scope, expected, basis, awarded, opened_at, held, .. } = hold;
    let awards = many(*held, "award", "awards");
    let mut text = format!("{id} {} {awards} of {}\n", at_second(*opened_at), scope.name());
    // Writing into a String cannot fail.
    let _ = writeln!(text, "  expected {expected} in {} ({basis}); {awarded} left before", hold.window());
    for (recipient, came) in told {
        let _ = writeln!(text, "  message to {recipient}: {came}");
    }
    if let Some(HoldDecision { at, by, reason, awards }) = hold.state.decision() {
        let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        let state = hold.state.as_str();
        let _ = writeln!(
            text,
            "  {state} by {by} on {} ({}){why}",
            at_second(*at),
            many(*awards, "award", "awards")
        );
    }
    text
}

fn line(award: &GuardedAward) -> String {
    let since = at_second(award.since);
    let learner = format!("{}:{}", award.source, award.learner);
    let name = award.name.as_deref().unwrap_or("-");
    format!("{since} {:<24} {learner:<20} {name:<24} {}", award.badge, award.grade)
}

fn object(hold: &Hold, told: &[(String, String)]) -> Value {
    use crate::store::Scope;
    let (scope, name) = match &hold.scope {
        Scope::Badge(badge) => ("badge", Some(badge)),
        Scope::Source(source) => ("source", Some(source)),
        Scope::All => ("overall", None),
    };
    let decision = hold.state.decision().map(|decision| {
        json!({"at": decision.at, "by": decision.by, "reason": decision.reason, "awards": decision.awards})
    });
    let messages: Vec<Value> =
        told.iter().map(|(recipient, came)| json!({"recipient": recipient, "state": came})).collect();
    json!({
        "hold": hold.id, "scope": scope, "name": name, "state": hold.state.as_str(), "since": hold.opened_at,
        "held": hold.held, "expected": hold.expected, "hours": hold.hours, "basis": hold.basis,
        "awarded": hold.awarded, "decision": decision, "messages": messages,
    })
}

fn award_object(award: &GuardedAward) -> Value {
    json!({
        "badge": award.badge, "since": award.since, "grade": award.grade, "source": award.source,
        "learner": award.learner, "name": award.name, "email": award.email, "delivery": award.delivery,
    })
}
