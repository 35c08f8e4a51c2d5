//! Status lists: where a credential's status bits stand, and what they say.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::mails::wake_mails;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, key, values};
use super::{Store, StoreError};
use crate::badges::status::SIZE;

statements! {
    NEWEST_LIST = "SELECT id, number, size, seed, used FROM status_lists
        WHERE issuer = $1 ORDER BY number DESC LIMIT 1 {lock}";

    /// Does nothing if another process opened it first.
    OPEN_LIST = "INSERT INTO status_lists (issuer, number, size, seed, used, changed_at)
        VALUES ($1, $2, $3, $4, 0, $5)
        ON CONFLICT (issuer, number) DO NOTHING";

    USE_LIST = "UPDATE status_lists SET used = $2 WHERE id = $1";

    READ_LIST = "SELECT issuer, size, changed_at FROM status_lists WHERE id = $1";

    /// Those whose holders were erased stay revoked.
    READ_BITS = "SELECT status_index, revoked, suspended FROM credentials
            WHERE status_list = $1 AND (revoked OR suspended)
        UNION ALL SELECT status_index, true AS revoked, false AS suspended FROM erased_credentials
            WHERE status_list = $1
        ORDER BY status_index";

    LOCK_STATUS = "SELECT id FROM credentials WHERE id {in $1} ORDER BY id {lock}";

    /// What is revoked stays so.
    SET_STATUS [id Uuid, revoked Bool, suspended Bool] = "UPDATE credentials
        SET revoked = credentials.revoked OR r.revoked, suspended = r.suspended
        FROM {rows} WHERE credentials.id = r.id
            AND (r.revoked AND NOT credentials.revoked OR r.suspended <> credentials.suspended)
        RETURNING credentials.status_list";

    LOCK_LIST = "SELECT changed_at FROM status_lists WHERE id = $1 {lock}";

    TOUCH_LIST = "UPDATE status_lists SET changed_at = $2 WHERE id = $1";
}

/// A credential's place in the status lists of its issuer: the same index in the list for
/// revocation and in the one for suspension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusEntry {
    /// The pair of lists; the number in their addresses (`/status/{number}-revocation`).
    pub list: i64,
    /// The bit.
    pub index: i64,
}

/// The state of a pair of status lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    /// The issuer's slug.
    pub issuer: String,
    /// How many bits each has.
    pub size: i64,
    /// The bits set for revocation, sorted.
    pub revoked: Vec<i64>,
    /// The bits set for suspension, sorted.
    pub suspended: Vec<i64>,
    /// When a bit last changed (or the list was made): it is signed anew only then.
    pub changed_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct PlacesRow {
    id: i64,
    number: i64,
    size: i64,
    seed: i64,
    used: i64,
}

#[derive(sqlx::FromRow)]
struct ListRow {
    issuer: String,
    size: i64,
    changed_at: Time,
}

#[derive(sqlx::FromRow)]
struct BitRow {
    status_index: i64,
    revoked: bool,
    suspended: bool,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    #[allow(dead_code, reason = "only whether it is there counts")]
    id: Uuid,
}

#[derive(sqlx::FromRow)]
struct TouchedRow {
    changed_at: Time,
}

#[derive(sqlx::FromRow)]
struct ChangedRow {
    status_list: i64,
}

