//! Confirming one grade: what the gradebook shows, and what it means.

use super::*;

#[tokio::test]
async fn a_posted_grade_is_confirmed_with_all_that_the_event_lacks() {
    let site = Site::new();
    let outcome = settled(&site).await;
    assert_eq!(outcome.release, Release::Released);
    let score = outcome.score.unwrap();
    assert_eq!((score.given, score.max), (Some("39.45205".parse().unwrap()), Some(50.into())));
    assert_eq!(score.text.as_deref(), Some("78.90%"));
    assert_eq!(outcome.learner.id, "_12_1");
    assert_eq!(outcome.learner.name.as_deref(), Some("Ines Okafor"));
    assert_eq!(outcome.learner.email.as_deref(), Some("ines.okafor@example.test"));
    assert_eq!(outcome.learner.institution_id.as_deref(), Some("iokafor"));
    assert_eq!(outcome.learner.language.as_deref(), Some("en-US"));
    assert_eq!(
        (outcome.course.id.as_str(), outcome.course.also.join(" ")),
        ("_3_1", "WS101 SIS-WS101".to_owned())
    );
    assert_eq!(outcome.course.name.as_deref(), Some("Workshop Safety"));
    assert_eq!(outcome.course.url.unwrap().path(), "/ultra/courses/_3_1/cl/outline");
    assert_eq!((outcome.assessment.id.as_str(), outcome.assessment.kind), ("_702_1", AssessmentKind::Item));
    assert_eq!(outcome.assessment.also, ["ws101-final", "content:_555_1"]);
    assert_eq!(outcome.assessment.name.as_deref(), Some("Final quiz"));
    assert_eq!((outcome.passed, outcome.as_of), (None, now()));
    assert_eq!(outcome.graded_at, Some("2026-11-20T10:00:00Z".parse().unwrap()));
}

#[tokio::test]
async fn tokens_people_and_courses_are_cached_and_what_decides_is_not() {
    let site = Site::new();
    settled(&site).await;
    let calls = site.calls.lock().unwrap();
    for call in calls.iter() {
        let expected = match call.what {
            "Blackboard oauth2/token" => Some(Duration::from_mins(59)),
            "Blackboard gradebook column"
            | "Blackboard gradebook grades"
            | "Blackboard gradebook attempts" => None,
            _ => Some(Duration::from_mins(10)),
        };
        assert_eq!(call.cache, expected, "{}", call.what);
        let authorization = call.headers[0].1.expose();
        if call.what == "Blackboard oauth2/token" {
            assert_eq!(authorization, "Basic YXBwLWtleTphbi1hcHBsaWNhdGlvbi1zZWNyZXQ=");
            let Body::Form(form) = &call.body else { panic!("no form") };
            assert_eq!((form[0].0.as_str(), form[0].1.expose()), ("grant_type", "client_credentials"));
        } else {
            assert_eq!(authorization, "Bearer token-1");
        }
        assert!(!call.url.as_str().contains("token-1") && !call.url.as_str().contains(SECRET));
    }
}

#[tokio::test]
async fn withheld_grades_say_why() {
    let grade = |changes: &[(&str, Value)]| {
        Site::new().with(&format!("{GRADEBOOK}/users/_12_1"), 200, changed(GRADE, changes))
    };
    let column = |changes: &[(&str, Value)]| Site::new().with(GRADEBOOK, 200, changed(COLUMN, changes));
    let user = |changes: &[(&str, Value)]| Site::new().with("v1/users/_12_1", 200, changed(USER, changes));
    let attempt = |changes: &[(&str, Value)]| {
        let attempts = list(&[&changed(ATTEMPT, changes)]);
        Site::new().with(&format!("{GRADEBOOK}/attempts?limit=100&userId=_12_1"), 200, attempts)
    };
    assert_eq!(withheld(&grade(&[("/exempt", json!(true))])).await, Withheld::Excused);
    assert_eq!(withheld(&column(&[("/availability/available", json!("No"))])).await, Withheld::Hidden);
    assert_eq!(
        withheld(&attempt(&[("/status", json!("NeedsGrading")), ("/readyToPost", json!(true))])).await,
        Withheld::NotPosted
    );
    assert_eq!(withheld(&user(&[("/userName", json!("iokafor_previewuser"))])).await, Withheld::TestStudent);
    assert_eq!(
        withheld(&user(&[("/availability/available", json!("Disabled"))])).await,
        Withheld::NotEnrolled
    );
    let hidden = |path: &str| Site::new().with(&format!("{GRADEBOOK}{path}"), 403, ERROR);
    assert_eq!(withheld(&hidden("/attempts?limit=100&userId=_12_1")).await, Withheld::Hidden);
    let anonymous = json!({"type": "AfterAllGraded"});
    let anonymous = hidden("/users/_12_1").with(
        GRADEBOOK,
        200,
        changed(COLUMN, &[("/grading/anonymousGrading", anonymous)]),
    );
    assert_eq!(withheld(&anonymous).await, Withheld::Anonymous);
    assert_eq!(withheld(&attempt(&[("/userId", Value::Null)])).await, Withheld::Hidden);
}

#[tokio::test]
async fn a_score_that_is_not_there_yet_is_waited_for_only_while_the_event_is_recent() {
    let site = || {
        let grade = changed(GRADE, &[("/displayGrade", Value::Null), ("/lastRelevantDate", Value::Null)]);
        Site::new().with(&format!("{GRADEBOOK}/users/_12_1"), 200, grade)
    };
    let Confirmation::Unsettled { outcomes, why } = one(&site()).await else { panic!("settled") };
    assert_eq!(outcomes[0].release, Release::Withheld { reason: Withheld::NotGraded });
    assert!(why.contains("39.45205") && why.contains("no score"), "{why}");
    let old = Signal { occurred_at: Some(now() - chrono::TimeDelta::hours(12)), ..grade_signal() };
    let confirmed = confirm(&site(), &[old]).await.unwrap();
    assert!(matches!(confirmed[0], Confirmation::Settled(_)), "nightly events are not waited for");
}

