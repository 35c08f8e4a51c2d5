//! Sessions: the one place where the two databases are told apart.

use std::future::Future;
use std::time::Duration;

use sqlx::database::HasStatementCache;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{
    Arguments as _, Connection, Executor, FromRow, PgConnection, Postgres, SqlSafeStr as _, Sqlite,
    Transaction,
};
use tokio::time::timeout;

use super::StoreError;
use super::checkpoint::Checkpoints;
use super::sqlite;
use super::statement::Statement;
use super::value::{Kind, Value};
use crate::faults::{self, Break};

/// How long an answer of the server may take before its connection is given up: a frozen
/// server or a half-open connection never answers. Longer than the server's own time-outs.
const ANSWER_LIMIT: Duration = Duration::from_secs(12);

/// The connections.
#[derive(Clone)]
pub(super) enum Pool {
    Postgres(PgPool),
    /// SQLite lets one connection write at a time: waiting for it here is fair and quick,
    /// waiting for its file lock is neither.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
        checkpoints: Checkpoints,
    },
}

/// A row that both databases can give.
pub(super) trait Row:
    for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin
{
}

impl<T> Row for T where T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}

/// A connection, for reading or within a transaction. Dropped before [`Session::commit`], a
/// transaction leaves nothing.
pub(super) struct Session(Inner);

enum Inner {
    Postgres(PostgresSession),
    SqliteRead(PoolConnection<Sqlite>),
    SqliteWrite(Transaction<'static, Sqlite>),
}

struct PostgresSession {
    connection: PoolConnection<Postgres>,
    /// Whether the connection is in the middle of a statement or a transaction.
    open: bool,
    write: bool,
}

impl Drop for PostgresSession {
    fn drop(&mut self) {
        // Closing rolls back, and unlike the pool's way of giving back it never waits for the
        // server: one that hangs would keep the connection's place in the pool for good.
        if self.open {
            self.connection.close_on_drop();
        } else {
            // The pool asks the server whether it is there, and would wait for ever where it is not.
            tokio::spawn(timeout(ANSWER_LIMIT, self.connection.return_to_pool()));
        }
    }
}

impl Pool {
    /// A connection to read with.
    pub(super) async fn read(&self) -> Result<Session, StoreError> {
        Ok(Session(match self {
            Self::Postgres(pool) => Inner::Postgres(PostgresSession {
                connection: pool.acquire().await?,
                open: false,
                write: false,
            }),
            Self::Sqlite { read, .. } => Inner::SqliteRead(read.acquire().await?),
        }))
    }

    /// A transaction that may write.
    pub(super) async fn write(&self) -> Result<Session, StoreError> {
        Ok(Session(match self {
            Self::Postgres(pool) => {
                let connection = pool.acquire().await?;
                let mut session = PostgresSession { connection, open: true, write: true };
                within(
                    sqlx::raw_sql("BEGIN ISOLATION LEVEL READ COMMITTED").execute(&mut *session.connection),
                )
                .await?;
                Inner::Postgres(session)
            }
            Self::Sqlite { write, .. } => Inner::SqliteWrite(write.begin_with("BEGIN IMMEDIATE").await?),
        }))
    }
}

impl Session {
    /// Makes everything since the start of the transaction last.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self.0 {
            Inner::Postgres(mut session) => {
                if session.write {
                    within(sqlx::raw_sql("COMMIT").execute(&mut *session.connection)).await?;
                    session.open = false;
                }
                Ok(())
            }
            Inner::SqliteRead(_) => Ok(()),
            Inner::SqliteWrite(transaction) => Ok(transaction.commit().await?),
        }
    }

    /// Runs a statement for its rows.
    pub(super) async fn all<R: Row>(
        &mut self,
        statement: &'static Statement,
        values: Vec<Value>,
    ) -> Result<Vec<R>, StoreError> {
        match &mut self.0 {
            Inner::Postgres(session) => {
                let arguments = postgres_arguments(statement, values)?;
                session.all(statement, arguments).await
            }
            Inner::SqliteRead(connection) => sqlite::all(connection, statement, values).await,
            Inner::SqliteWrite(transaction) => sqlite::all(transaction, statement, values).await,
        }
    }

    /// Runs a statement for its only row, if there is one.
    pub(super) async fn optional<R: Row>(
        &mut self,
        statement: &'static Statement,
        values: Vec<Value>,
    ) -> Result<Option<R>, StoreError> {
        Ok(self.all(statement, values).await?.into_iter().next())
    }

    /// Runs a statement; answers how many rows it changed.
    pub(super) async fn run(
        &mut self,
        statement: &'static Statement,
        values: Vec<Value>,
    ) -> Result<u64, StoreError> {
        match &mut self.0 {
            Inner::Postgres(session) => {
                let arguments = postgres_arguments(statement, values)?;
                session.run(statement, arguments).await
            }
            Inner::SqliteRead(connection) => sqlite::run(connection, statement, values).await,
            Inner::SqliteWrite(transaction) => sqlite::run(transaction, statement, values).await,
        }
    }

    /// Runs a statement with `{rows}` for its rows: in one round trip to PostgreSQL, block by block
    /// in SQLite.
    pub(super) async fn all_rows<R: Row>(
        &mut self,
        statement: &'static Statement,
        rows: Vec<Vec<Value>>,
    ) -> Result<Vec<R>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        match &mut self.0 {
            Inner::Postgres(session) => {
                let arguments = postgres_columns(statement, rows)?;
                session.all(statement, arguments).await
            }
            Inner::SqliteRead(connection) => sqlite::all_rows(connection, statement, rows).await,
            Inner::SqliteWrite(transaction) => sqlite::all_rows(transaction, statement, rows).await,
        }
    }

    /// Runs a statement with `{rows}`.
    pub(super) async fn run_rows(
        &mut self,
        statement: &'static Statement,
        rows: Vec<Vec<Value>>,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        match &mut self.0 {
            Inner::Postgres(session) => {
                let arguments = postgres_columns(statement, rows)?;
                session.run(statement, arguments).await.map(drop)
            }
            Inner::SqliteRead(connection) => sqlite::run_rows(connection, statement, rows).await,
            Inner::SqliteWrite(transaction) => sqlite::run_rows(transaction, statement, rows).await,
        }
    }

    /// Has the database read a statement anew, without running it.
    pub(super) async fn prepare(&mut self, statement: &'static Statement) -> Result<(), StoreError> {
        let prepared = match &mut self.0 {
            Inner::Postgres(session) => {
                session.open = true;
                let connection: &mut PgConnection = &mut session.connection;
                let prepared = within(prepare(connection, statement.postgres())).await;
                session.open = session.write;
                prepared
            }
            Inner::SqliteRead(connection) => {
                prepare(&mut **connection, statement.sqlite()).await.map_err(StoreError::from)
            }
            Inner::SqliteWrite(transaction) => {
                prepare(&mut **transaction, statement.sqlite()).await.map_err(StoreError::from)
            }
        };
        prepared.map_err(|error| match error {
            StoreError::Refused(message) => StoreError::Refused(format!("{}: {message}", statement.name)),
            other => other,
        })
    }
}

