//! What becomes of a signal after the LMS was asked: pure, no I/O and no clock.

use std::collections::BTreeMap;
use std::time::Duration;

use accolade_connectors::{ApiError, Confirmation, Outcome};
use chrono::{DateTime, TimeDelta, Utc};

use super::retry::backoff;
use crate::rules::Rulebook;
use crate::store::{ConfirmResult, RuledOutcome, SignalVerdict, StoredSignal};

/// Tries after which a signal is parked that brings its worker down. More than the tries of a
/// signal that only waits for the LMS.
const CRASHES: u32 = 16;
/// Waits after a passing fault of the LMS that names none.
const FAULT_WAIT: (Duration, Duration) = (Duration::from_secs(10), Duration::from_mins(10));
/// The longest wait that a fault of the LMS may ask for: a page of a proxy may ask for a year.
const LONGEST_FAULT: Duration = Duration::from_hours(1);
/// The longest wait that a limit of the LMS may ask for; Blackboard counts calls by the day.
const LONGEST_LIMIT: Duration = Duration::from_hours(24);
/// Waits while the LMS does not show what a signal tells. Moodle sends up to 5 s early.
const SETTLE_WAIT: (Duration, Duration) = (Duration::from_secs(3), Duration::from_mins(2));
/// How often work waits for a token, or a source, that a human has to bring back.
const HUMAN_WAIT: Duration = Duration::from_mins(2);

/// Gives verdicts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdicts<'a> {
    pub(super) rules: &'a Rulebook,
    pub(super) now: DateTime<Utc>,
    /// How long the LMS may take to show what a signal tells.
    pub(super) settle: Duration,
}

