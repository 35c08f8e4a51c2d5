//! Scopes: what is watched, locked and with what was counted in it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::StoreError;
use super::holds::HoldRow;
use super::learned::{Hour, MEMORY, hour_of, peak, start_of};
use super::session::Session;
use super::statement::statements;
use super::value::{Time, values};

statements! {
    LOCK_SCOPES = "SELECT scope, peak, peak_window, peak_hour FROM guard_scopes
        WHERE scope {in text $1} ORDER BY scope {lock}";

    ADD_SCOPES [scope Text] = "INSERT INTO guard_scopes (scope) SELECT r.scope FROM {rows} WHERE true
        ON CONFLICT (scope) DO NOTHING";

    OPEN_HOLDS = "SELECT id, scope, state, expected, hours, basis, awarded, opened_at, decided_at,
            decided_by, reason, decided
        FROM guard_holds WHERE scope {in text $1} AND state = 'open'";

    COUNTS = "SELECT scope, hour, counted, known FROM guard_counts
        WHERE scope {in text $1} AND hour >= $2 ORDER BY scope, hour";

    REMEMBER_PEAK = "UPDATE guard_scopes SET peak = $2, peak_window = $3, peak_hour = $4
        WHERE scope = $1";

    FORGET_COUNTS = "DELETE FROM guard_counts WHERE scope = $1 AND hour < $2";
}

/// One scope.
#[derive(Default)]
pub(super) struct Scope {
    /// What is remembered: the peak, of which window, found in which hour.
    remembered: Option<(i64, i64, i64)>,
    pub(super) open: Option<Uuid>,
    pub(super) hours: Vec<Hour>,
    /// Awards of this batch.
    pub(super) counted: i64,
    pub(super) known: i64,
}

#[derive(sqlx::FromRow)]
struct ScopeRow {
    scope: String,
    peak: Option<i64>,
    peak_window: Option<i64>,
    peak_hour: Option<Time>,
}

#[derive(sqlx::FromRow)]
struct CountRow {
    scope: String,
    hour: Time,
    counted: i64,
    known: i64,
}

/// Locks scopes, in the order of their names, and reads what was counted in the longest window (in
/// hours). A scope that is seen first is made.
pub(super) async fn lock_scopes(
    session: &mut Session,
    names: Vec<String>,
    longest: u32,
    now: DateTime<Utc>,
) -> Result<BTreeMap<String, Scope>, StoreError> {
    let mut rows: Vec<ScopeRow> = session.all(&LOCK_SCOPES, values![names.clone()]).await?;
    if rows.len() < names.len() {
        session.run_rows(&ADD_SCOPES, names.iter().map(|name| values![name]).collect()).await?;
        rows = session.all(&LOCK_SCOPES, values![names.clone()]).await?;
    }
    let mut scopes: BTreeMap<String, Scope> = BTreeMap::new();
    for row in rows {
        let remembered = row.peak.zip(row.peak_window).zip(row.peak_hour);
        let remembered = remembered.map(|((peak, window), hour)| (peak, window, hour_of(hour.0)));
        scopes.insert(row.scope, Scope { remembered, ..Scope::default() });
    }
    let holds: Vec<HoldRow> = session.all(&OPEN_HOLDS, values![names.clone()]).await?;
    for hold in holds {
        if let Some(scope) = scopes.get_mut(&hold.scope) {
            scope.open = Some(hold.id);
        }
    }
    let first = start_of(hour_of(now) - i64::from(longest));
    let rows: Vec<CountRow> = session.all(&COUNTS, values![names, first]).await?;
    for row in rows {
        if let Some(scope) = scopes.get_mut(&row.scope) {
            scope.hours.push(row.hour());
        }
    }
    Ok(scopes)
}

impl Scope {
    /// The most awards in one window so far: found once an hour, for that means reading all
    /// that is remembered.
    pub(super) async fn peak(
        &mut self,
        session: &mut Session,
        name: &str,
        this_hour: i64,
        window: u32,
    ) -> Result<i64, StoreError> {
        if let Some((peak, of, hour)) = self.remembered
            && (of, hour) == (i64::from(window), this_hour)
        {
            return Ok(peak);
        }
        let first = start_of(this_hour) - MEMORY;
        let rows: Vec<CountRow> = session.all(&COUNTS, values![vec![name.to_owned()], first]).await?;
        let hours: Vec<Hour> = rows.iter().map(CountRow::hour).collect();
        let peak = peak(&hours, this_hour, window);
        session.run(&REMEMBER_PEAK, values![name, peak, i64::from(window), start_of(this_hour)]).await?;
        session.run(&FORGET_COUNTS, values![name, first]).await?;
        self.remembered = Some((peak, i64::from(window), this_hour));
        Ok(peak)
    }
}

impl CountRow {
    fn hour(&self) -> Hour {
        Hour { hour: hour_of(self.hour.0), counted: self.counted, known: self.known }
    }
}
