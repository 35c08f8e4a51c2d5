//! What the guard holds, and what humans decide about it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::learned::window;
use super::statement::statements;
use super::value::{Time, Value, count, values};
use super::{Store, StoreError};

statements! {
    HOLDS = "SELECT id, scope, state, expected, hours, basis, awarded, opened_at, decided_at,
            decided_by, reason, decided,
            (SELECT COUNT(*) FROM guard_awards WHERE guard_awards.hold_id = guard_holds.id) AS held
        FROM guard_holds WHERE state = 'open' OR $1
        ORDER BY opened_at DESC, id DESC LIMIT $2";

    HOLD = "SELECT id, scope, state, expected, hours, basis, awarded, opened_at, decided_at,
            decided_by, reason, decided,
            (SELECT COUNT(*) FROM guard_awards WHERE guard_awards.hold_id = guard_holds.id) AS held
        FROM guard_holds WHERE id = $1";

    COUNT_OPEN = "SELECT (SELECT COUNT(*) FROM guard_holds WHERE state = 'open') AS holds,
            (SELECT COUNT(*) FROM guard_awards
                JOIN guard_holds ON guard_holds.id = guard_awards.hold_id
                WHERE guard_holds.state = 'open') AS awards";

    /// Before its scope: who awards takes them in this order, too.
    LOCK_HOLD = "SELECT scope, state FROM guard_holds WHERE id = $1 {lock}";

    LOCK_SCOPE = "SELECT scope FROM guard_scopes WHERE scope = $1 {lock}";

    DECIDE_HOLD = "UPDATE guard_holds SET state = $2, decided_at = $3, decided_by = $4, reason = $5,
            telling = true,
            decided = (SELECT COUNT(*) FROM guard_awards WHERE guard_awards.hold_id = guard_holds.id)
        WHERE id = $1";

    /// From now on a human knows of them: the count begins anew.
    KNOW_COUNTS = "UPDATE guard_counts SET known = known + counted, counted = 0
        WHERE scope = $1 AND counted > 0";

    FORGET_PEAK = "UPDATE guard_scopes SET peak_hour = NULL WHERE scope = $1";

}

/// What is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The awards of one badge.
    Badge(String),
    /// The awards that follow from one source.
    Source(String),
    /// All awards.
    All,
}

/// Awards that are held together until a human decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: Uuid,
    /// What is held.
    pub scope: Scope,
    /// What was decided.
    pub state: HoldState,
    /// So many awards were expected,
    pub expected: u32,
    /// in so many hours,
    pub hours: u32,
    /// and this is where the number comes from, for people.
    pub basis: String,
    /// So many had left in that time.
    pub awarded: u32,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// How many awards are held: still open, or not looked at again since the decision.
    pub held: u32,
}

/// What was decided about a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldState {
    /// Nothing yet.
    Open,
    /// Its awards are judged again, and made.
    Released(HoldDecision),
    /// Its awards are not made, unless what they rest on changes.
    Cancelled(HoldDecision),
}

/// A decision about a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldDecision {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// About how many awards.
    pub awards: u32,
}

/// What came of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldDecided {
    /// It holds from now on, about so many awards.
    Stored(u32),
    /// Somebody decided before: nothing was stored.
    Already(Hold),
    /// There is no such hold.
    Unknown,
}

#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct HoldRow {
    pub(super) id: Uuid,
    pub(super) scope: String,
    state: String,
    expected: i64,
    hours: i64,
    basis: String,
    awarded: i64,
    opened_at: Time,
    decided_at: Option<Time>,
    decided_by: String,
    reason: String,
    decided: i64,
    #[sqlx(default)]
    held: i64,
}

#[derive(sqlx::FromRow)]
struct CountRow {
    holds: i64,
    awards: i64,
}

#[derive(sqlx::FromRow)]
struct LockedRow {
    scope: String,
    state: String,
}

impl HoldRow {
    /// A hold that is opened now; `expected` is the number and its hours.
    pub(super) fn new(
        id: Uuid,
        scope: String,
        expected: (i64, u32),
        basis: String,
        awarded: i64,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            scope,
            state: "open".to_owned(),
            expected: expected.0,
            hours: i64::from(expected.1),
            basis,
            awarded,
            opened_at: now.into(),
            decided_at: None,
            decided_by: String::new(),
            reason: String::new(),
            decided: 0,
            held: 0,
        }
    }

    /// As it is inserted.
    pub(super) fn values(&self) -> Vec<Value> {
        let Self { id, scope, expected, hours, basis, awarded, opened_at, .. } = self;
        values![*id, scope, *expected, *hours, basis, *awarded, *opened_at]
    }
}

