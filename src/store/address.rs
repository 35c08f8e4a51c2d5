//! What the holder of a claimed badge does: hides its page, and has its mails go elsewhere.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::further::add_mail;
use super::holder::disowned_at;
use super::progress::settle;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, count, values};
use super::{Store, StoreError};
use crate::claim::{self, ClaimSecret};

/// How long a new address can be confirmed.
pub const CONFIRM_WITHIN: TimeDelta = TimeDelta::days(7);
/// Addresses that one badge's holder may give in a day: each gets a mail.
const MOST_A_DAY: i64 = 3;

statements! {
    HIDE = "UPDATE credentials SET hidden_at = COALESCE(hidden_at, $2)
        WHERE claim_hash = $1 AND claimed_at IS NOT NULL";

    SHOW = "UPDATE credentials SET hidden_at = NULL WHERE claim_hash = $1 AND claimed_at IS NOT NULL";

    LOCK_HOLDER = concat!("SELECT id,
            NOT revoked AND (claimed_at IS NOT NULL OR claim_until > $2 AND ", disowned_at!(), " IS NULL) AS open
        FROM credentials WHERE claim_hash = $1 {lock}");

    CHANGES = "SELECT COUNT(*) AS number, COALESCE(SUM(CASE WHEN asked_at > $2 THEN 1 ELSE 0 END), 0) AS lately
        FROM address_changes WHERE credential_id = $1";

    /// Whoever reads that address wants no mail about this badge.
    UNWELCOME = "SELECT awards.id FROM awards JOIN disowned ON disowned.badge = awards.badge
        WHERE awards.id = $1 AND disowned.address = substr(lower(trim(CAST($2 AS TEXT))), 1, 400)";

    INSERT_CHANGE = "INSERT INTO address_changes (token_hash, credential_id, number, address, asked_at, until)
        VALUES ($1, $2, $3, $4, $5, $6)";

    CHANGE = "SELECT address_changes.credential_id, address_changes.address, address_changes.until,
            address_changes.confirmed_at, awards.badge
        FROM address_changes JOIN awards ON awards.id = address_changes.credential_id
        WHERE token_hash = $1";

    LOCK_CREDENTIAL = "SELECT id FROM credentials WHERE id = $1 {lock}";

    CONFIRM = "UPDATE address_changes SET confirmed_at = $2
        WHERE token_hash = $1 AND confirmed_at IS NULL AND until > $2";

    MOVE = "UPDATE credentials SET mail_to = $2,
            remind_at = CASE WHEN claimed_at IS NULL AND declined_at IS NULL
                THEN $3 ELSE remind_at END
        WHERE id = $1";

    /// Of several that were given one counts, and none of those that were given by a link that was replaced.
    END_OTHERS = "UPDATE address_changes SET until = $2
        WHERE credential_id = $1 AND confirmed_at IS NULL AND until > $2";
}

/// What came of giving an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A mail to it is on its way, unless its reader wants none.
    Mailed,
    /// There were too many today.
    TooOften,
    /// By this link nothing can be changed.
    Closed,
}

/// An address that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressChange {
    /// The address.
    pub address: String,
    /// The badge.
    pub badge: String,
    /// When it was confirmed.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Until when it can be.
    pub until: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct HolderRow {
    id: Uuid,
    open: bool,
}

#[derive(sqlx::FromRow)]
struct ChangesRow {
    number: i64,
    lately: i64,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    #[allow(dead_code, reason = "only that it is there counts")]
    id: Uuid,
}

#[derive(sqlx::FromRow)]
struct ChangeRow {
    credential_id: Uuid,
    address: String,
    until: Time,
    confirmed_at: Option<Time>,
    badge: String,
}

impl Store {
    /// Hides the page and the files of a claimed badge from all but the holder of its claim link. Its
    /// status stays what it is: a file that somebody has still verifies.
    pub async fn hide(&self, claim_hash: &[u8], now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut session = self.pool.write().await?;
        session.run(&HIDE, values![claim_hash, now]).await?;
        session.commit().await
    }

    /// Makes a hidden badge public again.
    pub async fn show(&self, claim_hash: &[u8]) -> Result<(), StoreError> {
        let mut session = self.pool.write().await?;
        session.run(&SHOW, values![claim_hash]).await?;
        session.commit().await
    }

    /// The holder gives an address for mails about the badge; nothing changes until it is confirmed by
    /// the link in a mail to it.
    pub async fn ask_for_address(
        &self,
        claim_hash: &[u8],
        address: &str,
        secret: &ClaimSecret,
        domain: &str,
        now: DateTime<Utc>,
    ) -> Result<Asked, StoreError> {
        let mut session = self.pool.write().await?;
        let row: Option<HolderRow> = session.optional(&LOCK_HOLDER, values![claim_hash, now]).await?;
        let Some(HolderRow { id, open: true }) = row else { return Ok(Asked::Closed) };
        let changes: Option<ChangesRow> =
            session.optional(&CHANGES, values![id, now - TimeDelta::days(1)]).await?;
        let ChangesRow { number, lately } = changes.unwrap_or(ChangesRow { number: 0, lately: 0 });
        if lately >= MOST_A_DAY {
            return Ok(Asked::TooOften);
        }
        let number = number + 1;
        let hash = claim::hash(&secret.address_token(id, count(number)));
        session
            .run(&INSERT_CHANGE, values![hash.as_slice(), id, number, address, now, now + CONFIRM_WITHIN])
            .await?;
        let unwelcome: Option<IdRow> = session.optional(&UNWELCOME, values![id, address]).await?;
        if unwelcome.is_none() {
            let deliveries =
                add_mail(&mut session, &[(id, format!("address-{number}"))], domain, now).await?;
            settle(&mut session, deliveries).await?;
        }
        session.commit().await?;
        Ok(Asked::Mailed)
    }

    /// The address that the link in a mail is about.
    pub async fn address_change(&self, token_hash: &[u8]) -> Result<Option<AddressChange>, StoreError> {
        let row: Option<ChangeRow> = self.pool.read().await?.optional(&CHANGE, values![token_hash]).await?;
        Ok(row.map(|row| AddressChange {
            address: row.address,
            badge: row.badge,
            confirmed_at: row.confirmed_at.map(|at| at.0),
            until: row.until.0,
        }))
    }

    /// Whoever reads an address confirms it: mails about the badge go there from now on. Works once;
    /// false if it did not.
    pub async fn confirm_address(&self, token_hash: &[u8], now: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut session = self.pool.write().await?;
        let row: Option<ChangeRow> = session.optional(&CHANGE, values![token_hash]).await?;
        let Some(ChangeRow { credential_id, address, .. }) = row else { return Ok(false) };
        let _: Option<IdRow> = session.optional(&LOCK_CREDENTIAL, values![credential_id]).await?;
        let confirmed = session.run(&CONFIRM, values![token_hash, now]).await? > 0;
        if confirmed {
            session.run(&MOVE, values![credential_id, address, now]).await?;
            end_changes(&mut session, credential_id, now).await?;
        }
        session.commit().await?;
        Ok(confirmed)
    }
}

/// Ends the changes that wait to be confirmed; the caller holds the credential's lock.
pub(super) async fn end_changes(
    session: &mut Session,
    credential: Uuid,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    session.run(&END_OTHERS, values![credential, now]).await.map(drop)
}
