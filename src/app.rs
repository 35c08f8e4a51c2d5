//! The composition root: makes every part from the configuration and runs them. The only file that
//! knows everything, and the only one that knows the two ways to run.

mod mailing;
pub mod reach;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use accolade_connectors::Connector;
use anyhow::{Context as _, bail};
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::Response;
use clap::ValueEnum;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use url::Url;

use crate::catalogs::{self, Catalogs, Published};
use crate::claim::{ClaimLinks, ClaimSecret};
use crate::clock::Clock;
use crate::config::{self, IssuerSettings, Settings};
use crate::ingest::{self, Committer, Ingest};
use crate::lms::{Client, KeySets, Limits};
use crate::queue::Queue;
use crate::remote::Fetcher;
use crate::signing::{self, Issuers};
use crate::store::Store;
use crate::telemetry::Metrics;
use crate::worker::{Awarder, Confirmer, Places, Reconciler, Resigner, Share, Source, Trials};
use crate::{health, secrets, serving, web};

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Role {
    /// Takes webhooks.
    Ingest,
    /// Confirms grades and awards badges.
    Worker,
    /// Sends mails.
    Mailer,
    /// Serves claim pages, public pages, and the documents that credentials name.
    Web,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ingest, Self::Worker, Self::Mailer, Self::Web];
}

/// Every part of an installation, made and connected.
#[derive(Debug)]
pub struct App {
    settings: Settings,
    clock: Clock,
    store: Store,
    queue: Arc<Queue>,
    catalogs: Catalogs,
    issuers: Issuers,
    secret: ClaimSecret,
    connectors: BTreeMap<String, Arc<dyn Connector>>,
    http: reqwest::Client,
    fetcher: Fetcher,
    metrics: Arc<Metrics>,
    public_url: Arc<str>,
    /// The outbox folder to show at `/dev/outbox`.
    dev_outbox: Option<std::path::PathBuf>,
}

impl App {
    /// Makes and connects every part; brings the database to this version's form.
    ///
    /// # Errors
    /// Names the part that does not work, and the mend.
    pub async fn new(settings: Settings, clock: Clock) -> anyhow::Result<Self> {
        secrets::install_tls();
        let connectors = config::sources(&settings)?;
        Issuers::may_start(&settings).await?;
        let secret = secrets::claim_secret(&settings.claim.secret_file)?;
        let store = Store::connect(settings.database.url.expose(), settings.database.connections)
            .await
            .map_err(|error| reach::database(&settings, error))?
            .with_identities(settings.identities())
            .with_erasures(secret.clone());
        store.migrate().await.context("the database's tables cannot be brought to this version's form")?;
        store.adopt_erasures().await.context("the database cannot be written")?;
        match store.foreign_erasures().await.context("the database cannot be read")? {
            0 => {}
            erased => tracing::warn!(erased, "{}", secrets::FOREIGN_ERASURES),
        }
        if let Some(moved) = reach::moved(&settings, &store).await.context("the database cannot be read")? {
            tracing::warn!("{moved}");
        }
        let issuers = Issuers::start(&settings, &store, &clock).await?;
        let published = Published::new(&store, settings.known());
        let catalog = published.start(&settings.badges, clock.now()).await?;
        let queue = Queue::connect(settings.queue.url.expose(), &settings.queue.exchange)
            .await
            .map_err(|error| reach::queue(&settings, error))?;
        Ok(Self {
            public_url: settings.public_url.as_str().trim_end_matches('/').into(),
            clock,
            store,
            queue: Arc::new(queue),
            catalogs: Catalogs::following(published, catalog),
            issuers,
            secret,
            connectors: connectors
                .into_iter()
                .map(|(name, connector)| (name, Arc::from(connector)))
                .collect(),
            http: Client::http().context("TLS cannot be set up")?,
            fetcher: Fetcher::public().context("TLS cannot be set up")?,
            metrics: Arc::new(Metrics::new()),
            dev_outbox: None,
            settings,
        })
    }

