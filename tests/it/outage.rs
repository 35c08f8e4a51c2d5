//! The database or the broker away, under a whole installation.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use accolade::app::Role;
use accolade::config::Settings;
use accolade::queue::{Message, Queue};
use accolade::store::{DeliveryState, Due, NewEvent, Work};
use lapin::options::BasicGetOptions;
use lapin::types::AMQPValue;
use lapin::{Connection, ConnectionProperties};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::store::fixtures::{at, outcome};
use crate::support::app::{Process, Site, Way, credentials};
use crate::support::broker::{Broker, amqp_url};
use crate::support::proxy::Proxy;

/// How long the database is away: several tries, each of which used to cost a delivery.
const OUTAGE: Duration = Duration::from_secs(11);
/// How long after the end of a fault work must be done; the sweeper's grace is twice as long.
const RECOVERY: Duration = Duration::from_secs(15);

/// Posts a pass of a learner; the status.
async fn pass(process: &Process, learner: &str) -> u16 {
    process.pass(learner).await.0
}

/// A message of each kind of work, about rows that nobody knows: what becomes of them shows in
/// their queues alone.
fn messages() -> Vec<Message> {
    let (url, at) = ("https://badges.example.edu", at(0));
    let due = Due { id: Uuid::new_v4(), delivery: Uuid::new_v4(), source: "forms".to_owned() };
    let event = NewEvent {
        id: Uuid::new_v4(),
        delivery: due.delivery,
        source: "forms".to_owned(),
        passed: true,
        learner: Uuid::new_v4(),
        outcome: outcome("7", "item:1", 80, at),
    };
    vec![
        Message::signal(url, &due, at),
        Message::assessment(url, &event, at),
        Message::mail(url, Uuid::new_v4(), due.delivery, at),
    ]
}

async fn eventually(what: &str, mut question: impl AsyncFnMut() -> bool) {
    let asked = async {
        while !question().await {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(20), asked).await.unwrap_or_else(|_| panic!("still not so: {what}"));
}

/// Whether no message waits in any queue: all are with a worker, or done.
async fn all_taken(queue: &Queue) -> bool {
    for work in Work::ALL {
        if queue.depth(work).await != Ok(0) {
            return false;
        }
    }
    true
}

/// How often the messages that wait were delivered in vain, by queue.
async fn deliveries(exchange: &str) -> BTreeMap<&'static str, Vec<i64>> {
    let connection =
        Connection::connect(&amqp_url().unwrap(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let mut found = BTreeMap::new();
    for work in Work::ALL {
        let queue = format!("{exchange}.{}", work.as_str());
        let mut counts = Vec::new();
        let get = || channel.basic_get(queue.as_str().into(), BasicGetOptions { no_ack: true });
        while let Some(message) = get().await.unwrap() {
            let headers = message.properties.headers().clone().unwrap_or_default();
            counts.push(match headers.inner().get("x-delivery-count") {
                None => 0,
                Some(AMQPValue::LongLongInt(count)) => *count,
                Some(AMQPValue::LongInt(count)) => i64::from(*count),
                Some(AMQPValue::ShortShortUInt(count)) => i64::from(*count),
                Some(AMQPValue::ShortShortInt(count)) => i64::from(*count),
                Some(other) => panic!("{other:?}"),
            });
        }
        found.insert(work.as_str(), counts);
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_outage_spends_no_delivery_and_work_goes_on_after_it() {
    let Some(site) = Site::new(Way::Production, None).await else { return };
    let (proxy, url) = Proxy::before(site.database_url(), 5432).await;
    let front = site.start(&[Role::Ingest, Role::Web]).await;
    let through = |settings: &mut Settings| settings.database.url = url.as_str().into();
    let worker = site.start_with(&[Role::Worker, Role::Mailer], through).await;
    assert_eq!(pass(&front, "before").await, 200);
    assert_eq!(credentials(&front.settled().await).len(), 1);

    let queue = Queue::connect(&amqp_url().unwrap(), site.exchange()).await.unwrap();
    proxy.cut();
    assert_eq!(pass(&front, "meanwhile").await, 200);
    assert!(queue.publish(messages(), None).await.is_empty());
    eventually("the workers have taken them", async || all_taken(&queue).await).await;
    sleep(OUTAGE).await;
    proxy.restore();
    let since = Instant::now();
    assert_eq!(credentials(&front.settled().await).len(), 2);
    assert!(since.elapsed() < RECOVERY, "done after {:?}", since.elapsed());

    proxy.cut();
    assert!(queue.publish(messages(), None).await.is_empty());
    eventually("the workers have taken them", async || all_taken(&queue).await).await;
    sleep(OUTAGE).await;
    let since = Instant::now();
    worker.stop().await;
    assert!(since.elapsed() < Duration::from_secs(6), "stopped after {:?}", since.elapsed());
    // Given back by the stop, and once more where the broker was quicker to send it again than to
    // hear that the consumer has ended.
    for (work, counts) in deliveries(site.exchange()).await {
        assert!(matches!(counts.as_slice(), [1 | 2]), "{work}: {counts:?}");
    }

    front.stop().await;
    queue.close().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_broker_restart_work_goes_on_within_seconds() {
    let Some(site) = Site::new(Way::Production, None).await else { return };
    let broker = Arc::new(tokio::task::spawn_blocking(Broker::start).await.unwrap().unwrap());
    let process = site.start_with(&Role::ALL, |settings| settings.queue.url = broker.url().into()).await;
    assert_eq!(pass(&process, "before").await, 200);
    process.settled().await;

    let blocking = |work: fn(&Broker)| {
        let broker = Arc::clone(&broker);
        tokio::task::spawn_blocking(move || work(&broker))
    };
    blocking(Broker::kill).await.unwrap();
    let restart = blocking(Broker::restart);
    // Until the last moment: the older ones are due anyway when the broker is back.
    let mut learners = 1;
    while !restart.is_finished() {
        assert_eq!(pass(&process, &format!("learner-{learners}")).await, 200);
        learners += 1;
        sleep(Duration::from_millis(500)).await;
    }
    restart.await.unwrap();
    let since = Instant::now();
    let trails = process.settled().await;
    assert!(since.elapsed() < RECOVERY, "done after {:?}", since.elapsed());
    assert!(trails.iter().all(|trail| trail.state == DeliveryState::Done), "{trails:#?}");
    assert_eq!(credentials(&trails).len(), learners);
    process.stop().await;
    site.end().await;
}
