//! What Canvas says to events about one submission, and how it is asked.

use super::*;
use crate::canvas::ids::Id;
use crate::{AssessmentKind, Release, Withheld};

const LIST: &str = "/api/v1/courses/731/assignments/412/submissions";

fn event() -> Signal {
    signal(&fixture("grade_change"))
}

/// The submission as the API answers it, with one member changed.
fn submission(member: &str, value: impl Into<Option<Value>>) -> Value {
    with(fixture("api_submission"), &format!("/{member}"), value)
}

fn withheld(outcome: &Outcome) -> Option<Withheld> {
    match outcome.release {
        Release::Released => None,
        Release::Withheld { reason } => Some(reason),
    }
}

#[tokio::test]
async fn a_posted_grade_is_confirmed_with_everything_the_event_lacks() {
    let canvas = Replay::canvas();
    let outcome = canvas.settled(event()).await;
    assert_eq!(outcome.release, Release::Released);
    assert_eq!(outcome.learner.id, "96");
    assert_eq!(outcome.learner.name.as_deref(), Some("Lena Maier"));
    assert_eq!(outcome.learner.email.as_deref(), Some("lena.maier@example.test"));
    assert_eq!(outcome.learner.institution_id.as_deref(), Some("S-000096"));
    assert_eq!(outcome.learner.language.as_deref(), Some("de-AT"));
    assert_eq!((outcome.course.id.as_str(), outcome.course.name.as_deref()), ("731", Some("Biology I")));
    assert_eq!(outcome.course.also, ["BIO-101-2025S", "BIO-101"]);
    assert_eq!(outcome.course.url.unwrap().as_str(), "https://canvas.example.test/courses/731");
    assert_eq!(outcome.assessment.id, "412");
    assert_eq!(outcome.assessment.kind, AssessmentKind::Item);
    assert_eq!(outcome.assessment.name.as_deref(), Some("Cell division"));
    assert_eq!(outcome.assessment.also, ["quiz:64"]);
    let score = outcome.score.unwrap();
    assert_eq!((score.given, score.max), (Some("17.5".parse().unwrap()), Some(20.into())));
    assert_eq!(score.text, None, "a number is no letter");
    assert_eq!(outcome.passed, None, "the rule decides");
    assert_eq!((outcome.attempt, outcome.late), (Some(2), Some(true)));
    assert_eq!(outcome.graded_at, Some("2025-03-04T10:15:30Z".parse().unwrap()));
    assert_eq!(outcome.as_of, now());
}

#[tokio::test]
async fn every_call_carries_the_token_and_asks_for_texts() {
    let canvas = Replay::canvas();
    canvas.settled(event()).await;
    for call in canvas.calls.lock().unwrap().iter() {
        let header = |name: &str| {
            call.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.expose().to_owned())
        };
        assert_eq!(header("authorization").as_deref(), Some("Bearer 1107~test-token"));
        assert_eq!(header("accept").as_deref(), Some("application/json+canvas-string-ids"));
        assert!(!call.url.as_str().contains("test-token"));
        // The grade itself is always read anew.
        assert_eq!(call.cache.is_none(), call.url.path() == SUBMISSION, "{}", call.url);
    }
}

#[tokio::test]
async fn what_does_not_count_is_withheld() {
    for (member, value, reason) in [
        ("excused", json!(true), Withheld::Excused),
        ("posted_at", Value::Null, Withheld::NotPosted),
        ("score", Value::Null, Withheld::NotGraded),
        ("workflow_state", json!("pending_review"), Withheld::NotGraded),
        ("workflow_state", json!("submitted"), Withheld::NotGraded),
        ("workflow_state", json!("unsubmitted"), Withheld::NotGraded),
        ("workflow_state", Value::Null, Withheld::NotGraded),
    ] {
        // An event of the same state, so that nothing is left to wait for.
        let event = with(fixture("submission_updated"), "/body/score", None);
        let outcome = Replay::canvas()
            .json(SUBMISSION, &submission(member, value.clone()))
            .settled(signal(&event))
            .await;
        assert_eq!(withheld(&outcome), Some(reason), "{member} {value}");
    }
}

#[tokio::test]
async fn an_excused_learner_is_told_apart_from_one_without_a_grade() {
    let excused =
        with(with(submission("excused", json!(true)), "/score", Value::Null), "/grade", Value::Null);
    let event = with(fixture("grade_change"), "/body/score", Value::Null);
    let outcome = Replay::canvas().json(SUBMISSION, &excused).settled(signal(&event)).await;
    assert_eq!((withheld(&outcome), outcome.score), (Some(Withheld::Excused), None));
}

