//! Reconciliation: the right to do it, runs that go on, markers, names, and what is compared.

use accolade::store::{Counts, CourseState, NewRun, Run, RunCourse, Store};
use accolade_connectors::Course;
use chrono::TimeDelta;
use uuid::Uuid;

use super::contract;
use super::fixtures::{at, delivery, grade, id, outcome, record};

fn new_run(source: &str, courses: &[&str], seconds: i64) -> NewRun {
    NewRun {
        id: id(),
        source: source.to_owned(),
        courses: courses.iter().map(|course| (*course).to_owned()).collect(),
        whole: false,
        part: false,
        why: "a test".to_owned(),
        started_at: at(seconds),
    }
}

async fn begun(store: &Store, new: &NewRun) -> Run {
    store.begin_run(new).await.unwrap();
    store.run(new.id).await.unwrap().unwrap()
}

fn done(course: &RunCourse, missing: u32) -> RunCourse {
    let counts = Counts { checked: 9, missing, stale: 1, withdrawn: 2, unchanged: 3, duplicates: 4 };
    RunCourse {
        state: CourseState::Done,
        reason: "read".to_owned(),
        delivery: Some(id()),
        counts,
        ..course.clone()
    }
}

contract! {
    async fn one_holder_at_a_time_has_the_right_and_it_ends_by_itself(database) {
        let store = database.store().await;
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let lease = async |holder, now, until| {
            store.lease_reconciling("moodle", holder, at(now), at(until)).await.unwrap()
        };
        assert!(lease(one, 0, 120).await);
        assert!(!lease(two, 119, 240).await);
        assert!(lease(one, 60, 180).await, "kept");
        assert!(!lease(two, 121, 240).await);
        assert!(store.lease_reconciling("canvas", two, at(0), at(120)).await.unwrap(), "each source has its own");
        assert!(lease(two, 180, 300).await, "it has ended");
        assert!(!lease(one, 200, 320).await, "and is lost to the first");
        store.release_reconciling("moodle", one, at(200)).await.unwrap();
        assert!(!lease(one, 201, 320).await, "nobody gives back what another holds");
        store.release_reconciling("moodle", two, at(202)).await.unwrap();
        assert!(lease(one, 203, 320).await);
    }

    async fn many_at_the_same_time_are_one_holder(database) {
        let store = database.store().await;
        let mut tries = tokio::task::JoinSet::new();
        for holder in 1..=8_u128 {
            let store = store.clone();
            tries.spawn(async move {
                store.lease_reconciling("moodle", Uuid::from_u128(holder), at(0), at(120)).await.unwrap()
            });
        }
        let taken = tries.join_all().await;
        assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 1);
    }

    async fn a_source_is_seen_first_once(database) {
        let store = database.store().await;
        assert_eq!(store.reconciled_since("moodle", at(5)).await.unwrap(), at(5));
        assert_eq!(store.reconciled_since("moodle", at(9)).await.unwrap(), at(5));
    }

    async fn a_run_keeps_how_far_it_got_and_what_it_found(database) {
        let store = database.store().await;
        let run = begun(&store, &new_run("moodle", &["WS101", "2"], 0)).await;
        let names: Vec<(&str, CourseState)> =
            run.courses.iter().map(|course| (course.name.as_str(), course.state)).collect();
        assert_eq!(names, [("2", CourseState::Waiting), ("WS101", CourseState::Waiting)]);
        let read = done(&run.courses[1], 7);
        store.finish_course(&run, &read, Some(("2", "marker-1"))).await.unwrap();
        assert_eq!(store.marker("moodle", "2").await.unwrap().as_deref(), Some("marker-1"));
        assert_eq!(store.marker("canvas", "2").await.unwrap(), None);
        store.retry_run(run.id, at(60)).await.unwrap();
        let run = store.last_run("moodle").await.unwrap().unwrap();
        assert_eq!((run.finished_at, run.retry_at, &run.courses[1]), (None, at(60), &read));
        assert_eq!(run.counts().missing, 7);

        store.finish_run(run.id, at(90)).await.unwrap();
        store.finish_run(run.id, at(95)).await.unwrap();
        let run = store.run(run.id).await.unwrap().unwrap();
        assert_eq!((run.finished_at, run.courses[0].state), (Some(at(90)), CourseState::Failed));
        assert!(!run.courses[0].reason.is_empty());
        assert_eq!(run.courses[1], read, "what was read stays");
        store.finish_course(&run, &read, Some(("2", "marker-2"))).await.unwrap();
        assert_eq!(store.marker("moodle", "2").await.unwrap().as_deref(), Some("marker-2"));
    }

    async fn runs_are_listed_newest_first_and_forgotten_after_a_month(database) {
        let store = database.store().await;
        let first = begun(&store, &new_run("moodle", &["a"], 0)).await;
        let part = begun(&store, &NewRun { part: true, ..new_run("moodle", &["a"], 10) }).await;
        let other = begun(&store, &new_run("canvas", &["a"], 5)).await;
        let ids = |runs: Vec<Run>| runs.into_iter().map(|run| run.id).collect::<Vec<_>>();
        assert_eq!(ids(store.runs(None, 9).await.unwrap()), [part.id, other.id, first.id]);
        assert_eq!(ids(store.runs(Some("moodle"), 1).await.unwrap()), [part.id]);
        assert_eq!(store.last_run("moodle").await.unwrap().unwrap().id, first.id, "no turn of the schedule");
        let month = TimeDelta::days(31).num_seconds();
        let next = begun(&store, &new_run("moodle", &["a"], month)).await;
        assert_eq!(ids(store.runs(None, 9).await.unwrap()), [next.id, other.id]);
    }

    async fn a_name_leads_to_its_course_for_a_time(database) {
        let store = database.store().await;
        let course = Course { id: "2".to_owned(), also: vec!["WS101".to_owned()], name: None, url: None };
        let found = async |since| store.found_course("moodle", "WS101", at(since)).await.unwrap();
        assert_eq!(found(0).await, None);
        store.remember_course("moodle", "WS101", Some(&course), at(10)).await.unwrap();
        assert_eq!(found(10).await.as_ref(), Some(&course));
        assert_eq!(found(11).await, None);
        let other = Course { id: "3".to_owned(), ..course };
        store.remember_course("moodle", "WS101", Some(&other), at(20)).await.unwrap();
        assert_eq!(found(11).await, Some(other));
        store.remember_course("moodle", "WS101", None, at(30)).await.unwrap();
        assert_eq!(found(0).await, None);
    }

    async fn the_stored_results_are_those_of_the_source_and_course(database) {
        let store = database.store().await;
        grade(&store, "moodle", outcome("7", "item:1", 80, at(1))).await;
        grade(&store, "moodle", outcome("8", "item:1", 20, at(2))).await;
        grade(&store, "canvas", outcome("9", "item:1", 80, at(1))).await;
        let mut elsewhere = outcome("7", "item:1", 80, at(1));
        "2".clone_into(&mut elsewhere.course.id);
        grade(&store, "moodle", elsewhere).await;
        let (results, unreadable) = store.stored_results("moodle", "1").await.unwrap();
        assert_eq!(unreadable, 0);
        let mut found: Vec<_> = results
            .iter()
            .map(|result| (result.outcome.learner.id.as_str(), result.passes, result.as_of))
            .collect();
        found.sort_unstable();
        assert_eq!(found, [("7", true, at(1)), ("8", false, at(2))]);
        let theirs = "learner_id IN (SELECT id FROM learners WHERE lms_id = '8')";
        database.execute(&format!("UPDATE outcomes SET content = '{{}}' WHERE {theirs}")).await;
        let (results, unreadable) = store.stored_results("moodle", "1").await.unwrap();
        assert_eq!((results.len(), unreadable), (1, 1), "it is no reason to compare nothing");
    }

    async fn keys_that_were_told_are_known_by_source(database) {
        let store = database.store().await;
        record(&store, &delivery(&["k1", "k2"])).await;
        let keys = || vec!["k1".to_owned(), "k3".to_owned()];
        let told = store.told_keys("moodle", keys()).await.unwrap();
        assert_eq!(told.into_iter().collect::<Vec<_>>(), ["k1"]);
        assert!(store.told_keys("canvas", keys()).await.unwrap().is_empty());
        assert!(store.told_keys("moodle", Vec::new()).await.unwrap().is_empty());
    }
}
