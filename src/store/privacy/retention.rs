//! What is not kept for ever: bodies of requests, contents of signals, answers of mail servers, offers
//! to wallets.
//!
//! Nothing is judged by any of these. The keys of signals stay, so that what is sent again is known to
//! have been told, however late.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::statement::statements;
use super::super::value::values;
use super::super::wallets::forget_wallets;
use super::super::{Store, StoreError};
use super::emptying::drop_bodies;

statements! {
    /// What waits, or waits for a human, is kept.
    OLD_BODIES = "SELECT id FROM deliveries
        WHERE body IS NOT NULL AND received_at < $1 AND state NOT IN ('waiting', 'parked')
        ORDER BY received_at, id LIMIT $2 {skip locked}";

    /// Of one that does not say whom it is about the content does.
    EMPTY_SIGNALS = "WITH taken AS MATERIALIZED (
            SELECT id FROM signals
            WHERE state = 'done' AND content <> '{}' AND finished_at < $1 AND learner IS NOT NULL
            ORDER BY finished_at, id LIMIT $2 {skip locked})
        UPDATE signals SET content = '{}' WHERE id IN (SELECT id FROM taken)";

    FORGET_ANSWERS = "WITH taken AS MATERIALIZED (
            SELECT id FROM mails WHERE state = 'done' AND reason <> '' AND finished_at < $1
            ORDER BY finished_at, id LIMIT $2 {skip locked})
        UPDATE mails SET reason = '', bounce_reason = NULL WHERE id IN (SELECT id FROM taken)";
}

/// Why a body is gone: its time was over.
const RETENTION: &str = "retention";

/// What is not kept: of which time.
#[derive(Debug, Clone, Copy)]
pub struct Expired {
    /// Deliveries that came before then, and signals that were done before then.
    pub deliveries: DateTime<Utc>,
    /// Mails that left before then.
    pub mails: DateTime<Utc>,
}

/// How much was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Bodies of deliveries.
    pub bodies: u64,
    /// Contents of signals.
    pub signals: u64,
    /// Answers of mail servers.
    pub mails: u64,
    /// Offers to wallets and challenges that they answered.
    pub wallets: u64,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: Uuid,
}

impl Store {
    /// Removes what is not kept any more, of each kind the oldest and at most so many.
    pub async fn forget_expired(
        &self,
        expired: Expired,
        limit: u32,
        now: DateTime<Utc>,
    ) -> Result<Forgotten, StoreError> {
        let mut session = self.pool.write().await?;
        let old: Vec<IdRow> = session.all(&OLD_BODIES, values![expired.deliveries, limit]).await?;
        let old: Vec<Uuid> = old.into_iter().map(|row| row.id).collect();
        let bodies = drop_bodies(&mut session, &old, RETENTION, now).await?;
        let signals = session.run(&EMPTY_SIGNALS, values![expired.deliveries, limit]).await?;
        let mails = session.run(&FORGET_ANSWERS, values![expired.mails, limit]).await?;
        let wallets = forget_wallets(&mut session, limit, now).await?;
        session.commit().await?;
        Ok(Forgotten { bodies: u64::try_from(bodies).unwrap_or(u64::MAX), signals, mails, wallets })
    }
}

impl Forgotten {
    /// Each kind by its name.
    pub fn kinds(self) -> [(&'static str, u64); 4] {
        let Self { bodies, signals, mails, wallets } = self;
        [("bodies", bodies), ("signals", signals), ("mails", mails), ("wallets", wallets)]
    }
}
