//! Erasing a person: everything goes but what proves that their badges were withdrawn.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::super::directory::{lock_names, lock_persons};
use super::super::doubts::{change_persons, twins};
use super::super::links::By;
use super::super::progress::settle;
use super::super::session::Session;
use super::super::statement::statements;
use super::super::status::set_bits;
use super::super::typed::{Typed, deliver};
use super::super::value::values;
use super::super::{Store, StoreError};
use super::concern::Concern;
use super::emptying::{empty_deliveries, empty_signals};
use super::mentions::{Others, typed};
use super::register::{Fate, HELD};

statements! {
    LOCK_SIGNALS = "SELECT id FROM signals WHERE id {in $1} ORDER BY id {lock}";

    LOCK_EVENTS = "SELECT id FROM events WHERE learner_id {in $1} ORDER BY id {lock}";

    /// Until the end nobody adds anything that refers to them, or to their badges.
    LOCK_LEARNERS = "SELECT id FROM learners WHERE id {in $1} ORDER BY id {lock whole}";

    LOCK_CREDENTIALS = "SELECT id FROM credentials WHERE id {in $1} ORDER BY id {lock whole}";

    MAILS = "SELECT id, message_id, leased_until > $2 AND state = 'waiting' AS leaving FROM mails
        WHERE credential_id {in $1} ORDER BY id {lock}";

    /// Mails with the codes that wallets ask for.
    CODES = "SELECT id, leased_until > $2 AND state = 'waiting' AS leaving FROM wallet_offers
        WHERE credential_id {in $1} ORDER BY id {lock}";

    /// Their places stay taken, and their bits set.
    KEEP_PROOF = "INSERT INTO erased_credentials (id, status_list, status_index, revoked_at)
        SELECT id, status_list, status_index, $2 FROM credentials WHERE id {in $1}";

    /// A loss of somebody who was one person with them for a time may have been found by their event.
    LEAVE_LOSSES = "UPDATE losses
        SET event_id = (SELECT awards.event_id FROM awards WHERE awards.id = losses.award_id)
        WHERE event_id IN (SELECT id FROM events WHERE learner_id {in $1}) AND NOT (award_id {in $2})";

    /// Of somebody who was one person with them for a time.
    DROP_DECISIONS = "DELETE FROM decisions WHERE award_id {in $1}";

    LEAVE_RENEWALS = "UPDATE awards SET renews = NULL WHERE renews {in $1} AND NOT (id {in $1})";

    LEAVE_REPLACED = "UPDATE awards SET supersedes = NULL WHERE supersedes {in $1} AND NOT (id {in $1})";
}

/// What came of an erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erased {
    /// The person is gone.
    Done {
        /// The delivery that shows it, and that others who may have been the same person are judged again.
        delivery: Uuid,
        /// Credentials that were withdrawn.
        credentials: Vec<Uuid>,
        /// The Message-IDs of mails to them, sent or not; of those with codes for wallets only what is
        /// before the `@`.
        mails: Vec<String>,
    },
    /// A mail to them is on its way just now; nothing was changed.
    MailLeaving,
    /// There is nobody of that id (any more).
    Nobody,
}

#[derive(sqlx::FromRow)]
struct MailRow {
    message_id: String,
    leaving: Option<bool>,
}

#[derive(sqlx::FromRow)]
struct CodeRow {
    id: Uuid,
    leaving: Option<bool>,
}

