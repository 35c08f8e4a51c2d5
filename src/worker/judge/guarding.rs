//! What the guard holds of the person who is judged.

use accolade_connectors::{Release, Withheld};

use super::Judged;
use crate::config::{Again, BadgeFile};
use crate::rules::Decision;
use crate::store::{Guarded, Guarding, HoldState, StillHeld};
use crate::worker::basis::{fingerprint, grades, results_of};

/// How an award passes the guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::worker) enum Passing {
    /// It stands in the place of another one, which passed.
    Again,
    /// A human granted it.
    Granted,
    /// A human released it.
    Released,
    /// If there are not more than expected.
    Counted {
        /// A hash of what it rests on.
        evidence: String,
        /// The same for people.
        grade: String,
    },
}

impl<'a> Judged<'a> {
    /// The newest: one of before may stand beside it, of the time when the badge had another issuer.
    fn guarded(&self, badge: &str) -> Option<&'a Guarded> {
        let candidate = self.candidate;
        candidate.guarded.iter().filter(|one| one.badge == badge).max_by_key(|one| one.since)
    }

    /// How an award that is earned passes the guard, or why it is held, for people. `results` are
    /// those that its rule names, by index.
    pub(super) fn passes(
        &mut self,
        badge: &BadgeFile,
        granted: bool,
        decision: &Decision,
        results: &[usize],
    ) -> Result<Passing, String> {
        let guarded = self.guarded(&badge.achievement.id);
        let evidence = || fingerprint(self.candidate, results, &decision.held, dated(badge));
        let grade = || grades(self.candidate, &decision.evidence, &decision.held);
        let passing = match guarded.map(|one| (one, &one.hold.state)) {
            _ if granted => Passing::Granted,
            Some((_, HoldState::Released(_))) => Passing::Released,
            Some((one, HoldState::Open)) => {
                let held = StillHeld { hold: one.hold.id, evidence: evidence(), grade: grade() };
                self.note(one, Some(held));
                return Err(held_by(one));
            }
            // It stays as it was decided.
            Some((one, HoldState::Cancelled(_))) if evidence() == one.evidence => return Err(held_by(one)),
            _ => Passing::Counted { evidence: evidence(), grade: grade() },
        };
        if let Some(guarded) = guarded {
            self.note(guarded, None);
        }
        Ok(passing)
    }

    /// Ends what is held of a badge that is not to be awarded now. What a human decided stays while
    /// its results are what they were: only not shown now, or not asked for now.
    pub(super) fn not_asked(&mut self, badge: &BadgeFile, results: &[usize]) {
        let Some(guarded) = self.guarded(&badge.achievement.id) else { return };
        let now = fingerprint(self.candidate, results, &[], dated(badge));
        let same = !results.is_empty() && results_of(&now) == results_of(&guarded.evidence);
        let rests = same || results.iter().any(|index| self.hidden(*index));
        if guarded.hold.state == HoldState::Open || !rests {
            self.note(guarded, None);
        }
    }

    /// Whether the LMS has a result that it does not show now.
    fn hidden(&self, index: usize) -> bool {
        let release = self.candidate.outcomes.get(index).map(|stored| &stored.outcome.release);
        matches!(release, Some(Release::Withheld { reason }) if *reason != Withheld::NotGraded)
    }

    fn note(&mut self, guarded: &Guarded, held: Option<StillHeld>) {
        let Guarded { issuer, badge, .. } = guarded;
        self.guarding.push(Guarding { issuer: issuer.clone(), badge: badge.clone(), held });
    }
}

/// Whether the same grade earns the badge again.
fn dated(badge: &BadgeFile) -> bool {
    badge.lifetime.again != Again::Once
}

/// Why an award is held, for people.
fn held_by(guarded: &Guarded) -> String {
    let hold = &guarded.hold;
    match hold.state.decision() {
        None => format!("held by the guard, for there were {}{}", hold.over(), hold.undecided()),
        Some(decision) => format!(
            "{} cancelled it on {} ({}); when its grade changes it is judged anew",
            decision.by,
            decision.at.format("%Y-%m-%d"),
            decision.reason
        ),
    }
}
