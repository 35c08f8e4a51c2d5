//! Mails to send: the outbox.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::bounces::{BounceKind, mark_bounced};
use super::codes::finish_codes;
use super::further::{invited, lock_invited};
use super::holder::address;
use super::notices::finish_notices;
use super::progress::settle;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, Value, count, values};
use super::{GRACE, Store, StoreError};

/// Mails of a credential that nobody should get any more: reminders of a badge about which its holder
/// has decided, and mails to an address whose reader said that the badge is somebody else's.
macro_rules! needless {
    () => {
        "mails.kind LIKE 'reminder-%'
            AND (credentials.claimed_at IS NOT NULL OR credentials.declined_at IS NOT NULL)"
    };
}
macro_rules! unwanted {
    () => {
        concat!(
            "EXISTS (SELECT 1 FROM awards JOIN disowned ON disowned.badge = awards.badge
                WHERE awards.id = credentials.id
                AND disowned.address = ",
            address!(),
            ")"
        )
    };
}

/// What waits, is due by `$2`, and nobody has taken. What was never put off is due, whatever the clock said
/// of the process that made it.
macro_rules! free {
    () => {
        "{plain state} = 'waiting' AND (due_at <= $2 OR due_at = created_at)
                AND (leased_until IS NULL OR leased_until <= $2)"
    };
}
pub(super) use free;

macro_rules! withdraw {
    ($($which:tt)+) => {
        concat!(
            "WITH taken AS MATERIALIZED (
                SELECT id FROM mails
                WHERE id {in $1} AND ",
            free!(),
            " AND EXISTS (SELECT 1 FROM credentials WHERE credentials.id = mails.credential_id
                        AND ",
            $($which)+,
            ") ORDER BY id {skip locked})
            UPDATE mails SET state = 'withdrawn', reason = $3, finished_at = $2
            WHERE id IN (SELECT id FROM taken)
            RETURNING delivery_id"
        )
    };
}

/// What was taken and not begun was no try.
macro_rules! release {
    ($table:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET leased_until = NULL, sweep_at = $3, attempts = attempts - 1
            WHERE id {in $1} AND {plain state} = 'waiting' AND leased_until = $2"
        )
    };
}

statements! {
    /// A try counts from here: a mail that brings the process down is counted too. No index has the
    /// lease, so that taking a mail writes its row and nothing else.
    LEASE_MAILS = concat!("WITH taken AS MATERIALIZED (
            SELECT id FROM mails
            WHERE id {in $1} AND ", free!(), "
                AND NOT EXISTS (SELECT 1 FROM credentials WHERE credentials.id = mails.credential_id
                    AND (credentials.revoked OR credentials.suspended OR ", needless!(), " OR ", unwanted!(), "))
            ORDER BY id {skip locked})
        UPDATE mails SET leased_until = $3, attempts = attempts + 1
        WHERE id IN (SELECT id FROM taken)
        RETURNING id");

    /// Nobody is invited to claim what was taken away meanwhile.
    WITHDRAW_REVOKED = withdraw!("credentials.revoked");

    WITHDRAW_NEEDLESS = withdraw!(needless!());

    WITHDRAW_UNWANTED = withdraw!(unwanted!());

    HOLD_MAILS = concat!("WITH taken AS MATERIALIZED (
            SELECT id FROM mails
            WHERE id {in $1} AND ", free!(), "
                AND EXISTS (SELECT 1 FROM credentials WHERE credentials.id = mails.credential_id
                    AND credentials.suspended AND NOT credentials.revoked)
            ORDER BY id {skip locked})
        UPDATE mails SET reason = $3, due_at = $4, sweep_at = $4 WHERE id IN (SELECT id FROM taken)
        RETURNING delivery_id");

    /// What is being sent is left alone.
    WAKE_MAILS = "UPDATE mails SET due_at = $2, sweep_at = $2
        WHERE credential_id {in $1} AND {plain state} = 'waiting' AND due_at > $2
            AND (leased_until IS NULL OR leased_until <= $2)";

    READ_MAILS = "SELECT mails.id, mails.delivery_id, mails.kind, mails.message_id, mails.date,
            mails.language, mails.attempts, mails.credential_id, awards.issuer, awards.badge,
            credentials.name,
            COALESCE(address_changes.address, credentials.mail_to, credentials.email) AS email,
            credentials.claim_until, credentials.link, awards.valid_until,
            earlier.awarded_at AS renews_award_of, replaced.awarded_at AS replaces_award_of
        FROM mails
            JOIN credentials ON credentials.id = mails.credential_id
            JOIN awards ON awards.id = mails.credential_id
            LEFT JOIN awards AS earlier ON earlier.id = awards.renews
            LEFT JOIN awards AS replaced ON replaced.id = awards.supersedes
            LEFT JOIN address_changes ON address_changes.credential_id = mails.credential_id
                AND mails.kind = 'address-' || address_changes.number
        WHERE mails.id {in $1} ORDER BY mails.id";

    RELEASE_MAILS = release!("mails");

    RELEASE_NOTICES = release!("notices");

    RELEASE_CODES = release!("wallet_offers");

    LOCK_MAILS = "SELECT id FROM mails WHERE id {in $1} ORDER BY id {lock}";

    /// What was sent is sent, whatever another one who took it says later.
    FINISH_MAILS [
        id Uuid, state Text, reason Text, due_at Time, sweep_at Time, finished_at Time,
    ] = "UPDATE mails SET state = r.state, reason = r.reason, leased_until = NULL,
            due_at = COALESCE(r.due_at, mails.due_at), sweep_at = COALESCE(r.sweep_at, mails.sweep_at),
            finished_at = r.finished_at
        FROM {rows}
        WHERE mails.id = r.id AND ({plain mails.state} = 'waiting' OR {plain mails.state} = 'parked' AND r.state = 'done')
        RETURNING mails.id, mails.delivery_id,
            mails.state = 'done' AND mails.kind LIKE 'resend-%' AS resent";
}

