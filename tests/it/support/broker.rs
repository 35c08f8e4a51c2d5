//! RabbitMQ for tests: the one that `AMQP_URL` names, or one of a test's own.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The URL of a running broker. Without one it says that the test is skipped; where the tests
/// must be complete (`ACCOLADE_TESTS_COMPLETE`) it fails instead.
pub(crate) fn amqp_url() -> Option<String> {
    let url = env::var("AMQP_URL").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        skip("RabbitMQ (AMQP_URL is not set)");
    }
    url
}

fn skip(what: &str) {
    assert!(env::var_os("ACCOLADE_TESTS_COMPLETE").is_none(), "the tests must be complete, but: {what}");
    println!("skipped: {what}");
}

/// A broker that a test may stop, kill and freeze. Ends with the value.
pub(crate) struct Broker {
    dir: TempDir,
    url: String,
}

impl Broker {
    /// Starts one where `AMQP_URL` shows that tests with RabbitMQ are wanted.
    pub(crate) fn start() -> Option<Self> {
        amqp_url()?;
        let dir = tempfile::tempdir().unwrap();
        let url = script(dir.path(), "start", &[]);
        Some(Self { dir, url })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// kill -9.
    pub(crate) fn kill(&self) {
        script(self.dir.path(), "kill", &[]);
    }

    /// Starts it again, on the same port and with the same data; returns when it answers.
    pub(crate) fn restart(&self) {
        assert_eq!(script(self.dir.path(), "start", &[]), self.url);
    }

    pub(crate) fn freeze(&self) {
        script(self.dir.path(), "freeze", &[]);
    }

    pub(crate) fn thaw(&self) {
        script(self.dir.path(), "thaw", &[]);
    }

    /// `rabbitmqctl`.
    pub(crate) fn ctl(&self, arguments: &[&str]) -> String {
        script(self.dir.path(), "ctl", arguments)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Not `script`: a failing test must not fail twice.
        let _ = command(self.dir.path(), "stop", &[]).status();
    }
}

fn command(dir: &Path, verb: &str, arguments: &[&str]) -> Command {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/services/rabbitmq.sh");
    let mut command = Command::new(script);
    command.arg(verb).arg(dir).args(arguments).stdin(Stdio::null());
    command
}

/// Runs `tests/services/rabbitmq.sh` and returns the last line that it prints.
fn script(dir: &Path, verb: &str, arguments: &[&str]) -> String {
    let output = command(dir, verb, arguments).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "tests/services/rabbitmq.sh {verb}: {error}");
    String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned()
}
