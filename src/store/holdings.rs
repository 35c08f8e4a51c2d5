//! Badges with what became of their mails and what their holders said, for people.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::holder::disowned_at;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, values};
use super::{Store, StoreError};

statements! {
    HOLDINGS = concat!("SELECT credentials.id, awards.badge, credentials.name,
            COALESCE(credentials.mail_to, credentials.email) AS address, awards.awarded_at,
            credentials.claimed_at, credentials.declined_at, credentials.claim_until, credentials.revoked,
            credentials.hidden_at, ",
            disowned_at!(), " AS disowned_at
        FROM credentials JOIN awards ON awards.id = credentials.id
        WHERE (CAST($1 AS UUID) IS NULL OR awards.person_id = $1)
            AND (CAST($2 AS TEXT) IS NULL OR awards.badge = $2)
            AND CASE CAST($3 AS TEXT)
                WHEN 'trouble' THEN credentials.claimed_at IS NULL AND NOT credentials.revoked
                    AND (", disowned_at!(), " IS NOT NULL OR EXISTS (SELECT 1 FROM mails
                        WHERE mails.credential_id = credentials.id AND mails.kind NOT LIKE 'address-%'
                            AND (mails.state = 'parked' OR mails.bounce IN ('hard', 'soft'))
                            AND NOT EXISTS (SELECT 1 FROM mails AS later
                                WHERE later.credential_id = mails.credential_id
                                    AND later.kind NOT LIKE 'address-%' AND later.created_at > mails.created_at)))
                WHEN 'bounced' THEN EXISTS (SELECT 1 FROM mails
                    WHERE mails.credential_id = credentials.id AND mails.bounce IN ('hard', 'soft'))
                WHEN 'not-me' THEN ", disowned_at!(), " IS NOT NULL
                WHEN 'declined' THEN credentials.declined_at IS NOT NULL AND credentials.claimed_at IS NULL
                WHEN 'unclaimed' THEN credentials.claimed_at IS NULL AND NOT credentials.revoked
                ELSE true END
        ORDER BY awards.awarded_at DESC, credentials.id DESC LIMIT $4");

    THEIR_MAILS = "SELECT credential_id, kind, state, reason, created_at, finished_at, bounce, bounced_at,
            bounce_reason
        FROM mails WHERE credential_id {in $1} ORDER BY created_at, id";

    CURRENT_ADDRESS = "SELECT learners.email FROM awards
            JOIN events ON events.id = awards.event_id
            JOIN learners ON learners.id = events.learner_id
        WHERE awards.id = $1";
}

/// A mail about a badge, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadgeMail {
    /// `claim`, `resend-…` or `reminder-…`.
    pub kind: String,
    /// `waiting`, `done`, `parked` or `withdrawn`.
    pub state: String,
    /// The mail server's answer, or why it did not leave.
    pub reason: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When it left or was given up.
    pub finished_at: Option<DateTime<Utc>>,
    /// What came back, if something did.
    pub bounce: Option<Returned>,
}

impl BadgeMail {
    /// Whether it came back, for now or for good.
    pub fn came_back(&self) -> bool {
        self.bounce.as_ref().is_some_and(|bounce| matches!(bounce.kind.as_str(), "hard" | "soft"))
    }
}

/// What came back of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// `hard`: there is no such mailbox. `soft`: it was full, away or refused the mail. `delayed`: it
    /// is still tried.
    pub kind: String,
    /// When that was read.
    pub at: DateTime<Utc>,
    /// The words of the server that sent it back.
    pub reason: String,
}

/// A badge, what its holder said of it, and its mails.
#[derive(Debug, Clone)]
pub struct Holding {
    /// The credential.
    pub credential: Uuid,
    /// The badge.
    pub badge: String,
    /// The learner's name.
    pub name: String,
    /// Where mails about it go.
    pub address: String,
    /// When it was awarded.
    pub awarded_at: DateTime<Utc>,
    /// When it was claimed.
    pub claimed_at: Option<DateTime<Utc>>,
    /// When its holder declined it.
    pub declined_at: Option<DateTime<Utc>>,
    /// When whoever reads the mails said that it is somebody else's.
    pub disowned_at: Option<DateTime<Utc>>,
    /// When the claim link ends.
    pub claim_until: DateTime<Utc>,
    /// When its holder hid its page.
    pub hidden_at: Option<DateTime<Utc>>,
    /// Whether it is revoked.
    pub revoked: bool,
    /// Its mails, oldest first.
    pub mails: Vec<BadgeMail>,
}

