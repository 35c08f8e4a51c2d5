//! Opening, migrating, verifying.

use std::sync::Arc;
use std::time::Duration;

use accolade::store::{Store, StoreError};
use tokio::sync::Barrier;
use tokio::time::{Instant, sleep, timeout};

use super::contract;
use crate::support::database::TestDatabase;
use crate::support::proxy::{Network, Proxy};

contract! {
    async fn migrations_run_at_the_same_time_and_again(database) {
        let start = Arc::new(Barrier::new(6));
        let mut tasks = Vec::new();
        for _ in 0..6 {
            let (url, start) = (database.url().to_owned(), start.clone());
            tasks.push(tokio::spawn(async move {
                let store = Store::connect(&url, 2).await.unwrap();
                start.wait().await;
                store.migrate().await.unwrap();
                store.verify().await.unwrap();
                store.close().await;
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        database.store().await.ping().await.unwrap();
    }

    async fn a_newer_version_may_have_been_here(database) {
        database.store().await;
        let insert = "INSERT INTO _sqlx_migrations \
            (version, description, success, checksum, execution_time) VALUES (9999, 'next', true, '', 0)";
        // SQLite takes any text for a blob here; PostgreSQL reads '' as an empty one.
        database.execute(insert).await;
        database.store().await.ping().await.unwrap();
    }

    /// The price of statements that the compiler does not see.
    async fn every_statement_prepares(database) {
        let store = database.store().await;
        assert!(store.verify().await.unwrap() >= 40);
        database.execute("ALTER TABLE mails RENAME COLUMN message_id TO gone").await;
        // A process that starts now.
        let error = database.connect().await.verify().await.unwrap_err();
        assert!(matches!(&error, StoreError::Refused(_)), "{error}");
        assert!(error.to_string().contains("message_id"), "{error}");
    }

    async fn a_store_shows_no_url(database) {
        let store = database.store().await;
        assert_eq!(format!("{store:?}"), format!("Store({:?})", store.kind()));
    }

    async fn a_closed_store_is_not_available(database) {
        let store = database.store().await;
        store.close().await;
        assert!(matches!(store.ping().await.unwrap_err(), StoreError::Unavailable(_)));
    }
}

#[tokio::test]
async fn a_database_in_memory_keeps_what_it_was_told() {
    let store = Store::connect("sqlite::memory:", 4).await.unwrap();
    store.migrate().await.unwrap();
    let recorded = super::fixtures::record(&store, &super::fixtures::delivery(&["a"])).await;
    assert!(store.delivery(recorded.id).await.unwrap().is_some());
    store.verify().await.unwrap();
}

#[tokio::test]
async fn no_error_shows_a_password() {
    for url in [
        "postgres://accolade:geheim@127.0.0.1:1/accolade",
        "postgres://accolade:geheim@127.0.0.1:port/accolade",
        "mysql://accolade:geheim@127.0.0.1/accolade",
        "geheim",
    ] {
        let error = Store::connect(url, 1).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("geheim"), "{error:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_reached_is_not_available() {
    for url in ["postgres://accolade@127.0.0.1:1/accolade", "sqlite:///dev/null/at/all/accolade.db"] {
        let error = Store::connect(url, 1).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_never_answers_is_not_available() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://accolade:geheim@{}/accolade", listener.local_addr().unwrap());
    let error = Store::connect(&url, 1).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

/// Sync (PostgreSQL 15, 55.7): all that the pool says when a connection comes back, to hear whether the
/// server is there.
const SYNC: &[u8] = b"S\0\0\0\x04";

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_while_a_connection_comes_back_keeps_neither_its_place_nor_a_stop_waiting() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let (proxy, url) = Proxy::before(database.url(), 5432).await;
    let hung = async || {
        let store = Store::connect(&url, 1).await.unwrap();
        proxy.set(Network::HangAt(SYNC));
        store.ping().await.unwrap();
        // It has said it, or says it when nothing is heard any more.
        sleep(Duration::from_millis(100)).await;
        store
    };
    let (working, stopping) = (hung().await, hung().await);
    timeout(Duration::from_secs(10), stopping.close()).await.expect("it stops");
    proxy.restore();
    let since = Instant::now();
    while let Err(error) = working.ping().await {
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        assert!(since.elapsed() < Duration::from_secs(40), "its only place is never free again");
    }
}
