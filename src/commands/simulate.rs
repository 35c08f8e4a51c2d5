//! `accolade simulate`

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::rehearsal::{Rehearsal, Totals};
use crate::catalogs::short;
use crate::clock::Clock;
use crate::config::{Catalog, Settings};
use crate::store::Candidate;
use crate::worker::Effect;

/// Try a draft of the badges on everything that was confirmed until now, and show who would gain
/// a badge, who would lose one, and whose would change its state. Nothing is written.
#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// The folder of badge files.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// As JSON, for programs.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: &Simulate, settings: &Settings) -> anyhow::Result<ExitCode> {
    crate::secrets::install_tls();
    let draft = Catalog::load(&command.folder, &settings.known())?;
    let store = super::opened(settings, 1).await?;
    let rehearsal = Rehearsal { store: &store, rules: &draft, now: Clock::system().now() };
    if command.json {
        println!("{{\"version\": {},\n\"changes\": [", Value::from(draft.version.as_str()));
        let mut first = true;
        let totals = rehearsal.run(async |changed, _| {
            for (candidate, effects) in changed {
                for effect in effects {
                    let comma = if std::mem::take(&mut first) { "" } else { ",\n" };
                    print!("{comma}{}", document(&candidate, &effect)?);
                }
            }
            Ok(())
        });
        let totals = totals.await?;
        println!("\n],\n\"judged\": {}, \"totals\": {}}}", totals.persons, json!(totals.badges));
        return Ok(ExitCode::SUCCESS);
    }
    let totals = rehearsal.run(async |changed, _| {
        for (candidate, effects) in changed {
            print!("{}", rows(&candidate, &effects));
        }
        Ok(())
    });
    print!("{}", summary(&totals.await?, &draft.version, &command.folder.display().to_string()));
    Ok(ExitCode::SUCCESS)
}

/// `Ada Example (forms:ada)`
fn named(candidate: &Candidate) -> String {
    let learners = || candidate.outcomes.iter().map(|stored| (&stored.source, &stored.outcome.learner));
    let name = learners().find_map(|(_, learner)| learner.name.as_deref()).unwrap_or("no name known");
    let mut ids: Vec<String> =
        learners().map(|(source, learner)| format!("{source}:{}", learner.id)).collect();
    ids.sort();
    ids.dedup();
    format!("{name} ({})", ids.join(", "))
}

fn rows(candidate: &Candidate, effects: &[Effect]) -> String {
    let mut text = String::new();
    for effect in effects {
        let why = effect.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{:<10}  {:<24}  {}{why}", effect.kind.name(), effect.badge, named(candidate));
    }
    text
}

fn document(candidate: &Candidate, effect: &Effect) -> anyhow::Result<Value> {
    let mut learners: Vec<Value> = Vec::new();
    for stored in &candidate.outcomes {
        let learner = &stored.outcome.learner;
        let learner = json!({
            "source": stored.source, "id": learner.id, "name": learner.name, "email": learner.email,
        });
        if !learners.contains(&learner) {
            learners.push(learner);
        }
    }
    let mut document = serde_json::to_value(effect)?;
    document["person"] = json!(candidate.person);
    document["learners"] = Value::from(learners);
    Ok(document)
}

/// What the whole comes to.
fn summary(totals: &Totals, version: &str, folder: &str) -> String {
    let mut text = String::new();
    if totals.badges.is_empty() {
        let _ = writeln!(
            text,
            "no badge of anybody would change: {} learners judged by {folder} (version {})",
            totals.persons,
            short(version)
        );
        return text;
    }
    let _ = writeln!(text, "\n{} learners judged by {folder} (version {}):", totals.persons, short(version));
    for (badge, counts) in &totals.badges {
        let counts: Vec<String> = counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
        let _ = writeln!(text, "  {badge:<24}  {}", counts.join(", "));
    }
    let most = totals.gains.max(totals.losses);
    let _ = writeln!(
        text,
        "nothing was written; to do it: accolade publish {folder} --apply-retroactively --at-most {most}"
    );
    text
}
