//! Decisions of administrators about who is who. They are kept for ever, and outrank whatever an
//! address or an id tells.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::directory::lock_persons;
use super::doubts::{change_persons, open_doubts, separations};
use super::learners::insert_persons;
use super::merge::{SharedBadge, Split, merge, split};
use super::session::Session;
use super::statement::statements;
use super::typed::{Typed, deliver};
use super::value::values;
use super::{Doubt, FoundLearner, Store, StoreError};
use crate::ids;

statements! {
    LEARNERS = "SELECT id, person_id, source, lms_id, name, email FROM learners WHERE id {in $1}";

    PERSONS_LEARNERS = "SELECT id, person_id, source, lms_id, name, email FROM learners
        WHERE person_id {in $1} ORDER BY source, lms_id";

    PUT_SEPARATIONS [learner_id Uuid, other_id Uuid] =
        "INSERT INTO separations (learner_id, other_id)
        SELECT r.learner_id, r.other_id FROM {rows} WHERE true
        ON CONFLICT (learner_id, other_id) DO NOTHING";

    END_SEPARATION = "DELETE FROM separations WHERE (learner_id = $1 AND other_id = $2)
        OR (learner_id = $2 AND other_id = $1)";

    INSERT_DECISIONS [
        id Uuid, kind Text, learner_id Uuid, other_id Uuid, reason Text, decided_by Text, decided_at Time,
    ] = "INSERT INTO people_decisions (id, kind, learner_id, other_id, reason, decided_by, decided_at)
        SELECT r.id, r.kind, r.learner_id, r.other_id, r.reason, r.decided_by, r.decided_at FROM {rows}";
}

/// Who decided, and why.
#[derive(Debug, Clone)]
pub struct By {
    /// Who.
    pub who: String,
    /// Why.
    pub reason: String,
}

/// What came of linking two learners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Linked {
    /// They are one person from now on.
    Done {
        /// The delivery that shows what is awarded now.
        delivery: Uuid,
        /// Badges that both held.
        shared: Vec<SharedBadge>,
        /// Doubts about the person that are still open.
        doubts: Vec<Doubt>,
    },
    /// They were one person before; from now on because an administrator says so.
    Already,
    /// An administrator keeps these two separate, of whom each is one of the persons: nothing was
    /// stored.
    Separated(FoundLearner, FoundLearner),
}

/// What came of separating a learner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Separated {
    /// They are a person of their own from now on.
    Done {
        /// The delivery that shows what becomes of the badges of both.
        delivery: Uuid,
        /// From whom they were separated.
        others: Vec<FoundLearner>,
        /// Badges that the learner keeps, with their credentials; the rest stays with the others.
        badges: Vec<(String, Uuid)>,
    },
    /// They are alone, and nobody is in doubt about it: nothing was stored.
    Alone,
}

impl Store {
    /// Makes the persons of two learners one, whoever they are elsewhere.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody else decides about them at the same time.
    pub async fn link(
        &self,
        (one, other): (Uuid, Uuid),
        by: &By,
        now: DateTime<Utc>,
    ) -> Result<Linked, StoreError> {
        let mut session = self.pool.write().await?;
        let found = locked(&mut session, &[one, other]).await?;
        let (Some(a), Some(b)) =
            (found.iter().find(|found| found.id == one), found.iter().find(|found| found.id == other))
        else {
            return Err(StoreError::Conflict);
        };
        if a.person != b.person
            && let Some((a, b)) = kept_apart(&mut session, a, b).await?
        {
            return Ok(Linked::Separated(a, b));
        }
        session.run(&END_SEPARATION, values![one, other]).await?;
        decided(&mut session, "link", &[(one, other)], by, now).await?;
        if a.person == b.person {
            session.commit().await?;
            return Ok(Linked::Already);
        }
        let merged = merge(&mut session, a.person, b.person).await?;
        let typed = Typed {
            command: "accolade people",
            event: "people.link".to_owned(),
            source: &a.source,
            body: json!({"decision": "link", "learners": [name(a), name(b)], "reason": by.reason, "by": by.who}),
            said: format!(
                "{} decided that {} and {} are one person: {}",
                by.who,
                name(a),
                name(b),
                by.reason
            ),
            persons: &[merged.kept],
            whole: true,
            publication: None,
        };
        let delivery = deliver(&mut session, &typed, now).await?;
        let about = |doubt: &Doubt| {
            doubt.learner.person == merged.kept
                || doubt.candidates.iter().any(|one| one.person == merged.kept)
        };
        let doubts = open_doubts(&mut session, None).await?.into_iter().filter(about).collect();
        session.commit().await?;
        Ok(Linked::Done { delivery, shared: merged.shared, doubts })
    }

