//! What concerns a person: the ids by which their rows are found in every table.

use std::collections::BTreeSet;

use accolade_connectors::Signal;
use uuid::Uuid;

use super::super::StoreError;
use super::super::learners::LearnerName;
use super::super::session::Session;
use super::super::statement::statements;
use super::super::value::{key, values};
use super::register::By;

statements! {
    THEIR_LEARNERS = "SELECT id, source, lms_id FROM learners WHERE person_id {in $1} ORDER BY id";

    THEIR_CREDENTIALS = "SELECT id FROM awards WHERE person_id {in $1} ORDER BY id";

    THEIR_SIGNALS [source Text, learner Text] = "SELECT signals.id, signals.delivery_id
        FROM signals JOIN {rows} ON signals.source = r.source AND signals.learner = r.learner
        WHERE signals.learner <> ''";

    /// Of these it is not known whom they are about.
    UNREAD_SIGNALS = "SELECT id, delivery_id, source, content FROM signals
        WHERE learner IS NULL AND source {in text $1}";

    /// Signals from which something followed for them, and whether for others, too. What was
    /// published tells of nobody.
    SIGNALS_OF_EVENTS = "SELECT DISTINCT signals.id, signals.delivery_id, EXISTS (SELECT 1
            FROM events AS other WHERE other.delivery_id = signals.delivery_id
                AND other.signal_id = signals.id AND NOT (other.learner_id {in $1})) AS others
        FROM events JOIN signals ON signals.id = events.signal_id
        WHERE events.learner_id {in $1} AND signals.event <> 'rules.applied'";

    /// The same request once more, which told nothing new.
    REPEATS = "SELECT id FROM deliveries WHERE first_id {in $1}";

    /// Those of the deliveries that are about others, too: also of the one that told it first.
    SHARED = "SELECT deliveries.id FROM deliveries JOIN signals
            ON signals.delivery_id = deliveries.id OR signals.delivery_id = deliveries.first_id
        WHERE deliveries.id {in $1} AND NOT (signals.id {in $2})
        GROUP BY deliveries.id";
}

/// The ids of everything that is about a person.
#[derive(Debug, Default)]
pub(super) struct Concern {
    pub(super) person: Uuid,
    /// Source and (shortened) LMS id of each learner.
    pub(super) names: Vec<LearnerName>,
    pub(super) learners: Vec<Uuid>,
    pub(super) credentials: Vec<Uuid>,
    /// Signals that are about them alone.
    pub(super) signals: Vec<Uuid>,
    /// Deliveries that told of them.
    pub(super) deliveries: Vec<Uuid>,
    /// Those of the deliveries that are about others, too.
    pub(super) shared: BTreeSet<Uuid>,
}

#[derive(sqlx::FromRow)]
struct LearnerRow {
    id: Uuid,
    source: String,
    lms_id: String,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: Uuid,
}

#[derive(sqlx::FromRow)]
struct SignalRow {
    id: Uuid,
    delivery_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct UnreadRow {
    id: Uuid,
    delivery_id: Uuid,
    source: String,
    content: String,
}

#[derive(sqlx::FromRow)]
struct EventSignalRow {
    id: Uuid,
    delivery_id: Uuid,
    others: bool,
}

impl Concern {
    /// Everything about a person; `None` for one who is nobody.
    pub(super) async fn of(session: &mut Session, person: Uuid) -> Result<Option<Self>, StoreError> {
        let learners: Vec<LearnerRow> = session.all(&THEIR_LEARNERS, values![vec![person]]).await?;
        if learners.is_empty() {
            return Ok(None);
        }
        let names: Vec<_> = learners.iter().map(|row| (row.source.clone(), row.lms_id.clone())).collect();
        let learners: Vec<Uuid> = learners.into_iter().map(|row| row.id).collect();
        let credentials: Vec<IdRow> = session.all(&THEIR_CREDENTIALS, values![vec![person]]).await?;

        let (mut signals, mut deliveries) = (BTreeSet::new(), BTreeSet::new());
        let rows = names.iter().map(|(source, id)| values![source, id]).collect();
        for row in session.all_rows::<SignalRow>(&THEIR_SIGNALS, rows).await? {
            signals.insert(row.id);
            deliveries.insert(row.delivery_id);
        }
        let sources: BTreeSet<String> = names.iter().map(|(source, _)| source.clone()).collect();
        let sources: Vec<String> = sources.into_iter().collect();
        for row in session.all::<UnreadRow>(&UNREAD_SIGNALS, values![sources]).await? {
            let Ok(signal) = serde_json::from_str::<Signal>(&row.content) else { continue };
            if names.contains(&(row.source, key(&signal.learner).into_owned())) {
                signals.insert(row.id);
                deliveries.insert(row.delivery_id);
            }
        }
        let told: Vec<EventSignalRow> = session.all(&SIGNALS_OF_EVENTS, values![learners.clone()]).await?;
        for row in told {
            deliveries.insert(row.delivery_id);
            // Also one that names no learner: what an administrator typed, a submission of a quiz.
            if !row.others {
                signals.insert(row.id);
            }
        }
        let told: Vec<Uuid> = deliveries.iter().copied().collect();
        let repeats: Vec<IdRow> = session.all(&REPEATS, values![told]).await?;
        deliveries.extend(repeats.into_iter().map(|row| row.id));

        let (signals, deliveries): (Vec<Uuid>, Vec<Uuid>) =
            (signals.into_iter().collect(), deliveries.into_iter().collect());
        let shared: Vec<IdRow> = session.all(&SHARED, values![deliveries.clone(), signals.clone()]).await?;
        Ok(Some(Self {
            person,
            names,
            learners,
            credentials: credentials.into_iter().map(|row| row.id).collect(),
            signals,
            deliveries,
            shared: shared.into_iter().map(|row| row.id).collect(),
        }))
    }

    /// The ids by which their rows of a table are found.
    pub(super) fn ids(&self, by: By) -> Vec<Uuid> {
        match by {
            By::Person => vec![self.person],
            By::Learner => self.learners.clone(),
            By::Credential => self.credentials.clone(),
            By::Signal => self.signals.clone(),
            By::Delivery => self.deliveries.clone(),
        }
    }
}