async fn prepare<C: Connection>(connection: &mut C, sql: &'static str) -> Result<(), sqlx::Error>
where
    C::Database: HasStatementCache,
    for<'c> &'c mut C: Executor<'c, Database = C::Database>,
{
    // Without that a statement that it knows would pass unread.
    connection.clear_cached_statements().await?;
    connection.prepare(sql.into_sql_str()).await.map(drop)
}

impl PostgresSession {
    async fn all<R: Row>(
        &mut self,
        statement: &'static Statement,
        arguments: PgArguments,
    ) -> Result<Vec<R>, StoreError> {
        self.open = true;
        let connection: &mut PgConnection = &mut self.connection;
        let query = sqlx::query_as_with::<Postgres, R, _>(statement.postgres(), arguments);
        let rows = within(query.fetch_all(connection)).await?;
        self.open = self.write;
        Ok(rows)
    }

    async fn run(
        &mut self,
        statement: &'static Statement,
        arguments: PgArguments,
    ) -> Result<u64, StoreError> {
        self.open = true;
        let connection: &mut PgConnection = &mut self.connection;
        let query = sqlx::query_with::<Postgres, _>(statement.postgres(), arguments);
        let done = within(query.execute(connection)).await?;
        self.open = self.write;
        Ok(done.rows_affected())
    }
}

async fn within<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    match timeout(faults::limit(Break::WaitsForDatabase, ANSWER_LIMIT), answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => {
            Err(StoreError::Unavailable(format!("no answer within {} seconds", ANSWER_LIMIT.as_secs())))
        }
    }
}

pub(super) fn unbindable(error: &sqlx::error::BoxDynError) -> StoreError {
    StoreError::Refused(format!("a value cannot be bound: {error}"))
}

fn postgres_arguments(statement: &'static Statement, values: Vec<Value>) -> Result<PgArguments, StoreError> {
    if !statement.columns.is_empty() {
        return Err(StoreError::Refused(format!("{} takes rows", statement.name)));
    }
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::Uuid(id) => arguments.add(id),
            Value::Text(text) => arguments.add(text),
            Value::Int(number) => arguments.add(number),
            Value::Bool(flag) => arguments.add(flag),
            Value::Time(time) => arguments.add(time.map(|time| time.0)),
            Value::Bytes(bytes) => arguments.add(bytes),
            Value::Uuids(ids) => arguments.add(ids),
            Value::Texts(texts) => arguments.add(texts),
        }
        .map_err(|error| unbindable(&error))?;
    }
    Ok(arguments)
}

/// Turns rows into columns, for `UNNEST`.
fn postgres_columns(statement: &'static Statement, rows: Vec<Vec<Value>>) -> Result<PgArguments, StoreError> {
    let wrong = || StoreError::Refused(format!("{}: rows do not fit its columns", statement.name));
    let count = rows.len();
    let mut rows: Vec<_> = rows.into_iter().map(Vec::into_iter).collect();
    let mut arguments = PgArguments::default();
    for (_, kind) in statement.columns {
        let column = rows.iter_mut().filter_map(Iterator::next);
        macro_rules! column {
            ($variant:ident) => {{
                let column = column.map(|value| match value {
                    Value::$variant(value) => Some(value),
                    _ => None,
                });
                let column = column.collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
                if column.len() != count {
                    return Err(wrong());
                }
                column
            }};
        }
        match kind {
            Kind::Uuid => arguments.add(column!(Uuid)),
            Kind::Text => arguments.add(column!(Text)),
            Kind::Int => arguments.add(column!(Int)),
            Kind::Bool => arguments.add(column!(Bool)),
            Kind::Time => {
                let times = column!(Time);
                arguments.add(times.into_iter().map(|time| time.map(|time| time.0)).collect::<Vec<_>>())
            }
            Kind::Bytes => arguments.add(column!(Bytes)),
        }
        .map_err(|error| unbindable(&error))?;
    }
    Ok(arguments)
}
