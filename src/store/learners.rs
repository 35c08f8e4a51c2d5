//! Learners and the persons they are: one for each learner, or for learners linked across
//! sources by their address.

use std::collections::{BTreeMap, BTreeSet};

use accolade_connectors::Learner;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::StoreError;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, Value, email_key, values};
use crate::ids;

statements! {
    FIND_LEARNERS [source Text, lms_id Text] =
        "SELECT learners.id, learners.source, learners.lms_id
        FROM learners JOIN {rows} ON learners.source = r.source AND learners.lms_id = r.lms_id";

    /// Held until the end of the transaction.
    LOCK_NAMES [key Int] = "SELECT {advisory} FROM {rows}";

    /// Every learner of every person who has one of these addresses.
    NAMESAKES = "SELECT person_id, source, email_key FROM learners WHERE person_id IN
        (SELECT person_id FROM learners WHERE email_key {in text $1})";

    INSERT_PERSONS [id Uuid] = "INSERT INTO persons (id, version) SELECT r.id, 0 FROM {rows}";

    INSERT_LEARNERS [
        id Uuid, source Text, lms_id Text, person_id Uuid, name Text, email Text, email_key Text,
        institution_id Text, language Text, as_of Time,
    ] = "INSERT INTO learners
            (id, source, lms_id, person_id, name, email, email_key, institution_id, language, as_of)
        SELECT r.id, r.source, r.lms_id, r.person_id, r.name, r.email, r.email_key,
            r.institution_id, r.language, r.as_of
        FROM {rows}";

    LOCK_LEARNERS_PERSONS = "SELECT id FROM persons
        WHERE id IN (SELECT person_id FROM learners WHERE id {in $1}) ORDER BY id {lock}";

    READ_LEARNERS = "SELECT id, source, lms_id, person_id, name, email, institution_id, language, as_of
        FROM learners WHERE id {in $1}";

    UPDATE_LEARNERS [
        id Uuid, name Text, email Text, email_key Text, institution_id Text, language Text, as_of Time,
    ] = "UPDATE learners SET name = r.name, email = r.email, email_key = r.email_key,
            institution_id = r.institution_id, language = r.language, as_of = r.as_of
        FROM {rows} WHERE learners.id = r.id";
}

/// Source and (shortened) LMS id.
pub(super) type LearnerName = (String, String);

/// A learner as they are told, to be found or made.
pub(super) struct ToldLearner<'a> {
    pub(super) name: LearnerName,
    pub(super) learner: &'a Learner,
    pub(super) as_of: DateTime<Utc>,
}

/// A stored learner.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct StoredLearner {
    pub(super) id: Uuid,
    pub(super) source: String,
    pub(super) lms_id: String,
    pub(super) person_id: Uuid,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    institution_id: Option<String>,
    language: Option<String>,
    as_of: Time,
}

/// What a newer word about a learner changed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct LearnerChange {
    /// Anything.
    pub(super) any: bool,
    /// The name or the address.
    pub(super) reach: bool,
    /// The name or the address is known where it was not, and now both are.
    pub(super) became_reachable: bool,
}

impl StoredLearner {
    /// Takes over what is known now. What was not told stays: not every call tells all.
    pub(super) fn learn(&mut self, told: &Learner, as_of: DateTime<Utc>) -> LearnerChange {
        let newer = Time::from(as_of) >= self.as_of;
        let reachable = |of: &Self| {
            let known = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
            known(&of.name) && known(&of.email)
        };
        let reachable_before = reachable(self);
        let before = (self.name.clone(), self.email.clone());
        let mut any = false;
        for (old, new) in [
            (&mut self.name, &told.name),
            (&mut self.email, &told.email),
            (&mut self.institution_id, &told.institution_id),
            (&mut self.language, &told.language),
        ] {
            if new.is_some() && (newer || old.is_none()) && old != new {
                old.clone_from(new);
                any = true;
            }
        }
        if newer {
            self.as_of = as_of.into();
        }
        LearnerChange {
            any,
            reach: before != (self.name.clone(), self.email.clone()),
            became_reachable: !reachable_before && reachable(self),
        }
    }

    /// Puts what is known now into a learner that was stored with an outcome.
    pub(super) fn describe(&self, learner: &mut Learner) {
        describe(
            learner,
            self.name.as_deref(),
            self.email.as_deref(),
            self.institution_id.as_deref(),
            self.language.as_deref(),
        );
    }

