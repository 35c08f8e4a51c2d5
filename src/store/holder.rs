//! What the holder of a claim link says of a badge, beside claiming it.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::address::end_changes;
use super::further::{add_mail, further, replace_parked};
use super::progress::settle;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, count, values};
use super::wallets::end_offers;
use super::{Store, StoreError};
use crate::claim::{self, ClaimSecret};

/// How long after a mail with the link the holder can ask for another one.
pub const ASK_AGAIN: TimeDelta = TimeDelta::hours(24);

/// To which address mails about a credential go, as disowned addresses are compared.
macro_rules! address {
    () => {
        "substr(lower(trim(COALESCE(credentials.mail_to, credentials.email))), 1, 400)"
    };
}
pub(super) use address;

/// When the holder of the link said that the badge is somebody else's, if that still counts: mails
/// go to the same address.
macro_rules! disowned_at {
    () => {
        concat!(
            "(SELECT since FROM disowned WHERE disowned.credential_id = credentials.id
                AND disowned.address = ",
            $crate::store::holder::address!(),
            ")"
        )
    };
}
pub(super) use disowned_at;

/// Whether whoever has the claim link does not want the badge, or said that it is somebody else's.
macro_rules! unwanted {
    () => {
        concat!(
            "(credentials.declined_at IS NOT NULL OR ",
            $crate::store::holder::disowned_at!(),
            " IS NOT NULL)"
        )
    };
}
pub(super) use unwanted;

statements! {
    LOCK_LINK = "SELECT id, claimed_at, claim_until, revoked FROM credentials WHERE claim_hash = $1 {lock}";

    DECLINE = "UPDATE credentials SET declined_at = COALESCE(declined_at, $2), remind_at = NULL WHERE id = $1";

    DISOWN = concat!("INSERT INTO disowned (credential_id, issuer, badge, address, since)
        SELECT credentials.id, awards.issuer, awards.badge, ", address!(), ", $2
        FROM credentials JOIN awards ON awards.id = credentials.id WHERE credentials.id = $1
        ON CONFLICT (credential_id) DO UPDATE SET address = excluded.address, since = excluded.since");

    NO_REMINDERS = "UPDATE credentials SET remind_at = NULL WHERE id = $1";

    OWN = "DELETE FROM disowned WHERE credential_id = $1";

    /// Reminders go on where they stood.
    THINK_OF_REMINDERS = "UPDATE credentials SET remind_at = $2
        WHERE id = $1 AND claimed_at IS NULL AND declined_at IS NULL";

    CREDENTIAL_OF_LINK = "SELECT id FROM credentials WHERE claim_hash = $1
        UNION SELECT credential_id AS id FROM former_links WHERE claim_hash = $1";

    LOCK_HOLDING = concat!("SELECT id, claimed_at, claim_until, revoked, link, claim_hash,
            COALESCE(mail_to, email) AS address, ", disowned_at!(), " AS disowned_at
        FROM credentials WHERE id = $1 {lock}");

    KEEP_FORMER = "INSERT INTO former_links (claim_hash, credential_id) VALUES ($1, $2)
        ON CONFLICT (claim_hash) DO NOTHING";

    NEW_LINK = "UPDATE credentials SET claim_hash = $2, link = $3, claim_until = $4 WHERE id = $1";

    MAIL_TO = "UPDATE credentials SET mail_to = $2 WHERE id = $1";

    IS_FORMER = "SELECT credential_id AS id FROM former_links WHERE claim_hash = $1";
}

/// What came of something that the holder of a claim link said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It counts from now on, or did before.
    Stored,
    /// The badge is claimed, so it was not said in time.
    Claimed,
    /// The link has ended or the badge is revoked: nothing changed.
    Ended,
    /// There is no such link.
    Unknown,
}

/// How new claim links are made.
#[derive(Debug, Clone, Copy)]
pub struct Links<'a> {
    /// Makes their tokens.
    pub secret: &'a ClaimSecret,
    /// How long a link works.
    pub lasts: TimeDelta,
    /// The domain of Message-IDs.
    pub domain: &'a str,
}

/// What came of sending the claim link once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resent {
    /// A mail is on its way.
    Mailed {
        /// To this address.
        to: String,
        /// Whether its link is a new one, and those before it work no more.
        new_link: bool,
    },
    /// The badge is revoked.
    Revoked,
    /// Whoever reads the mails said that the badge is not theirs.
    Disowned {
        /// Which address that is.
        address: String,
    },
    /// There was a mail a short time ago.
    TooSoon,
    /// There is no such credential.
    Unknown,
}

#[derive(sqlx::FromRow)]
struct LinkRow {
    id: Uuid,
    claimed_at: Option<Time>,
    claim_until: Time,
    revoked: bool,
}

#[derive(sqlx::FromRow)]
struct HoldingRow {
    id: Uuid,
    claimed_at: Option<Time>,
    claim_until: Time,
    revoked: bool,
    link: i64,
    claim_hash: Vec<u8>,
    address: String,
    disowned_at: Option<Time>,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: Uuid,
}

impl Store {
    /// The holder does not want the badge: it stays what it is, unclaimed, and no reminder follows.
    /// While the link works it can be claimed all the same.
    pub async fn decline(&self, claim_hash: &[u8], now: DateTime<Utc>) -> Result<Said, StoreError> {
        let mut session = self.pool.write().await?;
        let said = match open_link(&mut session, claim_hash, now).await? {
            Ok(id) => {
                session.run(&DECLINE, values![id, now]).await?;
                Said::Stored
            }
            Err(said) => said,
        };
        session.commit().await?;
        Ok(said)
    }

