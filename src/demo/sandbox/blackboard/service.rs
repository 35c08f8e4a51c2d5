//! The REST calls of the sandbox's Blackboard that a badge service may make.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::Shared;
use super::{APPLICATION_KEY, APPLICATION_SECRET, Blackboard, BlackboardCourse};

const ACCESS_TOKEN: &str = "sandbox-access-token";
/// Entries on a page of a list.
const PAGE: usize = 100;

impl BlackboardCourse {
    fn json(&self) -> Value {
        json!({
            "id": self.id, "uuid": format!("0f3b6c8e2f1d4b6da5a1c1d2e3f4{:0>4.4}", self.id.trim_matches('_')),
            "courseId": self.course_id, "externalId": self.course_id,
            "name": self.name, "ultraStatus": "Ultra", "availability": {"available": "Yes"},
        })
    }

    fn column_json(&self, id: &str) -> Option<Value> {
        let column = self.columns.get(id)?;
        let mut json = json!({
            "id": id, "name": column.name, "displayName": column.name,
            "score": {"possible": column.possible}, "externalGrade": column.total,
            "availability": {"available": if column.visible { "Yes" } else { "No" }},
            "grading": {"type": if column.total { "Calculated" } else { "Attempts" }, "attemptsAllowed": 1,
                "scoringModel": "Last", "anonymousGrading": {"type": "None"}},
        });
        if !column.total {
            json["contentId"] = json!(format!("_8{}", id.trim_start_matches('_')));
        }
        Some(json)
    }

    fn grade_json(&self, column: &str, learner: &str) -> Option<Value> {
        let display =
            |score: f64, possible: f64| json!({"scaleType": "Score", "score": score, "possible": possible});
        let own = self.columns.get(column)?;
        if own.total {
            let (score, possible) = self.total(learner)?;
            return Some(json!({
                "userId": learner, "columnId": column, "status": "Graded", "displayGrade": display(score, possible),
                "exempt": false, "changeIndex": 0,
            }));
        }
        let grade = self.grade_of(column, learner)?;
        Some(json!({
            "userId": learner, "columnId": column,
            "status": if grade.score.is_some() { "Graded" } else { "NeedsGrading" },
            "displayGrade": grade.score.map(|score| display(score, own.possible)),
            "exempt": grade.exempt, "lastRelevantDate": grade.graded_at, "changeIndex": grade.change_index,
        }))
    }

    fn attempt_json(&self, column: &str, learner: &str) -> Option<Value> {
        let possible = self.columns.get(column)?.possible;
        let grade = self.grade_of(column, learner)?;
        Some(json!({
            "id": format!("_9{}", learner.trim_start_matches('_')), "userId": learner,
            "status": if grade.posted { "Completed" } else { "NeedsGrading" },
            "displayGrade": grade.score.map(|score| json!({"scaleType": "Score", "score": score, "possible": possible})),
            "score": grade.score, "exempt": grade.exempt,
            "created": "2026-11-19T12:57:55.941Z", "attemptDate": "2026-11-19T12:58:30.000Z",
        }))
    }

    /// Those who may have a grade in a column.
    fn graded(&self, column: &str) -> Vec<&str> {
        if self.columns.get(column).is_some_and(|column| column.total) {
            return self.members.keys().map(String::as_str).collect();
        }
        let of = self.grades.keys().filter(|(own, _)| own == column);
        of.map(|(_, learner)| learner.as_str()).collect()
    }
}

pub(crate) fn router(site: Shared<Blackboard>) -> Router {
    let columns = "/learn/api/public/v2/courses/{course}/gradebook/columns";
    let column = format!("{columns}/{{column}}");
    let api = Router::new()
        .route("/learn/api/public/v1/system/version", get(version))
        .route("/learn/api/public/v1/users/{user}", get(user))
        .route("/learn/api/public/v1/courses/{course}/users", get(members))
        .route("/learn/api/public/v1/courses/{course}/users/{user}", get(member))
        .route("/learn/api/public/v3/courses/{course}", get(course))
        .route(columns, get(all_columns))
        .route(&column, get(one_column))
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

/// A course by id or `courseId:…`.
fn named<'a>(site: &'a Blackboard, name: &str) -> Option<&'a BlackboardCourse> {
    match name.strip_prefix("courseId:").or_else(|| name.strip_prefix("externalId:")) {
        Some(course_id) => site.courses.values().find(|course| course.course_id == course_id),
        None => site.courses.get(name),
    }
}

