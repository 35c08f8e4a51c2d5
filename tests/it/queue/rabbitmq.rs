//! The queue on RabbitMQ.

use accolade::queue::{Delivery, QueueError};
use accolade::store::NewEvent;
use accolade_connectors::{Assessment, AssessmentKind, Course, Learner, Outcome, Release};
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions,
    QueueDeleteOptions,
};
use lapin::protocol::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Connection, ConnectionProperties};

use super::contract::contract;
use super::*;
use crate::support::broker::amqp_url;

async fn open() -> Option<Bench> {
    open_named(&exchange()).await
}

async fn open_named(exchange: &str) -> Option<Bench> {
    let queue = Queue::connect(&amqp_url()?, exchange).await.unwrap();
    Some(Bench { queue, exchange: Some(exchange.to_owned()) })
}

/// Deletes everything that belongs to an exchange.
pub(super) async fn discard(exchange: &str) {
    let (_connection, channel) = channel().await;
    for work in ["signals", "assessments", "mails"] {
        for queue in ["", ".retry.5s", ".retry.1m", ".retry.10m"] {
            delete(&channel, &format!("{exchange}.{work}{queue}")).await;
        }
    }
    delete(&channel, &format!("{exchange}.parked")).await;
    channel.exchange_delete(exchange.into(), ExchangeDeleteOptions::default()).await.unwrap();
}

/// Every test has its own exchange and queues.
fn exchange() -> String {
    format!("test-{}", Uuid::new_v4().simple())
}