/// Why a mail never left.
const WITHDRAWN: &str = "the claim mail was not sent: the badge was revoked before";
/// Why a mail does not leave any more.
const UNWANTED: &str = "no mail about this badge was sent to its address: whoever reads it said that the badge is \
     somebody else's";
/// Why a mail does not leave yet.
const HELD: &str = "the claim mail waits while the badge is suspended";
/// How often a mail that is held is looked at again. A badge that is valid again wakes it at once.
const HELD_FOR: TimeDelta = TimeDelta::hours(6);

/// A mail taken to be sent, with what its text needs.
#[derive(Debug, Clone)]
pub struct LeasedMail {
    /// Its id.
    pub id: Uuid,
    /// The delivery from which it follows.
    pub delivery: Uuid,
    /// `claim`, `resend-…`, `reminder-…` or `address-…`.
    pub kind: String,
    /// The Message-ID.
    pub message_id: String,
    /// The Date.
    pub date: DateTime<Utc>,
    /// The learner's language, if known.
    pub language: Option<String>,
    /// How often it was taken to be sent before.
    pub attempts: u32,
    /// The credential.
    pub credential: Uuid,
    /// The issuer's slug.
    pub issuer: String,
    /// The badge.
    pub badge: String,
    /// The learner's name.
    pub name: String,
    /// The learner's address.
    pub email: String,
    /// When the claim link ends.
    pub claim_until: DateTime<Utc>,
    /// The number of the claim link.
    pub link: u32,
    /// When the badge ends, if it does.
    pub valid_until: Option<DateTime<Utc>>,
    /// When the badge was awarded that this one renews, if it renews one.
    pub renews_award_of: Option<DateTime<Utc>>,
    /// When the badge was awarded in whose place this one stands, if it was issued again.
    pub replaces_award_of: Option<DateTime<Utc>>,
}

/// What came of sending a mail.
#[derive(Debug, Clone)]
pub enum MailVerdict {
    /// The mail server took it.
    Sent {
        /// The server's answer.
        response: String,
    },
    /// Try again.
    Wait {
        /// Not before then.
        until: DateTime<Utc>,
        /// Why.
        reason: String,
    },
    /// Given up until a human looks.
    Park {
        /// Why.
        reason: String,
    },
    /// There is no such mailbox: given up, and so are reminders.
    Lost {
        /// The server's words.
        reason: String,
    },
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: Uuid,
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    delivery_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct FinishedRow {
    id: Uuid,
    delivery_id: Uuid,
    /// It brought the claim link once more.
    resent: bool,
}

#[derive(sqlx::FromRow)]
struct MailRow {
    id: Uuid,
    delivery_id: Uuid,
    kind: String,
    message_id: String,
    date: Time,
    language: Option<String>,
    attempts: i64,
    credential_id: Uuid,
    issuer: String,
    badge: String,
    name: String,
    email: String,
    claim_until: Time,
    link: i64,
    valid_until: Option<Time>,
    renews_award_of: Option<Time>,
    replaces_award_of: Option<Time>,
}

impl From<MailRow> for LeasedMail {
    fn from(row: MailRow) -> Self {
        Self {
            id: row.id,
            delivery: row.delivery_id,
            kind: row.kind,
            message_id: row.message_id,
            date: row.date.0,
            language: row.language,
            // This time was counted when it was taken.
            attempts: count(row.attempts - 1),
            credential: row.credential_id,
            issuer: row.issuer,
            badge: row.badge,
            name: row.name,
            email: row.email,
            claim_until: row.claim_until.0,
            link: count(row.link),
            valid_until: row.valid_until.map(|time| time.0),
            renews_award_of: row.renews_award_of.map(|time| time.0),
            replaces_award_of: row.replaces_award_of.map(|time| time.0),
        }
    }
}

impl Store {
    /// Takes those of `ids` that wait, are due and are not taken, until `until`; they come back
    /// by themselves if nothing is said about them by then. What was never put off is due, whatever the
    /// clock said of the process that made it. Those of a suspended badge are held,
    /// those of a revoked one are withdrawn, and neither is taken.
    pub async fn lease_mails(
        &self,
        ids: &[Uuid],
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<LeasedMail>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut session = self.pool.write().await?;
        let leased: Vec<IdRow> = session.all(&LEASE_MAILS, values![ids, now, until]).await?;
        let leased: Vec<Uuid> = leased.into_iter().map(|row| row.id).collect();
        if leased.len() < ids.len() {
            let mut settled: Vec<DeliveryRow> = Vec::new();
            // That a reminder was not needed says nothing about the award.
            for (statement, reason) in
                [(&WITHDRAW_REVOKED, WITHDRAWN), (&WITHDRAW_UNWANTED, UNWANTED), (&WITHDRAW_NEEDLESS, "")]
            {
                settled.extend(session.all::<DeliveryRow>(statement, values![ids, now, reason]).await?);
            }
            let held: Vec<DeliveryRow> =
                session.all(&HOLD_MAILS, values![ids, now, HELD, now + HELD_FOR]).await?;
            settled.extend(held);
            settle(&mut session, settled.into_iter().map(|row| row.delivery_id)).await?;
        }
        let rows: Vec<MailRow> = session.all(&READ_MAILS, values![leased]).await?;
        session.commit().await?;
        Ok(rows.into_iter().map(LeasedMail::from).collect())
    }

