//! How long to wait before work is tried again.

use std::time::Duration;

/// Doubles from `first` with each attempt, up to `longest`.
pub(super) fn backoff(first: Duration, longest: Duration, attempts: u32) -> Duration {
    first.saturating_mul(1 << attempts.min(16)).min(longest)
}

/// The pause of a worker whose database does not answer. No attempt is spent on it, and its
/// messages go back to the queue.
pub(super) const DATABASE_AWAY: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_its_limit() {
        let wait = |attempts| backoff(Duration::from_secs(5), Duration::from_mins(10), attempts).as_secs();
        assert_eq!((wait(0), wait(1), wait(6), wait(7), wait(u32::MAX)), (5, 10, 320, 600, 600));
    }
}
