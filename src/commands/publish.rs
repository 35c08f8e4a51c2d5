//! `accolade publish`

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;
use uuid::Uuid;

use super::rehearsal::{Rehearsal, Totals};
use crate::catalogs::{self, Published, VersionError, short};
use crate::clock::Clock;
use crate::config::{BadgeChange, Catalog, Nameable, Settings};
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
    /// Also judge by it what was confirmed before: who met a rule earlier gets the badge now, and
    /// who does not meet it any more loses it as the badge file says. Without a folder, by the
    /// badges in use. `accolade simulate DIR` shows beforehand what would happen.
    #[arg(long)]
    apply_retroactively: bool,
    /// Do nothing if with that more badges than so many would be awarded, or more lost.
    #[arg(long, value_name = "N", default_value_t = 100, requires = "apply_retroactively")]
    at_most: usize,
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

/// By then every running process judges by what was published: those that look for it each second
/// have read it, and what was judged before is stored.
const TAKEN_UP: Duration = catalogs::LOOK.saturating_mul(4);
/// How many publications `--list` shows.
const LISTED: u32 = 1_000;

pub(super) async fn run(command: &Publish, settings: &Settings) -> anyhow::Result<ExitCode> {
    crate::secrets::install_tls();
    let published = |store: &Store| Published::new(store, settings.known());
    let open = || super::opened(settings, 1);
    if command.list {
        list(&open().await?.publications(LISTED).await?, command.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let known = settings.known();
    // What is wrong in a folder is told before anything is opened.
    let folder = command.folder.as_ref().map(|folder| Catalog::load(folder, &known)).transpose()?;
    let store = open().await?;
    let published = published(&store);
    let draft = match (folder, &command.again) {
        (Some(draft), _) => draft,
        (None, Some(start)) => earlier(&store, &published, start, &known).await?,
        (None, None) if command.apply_retroactively => published.in_use(&settings.badges).await?,
        (None, None) => bail!(
            "name the folder of badge files, as in `accolade publish {}`; `accolade publish --list` shows what was published",
            settings.badges.display()
        ),
    };
    let mut done = Done { version: draft.version.clone(), ..Done::default() };
    done.before = store.publication().await?;
    let in_use = match &done.before {
        // The draft may be what mends a version that cannot be read any more.
        Some(before) => match published.version(&before.version).await {
            Err(VersionError::Store(error)) => return Err(error.into()),
            read => read.ok().flatten(),
        },
        None => None,
    };
    let unchanged = in_use.as_ref().is_some_and(|in_use| in_use.version == draft.version);
    done.changes = draft.changes_since(&in_use.unwrap_or_default());
    let applying = Applying { store: &store, clock: Clock::system(), command };
    if command.apply_retroactively {
        applying.allowed(&draft).await?;
    }
    let mut rules = draft;
    if !unchanged {
        let number = done.before.as_ref().map_or(0, |before| before.number);
        let made =
            published.publish(rules, number, (&command.by, &command.note), applying.clock.now()).await?;
        let (publication, catalog) = made.context(
            "somebody else published something meanwhile; look at it with `accolade publish --list`, and do it again",
        )?;
        done.published = Some(publication);
        rules = catalog;
    }
    if command.apply_retroactively {
        if done.published.is_some() {
            eprintln!("waiting until every running process uses it");
            tokio::time::sleep(TAKEN_UP).await;
        }
        let number = done.published.as_ref().or(done.before.as_ref()).map_or(0, |one| one.number);
        done.applied = Some(applying.apply(&rules, number).await?);
    }
    if command.json {
        println!("{}", serde_json::to_string_pretty(&done.document())?);
    } else {
        print!("{}", done.text());
    }
    Ok(ExitCode::SUCCESS)
}

/// Applies rules to what was confirmed before.
struct Applying<'a> {
    store: &'a Store,
    clock: Clock,
    command: &'a Publish,
}

/// What was applied.
#[derive(Default)]
struct Applied {
    persons: usize,
    deliveries: Vec<Uuid>,
    totals: Totals,
}

impl Applying<'_> {
    fn rehearsal<'r>(&'r self, rules: &'r Catalog) -> Rehearsal<'r> {
        Rehearsal { store: self.store, rules, now: self.clock.now() }
    }

    /// # Errors
    /// If too much would happen.
    async fn allowed(&self, rules: &Catalog) -> anyhow::Result<()> {
        let totals = self.rehearsal(rules).run(async |_, _| Ok(())).await?;
        let most = self.command.at_most;
        if totals.exceed(most) {
            bail!(
                "nothing was done: {} badges would be awarded and {} lost, and --at-most allows {most} of each. \
                 `accolade simulate DIR` shows whose; if that is right, say --at-most {}",
                totals.gains,
                totals.losses,
                totals.gains.max(totals.losses)
            );
        }
        Ok(())
    }

    /// Has those judged anew for whom something changes, by the publication of this number.
    async fn apply(&self, rules: &Catalog, number: i64) -> anyhow::Result<Applied> {
        let (mut persons, mut deliveries) = (0, Vec::new());
        let rehearsal = self.rehearsal(rules);
        let totals = rehearsal.run(async |changed, totals| {
            // Grades may have come since it was allowed.
            if totals.exceed(self.command.at_most) {
                bail!(
                    "more changes than --at-most allows: {persons} learners are judged anew, and no more; do it again"
                );
            }
            let ids: Vec<Uuid> = changed.iter().map(|(candidate, _)| candidate.person).collect();
            deliveries.push(self.store.apply_rules(&ids, number, &self.command.by, self.clock.now()).await?);
            persons += ids.len();
            Ok(())
        });
        let totals = totals.await?;
        Ok(Applied { persons, deliveries, totals })
    }
}

