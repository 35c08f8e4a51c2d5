//! Badges on their way to wallets: offers, and which challenges were answered.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::session::Session;
use super::statement::statements;
use super::value::{Time, count, values};
use super::{Store, StoreError};

/// How long an offer waits for its wallet: mails can take a quarter of an hour.
const OFFERED: TimeDelta = TimeDelta::minutes(30);
/// Wrong transaction codes after which an offer is dead.
const WRONG_CODES: u32 = 5;
/// How long a wallet that redeemed an offer may fetch the badge.
pub const FETCHING: TimeDelta = TimeDelta::minutes(10);
/// Offers of one badge in [`PERIOD`]: each is a mail that somebody can make us send.
const OFFERS: u32 = 5;
/// The period in which they are counted.
const PERIOD: TimeDelta = TimeDelta::hours(1);
/// How long an offer is remembered.
const KEPT: TimeDelta = TimeDelta::days(7);
/// How much longer than it lasts an answered challenge is remembered: clocks of processes differ.
const CLOCKS: TimeDelta = TimeDelta::hours(1);

statements! {
    /// Of two who ask at once the second counts the first.
    LOCK_CREDENTIAL = "SELECT id FROM credentials WHERE id = $1 {lock}";

    INSERT_OFFER = "INSERT INTO wallet_offers
            (id, credential_id, language, expires_at, wrong_codes, delivery_id, source, state, reason,
             attempts, due_at, sweep_at, created_at)
        SELECT $1, credentials.id, $3, $4, 0, events.delivery_id, events.source, 'waiting', '', 0, $5, $5, $5
        FROM credentials
            JOIN awards ON awards.id = credentials.id
            JOIN events ON events.id = awards.event_id
        WHERE credentials.id = $2 AND credentials.claimed_at IS NOT NULL
            AND NOT credentials.revoked AND NOT credentials.suspended
            AND (SELECT COUNT(*) FROM wallet_offers AS earlier
                WHERE earlier.credential_id = credentials.id AND earlier.created_at > $6) < $7";

    END_EARLIER = "UPDATE wallet_offers SET expires_at = $3
        WHERE credential_id = $1 AND id <> $2 AND redeemed_at IS NULL AND expires_at > $3";

    FORGET_OFFERS = "WITH taken AS MATERIALIZED (
            SELECT id FROM wallet_offers WHERE created_at <= $1 AND state <> 'waiting'
            ORDER BY created_at, id LIMIT $2 {skip locked})
        DELETE FROM wallet_offers WHERE id IN (SELECT id FROM taken)";

    LIVE_OFFER = "SELECT id FROM wallet_offers
        WHERE credential_id = $1 AND redeemed_at IS NULL AND expires_at > $2 AND wrong_codes < $3
        ORDER BY created_at DESC, id LIMIT 1";

    RECENT_OFFERS = "SELECT COUNT(*) AS number FROM wallet_offers
        WHERE credential_id = $1 AND created_at > $2";

    OFFER = "SELECT wallet_offers.credential_id, wallet_offers.language, wallet_offers.expires_at,
            wallet_offers.wrong_codes, wallet_offers.redeemed_at, awards.issuer,
            awards.badge
        FROM wallet_offers JOIN awards ON awards.id = wallet_offers.credential_id
        WHERE wallet_offers.id = $1";

    REDEEM = "UPDATE wallet_offers SET redeemed_at = $2
        WHERE id = $1 AND redeemed_at IS NULL AND expires_at > $2 AND wrong_codes < $3
            AND EXISTS (SELECT 1 FROM credentials WHERE credentials.id = wallet_offers.credential_id
                AND NOT credentials.revoked AND NOT credentials.suspended)";

    COUNT_WRONG_CODE = "UPDATE wallet_offers SET wrong_codes = wrong_codes + 1
        WHERE id = $1 AND redeemed_at IS NULL AND expires_at > $2 AND wrong_codes < $3";

    BIND = "UPDATE wallet_offers SET holder = $2, bound_at = COALESCE(bound_at, $3)
        WHERE id = $1 AND redeemed_at > $4 AND (holder IS NULL OR holder = $2)
            AND EXISTS (SELECT 1 FROM credentials WHERE credentials.id = wallet_offers.credential_id
                AND NOT credentials.revoked AND NOT credentials.suspended)
        RETURNING bound_at";

    ANSWER_CHALLENGE = "INSERT INTO wallet_challenges (hash, expires_at) VALUES ($1, $2)
        ON CONFLICT (hash) DO NOTHING";

    FORGET_CHALLENGES = "WITH taken AS MATERIALIZED (
            SELECT hash FROM wallet_challenges WHERE expires_at <= $1
            ORDER BY expires_at, hash LIMIT $2 {skip locked})
        DELETE FROM wallet_challenges WHERE hash IN (SELECT hash FROM taken)";
}

/// Ends the offers of a badge that no wallet has taken up; the caller holds the credential's lock.
pub(super) async fn end_offers(
    session: &mut Session,
    credential: Uuid,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    session.run(&END_EARLIER, values![credential, Uuid::nil(), now]).await.map(drop)
}

/// How it stands with offers of one badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offering {
    /// The offer that a wallet can take up.
    pub live: Option<Uuid>,
    /// Whether another one can be made.
    pub more: bool,
}

