//! Quizzes, completions, totals, mastery; what refusals of the API mean; the probe.

use std::time::Duration;

use super::*;
use crate::{Assessment, AssessmentKind, Release, Withheld};

const PROGRESS: &str = "/api/v1/courses/731/users/96/progress";
const ROLLUPS: &str = "/api/v1/courses/731/outcome_rollups";
const BY_UUID: &str = "/api/v1/users/uuid:p4Vn0QyZk81LrTqJx7aUe6mBsWd2HcGfOi35XtRz/profile";

fn withheld(outcome: &Outcome) -> Option<Withheld> {
    match outcome.release {
        Release::Released => None,
        Release::Withheld { reason } => Some(reason),
    }
}

#[tokio::test]
async fn a_quiz_is_confirmed_through_its_assignment_and_attempt() {
    let canvas = || {
        Replay::canvas()
            .json("/api/v1/courses/731/quizzes/64", &fixture("api_quiz"))
            .json("/api/v1/courses/731/quizzes/64/submissions/5501", &fixture("api_quiz_submission"))
    };
    for event in ["quiz_submitted", "caliper_quiz_submitted"] {
        let outcome = canvas().settled(signal(&fixture(event))).await;
        assert_eq!((outcome.learner.id.as_str(), outcome.assessment.id.as_str()), ("96", "412"), "{event}");
    }
    let practice = with(fixture("api_quiz"), "/assignment_id", Value::Null);
    let practice = canvas().json("/api/v1/courses/731/quizzes/64", &practice);
    assert!(practice.nothing(signal(&fixture("quiz_submitted"))).await.contains("not graded"));
    // Who acted is not asked: a teacher may have handed it in for the learner.
    let by_teacher = with(fixture("quiz_submitted"), "/metadata/user_id", json!("11070000000000055"));
    assert_eq!(canvas().settled(signal(&by_teacher)).await.learner.id, "96");
}

#[tokio::test]
async fn a_completed_course_is_confirmed_by_its_requirements() {
    let event = || signal(&fixture("course_completed"));
    let outcome = Replay::canvas().json(PROGRESS, &fixture("api_progress")).settled(event()).await;
    assert_eq!(outcome.assessment.id, Assessment::COURSE_COMPLETION);
    assert_eq!(outcome.assessment.kind, AssessmentKind::CourseCompletion);
    assert_eq!((outcome.passed, outcome.release), (Some(true), Release::Released));
    assert_eq!(outcome.graded_at, Some("2025-03-05T07:59:58Z".parse().unwrap()));
    assert_eq!(outcome.score, None);
    for (member, value) in [
        ("requirement_completed_count", json!(7)),
        ("completed_at", Value::Null),
        ("requirement_count", json!(0)),
    ] {
        let progress = with(fixture("api_progress"), &format!("/{member}"), value);
        Replay::canvas().json(PROGRESS, &progress).unsettled(event()).await;
    }
    let none = json!({"error": {"message": "no progress available"}}).to_string();
    Replay::canvas().raw(PROGRESS, 400, none).nothing(event()).await;
}

#[tokio::test]
async fn a_total_is_the_posted_final_score_in_percent() {
    let event = || signal(&fixture("course_grade_change"));
    let outcome = Replay::canvas().settled(event()).await;
    assert_eq!(outcome.assessment.id, Assessment::COURSE_TOTAL);
    let score = outcome.score.unwrap();
    assert_eq!((score.given, score.max), (Some("71.25".parse().unwrap()), Some(100.into())));
    assert_eq!(score.text.as_deref(), Some("C-"));
    assert_eq!(outcome.release, Release::Released);

    let flat = json!([{"type": "StudentEnrollment", "computed_final_score": 71.25}]);
    let outcome = Replay::canvas().json(ENROLMENTS, &flat).settled(event()).await;
    assert_eq!(outcome.score.unwrap().given, Some("71.25".parse().unwrap()));
}

