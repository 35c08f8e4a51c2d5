//! `accolade deliveries`

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use uuid::Uuid;

use crate::clock::Clock;
use crate::config::Settings;
use crate::store::{DeliveryState, DeliveryTrail, Store, TrailFilter};

/// Which deliveries to show.
#[derive(Debug, Args)]
pub(super) struct Deliveries {
    /// One delivery with all that followed from it, and its recorded body.
    id: Option<Uuid>,
    /// Take the parked work of this delivery up again, once its cause is mended.
    #[arg(long, requires = "id")]
    retry: bool,
    /// Only of this source.
    #[arg(long)]
    source: Option<String>,
    /// Only in this state: waiting, duplicate, ignored, refused, parked or done.
    #[arg(long)]
    state: Option<String>,
    /// How many, newest first.
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

pub(super) async fn run(command: &Deliveries, settings: &Settings) -> anyhow::Result<ExitCode> {
    crate::secrets::install_tls();
    let store = Store::connect(settings.database.url.expose(), 1).await.context("database.url")?;
    if let Some(id) = command.id {
        if command.retry {
            return retry(&store, id).await;
        }
        let Some(trail) = store.delivery(id).await? else { bail!("there is no delivery {id}") };
        print!("{}", whole(&trail));
        return Ok(ExitCode::SUCCESS);
    }
    let state = command.state.as_deref().map(state).transpose()?;
    let filter = TrailFilter { source: command.source.clone(), state, limit: command.limit };
    for trail in store.deliveries(&filter).await? {
        let at = trail.received_at.format("%Y-%m-%d %H:%M:%S");
        println!(
            "{} {at} {:<12} {:<9} {}",
            trail.id,
            trail.source,
            trail.state.as_str(),
            one_line(&trail.reason)
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn retry(store: &Store, id: Uuid) -> anyhow::Result<ExitCode> {
    match store.retry_parked(id, Clock::system().now()).await? {
        0 => bail!("delivery {id} has no parked work"),
        rows => println!("{rows} taken up again; a running `accolade serve` does it within seconds"),
    }
    Ok(ExitCode::SUCCESS)
}

fn state(name: &str) -> anyhow::Result<DeliveryState> {
    use DeliveryState::{Done, Duplicate, Ignored, Parked, Refused, Waiting};
    let states = [Waiting, Duplicate, Ignored, Refused, Parked, Done];
    let found = states.into_iter().find(|state| state.as_str() == name);
    found.with_context(|| {
        format!("--state: “{name}” is none of waiting, duplicate, ignored, refused, parked, done")
    })
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > 160 { line.chars().take(159).chain(['…']).collect() } else { line }
}

/// Everything about one delivery.
fn whole(trail: &DeliveryTrail) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ =
        writeln!(text, "delivery {}\nsource   {}\nreceived {}", trail.id, trail.source, trail.received_at);
    let _ = writeln!(text, "state    {}: {}", trail.state.as_str(), trail.reason);
    for signal in &trail.signals {
        let _ = writeln!(text, "  signal {} {} {}: {}", signal.id, signal.event, signal.state, signal.reason);
        for event in &signal.events {
            let _ = writeln!(text, "    event {} {}: {}", event.id, event.state, event.reason);
            for (credential, badge, mail) in &event.credentials {
                let _ = writeln!(text, "      badge {badge}, credential {credential}, claim mail {mail}");
            }
        }
    }
    match &trail.body {
        Some(body) => drop(writeln!(text, "body\n{}", String::from_utf8_lossy(body))),
        None => text.push_str("the body was not kept: nobody vouched for it\n"),
    }
    text
}
