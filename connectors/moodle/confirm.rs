//! Confirms the signals of one course with as few calls as they need.
//!
//! | read | one call for | needed by |
//! | --- | --- | --- |
//! | accounts by address or user name | all learners that are named so | xAPI statements |
//! | grade report | the course, or each learner where they are few | every signal about a grade |
//! | course (kept 10 minutes) | the course | every signal |
//! | completion of activities | each learner with a graded activity | [`crate::Outcome::passed`] |
//! | completion of the course | each learner | `course_completed` |
//! | competency | each learner and competency | ratings |
//! | attempts | each learner with a grade, and the marks of the course's quizzes | rules that ask for attempts |
//! | roles (kept 2 minutes) | all learners | every signal in a course |
//! | accounts (kept 2 minutes) | all learners | every signal |
//!
//! Completion of activities is read with every grade and not only when it was signalled: an
//! outcome is the whole state, and one that lacks Moodle's decision would undo an earlier one
//! that had it.
//!
//! What is asked of each learner alone fails for this learner alone.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::api::Api;
use super::event::Hint;
use super::number;
use super::outcomes;
use super::reading::{Found, Need, Reading, Wants};
use super::settle;
use crate::{ApiError, Asked, Confirmation, Signal};

/// Confirms signals; the answer is in their order.
pub(super) async fn confirm(
    api: &Api<'_>,
    signals: &[Signal],
    asked: &Asked,
    read_at: DateTime<Utc>,
) -> Result<Vec<Confirmation>, ApiError> {
    let mut courses: BTreeMap<Option<u64>, BTreeMap<&str, Wants>> = BTreeMap::new();
    for signal in signals {
        let wants = courses.entry(course(signal)).or_default().entry(&signal.learner).or_default();
        wants.extend(Need::of(&Hint::of(&signal.detail)));
    }
    let mut readings = BTreeMap::new();
    for (course, wants) in &courses {
        readings.insert(*course, Reading::of(api, *course, wants, asked, read_at).await?);
    }
    Ok(signals.iter().map(|signal| answer(api, signal, readings.get(&course(signal)), read_at)).collect())
}

fn course(signal: &Signal) -> Option<u64> {
    number::id_text(signal.course.as_deref()?)
}

fn answer(api: &Api<'_>, signal: &Signal, reading: Option<&Reading>, read_at: DateTime<Utc>) -> Confirmation {
    let found = reading.and_then(|reading| Some((reading, reading.learner(&signal.learner)?)));
    match found {
        Some((reading, Found::Here(known))) => {
            let outcomes = outcomes::of(api, reading, known, read_at);
            match settle::missing(&Hint::of(&signal.detail), signal.occurred_at, known) {
                None => Confirmation::Settled(outcomes),
                Some(why) => Confirmation::Unsettled { outcomes, why },
            }
        }
        Some((_, Found::Gone(why))) => Confirmation::Nothing { why: why.clone() },
        // Nothing is said about this learner now, and what was confirmed before stays.
        Some((_, Found::Puzzling(why))) => Confirmation::Unsettled { outcomes: Vec::new(), why: why.clone() },
        Some((_, Found::Unread(error))) => Confirmation::Unread(error.clone()),
        None => {
            Confirmation::Nothing { why: "the signal names no learner that Moodle could know".to_owned() }
        }
    }
}
