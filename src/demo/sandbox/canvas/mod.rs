//! A Canvas: courses with assignments, and the API calls that a badge service may make.

mod service;

use std::collections::BTreeMap;

pub(super) use service::router;

/// The API token.
pub const API_TOKEN: &str = "sandbox-api-token";
/// The root account that events name.
pub const ROOT_ACCOUNT: &str = "Sandb0xRootAccountUuid0000000000000000Demo";
/// How a learner takes part in a course.
const STUDENT: &str = "StudentEnrollment";

/// A site.
#[derive(Debug, Clone, Default)]
pub struct Canvas {
    users: BTreeMap<i64, CanvasUser>,
    courses: BTreeMap<i64, CanvasCourse>,
}

/// A user.
#[derive(Debug, Clone)]
pub struct CanvasUser {
    /// The display name.
    pub name: String,
    /// The primary address, if there is one.
    pub email: Option<String>,
    /// The SIS id, if there is one.
    pub sis_id: Option<String>,
}

/// A course. The ids of its assignments are unique in the site.
#[derive(Debug, Clone, Default)]
pub struct CanvasCourse {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its code.
    pub code: String,
    /// Its SIS id.
    pub sis_id: String,
    /// Whether totals are kept from learners.
    pub totals_hidden: bool,
    /// Whether it has requirements that complete it.
    pub has_requirements: bool,
    /// Its assignments by id.
    pub assignments: BTreeMap<i64, CanvasAssignment>,
    /// Entries on a page of a list.
    pub page: usize,
    /// The types of enrolments, by user.
    pub enrolments: BTreeMap<i64, &'static str>,
    /// Submissions by assignment and learner.
    pub submissions: BTreeMap<(i64, i64), Submission>,
    /// When learners completed it, RFC 3339.
    pub completed: BTreeMap<i64, String>,
}

/// An assignment, graded in points.
#[derive(Debug, Clone)]
pub struct CanvasAssignment {
    /// Its name.
    pub name: String,
    /// The points possible.
    pub points: f64,
    /// Whether graders do not see whose work it is, for now.
    pub anonymous: bool,
}

/// A learner's submission.
#[derive(Debug, Clone, Default)]
pub struct Submission {
    /// Points.
    pub score: Option<f64>,
    /// When it was graded, RFC 3339.
    pub graded_at: String,
    /// When the learner could see it; `None` until it is posted.
    pub posted_at: Option<String>,
    /// Excused from the assignment.
    pub excused: bool,
}

/// The course of the demo.
const COURSE: i64 = 565;
const ASSIGNMENT: i64 = 355;

impl Canvas {
    /// A course on data literacy: one grade posted, one not yet, one of the test student.
    pub fn data_literacy() -> Self {
        let mut site = Self::default();
        let assignment =
            CanvasAssignment { name: "Reading charts and tables".to_owned(), points: 20.0, anonymous: false };
        site.open(CanvasCourse {
            id: COURSE,
            name: "Data Literacy".to_owned(),
            code: "DATA-LIT".to_owned(),
            sis_id: "2026.DATA-LIT".to_owned(),
            assignments: BTreeMap::from([(ASSIGNMENT, assignment)]),
            page: 2,
            ..CanvasCourse::default()
        });
        for (id, name, enrolment, score, posted_at) in [
            (48, "Nadia Novak", STUDENT, 17.5, Some("2026-11-20T09:30:00Z")),
            (49, "Omar Osei", STUDENT, 19.0, None),
            (50, "Test Student", "StudentViewEnrollment", 20.0, Some("2026-11-20T09:30:00Z")),
        ] {
            let email = format!("{}@example.test", name.to_lowercase().replace(' ', "."));
            let sis_id = Some(format!("C-{id}"));
            site.register(id, CanvasUser { name: name.to_owned(), email: Some(email), sis_id });
            site.enrol_as(COURSE, id, enrolment);
            let submission = Submission {
                score: Some(score),
                graded_at: "2026-11-20T09:15:00Z".to_owned(),
                posted_at: posted_at.map(str::to_owned),
                excused: false,
            };
            site.submit(ASSIGNMENT, id, submission);
        }
        site
    }

    /// A learner's submission to the demo's assignment, to grade, post or excuse.
    pub fn submission(&mut self, learner: i64) -> Option<&mut Submission> {
        self.submission_to(ASSIGNMENT, learner)
    }

    /// Takes a learner out of the demo's course.
    pub fn unenrol(&mut self, learner: i64) {
        self.enrol_as(COURSE, learner, "ObserverEnrollment");
    }

