//! What a broker can do to us: die, freeze, raise an alarm.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::*;
use crate::support::broker::Broker;

/// How long publishing may take at most: its limit, and a second for a busy machine.
const PUBLISH_LIMIT: Duration = Duration::from_secs(6);
/// How long after the broker answers everything must run again.
const RECOVERY: Duration = Duration::from_secs(15);

async fn blocking(work: impl FnOnce(&Broker) + Send + 'static, broker: &Arc<Broker>) {
    let broker = Arc::clone(broker);
    tokio::task::spawn_blocking(move || work(&broker)).await.unwrap();
}

/// Publishes message after message until the end, each as often as the sweeper would; their ids.
async fn publish_until(queue: Queue, end: CancellationToken) -> BTreeSet<Uuid> {
    let mut published = BTreeSet::new();
    while !end.is_cancelled() {
        let messages = signals(1);
        published.insert(messages[0].id);
        loop {
            let since = Instant::now();
            let unknown = queue.publish(messages.clone(), None).await;
            assert!(since.elapsed() < PUBLISH_LIMIT, "publishing took {:?}", since.elapsed());
            if unknown.is_empty() {
                break;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }
    published
}

/// One broker for all, one after the other: starting one takes ten seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_dies_freezes_or_raises_an_alarm_loses_nothing() {
    let Some(broker) = tokio::task::spawn_blocking(Broker::start).await.unwrap() else { return };
    let broker = Arc::new(broker);
    let queue = Queue::connect(broker.url(), "faults").await.unwrap();
    alarm(&queue, &broker).await;
    freeze(&queue, &broker).await;
    death(&queue, &broker).await;
    queue.close().await;
}

async fn alarm(queue: &Queue, broker: &Arc<Broker>) {
    let (mut consumer, _) = consumer(queue, 5);
    publish(queue, signals(1), None).await;
    let held = one(&mut consumer).await;
    blocking(|broker| drop(broker.ctl(&["set_vm_memory_high_watermark", "absolute", "1"])), broker).await;
    let since = Instant::now();
    unknown(queue, signals(10), None).await;
    assert!(since.elapsed() < PUBLISH_LIMIT, "{:?}", since.elapsed());
    let since = Instant::now();
    unknown(queue, signals(10), None).await;
    assert!(since.elapsed() < Duration::from_secs(1), "a blocked connection is known: {:?}", since.elapsed());
    assert!(queue.ping().await.unwrap_err().to_string().contains("alarm"));
    // Consuming and acknowledging go on.
    held.ack();
    assert_eq!(queue.depth(Work::Signals).await, Ok(0));
    blocking(|broker| drop(broker.ctl(&["set_vm_memory_high_watermark", "absolute", "1GB"])), broker).await;
    eventually("it takes messages again", async || queue.publish(signals(1), None).await.is_empty()).await;
    // What was under way when the alarm came arrives too; a second copy is no harm.
    while let Ok(Some(batch)) = timeout(MOMENT * 2, consumer.next_batch(5, Duration::ZERO)).await {
        for delivery in batch {
            delivery.ack();
        }
    }
    assert_eq!(queue.depth(Work::Signals).await, Ok(0));
}

async fn freeze(queue: &Queue, broker: &Arc<Broker>) {
    blocking(Broker::freeze, broker).await;
    let since = Instant::now();
    unknown(queue, signals(10), None).await;
    assert!(since.elapsed() < PUBLISH_LIMIT, "{:?}", since.elapsed());
    sleep(MOMENT).await;
    let since = Instant::now();
    unknown(queue, signals(10), None).await;
    assert!(since.elapsed() < Duration::from_secs(1), "a lost connection is known: {:?}", since.elapsed());
    sleep(Duration::from_secs(12)).await;
    assert!(queue.ping().await.is_err());
    blocking(Broker::thaw, broker).await;
    let since = Instant::now();
    eventually("it takes messages again", async || queue.publish(signals(1), None).await.is_empty()).await;
    assert!(since.elapsed() < RECOVERY, "{:?}", since.elapsed());
}

async fn death(queue: &Queue, broker: &Arc<Broker>) {
    let taken = Arc::new(Mutex::new(BTreeSet::new()));
    let (mut consumer, stop) = consumer(queue, 32);
    let consuming = tokio::spawn({
        let taken = Arc::clone(&taken);
        async move {
            while let Some(batch) = consumer.next_batch(32, Duration::from_millis(5)).await {
                for delivery in batch {
                    taken.lock().unwrap().insert(delivery.id);
                    delivery.ack();
                }
            }
        }
    });
    let end = CancellationToken::new();
    let publishing = tokio::spawn(publish_until(queue.clone(), end.clone()));
    for _ in 0..2 {
        sleep(Duration::from_millis(500)).await;
        blocking(Broker::kill, broker).await;
        blocking(Broker::restart, broker).await;
        let before = taken.lock().unwrap().len();
        let since = Instant::now();
        eventually("messages flow again", async || taken.lock().unwrap().len() > before).await;
        assert!(since.elapsed() < RECOVERY, "recovered after {:?}", since.elapsed());
    }
    end.cancel();
    let published = timeout(PATIENCE, publishing).await.expect("publishing hangs").unwrap();
    assert!(published.len() > 100, "only {} were published", published.len());
    eventually("all came", async || published.is_subset(&taken.lock().unwrap())).await;
    stop.cancel();
    timeout(PATIENCE, consuming).await.expect("the consumer hangs").unwrap();
}
