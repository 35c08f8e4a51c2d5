//! How long to wait before work is tried again.

use std::time::Duration;

use chrono::TimeDelta;

use crate::store::StoreError;

/// How long before its row's time a message may come and be put off; an earlier one is a copy.
pub(super) const EARLY: TimeDelta = TimeDelta::seconds(5);
/// How long after a message should have come back its row is the sweeper's.
pub(super) const OVERDUE: TimeDelta = TimeDelta::minutes(1);

/// Doubles from `first` with each attempt, up to `longest`.
pub(super) fn backoff(first: Duration, longest: Duration, attempts: u32) -> Duration {
    first.saturating_mul(1 << attempts.min(16)).min(longest)
}

/// How long a message waits while others hold the rows that it needs: that passes, and is
/// nothing that its row can help.
const CONFLICT_WAIT: Duration = Duration::from_secs(5);

/// How long a message waits whose row cannot even be put off: the tables are not as they should
/// be, which a human has to mend.
const REFUSED_WAIT: Duration = Duration::from_mins(1);

/// How long a message waits when nothing could be stored about its row.
pub(super) fn unstored(error: &StoreError) -> Duration {
    match error {
        StoreError::Conflict | StoreError::Unavailable(_) => CONFLICT_WAIT,
        StoreError::Corrupt { .. } | StoreError::Refused(_) => REFUSED_WAIT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_its_limit() {
        let wait = |attempts| backoff(Duration::from_secs(5), Duration::from_mins(10), attempts).as_secs();
        assert_eq!((wait(0), wait(1), wait(6), wait(7), wait(u32::MAX)), (5, 10, 320, 600, 600));
    }
}
