//! A process of Accolade.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::client::Client;

/// How long it may take to start, and to stop.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running process; it is killed with the value.
#[derive(Debug)]
pub(crate) struct Process {
    /// What it does.
    pub(crate) name: String,
    /// Where it answers.
    pub(crate) address: SocketAddr,
    /// From its start to its first answer that it is ready.
    pub(crate) started_in: Duration,
    child: Child,
    log: std::path::PathBuf,
}

/// What a process has cost.
#[derive(Debug, Clone)]
pub(crate) struct Cost {
    /// What it did.
    pub(crate) name: String,
    /// The most resident memory that it ever had, in bytes; nothing where the system does not tell.
    pub(crate) peak: Option<u64>,
    /// Processor time, user and system.
    pub(crate) cpu: Option<Duration>,
}

impl Process {
    /// Starts the program with a configuration and roles (all of them if none are named).
    pub(crate) async fn start(program: &Path, config: &Path, roles: &str) -> anyhow::Result<Self> {
        let address =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr())?;
        let name = if roles.is_empty() { "all roles" } else { roles }.to_owned();
        let log = config.with_file_name(format!("{}.log", name.replace([' ', ','], "-")));
        let mut command = Command::new(program);
        command.env_clear().env("ACCOLADE_SERVER__LISTEN", address.to_string());
        command.arg("serve").arg("--config").arg(config);
        if !roles.is_empty() {
            command.args(["--roles", roles]);
        }
        let output = fs::File::create(&log)?;
        command.stdout(output.try_clone()?).stderr(output).stdin(Stdio::null()).kill_on_drop(true);
        let began = Instant::now();
        let child = command.spawn().with_context(|| format!("{} does not start", program.display()))?;
        let mut process = Self { name, address, started_in: Duration::ZERO, child, log };
        while !ready(address).await {
            if process.child.try_wait()?.is_some() || began.elapsed() > PATIENCE {
                bail!("Accolade ({}) does not start:\n{}", process.name, process.last_words());
            }
            sleep(Duration::from_millis(2)).await;
        }
        process.started_in = began.elapsed();
        Ok(process)
    }

    /// Stops it in good order.
    pub(crate) async fn stop(mut self) -> anyhow::Result<Cost> {
        let cost = self.cost();
        if let Some(id) = self.child.id() {
            Command::new("kill").arg(id.to_string()).status().await.context("kill")?;
        }
        let Ok(status) = timeout(PATIENCE, self.child.wait()).await else {
            bail!("Accolade ({}) does not stop", self.name);
        };
        if !status?.success() {
            bail!("Accolade ({}) did not stop in good order:\n{}", self.name, self.last_words());
        }
        Ok(cost)
    }

    /// What it has cost until now.
    pub(crate) fn cost(&self) -> Cost {
        let file =
            |name| self.child.id().and_then(|id| fs::read_to_string(format!("/proc/{id}/{name}")).ok());
        let peak = file("status").and_then(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
            Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
        });
        // The 14th and 15th field, in ticks of which Linux always shows 100 a second.
        let cpu = file("stat").and_then(|text| {
            let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
            let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
            Some(Duration::from_millis(ticks * 10))
        });
        Cost { name: self.name.clone(), peak, cpu }
    }

    /// Messages that its sweeper has published again, of every kind of work.
    pub(crate) async fn swept(&self) -> anyhow::Result<u64> {
        let mut client = Client::connect(self.address).await?;
        let status = client.send(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n").await?;
        ensure!(status == 200, "/metrics was answered {status}");
        let counts = client.body();
        let counts = counts.lines().filter(|line| line.starts_with("accolade_swept_total{"));
        counts.map(|line| Ok(line.rsplit(' ').next().unwrap_or_default().parse::<u64>()?)).sum()
    }

    /// The end of its log.
    pub(crate) fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
    }
}

async fn ready(address: SocketAddr) -> bool {
    let Ok(mut client) = Client::connect(address).await else { return false };
    matches!(client.send(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n").await, Ok(200))
}
