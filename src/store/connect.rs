//! How the databases are opened, and their tables made.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tokio::time::timeout;

use super::checkpoint::Checkpoints;
use super::session::Pool;
use super::statement::statements;
use super::{Store, StoreError};
use crate::private;

statements! {
    PING = "SELECT 1";
}

/// How long to wait for a connection: the sender of a webhook wants its answer sooner than
/// it wants a yes.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(5);

/// How long the server may take to let the connections go.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long a writer of SQLite waits for its turn, in this process and behind another one.
const BUSY_LIMIT: Duration = Duration::from_secs(10);

/// Statements that a connection to SQLite keeps ready: those of the workers, for each number of rows.
const STATEMENTS_KEPT: usize = 400;

/// Pages of the log of SQLite after which the connection that writes copies them itself, 256 MiB: far more
/// than what `checkpoint.rs` leaves.
const LONGEST_LOG: &str = "65536";

/// Bytes of a log that has begun anew that the disk keeps, 64 MiB.
const LOG_KEPT: &str = "67108864";

/// Where SQLite keeps what would take a statement back: otherwise in files of the system's folder for
/// temporary ones, which may not be writable, and is no place for what names people.
const TEMPORARY: &str = "memory";

/// Whether SQLite checks that the rows exist to which others refer: in the builds that are tested. It has
/// one writer, and each transaction writes or has read to what it refers, so the check finds faults of this
/// program only, and costs each statement a note of all that it changes ([`super::statement`]).
const REFERENCES_CHECKED: bool = cfg!(debug_assertions);

/// What the writer of SQLite keeps of the database, in KiB (negative: not pages). It is the only one that
/// writes, so what it has read stays true.
const WRITER_CACHE: &str = "-16384";

/// What each of those that read keeps, in KiB: what they read is forgotten with the next transaction of the
/// writer, and the system keeps the file.
const READER_CACHE: &str = "-512";

/// How a process that serves has its statements planned: rows are found by their keys, one by one. The
/// plan of a prepared statement is made once, and may be made while the tables are empty or their
/// statistics old; what is best then (read the whole table, join by hashing) takes seconds for each
/// batch once there are some thousand rows. What `{plain}` of `statement.rs` is for, too. Not for the
/// commands that read everything. And no plan is worth other processes, or compiling.
const POSTGRES_PLANS: &str = "\
    SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
    SET max_parallel_workers_per_gather = 0; SET jit = off";

/// The server gives up by itself, so that a process that froze in the middle of a transaction
/// does not keep the others waiting for its locks. Every time is UTC.
const POSTGRES_SETTINGS: &str = "\
    SET statement_timeout = '10s'; \
    SET lock_timeout = '5s'; \
    SET idle_in_transaction_session_timeout = '30s'; \
    SET TIME ZONE 'UTC'";

const APPLIED: &str = "SELECT version FROM _sqlx_migrations WHERE success";

/// How often the tables are tried to be brought up to date.
const MIGRATION_TRIES: u32 = 20;

const POSTGRES_MIGRATION_SETTINGS: &str = "SET statement_timeout = 0; SET lock_timeout = 0";

/// Why a database cannot be used by those who neither make nor migrate one.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not there yet, or its tables are missing or older than this program: says which, and
    /// the mend.
    #[error("{0}")]
    NotReady(String),
    /// It cannot be reached, or its URL is wrong.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Opens a database that is there already and has this version's tables; makes and changes
    /// nothing. Arguments as for [`Store::connect`].
    ///
    /// # Errors
    /// [`OpenError::NotReady`] when only `accolade serve` can help.
    pub async fn open(url: &str, connections: u32) -> Result<Self, OpenError> {
        let pool = match scheme(url) {
            "sqlite" => {
                let options = sqlite_options(url)?;
                let file = options.get_filename();
                if !in_memory(url) && !file.exists() {
                    return Err(OpenError::NotReady(format!(
                        "there is no database {} yet: `accolade serve` makes it. If it should be there, check database.url",
                        file.display()
                    )));
                }
                // The mode of the journal stays as it is: an empty file stays empty.
                connect_sqlite(url, options, connections).await?
            }
            _ => connect_postgres(url, connections, &[POSTGRES_SETTINGS]).await?,
        };
        let store = Self::on(pool);
        let missing = store.pool.applied().await.map(|applied| missing(&store.pool.known(), &applied));
        match missing {
            Ok(None) => Ok(store),
            Ok(Some(why)) => {
                store.close().await;
                Err(OpenError::NotReady(why))
            }
            Err(error) => {
                store.close().await;
                Err(error.into())
            }
        }
    }
}

