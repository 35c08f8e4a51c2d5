//! Who was erased, known by marks that only the installation's secret makes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::learners::LearnerName;
use super::super::session::Session;
use super::super::statement::statements;
use super::super::value::{Time, key, values};
use super::super::{RuledOutcome, Store, StoreError};
use crate::claim::ClaimSecret;
use crate::ids;

statements! {
    KNOWN [mark Bytes] = "SELECT erased_learners.mark, erased_learners.readmitted_at FROM erased_learners
        JOIN {rows} ON erased_learners.mark = r.mark";

    MARK [mark Bytes, erased_at Time, made_with Bytes] =
        "INSERT INTO erased_learners (mark, erased_at, made_with)
        SELECT r.mark, r.erased_at, r.made_with FROM {rows} WHERE true
        ON CONFLICT (mark) DO UPDATE
            SET erased_at = excluded.erased_at, made_with = excluded.made_with, readmitted_at = NULL
            WHERE erased_learners.readmitted_at IS NOT NULL";

    /// Of a version that did not say it.
    ADOPT = "UPDATE erased_learners SET made_with = $1 WHERE made_with IS NULL";

    FOREIGN = "SELECT COUNT(*) AS number FROM erased_learners WHERE made_with <> $1
        AND readmitted_at IS NULL";

    /// It stays known that they were erased: [`Marks::person`].
    READMIT = "UPDATE erased_learners SET readmitted_at = $2 WHERE mark = $1 AND readmitted_at IS NULL";
}

/// Makes the marks of an installation.
#[derive(Debug, Clone)]
pub(in super::super) struct Marks(ClaimSecret);

/// A signal, and whom it is about.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct About<'a> {
    source: &'a str,
    /// As far as it is known.
    learner: Option<&'a str>,
    outcomes: &'a [RuledOutcome],
    /// The signal's and its delivery's.
    ids: (Uuid, Uuid),
}

impl<'a> About<'a> {
    pub(in super::super) fn new(
        source: &'a str,
        learner: Option<&'a str>,
        outcomes: &'a [RuledOutcome],
        ids: (Uuid, Uuid),
    ) -> Self {
        Self { source, learner, outcomes, ids }
    }
}

#[derive(sqlx::FromRow)]
struct MarkRow {
    mark: Vec<u8>,
    readmitted_at: Option<Time>,
}

/// Learners who were erased.
#[derive(Debug, Default)]
pub(in super::super) struct ErasedLearners {
    /// Those who are not to be made again.
    pub(in super::super) gone: BTreeSet<LearnerName>,
    /// Those who were taken up again.
    readmitted: BTreeSet<LearnerName>,
}

#[derive(sqlx::FromRow)]
struct NumberRow {
    number: i64,
}

impl Default for Marks {
    /// For those who neither confirm nor erase.
    fn default() -> Self {
        Self(ClaimSecret::new([0; 32]))
    }
}

impl Marks {
    fn of(&self, (source, id): &LearnerName) -> [u8; 32] {
        self.0.erasure_mark(source, id)
    }

    /// Those of the learners who were erased. It is certain for who is no learner, and cannot become
    /// one, while the caller holds the lock of the name.
    pub(in super::super) async fn erased(
        &self,
        session: &mut Session,
        names: impl IntoIterator<Item = LearnerName>,
    ) -> Result<ErasedLearners, StoreError> {
        let names: BTreeSet<LearnerName> = names.into_iter().collect();
        let rows = names.iter().map(|name| values![self.of(name).as_slice()]).collect();
        let known: Vec<MarkRow> = session.all_rows(&KNOWN, rows).await?;
        let mut erased = ErasedLearners::default();
        if known.is_empty() {
            return Ok(erased);
        }
        let known: BTreeMap<Vec<u8>, bool> =
            known.into_iter().map(|row| (row.mark, row.readmitted_at.is_some())).collect();
        for name in names {
            match known.get(self.of(&name).as_slice()) {
                Some(true) => drop(erased.readmitted.insert(name)),
                Some(false) => drop(erased.gone.insert(name)),
                None => {}
            }
        }
        Ok(erased)
    }

