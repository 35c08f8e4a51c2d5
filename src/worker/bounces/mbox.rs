//! Reads a mailbox in one file (mbox), and goes on where it stopped.
//!
//! The file belongs to a mail server that appends to it, to a person who deletes from it, and to a
//! program that rotates it; nothing here writes to it. How far it was read is a row in the database.

use std::fs::{File, TryLockError};
use std::io::{BufReader, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use super::Bounces;
use crate::mail::dsn;
use crate::mail::mbox::{Messages, begins};
use crate::store::ReadTo;

/// Bytes of messages in memory at a time; one message more can be.
const BYTES: usize = 4 << 20;
/// Messages in memory at a time.
const GROUP: usize = 200;
/// Bytes before the place up to which was read that are compared.
const TAIL: u64 = 512;
/// A lock file (`FILE.lock`) is left over from a program that died when it is older than that.
const LEFT_OVER: TimeDelta = TimeDelta::minutes(10);

/// Reads an mbox.
#[derive(Debug)]
pub struct Mbox {
    path: PathBuf,
    bounces: Bounces,
    every: Duration,
    /// The file that was read last: when another one takes its place, its end is read from here.
    open: Option<(Arc<File>, String)>,
    /// How long it was then: a message is whole when nobody writes any more.
    length: u64,
}

/// What is to be read of a file.
enum On {
    /// Nothing new.
    Nothing,
    /// From here.
    From(u64),
    /// From the beginning: it is shorter than it was, or says something else.
    Anew,
}

/// A message with its place in the file.
struct Placed {
    raw: Vec<u8>,
    at: u64,
    end: u64,
    followed: bool,
}

impl Mbox {
    /// The mailbox at a path, looked at so often.
    pub fn new(path: PathBuf, bounces: Bounces, every: Duration) -> Self {
        Self { path, bounces, every, open: None, length: 0 }
    }

    /// Reads until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut said = String::new();
        loop {
            // The same once: it may last for days.
            match self.round().await {
                Err(error) if error != said => {
                    tracing::warn!(%error, "the mailbox of bounces (bounces.mbox) cannot be read");
                    said = error;
                }
                Err(_) => {}
                Ok(()) => said.clear(),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.every) => {}
            }
        }
    }

    /// Reads what is new. How far that was is noted once what it tells is stored: dying in between
    /// reads some messages once more, which changes nothing.
    pub(in crate::worker) async fn round(&mut self) -> Result<(), String> {
        let Some(file) = open(&self.path)? else {
            // Somebody took it away; the mail server makes a new one.
            if let Some((file, name)) = self.open.take() {
                self.read_on(&file, &name, true).await?;
            }
            return Ok(());
        };
        if self.is_locked(&file) {
            return Ok(());
        }
        let (file, about) = (Arc::new(file.0), file.1);
        let name = format!("{}:{}", about.dev(), about.ino());
        if let Some((before, old)) = self.open.take_if(|(_, open)| *open != name) {
            tracing::info!(mbox = %self.path.display(), "another file took the place of the mailbox of bounces");
            self.read_on(&before, &old, true).await?;
        }
        let quiet = self.open.is_some() && self.length == about.len();
        self.length = about.len();
        self.open = Some((Arc::clone(&file), name.clone()));
        self.read_on(&file, &name, quiet).await
    }

    /// Reads a file to its end; its last message only if nobody writes to it any more (`quiet`).
    async fn read_on(&self, file: &Arc<File>, name: &str, quiet: bool) -> Result<(), String> {
        let path = self.path.to_string_lossy().into_owned();
        let problem = |error: &dyn std::fmt::Display| format!("{path}: {error}");
        let known = self.bounces.store.read_to(&path, name).await.map_err(|error| problem(&error))?;
        let known = known.unwrap_or_default();
        let (on, looked) = (Arc::clone(file), known.clone());
        let on = blocking(move || place(&on, &looked)).await.map_err(|error| problem(&error))?;
        let mut at = match on {
            On::Nothing => return Ok(()),
            On::From(at) => at,
            On::Anew => {
                tracing::info!(mbox = %path, "the mailbox of bounces was written anew; it is read from its beginning");
                self.note(&path, name, &ReadTo::default()).await?;
                0
            }
        };
        loop {
            let (from, start) = (Arc::clone(file), at);
            let group = blocking(move || group(&from, start)).await.map_err(|error| match error.kind() {
                ErrorKind::InvalidData => no_mbox(&self.path),
                _ => problem(&error),
            })?;
            let whole = group.len() - usize::from(!quiet && group.last().is_some_and(|last| !last.followed));
            let Some(last) = group.get(..whole).and_then(<[Placed]>::last) else { return Ok(()) };
            for message in group.iter().take(whole) {
                self.bounces.take(&message.raw).await.map_err(|error| problem(&error))?;
            }
            let (tail_of, end) = (Arc::clone(file), last.end);
            let tail = blocking(move || tail(&tail_of, end)).await.map_err(|error| problem(&error))?;
            let to = ReadTo { message_at: last.at, end, tail };
            self.note(&path, name, &to).await?;
            if !last.followed {
                return Ok(());
            }
            at = end;
        }
    }

    async fn note(&self, path: &str, name: &str, to: &ReadTo) -> Result<(), String> {
        let noted = self.bounces.store.note_read_to(path, name, to, self.bounces.clock.now()).await;
        noted.map_err(|error| format!("{path}: {error}"))
    }

    /// Whether a program that follows the customs of mailboxes writes to it just now.
    fn is_locked(&self, (file, _): &(File, std::fs::Metadata)) -> bool {
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => return true,
            // Nothing tells when the file system knows no locks.
            Err(TryLockError::Error(_)) => {}
            Ok(()) => drop(file.unlock()),
        }
        let lock = PathBuf::from(format!("{}.lock", self.path.display()));
        let since = std::fs::metadata(lock).and_then(|about| about.modified());
        since.is_ok_and(|since| self.bounces.clock.now() - DateTime::<Utc>::from(since) < LEFT_OVER)
    }
}

