//! Rules that are applied to what was confirmed before they were published: events about
//! everything that is known of persons, for workers to judge.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::progress::settle;
use super::statement::statements;
use super::value::values;
use super::{Store, StoreError};
use crate::ids;

statements! {
    INSERT_DELIVERY = "INSERT INTO deliveries
            (id, source, received_at, user_agent, body, state, reason, note, status)
        VALUES ($1, $2, $3, 'accolade publish', $4, 'waiting', '', '', NULL)";

    INSERT_SIGNAL = "INSERT INTO signals
            (id, delivery_id, source, key, batch, event, content, learner, state, reason,
             attempts, due_at, sweep_at, created_at, finished_at)
        VALUES ($1, $2, $3, $4, '', 'rules.applied', '{}', '', 'done', $5, 0, $6, $6, $6, $6)";

    /// Each is about the outcome of its person that was confirmed last, and about everything.
    INSERT_WHOLE_EVENTS [id Uuid, person_id Uuid, signal_id Uuid, delivery_id Uuid, publication Int, made_at Time] =
        "INSERT INTO events
            (id, signal_id, delivery_id, source, learner_id, outcome_id, passed, content, state,
             reason, attempts, due_at, sweep_at, created_at, whole, publication)
        SELECT r.id, r.signal_id, r.delivery_id, learners.source, learners.id, outcomes.id,
             outcomes.passes, outcomes.content, 'waiting', '', 0, r.made_at, r.made_at, r.made_at, true,
             r.publication
        FROM {rows}
            JOIN outcomes ON outcomes.id = (SELECT newest.id FROM outcomes AS newest
                JOIN learners AS theirs ON theirs.id = newest.learner_id
                WHERE theirs.person_id = r.person_id
                ORDER BY newest.confirmed_at DESC, newest.id DESC LIMIT 1)
            JOIN learners ON learners.id = outcomes.learner_id";
}

/// What deliveries of the program itself are from.
const OURS: &str = "accolade";

impl Store {
    /// Has persons judged anew by the rules of a publication: one delivery with an event for each
    /// person, due at once, for the sweeper to publish. Answers the delivery.
    pub async fn apply_rules(
        &self,
        persons: &[Uuid],
        publication: i64,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<Uuid, StoreError> {
        let (delivery, signal) = (ids::timed(now), ids::timed(now));
        let said =
            format!("{by} applied the rules of publication {publication} to what was confirmed before");
        let body = serde_json::json!({ "publication": publication, "by": by }).to_string();
        let mut session = self.pool.write().await?;
        session.run(&INSERT_DELIVERY, values![delivery, OURS, now, body.as_bytes()]).await?;
        session.run(&INSERT_SIGNAL, values![signal, delivery, OURS, signal.to_string(), said, now]).await?;
        let rows = persons
            .iter()
            .map(|person| values![ids::timed(now), *person, signal, delivery, publication, now])
            .collect();
        session.run_rows(&INSERT_WHOLE_EVENTS, rows).await?;
        settle(&mut session, [delivery]).await?;
        session.commit().await?;
        Ok(delivery)
    }
}