    /// Adds a user, or changes one.
    pub fn register(&mut self, id: i64, user: CanvasUser) {
        self.users.insert(id, user);
    }

    /// A user, to change.
    pub fn user(&mut self, id: i64) -> Option<&mut CanvasUser> {
        self.users.get_mut(&id)
    }

    /// Deletes a user, with their places in courses.
    pub fn delete_user(&mut self, id: i64) {
        self.users.remove(&id);
        for course in self.courses.values_mut() {
            course.enrolments.remove(&id);
        }
    }

    /// Merges one user into another, who gets the courses and submissions; where both have one,
    /// the other's stays.
    pub fn merge(&mut self, from: i64, into: i64) {
        if from == into || self.users.remove(&from).is_none() {
            return;
        }
        for course in self.courses.values_mut() {
            if let Some(enrolment) = course.enrolments.remove(&from) {
                course.enrolments.entry(into).or_insert(enrolment);
            }
            for assignment in course.assignments.keys() {
                if let Some(submission) = course.submissions.remove(&(*assignment, from)) {
                    course.submissions.entry((*assignment, into)).or_insert(submission);
                }
            }
            if let Some(at) = course.completed.remove(&from) {
                course.completed.entry(into).or_insert(at);
            }
        }
    }

    /// Adds a course.
    pub fn open(&mut self, course: CanvasCourse) {
        self.courses.insert(course.id, course);
    }

    /// A course, to change.
    pub fn course(&mut self, id: i64) -> Option<&mut CanvasCourse> {
        self.courses.get_mut(&id)
    }

    /// Puts somebody into a course, by the name of an enrolment type.
    pub fn enrol_as(&mut self, course: i64, user: i64, enrolment: &'static str) {
        if let Some(course) = self.courses.get_mut(&course) {
            course.enrolments.insert(user, enrolment);
        }
    }

    /// Puts a learner into a course.
    pub fn enrol(&mut self, course: i64, learner: i64) {
        self.enrol_as(course, learner, STUDENT);
    }

    /// Deletes somebody's place in a course.
    pub fn leave(&mut self, course: i64, user: i64) {
        if let Some(course) = self.courses.get_mut(&course) {
            course.enrolments.remove(&user);
        }
    }

    /// Resets a course: all its grades and completions are gone.
    pub fn reset(&mut self, course: i64) {
        if let Some(course) = self.courses.get_mut(&course) {
            course.submissions.values_mut().for_each(|submission| *submission = Submission::default());
            course.completed.clear();
        }
    }

    /// Sets a learner's submission.
    pub fn submit(&mut self, assignment: i64, learner: i64, submission: Submission) {
        let with = |course: &&mut CanvasCourse| course.assignments.contains_key(&assignment);
        if let Some(course) = self.courses.values_mut().find(with) {
            course.submissions.insert((assignment, learner), submission);
        }
    }

    /// A learner's submission, to grade, post or excuse.
    pub fn submission_to(&mut self, assignment: i64, learner: i64) -> Option<&mut Submission> {
        self.courses.values_mut().find_map(|course| course.submissions.get_mut(&(assignment, learner)))
    }

    /// Completes a course for a learner, or takes that back.
    pub fn complete(&mut self, course: i64, learner: i64, at: Option<String>) {
        let Some(course) = self.courses.get_mut(&course) else { return };
        match at {
            Some(at) => drop(course.completed.insert(learner, at)),
            None => drop(course.completed.remove(&learner)),
        }
    }
}

impl CanvasCourse {
    /// Whether somebody is a learner in it.
    pub fn has(&self, user: i64) -> bool {
        self.enrolments.get(&user).is_some_and(|enrolment| *enrolment == STUDENT)
    }

    /// A learner's total in percent: what is missing counts as 0, what is not posted or excused
    /// does not count.
    pub fn total(&self, learner: i64) -> Option<f64> {
        let (mut sum, mut possible) = (0.0, 0.0);
        for (id, assignment) in &self.assignments {
            let submission = self.submissions.get(&(*id, learner));
            let counts = |it: &&Submission| !it.excused && (it.score.is_none() || it.posted_at.is_some());
            match submission {
                Some(submission) if counts(&submission) => {
                    sum += submission.score.unwrap_or_default();
                    possible += assignment.points;
                }
                Some(_) => {}
                None => possible += assignment.points,
            }
        }
        (possible > 0.0).then(|| (sum * 10_000.0 / possible).round() / 100.0)
    }
}