/// A page of a list, and where it goes on.
fn listed(results: &[Value], query: &BTreeMap<String, String>, path: &str) -> Value {
    let offset: usize = query.get("offset").and_then(|offset| offset.parse().ok()).unwrap_or_default();
    let page: Vec<&Value> = results.iter().skip(offset).take(PAGE).collect();
    if offset + PAGE >= results.len() {
        return json!({"results": page});
    }
    let mut next = url::form_urlencoded::Serializer::new(String::new());
    next.extend_pairs(query.iter().filter(|(name, _)| *name != "offset"));
    next.append_pair("offset", &(offset + PAGE).to_string());
    json!({"results": page, "paging": {"nextPage": format!("{path}?{}", next.finish())}})
}

async fn course(State(site): State<Shared<Blackboard>>, Path(name): Path<String>) -> Response {
    found(named(&site.lock(), &name).map(BlackboardCourse::json))
}

async fn all_columns(State(site): State<Shared<Blackboard>>, Path(name): Path<String>) -> Response {
    let site = site.lock();
    found(named(&site, &name).map(|course| {
        let columns: Vec<Value> = course.columns.keys().filter_map(|id| course.column_json(id)).collect();
        json!({"results": columns})
    }))
}

async fn one_column(
    State(site): State<Shared<Blackboard>>,
    Path((name, column)): Path<(String, String)>,
) -> Response {
    found(named(&site.lock(), &name).and_then(|course| course.column_json(&column)))
}

impl Blackboard {
    fn user_json(&self, id: &str) -> Option<Value> {
        let user = self.users.get(id)?;
        Some(json!({
            "id": id, "uuid": format!("5d1f2c3b4a59687{:017}", user.user_name.len()), "externalId": user.external_id,
            "userName": user.user_name, "availability": {"available": "Yes"},
            "name": {"given": user.given, "family": user.family}, "contact": {"email": user.email},
        }))
    }

    fn member_json(&self, course: &BlackboardCourse, id: &str) -> Option<Value> {
        let available = course.members.get(id)?;
        Some(json!({
            "id": format!("_6{}", id.trim_start_matches('_')), "userId": id, "courseId": course.id,
            "courseRoleId": "Student", "availability": {"available": if *available { "Yes" } else { "No" }},
            "user": self.user_json(id),
        }))
    }
}

async fn user(State(site): State<Shared<Blackboard>>, Path(id): Path<String>) -> Response {
    found(site.lock().user_json(&id))
}

async fn members(
    State(site): State<Shared<Blackboard>>,
    Path(name): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let site = site.lock();
    found(named(&site, &name).map(|course| {
        let all: Vec<Value> = course.members.keys().filter_map(|id| site.member_json(course, id)).collect();
        listed(&all, &query, &format!("/learn/api/public/v1/courses/{name}/users"))
    }))
}

async fn member(
    State(site): State<Shared<Blackboard>>,
    Path((name, id)): Path<(String, String)>,
) -> Response {
    let site = site.lock();
    found(named(&site, &name).and_then(|course| site.member_json(course, &id)))
}

async fn grades(
    State(site): State<Shared<Blackboard>>,
    Path((name, column)): Path<(String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let since = query.get("changeIndex").and_then(|index| index.parse::<i64>().ok());
    let site = site.lock();
    found(named(&site, &name).map(|course| {
        let changed = course.graded(&column).into_iter().filter(|learner| {
            let index = course.grade_of(&column, learner).map_or(0, |grade| grade.change_index);
            since.is_none_or(|since| index > since)
        });
        let all: Vec<Value> = changed.filter_map(|learner| course.grade_json(&column, learner)).collect();
        let path = format!("/learn/api/public/v2/courses/{name}/gradebook/columns/{column}/users");
        listed(&all, &query, &path)
    }))
}

async fn last_changed(
    State(site): State<Shared<Blackboard>>,
    Path((name, column)): Path<(String, String)>,
) -> Response {
    let site = site.lock();
    found(named(&site, &name).and_then(|course| {
        let index = |learner: &&str| course.grade_of(&column, learner).map_or(0, |grade| grade.change_index);
        let newest = course.graded(&column).into_iter().max_by_key(index)?;
        course.grade_json(&column, newest)
    }))
}

async fn grade(
    State(site): State<Shared<Blackboard>>,
    Path((name, column, learner)): Path<(String, String, String)>,
) -> Response {
    found(named(&site.lock(), &name).and_then(|course| course.grade_json(&column, &learner)))
}

async fn attempts(
    State(site): State<Shared<Blackboard>>,
    Path((name, column)): Path<(String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let site = site.lock();
    found(named(&site, &name).map(|course| {
        let asked = query.get("userId");
        let learners =
            course.graded(&column).into_iter().filter(|learner| asked.is_none_or(|asked| asked == learner));
        let all: Vec<Value> = learners.filter_map(|learner| course.attempt_json(&column, learner)).collect();
        let path = format!("/learn/api/public/v2/courses/{name}/gradebook/columns/{column}/attempts");
        listed(&all, &query, &path)
    }))
}