impl Store {
    /// Takes `count` places in the issuer's newest list, opening a new one when it is full.
    ///
    /// Places are given in the order of a counter that `scatter(seed, counter, size)` turns
    /// into an index, so that an index says nothing about when it was given. The seed is a
    /// number stored with each list: `seed` is that of a list that is opened now. Places that
    /// are not used are lost; there are enough.
    pub async fn allocate_status(
        &self,
        issuer: &str,
        count: u32,
        seed: i64,
        scatter: fn(i64, i64, i64) -> i64,
        now: DateTime<Utc>,
    ) -> Result<Vec<StatusEntry>, StoreError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut session = self.pool.write().await?;
        let mut missing = i64::from(count);
        let mut entries = Vec::new();
        while missing > 0 {
            let list = newest_list(&mut session, issuer, seed, now).await?;
            let end = list.size.min(list.used.saturating_add(missing));
            entries.extend(
                (list.used..end).map(|counter| StatusEntry {
                    list: list.id,
                    index: scatter(list.seed, counter, list.size),
                }),
            );
            missing -= end - list.used;
            session.run(&USE_LIST, values![list.id, end]).await?;
        }
        session.commit().await?;
        Ok(entries)
    }

    /// The state of a pair of lists.
    pub async fn status_list(&self, list: i64) -> Result<Option<StatusList>, StoreError> {
        let mut session = self.pool.read().await?;
        // The time before the bits: a bit that changes in between comes with a time that seems
        // too old, and the list is signed again.
        let Some(row): Option<ListRow> = session.optional(&READ_LIST, values![list]).await? else {
            return Ok(None);
        };
        let bits: Vec<BitRow> = session.all(&READ_BITS, values![list]).await?;
        let set = |which: fn(&BitRow) -> bool| {
            bits.iter().filter(|bit| which(bit)).map(|bit| bit.status_index).collect()
        };
        Ok(Some(StatusList {
            issuer: row.issuer,
            size: row.size,
            revoked: set(|bit| bit.revoked),
            suspended: set(|bit| bit.suspended),
            changed_at: row.changed_at.0,
        }))
    }

    /// Revokes (for good: a revoked credential stays so) and suspends or releases one
    /// credential; false if there is none. The list's time moves only when a bit changes.
    pub async fn set_status(
        &self,
        credential: Uuid,
        revoked: bool,
        suspended: bool,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut session = self.pool.write().await?;
        let found = set_bits(&mut session, vec![(credential, revoked, suspended)], now).await?;
        session.commit().await?;
        Ok(found > 0)
    }
}

/// Sets the bits of credentials, given as id, revoked (for good) and suspended, each once; answers
/// how many there are.
pub(super) async fn set_bits(
    session: &mut Session,
    bits: Vec<(Uuid, bool, bool)>,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    if bits.is_empty() {
        return Ok(0);
    }
    let ids: Vec<Uuid> = bits.iter().map(|(id, ..)| *id).collect();
    let valid = bits.iter().filter(|(_, revoked, suspended)| !revoked && !suspended);
    let valid: Vec<Uuid> = valid.map(|(id, ..)| *id).collect();
    let found: Vec<IdRow> = session.all(&LOCK_STATUS, values![ids]).await?;
    let rows = bits.into_iter().map(|(id, revoked, suspended)| values![id, revoked, suspended]).collect();
    let changed: Vec<ChangedRow> = session.all_rows(&SET_STATUS, rows).await?;
    let lists: BTreeSet<i64> = changed.into_iter().map(|row| row.status_list).collect();
    for list in lists {
        // Always on: what was signed last is told by this time alone, and the clock of another
        // process may be ahead of this one's.
        let last: Option<TouchedRow> = session.optional(&LOCK_LIST, values![list]).await?;
        let next = last.map(|last| last.changed_at.0 + TimeDelta::microseconds(1));
        session.run(&TOUCH_LIST, values![list, next.map_or(now, |next| next.max(now))]).await?;
    }
    wake_mails(session, valid, now).await?;
    Ok(found.len())
}

/// The issuer's newest list, locked, with at least one place.
async fn newest_list(
    session: &mut Session,
    issuer: &str,
    seed: i64,
    now: DateTime<Utc>,
) -> Result<PlacesRow, StoreError> {
    // Another process may open the list that is missing here, and even fill it.
    for _ in 0..10 {
        let newest: Option<PlacesRow> = session.optional(&NEWEST_LIST, values![key(issuer)]).await?;
        let number = match newest {
            Some(list) if list.used < list.size => return Ok(list),
            Some(list) => list.number + 1,
            None => 1,
        };
        session.run(&OPEN_LIST, values![key(issuer), number, SIZE, seed, now]).await?;
    }
    Err(StoreError::Conflict)
}
