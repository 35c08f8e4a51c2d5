use uuid::Uuid;

use super::{Pool, Store, StoreError, missing};
use crate::clock::Clock;

#[tokio::test]
async fn after_a_full_disk_a_sqlite_database_is_written_to_again() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("full.db").display());
    let store = Store::connect(&url, 1).await.unwrap();
    store.migrate().await.unwrap();
    let Pool::Sqlite { write, .. } = &store.pool else { panic!("{}", store.kind()) };
    let now = Clock::system().now();
    // No page more than it has.
    sqlx::raw_sql("PRAGMA max_page_count = 1").execute(write).await.unwrap();
    let mut written = 0;
    let full = loop {
        match store.begin_trial(Uuid::new_v4(), now).await {
            Ok(_) if written < 100_000 => written += 1,
            ended => break ended,
        }
    };
    assert!(matches!(full, Err(StoreError::Unavailable(_))), "{full:?}");
    sqlx::raw_sql("PRAGMA max_page_count = 1000000").execute(write).await.unwrap();
    store.begin_trial(Uuid::new_v4(), now).await.unwrap();
}

#[test]
fn what_the_tables_lack_is_told_and_a_newer_version_is_no_lack() {
    assert_eq!(missing(&[1, 2], &[1, 2]), None);
    assert_eq!(missing(&[1, 2], &[1, 2, 3]), None);
    assert!(missing(&[1, 2], &[]).unwrap().contains("no tables yet"));
    let older = missing(&[1, 2], &[1]).unwrap();
    assert!(older.contains("older version (1 of 2)") && older.contains("`accolade serve`"), "{older}");
    assert!(missing(&[1, 2], &[1, 3]).is_some(), "one of ours is not there");
}
