//! Work that is begun with care, because it may have ended the process that had it before: a note
//! before it begins, which is still there if this process ends, too.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::statement::statements;
use super::value::{count, values};
use super::{Store, StoreError};

statements! {
    NOTE_TRIALS [id Uuid, began_at Time] = "INSERT INTO trials (id, alone, began_at)
        SELECT r.id, 0, r.began_at FROM {rows} WHERE true
        ON CONFLICT (id) DO NOTHING
        RETURNING id, alone";

    THESE_TRIALS = "SELECT id, alone FROM trials WHERE id {in $1} ORDER BY alone, id";

    BEGIN_TRIAL = "INSERT INTO trials (id, alone, began_at) VALUES ($1, 1, $2)
        ON CONFLICT (id) DO UPDATE SET alone = trials.alone + 1, began_at = excluded.began_at
        RETURNING id, alone";

    END_TRIALS = "DELETE FROM trials WHERE id {in $1}";

    /// Of what was done and not forgotten.
    TIDY_TRIALS = "DELETE FROM trials
        WHERE NOT EXISTS (SELECT 1 FROM signals WHERE signals.id = trials.id AND state = 'waiting')
            AND NOT EXISTS (SELECT 1 FROM events WHERE events.id = trials.id AND state = 'waiting')
            AND NOT EXISTS (SELECT 1 FROM mails WHERE mails.id = trials.id AND state = 'waiting')
            AND NOT EXISTS (SELECT 1 FROM notices WHERE notices.id = trials.id AND state = 'waiting')
            AND NOT EXISTS
                (SELECT 1 FROM wallet_offers WHERE wallet_offers.id = trials.id AND state = 'waiting')";

    ALL_TRIALS = "SELECT id, alone FROM trials ORDER BY alone, id";
}

#[derive(sqlx::FromRow)]
struct TrialRow {
    id: Uuid,
    alone: i64,
}

impl Store {
    /// Notes that work on these rows begins. Those that were noted before and not forgotten, by
    /// [`Store::forget_trials`], are the answer: those first that were worked on alone least often.
    pub async fn note_trials(&self, ids: &[Uuid], now: DateTime<Utc>) -> Result<Vec<Uuid>, StoreError> {
        // In one order, so that two processes do not wait in a circle.
        let ids: BTreeSet<Uuid> = ids.iter().copied().collect();
        let mut session = self.pool.write().await?;
        let rows = ids.iter().map(|id| values![*id, now]).collect();
        let new: Vec<TrialRow> = session.all_rows(&NOTE_TRIALS, rows).await?;
        let new: BTreeSet<Uuid> = new.into_iter().map(|row| row.id).collect();
        let known: Vec<Uuid> = ids.difference(&new).copied().collect();
        let known: Vec<TrialRow> =
            if known.is_empty() { Vec::new() } else { session.all(&THESE_TRIALS, values![known]).await? };
        session.commit().await?;
        Ok(known.into_iter().map(|row| row.id).collect())
    }

    /// Notes that work on a row begins with nothing beside it; how often it has by now.
    pub async fn begin_trial(&self, id: Uuid, now: DateTime<Utc>) -> Result<u32, StoreError> {
        let mut session = self.pool.write().await?;
        let row: Option<TrialRow> = session.optional(&BEGIN_TRIAL, values![id, now]).await?;
        session.commit().await?;
        Ok(row.map_or(1, |row| count(row.alone)))
    }

    /// Forgets these rows: work on them ended, and no process with it.
    pub async fn forget_trials(&self, ids: &[Uuid]) -> Result<(), StoreError> {
        let mut session = self.pool.write().await?;
        session.run(&END_TRIALS, values![ids]).await?;
        session.commit().await
    }

    /// The rows that are noted and wait: on which a process works, or worked when it ended.
    pub async fn trials(&self) -> Result<Vec<Uuid>, StoreError> {
        let mut session = self.pool.write().await?;
        session.run(&TIDY_TRIALS, Vec::new()).await?;
        let rows: Vec<TrialRow> = session.all(&ALL_TRIALS, Vec::new()).await?;
        session.commit().await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }
}
