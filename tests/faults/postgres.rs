//! A PostgreSQL of a test's own, which it may stop, kill and freeze.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;

use crate::support::database::database_url;

/// How often it is tried to start one again whose last processes have not ended yet.
const TRIES: u32 = 30;

/// The server. Ends with the value.
pub(crate) struct Postgres {
    dir: TempDir,
    url: String,
}

impl Postgres {
    /// Starts one where `DATABASE_URL` shows that tests with PostgreSQL are wanted.
    pub(crate) fn start() -> Option<Self> {
        database_url()?;
        let dir = tempfile::tempdir().unwrap();
        let url = script(dir.path(), "start").unwrap();
        Some(Self { dir, url })
    }

    /// Its URL.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Runs a statement outside of any transaction.
    pub(crate) async fn execute(&self, sql: &str) {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Ends it at once, as a machine that shuts down would.
    pub(crate) fn stop(&self) {
        script(self.dir.path(), "stop").unwrap();
    }

    /// kill -9.
    pub(crate) fn kill(&self) {
        script(self.dir.path(), "kill").unwrap();
    }

    /// Starts it again, on the same port and with the same data; returns when it answers.
    pub(crate) fn restart(&self) {
        for _ in 1..TRIES {
            if script(self.dir.path(), "start").is_ok() {
                return;
            }
            sleep(Duration::from_millis(500));
        }
        script(self.dir.path(), "start").unwrap();
    }

    /// SIGSTOP to all its processes.
    pub(crate) fn freeze(&self) {
        script(self.dir.path(), "freeze").unwrap();
    }

    /// SIGCONT.
    pub(crate) fn thaw(&self) {
        script(self.dir.path(), "thaw").unwrap();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A failing test must not fail twice.
        let _ = script(self.dir.path(), "thaw");
        let _ = script(self.dir.path(), "stop");
    }
}

/// Runs `tests/services/postgres.sh`; the last line that it prints.
fn script(dir: &Path, verb: &str) -> Result<String, String> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/services/postgres.sh");
    let output = Command::new(script).arg(verb).arg(dir).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned();
    let error = format!("postgres.sh {verb}: {}", String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(said) } else { Err(error) }
}
