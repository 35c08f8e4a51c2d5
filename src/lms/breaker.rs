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
    /// The number of the trial under way, and how long it may take.
    trial: Option<(u64, Instant)>,
    trials: u64,
    /// The LMS asked to be left alone.
    paused_until: Option<Instant>,
    /// How often it opened.
    openings: u64,
}

/// Lets one call out, and hears what becomes of it. A trial that is given up decides nothing: by
/// being dropped it lets the next one try.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    breaker: &'a Breaker,
    /// Its number, if the call is a trial.
    trial: Option<u64>,
}

impl Breaker {
    /// A pass for a call that takes no longer than `limit`.
    ///
    /// # Errors
    /// How long to wait still.
    pub(super) fn admit(&self, now: Instant, limit: Duration) -> Result<Pass<'_>, Duration> {
        let mut state = self.lock();
        if let Some(until) = state.paused_until.filter(|until| *until > now) {
            return Err(until - now);
        }
        let Some(open_until) = state.open_until else { return Ok(Pass { breaker: self, trial: None }) };
        let until = state.trial.map_or(open_until, |(_, limit)| limit.max(open_until));
        if until > now {
            return Err(until - now);
        }
        // One call goes through as a trial; those beside it wait for what it shows.
        state.trials = state.trials.wrapping_add(1);
        state.trial = Some((state.trials, now + limit));
        Ok(Pass { breaker: self, trial: Some(state.trials) })
    }

    /// The LMS asks for a pause; that is no failure.
    pub(super) fn pause(&self, until: Instant) {
        let mut state = self.lock();
        state.paused_until = Some(state.paused_until.map_or(until, |already| already.max(until)));
    }

    /// How often failures opened it, and whether it is open now: until a call succeeds.
    pub(super) fn outages(&self) -> (u64, bool) {
        let state = self.lock();
        (state.openings, state.open_until.is_some())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// An answer came. A pause that the LMS asked for stays.
    pub(super) fn succeeded(self) {
        let mut state = self.breaker.lock();
        *state = State {
            paused_until: state.paused_until,
            trials: state.trials,
            openings: state.openings,
            ..State::default()
        };
    }

    /// No answer came, or one that says that the LMS is broken.
    pub(super) fn failed(self, now: Instant) {
        let mut state = self.breaker.lock();
        state.failures = state.failures.saturating_add(1);
        // While it is open, only the trial decides: calls that were under way before tell
        // nothing new, and each would double the pause.
        if self.is_trial(&state) || (state.open_until.is_none() && state.failures >= TOLERATED) {
            let pause = FIRST_PAUSE.saturating_mul(1 << state.pauses.min(8)).min(LONGEST_PAUSE);
            state.pauses = state.pauses.saturating_add(1);
            state.openings += u64::from(state.open_until.is_none());
            state.open_until = Some(now + pause);
        }
    }

    /// Whether this is the trial that is waited for.
    fn is_trial(&self, state: &State) -> bool {
        self.trial.is_some() && state.trial.map(|(number, _)| number) == self.trial
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut state = self.breaker.lock();
        if self.is_trial(&state) {
            state.trial = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    impl Breaker {
        fn wait(&self, now: Instant) -> Option<Duration> {
            self.admit(now, LIMIT).err()
        }

        /// Opened by failures in a row.
        fn opened(now: Instant) -> Self {
            let breaker = Self::default();
            for _ in 0..TOLERATED {
                breaker.admit(now, LIMIT).unwrap().failed(now);
            }
            breaker
        }
    }

    #[test]
    fn opens_after_failures_in_a_row_and_tries_again() {
        let start = Instant::now();
        let breaker = Breaker::opened(start);
        assert_eq!(breaker.wait(start), Some(FIRST_PAUSE));
        let later = start + FIRST_PAUSE;
        breaker.admit(later, LIMIT).unwrap().failed(later);
        assert_eq!(breaker.wait(later), Some(FIRST_PAUSE * 2));
        let later = later + FIRST_PAUSE * 2;
        breaker.admit(later, LIMIT).unwrap().succeeded();
        let (_one, _two) = (breaker.admit(later, LIMIT).unwrap(), breaker.admit(later, LIMIT).unwrap());
    }

    #[test]
    fn nobody_goes_out_beside_a_trial_that_hangs() {
        let start = Instant::now();
        let breaker = Breaker::opened(start);
        let later = start + FIRST_PAUSE;
        let trial = breaker.admit(later, LIMIT).unwrap();
        for seconds in [0, 1, 2, 19] {
            let now = later + Duration::from_secs(seconds);
            assert_eq!(breaker.wait(now), LIMIT.checked_sub(Duration::from_secs(seconds)));
        }
        // Past its own limit it counts no more, however it ends.
        let now = later + LIMIT;
        let next = breaker.admit(now, LIMIT).unwrap();
        trial.failed(now);
        assert_eq!(breaker.wait(now), Some(LIMIT), "the next trial decides");
        next.failed(now);
        assert_eq!(breaker.wait(now), Some(FIRST_PAUSE * 2));
    }

    #[test]
    fn a_trial_that_is_given_up_lets_the_next_one_try() {
        let start = Instant::now();
        let breaker = Breaker::opened(start);
        let later = start + FIRST_PAUSE;
        let trial = breaker.admit(later, LIMIT).unwrap();
        assert_eq!(breaker.wait(later), Some(LIMIT));
        drop(trial);
        let next = breaker.admit(later, LIMIT).unwrap();
        assert_eq!(breaker.wait(later), Some(LIMIT), "and that one is a trial, too");
        next.succeeded();
        assert_eq!(breaker.wait(later), None);
    }

    #[test]
    fn calls_that_were_under_way_when_it_opened_make_the_pause_no_longer() {
        let now = Instant::now();
        let breaker = Breaker::default();
        let under_way: Vec<Pass<'_>> =
            (0..TOLERATED + 4).map(|_| breaker.admit(now, LIMIT).unwrap()).collect();
        for pass in under_way {
            pass.failed(now);
        }
        assert_eq!(breaker.wait(now), Some(FIRST_PAUSE));
    }

    #[test]
    fn one_success_between_failures_keeps_it_closed() {
        let breaker = Breaker::default();
        let now = Instant::now();
        for _ in 0..20 {
            for _ in 1..TOLERATED {
                breaker.admit(now, LIMIT).unwrap().failed(now);
            }
            breaker.admit(now, LIMIT).unwrap().succeeded();
        }
        assert_eq!(breaker.wait(now), None);
    }

    #[test]
    fn a_pause_that_was_asked_for_ends_by_itself() {
        let breaker = Breaker::default();
        let now = Instant::now();
        let earlier = breaker.admit(now, LIMIT).unwrap();
        breaker.pause(now + Duration::from_secs(7));
        breaker.pause(now + Duration::from_secs(3));
        assert_eq!(breaker.wait(now), Some(Duration::from_secs(7)));
        earlier.succeeded();
        assert_eq!(
            breaker.wait(now),
            Some(Duration::from_secs(7)),
            "an answer to an earlier call does not end it"
        );
        let later = now + Duration::from_secs(7);
        let (_one, _two) = (breaker.admit(later, LIMIT).unwrap(), breaker.admit(later, LIMIT).unwrap());
    }
}
