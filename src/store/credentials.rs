//! Credentials as they are shown and claimed.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::holder::disowned_at;
use super::statement::statements;
use super::value::{Time, values};
use super::{StatusEntry, Store, StoreError};

/// Whether a credential, by this name in the statement, is for everybody to see: its holder has claimed
/// it and does not hide it. [`StoredCredential::is_public`] says the same.
macro_rules! public {
    ($credential:literal) => {
        concat!($credential, ".claimed_at IS NOT NULL AND ", $credential, ".hidden_at IS NULL")
    };
}
pub(super) use public;

macro_rules! select_credential {
    ($which:literal) => {
        concat!(
            "SELECT credentials.id, awards.issuer, awards.badge, credentials.document, credentials.name,
                credentials.email, awards.awarded_at, credentials.claimed_at, credentials.claim_until,
                credentials.status_list, credentials.status_index, credentials.revoked,
                credentials.suspended, credentials.declined_at, credentials.hidden_at, ",
            disowned_at!(),
            " AS disowned_at,
                (SELECT earlier.id FROM credentials AS earlier
                    WHERE earlier.id = awards.renews AND ",
            public!("earlier"),
            ") AS renews_shown,
                (SELECT later.id FROM awards AS later JOIN credentials AS other ON other.id = later.id
                    WHERE later.renews = awards.id AND ",
            public!("other"),
            " AND NOT other.revoked
                    ORDER BY later.awarded_at DESC, later.id LIMIT 1) AS renewed_by,
                (SELECT later.id FROM awards AS later JOIN credentials AS other ON other.id = later.id
                    WHERE later.supersedes = awards.id AND ",
            public!("other"),
            " AND NOT other.revoked
                    ORDER BY later.id LIMIT 1) AS replaced_by
            FROM credentials JOIN awards ON awards.id = credentials.id
            WHERE credentials.",
            $which
        )
    };
}

statements! {
    CREDENTIAL = select_credential!("id = $1");

    CREDENTIAL_BY_CLAIM = select_credential!("claim_hash = $1");

    IS_ERASED = "SELECT id FROM erased_credentials WHERE id = $1";

    CLAIM = concat!("UPDATE credentials SET claimed_at = $2, declined_at = NULL, remind_at = NULL
        WHERE claim_hash = $1 AND claimed_at IS NULL AND claim_until > $2 AND ", disowned_at!(), " IS NULL");

    OF_ONE_PERSON = "SELECT other.id FROM awards JOIN awards AS other ON other.person_id = awards.person_id
        WHERE awards.id = $1 AND other.id <> awards.id ORDER BY other.id";

    CLAIMED = concat!("SELECT id, claimed_at, ", disowned_at!(), " AS disowned_at
        FROM credentials WHERE claim_hash = $1");
}

/// A credential and what belongs to it.
#[derive(Debug, Clone)]
pub struct StoredCredential {
    /// Its id.
    pub id: Uuid,
    /// The issuer's slug.
    pub issuer: String,
    /// The badge.
    pub badge: String,
    /// The signed document, exactly as it leaves.
    pub document: String,
    /// The holder's name when it was issued.
    pub name: String,
    /// The holder's address when it was issued.
    pub email: String,
    /// When it was awarded.
    pub awarded_at: DateTime<Utc>,
    /// When the holder claimed it; it is public from then on.
    pub claimed_at: Option<DateTime<Utc>>,
    /// When the claim link ends.
    pub claim_until: DateTime<Utc>,
    /// Its place in the status lists.
    pub status: StatusEntry,
    /// Revoked, for good.
    pub revoked: bool,
    /// Suspended, for now.
    pub suspended: bool,
    /// When the holder hid its page.
    pub hidden_at: Option<DateTime<Utc>>,
    /// When whoever has the claim link declined it. It can be claimed all the same.
    pub declined_at: Option<DateTime<Utc>>,
    /// When whoever has the claim link said that the badge is somebody else's. It cannot be claimed.
    pub disowned_at: Option<DateTime<Utc>>,
    /// The credential that it renews, if its holder has made that public.
    pub renews_shown: Option<Uuid>,
    /// The one that renews it, if its holder has made that public and it is not revoked.
    pub renewed_by: Option<Uuid>,
    /// The one that stands in its place, if its holder has made that public and it is not revoked.
    pub replaced_by: Option<Uuid>,
}

impl StoredCredential {
    /// Whether it is for everybody to see: its holder has claimed it and does not hide it.
    pub fn is_public(&self) -> bool {
        self.claimed_at.is_some() && self.hidden_at.is_none()
    }
}

/// What came of claiming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimState {
    /// Claimed now, or by the same link before.
    Claimed {
        /// The credential.
        credential: Uuid,
    },
    /// The link has ended.
    Expired,
    /// Whoever has the link said that the badge is somebody else's.
    Disowned,
    /// There is no such link.
    Unknown,
}

#[derive(sqlx::FromRow)]
struct CredentialRow {
    id: Uuid,
    issuer: String,
    badge: String,
    document: String,
    name: String,
    email: String,
    awarded_at: Time,
    claimed_at: Option<Time>,
    claim_until: Time,
    status_list: i64,
    status_index: i64,
    revoked: bool,
    suspended: bool,
    declined_at: Option<Time>,
    hidden_at: Option<Time>,
    disowned_at: Option<Time>,
    renews_shown: Option<Uuid>,
    renewed_by: Option<Uuid>,
    replaced_by: Option<Uuid>,
}

impl From<CredentialRow> for StoredCredential {
    fn from(row: CredentialRow) -> Self {
        Self {
            id: row.id,
            issuer: row.issuer,
            badge: row.badge,
            document: row.document,
            name: row.name,
            email: row.email,
            awarded_at: row.awarded_at.0,
            claimed_at: row.claimed_at.map(|time| time.0),
            claim_until: row.claim_until.0,
            status: StatusEntry { list: row.status_list, index: row.status_index },
            revoked: row.revoked,
            suspended: row.suspended,
            declined_at: row.declined_at.map(|time| time.0),
            hidden_at: row.hidden_at.map(|time| time.0),
            disowned_at: row.disowned_at.map(|time| time.0),
            renews_shown: row.renews_shown,
            renewed_by: row.renewed_by,
            replaced_by: row.replaced_by,
        }
    }
}

#[derive(sqlx::FromRow)]
struct ClaimedRow {
    id: Uuid,
    claimed_at: Option<Time>,
    disowned_at: Option<Time>,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    #[allow(dead_code, reason = "only whether it is there counts")]
    id: Uuid,
}

impl Store {
    /// A credential by its id.
    pub async fn credential(&self, id: Uuid) -> Result<Option<StoredCredential>, StoreError> {
        let row: Option<CredentialRow> = self.pool.read().await?.optional(&CREDENTIAL, values![id]).await?;
        Ok(row.map(StoredCredential::from))
    }

    /// Whether it was a credential whose holder was erased: it is revoked, and nothing else is known.
    pub async fn credential_erased(&self, id: Uuid) -> Result<bool, StoreError> {
        let row: Option<IdRow> = self.pool.read().await?.optional(&IS_ERASED, values![id]).await?;
        Ok(row.is_some())
    }

    /// The credential of a claim link, by SHA-256 of its token, claimed or not, ended or not.
    pub async fn credential_by_claim(
        &self,
        claim_hash: &[u8],
    ) -> Result<Option<StoredCredential>, StoreError> {
        let row: Option<CredentialRow> =
            self.pool.read().await?.optional(&CREDENTIAL_BY_CLAIM, values![claim_hash]).await?;
        Ok(row.map(StoredCredential::from))
    }

    /// The other credentials of the person whom a credential was issued to.
    pub async fn credentials_beside(&self, id: Uuid) -> Result<Vec<Uuid>, StoreError> {
        let rows: Vec<(Uuid,)> = self.pool.read().await?.all(&OF_ONE_PERSON, values![id]).await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// Claims the credential of a claim link. Claiming again is no error and changes nothing.
    pub async fn claim(&self, claim_hash: &[u8], now: DateTime<Utc>) -> Result<ClaimState, StoreError> {
        let mut session = self.pool.write().await?;
        session.run(&CLAIM, values![claim_hash, now]).await?;
        let row: Option<ClaimedRow> = session.optional(&CLAIMED, values![claim_hash]).await?;
        session.commit().await?;
        Ok(match row {
            None => ClaimState::Unknown,
            Some(ClaimedRow { id, claimed_at: Some(_), .. }) => ClaimState::Claimed { credential: id },
            Some(ClaimedRow { disowned_at: Some(_), .. }) => ClaimState::Disowned,
            Some(ClaimedRow { claimed_at: None, .. }) => ClaimState::Expired,
        })
    }
}
