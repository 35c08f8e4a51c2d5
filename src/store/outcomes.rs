//! How a confirmed outcome meets the stored one: pure decisions, no database.

use accolade_connectors::{Outcome, Release};
use uuid::Uuid;

use super::RuledOutcome;
use super::value::Time;

/// An outcome as it is stored.
#[derive(Debug, Clone)]
pub(super) struct KnownOutcome {
    pub(super) id: Uuid,
    pub(super) outcome: Outcome,
    pub(super) passes: bool,
    /// [`Outcome::as_of`] as the database keeps it.
    pub(super) as_of: Time,
}

/// What a confirmed outcome means for the stored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    /// It is older than the stored one.
    Older {
        /// Whether it says something else of the grade.
        differs: bool,
    },
    /// It says the same again.
    Same,
    /// It changes something.
    Changed {
        /// Whether the change has to be evaluated.
        event: bool,
    },
}

/// Compares a confirmed outcome with the stored one, if there is one.
pub(super) fn merge(stored: Option<&KnownOutcome>, new: &RuledOutcome) -> Merge {
    let RuledOutcome { outcome: new, passes, named } = new;
    let (passes, named) = (*passes, *named);
    let Some(stored) = stored else {
        // To a rule what is withheld is as if it were not there.
        return Merge::Changed { event: passes || named && new.release == Release::Released };
    };
    let old = &stored.outcome;
    if Time::from(new.as_of) < stored.as_of {
        let said = |of: &Outcome| (of.score.clone(), of.passed, of.release.clone());
        return Merge::Older { differs: said(old) != said(new) };
    }
    // What was not told is not a change.
    let told_otherwise = |old: &Option<String>, new: &Option<String>| new.is_some() && old != new;
    let reached_otherwise = told_otherwise(&old.learner.name, &new.learner.name)
        || told_otherwise(&old.learner.email, &new.learner.email);
    let graded_otherwise = old.score != new.score || old.passed != new.passed;
    let event = passes != stored.passes
        || passes && (graded_otherwise || reached_otherwise)
        || named && (graded_otherwise || old.release != new.release);
    let same = Outcome { as_of: old.as_of, learner: old.learner.clone(), ..new.clone() } == *old;
    if event || reached_otherwise || !same {
        return Merge::Changed { event };
    }
    Merge::Same
}

/// The outcome to store: the new one, with what only the stored one tells of the learner.
pub(super) fn combined(stored: Option<&KnownOutcome>, new: &Outcome) -> Outcome {
    let mut outcome = new.clone();
    if let Some(stored) = stored {
        let (known, told) = (&stored.outcome.learner, &mut outcome.learner);
        for (told, known) in [
            (&mut told.name, &known.name),
            (&mut told.email, &known.email),
            (&mut told.institution_id, &known.institution_id),
            (&mut told.language, &known.language),
        ] {
            if told.is_none() {
                told.clone_from(known);
            }
        }
    }
    outcome
}
