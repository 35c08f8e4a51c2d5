//! A part of an installation: one process of the test build.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// How long a process may take to start, or to end; a busy machine is slow.
const PATIENCE: Duration = Duration::from_mins(1);

/// One process, which can be started again after its end.
pub(crate) struct Part {
    /// Its roles, as `serve --roles` takes them; empty for all.
    pub(crate) roles: &'static str,
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
    /// How often it died, killed or by itself.
    pub(crate) deaths: usize,
    /// The program; that of this build, unless a test has another.
    pub(crate) program: PathBuf,
    config: PathBuf,
    log: PathBuf,
    child: Option<Child>,
}

impl Part {
    /// A part that is not started yet.
    pub(crate) fn new(roles: &'static str, port: u16, config: PathBuf) -> Self {
        let log = config.with_file_name(format!("{port}.log"));
        let program = env!("CARGO_BIN_EXE_accolade").into();
        Self { roles, port, deaths: 0, program, config, log, child: None }
    }

    /// Whether it sends mails.
    pub(crate) fn mails(&self) -> bool {
        self.roles.is_empty() || self.roles.contains("mailer")
    }

    /// Starts the process, with these variables alone in its environment.
    pub(crate) fn start(&mut self, env: &BTreeMap<String, String>) {
        assert!(self.child.is_none(), "{} runs already", self.name());
        let log = OpenOptions::new().create(true).append(true).open(&self.log).unwrap();
        let mut command = Command::new(&self.program);
        command.env_clear().envs(env).env("ACCOLADE_SERVER__LISTEN", format!("127.0.0.1:{}", self.port));
        command.arg("--config").arg(&self.config).arg("serve");
        if !self.roles.is_empty() {
            command.arg("--roles").arg(self.roles);
        }
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).kill_on_drop(true);
        self.child = Some(command.spawn().unwrap());
    }

    /// Waits until it listens.
    pub(crate) async fn ready(&mut self) {
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().unwrap()) {
                panic!("{} ended with {status} before it listened\n{}", self.name(), self.said());
            }
            assert!(since.elapsed() < PATIENCE, "{} does not listen\n{}", self.name(), self.said());
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whether it was started and not ended since.
    pub(crate) fn runs(&self) -> bool {
        self.child.is_some()
    }

    /// kill -9; no effect on one that does not run.
    pub(crate) async fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        child.kill().await.unwrap();
        self.deaths += 1;
    }

    /// Sends a signal: `STOP`, `CONT`, `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.as_ref().and_then(Child::id).expect("it runs");
        let sent = std::process::Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status();
        assert!(sent.unwrap().success(), "kill -{name}");
    }

    /// Waits until it dies by itself.
    pub(crate) async fn died(&mut self) -> ExitStatus {
        self.deaths += 1;
        self.ended("did not die by itself").await
    }

    /// Starts it again if it has died by itself.
    pub(crate) fn revive(&mut self, env: &BTreeMap<String, String>) {
        if self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_some()) {
            self.child = None;
            self.deaths += 1;
            self.start(env);
        }
    }

    /// SIGTERM, and how it ended.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.ended("does not end").await
    }

    async fn ended(&mut self, otherwise: &str) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        let ended = timeout(PATIENCE, child.wait()).await;
        ended.unwrap_or_else(|_| panic!("{} {otherwise}\n{}", self.name(), self.said())).unwrap()
    }

    /// The end of its log, for people.
    pub(crate) fn said(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }

    /// Its name, for people.
    pub(crate) fn name(&self) -> &'static str {
        if self.roles.is_empty() { "the process" } else { self.roles }
    }
}
