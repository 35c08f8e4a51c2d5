//! Judgements of a person that others have overtaken.
//!
//! What a judgement gives rests on the awards that there were. Where others came or went meanwhile, by the
//! event before it in its batch or by another worker, it is not stored but made again: a badge may rest on
//! one that is lost now, or stand beside one that keeps it away. Whatever changes an award judges what
//! rests on it, so that a judgement that adds nothing holds all the same: several events of one reading,
//! of which each leads to the same badge or to none, cost nothing more.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::awards::{AwardCommit, AwardKey, award_key};
use super::session::Session;
use super::statement::statements;
use super::value::values;
use super::{Change, Consequence, HeldAward, StoreError};
use crate::faults::{self, Break};

statements! {
    HELD_AWARDS = "SELECT awards.id, awards.badge, awards.person_id, awards.cycle, credentials.revoked,
            credentials.suspended
        FROM awards JOIN credentials ON credentials.id = awards.id
        WHERE awards.person_id {in $1}";
}

/// An award as a judgement saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenAward {
    /// Its credential.
    pub credential: Uuid,
    /// Revoked, for good.
    pub revoked: bool,
    /// Suspended, for now.
    pub suspended: bool,
}

impl From<&HeldAward> for SeenAward {
    fn from(held: &HeldAward) -> Self {
        Self { credential: held.credential, revoked: held.revoked, suspended: held.suspended }
    }
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    id: Uuid,
    badge: String,
    person_id: Uuid,
    cycle: String,
    revoked: bool,
    suspended: bool,
}

/// The awards of persons, with what a batch makes of them.
pub(super) struct Present<'a> {
    keys: BTreeSet<AwardKey>,
    states: BTreeMap<Uuid, BTreeSet<SeenAward>>,
    accepted: BTreeMap<Uuid, Vec<&'a AwardCommit>>,
}

impl<'a> Present<'a> {
    /// The caller holds the locks of the persons: nobody else adds or changes an award of theirs.
    pub(super) async fn read(session: &mut Session, persons: Vec<Uuid>) -> Result<Self, StoreError> {
        let rows: Vec<HeldRow> = session.all(&HELD_AWARDS, values![persons]).await?;
        let (mut keys, mut states) = (BTreeSet::new(), BTreeMap::<_, BTreeSet<_>>::new());
        for HeldRow { id, badge, person_id, cycle, revoked, suspended } in rows {
            keys.insert((badge, person_id, cycle));
            states.entry(person_id).or_default().insert(SeenAward { credential: id, revoked, suspended });
        }
        Ok(Self { keys, states, accepted: BTreeMap::new() })
    }

    /// What the awards that are stored are unique by.
    pub(super) fn into_keys(self) -> BTreeSet<AwardKey> {
        self.keys
    }

    /// Whether a judgement adds something, and was made from other awards than there are now.
    pub(super) fn has_overtaken(&self, commit: &AwardCommit) -> bool {
        let same = match self.states.get(&commit.person) {
            Some(states) => *states == commit.held,
            None => commit.held.is_empty(),
        };
        !same && !faults::broken(Break::AwardsUnchecked) && self.adds(commit)
    }

    /// Whether a judgement gives more than what is stored, or was accepted before it.
    fn adds(&self, commit: &AwardCommit) -> bool {
        let before = self.accepted.get(&commit.person).map(Vec::as_slice).unwrap_or_default();
        let made = |key: &AwardKey| {
            self.keys.contains(key)
                || before.iter().any(|one| one.awards.iter().any(|award| award_key(one, award) == *key))
        };
        !(commit.awards.iter().all(|award| made(&award_key(commit, award)))
            && commit.changes.iter().all(|change| before.iter().any(|one| one.changes.contains(change)))
            && commit.waits.iter().all(|wait| before.iter().any(|one| one.waits.contains(wait)))
            && commit.guarding.iter().all(|own| before.iter().any(|one| one.guarding.contains(own)))
            && commit.superseded.iter().all(|own| before.iter().any(|one| one.superseded.contains(own))))
    }

    /// Goes on from what a judgement gives.
    pub(super) fn accept(&mut self, commit: &'a AwardCommit) {
        let states = self.states.entry(commit.person).or_default();
        let new = commit.awards.iter().filter(|award| !self.keys.contains(&award_key(commit, award)));
        let valid = |credential| SeenAward { credential, revoked: false, suspended: false };
        states.extend(new.map(|award| valid(award.credential.id)));
        for change in &commit.changes {
            let (revoked, suspended) = match change.change {
                Change::Lost { then: Consequence::Wait(_), .. } => continue,
                Change::Lost { then: Consequence::Suspend, .. } => (false, true),
                Change::Lost { then: Consequence::Revoke, .. } => (true, false),
                Change::Regained => (false, false),
            };
            let credential = change.credential;
            states.retain(|state| state.credential != credential);
            states.insert(SeenAward { credential, revoked, suspended });
        }
        self.accepted.entry(commit.person).or_default().push(commit);
    }
}
