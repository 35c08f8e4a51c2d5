//! Attempts, and who teaches.

use super::*;
use crate::asking::{Asking, asked, attempts, named, score};
use crate::{Attempt, Release, Withheld};

const LIST: &str = "/api/v1/courses/731/assignments/412/submissions";
const OF_COURSE: &str = "/api/v1/courses/731/students/submissions";

fn event() -> Signal {
    signal(&fixture("grade_change"))
}

fn version(attempt: u32, score: &Value, members: &Value) -> Value {
    let mut it = fixture("api_submission");
    (it["attempt"], it["score"], it["grade"]) = (attempt.into(), score.clone(), score.to_string().into());
    it["graded_at"] = format!("2025-03-0{attempt}T10:00:00Z").into();
    it.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    it
}

fn submission(history: &Value) -> Value {
    with(fixture("api_submission"), "/submission_history", history.clone())
}

async fn told(canvas: &Replay, course: &str, name: &str) -> Outcome {
    let asked = asked(course, &[attempts(named(name))]);
    let confirmed = source().confirm(&[event()], &asked, canvas, now()).await.unwrap().remove(0);
    match confirmed {
        Confirmation::Settled(mut outcomes) => outcomes.remove(0),
        other => panic!("{other:?}"),
    }
}

/// Number, points, and whether late.
fn points(attempts: &[Attempt]) -> Vec<(u32, Option<String>, Option<bool>)> {
    let given = |attempt: &Attempt| attempt.score.as_ref().map(|score| score.given.unwrap().to_string());
    attempts.iter().map(|attempt| (attempt.number, given(attempt), attempt.late)).collect()
}

fn asks_for_history(canvas: &Replay, path: &str) -> Option<bool> {
    let calls = canvas.calls.lock().unwrap();
    let call = calls.iter().find(|call| call.url.path() == path)?;
    Some(call.url.query_pairs().any(|(name, value)| name == "include[]" && value == "submission_history"))
}

#[tokio::test]
async fn each_attempt_is_told_with_its_own_grade() {
    let history =
        json!([version(2, &json!(17.5), &json!({})), version(1, &json!(9), &json!({"late": false})),]);
    for (course, name) in [("731", "412"), ("BIO-101-2025S", "412")] {
        let canvas = Replay::canvas().json(SUBMISSION, &submission(&history));
        let outcome = told(&canvas, course, name).await;
        let expected = [(1, Some("9".to_owned()), Some(false)), (2, Some("17.5".to_owned()), Some(true))];
        assert_eq!(points(&outcome.attempts), expected);
        assert_eq!(outcome.attempts[0].graded_at, Some("2025-03-01T10:00:00Z".parse().unwrap()));
        assert_eq!(outcome.attempts[0].score.as_ref().unwrap().max, outcome.score.unwrap().max);
        assert_eq!(asks_for_history(&canvas, SUBMISSION), Some(true));
    }
}

#[tokio::test]
async fn an_attempt_that_waits_does_not_inherit_the_grade_before() {
    let waits = json!({"workflow_state": "submitted", "grade_matches_current_submission": false});
    let history = json!([version(2, &json!(9), &waits), version(1, &json!(9), &json!({}))]);
    let mut now = submission(&history);
    now.as_object_mut().unwrap().extend(waits.as_object().unwrap().clone());
    now["score"] = json!(9);
    let signal = with(fixture("grade_change"), "/body/score", json!(9));
    let canvas = Replay::canvas().json(SUBMISSION, &now);
    let asked = asked("731", &[attempts(named("412"))]);
    let confirmed = source().confirm(&[super::signal(&signal)], &asked, &canvas, super::now()).await.unwrap();
    let Confirmation::Settled(outcomes) = &confirmed[0] else { panic!("{confirmed:?}") };
    let numbers: Vec<_> = points(&outcomes[0].attempts).into_iter().map(|(_, given, _)| given).collect();
    assert_eq!(numbers, [Some("9".to_owned()), None]);
    assert_eq!(outcomes[0].score.as_ref().unwrap().given, Some(9.into()), "the gradebook counts the first");
}

