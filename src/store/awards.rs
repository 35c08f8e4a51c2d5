//! Awards: a person holds a badge, in one cycle.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::doubts::{change_persons, twins};
use super::guard::{self, Asking};
use super::guarding::{Guarding, lock_open, store_guarding};
use super::holds::Hold;
use super::lifecycle::{AwardChange, change_awards};
use super::new_award::{NewAward, insert_awards};
use super::overtaken::{Present, SeenAward};
use super::progress::settle;
use super::session::Session;
use super::signed::{signer, signing_keys};
use super::statement::statements;
use super::supersede::{Superseded, end_orders, lock_orders};
use super::value::{key, values};
use super::waiting::{Wait, store_waits};
use super::{Store, StoreError};
use crate::faults::{self, Break, Point};

statements! {
    LOCK_EVENTS = "SELECT id, delivery_id, source FROM events
        WHERE id {in $1} AND {plain state} = 'waiting' ORDER BY id {lock}";

    LOCK_PERSONS = "SELECT id, version FROM persons WHERE id {in $1} ORDER BY id {lock}";

    FINISH_EVENTS [id Uuid, reason Text, finished_at Time] =
        "UPDATE events SET state = 'done', reason = r.reason, finished_at = r.finished_at
        FROM {rows} WHERE events.id = r.id";
}

/// What the evaluation of one event decided.
#[derive(Debug, Clone)]
pub struct AwardCommit {
    /// The event.
    pub event: Uuid,
    /// Its delivery.
    pub delivery: Uuid,
    /// The person.
    pub person: Uuid,
    /// [`Candidate::version`].
    pub version: i64,
    /// [`Candidate::held`]: the awards from which it was judged.
    pub held: BTreeSet<SeenAward>,
    /// The decision for people: which badges were awarded, which not yet and why.
    pub reason: String,
    /// The awards to make.
    pub awards: Vec<NewAward>,
    /// What becomes of awards that exist.
    pub changes: Vec<AwardChange>,
    /// Badges that wait to be signed, or do not any more.
    pub waits: Vec<Wait>,
    /// What becomes of badges that the guard holds or held.
    pub guarding: Vec<Guarding>,
    /// What came of orders to issue awards again; they end with it.
    pub superseded: Vec<Superseded>,
}

/// How one evaluation was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// Stored. The mails that are to be sent, new ones only.
    Stored {
        /// Ids of new mails.
        mails: Vec<Uuid>,
        /// Credentials that were new; an award that existed already is not among them.
        credentials: Vec<Uuid>,
    },
    /// The event was done already, by a copy of the message.
    AlreadyDone,
    /// The person's outcomes or awards changed meanwhile, a human decided about what the guard holds, a learner
    /// declined what was to be issued again, or the key signs no more: evaluate again.
    Stale,
    /// The guard holds an award of it, which is noted; nothing else is stored. Evaluated again,
    /// what it may not rest on is known.
    Held {
        /// The holds that were opened for it.
        opened: Vec<Hold>,
    },
}

#[derive(sqlx::FromRow)]
pub(super) struct EventRow {
    pub(super) id: Uuid,
    pub(super) delivery_id: Uuid,
    pub(super) source: String,
}

#[derive(sqlx::FromRow)]
struct PersonRow {
    id: Uuid,
    version: i64,
}

/// What one award is unique by, whoever issues it.
pub(super) type AwardKey = (String, Uuid, String);

