//! Keys of issuers: which one signs, and which are trusted. The private halves are never here.

use chrono::{DateTime, Utc};

use super::session::Session;
use super::statement::statements;
use super::value::{Time, key, values};
use super::{Store, StoreError};

statements! {
    KEYS = "SELECT issuer, purpose, number, name, public_key, state, announced_at, signs_from,
            activated_at, retired_at, compromised_at, reason
        FROM issuer_keys WHERE issuer = $1 ORDER BY purpose, number";

    /// In order, so that two who change them do not wait for each other in a circle.
    LOCK_KEYS = "SELECT issuer, purpose, number, name, public_key, state, announced_at, signs_from,
            activated_at, retired_at, compromised_at, reason
        FROM issuer_keys WHERE issuer = $1 ORDER BY purpose, number {lock}";

    /// Nothing if there is a key of this number, or one in this state that there may be once.
    INSERT_KEY = "INSERT INTO issuer_keys (issuer, purpose, number, name, public_key, state,
            announced_at, signs_from, activated_at, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '') ON CONFLICT DO NOTHING";

    RETIRE = "UPDATE issuer_keys SET state = 'retired', retired_at = $3
        WHERE issuer = $1 AND purpose = $2 AND state = 'active'";

    ACTIVATE = "UPDATE issuer_keys SET state = 'active', activated_at = $3
        WHERE issuer = $1 AND name = $2 AND state = 'announced'";

    COMPROMISE = "UPDATE issuer_keys SET state = 'compromised', compromised_at = $3, reason = $4
        WHERE issuer = $1 AND name = $2";
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Embedded proofs of badges and status lists.
    Badge,
    /// The JWT form.
    Jwt,
}

/// The life of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Verifiers learn of it; it signs nothing yet.
    Announced,
    /// It signs.
    Active,
    /// It signs no more; what it signed is good.
    Retired,
    /// Somebody else may have it: nothing that it signed is trusted.
    Compromised,
}

/// A key of an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerKey {
    /// The issuer's slug.
    pub issuer: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Counts keys of one issuer and purpose, from 1.
    pub number: i64,
    /// What follows the `#` in its DID URL.
    pub name: String,
    /// The public half: Multikey, or a JWK as JSON.
    pub public_key: String,
    /// Its state.
    pub state: KeyState,
    /// When verifiers could find it first.
    pub announced_at: DateTime<Utc>,
    /// From when it may sign.
    pub signs_from: DateTime<Utc>,
    /// When it began to sign.
    pub activated_at: Option<DateTime<Utc>>,
    /// When it ceased to sign, in good order.
    pub retired_at: Option<DateTime<Utc>>,
    /// When it was named compromised.
    pub compromised_at: Option<DateTime<Utc>>,
    /// Why it is compromised.
    pub reason: String,
}

/// A key that the table does not have yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What it is for.
    pub purpose: Purpose,
    /// What follows the `#` in its DID URL.
    pub name: String,
    /// The public half: Multikey, or a JWK as JSON.
    pub public_key: String,
}

/// What came of naming a key compromised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compromised {
    /// Done; with the key that signs from now on, if the compromised one did.
    Done(Option<String>),
    /// It was so already.
    Already,
    /// It signs, and nothing is there to sign in its place.
    NoSuccessor,
    /// There is no such key.
    Unknown,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    issuer: String,
    purpose: String,
    number: i64,
    name: String,
    public_key: String,
    state: String,
    announced_at: Time,
    signs_from: Time,
    activated_at: Option<Time>,
    retired_at: Option<Time>,
    compromised_at: Option<Time>,
    reason: String,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Badge => "badge",
            Self::Jwt => "jwt",
        }
    }
}

impl KeyState {
    /// The word in the database, in tables and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Compromised => "compromised",
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        let all = [Self::Announced, Self::Active, Self::Retired, Self::Compromised];
        all.into_iter().find(|state| state.as_str() == text).ok_or_else(|| StoreError::Corrupt {
            table: "issuer_keys",
            column: "state",
            message: format!("“{text}” is none"),
        })
    }
}

impl TryFrom<KeyRow> for IssuerKey {
    type Error = StoreError;

    fn try_from(row: KeyRow) -> Result<Self, StoreError> {
        Ok(Self {
            purpose: if row.purpose == Purpose::Jwt.as_str() { Purpose::Jwt } else { Purpose::Badge },
            state: KeyState::read(&row.state)?,
            issuer: row.issuer,
            number: row.number,
            name: row.name,
            public_key: row.public_key,
            announced_at: row.announced_at.0,
            signs_from: row.signs_from.0,
            activated_at: row.activated_at.map(|time| time.0),
            retired_at: row.retired_at.map(|time| time.0),
            compromised_at: row.compromised_at.map(|time| time.0),
            reason: row.reason,
        })
    }
}

