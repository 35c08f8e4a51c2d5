//! How a confirmed outcome meets the stored one: pure decisions, no database.

use accolade_connectors::{Outcome, Release, Withheld};
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
        let said = |of: &Outcome| (of.score.clone(), of.passed, of.release.clone(), of.attempts.clone());
        return Merge::Older { differs: said(old) != said(new) };
    }
    // What was not told is not a change.
    let told_otherwise = |old: &Option<String>, new: &Option<String>| new.is_some() && old != new;
    let reached_otherwise = told_otherwise(&old.learner.name, &new.learner.name)
        || told_otherwise(&old.learner.email, &new.learner.email);
    // What a rule may ask of a grade besides: which attempt, whether late, whether all is graded.
    let terms = |of: &Outcome| (of.known_attempts(), of.attempt, of.late, of.all_graded);
    let graded_otherwise = old.score != new.score || old.passed != new.passed || terms(old) != terms(new);
    // The same score once more may be what renews a badge.
    let graded_anew = new.graded_at.is_some() && new.graded_at != old.graded_at;
    // Another rule may name it by that: it has judged nothing of it yet.
    let called_otherwise = old.assessment.kind != new.assessment.kind
        || has_more(&old.course.also, &new.course.also)
        || has_more(&old.assessment.also, &new.assessment.also);
    let newly_called = called_otherwise && new.release == Release::Released;
    let event = passes != stored.passes
        || passes && (graded_otherwise || reached_otherwise)
        || named && (graded_otherwise || graded_anew || newly_called || old.release != new.release);
    let same =
        Outcome { as_of: old.as_of, learner: old.learner.clone(), ..combined(Some(stored), new) } == *old;
    if event || reached_otherwise || !same {
        return Merge::Changed { event };
    }
    Merge::Same
}

/// Whether there is a new name among these.
fn has_more(old: &[String], new: &[String]) -> bool {
    old != new && new.iter().any(|name| !old.contains(name))
}