impl Store {
    /// Erases a person, in every source. Their badges are revoked for good; of these stay the id and the
    /// places in the status lists. Whoever they were in each source is not taken up again, until
    /// [`Store::readmit`]. [`By::reason`] is kept.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody changes the person at the same time: try again.
    pub async fn erase(&self, person: Uuid, by: &By, now: DateTime<Utc>) -> Result<Erased, StoreError> {
        let mut session = self.pool.write().await?;
        let Some(concern) = locked(&mut session, person).await? else { return Ok(Erased::Nobody) };
        let mails: Vec<MailRow> = session.all(&MAILS, values![concern.credentials.clone(), now]).await?;
        let codes: Vec<CodeRow> = session.all(&CODES, values![concern.credentials.clone(), now]).await?;
        let mut leaving = mails.iter().map(|mail| mail.leaving).chain(codes.iter().map(|code| code.leaving));
        if leaving.any(|leaving| leaving == Some(true)) {
            return Ok(Erased::MailLeaving);
        }
        let judged = twins(&mut session, vec![person]).await?.remove(&person).unwrap_or_default();
        let Some(source) = concern.names.first().map(|(source, _)| source.clone()) else {
            return Ok(Erased::Nobody);
        };

        self.marks.note(&mut session, &concern.names, now).await?;
        let bits = concern.credentials.iter().map(|id| (*id, true, false)).collect();
        set_bits(&mut session, bits, now).await?;
        session.run(&KEEP_PROOF, values![concern.credentials.clone(), now]).await?;
        session.run(&LEAVE_LOSSES, values![concern.learners.clone(), concern.credentials.clone()]).await?;
        session.run(&DROP_DECISIONS, values![concern.credentials.clone()]).await?;
        session.run(&LEAVE_RENEWALS, values![concern.credentials.clone()]).await?;
        session.run(&LEAVE_REPLACED, values![concern.credentials.clone()]).await?;

        let others = Others::of(&mut session, &concern).await?;
        let mut unsettled = others.rewrite(&mut session, &concern.names).await?;
        let typed = typed(&mut session, &concern.learners).await?;
        let (mut signals, mut deliveries): (BTreeSet<Uuid>, BTreeSet<Uuid>) =
            (concern.signals.iter().copied().collect(), concern.deliveries.iter().copied().collect());
        signals.extend(typed.iter().map(|(signal, _)| *signal));
        deliveries.extend(typed.iter().map(|(_, delivery)| *delivery));
        let (signals, deliveries): (Vec<Uuid>, Vec<Uuid>) =
            (signals.into_iter().collect(), deliveries.into_iter().collect());
        empty_signals(&mut session, &signals, now).await?;
        for table in HELD.iter().rev().filter(|table| table.fate == Fate::Deleted) {
            if let Some(theirs) = &table.theirs {
                session.run(theirs.delete, values![concern.ids(theirs.by)]).await?;
            }
        }
        others.end_doubts(&mut session).await?;
        change_persons(&mut session, judged.clone()).await?;
        let judged: Vec<Uuid> = judged.into_iter().collect();
        let delivery = deliver(&mut session, &told(by, &source, &concern.credentials, &judged), now).await?;
        empty_deliveries(&mut session, &deliveries, now).await?;
        unsettled.extend(deliveries);
        settle(&mut session, unsettled).await?;
        session.commit().await?;
        let codes = codes.iter().map(|code| code.id.to_string());
        let mails = mails.into_iter().map(|mail| mail.message_id).chain(codes).collect();
        Ok(Erased::Done { delivery, credentials: concern.credentials, mails })
    }
}

/// Locks all that is about a person, in the order in which everybody does, and reads it anew.
async fn locked(session: &mut Session, person: Uuid) -> Result<Option<Concern>, StoreError> {
    let Some(before) = Concern::of(session, person).await? else { return Ok(None) };
    session.run(&LOCK_SIGNALS, values![before.signals.clone()]).await?;
    session.run(&LOCK_EVENTS, values![before.learners.clone()]).await?;
    // From here nobody makes them anew before the mark is there to be seen.
    lock_names(session, &before.names).await?;
    let twins = twins(session, vec![person]).await?.remove(&person).unwrap_or_default();
    lock_persons(session, twins.into_iter().chain([person]).collect()).await?;
    session.run(&LOCK_LEARNERS, values![before.learners.clone()]).await?;
    session.run(&LOCK_CREDENTIALS, values![before.credentials.clone()]).await?;
    let Some(concern) = Concern::of(session, person).await? else { return Ok(None) };
    // Who was linked or separated meanwhile is looked at again.
    if concern.names == before.names { Ok(Some(concern)) } else { Err(StoreError::Conflict) }
}

/// What an administrator reads of it later: nothing of the person.
fn told<'a>(by: &By, source: &'a str, credentials: &[Uuid], judged: &'a [Uuid]) -> Typed<'a> {
    let revoked = credentials.len();
    Typed {
        command: "accolade people",
        event: "people.erase".to_owned(),
        source,
        body: json!({"decision": "erase", "credentials": credentials, "reason": by.reason, "by": by.who}),
        said: format!("{} erased a learner (badges revoked: {revoked}): {}", by.who, by.reason),
        persons: judged,
        whole: true,
        publication: None,
    }
}
