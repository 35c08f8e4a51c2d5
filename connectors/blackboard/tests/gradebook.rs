//! Whole courses, as reconciliation reads them.

use std::collections::BTreeSet;

use super::*;
use crate::asking::{Asking, named, score};
use crate::{Course, Gradebook, Part, Wanted};

const COLUMNS: &str = "v2/courses/_3_1/gradebook/columns?limit=100";
const TOTAL: &str = "v2/courses/_3_1/gradebook/columns/_700_1";

fn course() -> Course {
    Course { id: "_3_1".to_owned(), also: Vec::new(), name: None, url: None }
}

async fn read_with(
    site: &Site,
    parts: &[Part],
    marker: Option<&str>,
    read_at: DateTime<Utc>,
) -> Result<Option<Gradebook>, ApiError> {
    let wanted: Vec<Wanted> = parts.iter().cloned().map(score).collect();
    let asking = Asking { course: "_3_1", wanted: &wanted, marker, decided: &[], read_at };
    asking.read(&*source(), site).await
}

async fn read(site: &Site, parts: &[Part]) -> Gradebook {
    read_with(site, parts, None, now()).await.unwrap().unwrap()
}

fn total() -> String {
    changed(
        COLUMN,
        &[
            ("/id", json!("_700_1")),
            ("/externalId", json!("total")),
            ("/externalGrade", json!(true)),
            ("/contentId", json!(null)),
            ("/grading", json!({"type": "Calculated"})),
        ],
    )
}

/// Ines's course with the quiz's column and a calculated total.
fn site() -> Site {
    let other = changed(GRADE, &[("/userId", json!("_13_1")), ("/changeIndex", json!(4712))]);
    let hidden = changed(GRADE, &[("/userId", json!(null)), ("/changeIndex", json!(4713))]);
    let calculated = changed(GRADE, &[("/changeIndex", json!(0)), ("/columnId", json!("_700_1"))]);
    Site::new()
        .with(COLUMNS, 200, list(&[COLUMN, &total()]))
        .with(&format!("{GRADEBOOK}/users?limit=100"), 200, list(&[GRADE, &other, &hidden]))
        .with(
            &format!("{GRADEBOOK}/attempts?limit=100"),
            200,
            list(&[
                ATTEMPT,
                &changed(ATTEMPT, &[("/userId", json!("_13_1")), ("/status", json!("NeedsGrading"))]),
            ]),
        )
        .with("v1/users/_13_1", 200, USER)
        .with(&format!("{TOTAL}/users?limit=100"), 200, list(&[&calculated]))
}

fn release(book: &Gradebook, learner: &str) -> Release {
    book.shown.iter().find(|shown| shown.outcome.learner.id == learner).unwrap().outcome.release.clone()
}

#[tokio::test]
async fn everybodys_grade_is_shown_with_why_it_does_not_count() {
    let book = read(&site(), &[named("ws101-final")]).await;
    assert_eq!(release(&book, "_12_1"), Release::Released);
    assert_eq!(release(&book, "_13_1"), Release::Withheld { reason: Withheld::NotPosted });
    assert_eq!(book.shown.len(), 2, "one without a user names nobody");
    assert_eq!(book.whole, BTreeSet::from(["_702_1".to_owned()]));
}

#[tokio::test]
async fn what_is_shown_is_what_confirming_shows() {
    let book = read(&site(), &[named("_702_1")]).await;
    let shown = &book.shown.iter().find(|shown| shown.outcome.learner.id == "_12_1").unwrap().outcome;
    let signal = source().gradebooks().unwrap().signal(shown).unwrap();
    assert_eq!((&signal.batch, &signal.learner), (&grade_signal().batch, &grade_signal().learner));
    let Confirmation::Settled(outcomes) = confirm(&site(), &[signal]).await.unwrap().remove(0) else {
        panic!("not settled")
    };
    assert_eq!(&outcomes[0], shown);
}

