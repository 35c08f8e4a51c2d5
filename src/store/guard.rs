//! The guard: no more awards leave in a window than are expected. What is more is held until a
//! human decides ([`super::holds`]).
//!
//! It decides within the transaction that makes the awards. Awards are counted by the hour in
//! each scope that they belong to (the badge, the source, everything), under the locks of these
//! scopes' rows, taken in the order of their names. A batch without awards takes none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::awards::{AwardKey, award_key};
use super::holds::{Hold, HoldRow};
use super::learned::{self, basis, hour_of, start_of, used};
use super::notices::announce_holds;
use super::scopes::{Scope, lock_scopes};
use super::session::Session;
use super::statement::statements;
use super::value::{key, values};
use super::{AwardCommit, NewAward, StoreError};
use crate::config::{Expected, Notify};
use crate::ids;

statements! {
    COUNT [scope Text, hour Time, counted Int, known Int] =
        "INSERT INTO guard_counts (scope, hour, counted, known)
        SELECT r.scope, r.hour, r.counted, r.known FROM {rows} WHERE true
        ON CONFLICT (scope, hour) DO UPDATE SET counted = guard_counts.counted + excluded.counted,
            known = guard_counts.known + excluded.known";

    /// What was released is learned at once.
    FORGET_PEAKS = "UPDATE guard_scopes SET peak_hour = NULL WHERE scope {in text $1}";

    INSERT_HOLDS [
        id Uuid, scope Text, expected Int, hours Int, basis Text, awarded Int, opened_at Time,
    ] = "INSERT INTO guard_holds
            (id, scope, state, expected, hours, basis, awarded, opened_at, decided_at, decided_by,
             reason, decided, telling)
        SELECT r.id, r.scope, 'open', r.expected, r.hours, r.basis, r.awarded, r.opened_at, NULL, '',
            '', 0, false
        FROM {rows}";

    /// One that was cancelled, and rests on something else now, is held anew.
    PUT_AWARDS [
        person_id Uuid, issuer Text, badge Text, hold_id Uuid, event_id Uuid, evidence Text, grade Text,
        since Time,
    ] = "INSERT INTO guard_awards
            (person_id, issuer, badge, hold_id, event_id, evidence, grade, since, told)
        SELECT r.person_id, r.issuer, r.badge, r.hold_id, r.event_id, r.evidence, r.grade, r.since, false
        FROM {rows} WHERE true
        ON CONFLICT (person_id, issuer, badge) DO UPDATE SET hold_id = excluded.hold_id,
            event_id = excluded.event_id, evidence = excluded.evidence, grade = excluded.grade,
            since = excluded.since, told = false";
}

/// How an award passes the guard.
#[derive(Debug, Clone)]
pub enum Passage {
    /// Without being counted: a human granted it, or the guard is off.
    Free,
    /// A human released it: counted as known, never held again.
    Released,
    /// Counted, and held where there are more than expected.
    Counted(Box<Counted>),
}

/// What the guard has to know of an award.
#[derive(Debug, Clone)]
pub struct Counted {
    /// What is expected of its badge.
    pub badge: Expected,
    /// What is expected of the source of its event.
    pub source: Expected,
    /// What is expected of everything.
    pub overall: Expected,
    /// A hash of the evidence on which it rests.
    pub evidence: String,
    /// The same for people: `Final test: 41 of 50 points`.
    pub grade: String,
    /// Who is told if it is held.
    pub notify: Arc<Notify>,
}

impl Passage {
    /// The longest window that counts for it, in hours.
    fn longest(&self) -> u32 {
        match self {
            Self::Free | Self::Released => 0,
            Self::Counted(counted) => {
                let Counted { badge, source, overall, .. } = &**counted;
                badge.hours().max(source.hours()).max(overall.hours())
            }
        }
    }
}

/// An evaluated event whose awards ask to be made.
pub(super) struct Asking<'a> {
    pub(super) commit: &'a AwardCommit,
    pub(super) source: &'a str,
}

/// Events of which an award is held: nothing of them may be stored, they have to be judged again.
/// Each with the holds that it opened.
pub(super) type Stopped = BTreeMap<Uuid, Vec<Hold>>;

