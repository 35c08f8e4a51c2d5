//! What goes wrong between here and Blackboard.

use super::*;

#[tokio::test]
async fn a_401_renews_the_token_once() {
    let error = json!({"status": "401", "message": "Bearer token token-1 is invalid"});
    let site = Site::new()
        .in_turn(
            TOKEN,
            &[(200, json!({"access_token": "token-1"})), (200, json!({"access_token": "token-2"}))],
        )
        .in_turn(GRADEBOOK, &[(401, error.clone()), (200, serde_json::from_str(COLUMN).unwrap())]);
    assert_eq!(settled(&site).await.release, Release::Released);
    {
        let calls = site.calls.lock().unwrap();
        let refreshed: Vec<bool> = calls
            .iter()
            .filter(|call| call.what == "Blackboard oauth2/token")
            .map(|call| call.refresh)
            .collect();
        assert_eq!(refreshed, [false, true]);
        assert_eq!(calls[3].headers[0].1.expose(), "Bearer token-2");
    }

    let site = Site::new().with(GRADEBOOK, 401, error);
    let Err(ApiError::Unauthorized { what }) = confirm(&site, &[grade_signal()]).await else {
        panic!("authorized")
    };
    assert!(what.contains("REST API Integrations"), "{what}");
    assert!(!what.contains("token-1"), "{what}");
    assert_eq!(site.paths().iter().filter(|path| *path == GRADEBOOK).count(), 2, "asked twice, not for ever");
}

#[tokio::test]
async fn refused_credentials_are_for_a_human_to_mend() {
    for status in [400, 401, 403] {
        let error = json!({"error": "invalid_client", "error_description": format!("{SECRET} is wrong")});
        let site = Site::new().with(TOKEN, status, error);
        let Err(ApiError::Unauthorized { what }) = confirm(&site, &[grade_signal()]).await else {
            panic!("{status}")
        };
        assert!(what.contains("application_secret") && !what.contains(SECRET), "{what}");
    }
}

#[tokio::test]
async fn a_403_is_a_matter_of_the_thing_that_is_refused() {
    let column = confirm(&Site::new().with(GRADEBOOK, 403, ERROR), &[grade_signal()]).await;
    assert!(matches!(column, Err(ApiError::Unauthorized { .. })), "the gradebook: {column:?}");
    let everybody = confirm(&Site::new().with("v1/users/_12_1", 403, ERROR), &[grade_signal()]).await;
    assert!(matches!(everybody, Err(ApiError::Unauthorized { .. })), "every user: {everybody:?}");
    let other = changed(GRADE, &[("/userId", json!("_13_1"))]);
    let site = Site::new()
        .with(&format!("{GRADEBOOK}/users?limit=100"), 200, list(&[GRADE, &other]))
        .with(
            &format!("{GRADEBOOK}/attempts?limit=100"),
            200,
            list(&[ATTEMPT, &changed(ATTEMPT, &[("/userId", json!("_13_1"))])]),
        )
        .with("v1/users/_13_1", 403, ERROR);
    let confirmed = confirm(&site, &[grade_signal(), signal_of("_13_1")]).await.unwrap();
    assert!(matches!(confirmed[0], Confirmation::Settled(_)));
    let Confirmation::Unsettled { why, .. } = &confirmed[1] else { panic!("{:?}", confirmed[1]) };
    assert!(why.contains("_13_1"), "{why}");
    let course = settled(&Site::new().with("v3/courses/_3_1", 403, ERROR)).await.course;
    assert_eq!((course.id.as_str(), course.name), ("_3_1", None), "a course goes by its id then");
}

#[tokio::test]
async fn a_404_is_nothing_but_a_grade_may_follow_its_event() {
    for path in [GRADEBOOK, "v1/users/_12_1"] {
        let confirmed = one(&Site::new().with(path, 404, ERROR)).await;
        assert!(matches!(confirmed, Confirmation::Nothing { .. }), "{path}: {confirmed:?}");
    }
    let site = || Site::new().with(&format!("{GRADEBOOK}/users/_12_1"), 404, ERROR);
    let Confirmation::Unsettled { outcomes, .. } = one(&site()).await else { panic!("settled") };
    assert_eq!(outcomes, []);
    let old = Signal { occurred_at: Some(now() - chrono::TimeDelta::hours(12)), ..grade_signal() };
    let confirmed = confirm(&site(), &[old]).await.unwrap();
    assert!(matches!(confirmed[0], Confirmation::Nothing { .. }), "{confirmed:?}");
}