impl Store {
    /// The keys of an issuer, by purpose, the first one first.
    pub async fn issuer_keys(&self, issuer: &str) -> Result<Vec<IssuerKey>, StoreError> {
        let rows: Vec<KeyRow> = self.pool.read().await?.all(&KEYS, values![key(issuer)]).await?;
        rows.into_iter().map(IssuerKey::try_from).collect()
    }

    /// Stores the first key of an issuer and purpose, which signs at once; nothing if there is one.
    pub async fn first_key(&self, issuer: &str, new: &NewKey, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut session = self.pool.write().await?;
        insert(&mut session, issuer, new, 1, KeyState::Active, now, now).await?;
        session.commit().await
    }

    /// Announces a key, which may sign from `signs_from` on; `false`, and nothing stored, if one is
    /// announced already, or this key is known.
    pub async fn announce_key(
        &self,
        issuer: &str,
        new: &NewKey,
        signs_from: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut session = self.pool.write().await?;
        let number = next_number(&locked(&mut session, issuer).await?, new.purpose);
        let done = insert(&mut session, issuer, new, number, KeyState::Announced, signs_from, now).await?;
        session.commit().await?;
        Ok(done)
    }

    /// Lets an announced key sign whose time has come, and retires the one before; `false` if it is
    /// not announced (another process was quicker), or its time has not come.
    pub async fn activate_key(
        &self,
        issuer: &str,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut session = self.pool.write().await?;
        let keys = locked(&mut session, issuer).await?;
        let due =
            |one: &&IssuerKey| one.name == name && one.state == KeyState::Announced && one.signs_from <= now;
        let Some(next) = keys.iter().find(due) else { return Ok(false) };
        session.run(&RETIRE, values![key(issuer), next.purpose.as_str(), now]).await?;
        session.run(&ACTIVATE, values![key(issuer), name, now]).await?;
        session.commit().await?;
        Ok(true)
    }

    /// Names a key compromised. If it signs, the announced key signs from now on, or else `next`.
    pub async fn compromise_key(
        &self,
        issuer: &str,
        name: &str,
        next: Option<&NewKey>,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<Compromised, StoreError> {
        let mut session = self.pool.write().await?;
        let keys = locked(&mut session, issuer).await?;
        let Some(found) = keys.iter().find(|one| one.name == name) else { return Ok(Compromised::Unknown) };
        if found.state == KeyState::Compromised {
            return Ok(Compromised::Already);
        }
        session.run(&COMPROMISE, values![key(issuer), name, now, reason]).await?;
        let mut successor = None;
        if found.state == KeyState::Active {
            let announced =
                keys.iter().find(|one| one.purpose == found.purpose && one.state == KeyState::Announced);
            if let Some(announced) = announced {
                session.run(&ACTIVATE, values![key(issuer), &announced.name, now]).await?;
                successor = Some(announced.name.clone());
            } else {
                let Some(next) = next else { return Ok(Compromised::NoSuccessor) };
                let number = next_number(&keys, found.purpose);
                if !insert(&mut session, issuer, next, number, KeyState::Active, now, now).await? {
                    return Ok(Compromised::NoSuccessor);
                }
                successor = Some(next.name.clone());
            }
        }
        session.commit().await?;
        Ok(Compromised::Done(successor))
    }
}

async fn locked(session: &mut Session, issuer: &str) -> Result<Vec<IssuerKey>, StoreError> {
    let rows: Vec<KeyRow> = session.all(&LOCK_KEYS, values![key(issuer)]).await?;
    rows.into_iter().map(IssuerKey::try_from).collect()
}

fn next_number(keys: &[IssuerKey], purpose: Purpose) -> i64 {
    keys.iter().filter(|one| one.purpose == purpose).map(|one| one.number).max().unwrap_or_default() + 1
}

async fn insert(
    session: &mut Session,
    issuer: &str,
    new: &NewKey,
    number: i64,
    state: KeyState,
    signs_from: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let NewKey { purpose, name, public_key } = new;
    let activated = (state == KeyState::Active).then_some(now);
    let issuer = key(issuer);
    let values = values![
        issuer,
        purpose.as_str(),
        number,
        name,
        public_key,
        state.as_str(),
        now,
        signs_from,
        activated
    ];
    Ok(session.run(&INSERT_KEY, values).await? == 1)
}
