//! What both back ends promise. Each function is one test of each back end, on an empty queue.

use super::*;

/// Makes a test of every promise. `$open` gives a queue, or nothing to skip the test.
macro_rules! contract {
    ($open:path: $($promise:ident)*) => {
        $(
            #[tokio::test]
            async fn $promise() {
                let Some(queue) = $open().await else { return };
                $crate::queue::contract::$promise(&queue).await;
                queue.close().await;
            }
        )*
    };
    ($open:path) => {
        $crate::queue::contract::contract!($open:
            what_is_published_comes_and_is_gone_when_acknowledged
            every_kind_of_work_has_its_own_queue
            a_message_dropped_without_an_answer_comes_again
            an_answer_after_the_stop_counts
            a_message_put_off_comes_back_later
            a_delayed_message_comes_later
            a_batch_takes_what_waits_up_to_its_maximum
            a_batch_lingers_for_more
            no_more_than_the_prefetch_is_unanswered
            two_consumers_share_the_work
            a_stopped_consumer_gives_nothing_more
            a_stop_while_lingering_gives_the_batch_back
            depth_counts_what_waits
            a_pause_gives_back_what_was_not_given_out
            an_abandoned_wait_loses_nothing
        );
    };
}
pub(super) use contract;

pub(super) async fn what_is_published_comes_and_is_gone_when_acknowledged(queue: &Queue) {
    let messages = signals(100);
    publish(queue, messages.clone(), None).await;
    let (mut consumer, _) = consumer(queue, 10);
    assert_eq!(drain(&mut consumer, 100).await, ids(&messages));
    nothing(&mut consumer).await;
    eventually("the queue is empty", async || queue.depth(Work::Signals).await == Ok(0)).await;
    queue.ping().await.unwrap();
}

pub(super) async fn every_kind_of_work_has_its_own_queue(queue: &Queue) {
    let id = Uuid::new_v4();
    let mail = Message::mail("https://badges.example.edu", id, Uuid::new_v4(), DateTime::UNIX_EPOCH);
    publish(queue, vec![mail], None).await;
    let (mut signals, _) = consumer(queue, 1);
    nothing(&mut signals).await;
    let mut mails = queue.consume(Work::Mails, 1, CancellationToken::new());
    let delivery = one(&mut mails).await;
    assert_eq!(delivery.id, id);
    delivery.ack();
}

pub(super) async fn a_message_dropped_without_an_answer_comes_again(queue: &Queue) {
    let messages = signals(1);
    publish(queue, messages.clone(), None).await;
    let (mut consumer, _) = consumer(queue, 1);
    for round in 0..3 {
        let delivery = one(&mut consumer).await;
        // A queue in the process has no other process to which it gave a message.
        assert_eq!(delivery.again, round > 0 && queue.kind() == "rabbitmq");
    }
    assert_eq!(drain(&mut consumer, 1).await, ids(&messages));
    nothing(&mut consumer).await;
}

pub(super) async fn an_answer_after_the_stop_counts(queue: &Queue) {
    publish(queue, signals(3), None).await;
    let (mut first, stop) = consumer(queue, 3);
    let delivery = one(&mut first).await;
    stop.cancel();
    assert!(first.next_batch(1, Duration::ZERO).await.is_none());
    drop(first);
    delivery.ack();
    let (mut second, _) = consumer(queue, 3);
    assert_eq!(drain(&mut second, 2).await.len(), 2);
    nothing(&mut second).await;
}

pub(super) async fn a_message_put_off_comes_back_later(queue: &Queue) {
    let messages = signals(1);
    publish(queue, messages.clone(), None).await;
    let (mut consumer, _) = consumer(queue, 1);
    let since = Instant::now();
    one(&mut consumer).await.retry(Duration::from_secs(1)).await;
    nothing(&mut consumer).await;
    assert_eq!(drain(&mut consumer, 1).await, ids(&messages));
    assert!(since.elapsed() >= Duration::from_secs(1));
    nothing(&mut consumer).await;
}

pub(super) async fn a_delayed_message_comes_later(queue: &Queue) {
    let messages = signals(2);
    let since = Instant::now();
    publish(queue, messages.clone(), Some(Duration::from_secs(1))).await;
    let (mut consumer, _) = consumer(queue, 2);
    assert_eq!(drain(&mut consumer, 2).await, ids(&messages));
    assert!(since.elapsed() >= Duration::from_secs(1));
}

pub(super) async fn a_batch_takes_what_waits_up_to_its_maximum(queue: &Queue) {
    publish(queue, signals(10), None).await;
    let (mut consumer, _) = consumer(queue, 20);
    let first = batch(&mut consumer, 8, Duration::from_secs(2)).await;
    assert_eq!(first.len(), 8);
    let second = batch(&mut consumer, 8, Duration::from_secs(1)).await;
    assert_eq!(second.len(), 2);
}

pub(super) async fn a_batch_lingers_for_more(queue: &Queue) {
    publish(queue, signals(1), None).await;
    let (mut consumer, _) = consumer(queue, 8);
    let later = async {
        sleep(Duration::from_millis(300)).await;
        publish(queue, signals(1), None).await;
    };
    let (batch, ()) = tokio::join!(batch(&mut consumer, 8, Duration::from_secs(3)), later);
    assert_eq!(batch.len(), 2);
}

