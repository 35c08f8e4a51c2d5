//! Whole courses, as reconciliation reads them.

use std::collections::BTreeSet;

use super::*;
use crate::asking::{Asking, named, score};
use crate::{Assessment, Course, Gradebook, Part, Release, Wanted, Withheld};

const COURSES: &str = "/api/v1/courses";
const ASSIGNMENTS: &str = "/api/v1/courses/731/assignments";
const SUBMISSIONS: &str = "/api/v1/courses/731/students/submissions";
const PEOPLE: &str = "/api/v1/courses/731/enrollments";
const PROGRESS: &str = "/api/v1/courses/731/bulk_user_progress";

fn course() -> Course {
    Course { id: "731".to_owned(), also: Vec::new(), name: None, url: None }
}

async fn read_with(
    site: &Replay,
    parts: &[Part],
    marker: Option<&str>,
    read_at: DateTime<Utc>,
) -> Result<Option<Gradebook>, ApiError> {
    let wanted: Vec<Wanted> = parts.iter().cloned().map(score).collect();
    let asking = Asking { course: "731", wanted: &wanted, marker, decided: &[], read_at };
    asking.read(&*source(), site).await
}

async fn read(site: &Replay, parts: &[Part]) -> Gradebook {
    read_with(site, parts, None, now()).await.unwrap().unwrap()
}

fn enrolment(user: &str, kind: &str, state: &str) -> Value {
    let mut it = fixture("api_enrollments")[0].clone();
    for (member, value) in [("user_id", user), ("type", kind), ("enrollment_state", state)] {
        it[member] = json!(value);
    }
    it
}

fn submission(user: &str, members: &Value) -> Value {
    let mut it = fixture("api_submission");
    it["user_id"] = json!(user);
    it.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    it
}

/// Lena (96) and others, on two pages of submissions.
fn site() -> Replay {
    let people: Vec<Value> = ["96", "97", "98", "99"]
        .iter()
        .map(|user| enrolment(user, "StudentEnrollment", "active"))
        .chain([
            enrolment("100", "StudentViewEnrollment", "active"),
            enrolment("55", "TeacherEnrollment", "active"),
        ])
        .collect();
    let first = json!([
        submission("96", &json!({})),
        submission("97", &json!({"posted_at": null})),
        submission("98", &json!({"excused": true, "score": null})),
    ]);
    let second = json!([
        submission("99", &json!({"score": null, "grade": null, "workflow_state": "unsubmitted"})),
        submission("100", &json!({})),
        submission("101", &json!({})),
        submission("96", &json!({"assignment_id": "413"})),
        json!({"anonymous_id": "aBcDe", "assignment_id": "412", "score": 20}),
    ]);
    let next =
        format!("<https://canvas.example.test{SUBMISSIONS}?page=bookmark:xyz&per_page=100>; rel=\"next\"");
    Replay::default()
        .json(COURSE, &fixture("api_course"))
        .json(ASSIGNMENTS, &json!([fixture("api_assignment")]))
        .json(PEOPLE, &Value::from(people))
        .json(SUBMISSIONS, &first)
        .header(SUBMISSIONS, "link", &next)
        .json(&format!("{SUBMISSIONS}?page=bookmark:xyz"), &second)
}

fn release(book: &Gradebook, learner: &str) -> Option<Release> {
    let shown = book.shown.iter().find(|shown| shown.outcome.learner.id == learner);
    shown.map(|shown| shown.outcome.release.clone())
}

#[tokio::test]
async fn everybodys_grade_is_shown_with_why_it_does_not_count() {
    let book = read(&site(), &[named("412")]).await;
    let withheld = |reason| Some(Release::Withheld { reason });
    assert_eq!(release(&book, "96"), Some(Release::Released));
    assert_eq!(release(&book, "97"), withheld(Withheld::NotPosted));
    assert_eq!(release(&book, "98"), withheld(Withheld::Excused));
    assert_eq!(release(&book, "99"), withheld(Withheld::NotGraded));
    assert_eq!(release(&book, "100"), withheld(Withheld::TestStudent));
    assert_eq!(release(&book, "101"), withheld(Withheld::NotEnrolled));
    assert_eq!(book.shown.len(), 6, "neither another assignment nor one without a name");
    assert_eq!(book.whole, BTreeSet::from(["412".to_owned()]));
    assert!(book.absent.is_empty() && book.unread.is_empty());
}

