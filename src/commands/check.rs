//! `accolade check`

use std::process::ExitCode;

use crate::config::{self, Catalog, Settings};

pub(super) fn run(settings: anyhow::Result<Settings>) -> anyhow::Result<ExitCode> {
    let settings = settings?;
    // Both are tried, so that one run names everything.
    let sources = config::sources(&settings);
    let names: Vec<&str> = settings.sources.keys().map(String::as_str).collect();
    let catalog = Catalog::load(&settings.badges, &names);
    let mut wrong = false;
    if let Err(error) = &sources {
        eprintln!("{error}");
        wrong = true;
    }
    match &catalog {
        Err(error) => {
            eprintln!("{error}");
            wrong = true;
        }
        Ok(catalog) => {
            for badge in &catalog.badges {
                println!("badge   {:<24} {}", badge.achievement.id, badge.achievement.name);
            }
        }
    }
    if wrong {
        return Ok(ExitCode::FAILURE);
    }
    for (name, source) in &settings.sources {
        println!("source  {name:<24} {:<10}  {}", source.kind, webhook(&settings, name));
    }
    if settings.sources.is_empty() {
        println!(
            "no source yet: add a table [sources.NAME] for each LMS; connectors/KIND/README.md says how"
        );
    }
    println!("everything reads well; `accolade doctor` tries the connections");
    Ok(ExitCode::SUCCESS)
}

fn webhook(settings: &Settings, name: &str) -> String {
    settings.public_url.join(&format!("hooks/{name}")).map_or_else(|_| String::new(), String::from)
}