    /// Shows the mails of the outbox folder at `/dev/outbox`: for the demo only, they hold claim links.
    pub fn with_dev_outbox(mut self, folder: std::path::PathBuf) -> Self {
        self.dev_outbox = Some(folder);
        self
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Where this installation answers, without a slash at the end.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// Makes claim links again: for the demo and for tests, who have no mail server.
    pub fn claim_links(&self) -> ClaimLinks {
        ClaimLinks::new(self.secret.clone(), Arc::clone(&self.public_url))
    }

    /// Who issue, and sign.
    pub fn issuers(&self) -> &Issuers {
        &self.issuers
    }

    /// Runs the roles until `stop`, then finishes what is under way and closes everything.
    ///
    /// # Errors
    /// When the roles cannot run this way, or the work under way did not end in time.
    pub async fn run(
        self,
        roles: &[Role],
        listener: TcpListener,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let all = Role::ALL.iter().all(|role| roles.contains(role));
        if !all && matches!(*self.queue, Queue::Embedded(_)) {
            bail!(
                "--roles splits the work between processes, but the embedded queue lives inside one: \
                 run all roles here, or set queue.url to RabbitMQ (amqp://…)"
            );
        }
        let deadline = Duration::from_secs(self.settings.server.stop_seconds);
        let mut tasks = JoinSet::new();
        // Two steps of stopping: first no new requests, then no new work.
        let stop_work = CancellationToken::new();
        let router = self.router(roles, &mut tasks, &stop, &stop_work);
        self.start_workers(roles, &mut tasks, &stop_work)?;
        tasks.spawn(self.catalogs.clone().follow(catalogs::LOOK, stop_work.clone()));
        let limits = serving::Limits::of(self.settings.server.connections);
        let server = tokio::spawn(serving::serve(listener, router, limits, stop.clone()));
        // A part that ends by itself is a fault: the process ends with it, so that whatever
        // started it starts it again.
        let broken = tokio::select! {
            // Parts end in good order once asked to.
            biased;
            () = stop.cancelled() => false,
            Some(_) = tasks.join_next() => true,
        };
        stop.cancel();
        tracing::info!("stopping");
        let until = tokio::time::Instant::now() + deadline;
        // A client that never finishes its request is cut off: nothing of it was accepted.
        let _ = tokio::time::timeout_at(until, server).await;
        stop_work.cancel();
        let ended =
            tokio::time::timeout_at(until, async { while tasks.join_next().await.is_some() {} }).await;
        tasks.abort_all();
        self.queue.close().await;
        self.store.close().await;
        if broken {
            bail!("a part of the program ended by itself; the log says which");
        }
        if ended.is_err() {
            bail!(
                "work under way did not end within {} s (server.stop_seconds); it is taken up again at the next start",
                deadline.as_secs()
            );
        }
        tracing::info!("stopped");
        Ok(())
    }

    fn router(
        &self,
        roles: &[Role],
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
        stop_work: &CancellationToken,
    ) -> Router {
        let mut router = health::router(health::Health {
            store: self.store.clone(),
            queue: Arc::clone(&self.queue),
            metrics: Arc::clone(&self.metrics),
            clock: self.clock.clone(),
            stopping: stop.clone(),
        });
        if roles.contains(&Role::Ingest) {
            router = router.merge(ingest::router(self.ingest(tasks, stop_work)));
            router = router.merge(ingest::bounces(self.bounces(), &self.settings.bounces));
        }
        if roles.contains(&Role::Web) {
            router = router.merge(web::router(self.site()));
        }
        let time = Duration::from_secs(self.settings.server.request_seconds);
        router
            // 503, not 408: a database that hangs is no fault of the sender, who shall come again.
            .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, time))
            .layer(map_response(come_again))
            .layer(CatchPanicLayer::new())
    }

    /// What the pages are made of.
    pub(crate) fn site(&self) -> web::Site {
        let number =
            |(_, issuer): (_, &IssuerSettings)| Some((issuer.slug.clone(), issuer.linkedin_organization?));
        web::Site {
            store: self.store.clone(),
            catalogs: self.catalogs.clone(),
            issuers: self.issuers.clone(),
            public_url: self.settings.public_url.clone(),
            linkedin: self.settings.every_issuer().filter_map(number).collect(),
            clock: self.clock.clone(),
            fetcher: self.fetcher.clone(),
            secret: self.secret.clone(),
            claim_days: self.settings.claim.days,
            dev_outbox: self.dev_outbox.clone(),
        }
    }

    fn ingest(&self, tasks: &mut JoinSet<()>, stop: &CancellationToken) -> Ingest {
        let keys = Arc::new(KeySets::new(self.http.clone()));
        for connector in self.connectors.values() {
            let Some(url) = connector.key_set_url().cloned() else { continue };
            let keys = Arc::clone(&keys);
            tokio::spawn(async move { drop(keys.get(&url).await) });
        }
        Ingest {
            sources: Arc::new(self.connectors.clone()),
            keys,
            committer: Committer::start(&self.store, &self.queue, &self.clock, &self.public_url, tasks, stop),
            clock: self.clock.clone(),
            metrics: Arc::clone(&self.metrics),
            max_body: self.settings.server.max_body_bytes,
            refusals: Arc::default(),
        }
    }

    fn start_workers(
        &self,
        roles: &[Role],
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        let batch = self.settings.worker.batch.clamp(1, 1_000);
        let embedded = matches!(*self.queue, Queue::Embedded(_));
        let trials = Trials::new(embedded, self.clock.now());
        if roles.contains(&Role::Worker) {
            let sources = self.lms_sources(batch);
            tasks.spawn(self.reconciler(&sources, embedded).run(stop.clone()));
            tasks.spawn(self.retention(embedded).run(stop.clone()));
            tasks.spawn(self.confirmer(sources, trials.clone()).run(batch, stop.clone()));
            tasks.spawn(self.awarder(trials.clone())?.run(batch, stop.clone()));
            let (store, issuers, clock) = (self.store.clone(), self.issuers.clone(), self.clock.clone());
            let every = Duration::from_secs(if embedded { 1 } else { 5 });
            tasks.spawn(Resigner { store, issuers, clock, every }.run(stop.clone()));
        }
        if roles.contains(&Role::Mailer) {
            tasks.spawn(self.mailer(trials)?.run(batch, stop.clone()));
            if let Some(mailbox) = self.mailbox(embedded) {
                tasks.spawn(mailbox.run(stop.clone()));
            }
            if let Some(mbox) = self.mbox(embedded) {
                tasks.spawn(mbox.run(stop.clone()));
            }
        }
        if roles.contains(&Role::Worker) || roles.contains(&Role::Web) {
            tasks.spawn(self.issuers.clone().follow(signing::LOOK, stop.clone()));
        }
        if roles.contains(&Role::Worker) || roles.contains(&Role::Mailer) {
            tasks.spawn(self.sweeper(embedded)?.run(stop.clone()));
        }
        Ok(())
    }

    /// The sources with the clients that confirming and reconciling share.
    fn lms_sources(&self, batch: u16) -> Arc<BTreeMap<String, Source>> {
        let limits = Limits::of(&self.settings.worker);
        let source = |(name, connector): (&String, &Arc<dyn Connector>)| {
            let client =
                Client::new(name, self.http.clone(), limits, self.clock.clone(), Arc::clone(&self.metrics));
            let share = Share::of(batch, self.connectors.len());
            (name.clone(), Source { connector: Arc::clone(connector), client, share })
        };
        Arc::new(self.connectors.iter().map(source).collect())
    }

    fn reconciler(&self, sources: &Arc<BTreeMap<String, Source>>, embedded: bool) -> Reconciler {
        let schedule = |name: &String| Some((name.clone(), self.settings.reconcile_schedule(name)?));
        Reconciler {
            store: self.store.clone(),
            sources: Arc::clone(sources),
            catalogs: self.catalogs.clone(),
            schedules: Arc::new(sources.keys().filter_map(schedule).collect()),
            // `load` has refused what is no schedule.
            awards: self.settings.reconcile.schedule().ok(),
            clock: self.clock.clone(),
            metrics: Arc::clone(&self.metrics),
            every: Duration::from_secs(if embedded { 1 } else { 10 }),
        }
    }

    fn confirmer(&self, sources: Arc<BTreeMap<String, Source>>, trials: Trials) -> Confirmer {
        Confirmer {
            store: self.store.clone(),
            queue: Arc::clone(&self.queue),
            sources,
            catalogs: self.catalogs.clone(),
            clock: self.clock.clone(),
            metrics: Arc::clone(&self.metrics),
            public_url: Arc::clone(&self.public_url),
            settle: Duration::from_secs(self.settings.worker.settle_seconds),
            turns: crate::worker::Turns::default(),
            trials,
        }
    }

    fn awarder(&self, trials: Trials) -> anyhow::Result<Awarder> {
        Ok(Awarder {
            store: self.store.clone(),
            queue: Arc::clone(&self.queue),
            catalogs: self.catalogs.clone(),
            issuers: self.issuers.clone(),
            secret: self.secret.clone(),
            claim_days: self.settings.claim.days,
            remind_after: self.settings.claim.reminders().first().copied(),
            clock: self.clock.clone(),
            metrics: Arc::clone(&self.metrics),
            public_url: Arc::clone(&self.public_url),
            domain: host(&self.settings.public_url)?.into(),
            guard: self.settings.guard().map(Arc::new),
            places: Places::default(),
            trials,
        })
    }
}

/// Whoever is to come again is told when.
async fn come_again(mut response: Response) -> Response {
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static("10"));
    }
    response
}

fn host(url: &Url) -> anyhow::Result<&str> {
    url.host_str().context("public_url has no host")
}
