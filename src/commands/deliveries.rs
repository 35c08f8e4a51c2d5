//! `accolade deliveries`

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use uuid::Uuid;

use super::{mails, named};
use crate::config::Settings;
use crate::store::{BadgeMail, DeliveryState, DeliveryTrail, Store, TrailFilter, TrailLearner};

/// Which deliveries to show.
#[derive(Debug, Args)]
pub(super) struct Deliveries {
    /// One delivery with all that followed from it, and its recorded body.
    #[arg(value_parser = named::delivery)]
    id: Option<Uuid>,
    /// Only of this source.
    #[arg(long)]
    source: Option<String>,
    /// Only in this state: waiting, duplicate, ignored, refused, parked or done.
    #[arg(long)]
    state: Option<String>,
    /// How many, newest first; times are UTC.
    #[arg(long, default_value_t = 20, value_parser = named::count)]
    limit: u32,
}

pub(super) async fn run(command: &Deliveries, settings: &Settings) -> anyhow::Result<ExitCode> {
    crate::secrets::install_tls();
    let store = super::opened(settings, 1).await?;
    if let Some(id) = command.id {
        print!("{}", whole(&found(&store, id).await?));
        return Ok(ExitCode::SUCCESS);
    }
    let state = command.state.as_deref().map(state).transpose()?;
    let filter = TrailFilter { source: command.source.clone(), state, limit: command.limit };
    let trails = store.deliveries(&filter).await?;
    if trails.is_empty() {
        named::source(&store, filter.source.as_deref(), settings).await?;
        let filtered = filter.source.is_some() || filter.state.is_some();
        println!("{}", if filtered { "no such delivery" } else { "no deliveries yet" });
    }
    for trail in trails {
        let at = trail.received_at.format("%Y-%m-%d %H:%M:%S");
        println!(
            "{} {at} {:<12} {:<9} {}{}{}",
            trail.id,
            trail.source,
            trail.state.as_str(),
            one_line(&trail.reason),
            learners(&trail),
            if came_back(&trail) { "; its mail came back" } else { "" }
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn found(store: &Store, id: Uuid) -> anyhow::Result<DeliveryTrail> {
    store.delivery(id).await?.with_context(|| {
        format!("there is no delivery {id}; `accolade deliveries` lists the newest, with their ids")
    })
}

fn state(name: &str) -> anyhow::Result<DeliveryState> {
    use DeliveryState::{Done, Duplicate, Ignored, Parked, Refused, Waiting};
    let states = [Waiting, Duplicate, Ignored, Refused, Parked, Done];
    let found = states.into_iter().find(|state| state.as_str() == name);
    found.with_context(|| {
        format!("--state: “{name}” is none of waiting, duplicate, ignored, refused, parked, done")
    })
}

/// A text in one line of a list.
pub(super) fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > 160 { line.chars().take(159).chain(['…']).collect() } else { line }
}

/// `forms:ada (Ada Example)`.
fn learner(learner: &TrailLearner) -> String {
    let TrailLearner { source, id, name } = learner;
    name.as_ref().map_or_else(|| format!("{source}:{id}"), |name| format!("{source}:{id} ({name})"))
}

/// Whom what followed is about, behind the reason of a delivery.
fn learners(trail: &DeliveryTrail) -> String {
    let mut whom: Vec<String> = Vec::new();
    for event in trail.signals.iter().flat_map(|signal| &signal.events) {
        let one = learner(&event.learner);
        if !whom.contains(&one) {
            whom.push(one);
        }
    }
    match whom.as_slice() {
        [] => String::new(),
        [one] => format!("; learner {one}"),
        [first, others @ ..] => format!("; learner {first} and {} more", others.len()),
    }
}

/// Whether the last mail about a badge of it did not arrive.
fn came_back(trail: &DeliveryTrail) -> bool {
    let last = |mails: &Vec<BadgeMail>| mails.last().is_some_and(BadgeMail::came_back);
    trail.mails.values().any(last)
}

/// A state with its reason, if it has one.
fn said(state: &str, reason: &str) -> String {
    if reason.is_empty() { state.to_owned() } else { format!("{state}: {reason}") }
}

/// Everything about one delivery.
fn whole(trail: &DeliveryTrail) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    // Writing into a String cannot fail.
    let at = trail.received_at.format("%Y-%m-%d %H:%M:%S UTC");
    let _ = writeln!(text, "delivery {}\nsource   {}\nreceived {at}", trail.id, trail.source);
    let _ = writeln!(text, "state    {}", said(trail.state.as_str(), &trail.reason));
    if let Some(status) = trail.status {
        let _ = writeln!(text, "answered {status}");
    }
    for signal in &trail.signals {
        let _ =
            writeln!(text, "  signal {} {} {}", signal.id, signal.event, said(&signal.state, &signal.reason));
        for event in &signal.events {
            let whom = learner(&event.learner);
            let _ = writeln!(text, "    event {} of {whom} {}", event.id, said(&event.state, &event.reason));
            for (credential, badge, mail) in &event.credentials {
                let mail = match mail.as_str() {
                    "done" => "sent",
                    "withdrawn" => "not sent",
                    other => other,
                };
                let _ = writeln!(text, "      badge {badge}, credential {credential}, claim mail {mail}");
                let mails = trail.mails.get(credential).into_iter().flatten();
                let told = |mail: &&BadgeMail| {
                    mail.bounce.is_some() || mail.state == "withdrawn" && !mail.reason.is_empty()
                };
                for mail in mails.filter(told) {
                    let _ = writeln!(text, "        {}", mails::mail(mail));
                }
            }
            for note in &event.notes {
                let _ = writeln!(text, "      {note}");
            }
        }
    }
    match (&trail.body, &trail.body_gone) {
        (Some(body), _) => drop(writeln!(text, "body\n{}", String::from_utf8_lossy(body))),
        (None, Some(gone)) => {
            let since = gone.since.format("%Y-%m-%d %H:%M:%S UTC");
            let why = match gone.why.as_str() {
                "erasure" => "somebody of whom it told was erased",
                _ => "it was kept for as long as the configuration says ([retention])",
            };
            let sha256 = hex::encode(&gone.sha256);
            let _ = writeln!(text, "the body is gone since {since}: {why}\nSHA-256  {sha256}");
        }
        (None, None) => text.push_str("the body was not kept: nobody vouched for it\n"),
    }
    if trail.state == DeliveryState::Parked {
        let _ = writeln!(text, "once its cause is mended: accolade parked retry {}", trail.id);
    }
    text
}