    /// The id of the person that a learner is who is made now. It is derived, so that a database that
    /// was restored gives whoever it has forgotten the same id, and so their credentials the same ids,
    /// again. Of whoever was erased the credentials that were revoked keep theirs: taken up again, they
    /// are somebody new.
    pub(in super::super) fn person(
        &self,
        name: &LearnerName,
        erased: &ErasedLearners,
        now: DateTime<Utc>,
    ) -> Uuid {
        if erased.readmitted.contains(name) {
            return ids::timed(now);
        }
        let (source, id) = name;
        self.0.person(source, id)
    }

    /// Those of the signals that are about learners who were erased, or whose outcomes are, each with its
    /// delivery: neither is kept as it is, and whatever the LMS says, such a signal is done.
    pub(in super::super) async fn among<'a>(
        &self,
        session: &mut Session,
        signals: impl Iterator<Item = About<'a>> + Clone,
        known: &BTreeSet<LearnerName>,
    ) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
        let named = |about: &About<'_>| Some((about.source.to_owned(), about.learner?.to_owned()));
        let mut erased = self.erased(session, signals.clone().filter_map(|about| named(&about))).await?.gone;
        erased.extend(known.iter().cloned());
        let is_erased = |source: &str, id: &str| erased.contains(&(source.to_owned(), key(id).into_owned()));
        let about = signals.filter(|about| {
            about.learner.is_some_and(|id| is_erased(about.source, id))
                || about.outcomes.iter().any(|ruled| is_erased(about.source, &ruled.outcome.learner.id))
        });
        Ok(about.map(|about| about.ids).collect())
    }

    /// Notes that learners were erased.
    pub(super) async fn note(
        &self,
        session: &mut Session,
        names: &[LearnerName],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let made_with = self.0.fingerprint();
        let row = |name| values![self.of(name).as_slice(), now, made_with.as_slice()];
        let rows = names.iter().map(row).collect();
        session.run_rows(&MARK, rows).await
    }
}

impl Store {
    /// Recognises those who were erased by this secret: it must be the installation's.
    pub fn with_erasures(self, secret: ClaimSecret) -> Self {
        Self { marks: Marks(secret), ..self }
    }

    /// Takes marks of which it is not known which secret made them for marks of this one: a version
    /// before did not note it.
    pub async fn adopt_erasures(&self) -> Result<(), StoreError> {
        let mut session = self.pool.write().await?;
        session.run(&ADOPT, values![self.marks.0.fingerprint().as_slice()]).await?;
        session.commit().await
    }

    /// How many learners were erased under another secret: they are not recognised.
    pub async fn foreign_erasures(&self) -> Result<u64, StoreError> {
        let secret = self.marks.0.fingerprint();
        let row: Option<NumberRow> =
            self.pool.read().await?.optional(&FOREIGN, values![secret.as_slice()]).await?;
        Ok(row.map_or(0, |row| u64::try_from(row.number).unwrap_or_default()))
    }

    /// Those of a source's learners who were erased and not taken up again.
    pub async fn erased(
        &self,
        source: &str,
        learners: BTreeSet<&str>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut session = self.pool.read().await?;
        let names = learners.iter().map(|id| (source.to_owned(), key(id).into_owned()));
        let erased = self.marks.erased(&mut session, names).await?.gone;
        let is_erased = |id: &&str| erased.contains(&(source.to_owned(), key(id).into_owned()));
        Ok(learners.into_iter().filter(is_erased).map(str::to_owned).collect())
    }

    /// Takes a learner up again who was erased: from now on results of theirs count as those of
    /// somebody new. `false` if nobody of that name was erased.
    pub async fn readmit(&self, source: &str, learner: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut session = self.pool.write().await?;
        let mark = self.marks.of(&(source.to_owned(), key(learner).into_owned()));
        let found = session.run(&READMIT, values![mark.as_slice(), now]).await?;
        session.commit().await?;
        Ok(found > 0)
    }
}
