//! A Blackboard Learn: one course with one gradebook column, and the REST calls that a badge
//! service may make.

use std::collections::BTreeMap;

use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::Shared;

/// The key of the REST application.
pub const APPLICATION_KEY: &str = "sandbox-application-key";
/// Its secret.
pub const APPLICATION_SECRET: &str = "sandbox-application-secret";
const ACCESS_TOKEN: &str = "sandbox-access-token";

const COURSE: &str = "_301_1";
const COLUMN: &str = "_702_1";

/// A site with one course.
#[derive(Debug, Clone)]
pub struct Blackboard {
    users: BTreeMap<&'static str, User>,
    grades: BTreeMap<&'static str, Grade>,
}

#[derive(Debug, Clone)]
struct User {
    user_name: &'static str,
    given: &'static str,
    family: &'static str,
}

/// A grade of 160 points.
#[derive(Debug, Clone)]
pub struct Grade {
    /// Points, as displayed.
    pub score: Option<f64>,
    /// Exempt from the assessment.
    pub exempt: bool,
    /// Whether the attempt's grade was posted.
    pub posted: bool,
    change_index: i64,
}

impl Blackboard {
    /// A course on laboratory safety: one grade above the mark, one below, one preview user.
    pub fn lab_safety() -> Self {
        let user = |user_name, given, family| User { user_name, given, family };
        let grade =
            |score, change_index| Grade { score: Some(score), exempt: false, posted: true, change_index };
        Self {
            users: BTreeMap::from([
                ("_12345_1", user("priya.p", "Priya", "Patel")),
                ("_12346_1", user("quentin.q", "Quentin", "Quist")),
                ("_12347_1", user("instructor_previewuser", "Preview", "User")),
            ]),
            grades: BTreeMap::from([
                ("_12345_1", grade(144.0, 31)),
                ("_12346_1", grade(88.0, 32)),
                ("_12347_1", grade(160.0, 33)),
            ]),
        }
    }

    /// A learner's grade, to change: it counts as changed.
    pub fn grade(&mut self, learner: &str) -> Option<&mut Grade> {
        let newest = self.newest();
        let grade = self.grades.get_mut(learner)?;
        grade.change_index = newest + 1;
        Some(grade)
    }

    /// Deletes a learner's grade.
    pub fn delete(&mut self, learner: &str) {
        self.grades.remove(learner);
    }

    /// The highest change index of the column.
    fn newest(&self) -> i64 {
        self.grades.values().map(|grade| grade.change_index).max().unwrap_or_default()
    }

    fn grade_json(&self, learner: &str) -> Option<Value> {
        let grade = self.grades.get(learner)?;
        Some(json!({
            "userId": learner, "columnId": COLUMN, "status": if grade.score.is_some() { "Graded" } else { "NeedsGrading" },
            "displayGrade": grade.score.map(|score| json!({"scaleType": "Score", "score": score, "possible": 160.0})),
            "exempt": grade.exempt, "changeIndex": grade.change_index,
        }))
    }

    fn attempt_json(&self, learner: &str) -> Option<Value> {
        let grade = self.grades.get(learner)?;
        Some(json!({
            "id": format!("_9{}", learner.trim_start_matches('_')), "userId": learner,
            "status": if grade.posted { "Completed" } else { "NeedsGrading" },
            "displayGrade": grade.score.map(|score| json!({"scaleType": "Score", "score": score, "possible": 160.0})),
            "score": grade.score, "exempt": grade.exempt,
            "created": "2026-11-19T12:57:55.941Z", "attemptDate": "2026-11-19T12:58:30.000Z",
        }))
    }
}

pub(super) fn router(site: Shared<Blackboard>) -> Router {
    let column = format!("/learn/api/public/v2/courses/{COURSE}/gradebook/columns/{COLUMN}");
    let api = Router::new()
        .route("/learn/api/public/v1/system/version", get(version))
        .route("/learn/api/public/v1/users/{user}", get(user))
        .route(&format!("/learn/api/public/v3/courses/{COURSE}"), get(course))
        .route("/learn/api/public/v3/courses/courseId:LAB-100", get(course))
        .route(
            &format!("/learn/api/public/v2/courses/{COURSE}/gradebook/columns"),
            get(async || Json(json!({"results": [column_json().await.0]}))),
        )
        .route(&column, get(column_json))
        .route(&format!("{column}/users/lastChanged"), get(last_changed))
        .route(&format!("{column}/users"), get(grades))
        .route(&format!("{column}/users/{{user}}"), get(grade))
        .route(&format!("{column}/attempts"), get(attempts))
        .fallback(async || not_found())
        .layer(middleware::from_fn(authorised));
    Router::new().route("/learn/api/public/v1/oauth2/token", post(token)).merge(api).with_state(site)
}