impl From<HoldRow> for Hold {
    fn from(row: HoldRow) -> Self {
        let decision = HoldDecision {
            at: row.decided_at.map_or(DateTime::UNIX_EPOCH, |at| at.0),
            by: row.decided_by,
            reason: row.reason,
            awards: count(row.decided),
        };
        Self {
            id: row.id,
            scope: Scope::from_name(&row.scope),
            state: match row.state.as_str() {
                "released" => HoldState::Released(decision),
                "cancelled" => HoldState::Cancelled(decision),
                _ => HoldState::Open,
            },
            expected: count(row.expected),
            hours: count(row.hours),
            basis: row.basis,
            awarded: count(row.awarded),
            opened_at: row.opened_at.0,
            held: count(row.held),
        }
    }
}

impl Scope {
    fn from_name(name: &str) -> Self {
        match name.split_once(':') {
            Some(("badge", badge)) => Self::Badge(badge.to_owned()),
            Some(("source", source)) => Self::Source(source.to_owned()),
            _ => Self::All,
        }
    }

    /// For people: `the badge first-aid`.
    pub fn name(&self) -> String {
        match self {
            Self::Badge(badge) => format!("the badge {badge}"),
            Self::Source(source) => format!("the source {source}"),
            Self::All => "all badges together".to_owned(),
        }
    }
}

impl Hold {
    /// The window, for people: `1 day`.
    pub fn window(&self) -> String {
        window(self.hours)
    }

    /// What is more than expected, for people: `more than 200 awards of the badge first-aid in 1 day`.
    pub fn over(&self) -> String {
        let what = match &self.scope {
            Scope::Badge(badge) => format!(" of the badge {badge}"),
            Scope::Source(source) => format!(" from the source {source}"),
            Scope::All => String::new(),
        };
        let award = if self.expected == 1 { "award" } else { "awards" };
        format!("more than {} {award}{what} in {}", self.expected, self.window())
    }

    /// What follows, for people, while nobody has decided; it ends what is said of an award.
    pub fn undecided(&self) -> String {
        undecided(self.id)
    }
}

pub(super) fn undecided(hold: Uuid) -> String {
    format!(": an administrator decides (accolade held show {hold})")
}

impl HoldState {
    /// The stored name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Released(_) => "released",
            Self::Cancelled(_) => "cancelled",
        }
    }

    /// The decision, if there is one.
    pub fn decision(&self) -> Option<&HoldDecision> {
        match self {
            Self::Open => None,
            Self::Released(decision) | Self::Cancelled(decision) => Some(decision),
        }
    }
}

impl Store {
    /// Holds, newest first: the open ones, or all.
    pub async fn holds(&self, all: bool, limit: u32) -> Result<Vec<Hold>, StoreError> {
        let rows: Vec<HoldRow> = self.pool.read().await?.all(&HOLDS, values![all, limit]).await?;
        Ok(rows.into_iter().map(Hold::from).collect())
    }

    /// One hold.
    pub async fn hold(&self, id: Uuid) -> Result<Option<Hold>, StoreError> {
        let row: Option<HoldRow> = self.pool.read().await?.optional(&HOLD, values![id]).await?;
        Ok(row.map(Hold::from))
    }

    /// How many holds are open, and how many awards they hold.
    pub async fn open_holds(&self) -> Result<(i64, i64), StoreError> {
        let row: Option<CountRow> = self.pool.read().await?.optional(&COUNT_OPEN, Vec::new()).await?;
        Ok(row.map_or((0, 0), |row| (row.holds, row.awards)))
    }

    /// Decides about all awards of a hold: they are judged again and made, or not made. Who
    /// decides first has decided. The scope's count begins anew.
    pub async fn decide_hold(
        &self,
        id: Uuid,
        release: bool,
        by: &str,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<HoldDecided, StoreError> {
        let mut session = self.pool.write().await?;
        let locked: Option<LockedRow> = session.optional(&LOCK_HOLD, values![id]).await?;
        let Some(locked) = locked else { return Ok(HoldDecided::Unknown) };
        if locked.state == "open" {
            session.run(&LOCK_SCOPE, values![&locked.scope]).await?;
            let state = if release { "released" } else { "cancelled" };
            session.run(&DECIDE_HOLD, values![id, state, now, by, reason]).await?;
            session.run(&KNOW_COUNTS, values![&locked.scope]).await?;
            session.run(&FORGET_PEAK, values![&locked.scope]).await?;
        }
        let row: Option<HoldRow> = session.optional(&HOLD, values![id]).await?;
        session.commit().await?;
        let Some(hold) = row.map(Hold::from) else { return Ok(HoldDecided::Unknown) };
        Ok(match hold.state.decision() {
            Some(decision) if locked.state == "open" => HoldDecided::Stored(decision.awards),
            _ => HoldDecided::Already(hold),
        })
    }
}