#[tokio::test]
async fn what_is_shown_is_what_confirming_shows() {
    let site = Replay {
        answers: [Replay::canvas().answers, site().answers].into_iter().flatten().collect(),
        ..Replay::default()
    };
    let book = read(&site, &[named("412")]).await;
    let shown = book.shown.iter().find(|shown| shown.outcome.learner.id == "96").unwrap().outcome.clone();
    let signal = source().gradebooks().unwrap().signal(&shown).unwrap();
    let webhook = super::signal(&fixture("grade_change"));
    assert_eq!(
        (&signal.batch, &signal.learner, &signal.course),
        (&webhook.batch, &webhook.learner, &webhook.course)
    );
    let confirmed = site.settled(signal).await;
    assert_eq!(Outcome { learner: shown.learner.clone(), ..confirmed }, shown);
}

#[tokio::test]
async fn between_two_whole_readings_only_newly_graded_work_is_asked_for() {
    let site = site();
    let marker = read(&site, &[named("412")]).await.marker.unwrap();
    let asked = |site: &Replay| {
        let calls = site.calls.lock().unwrap();
        let last = calls.iter().rfind(|call| call.url.path() == SUBMISSIONS).unwrap();
        last.url.query_pairs().into_owned().find(|(name, _)| name == "graded_since").map(|(_, since)| since)
    };
    assert_eq!(asked(&site), None);
    let later = now() + chrono::TimeDelta::hours(6);
    let site = self::site().json(SUBMISSIONS, &json!([submission("96", &json!({"score": 19}))]));
    let book = read_with(&site, &[named("412")], Some(&marker), later).await.unwrap().unwrap();
    assert_eq!(asked(&site).as_deref(), Some("2025-03-04T09:46:00Z"), "with an overlap");
    assert_eq!((book.shown.len(), book.whole.len()), (1, 0), "who is missing is not gone");
    let site = self::site();
    let next_day = now() + chrono::TimeDelta::hours(24);
    let book = read_with(&site, &[named("412")], book.marker.as_deref(), next_day).await.unwrap().unwrap();
    assert_eq!((book.whole.len(), asked(&site)), (1, None), "the whole one is a day old");
}

#[tokio::test]
async fn totals_and_completions_are_read_for_all_at_once() {
    let progress = |user: &str, completed: Option<&str>| {
        let done = if completed.is_some() { 4 } else { 3 };
        json!({"id": user, "progress": {"requirement_count": 4, "requirement_completed_count": done, "completed_at": completed}})
    };
    let site =
        site().json(PROGRESS, &json!([progress("96", Some("2025-03-04T10:00:00Z")), progress("97", None)]));
    let book = read(&site, &[Part::Total, Part::Completion]).await;
    let of = |id: &str, learner: &str| {
        let is = |outcome: &Outcome| outcome.assessment.id == id && outcome.learner.id == learner;
        book.shown.iter().find(|shown| is(&shown.outcome)).unwrap().outcome.clone()
    };
    assert_eq!(of(Assessment::COURSE_TOTAL, "96").score.unwrap().given, Some("71.25".parse().unwrap()));
    assert_eq!(of(Assessment::COURSE_COMPLETION, "96").passed, Some(true));
    assert_eq!(of(Assessment::COURSE_COMPLETION, "97").passed, Some(false));
    let teacher = of(Assessment::COURSE_TOTAL, "55");
    assert_eq!(teacher.release, Release::Withheld { reason: Withheld::Staff });
    assert_eq!(book.whole.len(), 2);
    assert_eq!(site.calls_to(ASSIGNMENTS) + site.calls_to(SUBMISSIONS), 0, "no rule asks for these");
}

