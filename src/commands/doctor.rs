//! `accolade doctor`

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::app::reach;
use crate::clock::Clock;
use crate::config::{self, Catalog, IssuerSettings, Settings};
use crate::lms::{Client, Limits};
use crate::mail::{Composer, Transport};
use crate::queue::Queue;
use crate::secrets;
use crate::signing::{self, Keyrings};
use crate::store::{OpenError, Store};
use crate::telemetry::Metrics;
use crate::worker::examine_mbox;

/// How long one part may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Tries every part, whatever the others show.
pub(super) async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    secrets::install_tls();
    let mut examination = Examination { ill: 0 };
    examination.note(
        "badges",
        Catalog::load(&settings.badges, &settings.known())
            .map(|catalog| format!("{} read", catalog.badges.len())),
    );
    for (_, one) in settings.every_issuer() {
        let own = one.slug == settings.issuer.slug;
        let part = if own { "issuer".to_owned() } else { format!("issuer {}", one.slug) };
        examination.try_part(&part, issuer(&settings, one)).await;
    }
    examination.note(
        "claim links",
        secrets::claim_secret(&settings.claim.secret_file).map(|_| "the secret reads well".to_owned()),
    );
    examination.erasures(&settings).await;
    if let Some(mbox) = &settings.bounces.mbox {
        examination.note("bounces", examine_mbox(mbox));
    }
    if let Some(maildir) = &settings.bounces.maildir {
        let there = ["new", "cur"].iter().all(|part| maildir.join(part).is_dir());
        let mend = || format!("{} is no Maildir: it has no folders new and cur", maildir.display());
        examination.note("bounces", there.then(|| maildir.display().to_string()).ok_or_else(mend));
    }
    examination.try_part("database", database(&settings)).await;
    examination.address(&settings).await;
    examination.try_part("queue", queue(&settings)).await;
    examination.try_part("mail", mail(&settings)).await;
    match config::sources(&settings) {
        Err(error) => examination.note("sources", Err::<String, _>(error)),
        Ok(connectors) => {
            let http = Client::http()?;
            let limits = Limits { concurrency: 1, ..Limits::of(&settings.worker) };
            for (name, connector) in connectors {
                let client =
                    Client::new(&name, http.clone(), limits, Clock::system(), Arc::new(Metrics::new()));
                let probe = async {
                    let lines = connector.probe(&client).await;
                    lines
                        .map(|lines| lines.join("; "))
                        .map_err(|error| reach::source(&settings, &name, &error))
                };
                examination.try_part(&format!("source {name}"), probe).await;
            }
        }
    }
    if examination.ill == 0 {
        println!("all is well");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} to mend", examination.ill);
    Ok(ExitCode::FAILURE)
}

struct Examination {
    ill: usize,
}

impl Examination {
    fn note<E: std::fmt::Display>(&mut self, part: &str, found: Result<String, E>) {
        match found {
            Ok(found) => println!("  well  {part}: {found}"),
            Err(error) => {
                self.ill += 1;
                println!("  MEND  {part}: {error:#}");
            }
        }
    }

    /// Whether who was erased is recognised. It is no ill that can be mended once the secret is lost.
    async fn erasures(&self, settings: &Settings) {
        // What is wrong with the database, or the secret, is told beside it.
        let Ok(secret) = secrets::claim_secret(&settings.claim.secret_file) else { return };
        let Ok(store) = Store::open(settings.database.url.expose(), 1).await else { return };
        let erased = store.with_erasures(secret).foreign_erasures().await.unwrap_or_default();
        if erased > 0 {
            println!("  WARN  erasures: {} (so many: {erased})", secrets::FOREIGN_ERASURES);
        }
    }

    /// Whether badges that are out name this address.
    async fn address(&mut self, settings: &Settings) {
        // What is wrong with the database is told beside it.
        let Ok(store) = Store::open(settings.database.url.expose(), 1).await else { return };
        if let Ok(Some(moved)) = reach::moved(settings, &store).await {
            self.note("address", Err::<String, _>(moved));
        }
    }

    async fn try_part<E: std::fmt::Display>(
        &mut self,
        part: &str,
        probe: impl Future<Output = Result<String, E>>,
    ) {
        match tokio::time::timeout(PATIENCE, probe).await {
            Ok(found) => self.note(part, found),
            Err(_) => self.note(part, Err::<String, _>(format!("no answer within {} s", PATIENCE.as_secs()))),
        }
    }
}

/// The issuer, and whether the keys that sign, or are about to, are here.
async fn issuer(settings: &Settings, one: &IssuerSettings) -> anyhow::Result<String> {
    let keyrings = Keyrings::of(&one.table(settings), one);
    let issuer = signing::issuer(settings, one, &keyrings).await?;
    let did = issuer.did().to_owned();
    // What is wrong with the database is told beside it.
    let keys = match Store::open(settings.database.url.expose(), 1).await {
        Ok(store) => store.issuer_keys(&issuer.profile().slug).await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    if keys.is_empty() {
        keyrings.badge.first().await?;
        return Ok(did);
    }
    match keyrings.missing(&keys).await.as_slice() {
        [] => Ok(did),
        missing => bail!("{}", missing.join("; ")),
    }
}

/// A database that `serve` still has to make or to bring up to date is as it should be before the
/// first start.
async fn database(settings: &Settings) -> anyhow::Result<String> {
    let store = match Store::open(settings.database.url.expose(), 1).await {
        Err(OpenError::NotReady(why)) => return Ok(why),
        opened => opened.map_err(|error| super::unopened(settings, error))?,
    };
    let statements = store.verify().await?;
    let left: Vec<String> = store
        .issuers_of_awards()
        .await?
        .into_iter()
        .filter(|slug| settings.issuer_of(slug).is_none())
        .map(|slug| signing::left(&slug))
        .collect();
    if !left.is_empty() {
        bail!("{}", left.join("; "));
    }
    let found = format!("{} answers, and its tables fit ({statements} statements tried)", store.kind());
    store.close().await;
    Ok(found)
}

async fn queue(settings: &Settings) -> anyhow::Result<String> {
    let away = |error| reach::queue(settings, error);
    let queue = Queue::connect(settings.queue.url.expose(), &settings.queue.exchange).await.map_err(away)?;
    queue.ping().await.map_err(away)?;
    queue.close().await;
    Ok(format!("{} answers", queue.kind()))
}

async fn mail(settings: &Settings) -> anyhow::Result<String> {
    // Reads the key of DKIM, among others.
    Composer::new(&settings.mail)?;
    let transport = Transport::new(&settings.mail)?;
    let said = transport.probe().await.context("`mail.url`")?;
    transport.close().await;
    Ok(said)
}