/// An offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletOffer {
    /// The credential.
    pub credential: Uuid,
    /// The slug of the badge's issuer.
    pub issuer: String,
    /// The badge.
    pub badge: String,
    /// The language of the page on which it was made.
    pub language: String,
    /// Whether a wallet can take it up.
    pub live: bool,
    /// When a wallet redeemed it, if one did.
    pub redeemed_at: Option<DateTime<Utc>>,
}

/// What came of binding a badge to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// It is bound, first at that time.
    Since(DateTime<Utc>),
    /// The challenge was answered before.
    Answered,
    /// The offer is for another key now, the time to fetch is over, or the badge does not count.
    Refused,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: Uuid,
}

#[derive(sqlx::FromRow)]
struct NumberRow {
    number: i64,
}

#[derive(sqlx::FromRow)]
struct OfferRow {
    credential_id: Uuid,
    language: String,
    expires_at: Time,
    wrong_codes: i64,
    redeemed_at: Option<Time>,
    issuer: String,
    badge: String,
}

#[derive(sqlx::FromRow)]
struct BoundRow {
    bound_at: Time,
}

impl Store {
    /// Offers a claimed badge that counts to a wallet, and stores the mail with its transaction code
    /// for the sweeper to publish; offers of it from before end. False where enough were made lately,
    /// or the badge is not there to be offered.
    pub async fn offer(
        &self,
        offer: Uuid,
        credential: Uuid,
        language: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut session = self.pool.write().await?;
        session.run(&LOCK_CREDENTIAL, values![credential]).await?;
        let row = values![offer, credential, language, now + OFFERED, now, now - PERIOD, OFFERS];
        let made = session.run(&INSERT_OFFER, row).await? == 1;
        if made {
            session.run(&END_EARLIER, values![credential, offer, now]).await?;
        }
        session.commit().await?;
        Ok(made)
    }

    /// How it stands with offers of a credential.
    pub async fn offering(&self, credential: Uuid, now: DateTime<Utc>) -> Result<Offering, StoreError> {
        let mut session = self.pool.read().await?;
        let live: Option<IdRow> =
            session.optional(&LIVE_OFFER, values![credential, now, WRONG_CODES]).await?;
        let recent: Option<NumberRow> =
            session.optional(&RECENT_OFFERS, values![credential, now - PERIOD]).await?;
        let recent = recent.map_or(0, |row| row.number);
        Ok(Offering { live: live.map(|row| row.id), more: recent < i64::from(OFFERS) })
    }

    /// An offer by its id.
    pub async fn wallet_offer(
        &self,
        offer: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<WalletOffer>, StoreError> {
        let row: Option<OfferRow> = self.pool.read().await?.optional(&OFFER, values![offer]).await?;
        Ok(row.map(|row| WalletOffer {
            credential: row.credential_id,
            issuer: row.issuer,
            badge: row.badge,
            language: row.language,
            live: row.redeemed_at.is_none() && row.expires_at.0 > now && count(row.wrong_codes) < WRONG_CODES,
            redeemed_at: row.redeemed_at.map(|time| time.0),
        }))
    }

    /// Redeems a live offer, once. False where it is not live, or its badge does not count.
    pub async fn redeem(&self, offer: Uuid, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut session = self.pool.write().await?;
        let redeemed = session.run(&REDEEM, values![offer, now, WRONG_CODES]).await? == 1;
        session.commit().await?;
        Ok(redeemed)
    }

    /// Counts a wrong transaction code. After some the offer is dead.
    pub async fn wrong_code(&self, offer: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut session = self.pool.write().await?;
        session.run(&COUNT_WRONG_CODE, values![offer, now, WRONG_CODES]).await?;
        session.commit().await
    }

    /// Binds the badge of a redeemed offer to a key, named by the hash of its DID, by the answer to a
    /// challenge. The same key again is no error: an answer may be lost on its way.
    pub async fn bind(
        &self,
        offer: Uuid,
        holder: &[u8],
        challenge: (&[u8], DateTime<Utc>),
        now: DateTime<Utc>,
    ) -> Result<Bound, StoreError> {
        let mut session = self.pool.write().await?;
        if !answer(&mut session, challenge).await? {
            return Ok(Bound::Answered);
        }
        let row: Option<BoundRow> =
            session.optional(&BIND, values![offer, holder, now, now - FETCHING]).await?;
        session.commit().await?;
        Ok(row.map_or(Bound::Refused, |row| Bound::Since(row.bound_at.0)))
    }

    /// Remembers that a challenge was answered. False where it was before.
    pub async fn answer_challenge(&self, challenge: (&[u8], DateTime<Utc>)) -> Result<bool, StoreError> {
        let mut session = self.pool.write().await?;
        let first = answer(&mut session, challenge).await?;
        session.commit().await?;
        Ok(first)
    }
}

async fn answer(session: &mut Session, (hash, until): (&[u8], DateTime<Utc>)) -> Result<bool, StoreError> {
    Ok(session.run(&ANSWER_CHALLENGE, values![hash, until]).await? == 1)
}

/// Removes offers and challenges that nobody needs any more, of each at most so many; answers how many.
pub(super) async fn forget_wallets(
    session: &mut Session,
    limit: u32,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let offers = session.run(&FORGET_OFFERS, values![now - KEPT, limit]).await?;
    let challenges = session.run(&FORGET_CHALLENGES, values![now - CLOCKS, limit]).await?;
    Ok(offers + challenges)
}