#[tokio::test]
async fn of_a_classic_quiz_the_newest_version_of_an_attempt_counts() {
    let quiz = |attempt: u32, score: f64, state: &str| {
        version(attempt, &json!(score), &json!({"workflow_state": state, "grade": "17.5"}))
    };
    // Attempt 1 was regraded; a question of attempt 3 is to be graded by hand.
    let history = json!([
        quiz(3, 12.0, "pending_review"),
        quiz(2, 17.5, "complete"),
        quiz(1, 8.0, "complete"),
        quiz(1, 6.0, "complete"),
    ]);
    let canvas = Replay::canvas().json(SUBMISSION, &submission(&history));
    let outcome = told(&canvas, "731", "412").await;
    let given: Vec<_> = points(&outcome.attempts).into_iter().map(|(_, given, _)| given).collect();
    assert_eq!(given, [Some("8".to_owned()), Some("17.5".to_owned()), None]);
}

#[tokio::test]
async fn a_history_is_asked_for_only_where_a_rule_counts_attempts() {
    for asked in [
        Asked::default(),
        asked("731", &[score(named("412"))]),
        asked("732", &[attempts(named("412"))]),
        asked("731", &[attempts(named("413"))]),
    ] {
        let canvas = Replay::canvas();
        let confirmed = source().confirm(&[event()], &asked, &canvas, now()).await.unwrap();
        assert!(matches!(&confirmed[0], Confirmation::Settled(outcomes) if outcomes[0].attempts.is_empty()));
        assert_eq!(asks_for_history(&canvas, SUBMISSION), Some(false), "{asked:?}");
    }
    // Many learners: the list brings it.
    let many: Vec<Signal> = (96..103)
        .map(|user| {
            let id = json!(format!("110700000000000{user:0>2}"));
            signal(&with(with(fixture("grade_change"), "/body/user_id", id.clone()), "/body/student_id", id))
        })
        .collect();
    let canvas = Replay::canvas().json(LIST, &json!([fixture("api_submission")]));
    source().confirm(&many, &asked("731", &[attempts(named("412"))]), &canvas, now()).await.unwrap();
    assert_eq!(asks_for_history(&canvas, LIST), Some(true));
}

#[tokio::test]
async fn reconciliation_reads_attempts_of_the_assignments_that_a_rule_counts() {
    let history = json!([version(1, &json!(17.5), &json!({}))]);
    let canvas = Replay::default()
        .json(COURSE, &fixture("api_course"))
        .json("/api/v1/courses/731/assignments", &json!([fixture("api_assignment")]))
        .json("/api/v1/courses/731/enrollments", &fixture("api_enrollments"))
        .json(OF_COURSE, &json!([submission(&history)]));
    for (wanted, count) in [(attempts(named("412")), 1), (score(named("412")), 0)] {
        let wanted = [wanted];
        let asking = Asking { course: "731", wanted: &wanted, marker: None, decided: &[], read_at: now() };
        let book = asking.read(&*source(), &canvas).await.unwrap().unwrap();
        assert_eq!(book.shown[0].outcome.attempts.len(), count);
        assert_eq!(asks_for_history(&canvas, OF_COURSE), Some(true), "the first call");
    }
}

#[tokio::test]
async fn who_teaches_in_the_course_gets_nothing_in_it_even_as_a_student() {
    let enrolment = |kind: &str, state: &str| {
        with(
            with(fixture("api_enrollments")[0].clone(), "/type", json!(kind)),
            "/enrollment_state",
            json!(state),
        )
    };
    let student = enrolment("StudentEnrollment", "active");
    for kind in ["TeacherEnrollment", "TaEnrollment", "DesignerEnrollment"] {
        for state in ["active", "invited", "completed"] {
            let both = json!([student, enrolment(kind, state)]);
            let outcome = Replay::canvas().json(ENROLMENTS, &both).settled(event()).await;
            assert_eq!(outcome.release, Release::Withheld { reason: Withheld::Staff }, "{kind} {state}");
        }
        let former = json!([student, enrolment(kind, "inactive")]);
        let outcome = Replay::canvas().json(ENROLMENTS, &former).settled(event()).await;
        assert_eq!(outcome.release, Release::Released, "{kind} no longer");
    }
    let observer = json!([student, enrolment("ObserverEnrollment", "active")]);
    let outcome = Replay::canvas().json(ENROLMENTS, &observer).settled(event()).await;
    assert_eq!(outcome.release, Release::Released, "observing is not teaching");
}
