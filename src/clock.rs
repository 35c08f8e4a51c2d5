//! Where the time comes from. Everything that needs the time gets a [`Clock`]; only this file
//! reads the system's (`clippy.toml` forbids it elsewhere).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, Utc};

use crate::faults;

/// A source of the current time, in UTC and whole microseconds: what both databases can store.
#[derive(Clone, Debug)]
pub struct Clock(Inner);

#[derive(Clone, Debug)]
enum Inner {
    System,
    Manual(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Inner::System)
    }

    /// A clock that stands still until [`Clock::advance`]; for tests.
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self(Inner::Manual(Arc::new(Mutex::new(start.trunc_subsecs(6)))))
    }

    /// The time now.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Inner::System => faults::time(Utc::now()).trunc_subsecs(6),
            Inner::Manual(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a manual clock on; the system's goes by itself.
    pub fn advance(&self, by: Duration) {
        if let Inner::Manual(now) = &self.0 {
            *now.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }
}