impl Store {
    /// Stores a batch of decisions in one transaction: award, credential, claim, mail, changes of
    /// awards with their status bits, what waits, and the event's end. Rows are locked in the order of their person, so that workers do not wait
    /// for each other in a circle. No more awards are made than the guard lets pass. One award for each (badge, person, cycle), whoever issues it; of one
    /// that exists neither credential nor mail is stored. The answer is in the order of
    /// `commits`.
    pub async fn award(
        &self,
        commits: &[AwardCommit],
        now: DateTime<Utc>,
    ) -> Result<Vec<Committed>, StoreError> {
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let mut session = self.pool.write().await?;
        let signing = signing_keys(&mut session, commits).await?;
        let ids: Vec<Uuid> = commits.iter().map(|commit| commit.event).collect();
        let events: Vec<EventRow> = session.all(&LOCK_EVENTS, values![ids]).await?;
        let mut waiting: BTreeMap<Uuid, EventRow> = events.into_iter().map(|row| (row.id, row)).collect();
        let ids: BTreeSet<Uuid> = commits.iter().map(|commit| commit.person).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        // Of two who may be one person only one gets a badge, however they are judged: those who
        // may be the other one are locked, too, and what was judged of them is stale.
        let twins = twins(&mut session, ids.clone()).await?;
        let locked: BTreeSet<Uuid> = ids.iter().chain(twins.values().flatten()).copied().collect();
        let locked: Vec<Uuid> = locked.into_iter().collect();
        let persons: Vec<PersonRow> = session.all(&LOCK_PERSONS, values![locked]).await?;
        let versions: BTreeMap<Uuid, i64> = persons.into_iter().map(|row| (row.id, row.version)).collect();
        // Under the lock of its person nobody else adds an award. The unique constraint below
        // does not trust that.
        let mut present = Present::read(&mut session, ids).await?;

        let still_held =
            commits.iter().flat_map(|commit| &commit.guarding).filter_map(|one| one.held.as_ref());
        let open = lock_open(&mut session, still_held.map(|held| held.hold).collect()).await?;
        let replaced = commits.iter().flat_map(|commit| &commit.superseded).filter(|one| one.new.is_some());
        let wanted = lock_orders(&mut session, replaced.map(|one| one.old).collect()).await?;

        let mut answers = Vec::with_capacity(commits.len());
        let mut finished: Vec<(&AwardCommit, EventRow)> = Vec::new();
        let mut changed: BTreeSet<Uuid> = BTreeSet::new();
        for commit in commits {
            let Some(event) = waiting.remove(&commit.event) else {
                answers.push(Committed::AlreadyDone);
                continue;
            };
            let decided = |one: &Guarding| one.held.as_ref().is_some_and(|held| !open.contains(&held.hold));
            let unwanted = |one: &Superseded| one.new.is_some() && !wanted.contains(&one.old);
            if versions.get(&commit.person) != Some(&commit.version)
                || changed.contains(&commit.person)
                || present.has_overtaken(commit)
                || commit.guarding.iter().any(decided)
                || commit.superseded.iter().any(unwanted)
                || !commit.awards.iter().all(|award| signing.contains(&signer(award)))
            {
                answers.push(Committed::Stale);
                continue;
            }
            if !commit.awards.is_empty() {
                changed.extend(twins.get(&commit.person).into_iter().flatten());
            }
            present.accept(commit);
            answers.push(Committed::Stored { mails: Vec::new(), credentials: Vec::new() });
            finished.push((commit, event));
        }

        let asking = finished.iter().map(|(commit, event)| Asking { commit, source: &event.source });
        let mut held = present.into_keys();
        let mut stopped = guard::ask(&mut session, &asking.collect::<Vec<_>>(), &held, now).await?;
        for (commit, answer) in commits.iter().zip(&mut answers) {
            if matches!(answer, Committed::Stored { .. })
                && let Some(opened) = stopped.remove(&commit.event)
            {
                finished.retain(|(_, event)| event.id != commit.event);
                *answer = Committed::Held { opened };
            }
        }

        if faults::broken(Break::FinishesFirst) {
            session = self.finished_first(session, &finished, now).await?;
        }
        let mut new: Vec<(&AwardCommit, &EventRow, &NewAward)> = Vec::new();
        for (commit, event) in &finished {
            let fresh = commit.awards.iter().filter(|award| held.insert(award_key(commit, award)));
            new.extend(fresh.map(|award| (*commit, event, award)));
        }
        let (credentials, mails) = insert_awards(&mut session, &new, now).await?;
        let judged = || finished.iter().map(|(commit, event)| (event.id, *commit));
        let changes = judged().flat_map(|(id, commit)| commit.changes.iter().map(move |change| (id, change)));
        change_awards(&mut session, &changes.collect::<Vec<_>>(), now).await?;
        let orders: Vec<Superseded> = judged().flat_map(|(_, commit)| commit.superseded.clone()).collect();
        end_orders(&mut session, &orders, &credentials, now).await?;
        let waits =
            judged().flat_map(|(id, commit)| commit.waits.iter().map(move |wait| (id, commit.person, wait)));
        store_waits(&mut session, &waits.collect::<Vec<_>>(), now).await?;
        change_persons(&mut session, changed).await?;
        let guarding =
            judged().flat_map(|(id, commit)| commit.guarding.iter().map(move |one| (id, commit.person, one)));
        store_guarding(&mut session, &guarding.collect::<Vec<_>>()).await?;

        let rows = finished.iter().map(|(commit, event)| values![event.id, &commit.reason, now]).collect();
        session.run_rows(&FINISH_EVENTS, rows).await?;
        // Where a mail follows the delivery waits as before.
        let mailed = new.iter().filter(|(_, _, award)| mails.contains(&award.mail.id));
        let mailed: BTreeSet<Uuid> = mailed.map(|(_, event, _)| event.delivery_id).collect();
        let ended = finished.iter().map(|(_, event)| event.delivery_id);
        settle(&mut session, ended.filter(|delivery| !mailed.contains(delivery))).await?;
        faults::at(Point::AwardUncommitted).await;
        session.commit().await?;

        for (commit, answer) in commits.iter().zip(&mut answers) {
            let Committed::Stored { mails: own_mails, credentials: own_credentials } = answer else {
                continue;
            };
            // Of an award that two commits make only the first has it in `new`.
            let own = new.iter().filter(|(of, ..)| std::ptr::eq(*of, commit));
            for (_, _, award) in own {
                own_credentials
                    .extend(credentials.contains(&award.credential.id).then_some(award.credential.id));
                own_mails.extend(mails.contains(&award.mail.id).then_some(award.mail.id));
            }
        }
        Ok(answers)
    }

    /// A deliberate defect.
    async fn finished_first(
        &self,
        mut session: Session,
        finished: &[(&AwardCommit, EventRow)],
        now: DateTime<Utc>,
    ) -> Result<Session, StoreError> {
        let rows = finished.iter().map(|(commit, event)| values![event.id, &commit.reason, now]).collect();
        session.run_rows(&FINISH_EVENTS, rows).await?;
        settle(&mut session, finished.iter().map(|(_, event)| event.delivery_id)).await?;
        session.commit().await?;
        self.pool.write().await
    }
}

pub(super) fn award_key(commit: &AwardCommit, award: &NewAward) -> AwardKey {
    let text = |text: &str| key(text).into_owned();
    (text(&award.badge), commit.person, text(&award.cycle))
}
