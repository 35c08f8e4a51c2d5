//! Statements on SQLite.
//!
//! Each call of the driver goes to the thread of its connection and back, which costs more than most
//! rows do. So the rows of a statement go in blocks ([`BLOCKS`]).

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, Sqlite, SqliteConnection};

use super::StoreError;
use super::session::{Row, unbindable};
use super::statement::Statement;
use super::value::{Time, Value, to_json};

/// Runs a statement for its rows.
pub(super) async fn all<R: Row>(
    connection: &mut SqliteConnection,
    statement: &'static Statement,
    values: Vec<Value>,
) -> Result<Vec<R>, StoreError> {
    rows_of(connection, statement.sqlite(), values).await
}

/// Runs a statement; answers how many rows it changed.
pub(super) async fn run(
    connection: &mut SqliteConnection,
    statement: &'static Statement,
    values: Vec<Value>,
) -> Result<u64, StoreError> {
    execute(connection, statement.sqlite(), values).await
}

/// Runs a statement with `{rows}` for its rows.
pub(super) async fn all_rows<R: Row>(
    connection: &mut SqliteConnection,
    statement: &'static Statement,
    rows: Vec<Vec<Value>>,
) -> Result<Vec<R>, StoreError> {
    let mut found = Vec::new();
    for (text, values) in blocks(statement, rows)? {
        found.extend(rows_of(connection, text, values).await?);
    }
    Ok(found)
}

/// Runs a statement with `{rows}`.
pub(super) async fn run_rows(
    connection: &mut SqliteConnection,
    statement: &'static Statement,
    rows: Vec<Vec<Value>>,
) -> Result<(), StoreError> {
    for (text, values) in blocks(statement, rows)? {
        execute(connection, text, values).await?;
    }
    Ok(())
}

/// The rows in blocks, each with the text that takes it.
fn blocks(
    statement: &'static Statement,
    rows: Vec<Vec<Value>>,
) -> Result<Vec<(&'static str, Vec<Value>)>, StoreError> {
    if rows.iter().any(|row| row.len() != statement.columns.len()) {
        return Err(StoreError::Refused(format!("{}: rows do not fit its columns", statement.name)));
    }
    let mut blocks = Vec::new();
    let mut rows = rows.into_iter();
    for (size, text) in statement.sqlite_blocks() {
        while rows.len() >= size {
            blocks.push((text, rows.by_ref().take(size).flatten().collect()));
        }
    }
    Ok(blocks)
}

async fn rows_of<R: Row>(
    connection: &mut SqliteConnection,
    text: &'static str,
    values: Vec<Value>,
) -> Result<Vec<R>, StoreError> {
    let arguments = arguments(values)?;
    Ok(sqlx::query_as_with::<Sqlite, R, _>(text, arguments).fetch_all(connection).await?)
}

async fn execute(
    connection: &mut SqliteConnection,
    text: &'static str,
    values: Vec<Value>,
) -> Result<u64, StoreError> {
    let arguments = arguments(values)?;
    Ok(sqlx::query_with::<Sqlite, _>(text, arguments).execute(connection).await?.rows_affected())
}

fn arguments(values: Vec<Value>) -> Result<SqliteArguments, StoreError> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Uuid(id) => arguments.add(id),
            Value::Text(text) => arguments.add(text),
            Value::Int(number) => arguments.add(number),
            Value::Bool(flag) => arguments.add(flag),
            Value::Time(time) => arguments.add(time.map(Time::micros)),
            Value::Bytes(bytes) => arguments.add(bytes),
            Value::Uuids(ids) => {
                let ids: Vec<String> = ids.iter().map(|id| id.simple().to_string()).collect();
                arguments.add(to_json("ids", &ids)?)
            }
            Value::Texts(texts) => arguments.add(to_json("texts", &texts)?),
        }
        .map_err(|error| unbindable(&error))?;
    }
    Ok(arguments)
}