    fn row(&self) -> Vec<Value> {
        values![
            self.id,
            &self.name,
            &self.email,
            email_key(self.email.as_deref()),
            &self.institution_id,
            &self.language,
            self.as_of,
        ]
    }
}

/// Puts what is known now into a learner that was stored with an outcome.
pub(super) fn describe(
    learner: &mut Learner,
    name: Option<&str>,
    email: Option<&str>,
    institution_id: Option<&str>,
    language: Option<&str>,
) {
    learner.name = name.map(str::to_owned);
    learner.email = email.map(str::to_owned);
    learner.institution_id = institution_id.map(str::to_owned);
    learner.language = language.map(str::to_owned);
}

/// Finds learners, makes those that are missing, and locks their persons: until the end of the
/// transaction nobody else changes their outcomes or gives them awards.
pub(super) async fn lock_learners(
    session: &mut Session,
    told: &[ToldLearner<'_>],
    now: DateTime<Utc>,
) -> Result<BTreeMap<LearnerName, StoredLearner>, StoreError> {
    let names: BTreeSet<&LearnerName> = told.iter().map(|told| &told.name).collect();
    let mut known = find(session, &names).await?;
    let missing: BTreeSet<&LearnerName> =
        names.iter().copied().filter(|name| !known.contains_key(*name)).collect();
    if !missing.is_empty() {
        // One at a time for each name and each address, or two sources that tell of the same
        // address at the same time would make two persons.
        let emails: BTreeSet<String> = told
            .iter()
            .filter(|told| missing.contains(&told.name))
            .filter_map(|told| email_key(told.learner.email.as_deref()))
            .collect();
        let locks: BTreeSet<i64> = missing
            .iter()
            .map(|(source, lms_id)| lock_number(&["learner", source, lms_id]))
            .chain(emails.iter().map(|email| lock_number(&["email", email])))
            .collect();
        session.run_rows(&LOCK_NAMES, locks.into_iter().map(|lock| values![lock]).collect()).await?;
        known.extend(find(session, &missing).await?);
        known.extend(make(session, told, &known, emails, now).await?);
    }

    let ids: Vec<Uuid> = known.values().copied().collect();
    session.run(&LOCK_LEARNERS_PERSONS, values![ids.clone()]).await?;
    let learners: Vec<StoredLearner> = session.all(&READ_LEARNERS, values![ids]).await?;
    Ok(learners.into_iter().map(|row| ((row.source.clone(), row.lms_id.clone()), row)).collect())
}

/// Stores learners that changed.
pub(super) async fn update_learners(
    session: &mut Session,
    learners: impl Iterator<Item = &StoredLearner>,
) -> Result<(), StoreError> {
    session.run_rows(&UPDATE_LEARNERS, learners.map(StoredLearner::row).collect()).await
}

#[derive(sqlx::FromRow)]
struct FoundRow {
    id: Uuid,
    source: String,
    lms_id: String,
}

async fn find(
    session: &mut Session,
    names: &BTreeSet<&LearnerName>,
) -> Result<BTreeMap<LearnerName, Uuid>, StoreError> {
    let rows = names.iter().map(|(source, lms_id)| values![source, lms_id]).collect();
    let found: Vec<FoundRow> = session.all_rows(&FIND_LEARNERS, rows).await?;
    Ok(found.into_iter().map(|row| ((row.source, row.lms_id), row.id)).collect())
}

#[derive(Debug, Clone, sqlx::FromRow)]
struct Namesake {
    person_id: Uuid,
    source: String,
    email_key: Option<String>,
}

async fn make(
    session: &mut Session,
    told: &[ToldLearner<'_>],
    known: &BTreeMap<LearnerName, Uuid>,
    emails: BTreeSet<String>,
    now: DateTime<Utc>,
) -> Result<BTreeMap<LearnerName, Uuid>, StoreError> {
    let mut namesakes: Vec<Namesake> = if emails.is_empty() {
        Vec::new()
    } else {
        session.all(&NAMESAKES, values![emails.into_iter().collect::<Vec<String>>()]).await?
    };
    let (mut persons, mut learners, mut made) = (Vec::new(), Vec::new(), BTreeMap::new());
    for ToldLearner { name, learner, as_of } in told {
        if known.contains_key(name) || made.contains_key(name) {
            continue;
        }
        let (source, lms_id) = name;
        let email = email_key(learner.email.as_deref());
        let linked = email.as_deref().and_then(|email| link(source, email, &namesakes));
        let person = linked.unwrap_or_else(|| {
            let person = ids::timed(now);
            persons.push(values![person]);
            person
        });
        let id = ids::timed(now);
        learners.push(values![
            id,
            source,
            lms_id,
            person,
            &learner.name,
            &learner.email,
            email.clone(),
            &learner.institution_id,
            &learner.language,
            *as_of,
        ]);
        namesakes.push(Namesake { person_id: person, source: source.clone(), email_key: email });
        made.insert(name.clone(), id);
    }
    session.run_rows(&INSERT_PERSONS, persons).await?;
    session.run_rows(&INSERT_LEARNERS, learners).await?;
    Ok(made)
}

/// The person that a new learner of `source` with this address is, if there is no doubt:
/// exactly one person has the address in other sources, none in this one, and that person is
/// nobody else in this source.
fn link(source: &str, email: &str, namesakes: &[Namesake]) -> Option<Uuid> {
    let same = || namesakes.iter().filter(|one| one.email_key.as_deref() == Some(email));
    if same().any(|one| one.source == source) {
        return None;
    }
    let persons: BTreeSet<Uuid> = same().map(|one| one.person_id).collect();
    let person = *persons.first()?;
    let elsewhere_here = namesakes.iter().any(|one| one.person_id == person && one.source == source);
    (persons.len() == 1 && !elsewhere_here).then_some(person)
}

/// A number for an advisory lock.
fn lock_number(parts: &[&str]) -> i64 {
    let digest = Sha256::digest(parts.join("\0").as_bytes());
    digest.iter().take(8).fold(0, |number: i64, byte| number << 8 | i64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn namesake(person: u128, source: &str, email: &str) -> Namesake {
        Namesake {
            person_id: Uuid::from_u128(person),
            source: source.to_owned(),
            email_key: Some(email.to_owned()),
        }
    }

    #[test]
    fn a_learner_is_linked_only_without_doubt() {
        let ada = "ada@example.test";
        let one = || namesake(1, "moodle", ada);
        assert_eq!(link("canvas", ada, &[]), None);
        assert_eq!(link("canvas", ada, &[one()]), Some(Uuid::from_u128(1)));
        assert_eq!(link("canvas", "bo@example.test", &[one()]), None);
        // Twice in this source: which of the two is it?
        assert_eq!(link("moodle", ada, &[one()]), None);
        assert_eq!(link("canvas", ada, &[one(), namesake(2, "canvas", ada)]), None);
        // Two persons elsewhere.
        assert_eq!(link("canvas", ada, &[one(), namesake(2, "blackboard", ada)]), None);
        // One person in two sources elsewhere.
        let both = [one(), namesake(1, "blackboard", ada)];
        assert_eq!(link("canvas", ada, &both), Some(Uuid::from_u128(1)));
        // The person is somebody in this source already, by another address.
        let here = [one(), namesake(1, "canvas", "old@example.test")];
        assert_eq!(link("canvas", ada, &here), None);
    }

    #[test]
    fn what_is_not_told_stays_known() {
        let told = |name: Option<&str>, email: Option<&str>| Learner {
            id: "7".to_owned(),
            name: name.map(str::to_owned),
            email: email.map(str::to_owned),
            institution_id: None,
            language: None,
        };
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let mut stored = StoredLearner {
            id: Uuid::nil(),
            source: "moodle".to_owned(),
            lms_id: "7".to_owned(),
            person_id: Uuid::nil(),
            name: Some("Ada".to_owned()),
            email: None,
            institution_id: None,
            language: None,
            as_of: at(100).into(),
        };
        assert_eq!(stored.learn(&told(None, None), at(200)), LearnerChange::default());
        assert_eq!(stored.name.as_deref(), Some("Ada"));
        // Older word fills a gap, but overwrites nothing.
        let change = stored.learn(&told(Some("Old Name"), Some("ada@example.test")), at(150));
        assert_eq!(change, LearnerChange { any: true, reach: true, became_reachable: true });
        assert_eq!(stored.name.as_deref(), Some("Ada"));
        assert_eq!(stored.email.as_deref(), Some("ada@example.test"));
        let change = stored.learn(&told(Some("Ada L."), None), at(300));
        assert_eq!(change, LearnerChange { any: true, reach: true, became_reachable: false });
        assert_eq!(stored.name.as_deref(), Some("Ada L."));
    }
}