    /// Makes a learner a person of their own, and ends every doubt about who they are.
    ///
    /// # Errors
    /// As [`Store::link`].
    pub async fn separate(
        &self,
        learner: Uuid,
        by: &By,
        now: DateTime<Utc>,
    ) -> Result<Separated, StoreError> {
        let mut session = self.pool.write().await?;
        let doubts = open_doubts(&mut session, None).await?;
        let mut twins: Vec<FoundLearner> = Vec::new();
        for doubt in doubts {
            if doubt.learner.id == learner {
                twins.extend(doubt.candidates);
            } else if doubt.candidates.iter().any(|candidate| candidate.id == learner) {
                twins.push(doubt.learner);
            }
        }
        let ids: Vec<Uuid> = twins.iter().map(|twin| twin.id).chain([learner]).collect();
        let found = locked(&mut session, &ids).await?;
        let Some(own) = found.iter().find(|found| found.id == learner) else {
            return Err(StoreError::Conflict);
        };
        let mates: Vec<FoundLearner> = session.all(&PERSONS_LEARNERS, values![vec![own.person]]).await?;
        let mates: Vec<FoundLearner> = mates.into_iter().filter(|mate| mate.id != learner).collect();
        let others: Vec<FoundLearner> = mates.iter().chain(&twins).cloned().collect();
        if others.is_empty() {
            return Ok(Separated::Alone);
        }
        let pairs: Vec<(Uuid, Uuid)> = others.iter().map(|other| (learner, other.id)).collect();
        let mut persons: BTreeSet<Uuid> =
            found.iter().filter(|found| found.id != learner).map(|found| found.person).collect();
        let mut badges = Vec::new();
        if mates.is_empty() {
            persons.insert(own.person);
        } else {
            let apart = Split { person: own.person, learner, own: ids::timed(now), rest: ids::timed(now) };
            insert_persons(&mut session, &[apart.own, apart.rest]).await?;
            badges = split(&mut session, &apart, now).await?;
            persons.remove(&own.person);
            persons.extend([apart.own, apart.rest]);
        }
        let delivery = part(&mut session, own, &others, &pairs, persons, by, now).await?;
        session.commit().await?;
        Ok(Separated::Done { delivery, others, badges })
    }

    /// Ends a doubt: the learner is none of those who were possible. Answers the doubt, with the
    /// delivery that shows what is awarded now; nothing if there is no such open doubt.
    ///
    /// # Errors
    /// As [`Store::link`].
    pub async fn dismiss(
        &self,
        doubt: Uuid,
        by: &By,
        now: DateTime<Utc>,
    ) -> Result<Option<(Doubt, Uuid)>, StoreError> {
        let mut session = self.pool.write().await?;
        let Some(before) = open_doubts(&mut session, Some(doubt)).await?.pop() else { return Ok(None) };
        let ids: Vec<Uuid> =
            before.candidates.iter().map(|candidate| candidate.id).chain([before.learner.id]).collect();
        locked(&mut session, &ids).await?;
        // Somebody else may have been quicker.
        let Some(doubt) = open_doubts(&mut session, Some(doubt)).await?.pop() else { return Ok(None) };
        let pairs: Vec<(Uuid, Uuid)> =
            doubt.candidates.iter().map(|candidate| (doubt.learner.id, candidate.id)).collect();
        let persons =
            doubt.candidates.iter().map(|candidate| candidate.person).chain([doubt.learner.person]).collect();
        let delivery =
            part(&mut session, &doubt.learner, &doubt.candidates, &pairs, persons, by, now).await?;
        session.commit().await?;
        Ok(Some((doubt, delivery)))
    }
}

/// Learners, as they are under the lock of their persons.
async fn locked(session: &mut Session, learners: &[Uuid]) -> Result<Vec<FoundLearner>, StoreError> {
    let persons = |found: &[FoundLearner]| -> BTreeSet<Uuid> { found.iter().map(|one| one.person).collect() };
    let before: Vec<FoundLearner> = session.all(&LEARNERS, values![learners]).await?;
    lock_persons(session, persons(&before)).await?;
    let found: Vec<FoundLearner> = session.all(&LEARNERS, values![learners]).await?;
    if persons(&found) == persons(&before) { Ok(found) } else { Err(StoreError::Conflict) }
}

/// Two others of their persons whom an administrator keeps separate, if there are any.
async fn kept_apart(
    session: &mut Session,
    one: &FoundLearner,
    other: &FoundLearner,
) -> Result<Option<(FoundLearner, FoundLearner)>, StoreError> {
    let all: Vec<FoundLearner> =
        session.all(&PERSONS_LEARNERS, values![vec![one.person, other.person]]).await?;
    let separations = separations(session, all.iter().map(|learner| learner.id).collect()).await?;
    let found = separations.into_iter().find_map(|(a, b)| {
        let of = |id: Uuid| all.iter().find(|learner| learner.id == id);
        let (a, b) = (of(a)?, of(b)?);
        let named = [a.id, b.id].iter().all(|id| [one.id, other.id].contains(id));
        (a.person == one.person && b.person == other.person && !named).then(|| (a.clone(), b.clone()))
    });
    Ok(found)
}

/// Stores that a learner is none of others, and has everybody judged again whom that concerns.
async fn part(
    session: &mut Session,
    learner: &FoundLearner,
    others: &[FoundLearner],
    pairs: &[(Uuid, Uuid)],
    persons: BTreeSet<Uuid>,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Uuid, StoreError> {
    let both = pairs.iter().flat_map(|(one, other)| [values![*one, *other], values![*other, *one]]);
    session.run_rows(&PUT_SEPARATIONS, both.collect()).await?;
    decided(session, "separate", pairs, by, now).await?;
    change_persons(session, persons.clone()).await?;
    let names: Vec<String> = others.iter().map(name).collect();
    let said =
        format!("{} decided that {} is not {}: {}", by.who, name(learner), names.join(", "), by.reason);
    let persons: Vec<Uuid> = persons.into_iter().collect();
    let typed = Typed {
        command: "accolade people",
        event: "people.separate".to_owned(),
        source: &learner.source,
        body: json!({"decision": "separate", "learner": name(learner), "from": names, "reason": by.reason, "by": by.who}),
        said,
        persons: &persons,
        whole: true,
        publication: None,
    };
    deliver(session, &typed, now).await
}

async fn decided(
    session: &mut Session,
    kind: &str,
    pairs: &[(Uuid, Uuid)],
    by: &By,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let row =
        |(one, other): &(Uuid, Uuid)| values![ids::timed(now), kind, *one, *other, &by.reason, &by.who, now];
    session.run_rows(&INSERT_DECISIONS, pairs.iter().map(row).collect()).await
}

fn name(learner: &FoundLearner) -> String {
    format!("{}:{}", learner.source, learner.learner)
}
