//! Places in status lists, and the bits.

use std::collections::BTreeSet;

use super::contract;
use super::fixtures::{at, awarded, id};

fn mirrored(seed: i64, counter: i64, size: i64) -> i64 {
    (size - 1 - counter + seed).rem_euclid(size)
}

contract! {
    async fn places_are_scattered_by_the_seed_of_their_list(database) {
        let store = database.store().await;
        let places = store.allocate_status("school", 3, 2, mirrored, at(1)).await.unwrap();
        let list = store.status_list(places[0].list).await.unwrap().unwrap();
        assert_eq!((list.issuer.as_str(), list.changed_at), ("school", at(1)));
        let expected: Vec<_> = (0..3).map(|counter| mirrored(2, counter, list.size)).collect();
        assert_eq!(places.iter().map(|place| place.index).collect::<Vec<_>>(), expected);
        // The list keeps its seed; another issuer has a list of its own.
        let next = store.allocate_status("school", 1, 99, mirrored, at(2)).await.unwrap()[0];
        assert_eq!((next.list, next.index), (places[0].list, mirrored(2, 3, list.size)));
        let other = store.allocate_status("museum", 1, 0, mirrored, at(2)).await.unwrap()[0];
        assert_ne!(other.list, next.list);
        assert!(store.allocate_status("school", 0, 0, mirrored, at(2)).await.unwrap().is_empty());
    }

    async fn no_place_is_given_twice(database) {
        let store = database.store().await;
        let mut tasks = Vec::new();
        for seed in 0..10 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                let mut places = Vec::new();
                for _ in 0..5 {
                    places.extend(store.allocate_status("school", 7, seed, mirrored, at(1)).await.unwrap());
                }
                places
            }));
        }
        let mut places = BTreeSet::new();
        for task in tasks {
            places.extend(task.await.unwrap().into_iter().map(|place| (place.list, place.index)));
        }
        assert_eq!(places.len(), 350);
        assert_eq!(database.count("status_lists").await, 1);
    }

    async fn a_full_list_is_followed_by_another(database) {
        let store = database.store().await;
        let first = store.allocate_status("school", 1, 1, mirrored, at(1)).await.unwrap()[0];
        database.execute("UPDATE status_lists SET used = size - 2").await;
        let mut tasks = Vec::new();
        for _ in 0..4 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                store.allocate_status("school", 5, 1, mirrored, at(2)).await.unwrap()
            }));
        }
        let mut places = Vec::new();
        for task in tasks {
            places.extend(task.await.unwrap().into_iter().map(|place| (place.list, place.index)));
        }
        assert_eq!(places.len(), 20);
        assert_eq!(places.iter().filter(|(list, _)| *list == first.list).count(), 2);
        assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), 20);
        assert_eq!(database.count("status_lists").await, 2);
    }

    async fn a_bit_moves_the_time_of_its_list_only_when_it_changes(database) {
        let store = database.store().await;
        let credential = awarded(&store, "7").await.awards[0].credential.clone();
        awarded(&store, "8").await;
        let list = async || store.status_list(credential.status.list).await.unwrap().unwrap();
        let made = list().await;
        assert!(made.revoked.is_empty() && made.suspended.is_empty());

        assert!(store.set_status(credential.id, false, true, at(50)).await.unwrap());
        assert!(store.set_status(credential.id, false, true, at(60)).await.unwrap());
        let suspended = list().await;
        assert_eq!(suspended.suspended, [credential.status.index]);
        assert!(suspended.revoked.is_empty());
        assert_eq!(suspended.changed_at, at(50));

        assert!(store.set_status(credential.id, true, false, at(70)).await.unwrap());
        // Revocation is final.
        assert!(store.set_status(credential.id, false, false, at(80)).await.unwrap());
        let revoked = list().await;
        assert_eq!(revoked.revoked, [credential.status.index]);
        assert!(revoked.suspended.is_empty());
        assert_eq!(revoked.changed_at, at(70));
        let stored = store.credential(credential.id).await.unwrap().unwrap();
        assert!(stored.revoked && !stored.suspended);
        // A process whose clock is behind.
        assert!(store.set_status(credential.id, true, true, at(69)).await.unwrap());
        assert!(list().await.changed_at > at(70), "it is signed anew all the same");
    }

    async fn what_does_not_exist_has_no_status(database) {
        let store = database.store().await;
        assert!(!store.set_status(id(), true, false, at(1)).await.unwrap());
        assert!(store.status_list(1).await.unwrap().is_none());
    }
}
