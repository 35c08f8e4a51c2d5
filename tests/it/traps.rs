//! What LMSs do that a receiver would not expect, from the webhook to the badge;
//! `connectors/TRAPS.md` lists all of it.

use std::time::Duration;

use accolade::app::Role;
use accolade::clock::Clock;
use accolade::store::DeliveryTrail;
use serde_json::json;

use crate::support::app::{Process, Site, Way, credentials};

const DAY: Duration = Duration::from_hours(24);

/// A Moodle event about a learner's grade in the final quiz.
async fn graded(process: &Process, learner: i64, grade: Option<&str>, at: i64) {
    let event = json!({
        "eventname": r"\core\event\user_graded", "component": "core", "action": "graded", "target": "user",
        "objecttable": "grade_grades", "objectid": 90 + learner, "crud": "u", "edulevel": 1,
        "contextid": 19, "contextlevel": 50, "contextinstanceid": 2, "userid": 3, "courseid": 2,
        "relateduserid": learner, "anonymous": 0, "timecreated": at, "host": "moodle.example.edu",
        "other": {"itemid": 4, "overridden": false, "finalgrade": grade},
        "token": "s3cr3t-shared-token", "extra": "",
    });
    let (status, answer) = process.post("moodle", &[], event.to_string()).await;
    assert_eq!(status, 200, "{answer}");
}

fn of_source(trails: &[DeliveryTrail], source: &str) -> Vec<DeliveryTrail> {
    trails.iter().filter(|trail| trail.source == source).cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phantom_awards_nothing() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    site.sandbox.moodle.lock().grade(4, 4, None, 1_795_423_250);
    let process = site.start(&Role::ALL).await;
    // The transaction that sent it was rolled back.
    graded(&process, 4, Some("10.00000"), 1_795_423_250).await;
    let trails = process.settled().await;
    assert!(credentials(&trails).is_empty(), "{trails:#?}");
    let signal = &trails[0].signals[0].reason;
    assert!(signal.contains("the LMS never showed it"), "{signal}");
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_course_reset_that_replays_old_work_changes_nothing() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let process = site.start(&Role::ALL).await;
    graded(&process, 4, Some("10.00000"), 1_795_423_250).await;
    let badge = credentials(&process.settled().await);
    assert_eq!(badge.len(), 1);
    // The reset deletes the grades, and then sends old work again.
    site.sandbox.moodle.lock().grade(4, 4, None, 1_795_600_000);
    graded(&process, 4, None, 1_795_600_000).await;
    process.settled().await;
    graded(&process, 4, Some("10.00000"), 1_795_600_001).await;
    let trails = process.settled().await;
    assert_eq!(credentials(&trails), badge, "not a second one");
    assert!(!trails.iter().any(|trail| trail.reason.contains("suspended")), "{trails:#?}");
    process.stop().await;
    site.end().await;
}

/// Hidden in Moodle, excused in Canvas, not posted in Blackboard: no badge. Shown without any event:
/// a badge, by the nightly run.
#[tokio::test(flavor = "multi_thread")]
async fn grades_that_were_withheld_award_once_released_without_an_event() {
    let mut site = Site::new(Way::Embedded, None).await.unwrap();
    site.clock = Clock::manual("2026-11-21T02:00:00Z".parse().unwrap());
    site.sandbox.moodle.lock().hide(4, 4, true);
    {
        let mut canvas = site.sandbox.canvas.lock();
        let omar = canvas.submission(49).unwrap();
        (omar.posted_at, omar.excused) = (Some("2026-11-20T09:30:00Z".to_owned()), true);
    }
    {
        let mut blackboard = site.sandbox.blackboard.lock();
        let quentin = blackboard.grade("_12346_1").unwrap();
        (quentin.score, quentin.posted) = (Some(150.0), false);
    }
    let process = site.start(&Role::ALL).await;
    let sources = ["moodle", "canvas", "blackboard"];
    for source in sources {
        process.store.reconciled_since(source, site.clock.now()).await.unwrap();
    }
    let after_run = async |count: usize| {
        let started = tokio::time::Instant::now();
        for source in sources {
            while process
                .store
                .runs(Some(source), 9)
                .await
                .unwrap()
                .iter()
                .filter(|run| run.finished_at.is_some())
                .count()
                < count
            {
                assert!(started.elapsed() < Duration::from_mins(1), "no run {count} of {source}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        let trails = process.settled().await;
        sources.map(|source| credentials(&of_source(&trails, source)).len())
    };
    site.clock.advance(Duration::from_hours(1));
    assert_eq!(after_run(1).await, [2, 1, 1], "the others alone");

    site.sandbox.moodle.lock().hide(4, 4, false);
    site.sandbox.canvas.lock().submission(49).unwrap().excused = false;
    site.sandbox.blackboard.lock().grade("_12346_1").unwrap().posted = true;
    site.clock.advance(DAY);
    assert_eq!(after_run(2).await, [3, 2, 2]);
    process.stop().await;
    site.end().await;
}
