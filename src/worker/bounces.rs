//! Reads the mailbox to which mails come back, and takes down what it tells.

mod mbox;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::mail::dsn::{self, DeliveryReport, Fate};
use crate::store::{Bounce, BounceKind, Store, StoreError};
use crate::telemetry::Metrics;

pub use mbox::{Mbox, examine as examine_mbox};

/// Messages read in one round.
const MOST: usize = 1_000;

/// Takes down what notifications tell, from wherever they come. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bounces {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

/// What came of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is about a mail of ours, and taken down.
    Known(BounceKind),
    /// It is no delivery status notification, tells of a delivery, or is about another mail.
    Nothing,
}

impl Bounces {
    /// Takes down what a message tells.
    ///
    /// # Errors
    /// When the database is away: the message has to be read again.
    pub async fn take(&self, raw: &[u8]) -> Result<Taken, StoreError> {
        let Some(report) = dsn::read(raw) else {
            self.metrics.bounce("unread");
            return Ok(Taken::Nothing);
        };
        self.note(report).await
    }

    /// Takes down what is told of a mail.
    ///
    /// # Errors
    /// When the database is away: it has to be told again.
    pub async fn note(&self, report: DeliveryReport) -> Result<Taken, StoreError> {
        let DeliveryReport { message_ids, fate, reason } = report;
        let kind = match fate {
            Fate::Arrived => return Ok(Taken::Nothing),
            Fate::Delayed => BounceKind::Delayed,
            Fate::Soft => BounceKind::Soft,
            Fate::Hard => BounceKind::Hard,
        };
        let credential = self.store.bounce(&Bounce { message_ids, kind, reason }, self.clock.now()).await?;
        self.metrics.bounce(credential.map_or("unknown", |_| kind.as_str()));
        let Some(credential) = credential else { return Ok(Taken::Nothing) };
        tracing::info!(%credential, kind = kind.as_str(), "a mail came back");
        Ok(Taken::Known(kind))
    }
}

/// Reads a Maildir.
#[derive(Debug)]
pub struct Mailbox {
    /// The folder with `new` and `cur`.
    pub maildir: PathBuf,
    /// Takes down what it finds.
    pub bounces: Bounces,
    /// Time between two looks.
    pub every: Duration,
}

impl Mailbox {
    /// Reads until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.round().await {
                let maildir = self.maildir.display();
                tracing::warn!(%error, %maildir, "the mailbox of bounces (bounces.maildir) cannot be read");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.every) => {}
            }
        }
    }

    /// Reads what is new. A message is marked as seen once what it tells is stored: dying in between
    /// reads it once more, which changes nothing.
    pub(super) async fn round(&self) -> Result<(), String> {
        let folder = self.maildir.clone();
        let files =
            tokio::task::spawn_blocking(move || unseen(&folder)).await.map_err(|e| e.to_string())??;
        for file in files {
            let path = file.clone();
            let raw =
                tokio::task::spawn_blocking(move || beginning(&path)).await.map_err(|e| e.to_string())?;
            let raw = match raw {
                Ok(raw) => raw,
                // Another process was quicker.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(format!("{}: {error}", file.display())),
            };
            self.bounces.take(&raw).await.map_err(|error| error.to_string())?;
            let seen = seen(&self.maildir, &file);
            match tokio::fs::rename(&file, &seen).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(format!("{}: {error}", file.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Messages that are not marked as seen, oldest names first.
fn unseen(maildir: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for part in ["new", "cur"] {
        let folder = maildir.join(part);
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let entry = entry.map_err(|error| format!("{}: {error}", folder.display()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let flags = name.rsplit_once(":2,").map_or("", |(_, flags)| flags);
            let file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if file && !name.starts_with('.') && !flags.contains('S') {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files.truncate(MOST);
    Ok(files)
}

fn beginning(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    std::fs::File::open(path)?.take(dsn::LARGEST as u64).read_to_end(&mut raw)?;
    Ok(raw)
}

/// Where a message goes that was read: `cur/NAME:2,S`, with the flags that it had.
fn seen(maildir: &Path, file: &Path) -> PathBuf {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (base, flags) = name.rsplit_once(":2,").unwrap_or((&name, ""));
    let mut flags: Vec<char> = flags.chars().chain(['S']).collect();
    flags.sort_unstable();
    flags.dedup();
    maildir.join("cur").join(format!("{base}:2,{}", flags.into_iter().collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_marked_as_maildirs_do() {
        let at = |file: &str| seen(Path::new("/m"), Path::new(file)).display().to_string();
        assert_eq!(at("/m/new/1.host"), "/m/cur/1.host:2,S");
        assert_eq!(at("/m/cur/1.host:2,FT"), "/m/cur/1.host:2,FST");
        let folder = tempfile::tempdir().unwrap();
        for part in ["new", "cur", "tmp"] {
            std::fs::create_dir(folder.path().join(part)).unwrap();
        }
        for name in ["new/2", "new/1", "new/.hidden", "cur/3:2,", "cur/4:2,RS", "tmp/5"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let names: Vec<String> = unseen(folder.path())
            .unwrap()
            .iter()
            .map(|path| path.strip_prefix(folder.path()).unwrap().display().to_string())
            .collect();
        assert_eq!(names, ["cur/3:2,", "new/1", "new/2"]);
        assert!(unseen(&folder.path().join("none")).unwrap_err().contains("none"));
    }
}
