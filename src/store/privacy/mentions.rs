//! What is written about others and names somebody who is erased: doubts about who is who, and what
//! followed from them.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::super::StoreError;
use super::super::learners::LearnerName;
use super::super::session::Session;
use super::super::statement::statements;
use super::super::value::values;
use super::concern::Concern;

statements! {
    OTHERS = "SELECT mine.id, mine.person_id FROM learners AS mine WHERE NOT (mine.id {in $1}) AND mine.id IN
        (SELECT doubts.learner_id FROM doubts JOIN doubt_candidates ON doubt_candidates.doubt_id = doubts.id
            WHERE doubt_candidates.learner_id {in $1}
        UNION SELECT doubt_candidates.learner_id FROM doubts
            JOIN doubt_candidates ON doubt_candidates.doubt_id = doubts.id WHERE doubts.learner_id {in $1}
        UNION SELECT other_id FROM separations WHERE learner_id {in $1}
        UNION SELECT other_id FROM people_decisions WHERE learner_id {in $1}
        UNION SELECT learner_id FROM people_decisions WHERE other_id {in $1})";

    /// What was typed about who is who was stored at that very time.
    TYPED = "SELECT signals.id, signals.delivery_id FROM people_decisions
            JOIN deliveries ON deliveries.received_at = people_decisions.decided_at
            JOIN signals ON signals.delivery_id = deliveries.id
        WHERE deliveries.user_agent = 'accolade people'
            AND (people_decisions.learner_id {in $1} OR people_decisions.other_id {in $1})";

    EVENT_REASONS = "SELECT id, delivery_id, reason FROM events WHERE learner_id {in $1} AND reason <> ''";

    REWRITE_EVENTS [id Uuid, reason Text] = "UPDATE events SET reason = r.reason FROM {rows}
        WHERE events.id = r.id";

    DOUBT_REASONS = "SELECT id, reason FROM doubts WHERE learner_id {in $1}";

    REWRITE_DOUBTS [id Uuid, reason Text] = "UPDATE doubts SET reason = r.reason FROM {rows}
        WHERE doubts.id = r.id";

    WAIT_REASONS = "SELECT person_id, badge, reason FROM waiting_awards WHERE person_id {in $1}";

    REWRITE_WAITS [person_id Uuid, badge Text, reason Text] = "UPDATE waiting_awards SET reason = r.reason
        FROM {rows} WHERE waiting_awards.person_id = r.person_id AND waiting_awards.badge = r.badge";

    /// Doubts that asked about nobody else.
    DROP_DOUBTS = "DELETE FROM doubts WHERE learner_id {in $1} AND NOT EXISTS
        (SELECT 1 FROM doubt_candidates WHERE doubt_candidates.doubt_id = doubts.id)";
}

/// How somebody who was erased is called where they were named.
const SOMEBODY: &str = "somebody who was erased";

#[derive(sqlx::FromRow)]
struct OtherRow {
    id: Uuid,
    person_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct TypedRow {
    id: Uuid,
    delivery_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    id: Uuid,
    delivery_id: Uuid,
    reason: String,
}

#[derive(sqlx::FromRow)]
struct DoubtRow {
    id: Uuid,
    reason: String,
}

#[derive(sqlx::FromRow)]
struct WaitRow {
    person_id: Uuid,
    badge: String,
    reason: String,
}

/// Others of whom it was asked or decided whether they are the same person.
#[derive(Debug, Default)]
pub(super) struct Others {
    learners: Vec<Uuid>,
    persons: Vec<Uuid>,
}

impl Others {
    pub(super) async fn of(session: &mut Session, concern: &Concern) -> Result<Self, StoreError> {
        let rows: Vec<OtherRow> = session.all(&OTHERS, values![concern.learners.clone()]).await?;
        Ok(Self {
            learners: rows.iter().map(|row| row.id).collect(),
            persons: rows.iter().map(|row| row.person_id).collect(),
        })
    }

    /// Takes the names out of what is written about them. Answers the deliveries to settle.
    pub(super) async fn rewrite(
        &self,
        session: &mut Session,
        names: &[LearnerName],
    ) -> Result<BTreeSet<Uuid>, StoreError> {
        let mut deliveries = BTreeSet::new();
        if self.learners.is_empty() {
            return Ok(deliveries);
        }
        let mut rows = Vec::new();
        let events: Vec<EventRow> = session.all(&EVENT_REASONS, values![self.learners.clone()]).await?;
        for event in events {
            if let Some(reason) = without(&event.reason, names) {
                rows.push(values![event.id, reason]);
                deliveries.insert(event.delivery_id);
            }
        }
        session.run_rows(&REWRITE_EVENTS, rows).await?;
        let doubts: Vec<DoubtRow> = session.all(&DOUBT_REASONS, values![self.learners.clone()]).await?;
        let rows =
            doubts.iter().filter_map(|row| Some(values![row.id, without(&row.reason, names)?])).collect();
        session.run_rows(&REWRITE_DOUBTS, rows).await?;
        let waits: Vec<WaitRow> = session.all(&WAIT_REASONS, values![self.persons.clone()]).await?;
        let rows = waits
            .iter()
            .filter_map(|row| Some(values![row.person_id, &row.badge, without(&row.reason, names)?]))
            .collect();
        session.run_rows(&REWRITE_WAITS, rows).await?;
        Ok(deliveries)
    }

    /// Ends doubts that are about nobody any more.
    pub(super) async fn end_doubts(&self, session: &mut Session) -> Result<(), StoreError> {
        session.run(&DROP_DOUBTS, values![self.learners.clone()]).await.map(drop)
    }
}

/// The signals and deliveries of what administrators typed about who is who, which name both.
pub(super) async fn typed(session: &mut Session, learners: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    let rows: Vec<TypedRow> = session.all(&TYPED, values![learners]).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.delivery_id)).collect())
}

/// A text without these learners, if it names one as `SOURCE:ID`.
fn without(text: &str, names: &[LearnerName]) -> Option<String> {
    let mut rewritten = text.to_owned();
    for (source, id) in names {
        let name = format!("{source}:{id}");
        let mut from = 0;
        while let Some(at) = rewritten.get(from..).and_then(|rest| rest.find(&name)).map(|at| at + from) {
            let end = at + name.len();
            let part_of_id = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '@');
            let before = rewritten.get(..at).and_then(|text| text.chars().next_back());
            let after = rewritten.get(end..).and_then(|text| text.chars().next());
            if before.is_some_and(part_of_id) || after.is_some_and(part_of_id) {
                from = end;
            } else {
                rewritten.replace_range(at..end, SOMEBODY);
                from = at + SOMEBODY.len();
            }
        }
    }
    (rewritten != text).then_some(rewritten)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_are_taken_out() {
        let names = [("moodle".to_owned(), "7".to_owned()), ("forms".to_owned(), "ada".to_owned())];
        let text = "may be moodle:7, moodle:70 or forms:ada; not forms:ada@example.test";
        assert_eq!(
            without(text, &names).unwrap(),
            "may be somebody who was erased, moodle:70 or somebody who was erased; not forms:ada@example.test"
        );
        assert_eq!(without("moodle:70", &names), None);
    }
}