    /// Whoever got the mail is not the holder: no mail about the badge leaves to that address any
    /// more, that of a later award of it neither.
    pub async fn disown(&self, claim_hash: &[u8], now: DateTime<Utc>) -> Result<Said, StoreError> {
        let mut session = self.pool.write().await?;
        let said = match open_link(&mut session, claim_hash, now).await? {
            Ok(id) => {
                session.run(&DISOWN, values![id, now]).await?;
                session.run(&NO_REMINDERS, values![id]).await?;
                Said::Stored
            }
            Err(said) => said,
        };
        session.commit().await?;
        Ok(said)
    }

    /// Takes [`Store::disown`] back: it was a slip.
    pub async fn own(&self, claim_hash: &[u8], now: DateTime<Utc>) -> Result<Said, StoreError> {
        let mut session = self.pool.write().await?;
        let said = match open_link(&mut session, claim_hash, now).await? {
            Ok(id) => {
                session.run(&OWN, values![id]).await?;
                session.run(&THINK_OF_REMINDERS, values![id, now]).await?;
                Said::Stored
            }
            Err(said) => said,
        };
        session.commit().await?;
        Ok(said)
    }

    /// Whether the link of this hash was ended by a newer one.
    pub async fn is_former_link(&self, claim_hash: &[u8]) -> Result<bool, StoreError> {
        let row: Option<IdRow> = self.pool.read().await?.optional(&IS_FORMER, values![claim_hash]).await?;
        Ok(row.is_some())
    }

    /// Somebody with a link, one that has ended or was replaced, asks for a mail with a good one. It
    /// goes to the address on record, at most once in [`ASK_AGAIN`]. A link that has ended is
    /// replaced by a new one.
    pub async fn ask_for_link(
        &self,
        claim_hash: &[u8],
        links: &Links<'_>,
        now: DateTime<Utc>,
    ) -> Result<Resent, StoreError> {
        let mut session = self.pool.write().await?;
        let row: Option<IdRow> = session.optional(&CREDENTIAL_OF_LINK, values![claim_hash]).await?;
        let Some(IdRow { id }) = row else { return Ok(Resent::Unknown) };
        let resent = send_link(&mut session, id, None, Some(now - ASK_AGAIN), links, now).await?;
        session.commit().await?;
        Ok(resent)
    }

    /// An administrator has the claim link of a credential mailed once more, from now on to
    /// `address` if there is one; then, and where the link has ended, it is a new link.
    pub async fn resend_link(
        &self,
        credential: Uuid,
        address: Option<&str>,
        links: &Links<'_>,
        now: DateTime<Utc>,
    ) -> Result<Resent, StoreError> {
        let mut session = self.pool.write().await?;
        let resent = send_link(&mut session, credential, address, None, links, now).await?;
        session.commit().await?;
        Ok(resent)
    }
}

/// The unclaimed credential of a link that works, locked.
async fn open_link(
    session: &mut Session,
    claim_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Result<Uuid, Said>, StoreError> {
    let row: Option<LinkRow> = session.optional(&LOCK_LINK, values![claim_hash]).await?;
    Ok(match row {
        None => Err(Said::Unknown),
        Some(row) if row.claimed_at.is_some() => Err(Said::Claimed),
        Some(row) if row.revoked || row.claim_until.0 <= now => Err(Said::Ended),
        Some(row) => Ok(row.id),
    })
}

/// Adds a mail with a link that works, unless there was one since `quiet`.
async fn send_link(
    session: &mut Session,
    credential: Uuid,
    address: Option<&str>,
    quiet: Option<DateTime<Utc>>,
    links: &Links<'_>,
    now: DateTime<Utc>,
) -> Result<Resent, StoreError> {
    let row: Option<HoldingRow> = session.optional(&LOCK_HOLDING, values![credential]).await?;
    let Some(row) = row else { return Ok(Resent::Unknown) };
    let moved = address.filter(|address| !address.eq_ignore_ascii_case(&row.address));
    if row.revoked {
        return Ok(Resent::Revoked);
    }
    if row.disowned_at.is_some() && moved.is_none() {
        return Ok(Resent::Disowned { address: row.address });
    }
    let further = further(session, row.id).await?;
    if quiet.is_some_and(|quiet| further.asked_at.is_some_and(|at| at > quiet)) {
        return Ok(Resent::TooSoon);
    }
    if let Some(address) = moved {
        session.run(&MAIL_TO, values![row.id, address]).await?;
    }
    let ended = row.claimed_at.is_none() && row.claim_until.0 <= now;
    let new_link = ended || moved.is_some();
    if new_link {
        let link = row.link + 1;
        session.run(&KEEP_FORMER, values![row.claim_hash.as_slice(), row.id]).await?;
        let hash = claim::hash(&links.secret.link_token(row.id, count(link)));
        // Of a claimed badge the link leads on for good.
        let until = if row.claimed_at.is_some() { row.claim_until.0 } else { now + links.lasts };
        session.run(&NEW_LINK, values![row.id, hash.as_slice(), link, until]).await?;
        // What was begun with the one before ends with it: it may have gone to somebody else.
        end_changes(session, row.id, now).await?;
        end_offers(session, row.id, now).await?;
    }
    // The time until reminders begins anew when it is sent.
    session.run(&NO_REMINDERS, values![row.id]).await?;
    replace_parked(session, row.id).await?;
    let kind = format!("resend-{}", further.number);
    let deliveries = add_mail(session, &[(row.id, kind)], links.domain, now).await?;
    settle(session, deliveries).await?;
    Ok(Resent::Mailed { to: moved.map_or(row.address, str::to_owned), new_link })
}