/// Opens the mailbox; `None` while there is none: mail servers make it with the first message.
fn open(path: &Path) -> Result<Option<(File, std::fs::Metadata)>, String> {
    let opened = File::open(path).and_then(|file| file.metadata().map(|about| (file, about)));
    match opened {
        Ok((_, about)) if about.is_dir() => Err(format!(
            "{} is a folder, and an mbox is one file; the folder of a Maildir goes into bounces.maildir",
            path.display()
        )),
        Ok(opened) => Ok(Some(opened)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(format!(
            "{}: {error}; let the account that runs accolade read it (often by the group `mail`)",
            path.display()
        )),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

fn no_mbox(path: &Path) -> String {
    format!(
        "{} is no mbox: it does not begin with a line like `From MAILER-DAEMON Mon Nov 23 10:00:00 2026`; write \
         the file into bounces.mbox to which the mail server appends the mail for the address in mail.from",
        path.display()
    )
}

/// What the doctor says of a mailbox: that it can be read, or what to mend.
///
/// # Errors
/// Names the file and the mend.
pub fn examine(path: &Path) -> Result<String, String> {
    let at = path.display();
    let Some((file, _)) = open(path)? else {
        let folder = path.parent().is_some_and(Path::is_dir);
        return folder
            .then(|| format!("{at} is not there yet: the mail server makes it with the first message"))
            .ok_or_else(|| format!("{at}: there is no such folder"));
    };
    let mut beginning = Vec::new();
    file.take(TAIL).read_to_end(&mut beginning).map_err(|error| format!("{at}: {error}"))?;
    if beginning.is_empty() || begins(beginning.split(|byte| *byte == b'\n').next().unwrap_or_default()) {
        return Ok(at.to_string());
    }
    Err(no_mbox(path))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
}

/// Where to read on.
fn place(file: &File, known: &ReadTo) -> std::io::Result<On> {
    let length = file.metadata()?.len();
    if length < known.end {
        return Ok(On::Anew);
    }
    if known.end > 0 && tail(file, known.end)? != known.tail {
        return Ok(On::Anew);
    }
    if length == known.end {
        return Ok(On::Nothing);
    }
    // What was read last may have been half of a message.
    let mut next = Vec::new();
    let mut reader = file;
    reader.seek(SeekFrom::Start(known.end))?;
    reader.take(TAIL).read_to_end(&mut next)?;
    let line = next.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(On::From(if begins(line) { known.end } else { known.message_at }))
}

/// A hash of the bytes before a place.
fn tail(file: &File, end: u64) -> std::io::Result<Vec<u8>> {
    let mut reader = file;
    let from = end.saturating_sub(TAIL);
    reader.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    reader.take(end - from).read_to_end(&mut bytes)?;
    Ok(Sha256::digest(&bytes).to_vec())
}

/// Some messages from a place on.
fn group(file: &File, from: u64) -> std::io::Result<Vec<Placed>> {
    let mut reader = file;
    reader.seek(SeekFrom::Start(from))?;
    let mut messages = Messages::new(BufReader::new(reader), dsn::LARGEST);
    let (mut group, mut at, mut bytes) = (Vec::new(), from, 0);
    while group.len() < GROUP && bytes < BYTES {
        let Some(message) = messages.read_next()? else { break };
        let end = at + message.length;
        bytes += message.raw.len();
        group.push(Placed { raw: message.raw, at, end, followed: message.followed });
        at = end;
    }
    Ok(group)
}

#[cfg(test)]
mod tests;
