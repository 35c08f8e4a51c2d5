//! What is removed after its time, and that nothing follows from it.

use std::time::Duration;

use accolade::app::Role;
use accolade::clock::Clock;
use uuid::Uuid;

use crate::support::app::{Site, Way, credentials};

const QUIZ_PASSED: &str = "0097_quiz-pass_hook-local-webhooks_user_graded";

#[tokio::test(flavor = "multi_thread")]
async fn bodies_go_after_their_time_and_nothing_is_judged_otherwise() {
    let mut site = Site::new(Way::Embedded, None).await.unwrap();
    site.clock = Clock::manual("2026-11-21T02:00:00Z".parse().unwrap());
    let process = site.start(&Role::ALL).await;
    assert_eq!(process.post_capture(QUIZ_PASSED).await.0, 200);
    let before = process.settled().await;
    assert_eq!(credentials(&before).len(), 1, "{before:#?}");
    assert!(before[0].body.is_some());
    let awarded = credentials(&before)[0];
    let basis_of = async || format!("{:?}", process.store.award_basis(awarded).await.unwrap());
    let basis = basis_of().await;

    process.store.reconciled_since("moodle", site.clock.now()).await.unwrap();
    site.clock.advance(Duration::from_hours(24 * 89));
    let old = before[0].id;
    process.settled().await;
    assert!(process.store.delivery(old).await.unwrap().unwrap().body.is_some(), "not yet");
    site.clock.advance(Duration::from_hours(48));
    let trails = process
        .until("the body is gone", |trails| {
            trails.iter().any(|trail| trail.id == old && trail.body.is_none())
        })
        .await;
    let trail = trails.iter().find(|trail| trail.id == old).unwrap();
    assert_eq!(trail.body_gone.as_ref().unwrap().why, "retention");
    assert_eq!(trail.reason, before[0].reason, "what became of it stays");
    assert_eq!(basis_of().await, basis, "so that awards can be checked again");

    // The same webhook once more, and the gradebook.
    let (status, answer) = process.post_capture(QUIZ_PASSED).await;
    assert_eq!((status, &answer["state"]), (200, &serde_json::json!("duplicate")), "{answer}");
    let started = tokio::time::Instant::now();
    while process.store.runs(Some("moodle"), 10).await.unwrap().iter().all(|run| run.finished_at.is_none()) {
        assert!(started.elapsed() < Duration::from_mins(1), "no run");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let trails = process.settled().await;
    let alice: Vec<Uuid> =
        credentials(&trails).into_iter().filter(|id| credentials(&before).contains(id)).collect();
    assert_eq!(alice, credentials(&before));
    let metrics = reqwest::get(format!("{}/metrics", process.url)).await.unwrap().text().await.unwrap();
    let line = r#"accolade_forgotten_total{state="bodies"} "#;
    assert!(metrics.contains(line), "{metrics}");
    process.stop().await;
    site.end().await;
}
