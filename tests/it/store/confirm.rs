//! Confirming: which outcome is kept, which event follows, what becomes of the signal.

use std::sync::Arc;

use accolade::store::{DeliveryState, SignalVerdict};
use tokio::sync::Barrier;

use super::contract;
use super::fixtures::{
    Told, at, candidate_of, confirm_one, delivery, done, grade, id, outcome, record, result, tell,
};

contract! {
    async fn a_passing_outcome_gives_an_event_and_a_failing_one_none(database) {
        let store = database.store().await;
        let events = grade(&store, "moodle", outcome("7", "item:1", 80, at(1))).await;
        assert_eq!(events.len(), 1);
        assert!(events[0].passed);
        assert_eq!(events[0].source, "moodle");
        assert_eq!(events[0].outcome, outcome("7", "item:1", 80, at(1)));
        assert!(grade(&store, "moodle", outcome("7", "item:2", 30, at(1))).await.is_empty());
        assert_eq!(database.count("outcomes").await, 2);
        assert_eq!(database.count("learners").await, 1);
        assert_eq!(database.count("persons").await, 1);
    }

    async fn an_unchanged_outcome_ends_there(database) {
        let store = database.store().await;
        let events = grade(&store, "moodle", outcome("7", "item:1", 80, at(1))).await;
        let version = candidate_of(&store, events[0].id).await.version;
        assert!(grade(&store, "moodle", outcome("7", "item:1", 80, at(5))).await.is_empty());
        assert_eq!(candidate_of(&store, events[0].id).await.version, version);
        // But its time is known: what is older than it stays out.
        assert!(grade(&store, "moodle", outcome("7", "item:1", 90, at(4))).await.is_empty());
        let candidate = candidate_of(&store, events[0].id).await;
        assert_eq!(candidate.outcomes[0].outcome, outcome("7", "item:1", 80, at(5)));
    }

    async fn the_later_moment_wins_whichever_arrives_last(database) {
        let store = database.store().await;
        let events = grade(&store, "moodle", outcome("7", "item:1", 80, at(10))).await;
        let mut old = outcome("7", "item:1", 20, at(9));
        old.learner.name = Some("Old Name".to_owned());
        assert!(grade(&store, "moodle", old).await.is_empty());
        let candidate = candidate_of(&store, events[0].id).await;
        assert!(candidate.passed);
        assert_eq!(candidate.outcomes.len(), 1);
        assert_eq!(candidate.outcomes[0].outcome, outcome("7", "item:1", 80, at(10)));
        // The same moment again is not older.
        let revised = grade(&store, "moodle", outcome("7", "item:1", 20, at(10))).await;
        assert_eq!(revised.len(), 1);
        assert!(!revised[0].passed);
        let candidate = candidate_of(&store, events[0].id).await;
        assert!(!candidate.passed, "a candidate shows the state now");
    }

    /// Two batches may read the same grade at the same time, and be answered in the other order.
    async fn a_reading_that_was_overtaken_decides_nothing_and_is_done_again(database) {
        let store = database.store().await;
        grade(&store, "moodle", outcome("7", "item:1", 20, at(9))).await;
        let read = async |told: &Told, points, as_of| {
            let mut result = result(told, vec![(outcome("7", "item:1", points, as_of), points >= 50)], done());
            result.read = true;
            store.confirm(&[result], at(10)).await.unwrap().remove(0)
        };
        let told = tell(&store, "moodle").await;
        let confirmed = read(&told, 80, at(8)).await;
        assert!(confirmed.events.is_empty());
        assert_eq!(confirmed.again_at, Some(at(13)));
        let waiting = store.waiting_signals(&[told.signal]).await.unwrap();
        assert_eq!((waiting[0].not_before, waiting[0].attempts), (at(13), 0));
        let confirmed = read(&told, 80, at(14)).await;
        assert_eq!((confirmed.events.len(), confirmed.again_at), (1, None));
        assert!(store.waiting_signals(&[told.signal]).await.unwrap().is_empty());
        // What agrees with the later one is done.
        let told = tell(&store, "moodle").await;
        assert_eq!(read(&told, 80, at(13)).await.again_at, None);
        assert!(store.waiting_signals(&[told.signal]).await.unwrap().is_empty());
    }

    async fn a_pass_that_a_rule_names_only_later_is_evaluated_then(database) {
        let store = database.store().await;
        let events = async |named, also: &[&str], seconds| {
            let mut outcome = outcome("7", "completion", 80, at(seconds));
            outcome.passed = Some(true);
            outcome.course.also = also.iter().map(|name| (*name).to_owned()).collect();
            let told = tell(&store, "moodle").await;
            let mut result = result(&told, vec![(outcome, true)], done());
            result.outcomes[0].named = named;
            store.confirm(&[result], at(seconds)).await.unwrap().remove(0).events
        };
        assert_eq!(events(false, &[], 1).await.len(), 1, "it passes");
        let named = events(true, &["WS101"], 2).await;
        assert_eq!(named.len(), 1);
        assert_eq!(candidate_of(&store, named[0].id).await.outcomes[0].outcome.course.also, ["WS101"]);
        assert_eq!(events(true, &["WS101"], 3).await.len(), 0, "once");
    }

    async fn events_follow_from_what_matters(database) {
        let store = database.store().await;
        let passing = |points| outcome("7", "item:1", points, at(points));
        assert_eq!(grade(&store, "moodle", passing(60)).await.len(), 1);
        assert_eq!(grade(&store, "moodle", passing(70)).await.len(), 1, "another score");
        let mut renamed = outcome("7", "item:1", 70, at(71));
        renamed.learner.name = Some("New Name".to_owned());
        assert_eq!(grade(&store, "moodle", renamed.clone()).await.len(), 1, "another name");
        renamed.as_of = at(72);
        renamed.learner.email = Some("new@example.test".to_owned());
        assert_eq!(grade(&store, "moodle", renamed.clone()).await.len(), 1, "another address");
        renamed.as_of = at(73);
        renamed.learner.name = None;
        renamed.learner.email = None;
        assert_eq!(grade(&store, "moodle", renamed.clone()).await.len(), 0, "not told is no change");
        renamed.as_of = at(74);
        renamed.assessment.name = Some("Final".to_owned());
        assert_eq!(grade(&store, "moodle", renamed.clone()).await.len(), 0, "a title");
        renamed.as_of = at(75);
        renamed.passed = Some(true);
        let events = grade(&store, "moodle", renamed.clone()).await;
        assert_eq!(events.len(), 1, "the LMS's own word");
        assert_eq!(events[0].outcome.learner.name.as_deref(), Some("New Name"));
        assert_eq!(events[0].outcome.learner.email.as_deref(), Some("new@example.test"));
        let candidate = candidate_of(&store, events[0].id).await;
        assert_eq!(candidate.outcomes[0].outcome.assessment.name.as_deref(), Some("Final"));
        let failing = outcome("7", "item:1", 40, at(90));
        assert_eq!(grade(&store, "moodle", failing).await.len(), 1, "passes no more");
        let failing = outcome("7", "item:1", 30, at(91));
        assert_eq!(grade(&store, "moodle", failing).await.len(), 0, "fails as before");
    }

    async fn a_change_raises_the_version(database) {
        let store = database.store().await;
        let event = grade(&store, "moodle", outcome("7", "item:1", 80, at(1))).await.remove(0);
        let mut last = candidate_of(&store, event.id).await.version;
        let mut renamed = outcome("7", "item:2", 10, at(3));
        renamed.learner.name = Some("New Name".to_owned());
        for changed in [outcome("7", "item:2", 10, at(2)), renamed, outcome("7", "item:1", 90, at(4))] {
            grade(&store, "moodle", changed).await;
            let version = candidate_of(&store, event.id).await.version;
            assert!(version > last);
            last = version;
        }
        grade(&store, "moodle", outcome("8", "item:1", 90, at(4))).await;
        assert_eq!(candidate_of(&store, event.id).await.version, last, "of another learner");
    }

    /// Without name and address nothing was awarded; when they come, what passed is looked at.
    async fn an_address_that_becomes_known_wakes_every_passing_outcome(database) {
        let store = database.store().await;
        for (item, points) in [("item:1", 80), ("item:2", 90), ("item:3", 10)] {
            let mut unnamed = outcome("7", item, points, at(1));
            unnamed.learner.email = None;
            grade(&store, "moodle", unnamed).await;
        }
        let events = grade(&store, "moodle", outcome("7", "item:4", 10, at(2))).await;
        let mut items: Vec<_> = events.iter().map(|event| event.outcome.assessment.id.as_str()).collect();
        items.sort_unstable();
        assert_eq!(items, ["item:1", "item:2"]);
        assert!(events.iter().all(|event| event.outcome.learner.email.is_some() && event.passed));
        let candidate = candidate_of(&store, events[0].id).await;
        assert!(candidate.outcomes.iter().all(|stored| stored.outcome.learner.email.is_some()));
    }

    async fn a_signal_done_already_gives_nothing(database) {
        let store = database.store().await;
        let told = tell(&store, "moodle").await;
        assert_eq!(confirm_one(&store, &told, outcome("7", "item:1", 80, at(1))).await.len(), 1);
        assert!(confirm_one(&store, &told, outcome("7", "item:1", 90, at(2))).await.is_empty());
        assert_eq!(database.count("events").await, 1);
        assert!(store.waiting_signals(&[told.signal]).await.unwrap().is_empty());
        let unknown = Told { signal: id(), ..told };
        assert!(confirm_one(&store, &unknown, outcome("7", "item:1", 95, at(3))).await.is_empty());
    }

    async fn a_batch_with_the_same_outcome_twice_gives_one_event(database) {
        let store = database.store().await;
        let (one, two) = (tell(&store, "moodle").await, tell(&store, "moodle").await);
        let all = vec![(outcome("7", "item:1", 80, at(1)), true), (outcome("8", "item:1", 80, at(1)), true)];
        let results = [
            result(&two, all.clone(), done()),
            result(&one, all.clone(), done()),
            result(&one, all, done()),
        ];
        let confirmed = store.confirm(&results, at(10)).await.unwrap();
        let counts: Vec<_> = confirmed.iter().map(|one| (one.signal, one.events.len())).collect();
        assert_eq!(counts, [(two.signal, 2), (one.signal, 0), (one.signal, 0)]);
        assert_eq!(database.count("events").await, 2);
    }

    async fn signals_confirmed_at_the_same_time_give_one_event(database) {
        let store = database.store().await;
        let mut tasks = Vec::new();
        for number in 0..8 {
            let told = tell(&store, "moodle").await;
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                // Different learners first and last: no waiting in a circle.
                let learner = |offset: i32| format!("{}", (number + offset) % 8);
                let outcomes = (0..8).map(|offset| (outcome(&learner(offset), "item:1", 80, at(1)), true));
                let results = [result(&told, outcomes.collect(), done())];
                store.confirm(&results, at(10)).await.unwrap()[0].events.len()
            }));
        }
        let mut events = 0;
        for task in tasks {
            events += task.await.unwrap();
        }
        assert_eq!(events, 8);
        assert_eq!(database.count("learners").await, 8);
        assert_eq!(database.count("persons").await, 8);
    }

    /// Each of them has read another grade.
    async fn of_workers_with_the_same_signal_one_stores_it(database) {
        let store = database.store().await;
        for round in 0..5 {
            let told = tell(&store, "moodle").await;
            let start = Arc::new(Barrier::new(4));
            let mut tasks = Vec::new();
            for number in 0..4 {
                let (store, told, start) = (store.clone(), told.clone(), start.clone());
                let outcome = outcome("7", &format!("item:{round}"), 60 + number, at(1 + number));
                tasks.push(tokio::spawn(async move {
                    start.wait().await;
                    confirm_one(&store, &told, outcome).await.len()
                }));
            }
            let mut events = 0;
            for task in tasks {
                events += task.await.unwrap();
            }
            assert_eq!(events, 1);
        }
    }

    /// Between reading the stored outcome and writing the new one nobody comes in between.
    async fn of_outcomes_confirmed_at_the_same_time_the_latest_stays(database) {
        let store = database.store().await;
        let event = grade(&store, "moodle", outcome("7", "item:1", 80, at(1))).await.remove(0);
        for round in 0..5 {
            let start = Arc::new(Barrier::new(6));
            let mut tasks = Vec::new();
            for number in 0..6 {
                let told = tell(&store, "moodle").await;
                let (store, start) = (store.clone(), start.clone());
                let outcome = outcome("7", "item:1", 60 + number, at(10 + 10 * round + number));
                tasks.push(tokio::spawn(async move {
                    start.wait().await;
                    confirm_one(&store, &told, outcome).await
                }));
            }
            for task in tasks {
                task.await.unwrap();
            }
            let candidate = candidate_of(&store, event.id).await;
            assert_eq!(candidate.outcomes[0].outcome, outcome("7", "item:1", 65, at(15 + 10 * round)));
        }
    }

    async fn a_signal_waits_for_its_time_and_counts_attempts(database) {
        let store = database.store().await;
        let told = tell(&store, "moodle").await;
        for (attempt, attempts) in [(true, 1), (false, 1), (true, 2)] {
            let reason = "the LMS does not show it yet".to_owned();
            let verdict = SignalVerdict::Wait { until: at(100), attempt, reason };
            store.confirm(&[result(&told, Vec::new(), verdict)], at(10)).await.unwrap();
            let stored = store.waiting_signals(&[told.signal]).await.unwrap();
            assert_eq!(stored[0].attempts, attempts);
        }
        let trail = store.delivery(told.delivery).await.unwrap().unwrap();
        assert_eq!((trail.state, trail.reason.as_str()), (DeliveryState::Waiting, "the LMS does not show it yet"));
        let siblings = store.waiting_siblings("moodle", "course:1", 9).await.unwrap();
        assert_eq!(siblings.len(), 1, "it is read with the others before its time, too");
        assert_eq!(siblings[0].not_before, at(100));
    }

    async fn siblings_are_those_of_the_same_call(database) {
        let store = database.store().await;
        let mut other_batch = delivery(&["other"]);
        if let accolade::store::Verdict::Accepted { signals, .. } = &mut other_batch.verdict {
            signals[0].1.batch = String::from("course:2");
        }
        record(&store, &other_batch).await;
        tell(&store, "canvas").await;
        let mut expected = Vec::new();
        for later in [3, 1, 2] {
            let mut delivery = delivery(&[&format!("key {later}")]);
            delivery.received_at = at(later);
            expected.push((later, record(&store, &delivery).await.new_signals[0]));
        }
        expected.sort_unstable();
        let siblings = store.waiting_siblings("moodle", "course:1", 2).await.unwrap();
        let ids: Vec<_> = siblings.iter().map(|one| one.id).collect();
        assert_eq!(ids, [expected[0].1, expected[1].1]);
    }

    async fn a_delivery_is_parked_when_nothing_waits_any_more(database) {
        let store = database.store().await;
        let recorded = record(&store, &delivery(&["a", "b"])).await;
        let told = |signal| Told { delivery: recorded.id, source: "moodle".to_owned(), signal };
        let (a, b) = (told(recorded.new_signals[0]), told(recorded.new_signals[1]));
        let state = async || store.delivery(recorded.id).await.unwrap().unwrap();
        let parked = SignalVerdict::Park { reason: "no such course".to_owned() };
        store.confirm(&[result(&a, Vec::new(), parked)], at(10)).await.unwrap();
        assert_eq!(state().await.state, DeliveryState::Waiting);
        store.confirm(&[result(&b, Vec::new(), done())], at(10)).await.unwrap();
        let trail = state().await;
        assert_eq!(trail.state, DeliveryState::Parked);
        assert_eq!(trail.reason, "no such course; confirmed");
    }

    /// Each of two transactions sees only its own signal done, unless they look in turn.
    async fn parts_finished_at_the_same_time_finish_the_delivery(database) {
        let store = database.store().await;
        for round in 0..10 {
            let keys: Vec<String> = (0..4).map(|key| format!("{round} {key}")).collect();
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let recorded = record(&store, &delivery(&keys)).await;
            let tasks: Vec<_> = recorded
                .new_signals
                .iter()
                .map(|signal| {
                    let told =
                        Told { delivery: recorded.id, source: "moodle".to_owned(), signal: *signal };
                    let store = store.clone();
                    tokio::spawn(async move {
                        store.confirm(&[result(&told, Vec::new(), done())], at(10)).await.unwrap();
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            let trail = store.delivery(recorded.id).await.unwrap().unwrap();
            assert_eq!(trail.state, DeliveryState::Done);
        }
    }

    async fn a_confirmation_that_fails_leaves_nothing(database) {
        let store = database.store().await;
        let event = grade(&store, "moodle", outcome("7", "item:1", 80, at(1))).await.remove(0);
        let version = candidate_of(&store, event.id).await.version;
        let told = tell(&store, "moodle").await;
        // One of its last statements finds its table gone.
        database.execute("ALTER TABLE events RENAME TO away").await;
        let results =
            [result(&told, vec![(outcome("7", "item:1", 90, at(2)), true), (outcome("9", "item:1", 90, at(2)), true)], done())];
        store.confirm(&results, at(10)).await.unwrap_err();
        database.execute("ALTER TABLE away RENAME TO events").await;
        assert_eq!(database.count("events").await, 1);
        assert_eq!(database.count("learners").await, 1);
        assert_eq!(database.count("persons").await, 1);
        assert_eq!(candidate_of(&store, event.id).await.version, version);
        assert_eq!(store.waiting_signals(&[told.signal]).await.unwrap().len(), 1);
        assert_eq!(store.confirm(&results, at(10)).await.unwrap()[0].events.len(), 2);
    }

    async fn odd_outcomes_harm_nobody(database) {
        let store = database.store().await;
        let mut odd = outcome(&format!("\0{}", "7".repeat(100_000)), &"i".repeat(100_000), 80, at(1));
        odd.course.id = "c".repeat(100_000);
        odd.learner.name = Some("Ada \0".to_owned());
        odd.learner.email = Some(format!("{}@example.test", "e".repeat(100_000)));
        odd.as_of = chrono::DateTime::<chrono::Utc>::MAX_UTC;
        let events = grade(&store, "moodle", odd.clone()).await;
        assert_eq!(events.len(), 1);
        let stored = store.events(&[events[0].id]).await.unwrap().remove(0);
        assert_eq!(stored.outcome.assessment.id, odd.assessment.id);
        assert_eq!(candidate_of(&store, events[0].id).await.outcomes[0].outcome.learner.id, odd.learner.id);
    }
}
