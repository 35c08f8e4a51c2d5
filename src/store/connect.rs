//! How the databases are opened, and their tables made.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection as _, PgConnection};

use super::StoreError;
use super::session::Pool;
use super::statement::statements;

statements! {
    PING = "SELECT 1";
}

/// How long to wait for a connection: the sender of a webhook wants its answer sooner than
/// it wants a yes.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(5);

/// How long a writer of SQLite waits for its turn, in this process and behind another one.
const BUSY_LIMIT: Duration = Duration::from_secs(10);

/// The server gives up by itself, so that a process that froze in the middle of a transaction
/// does not keep the others waiting for its locks. Every time is UTC.
const POSTGRES_SETTINGS: &str = "\
    SET statement_timeout = '10s'; \
    SET lock_timeout = '5s'; \
    SET idle_in_transaction_session_timeout = '30s'; \
    SET TIME ZONE 'UTC'";

const POSTGRES_MIGRATION_SETTINGS: &str = "SET statement_timeout = 0; SET lock_timeout = 0";

impl Pool {
    pub(super) async fn connect(url: &str, connections: u32) -> Result<Self, StoreError> {
        let scheme = url.split(':').next().unwrap_or_default();
        match scheme {
            "postgres" | "postgresql" => connect_postgres(url, connections).await,
            "sqlite" => connect_sqlite(url, connections).await,
            // The rest of the URL may hold a password.
            _ => Err(StoreError::Refused(
                "the database's URL must begin with sqlite: or postgres://".to_owned(),
            )),
        }
    }

    pub(super) async fn migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                // Its settings, and its lock if a migration fails, end with the connection.
                connection.close_on_drop();
                sqlx::raw_sql(POSTGRES_MIGRATION_SETTINGS).execute(&mut *connection).await?;
                // An advisory lock lets the others wait.
                let mut migrator = sqlx::migrate!("src/store/migrations/postgres");
                migrator.set_ignore_missing(true);
                Ok(migrator.run_direct(None, &mut *connection, false).await?)
            }
            Self::Sqlite { write, .. } => {
                let mut migrator = sqlx::migrate!("src/store/migrations/sqlite");
                // A process of the last version may start beside one of the next.
                migrator.set_ignore_missing(true);
                // sqlx takes no lock in SQLite: this transaction around all of it is one.
                let mut transaction = write.begin_with("BEGIN IMMEDIATE").await?;
                migrator.run_direct(None, &mut *transaction, false).await?;
                Ok(transaction.commit().await?)
            }
        }
    }

    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        self.read().await?.run(&PING, Vec::new()).await.map(drop)
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Postgres(pool) => pool.close().await,
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
        }
    }
}

async fn connect_postgres(url: &str, connections: u32) -> Result<Pool, StoreError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| StoreError::Refused(format!("the database's URL: {error}")))?
        .application_name("accolade");
    // The pool would hide why it gets no connection: ask once without it.
    let probe = tokio::time::timeout(ACQUIRE_LIMIT, PgConnection::connect_with(&options)).await;
    let probe = probe.map_err(|_| {
        StoreError::Unavailable(format!("no answer within {} seconds", ACQUIRE_LIMIT.as_secs()))
    })??;
    // A connection that does not end well has ended.
    let _ = probe.close().await;
    let pool = PgPoolOptions::new()
        .max_connections(connections.max(1))
        .acquire_timeout(ACQUIRE_LIMIT)
        .after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::raw_sql(POSTGRES_SETTINGS).execute(connection).await?;
                Ok(())
            })
        })
        .connect_lazy_with(options);
    Ok(Pool::Postgres(pool))
}

async fn connect_sqlite(url: &str, connections: u32) -> Result<Pool, StoreError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| StoreError::Refused(format!("the database's URL: {error}")))?;
    // What cannot be made here is said, with the file's name, when the file is opened.
    if let Some(folder) = options.get_filename().parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    let options = options
        .create_if_missing(true)
        .busy_timeout(BUSY_LIMIT)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true);
    // For ever: the database in memory ends with its connection.
    let one = || {
        SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(BUSY_LIMIT)
            .idle_timeout(None)
            .max_lifetime(None)
    };
    let write = open_sqlite(one(), &options).await?;
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    let read = if in_memory {
        write.clone()
    } else {
        let pool =
            SqlitePoolOptions::new().max_connections(connections.max(1)).acquire_timeout(ACQUIRE_LIMIT);
        pool.connect_lazy_with(options.pragma("query_only", "on"))
    };
    Ok(Pool::Sqlite { read, write })
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
