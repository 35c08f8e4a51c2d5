//! `accolade publish`

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use crate::catalogs::{Published, VersionError, short};
use crate::clock::Clock;
use crate::config::{BadgeChange, Catalog, Settings, Term};
use crate::store::{Publication, Store};

/// Brings the badges of a folder into use, as a version that never changes. Running processes
/// use it within seconds, without a restart.
#[derive(Debug, Args)]
pub(super) struct Publish {
    /// The folder of badge files. What is wrong in it is named, and then nothing is published.
    #[arg(value_name = "DIR", conflicts_with_all = ["again", "list"])]
    folder: Option<PathBuf>,
    /// An earlier version again: the first characters of its hash, as `--list` shows it.
    #[arg(long, value_name = "HASH", conflicts_with = "list")]
    again: Option<String>,
    /// Show what was published, newest first; the first is in use.
    #[arg(long)]
    list: bool,
    /// Why, for those who read the list.
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Who publishes.
    #[arg(long, value_name = "NAME", default_value = "an administrator")]
    by: String,
    /// As JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// How many publications `--list` shows.
const LISTED: u32 = 1_000;

pub(super) async fn run(command: &Publish, settings: &Settings) -> anyhow::Result<ExitCode> {
    crate::secrets::install_tls();
    let published = |store: &Store| Published::new(store, settings.sources.keys(), &settings.terms());
    let open = async || Store::open(settings.database.url.expose(), 1).await;
    if command.list {
        list(&open().await?.publications(LISTED).await?, command.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let sources: Vec<&str> = settings.sources.keys().map(String::as_str).collect();
    let (store, draft) = match (&command.folder, &command.again) {
        (Some(folder), _) => {
            let draft = Catalog::load(folder, &sources, &settings.terms())?;
            (open().await?, draft)
        }
        (None, Some(start)) => {
            let store = open().await?;
            let draft = earlier(&store, &published(&store), start, &sources, &settings.terms()).await?;
            (store, draft)
        }
        (None, None) => bail!(
            "name the folder of badge files, as in `accolade publish {}`; `accolade publish --list` shows what was published",
            settings.badges.display()
        ),
    };
    let before = store.publication().await?;
    let earlier = match &before {
        // The draft may be what mends a version that cannot be read any more.
        Some(before) => match published(&store).version(&before.version).await {
            Err(VersionError::Store(error)) => return Err(error.into()),
            read => read.ok().flatten(),
        },
        None => None,
    };
    let in_use = earlier.as_ref().is_some_and(|earlier| earlier.version == draft.version);
    let changes = draft.changes_since(&earlier.unwrap_or_default());
    let (number, version) = (before.as_ref().map_or(0, |before| before.number), draft.version.clone());
    let publication = if in_use {
        None
    } else {
        let (note, now) = ((command.by.as_str(), command.note.as_str()), Clock::system().now());
        let made = published(&store).publish(draft, number, note, now).await?;
        let made = made.context(
            "somebody else published something meanwhile; look at it with `accolade publish --list`, and do it again",
        )?;
        Some(made.0)
    };
    if command.json {
        let changes: Vec<_> = changes
            .iter()
            .map(|(badge, change)| json!({"badge": badge, "change": change.to_string()}))
            .collect();
        let answer = json!({
            "version": version, "published": publication.as_ref().map(document),
            "before": before.as_ref().map(document), "changes": changes,
        });
        println!("{}", serde_json::to_string_pretty(&answer)?);
    } else {
        print!("{}", text(before.as_ref(), &changes, publication.as_ref(), &version));
    }
    Ok(ExitCode::SUCCESS)
}

/// A version that was published before, as this configuration reads it.
async fn earlier(
    store: &Store,
    published: &Published,
    start: &str,
    sources: &[&str],
    terms: &[Term],
) -> anyhow::Result<Catalog> {
    let found = store.versions_like(start).await?;
    let catalog = match found.as_slice() {
        [version] => published.version(version).await?,
        _ => None,
    };
    let catalog = catalog.with_context(|| {
        format!("--again: no single version begins with “{start}”; `accolade publish --list` shows them")
    })?;
    Ok(Catalog::of(&catalog.files, sources, terms)?)
}

fn text(
    before: Option<&Publication>,
    changes: &[(String, BadgeChange)],
    published: Option<&Publication>,
    version: &str,
) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail.
    match before {
        Some(_) if published.is_none() => {
            let _ = writeln!(text, "these badges are in use already: version {}", short(version));
            return text;
        }
        Some(before) => {
            let _ = writeln!(text, "against {}:", said(before));
        }
        None => text.push_str("the first badges:\n"),
    }
    for (badge, change) in changes {
        let _ = writeln!(text, "  {badge:<24} {change}");
    }
    if changes.is_empty() {
        text.push_str("  no badge is another one: only files are named otherwise\n");
    }
    if let Some(published) = published {
        let _ = writeln!(
            text,
            "published as number {}, version {}: running processes use it within seconds",
            published.number,
            short(version)
        );
    }
    text
}

/// `number 2, version 0f3a…, published on 29 November 2026 by Ada`
fn said(publication: &Publication) -> String {
    format!(
        "number {}, version {}, published on {} by {}",
        publication.number,
        short(&publication.version),
        publication.published_at.format("%-d %B %Y"),
        publication.by
    )
}

fn document(publication: &Publication) -> serde_json::Value {
    json!({
        "number": publication.number, "version": publication.version,
        "published_at": publication.published_at, "by": publication.by, "note": publication.note,
    })
}

fn list(publications: &[Publication], json: bool) -> anyhow::Result<()> {
    if json {
        let all: Vec<_> = publications.iter().map(document).collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    if publications.is_empty() {
        println!("nothing was published yet: the first `accolade serve` publishes the configured folder");
    }
    for (index, one) in publications.iter().enumerate() {
        let at = one.published_at.format("%Y-%m-%d %H:%M:%S");
        let in_use = if index == 0 { "in use" } else { "" };
        let line = format!(
            "{:>4}  {}  {at}  {in_use:<6}  {}  {}",
            one.number,
            short(&one.version),
            one.by,
            one.note
        );
        println!("{}", line.trim_end());
    }
    Ok(())
}
