//! Attempts, and who teaches.

use super::*;
use crate::Attempt as Told;
use crate::asking::{Asking, asked, attempts, named, score};

const ATTEMPTS: &str = "attempts?limit=100&userId=_12_1";
const MEMBER: &str = "v1/courses/_3_1/users/_12_1?expand=user";

fn attempt(id: &str, day: u32, points: i64, changes: &[(&str, Value)]) -> String {
    let date = format!("2026-11-{day:02}T09:58:00.000Z");
    let mut all = vec![
        ("/id", json!(id)),
        ("/attemptDate", json!(date)),
        ("/modified", json!(date)),
        ("/displayGrade/score", json!(points)),
        ("/score", json!(points)),
    ];
    all.extend(changes.iter().cloned());
    changed(ATTEMPT, &all)
}

/// Ines's grade is that of her last attempt, 45 of 50 points.
fn site(list_of: &[&str]) -> Site {
    let grade = changed(GRADE, &[("/displayGrade/score", json!(45))]);
    Site::new().with(&format!("{GRADEBOOK}/users/_12_1"), 200, grade).with(
        &format!("{GRADEBOOK}/{ATTEMPTS}"),
        200,
        list(list_of),
    )
}

async fn told(site: &Site) -> Outcome {
    let mut late = grade_signal();
    late.occurred_at = Some(now() - chrono::TimeDelta::hours(12));
    let asked = asked("WS101", &[attempts(named("_702_1"))]);
    let confirmed = source().confirm(&[late], &asked, site, now()).await.unwrap().remove(0);
    match confirmed {
        Confirmation::Settled(mut outcomes) => outcomes.remove(0),
        other => panic!("{other:?}"),
    }
}

fn points(attempts: &[Told]) -> Vec<(u32, Option<String>)> {
    let given = |score: &crate::Score| format!("{}/{}", score.given.unwrap(), score.max.unwrap());
    attempts.iter().map(|attempt| (attempt.number, attempt.score.as_ref().map(given))).collect()
}

#[tokio::test]
async fn each_attempt_is_told_oldest_first() {
    let site = site(&[
        &attempt("_3_1", 19, 45, &[]),
        &attempt("_1_1", 17, 20, &[]),
        &attempt("_9_1", 18, 50, &[("/exempt", json!(true))]),
        &attempt("_2_1", 18, 35, &[]),
    ]);
    let outcome = told(&site).await;
    let expected = [(1, "20/50"), (2, "35/50"), (3, "45/50")].map(|(n, it)| (n, Some(it.to_owned())));
    assert_eq!(points(&outcome.attempts), expected);
    assert_eq!(outcome.attempts[0].graded_at, Some("2026-11-17T09:58:00Z".parse().unwrap()));
    let calls = site.paths().iter().filter(|path| path.contains("attempts")).count();
    assert_eq!(calls, 1, "the list that tells whether the grade is posted");
}

#[tokio::test]
async fn an_attempt_that_is_not_posted_has_no_score_yet() {
    let site = site(&[
        &attempt("_1_1", 17, 45, &[]),
        &attempt("_2_1", 18, 50, &[("/status", json!("NeedsGrading"))]),
    ]);
    assert_eq!(points(&told(&site).await.attempts), [(1, Some("45/50".to_owned())), (2, None)]);
}

#[tokio::test]
async fn attempts_are_not_told_where_no_rule_counts_them_or_the_grade_is_withheld() {
    let one = attempt("_1_1", 17, 45, &[]);
    let site = site(&[&one]);
    let old = Signal { occurred_at: None, ..grade_signal() };
    for asked in [Asked::default(), asked("WS101", &[score(named("_702_1"))])] {
        let confirmed = source().confirm(std::slice::from_ref(&old), &asked, &site, now()).await.unwrap();
        assert!(matches!(&confirmed[0], Confirmation::Settled(outcomes) if outcomes[0].attempts.is_empty()));
    }
    let hidden = self::site(&[&one]).with(
        GRADEBOOK,
        200,
        changed(COLUMN, &[("/availability/available", json!("No"))]),
    );
    assert_eq!(told(&hidden).await.attempts, []);
}

#[tokio::test]
async fn attempts_behind_an_override_are_asked_for_where_a_rule_counts_them() {
    let grade = changed(GRADE, &[("/overridden", json!("2026-11-19T10:00:00.000Z"))]);
    let overridden = |site: Site| site.with(&format!("{GRADEBOOK}/users/_12_1"), 200, &grade);
    let site = overridden(site(&[&attempt("_1_1", 17, 45, &[])]));
    assert_eq!(points(&told(&site).await.attempts), [(1, Some("45/50".to_owned()))]);
    // Those that are hidden take nothing from an override, which stands by itself.
    let hidden = overridden(self::site(&[])).with(&format!("{GRADEBOOK}/{ATTEMPTS}"), 403, ERROR);
    let outcome = told(&hidden).await;
    assert_eq!((outcome.release, outcome.attempts.len()), (Release::Released, 0));
}

#[tokio::test]
async fn reconciliation_tells_attempts_where_a_rule_counts_them() {
    let all = list(&[ATTEMPT]);
    let site = Site::new()
        .with("v2/courses/_3_1/gradebook/columns?limit=100", 200, list(&[COLUMN]))
        .with(&format!("{GRADEBOOK}/users?limit=100"), 200, list(&[GRADE]))
        .with(&format!("{GRADEBOOK}/attempts?limit=100"), 200, all);
    for (wanted, count) in [(attempts(named("_702_1")), 1), (score(named("_702_1")), 0)] {
        let wanted = [wanted];
        let asking = Asking { course: "_3_1", wanted: &wanted, marker: None, decided: &[], read_at: now() };
        let book = asking.read(&*source(), &site).await.unwrap().unwrap();
        assert_eq!(book.shown[0].outcome.attempts.len(), count);
    }
}

#[tokio::test]
async fn who_teaches_in_the_course_gets_nothing_in_it() {
    for role in ["Instructor", "BbFacilitator", "TeachingAssistant", "CourseBuilder", "Grader"] {
        let member = changed(MEMBERSHIP, &[("/courseRoleId", json!(role)), ("/childCourseId", Value::Null)]);
        assert_eq!(withheld(&Site::new().with(MEMBER, 200, member)).await, Withheld::Staff, "{role}");
    }
    for role in [json!("Student"), json!("Guest"), json!("_77_1"), Value::Null] {
        let member = changed(MEMBERSHIP, &[("/courseRoleId", role.clone()), ("/childCourseId", Value::Null)]);
        let outcome = settled(&Site::new().with(MEMBER, 200, member)).await;
        assert_eq!(outcome.release, Release::Released, "{role}");
    }
}