#[tokio::test]
async fn only_what_changed_is_read_again_and_nothing_where_nothing_did() {
    let marker = read(&site(), &[named("_702_1")]).await.marker.unwrap();
    let last = format!("{GRADEBOOK}/users/lastChanged");
    let same = changed(GRADE, &[("/changeIndex", json!(4713))]);
    let quiet = site().with(&last, 200, &same);
    let book = read_with(&quiet, &[named("_702_1")], Some(&marker), now()).await.unwrap().unwrap();
    assert_eq!((book.shown.len(), book.whole.len()), (0, 0));
    assert_eq!(quiet.paths(), [TOKEN, COLUMNS, last.as_str()], "three calls");
    assert_eq!(book.marker.as_ref(), Some(&marker));

    let newer = changed(GRADE, &[("/changeIndex", json!(4800))]);
    let since = format!("{GRADEBOOK}/users?limit=100&changeIndex=4713");
    let busy = site().with(&last, 200, &newer).with(&since, 200, list(&[&newer]));
    let book = read_with(&busy, &[named("_702_1")], Some(&marker), now()).await.unwrap().unwrap();
    assert_eq!((book.shown.len(), book.whole.len()), (1, 0), "who is missing is not gone");
    assert!(book.marker.unwrap().contains("4800"));

    let day = now() + chrono::TimeDelta::hours(24);
    let book = read_with(&busy, &[named("_702_1")], Some(&marker), day).await.unwrap().unwrap();
    assert_eq!(book.whole.len(), 1, "once a day everything is read: deleting raises no index");
}

#[tokio::test]
async fn a_calculated_column_is_read_whole_every_time() {
    let parts = [Part::Total];
    let first = read(&site(), &parts).await;
    let again = read_with(&site(), &parts, first.marker.as_deref(), now()).await.unwrap().unwrap();
    for book in [first, again] {
        assert_eq!(book.whole, BTreeSet::from([Assessment::COURSE_TOTAL.to_owned()]));
        assert_eq!(book.shown.len(), 1);
        let signal = source().gradebooks().unwrap().signal(&book.shown[0].outcome).unwrap();
        assert_eq!(signal.batch, "course:_3_1:column:_700_1", "a total is read from its column");
    }
}

#[tokio::test]
async fn a_preview_user_and_an_exempt_learner_are_withheld() {
    let preview = changed(USER, &[("/userName", json!("teacher_previewuser"))]);
    let book = read(&site().with("v1/users/_12_1", 200, preview), &[named("_702_1")]).await;
    assert_eq!(release(&book, "_12_1"), Release::Withheld { reason: Withheld::TestStudent });
    let exempt = changed(GRADE, &[("/exempt", json!(true))]);
    let site = site().with(&format!("{GRADEBOOK}/users?limit=100"), 200, list(&[&exempt]));
    let book = read(&site, &[named("_702_1")]).await;
    assert_eq!(release(&book, "_12_1"), Release::Withheld { reason: Withheld::Excused });
    let empty = changed(GRADE, &[("/displayGrade", json!(null))]);
    let site = self::site().with(&format!("{GRADEBOOK}/users?limit=100"), 200, list(&[&empty]));
    let book = read(&site, &[named("_702_1")]).await;
    assert_eq!(release(&book, "_12_1"), Release::Withheld { reason: Withheld::NotGraded });
    let column = changed(COLUMN, &[("/availability", json!({"available": "No"}))]);
    let site = self::site().with(COLUMNS, 200, list(&[&column]));
    let book = read(&site, &[named("_702_1")]).await;
    assert_eq!(release(&book, "_12_1"), Release::Withheld { reason: Withheld::Hidden });
}

#[tokio::test]
async fn a_grade_that_is_gone_is_confirmed_as_no_grade() {
    let book = read(&site(), &[named("_702_1")]).await;
    let signal = source().gradebooks().unwrap().signal(&book.shown[0].outcome).unwrap();
    let gone = Site::default()
        .with(TOKEN, 200, json!({"access_token": "token-1", "token_type": "bearer", "expires_in": 3599}))
        .with(GRADEBOOK, 200, COLUMN)
        .with("v3/courses/_3_1", 200, COURSE);
    let Confirmation::Settled(outcomes) = confirm(&gone, &[signal]).await.unwrap().remove(0) else {
        panic!("not settled")
    };
    assert_eq!(outcomes[0].release, Release::Withheld { reason: Withheld::NotGraded });
    // An event may be earlier than its grade.
    assert!(matches!(confirm(&gone, &[grade_signal()]).await.unwrap()[0], Confirmation::Unsettled { .. }));
}

