//! Copying the log of SQLite back into its file, beside the connection that writes.
//!
//! By itself SQLite does that at the end of some transaction, and all who want to write wait for it: beside
//! a million badges for thousands of pages that lie all over the file. So another connection does most
//! of it while transactions go on (a passive checkpoint never makes them wait), again until little is
//! left; that little is copied by the connection that writes, between two transactions. Only when nothing is
//! left does SQLite begin its log anew.
//!
//! <https://www.sqlite.org/wal.html>, sections 2.3 and 3.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Transactions after which pages are copied: under load some ten thousand pages, of which many are the
/// same, and a second.
const TRANSACTIONS: u32 = 64;
/// Pages that the connection that writes copies itself, in some milliseconds.
const FEW_PAGES: i64 = 512;
/// How often is tried to leave no more than those: where more is written meanwhile, it goes on later.
const ROUNDS: usize = 6;

/// What the connection that writes and the one that copies tell each other.
#[derive(Debug, Clone, Default)]
pub(super) struct Checkpoints(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Transactions since pages were copied last.
    written: AtomicU32,
    due: Notify,
    /// Little is left.
    few: AtomicBool,
    stop: CancellationToken,
    ended: CancellationToken,
}

impl Checkpoints {
    /// Starts what copies; it opens its connection when it is needed first.
    pub(super) fn start(options: SqliteConnectOptions) -> Self {
        let checkpoints = Self::default();
        let shared = Arc::clone(&checkpoints.0);
        tokio::spawn(async move {
            shared.run(options).await;
            shared.ended.cancel();
        });
        checkpoints
    }

    /// For a database in memory, which has no log.
    pub(super) fn none() -> Self {
        let checkpoints = Self::default();
        checkpoints.0.ended.cancel();
        checkpoints
    }

    /// To be called by the connection that writes, between two transactions.
    pub(super) async fn written(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        if self.0.few.swap(false, Ordering::Relaxed) {
            copy(connection).await?;
        }
        if self.0.written.fetch_add(1, Ordering::Relaxed) + 1 >= TRANSACTIONS {
            self.0.due.notify_one();
        }
        Ok(())
    }

    /// Ends what copies, and its connection.
    pub(super) async fn close(&self) {
        self.0.stop.cancel();
        self.0.ended.cancelled().await;
    }
}

impl Shared {
    async fn run(&self, options: SqliteConnectOptions) {
        let mut connection: Option<SqliteConnection> = None;
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = self.due.notified() => {}
            }
            self.written.store(0, Ordering::Relaxed);
            let copied = match &mut connection {
                Some(connection) => self.copy_most(connection).await,
                none => match options.connect().await {
                    Ok(opened) => self.copy_most(none.insert(opened)).await,
                    Err(error) => Err(error),
                },
            };
            if let Err(error) = copied {
                // The connection that writes copies everything when the log has grown long.
                tracing::warn!(%error, "the log of the database is not copied back at the moment");
                connection = None;
            }
        }
        if let Some(connection) = connection {
            // A connection that does not end well has ended.
            let _ = connection.close().await;
        }
    }

    async fn copy_most(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let mut before = copy(connection).await?;
        for _ in 1..ROUNDS {
            if before.copied < before.pages {
                // Somebody reads what was before; later.
                return Ok(());
            }
            let log = copy(connection).await?;
            if log.pages - before.copied <= FEW_PAGES {
                self.few.store(true, Ordering::Relaxed);
                return Ok(());
            }
            before = log;
        }
        Ok(())
    }
}

/// The log when copying began.
struct Log {
    /// Its pages.
    pages: i64,
    /// Those of them that are in the file now.
    copied: i64,
}

/// Copies what can be copied without making anybody wait.
async fn copy(connection: &mut SqliteConnection) -> Result<Log, sqlx::Error> {
    let sql = "PRAGMA wal_checkpoint(PASSIVE)";
    let (_busy, pages, copied): (i64, i64, i64) = sqlx::query_as(sql).fetch_one(connection).await?;
    Ok(Log { pages, copied })
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
    use uuid::Uuid;

    use super::*;
    use crate::clock::Clock;
    use crate::store::Store;

    #[tokio::test]
    async fn the_log_begins_anew_while_transactions_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("busy.db");
        let store = Store::connect(&format!("sqlite://{}", file.display()), 1).await.unwrap();
        store.migrate().await.unwrap();
        let log = || std::fs::metadata(folder.path().join("busy.db-wal")).unwrap().len();
        let (now, mut before) = (Clock::system().now(), 0);
        // By itself SQLite would not begin it anew so soon: these are three pages each.
        for round in 1.. {
            for _ in 0..300 {
                store.begin_trial(Uuid::new_v4(), now).await.unwrap();
            }
            if log() == before {
                break;
            }
            before = log();
            assert!(round < 60, "the log has grown to {before} bytes");
        }
        store.close().await;
        assert!(!folder.path().join("busy.db-wal").exists(), "no connection is left");
    }

    #[tokio::test]
    async fn of_what_is_left_the_connection_that_writes_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("one.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let mut connection = options.connect().await.unwrap();
        let checkpoints = Checkpoints::none();
        let mut pages = Vec::new();
        for few in [false, true, false] {
            for _ in 0..50 {
                let sql = "CREATE TABLE IF NOT EXISTS t (n INTEGER); INSERT INTO t VALUES (1)";
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            }
            let frames = std::fs::metadata(folder.path().join("one.db-wal")).unwrap().len() / 4_096;
            pages.push(frames);
            checkpoints.0.few.store(few, Ordering::Relaxed);
            checkpoints.written(&mut connection).await.unwrap();
        }
        // The second time the log grew, then it began anew.
        assert!(pages[0] < pages[1] && pages[1] == pages[2], "{pages:?}");
    }
}
