//! The learners of one transaction, with everybody who may be the same persons.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::StoreError;
use super::doubts::{NewDoubt, separations};
use super::identity::{Identities, Separations, Verdict};
use super::learners::{LearnerName, StoredLearner, ToldLearner, insert_learners, insert_persons};
use super::privacy::Marks as Erasures;
use super::session::Session;
use super::statement::statements;
use super::value::{email_key, institution_key, values};
use crate::ids;

statements! {
    FIND_LEARNERS [source Text, lms_id Text] =
        "SELECT learners.id, learners.source, learners.lms_id
        FROM learners JOIN {rows} ON learners.source = r.source AND learners.lms_id = r.lms_id";

    /// Held until the end of the transaction.
    LOCK_NAMES [key Int] = "SELECT {advisory} FROM {rows}";

    /// Every learner of every person who is one of these learners, or has one of these addresses
    /// or institution's ids. What more than twenty learners have tells nobody apart.
    RELATIVES = "SELECT id, source, lms_id, person_id, name, email, email_key, email_changed,
            institution_id, institution_key, institution_changed, language, as_of
        FROM learners WHERE person_id IN
            (SELECT person_id FROM learners WHERE id {in $1}
            UNION SELECT person_id FROM learners WHERE email_key IN
                (SELECT email_key FROM learners WHERE email_key {in text $2}
                GROUP BY email_key HAVING COUNT(*) <= 20)
            UNION SELECT person_id FROM learners WHERE institution_key IN
                (SELECT institution_key FROM learners WHERE institution_key {in text $3}
                GROUP BY institution_key HAVING COUNT(*) <= 20))
        ORDER BY id";

    LOCK_PERSONS = "SELECT id FROM persons WHERE id {in $1} ORDER BY id {lock}";
}

/// What may be the same of several learners.
#[derive(Default)]
struct Marks {
    emails: BTreeSet<String>,
    institutions: BTreeSet<String>,
}

/// The learners of one transaction, found or made, and their persons, who are locked: until its
/// end nobody else changes their outcomes, gives them awards, or says who they are.
#[derive(Default)]
pub(super) struct Directory {
    identities: Identities,
    /// Those that were told.
    pub(super) learners: BTreeMap<LearnerName, StoredLearner>,
    /// They, and everybody who may be the same persons.
    relatives: Vec<StoredLearner>,
    separations: Separations,
    /// Doubts about learners who are new.
    pub(super) doubts: Vec<NewDoubt>,
    /// The told as they are stored, by their ids.
    stored: BTreeMap<Uuid, StoredLearner>,
    /// Persons who were made in this transaction.
    pub(super) made: BTreeSet<Uuid>,
    /// Those of the told who were erased: they are not made again.
    pub(super) erased: BTreeSet<LearnerName>,
}

#[derive(sqlx::FromRow)]
struct FoundRow {
    id: Uuid,
    source: String,
    lms_id: String,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: Uuid,
}

