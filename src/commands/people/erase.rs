//! `accolade people erase` and `readmit`.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use clap::Args;

use super::super::whom::{id, one, shown};
use super::Why;
use crate::clock::Clock;
use crate::config::Settings;
use crate::secrets::claim_secret;
use crate::store::{Erased, FoundLearner, Held, Store};

/// How often an erasure is tried again while workers change the same rows.
const TRIES: u32 = 5;

/// Whom to erase, and why.
#[derive(Debug, Args)]
pub(in crate::commands) struct Erase {
    /// The learner: SOURCE:ID with the id in that LMS, an e-mail address or the institution's id.
    #[arg(value_name = "LEARNER")]
    learner: String,
    /// Why. It is kept: name no learner in it.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who decided. It is kept.
    #[arg(long, value_name = "NAME", default_value = "an administrator")]
    by: String,
    /// Do not ask, for scripts.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn erase(command: &Erase, store: Store, settings: &Settings) -> anyhow::Result<()> {
    let store = store.with_erasures(claim_secret(&settings.claim.secret_file)?);
    let by = Why { reason: command.reason.clone(), by: command.by.clone() }.by()?;
    let found = one(&store, &command.learner, settings).await?;
    let person = store.person(found.person).await?.context("the learner was just linked; try again")?;
    let held = store.held(found.person).await?.context("the learner was just linked; try again")?;
    print!("{}", preview(&person.learners, &held));
    if !command.yes && !asked()? {
        bail!("nothing was erased");
    }
    let now = Clock::system().now();
    let traits = store.traits(found.person).await?;
    let (mut bodies, mut after) = (0, None);
    loop {
        let (dropped, next) = store.drop_bodies_naming(&traits, after, now).await?;
        bodies += dropped;
        after = next;
        if after.is_none() {
            break;
        }
    }
    let mut tries = 0;
    let erased = loop {
        match store.erase(found.person, &by, now).await {
            Err(crate::store::StoreError::Conflict) if tries < TRIES => tries += 1,
            done => break done?,
        }
    };
    match erased {
        Erased::MailLeaving => bail!(
            "a mail to them is being sent just now; nothing was erased but the bodies of {bodies} deliveries. \
             Try again in four minutes"
        ),
        Erased::Nobody => bail!("the learner was just linked or erased by somebody else; look again"),
        Erased::Done { delivery, credentials, mails } => {
            let files = outbox_files(settings, &mails)?;
            println!("erased: `accolade deliveries {delivery}` shows who decided it, and why");
            for credential in credentials {
                println!("credential {credential} is revoked, and its address answers 410");
            }
            if files > 0 {
                println!("mails removed from the outbox folder: {files}");
            }
            let ids: Vec<String> = person.learners.iter().map(id).collect();
            println!(
                "not taken up again, whatever an LMS tells: {}; `accolade people readmit` ends that. \
                 Backups, logs of the mail server and the LMSs are not reached from here",
                ids.join(", ")
            );
        }
    }
    Ok(())
}

/// What would go.
fn preview(learners: &[FoundLearner], held: &Held) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    let rows =
        |name: &str| held.tables.iter().find(|table| table.name == name).map_or(0, |table| table.rows.len());
    // Writing into a String cannot fail.
    for learner in learners {
        let _ = writeln!(text, "{}", shown(learner));
    }
    let _ = writeln!(
        text,
        "  erased for good: results {}, badges {}, mails {}, deliveries that tell of them {}",
        rows("outcomes"),
        rows("credentials"),
        rows("mails") + rows("wallet_offers"),
        rows("deliveries")
    );
    for table in held.tables.iter().filter(|table| table.name == "awards") {
        for row in &table.rows {
            let text_of =
                |column: &str| row.get(column).and_then(serde_json::Value::as_str).unwrap_or_default();
            let _ = writeln!(text, "  revoked: badge {}, credential {}", text_of("badge"), text_of("id"));
        }
    }
    text
}

fn asked() -> anyhow::Result<bool> {
    print!("erase all of it? It cannot be undone. [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    if std::io::stdin().read_line(&mut answer)? == 0 {
        println!();
        bail!("nobody answers; with --yes it is done without asking");
    }
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Removes mails from the folder in which mails become files; how many there were.
fn outbox_files(settings: &Settings, mails: &[String]) -> anyhow::Result<usize> {
    let Some(folder) = settings.mail.url.expose().strip_prefix("outbox:") else { return Ok(0) };
    let mut files = 0;
    for mail in mails {
        files += usize::from(
            crate::mail::remove_from_outbox(Path::new(folder), mail)
                .with_context(|| format!("erased, but a mail in {folder} cannot be removed"))?,
        );
    }
    Ok(files)
}

/// Whom to take up again.
#[derive(Debug, Args)]
pub(in crate::commands) struct Readmit {
    /// The learner, as SOURCE:ID with the id in that LMS.
    #[arg(value_name = "SOURCE:ID")]
    learner: String,
}

pub(super) async fn readmit(command: &Readmit, store: Store, settings: &Settings) -> anyhow::Result<()> {
    let store = store.with_erasures(claim_secret(&settings.claim.secret_file)?);
    let (source, learner) =
        command.learner.trim().split_once(':').context("name the learner as SOURCE:ID")?;
    if !store.readmit(source, learner, Clock::system().now()).await? {
        bail!("nobody was erased as “{source}:{learner}”, or under another secret (claim.secret_file)");
    }
    println!(
        "{source}:{learner} is taken up again, as somebody new: results count from the next webhook or \
         reconciliation on"
    );
    Ok(())
}
