//! Work that was given up, each piece with its reason: shown, taken up again, or dropped, because a
//! human says so.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::progress::settle;
use super::statement::{Statement, statements};
use super::value::{Time, Value, count, values};
use super::{GRACE, Store, StoreError};

/// Parked rows of all tables as (kind, id, delivery, source, what it is about, …).
macro_rules! parked {
    ($columns:literal, $which:expr) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM (
                SELECT 'signal' AS kind, id, delivery_id, source, event AS about, reason, attempts, created_at
                    FROM signals WHERE state = 'parked'
                UNION ALL SELECT 'event', id, delivery_id, source, '', reason, attempts, created_at
                    FROM events WHERE state = 'parked'
                UNION ALL SELECT 'mail', mails.id, mails.delivery_id, mails.source,
                        mails.kind || ' ' || awards.badge, mails.reason, mails.attempts, mails.created_at
                    FROM mails JOIN awards ON awards.id = mails.credential_id WHERE mails.state = 'parked'
                UNION ALL SELECT 'notice', id, delivery_id, source, recipient, reason, attempts, created_at
                    FROM notices WHERE state = 'parked'
                UNION ALL SELECT 'code', wallet_offers.id, wallet_offers.delivery_id, wallet_offers.source,
                        awards.badge, wallet_offers.reason, wallet_offers.attempts, wallet_offers.created_at
                    FROM wallet_offers JOIN awards ON awards.id = wallet_offers.credential_id
                    WHERE wallet_offers.state = 'parked'
            ) AS parked
            WHERE ",
            $which
        )
    };
}

/// Of one source, of one kind, with these words in the reason; each where it is given.
macro_rules! filtered {
    ($then:literal) => {
        concat!(
            "(CAST($1 AS TEXT) IS NULL OR source = $1) AND (CAST($2 AS TEXT) IS NULL OR kind = $2)
            AND (CAST($3 AS TEXT) IS NULL OR LOWER(reason) LIKE LOWER($3) ESCAPE '!')",
            $then
        )
    };
}

/// Waiting again, as if nothing had been tried.
macro_rules! retry {
    ($table:literal, $and:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET state = 'waiting', attempts = 0, due_at = $2, sweep_at = $2, finished_at = NULL",
            $and,
            " WHERE id {in $1} AND {plain state} = 'parked' RETURNING delivery_id"
        )
    };
}

/// `$before` keeps the reason of signals and events, which may be all that is known of a grade; what a
/// mail server said names an address and stays no longer than it is needed.
macro_rules! dropped {
    ($table:literal, $state:literal, $before:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET state = '",
            $state,
            "', reason = $2",
            $before,
            ", finished_at = $3 WHERE id {in $1} AND {plain state} = 'parked' RETURNING delivery_id"
        )
    };
}

statements! {
    POSTPONE_EVENT = "UPDATE events SET state = $2, reason = $3, attempts = attempts + 1,
            due_at = COALESCE($4, due_at), sweep_at = COALESCE($5, sweep_at)
        WHERE id = $1 AND state = 'waiting'
        RETURNING delivery_id";

    LIST = parked!(
        "kind, id, delivery_id, source, about, reason, attempts, created_at",
        filtered!(" ORDER BY created_at DESC, id DESC LIMIT $4")
    );

    ALL = parked!(
        "kind, id",
        filtered!(" ORDER BY created_at, id")
    );

    THESE = parked!(
        "kind, id, delivery_id, source, about, reason, attempts, created_at",
        "id {in $1} OR delivery_id {in $1} ORDER BY created_at, id"
    );

    RETRY_SIGNALS = retry!("signals", "");
    RETRY_EVENTS = retry!("events", "");
    RETRY_MAILS =
        retry!("mails", ", leased_until = NULL, bounce = NULL, bounced_at = NULL, bounce_reason = NULL");
    RETRY_NOTICES = retry!("notices", ", leased_until = NULL");
    RETRY_CODES = retry!("wallet_offers", ", leased_until = NULL");

    DROP_SIGNALS = dropped!("signals", "done", " || '; it was parked: ' || reason");
    DROP_EVENTS = dropped!("events", "done", " || '; it was parked: ' || reason");
    DROP_MAILS = dropped!("mails", "withdrawn", "");
    DROP_NOTICES = dropped!("notices", "withdrawn", "");
    DROP_CODES = dropped!("wallet_offers", "withdrawn", "");
}

