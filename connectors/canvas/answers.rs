//! The API's objects, as far as outcomes need them. Every member may be absent.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use url::Url;

use super::ids::Id;
use super::read::{at, decimal, flag, id, text, time};
use crate::{Assessment, AssessmentKind, Attempt, Score, Withheld};

/// `GET /api/v1/courses/:id`
#[derive(Debug, Clone)]
pub(super) struct Course {
    pub(super) name: Option<String>,
    /// SIS id and course code.
    pub(super) also: Vec<String>,
    /// Whether learners are kept from seeing totals.
    pub(super) totals_hidden: bool,
}

impl Course {
    pub(super) fn read(value: &Value) -> Self {
        Self {
            name: text(at(value, &["name"])),
            also: ["sis_course_id", "course_code"]
                .iter()
                .filter_map(|name| text(at(value, &[name])))
                .collect(),
            totals_hidden: flag(at(value, &["hide_final_grades"])).unwrap_or(false),
        }
    }
}

/// `GET /api/v1/courses/:course/assignments/:id`
#[derive(Debug, Clone)]
pub(super) struct Assignment {
    pub(super) name: Option<String>,
    pub(super) also: Vec<String>,
    pub(super) url: Option<Url>,
    pub(super) points_possible: Option<Decimal>,
    /// Graded complete or incomplete: Canvas itself decides who passes.
    pub(super) pass_fail: bool,
    /// Graders do not see whose work it is, for now.
    pub(super) anonymous: bool,
}

impl Assignment {
    pub(super) fn read(value: &Value) -> Self {
        let quiz = text(at(value, &["quiz_id"])).map(|quiz| format!("quiz:{quiz}"));
        let names = ["sis_assignment_id", "integration_id"];
        Self {
            name: text(at(value, &["name"])),
            also: names.iter().filter_map(|name| text(at(value, &[name]))).chain(quiz).collect(),
            url: text(at(value, &["html_url"])).and_then(|url| Url::parse(&url).ok()),
            points_possible: decimal(at(value, &["points_possible"])),
            pass_fail: at(value, &["grading_type"]).as_str() == Some("pass_fail"),
            anonymous: flag(at(value, &["anonymize_students"])).unwrap_or(false),
        }
    }

    /// As outcomes carry it.
    pub(super) fn assessment(&self, id: Id) -> Assessment {
        Assessment {
            id: id.to_string(),
            also: self.also.clone(),
            kind: AssessmentKind::Item,
            name: self.name.clone(),
            url: self.url.clone(),
        }
    }

    /// Whether a rule may name it so.
    pub(super) fn is_called(&self, id: Id, name: &str) -> bool {
        id.to_string() == name || self.also.iter().any(|known| known == name)
    }
}

/// `GET /api/v1/courses/:course/assignments/:assignment/submissions/:user`
#[derive(Debug, Clone)]
pub(super) struct Submission {
    /// Whose it is; absent while grading is anonymous.
    pub(super) user: Option<Id>,
    pub(super) score: Option<Decimal>,
    grade: Option<String>,
    pub(super) graded_at: Option<DateTime<Utc>>,
    pub(super) posted_at: Option<DateTime<Utc>>,
    excused: bool,
    graded: bool,
    attempt: Option<u32>,
    late: Option<bool>,
    /// Handed in again after the grade was given.
    superseded: bool,
    /// Every attempt, newest first, where the call asked for them.
    history: Vec<Version>,
}

/// One entry of a submission's history.
#[derive(Debug, Clone)]
struct Version {
    attempt: u32,
    score: Option<Decimal>,
    /// The grade as displayed; classic quizzes have none for each attempt.
    grade: Option<String>,
    graded: bool,
    graded_at: Option<DateTime<Utc>>,
    late: Option<bool>,
}

