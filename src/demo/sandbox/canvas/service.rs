//! The API calls of the sandbox's Canvas that a badge service may make.

use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::super::Shared;
use super::{API_TOKEN, Canvas, CanvasCourse, ROOT_ACCOUNT};

impl CanvasCourse {
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

pub(crate) fn router(site: Shared<Canvas>) -> Router {
    Router::new()
        .route("/api/v1/users/self/profile", get(async || Json(json!({"id": "1", "name": "Badge Bot"}))))
        .route(
            "/api/v1/accounts/self",
            get(async || Json(json!({"id": "1", "name": "Sandbox Canvas", "uuid": ROOT_ACCOUNT}))),
        )
        .route("/api/v1/accounts/self/permissions", get(async || Json(permissions())))
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

/// Of an account role as the guide has it.
fn permissions() -> Value {
    json!({
        "read_course_content": true, "view_all_grades": true, "read_roster": true,
        "read_email_addresses": true,
    })
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
    found(
        named(&site, &name)
            .map(|course| course.assignments.keys().filter_map(|id| course.assignment_json(*id)).collect()),
    )
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
