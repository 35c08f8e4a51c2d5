//! Recording.

use std::sync::Arc;

use accolade::store::{DeliveryState, Verdict};
use tokio::sync::Barrier;

use super::contract;
use super::fixtures::{at, delivery, delivery_from, id, record, signal};

contract! {
    async fn record_is_idempotent(database) {
        let store = database.store().await;
        let delivery = delivery(&["a", "b"]);
        let first = record(&store, &delivery).await;
        assert_eq!(first.state, DeliveryState::Waiting);
        assert_eq!(first.new_signals.len(), 2);
        assert_eq!(record(&store, &delivery).await, first);
        assert_eq!(database.count("deliveries").await, 1);
        assert_eq!(database.count("signals").await, 2);
    }

    async fn a_signal_told_again_is_a_duplicate(database) {
        let store = database.store().await;
        let first = record(&store, &delivery(&["a"])).await;
        let again = record(&store, &delivery(&["a"])).await;
        assert_eq!(again.state, DeliveryState::Duplicate);
        assert!(again.new_signals.is_empty());
        let trail = store.delivery(again.id).await.unwrap().unwrap();
        assert_eq!(trail.state, DeliveryState::Duplicate);
        assert_eq!(trail.first, Some(first.id));
        assert!(trail.signals.is_empty());
        assert!(trail.reason.contains(&first.id.to_string()), "{}", trail.reason);
        // Another source has its own names.
        let other = record(&store, &delivery_from("canvas", &["a"])).await;
        assert_eq!(other.state, DeliveryState::Waiting);
    }

    async fn a_batch_is_answered_in_its_order(database) {
        let store = database.store().await;
        let mut refused = delivery(&[]);
        refused.verdict = Verdict::Refused { status: 401, reason: "bad signature".to_owned() };
        let mut ignored = delivery(&[]);
        ignored.verdict = Verdict::Accepted { signals: Vec::new(), ignored: vec!["a login".to_owned()] };
        let batch = [delivery(&["z", "a"]), refused, delivery(&["a"]), ignored, delivery(&["b", "z"])];
        let recorded = store.record(&batch).await.unwrap();
        let ids: Vec<_> = recorded.iter().map(|one| one.id).collect();
        assert_eq!(ids, batch.iter().map(|one| one.id).collect::<Vec<_>>());
        let states: Vec<_> = recorded.iter().map(|one| one.state).collect();
        use DeliveryState::{Duplicate, Ignored, Refused, Waiting};
        assert_eq!(states, [Waiting, Refused, Duplicate, Ignored, Waiting]);
        let Verdict::Accepted { signals, .. } = &batch[0].verdict else { unreachable!() };
        assert_eq!(recorded[0].new_signals, [signals[0].0, signals[1].0]);
        let Verdict::Accepted { signals, .. } = &batch[4].verdict else { unreachable!() };
        assert_eq!(recorded[4].new_signals, [signals[0].0]);

        let trail = store.delivery(batch[1].id).await.unwrap().unwrap();
        assert_eq!((trail.state, trail.status), (Refused, Some(401)));
        assert_eq!(trail.reason, "bad signature");
        assert_eq!(store.delivery(batch[3].id).await.unwrap().unwrap().reason, "a login");
        assert_eq!(store.delivery(batch[2].id).await.unwrap().unwrap().first, Some(batch[0].id));
        let partly = store.delivery(batch[4].id).await.unwrap().unwrap();
        assert_eq!((partly.state, partly.first), (Waiting, Some(batch[0].id)));
        assert_eq!(partly.signals.len(), 1);
    }

    async fn the_same_signal_twice_in_one_delivery_is_one(database) {
        let store = database.store().await;
        let recorded = record(&store, &delivery(&["a", "a"])).await;
        assert_eq!(recorded.state, DeliveryState::Waiting);
        assert_eq!(recorded.new_signals.len(), 1);
        assert_eq!(store.delivery(recorded.id).await.unwrap().unwrap().first, None);
    }

    async fn of_a_signal_recorded_at_the_same_time_one_is_new(database) {
        let store = database.store().await;
        let start = Arc::new(Barrier::new(6));
        let mut tasks = Vec::new();
        for number in 0..6 {
            let (store, start) = (store.clone(), start.clone());
            // In different orders: these must not wait for each other in a circle.
            let mut keys: Vec<String> = (0..900).map(|key| format!("key {key}")).collect();
            keys.rotate_left(number * 150);
            if number % 2 == 1 {
                keys.reverse();
            }
            tasks.push(tokio::spawn(async move {
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                let batch = [delivery(&keys[..400]), delivery(&keys[400..])];
                start.wait().await;
                store.record(&batch).await.unwrap()
            }));
        }
        let mut new = 0;
        for task in tasks {
            new += task.await.unwrap().iter().map(|one| one.new_signals.len()).sum::<usize>();
        }
        assert_eq!(new, 900);
        assert_eq!(database.count("signals").await, 900);
        assert_eq!(database.count("deliveries").await, 12);
    }

    async fn a_failed_group_leaves_nothing(database) {
        let store = database.store().await;
        let (one, mut two) = (delivery(&["a"]), delivery(&["b"]));
        let (Verdict::Accepted { signals: taken, .. }, Verdict::Accepted { signals, .. }) =
            (&one.verdict, &mut two.verdict)
        else {
            unreachable!()
        };
        // An id that exists: the database refuses the second row.
        signals[0].0 = taken[0].0;
        store.record(&[one, two]).await.unwrap_err();
        assert_eq!(database.count("deliveries").await, 0);
        assert_eq!(database.count("signals").await, 0);
        // And the connection is good for more.
        record(&store, &delivery(&["c"])).await;
    }

    async fn odd_texts_harm_nobody(database) {
        let store = database.store().await;
        let long = "k".repeat(1_000_000);
        let mut odd = delivery(&["nul \0 key", &long, &format!("{long}2")]);
        odd.user_agent = Some("agent \0".to_owned());
        odd.body = Some(vec![0, 159, 146, 150]);
        if let Verdict::Accepted { signals, ignored } = &mut odd.verdict {
            signals[0].1.detail = serde_json::json!({ "nul": "\0", "'; DROP TABLE signals; --": "💥" });
            signals[0].1.batch = format!("\0{long}");
            ignored.push("\0".to_owned());
        }
        let recorded = store.record(&[odd.clone(), delivery(&["neighbour"])]).await.unwrap();
        assert_eq!(recorded[0].new_signals.len(), 3);
        assert_eq!(recorded[1].new_signals.len(), 1);
        let Verdict::Accepted { signals, .. } = &odd.verdict else { unreachable!() };
        let stored = store.waiting_signals(&[signals[0].0]).await.unwrap().remove(0);
        assert_eq!(stored.signal, signals[0].1);
        let siblings = store.waiting_siblings("moodle", &signals[0].1.batch, 10).await.unwrap();
        assert_eq!(siblings.len(), 1);
        assert_eq!(store.delivery(odd.id).await.unwrap().unwrap().body, odd.body);
        // Told again they are known.
        let again = delivery(&["nul \0 key", &long]);
        assert_eq!(record(&store, &again).await.state, DeliveryState::Duplicate);
    }

    async fn nothing_to_record_is_no_error(database) {
        let store = database.store().await;
        assert_eq!(store.record(&[]).await.unwrap(), []);
        assert!(store.waiting_signals(&[]).await.unwrap().is_empty());
        assert!(store.waiting_signals(&[id()]).await.unwrap().is_empty());
        assert!(store.delivery(id()).await.unwrap().is_none());
    }

    async fn a_signal_comes_back_as_it_was_told(database) {
        let store = database.store().await;
        let recorded = record(&store, &delivery(&["a"])).await;
        let stored = store.waiting_signals(&recorded.new_signals).await.unwrap();
        assert_eq!(stored.len(), 1);
        assert_eq!(stored[0].signal, signal("a"));
        assert_eq!((stored[0].delivery, stored[0].source.as_str()), (recorded.id, "moodle"));
        assert_eq!((stored[0].attempts, stored[0].created_at), (0, at(0)));
    }
}
