use sqlx::Connection as _;
use url::Url;

use super::*;
use crate::badges::{Profile, SigningKey};
use crate::rules::Rulebook;
use crate::store::{ConfirmResult, NewDelivery, SignalVerdict, Verdict};
use accolade_connectors::{Assessment, AssessmentKind, Course, Learner, Outcome, Release, Signal};

fn outcome(clock: &Clock) -> Outcome {
    Outcome {
        learner: Learner {
            id: "7".to_owned(),
            name: Some("Ada".to_owned()),
            email: Some("ada@example.test".to_owned()),
            institution_id: None,
            language: None,
        },
        course: Course { id: "1".to_owned(), also: Vec::new(), name: None, url: None },
        assessment: Assessment {
            id: "item:1".to_owned(),
            also: Vec::new(),
            kind: AssessmentKind::Item,
            name: None,
            url: None,
        },
        score: None,
        passed: Some(true),
        release: Release::Released,
        graded_at: None,
        attempt: None,
        attempts: Vec::new(),
        late: None,
        all_graded: None,
        as_of: clock.now(),
    }
}

fn awarder(store: Store, queue: Queue) -> Awarder {
    let url: Url = "http://localhost:8080/".parse().unwrap();
    let profile = Profile {
        slug: "school".to_owned(),
        name: "School".to_owned(),
        url: url.clone(),
        description: None,
        email: None,
        image: None,
    };
    Awarder {
        store,
        queue: Arc::new(queue),
        catalog: Arc::new(Catalog { badges: Vec::new(), rules: Rulebook::default(), version: String::new() }),
        issuer: Arc::new(Issuer::with_did_key(profile, &url, SigningKey::from_seed([1; 32]))),
        secret: ClaimSecret::new([1; 32]),
        claim_days: 1,
        clock: Clock::system(),
        metrics: Arc::new(Metrics::new()),
        public_url: "http://localhost:8080".into(),
        domain: "localhost".into(),
    }
}

#[tokio::test]
async fn an_event_whose_facts_cannot_be_read_is_parked_and_does_not_circle() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let store = Store::connect(&url, 2).await.unwrap();
    store.migrate().await.unwrap();
    let clock = Clock::system();
    let (delivery, signal) = (ids::timed(clock.now()), ids::timed(clock.now()));
    let told = Signal {
        key: "1".to_owned(),
        batch: "course:1".to_owned(),
        event: "graded".to_owned(),
        learner: "7".to_owned(),
        course: None,
        occurred_at: None,
        detail: serde_json::Value::Null,
        outcome: None,
    };
    let new = NewDelivery {
        id: delivery,
        source: "lms".to_owned(),
        received_at: clock.now(),
        user_agent: None,
        body: None,
        verdict: Verdict::Accepted { signals: vec![(signal, told)], ignored: Vec::new() },
    };
    store.record(&[new]).await.unwrap();
    let result = ConfirmResult {
        signal,
        delivery,
        source: "lms".to_owned(),
        outcomes: vec![(outcome(&clock), true)],
        read: true,
        verdict: SignalVerdict::Done { reason: String::new() },
    };
    let event = store.confirm(&[result], clock.now()).await.unwrap().remove(0).events.remove(0);
    let mut beside = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("UPDATE outcomes SET content = '{}'").execute(&mut beside).await.unwrap();

    let awarder = awarder(store.clone(), Queue::connect("embedded:", "test").await.unwrap());
    awarder
        .queue
        .publish(vec![Message::assessment("http://localhost:8080", &event, clock.now())], None)
        .await;
    let mut consumer = awarder.queue.consume(Work::Assessments, 10, CancellationToken::new());
    awarder.batch(consumer.next_batch(10, LINGER).await.unwrap()).await;

    let trail = store.delivery(delivery).await.unwrap().unwrap();
    assert_eq!(trail.signals[0].events[0].state, "parked");
    assert!(trail.signals[0].events[0].reason.contains("outcomes"), "{:?}", trail.signals[0].events);
    assert_eq!(awarder.queue.depth(Work::Assessments).await, Ok(0), "it does not come back");
}
