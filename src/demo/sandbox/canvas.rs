//! A Canvas: courses with assignments, and the API calls that a badge service may make.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Shared;

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

    fn json(&self) -> Value {
        json!({
            "id": self.id.to_string(), "name": self.name, "course_code": self.code,
            "sis_course_id": self.sis_id, "workflow_state": "available", "hide_final_grades": self.totals_hidden,
        })
    }

    fn assignment_json(&self, id: i64) -> Option<Value> {
        let assignment = self.assignments.get(&id)?;
        Some(json!({
            "id": id.to_string(), "name": assignment.name, "course_id": self.id.to_string(),
            "points_possible": assignment.points, "grading_type": "points", "anonymous_grading": assignment.anonymous,
            "anonymize_students": assignment.anonymous,
            "html_url": format!("https://canvas.example.edu/courses/{}/assignments/{id}", self.id),
        }))
    }

    fn submission_json(&self, assignment: i64, learner: i64) -> Option<Value> {
        let submission = self.submissions.get(&(assignment, learner))?;
        let hidden = self.assignments.get(&assignment)?.anonymous;
        Some(json!({
            "id": (11_000 + learner).to_string(), "assignment_id": assignment.to_string(),
            "user_id": (!hidden).then(|| learner.to_string()),
            "score": submission.score, "grade": submission.score.map(|score| score.to_string()),
            "entered_score": submission.score, "attempt": 1, "excused": submission.excused,
            "graded_at": submission.score.map(|_| &submission.graded_at), "posted_at": submission.posted_at,
            "workflow_state": if submission.score.is_some() { "graded" } else { "submitted" },
            "grade_matches_current_submission": true, "late": false, "missing": false,
        }))
    }

    fn progress_json(&self, learner: i64) -> Value {
        let at = self.completed.get(&learner);
        json!({
            "requirement_count": 1, "requirement_completed_count": i32::from(at.is_some()),
            "next_requirement_url": null, "completed_at": at,
        })
    }
}

pub(super) fn router(site: Shared<Canvas>) -> Router {
    Router::new()
        .route("/api/v1/users/self/profile", get(async || Json(json!({"id": "1", "name": "Badge Bot"}))))
        .route(
            "/api/v1/accounts/self",
            get(async || Json(json!({"id": "1", "name": "Sandbox Canvas", "uuid": ROOT_ACCOUNT}))),
        )
        .route("/api/v1/users/{user}/profile", get(profile))
        .route("/api/v1/courses/{course}", get(course))
        .route("/api/v1/courses/{course}/assignments", get(assignments))
        .route("/api/v1/courses/{course}/assignments/{assignment}", get(assignment))
        .route("/api/v1/courses/{course}/assignments/{assignment}/submissions", get(submissions))
        .route("/api/v1/courses/{course}/assignments/{assignment}/submissions/{user}", get(submission))
        .route("/api/v1/courses/{course}/students/submissions", get(all_submissions))
        .route("/api/v1/courses/{course}/enrollments", get(enrolments))
        .route("/api/v1/courses/{course}/bulk_user_progress", get(all_progress))
        .route("/api/v1/courses/{course}/users/{user}/progress", get(progress))
        .fallback(async || not_found())
        .layer(middleware::from_fn(authorised))
        .with_state(site)
}

async fn authorised(request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given == Some(&format!("Bearer {API_TOKEN}")) {
        return next.run(request).await;
    }
    let challenge = [(header::WWW_AUTHENTICATE, "Bearer realm=\"canvas-lms\"")];
    (StatusCode::UNAUTHORIZED, challenge, Json(json!({"errors": [{"message": "Invalid access token."}]})))
        .into_response()
}

fn not_found() -> Response {
    let body = json!({"errors": [{"message": "The specified resource does not exist."}]});
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

fn found(value: Option<Value>) -> Response {
    value.map_or_else(not_found, |value| Json(value).into_response())
}

/// A course by id or `sis_course_id:…`.
fn named<'a>(site: &'a Canvas, name: &str) -> Option<&'a CanvasCourse> {
    match name.strip_prefix("sis_course_id:") {
        Some(sis_id) => site.courses.values().find(|course| course.sis_id == sis_id),
        None => site.courses.get(&name.parse().ok()?),
    }
}

async fn course(State(site): State<Shared<Canvas>>, Path(name): Path<String>) -> Response {
    found(named(&site.lock(), &name).map(CanvasCourse::json))
}

async fn assignments(State(site): State<Shared<Canvas>>, Path(name): Path<String>) -> Response {
    let site = site.lock();
    found(named(&site, &name).map(|course| {
        course.assignments.keys().filter_map(|id| course.assignment_json(*id)).collect()
    }))
}