    /// Gives back mails, messages or codes that were taken until then and not begun: the sweeper
    /// publishes them.
    pub async fn release_mails(
        &self,
        ids: &[Uuid],
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut session = self.pool.write().await?;
        for statement in [&RELEASE_MAILS, &RELEASE_NOTICES, &RELEASE_CODES] {
            session.run(statement, values![ids, until, now]).await?;
        }
        session.commit().await
    }

    /// Stores what came of sending, and the state of the deliveries from which the mails follow.
    /// A mail that was sent stays so. What is no mail about an award is a message to an
    /// administrator ([`Store::lease_notices`]) or a code for a wallet ([`Store::lease_codes`]).
    pub async fn finish_mails(
        &self,
        results: &[(Uuid, MailVerdict)],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if results.is_empty() {
            return Ok(());
        }
        let mut session = self.pool.write().await?;
        let ids: Vec<Uuid> = results.iter().map(|(id, _)| *id).collect();
        let lost = results.iter().filter(|(_, verdict)| matches!(verdict, MailVerdict::Lost { .. }));
        let lost: Vec<Uuid> = lost.map(|(id, _)| *id).collect();
        lock_invited(&mut session, &ids, &lost).await?;
        let mails: Vec<IdRow> = session.all(&LOCK_MAILS, values![ids]).await?;
        let mails: BTreeSet<Uuid> = mails.into_iter().map(|row| row.id).collect();
        let (mails, others): (Vec<_>, Vec<_>) = results.iter().partition(|(id, _)| mails.contains(id));
        let lost: Vec<_> = mails
            .iter()
            .filter_map(|(id, verdict)| match verdict {
                MailVerdict::Lost { reason } => Some((*id, BounceKind::Hard, reason.as_str())),
                _ => None,
            })
            .collect();
        let rows = mails.iter().map(|(id, verdict)| finish_row(*id, verdict, now)).collect();
        let finished: Vec<FinishedRow> = session.all_rows(&FINISH_MAILS, rows).await?;
        let resent = finished.iter().filter(|row| row.resent).map(|row| row.id);
        invited(&mut session, resent.collect(), now).await?;
        let bounced = mark_bounced(&mut session, &lost, now).await?;
        finish_notices(&mut session, &others, now).await?;
        finish_codes(&mut session, &others, now).await?;
        settle(&mut session, finished.iter().map(|row| row.delivery_id).chain(bounced)).await?;
        session.commit().await
    }
}

/// Makes the mails of credentials due that may have been held: they are valid again. The sweeper
/// publishes them.
pub(super) async fn wake_mails(
    session: &mut Session,
    credentials: Vec<Uuid>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if credentials.is_empty() {
        return Ok(());
    }
    session.run(&WAKE_MAILS, values![credentials, now]).await.map(drop)
}

pub(super) fn finish_row(id: Uuid, verdict: &MailVerdict, now: DateTime<Utc>) -> Vec<Value> {
    let none: Option<DateTime<Utc>> = None;
    match verdict {
        MailVerdict::Sent { response } => values![id, "done", response, none, none, now],
        MailVerdict::Wait { until, reason } => {
            values![id, "waiting", reason, *until, *until + GRACE, none]
        }
        MailVerdict::Park { reason } | MailVerdict::Lost { reason } => {
            values![id, "parked", reason, none, none, now]
        }
    }
}
