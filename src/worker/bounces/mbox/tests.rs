use std::io::Write as _;

use super::*;
use crate::telemetry::Metrics;
use crate::worker::samples::Bench;

/// A mailbox, and what was taken from it.
struct Post {
    bench: Bench,
    path: PathBuf,
    metrics: Arc<Metrics>,
}

impl Post {
    async fn new() -> Self {
        let bench = Bench::new().await;
        let path = bench.folder.path().join("mbox");
        Self { bench, path, metrics: Arc::new(Metrics::new()) }
    }

    /// A process that has just started.
    fn reader(&self) -> Mbox {
        let bounces = Bounces {
            store: self.bench.store.clone(),
            clock: self.bench.clock.clone(),
            metrics: Arc::clone(&self.metrics),
        };
        Mbox::new(self.path.clone(), bounces, Duration::from_secs(1))
    }

    fn append(&self, text: &str) {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// How many reports about mails that nobody knows were taken, and messages that are no report.
    fn taken(&self) -> (u64, u64) {
        let metrics = self.metrics.encode();
        let count = |state: &str| {
            let line = metrics.lines().find_map(|line| {
                line.strip_prefix(&format!("accolade_bounces_total{{state=\"{state}\"}} "))?.parse().ok()
            });
            line.unwrap_or(0)
        };
        (count("unknown"), count("unread"))
    }
}

/// A message of an mbox.
fn report(number: u32) -> String {
    format!(
        "From MAILER-DAEMON Mon Nov 23 10:00:00 2026\n\
         Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1\n\n--b\nContent-Type: message/rfc822\n\n\
         Message-ID: <{number}@badges.example.edu>\n\nHello\n\n--b--\n\n"
    )
}

#[tokio::test]
async fn a_mailbox_that_grows_is_read_on_and_its_last_message_when_it_is_quiet() {
    let post = Post::new().await;
    let mut reader = post.reader();
    reader.round().await.unwrap();
    assert_eq!(post.taken(), (0, 0), "there is no file yet");
    post.append(&(report(1) + &report(2)));
    reader.round().await.unwrap();
    assert_eq!(post.taken(), (1, 0), "the last may still be written");
    for _ in 0..3 {
        reader.round().await.unwrap();
        assert_eq!(post.taken(), (2, 0));
    }
    // Another process goes on there.
    let mut reader = post.reader();
    post.append(&(report(3) + "From x Mon Nov 23 10:00:00 2026\nSubject: away\n\nUntil Monday.\n\n"));
    reader.round().await.unwrap();
    assert_eq!(post.taken(), (3, 0));
    reader.round().await.unwrap();
    assert_eq!(post.taken(), (3, 1));
}

#[tokio::test]
async fn half_a_message_is_read_again_when_the_rest_is_there() {
    let post = Post::new().await;
    let mut reader = post.reader();
    let text = report(1);
    let (half, rest) = text.split_at(text.find("Action").unwrap());
    post.append(half);
    for _ in 0..3 {
        reader.round().await.unwrap();
    }
    assert_eq!(post.taken(), (0, 1), "it looked whole");
    post.append(rest);
    for _ in 0..3 {
        reader.round().await.unwrap();
    }
    assert_eq!(post.taken(), (1, 1));
    // Even within the line that begins the next one.
    let text = report(2);
    let (half, rest) = text.split_at(6);
    for part in [half, rest] {
        post.append(part);
        for _ in 0..3 {
            reader.round().await.unwrap();
        }
    }
    assert_eq!(post.taken().0, 4, "the one before with each half");
}

#[tokio::test]
async fn what_was_emptied_or_changed_is_read_from_its_beginning() {
    let post = Post::new().await;
    let mut reader = post.reader();
    post.append(&(report(1) + &report(2)));
    for _ in 0..3 {
        reader.round().await.unwrap();
    }
    assert_eq!(post.taken().0, 2);
    std::fs::write(&post.path, "").unwrap();
    for _ in 0..2 {
        reader.round().await.unwrap();
    }
    post.append(&report(3));
    for _ in 0..3 {
        reader.round().await.unwrap();
    }
    assert_eq!(post.taken().0, 3);
    // Of another length, of the same, and longer.
    for (again, text) in [(4, report(4)), (5, report(5)), (8, report(6) + &report(7) + &report(8))] {
        std::fs::write(&post.path, text).unwrap();
        for _ in 0..3 {
            reader.round().await.unwrap();
        }
        assert_eq!(post.taken().0, again);
    }
}

#[tokio::test]
async fn of_a_file_that_was_rotated_the_end_is_read() {
    let post = Post::new().await;
    let mut reader = post.reader();
    post.append(&report(1));
    reader.round().await.unwrap();
    reader.round().await.unwrap();
    post.append(&report(2));
    std::fs::rename(&post.path, post.path.with_extension("1")).unwrap();
    post.append(&report(3));
    reader.round().await.unwrap();
    assert_eq!(post.taken().0, 2, "the end of the old one");
    reader.round().await.unwrap();
    assert_eq!(post.taken().0, 3);
    std::fs::remove_file(&post.path).unwrap();
    for _ in 0..2 {
        reader.round().await.unwrap();
    }
    assert_eq!(post.taken(), (3, 0));
}

#[tokio::test]
async fn a_mailbox_that_somebody_locked_waits() {
    let post = Post::new().await;
    let mut reader = post.reader();
    let lock = PathBuf::from(format!("{}.lock", post.path.display()));
    post.append(&(report(1) + &report(2)));
    let held = File::create(&lock).unwrap();
    reader.round().await.unwrap();
    assert_eq!(post.taken().0, 0, "a lock file");
    // A program that died left it there.
    held.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    reader.round().await.unwrap();
    assert_eq!(post.taken().0, 1);
    std::fs::remove_file(&lock).unwrap();
    let writer = std::fs::OpenOptions::new().append(true).open(&post.path).unwrap();
    writer.lock().unwrap();
    for _ in 0..3 {
        reader.round().await.unwrap();
    }
    assert_eq!(post.taken().0, 1, "a lock of the file");
    writer.unlock().unwrap();
    for _ in 0..2 {
        reader.round().await.unwrap();
    }
    assert_eq!(post.taken().0, 2);
}

#[tokio::test]
async fn what_cannot_be_stored_is_read_again() {
    let post = Post::new().await;
    let mut reader = post.reader();
    post.append(&(report(1) + &report(2)));
    post.bench.execute("ALTER TABLE mails RENAME TO hidden_mails").await;
    let said = reader.round().await.unwrap_err();
    assert!(said.starts_with(&post.path.display().to_string()), "{said}");
    assert_eq!(post.taken().0, 0);
    post.bench.execute("ALTER TABLE hidden_mails RENAME TO mails").await;
    for _ in 0..2 {
        reader.round().await.unwrap();
    }
    assert_eq!(post.taken().0, 2);
}

#[tokio::test]
async fn a_large_mailbox_is_read_in_groups() {
    let post = Post::new().await;
    let mut reader = post.reader();
    let large = format!("From x Mon Nov 23 10:00:00 2026\n{}\n\n", "x".repeat(3 << 20));
    let text: String =
        (0..450).map(report).collect::<String>() + &large + &large + &report(450) + &report(451);
    post.append(&text);
    reader.round().await.unwrap();
    assert_eq!(post.taken(), (451, 2));
    let file = File::open(&post.path).unwrap();
    assert_eq!(group(&file, 0).unwrap().len(), GROUP);
    let after = (0..450).map(|number| report(number).len() as u64).sum();
    let sizes: Vec<usize> = group(&file, after).unwrap().iter().map(|message| message.raw.len()).collect();
    assert_eq!(sizes.iter().filter(|size| **size == dsn::LARGEST).count(), 2, "{sizes:?}");
}

#[tokio::test]
async fn what_is_wrong_is_told_with_the_mend() {
    let post = Post::new().await;
    let mut reader = post.reader();
    let path = post.path.display().to_string();
    assert_eq!(
        examine(&post.path).unwrap(),
        format!("{path} is not there yet: the mail server makes it with the first message")
    );
    assert!(examine(&post.path.join("no/mbox")).unwrap_err().contains("no such folder"));
    post.append("Hello\n");
    for said in [examine(&post.path).unwrap_err(), reader.round().await.unwrap_err()] {
        assert!(
            said.starts_with(&path) && said.contains("is no mbox") && said.contains("bounces.mbox"),
            "{said}"
        );
    }
    std::fs::remove_file(&post.path).unwrap();
    std::fs::create_dir(&post.path).unwrap();
    for said in [examine(&post.path).unwrap_err(), reader.round().await.unwrap_err()] {
        assert!(said.starts_with(&path) && said.contains("bounces.maildir"), "{said}");
    }
    std::fs::remove_dir(&post.path).unwrap();
    post.append("");
    assert_eq!(examine(&post.path).unwrap(), path);
    post.append(&report(1));
    assert_eq!(examine(&post.path).unwrap(), path);
}
