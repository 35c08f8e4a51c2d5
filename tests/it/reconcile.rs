//! Results of which no webhook told, from the gradebook to the badge.

use std::time::Duration;

use accolade::app::Role;
use accolade::clock::Clock;
use accolade::config::{ReconcileSettings, Settings};
use accolade::store::{DeliveryState, DeliveryTrail, Run};
use accolade_connectors::Release;

use crate::support::app::{Process, Site, Way, credentials};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// An installation at half an hour before the nightly run.
async fn evening() -> Site {
    let mut site = Site::new(Way::Embedded, None).await.unwrap();
    site.clock = Clock::manual("2026-11-21T02:00:00Z".parse().unwrap());
    site
}

/// Starts everything; the schedules count from now.
async fn start(site: &Site, change: impl FnOnce(&mut Settings)) -> Process {
    let process = site.start_with(&Role::ALL, change).await;
    for source in ["moodle", "canvas", "blackboard"] {
        process.store.reconciled_since(source, site.clock.now()).await.unwrap();
    }
    process
}

async fn runs(process: &Process, source: &str) -> Vec<Run> {
    let runs = process.store.runs(Some(source), 100).await.unwrap();
    runs.into_iter().filter(|run| run.finished_at.is_some()).collect()
}

/// Waits until so many runs of a source have ended, and what followed is done.
async fn after_runs(process: &Process, source: &str, count: usize) -> Vec<DeliveryTrail> {
    let started = tokio::time::Instant::now();
    while runs(process, source).await.len() < count {
        assert!(started.elapsed() < Duration::from_mins(1), "no run {count} of {source}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let trails = process.settled().await;
    trails.into_iter().filter(|trail| trail.source == source).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_no_webhook_told_is_awarded_by_the_nightly_run_and_told_once() {
    let site = evening().await;
    let process = start(&site, |_| ()).await;
    site.clock.advance(HOUR);
    let trails = after_runs(&process, "moodle", 1).await;
    assert!(trails.iter().all(|trail| trail.state == DeliveryState::Done), "{trails:#?}");
    assert!(trails.iter().all(|trail| trail.user_agent.as_deref() == Some("reconciliation")));
    assert_eq!(credentials(&trails).len(), 3, "Alice, Erin and Frank: {trails:#?}");
    let run = &runs(&process, "moodle").await[0];
    let counts = run.counts();
    assert!(counts.missing > 0 && counts.stale == 0 && counts.withdrawn == 0, "{run:#?}");
    assert_eq!(run.courses[0].delivery, Some(trails[0].id));
    assert_eq!(after_runs(&process, "canvas", 1).await.len(), 1);
    assert_eq!(credentials(&after_runs(&process, "blackboard", 1).await).len(), 1, "no preview user");

    // Nothing changed: nothing is told, and no circle begins.
    let before = process.settled().await.len();
    site.clock.advance(DAY);
    for source in ["moodle", "canvas", "blackboard"] {
        after_runs(&process, source, 2).await;
        let counts = runs(&process, source).await[0].counts();
        assert_eq!((counts.checked, counts.duplicates), (counts.unchanged, 0), "{source}: {counts:?}");
        assert!(counts.checked > 0, "{source}");
    }
    assert_eq!(process.settled().await.len(), before);
    let metrics = reqwest::get(format!("{}/metrics", process.url)).await.unwrap().text().await.unwrap();
    for line in [
        r#"accolade_reconciled_total{source="canvas",state="missing"} 1"#,
        r#"accolade_deliveries_total{source="canvas",state="waiting"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line} is missing in:\n{metrics}");
    }
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canvas_grade_that_is_posted_later_without_an_event_is_awarded() {
    let site = evening().await;
    let process = start(&site, |_| ()).await;
    site.clock.advance(HOUR);
    let nadia = credentials(&after_runs(&process, "canvas", 1).await);
    assert_eq!(nadia.len(), 1, "Omar's grade is not posted");
    // `graded_at` stays as it is, so only a whole reading shows it.
    site.sandbox.canvas.lock().submission(49).unwrap().posted_at = Some("2026-11-21T08:00:00Z".to_owned());
    site.clock.advance(DAY);
    assert_eq!(credentials(&after_runs(&process, "canvas", 2).await).len(), 2);

    site.sandbox.canvas.lock().unenrol(49);
    site.clock.advance(DAY);
    after_runs(&process, "canvas", 3).await;
    let stored = process.store.stored_results("canvas", "565").await.unwrap().0;
    let omar = stored.iter().find(|result| result.outcome.learner.id == "49").unwrap();
    assert!(!omar.passes && omar.outcome.release != Release::Released, "{omar:#?}");
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn grades_that_are_taken_away_revise_their_outcomes() {
    let site = evening().await;
    let often = |settings: &mut Settings| {
        let every = ReconcileSettings { at: None, every: Some("10 minutes".to_owned()) };
        settings.sources.get_mut("blackboard").unwrap().reconcile = Some(every);
    };
    let process = start(&site, often).await;
    site.clock.advance(HOUR);
    after_runs(&process, "moodle", 1).await;
    after_runs(&process, "blackboard", 1).await;
    site.sandbox.moodle.lock().grade(4, 4, None, 1_795_500_000);
    site.sandbox.blackboard.lock().grade("_12346_1").unwrap().score = Some(150.0);
    site.clock.advance(Duration::from_mins(10));
    assert_eq!(credentials(&after_runs(&process, "blackboard", 2).await).len(), 2, "by its change index");
    let counts = runs(&process, "blackboard").await[0].counts();
    assert_eq!((counts.checked, counts.stale), (1, 1), "only what changed is read");

    site.sandbox.blackboard.lock().delete("_12345_1");
    site.clock.advance(DAY);
    after_runs(&process, "moodle", 2).await;
    after_runs(&process, "blackboard", 3).await;
    let passes = async |source: &str, course: &str, learner: &str, assessment: &str| {
        let stored = process.store.stored_results(source, course).await.unwrap().0;
        let of = |outcome: &accolade_connectors::Outcome| {
            outcome.learner.id == learner && outcome.assessment.id == assessment
        };
        stored.iter().find(|result| of(&result.outcome)).unwrap().passes
    };
    assert!(!passes("moodle", "2", "4", "item:4").await, "Alice's quiz");
    assert!(passes("moodle", "2", "8", "item:4").await, "Erin's quiz");
    assert!(!passes("blackboard", "_301_1", "_12345_1", "_702_1").await, "Priya's exam");
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_missed_is_made_up_for_after_the_next_start() {
    let site = evening().await;
    let process = start(&site, |_| ()).await;
    process.stop().await;
    site.clock.advance(HOUR);
    let process = site.start(&Role::ALL).await;
    assert_eq!(credentials(&after_runs(&process, "moodle", 1).await).len(), 3);
    process.stop().await;
    site.end().await;
}

/// In Canvas a changed name sends no event.
#[tokio::test(flavor = "multi_thread")]
async fn a_badge_that_waits_for_a_name_goes_on_once_the_lms_has_a_better_one() {
    let site = evening().await;
    "undefined undefined".clone_into(&mut site.sandbox.canvas.lock().user(48).unwrap().name);
    let process = start(&site, |_| ()).await;
    site.clock.advance(HOUR);
    assert!(credentials(&after_runs(&process, "canvas", 1).await).is_empty());
    assert_eq!(process.store.waiting_awards(None, 10).await.unwrap().len(), 1);

    "Nadia Novak".clone_into(&mut site.sandbox.canvas.lock().user(48).unwrap().name);
    site.clock.advance(DAY);
    let trails = after_runs(&process, "canvas", 2).await;
    assert_eq!(credentials(&trails).len(), 1, "{trails:#?}");
    assert!(process.store.waiting_awards(None, 10).await.unwrap().is_empty());
    // And then it is quiet.
    site.clock.advance(DAY);
    assert_eq!(after_runs(&process, "canvas", 3).await.len(), trails.len());
    process.stop().await;
    site.end().await;
}