pub(super) async fn no_more_than_the_prefetch_is_unanswered(queue: &Queue) {
    publish(queue, signals(5), None).await;
    let (mut consumer, _) = consumer(queue, 3);
    let mut held = batch(&mut consumer, 5, Duration::from_secs(1)).await;
    assert_eq!(held.len(), 3);
    nothing(&mut consumer).await;
    held.remove(0).ack();
    one(&mut consumer).await.ack();
}

pub(super) async fn two_consumers_share_the_work(queue: &Queue) {
    let messages = signals(40);
    publish(queue, messages.clone(), None).await;
    let ((mut left, _), (mut right, _)) = (consumer(queue, 1), consumer(queue, 1));
    let (first, second) = tokio::join!(one(&mut left), one(&mut right));
    let mut taken = vec![first.id, second.id];
    first.ack();
    second.ack();
    while taken.len() < 40 {
        let delivery = tokio::select! {
            delivery = one(&mut left) => delivery,
            delivery = one(&mut right) => delivery,
        };
        taken.push(delivery.id);
        delivery.ack();
    }
    taken.sort();
    assert_eq!(taken, ids(&messages));
}

pub(super) async fn a_stopped_consumer_gives_nothing_more(queue: &Queue) {
    let messages = signals(5);
    publish(queue, messages.clone(), None).await;
    let (mut consumer, stop) = consumer(queue, 5);
    one(&mut consumer).await.ack();
    stop.cancel();
    for _ in 0..2 {
        assert!(consumer.next_batch(5, Duration::from_secs(1)).await.is_none());
    }
    // While it still exists, others get what it had not given out.
    let (mut other, _) = super::consumer(queue, 5);
    assert_eq!(drain(&mut other, 4).await.len(), 4);
    let (mut waiting, stop) = super::consumer(queue, 5);
    let wait = tokio::spawn(async move { waiting.next_batch(1, Duration::ZERO).await.is_none() });
    sleep(MOMENT).await;
    stop.cancel();
    assert!(timeout(PATIENCE, wait).await.expect("a stop wakes a waiting consumer").unwrap());
}

pub(super) async fn a_stop_while_lingering_gives_the_batch_back(queue: &Queue) {
    let messages = signals(2);
    publish(queue, messages.clone(), None).await;
    let (mut consumer, stop) = consumer(queue, 5);
    let since = Instant::now();
    let stopping = async {
        sleep(Duration::from_secs(1)).await;
        stop.cancel();
    };
    let (batch, ()) = tokio::join!(consumer.next_batch(5, PATIENCE), stopping);
    assert!(batch.is_none());
    assert!(since.elapsed() < PATIENCE / 2);
    let (mut other, _) = super::consumer(queue, 5);
    assert_eq!(drain(&mut other, 2).await, ids(&messages));
}

pub(super) async fn depth_counts_what_waits(queue: &Queue) {
    publish(queue, signals(3), None).await;
    eventually("three wait", async || queue.depth(Work::Signals).await == Ok(3)).await;
    assert_eq!(queue.depth(Work::Mails).await, Ok(0));
    publish(queue, signals(1), Some(Duration::from_mins(1))).await;
    sleep(MOMENT).await;
    assert_eq!(queue.depth(Work::Signals).await, Ok(3), "a delayed message does not count");
}

pub(super) async fn a_pause_gives_back_what_was_not_given_out(queue: &Queue) {
    // So few that each is a message of its own.
    let messages = signals(3);
    publish(queue, messages.clone(), None).await;
    let (mut paused, _) = consumer(queue, 5);
    let held = one(&mut paused).await;
    paused.pause().await;
    let (mut other, stop) = consumer(queue, 5);
    let mut taken = drain(&mut other, 2).await;
    nothing(&mut other).await;
    stop.cancel();
    assert!(other.next_batch(1, Duration::ZERO).await.is_none());
    // It goes on by itself, and what it held can still be answered.
    taken.push(held.id);
    held.ack();
    publish(queue, signals(1), None).await;
    one(&mut paused).await.ack();
    nothing(&mut paused).await;
    taken.sort();
    assert_eq!(taken, ids(&messages));
}

pub(super) async fn an_abandoned_wait_loses_nothing(queue: &Queue) {
    let messages = signals(200);
    let (mut consumer, _) = consumer(queue, 10);
    let publishing = async {
        for message in messages.clone() {
            publish(queue, vec![message], None).await;
        }
    };
    let taking = async {
        let mut taken = std::collections::BTreeSet::new();
        while taken.len() < messages.len() {
            // Mostly cut off in the middle of its linger; the batch goes back.
            let wait = consumer.next_batch(50, Duration::from_millis(6));
            if let Ok(Some(batch)) = timeout(Duration::from_millis(5), wait).await {
                for delivery in batch {
                    taken.insert(delivery.id);
                    delivery.ack();
                }
            }
            if let Ok(Some(batch)) =
                timeout(Duration::from_millis(5), consumer.next_batch(5, Duration::ZERO)).await
            {
                for delivery in batch {
                    taken.insert(delivery.id);
                    delivery.ack();
                }
            }
        }
        taken
    };
    let (taken, ()) =
        timeout(PATIENCE, async { tokio::join!(taking, publishing) }).await.expect("some are lost");
    assert_eq!(taken.into_iter().collect::<Vec<_>>(), ids(&messages));
}
