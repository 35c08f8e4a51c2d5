//! Parked work, taken up again because a human says so.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::progress::settle;
use super::statement::statements;
use super::value::values;
use super::{Store, StoreError};

statements! {
    RETRY_SIGNALS = "UPDATE signals SET state = 'waiting', attempts = 0, due_at = $2, sweep_at = $2,
            finished_at = NULL
        WHERE delivery_id = $1 AND state = 'parked'";

    RETRY_EVENTS = "UPDATE events SET state = 'waiting', attempts = 0, due_at = $2, sweep_at = $2,
            finished_at = NULL
        WHERE delivery_id = $1 AND state = 'parked'";

    RETRY_MAILS = "UPDATE mails SET state = 'waiting', attempts = 0, due_at = $2, sweep_at = $2,
            leased_until = NULL, finished_at = NULL
        WHERE delivery_id = $1 AND state = 'parked'";
}

impl Store {
    /// Lets the parked work of a delivery wait again, its attempts forgotten: signals, events
    /// and mails. The sweeper publishes it in its next round. Answers how many rows that were.
    pub async fn retry_parked(&self, delivery: Uuid, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut session = self.pool.write().await?;
        let mut rows = 0;
        for statement in [&RETRY_SIGNALS, &RETRY_EVENTS, &RETRY_MAILS] {
            rows += session.run(statement, values![delivery, now]).await?;
        }
        settle(&mut session, [delivery]).await?;
        session.commit().await?;
        Ok(rows)
    }
}
