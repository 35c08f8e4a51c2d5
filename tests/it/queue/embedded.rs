//! The embedded queue.

use super::contract::contract;
use super::*;

async fn open() -> Option<Bench> {
    Some(Bench { queue: Queue::connect("embedded:", "ignored").await.unwrap(), exchange: None })
}

contract!(open);

#[tokio::test]
async fn what_does_not_fit_is_named() {
    let queue = open().await.unwrap();
    let messages = signals(9_000);
    let rows: Vec<_> = messages.iter().map(|message| message.id).collect();
    assert_eq!(queue.publish(messages.clone(), None).await, rows[8_192..]);
    assert_eq!(queue.depth(Work::Signals).await, Ok(8_192));
    assert_eq!(queue.publish(messages, Some(PATIENCE)).await, rows[8_192..]);
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
