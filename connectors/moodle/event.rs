//! A Moodle event, whichever plugin told it, and what there is to confirm about it.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Signal;

/// Moodle's constant for “completed” without a decision on passing.
const COMPLETE: i64 = 1;
/// Moodle's constant for evidence that makes a competency complete by itself, without a rating.
const EVIDENCE_COMPLETES: i64 = 2;

/// What a plugin tells of one event.
#[derive(Debug, Default)]
pub(super) struct Event {
    /// The name as Moodle writes it: `\core\event\user_graded`.
    pub(super) name: String,
    /// `relateduserid`. Never `userid`: that is who acted (a teacher, the cron job's admin, −1).
    pub(super) learner: Option<u64>,
    /// `courseid`.
    pub(super) course: Option<u64>,
    /// `contextinstanceid`: the course module for events of an activity, else something else.
    pub(super) instance: Option<u64>,
    /// `objectid`.
    pub(super) object: Option<u64>,
    /// `other.itemid`: the grade item.
    pub(super) item: Option<u64>,
    /// `other.competencyid`.
    pub(super) competency: Option<u64>,
    /// `timecreated`, by Moodle's clock, in whole seconds.
    pub(super) at: Option<DateTime<Utc>>,
    /// What it tells of the result, where the plugin's word can be taken for the event's own.
    pub(super) values: Option<Values>,
}

/// What an event tells of the result. It is expected of the API, and never taken for the result.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// `other.finalgrade`; `None` is “no grade”.
    pub(super) grade: Option<Decimal>,
    /// `other.completionstate`.
    pub(super) state: Option<i64>,
    /// Whether a teacher set the completion by hand (`other.overrideby`).
    pub(super) by_hand: bool,
    /// `other.grade` of a competency rating: the index in its scale.
    pub(super) rating: Option<i64>,
    /// `other.action` of competency evidence.
    pub(super) action: Option<i64>,
}

/// What to confirm, kept as [`Signal::detail`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "expect", rename_all = "snake_case")]
pub(super) enum Hint {
    /// A grade item has this grade, or none.
    Grade {
        /// The grade item.
        item: u64,
        /// Its grade as stored; `None` is “no grade”.
        grade: Option<Decimal>,
        /// Whether the grade's row is gone: of a learner who left the course, or of a removed item.
        #[serde(default)]
        deleted: bool,
    },
    /// Something was graded; the event does not say how.
    Graded {
        /// The grade item, if it is known.
        item: Option<u64>,
        /// The course module, if it is known.
        cmid: Option<u64>,
    },
    /// An activity's completion has this state.
    Completion {
        /// The course module.
        cmid: u64,
        /// 0 incomplete, 1 complete, 2 passed, 3 failed, 4 failed and hidden.
        state: i64,
    },
    /// The course is completed.
    CourseCompleted,
    /// A competency was rated.
    Competency {
        /// The competency.
        competency: u64,
        /// The index in its scale, if the event tells.
        rating: Option<i64>,
    },
    /// The gradebook shows something else than what is stored. Nothing in particular is expected.
    Shown {
        /// Whether it is about the course's completion, and not about grades.
        completion: bool,
    },
}

