//! The servers that the bench stands on: a PostgreSQL and a RabbitMQ of its own, or those that are given.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;

/// Where the servers are.
#[derive(Debug)]
pub(crate) struct Servers {
    /// The URL of a database of PostgreSQL; schemas are made in it, and dropped.
    pub(crate) postgres: String,
    /// The URL of a virtual host of RabbitMQ.
    pub(crate) rabbitmq: String,
    _own: Vec<Own>,
}

/// A server that ends with the value.
#[derive(Debug)]
struct Own {
    script: &'static str,
    folder: TempDir,
}

impl Servers {
    /// Starts what is not given.
    pub(crate) fn start(postgres: Option<String>, rabbitmq: Option<String>) -> anyhow::Result<Self> {
        let mut own = Vec::new();
        let mut url = |given: Option<String>, script, arguments: &[&str]| {
            if let Some(url) = given {
                return Ok(url);
            }
            let (server, url) = Own::start(script, arguments)?;
            own.push(server);
            anyhow::Ok(url)
        };
        // `durable`: as an administrator would run it, unlike the database of the tests.
        let postgres = url(postgres, "postgres.sh", &["durable"])?;
        let rabbitmq = url(rabbitmq, "rabbitmq.sh", &[])?;
        Ok(Self { postgres, rabbitmq, _own: own })
    }

    /// Which they are, and whether a commit of the database lasts.
    pub(crate) async fn describe(&self) -> anyhow::Result<(String, bool)> {
        let mut connection = PgConnection::connect(&self.postgres).await.context("PostgreSQL")?;
        let mut ask = async |what: &'static str| {
            sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(format!("SHOW {what}")))
                .fetch_one(&mut connection)
                .await
        };
        let version = ask("server_version").await?;
        let (fsync, commit) = (ask("fsync").await?, ask("synchronous_commit").await?);
        let (memory, log) = (ask("shared_buffers").await?, ask("max_wal_size").await?);
        let text = format!(
            "PostgreSQL {version} (fsync {fsync}, synchronous_commit {commit}, shared_buffers {memory}, \
             max_wal_size {log})"
        );
        Ok((text, fsync == "on" && commit == "on"))
    }
}

impl Own {
    fn start(script: &'static str, arguments: &[&str]) -> anyhow::Result<(Self, String)> {
        let folder = tempfile::tempdir()?;
        // The database server runs as another user and must reach its folder.
        open(folder.path())?;
        let own = Self { script, folder };
        let output = own.command("start").args(arguments).output().context(script)?;
        if !output.status.success() {
            bail!("{script}: {}", String::from_utf8_lossy(&output.stderr));
        }
        let url = String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned();
        Ok((own, url))
    }

    fn command(&self, verb: &str) -> Command {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/services").join(self.script);
        let mut command = Command::new(script);
        command.arg(verb).arg(self.folder.path());
        command
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.command("stop").status();
    }
}

fn open(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711)).context("the folder of a server")
}
