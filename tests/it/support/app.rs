//! A whole installation, in this process: real sockets, real database, real queue, and the
//! sandbox in place of the LMSs.

use std::collections::BTreeMap;
use std::time::Duration;

use accolade::app::{App, Role};
use accolade::claim::ClaimLinks;
use accolade::clock::Clock;
use accolade::config::{self, Settings};
use accolade::demo::sandbox::{self, Sandbox};
use accolade::secrets;
use accolade::store::{DeliveryState, DeliveryTrail, Store, TrailFilter};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::backup::Backup;
use super::database::TestDatabase;
use super::issuer;

/// The two ways to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// SQLite, embedded queue, outbox folder.
    Embedded,
    /// PostgreSQL, RabbitMQ, SMTP.
    Production,
}

/// What several processes of one installation share.
pub(crate) struct Site {
    pub(crate) folder: TempDir,
    pub(crate) sandbox: Sandbox,
    way: Way,
    database: TestDatabase,
    exchange: String,
    mail_url: String,
    settle_seconds: u64,
    /// What a test adds to the end of the configuration.
    pub(crate) more: String,
    /// The time of its processes: the system's, unless a test sets another.
    pub(crate) clock: Clock,
    /// The program that signs; none: a key in a file.
    pub(crate) signer: Vec<String>,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

/// One process of an installation.
pub(crate) struct Process {
    pub(crate) url: String,
    pub(crate) store: Store,
    pub(crate) links: ClaimLinks,
    stop: CancellationToken,
    server: JoinHandle<anyhow::Result<()>>,
}

impl Site {
    /// A new, empty installation; `None` where this way cannot run here (said on standard error).
    ///
    /// `smtp` is the port of a mail server on this machine for [`Way::Production`].
    pub(crate) async fn new(way: Way, smtp: Option<u16>) -> Option<Self> {
        let database = match way {
            Way::Embedded => TestDatabase::sqlite(),
            Way::Production => {
                super::broker::amqp_url()?;
                TestDatabase::postgres().await?
            }
        };
        let folder = tempfile::tempdir().unwrap();
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        let sandbox = Sandbox::start(&mut tasks, &stop).await.unwrap();
        secrets::install_tls();
        issuer::write_keys(folder.path());
        let mail_url = match smtp {
            Some(port) => format!("smtp+plain://127.0.0.1:{port}"),
            None => "outbox:outbox".to_owned(),
        };
        let exchange = format!("accolade-test-{}", Uuid::new_v4());
        let clock = Clock::system();
        Some(Self {
            folder,
            sandbox,
            way,
            database,
            exchange,
            mail_url,
            settle_seconds: 4,
            more: String::new(),
            clock,
            signer: Vec::new(),
            tasks,
            stop,
        })
    }

    /// Where mails lie when there is no mail server.
    pub(crate) fn outbox(&self) -> std::path::PathBuf {
        self.folder.path().join("outbox")
    }

    /// Its database.
    pub(crate) fn database_url(&self) -> &str {
        self.database.url()
    }

    /// Backs its database up, as it is now.
    pub(crate) async fn backup(&self) -> Backup {
        Backup::of(&self.database).await
    }

    /// Puts a backup in the place of the database; no process of it may run.
    pub(crate) async fn restore(&self, backup: &Backup) {
        backup.restore(&self.database).await;
    }

    /// The exchange of its queues.
    pub(crate) fn exchange(&self) -> &str {
        &self.exchange
    }

    fn settings(&self, port: u16) -> Settings {
        config::load_str(&self.configuration(port), self.folder.path(), &BTreeMap::new()).unwrap()
    }

    /// Runs a command of the program in a process of its own, as an administrator beside the process
    /// at this address; what it printed. It must end well.
    pub(crate) fn command(&self, url: &str, arguments: &str) -> String {
        let port = url.rsplit(':').next().unwrap().parse().unwrap();
        let file = self.folder.path().join("accolade.toml");
        std::fs::write(&file, self.configuration(port)).unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_accolade"))
            .env_clear()
            .arg("--config")
            .arg(file)
            .args(arguments.split_whitespace())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }

    fn configuration(&self, port: u16) -> String {
        let queue = match self.way {
            Way::Embedded => "embedded:".to_owned(),
            Way::Production => super::broker::amqp_url().unwrap(),
        };
        format!(
            r#"
public_url = "http://localhost:{port}"
badges = "{badges}"
[database]
url = "{database}"
[queue]
url = "{queue}"
exchange = "{exchange}"
[mail]
url = "{mail}"
from = "Example University <badges@example.edu>"
{tables}
signer = {signer}
[worker]
settle_seconds = {settle}
[sources.moodle]
kind = "moodle"
site = "{moodle}"
ws_token = "{ws_token}"
token = "s3cr3t-shared-token"
trigger_token = ["s3cr3t-shared-token", "s3cr3t"]
xapi = {{ username = "lrskey", password = "lrssecret" }}
[sources.canvas]
kind = "canvas"
site = "{canvas}"
api_token = "{api_token}"
root_account = "{root_account}"
path_secret = "sandbox-path-secret"
[sources.blackboard]
kind = "blackboard"
site = "{blackboard}"
application_key = "{application_key}"
application_secret = "{application_secret}"
event_key = "sandbox-event-key"
[sources.forms]
kind = "automation"
bearer = "sandbox-bearer"
trusted = true
{more}
"#,
            tables = issuer::TABLES,
            more = self.more,
            badges = concat!(env!("CARGO_MANIFEST_DIR"), "/config/badges"),
            database = self.database.url(),
            exchange = self.exchange,
            mail = self.mail_url,
            signer = toml::Value::from(self.signer.clone()),
            settle = self.settle_seconds,
            moodle = self.sandbox.moodle_url,
            ws_token = sandbox::WS_TOKEN,
            canvas = self.sandbox.canvas_url,
            api_token = sandbox::API_TOKEN,
            root_account = sandbox::ROOT_ACCOUNT,
            blackboard = self.sandbox.blackboard_url,
            application_key = sandbox::APPLICATION_KEY,
            application_secret = sandbox::APPLICATION_SECRET,
        )
    }

    /// Starts a process with these roles.
    pub(crate) async fn start(&self, roles: &[Role]) -> Process {
        self.start_with(roles, |_| ()).await
    }

    /// Starts a process with these roles and a changed configuration.
    pub(crate) async fn start_with(&self, roles: &[Role], change: impl FnOnce(&mut Settings)) -> Process {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut settings = self.settings(port);
        change(&mut settings);
        let app = App::new(settings, self.clock.clone()).await.unwrap().with_dev_outbox(self.outbox());
        let (store, links) = (app.store().clone(), app.claim_links());
        let stop = CancellationToken::new();
        let (roles, ended) = (roles.to_vec(), stop.clone());
        let server = tokio::spawn(async move { app.run(&roles, listener, ended).await });
        Process { url: format!("http://localhost:{port}"), store, links, stop, server }
    }

    /// Ends what belongs to the installation; its processes must have ended.
    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        drop(self.database);
    }
}

impl Process {
    /// Stops the process as SIGTERM does, and checks that it ends in good order.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.server.await.unwrap().unwrap();
    }

    /// How a process ended that was not asked to.
    pub(crate) async fn ended(self) -> anyhow::Result<()> {
        self.server.await.unwrap()
    }

    /// Every delivery, oldest first, once nothing waits any more.
    pub(crate) async fn settled(&self) -> Vec<DeliveryTrail> {
        self.until("nothing waits", |trails| trails.iter().all(|trail| trail.state != DeliveryState::Waiting))
            .await
    }

    /// Every delivery, oldest first, once they are as wished.
    pub(crate) async fn until(
        &self,
        what: &str,
        wished: impl Fn(&[DeliveryTrail]) -> bool,
    ) -> Vec<DeliveryTrail> {
        let started = tokio::time::Instant::now();
        loop {
            let mut trails = self
                .store
                .deliveries(&TrailFilter { limit: 10_000, ..TrailFilter::default() })
                .await
                .unwrap();
            trails.reverse();
            if wished(&trails) {
                return trails;
            }
            assert!(started.elapsed() < Duration::from_mins(1), "still not so: {what}: {trails:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Posts to a source; the status and the answer.
    pub(crate) async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> (u16, Value) {
        let mut request = reqwest::Client::new().post(format!("{}/hooks/{path}", self.url)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }

    /// Posts a learner's pass of the examination by a form, which needs no LMS; the status and the answer.
    pub(crate) async fn pass(&self, learner: &str) -> (u16, Value) {
        let event = json!({
            "id": format!("evt_{learner}"), "type": "assessment.passed", "timestamp": "2026-11-20T10:00:00Z",
            "data": {
                "learner": {"id": learner, "email": format!("{learner}@example.test"), "name": format!("Ada {learner}")},
                "course": {"id": "first-aid-2026"}, "assessment": {"id": "final", "name": "Examination"},
                "passed": true,
            },
        });
        self.post("forms", &[("authorization", "Bearer sandbox-bearer")], event.to_string()).await
    }

    /// Posts one of the recorded Moodle requests of local_webhooks.
    pub(crate) async fn post_capture(&self, name: &str) -> (u16, Value) {
        let file = format!("{}/connectors/moodle/fixtures/captures/{name}.http", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let (_, body) = text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n")).unwrap();
        self.post("moodle", &[("content-type", "application/json")], body.to_owned()).await
    }
}

/// Credentials that followed from these deliveries.
pub(crate) fn credentials(trails: &[DeliveryTrail]) -> Vec<Uuid> {
    let events = trails.iter().flat_map(|trail| &trail.signals).flat_map(|signal| &signal.events);
    let mut ids: Vec<Uuid> = events.flat_map(|event| &event.credentials).map(|(id, ..)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