/// Which badges to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All.
    Any,
    /// Unclaimed, and somebody has to do something: the last mail came back or could not be sent, or
    /// it reached the wrong person.
    Trouble,
    /// A mail came back.
    Bounced,
    /// It reached the wrong person.
    NotMe,
    /// The holder declined it.
    Declined,
    /// Nobody has claimed it.
    Unclaimed,
}

impl Which {
    fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Trouble => "trouble",
            Self::Bounced => "bounced",
            Self::NotMe => "not-me",
            Self::Declined => "declined",
            Self::Unclaimed => "unclaimed",
        }
    }
}

#[derive(sqlx::FromRow)]
struct HoldingRow {
    id: Uuid,
    badge: String,
    name: String,
    address: String,
    awarded_at: Time,
    claimed_at: Option<Time>,
    declined_at: Option<Time>,
    claim_until: Time,
    revoked: bool,
    hidden_at: Option<Time>,
    disowned_at: Option<Time>,
}

#[derive(sqlx::FromRow)]
struct MailRow {
    credential_id: Uuid,
    kind: String,
    state: String,
    reason: String,
    created_at: Time,
    finished_at: Option<Time>,
    bounce: Option<String>,
    bounced_at: Option<Time>,
    bounce_reason: Option<String>,
}

#[derive(sqlx::FromRow)]
struct EmailRow {
    email: Option<String>,
}

impl Store {
    /// Badges with their mails, newest first: of a person or of all, of a badge or of all.
    pub async fn holdings(
        &self,
        person: Option<Uuid>,
        badge: Option<&str>,
        which: Which,
        limit: u32,
    ) -> Result<Vec<Holding>, StoreError> {
        let mut session = self.pool.read().await?;
        let values = values![person, badge, which.as_str(), limit];
        let rows: Vec<HoldingRow> = session.all(&HOLDINGS, values).await?;
        let mut mails = mails_of(&mut session, rows.iter().map(|row| row.id).collect()).await?;
        let holding = |row: HoldingRow| Holding {
            mails: mails.remove(&row.id).unwrap_or_default(),
            credential: row.id,
            badge: row.badge,
            name: row.name,
            address: row.address,
            awarded_at: row.awarded_at.0,
            claimed_at: row.claimed_at.map(|at| at.0),
            declined_at: row.declined_at.map(|at| at.0),
            disowned_at: row.disowned_at.map(|at| at.0),
            claim_until: row.claim_until.0,
            hidden_at: row.hidden_at.map(|at| at.0),
            revoked: row.revoked,
        };
        Ok(rows.into_iter().map(holding).collect())
    }

    /// The address of a credential's learner that the LMS told last.
    pub async fn current_address(&self, credential: Uuid) -> Result<Option<String>, StoreError> {
        let row: Option<EmailRow> =
            self.pool.read().await?.optional(&CURRENT_ADDRESS, values![credential]).await?;
        Ok(row.and_then(|row| row.email))
    }
}

/// The mails of credentials, oldest first.
pub(super) async fn mails_of(
    session: &mut Session,
    credentials: Vec<Uuid>,
) -> Result<BTreeMap<Uuid, Vec<BadgeMail>>, StoreError> {
    let mut mails: BTreeMap<Uuid, Vec<BadgeMail>> = BTreeMap::new();
    if credentials.is_empty() {
        return Ok(mails);
    }
    let rows: Vec<MailRow> = session.all(&THEIR_MAILS, values![credentials]).await?;
    for row in rows {
        let bounce = row.bounce.zip(row.bounced_at).map(|(kind, at)| Returned {
            kind,
            at: at.0,
            reason: row.bounce_reason.unwrap_or_default(),
        });
        mails.entry(row.credential_id).or_default().push(BadgeMail {
            kind: row.kind,
            state: row.state,
            reason: row.reason,
            made_at: row.created_at.0,
            finished_at: row.finished_at.map(|at| at.0),
            bounce,
        });
    }
    Ok(mails)
}