impl Verdicts<'_> {
    /// What the LMS's word means for the signals of one reading, in their order.
    ///
    /// Where the LMS does not show yet what a signal tells, or that could not be read, what it
    /// shows of that learner may be about to change: earlier signals of theirs, which it seems to
    /// confirm, wait with it. 80, then 40, and an LMS that still shows 80 would award a badge
    /// otherwise. How old those are does not matter: the later change is what is young.
    pub(super) fn said(&self, rows: &[StoredSignal], said: Vec<Confirmation>) -> Vec<ConfirmResult> {
        let mut open: BTreeMap<&str, Option<DateTime<Utc>>> = BTreeMap::new();
        for (row, said) in rows.iter().zip(&said) {
            let is_open = matches!(said, Confirmation::Unsettled { .. } | Confirmation::Unread(_));
            if is_open && self.age(row) < self.settle {
                let latest = open.entry(&row.signal.learner).or_default();
                *latest = (*latest).max(row.signal.occurred_at);
            }
        }
        let overtaken = |row: &StoredSignal| {
            open.get(row.signal.learner.as_str()).is_some_and(|latest| *latest >= row.signal.occurred_at)
        };
        let judge = |(row, said): (&StoredSignal, Confirmation)| match said {
            Confirmation::Settled(_) if overtaken(row) => {
                let why = "a later event of this learner tells of a change that is not shown yet".to_owned();
                self.unsettled(row, why)
            }
            Confirmation::Unsettled { why, .. } if overtaken(row) => self.unsettled(row, why),
            said => self.one(row, said),
        };
        rows.iter().zip(said).map(judge).collect()
    }

    fn one(&self, row: &StoredSignal, said: Confirmation) -> ConfirmResult {
        match said {
            Confirmation::Settled(outcomes) => {
                let reason = self.remarks(&row.source, &outcomes);
                result(row, self.ruled(&row.source, outcomes), SignalVerdict::Done { reason })
            }
            Confirmation::Nothing { why } => result(row, Vec::new(), SignalVerdict::Done { reason: why }),
            Confirmation::Unread(error) => self.fault(row, &error, true),
            Confirmation::Unsettled { why, .. } if self.age(row) < self.settle => self.unsettled(row, why),
            Confirmation::Unsettled { outcomes, why } => {
                let shown = self.remarks(&row.source, &outcomes);
                let reason = format!("{why}; the LMS never showed it, so what it shows counts: {shown}");
                result(row, self.ruled(&row.source, outcomes), SignalVerdict::Done { reason })
            }
        }
    }

    /// What the LMS shows is about to change: nothing rests on it yet, or a grade that was just
    /// taken back would earn a badge.
    fn unsettled(&self, row: &StoredSignal, reason: String) -> ConfirmResult {
        let until = self.after(backoff(SETTLE_WAIT.0, SETTLE_WAIT.1, row.attempts));
        result(row, Vec::new(), SignalVerdict::Wait { until, attempt: true, reason })
    }

    /// What a fault of the LMS means for one signal: it waits, whatever the fault, unless the
    /// LMS refuses the very request for good and the signal's learner stood `alone` in it.
    pub(super) fn fault(&self, row: &StoredSignal, error: &ApiError, alone: bool) -> ConfirmResult {
        let reason = error.to_string();
        // Attempts are not counted here: the age tells how long the fault lasts already.
        let age = self.age(row).as_secs().checked_div(FAULT_WAIT.0.as_secs()).unwrap_or(0);
        let steps = age.checked_ilog2().map_or(0, |steps| steps + 1);
        let usual = backoff(FAULT_WAIT.0, FAULT_WAIT.1, steps);
        let wait = match error {
            ApiError::RateLimited { retry_after, .. } => retry_after.unwrap_or(usual).min(LONGEST_LIMIT),
            ApiError::Unavailable { retry_after, .. } => retry_after.unwrap_or(usual).min(LONGEST_FAULT),
            ApiError::Unauthorized { .. } => HUMAN_WAIT,
            ApiError::Refused { .. } if alone => {
                return result(row, Vec::new(), SignalVerdict::Park { reason });
            }
            // One of several is to blame, and which one is not known yet.
            ApiError::Refused { .. } => usual,
        };
        result(row, Vec::new(), SignalVerdict::Wait { until: self.after(wait), attempt: false, reason })
    }

    /// The connector panicked, or answered nonsense.
    pub(super) fn crashed(&self, row: &StoredSignal) -> ConfirmResult {
        let verdict = if row.attempts.saturating_add(1) >= CRASHES {
            let reason = format!("confirming it failed {CRASHES} times inside the program; please report it");
            SignalVerdict::Park { reason }
        } else {
            SignalVerdict::Wait {
                until: self.after(backoff(FAULT_WAIT.0, FAULT_WAIT.1, row.attempts)),
                attempt: true,
                reason: "confirming it failed inside the program".to_owned(),
            }
        };
        result(row, Vec::new(), verdict)
    }

    /// The signal's source is not configured any more.
    pub(super) fn without_source(&self, row: &StoredSignal) -> ConfirmResult {
        let reason = format!(
            "the source “{}” is not in the configuration any more; put it back and its work goes on",
            row.source
        );
        result(row, Vec::new(), SignalVerdict::Wait { until: self.after(HUMAN_WAIT), attempt: false, reason })
    }

    fn ruled(&self, source: &str, outcomes: Vec<Outcome>) -> Vec<RuledOutcome> {
        let ruled = |outcome: Outcome| RuledOutcome {
            passes: self.rules.passes(source, &outcome),
            named: self.rules.names(source, &outcome),
            outcome,
        };
        outcomes.into_iter().map(ruled).collect()
    }

    /// One line for people. What no rule names is left out if something else is named.
    fn remarks(&self, source: &str, outcomes: &[Outcome]) -> String {
        let (named, rest): (Vec<_>, Vec<_>) =
            outcomes.iter().partition(|outcome| self.rules.names(source, outcome));
        let told = if named.is_empty() { rest } else { named };
        let remark = |outcome: &Outcome| {
            let name = outcome.assessment.name.as_deref().unwrap_or(&outcome.assessment.id);
            format!("{name}: {}", self.rules.remark(source, outcome))
        };
        let lines: Vec<String> = told.into_iter().map(remark).collect();
        if lines.is_empty() { "the LMS shows no grade".to_owned() } else { lines.join("; ") }
    }

    fn age(&self, row: &StoredSignal) -> Duration {
        (self.now - row.created_at).to_std().unwrap_or_default()
    }

    fn after(&self, wait: Duration) -> DateTime<Utc> {
        let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::days(1));
        self.now.checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// It is given up, for people to look at.
pub(super) fn parked(row: &StoredSignal, reason: String) -> ConfirmResult {
    result(row, Vec::new(), SignalVerdict::Park { reason })
}

