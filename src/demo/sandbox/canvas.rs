//! A Canvas: one course with one assignment, and the API calls that a badge service may make.

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

/// A site with one course.
#[derive(Debug, Clone)]
pub struct Canvas {
    users: BTreeMap<i64, User>,
    submissions: BTreeMap<i64, Submission>,
}

#[derive(Debug, Clone)]
struct User {
    name: &'static str,
    enrolment: &'static str,
}

/// A learner's submission.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Points of 20.
    pub score: Option<f64>,
    /// When it was graded, RFC 3339.
    pub graded_at: &'static str,
    /// When the learner could see it; `None` until it is posted.
    pub posted_at: Option<&'static str>,
    /// Excused from the assignment.
    pub excused: bool,
}

const COURSE: i64 = 565;
const ASSIGNMENT: i64 = 355;
/// Submissions of the course on a page.
const PAGE: usize = 2;

impl Canvas {
    /// A course on data literacy: one grade posted, one not yet, one of the test student.
    pub fn data_literacy() -> Self {
        let user = |name, enrolment| User { name, enrolment };
        let submission = |score, posted_at| Submission {
            score: Some(score),
            graded_at: "2026-11-20T09:15:00Z",
            posted_at,
            excused: false,
        };
        Self {
            users: BTreeMap::from([
                (48, user("Nadia Novak", "StudentEnrollment")),
                (49, user("Omar Osei", "StudentEnrollment")),
                (50, user("Test Student", "StudentViewEnrollment")),
            ]),
            submissions: BTreeMap::from([
                (48, submission(17.5, Some("2026-11-20T09:30:00Z"))),
                (49, submission(19.0, None)),
                (50, submission(20.0, Some("2026-11-20T09:30:00Z"))),
            ]),
        }
    }

    /// A learner's submission, to grade, post or excuse.
    pub fn submission(&mut self, learner: i64) -> Option<&mut Submission> {
        self.submissions.get_mut(&learner)
    }

    /// Takes a learner out of the course.
    pub fn unenrol(&mut self, learner: i64) {
        if let Some(user) = self.users.get_mut(&learner) {
            user.enrolment = "ObserverEnrollment";
        }
    }

    fn submission_json(&self, learner: i64) -> Option<Value> {
        let submission = self.submissions.get(&learner)?;
        Some(json!({
            "id": (11_000 + learner).to_string(), "assignment_id": ASSIGNMENT.to_string(), "user_id": learner.to_string(),
            "score": submission.score, "grade": submission.score.map(|score| score.to_string()),
            "entered_score": submission.score, "attempt": 1, "excused": submission.excused,
            "graded_at": submission.score.map(|_| submission.graded_at), "posted_at": submission.posted_at,
            "workflow_state": if submission.score.is_some() { "graded" } else { "submitted" },
            "grade_matches_current_submission": true, "late": false, "missing": false,
        }))
    }
}

