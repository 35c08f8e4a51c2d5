//! An installation for one measurement: configuration, keys, badges, database, mail server.

use std::fs;
use std::path::{Path, PathBuf};

use accolade::badges::SigningKey;
use accolade::claim::ClaimSecret;
use accolade::secrets;
use anyhow::Context as _;
use tempfile::TempDir;
use uuid::Uuid;

use super::broker;
use super::database::{Database, Kind};
use super::process::Process;
use super::servers::Servers;
use super::sink::Sink;
use super::webhook::{ASSESSMENT, COURSES, SOURCE, Webhooks};

/// What it is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    pub(crate) database: Kind,
    /// RabbitMQ, or the queue in the process.
    pub(crate) broker: bool,
}

/// The installation.
#[derive(Debug)]
pub(crate) struct Installation {
    pub(crate) database: Database,
    pub(crate) sink: Sink,
    program: PathBuf,
    config: PathBuf,
    /// The URL of RabbitMQ and the exchange, where there is one.
    exchange: Option<(String, String)>,
    _folder: TempDir,
}

impl Installation {
    /// Makes one that is empty.
    pub(crate) async fn new(program: &Path, servers: &Servers, parts: Parts) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path();
        let database = match parts.database {
            Kind::Postgres => Database::postgres(&servers.postgres).await?,
            Kind::Sqlite => Database::sqlite(path),
        };
        let sink = Sink::start().await?;
        secrets::write_new(&path.join("issuer.pem"), &SigningKey::from_seed([7; 32]).to_pem())?;
        secrets::write_new(&path.join("issuer-jwt.pem"), &secrets::new_jwt_key()?)?;
        secrets::write_new(&path.join("claim.secret"), &ClaimSecret::new([8; 32]).to_text())?;
        badges(&path.join("badges"))?;
        let config = path.join("accolade.toml");
        let queue = if parts.broker { servers.rabbitmq.as_str() } else { "embedded:" };
        let exchange = format!("accolade-bench-{}", Uuid::new_v4());
        fs::write(&config, configuration(&database.url, queue, &exchange, sink.port))?;
        let exchange = parts.broker.then(|| (queue.to_owned(), exchange));
        Ok(Self { database, sink, program: program.to_owned(), config, exchange, _folder: folder })
    }

    /// Starts a process with these roles, all if none are named.
    pub(crate) async fn start(&self, roles: &str) -> anyhow::Result<Process> {
        Process::start(&self.program, &self.config, roles).await
    }

    /// Ends it; its processes must have ended.
    pub(crate) async fn end(self) -> anyhow::Result<()> {
        if let Some((url, exchange)) = &self.exchange {
            broker::remove(url, exchange).await?;
        }
        self.database.end().await
    }
}

/// One badge for each course: that of the example, with another condition.
fn badges(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir(folder)?;
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/badges");
    let text = fs::read_to_string(examples.join("workplace-safety.toml"))?;
    let (badge, _) = text.split_once("[award]").context("the example has a condition")?;
    for course in 0..COURSES {
        let award = format!(
            "[award]\nsource = \"{SOURCE}\"\ncourse = \"course-{course}\"\nassessment = \"{ASSESSMENT}\"\nat_least = \"70 %\"\n"
        );
        // No two badges of an installation have the same name.
        let badge = badge.replacen(
            "name = \"Workplace Safety\"",
            &format!("name = \"Workplace Safety {course}\""),
            1,
        );
        fs::write(folder.join(format!("workplace-safety-{course}.toml")), format!("{badge}{award}"))?;
        let image = folder.join(format!("workplace-safety-{course}.svg"));
        fs::copy(examples.join("workplace-safety.svg"), image)?;
    }
    Ok(())
}

/// As for production, but for names and addresses; the guard counts and holds nothing.
fn configuration(database: &str, queue: &str, exchange: &str, mail: u16) -> String {
    format!(
        r#"
public_url = "https://badges.example.edu"
badges = "badges"
[database]
url = "{database}"
[queue]
url = "{queue}"
exchange = "{exchange}"
[mail]
url = "smtp+plain://127.0.0.1:{mail}"
from = "Example University <badges@example.edu>"
[claim]
secret_file = "claim.secret"
[issuer]
slug = "example-university"
name = "Example University"
url = "https://www.example.edu/"
key_file = "issuer.pem"
jwt_key_file = "issuer-jwt.pem"
[guard]
badge = "100000000 in 1 day"
source = "100000000 in 1 day"
overall = "100000000 in 1 day"
[sources.{SOURCE}]
kind = "automation"
trusted = true
secret = "{secret}"
"#,
        secret = Webhooks::secret(),
    )
}
