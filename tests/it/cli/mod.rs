//! The program as an administrator types it: each command in a process of its own.

mod award;
mod award_again;
mod away;
mod badge;
mod database;
mod deliveries;
mod demo;
mod explain;
mod first_start;
mod held;
mod keys;
mod mails;
mod parked;
mod people;
mod privacy;
mod publish;
mod recheck;
mod reconcile;
mod signals;
mod simulate;
mod slips;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use accolade::store::{DeliveryState, DeliveryTrail, Store, TrailFilter};
use serde_json::Value;
use tempfile::TempDir;

const BADGE: &str = r#"
[badge]
name = "First Aid"
description = "Acts correctly when somebody is hurt."
criteria = "Passed the final test."
[award]
source = "forms"
course = "FA1"
all = [{ assessment = "test", at_least = "70 %" }]
"#;

/// A fresh folder with a configuration and a badge.
struct Folder {
    folder: TempDir,
    port: u16,
}

impl Folder {
    /// `canvas` is the address of a Canvas, if there is one.
    fn new(canvas: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let canvas = canvas.map_or_else(String::new, |site| {
            format!(
                r#"
[sources.canvas]
kind = "canvas"
site = "{site}"
api_token = "t"
root_account = "r"
path_secret = "s"
"#
            )
        });
        let text = format!(
            r#"
public_url = "http://localhost:{port}"
[server]
listen = "127.0.0.1:{port}"
[mail]
from = "Example University <badges@example.edu>"
[issuer]
slug = "example-university"
name = "Example University"
url = "https://www.example.edu"
[sources.forms]
kind = "automation"
bearer = "sandbox-bearer"
trusted = true
{canvas}"#
        );
        std::fs::write(folder.path().join("accolade.toml"), text).unwrap();
        std::fs::create_dir(folder.path().join("badges")).unwrap();
        std::fs::write(folder.path().join("badges/first-aid.toml"), BADGE).unwrap();
        Self { folder, port }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("data/accolade.db")
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accolade"));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("ACCOLADE_CONFIG", "accolade.toml")
            .args(arguments.split_whitespace());
        command
    }

    /// Runs a command: the line that was typed, all that it printed, and how it ended.
    fn run(&self, arguments: &str) -> String {
        let output = self.command(arguments).output().unwrap();
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        let end = output.status.code().unwrap();
        let text = format!("$ accolade {arguments}\n{out}{err}({end})\n");
        masked(&text.replace(&self.port.to_string(), "PORT"))
    }

    /// What a command printed, as it is.
    fn run_plain(&self, arguments: &str) -> String {
        String::from_utf8(self.command(arguments).output().unwrap().stdout).unwrap()
    }

    /// Runs a command, and types an answer when it asks.
    fn answer(&self, arguments: &str, typed: &str) -> String {
        use std::io::Write as _;
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        process.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        let output = process.wait_with_output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        masked(&format!("$ accolade {arguments}\n{out}{err}({})\n", output.status.code().unwrap()))
    }

    async fn serve(&self) -> Serving<'_> {
        self.serve_with(&[]).await
    }

    /// Serves with more variables in the environment.
    async fn serve_with(&self, variables: &[(&str, &str)]) -> Serving<'_> {
        accolade::secrets::install_tls();
        let mut command = self.command("serve");
        let process =
            command.envs(variables.iter().copied()).stderr(std::process::Stdio::null()).spawn().unwrap();
        let serving = Serving { process, folder: self };
        serving
            .until("it answers", async || {
                reqwest::get(serving.url("readyz")).await.is_ok_and(|answer| answer.status().is_success())
            })
            .await;
        serving
    }
}

/// A running `accolade serve`, ended with the test.
struct Serving<'a> {
    process: Child,
    folder: &'a Folder,
}

impl Serving<'_> {
    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.folder.port)
    }

    async fn until(&self, what: &str, mut wished: impl AsyncFnMut() -> bool) {
        let began = Instant::now();
        while !wished().await {
            assert!(began.elapsed() < Duration::from_mins(4), "still not so: {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn post(&self, path: &str, body: Value) -> u16 {
        let request = reqwest::Client::new().post(self.url(&format!("hooks/{path}")));
        let answer = request.bearer_auth("sandbox-bearer").body(body.to_string()).send().await.unwrap();
        answer.status().as_u16()
    }

    /// Every delivery, oldest first, once nothing waits any more and no mail is on its way.
    async fn settled(&self) -> Vec<DeliveryTrail> {
        let store = Store::open(&format!("sqlite://{}", self.folder.database().display()), 1).await.unwrap();
        let mut trails = Vec::new();
        self.until("nothing waits", async || {
            trails = store.deliveries(&TrailFilter { limit: 100, ..TrailFilter::default() }).await.unwrap();
            trails.iter().all(|trail| trail.state != DeliveryState::Waiting)
        })
        .await;
        store.close().await;
        trails.reverse();
        trails
    }

    /// As systemd and Docker stop it.
    fn stop(mut self) {
        let killed = Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        assert!(killed.success() && self.process.wait().unwrap().success());
    }
}

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The text with ID for every UUID and TIME for every time.
fn masked(text: &str) -> String {
    const SHAPES: [(&str, &str); 2] =
        [("ID", "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"), ("TIME", "dddd-dd-dd dd:dd:dd")];
    let fits = |text: &str, shape: &str| {
        text.len() >= shape.len()
            && text.bytes().zip(shape.bytes()).all(|(byte, kind)| match kind {
                b'h' => byte.is_ascii_hexdigit(),
                b'd' => byte.is_ascii_digit(),
                _ => byte == kind,
            })
    };
    let (mut masked, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let length = if let Some((name, shape)) = SHAPES.iter().find(|(_, shape)| fits(rest, shape)) {
            masked += name;
            shape.len()
        } else {
            masked.push(first);
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    masked
}
