//! Learners: whom each source tells of, and what is known of them.

use accolade_connectors::Learner;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::StoreError;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, Value, email_key, institution_key, values};

statements! {
    INSERT_PERSONS [id Uuid] = "INSERT INTO persons (id, version) SELECT r.id, 0 FROM {rows}";

    INSERT_LEARNERS [
        id Uuid, source Text, lms_id Text, person_id Uuid, name Text, email Text, email_key Text,
        institution_id Text, institution_key Text, language Text, as_of Time,
    ] = "INSERT INTO learners
            (id, source, lms_id, person_id, name, email, email_key, institution_id, institution_key,
             language, as_of)
        SELECT r.id, r.source, r.lms_id, r.person_id, r.name, r.email, r.email_key,
            r.institution_id, r.institution_key, r.language, r.as_of
        FROM {rows}";

    UPDATE_LEARNERS [
        id Uuid, name Text, email Text, email_key Text, email_changed Bool, institution_id Text,
        institution_key Text, institution_changed Bool, language Text, as_of Time,
    ] = "UPDATE learners SET name = r.name, email = r.email, email_key = r.email_key,
            email_changed = r.email_changed, institution_id = r.institution_id,
            institution_key = r.institution_key, institution_changed = r.institution_changed,
            language = r.language, as_of = r.as_of
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
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct StoredLearner {
    pub(super) id: Uuid,
    pub(super) source: String,
    pub(super) lms_id: String,
    pub(super) person_id: Uuid,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    /// The address as addresses are compared.
    pub(super) email_key: Option<String>,
    /// Whether another one was known before it.
    pub(super) email_changed: bool,
    institution_id: Option<String>,
    /// The institution's id as ids are compared.
    pub(super) institution_key: Option<String>,
    /// Whether another one was known before it.
    pub(super) institution_changed: bool,
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
    /// A learner who is told for the first time, as a person of their own.
    pub(super) fn new(id: Uuid, person: Uuid, told: &ToldLearner<'_>) -> Self {
        let ToldLearner { name: (source, lms_id), learner, as_of } = told;
        Self {
            id,
            source: source.clone(),
            lms_id: lms_id.clone(),
            person_id: person,
            name: learner.name.clone(),
            email: learner.email.clone(),
            email_key: email_key(learner.email.as_deref()),
            email_changed: false,
            institution_id: learner.institution_id.clone(),
            institution_key: institution_key(learner.institution_id.as_deref()),
            institution_changed: false,
            language: learner.language.clone(),
            as_of: (*as_of).into(),
        }
    }

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
        let email = email_key(self.email.as_deref());
        self.email_changed |= self.email_key.is_some() && self.email_key != email;
        self.email_key = email;
        let institution = institution_key(self.institution_id.as_deref());
        self.institution_changed |= self.institution_key.is_some() && self.institution_key != institution;
        self.institution_key = institution;
        LearnerChange {
            any,
            reach: before != (self.name.clone(), self.email.clone()),
            became_reachable: !reachable_before && reachable(self),
        }
    }

    /// Whether more or something else is known than was. Whose person they are is told apart.
    pub(super) fn differs(&self, before: &Self) -> bool {
        *self != Self { person_id: self.person_id, ..before.clone() }
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

    /// Source and LMS id.
    pub(super) fn name(&self) -> LearnerName {
        (self.source.clone(), self.lms_id.clone())
    }

    fn new_row(&self) -> Vec<Value> {
        values![
            self.id,
            &self.source,
            &self.lms_id,
            self.person_id,
            &self.name,
            &self.email,
            &self.email_key,
            &self.institution_id,
            &self.institution_key,
            &self.language,
            self.as_of,
        ]
    }

    fn changed_row(&self) -> Vec<Value> {
        values![
            self.id,
            &self.name,
            &self.email,
            &self.email_key,
            self.email_changed,
            &self.institution_id,
            &self.institution_key,
            self.institution_changed,
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

/// Makes persons of whom nothing is known.
pub(super) async fn insert_persons(session: &mut Session, persons: &[Uuid]) -> Result<(), StoreError> {
    session.run_rows(&INSERT_PERSONS, persons.iter().map(|person| values![*person]).collect()).await
}

/// Stores new learners; their persons exist.
pub(super) async fn insert_learners(
    session: &mut Session,
    learners: &[StoredLearner],
) -> Result<(), StoreError> {
    session.run_rows(&INSERT_LEARNERS, learners.iter().map(StoredLearner::new_row).collect()).await
}

/// Stores learners that changed.
pub(super) async fn update_learners(
    session: &mut Session,
    learners: impl Iterator<Item = &StoredLearner>,
) -> Result<(), StoreError> {
    session.run_rows(&UPDATE_LEARNERS, learners.map(StoredLearner::changed_row).collect()).await
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let first = told(Some("Ada"), None);
        let name = ("moodle".to_owned(), "7".to_owned());
        let mut stored = StoredLearner::new(
            Uuid::nil(),
            Uuid::nil(),
            &ToldLearner { name, learner: &first, as_of: at(100) },
        );
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
        // An address that comes late is no change of one, nor is another spelling.
        stored.learn(&told(None, Some("ADA@example.test")), at(400));
        assert_eq!((stored.email_key.as_deref(), stored.email_changed), (Some("ada@example.test"), false));
        stored.learn(&told(None, Some("ada@new.example.test")), at(500));
        assert!(stored.email_changed);
        stored.learn(&told(None, Some("ada@example.test")), at(600));
        assert!(stored.email_changed, "and that stays known");
    }
}
