//! Work that is put off or given up, and taken up again because a human says so.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::progress::settle;
use super::statement::statements;
use super::value::values;
use super::{GRACE, Store, StoreError};

statements! {
    POSTPONE_EVENT = "UPDATE events SET state = $2, reason = $3, attempts = attempts + 1,
            due_at = COALESCE($4, due_at), sweep_at = COALESCE($5, sweep_at)
        WHERE id = $1 AND state = 'waiting'
        RETURNING delivery_id";

    RETRY_SIGNALS = "UPDATE signals SET state = 'waiting', attempts = 0, due_at = $2, sweep_at = $2,
            finished_at = NULL
        WHERE delivery_id = $1 AND state = 'parked'";

    RETRY_EVENTS = "UPDATE events SET state = 'waiting', attempts = 0, due_at = $2, sweep_at = $2,
            finished_at = NULL
        WHERE delivery_id = $1 AND state = 'parked'";

    RETRY_MAILS = "UPDATE mails SET state = 'waiting', attempts = 0, due_at = $2, sweep_at = $2,
            leased_until = NULL, finished_at = NULL, bounce = NULL, bounced_at = NULL, bounce_reason = NULL
        WHERE delivery_id = $1 AND state = 'parked'";
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    delivery_id: Uuid,
}

impl Store {
    /// Puts the evaluation of an event off (`Some(until)`) or parks it (`None`), with a reason
    /// and one more attempt. An event that does not wait any more is left as it is.
    pub async fn postpone_event(
        &self,
        event: Uuid,
        until: Option<DateTime<Utc>>,
        reason: &str,
    ) -> Result<(), StoreError> {
        let state = if until.is_some() { "waiting" } else { "parked" };
        let sweep_at = until.map(|until| until + GRACE);
        let mut session = self.pool.write().await?;
        let values = values![event, state, reason, until, sweep_at];
        let rows: Vec<DeliveryRow> = session.all(&POSTPONE_EVENT, values).await?;
        settle(&mut session, rows.into_iter().map(|row| row.delivery_id)).await?;
        session.commit().await
    }

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
