//! An outcome: the confirmed result of one learner in one assessment.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use url::Url;

/// The confirmed result of one learner in one assessment, at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Whose result it is.
    pub learner: Learner,
    /// In which course.
    pub course: Course,
    /// In which assessment.
    pub assessment: Assessment,
    /// The score, if there is one.
    pub score: Option<Score>,
    /// The LMS's own decision, where it makes one (Moodle completion state 2 or 3, an
    /// automation event's `passed`). `None`: the rule's threshold decides.
    pub passed: Option<bool>,
    /// Whether the learner may see it. Only released outcomes award.
    pub release: Release,
    /// When it was graded, by the LMS's clock.
    pub graded_at: Option<DateTime<Utc>>,
    /// Which attempt counts, from 1, where the LMS says so.
    pub attempt: Option<u32>,
    /// Every attempt that the LMS shows, in any order; empty where it was not asked for them or
    /// lists none. See [`Outcome::known_attempts`].
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// Whether the work was handed in after it was due, where the LMS says so.
    #[serde(default)]
    pub late: Option<bool>,
    /// Of a course's total: whether everything in the gradebook that it may count is graded,
    /// where the LMS says so. A total often counts what is graded so far.
    #[serde(default)]
    pub all_graded: Option<bool>,
    /// The moment at which this was the LMS's state: of two outcomes of the same learner and
    /// assessment the one with the later moment wins, whichever arrives last.
    ///
    /// The time of the event for signals that confirm themselves; else when the API was read.
    pub as_of: DateTime<Utc>,
}

impl Outcome {
    /// The attempts that are known: those listed, or, where the first one counts and none is
    /// listed, that one. Empty if the LMS does not tell.
    pub fn known_attempts(&self) -> Vec<Attempt> {
        if self.attempts.is_empty() && self.attempt == Some(1) {
            let (score, graded_at, late) = (self.score.clone(), self.graded_at, self.late);
            return vec![Attempt { number: 1, score, graded_at, late }];
        }
        self.attempts.clone()
    }
}

/// One attempt at an assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Which one, from 1.
    pub number: u32,
    /// Its score; `None` while it is not graded.
    pub score: Option<Score>,
    /// When it was graded, by the LMS's clock.
    pub graded_at: Option<DateTime<Utc>>,
    /// Whether it was handed in after it was due, where the LMS says so.
    pub late: Option<bool>,
}

/// A learner as the LMS knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learner {
    /// The id in the LMS; for Canvas the local one.
    pub id: String,
    /// The full name as the LMS displays it.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The institution's id: Moodle idnumber, Canvas SIS id, Blackboard externalId.
    pub institution_id: Option<String>,
    /// The preferred language (BCP 47), where the LMS tells.
    pub language: Option<String>,
}

/// A course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// The id in the LMS; for Canvas the local one.
    pub id: String,
    /// Other names by which a rule may name it: idnumber, short name, SIS id, course number.
    pub also: Vec<String>,
    /// The name for people.
    pub name: Option<String>,
    /// Its page in the LMS.
    pub url: Option<Url>,
}

/// An assessment: a graded item, a course's total or completion, a competency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// The id, unique within its course: `item:4` in Moodle, `355` in Canvas, `_702_1` in
    /// Blackboard; [`Assessment::COURSE_TOTAL`] and [`Assessment::COURSE_COMPLETION`].
    pub id: String,
    /// Other names by which a rule may name it: `cmid:3`, an idnumber.
    pub also: Vec<String>,
    /// What it is.
    pub kind: AssessmentKind,
    /// The name for people.
    pub name: Option<String>,
    /// Its page in the LMS.
    pub url: Option<Url>,
}

impl Assessment {
    /// The id of a course's total grade, in every LMS.
    pub const COURSE_TOTAL: &'static str = "course-total";
    /// The id of a course's completion, in every LMS.
    pub const COURSE_COMPLETION: &'static str = "course-completion";
}

/// What kind of assessment it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssessmentKind {
    /// An assignment, a quiz, a manual grade item, a gradebook column.
    Item,
    /// The total of a course.
    CourseTotal,
    /// The completion of a course; it has no score.
    CourseCompletion,
    /// A competency or learning outcome.
    Competency,
}

/// A score, in exact decimals: grades exactly at the mark are frequent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// What the learner got, in points.
    pub given: Option<Decimal>,
    /// The lowest possible; 0 nearly everywhere, 1 for Moodle scales.
    pub min: Decimal,
    /// The highest regular one; a score may exceed it. `None` or 0 where there is none.
    pub max: Option<Decimal>,
    /// The letter or scale value as displayed: `A-`, `Competent`.
    pub text: Option<String>,
}

impl Score {
    /// The share of the range from lowest to highest, in percent, or `None` where there is no
    /// range. May exceed 100.
    pub fn percent(&self) -> Option<Decimal> {
        let range = self.max?.checked_sub(self.min)?;
        if range <= Decimal::ZERO {
            return None;
        }
        self.given?.checked_sub(self.min)?.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(range)
    }
}

/// Whether the learner may see the outcome, and so may hold a badge for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Release {
    /// The learner sees it, and it counts.
    Released,
    /// It does not count, at least for now.
    Withheld {
        /// Why.
        reason: Withheld,
    },
}

/// Why an outcome does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// There is no grade (yet), or it was deleted.
    NotGraded,
    /// Hidden in the gradebook.
    Hidden,
    /// Graded, but not posted to the learner.
    NotPosted,
    /// The learner is excused or exempt.
    Excused,
    /// Graded anonymously, and names are not yet revealed.
    Anonymous,
    /// A test or preview student.
    TestStudent,
    /// The learner teaches, assists or designs in this very course.
    Staff,
    /// The learner's account is suspended, deleted, or no longer in the course.
    NotEnrolled,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_stored_before_attempts_were_known_still_reads() {
        let stored = r#"{
            "learner": {"id": "4", "name": null, "email": null, "institution_id": null, "language": null},
            "course": {"id": "2", "also": [], "name": null, "url": null},
            "assessment": {"id": "item:4", "also": [], "kind": "item", "name": null, "url": null},
            "score": {"given": "7", "min": "0", "max": "10", "text": null},
            "passed": null, "release": {"state": "released"}, "graded_at": null, "attempt": 1,
            "as_of": "2026-11-20T10:00:00Z"
        }"#;
        let mut outcome: Outcome = serde_json::from_str(stored).unwrap();
        assert_eq!((outcome.late, outcome.all_graded), (None, None));
        let [attempt] = outcome.known_attempts().try_into().unwrap();
        assert_eq!((attempt.number, attempt.score), (1, outcome.score.clone()));
        outcome.attempt = Some(2);
        assert_eq!(outcome.known_attempts(), [], "the first of two is not known");
    }

    #[test]
    fn percent_is_exact_and_total() {
        let score = |given: &str, min: i64, max: Option<i64>| Score {
            given: Some(given.parse().unwrap()),
            min: min.into(),
            max: max.map(Into::into),
            text: None,
        };
        assert_eq!(score("7", 0, Some(10)).percent(), Some(70.into()));
        assert_eq!(score("2", 1, Some(3)).percent(), Some(50.into()));
        assert_eq!(score("130", 0, Some(100)).percent(), Some(130.into()));
        assert_eq!(score("5", 0, Some(0)).percent(), None);
        assert_eq!(score("5", 0, None).percent(), None);
        let extreme =
            Score { given: Some(Decimal::MAX), min: Decimal::MIN, max: Some(Decimal::MAX), text: None };
        assert_eq!(extreme.percent(), None);
    }
}
