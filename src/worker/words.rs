//! What is said of a badge that was judged, for people.

use chrono::{DateTime, Utc};

use super::cycle::Cycle;
use super::standing::{Standing, Step};
use crate::config::BadgeFile;
use crate::rules::Explanation;
use crate::store::{Consequence, DecisionKind};

/// The badge, and which of its awards is meant.
pub(super) fn title(badge: &BadgeFile, cycle: &Cycle<'_>) -> String {
    let name = &badge.achievement.name;
    match (cycle.term, cycle.held.filter(|_| !cycle.present)) {
        (Some(term), _) => format!("“{name}” of {term}"),
        (None, Some(held)) => format!("“{name}” of {}", day(held.awarded_at)),
        (None, None) => format!("“{name}”"),
    }
}

pub(super) fn day(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y").to_string()
}

/// What follows the badge's name.
pub(super) fn said(
    step: Step,
    cycle: &Cycle<'_>,
    standing: Standing<'_>,
    explanation: &Explanation,
    now: DateTime<Utc>,
) -> String {
    let lacks = || explanation.lacks();
    let decided = || standing.decided.map_or("decided", said_by_human);
    match step {
        Step::Award => "is awarded".to_owned(),
        Step::NotEarned if cycle.earlier.is_some() => format!("is not renewed yet: {}", lacks()),
        Step::NotEarned => format!("not yet: {}", lacks()),
        Step::Refused => "is earned, but an administrator refused it".to_owned(),
        Step::Barred => format!("is earned, but an administrator {} it; a human may grant it", decided()),
        Step::Held => match cycle.held.and_then(|held| held.valid_until) {
            Some(until) if until <= now => {
                format!("ended on {}, and is awarded only once", day(until))
            }
            Some(until) => format!("is held already, until {}", day(until)),
            None => "is held already".to_owned(),
        },
        Step::Decided => format!("stays as it is: an administrator {} it", decided()),
        Step::Regain => {
            let suspended = cycle.held.is_some_and(|held| held.suspended);
            let what = if suspended { "is reinstated" } else { "stays" };
            format!("{what}: its rule is met again")
        }
        Step::Kept => format!("is kept by its policy, though {}", lacks()),
        Step::Unshown => {
            format!("is kept: what the LMS does not show any more takes nothing away ({})", lacks())
        }
        Step::Suspended => format!("stays suspended: {}", lacks()),
        Step::Lose(_, Consequence::Wait(until)) => {
            let until = until.format("%Y-%m-%d %H:%M UTC");
            format!("is lost on {until} unless its rule is met again: {}", lacks())
        }
        Step::Lose(_, Consequence::Suspend) => format!("is suspended: {}", lacks()),
        Step::Lose(_, Consequence::Revoke) => format!("is revoked: {}", lacks()),
        Step::Final if standing.decided == Some(DecisionKind::Revoke) => {
            "stays revoked by an administrator".to_owned()
        }
        Step::Final if standing.met => {
            "is earned again; revoked by a regrade; a human may grant it".to_owned()
        }
        Step::Final => format!("stays revoked: {}", lacks()),
    }
}

fn said_by_human(kind: DecisionKind) -> &'static str {
    match kind {
        DecisionKind::Grant => "granted",
        DecisionKind::Refuse => "refused",
        DecisionKind::Revoke => "revoked",
        DecisionKind::Suspend => "suspended",
        DecisionKind::Reinstate => "reinstated",
    }
}
