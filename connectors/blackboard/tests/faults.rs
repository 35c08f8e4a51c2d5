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
                Ok(said)
                    if matches!(said.as_slice(), [Confirmation::Unread(ApiError::Unavailable { .. })]) =>
                {
                    assert!(path.contains("/users/_12_1"), "{path} concerns all");
                }
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

/// A class of which the lists tell nothing, so that each one is asked about alone.
fn class(ids: &[String]) -> Site {
    let mut site = Site::new()
        .with(&format!("{GRADEBOOK}/users?limit=100"), 200, list(&[]))
        .with(&format!("{GRADEBOOK}/attempts?limit=100"), 403, ERROR)
        .with("v1/courses/_3_1/users?limit=100&expand=user", 403, ERROR);
    for id in ids {
        let of = |fixture| changed(fixture, &[("/userId", json!(id))]);
        site = site
            .with(&format!("{GRADEBOOK}/users/{id}"), 200, of(GRADE))
            .with(&format!("{GRADEBOOK}/attempts?limit=100&userId={id}"), 200, list(&[&of(ATTEMPT)]))
            .with(&format!("v1/courses/_3_1/users/{id}?expand=user"), 200, of(MEMBERSHIP));
    }
    site
}

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("_{}_1", 1000 + index)).collect()
}

#[tokio::test]
async fn a_time_out_about_one_learner_fails_this_learner_alone() {
    let ids = ids(4);
    for path in [
        format!("{GRADEBOOK}/users/_1001_1"),
        format!("{GRADEBOOK}/attempts?limit=100&userId=_1001_1"),
        "v1/courses/_3_1/users/_1001_1?expand=user".to_owned(),
    ] {
        let mut signals: Vec<Signal> = ids.iter().map(|id| signal_of(id)).collect();
        signals.push(signal_of("_1001_1"));
        let confirmed = confirm(&class(&ids).with(&path, 504, ""), &signals).await.unwrap();
        for (place, said) in confirmed.iter().enumerate() {
            match said {
                Confirmation::Unread(ApiError::Unavailable { what, .. }) if place == 1 || place == 4 => {
                    assert!(what.contains("504"), "{what}");
                }
                Confirmation::Settled(outcomes) if place != 1 && place != 4 => {
                    assert_eq!(outcomes[0].learner.id, ids[place]);
                }
                other => panic!("{path}: {place}: {other:?}"),
            }
        }
    }
    // What concerns the column fails for all.
    for path in [
        format!("{GRADEBOOK}/users?limit=100"),
        format!("{GRADEBOOK}/attempts?limit=100"),
        "v1/courses/_3_1/users?limit=100&expand=user".to_owned(),
        "v3/courses/_3_1".to_owned(),
    ] {
        let signals: Vec<Signal> = ids.iter().map(|id| signal_of(id)).collect();
        let confirmed = confirm(&class(&ids).with(&path, 504, ""), &signals).await;
        assert!(matches!(confirmed, Err(ApiError::Unavailable { .. })), "{path}: {confirmed:?}");
    }
}

#[tokio::test]
async fn each_try_gets_further_and_nobody_waits_for_another_for_ever() {
    let ids = ids(40);
    let membership = |id: &str| format!("v1/courses/_3_1/users/{id}?expand=user");
    // One learner at each step.
    let site = class(&ids)
        .with(&format!("{GRADEBOOK}/users/{}", ids[0]), 504, "")
        .with(&format!("{GRADEBOOK}/attempts?limit=100&userId={}", ids[1]), 504, "")
        .with(&membership(&ids[2]), 504, "");
    let mut waiting: Vec<Signal> = ids.iter().map(|id| signal_of(id)).collect();
    for second in 0..500 {
        let read_at = now() + chrono::TimeDelta::seconds(second);
        let confirmed = source().confirm(&waiting, &Asked::default(), &site, read_at).await.unwrap();
        let mut said = confirmed.iter();
        waiting.retain(|_| matches!(said.next(), Some(Confirmation::Unread(_))));
        if waiting.len() == 3 {
            assert!(waiting.iter().zip(&ids).all(|(signal, id)| signal.learner == *id));
            return;
        }
    }
    panic!("{} wait still", waiting.len());
}

#[tokio::test]
async fn a_blackboard_that_answers_nobody_is_asked_little() {
    let ids = ids(40);
    let mut site = class(&ids);
    for id in &ids {
        site = site.with(&format!("{GRADEBOOK}/users/{id}"), 504, "");
    }
    let signals: Vec<Signal> = ids.iter().map(|id| signal_of(id)).collect();
    let confirmed = confirm(&site, &signals).await.unwrap();
    assert!(confirmed.iter().all(|said| matches!(said, Confirmation::Unread(_))));
    let asked = site.paths().iter().filter(|path| path.contains("/users/_")).count();
    assert!((1..=4).contains(&asked), "{asked} of 40");
}

/// A token that ends while several learners are asked about: it is renewed once, for all.
#[tokio::test]
async fn calls_at_the_same_time_share_one_renewal() {
    let ids = ids(4);
    let token = |n: u8| (200, json!({"access_token": format!("token-{n}")}));
    let mut site = class(&ids).in_turn(TOKEN, &[token(1), token(2)]);
    for id in &ids {
        let grade: Value = serde_json::from_str(&changed(GRADE, &[("/userId", json!(id))])).unwrap();
        let path = format!("{GRADEBOOK}/users/{id}");
        site = site.in_turn(&path, &[(401, json!({"message": "ended"})), (200, grade)]);
    }
    let site = Slow(site);
    let signals: Vec<Signal> = ids.iter().map(|id| signal_of(id)).collect();
    let confirmed = source().confirm(&signals, &Asked::default(), &site, now()).await.unwrap();
    assert!(confirmed.iter().all(|said| matches!(said, Confirmation::Settled(_))), "{confirmed:?}");
    let calls = site.0.calls.lock().unwrap();
    let with_new = calls
        .iter()
        .filter(|call| path(call).contains("/users/_") && call.headers[0].1.expose() == "Bearer token-2");
    assert!(with_new.count() >= 4);
}

/// Answers after others had their turn.
struct Slow(Site);

#[async_trait::async_trait]
impl Http for Slow {
    async fn send(&self, call: Call) -> Result<Answer, ApiError> {
        let answer = self.0.send(call).await;
        tokio::task::yield_now().await;
        answer
    }
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
