//! The embedded queue.

use super::contract::contract;
use super::*;

async fn open() -> Option<Bench> {
    Some(Bench { queue: Queue::connect("embedded:", "ignored").await.unwrap(), exchange: None })
}

contract!(open);

#[tokio::test]
async fn what_does_not_fit_is_not_counted() {
    let queue = open().await.unwrap();
    assert_eq!(queue.publish(signals(9_000), None).await, 8_192);
    assert_eq!(queue.depth(Work::Signals).await, Ok(8_192));
    assert_eq!(queue.publish(signals(9_000), Some(PATIENCE)).await, 8_192);
    assert_eq!(queue.kind(), "embedded");
}

#[tokio::test]
async fn a_closed_queue_takes_and_gives_nothing() {
    let queue = open().await.unwrap();
    publish(&queue, signals(1), None).await;
    let (mut consumer, _) = consumer(&queue, 1);
    queue.queue.close().await;
    assert!(consumer.next_batch(1, Duration::ZERO).await.is_none());
    unknown(&queue, signals(1), None).await;
    unknown(&queue, signals(1), Some(Duration::ZERO)).await;
    assert!(queue.ping().await.is_err());
}
