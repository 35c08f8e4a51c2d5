//! Mails that came back.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::progress::settle;
use super::session::Session;
use super::statement::statements;
use super::value::values;
use super::{Store, StoreError};

statements! {
    FIND_MAIL = "SELECT id, credential_id FROM mails WHERE id {in $1} AND message_id {in text $2}
        ORDER BY id LIMIT 1";

    LOCK_CREDENTIALS = "SELECT id FROM credentials
        WHERE id IN (SELECT credential_id FROM mails WHERE id {in $1}) ORDER BY id {lock}";

    /// What is worse counts; the same again changes nothing.
    MARK_BOUNCED [id Uuid, bounce Text, rank Int, bounced_at Time, reason Text] =
        "UPDATE mails SET bounce = r.bounce, bounced_at = r.bounced_at, bounce_reason = r.reason
        FROM {rows} WHERE mails.id = r.id
            AND CASE mails.bounce WHEN 'hard' THEN 3 WHEN 'soft' THEN 2 WHEN 'delayed' THEN 1 ELSE 0 END < r.rank
        RETURNING mails.id";

    /// Nothing reaches that address: unless a later mail went to another one, there are no reminders.
    END_REMINDERS = "UPDATE credentials SET remind_at = NULL
        WHERE id IN (SELECT lost.credential_id FROM mails AS lost WHERE lost.id {in $1} AND lost.kind NOT LIKE 'address-%'
            AND NOT EXISTS (SELECT 1 FROM mails AS later WHERE later.credential_id = lost.credential_id
                AND later.kind LIKE 'resend-%' AND later.created_at > lost.created_at))";

    WITHDRAW_REMINDERS = "UPDATE mails SET state = 'withdrawn', reason = '', finished_at = $2
        WHERE state = 'waiting' AND kind LIKE 'reminder-%' AND (leased_until IS NULL OR leased_until <= $2)
            AND credential_id IN (SELECT lost.credential_id FROM mails AS lost WHERE lost.id {in $1} AND lost.kind NOT LIKE 'address-%'
                AND NOT EXISTS (SELECT 1 FROM mails AS later WHERE later.credential_id = lost.credential_id
                    AND later.kind LIKE 'resend-%' AND later.created_at > lost.created_at))
        RETURNING delivery_id";
}

/// What came back of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// The Message-IDs that the mail may have had.
    pub message_ids: Vec<String>,
    /// Whether it is for good, for now, or only late.
    pub kind: BounceKind,
    /// The words of the server.
    pub reason: String,
}

/// How a mail came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BounceKind {
    /// There is no such mailbox.
    Hard,
    /// The mailbox was full or away, or the mail was not welcome.
    Soft,
    /// It is still tried.
    Delayed,
}

impl BounceKind {
    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
            Self::Delayed => "delayed",
        }
    }

    fn rank(self) -> i64 {
        match self {
            Self::Hard => 3,
            Self::Soft => 2,
            Self::Delayed => 1,
        }
    }
}

#[derive(sqlx::FromRow)]
struct MailRow {
    id: Uuid,
    credential_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    #[allow(dead_code, reason = "only that it is there counts")]
    id: Uuid,
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    delivery_id: Uuid,
}

impl Store {
    /// Notes what came back of a mail; the credential that it was about, or `None` where no mail of
    /// ours has such a Message-ID. Told twice it changes nothing.
    pub async fn bounce(&self, bounce: &Bounce, now: DateTime<Utc>) -> Result<Option<Uuid>, StoreError> {
        let mut session = self.pool.write().await?;
        // A Message-ID begins with the id of its mail: no index has the texts.
        let ids = bounce.message_ids.iter().filter_map(|id| id.split('@').next()?.parse().ok());
        let find = values![ids.collect::<Vec<Uuid>>(), bounce.message_ids.clone()];
        let row: Option<MailRow> = session.optional(&FIND_MAIL, find).await?;
        let Some(MailRow { id, credential_id }) = row else { return Ok(None) };
        let _: Vec<IdRow> = session.all(&LOCK_CREDENTIALS, values![vec![id]]).await?;
        let deliveries =
            mark_bounced(&mut session, &[(id, bounce.kind, bounce.reason.as_str())], now).await?;
        settle(&mut session, deliveries).await?;
        session.commit().await?;
        Ok(Some(credential_id))
    }
}

/// Marks mails that came back, with what follows. The caller holds the locks of their credentials.
/// Answers the deliveries whose state has to be brought up to date.
pub(super) async fn mark_bounced(
    session: &mut Session,
    bounced: &[(Uuid, BounceKind, &str)],
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>, StoreError> {
    let rows =
        bounced.iter().map(|(id, kind, reason)| values![*id, kind.as_str(), kind.rank(), now, *reason]);
    let _: Vec<IdRow> = session.all_rows(&MARK_BOUNCED, rows.collect()).await?;
    let lost = bounced.iter().filter(|(_, kind, _)| *kind == BounceKind::Hard);
    let lost: Vec<Uuid> = lost.map(|(id, ..)| *id).collect();
    if lost.is_empty() {
        return Ok(Vec::new());
    }
    session.run(&END_REMINDERS, values![lost.clone()]).await?;
    let rows: Vec<DeliveryRow> = session.all(&WITHDRAW_REMINDERS, values![lost, now]).await?;
    Ok(rows.into_iter().map(|row| row.delivery_id).collect())
}
