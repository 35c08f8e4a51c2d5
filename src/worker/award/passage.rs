//! How an award passes the guard: counted, or past it.

use std::sync::Arc;

use super::Awarder;
use crate::store::{Candidate, Counted, Passage};
use crate::worker::judge::{Earned, Passing};

impl Awarder {
    /// How the guard looks at an award.
    pub(super) fn passage(&self, candidate: &Candidate, earned: &Earned<'_>) -> Passage {
        let about = candidate.about.and_then(|index| candidate.outcomes.get(index));
        match (&earned.passing, &self.guard) {
            (Passing::Released, _) => Passage::Released,
            (Passing::Counted { evidence, grade }, Some(guard)) => Passage::Counted(Box::new(Counted {
                badge: guard.badge(earned.badge.expect),
                source: guard.source(about.map_or("", |about| &about.source)),
                overall: guard.overall.clone(),
                evidence: evidence.clone(),
                grade: grade.clone(),
                notify: Arc::clone(&guard.notify),
            })),
            _ => Passage::Free,
        }
    }
}
