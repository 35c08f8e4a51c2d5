//! What one batch reads, each thing once.

mod results;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::answers::{self, Assignment, Course, Enrolment, Profile, Submission};
use super::api::{ASSIGNMENT, Api, COURSE, COURSE_OF, ENROLMENTS, Fresh, PER_PAGE, PROFILE, QUIZ, lacking};
use super::detail::Told;
use super::ids::Id;
use super::people::Person;
use super::permissions::{CONTENT, Granted};
use super::read::{at, id};
use crate::{ApiError, Asked, Learner, outcome};

const SUBMISSION: &str = "Canvas submission";
const SUBMISSIONS: &str = "Canvas submissions of an assignment";
const QUIZ_SUBMISSION: &str = "Canvas quiz submission";

pub(super) use results::ROLLUPS;

/// Asks for every attempt with a submission.
pub(super) const HISTORY: (&str, &str) = ("include[]", "submission_history");

/// Where and when results are read.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) course: outcome::Course,
    pub(super) read_at: DateTime<Utc>,
}

/// The reading of one batch.
pub(super) struct Reading<'a> {
    api: Api<'a>,
    asked: &'a Asked,
    /// The time of the reading.
    pub(super) read_at: DateTime<Utc>,
    courses: BTreeMap<Id, (Option<Course>, Fresh)>,
    assignments: BTreeMap<(Id, Id), (Option<Assignment>, Fresh)>,
    submissions: Mutex<BTreeMap<(Id, Id, Id), Submission>>,
    courses_of: BTreeMap<Id, Option<Id>>,
    assignments_of: BTreeMap<(Id, Id), Option<Id>>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(api: Api<'a>, asked: &'a Asked, read_at: DateTime<Utc>) -> Self {
        Self {
            api,
            asked,
            read_at,
            courses: BTreeMap::new(),
            assignments: BTreeMap::new(),
            submissions: Mutex::default(),
            courses_of: BTreeMap::new(),
            assignments_of: BTreeMap::new(),
        }
    }

    /// The course as a place, if it was read and exists.
    pub(super) fn place(&self, course: Id) -> Option<Place> {
        Some(Place { course: self.course(course)?, read_at: self.read_at })
    }

    /// The course as outcomes carry it, if it was read and exists.
    pub(super) fn course(&self, course: Id) -> Option<outcome::Course> {
        let id = course.to_string();
        self.known_course(course).cloned().map(|found| outcome::Course {
            url: Some(self.api.page(&["courses", &id])),
            id,
            also: found.also,
            name: found.name,
        })
    }

    /// Whether the course keeps its totals from learners.
    pub(super) fn totals_hidden(&self, course: Id) -> bool {
        self.known_course(course).is_some_and(|found| found.totals_hidden)
    }

    fn known_course(&self, course: Id) -> Option<&Course> {
        self.courses.get(&course)?.0.as_ref()
    }

    /// Reads the course, unless this batch did so already; whether it exists.
    pub(super) async fn read_course(&mut self, course: Id, fresh: Fresh) -> Result<bool, ApiError> {
        if let Some((known, how_fresh)) = self.courses.get(&course)
            && (fresh == Fresh::Recent || *how_fresh == fresh)
        {
            return Ok(known.is_some());
        }
        let found = self.api.get(COURSE, &["courses", &course.to_string()], &[], fresh).await?;
        let exists = found.is_some();
        self.courses.insert(course, (found.as_ref().map(Course::read), fresh));
        Ok(exists)
    }

    /// The assignment, if it was read and exists.
    pub(super) fn assignment(&self, course: Id, assignment: Id) -> Option<&Assignment> {
        self.assignments.get(&(course, assignment))?.0.as_ref()
    }

    /// Reads the assignment. An answer of the last ten minutes is not good enough where it would
    /// withhold the outcome, or contradicts the event's points possible.
    pub(super) async fn read_assignment(
        &mut self,
        course: Id,
        assignment: Id,
        told: &Told,
    ) -> Result<(), ApiError> {
        let mut fresh = Fresh::Recent;
        if let Some((known, how_fresh)) = self.assignments.get(&(course, assignment)) {
            let good = known.as_ref().is_none_or(|known| is_current(known, told));
            if good || *how_fresh == Fresh::Renewed {
                return Ok(());
            }
            fresh = Fresh::Renewed;
        }
        let path = ["courses", &course.to_string(), "assignments", &assignment.to_string()];
        let mut found = self.api.get(ASSIGNMENT, &path, &[], fresh).await?.as_ref().map(Assignment::read);
        if fresh == Fresh::Recent && found.as_ref().is_some_and(|found| !is_current(found, told)) {
            fresh = Fresh::Renewed;
            found = self.api.get(ASSIGNMENT, &path, &[], fresh).await?.as_ref().map(Assignment::read);
        }
        self.assignments.insert((course, assignment), (found, fresh));
        Ok(())
    }

    /// One learner's submission, from the list if it was read.
    pub(super) async fn submission(
        &self,
        course: Id,
        assignment: Id,
        learner: Id,
        home: Option<u64>,
    ) -> Result<Option<Submission>, ApiError> {
        let known = self.submissions().get(&(course, assignment, learner)).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let path = [
            "courses",
            &course.to_string(),
            "assignments",
            &assignment.to_string(),
            "submissions",
            &learner.to_string(),
        ];
        let query = self.history(course, assignment);
        let found = self.api.get(SUBMISSION, &path, query, Fresh::Now).await?;
        let found = found.map(|found| Submission::read(&found, home));
        if let Some(found) = &found {
            self.submissions().insert((course, assignment, learner), found.clone());
        }
        Ok(found)
    }

    /// What asks for every attempt, where a rule does.
    fn history(&self, course: Id, assignment: Id) -> &'static [(&'static str, &'static str)] {
        let asked = self
            .course(course)
            .zip(self.assignment(course, assignment))
            .is_some_and(|(course, item)| self.asked.attempts(&course, &item.assessment(assignment)));
        if asked { &[HISTORY] } else { &[] }
    }

    fn submissions(&self) -> std::sync::MutexGuard<'_, BTreeMap<(Id, Id, Id), Submission>> {
        self.submissions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the list of an assignment's submissions until all learners asked for are found.
    /// Whom the list leaves out is read alone later.
    pub(super) async fn list_submissions(
        &mut self,
        course: Id,
        assignment: Id,
        mut learners: BTreeSet<Id>,
        home: Option<u64>,
    ) -> Result<(), ApiError> {
        let path = ["courses", &course.to_string(), "assignments", &assignment.to_string(), "submissions"];
        let query: Vec<_> = self.history(course, assignment).iter().copied().chain([PER_PAGE]).collect();
        let submissions = self.submissions.get_mut().unwrap_or_else(PoisonError::into_inner);
        let take = |page: Vec<Value>| {
            for submission in page {
                let submission = Submission::read(&submission, home);
                if let Some(user) = submission.user
                    && learners.remove(&user)
                {
                    submissions.insert((course, assignment, user), submission);
                }
            }
            learners.is_empty()
        };
        self.api.list(SUBMISSIONS, &path, &query, Fresh::Now, take).await?;
        Ok(())
    }

    /// A learner (an id, or `uuid:…`) in a course; `Err` says why there is none.
    pub(super) async fn person(
        &self,
        course: Id,
        user: &str,
        home: Option<u64>,
    ) -> Result<Result<Person, String>, ApiError> {
        self.person_as(course, user, home, Fresh::Recent).await
    }

    /// The same with enrolments, and so totals, read now.
    pub(super) async fn person_now(
        &self,
        course: Id,
        user: &str,
        home: Option<u64>,
    ) -> Result<Result<Person, String>, ApiError> {
        self.person_as(course, user, home, Fresh::Now).await
    }

    async fn person_as(
        &self,
        course: Id,
        user: &str,
        home: Option<u64>,
        fresh: Fresh,
    ) -> Result<Result<Person, String>, ApiError> {
        let path = ["users", user, "profile"];
        let profile = self.api.get(PROFILE, &path, &[], Fresh::Recent).await?;
        let mut profile = profile.map(|profile| Profile::read(&profile, home));
        if profile.as_ref().is_some_and(|profile| profile.email.is_none()) {
            let again = self.api.get(PROFILE, &path, &[], Fresh::Renewed).await?;
            profile = again.map(|profile| Profile::read(&profile, home));
        }
        let Some(profile) = profile else {
            return Ok(Err(format!("the user {user} does not exist in Canvas; merged users answer so")));
        };
        let asked = Id::parse(user).map(|id| id.seen_from(home));
        let id = match (asked, profile.id) {
            (Some(asked), Some(given)) if asked != given => {
                return Ok(Err(format!("Canvas gives the profile of the user {given} for that of {asked}")));
            }
            (Some(id), _) | (None, Some(id)) => id,
            (None, None) => return Ok(Err(format!("Canvas gives no id for the user {user}"))),
        };
        let mut enrolments = self.enrolments(course, id, fresh).await?;
        // Somebody may have joined since the answer that is reused.
        if fresh == Fresh::Recent && answers::withheld(&enrolments).is_some() {
            enrolments = self.enrolments(course, id, Fresh::Renewed).await?;
        }
        Ok(Ok(Person {
            id,
            learner: Learner {
                id: id.to_string(),
                name: profile.name,
                email: profile.email,
                institution_id: profile.sis_id,
                language: profile.locale,
            },
            withheld: answers::withheld(&enrolments),
            enrolments,
        }))
    }

    async fn enrolments(&self, course: Id, user: Id, fresh: Fresh) -> Result<Vec<Enrolment>, ApiError> {
        let user = user.to_string();
        // Concluding a course completes its enrolments; their grades stay.
        let query = [
            ("user_id", user.as_str()),
            ("state[]", "active"),
            ("state[]", "invited"),
            ("state[]", "completed"),
            ("state[]", "inactive"),
            PER_PAGE,
        ];
        let mut enrolments = Vec::new();
        let take = |page: Vec<Value>| {
            enrolments.extend(page.iter().map(Enrolment::read));
            false
        };
        let path = ["courses", &course.to_string(), "enrollments"];
        self.api.list(ENROLMENTS, &path, &query, fresh, take).await?;
        Ok(enrolments)
    }

    /// The course of an assignment: some events name none, and the REST API has no way from an
    /// assignment to its course.
    ///
    /// GraphQL gives the same `null` for what does not exist and for what the user may not see, so
    /// nothing is called gone before Canvas says that the user sees every course.
    pub(super) async fn course_of(
        &mut self,
        assignment: Id,
        home: Option<u64>,
    ) -> Result<Option<Id>, ApiError> {
        if let Some(known) = self.courses_of.get(&assignment) {
            return Ok(*known);
        }
        let query = "query($id: ID!) { assignment(id: $id) { course { _id } } }";
        let data = self.api.query(COURSE_OF, query, &assignment.to_string()).await?;
        let course = data.and_then(|data| id(at(&data, &["assignment", "course", "_id"])));
        let course = course.map(|course| course.seen_from(home));
        if course.is_none() && !Granted::read(&self.api).await?.is_some_and(|granted| granted.has(&CONTENT)) {
            let came = format!("shows no assignment {assignment}; if there is one");
            return Err(lacking(COURSE_OF, &came));
        }
        self.courses_of.insert(assignment, course);
        Ok(course)
    }

    /// The assignment that carries a classic quiz's grade; practice quizzes and surveys have none.
    pub(super) async fn assignment_of(
        &mut self,
        course: Id,
        quiz: Id,
        home: Option<u64>,
    ) -> Result<Option<Id>, ApiError> {
        if let Some(known) = self.assignments_of.get(&(course, quiz)) {
            return Ok(*known);
        }
        let path = ["courses", &course.to_string(), "quizzes", &quiz.to_string()];
        let found = self.api.get(QUIZ, &path, &[], Fresh::Recent).await?;
        let assignment = found.and_then(|found| id(at(&found, &["assignment_id"])));
        let assignment = assignment.map(|assignment| assignment.seen_from(home));
        self.assignments_of.insert((course, quiz), assignment);
        Ok(assignment)
    }

    /// Whose attempt at a quiz it is.
    pub(super) async fn learner_of(
        &self,
        course: Id,
        quiz: Id,
        attempt: Id,
        home: Option<u64>,
    ) -> Result<Option<Id>, ApiError> {
        let path = [
            "courses",
            &course.to_string(),
            "quizzes",
            &quiz.to_string(),
            "submissions",
            &attempt.to_string(),
        ];
        let Some(found) = self.api.get(QUIZ_SUBMISSION, &path, &[], Fresh::Recent).await? else {
            return Ok(None);
        };
        let submission = at(&found, &["quiz_submissions"]).get(0).unwrap_or(&Value::Null);
        Ok(id(at(submission, &["user_id"])).map(|learner| learner.seen_from(home)))
    }
}

/// Whether an assignment that may be ten minutes old can decide about an event.
fn is_current(assignment: &Assignment, told: &Told) -> bool {
    !assignment.anonymous && told.points_possible.is_none_or(|told| assignment.points_possible == Some(told))
}