pub(super) fn router(site: Shared<Canvas>) -> Router {
    let course = format!("/api/v1/courses/{COURSE}");
    let assignment = format!("{course}/assignments/{ASSIGNMENT}");
    Router::new()
        .route("/api/v1/users/self/profile", get(async || Json(json!({"id": "1", "name": "Badge Bot"}))))
        .route(
            "/api/v1/accounts/self",
            get(async || Json(json!({"id": "1", "name": "Sandbox Canvas", "uuid": ROOT_ACCOUNT}))),
        )
        .route("/api/v1/users/{user}/profile", get(profile))
        .route(&course, get(course_json))
        .route(&assignment, get(assignment_json))
        .route("/api/v1/courses/sis_course_id:2026.DATA-LIT", get(course_json))
        .route(&format!("{course}/assignments"), get(async || Json([assignment_json().await.0])))
        .route(&format!("{course}/students/submissions"), get(all_submissions))
        .route(&format!("{assignment}/submissions"), get(submissions))
        .route(&format!("{assignment}/submissions/{{user}}"), get(submission))
        .route(&format!("{course}/enrollments"), get(enrolments))
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

async fn course_json() -> Json<Value> {
    Json(json!({
        "id": COURSE.to_string(), "name": "Data Literacy", "course_code": "DATA-LIT",
        "sis_course_id": "2026.DATA-LIT", "workflow_state": "available", "hide_final_grades": false,
    }))
}

async fn assignment_json() -> Json<Value> {
    Json(json!({
        "id": ASSIGNMENT.to_string(), "name": "Reading charts and tables", "course_id": COURSE.to_string(),
        "points_possible": 20.0, "grading_type": "points", "anonymous_grading": false, "anonymize_students": false,
        "html_url": format!("https://canvas.example.edu/courses/{COURSE}/assignments/{ASSIGNMENT}"),
    }))
}

async fn profile(State(site): State<Shared<Canvas>>, Path(user): Path<String>) -> Response {
    let site = site.lock();
    found(user.parse().ok().and_then(|id: i64| {
        let user = site.users.get(&id)?;
        let login = user.name.to_lowercase().replace(' ', ".");
        Some(json!({
            "id": id.to_string(), "name": user.name, "short_name": user.name, "login_id": login,
            "primary_email": format!("{login}@example.test"), "sis_user_id": format!("C-{id}"), "locale": "en",
        }))
    }))
}

async fn submissions(State(site): State<Shared<Canvas>>) -> Json<Vec<Value>> {
    let site = site.lock();
    Json(site.submissions.keys().filter_map(|learner| site.submission_json(*learner)).collect())
}

/// All submissions of the course, two a page; the address of the next one is opaque.
async fn all_submissions(
    State(site): State<Shared<Canvas>>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let of = |name: &str| query.iter().find(|(asked, _)| asked == name).map(|(_, value)| value.as_str());
    let assignment = ASSIGNMENT.to_string();
    let mut asked = query.iter().filter(|(name, _)| name == "assignment_ids[]").peekable();
    if of("student_ids[]") != Some("all")
        || (asked.peek().is_some() && !asked.any(|(_, id)| *id == assignment))
    {
        return Json(json!([])).into_response();
    }
    let site = site.lock();
    let since = of("graded_since").unwrap_or_default();
    // Times of one form compare like texts.
    let graded = site.submissions.iter().filter(|(_, it)| since.is_empty() || it.graded_at >= since);
    let all: Vec<Value> = graded.filter_map(|(learner, _)| site.submission_json(*learner)).collect();
    let from = of("page").and_then(|page| page.strip_prefix("bookmark:")?.parse().ok()).unwrap_or(0_usize);
    let page: Vec<&Value> = all.iter().skip(from).take(PAGE).collect();
    if from + PAGE >= all.len() {
        return Json(page).into_response();
    }
    let mut next = url::form_urlencoded::Serializer::new(String::new());
    next.extend_pairs(query.iter().filter(|(name, _)| name != "page"));
    next.append_pair("page", &format!("bookmark:{}", from + PAGE));
    let path = format!("/api/v1/courses/{COURSE}/students/submissions");
    let link = format!("<{path}?{}>; rel=\"next\"", next.finish());
    ([(header::LINK, link)], Json(page)).into_response()
}

async fn submission(State(site): State<Shared<Canvas>>, Path(user): Path<String>) -> Response {
    found(user.parse().ok().and_then(|learner| site.lock().submission_json(learner)))
}

async fn enrolments(
    State(site): State<Shared<Canvas>>,
    Query(query): Query<Vec<(String, String)>>,
) -> Json<Vec<Value>> {
    let asked = query.iter().find(|(name, _)| name == "user_id").and_then(|(_, id)| id.parse::<i64>().ok());
    let site = site.lock();
    let enrolled = site.users.iter().filter(|(id, _)| asked.is_none_or(|asked| asked == **id));
    Json(
        enrolled
            .map(|(id, user)| {
                json!({
                    "id": (900 + id).to_string(), "course_id": COURSE.to_string(), "user_id": id.to_string(),
                    "type": user.enrolment, "role": user.enrolment, "enrollment_state": "active",
                })
            })
            .collect(),
    )
}
