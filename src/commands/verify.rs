//! `accolade verify`

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;
use url::Url;

use crate::badges::verify::{Lookup, verify};
use crate::clock::Clock;
use crate::lms::Client;
use crate::secrets;

/// The largest document that is fetched.
const LARGEST: usize = 1 << 20;

/// Which credential to verify.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The credential: JSON, or a baked PNG or SVG.
    file: PathBuf,
    /// Read did.json and status lists from this folder's `index.json` (as `accolade demo --exit
    /// --output` writes it) instead of the web.
    #[arg(long, value_name = "DIR")]
    documents: Option<PathBuf>,
}

pub(super) async fn run(command: &Verify) -> anyhow::Result<ExitCode> {
    secrets::install_tls();
    let bytes = std::fs::read(&command.file).with_context(|| command.file.display().to_string())?;
    let mut found = Documents::default();
    let mut report = verify(&bytes, &found, Clock::system().now());
    // What the credential names is fetched once it is asked for, and the verdict made anew.
    for _ in 0..3 {
        let wanted = found.take_wanted();
        if wanted.is_empty() {
            break;
        }
        for id in wanted {
            let document = match &command.documents {
                Some(folder) => read(folder, &id),
                None => fetch(&id).await,
            };
            match document {
                Ok(document) => drop(found.held.insert(id, document)),
                Err(error) => eprintln!("{id}: {error:#}"),
            }
        }
        report = verify(&bytes, &found, Clock::system().now());
    }
    for check in &report.checks {
        let word = match check.holds {
            Some(true) => "holds ",
            Some(false) => "FAILS ",
            None => "?     ",
        };
        println!("{word} {:<10} {}", check.name, check.found);
    }
    let holds = report.holds();
    println!("{}", if holds { "the credential is valid" } else { "the credential is NOT valid" });
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Documents found so far, and a note of those that were asked for in vain.
#[derive(Debug, Default)]
struct Documents {
    held: HashMap<String, Value>,
    wanted: std::sync::Mutex<Vec<String>>,
}

impl Documents {
    fn get(&self, id: &str) -> Option<Value> {
        let held = self.held.get(id).cloned();
        if held.is_none() {
            let mut wanted = self.wanted.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if !wanted.iter().any(|already| already == id) {
                wanted.push(id.to_owned());
            }
        }
        held
    }

    fn take_wanted(&mut self) -> Vec<String> {
        std::mem::take(&mut *self.wanted.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Lookup for Documents {
    fn did_document(&self, did: &str) -> Option<Value> {
        self.get(did)
    }

    fn status_list(&self, url: &str) -> Option<Value> {
        self.get(url)
    }
}

fn read(folder: &std::path::Path, id: &str) -> anyhow::Result<Value> {
    let index = folder.join("index.json");
    let text = std::fs::read_to_string(&index).with_context(|| index.display().to_string())?;
    let index: HashMap<String, String> = serde_json::from_str(&text).context("index.json")?;
    let file = folder.join(index.get(id).context("index.json does not name it")?);
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}

async fn fetch(id: &str) -> anyhow::Result<Value> {
    let url = match id.strip_prefix("did:web:") {
        Some(rest) => did_web_url(rest)?,
        None => Url::parse(id)?,
    };
    let mut response = Client::http()?
        .get(url)
        .header("accept", "application/vc, application/did+json, application/json;q=0.9")
        .timeout(Duration::from_secs(15))
        .send()
        .await?
        .error_for_status()?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        anyhow::ensure!(body.len() + chunk.len() <= LARGEST, "larger than {LARGEST} bytes");
        body.extend_from_slice(&chunk);
    }
    Ok(serde_json::from_slice(&body)?)
}

/// The address of a did:web document (did:web method specification, section 3.2), https always
/// but for this machine's own names.
fn did_web_url(rest: &str) -> anyhow::Result<Url> {
    let mut parts = rest.split(':');
    let host = parts.next().unwrap_or_default().replace("%3A", ":").replace("%3a", ":");
    let path: Vec<&str> = parts.collect();
    let local = matches!(host.split(':').next(), Some("localhost" | "127.0.0.1"));
    let scheme = if local { "http" } else { "https" };
    let path = if path.is_empty() { ".well-known".to_owned() } else { path.join("/") };
    Ok(Url::parse(&format!("{scheme}://{host}/{path}/did.json"))?)
}

#[cfg(test)]
mod tests {
    use super::did_web_url;

    #[test]
    fn did_web_addresses_follow_the_method() {
        let url = |rest| did_web_url(rest).unwrap().to_string();
        assert_eq!(url("badges.example.edu"), "https://badges.example.edu/.well-known/did.json");
        assert_eq!(url("example.edu:faculty:law"), "https://example.edu/faculty/law/did.json");
        assert_eq!(url("localhost%3A8080"), "http://localhost:8080/.well-known/did.json");
    }
}