#[tokio::test]
async fn what_the_course_does_not_have_is_told() {
    let book = read(&site(), &[named("412"), named("quiz:64"), named("999"), Part::Total]).await;
    assert_eq!(book.absent, [named("999")]);
    let absent =
        source().gradebooks().unwrap().absent(&course(), &[named("412"), named("998")], &site()).await;
    assert_eq!(absent.unwrap(), [named("998")]);
    let no_requirements = site().raw(PROGRESS, 400, r#"{"errors": [{"message": "no module requirements"}]}"#);
    assert_eq!(read(&no_requirements, &[Part::Completion]).await.absent, [Part::Completion]);
    let mut gone = site();
    gone.answers.remove(COURSE);
    assert_eq!(read_with(&gone, &[named("412")], None, now()).await, Ok(None));
}

#[tokio::test]
async fn half_an_answer_is_no_answer() {
    let second = format!("{SUBMISSIONS}?page=bookmark:xyz");
    for path in [COURSE, ASSIGNMENTS, PEOPLE, SUBMISSIONS, second.as_str()] {
        let site = site().raw(path, 200, r#"[{"id": "1", "#);
        let read = read_with(&site, &[named("412")], None, now()).await;
        assert!(matches!(read, Err(ApiError::Unavailable { .. })), "{path}: {read:?}");
        let site = self::site().raw(path, 503, "");
        assert!(read_with(&site, &[named("412")], None, now()).await.is_err(), "{path}");
    }
    let endless = format!("<https://canvas.example.test{SUBMISSIONS}?page=2>; rel=\"next\"");
    let other = format!("<https://canvas.example.test{SUBMISSIONS}?page=3>; rel=\"next\"");
    let (two, three) = (format!("{SUBMISSIONS}?page=2"), format!("{SUBMISSIONS}?page=3"));
    let site = site()
        .header(SUBMISSIONS, "link", &endless)
        .json(&two, &json!([]))
        .header(&two, "link", &other)
        .json(&three, &json!([]))
        .header(&three, "link", &endless);
    let read = read_with(&site, &[named("412")], None, now()).await;
    assert!(matches!(read, Err(ApiError::Refused { .. })), "a list without an end: {read:?}");
}

#[tokio::test]
async fn while_grading_is_anonymous_nobodys_grade_is_read() {
    let mut assignment = fixture("api_assignment");
    assignment["anonymize_students"] = json!(true);
    let book = read(&site().json(ASSIGNMENTS, &json!([assignment])), &[named("412")]).await;
    let lena = book.shown.iter().find(|shown| shown.outcome.learner.id == "96").unwrap();
    assert_eq!(lena.outcome.release, Release::Withheld { reason: Withheld::Anonymous });
    assert_eq!(lena.outcome.score, None);
}

#[tokio::test]
async fn a_course_is_found_by_id_sis_id_or_its_only_code() {
    let find = async |name: &str, site: &Replay| {
        let found = source().gradebooks().unwrap().course(name, site).await;
        found.map(|found| found.map(|course| course.id))
    };
    let site = Replay::default()
        .json(COURSE, &fixture("api_course"))
        .json(&format!("{COURSES}/sis_course_id:BIO-101-2025S"), &fixture("api_course"));
    let found = Ok(Some("731".to_owned()));
    assert_eq!(find("731", &site).await, found);
    assert_eq!(find("BIO-101-2025S", &site).await, found);
    assert_eq!(find("BIO-101", &site).await, Ok(None));

    let search = "/api/v1/accounts/self/courses";
    let other = with(with(fixture("api_course"), "/id", json!("732")), "/course_code", json!("BIO-1011"));
    let one = Replay::default().json(search, &json!([fixture("api_course"), other.clone()]));
    assert_eq!(find("BIO-101", &one).await, found);
    let two = Replay::default()
        .json(search, &json!([fixture("api_course"), with(other, "/course_code", json!("BIO-101"))]));
    assert!(matches!(find("BIO-101", &two).await, Err(ApiError::Refused { .. })));
    let forbidden = Replay::default().raw(search, 403, r#"{"errors": [{"message": "unauthorized"}]}"#);
    assert_eq!(find("BIO-101", &forbidden).await, Ok(None), "only administrators may search");
    for path in [COURSE.to_owned(), format!("{COURSES}/sis_course_id:BIO-101-2025S")] {
        let hidden = Replay::default().raw(&path, 403, r#"{"errors": [{"message": "unauthorized"}]}"#);
        let name = if path == COURSE { "731" } else { "BIO-101-2025S" };
        match find(name, &hidden).await {
            Err(ApiError::Unauthorized { what }) => {
                assert!(what.contains("“Course Content - view”"), "{what}");
            }
            other => panic!("{name} is there, and may not be seen: {other:?}"),
        }
    }
}

const ROLLUPS: &str = "/api/v1/courses/731/outcome_rollups";
const RESULTS: &str = "/api/v1/courses/731/outcome_results";

fn outcome(name: &str) -> Part {
    Part::Competency(name.to_owned())
}

/// Mastery of Lena (96), of 97 below the mark, and of a stranger.
fn with_mastery() -> Replay {
    let mut rollups = fixture("api_outcome_rollups");
    let of = |user: &str, score: Value| {
        let mut rollup = rollups["rollups"][0].clone();
        (rollup["links"]["user"], rollup["scores"][0]["score"]) = (json!(user), score);
        rollup
    };
    let more = [of("97", json!(2)), of("101", json!(4)), json!({"scores": [], "links": {"user": "98"}})];
    let twice = rollups["rollups"][0].clone();
    rollups["rollups"].as_array_mut().unwrap().extend(more.into_iter().chain([twice]));
    site().json(ROLLUPS, &rollups)
}

#[tokio::test]
async fn mastery_of_outcomes_is_read_for_all_at_once_and_confirmed_by_id() {
    for part in [outcome("outcome:33"), outcome("BIO.CELL.2"), named("outcome:33")] {
        let site = with_mastery();
        let book = read(&site, &[part]).await;
        assert_eq!(book.shown.len(), 3, "who has no result is not there, and nobody twice");
        let of = |learner: &str| {
            book.shown.iter().find(|shown| shown.outcome.learner.id == learner).unwrap().outcome.clone()
        };
        assert_eq!((of("96").passed, of("96").release), (Some(true), Release::Released));
        assert_eq!(of("97").passed, Some(false));
        assert_eq!(of("101").release, Release::Withheld { reason: Withheld::NotEnrolled });
        assert!(book.whole.contains("outcome:33") && book.absent.is_empty());
        assert_eq!((site.calls_to(ROLLUPS), site.calls_to(ASSIGNMENTS)), (1, 0));

        let signal = source().gradebooks().unwrap().signal(&of("96")).unwrap();
        let webhook = super::signal(&fixture("learning_outcome_result_updated"));
        assert_eq!((&signal.batch, signal.learner.as_str()), (&webhook.batch, "96"));
        let canvas = Replay {
            answers: [Replay::canvas().answers, with_mastery().answers].into_iter().flatten().collect(),
            ..Replay::default()
        };
        let confirmed = canvas.settled(signal).await;
        assert_eq!(Outcome { learner: of("96").learner, ..confirmed }, of("96"));
    }
}

#[tokio::test]
async fn mastery_that_rests_on_what_is_not_posted_is_withheld_though_no_event_names_the_assignment() {
    let book = read(&with_mastery(), &[outcome("outcome:33")]).await;
    let lena = book.shown.iter().find(|shown| shown.outcome.learner.id == "96").unwrap();
    let signal = source().gradebooks().unwrap().signal(&lena.outcome).unwrap();
    let canvas = |links: Value, posted_at: Value| {
        let result = json!({"id": "7", "score": 3.5, "links": links});
        let mut canvas = Replay::canvas();
        canvas.answers.extend(with_mastery().answers);
        canvas
            .json(RESULTS, &json!({"outcome_results": [result]}))
            .json(SUBMISSION, &with(fixture("api_submission"), "/posted_at", posted_at))
    };
    for links in [
        json!({"alignment": "assessment_question_bank_5", "assignment": "assignment_412"}),
        json!({"alignment": "assignment_412"}),
    ] {
        let withheld = canvas(links.clone(), Value::Null).settled(signal.clone()).await;
        assert_eq!(withheld.release, Release::Withheld { reason: Withheld::NotPosted }, "{links}");
        let posted = canvas(links, json!("2025-03-04T10:15:30Z")).settled(signal.clone()).await;
        assert_eq!(posted.release, Release::Released);
    }
}

#[tokio::test]
async fn an_outcome_that_the_course_does_not_have_is_told() {
    let parts = [outcome("BIO.CELL.2"), outcome("BIO.GONE"), named("outcome:34")];
    assert_eq!(read(&with_mastery(), &parts).await.absent, parts[1..]);
    let absent = source().gradebooks().unwrap().absent(&course(), &parts, &with_mastery()).await;
    assert_eq!(absent.unwrap(), parts[1..]);
    // A course without outcomes answers so.
    let none = site().raw(ROLLUPS, 400, r#"{"errors": [{"message": "no outcomes"}]}"#);
    assert_eq!(read(&none, &parts[..1]).await.absent, parts[..1]);
}

#[tokio::test]
async fn mastery_that_is_gone_is_confirmed_as_none() {
    let book = read(&with_mastery(), &[outcome("outcome:33")]).await;
    let lena = book.shown.iter().find(|shown| shown.outcome.learner.id == "96").unwrap();
    let signal = source().gradebooks().unwrap().signal(&lena.outcome).unwrap();
    let empty = with(fixture("api_outcome_rollups"), "/rollups", json!([]));
    let gone = Replay::canvas().json(ROLLUPS, &empty).settled(signal).await;
    assert_eq!(gone.release, Release::Withheld { reason: Withheld::NotGraded });
}
