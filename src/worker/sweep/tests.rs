use accolade_connectors::Signal;

use super::*;
use crate::ids;
use crate::store::{NewDelivery, Verdict};
use crate::worker::samples::Bench;

/// A sweeper with so many signals that wait since a minute, and a queue that knows nothing of them.
async fn with_waiting(number: i32) -> Sweeper {
    with_waiting_since(number, TimeDelta::minutes(1)).await
}

async fn with_waiting_since(number: i32, age: TimeDelta) -> Sweeper {
    let store = Store::connect("sqlite::memory:", 1).await.unwrap();
    store.migrate().await.unwrap();
    let clock = Clock::system();
    let received_at = clock.now() - age;
    let signal = |number: i32| Signal {
        key: number.to_string(),
        batch: "course:1".to_owned(),
        event: "graded".to_owned(),
        learner: number.to_string(),
        course: None,
        occurred_at: None,
        detail: serde_json::Value::Null,
        outcome: None,
    };
    let delivery = NewDelivery {
        id: ids::timed(received_at),
        source: "lms".to_owned(),
        received_at,
        user_agent: None,
        body: None,
        verdict: Verdict::Accepted {
            signals: (0..number).map(|number| (ids::timed(received_at), signal(number))).collect(),
            ignored: Vec::new(),
        },
    };
    store.record(&[delivery]).await.unwrap();
    Sweeper {
        store,
        queue: Arc::new(Queue::connect("embedded:", "test").await.unwrap()),
        clock,
        metrics: Arc::new(Metrics::new()),
        public_url: "http://localhost".into(),
        reminders: Vec::new(),
        domain: "localhost".into(),
        every: Duration::from_secs(1),
        starts_empty: false,
    }
}

#[tokio::test]
async fn one_round_fills_the_queue_with_what_was_lost_and_no_more() {
    let sweeper = with_waiting(1_700).await;
    sweeper.round(false, &mut Late::default()).await.unwrap();
    assert_eq!(sweeper.queue.depth(Work::Signals).await, Ok(DEEP));
    // The next round comes soon, and so on until nothing is left.
    assert!(
        sweeper.round(true, &mut Late::default()).await.unwrap(),
        "the queue takes no more, and there is more"
    );
    let mut consumer = sweeper.queue.consume(Work::Signals, 2_000, CancellationToken::new());
    for waited in [1_000, 700] {
        for delivery in consumer.next_batch(waited, Duration::from_secs(5)).await.unwrap() {
            delivery.ack();
        }
        assert!(!sweeper.round(true, &mut Late::default()).await.unwrap());
    }
}