#[tokio::test]
async fn a_total_that_a_teacher_set_counts() {
    let enrolments = with(fixture("api_enrollments"), "/0/grades/override_score", json!(92));
    for event in ["grade_override", "course_grade_change"] {
        let outcome = Replay::canvas().json(ENROLMENTS, &enrolments).settled(signal(&fixture(event))).await;
        assert_eq!(outcome.score.unwrap().given, Some(92.into()), "{event}");
    }
}

#[tokio::test]
async fn totals_that_learners_do_not_see_are_withheld() {
    let event = || signal(&fixture("course_grade_change"));
    let hidden = with(fixture("api_course"), "/hide_final_grades", json!(true));
    let outcome = Replay::canvas().json(COURSE, &hidden).settled(event()).await;
    assert_eq!(withheld(&outcome), Some(Withheld::Hidden));
    let outcome = Replay::canvas().cached(COURSE, &hidden).settled(event()).await;
    assert_eq!(withheld(&outcome), None, "a reused answer never withholds");
    let none = with(fixture("api_enrollments"), "/0/grades/final_score", Value::Null);
    Replay::canvas().json(ENROLMENTS, &none).unsettled(event()).await;
}

#[tokio::test]
async fn a_total_may_still_be_on_its_way_but_not_for_long() {
    let before = with(fixture("api_enrollments"), "/0/grades/final_score", json!(48.5));
    let canvas =
        || Replay::canvas().json(ENROLMENTS, &before).cached(ENROLMENTS, &fixture("api_enrollments"));
    canvas().unsettled(signal(&fixture("course_grade_change"))).await;
    let long_ago =
        with(fixture("course_grade_change"), "/metadata/event_time", json!("2025-03-04T09:00:00Z"));
    assert_eq!(canvas().settled(signal(&long_ago)).await.score.unwrap().given, Some("48.5".parse().unwrap()));
}

fn mastery() -> Replay {
    Replay::canvas().json(ROLLUPS, &fixture("api_outcome_rollups")).json(BY_UUID, &fixture("api_profile"))
}

#[tokio::test]
async fn mastery_of_an_outcome_is_confirmed_by_its_rollup() {
    let event = || signal(&fixture("learning_outcome_result_updated"));
    let outcome = mastery().settled(event()).await;
    assert_eq!(outcome.learner.id, "96");
    assert_eq!(outcome.assessment.id, "outcome:33");
    assert_eq!(outcome.assessment.kind, AssessmentKind::Competency);
    assert_eq!(outcome.assessment.name.as_deref(), Some("Explains how cells divide"));
    assert_eq!((outcome.passed, outcome.release), (Some(true), Release::Released));
    assert_eq!(outcome.score.unwrap().percent(), Some("87.5".parse().unwrap()));

    let below = with(fixture("api_outcome_rollups"), "/rollups/0/scores/0/score", json!(2.99));
    assert_eq!(mastery().json(ROLLUPS, &below).settled(event()).await.passed, Some(false));
    let others = with(fixture("api_outcome_rollups"), "/rollups/0/links/user", json!("97"));
    mastery().json(ROLLUPS, &others).unsettled(event()).await;
    mastery().raw(ROLLUPS, 400, "{\"errors\": \"not a student\"}").nothing(event()).await;
}

#[tokio::test]
async fn mastery_in_an_unposted_assignment_is_withheld() {
    let unposted = with(fixture("api_submission"), "/posted_at", Value::Null);
    let event = signal(&fixture("learning_outcome_result_updated"));
    let outcome = mastery().json(SUBMISSION, &unposted).settled(event).await;
    assert_eq!(withheld(&outcome), Some(Withheld::NotPosted));
}

#[tokio::test]
async fn mastery_without_a_course_is_found_through_the_assignment() {
    let canvas = mastery().json("/api/graphql", &json!({"data": {"assignment": {"course": {"_id": "731"}}}}));
    let outcome = canvas.settled(signal(&fixture("learning_outcome_result_created"))).await;
    assert_eq!(outcome.course.id, "731");
}