#[tokio::test]
async fn another_score_than_the_event_tells_is_unsettled_unless_it_is_newer() {
    let site = |changed_at: &str| {
        let changes = [("/displayGrade/score", json!(20)), ("/lastRelevantDate", json!(changed_at))];
        let attempts = list(&[&changed(ATTEMPT, &[("/displayGrade/score", json!(20))])]);
        Site::new().with(&format!("{GRADEBOOK}/users/_12_1"), 200, changed(GRADE, &changes)).with(
            &format!("{GRADEBOOK}/attempts?limit=100&userId=_12_1"),
            200,
            attempts,
        )
    };
    assert!(matches!(one(&site("2026-11-20T09:00:00.000Z")).await, Confirmation::Unsettled { .. }));
    assert!(matches!(one(&site("2026-11-20T10:00:30.000Z")).await, Confirmation::Settled(_)));
    let rounded =
        changed(GRADE, &[("/displayGrade/score", json!(39.45)), ("/lastRelevantDate", Value::Null)]);
    let rounded = Site::new().with(&format!("{GRADEBOOK}/users/_12_1"), 200, rounded);
    assert!(matches!(one(&rounded).await, Confirmation::Settled(_)), "rounding is no difference");
    // Of two events only the newer can be waited for.
    let older = Signal {
        occurred_at: Some(now() - chrono::TimeDelta::minutes(5)),
        key: "older".to_owned(),
        ..grade_signal()
    };
    let confirmed = confirm(&site("2026-11-20T09:00:00.000Z"), &[older, grade_signal()]).await.unwrap();
    assert!(
        matches!(confirmed.as_slice(), [Confirmation::Settled(_), Confirmation::Unsettled { .. }]),
        "{confirmed:?}"
    );
}

#[tokio::test]
async fn the_course_s_grade_goes_by_one_name() {
    let snapshot = receive(Some(KEY), EVENTS.as_bytes()).unwrap().signals.remove(1);
    let column = changed(COLUMN, &[("/id", json!("_700_1")), ("/grading/type", json!("Calculated"))]);
    let total = "v2/courses/_3_1/gradebook/columns/_700_1";
    let site = |column: String| {
        Site::new()
            .with(total, 200, column)
            .with(&format!("{total}/users/_13_1"), 200, changed(GRADE, &[("/userId", json!("_13_1"))]))
            .with("v1/users/_13_1", 200, USER)
    };
    let outcome = |confirmed: Vec<Confirmation>| match confirmed.into_iter().next() {
        Some(Confirmation::Settled(mut outcomes)) => outcomes.remove(0),
        other => panic!("{other:?}"),
    };
    let signalled = outcome(confirm(&site(column.clone()), std::slice::from_ref(&snapshot)).await.unwrap());
    assert_eq!(signalled.assessment.id, Assessment::COURSE_TOTAL);
    assert_eq!(signalled.assessment.kind, AssessmentKind::CourseTotal);
    assert!(signalled.assessment.also.contains(&"_700_1".to_owned()));

    let mut plain = snapshot.clone();
    plain.detail["course_total"] = json!(false);
    let external = site(changed(&column, &[("/externalGrade", json!(true))]));
    assert_eq!(
        outcome(confirm(&external, std::slice::from_ref(&plain)).await.unwrap()).assessment.id,
        Assessment::COURSE_TOTAL
    );
    assert_eq!(
        outcome(confirm(&site(column.clone()), std::slice::from_ref(&plain)).await.unwrap()).assessment.id,
        "_700_1"
    );

    plain.detail["column"] = json!("finalGrade");
    let total = "v2/courses/_3_1/gradebook/columns/finalGrade";
    let by_name = site(column.clone()).with(total, 200, column).with(
        &format!("{total}/users/_13_1"),
        200,
        changed(GRADE, &[("/userId", json!("_13_1"))]),
    );
    let outcome = outcome(confirm(&by_name, &[plain]).await.unwrap());
    assert_eq!(outcome.assessment.id, Assessment::COURSE_TOTAL);
    assert!(outcome.assessment.also.contains(&"_700_1".to_owned()));
}

#[tokio::test]
async fn in_merged_courses_the_child_s_names_count_too() {
    let site = Site::new().with("v1/courses/_3_1/users/_12_1?expand=user", 200, MEMBERSHIP).with(
        "v3/courses/_4_1",
        200,
        json!({"id": "_4_1", "courseId": "WS101-A", "name": "Group A"}),
    );
    let outcome = settled(&site).await;
    assert_eq!(outcome.course.id, "_3_1");
    assert_eq!(outcome.course.also, ["WS101", "SIS-WS101", "_4_1", "WS101-A"]);
    assert_eq!(outcome.learner.email.as_deref(), Some("ines.okafor@example.test"));
    assert!(!site.paths().contains(&"v1/users/_12_1".to_owned()), "the membership brought the user");
    let gone = changed(MEMBERSHIP, &[("/availability/available", json!("No"))]);
    let gone = Site::new().with("v1/courses/_3_1/users/_12_1?expand=user", 200, gone);
    assert_eq!(withheld(&gone).await, Withheld::NotEnrolled);
}
