//! Notes of work that may end the process.

use uuid::Uuid;

use super::contract;
use super::fixtures::at;

contract! {
    async fn noted_work_is_known_until_it_is_forgotten(database) {
        let store = database.store().await;
        let rows: Vec<Uuid> = (1..=70).map(Uuid::from_u128).collect();
        assert!(store.note_trials(&[], at(0)).await.unwrap().is_empty());
        assert!(store.note_trials(&rows, at(0)).await.unwrap().is_empty());
        // Twice in one question is one row.
        let new = Uuid::from_u128(99);
        assert_eq!(store.note_trials(&[rows[1], new, rows[0], new], at(1)).await.unwrap(), rows[..2]);
        assert_eq!(store.begin_trial(rows[0], at(2)).await.unwrap(), 1);
        assert_eq!(store.begin_trial(rows[0], at(3)).await.unwrap(), 2);
        assert_eq!(store.begin_trial(Uuid::from_u128(100), at(3)).await.unwrap(), 1);
        assert_eq!(store.note_trials(&rows[..2], at(4)).await.unwrap(), [rows[1], rows[0]]);
        store.forget_trials(&rows[..1]).await.unwrap();
        assert_eq!(store.note_trials(&rows[..2], at(5)).await.unwrap(), rows[1..2]);
        assert_eq!(store.begin_trial(rows[0], at(6)).await.unwrap(), 1);
        // None of them is a row that waits.
        assert!(store.trials().await.unwrap().is_empty());
        assert_eq!(database.count("trials").await, 0);
    }
}
