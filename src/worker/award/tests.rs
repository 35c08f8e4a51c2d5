use sqlx::Connection as _;
use url::Url;

use super::*;
use crate::badges::{Profile, SigningKey};
use crate::rules::Rulebook;
use crate::store::{ConfirmResult, NewDelivery, NewEvent, SignalVerdict, Verdict};
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

/// A store on a file of its own, with one event of a confirmed outcome: its delivery and itself.
struct Waiting {
    _folder: tempfile::TempDir,
    url: String,
    store: Store,
    clock: Clock,
    delivery: Uuid,
    event: NewEvent,
}

async fn waiting() -> Waiting {
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
    Waiting { _folder: folder, url, store, clock, delivery, event }
}

impl Awarder {
    /// Works off the event, as a message of the queue.
    async fn award(&self, waiting: &Waiting) {
        let message = Message::assessment("http://localhost:8080", &waiting.event, waiting.clock.now());
        self.queue.publish(vec![message], None).await;
        let mut consumer = self.queue.consume(Work::Assessments, 10, CancellationToken::new());
        self.batch(consumer.next_batch(10, LINGER).await.unwrap()).await;
    }
}

#[tokio::test]
async fn an_event_whose_facts_cannot_be_read_is_parked_and_does_not_circle() {
    let waiting = waiting().await;
    let mut beside = sqlx::SqliteConnection::connect(&waiting.url).await.unwrap();
    sqlx::query("UPDATE outcomes SET content = '{}'").execute(&mut beside).await.unwrap();

    let awarder = awarder(waiting.store.clone(), Queue::connect("embedded:", "test").await.unwrap());
    awarder.award(&waiting).await;

    let trail = waiting.store.delivery(waiting.delivery).await.unwrap().unwrap();
    assert_eq!(trail.signals[0].events[0].state, "parked");
    assert!(trail.signals[0].events[0].reason.contains("outcomes"), "{:?}", trail.signals[0].events);
    assert_eq!(awarder.queue.depth(Work::Assessments).await, Ok(0), "it does not come back");
}

/// In the order of their ids the lower ones come last: the order is that of the stack.
#[tokio::test]
async fn badges_that_stack_are_awarded_with_the_one_that_they_rest_on() {
    let badges = tempfile::tempdir().unwrap();
    for (id, award) in [
        ("gold", "badge = \"silver\""),
        ("silver", "any = [ { badge = \"tin\" }, { badge = \"wood\" } ]"),
        ("tin", "source = \"lms\"\ncourse = \"1\"\nassessment = \"item:1\"\npassed = true"),
        ("wood", "source = \"lms\"\ncourse = \"1\"\nassessment = \"other\"\npassed = true"),
        ("copper", "badge = \"wood\""),
        (
            "amateur",
            "source = \"lms\"\ncourse = \"1\"\n\
             all = [ { assessment = \"item:1\", passed = true }, { none = [ { badge = \"tin\" } ] } ]",
        ),
    ] {
        let text =
            format!("[badge]\nname = \"{id}\"\ndescription = \"x\"\ncriteria = \"x\"\n[award]\n{award}\n");
        std::fs::write(badges.path().join(format!("{id}.toml")), text).unwrap();
    }
    let waiting = waiting().await;
    let mut awarder = awarder(waiting.store.clone(), Queue::connect("embedded:", "test").await.unwrap());
    awarder.catalog = Arc::new(Catalog::load(badges.path(), &["lms"]).unwrap());
    awarder.award(&waiting).await;

    let trail = waiting.store.delivery(waiting.delivery).await.unwrap().unwrap();
    let event = &trail.signals[0].events[0];
    assert_eq!(event.state, "done", "{event:?}");
    assert_eq!(
        event.reason,
        "“amateur” not yet: the badge “tin” stands in the way (found awarded on DAY); “tin” awarded; “silver” \
         awarded; “gold” awarded"
            .replace("DAY", &waiting.clock.now().format("%-d %B %Y").to_string())
    );
    let mut beside = sqlx::SqliteConnection::connect(&waiting.url).await.unwrap();
    let documents: Vec<(String,)> = sqlx::query_as(
        "SELECT credentials.document FROM credentials JOIN awards ON awards.id = credentials.id ORDER BY awards.badge",
    )
    .fetch_all(&mut beside)
    .await
    .unwrap();
    let evidence = |index: usize| {
        let document: serde_json::Value = serde_json::from_str(&documents[index].0).unwrap();
        document["evidence"].clone()
    };
    assert_eq!(documents.len(), 3);
    assert_eq!(evidence(0)[0]["name"], "Badge “silver”");
    assert!(evidence(0)[0]["id"].as_str().unwrap().contains("/credentials/"), "{}", evidence(0));
    assert_eq!(evidence(2)[0]["genre"], "Assessment");
}
