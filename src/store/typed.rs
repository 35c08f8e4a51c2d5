//! What an administrator typed, as a delivery: it shows what was decided, and what came of it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::StoreError;
use super::progress::settle;
use super::session::Session;
use super::statement::statements;
use super::value::values;
use crate::ids;

statements! {
    INSERT_DELIVERY = "INSERT INTO deliveries
            (id, source, received_at, user_agent, body, state, reason, note, status)
        VALUES ($1, $2, $3, $4, $5, 'waiting', '', '', NULL)";

    INSERT_SIGNAL = "INSERT INTO signals
            (id, delivery_id, source, key, batch, event, content, learner, state, reason,
             attempts, due_at, sweep_at, created_at, finished_at)
        VALUES ($1, $2, $3, $4, '', $5, '{}', '', 'done', $6, 0, $7, $7, $7, $7)";

    /// About the outcome of the person that was confirmed last.
    INSERT_EVENTS [id Uuid, signal_id Uuid, delivery_id Uuid, person_id Uuid, made_at Time, whole Bool, publication Int] =
        "INSERT INTO events
            (id, signal_id, delivery_id, source, learner_id, outcome_id, passed, content, whole,
             publication, state, reason, attempts, due_at, sweep_at, created_at)
        SELECT r.id, r.signal_id, r.delivery_id, learners.source, learners.id, outcomes.id, outcomes.passes,
             outcomes.content, r.whole, r.publication, 'waiting', '', 0, r.made_at, r.made_at, r.made_at
        FROM {rows}
            JOIN outcomes ON outcomes.id = (SELECT newest.id FROM outcomes AS newest
                JOIN learners AS own ON own.id = newest.learner_id WHERE own.person_id = r.person_id
                ORDER BY newest.confirmed_at DESC, newest.id DESC LIMIT 1)
            JOIN learners ON learners.id = outcomes.learner_id";
}

/// What was typed.
pub(super) struct Typed<'a> {
    /// The command, as in `accolade awards`.
    pub(super) command: &'static str,
    /// The event's name, as in `award.grant`.
    pub(super) event: String,
    /// The source of the learner that it is about.
    pub(super) source: &'a str,
    /// The decision, for programs.
    pub(super) body: serde_json::Value,
    /// The decision, for people.
    pub(super) said: String,
    /// Who is judged again.
    pub(super) persons: &'a [Uuid],
    /// Whether everything that is known of them is, not only what waits or was granted.
    pub(super) whole: bool,
    /// They are judged by the rules of this publication or a later one.
    pub(super) publication: Option<i64>,
}

/// Stores a delivery with an event for each person that a worker evaluates, due at once.
pub(super) async fn deliver(
    session: &mut Session,
    typed: &Typed<'_>,
    now: DateTime<Utc>,
) -> Result<Uuid, StoreError> {
    let (delivery, signal) = (ids::timed(now), ids::timed(now));
    let body = typed.body.to_string();
    let values = values![delivery, typed.source, now, typed.command, body.as_bytes()];
    session.run(&INSERT_DELIVERY, values).await?;
    let values = values![signal, delivery, typed.source, signal.to_string(), &typed.event, &typed.said, now];
    session.run(&INSERT_SIGNAL, values).await?;
    let row = |person: &Uuid| {
        values![ids::timed(now), signal, delivery, *person, now, typed.whole, typed.publication]
    };
    session.run_rows(&INSERT_EVENTS, typed.persons.iter().map(row).collect()).await?;
    settle(session, [delivery]).await?;
    Ok(delivery)
}