impl Version {
    fn read(value: &Value) -> Self {
        let state = at(value, &["workflow_state"]).as_str();
        // An attempt at a classic quiz is `complete`, or waits for somebody to grade a question.
        let quiz = state == Some("complete");
        // An attempt that is handed in carries the grade of the one before until it has its own.
        let own = flag(at(value, &["grade_matches_current_submission"])) != Some(false);
        let number = text(at(value, &["attempt"])).and_then(|attempt| attempt.parse().ok());
        Self {
            // Graded without anything handed in.
            attempt: number.filter(|number| *number > 0).unwrap_or(1),
            score: decimal(at(value, &["score"])),
            grade: text(at(value, &["grade"])).filter(|grade| !quiz && is_word(grade)),
            graded: quiz || state == Some("graded") && own,
            graded_at: time(at(value, &["graded_at"])),
            late: flag(at(value, &["late"])),
        }
    }
}

impl Submission {
    pub(super) fn read(value: &Value, home: Option<u64>) -> Self {
        let state = at(value, &["workflow_state"]).as_str();
        let graded_at = time(at(value, &["graded_at"]));
        // Canvas shows and counts the grade of an earlier attempt until the next is graded, but
        // calls the submission `submitted` again.
        let superseded = state == Some("submitted")
            && flag(at(value, &["grade_matches_current_submission"])) == Some(false)
            && graded_at.is_some();
        Self {
            user: id(at(value, &["user_id"])).map(|id| id.seen_from(home)),
            score: decimal(at(value, &["score"])),
            grade: text(at(value, &["grade"])),
            graded_at,
            posted_at: time(at(value, &["posted_at"])),
            excused: flag(at(value, &["excused"])).unwrap_or(false),
            graded: state == Some("graded") || superseded,
            attempt: text(at(value, &["attempt"])).and_then(|attempt| attempt.parse().ok()),
            late: flag(at(value, &["late"])),
            superseded,
            history: at(value, &["submission_history"])
                .as_array()
                .map(|all| all.iter().map(Version::read).collect())
                .unwrap_or_default(),
        }
    }

    /// Each attempt with its own grade, where the call asked for them. Of several versions of one
    /// attempt the newest counts: a regrade makes a new one.
    pub(super) fn attempts(&self, assignment: &Assignment) -> Vec<Attempt> {
        let mut attempts: BTreeMap<u32, Attempt> = BTreeMap::new();
        for version in &self.history {
            let score = (version.score.is_some() || version.grade.is_some()).then(|| Score {
                given: version.score,
                min: Decimal::ZERO,
                max: assignment.points_possible,
                text: version.grade.clone(),
            });
            attempts.entry(version.attempt).or_insert_with(|| Attempt {
                number: version.attempt,
                score: score.filter(|_| version.graded),
                graded_at: version.graded_at.filter(|_| version.graded),
                late: version.late,
            });
        }
        attempts.into_values().collect()
    }

    /// Why it does not count, if it does not.
    pub(super) fn withheld(&self) -> Option<Withheld> {
        if self.excused {
            Some(Withheld::Excused)
        } else if !self.graded || self.score.is_none() {
            Some(Withheld::NotGraded)
        } else if self.posted_at.is_none() {
            Some(Withheld::NotPosted)
        } else {
            None
        }
    }

    pub(super) fn score(&self, assignment: &Assignment) -> Option<Score> {
        let text = self.grade.clone().filter(|grade| is_word(grade));
        (self.score.is_some() || text.is_some()).then_some(Score {
            given: self.score,
            min: Decimal::ZERO,
            max: assignment.points_possible,
            text,
        })
    }

    /// Canvas's own decision, where the assignment is graded complete or incomplete.
    pub(super) fn passed(&self, assignment: &Assignment) -> Option<bool> {
        match self.grade.as_deref() {
            Some("complete") if assignment.pass_fail && self.graded => Some(true),
            Some("incomplete") if assignment.pass_fail && self.graded => Some(false),
            _ => None,
        }
    }

    /// The attempt that was graded, if it is the last one.
    pub(super) fn attempt(&self) -> Option<u32> {
        self.attempt.filter(|_| !self.superseded)
    }

