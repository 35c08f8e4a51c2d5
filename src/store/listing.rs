//! Credentials that everybody may find: for the sitemap, and for the other badges of a holder.
//!
//! What is public, less what was withdrawn or is on hold.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::credentials::public;
use super::statement::statements;
use super::value::values;
use super::{Store, StoreError};

statements! {
    LISTS = "SELECT id, size FROM status_lists ORDER BY id";

    /// By the unique index over both: a part of a list costs as much however many there are.
    PUBLIC_PART = concat!("SELECT id FROM credentials
        WHERE status_list = $1 AND status_index >= $2 AND status_index < $3
            AND ", public!("credentials"), " AND NOT revoked AND NOT suspended
        ORDER BY status_index");

    PUBLIC_OF_HOLDER = concat!("SELECT others.badge, credentials.id
        FROM awards AS this
            JOIN awards AS others ON others.person_id = this.person_id
            JOIN credentials ON credentials.id = others.id
        WHERE this.id = $1 AND ", public!("credentials"), "
            AND NOT credentials.revoked AND NOT credentials.suspended
            AND (others.valid_until IS NULL OR others.valid_until > $2)
        ORDER BY others.awarded_at DESC, others.id LIMIT 500");
}

#[derive(sqlx::FromRow)]
struct ListRow {
    id: i64,
    size: i64,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: Uuid,
}

#[derive(sqlx::FromRow)]
struct BadgeRow {
    badge: String,
    id: Uuid,
}

impl Store {
    /// The pairs of status lists, as id and size: each credential has its place in one of them, so
    /// that they divide all credentials into parts.
    pub async fn status_lists(&self) -> Result<Vec<(i64, i64)>, StoreError> {
        let rows: Vec<ListRow> = self.pool.read().await?.all(&LISTS, values![]).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.size)).collect())
    }

    /// The public credentials with a place in this part of a list, from the first index to before
    /// the second.
    pub async fn public_credentials(
        &self,
        list: i64,
        (from, to): (i64, i64),
    ) -> Result<Vec<Uuid>, StoreError> {
        let rows: Vec<IdRow> = self.pool.read().await?.all(&PUBLIC_PART, values![list, from, to]).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// The badges that the holder of this credential has in public and that count now, newest
    /// first, each with its credential.
    pub async fn public_badges_of_holder(
        &self,
        credential: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Vec<(String, Uuid)>, StoreError> {
        let rows: Vec<BadgeRow> =
            self.pool.read().await?.all(&PUBLIC_OF_HOLDER, values![credential, now]).await?;
        Ok(rows.into_iter().map(|row| (row.badge, row.id)).collect())
    }
}
