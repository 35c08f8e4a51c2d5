//! Rows of any table, for handing them out.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column as _, FromRow, Row as _, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

use super::super::value::{Kind, Time};

/// A row, as the database gives it.
pub(super) struct Record(pub(super) Vec<Cell>);

/// A value, as the database gives it: SQLite knows neither ids nor times.
pub(super) enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    Uuid(Uuid),
    Time(DateTime<Utc>),
}

impl<'r> FromRow<'r, PgRow> for Record {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let cells = row.columns().iter().map(|column| {
            let at = column.ordinal();
            if row.try_get_raw(at)?.is_null() {
                return Ok(Cell::Null);
            }
            Ok(match column.type_info().name() {
                "UUID" => Cell::Uuid(row.try_get(at)?),
                "BOOL" => Cell::Bool(row.try_get(at)?),
                "INT8" => Cell::Int(row.try_get(at)?),
                "BYTEA" => Cell::Bytes(row.try_get(at)?),
                "TIMESTAMPTZ" => Cell::Time(row.try_get::<Time, _>(at)?.0),
                _ => Cell::Text(row.try_get(at)?),
            })
        });
        cells.collect::<Result<_, _>>().map(Self)
    }
}

impl<'r> FromRow<'r, SqliteRow> for Record {
    fn from_row(row: &'r SqliteRow) -> Result<Self, sqlx::Error> {
        let cells = row.columns().iter().map(|column| {
            let at = column.ordinal();
            let value = row.try_get_raw(at)?;
            Ok(match value.type_info().name() {
                _ if value.is_null() => Cell::Null,
                "INTEGER" => Cell::Int(row.try_get(at)?),
                "BLOB" => Cell::Bytes(row.try_get(at)?),
                _ => Cell::Text(row.try_get(at)?),
            })
        });
        cells.collect::<Result<_, sqlx::Error>>().map(Self)
    }
}

impl Cell {
    /// For programs, the same from both databases.
    pub(super) fn json(self, kind: Kind) -> Json {
        let time =
            |time: DateTime<Utc>| Json::from(time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true));
        match (self, kind) {
            (Self::Null, _) => Json::Null,
            (Self::Int(number), Kind::Bool) => Json::from(number != 0),
            (Self::Int(micros), Kind::Time) => {
                DateTime::from_timestamp_micros(micros).map_or(Json::Null, time)
            }
            (Self::Bytes(bytes), Kind::Uuid) => {
                Uuid::from_slice(&bytes).map_or(Json::Null, |id| Json::from(id.to_string()))
            }
            (Self::Bool(flag), _) => Json::from(flag),
            (Self::Int(number), _) => Json::from(number),
            (Self::Text(text), _) => Json::from(text),
            (Self::Uuid(id), _) => Json::from(id.to_string()),
            (Self::Time(at), _) => time(at),
            (Self::Bytes(bytes), _) => Json::from(hex::encode(bytes)),
        }
    }

    /// A document: as what it says, or as text where it is none.
    pub(super) fn document(self) -> Json {
        let bytes = match self {
            Self::Text(text) => text.into_bytes(),
            Self::Bytes(bytes) => bytes,
            other => return other.json(Kind::Text),
        };
        serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Json::from(String::from_utf8_lossy(&bytes).into_owned()))
    }
}