#[tokio::test]
async fn a_grade_stands_while_a_new_attempt_waits_for_one() {
    let again = with(
        submission("workflow_state", json!("submitted")),
        "/grade_matches_current_submission",
        json!(false),
    );
    let event = fixture("submission_updated");
    let outcome = Replay::canvas().json(SUBMISSION, &again).settled(signal(&event)).await;
    assert_eq!(outcome.release, Release::Released);
    assert_eq!(outcome.attempt, None, "the grade is not of the last attempt");
    assert_eq!(outcome.late, None, "and neither is that it was late");
}

#[tokio::test]
async fn a_muted_grade_is_confirmed_as_not_posted() {
    let event = with(fixture("grade_change"), "/body/muted", json!(true));
    let outcome = Replay::canvas()
        .json(SUBMISSION, &submission("posted_at", Value::Null))
        .settled(signal(&event))
        .await;
    assert_eq!(withheld(&outcome), Some(Withheld::NotPosted));
}

#[tokio::test]
async fn extra_credit_and_missing_maxima_stay_as_they_are() {
    let event = with(fixture("grade_change"), "/body/score", json!(23));
    let over =
        Replay::canvas().json(SUBMISSION, &submission("score", json!(23))).settled(signal(&event)).await;
    assert_eq!(over.score.unwrap().percent(), Some(115.into()));
    for (none, max) in [(Value::Null, None), (json!(0), Some(0.into()))] {
        let assignment = with(fixture("api_assignment"), "/points_possible", none);
        let score =
            Replay::canvas().json(ASSIGNMENT, &assignment).settled(self::event()).await.score.unwrap();
        assert_eq!((score.max, score.percent()), (max, None));
    }
}

#[tokio::test]
async fn letters_and_pass_or_fail_are_kept() {
    let letter = Replay::canvas().json(SUBMISSION, &submission("grade", json!("A-"))).settled(event()).await;
    assert_eq!((letter.score.unwrap().text.as_deref(), letter.passed), (Some("A-"), None));
    let percent =
        Replay::canvas().json(SUBMISSION, &submission("grade", json!("87.5%"))).settled(event()).await;
    assert_eq!(percent.score.unwrap().text, None);
    let assignment = with(fixture("api_assignment"), "/grading_type", json!("pass_fail"));
    for (grade, passed) in [("complete", Some(true)), ("incomplete", Some(false)), ("17.5", None)] {
        let canvas = Replay::canvas()
            .json(ASSIGNMENT, &assignment)
            .json(SUBMISSION, &submission("grade", json!(grade)));
        assert_eq!(canvas.settled(event()).await.passed, passed, "{grade}");
    }
    let points =
        Replay::canvas().json(SUBMISSION, &submission("grade", json!("complete"))).settled(event()).await;
    assert_eq!(points.passed, None, "only where the assignment is graded so");
}

#[tokio::test]
async fn while_grading_is_anonymous_the_submission_is_not_read() {
    let anonymous = with(fixture("api_assignment"), "/anonymize_students", json!(true));
    let canvas = Replay::canvas().json(ASSIGNMENT, &anonymous);
    let outcome = canvas.settled(event()).await;
    assert_eq!((withheld(&outcome), outcome.score), (Some(Withheld::Anonymous), None));
    assert_eq!(canvas.calls_to(SUBMISSION), 0);
}

#[tokio::test]
async fn the_test_student_and_strangers_get_nothing() {
    for (member, value, reason) in [
        ("type", json!("StudentViewEnrollment"), Withheld::TestStudent),
        ("type", json!("TeacherEnrollment"), Withheld::Staff),
        ("enrollment_state", json!("inactive"), Withheld::NotEnrolled),
    ] {
        let enrolments = with(fixture("api_enrollments"), &format!("/0/{member}"), value);
        let outcome = Replay::canvas().json(ENROLMENTS, &enrolments).settled(event()).await;
        assert_eq!(withheld(&outcome), Some(reason), "{member}");
    }
    let none = Replay::canvas().json(ENROLMENTS, &json!([])).settled(event()).await;
    assert_eq!(withheld(&none), Some(Withheld::NotEnrolled));
    let concluded = with(fixture("api_enrollments"), "/0/enrollment_state", json!("completed"));
    let outcome = Replay::canvas().json(ENROLMENTS, &concluded).settled(event()).await;
    assert_eq!(withheld(&outcome), None, "concluding a course takes nothing away");
}