/// A connection beside the queue's.
async fn channel() -> (Connection, Channel) {
    let connection =
        Connection::connect(&amqp_url().unwrap(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

async fn delete(channel: &Channel, queue: &str) {
    channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.unwrap();
}

contract!(open);

#[tokio::test]
async fn a_thousand_messages_are_confirmed_at_once() {
    let Some(queue) = open().await else { return };
    let messages = signals(1_000);
    publish(&queue, messages.clone(), None).await;
    let (mut consumer, _) = consumer(&queue, 256);
    assert_eq!(drain(&mut consumer, 1_000).await, ids(&messages));
    assert_eq!(queue.kind(), "rabbitmq");
    queue.close().await;
}

#[tokio::test]
async fn what_is_published_together_travels_in_few_messages_and_is_answered_row_by_row() {
    let Some(queue) = open().await else { return };
    let messages = signals(200);
    publish(&queue, messages.clone(), None).await;
    eventually("they are few", async || matches!(queue.depth(Work::Signals).await, Ok(7))).await;
    let (mut first, stop) = consumer(&queue, 20);
    let mut held = batch(&mut first, 200, Duration::from_secs(1)).await;
    assert_eq!(held.len(), 20, "no more rows are in hand than were asked for");
    // One comes back later, some are done, and one is given back: with it comes its whole message.
    let (put_off, given_back) = (held.remove(0), held.remove(0));
    let later = put_off.id;
    put_off.retry(Duration::from_secs(1)).await;
    drop(given_back);
    let mut done: Vec<Uuid> = held.iter().map(|delivery| delivery.id).collect();
    for delivery in held {
        delivery.ack();
    }
    stop.cancel();
    assert!(first.next_batch(1, Duration::ZERO).await.is_none());
    drop(first);
    let (mut second, _) = consumer(&queue, 200);
    let mut came = Vec::new();
    while came.len() < 201 {
        for delivery in batch(&mut second, 200, Duration::ZERO).await {
            came.push(delivery.id);
            delivery.ack();
        }
    }
    nothing(&mut second).await;
    assert_eq!(came.iter().filter(|id| **id == later).count(), 2, "its own message, and the one given back");
    came.sort();
    came.dedup();
    assert_eq!(came, ids(&messages));
    done.retain(|id| !came.contains(id));
    assert!(done.is_empty());
    queue.close().await;
}

#[tokio::test]
async fn what_is_put_off_together_comes_back_in_few_messages() {
    let Some(queue) = open().await else { return };
    let messages = signals(96);
    publish(&queue, messages.clone(), None).await;
    let (mut first, stop) = consumer(&queue, 96);
    let held = batch(&mut first, 96, Duration::from_secs(1)).await;
    assert_eq!(held.len(), 96);
    Delivery::retry_all(held, Duration::from_secs(5)).await;
    stop.cancel();
    assert!(first.next_batch(1, Duration::ZERO).await.is_none());
    eventually("they are few", async || matches!(queue.depth(Work::Signals).await, Ok(3))).await;
    let (mut second, _) = consumer(&queue, 96);
    let came = batch(&mut second, 96, Duration::from_secs(1)).await;
    let mut came: Vec<Uuid> = came.into_iter().map(|delivery| delivery.id).collect();
    came.sort();
    assert_eq!(came, ids(&messages));
    queue.close().await;
}

#[tokio::test]
async fn a_row_that_is_given_back_first_brings_its_message_again_though_its_neighbours_are_done() {
    let Some(queue) = open().await else { return };
    // Two messages about four rows each.
    let messages = signals(8);
    publish(&queue, messages.clone(), None).await;
    let (mut consumer, _) = consumer(&queue, 8);
    let mut held = Vec::new();
    while held.len() < 8 {
        held.extend(batch(&mut consumer, 8 - held.len(), Duration::ZERO).await);
    }
    drop(held.remove(0));
    for delivery in held {
        delivery.ack();
    }
    assert_eq!(drain(&mut consumer, 4).await, ids(&messages[..4]));
    nothing(&mut consumer).await;
    queue.close().await;
}

#[tokio::test]
async fn a_message_put_off_waits_for_its_tier() {
    let Some(queue) = open().await else { return };
    publish(&queue, signals(1), None).await;
    let (mut consumer, _) = consumer(&queue, 1);
    let since = Instant::now();
    one(&mut consumer).await.retry(Duration::from_secs(1)).await;
    one(&mut consumer).await.ack();
    assert!(since.elapsed() >= Duration::from_millis(4_900), "{:?}", since.elapsed());
    queue.close().await;
}

#[tokio::test]
async fn messages_that_cannot_be_read_are_parked_and_harm_nobody() {
    let exchange = exchange();
    let Some(queue) = open_named(&exchange).await else { return };
    let (_connection, channel) = channel().await;
    let good = signals(1);
    let id = Uuid::new_v4().to_string();
    for (message_id, body) in [
        (None, good[0].body.as_slice()),
        (Some("no uuid"), good[0].body.as_slice()),
        (Some(id.as_str()), b"{ no json"),
        (Some(id.as_str()), good[0].body.as_slice()),
    ] {
        let mut properties = BasicProperties::default();
        if let Some(message_id) = message_id {
            properties = properties.with_message_id(message_id.into());
        }
        let options = BasicPublishOptions::default();
        channel
            .basic_publish(exchange.as_str().into(), "signal.received.x".into(), options, body, properties)
            .await
            .unwrap();
    }
    publish(&queue, good.clone(), None).await;
    let (mut consumer, _) = consumer(&queue, 2);
    let mut taken = drain(&mut consumer, 1).await;
    // The parked ones were published on another connection, so the order is open.
    timeout(MOMENT, async { taken.extend(drain(&mut consumer, 1).await) }).await.unwrap_err();
    assert_eq!(taken, ids(&good));
    let parked = format!("{exchange}.parked");
    for _ in 0..4 {
        let mut message = None;
        eventually("four are parked", async || {
            let options = BasicGetOptions { no_ack: true };
            message = channel.basic_get(parked.as_str().into(), options).await.unwrap();
            message.is_some()
        })
        .await;
        // At once, and not by circling until the delivery limit.
        let headers = message.unwrap().properties.headers().clone().unwrap();
        let reason = headers.inner().get("x-first-death-reason");
        assert_eq!(reason, Some(&AMQPValue::LongString("rejected".into())));
    }
    queue.close().await;
}

#[tokio::test]
async fn a_message_that_is_never_answered_is_parked_at_the_limit() {
    let exchange = exchange();
    let Some(queue) = open_named(&exchange).await else { return };
    let (_connection, channel) = channel().await;
    publish(&queue, signals(1), None).await;
    let (mut consumer, _) = consumer(&queue, 1);
    // A limit of 20 gives 21 deliveries.
    for _ in 0..21 {
        drop(one(&mut consumer).await);
    }
    nothing(&mut consumer).await;
    let parked: String = format!("{exchange}.parked");
    eventually("it is parked", async || {
        channel.basic_get(parked.as_str().into(), BasicGetOptions::default()).await.unwrap().is_some()
    })
    .await;
    queue.close().await;
}

#[tokio::test]
async fn an_unroutable_message_is_named_and_the_binding_comes_back() {
    let exchange = exchange();
    let Some(queue) = open_named(&exchange).await else { return };
    let (_connection, channel) = channel().await;
    let signals_queue = format!("{exchange}.signals");
    channel
        .queue_unbind(
            signals_queue.as_str().into(),
            exchange.as_str().into(),
            "signal.#".into(),
            FieldTable::default(),
        )
        .await
        .unwrap();
    unknown(&queue, signals(3), None).await;
    eventually("it is confirmed again", async || queue.publish(signals(1), None).await.is_empty()).await;
    queue.close().await;
}

#[tokio::test]
async fn of_a_mixed_batch_those_that_no_queue_took_are_named() {
    let exchange = exchange();
    let Some(queue) = open_named(&exchange).await else { return };
    let (_connection, channel) = channel().await;
    let signals_queue = format!("{exchange}.signals");
    let all = "signal.#".into();
    channel
        .queue_unbind(signals_queue.into(), exchange.as_str().into(), all, FieldTable::default())
        .await
        .unwrap();
    let lost = signals(40);
    let mails = (0..40).map(|_| {
        Message::mail("https://badges.example.edu", Uuid::new_v4(), Uuid::new_v4(), DateTime::UNIX_EPOCH)
    });
    let messages = mails.zip(lost.clone()).flat_map(|(mail, signal)| [mail, signal]).collect();
    let unknown = queue.publish(messages, None).await;
    let missed: Vec<_> = ids(&lost).into_iter().filter(|id| !unknown.contains(id)).collect();
    assert!(missed.is_empty(), "these are nowhere, and nobody says so: {missed:?}");
    queue.close().await;
}

#[tokio::test]
async fn a_deleted_exchange_comes_back() {
    let exchange = exchange();
    let Some(queue) = open_named(&exchange).await else { return };
    let (_connection, channel) = channel().await;
    channel.exchange_delete(exchange.as_str().into(), ExchangeDeleteOptions::default()).await.unwrap();
    unknown(&queue, signals(3), None).await;
    eventually("it is confirmed again", async || queue.publish(signals(1), None).await.is_empty()).await;
    queue.close().await;
}

#[tokio::test]
async fn a_queue_deleted_while_consuming_comes_back() {
    let exchange = exchange();
    let Some(queue) = open_named(&exchange).await else { return };
    let (_connection, channel) = channel().await;
    let (mut consumer, _) = consumer(&queue, 5);
    publish(&queue, signals(1), None).await;
    one(&mut consumer).await.ack();
    delete(&channel, &format!("{exchange}.signals")).await;
    let messages = signals(2);
    let publishing = async {
        for message in &messages {
            eventually("it is confirmed", async || {
                queue.publish(vec![message.clone()], None).await.is_empty()
            })
            .await;
        }
    };
    let (taken, ()) = tokio::join!(drain(&mut consumer, 2), publishing);
    assert_eq!(taken, ids(&messages));
    queue.close().await;
}

#[tokio::test]
async fn the_depth_of_a_deleted_queue_is_an_error_and_the_queue_comes_back() {
    let exchange = exchange();
    let Some(queue) = open_named(&exchange).await else { return };
    let (_connection, channel) = channel().await;
    delete(&channel, &format!("{exchange}.mails")).await;
    assert!(matches!(queue.depth(Work::Mails).await, Err(QueueError::Unavailable(_))));
    eventually("it is back", async || queue.depth(Work::Mails).await == Ok(0)).await;
    queue.ping().await.unwrap();
    queue.close().await;
}

#[tokio::test]
async fn a_queue_declared_otherwise_is_refused_with_the_mend() {
    let Some(url) = amqp_url() else { return };
    let exchange = exchange();
    let (_connection, channel) = channel().await;
    let name = format!("{exchange}.assessments");
    let classic = QueueDeclareOptions::durable();
    channel.queue_declare(name.as_str().into(), classic, FieldTable::default()).await.unwrap();
    let error = Queue::connect(&url, &exchange).await.unwrap_err();
    assert!(matches!(error, QueueError::Refused(_)), "{error}");
    let text = error.to_string();
    assert!(
        text.contains(&name) && text.contains("delete it") && text.contains("`queue.exchange`"),
        "{text}"
    );
    delete(&channel, &name).await;
}

#[tokio::test]
async fn wrong_credentials_are_refused_and_not_shown() {
    let Some(url) = amqp_url() else { return };
    let mut url: url::Url = url.parse().unwrap();
    url.set_password(Some("hunter2")).unwrap();
    let error = Queue::connect(url.as_str(), "accolade").await.unwrap_err();
    assert!(matches!(error, QueueError::Refused(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    assert!(error.to_string().contains("password"), "{error}");
}

#[tokio::test]
async fn a_missing_virtual_host_is_refused() {
    let Some(url) = amqp_url() else { return };
    let mut url: url::Url = url.parse().unwrap();
    url.set_path("/no-such-place");
    let error = Queue::connect(url.as_str(), "accolade").await.unwrap_err();
    assert!(matches!(&error, QueueError::Refused(text) if text.contains("virtual host")), "{error}");
}

#[tokio::test]
async fn a_broker_that_is_away_is_no_error() {
    // Nothing listens on this port of the loopback network.
    let queue = Queue::connect("amqp://user:hunter2@127.0.0.99:9", "accolade").await.unwrap();
    let since = Instant::now();
    unknown(&queue, signals(1), None).await;
    let error = queue.ping().await.unwrap_err();
    assert!(matches!(error, QueueError::Unavailable(_)), "{error}");
    assert!(queue.depth(Work::Signals).await.is_err());
    assert!(since.elapsed() < Duration::from_secs(1));
    assert!(!format!("{error} {queue:?}").contains("hunter2"));
    let (mut consumer, stop) = consumer(&queue, 1);
    nothing(&mut consumer).await;
    stop.cancel();
    assert!(consumer.next_batch(1, Duration::ZERO).await.is_none());
    queue.close().await;
}

#[tokio::test]
async fn a_closed_queue_ends_its_consumers() {
    let Some(queue) = open().await else { return };
    let (mut consumer, _) = consumer(&queue, 1);
    publish(&queue, signals(1), None).await;
    let delivery = one(&mut consumer).await;
    queue.queue.close().await;
    assert!(timeout(PATIENCE, consumer.next_batch(1, Duration::ZERO)).await.unwrap().is_none());
    unknown(&queue, signals(1), None).await;
    assert!(queue.ping().await.is_err());
    delivery.ack();
    queue.close().await;
}

#[tokio::test]
async fn two_processes_use_the_same_queues() {
    let exchange = exchange();
    let Some(one_process) = open_named(&exchange).await else { return };
    let other_process = open_named(&exchange).await.unwrap();
    let messages = signals(10);
    publish(&one_process, messages.clone(), None).await;
    let (mut consumer, _) = consumer(&other_process, 5);
    assert_eq!(drain(&mut consumer, 10).await, ids(&messages));
    other_process.queue.close().await;
    one_process.close().await;
}

#[tokio::test]
async fn a_queue_of_another_program_gets_assessments_as_cloud_events() {
    let exchange = exchange();
    let Some(queue) = open_named(&exchange).await else { return };
    let (_connection, channel) = channel().await;
    let foreign = format!("{exchange}.registry-of-the-university");
    let exclusive = QueueDeclareOptions::exclusive().auto_delete();
    channel.queue_declare(foreign.as_str().into(), exclusive, FieldTable::default()).await.unwrap();
    channel
        .queue_bind(
            foreign.as_str().into(),
            exchange.as_str().into(),
            "assessment.passed.#".into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
        .unwrap();
    let passed = assessment(true);
    let messages = vec![passed.clone(), assessment(false)];
    publish(&queue, messages, None).await;
    let get = || channel.basic_get(foreign.as_str().into(), BasicGetOptions { no_ack: true });
    let received = get().await.unwrap().expect("the foreign queue got nothing").delivery;
    assert_eq!(received.routing_key.as_str(), "assessment.passed.moodle.5");
    assert_eq!(received.data, passed.body);
    assert_eq!(received.properties.delivery_mode(), &Some(2));
    let content_type = received.properties.content_type().as_ref().map(ShortString::as_str);
    assert_eq!(content_type, Some("application/cloudevents+json"));
    let message_id = received.properties.message_id().as_ref().map(ShortString::as_str);
    assert_eq!(message_id, Some(passed.id.to_string().as_str()));
    assert!(get().await.unwrap().is_none(), "a revision is no pass");
    queue.close().await;
}

fn assessment(passed: bool) -> Message {
    let at = DateTime::<Utc>::UNIX_EPOCH;
    let event = NewEvent {
        id: Uuid::new_v4(),
        delivery: Uuid::new_v4(),
        source: "moodle".into(),
        passed,
        learner: Uuid::new_v4(),
        outcome: Outcome {
            learner: Learner {
                id: "17".into(),
                name: None,
                email: None,
                institution_id: None,
                language: None,
            },
            course: Course { id: "5".into(), also: vec![], name: None, url: None },
            assessment: Assessment {
                id: "item:4".into(),
                also: vec![],
                kind: AssessmentKind::Item,
                name: None,
                url: None,
            },
            score: None,
            passed: Some(passed),
            release: Release::Released,
            graded_at: None,
            attempt: None,
            attempts: Vec::new(),
            late: None,
            all_graded: None,
            as_of: at,
        },
    };
    Message::assessment("https://badges.example.edu", &event, at)
}