/// What the tables lack, if anything. A newer program may have added more.
fn missing(known: &[i64], applied: &[i64]) -> Option<String> {
    if applied.is_empty() {
        return Some("the database has no tables yet: `accolade serve` makes them".to_owned());
    }
    known.iter().any(|version| !applied.contains(version)).then(|| {
        let newest = |versions: &[i64]| versions.iter().max().copied().unwrap_or_default();
        format!(
            "the database is of an older version ({} of {}): start `accolade serve` of this version once, which brings it up to date",
            newest(applied),
            newest(known)
        )
    })
}

impl Pool {
    pub(super) async fn connect(url: &str, connections: u32) -> Result<Self, StoreError> {
        match scheme(url) {
            "postgres" | "postgresql" => {
                connect_postgres(url, connections, &[POSTGRES_SETTINGS, POSTGRES_PLANS]).await
            }
            "sqlite" => {
                let options = sqlite_options(url)?;
                // What cannot be made here is said, with the file's name, when the file is opened.
                let file = options.get_filename();
                // One in memory has an address in place of a name.
                if !file.to_string_lossy().starts_with("file:") {
                    let _ = private::file(file);
                }
                let options = options.create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
                connect_sqlite(url, options, connections).await
            }
            // The rest of the URL may hold a password.
            _ => Err(StoreError::Refused(
                "the database's URL must begin with sqlite: or postgres://".to_owned(),
            )),
        }
    }

    /// Tried again where it meets the work of processes that run: both lock many tables, each in its
    /// own order, and of two that wait for each other in a circle PostgreSQL ends one.
    pub(super) async fn migrate(&self) -> Result<(), StoreError> {
        for _ in 1..MIGRATION_TRIES {
            match self.try_migrate().await {
                Err(StoreError::Conflict) => tokio::time::sleep(Duration::from_millis(200)).await,
                result => return result,
            }
        }
        self.try_migrate().await
    }

    async fn try_migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                // Its settings, and its lock if a migration fails, end with the connection.
                connection.close_on_drop();
                sqlx::raw_sql(POSTGRES_MIGRATION_SETTINGS).execute(&mut *connection).await?;
                // An advisory lock lets the others wait.
                Ok(self.migrator().run_direct(None, &mut *connection, false).await?)
            }
            Self::Sqlite { write, .. } => {
                // sqlx takes no lock in SQLite: this transaction around all of it is one.
                let mut transaction = write.begin_with("BEGIN IMMEDIATE").await?;
                self.migrator().run_direct(None, &mut *transaction, false).await?;
                Ok(transaction.commit().await?)
            }
        }
    }

    fn migrator(&self) -> Migrator {
        let mut migrator = match self {
            Self::Postgres(_) => sqlx::migrate!("src/store/migrations/postgres"),
            Self::Sqlite { .. } => sqlx::migrate!("src/store/migrations/sqlite"),
        };
        // A process of the last version may start beside one of the next.
        migrator.set_ignore_missing(true);
        migrator
    }

    /// The migrations of this program.
    fn known(&self) -> Vec<i64> {
        self.migrator().iter().map(|migration| migration.version).collect()
    }

    /// The migrations that were applied; none where there are no tables.
    async fn applied(&self) -> Result<Vec<i64>, StoreError> {
        let applied = match self {
            Self::Postgres(pool) => sqlx::query_scalar(APPLIED).fetch_all(pool).await,
            Self::Sqlite { write, .. } => sqlx::query_scalar(APPLIED).fetch_all(write).await,
        };
        match applied {
            Err(sqlx::Error::Database(error))
                if error.code().as_deref() == Some("42P01") || error.message().contains("no such table") =>
            {
                Ok(Vec::new())
            }
            applied => Ok(applied?),
        }
    }

    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        self.read().await?.run(&PING, Vec::new()).await.map(drop)
    }

    pub(super) async fn close(&self) {
        match self {
            // One that hangs learns of it from the end of the process.
            Self::Postgres(pool) => drop(timeout(FAREWELL, pool.close()).await),
            Self::Sqlite { read, write, checkpoints } => {
                checkpoints.close().await;
                read.close().await;
                write.close().await;
            }
        }
    }
}

