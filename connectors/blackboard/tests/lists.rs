//! Confirming many grades with few calls.

use super::*;

#[tokio::test]
async fn many_learners_cost_few_calls() {
    let ids: Vec<String> = (0..150).map(|index| format!("_{}_1", 1000 + index)).collect();
    let page = |fixture: &str, ids: &[String], next: Option<&str>| {
        let of = |id: &String| {
            let member = changed(fixture, &[("/userId", json!(id))]);
            serde_json::from_str::<Value>(&member).unwrap()
        };
        let results: Vec<Value> = ids.iter().map(of).collect();
        json!({"results": results, "paging": {"nextPage": next}})
    };
    let mut site = Site::new();
    for (list, fixture) in [
        (format!("{GRADEBOOK}/users?limit=100"), GRADE),
        (format!("{GRADEBOOK}/attempts?limit=100"), ATTEMPT),
        ("v1/courses/_3_1/users?limit=100&expand=user".to_owned(), MEMBERSHIP),
    ] {
        let next = format!("{list}&offset=100");
        site = site
            .with(&list, 200, page(fixture, &ids[..100], Some(&format!("/learn/api/public/{next}"))))
            .with(&next, 200, page(fixture, &ids[100..], None));
    }
    let signals: Vec<Signal> = ids.iter().map(|id| signal_of(id)).collect();
    let confirmed = confirm(&site, &signals).await.unwrap();
    for (confirmation, id) in confirmed.iter().zip(&ids) {
        let Confirmation::Settled(outcomes) = confirmation else { panic!("{confirmation:?}") };
        assert_eq!((&outcomes[0].learner.id, &outcomes[0].release), (id, &Release::Released));
    }
    assert!(site.paths().len() <= 10, "{} calls for 150 grades", site.paths().len());
}

#[tokio::test]
async fn who_is_not_in_the_list_is_asked_for_alone() {
    let other = changed(GRADE, &[("/userId", json!("_13_1"))]);
    let site = Site::new()
        .with(&format!("{GRADEBOOK}/users?limit=100"), 200, list(&[&other]))
        .with(
            &format!("{GRADEBOOK}/attempts?limit=100&userId=_13_1"),
            200,
            list(&[&changed(ATTEMPT, &[("/status", json!("NeedsGrading")), ("/userId", json!("_13_1"))])]),
        )
        .with("v1/users/_13_1", 200, USER);
    let confirmed = confirm(&site, &[grade_signal(), signal_of("_13_1"), signal_of("_14_1")]).await.unwrap();
    let release = |index: usize| match &confirmed[index] {
        Confirmation::Settled(outcomes) => outcomes[0].release.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(release(0), Release::Released);
    assert_eq!(release(1), Release::Withheld { reason: Withheld::NotPosted });
    assert!(matches!(&confirmed[2], Confirmation::Unsettled { outcomes, .. } if outcomes.is_empty()));
}

/// A list that is reused may be from before somebody joined; that there is no membership is said of
/// one learner alone, and now.
#[tokio::test]
async fn who_is_no_member_is_not_enrolled() {
    let ids = ["_12_1", "_13_1", "_14_1", "_15_1"];
    let of = |fixture: &str, id: &str| changed(fixture, &[("/userId", json!(id))]);
    let grades: Vec<String> = ids.iter().map(|id| of(GRADE, id)).collect();
    let attempts: Vec<String> = ids.iter().map(|id| of(ATTEMPT, id)).collect();
    let all = |of: &[String]| list(&of.iter().map(String::as_str).collect::<Vec<_>>());
    let member = |id: &str| format!("v1/courses/_3_1/users/{id}?expand=user");
    let mut site = Site::new()
        .with(&format!("{GRADEBOOK}/users?limit=100"), 200, all(&grades))
        .with(&format!("{GRADEBOOK}/attempts?limit=100"), 200, all(&attempts))
        .with("v1/courses/_3_1/users?limit=100&expand=user", 200, list(&[&of(MEMBERSHIP, "_12_1")]))
        .with(&member("_13_1"), 404, ERROR)
        .with(&member("_14_1"), 200, of(MEMBERSHIP, "_14_1"));
    for id in ids {
        site = site.with(&format!("v1/users/{id}"), 200, changed(USER, &[("/id", json!(id))]));
    }
    let signals = ids.map(signal_of);
    let confirmed = confirm(&site, &signals).await.unwrap();
    let release = |index: usize| match &confirmed[index] {
        Confirmation::Settled(outcomes) => outcomes[0].release.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(release(0), Release::Released);
    assert_eq!(release(1), Release::Withheld { reason: Withheld::NotEnrolled });
    assert_eq!(release(2), Release::Released, "joined since the list was read");
    assert_eq!(release(3), Release::Released, "memberships that may not be seen withhold nothing");

    let alone = |status: u16| Site::new().with(&member("_12_1"), status, ERROR);
    assert_eq!(withheld(&alone(404)).await, Withheld::NotEnrolled);
    assert_eq!(settled(&alone(403)).await.release, Release::Released);
}

#[tokio::test]
async fn the_next_page_is_on_the_same_site_or_nowhere() {
    for next in [
        "https://elsewhere.example.test/learn/api/public/v2",
        "//elsewhere.example.test/learn/api/public/",
        "/admin",
        "http://learn.example.test/learn/api/public/x",
    ] {
        let page = json!({"results": [], "paging": {"nextPage": next}});
        let site = Site::new().with(&format!("{GRADEBOOK}/users?limit=100"), 200, page);
        let confirmed = confirm(&site, &[grade_signal(), signal_of("_13_1")]).await;
        assert!(matches!(confirmed, Err(ApiError::Unavailable { .. })), "{next}: {confirmed:?}");
    }
}

#[tokio::test]
async fn a_list_that_never_ends_is_left() {
    let list = format!("{GRADEBOOK}/users?limit=100");
    let page = json!({"results": [], "paging": {"nextPage": format!("/learn/api/public/{list}")}});
    let site = Site::new().with(&list, 200, page);
    let confirmed = confirm(&site, &[grade_signal(), signal_of("_13_1")]).await.unwrap();
    assert!(matches!(confirmed[0], Confirmation::Settled(_)));
    assert_eq!(site.paths().iter().filter(|path| **path == list).count(), 2, "no more pages than learners");
}