#[tokio::test]
async fn a_reused_answer_never_withholds() {
    let anonymous = with(fixture("api_assignment"), "/anonymize_students", json!(true));
    let canvas = Replay::canvas()
        .cached(ASSIGNMENT, &anonymous)
        .cached(ENROLMENTS, &json!([]))
        .cached(PROFILE, &with(fixture("api_profile"), "/primary_email", None));
    let outcome = canvas.settled(event()).await;
    assert_eq!(outcome.release, Release::Released);
    assert!(outcome.learner.email.is_some());
}

#[tokio::test]
async fn points_possible_that_the_event_contradicts_are_read_anew() {
    let before = with(fixture("api_assignment"), "/points_possible", json!(10));
    let canvas = Replay::canvas().cached(ASSIGNMENT, &before);
    assert_eq!(canvas.settled(event()).await.score.unwrap().max, Some(20.into()));
}

#[tokio::test]
async fn what_canvas_does_not_show_yet_is_unsettled() {
    let old = "2025-03-04T09:00:00Z";
    let stale = with(submission("score", json!(12)), "/graded_at", json!(old));
    assert!(Replay::canvas().json(SUBMISSION, &stale).unsettled(event()).await.contains("score"));
    let ungraded = with(submission("score", Value::Null), "/graded_at", Value::Null);
    Replay::canvas().json(SUBMISSION, &ungraded).unsettled(event()).await;
    let unposted = with(submission("posted_at", Value::Null), "/graded_at", json!(old));
    assert!(Replay::canvas().json(SUBMISSION, &unposted).unsettled(event()).await.contains("posted"));
    let hidden = signal(&with(fixture("grade_change"), "/body/muted", json!(true)));
    let shown = submission("posted_at", json!(old));
    assert!(Replay::canvas().json(SUBMISSION, &shown).unsettled(hidden).await.contains("hidden"));
    let updated = signal(&with(fixture("submission_updated"), "/body/score", None));
    Replay::canvas().json(SUBMISSION, &submission("graded_at", json!(old))).unsettled(updated).await;
}

#[tokio::test]
async fn two_gradings_in_one_second_are_told_apart() {
    let same_second = submission("score", json!(12));
    Replay::canvas().json(SUBMISSION, &same_second).unsettled(event()).await;
    let exact = with(fixture("submission_updated"), "/body/graded_at", json!("2025-03-04T10:15:30.900Z"));
    Replay::canvas().settled(signal(&exact)).await;
}

#[tokio::test]
async fn a_newer_grade_than_the_events_settles_it() {
    let newer = with(submission("score", json!(9)), "/graded_at", json!("2025-03-04T10:15:45Z"));
    let outcome = Replay::canvas().json(SUBMISSION, &newer).settled(event()).await;
    assert_eq!(outcome.score.unwrap().given, Some(9.into()));
}

#[tokio::test]
async fn what_does_not_exist_is_nothing() {
    for gone in [COURSE, ASSIGNMENT, SUBMISSION, PROFILE] {
        let body = json!({"errors": [{"message": "The specified resource does not exist."}]}).to_string();
        let why = Replay::canvas().raw(gone, 404, body).nothing(event()).await;
        assert!(!why.is_empty(), "{gone}");
    }
}

#[tokio::test]
async fn an_answer_about_somebody_else_is_not_taken() {
    Replay::canvas().json(SUBMISSION, &submission("user_id", json!("97"))).nothing(event()).await;
    let profile = with(fixture("api_profile"), "/id", json!("97"));
    Replay::canvas().json(PROFILE, &profile).nothing(event()).await;
    let global = Replay::canvas().json(SUBMISSION, &submission("user_id", json!("11070000000000096")));
    global.settled(event()).await;
}

#[tokio::test]
async fn an_event_without_a_course_is_confirmed_through_its_assignment() {
    let event = fixture("submission_created");
    let canvas =
        Replay::canvas().json("/api/graphql", &json!({"data": {"assignment": {"course": {"_id": "731"}}}}));
    assert_eq!(canvas.settled(signal(&event)).await.course.id, "731");
}

