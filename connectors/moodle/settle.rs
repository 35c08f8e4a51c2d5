//! Whether the API shows what a signal tells.
//!
//! Moodle sends an event up to 5 s before its transaction commits, and also when it rolls back.
//! Until the API agrees, or shows something newer, a signal is not settled; the host then asks
//! again for a while.

use chrono::{DateTime, TimeDelta, Utc};

use super::answers::{Activity, GradeItem};
use super::api::TO_SEE_ACTIVITIES;
use super::event::Hint;
use super::number;
use super::reading::Known;

/// How much older than its event a grade may be dated: a quiz grade has the time at which the
/// attempt was finished, the event that at which it was stored.
const SLACK: TimeDelta = TimeDelta::seconds(5);

/// What of the signal the API does not show (yet), for people; `None` if it is settled.
pub(super) fn missing(hint: &Hint, occurred_at: Option<DateTime<Utc>>, known: &Known) -> Option<String> {
    match hint {
        Hint::Grade { item, grade, .. } => {
            let Some(shown) = items(known).find(|shown| shown.id == *item) else {
                // What tells no grade and what shows none agree: a removed item, for one.
                return grade.map(|_| not_shown(&format!("grade item {item}")));
            };
            let now = shown.graderaw.map(number::stored);
            if now == *grade || is_after(shown.gradedategraded, occurred_at) {
                return None;
            }
            let tell = |grade: Option<rust_decimal::Decimal>| {
                grade.map_or_else(|| "no grade".to_owned(), |grade| grade.to_string())
            };
            Some(format!("the event tells {} in grade item {item}, Moodle shows {}", tell(*grade), tell(now)))
        }
        Hint::Graded { item, cmid } => {
            let occurred_at = occurred_at?;
            let since = |seconds: Option<i64>| {
                number::time(seconds)
                    .is_some_and(|at| at >= occurred_at.checked_sub_signed(SLACK).unwrap_or(at))
            };
            let concerned = |shown: &GradeItem| match (item, cmid) {
                (Some(item), _) => shown.id == *item,
                (None, Some(cmid)) => shown.cmid == Some(*cmid),
                (None, None) => true,
            };
            let graded = items(known)
                .any(|shown| concerned(shown) && shown.graderaw.is_some() && since(shown.gradedategraded));
            let decided = cmid.is_some_and(|cmid| {
                activities(known).any(|activity| activity.cmid == cmid && since(activity.timecompleted))
            });
            if graded || decided {
                return None;
            }
            let is_shown = items(known).any(concerned)
                || cmid.is_some_and(|cmid| activities(known).any(|activity| activity.cmid == cmid));
            Some(match (item, cmid) {
                (Some(item), _) if !is_shown => not_shown(&format!("grade item {item}")),
                (None, Some(cmid)) if !is_shown => not_shown(&format!("a grade of activity {cmid}")),
                _ => "the event tells of grading, and Moodle shows no grade from then".to_owned(),
            })
        }
        Hint::Completion { cmid, state } => {
            // Where the course tracks no completion, none is read.
            known.activities.as_ref()?;
            let Some(shown) = activities(known).find(|activity| activity.cmid == *cmid) else {
                return Some(not_shown(&format!("the completion of activity {cmid}")));
            };
            // 4 is 3 with the grade hidden.
            if shown.state.min(3) == (*state).min(3) || is_after(shown.timecompleted, occurred_at) {
                return None;
            }
            Some(format!(
                "the event tells completion state {state} of activity {cmid}, Moodle shows {}",
                shown.state
            ))
        }
        Hint::CourseCompleted => match &known.completion {
            Some(Ok(status)) if status.completed => None,
            Some(Err(why)) => Some(why.clone()),
            _ => Some("the event tells that the course is completed, Moodle does not show it".to_owned()),
        },
        Hint::Competency { competency, rating } => match known.competencies.get(competency) {
            Some(Ok(summary)) => {
                let shown = summary.rating();
                let grade = shown.and_then(|shown| shown.grade);
                let agrees = if rating.is_some() { grade == *rating } else { grade.is_some() };
                if agrees || is_after(shown.and_then(|shown| shown.timemodified), occurred_at) {
                    return None;
                }
                Some(match rating {
                    Some(_) => {
                        format!(
                            "the event tells a rating of competency {competency} that Moodle does not show"
                        )
                    }
                    None => format!("Moodle shows no rating of competency {competency}"),
                })
            }
            Some(Err(why)) => Some(why.clone()),
            None => Some(format!("competency {competency} was not read")),
        },
        Hint::Shown { .. } => None,
    }
}

/// Why Moodle leaves out what an event is about. It gives no error where the account may not see
/// it, so that is not told from something that was removed meanwhile.
fn not_shown(what: &str) -> String {
    format!(
        "Moodle does not show {what}: there is none (any more), or the web service account lacks one of the \
         capabilities moodle/grade:viewhidden, {TO_SEE_ACTIVITIES}"
    )
}

fn items(known: &Known) -> impl Iterator<Item = &GradeItem> {
    known.report.iter().flat_map(|report| &report.gradeitems)
}

fn activities(known: &Known) -> impl Iterator<Item = &Activity> {
    known.activities.iter().flatten()
}

/// Whether a state is newer than the event. Within the same second nobody can tell.
fn is_after(seconds: Option<i64>, occurred_at: Option<DateTime<Utc>>) -> bool {
    match (number::time(seconds), occurred_at) {
        (Some(state), Some(event)) => state > event,
        (_, None) => true,
        (None, Some(_)) => false,
    }
}
