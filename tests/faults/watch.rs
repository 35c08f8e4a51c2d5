//! Notices a test that hangs. Every wait here has a limit, but they all need the test's runtime, which a
//! thread that blocks can hold up: this one has a thread of its own, and ends the process with words.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};

use crate::load::seconds;

/// Lines of each log that are told.
const LINES: usize = 30;

/// Watches over one installation until it is dropped.
pub(crate) struct Watch {
    step: Arc<Mutex<String>>,
    _alive: mpsc::Sender<()>,
}

impl Watch {
    /// Starts to watch; `folder` has the logs.
    pub(crate) fn start(folder: &Path) -> Self {
        let limit = seconds(15 * 60, 4 * 60 * 60);
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        let step = Arc::new(Mutex::new("the beginning".to_owned()));
        let (alive, gone) = mpsc::channel();
        let (now, folder) = (Arc::clone(&step), folder.to_owned());
        std::thread::spawn(move || {
            if gone.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                let at = now.lock().unwrap().clone();
                ends(&format!("{name} hangs after {} s at: {at}", limit.as_secs()), &folder);
            }
        });
        Self { step, _alive: alive }
    }

    /// What is done next.
    pub(crate) fn step(&self, step: impl Into<String>) {
        *self.step.lock().unwrap() = step.into();
    }
}

/// Tells what there is to see past what keeps the output of tests, and ends all of them.
fn ends(why: &str, folder: &Path) {
    let mut said = format!("\n{why}\n");
    for file in files(Path::new("/proc/self/task")) {
        let status = std::fs::read_to_string(file.join("status")).unwrap_or_default();
        let told = status.lines().filter(|line| line.starts_with("Name:") || line.starts_with("State:"));
        let _ = writeln!(said, "thread {}", told.collect::<Vec<_>>().join(", "));
    }
    for log in files(folder).into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "log")) {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let end = &lines[lines.len().saturating_sub(LINES)..];
        let _ = writeln!(said, "== {}\n{}", log.display(), end.join("\n"));
    }
    let _ = std::io::stderr().write_all(said.as_bytes());
    // Nothing is dropped that would end them.
    let children = files(Path::new("/proc/self/task")).into_iter().map(|file| file.join("children"));
    let children: String = children.filter_map(|file| std::fs::read_to_string(file).ok()).collect();
    let _ = Command::new("kill").arg("-9").args(children.split_whitespace()).status();
    std::process::exit(101);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
