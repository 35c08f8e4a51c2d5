//! `accolade demo`: the whole way of a badge on one machine, with the sandbox in place of the
//! LMSs and a folder in place of the mail server.

mod deliveries;
mod output;
mod progress;
pub mod sandbox;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use clap::Args;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::{App, Role};
use crate::badges::SigningKey;
use crate::claim::ClaimSecret;
use crate::clock::Clock;
use crate::commands::stop_on_signal;
use crate::config::{self, Settings};
use crate::store::{DeliveryState, Store, TrailFilter};
use crate::{secrets, telemetry};
use deliveries::Recorded;
use sandbox::Sandbox;

/// Where the demo listens unless told otherwise; if that is taken, on any free port.
const LISTEN: &str = "127.0.0.1:8080";
/// How long the deliveries may take to be worked off.
const PATIENCE: Duration = Duration::from_mins(2);

/// The configuration in the demo's folder, for commands beside it.
const CONFIGURATION: &str = "accolade.toml";
/// What to try beside it.
const TO_TRY: [&str; 3] =
    ["explain --learner alice@example.test --badge workplace-safety", "deliveries --limit 5", "awards list"];

/// How to run the demo.
#[derive(Debug, Args)]
pub struct Demo {
    /// Address and port of the web pages [default: 127.0.0.1:8080, or a free port]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// End after the last badge instead of serving on.
    #[arg(long)]
    exit: bool,
    /// Write the badges, the mails, the documents that they name and a report into this folder; needs
    /// --exit.
    #[arg(long, value_name = "DIR", requires = "exit")]
    output: Option<PathBuf>,
    /// Show the log, too.
    #[arg(long)]
    log: bool,
}

/// A delivery that was posted.
struct Posted {
    what: String,
    id: Option<Uuid>,
    status: u16,
}

/// Runs the demo.
///
/// # Errors
/// When a part cannot be started, or the deliveries are not worked off in time.
pub async fn run(demo: Demo) -> anyhow::Result<ExitCode> {
    secrets::install_tls();
    // Heard before there is anything to clear away.
    let stop = CancellationToken::new();
    stop_on_signal(&stop)?;
    let folder = Folder::new()?;
    in_folder(&demo, &folder.0, &stop).await?;
    Ok(ExitCode::SUCCESS)
}

/// The demo's own folder. It holds keys and claim links: nobody else may look into it, and it goes with
/// the demo, however that ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("accolade-demo-{}", std::process::id()));
        fs::DirBuilder::new().mode(0o700).create(&folder).with_context(|| folder.display().to_string())?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn in_folder(demo: &Demo, folder: &Path, stop: &CancellationToken) -> anyhow::Result<()> {
    let clock = Clock::system();
    let started = clock.now();
    let listener = listen(demo.listen.as_deref()).await?;
    let address = listener.local_addr()?;
    println!("Accolade demo: everything runs in this process, with SQLite and an outbox folder.\n");
    let mut tasks = JoinSet::new();
    let end = CancellationToken::new();
    progress::step("start a sandbox that answers like Moodle, Canvas and Blackboard");
    let sandbox = Sandbox::start(&mut tasks, &end).await?;
    progress::step("make a signing key, a database and the example badges");
    let settings = settings(folder, address.port(), &sandbox)?;
    if demo.log {
        telemetry::init(&settings.log).map_err(anyhow::Error::msg)?;
    }
    let outbox = folder.join("outbox");
    let app = App::new(settings, clock.clone()).await?.with_dev_outbox(outbox.clone());
    let (store, site) = (app.store().clone(), app.public_url().to_owned());
    progress::step(&format!("serve on {site}"));
    let (links, signing) = (app.claim_links(), app.issuers().own().clone());
    let stop_server = end.clone();
    let server = tokio::spawn(async move { app.run(&Role::ALL, listener, stop_server).await });

    let result = async {
        let posted = play(&site, &sandbox, &store, clock.now(), stop).await?;
        let mut trails = store.deliveries(&TrailFilter { limit: 10_000, ..TrailFilter::default() }).await?;
        trails.reverse();
        progress::table(&posted, &trails, &links);
        if let Some(output) = &demo.output {
            let report = output::Report { started, finished: clock.now(), trails: &trails };
            output::write(output, &report, &store, &signing, &outbox).await?;
            println!("\nwritten to {}", output.display());
        }
        anyhow::Ok(())
    }
    .await;
    if result.is_ok() && !demo.exit && !stop.is_cancelled() {
        println!("\nThe sent mails:   {site}/dev/outbox   (open one, and claim the badge)");
        println!("\nIn another terminal, while this one runs:");
        for command in TO_TRY {
            println!("  {} --config {} {command}", program(), folder.join(CONFIGURATION).display());
        }
        println!("\nCtrl-C ends the demo, and removes what it made.");
        stop.cancelled().await;
    }
    end.cancel();
    server.await.context("the server")??;
    while tasks.join_next().await.is_some() {}
    result
}