/// Signals of `count` learners from 101 on, and a Canvas that knows their profiles.
fn class(count: u64) -> (Vec<Signal>, Replay) {
    let mut canvas = Replay::canvas();
    let mut signals = Vec::new();
    for learner in 101..101 + count {
        let event = with(fixture("grade_change"), "/body/user_id", json!(format!("1107{learner:013}")));
        signals.push(signal(&event));
        let text = json!(learner.to_string());
        canvas = canvas
            .json(
                &format!("/api/v1/users/{learner}/profile"),
                &with(fixture("api_profile"), "/id", text.clone()),
            )
            .json(&format!("/api/v1/courses/731/enrollments?user_id={learner}"), &fixture("api_enrollments"))
            .json(&format!("{LIST}/{learner}"), &submission("user_id", text));
    }
    (signals, canvas)
}

fn page(learners: std::ops::Range<u64>) -> Value {
    learners.map(|learner| submission("user_id", json!(learner.to_string()))).collect()
}

fn link(target: &str) -> String {
    format!("<https://canvas.example.test{LIST}?page=1>; rel=\"current\",<{target}>; rel=\"next\"")
}

#[tokio::test]
async fn many_learners_of_an_assignment_are_read_as_one_list() {
    let (signals, canvas) = class(8);
    let second = format!("https://canvas.example.test{LIST}?page=bookmark:a,b;c&per_page=100");
    let canvas = canvas
        .json(LIST, &page(101..105))
        .header(LIST, "link", &link(&second))
        .json(&format!("{LIST}?page=bookmark:a,b;c"), &page(105..108));
    let confirmations = canvas.confirm(&signals).await.unwrap();
    for (confirmation, learner) in confirmations.iter().zip(101_u64..) {
        match confirmation {
            Confirmation::Settled(outcomes) => assert_eq!(outcomes[0].learner.id, learner.to_string()),
            other => panic!("{learner}: {other:?}"),
        }
    }
    assert_eq!(confirmations.len(), 8);
    assert_eq!(canvas.calls_to(LIST), 1);
    assert_eq!(canvas.calls_to(&format!("{LIST}/101")), 0);
    assert_eq!(canvas.calls_to(&format!("{LIST}/108")), 1, "whom the list leaves out is read alone");
    assert_eq!(canvas.calls_to(ASSIGNMENT), 1);
    assert_eq!(canvas.calls_to(COURSE), 1);
}

#[tokio::test]
async fn few_learners_are_read_one_by_one() {
    let (signals, canvas) = class(3);
    assert_eq!(canvas.confirm(&signals).await.unwrap().len(), 3);
    assert_eq!(canvas.calls_to(LIST), 0);
}

#[tokio::test]
async fn pages_end_and_stay_on_the_site() {
    let (signals, canvas) = class(6);
    let canvas =
        canvas.json(LIST, &json!([])).header(LIST, "link", &link("https://elsewhere.example.test/next"));
    let error = canvas.confirm(&signals).await.unwrap_err();
    assert!(
        matches!(&error, ApiError::Refused { what } if what.contains("elsewhere.example.test")),
        "{error}"
    );

    let (signals, canvas) = class(6);
    let round = format!("https://canvas.example.test{LIST}?page=x");
    let other = format!("https://canvas.example.test{LIST}?page=y");
    let canvas = canvas.json(LIST, &json!([])).header(LIST, "link", &link(&round));
    let (x, y) = (format!("{LIST}?page=x"), format!("{LIST}?page=y"));
    let canvas = canvas.json(&x, &json!([])).header(&x, "link", &link(&other));
    let canvas = canvas.json(&y, &json!([])).header(&y, "link", &link(&round));
    assert_eq!(canvas.confirm(&signals).await.unwrap().len(), 6);
    assert!(canvas.calls_to(&x) + canvas.calls_to(&y) <= 100);
}

#[tokio::test]
async fn a_time_out_about_one_learner_fails_this_learner_alone() {
    let enrolments = "/api/v1/courses/731/enrollments?user_id=102".to_owned();
    for path in ["/api/v1/users/102/profile".to_owned(), enrolments, format!("{LIST}/102")] {
        let (mut signals, canvas) = class(3);
        signals.push(signals[1].clone());
        let canvas = canvas.raw(&path, 504, "");
        let confirmations = canvas.confirm(&signals).await.unwrap();
        for (place, confirmation) in confirmations.iter().enumerate() {
            match confirmation {
                Confirmation::Settled(outcomes) if place == 0 || place == 2 => {
                    assert_eq!(outcomes[0].learner.id, (101 + place).to_string());
                }
                Confirmation::Unread(ApiError::Unavailable { what, .. }) if place == 1 || place == 3 => {
                    assert!(what.contains("504"), "{what}");
                }
                other => panic!("{path}: {place}: {other:?}"),
            }
        }
    }
    // What concerns the course fails for all.
    for path in [COURSE, ASSIGNMENT, LIST] {
        let (signals, canvas) = class(8);
        let error = canvas.raw(path, 504, "").confirm(&signals).await.unwrap_err();
        assert!(matches!(error, ApiError::Unavailable { .. }), "{path}: {error}");
    }
}