#[tokio::test]
async fn a_queue_that_starts_empty_is_filled_at_once_and_again_as_it_is_worked_off() {
    // No message will come of rows that are so young: it died with the process before.
    let mut sweeper = with_waiting_since(2_500, TimeDelta::zero()).await;
    (sweeper.starts_empty, sweeper.every) = (true, Duration::from_hours(1));
    let (queue, stop) = (Arc::clone(&sweeper.queue), CancellationToken::new());
    let running = tokio::spawn(sweeper.run(stop.clone()));
    let mut consumer = queue.consume(Work::Signals, 3_000, CancellationToken::new());
    let mut taken = std::collections::BTreeSet::new();
    while taken.len() < 2_500 {
        let next = consumer.next_batch(500, Duration::ZERO);
        let batch = tokio::time::timeout(Duration::from_secs(30), next).await;
        for delivery in batch.unwrap_or_else(|_| panic!("no more come than {}", taken.len())).unwrap() {
            taken.insert(delivery.id);
            delivery.ack();
        }
    }
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn what_waits_behind_a_deep_queue_is_late_and_not_lost_however_slow_the_workers_are() {
    let mut sweeper = with_waiting(3_000).await;
    let now = sweeper.clock.now();
    let due = sweeper.store.due(Work::Signals, now, now, 3_000).await.unwrap();
    assert_eq!(due.len(), 3_000);
    let messages = due.iter().map(|due| Message::signal("http://localhost", due, now)).collect();
    assert!(sweeper.queue.publish(messages, None).await.is_empty());
    let mut consumer = sweeper.queue.consume(Work::Signals, 3_000, CancellationToken::new());
    let mut late = Late::default();
    // An hour, and half of what waits is worked off.
    for minute in 1..=60 {
        for delivery in consumer.next_batch(25, Duration::from_secs(5)).await.unwrap() {
            delivery.ack();
        }
        sweeper.clock = Clock::manual(now + TimeDelta::minutes(minute));
        assert!(!sweeper.round(false, &mut late).await.unwrap());
    }
    assert_eq!(sweeper.queue.depth(Work::Signals).await, Ok(1_500), "none was published again");
}

#[tokio::test]
async fn what_workers_still_have_in_hand_of_a_deep_queue_is_late_unless_the_broker_was_away() {
    for away in [false, true] {
        let mut sweeper = with_waiting(1_100).await;
        let now = sweeper.clock.now();
        let mut late = Late::default();
        if away {
            let queue = std::mem::replace(&mut sweeper.queue, closed().await);
            assert!(!sweeper.round(false, &mut late).await.unwrap());
            sweeper.queue = queue;
        }
        let due = sweeper.store.due(Work::Signals, now, now, 1_100).await.unwrap();
        let messages = due.iter().map(|due| Message::signal("http://localhost", due, now)).collect();
        assert!(sweeper.queue.publish(messages, None).await.is_empty());
        sweeper.round(false, &mut late).await.unwrap();
        // All are taken, and none is answered.
        let mut consumer = sweeper.queue.consume(Work::Signals, 3_000, CancellationToken::new());
        let in_hand = consumer.next_batch(1_100, Duration::from_secs(5)).await.unwrap();
        sweeper.clock = Clock::manual(now + TimeDelta::seconds(50));
        sweeper.round(false, &mut late).await.unwrap();
        assert_eq!(sweeper.queue.depth(Work::Signals).await, Ok(if away { DEEP } else { 0 }));
        // Whoever does not answer for so long has lost them.
        sweeper.clock = Clock::manual(now + TimeDelta::seconds(70));
        sweeper.round(false, &mut late).await.unwrap();
        assert_eq!(sweeper.queue.depth(Work::Signals).await, Ok(DEEP));
        drop(in_hand);
    }
}

async fn closed() -> Arc<Queue> {
    let queue = Queue::connect("embedded:", "test").await.unwrap();
    queue.close().await;
    Arc::new(queue)
}

#[tokio::test]
async fn while_the_queue_takes_nothing_no_row_is_touched() {
    let bench = Bench::new().await;
    bench.tell("ada").await;
    bench.store.forget_messages(bench.clock.now(), 9).await.unwrap();
    bench.queue.close().await;
    let touch = "CREATE TRIGGER touch BEFORE UPDATE ON signals BEGIN SELECT RAISE(ABORT, 'touched'); END";
    bench.execute(touch).await;
    sweeper(&bench).round(false, &mut Late::default()).await.unwrap();
}

#[tokio::test]
async fn what_the_queue_does_not_take_is_due_again_at_once_and_not_tried_in_the_same_round() {
    let bench = Bench::new().await;
    let (_, signal) = bench.tell("ada").await;
    let now = bench.clock.now();
    bench.store.forget_messages(now, 9).await.unwrap();
    let due = bench.store.due(Work::Signals, now, now + AGAIN, GROUP).await.unwrap();
    assert!(bench.due(Work::Signals).await.is_empty());
    bench.queue.close().await;
    // As if there were more.
    let full = due.into_iter().cycle().take(GROUP as usize).collect();
    assert!(!sweeper(&bench).publish(Work::Signals, full).await.unwrap());
    assert_eq!(bench.due(Work::Signals).await, [signal]);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_keeps_no_other_from_being_published() {
    let bench = Bench::new().await;
    for learner in ["ada", "bob", "eve"] {
        bench.event(learner).await;
    }
    bench.execute("UPDATE events SET content = '{}' WHERE rowid = 2").await;
    bench.store.forget_messages(bench.clock.now(), 9).await.unwrap();
    sweeper(&bench).round(false, &mut Late::default()).await.unwrap();
    assert_eq!(bench.queue.depth(Work::Assessments).await, Ok(2));
    assert_eq!(
        bench.texts("SELECT state FROM events ORDER BY rowid").await,
        ["waiting", "parked", "waiting"]
    );
}

#[tokio::test]
async fn what_cannot_be_done_keeps_nothing_else_from_being_published() {
    let bench = Bench::new().await;
    bench.tell("ada").await;
    bench.event("bob").await;
    bench.store.forget_messages(bench.clock.now(), 9).await.unwrap();
    for table in ["losses", "early_ends", "guard_holds", "credentials"] {
        bench.execute(&format!("ALTER TABLE {table} RENAME TO no_{table}")).await;
    }
    sweeper(&bench).round(false, &mut Late::default()).await.unwrap();
    assert_eq!(bench.queue.depth(Work::Signals).await, Ok(1));
    assert_eq!(bench.queue.depth(Work::Assessments).await, Ok(1));
    bench.store.forget_messages(bench.clock.now(), 9).await.unwrap();
    bench.execute("ALTER TABLE signals RENAME TO no_signals").await;
    sweeper(&bench).round(false, &mut Late::default()).await.unwrap();
    assert_eq!(bench.queue.depth(Work::Assessments).await, Ok(2));
}

#[tokio::test]
async fn while_the_database_is_away_a_round_ends_at_once() {
    let bench = Bench::new().await;
    bench.store.close().await;
    let swept = sweeper(&bench).round(false, &mut Late::default()).await;
    assert!(matches!(swept, Err(StoreError::Unavailable(_))), "{swept:?}");
}

fn sweeper(bench: &Bench) -> Sweeper {
    Sweeper {
        store: bench.store.clone(),
        queue: Arc::clone(&bench.queue),
        clock: bench.clock.clone(),
        metrics: Arc::new(Metrics::new()),
        public_url: "http://localhost".into(),
        reminders: Vec::new(),
        domain: "localhost".into(),
        every: Duration::from_secs(1),
        starts_empty: false,
    }
}