async fn error(canvas: Replay) -> ApiError {
    match canvas.confirm(&[signal(&fixture("grade_change"))]).await {
        Err(error) => error,
        Ok(confirmations) => match confirmations.as_slice() {
            [Confirmation::Unread(error)] => error.clone(),
            other => panic!("{other:?}"),
        },
    }
}

#[tokio::test]
async fn an_expired_token_and_a_missing_permission_are_told_apart() {
    let body = json!({"errors": [{"message": "Invalid access token."}]}).to_string();
    let canvas = Replay::canvas().raw(SUBMISSION, 401, body).header(
        SUBMISSION,
        "www-authenticate",
        "Bearer realm=\"canvas-lms\"",
    );
    match error(canvas).await {
        ApiError::Unauthorized { what } => {
            assert!(what.contains("New Access Token") && what.contains("Invalid access token."), "{what}");
            assert!(!what.contains("test-token"), "{what}");
        }
        other => panic!("{other:?}"),
    }
    let body = json!({"status": "unauthorized", "errors": [{"message": "user not authorized"}]}).to_string();
    for (path, permission) in [
        (COURSE, "“Course Content - view”"),
        (ASSIGNMENT, "“Course Content - view”"),
        (SUBMISSION, "“Grades - view all grades”"),
        (PROFILE, "“Users - view primary email address”"),
        (ENROLMENTS, "“Users - view list”"),
    ] {
        match error(Replay::canvas().raw(path, 401, body.clone())).await {
            ApiError::Unauthorized { what } => {
                assert!(what.contains(permission) && !what.contains("New Access Token"), "{what}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(
        error(Replay::canvas().raw(SUBMISSION, 403, body.clone())).await,
        ApiError::Unauthorized { .. }
    ));
    let quiz = Replay::canvas().raw("/api/v1/courses/731/quizzes/64", 403, body);
    match quiz.confirm(&[signal(&fixture("quiz_submitted"))]).await {
        Err(ApiError::Unauthorized { what }) => assert!(what.contains("“Course Content - view”"), "{what}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_assignment_that_is_not_shown_is_gone_only_if_every_course_may_be_seen() {
    let event = signal(&fixture("submission_created"));
    let canvas = || Replay::canvas().json("/api/graphql", &json!({"data": {"assignment": null}}));
    let all = canvas().json(PERMISSIONS, &json!({"read_course_content": true}));
    all.nothing(event.clone()).await;
    for waits in [
        canvas().json(PERMISSIONS, &json!({"read_course_content": false})),
        canvas().json(PERMISSIONS, &json!({})),
        canvas().raw(PERMISSIONS, 403, "{}"),
        canvas(),
    ] {
        match waits.confirm(std::slice::from_ref(&event)).await {
            Err(ApiError::Unauthorized { what }) => {
                assert!(what.contains("412") && what.contains("“Course Content - view”"), "{what}");
            }
            other => panic!("{other:?}"),
        }
    }
    let later = canvas().raw(PERMISSIONS, 502, "").confirm(&[event]).await;
    assert!(matches!(later, Err(ApiError::Unavailable { .. })), "{later:?}");
}

#[tokio::test]
async fn both_ways_of_throttling_are_recognised() {
    let old = "403 Forbidden (Rate Limit Exceeded)\n";
    let expected = |error: ApiError, wait: Option<u64>| match error {
        ApiError::RateLimited { retry_after, .. } => assert_eq!(retry_after, wait.map(Duration::from_secs)),
        other => panic!("{other:?}"),
    };
    expected(error(Replay::canvas().raw(SUBMISSION, 403, old)).await, None);
    expected(error(Replay::canvas().raw(SUBMISSION, 429, "")).await, None);
    let waiting = Replay::canvas().raw(SUBMISSION, 429, "{}").header(SUBMISSION, "retry-after", "7");
    expected(error(waiting).await, Some(7));
    let remaining = Replay::canvas().header(SUBMISSION, "x-rate-limit-remaining", "0.5");
    remaining.settled(signal(&fixture("grade_change"))).await;
}

#[tokio::test]
async fn answers_that_are_not_canvas_json_pass_by_themselves() {
    let half = fixture("api_submission").to_string();
    for (status, body) in [
        (200, "<html><body>Canvas is down for maintenance</body></html>"),
        (200, ""),
        (200, &half[..half.len() / 2]),
        (302, ""),
        (404, "<html>no such host</html>"),
        (500, "{\"errors\": []}"),
        (502, "<html>bad gateway</html>"),
        (503, ""),
    ] {
        for path in [COURSE, ASSIGNMENT, SUBMISSION, PROFILE, ENROLMENTS] {
            let error = error(Replay::canvas().raw(path, status, body)).await;
            assert!(matches!(error, ApiError::Unavailable { .. }), "{path} {status} {body}: {error:?}");
        }
    }
    let error = error(Replay::canvas().json(ENROLMENTS, &json!({"not": "a list"}))).await;
    assert!(matches!(error, ApiError::Unavailable { .. }), "{error:?}");
}

fn granted(content: bool, rest: bool) -> Value {
    json!({
        "read_course_content": content, "view_all_grades": rest, "read_roster": rest,
        "read_email_addresses": rest,
    })
}

fn probed(account: &Value) -> Replay {
    Replay::default()
        .json("/api/v1/users/self/profile", &fixture("api_profile"))
        .json("/api/v1/accounts/self", account)
        .json(PERMISSIONS, &granted(true, true))
}

async fn probe(account: &Value) -> Result<Vec<String>, ApiError> {
    source().probe(&probed(account)).await
}

#[tokio::test]
async fn the_probe_says_who_and_where() {
    let lines = probe(&json!({"id": "1", "name": "Example University", "uuid": ACCOUNT})).await.unwrap();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].contains("https://canvas.example.test") && lines[0].contains("Lena Maier"), "{lines:?}");
    assert!(lines[1].contains("Example University") && lines[1].contains("as configured"), "{lines:?}");
    let error = probe(&json!({"id": "1", "name": "Other", "uuid": "other"})).await.unwrap_err();
    assert!(error.to_string().contains("root_account"), "{error}");
    let canvas = Replay::default().json("/api/v1/users/self/profile", &fixture("api_profile"));
    assert_eq!(source().probe(&canvas).await.unwrap().len(), 3, "the account need not be readable");
    let expired = Replay::default().raw("/api/v1/users/self/profile", 401, "{}");
    assert!(source().probe(&expired).await.is_err());
}

#[tokio::test]
async fn the_probe_names_the_permissions_that_are_missing() {
    let account = json!({"id": "1", "name": "Example University", "uuid": ACCOUNT});
    let canvas = probed(&account).json(PERMISSIONS, &granted(false, true));
    match source().probe(&canvas).await {
        Err(ApiError::Unauthorized { what }) => {
            assert!(what.contains("“Course Content - view”") && !what.contains("Grades"), "{what}");
        }
        other => panic!("{other:?}"),
    }
    {
        let calls = canvas.calls.lock().unwrap();
        let query = calls.last().unwrap().url.query().unwrap();
        assert!(query.contains("=read_course_content&"), "{query}");
    }
    let lines = source().probe(&probed(&account)).await.unwrap();
    assert!(lines[2].contains("has the permissions"), "{lines:?}");
    let elsewhere = probed(&account).json(PERMISSIONS, &granted(false, false));
    let lines = source().probe(&elsewhere).await.unwrap();
    assert!(lines[2].contains("in which it has no other role"), "{lines:?}");
    let untold = probed(&account).raw(PERMISSIONS, 403, "{}");
    let lines = source().probe(&untold).await.unwrap();
    assert!(lines[2].contains("not checked"), "{lines:?}");
}
