//! How far mailboxes were read.

use chrono::{DateTime, TimeDelta, Utc};

use super::statement::statements;
use super::value::{key, values};
use super::{Store, StoreError};

/// How long a file is remembered that is not read any more.
const KEPT: TimeDelta = TimeDelta::days(90);

statements! {
    READ_TO = "SELECT message_at, read_to, tail FROM mailboxes WHERE path = $1 AND file = $2";

    NOTE = "INSERT INTO mailboxes (path, file, message_at, read_to, tail, read_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (path, file) DO UPDATE SET message_at = excluded.message_at,
            read_to = excluded.read_to, tail = excluded.tail, read_at = excluded.read_at";

    FORGET = "DELETE FROM mailboxes WHERE read_at <= $1";
}

/// How far a mailbox in one file was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadTo {
    /// Where the last message begins that was read, in bytes.
    pub message_at: u64,
    /// Where it ended then.
    pub end: u64,
    /// A hash of the bytes before that end: by it a file is known that was written anew.
    pub tail: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct ReadToRow {
    message_at: i64,
    read_to: i64,
    tail: Vec<u8>,
}

impl Store {
    /// How far the mailbox at `path` was read, as long as it is this file (its device and number).
    pub async fn read_to(&self, path: &str, file: &str) -> Result<Option<ReadTo>, StoreError> {
        let row: Option<ReadToRow> =
            self.pool.read().await?.optional(&READ_TO, values![key(path), file]).await?;
        Ok(row.map(|row| ReadTo {
            message_at: u64::try_from(row.message_at).unwrap_or_default(),
            end: u64::try_from(row.read_to).unwrap_or_default(),
            tail: row.tail,
        }))
    }

    /// Notes how far it was read.
    pub async fn note_read_to(
        &self,
        path: &str,
        file: &str,
        to: &ReadTo,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let number = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        let mut session = self.pool.write().await?;
        let row = values![key(path), file, number(to.message_at), number(to.end), to.tail.as_slice(), now];
        session.run(&NOTE, row).await?;
        session.run(&FORGET, values![now - KEPT]).await?;
        session.commit().await
    }
}