/// The outcome to store: the new one, with what only the stored one tells of the learner, and of a
/// grade that is gone.
pub(super) fn combined(stored: Option<&KnownOutcome>, new: &Outcome) -> Outcome {
    let mut outcome = new.clone();
    if let Some(stored) = stored {
        let gone = Release::Withheld { reason: Withheld::NotGraded };
        if outcome.release == gone && outcome.graded_at.is_none() {
            // A grade that is gone was there: without its time it would look as if never given.
            let was_graded = stored.outcome.release != gone;
            let known = stored.outcome.graded_at.or(was_graded.then_some(stored.outcome.as_of));
            outcome.graded_at = known;
        }
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

#[cfg(test)]
mod tests {
    use accolade_connectors::{Assessment, AssessmentKind, Attempt, Course, Learner, Score};
    use chrono::DateTime;

    use super::*;

    fn outcome() -> Outcome {
        let id = || "1".to_owned();
        let score = Score { given: Some(80.into()), min: 0.into(), max: Some(100.into()), text: None };
        Outcome {
            learner: Learner { id: id(), name: None, email: None, institution_id: None, language: None },
            course: Course { id: id(), also: Vec::new(), name: None, url: None },
            assessment: Assessment {
                id: id(),
                also: Vec::new(),
                kind: AssessmentKind::Item,
                name: None,
                url: None,
            },
            score: Some(score),
            passed: None,
            release: Release::Released,
            graded_at: None,
            attempt: None,
            attempts: Vec::new(),
            late: None,
            all_graded: None,
            as_of: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_a_term_of_a_rule_asks_is_judged_again_when_it_changes() {
        let changed = |change: &dyn Fn(&mut Outcome), named| {
            let known = KnownOutcome {
                id: Uuid::nil(),
                outcome: outcome(),
                passes: true,
                as_of: DateTime::UNIX_EPOCH.into(),
            };
            let mut new = outcome();
            change(&mut new);
            merge(Some(&known), &RuledOutcome { outcome: new, passes: true, named })
        };
        let attempt = |number| Attempt { number, score: outcome().score, graded_at: None, late: Some(false) };
        let attempts = |new: &mut Outcome| new.attempts = vec![attempt(1), attempt(2)];
        let changes: [&dyn Fn(&mut Outcome); 4] =
            [&attempts, &|new| new.attempt = Some(1), &|new| new.late = Some(true), &|new| {
                new.all_graded = Some(true);
            }];
        for change in changes {
            assert_eq!(changed(change, true), Merge::Changed { event: true });
        }
        assert_eq!(changed(&|_| (), true), Merge::Same);
        let title = |new: &mut Outcome| new.course.name = Some("Title".to_owned());
        assert_eq!(changed(&title, true), Merge::Changed { event: false });
    }

    /// Another rule may concern it now.
    #[test]
    fn a_name_that_is_given_later_is_judged_where_rules_name_the_result() {
        let changed = |change: &dyn Fn(&mut Outcome), named| {
            let known = KnownOutcome {
                id: Uuid::nil(),
                outcome: Outcome { passed: Some(true), ..outcome() },
                passes: true,
                as_of: DateTime::UNIX_EPOCH.into(),
            };
            let mut new = known.outcome.clone();
            change(&mut new);
            merge(Some(&known), &RuledOutcome { outcome: new, passes: true, named })
        };
        let name = || vec!["WS101".to_owned()];
        let changes: [&dyn Fn(&mut Outcome); 3] =
            [&|new| new.course.also = name(), &|new| new.assessment.also = name(), &|new| {
                new.assessment.kind = AssessmentKind::CourseCompletion;
            }];
        for change in changes {
            assert_eq!(changed(change, true), Merge::Changed { event: true });
            assert_eq!(changed(change, false), Merge::Changed { event: false });
        }
        // No rule can have asked for what is withheld.
        let hidden = Release::Withheld { reason: Withheld::Hidden };
        let known = Outcome { release: hidden, ..outcome() };
        let mut new = known.clone();
        new.course.also = name();
        let known = KnownOutcome {
            id: Uuid::nil(),
            outcome: known,
            passes: false,
            as_of: DateTime::UNIX_EPOCH.into(),
        };
        let ruled = RuledOutcome { outcome: new.clone(), passes: false, named: true };
        assert_eq!(merge(Some(&known), &ruled), Merge::Changed { event: false });
        // A name that is gone concerns no further rule.
        let known = KnownOutcome { outcome: Outcome { release: Release::Released, ..new }, ..known };
        let ruled = RuledOutcome { outcome: outcome(), passes: false, named: true };
        assert_eq!(merge(Some(&known), &ruled), Merge::Changed { event: false });
    }

    #[test]
    fn of_a_grade_that_is_gone_is_kept_when_it_was_given() {
        let stored = |outcome: &Outcome| KnownOutcome {
            id: Uuid::nil(),
            outcome: outcome.clone(),
            passes: false,
            as_of: DateTime::UNIX_EPOCH.into(),
        };
        let none = Release::Withheld { reason: Withheld::NotGraded };
        let gone = Outcome { score: None, release: none, ..outcome() };
        let never = combined(Some(&stored(&gone)), &gone);
        assert_eq!(never.graded_at, None, "never graded");
        let at = Some(DateTime::UNIX_EPOCH + chrono::TimeDelta::days(1));
        let kept = combined(Some(&stored(&Outcome { graded_at: at, ..outcome() })), &gone);
        assert_eq!(kept.graded_at, at);
        let undated = combined(Some(&stored(&outcome())), &gone);
        assert_eq!(undated.graded_at, Some(DateTime::UNIX_EPOCH), "at that time at the latest");
        // Read again, it is the same.
        let again = RuledOutcome { outcome: gone, passes: false, named: true };
        assert_eq!(merge(Some(&stored(&kept)), &again), Merge::Same);
    }
}
