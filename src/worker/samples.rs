//! What the tests of the workers share: a database, a queue, and learners who have passed.

use std::sync::Arc;

use accolade_connectors::{Assessment, AssessmentKind, Course, Learner, Outcome, Release, Secret, Signal};
use sqlx::Connection as _;
use tempfile::TempDir;
use uuid::Uuid;

use super::Awarder;
use crate::badges::{Issuer, Profile, SigningKey};
use crate::catalogs::Catalogs;
use crate::claim::ClaimSecret;
use crate::clock::Clock;
use crate::config::{Catalog, Nameable};
use crate::ids;
use crate::queue::{Delivery, Message, Queue};
use crate::signing::{Keyring, Keyrings, Place, Signer, Signing};
use crate::store::{ConfirmResult, NewDelivery, NewEvent, RuledOutcome, SignalVerdict, Store, Verdict, Work};
use crate::telemetry::Metrics;

pub(super) const PUBLIC_URL: &str = "http://localhost:8080";

/// A database and a queue of a test's own.
pub(super) struct Bench {
    pub(super) folder: TempDir,
    url: String,
    pub(super) store: Store,
    pub(super) queue: Arc<Queue>,
    pub(super) clock: Clock,
    pub(super) signing: Signing,
}

/// The outcome of a learner who has passed the course that the badge “first-aid” asks for.
pub(super) fn passed(learner: &str, clock: &Clock) -> Outcome {
    Outcome {
        learner: Learner {
            id: learner.to_owned(),
            name: Some(format!("Learner {learner}")),
            email: Some(format!("{learner}@example.test")),
            institution_id: None,
            language: None,
        },
        course: Course { id: "first-aid-2026".to_owned(), also: Vec::new(), name: None, url: None },
        assessment: Assessment {
            id: "final".to_owned(),
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

/// The badges of the example configuration.
pub(super) fn catalog() -> Arc<Catalog> {
    let badges = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/config/badges"));
    Arc::new(Catalog::load(badges, &Nameable::of(&["moodle", "canvas", "blackboard", "forms"])).unwrap())
}

/// A process that signs with keys of these seeds, one after another.
pub(super) async fn signing_with(store: &Store, clock: &Clock, seeds: &[u8]) -> Signing {
    signing_of("school", store, clock, seeds).await
}

/// The same for another issuer.
pub(super) async fn signing_of(slug: &str, store: &Store, clock: &Clock, seeds: &[u8]) -> Signing {
    let url: url::Url = PUBLIC_URL.parse().unwrap();
    let profile = Profile {
        slug: slug.to_owned(),
        name: "School".to_owned(),
        url: url.clone(),
        description: None,
        email: None,
        image: None,
    };
    let keys: String = seeds.iter().map(|seed| SigningKey::from_seed([*seed; 32]).to_pem()).collect();
    let keyrings = Keyrings {
        badge: Signer::Keys(Keyring::new("issuer", Place::Given(Secret::from(keys)))),
        jwt: Keyring::new("issuer", Place::File("nowhere.pem".into())),
    };
    let issuer = Arc::new(Issuer::with_did_web(profile, &url).unwrap());
    Signing::start(issuer, keyrings, store, clock).await.unwrap()
}

impl Bench {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        // A secret of its own: the ids of its rows are not those of another test.
        let secret = ClaimSecret::new(rand::random());
        let store = Store::connect(&url, 2).await.unwrap().with_erasures(secret);
        store.migrate().await.unwrap();
        let queue = Arc::new(Queue::connect("embedded:", "test").await.unwrap());
        let clock = Clock::system();
        let signing = signing_with(&store, &clock, &[1]).await;
        Self { folder, url, store, queue, clock, signing }
    }

    /// Runs a statement past the store.
    pub(super) async fn execute(&self, sql: &str) {
        let mut beside = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut beside).await.unwrap();
    }

    /// The texts of a query's one column.
    pub(super) async fn texts(&self, sql: &str) -> Vec<String> {
        let mut beside = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut beside).await.unwrap()
    }

    /// Records a signal about a learner: its delivery and itself.
    pub(super) async fn tell(&self, learner: &str) -> (Uuid, Uuid) {
        let now = self.clock.now();
        let (delivery, signal) = (ids::timed(now), ids::timed(now));
        let told = Signal {
            key: signal.to_string(),
            batch: "course".to_owned(),
            event: "graded".to_owned(),
            learner: learner.to_owned(),
            course: None,
            occurred_at: None,
            detail: serde_json::Value::Null,
            outcome: None,
        };
        let new = NewDelivery {
            id: delivery,
            source: "forms".to_owned(),
            received_at: now,
            user_agent: None,
            body: None,
            verdict: Verdict::Accepted { signals: vec![(signal, told)], ignored: Vec::new() },
        };
        self.store.record(&[new]).await.unwrap();
        (delivery, signal)
    }

    /// A learner who has passed, confirmed and not evaluated.
    pub(super) async fn event(&self, learner: &str) -> NewEvent {
        self.confirmed(learner, passed(learner, &self.clock), true).await.unwrap()
    }

    /// An outcome of a learner that a rule names: the event that follows, if one does.
    pub(super) async fn confirmed(&self, learner: &str, outcome: Outcome, passes: bool) -> Option<NewEvent> {
        let (delivery, signal) = self.tell(learner).await;
        let result = ConfirmResult {
            signal,
            delivery,
            source: "forms".to_owned(),
            outcomes: vec![RuledOutcome { outcome, passes, named: true }],
            read: true,
            verdict: SignalVerdict::Done { reason: String::new() },
        };
        self.store.confirm(&[result], self.clock.now()).await.unwrap().remove(0).events.pop()
    }

    pub(super) fn awarder(&self) -> Awarder {
        Awarder {
            store: self.store.clone(),
            queue: Arc::clone(&self.queue),
            catalogs: Catalogs::new(catalog()),
            issuers: self.signing.clone().into(),
            secret: ClaimSecret::new([1; 32]),
            claim_days: 1,
            remind_after: None,
            clock: self.clock.clone(),
            metrics: Arc::new(Metrics::new()),
            public_url: PUBLIC_URL.into(),
            domain: "localhost".into(),
            guard: None,
            places: super::Places::default(),
            trials: super::Trials::default(),
        }
    }

    /// Publishes the messages of events and takes them.
    pub(super) async fn taken(&self, events: &[&NewEvent]) -> Vec<Delivery> {
        let now = self.clock.now();
        let messages = events.iter().map(|event| Message::assessment(PUBLIC_URL, event, now)).collect();
        assert!(self.queue.publish(messages, None).await.is_empty());
        let mut consumer =
            self.queue.consume(Work::Assessments, 100, tokio_util::sync::CancellationToken::new());
        consumer.next_batch(events.len(), std::time::Duration::from_secs(5)).await.unwrap()
    }

    /// The rows of one kind of work that the sweeper publishes now.
    pub(super) async fn due(&self, work: Work) -> Vec<Uuid> {
        let now = self.clock.now();
        let due = self.store.due(work, now, now + chrono::TimeDelta::minutes(1), 100).await.unwrap();
        due.iter().map(|due| due.id).collect()
    }
}