/// A version that was published before, as this configuration reads it.
async fn earlier(
    store: &Store,
    published: &Published,
    start: &str,
    known: &Nameable,
) -> anyhow::Result<Catalog> {
    let found = store.versions_like(start).await?;
    let catalog = match found.as_slice() {
        [version] => published.version(version).await?,
        _ => None,
    };
    let catalog = catalog.with_context(|| {
        format!("--again: no single version begins with “{start}”; `accolade publish --list` shows them")
    })?;
    Ok(Catalog::of(&catalog.files, known)?)
}

/// What came of it.
#[derive(Default)]
struct Done {
    version: String,
    before: Option<Publication>,
    changes: Vec<(String, BadgeChange)>,
    published: Option<Publication>,
    applied: Option<Applied>,
}

impl Done {
    fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a String cannot fail.
        if let Some(published) = &self.published {
            let _ = match &self.before {
                Some(before) => writeln!(text, "against {}:", said(before)),
                None => writeln!(text, "the first badges:"),
            };
            for (badge, change) in &self.changes {
                let _ = writeln!(text, "  {badge:<24} {change}");
            }
            if self.changes.is_empty() {
                text.push_str("  no badge is another one: only files are named otherwise\n");
            }
            let _ = writeln!(
                text,
                "published as number {}, version {}: running processes use it within seconds",
                published.number,
                short(&self.version)
            );
        } else {
            let _ = writeln!(text, "these badges are in use already: version {}", short(&self.version));
        }
        match &self.applied {
            None if self.published.is_some() => text.push_str(
                "who met a rule before gets its badge with the next change of a result that it names, or now: \
                 accolade publish --apply-retroactively\n",
            ),
            None => {}
            Some(applied) if applied.persons == 0 => {
                text.push_str("for what was confirmed before nothing changes\n");
            }
            Some(Applied { persons, deliveries, totals }) => {
                let _ = writeln!(
                    text,
                    "{persons} learners are judged anew, at once where `accolade serve` runs, else when it starts \
                     (badges to award: {}, to lose: {}); what comes of it:",
                    totals.gains, totals.losses
                );
                for delivery in deliveries {
                    let _ = writeln!(text, "  accolade deliveries {delivery}");
                }
            }
        }
        text
    }

    fn document(&self) -> serde_json::Value {
        let changes: Vec<_> = self
            .changes
            .iter()
            .map(|(badge, change)| json!({"badge": badge, "change": change.to_string()}))
            .collect();
        json!({
            "version": self.version, "published": self.published.as_ref().map(document),
            "before": self.before.as_ref().map(document), "changes": changes,
            "applied": self.applied.as_ref().map(|applied| json!({
                "learners": applied.persons, "deliveries": applied.deliveries,
                "awards": applied.totals.gains, "losses": applied.totals.losses,
            })),
        })
    }
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