impl Event {
    /// What there is to confirm.
    ///
    /// # Errors
    /// Why there is nothing, for people.
    fn hint(&self) -> Result<Hint, &'static str> {
        let values = self.values.as_ref();
        match self.name.trim_start_matches('\\') {
            "core\\event\\user_graded" => Ok(match (self.item, values) {
                (Some(item), Some(values)) => {
                    Hint::Grade { item, grade: values.grade.map(super::number::stored), deleted: false }
                }
                (item, _) => Hint::Graded { item, cmid: None },
            }),
            "core\\event\\grade_deleted" => Ok(match self.item {
                Some(item) => Hint::Grade { item, grade: None, deleted: true },
                None => Hint::Graded { item: None, cmid: None },
            }),
            "core\\event\\course_module_completion_updated" => {
                let (Some(cmid), Some(values)) = (self.instance, values) else {
                    return Ok(Hint::Graded { item: None, cmid: self.instance });
                };
                match values.state {
                    // Moodle sends this for every page that is looked at.
                    Some(COMPLETE) if !values.by_hand => {
                        Err("completed without a decision on passing; a grade sends its own event")
                    }
                    Some(state) => Ok(Hint::Completion { cmid, state }),
                    None => Ok(Hint::Graded { item: None, cmid: Some(cmid) }),
                }
            }
            "mod_quiz\\event\\attempt_submitted"
            | "mod_quiz\\event\\attempt_graded"
            | "mod_quiz\\event\\question_manually_graded"
            | "mod_assign\\event\\submission_graded" => Ok(Hint::Graded { item: None, cmid: self.instance }),
            "core\\event\\course_completed" => Ok(Hint::CourseCompleted),
            "core\\event\\competency_user_competency_rated"
            | "core\\event\\competency_user_competency_rated_in_course" => {
                let competency = self.competency.ok_or("it names no competency")?;
                Ok(Hint::Competency { competency, rating: values.and_then(|values| values.rating) })
            }
            "core\\event\\competency_evidence_created" => {
                // Without values the API has to tell whether it completes.
                let may_complete = values.is_none_or(|values| values.action == Some(EVIDENCE_COMPLETES));
                if !may_complete {
                    return Err("evidence was added; a rating sends its own event");
                }
                let competency = self.competency.ok_or("it names no competency")?;
                Ok(Hint::Competency { competency, rating: None })
            }
            "core\\event\\grade_item_updated" => Err("a grade item changed, and no learner's grade with it"),
            "core\\event\\user_deleted" | "core\\event\\user_enrolment_deleted" => {
                Err("leaving undoes no achievement; each deleted grade sends its own event")
            }
            "core\\event\\badge_awarded" => Err("Moodle's own badges are no grades"),
            "mod_quiz\\event\\attempt_started" => Err("an attempt began, and nothing is graded yet"),
            _ => Err("not an event about a grade"),
        }
    }

    /// The signal, if the event gives one.
    ///
    /// # Errors
    /// Which event, and why it gives none, in one line for people.
    pub(super) fn signal(self) -> Result<Signal, String> {
        let key = self.key();
        let learner = self.learner.map(|id| id.to_string());
        self.signal_for(learner, key)
    }

    /// The signal about a learner whom the plugin names by something else than an id, or with a
    /// key of the plugin's own.
    ///
    /// # Errors
    /// As [`Event::signal`].
    pub(super) fn signal_for(self, learner: Option<String>, key: String) -> Result<Signal, String> {
        let ignored = |why: &str| format!("{}: {why}", self.name);
        let hint = self.hint().map_err(ignored)?;
        // question_manually_graded never does; a grade that changes with it sends user_graded.
        let learner = learner.ok_or_else(|| ignored("it names no learner"))?;
        let in_no_course = self.name.ends_with("\\competency_user_competency_rated");
        let course = self.course.filter(|_| !in_no_course);
        if course.is_none() && !in_no_course {
            return Err(ignored("it names no course"));
        }
        let detail = serde_json::to_value(&hint).map_err(|_| ignored("it cannot be kept"))?;
        Ok(Signal {
            key,
            batch: course
                .map_or_else(|| super::competencies::SITE.to_owned(), |course| format!("course:{course}")),
            event: self.name,
            learner,
            course: course.map(|course| course.to_string()),
            occurred_at: self.at,
            detail,
            outcome: None,
        })
    }

    /// The business state that the event tells. Moodle has no event id, and its time is in whole
    /// seconds.
    fn key(&self) -> String {
        let mut key = self.name.trim_start_matches('\\').to_owned();
        let mut part = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                // Writing into a String cannot fail.
                let _ = write!(key, "|{name}={value}");
            }
        };
        let number = |id: Option<u64>| id.map(|id| id.to_string());
        part("course", number(self.course));
        part("user", number(self.learner));
        part("instance", number(self.instance));
        part("object", number(self.object));
        part("item", number(self.item));
        part("competency", number(self.competency));
        if let Some(values) = &self.values {
            part("grade", values.grade.map(|grade| super::number::stored(grade).to_string()));
            part("state", values.state.map(|state| state.to_string()));
            part("rating", values.rating.map(|rating| rating.to_string()));
        }
        part("time", self.at.map(|at| at.timestamp().to_string()));
        key
    }
}

impl Hint {
    /// The hint kept in a signal. One that cannot be read (of another version) expects nothing in
    /// particular.
    pub(super) fn of(detail: &Value) -> Self {
        Self::deserialize(detail).unwrap_or(Self::Graded { item: None, cmid: None })
    }
}