async fn token(request: Request) -> Response {
    let expected =
        format!("Basic {}", BASE64_STANDARD.encode(format!("{APPLICATION_KEY}:{APPLICATION_SECRET}")));
    if request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) != Some(&expected) {
        let body = json!({"error": "invalid_client", "error_description": "Invalid client credentials"});
        return (StatusCode::UNAUTHORIZED, Json(body)).into_response();
    }
    Json(json!({"access_token": ACCESS_TOKEN, "token_type": "bearer", "expires_in": 3599, "scope": "*"}))
        .into_response()
}

async fn authorised(request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given == Some(&format!("Bearer {ACCESS_TOKEN}")) {
        return next.run(request).await;
    }
    let body = json!({"status": 401, "message": "API request is not authenticated."});
    (StatusCode::UNAUTHORIZED, Json(body)).into_response()
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"status": 404, "message": "The requested item could not be found."})))
        .into_response()
}

fn found(value: Option<Value>) -> Response {
    value.map_or_else(not_found, |value| Json(value).into_response())
}

async fn version() -> Json<Value> {
    Json(json!({"learn": {"major": 4000, "minor": 2, "patch": 0, "build": "sandbox"}}))
}

async fn course() -> Json<Value> {
    Json(json!({
        "id": COURSE, "uuid": "0f3b6c8e2f1d4b6da5a1c1d2e3f40001", "courseId": "LAB-100", "externalId": "LAB-100",
        "name": "Laboratory Safety", "ultraStatus": "Ultra", "availability": {"available": "Yes"},
    }))
}

async fn column_json() -> Json<Value> {
    Json(json!({
        "id": COLUMN, "name": "Safety assessment", "displayName": "Safety assessment", "contentId": "_881_1",
        "score": {"possible": 160.0}, "availability": {"available": "Yes"},
        "grading": {"type": "Attempts", "attemptsAllowed": 1, "scoringModel": "Last", "anonymousGrading": {"type": "None"}},
    }))
}

async fn user(State(site): State<Shared<Blackboard>>, Path(id): Path<String>) -> Response {
    found(site.lock().users.get(id.as_str()).map(|user| {
        json!({
            "id": id, "uuid": format!("5d1f2c3b4a59687{:017}", user.user_name.len()), "externalId": user.user_name,
            "userName": user.user_name, "availability": {"available": "Yes"},
            "name": {"given": user.given, "family": user.family},
            "contact": {"email": format!("{}@example.test", user.user_name)},
        })
    }))
}

async fn grades(
    State(site): State<Shared<Blackboard>>,
    axum::extract::Query(query): axum::extract::Query<BTreeMap<String, String>>,
) -> Json<Value> {
    let site = site.lock();
    let since = query.get("changeIndex").and_then(|index| index.parse::<i64>().ok());
    let changed = site.grades.iter().filter(|(_, it)| since.is_none_or(|since| it.change_index > since));
    let results: Vec<Value> = changed.filter_map(|(learner, _)| site.grade_json(learner)).collect();
    Json(json!({"results": results}))
}

async fn last_changed(State(site): State<Shared<Blackboard>>) -> Response {
    let site = site.lock();
    let newest = site.grades.iter().max_by_key(|(_, grade)| grade.change_index);
    found(newest.and_then(|(learner, _)| site.grade_json(learner)))
}

async fn grade(State(site): State<Shared<Blackboard>>, Path(learner): Path<String>) -> Response {
    found(site.lock().grade_json(&learner))
}

async fn attempts(
    State(site): State<Shared<Blackboard>>,
    axum::extract::Query(query): axum::extract::Query<BTreeMap<String, String>>,
) -> Json<Value> {
    let site = site.lock();
    let asked = query.get("userId");
    let learners = site.grades.keys().filter(|learner| asked.is_none_or(|asked| asked == *learner));
    let results: Vec<Value> = learners.filter_map(|learner| site.attempt_json(learner)).collect();
    Json(json!({"results": results}))
}