impl Directory {
    /// Finds learners, makes those that are missing, and locks their persons and those whom they
    /// may be.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], too, if somebody decided meanwhile who they are.
    pub(super) async fn load(
        session: &mut Session,
        identities: &Identities,
        erasures: &Erasures,
        told: &[ToldLearner<'_>],
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let names: BTreeSet<&LearnerName> = told.iter().map(|told| &told.name).collect();
        let mut known = find(session, &names).await?;
        let missing: BTreeSet<&LearnerName> =
            names.iter().copied().filter(|name| !known.contains_key(*name)).collect();
        if !missing.is_empty() {
            // One at a time for each name, each address and each id, or two sources that tell of
            // the same one at the same time would make two persons.
            let new = || told.iter().filter(|told| missing.contains(&told.name));
            let marks = Marks::of(identities, new());
            let locks: BTreeSet<i64> = missing
                .iter()
                .map(|(source, lms_id)| lock_number(&["learner", source, lms_id]))
                .chain(marks.emails.iter().map(|email| lock_number(&["email", email])))
                .chain(marks.institutions.iter().map(|id| lock_number(&["institution", id])))
                .collect();
            session.run_rows(&LOCK_NAMES, locks.into_iter().map(|lock| values![lock]).collect()).await?;
            known.extend(find(session, &missing).await?);
        }

        let marks = Marks::of(identities, told.iter());
        let ids: Vec<Uuid> = known.values().copied().collect();
        let persons = |relatives: &[StoredLearner]| -> BTreeSet<Uuid> {
            relatives.iter().map(|relative| relative.person_id).collect()
        };
        let mut relatives = marks.relatives(session, &ids).await?;
        let mut locked = persons(&relatives);
        if !locked.is_empty() {
            let rows: Vec<IdRow> =
                session.all(&LOCK_PERSONS, values![locked.iter().copied().collect::<Vec<_>>()]).await?;
            locked = rows.into_iter().map(|row| row.id).collect();
            relatives = marks.relatives(session, &ids).await?;
            if !persons(&relatives).is_subset(&locked) {
                return Err(StoreError::Conflict);
            }
        }
        let own: BTreeSet<Uuid> =
            relatives.iter().filter(|one| ids.contains(&one.id)).map(|one| one.person_id).collect();
        let separations = if own.len() < locked.len() {
            separations(session, relatives.iter().map(|relative| relative.id).collect()).await?
        } else {
            Separations::new()
        };
        let learners = relatives.iter().filter(|one| ids.contains(&one.id));
        let learners: BTreeMap<LearnerName, StoredLearner> =
            learners.map(|one| (one.name(), one.clone())).collect();
        // Under the locks: whoever is erased after this look finds them made.
        let unknown = names.into_iter().filter(|name| !learners.contains_key(*name)).cloned();
        let erased = erasures.erased(session, unknown).await?;
        let identities = identities.clone();
        let stored = learners.values().map(|one| (one.id, one.clone())).collect();
        let gone = erased.gone.clone();
        let mut directory =
            Self { identities, learners, relatives, separations, stored, erased: gone, ..Self::default() };
        directory.make(session, told, |name| erasures.person(name, &erased, now), now).await?;
        Ok(directory)
    }

    /// Makes the learners who are missing.
    async fn make(
        &mut self,
        session: &mut Session,
        told: &[ToldLearner<'_>],
        person: impl Fn(&LearnerName) -> Uuid,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (mut persons, mut learners) = (Vec::new(), Vec::new());
        for told in told {
            if self.learners.contains_key(&told.name) || self.erased.contains(&told.name) {
                continue;
            }
            let mut learner = StoredLearner::new(ids::timed(now), person(&told.name), told);
            match self.verdict(&learner) {
                Verdict::Link(person) => learner.person_id = person,
                Verdict::Alone => persons.push(learner.person_id),
                Verdict::Doubt { candidates, reason } => {
                    persons.push(learner.person_id);
                    self.doubts.push(NewDoubt { learner: learner.id, candidates, reason });
                }
            }
            self.relatives.push(learner.clone());
            self.learners.insert(told.name.clone(), learner.clone());
            learners.push(learner);
        }
        insert_persons(session, &persons).await?;
        insert_learners(session, &learners).await?;
        self.made.extend(persons);
        self.stored.extend(learners.into_iter().map(|learner| (learner.id, learner)));
        Ok(())
    }

    /// Whether something is known of a learner that is not stored. The person is stored by whoever
    /// links.
    pub(super) fn differs(&self, learner: &StoredLearner) -> bool {
        self.stored.get(&learner.id).is_none_or(|stored| learner.differs(stored))
    }

    /// Who a learner is, by what is known of everybody now.
    pub(super) fn verdict(&self, learner: &StoredLearner) -> Verdict {
        self.identities.decide(learner, &self.relatives, &self.separations)
    }

    /// Takes over what is known now of a learner.
    pub(super) fn learned(&mut self, learner: &StoredLearner) {
        for relative in self.relatives.iter_mut().filter(|relative| relative.id == learner.id) {
            relative.clone_from(learner);
        }
    }

    /// Everybody who was one person is another one now.
    pub(super) fn merged(&mut self, gone: Uuid, kept: Uuid) {
        let all = self.learners.values_mut().chain(&mut self.relatives);
        all.filter(|learner| learner.person_id == gone).for_each(|learner| learner.person_id = kept);
    }
}

impl Marks {
    fn of<'a>(identities: &Identities, told: impl Iterator<Item = &'a ToldLearner<'a>>) -> Self {
        let mut marks = Self::default();
        for ToldLearner { name: (source, _), learner, .. } in told {
            let email = email_key(learner.email.as_deref());
            marks.emails.extend(identities.email(source, email.as_deref()).map(str::to_owned));
            let id = institution_key(learner.institution_id.as_deref());
            marks
                .institutions
                .extend(identities.institution(source, id.as_deref()).map(|(_, id)| id.to_owned()));
        }
        marks
    }

    async fn relatives(
        &self,
        session: &mut Session,
        learners: &[Uuid],
    ) -> Result<Vec<StoredLearner>, StoreError> {
        let texts = |texts: &BTreeSet<String>| texts.iter().cloned().collect::<Vec<String>>();
        session.all(&RELATIVES, values![learners, texts(&self.emails), texts(&self.institutions)]).await
    }
}

/// Locks the names of learners: until the end of the transaction nobody makes them.
pub(super) async fn lock_names(session: &mut Session, names: &[LearnerName]) -> Result<(), StoreError> {
    let locks: BTreeSet<i64> =
        names.iter().map(|(source, id)| lock_number(&["learner", source, id])).collect();
    session.run_rows(&LOCK_NAMES, locks.into_iter().map(|lock| values![lock]).collect()).await
}

/// Locks persons, in the order in which everybody does.
pub(super) async fn lock_persons(session: &mut Session, persons: BTreeSet<Uuid>) -> Result<(), StoreError> {
    let persons: Vec<Uuid> = persons.into_iter().collect();
    session.run(&LOCK_PERSONS, values![persons]).await.map(drop)
}

async fn find(
    session: &mut Session,
    names: &BTreeSet<&LearnerName>,
) -> Result<BTreeMap<LearnerName, Uuid>, StoreError> {
    let rows = names.iter().map(|(source, lms_id)| values![source, lms_id]).collect();
    let found: Vec<FoundRow> = session.all_rows(&FIND_LEARNERS, rows).await?;
    Ok(found.into_iter().map(|row| ((row.source, row.lms_id), row.id)).collect())
}

/// A number for an advisory lock.
fn lock_number(parts: &[&str]) -> i64 {
    let digest = Sha256::digest(parts.join("\0").as_bytes());
    digest.iter().take(8).fold(0, |number: i64, byte| number << 8 | i64::from(*byte))
}