fn result(row: &StoredSignal, outcomes: Vec<RuledOutcome>, verdict: SignalVerdict) -> ConfirmResult {
    ConfirmResult {
        signal: row.id,
        delivery: row.delivery,
        source: row.source.clone(),
        outcomes,
        // What confirms itself says the same however often it is asked.
        read: row.signal.outcome.is_none(),
        verdict,
    }
}

#[cfg(test)]
mod tests {
    use accolade_connectors::Signal;
    use uuid::Uuid;

    use super::*;

    const NOW: i64 = 1_795_423_000;

    fn row(age: i64, attempts: u32) -> StoredSignal {
        let created_at = DateTime::from_timestamp(NOW - age, 0).unwrap();
        StoredSignal {
            id: Uuid::from_u128(1),
            delivery: Uuid::from_u128(2),
            source: "moodle".to_owned(),
            signal: Signal {
                key: "k".to_owned(),
                batch: "course:2".to_owned(),
                event: "user_graded".to_owned(),
                learner: "4".to_owned(),
                course: Some("2".to_owned()),
                occurred_at: None,
                detail: serde_json::Value::Null,
                outcome: None,
            },
            attempts,
            not_before: created_at,
            sweep_at: created_at,
            created_at,
        }
    }

    fn verdict(judge: impl FnOnce(Verdicts<'_>) -> ConfirmResult) -> SignalVerdict {
        let rules = Rulebook::new(Vec::new());
        let now = DateTime::from_timestamp(NOW, 0).unwrap();
        judge(Verdicts { rules: &rules, now, settle: Duration::from_mins(5) }).verdict
    }

    /// Seconds until it is tried again, and whether that is an attempt; `None` when it is over.
    fn wait(verdict: &SignalVerdict) -> Option<(i64, bool)> {
        match verdict {
            SignalVerdict::Wait { until, attempt, .. } => Some((until.timestamp() - NOW, *attempt)),
            _ => None,
        }
    }

    fn fault(age: i64, error: &ApiError) -> SignalVerdict {
        verdict(|verdicts| verdicts.fault(&row(age, 0), error, true))
    }

    #[test]
    fn a_passing_fault_waits_however_long_it_lasts_and_spends_no_attempt() {
        let away = ApiError::Unavailable { what: "away".to_owned(), retry_after: None };
        let waits = [0, 10, 40, 600, 86_400 * 30].map(|age| wait(&fault(age, &away)));
        assert_eq!(
            waits,
            [Some((10, false)), Some((20, false)), Some((80, false)), Some((600, false)), Some((600, false))]
        );
        let told =
            ApiError::RateLimited { what: "slow".to_owned(), retry_after: Some(Duration::from_secs(77)) };
        assert_eq!(wait(&fault(0, &told)), Some((77, false)), "it waits as told");
        let token = ApiError::Unauthorized { what: "token".to_owned() };
        assert_eq!(wait(&fault(86_400 * 365, &token)), Some((120, false)), "a token is waited for for ever");
    }

    #[test]
    fn only_a_refusal_of_the_very_request_parks() {
        let refused = ApiError::Refused { what: "no".to_owned() };
        assert!(matches!(fault(0, &refused), SignalVerdict::Park { .. }));
        let beside = verdict(|verdicts| verdicts.fault(&row(0, 0), &refused, false));
        assert_eq!(wait(&beside), Some((10, false)), "not for what is refused to a neighbour");
    }

    #[test]
    fn no_fault_makes_a_signal_wait_for_years() {
        let year = Some(Duration::from_hours(24 * 365));
        let away = ApiError::Unavailable { what: "away".to_owned(), retry_after: year };
        assert_eq!(wait(&fault(0, &away)), Some((3_600, false)));
        let limit = ApiError::RateLimited { what: "limit".to_owned(), retry_after: year };
        assert_eq!(wait(&fault(0, &limit)), Some((86_400, false)));
    }

    #[test]
    fn what_the_lms_never_shows_ends_with_what_it_shows() {
        let unsettled = || Confirmation::Unsettled { outcomes: Vec::new(), why: "not there".to_owned() };
        let early = verdict(|verdicts| verdicts.one(&row(299, 2), unsettled()));
        assert_eq!(wait(&early), Some((12, true)));
        let late = verdict(|verdicts| verdicts.one(&row(300, 9), unsettled()));
        let SignalVerdict::Done { reason } = late else { panic!("{late:?}") };
        assert_eq!(
            reason,
            "not there; the LMS never showed it, so what it shows counts: the LMS shows no grade"
        );
    }

    #[test]
    fn what_a_later_event_of_the_learner_contradicts_waits_with_it() {
        let told = |learner: &str, at: i64| {
            let mut row = row(1, 0);
            learner.clone_into(&mut row.signal.learner);
            row.signal.occurred_at = DateTime::from_timestamp(NOW - 100 + at, 0);
            row
        };
        let settled = || Confirmation::Settled(Vec::new());
        let unsettled = || Confirmation::Unsettled { outcomes: Vec::new(), why: "not there".to_owned() };
        // Alice: 80, then 40, then something later that is shown. Bob has nothing to do with it.
        let rows = [told("alice", 1), told("alice", 2), told("alice", 3), told("bob", 1)];
        let rules = Rulebook::new(Vec::new());
        let now = DateTime::from_timestamp(NOW, 0).unwrap();
        let verdicts = Verdicts { rules: &rules, now, settle: Duration::from_mins(5) };
        let results = verdicts.said(&rows, vec![settled(), unsettled(), settled(), settled()]);
        let waits: Vec<bool> = results.iter().map(|result| wait(&result.verdict).is_some()).collect();
        assert_eq!(waits, [true, true, false, false]);
    }

    #[test]
    fn what_could_not_be_read_waits_as_for_a_fault_and_spends_no_attempt() {
        let told =
            ApiError::RateLimited { what: "slow".to_owned(), retry_after: Some(Duration::from_secs(77)) };
        for age in [0, 86_400] {
            let unread = verdict(|verdicts| verdicts.one(&row(age, 3), Confirmation::Unread(told.clone())));
            assert_eq!(wait(&unread), Some((77, false)));
        }
    }

    /// Alice was told 80 and then 40; of the second nothing is known yet.
    #[test]
    fn what_a_later_event_of_the_learner_leaves_open_waits_with_it() {
        let away = || ApiError::Unavailable { what: "away".to_owned(), retry_after: None };
        let unread = || Confirmation::Unread(away());
        let unsettled = || Confirmation::Unsettled { outcomes: Vec::new(), why: "not there".to_owned() };
        let settled = || Confirmation::Settled(Vec::new());
        let told = |learner: &str, at: i64, age: i64| {
            let mut row = row(age, 0);
            learner.clone_into(&mut row.signal.learner);
            row.signal.occurred_at = DateTime::from_timestamp(NOW - 1_000 + at, 0);
            row
        };
        let waits = |rows: &[StoredSignal], said: Vec<Confirmation>| {
            let rules = Rulebook::new(Vec::new());
            let now = DateTime::from_timestamp(NOW, 0).unwrap();
            let verdicts = Verdicts { rules: &rules, now, settle: Duration::from_mins(5) };
            let results = verdicts.said(rows, said);
            results.iter().map(|result| wait(&result.verdict).is_some()).collect::<Vec<_>>()
        };
        // The first one may be old: the LMS was away.
        for (age, open) in [(1, unread()), (1, unsettled()), (900, unread()), (900, unsettled())] {
            let rows = [told("alice", 1, age), told("alice", 2, 1), told("alice", 3, 1), told("bob", 1, 1)];
            let said = vec![settled(), open, settled(), settled()];
            assert_eq!(waits(&rows, said), [true, true, false, false], "{age}");
        }
        // Nor does it count as never shown when a later one is open.
        let rows = [told("alice", 1, 900), told("alice", 2, 1)];
        assert_eq!(waits(&rows, vec![unsettled(), unread()]), [true, true]);
        // What was told so long ago would be shown by now, so the others need not wait for it.
        let rows = [told("alice", 1, 900), told("alice", 2, 900)];
        assert_eq!(waits(&rows, vec![settled(), unread()]), [false, true]);
    }

    #[test]
    fn a_signal_that_brings_its_worker_down_is_parked_in_the_end() {
        let crashed = |attempts| verdict(|verdicts| verdicts.crashed(&row(0, attempts)));
        assert!(wait(&crashed(0)).is_some());
        assert!(matches!(crashed(CRASHES - 1), SignalVerdict::Park { .. }));
        assert!(matches!(crashed(u32::MAX), SignalVerdict::Park { .. }));
    }
}