#[tokio::test]
async fn a_grade_that_is_refused_is_hidden_anonymous_or_a_missing_permission() {
    let site = |grading: Value, status: u16| {
        Site::new().with(GRADEBOOK, 200, changed(COLUMN, &[("/grading", grading)])).with(
            &format!("{GRADEBOOK}/users/_12_1"),
            status,
            if status == 403 { ERROR.to_owned() } else { changed(GRADE, &[("/userId", Value::Null)]) },
        )
    };
    for status in [403, 200] {
        let by_attempts = one(&site(json!({"type": "Attempts"}), status)).await;
        let Confirmation::Unsettled { outcomes, why } = by_attempts else { panic!("{by_attempts:?}") };
        assert_eq!(outcomes[0].release, Release::Withheld { reason: Withheld::Hidden });
        assert!(why.contains("course.gradebook.MODIFY"), "{why}");
        let anonymous = json!({"type": "Attempts", "anonymousGrading": {"type": "AfterAllGraded"}});
        assert_eq!(withheld(&site(anonymous, status)).await, Withheld::Anonymous);
        let manual = confirm(&site(json!({"type": "Manual"}), status), &[grade_signal()]).await;
        assert!(
            matches!(manual, Err(ApiError::Unauthorized { .. })),
            "nothing hides a manual grade: {manual:?}"
        );
    }
}

#[tokio::test]
async fn a_user_who_is_shown_in_part_is_waited_for() {
    let user = changed(USER, &[("/userName", Value::Null), ("/contact", Value::Null)]);
    let confirmed = one(&Site::new().with("v1/users/_12_1", 200, user)).await;
    let Confirmation::Unsettled { outcomes, why } = confirmed else { panic!("{confirmed:?}") };
    assert_eq!(outcomes[0].learner.name.as_deref(), Some("Ines Okafor"));
    assert!(why.contains("system.user.VIEW"), "{why}");
    // The membership shows less of the user than the user does.
    let bare = changed(MEMBERSHIP, &[("/user/contact", Value::Null)]);
    let site = Site::new().with("v1/courses/_3_1/users/_12_1?expand=user", 200, bare);
    assert_eq!(settled(&site).await.learner.email.as_deref(), Some("ines.okafor@example.test"));
}

#[tokio::test]
async fn a_429_carries_the_wait() {
    let mut site = Site::new().with(GRADEBOOK, 429, json!({"status": 429, "message": "Over the limit"}));
    site.headers.insert("retry-after", "3600".parse().unwrap());
    let Err(ApiError::RateLimited { what, retry_after }) = confirm(&site, &[grade_signal()]).await else {
        panic!("taken")
    };
    assert_eq!(retry_after, Some(Duration::from_hours(1)));
    assert!(what.contains("Over the limit"), "{what}");
}

#[tokio::test]
async fn html_half_an_answer_and_a_5xx_pass_by_themselves() {
    for (status, body) in [
        (200, "<!DOCTYPE html><title>Maintenance</title>"),
        (404, "\n<html>not found</html>"),
        (403, "<html>blocked</html>"),
        (200, &GRADE[..GRADE.len() / 2]),
        (200, ""),
        (200, "[]"),
        (500, ERROR),
        (503, ""),
        (302, ""),
    ] {
        for path in [
            GRADEBOOK.to_owned(),
            format!("{GRADEBOOK}/users/_12_1"),
            "v3/courses/_3_1".to_owned(),
            TOKEN.to_owned(),
        ] {
            let site = Site::new().with(&path, status, body);
            let confirmed = confirm(&site, &[grade_signal()]).await;
            let refused_token = path == TOKEN && status == 403;
            match confirmed {
                Err(ApiError::Unavailable { .. }) => {}
                Err(ApiError::Unauthorized { .. }) if refused_token => {}
                other => panic!("{status} {body} at {path}: {other:?}"),
            }
        }
    }
    let leaky = Site::new().with(TOKEN, 200, json!("token-in-the-wrong-place"));
    let Err(ApiError::Unavailable { what, .. }) = confirm(&leaky, &[grade_signal()]).await else {
        panic!("taken")
    };
    assert!(!what.contains("wrong-place"), "{what}");
}

#[tokio::test]
async fn a_signal_without_detail_is_nothing() {
    let bare = Signal { detail: Value::Null, ..grade_signal() };
    let confirmed = confirm(&Site::new(), &[bare, grade_signal()]).await.unwrap();
    assert!(matches!(confirmed.as_slice(), [Confirmation::Nothing { .. }, Confirmation::Settled(_)]));
}

#[tokio::test]
async fn the_probe_asks_for_a_fresh_token_and_the_version() {
    let mut site = Site::new().with(
        "v1/system/version",
        200,
        json!({"learn": {"major": 4000, "minor": 11, "patch": 0, "build": "x"}}),
    );
    site.headers.insert("x-rate-limit-limit", "10000".parse().unwrap());
    site.headers.insert("x-rate-limit-remaining", "9870".parse().unwrap());
    let lines = source().probe(&site).await.unwrap();
    assert!(site.calls.lock().unwrap()[0].refresh);
    assert!(lines[1].contains("Blackboard Learn 4000.11.0"), "{lines:?}");
    assert!(lines[2].contains("9870 of 10000"), "{lines:?}");
    let refused = source().probe(&Site::new().with(TOKEN, 401, ERROR)).await;
    assert!(matches!(refused, Err(ApiError::Unauthorized { .. })));
}
