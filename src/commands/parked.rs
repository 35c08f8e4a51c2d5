//! `accolade parked`

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use uuid::Uuid;

use super::confirm::{confirmed, many};
use super::{named, whom};
use crate::clock::Clock;
use crate::config::Settings;
use crate::store::{Parked, ParkedFilter, ParkedKind, Store};

#[derive(Debug, Subcommand)]
pub(super) enum Work {
    /// List what was given up, newest first, each with the reason.
    List {
        #[command(flatten)]
        filter: Filter,
        /// For programs: one JSON object a line.
        #[arg(long)]
        json: bool,
        /// How many; times are UTC.
        #[arg(long, default_value_t = 20, value_parser = named::count)]
        limit: u32,
    },
    /// Show one piece of it, or all of one delivery, and what can be done.
    Show {
        /// The piece, as `accolade parked list` names it, or its delivery.
        #[arg(value_parser = named::parked)]
        id: Uuid,
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Take it up again, once the cause is mended.
    Retry {
        #[command(flatten)]
        which: These,
        /// Print what came of it as JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Give it up for good. Nothing is deleted: `accolade deliveries` shows who dropped it and why. A
    /// grade that the LMS still shows is found again when gradebooks are next compared.
    Drop {
        #[command(flatten)]
        which: These,
        /// Why. It is kept.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Who decides.
        #[arg(long, value_name = "NAME", default_value = "an administrator")]
        by: String,
        /// Do not ask, for scripts.
        #[arg(long)]
        yes: bool,
        /// Print what came of it as JSON, for programs.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct Filter {
    /// Only of this source.
    #[arg(long)]
    source: Option<String>,
    /// Only of this kind.
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Only with a reason that has this in it.
    #[arg(long, value_name = "TEXT")]
    saying: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct These {
    /// The pieces, as `accolade parked list` names them; the id of a delivery means all of its pieces.
    #[arg(required_unless_present = "all", value_name = "ID", value_parser = named::parked)]
    ids: Vec<Uuid>,
    /// Every piece, or every one that the options below name.
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    #[command(flatten)]
    filter: Filter,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// What a webhook or a gradebook told, and could not be confirmed.
    Signal,
    /// A confirmed result that could not be judged, or whose badge could not be signed.
    Event,
    /// A mail about a badge.
    Mail,
    /// A message of the guard to an administrator.
    Notice,
    /// A code for a learner's wallet.
    Code,
}

impl Filter {
    fn of_store(&self) -> ParkedFilter {
        let kind = self.kind.map(|kind| match kind {
            Kind::Signal => ParkedKind::Signal,
            Kind::Event => ParkedKind::Event,
            Kind::Mail => ParkedKind::Mail,
            Kind::Notice => ParkedKind::Notice,
            Kind::Code => ParkedKind::Code,
        });
        ParkedFilter { source: self.source.clone(), kind, saying: self.saying.clone() }
    }

    fn is_any(&self) -> bool {
        self.source.is_none() && self.kind.is_none() && self.saying.is_none()
    }
}

pub(super) async fn run(command: &Work, settings: &Settings) -> anyhow::Result<ExitCode> {
    crate::secrets::install_tls();
    let store = super::opened(settings, 1).await?;
    match command {
        Work::List { filter, json, limit } => list(&store, filter, settings, *json, *limit).await,
        Work::Show { id, json } => show(&store, *id, *json).await,
        Work::Retry { which, json } => retry(&store, which, settings, *json).await,
        Work::Drop { which, reason, by, yes, json } => {
            let (reason, by) = (whom::text("reason", reason)?, whom::text("by", by)?);
            let pieces = chosen(&store, which, settings).await?;
            if !yes && !pieces.is_empty() {
                let these = many(pieces.len(), "piece of parked work", "pieces of parked work");
                if !confirmed(&format!("drop {these} for good?"), "--yes")? {
                    bail!("nothing was dropped");
                }
            }
            let dropped = store.drop_parked(&pieces, &by, &reason, Clock::system().now()).await?;
            if *json {
                println!("{}", json!({"dropped": dropped}));
            } else {
                println!("{} dropped", number(dropped));
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn list(
    store: &Store,
    filter: &Filter,
    settings: &Settings,
    json: bool,
    limit: u32,
) -> anyhow::Result<ExitCode> {
    let by = filter.of_store();
    let found = store.parked(&by, limit).await?;
    if found.is_empty() {
        named::source(store, filter.source.as_deref(), settings).await?;
    }
    if json {
        for piece in &found {
            println!("{}", object(piece));
        }
        return Ok(ExitCode::SUCCESS);
    }
    if found.is_empty() {
        println!("{}", if filter.is_any() { "nothing is parked" } else { "nothing like that is parked" });
    }
    for piece in &found {
        let at = piece.created_at.format("%Y-%m-%d %H:%M:%S");
        println!(
            "{} {at} {:<12} {:<6} {}",
            piece.id,
            piece.source,
            piece.kind.as_str(),
            super::deliveries::one_line(&piece.reason)
        );
    }
    if found.len() == limit as usize {
        let more = store.parked_keys(&by).await?.len().saturating_sub(found.len());
        if more > 0 {
            println!("and {more} more; --limit shows them");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(store: &Store, id: Uuid, json: bool) -> anyhow::Result<ExitCode> {
    let found = store.parked_of(&[id]).await?;
    if found.is_empty() {
        bail!("{}", unknown(store, id).await?);
    }
    if json {
        let objects: Vec<Value> = found.iter().map(object).collect();
        println!("{}", serde_json::to_string_pretty(&objects)?);
        return Ok(ExitCode::SUCCESS);
    }
    for piece in &found {
        print!("{}", text(piece));
    }
    println!("what came before it:        accolade deliveries {}", found[0].delivery);
    println!("once its cause is mended:   accolade parked retry {id}");
    println!("to give it up for good:     accolade parked drop {id} --reason TEXT");
    Ok(ExitCode::SUCCESS)
}

async fn retry(store: &Store, which: &These, settings: &Settings, json: bool) -> anyhow::Result<ExitCode> {
    let pieces = chosen(store, which, settings).await?;
    let waiting = store.retry_parked(&pieces, Clock::system().now()).await?;
    if json {
        println!("{}", json!({"waiting": waiting}));
    } else if waiting == 0 {
        println!("{} taken up again", number(waiting));
    } else {
        println!(
            "{} will be tried again: at once where `accolade serve` runs, else when it starts",
            number(waiting)
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// What is meant. Naming something that is not parked is an error: it was a slip, or somebody else
/// was faster.
async fn chosen(
    store: &Store,
    which: &These,
    settings: &Settings,
) -> anyhow::Result<Vec<(ParkedKind, Uuid)>> {
    if which.all {
        let found = store.parked_keys(&which.filter.of_store()).await?;
        if found.is_empty() {
            named::source(store, which.filter.source.as_deref(), settings).await?;
        }
        return Ok(found);
    }
    if !which.filter.is_any() {
        bail!("--source, --kind and --saying choose among all parked work: use them with --all, without ids");
    }
    let found = store.parked_of(&which.ids).await?;
    for id in &which.ids {
        if !found.iter().any(|piece| piece.id == *id || piece.delivery == *id) {
            bail!("{}; nothing was changed", unknown(store, *id).await?);
        }
    }
    Ok(found.iter().map(|piece| (piece.kind, piece.id)).collect())
}

/// Why there is no parked work of that id.
async fn unknown(store: &Store, id: Uuid) -> anyhow::Result<String> {
    Ok(match store.delivery(id).await? {
        Some(trail) => {
            let because = if trail.reason.is_empty() { String::new() } else { format!(": {}", trail.reason) };
            format!("nothing of delivery {id} is parked; it is {}{because}", trail.state.as_str())
        }
        None => format!("{id} is not parked; `accolade parked list` lists what is, with ids"),
    })
}

fn number(pieces: u64) -> String {
    many(usize::try_from(pieces).unwrap_or(usize::MAX), "piece of parked work", "pieces of parked work")
}

fn text(piece: &Parked) -> String {
    let at = piece.created_at.format("%Y-%m-%d %H:%M:%S UTC");
    let about = if piece.about.is_empty() { String::new() } else { format!(" {}", piece.about) };
    format!(
        "{} {}{about}\n  source   {}\n  delivery {}\n  since    {at}\n  tried    {}\n  reason   {}\n",
        piece.kind.as_str(),
        piece.id,
        piece.source,
        piece.delivery,
        many(piece.attempts as usize, "time", "times"),
        piece.reason,
    )
}

fn object(piece: &Parked) -> Value {
    json!({
        "id": piece.id, "kind": piece.kind.as_str(), "about": piece.about, "source": piece.source,
        "delivery": piece.delivery, "since": piece.created_at, "attempts": piece.attempts,
        "reason": piece.reason,
    })
}