#[tokio::test]
async fn each_try_gets_further_and_nobody_waits_for_another_for_ever() {
    let (signals, canvas) = class(40);
    let canvas = canvas.json(LIST, &page(101..141)).raw("/api/v1/users/101/profile", 429, "");
    let mut waiting = signals;
    for second in 0..100 {
        let read_at = now() + chrono::TimeDelta::seconds(second);
        let confirmations = source().confirm(&waiting, &Asked::default(), &canvas, read_at).await.unwrap();
        let mut said = confirmations.iter();
        waiting.retain(|_| match said.next().unwrap() {
            Confirmation::Unread(ApiError::RateLimited { .. }) => true,
            Confirmation::Settled(_) => false,
            other => panic!("{other:?}"),
        });
        if waiting.len() == 1 {
            assert_eq!(waiting[0].learner, "101");
            return;
        }
    }
    panic!("{} wait still", waiting.len());
}

#[tokio::test]
async fn a_canvas_that_answers_nobody_is_asked_little() {
    let (signals, mut canvas) = class(40);
    canvas = canvas.json(LIST, &page(101..141));
    for learner in 101..141 {
        canvas = canvas.raw(&format!("/api/v1/users/{learner}/profile"), 504, "");
    }
    let confirmations = canvas.confirm(&signals).await.unwrap();
    assert!(confirmations.iter().all(|said| matches!(said, Confirmation::Unread(_))));
    let asked = canvas.calls.lock().unwrap().iter().filter(|call| name(call).ends_with("/profile")).count();
    assert!((1..=4).contains(&asked), "{asked} of 40");
}

/// Of a quiz event only the attempt says whose it is.
#[tokio::test]
async fn an_attempt_whose_owner_cannot_be_read_waits_alone() {
    let quiz = "/api/v1/courses/731/quizzes";
    let event = fixture("quiz_submitted");
    let first = signal(&event);
    let path = |signal: &Signal| {
        let what = &signal.detail["what"];
        let (quiz_id, attempt) = (what["quiz"].as_str().unwrap(), what["attempt"].as_str().unwrap());
        (format!("{quiz}/{quiz_id}"), format!("{quiz}/{quiz_id}/submissions/{attempt}"))
    };
    let mut second = first.clone();
    second.detail["what"]["attempt"] = json!("9999");
    second.learner = "quiz-submission:9999".to_owned();
    let (quiz, attempt) = path(&first);
    let canvas = Replay::canvas()
        .json(&quiz, &fixture("api_quiz"))
        .json(&attempt, &fixture("api_quiz_submission"))
        .raw(&path(&second).1, 502, "");
    let confirmations = canvas.confirm(&[second, first]).await.unwrap();
    assert!(matches!(&confirmations[0], Confirmation::Unread(_)), "{:?}", confirmations[0]);
    assert!(!matches!(&confirmations[1], Confirmation::Unread(_)), "{:?}", confirmations[1]);
}

#[tokio::test]
async fn confirmations_come_in_the_order_of_the_signals() {
    let (mut signals, canvas) = class(3);
    signals.insert(1, Signal { detail: json!({"what": "else"}), ..event() });
    let confirmations = canvas.confirm(&signals).await.unwrap();
    assert!(matches!(&confirmations[1], Confirmation::Nothing { .. }));
    for (n, learner) in [(0, "101"), (2, "102"), (3, "103")] {
        assert!(
            matches!(&confirmations[n], Confirmation::Settled(outcomes) if outcomes[0].learner.id == learner)
        );
    }
}

#[tokio::test]
async fn a_learner_of_another_shard_is_asked_for_by_both_ids() {
    let event = with(fixture("grade_change"), "/body/user_id", json!("11210000000000096"));
    let foreign = json!("11210000000000096");
    let canvas = Replay::canvas()
        .json("/api/v1/users/1121~96/profile", &with(fixture("api_profile"), "/id", foreign.clone()))
        .json("/api/v1/courses/731/enrollments?user_id=1121~96", &fixture("api_enrollments"))
        .json(&format!("{LIST}/1121~96"), &submission("user_id", foreign));
    let outcome = canvas.settled(signal(&event)).await;
    assert_eq!(outcome.learner.id, Id::parse("1121~96").unwrap().to_string());
}