fn scheme(url: &str) -> &str {
    url.split(':').next().unwrap_or_default()
}

fn in_memory(url: &str) -> bool {
    url.contains(":memory:") || url.contains("mode=memory")
}

async fn connect_postgres(
    url: &str,
    connections: u32,
    settings: &'static [&'static str],
) -> Result<Pool, StoreError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| StoreError::Refused(format!("the database's URL: {error}")))?
        .application_name("accolade");
    // The pool would hide why it gets no connection: ask once without it.
    let probe = timeout(ACQUIRE_LIMIT, PgConnection::connect_with(&options)).await;
    let probe = probe.map_err(|_| {
        StoreError::Unavailable(format!("no answer within {} seconds", ACQUIRE_LIMIT.as_secs()))
    })??;
    // A connection that does not end well has ended.
    let _ = probe.close().await;
    let pool = PgPoolOptions::new()
        .max_connections(connections.max(1))
        .acquire_timeout(ACQUIRE_LIMIT)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                for sql in settings {
                    sqlx::raw_sql(*sql).execute(&mut *connection).await?;
                }
                Ok(())
            })
        })
        .connect_lazy_with(options);
    Ok(Pool::Postgres(pool))
}

fn sqlite_options(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    Ok(SqliteConnectOptions::from_str(url)
        .map_err(|error| StoreError::Refused(format!("the database's URL: {error}")))?
        .busy_timeout(BUSY_LIMIT)
        .synchronous(SqliteSynchronous::Full)
        .statement_cache_capacity(STATEMENTS_KEPT)
        .pragma("wal_autocheckpoint", LONGEST_LOG)
        .pragma("journal_size_limit", LOG_KEPT)
        .pragma("temp_store", TEMPORARY)
        .foreign_keys(REFERENCES_CHECKED))
}

async fn connect_sqlite(
    url: &str,
    options: SqliteConnectOptions,
    connections: u32,
) -> Result<Pool, StoreError> {
    // For ever: the database in memory ends with its connection.
    let checkpoints = if in_memory(url) { Checkpoints::none() } else { Checkpoints::start(options.clone()) };
    let one = || {
        let checkpoints = checkpoints.clone();
        SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(BUSY_LIMIT)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_release(move |connection, _| {
                let checkpoints = checkpoints.clone();
                Box::pin(async move {
                    let clean = is_clean(connection).await?;
                    if clean {
                        checkpoints.written(connection).await?;
                    }
                    Ok(clean)
                })
            })
    };
    let write = open_sqlite(one(), &options.clone().pragma("cache_size", WRITER_CACHE)).await?;
    let read = if in_memory(url) {
        write.clone()
    } else {
        let pool =
            SqlitePoolOptions::new().max_connections(connections.max(1)).acquire_timeout(ACQUIRE_LIMIT);
        pool.connect_lazy_with(options.pragma("query_only", "on").pragma("cache_size", READER_CACHE))
    };
    Ok(Pool::Sqlite { read, write, checkpoints })
}

/// Whether a connection that comes back has no transaction any more. After an error of the disk, or a
/// full one, SQLite ends the transaction by itself, and the driver, which does not know, would take it for
/// open and refuse every one after it: such a connection is closed.
async fn is_clean(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // The end of one that was dropped may be on its way: the answer comes behind it.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// Turning a new file to WAL does not wait for another process that does the same.
async fn open_sqlite(
    pool: SqlitePoolOptions,
    options: &SqliteConnectOptions,
) -> Result<SqlitePool, StoreError> {
    let path = options.get_filename().to_string_lossy().into_owned();
    let mut tries = 0;
    loop {
        tries += 1;
        match pool.clone().connect_with(options.clone()).await.map_err(StoreError::from) {
            Ok(pool) => return Ok(pool),
            Err(StoreError::Unavailable(message)) if tries >= 20 || !message.contains("locked") => {
                return Err(StoreError::Unavailable(format!("{path}: {message}")));
            }
            Err(StoreError::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(other) => return Err(other),
        }
    }
}

#[cfg(test)]
mod tests;
