//! `accolade people export`: everything that is held about one learner.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Map, Value, json};

use super::super::whom::{id, one, shown};
use crate::clock::Clock;
use crate::config::Settings;
use crate::store::{FoundLearner, Held, Store};

/// Whose data to hand out, and where to.
#[derive(Debug, Args)]
pub(in crate::commands) struct Export {
    /// The learner: SOURCE:ID with the id in that LMS, an e-mail address or the institution's id.
    #[arg(value_name = "LEARNER")]
    learner: String,
    /// Write a new file that nobody else can read, instead of printing.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) async fn run(command: &Export, store: &Store, settings: &Settings) -> anyhow::Result<()> {
    let found = one(store, &command.learner, settings).await?;
    let held = store.held(found.person).await?.context("the learner was just linked; try again")?;
    let text = serde_json::to_string_pretty(&document(&found, &held, Clock::system().now()))?;
    let Some(file) = &command.out else {
        println!("{text}");
        return Ok(());
    };
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut opened = opened
        .with_context(|| format!("--out: {} cannot be written; it must not be there yet", file.display()))?;
    opened.write_all(text.as_bytes()).and_then(|()| opened.write_all(b"\n"))?;
    opened.sync_all()?;
    let rows: usize = held.tables.iter().map(|table| table.rows.len()).sum();
    println!("{rows} records about {} are in {}", shown(&found), file.display());
    for remark in remarks(&held) {
        println!("{remark}");
    }
    Ok(())
}

/// One document, for programs and for the learner.
fn document(found: &FoundLearner, held: &Held, now: DateTime<Utc>) -> Value {
    let table = |table: &crate::store::HeldTable| {
        (table.name.to_owned(), json!({"what": table.what, "records": table.rows}))
    };
    let tables: Map<String, Value> = held.tables.iter().map(table).collect();
    json!({
        "learner": id(found),
        "person": found.person,
        "exported_at": now,
        "remarks": remarks(held),
        "held": tables,
    })
}

/// What whoever hands it out has to know.
fn remarks(held: &Held) -> Vec<String> {
    let mut remarks = Vec::new();
    if !held.secrets.is_empty() {
        remarks.push(format!("Left out, for it is as good as a key: {}.", held.secrets.join(", ")));
    }
    if !held.shared.is_empty() {
        let ids: Vec<String> = held.shared.iter().map(ToString::to_string).collect();
        remarks.push(format!(
            "Left out: the bodies of deliveries that tell of others, too: {}.",
            ids.join(", ")
        ));
    }
    if !held.mixed.is_empty() {
        remarks.push(format!(
            "Texts for administrators, which may name others; read them before you hand this out: {}.",
            held.mixed.join(", ")
        ));
    }
    remarks
}
