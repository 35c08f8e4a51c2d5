//! When to leave an LMS alone: after failures in a row, and when it asks for it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row after which the breaker opens.
const TOLERATED: u32 = 5;
/// The first pause; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(15);
/// The longest pause: an LMS that is back is noticed within this time.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// A circuit breaker. While open it refuses calls; after its pause it lets one through, and
/// what becomes of that one decides.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    pauses: u32,
    /// Open after failures.
    open_until: Option<Instant>,
    /// The LMS asked to be left alone.
    paused_until: Option<Instant>,
}

impl Breaker {
    /// How long to wait still, or `None` when a call may go out.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        let mut state = self.lock();
        if let Some(until) = state.paused_until.filter(|until| *until > now) {
            return Some(until - now);
        }
        let until = state.open_until?;
        if until > now {
            return Some(until - now);
        }
        // One call goes through as a trial; those beside it wait for what it shows.
        state.open_until = Some(now + Duration::from_secs(1));
        None
    }

    /// An answer came. A pause that the LMS asked for stays.
    pub(super) fn succeeded(&self) {
        let mut state = self.lock();
        *state = State { paused_until: state.paused_until, ..State::default() };
    }

    /// No answer came, or one that says that the LMS is broken.
    pub(super) fn failed(&self, now: Instant) {
        let mut state = self.lock();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= TOLERATED {
            let pause = FIRST_PAUSE.saturating_mul(1 << state.pauses.min(8)).min(LONGEST_PAUSE);
            state.pauses = state.pauses.saturating_add(1);
            state.open_until = Some(now + pause);
        }
    }

    /// The LMS asks for a pause; that is no failure.
    pub(super) fn pause(&self, until: Instant) {
        let mut state = self.lock();
        state.paused_until = Some(state.paused_until.map_or(until, |already| already.max(until)));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_failures_in_a_row_and_tries_again() {
        let breaker = Breaker::default();
        let start = Instant::now();
        for _ in 0..TOLERATED {
            assert_eq!(breaker.wait(start), None);
            breaker.failed(start);
        }
        assert_eq!(breaker.wait(start), Some(FIRST_PAUSE));
        let later = start + FIRST_PAUSE;
        assert_eq!(breaker.wait(later), None, "one trial");
        assert!(breaker.wait(later).is_some(), "and no second one beside it");
        breaker.failed(later);
        assert_eq!(breaker.wait(later), Some(FIRST_PAUSE * 2));
        breaker.succeeded();
        assert_eq!(breaker.wait(later), None);
    }

    #[test]
    fn one_success_between_failures_keeps_it_closed() {
        let breaker = Breaker::default();
        let now = Instant::now();
        for _ in 0..20 {
            for _ in 1..TOLERATED {
                breaker.failed(now);
            }
            breaker.succeeded();
        }
        assert_eq!(breaker.wait(now), None);
    }

    #[test]
    fn a_pause_that_was_asked_for_ends_by_itself() {
        let breaker = Breaker::default();
        let now = Instant::now();
        breaker.pause(now + Duration::from_secs(7));
        assert_eq!(breaker.wait(now), Some(Duration::from_secs(7)));
        breaker.succeeded();
        assert_eq!(
            breaker.wait(now),
            Some(Duration::from_secs(7)),
            "an answer to an earlier call does not end it"
        );
        assert_eq!(breaker.wait(now + Duration::from_secs(7)), None);
        assert_eq!(breaker.wait(now + Duration::from_secs(7)), None, "no trial needed: nothing had failed");
    }
}