/// Pieces in one transaction.
const GROUP: usize = 500;

/// What kind of work a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParkedKind {
    /// A signal that could not be confirmed.
    Signal,
    /// A confirmed result that could not be judged, or whose badge could not be signed.
    Event,
    /// A mail about a badge.
    Mail,
    /// A message of the guard to an administrator.
    Notice,
    /// A code for a learner's wallet.
    Code,
}

impl ParkedKind {
    const ALL: [Self; 5] = [Self::Signal, Self::Event, Self::Mail, Self::Notice, Self::Code];

    /// Its name, for people and programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::Event => "event",
            Self::Mail => "mail",
            Self::Notice => "notice",
            Self::Code => "code",
        }
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    fn retry(self) -> &'static Statement {
        match self {
            Self::Signal => &RETRY_SIGNALS,
            Self::Event => &RETRY_EVENTS,
            Self::Mail => &RETRY_MAILS,
            Self::Notice => &RETRY_NOTICES,
            Self::Code => &RETRY_CODES,
        }
    }

    fn drop(self) -> &'static Statement {
        match self {
            Self::Signal => &DROP_SIGNALS,
            Self::Event => &DROP_EVENTS,
            Self::Mail => &DROP_MAILS,
            Self::Notice => &DROP_NOTICES,
            Self::Code => &DROP_CODES,
        }
    }
}

/// A piece of parked work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// What it is.
    pub kind: ParkedKind,
    /// Its row.
    pub id: Uuid,
    /// The delivery from which it follows.
    pub delivery: Uuid,
    /// The source's name.
    pub source: String,
    /// Of a signal the LMS's name of its event, of a mail its kind and badge, of a message to an
    /// administrator the address, of a code the badge.
    pub about: String,
    /// Why it was parked.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when there is this work; UTC.
    pub created_at: DateTime<Utc>,
}

/// Which parked work.
#[derive(Debug, Clone, Default)]
pub struct ParkedFilter {
    /// Only of this source.
    pub source: Option<String>,
    /// Only of this kind.
    pub kind: Option<ParkedKind>,
    /// Only with a reason that has this in it, in large or small letters.
    pub saying: Option<String>,
}

impl ParkedFilter {
    /// The `LIKE` pattern of [`Self::saying`].
    fn pattern(&self) -> Option<String> {
        let escaped = |text: &str| text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        self.saying.as_deref().map(|text| format!("%{}%", escaped(text)))
    }

    fn kind(&self) -> Option<&'static str> {
        self.kind.map(ParkedKind::as_str)
    }
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    delivery_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    kind: String,
    id: Uuid,
}

#[derive(sqlx::FromRow)]
struct ParkedRow {
    kind: String,
    id: Uuid,
    delivery_id: Uuid,
    source: String,
    about: String,
    reason: String,
    attempts: i64,
    created_at: Time,
}

fn pieces(rows: Vec<ParkedRow>) -> Vec<Parked> {
    let piece = |row: ParkedRow| {
        Some(Parked {
            kind: ParkedKind::of(&row.kind)?,
            id: row.id,
            delivery: row.delivery_id,
            source: row.source,
            about: row.about.trim().to_owned(),
            reason: row.reason,
            attempts: count(row.attempts),
            created_at: row.created_at.0,
        })
    };
    rows.into_iter().filter_map(piece).collect()
}

