//! What a signal keeps of an event: what to read from the API, and what the event told.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::ids::Id;
use crate::Signal;

/// [`Signal::detail`] of this connector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Detail {
    /// What to read.
    pub(super) what: What,
    /// The shard of the institution, from which ids are seen.
    pub(super) home: Option<u64>,
    /// What the event told, to be compared with what is read.
    pub(super) told: Told,
    /// When Canvas says it happened.
    pub(super) at: Option<DateTime<Utc>>,
}

/// What to read from the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "read", rename_all = "snake_case")]
pub(super) enum What {
    /// A learner's submission to an assignment. Some events name no course.
    Submission {
        /// The course, where the event names it.
        course: Option<Id>,
        /// The assignment.
        assignment: Id,
        /// The learner.
        learner: Id,
    },
    /// An attempt at a classic quiz; its grade is that of the quiz's assignment.
    Quiz {
        /// The course.
        course: Id,
        /// The quiz.
        quiz: Id,
        /// The quiz submission: it says whose attempt it is.
        attempt: Id,
        /// The learner, where the event names them.
        learner: Option<Id>,
    },
    /// A learner's completion of a course.
    Completion {
        /// The course.
        course: Id,
        /// The learner.
        learner: Id,
    },
    /// A learner's total in a course.
    Total {
        /// The course.
        course: Id,
        /// The learner.
        learner: Id,
    },
    /// A learner's mastery of a learning outcome.
    Mastery {
        /// The course, where the event names it.
        course: Option<Id>,
        /// The learning outcome.
        outcome: Id,
        /// The assignment in which it was assessed, where the event names one.
        assignment: Option<Id>,
        /// The learner's UUID: these events carry nothing else. Their id, where the gradebook told it.
        learner: String,
    },
}

/// A learner by id or UUID, as the API's addresses name them. No UUID reads as an id: it has 40
/// characters.
pub(super) fn user(learner: &str) -> String {
    match Id::parse(learner) {
        Some(id) => id.to_string(),
        None => format!("uuid:{learner}"),
    }
}

/// What the event told of the grade.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    /// Whether it told the score at all: no score (deleted) differs from nothing said.
    pub(super) scored: bool,
    /// The score.
    pub(super) score: Option<Decimal>,
    /// The assignment's points possible.
    pub(super) points_possible: Option<Decimal>,
    /// Whether the grade is kept from the learner.
    pub(super) muted: Option<bool>,
    /// When it was graded.
    pub(super) graded_at: Option<DateTime<Utc>>,
}

impl What {
    /// [`Signal::batch`]: what one list of the API answers together.
    fn batch(&self) -> String {
        match self {
            Self::Submission { course: Some(course), assignment, .. } => {
                format!("course:{course}:assignment:{assignment}")
            }
            Self::Submission { course: None, assignment, .. } => format!("assignment:{assignment}"),
            Self::Quiz { course, quiz, .. } => format!("course:{course}:quiz:{quiz}"),
            Self::Completion { course, .. } => format!("course:{course}:completion"),
            Self::Total { course, .. } => format!("course:{course}:total"),
            Self::Mastery { course: Some(course), outcome, .. } => {
                format!("course:{course}:outcome:{outcome}")
            }
            Self::Mastery { course: None, outcome, .. } => format!("outcome:{outcome}"),
        }
    }

    /// [`Signal::learner`]; events that name nobody get the name of what leads to the learner.
    fn learner(&self) -> String {
        match self {
            Self::Submission { learner, .. }
            | Self::Completion { learner, .. }
            | Self::Total { learner, .. }
            | Self::Quiz { learner: Some(learner), .. } => learner.to_string(),
            Self::Quiz { learner: None, attempt, .. } => format!("quiz-submission:{attempt}"),
            Self::Mastery { learner, .. } => user(learner),
        }
    }

    fn course(&self) -> Option<Id> {
        match self {
            Self::Submission { course, .. } | Self::Mastery { course, .. } => *course,
            Self::Quiz { course, .. } | Self::Completion { course, .. } | Self::Total { course, .. } => {
                Some(*course)
            }
        }
    }

    /// The same with all ids as seen from the institution's shard.
    fn seen_from(self, home: Option<u64>) -> Self {
        let local = |id: Id| id.seen_from(home);
        match self {
            Self::Submission { course, assignment, learner } => Self::Submission {
                course: course.map(local),
                assignment: local(assignment),
                learner: local(learner),
            },
            Self::Quiz { course, quiz, attempt, learner } => Self::Quiz {
                course: local(course),
                quiz: local(quiz),
                attempt: local(attempt),
                learner: learner.map(local),
            },
            Self::Completion { course, learner } => {
                Self::Completion { course: local(course), learner: local(learner) }
            }
            Self::Total { course, learner } => Self::Total { course: local(course), learner: local(learner) },
            Self::Mastery { course, outcome, assignment, learner } => Self::Mastery {
                course: course.map(local),
                outcome: local(outcome),
                assignment: assignment.map(local),
                learner,
            },
        }
    }
}

impl Detail {
    /// A detail with ids as seen from the institution's shard. Without one the course's shard
    /// stands in: a course lives on its institution's shard.
    pub(super) fn new(what: What, home: Option<u64>, told: Told, at: Option<DateTime<Utc>>) -> Self {
        let home = home.or_else(|| what.course()?.shard());
        Self { what: what.seen_from(home), home, told, at }
    }

    /// The signal of the event `event`, recognised again by `identity`.
    pub(super) fn signal(self, event: &str, identity: &[String]) -> Signal {
        Signal {
            key: key(event, &self.what.learner(), identity),
            batch: self.what.batch(),
            event: event.to_owned(),
            learner: self.what.learner(),
            course: self.what.course().map(|course| course.to_string()),
            occurred_at: self.at,
            // Texts, numbers and times only: this cannot fail, and `Null` would be reported.
            detail: serde_json::to_value(&self).unwrap_or_default(),
            outcome: None,
        }
    }
}

/// A key of bounded length; lengths keep `ab`,`c` and `a`,`bc` apart.
fn key(event: &str, learner: &str, identity: &[String]) -> String {
    let mut hash = Sha256::new();
    for part in identity.iter().map(String::as_str).chain([event, learner]) {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    BASE64_URL_SAFE_NO_PAD.encode(hash.finalize())
}
