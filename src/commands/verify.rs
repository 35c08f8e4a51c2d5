//! `accolade verify`

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use async_trait::async_trait;
use clap::Args;
use url::Url;

use crate::badges::verify::Verdict;
use crate::clock::Clock;
use crate::remote::{Fetcher, Ours, Own, examine};
use crate::secrets;

/// Which credential to verify.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The credential: a file (JSON, a JWT, or a baked PNG or SVG), or a link that begins with
    /// https://.
    #[arg(value_name = "FILE|LINK")]
    badge: String,
    /// Read did.json and status lists from this folder's `index.json` (as `accolade demo --exit
    /// --output` writes it) instead of the web.
    #[arg(long, value_name = "DIR")]
    documents: Option<PathBuf>,
}

/// How it ends when something could not be checked: no other failure may look like a badge that is not
/// valid.
const OPEN: u8 = 3;

pub(super) async fn run(command: &Verify) -> ExitCode {
    secrets::install_tls();
    match verified(command).await {
        Ok(Verdict::Valid) => ExitCode::SUCCESS,
        Ok(Verdict::Invalid) => ExitCode::FAILURE,
        Ok(Verdict::Open) => ExitCode::from(OPEN),
        Err(error) => {
            eprintln!("accolade: nothing was verified: {error:#}");
            ExitCode::from(OPEN)
        }
    }
}

async fn verified(command: &Verify) -> anyhow::Result<Verdict> {
    let fetcher = Fetcher::public_and_this_machine()?;
    let bytes = match Url::parse(&command.badge) {
        Ok(url) if matches!(url.scheme(), "https" | "http") => {
            let fetched = fetcher.badge(&url).await;
            fetched.with_context(|| command.badge.clone())?.bytes
        }
        _ => std::fs::read(&command.badge).with_context(|| command.badge.clone())?,
    };
    let own: Box<dyn Own> = match &command.documents {
        Some(folder) => Box::new(Folder { folder: folder.clone() }),
        None => Box::new(Nothing),
    };
    let examined = examine(bytes, &*own, &fetcher, &Clock::system(), None).await?;
    for (id, why) in &examined.unread {
        eprintln!("{id}: {why}");
    }
    for check in &examined.report.checks {
        let word = match check.holds {
            Some(true) => "holds ",
            Some(false) => "FAILS ",
            None => "?     ",
        };
        println!("{word} {:<10} {}", check.name, check.found);
    }
    let verdict = examined.report.verdict();
    println!(
        "{}",
        match verdict {
            Verdict::Valid => "the credential is valid",
            Verdict::Invalid => "the credential is NOT valid",
            Verdict::Open => "the credential could NOT be checked completely",
        }
    );
    Ok(verdict)
}

/// Nothing is known without the web.
struct Nothing;

#[async_trait]
impl Own for Nothing {
    async fn document(&self, _: &str) -> Ours {
        Ours::No
    }
}

/// Documents of a folder alone.
struct Folder {
    folder: PathBuf,
}

#[async_trait]
impl Own for Folder {
    async fn document(&self, id: &str) -> Ours {
        match self.read(id) {
            Ok(document) => Ours::Document(document),
            Err(error) => {
                eprintln!("{id}: {error:#}");
                Ours::Missing
            }
        }
    }
}

impl Folder {
    fn read(&self, id: &str) -> anyhow::Result<serde_json::Value> {
        let index = self.folder.join("index.json");
        let text = std::fs::read_to_string(&index).with_context(|| index.display().to_string())?;
        let index: HashMap<String, String> = serde_json::from_str(&text).context("index.json")?;
        let file = self.folder.join(index.get(id).context("index.json does not name it")?);
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        Ok(serde_json::from_str(&text)?)
    }
}