impl Store {
    /// Puts the evaluation of an event off (`Some(until)`) or parks it (`None`), with a reason
    /// and one more attempt. An event that does not wait any more is left as it is.
    pub async fn postpone_event(
        &self,
        event: Uuid,
        until: Option<DateTime<Utc>>,
        reason: &str,
    ) -> Result<(), StoreError> {
        let state = if until.is_some() { "waiting" } else { "parked" };
        let sweep_at = until.map(|until| until + GRACE);
        let mut session = self.pool.write().await?;
        let values = values![event, state, reason, until, sweep_at];
        let rows: Vec<DeliveryRow> = session.all(&POSTPONE_EVENT, values).await?;
        settle(&mut session, rows.into_iter().map(|row| row.delivery_id)).await?;
        session.commit().await
    }

    /// Parked work, newest first.
    pub async fn parked(&self, filter: &ParkedFilter, limit: u32) -> Result<Vec<Parked>, StoreError> {
        let values = values![filter.source.clone(), filter.kind(), filter.pattern(), i64::from(limit)];
        Ok(pieces(self.pool.read().await?.all(&LIST, values).await?))
    }

    /// The kind and row of all parked work that a filter names, oldest first.
    pub async fn parked_keys(&self, filter: &ParkedFilter) -> Result<Vec<(ParkedKind, Uuid)>, StoreError> {
        let values = values![filter.source.clone(), filter.kind(), filter.pattern()];
        let rows: Vec<KeyRow> = self.pool.read().await?.all(&ALL, values).await?;
        Ok(rows.into_iter().filter_map(|row| Some((ParkedKind::of(&row.kind)?, row.id))).collect())
    }

    /// Parked work by its own ids or those of its deliveries, oldest first.
    pub async fn parked_of(&self, ids: &[Uuid]) -> Result<Vec<Parked>, StoreError> {
        Ok(pieces(self.pool.read().await?.all(&THESE, values![ids]).await?))
    }

    /// Lets parked work wait again, its attempts forgotten; the sweeper publishes it in its next
    /// round. What is not parked any more is left as it is. Answers how many pieces those are.
    pub async fn retry_parked(
        &self,
        pieces: &[(ParkedKind, Uuid)],
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        self.change_parked(pieces, |kind, ids| (kind.retry(), values![ids, now])).await
    }

    /// Gives parked work up for good, with who says so and why. Nothing is deleted: signals and events
    /// are done with that reason, mails withdrawn. What is not parked any more is left as it is.
    /// Answers how many pieces those are.
    pub async fn drop_parked(
        &self,
        pieces: &[(ParkedKind, Uuid)],
        by: &str,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let said = format!("dropped by {by}: {reason}");
        self.change_parked(pieces, |kind, ids| (kind.drop(), values![ids, said.clone(), now])).await
    }

    /// Changes pieces by the statement and values for those of each kind, a group in a transaction;
    /// answers how many were changed.
    async fn change_parked(
        &self,
        pieces: &[(ParkedKind, Uuid)],
        how: impl Fn(ParkedKind, Vec<Uuid>) -> (&'static Statement, Vec<Value>),
    ) -> Result<u64, StoreError> {
        let mut all = 0;
        for group in pieces.chunks(GROUP) {
            let mut session = self.pool.write().await?;
            let mut deliveries = Vec::new();
            for (kind, ids) in by_kind(group) {
                let (statement, values) = how(kind, ids);
                let rows: Vec<DeliveryRow> = session.all(statement, values).await?;
                deliveries.extend(rows.into_iter().map(|row| row.delivery_id));
            }
            all += deliveries.len() as u64;
            settle(&mut session, deliveries).await?;
            session.commit().await?;
        }
        Ok(all)
    }
}

/// The ids of each kind, in one order everywhere, so that two who change the same do not wait for each
/// other in a circle.
fn by_kind(pieces: &[(ParkedKind, Uuid)]) -> impl Iterator<Item = (ParkedKind, Vec<Uuid>)> {
    ParkedKind::ALL.into_iter().filter_map(|kind| {
        let ids: BTreeSet<Uuid> = pieces.iter().filter(|one| one.0 == kind).map(|one| one.1).collect();
        (!ids.is_empty()).then(|| (kind, ids.into_iter().collect()))
    })
}