    /// Whether what was graded was handed in late; Canvas says it of the last attempt only.
    pub(super) fn late(&self) -> Option<bool> {
        self.late.filter(|_| !self.superseded)
    }
}

/// Whether a grade is a letter or word rather than points or a percentage.
pub(super) fn is_word(grade: &str) -> bool {
    grade.trim_end_matches('%').trim().parse::<Decimal>().is_err()
}

/// `GET /api/v1/users/:id/profile`
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) id: Option<Id>,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) sis_id: Option<String>,
    pub(super) locale: Option<String>,
}

impl Profile {
    pub(super) fn read(value: &Value, home: Option<u64>) -> Self {
        Self {
            id: id(at(value, &["id"])).map(|id| id.seen_from(home)),
            name: text(at(value, &["name"])),
            email: text(at(value, &["primary_email"])),
            sis_id: text(at(value, &["sis_user_id"])),
            locale: text(at(value, &["locale"])),
        }
    }
}

/// `GET /api/v1/courses/:course/enrollments`, one of the list
#[derive(Debug, Clone)]
pub(super) struct Enrolment {
    kind: Option<String>,
    state: Option<String>,
    total: Option<Decimal>,
    letter: Option<String>,
    overridden: Option<Decimal>,
    overridden_letter: Option<String>,
}

impl Enrolment {
    pub(super) fn read(value: &Value) -> Self {
        // Enrolments in a list have `grades`; as part of a course they have the rest.
        let grade = |name: &str, computed: &str| {
            [at(value, &["grades", name]), at(value, &[computed])].into_iter().find(|value| !value.is_null())
        };
        let word = |value: Option<&Value>| value.and_then(text).filter(|grade| is_word(grade));
        Self {
            kind: text(at(value, &["type"])),
            state: text(at(value, &["enrollment_state"])),
            total: grade("final_score", "computed_final_score").and_then(decimal),
            letter: word(grade("final_grade", "computed_final_grade")),
            overridden: grade("override_score", "override_score").and_then(decimal),
            overridden_letter: word(grade("override_grade", "override_grade")),
        }
    }

    fn is_current(&self) -> bool {
        matches!(self.state.as_deref(), None | Some("active" | "completed" | "invited"))
    }

    pub(super) fn is_student(&self) -> bool {
        self.kind.as_deref() == Some("StudentEnrollment") && self.is_current()
    }

    /// Whether its owner teaches, assists or designs; custom roles have one of these types, too.
    fn is_staff(&self) -> bool {
        let staff =
            matches!(self.kind.as_deref(), Some("TeacherEnrollment" | "TaEnrollment" | "DesignerEnrollment"));
        staff && self.is_current()
    }

    fn is_test_student(&self) -> bool {
        self.kind.as_deref() == Some("StudentViewEnrollment")
    }

    /// The total in percent: what a teacher set instead of the computed one counts.
    pub(super) fn total(&self) -> Option<Score> {
        let (given, text) = match self.overridden {
            Some(overridden) => (overridden, self.overridden_letter.clone()),
            None => (self.total?, self.letter.clone()),
        };
        Some(Score { given: Some(given), min: Decimal::ZERO, max: Some(Decimal::ONE_HUNDRED), text })
    }

    /// Whether a teacher set the total.
    pub(super) fn is_overridden(&self) -> bool {
        self.overridden.is_some()
    }
}

/// Why the owner of these enrolments gets no badge in the course, if they do not.
pub(super) fn withheld(enrolments: &[Enrolment]) -> Option<Withheld> {
    if enrolments.iter().any(Enrolment::is_test_student) {
        Some(Withheld::TestStudent)
    } else if enrolments.iter().any(Enrolment::is_staff) {
        Some(Withheld::Staff)
    } else if enrolments.iter().any(Enrolment::is_student) {
        None
    } else {
        Some(Withheld::NotEnrolled)
    }
}