/// The scope of everything.
pub(super) const ALL: &str = "all";

/// The scopes that an award belongs to, the narrowest first.
fn scopes(award: &NewAward, source: &str) -> [String; 3] {
    [format!("badge:{}", key(&award.badge)), format!("source:{source}"), ALL.to_owned()]
}

/// Asks for the awards of a batch that do not exist yet. Counts those that may be made, and
/// stores that the others are held. The caller holds the locks of the persons, and of the holds
/// that its commits name.
pub(super) async fn ask(
    session: &mut Session,
    asking: &[Asking<'_>],
    existing: &BTreeSet<AwardKey>,
    now: DateTime<Utc>,
) -> Result<Stopped, StoreError> {
    let (mut names, mut longest) = (BTreeSet::new(), 0);
    for Asking { commit, source } in asking {
        for award in commit.awards.iter().filter(|award| !matches!(award.passage, Passage::Free)) {
            names.extend(scopes(award, source));
            longest = longest.max(award.passage.longest());
        }
    }
    if names.is_empty() {
        return Ok(Stopped::new());
    }
    let mut guard = Guard::lock(session, names.into_iter().collect(), longest, now).await?;
    let mut answer = Stopped::new();
    let mut made = BTreeSet::new();
    for Asking { commit, source } in asking {
        let fresh: Vec<&NewAward> = commit
            .awards
            .iter()
            .filter(|award| {
                let name = award_key(commit, award);
                !existing.contains(&name) && !made.contains(&name)
            })
            .collect();
        let (mut passing, mut stopped) = (Vec::new(), None);
        for award in fresh {
            if let Some(stop) = guard.stops(session, award, source).await? {
                let opened = guard.hold(stop, commit, award, source);
                stopped.get_or_insert_with(Vec::new).extend(opened);
            } else {
                guard.count(award, source, 1);
                passing.push(award);
            }
        }
        match stopped {
            // What it awards beside may rest on what is held.
            Some(opened) => {
                for award in passing {
                    guard.count(award, source, -1);
                }
                answer.insert(commit.event, opened);
            }
            None => made.extend(passing.into_iter().map(|award| award_key(commit, award))),
        }
    }
    guard.write(session).await?;
    Ok(answer)
}

/// The scopes of a batch, locked.
struct Guard {
    now: DateTime<Utc>,
    scopes: BTreeMap<String, Scope>,
    /// Holds that are opened now.
    opened: Vec<HoldRow>,
    /// Awards that are held now, as rows.
    held: Vec<Held>,
    notices: Vec<(Uuid, Uuid, String, Arc<Notify>)>,
}

struct Held {
    commit: (Uuid, Uuid),
    issuer: String,
    badge: String,
    hold: Uuid,
    counted: Counted,
}

/// Why an award does not leave.
enum Stop {
    Joins(Uuid),
    Opens { scope: String, expected: Expected, number: i64, basis: String, awarded: i64 },
}

impl Guard {
    async fn lock(
        session: &mut Session,
        names: Vec<String>,
        longest: u32,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let scopes = lock_scopes(session, names, longest, now).await?;
        Ok(Self { now, scopes, opened: Vec::new(), held: Vec::new(), notices: Vec::new() })
    }

    /// Why an award may not be made; `None` if it may.
    async fn stops(
        &mut self,
        session: &mut Session,
        award: &NewAward,
        source: &str,
    ) -> Result<Option<Stop>, StoreError> {
        let Passage::Counted(counted) = &award.passage else { return Ok(None) };
        let names = scopes(award, source);
        for name in &names {
            if let Some(hold) = self.scopes.get(name).and_then(|scope| scope.open) {
                return Ok(Some(Stop::Joins(hold)));
            }
        }
        let expected = [&counted.badge, &counted.source, &counted.overall];
        for (name, expected) in names.into_iter().zip(expected) {
            if let Some(stop) = self.full(session, name, expected).await? {
                return Ok(Some(stop));
            }
        }
        Ok(None)
    }

    /// Whether one more award is more than a scope expects.
    async fn full(
        &mut self,
        session: &mut Session,
        name: String,
        expected: &Expected,
    ) -> Result<Option<Stop>, StoreError> {
        let this_hour = hour_of(self.now);
        let Some(scope) = self.scopes.get_mut(&name) else { return Ok(None) };
        let awarded = used(&scope.hours, this_hour, expected.hours()) + scope.counted;
        let (number, basis) = match expected {
            Expected::Set { expect, .. } if awarded < i64::from(expect.number) => return Ok(None),
            Expected::Learned { floor, .. } if awarded < i64::from(*floor) => return Ok(None),
            Expected::Set { expect, .. } => (i64::from(expect.number), basis(expected, 0)),
            Expected::Learned { floor, hours } => {
                let peak = scope.peak(session, &name, this_hour, *hours).await?;
                (learned::learned(peak, *floor), basis(expected, peak))
            }
        };
        let stop = || Stop::Opens { scope: name, expected: expected.clone(), number, basis, awarded };
        Ok((awarded >= number).then(stop))
    }

    /// Holds an award; the hold that is opened for it, if one is.
    fn hold(&mut self, stop: Stop, commit: &AwardCommit, award: &NewAward, source: &str) -> Option<Hold> {
        let Passage::Counted(counted) = &award.passage else { return None };
        let (hold, opened) = match stop {
            Stop::Joins(hold) => (hold, None),
            Stop::Opens { scope, expected, number, basis, awarded } => {
                let id = ids::timed(self.now);
                let row =
                    HoldRow::new(id, scope.clone(), (number, expected.hours()), basis, awarded, self.now);
                let hold = Hold::from(row.clone());
                self.opened.push(row);
                self.notices.push((id, commit.delivery, source.to_owned(), Arc::clone(&counted.notify)));
                if let Some(scope) = self.scopes.get_mut(&scope) {
                    scope.open = Some(id);
                }
                (id, Some(hold))
            }
        };
        self.held.push(Held {
            commit: (commit.person, commit.event),
            issuer: key(&award.issuer).into_owned(),
            badge: key(&award.badge).into_owned(),
            hold,
            counted: Counted::clone(counted),
        });
        opened
    }

    /// Counts an award, or with -1 counts it no more.
    fn count(&mut self, award: &NewAward, source: &str, by: i64) {
        let (counted, known) = match award.passage {
            Passage::Free => return,
            Passage::Released => (0, by),
            Passage::Counted(_) => (by, 0),
        };
        for name in scopes(award, source) {
            if let Some(scope) = self.scopes.get_mut(&name) {
                scope.counted += counted;
                scope.known += known;
            }
        }
    }

    async fn write(self, session: &mut Session) -> Result<(), StoreError> {
        let hour = start_of(hour_of(self.now));
        let counts = self.scopes.iter().filter(|(_, scope)| scope.counted + scope.known > 0);
        let rows = counts.map(|(name, scope)| values![name, hour, scope.counted, scope.known]).collect();
        session.run_rows(&COUNT, rows).await?;
        let taught = self.scopes.iter().filter(|(_, scope)| scope.known > 0);
        let taught: Vec<String> = taught.map(|(name, _)| name.clone()).collect();
        if !taught.is_empty() {
            session.run(&FORGET_PEAKS, values![taught]).await?;
        }
        let rows = self.opened.iter().map(HoldRow::values).collect();
        session.run_rows(&INSERT_HOLDS, rows).await?;
        // Of an award that two events lead to one row is enough, and in one statement there may
        // be no two.
        let mut held = BTreeMap::new();
        for one in self.held {
            held.insert((one.commit.0, one.issuer.clone(), one.badge.clone()), one);
        }
        let rows = held.into_values().map(|one| {
            let Held { commit: (person, event), issuer, badge, hold, counted } = one;
            values![person, issuer, badge, hold, event, counted.evidence, counted.grade, self.now]
        });
        session.run_rows(&PUT_AWARDS, rows.collect()).await?;
        announce_holds(session, &self.notices, self.now).await
    }
}