async fn assignment(State(site): State<Shared<Canvas>>, Path((name, id)): Path<(String, i64)>) -> Response {
    found(named(&site.lock(), &name).and_then(|course| course.assignment_json(id)))
}

async fn profile(State(site): State<Shared<Canvas>>, Path(user): Path<String>) -> Response {
    let site = site.lock();
    found(user.parse().ok().and_then(|id: i64| {
        let user = site.users.get(&id)?;
        Some(json!({
            "id": id.to_string(), "name": user.name, "short_name": user.name, "login_id": user.email,
            "primary_email": user.email, "sis_user_id": user.sis_id, "locale": "en",
        }))
    }))
}

async fn submissions(
    State(site): State<Shared<Canvas>>,
    Path((name, assignment)): Path<(String, i64)>,
) -> Response {
    let site = site.lock();
    found(named(&site, &name).map(|course| {
        let of = course.submissions.keys().filter(|(own, _)| *own == assignment);
        of.filter_map(|(_, learner)| course.submission_json(assignment, *learner)).collect()
    }))
}

/// All submissions of the course, some on a page; the address of the next one is opaque.
async fn all_submissions(
    State(site): State<Shared<Canvas>>,
    Path(name): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let of = |name: &str| query.iter().find(|(asked, _)| asked == name).map(|(_, value)| value.as_str());
    let site = site.lock();
    let Some(course) = named(&site, &name) else { return not_found() };
    let asked: Vec<i64> = query
        .iter()
        .filter(|(name, _)| name == "assignment_ids[]")
        .filter_map(|(_, id)| id.parse().ok())
        .collect();
    if of("student_ids[]") != Some("all") {
        return Json(json!([])).into_response();
    }
    let since = of("graded_since").unwrap_or_default();
    let meant = course.submissions.iter().filter(|((assignment, _), it)| {
        let asked = asked.is_empty() || asked.contains(assignment);
        // Times of one form compare like texts.
        asked && (since.is_empty() || it.graded_at.as_str() >= since)
    });
    let from = of("page").and_then(|page| page.strip_prefix("bookmark:")?.parse().ok()).unwrap_or(0_usize);
    let all: Vec<(i64, i64)> = meant.map(|(place, _)| *place).collect();
    let page = all.iter().skip(from).take(course.page);
    let page: Vec<Value> =
        page.filter_map(|(assignment, learner)| course.submission_json(*assignment, *learner)).collect();
    if from + course.page >= all.len() {
        return Json(page).into_response();
    }
    let mut next = url::form_urlencoded::Serializer::new(String::new());
    next.extend_pairs(query.iter().filter(|(name, _)| name != "page"));
    next.append_pair("page", &format!("bookmark:{}", from + course.page));
    let path = format!("/api/v1/courses/{}/students/submissions", course.id);
    let link = format!("<{path}?{}>; rel=\"next\"", next.finish());
    ([(header::LINK, link)], Json(page)).into_response()
}

async fn submission(
    State(site): State<Shared<Canvas>>,
    Path((name, assignment, learner)): Path<(String, i64, i64)>,
) -> Response {
    found(named(&site.lock(), &name).and_then(|course| course.submission_json(assignment, learner)))
}

async fn enrolments(
    State(site): State<Shared<Canvas>>,
    Path(name): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let asked = query.iter().find(|(name, _)| name == "user_id").and_then(|(_, id)| id.parse::<i64>().ok());
    let site = site.lock();
    found(named(&site, &name).map(|course| {
        let enrolled = course.enrolments.iter().filter(|(id, _)| asked.is_none_or(|asked| asked == **id));
        enrolled
            .map(|(id, enrolment)| {
                json!({
                    "id": (900 + id).to_string(), "course_id": course.id.to_string(), "user_id": id.to_string(),
                    "type": enrolment, "role": enrolment, "enrollment_state": "active",
                    "grades": {"final_score": course.total(*id), "final_grade": null},
                })
            })
            .collect()
    }))
}

async fn progress(
    State(site): State<Shared<Canvas>>,
    Path((name, learner)): Path<(String, i64)>,
) -> Response {
    let site = site.lock();
    let course = named(&site, &name).filter(|course| course.has_requirements && course.has(learner));
    found(course.map(|course| course.progress_json(learner)))
}

async fn all_progress(State(site): State<Shared<Canvas>>, Path(name): Path<String>) -> Response {
    let site = site.lock();
    found(named(&site, &name).filter(|course| course.has_requirements).map(|course| {
        let learners = course.enrolments.keys().filter(|learner| course.has(**learner));
        learners.map(|id| json!({"id": id.to_string(), "progress": course.progress_json(*id)})).collect()
    }))
}
