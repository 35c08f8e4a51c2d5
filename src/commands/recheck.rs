//! `accolade recheck`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use super::named;
use crate::catalogs::{Published, VersionError, short};
use crate::config::{Catalog, Settings};
use crate::store::AwardBasis;
use crate::worker::{Recheck, recheck};

/// Judge awards again by the facts that are kept with each and by the version of the rules that it
/// names. Ends with 1 where another decision comes out, or where the facts were altered.
#[derive(Debug, Args)]
pub(super) struct RecheckAwards {
    /// The award: the id of its credential, or the address of its page.
    #[arg(value_name = "AWARD", required_unless_present = "all", value_parser = named::credential)]
    award: Option<Uuid>,
    /// Every award; shows those that do not come out the same.
    #[arg(long, conflicts_with = "award")]
    all: bool,
    /// As JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// How many awards are read at a time.
const PAGE: u32 = 500;

pub(super) async fn run(command: &RecheckAwards, settings: &Settings) -> anyhow::Result<ExitCode> {
    crate::secrets::install_tls();
    let store = super::opened(settings, 1).await?;
    let mut versions =
        Versions { published: Published::new(&store, settings.known()), read: BTreeMap::new() };
    if let Some(award) = &command.award {
        let Some(award) = store.award_basis(*award).await? else { bail!("there is no credential {award}") };
        let found = versions.check(&award).await?;
        if command.json {
            println!("{}", serde_json::to_string_pretty(&document(&award, &found)?)?);
        } else {
            print!("{}", text(&award, &found));
        }
        return Ok(if matches!(found, Recheck::Same { .. }) { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let mut counts = Counts::default();
    let mut listed: Vec<Value> = Vec::new();
    let mut after = Uuid::nil();
    loop {
        let page = store.award_bases(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.credential;
        for award in &page {
            let found = versions.check(award).await?;
            counts.add(&found);
            if command.json {
                listed.push(document(award, &found)?);
            } else if !matches!(found, Recheck::Same { .. } | Recheck::Unknown { .. }) {
                print!("{}", text(award, &found));
            }
        }
    }
    if command.json {
        println!("{}", serde_json::to_string_pretty(&listed)?);
    } else {
        println!("{}", counts.text());
    }
    // What was awarded before facts were kept is no fault.
    Ok(if counts.differ + counts.altered == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Versions of the rules, each read once.
struct Versions {
    published: Published,
    read: BTreeMap<String, Result<Option<Catalog>, Recheck>>,
}

impl Versions {
    async fn check(&mut self, award: &AwardBasis) -> anyhow::Result<Recheck> {
        if !self.read.contains_key(&award.rules) {
            let read = match self.published.version(&award.rules).await {
                Err(VersionError::Store(error)) => return Err(error.into()),
                Err(error @ VersionError::Altered(_)) => Err(Recheck::Altered { why: error.to_string() }),
                read => read.map_err(|error| Recheck::Unknown { why: error.to_string() }),
            };
            self.read.insert(award.rules.clone(), read);
        }
        Ok(match self.read.get(&award.rules) {
            Some(Ok(rules)) => recheck(award, rules.as_ref()),
            Some(Err(found)) => found.clone(),
            None => recheck(award, None),
        })
    }
}

#[derive(Default)]
struct Counts {
    same: usize,
    differ: usize,
    altered: usize,
    unknown: usize,
}

impl Counts {
    fn add(&mut self, found: &Recheck) {
        *match found {
            Recheck::Same { .. } => &mut self.same,
            Recheck::Differs { .. } => &mut self.differ,
            Recheck::Altered { .. } => &mut self.altered,
            Recheck::Unknown { .. } => &mut self.unknown,
        } += 1;
    }

    fn text(&self) -> String {
        let all = self.same + self.differ + self.altered + self.unknown;
        let mut text = format!("awards: {all}; the same decision: {}", self.same);
        for (count, what) in [
            (self.differ, "another one"),
            (self.altered, "with facts that were altered"),
            (self.unknown, "not to be checked, since facts or rules were not kept when they were made"),
        ] {
            if count > 0 {
                // Writing into a String cannot fail.
                let _ = write!(text, "; {what}: {count}");
            }
        }
        text
    }
}

fn text(award: &AwardBasis, found: &Recheck) -> String {
    let (credential, day) = (award.credential, award.awarded_at.format("%-d %B %Y"));
    let mut text = format!("credential {credential}, “{}” of {day}: ", award.badge);
    match found {
        Recheck::Same { granted, results, held } => {
            let why = if *granted { ", granted by a human" } else { "" };
            let _ = writeln!(text, "the same decision{why}");
            let count =
                |number: usize, one: &str| format!("{number} {one}{}", if number == 1 { "" } else { "s" });
            let (results, held) = (count(*results, "result"), count(*held, "held badge"));
            let _ = writeln!(
                text,
                "  by version {} of the rules, from {results} and {held} that are kept with it; their hash holds",
                short(&award.rules)
            );
        }
        Recheck::Differs { what } => {
            let _ = writeln!(text, "another decision, by version {} of the rules", short(&award.rules));
            for what in what {
                let _ = writeln!(text, "  {what}");
            }
        }
        Recheck::Altered { why } => {
            let _ = writeln!(text, "what is kept with it was altered: {why}");
        }
        Recheck::Unknown { why } => {
            let _ = writeln!(text, "cannot be checked: {why}");
        }
    }
    text
}

fn document(award: &AwardBasis, found: &Recheck) -> anyhow::Result<Value> {
    let mut document = json!({
        "credential": award.credential, "badge": award.badge, "awarded_at": award.awarded_at,
        "rules": award.rules, "inputs_hash": award.inputs.as_ref().map(|inputs| &inputs.hash),
    });
    if let (Value::Object(all), Value::Object(found)) = (&mut document, serde_json::to_value(found)?) {
        all.extend(found);
    }
    Ok(document)
}
