//! Webhooks that are stored together, and beside each other.

use std::sync::Arc;
use std::time::Duration;

use accolade::clock::Clock;
use accolade::ingest::Committer;
use accolade::queue::Queue;
use accolade::store::DeliveryState;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::store::fixtures::{delivery, record};
use crate::support::database::TestDatabase;

/// Connections that wait for another one's transaction, within the table of signals.
const WAITERS: &str = "pg_stat_activity WHERE wait_event_type = 'Lock' AND pid IN \
    (SELECT pid FROM pg_locks WHERE relation = 'signals'::regclass)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_the_database_keeps_waiting_does_not_keep_the_next_one() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let store = database.store().await;
    record(&store, &delivery(&["told before"])).await;
    let queue = Arc::new(Queue::connect("embedded:", "test").await.unwrap());
    let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
    let url = "http://localhost";
    let committer = Committer::start(&store, &queue, &Clock::system(), url, &mut tasks, &stop);

    // Whether its key is free is not known before this transaction ends.
    let held = database.hold("DELETE FROM signals").await;
    let first = tokio::spawn({
        let committer = committer.clone();
        async move { committer.commit(delivery(&["told before"])).await }
    });
    let waits = async {
        while database.count(WAITERS).await == 0 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(10), waits).await.expect("the first group waits");
    let second = timeout(Duration::from_secs(3), committer.commit(delivery(&["new"]))).await;
    assert_eq!(second.expect("it does not wait for the first").unwrap().state, DeliveryState::Waiting);
    assert!(!first.is_finished());
    held.commit().await;
    assert_eq!(first.await.unwrap().unwrap().state, DeliveryState::Waiting);
}