#[tokio::test]
async fn half_an_answer_is_no_answer() {
    let grades = format!("{GRADEBOOK}/users?limit=100");
    for path in [COLUMNS, grades.as_str(), "v1/users/_13_1"] {
        for (status, body) in [(200, r#"{"results": [{"userId": "#), (500, "{}"), (429, "{}")] {
            let read = read_with(&site().with(path, status, body), &[named("_702_1")], None, now()).await;
            assert!(read.as_ref().is_err_and(ApiError::passes), "{path} {status}: {read:?}");
        }
    }
    let forbidden = read_with(&site().with(&grades, 403, ERROR), &[named("_702_1")], None, now()).await;
    assert!(matches!(forbidden, Err(ApiError::Unauthorized { .. })), "{forbidden:?}");
    let page = json!({"results": [], "paging": {"nextPage": format!("/learn/api/public/{grades}")}});
    let endless = read_with(&site().with(&grades, 200, page), &[named("_702_1")], None, now()).await;
    assert!(matches!(endless, Err(ApiError::Refused { .. })), "{endless:?}");
}

#[tokio::test]
async fn what_the_course_does_not_have_is_told() {
    let competency = Part::Competency("outcome".to_owned());
    let book = read(&site(), &[named("_702_1"), named("_9_1"), Part::Completion, competency.clone()]).await;
    assert_eq!(book.absent, [named("_9_1"), Part::Completion, competency], "it has no competencies");
    let absent =
        source().gradebooks().unwrap().absent(&course(), &[Part::Total, named("_9_1")], &site()).await;
    assert_eq!(absent.unwrap(), [named("_9_1")]);
    let gone = read_with(&site().with(COLUMNS, 404, ERROR), &[named("_702_1")], None, now()).await;
    assert_eq!(gone, Ok(None));
}

#[tokio::test]
async fn a_course_is_found_by_each_of_its_names() {
    let site = Site::new()
        .with("v3/courses/courseId:WS101", 200, COURSE)
        .with("v3/courses/externalId:SIS-WS101", 200, COURSE)
        .with("v3/courses/courseId:bad", 400, ERROR);
    for name in ["_3_1", "WS101", "SIS-WS101"] {
        let found = source().gradebooks().unwrap().course(name, &site).await.unwrap().unwrap();
        assert_eq!((found.id.as_str(), found.also.len()), ("_3_1", 2), "{name}");
    }
    for name in ["_4_1", "bad"] {
        assert_eq!(source().gradebooks().unwrap().course(name, &site).await, Ok(None), "{name}");
    }
}

#[test]
fn a_source_without_an_event_key_takes_no_events() {
    let mut table = settings();
    table.as_object_mut().unwrap().remove("event_key");
    let source = super::super::build(table).unwrap();
    let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, KEY.parse().unwrap())]);
    let request =
        Request { path: "", headers: &headers, body: EVENTS.as_bytes(), received_at: now(), keys: None };
    let refused = source.receive(&request).unwrap_err();
    assert!(matches!(&refused, Rejection::BadSignature(why) if why.contains("event_key")), "{refused:?}");
}

/// Ines is enrolled in the child; the parent has the columns.
#[tokio::test]
async fn a_child_course_is_read_by_its_parent() {
    let child = json!({"id": "_4_1", "courseId": "WS101-A", "name": "Group A", "parentId": "_3_1"});
    let site = site()
        .with("v3/courses/courseId:WS101-A", 200, &child)
        .with("v3/courses/_4_1", 200, &child)
        .with("v1/courses/_3_1/users?limit=100&expand=user", 200, list(&[MEMBERSHIP]));
    for name in ["WS101-A", "_4_1"] {
        let found = source().gradebooks().unwrap().course(name, &site).await.unwrap().unwrap();
        assert_eq!((found.id.as_str(), found.also.contains(&"WS101".to_owned())), ("_3_1", true), "{name}");
    }
    let book = read(&site, &[named("_702_1")]).await;
    let of = |learner: &str| book.shown.iter().find(|shown| shown.outcome.learner.id == learner).unwrap();
    assert!(of("_12_1").outcome.course.also.contains(&"WS101-A".to_owned()), "the child's names are theirs");
    assert!(!of("_13_1").outcome.course.also.contains(&"WS101-A".to_owned()), "and nobody else's");
}