async fn listen(wanted: Option<&str>) -> anyhow::Result<TcpListener> {
    match wanted {
        Some(address) => TcpListener::bind(address).await.with_context(|| format!("--listen {address}")),
        None => match TcpListener::bind(LISTEN).await {
            Ok(listener) => Ok(listener),
            Err(_) => TcpListener::bind("127.0.0.1:0").await.context("no free port"),
        },
    }
}

/// The demo's configuration: the same keys that an installation has, with the sandbox's addresses.
fn settings(folder: &Path, port: u16, sandbox: &Sandbox) -> anyhow::Result<Settings> {
    let badges = folder.join("badges");
    fs::create_dir_all(&badges)?;
    for (name, content) in EXAMPLE_BADGES {
        fs::write(badges.join(name), content)?;
    }
    secrets::write_new(&folder.join("issuer.pem"), &SigningKey::from_seed(rand::random()).to_pem())?;
    secrets::write_new(&folder.join("issuer-jwt.pem"), &secrets::new_jwt_key()?)?;
    secrets::write_new(&folder.join("claim.secret"), &ClaimSecret::new(rand::random()).to_text())?;
    let text = include_str!("demo.toml")
        .replace("{PORT}", &port.to_string())
        .replace("{MOODLE}", sandbox.moodle_url.as_str())
        .replace("{CANVAS}", sandbox.canvas_url.as_str())
        .replace("{BLACKBOARD}", sandbox.blackboard_url.as_str())
        .replace("{WS_TOKEN}", sandbox::WS_TOKEN)
        .replace("{API_TOKEN}", sandbox::API_TOKEN)
        .replace("{ROOT_ACCOUNT}", sandbox::ROOT_ACCOUNT)
        .replace("{APPLICATION_KEY}", sandbox::APPLICATION_KEY)
        .replace("{APPLICATION_SECRET}", sandbox::APPLICATION_SECRET);
    let file = folder.join(CONFIGURATION);
    // It has secrets, if only those of the sandbox.
    secrets::write_new(&file, &text)?;
    Ok(config::load(Some(&file), &BTreeMap::new())?)
}

/// The program, as it was started.
fn program() -> String {
    let started = std::env::args().next().filter(|program| !program.contains(char::is_whitespace));
    started.unwrap_or_else(|| "accolade".to_owned())
}

/// The badges of `config/badges`, compiled in so that the demo runs from anywhere.
const EXAMPLE_BADGES: &[(&str, &str)] = &[
    ("workplace-safety.toml", include_str!("../../config/badges/workplace-safety.toml")),
    ("workplace-safety.svg", include_str!("../../config/badges/workplace-safety.svg")),
    ("data-literacy.toml", include_str!("../../config/badges/data-literacy.toml")),
    ("data-literacy.svg", include_str!("../../config/badges/data-literacy.svg")),
    ("lab-safety.toml", include_str!("../../config/badges/lab-safety.toml")),
    ("lab-safety.svg", include_str!("../../config/badges/lab-safety.svg")),
    ("first-aid.toml", include_str!("../../config/badges/first-aid.toml")),
    ("_brand.toml", include_str!("../../config/badges/_brand.toml")),
];

/// Plays the scenes one after the other: the teacher grades, the LMS tells, the work is done.
async fn play(
    site: &str,
    sandbox: &Sandbox,
    store: &Store,
    now: DateTime<Utc>,
    stop: &CancellationToken,
) -> anyhow::Result<Vec<Posted>> {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
    let all = deliveries::all(now);
    *sandbox.moodle.lock() = sandbox::Moodle::workplace_safety();
    let mut posted = Vec::with_capacity(all.len());
    let mut bar = progress::Bar::new("post recorded deliveries; confirm, judge, sign, mail", all.len());
    for scene in all.chunk_by(|one, next| one.scene == next.scene) {
        for delivery in scene {
            delivery.act(&mut sandbox.moodle.lock());
        }
        for delivery in scene {
            posted.push(post(&http, site, delivery).await?);
            bar.set(posted.len());
        }
        worked_off(store, stop).await?;
    }
    bar.end();
    Ok(posted)
}

async fn post(http: &reqwest::Client, site: &str, delivery: &Recorded) -> anyhow::Result<Posted> {
    let mut request = http.post(format!("{site}/hooks/{}", delivery.path)).body(delivery.body.clone());
    for (name, value) in &delivery.headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.with_context(|| delivery.what.clone())?;
    let status = answer.status().as_u16();
    let answer: serde_json::Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
    let id = answer.get("delivery").and_then(|id| id.as_str()).and_then(|id| id.parse().ok());
    Ok(Posted { what: delivery.what.clone(), id, status })
}

/// Waits until nothing waits any more.
async fn worked_off(store: &Store, stop: &CancellationToken) -> anyhow::Result<()> {
    let started = tokio::time::Instant::now();
    let waiting = TrailFilter { state: Some(DeliveryState::Waiting), limit: 1, ..TrailFilter::default() };
    loop {
        ensure!(!stop.is_cancelled(), "stopped");
        let left = store.deliveries(&waiting).await?;
        let Some(left) = left.first() else { return Ok(()) };
        ensure!(
            started.elapsed() < PATIENCE,
            "delivery {} still waits after {} s: {}",
            left.id,
            PATIENCE.as_secs(),
            left.reason
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
