//! `accolade people`

mod erase;
mod export;

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::named;
use super::whom::{self, id, one, shown};
use crate::clock::Clock;
use crate::config::Settings;
use crate::store::{By, Doubt, FoundLearner, Linked, Separated, Store, StoreError};

/// What to see, or to decide. Decisions are kept for ever, and outrank addresses and ids.
#[derive(Debug, Subcommand)]
pub(super) enum People {
    /// Show learners who may be the same person as others: until you decide, no badge is awarded
    /// twice to those who may be one.
    Doubts {
        /// For programs: one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Hand out everything that is held about a learner, in every LMS, as one JSON document: for them,
    /// when they ask. Secrets are left out, and what is about others, too.
    Export(export::Export),
    /// Erase a learner in every LMS: name, address, results, evidence, mails. Shows what would go, and
    /// asks. Their badges are revoked, and none is awarded again for what an LMS tells of them. All
    /// processes must run this version of the program or a newer one.
    Erase(erase::Erase),
    /// Take a learner up again who was erased, because they come back and agree.
    Readmit(erase::Readmit),
    /// Say that two learners are one person: results and badges of both count together.
    Link {
        /// A learner: SOURCE:ID with the id in that LMS, an e-mail address or the institution's id.
        #[arg(value_name = "LEARNER")]
        one: String,
        /// The other one.
        #[arg(value_name = "LEARNER")]
        other: String,
        #[command(flatten)]
        why: Why,
    },
    /// Say that a learner is nobody of those with whom they are linked, or may be.
    Separate {
        /// The learner: SOURCE:ID with the id in that LMS.
        #[arg(value_name = "LEARNER")]
        learner: String,
        #[command(flatten)]
        why: Why,
    },
    /// Say that the learner of a doubt is none of those whom they may be.
    Dismiss {
        /// The doubt, as `accolade people doubts` shows it.
        #[arg(value_parser = named::doubt)]
        doubt: Uuid,
        #[command(flatten)]
        why: Why,
    },
}

/// Who decides, and why.
#[derive(Debug, Args)]
pub(super) struct Why {
    /// Why. It is kept for ever, and shown by `accolade deliveries` only.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who decided.
    #[arg(long, value_name = "NAME", default_value = "an administrator")]
    by: String,
}

impl Why {
    fn by(&self) -> anyhow::Result<By> {
        Ok(By { who: whom::text("by", &self.by)?, reason: whom::text("reason", &self.reason)? })
    }
}

pub(super) async fn run(command: &People, settings: &Settings) -> anyhow::Result<ExitCode> {
    crate::secrets::install_tls();
    let store = super::opened(settings, 1).await?;
    match command {
        People::Doubts { json } => doubts(&store, *json).await,
        People::Erase(command) => erase::erase(command, store, settings).await,
        People::Readmit(command) => erase::readmit(command, store, settings).await,
        People::Export(command) => export::run(command, &store, settings).await,
        People::Link { one, other, why } => link(&store, (one, other), &why.by()?, settings).await,
        People::Separate { learner, why } => separate(&store, learner, &why.by()?, settings).await,
        People::Dismiss { doubt, why } => dismiss(&store, *doubt, &why.by()?).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn doubts(store: &Store, json: bool) -> anyhow::Result<()> {
    let doubts = store.doubts().await?;
    if doubts.is_empty() && !json {
        println!("nobody is in doubt");
    }
    for doubt in &doubts {
        if json { println!("{}", object(doubt)) } else { print!("{}", lines(doubt)) }
    }
    Ok(())
}

fn object(doubt: &Doubt) -> String {
    let learner = |learner: &FoundLearner| {
        let FoundLearner { source, learner, name, email, person, .. } = learner;
        json!({"source": source, "learner": learner, "name": name, "email": email, "person": person})
    };
    let candidates: Vec<_> = doubt.candidates.iter().map(learner).collect();
    json!({
        "doubt": doubt.id, "since": doubt.since, "reason": doubt.reason, "learner": learner(&doubt.learner),
        "candidates": candidates,
    })
    .to_string()
}

fn lines(doubt: &Doubt) -> String {
    let since = doubt.since.format("%Y-%m-%d %H:%M:%S");
    let candidates: Vec<String> =
        doubt.candidates.iter().map(|one| format!("    {}\n", shown(one))).collect();
    format!(
        "{since} doubt {}\n  {} may be the same person as\n{}  {}\n",
        doubt.id,
        shown(&doubt.learner),
        candidates.concat(),
        doubt.reason
    )
}

async fn link(
    store: &Store,
    (first, second): (&str, &str),
    by: &By,
    settings: &Settings,
) -> anyhow::Result<()> {
    let (a, b) = (one(store, first, settings).await?, one(store, second, settings).await?);
    if a.id == b.id {
        bail!("“{first}” and “{second}” are the same learner");
    }
    let linked = store.link((a.id, b.id), by, Clock::system().now()).await;
    let (a, b) = (shown(&a), shown(&b));
    match linked.map_err(busy)? {
        Linked::Done { delivery, shared, doubts } => {
            println!(
                "{a} and {b} are one person now: `accolade deliveries {delivery}` shows what is awarded for it"
            );
            for shared in shared {
                let ids: Vec<String> = shared.credentials.iter().map(Uuid::to_string).collect();
                println!("both hold “{}”, and keep it; credentials {}", shared.badge, ids.join(", "));
            }
            for doubt in doubts {
                print!("still in doubt:\n{}", lines(&doubt));
            }
        }
        Linked::Already => println!("{a} and {b} were one person before; now that is your decision"),
        Linked::Separated(one, other) => bail!(
            "{} is kept separate from {}, by an earlier decision. If they are one person, too, link these first",
            shown(&one),
            shown(&other)
        ),
    }
    Ok(())
}

async fn separate(store: &Store, learner: &str, by: &By, settings: &Settings) -> anyhow::Result<()> {
    let found = one(store, learner, settings).await?;
    if learner.trim() != id(&found) {
        bail!("one learner is separated from the others of the person: name the one as SOURCE:ID");
    }
    match store.separate(found.id, by, Clock::system().now()).await.map_err(busy)? {
        Separated::Alone => bail!("{} is linked with nobody, and nobody is in doubt", shown(&found)),
        Separated::Done { delivery, others, badges } => {
            let others: Vec<String> = others.iter().map(shown).collect();
            println!(
                "{} is separate now from {}: `accolade deliveries {delivery}` shows what follows for their badges",
                shown(&found),
                others.join(", ")
            );
            for (badge, credential) in badges {
                println!(
                    "“{badge}” goes with {}, whose result earned it; credential {credential}",
                    id(&found)
                );
            }
        }
    }
    Ok(())
}

async fn dismiss(store: &Store, doubt: Uuid, by: &By) -> anyhow::Result<()> {
    let dismissed = store.dismiss(doubt, by, Clock::system().now()).await.map_err(busy)?;
    let (doubt, delivery) = dismissed
        .with_context(|| format!("there is no open doubt {doubt}; `accolade people doubts` shows them"))?;
    let candidates: Vec<String> = doubt.candidates.iter().map(shown).collect();
    println!(
        "{} is not {}: `accolade deliveries {delivery}` shows what is awarded for it",
        shown(&doubt.learner),
        candidates.join(", nor ")
    );
    Ok(())
}

/// Two who decide at the same time.
fn busy(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Conflict => anyhow::anyhow!("these learners are being changed just now; try again"),
        error => error.into(),
    }
}
