//! The other side of the webhooks: posts as an LMS does, again and again until it gets a 2xx.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, RETRY_AFTER};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// How long a sender tries.
const PATIENCE: Duration = Duration::from_secs(90);
/// The wait between two tries.
const PAUSE: Duration = Duration::from_millis(100);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(20);

/// A result of a learner in a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grade {
    /// The event's id, by which a repeat is known.
    pub(crate) event: String,
    /// The learner's id.
    pub(crate) learner: String,
    /// The course, which is the badge.
    pub(crate) course: &'static str,
    /// Of a hundred; 70 pass.
    pub(crate) percent: u8,
}

impl Grade {
    /// A result that passes.
    pub(crate) fn pass(learner: &str) -> Self {
        Self { event: format!("{learner}-1"), learner: learner.to_owned(), course: "first-aid", percent: 82 }
    }

    /// Results of many learners: most pass in one course, some in two, some not.
    pub(crate) fn many(name: &str, learners: usize) -> Vec<Self> {
        let mut all = Vec::new();
        for number in 0..learners {
            let mut grade = Self::pass(&format!("{name}-{number}"));
            if number % 5 == 4 {
                grade.percent = 40;
            }
            if number % 3 == 0 {
                all.push(Self {
                    event: format!("{}-2", grade.learner),
                    course: "fire-safety",
                    ..grade.clone()
                });
            }
            all.push(grade);
        }
        all
    }

    fn body(&self) -> Value {
        json!({
            "id": self.event, "type": "assessment.graded", "timestamp": "2026-11-20T10:00:00Z",
            "data": {
                "learner": {
                    "id": self.learner, "name": format!("Ada {}", self.learner),
                    "email": format!("{}@example.test", self.learner),
                },
                "course": {"id": self.course}, "assessment": {"id": "test", "name": "Final test"},
                "score": {"given": self.percent, "max": 100},
            },
        })
    }
}

/// A badge that is expected, and nobody else's: badge and learner.
pub(crate) type Key = (String, String);

/// Posts to one address, and keeps what was accepted. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    http: reqwest::Client,
    url: String,
    kept: Arc<Mutex<Kept>>,
}

/// What a sender knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept {
    /// Of each 2xx, the delivery.
    pub(crate) accepted: Vec<Uuid>,
    /// The badges that follow from what was accepted.
    pub(crate) expected: BTreeSet<Key>,
    /// Posts, answered or not.
    pub(crate) posts: usize,
    /// Answers 503 that say when to come again.
    pub(crate) refused: usize,
    /// Answers that neither accept nor say when to come again, and connections without one.
    pub(crate) odd: Vec<String>,
}

impl Sender {
    /// One that posts to an installation's front.
    pub(crate) fn new(url: String) -> Self {
        let http = reqwest::Client::builder().timeout(ANSWER).build().unwrap();
        Self { http, url, kept: Arc::default() }
    }

    /// What it knows by now.
    pub(crate) fn kept(&self) -> Kept {
        self.kept.lock().unwrap().clone()
    }

    /// Posts a grade until it is accepted.
    pub(crate) async fn post(&self, grade: &Grade) {
        self.post_to("forms", &grade.body().to_string()).await;
        self.accepts(grade);
    }

    /// Posts a grade that passes, of which no badge is to follow, until it is accepted.
    pub(crate) async fn post_unexpected(&self, grade: &Grade) {
        self.post_to("forms", &grade.body().to_string()).await;
    }

    /// A badge that is to follow.
    pub(crate) fn expects(&self, badge: &str, learner: &str) {
        self.kept.lock().unwrap().expected.insert((badge.to_owned(), learner.to_owned()));
    }

    /// Posts a body to a source until it is accepted.
    pub(crate) async fn post_to(&self, source: &str, body: &str) {
        let since = Instant::now();
        loop {
            if self.try_post(source, body).await == Some(200) {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "never accepted: {body}; last: {:?}", self.kept().odd.last());
            sleep(PAUSE).await;
        }
    }

    /// Posts once; the status, if there was an answer.
    pub(crate) async fn try_post(&self, source: &str, body: &str) -> Option<u16> {
        self.kept.lock().unwrap().posts += 1;
        let mut request = self.http.post(format!("{}/hooks/{source}", self.url)).body(body.to_owned());
        // The other source's secret is in its body.
        if source == "forms" {
            request = request.header(AUTHORIZATION, "Bearer sandbox-bearer");
        }
        let answer = match request.header("content-type", "application/json").send().await {
            Ok(answer) => answer,
            Err(error) => {
                self.kept.lock().unwrap().odd.push(error.to_string());
                return None;
            }
        };
        let status = answer.status();
        if status.as_u16() == 503 && answer.headers().contains_key(RETRY_AFTER) {
            self.kept.lock().unwrap().refused += 1;
        } else if !status.is_success() {
            self.kept.lock().unwrap().odd.push(status.to_string());
        }
        // An answer that broke off is none.
        let text = answer.bytes().await.ok()?;
        if status.is_success() {
            let said: Value = serde_json::from_slice(&text).unwrap();
            let delivery = said["delivery"].as_str().unwrap().parse().unwrap();
            self.kept.lock().unwrap().accepted.push(delivery);
        }
        Some(status.as_u16())
    }

    fn accepts(&self, grade: &Grade) {
        if grade.percent >= 70 {
            self.expects(grade.course, &grade.learner);
        }
    }

    /// Posts grades, each until it is accepted: so many at a time, with so long between two.
    pub(crate) async fn post_all(&self, grades: Vec<Grade>, at_a_time: usize, between: Duration) {
        let grades = Arc::new(Mutex::new(grades.into_iter()));
        let mut senders = JoinSet::new();
        for _ in 0..at_a_time {
            let (this, grades) = (self.clone(), Arc::clone(&grades));
            senders.spawn(async move {
                loop {
                    let Some(grade) = grades.lock().unwrap().next() else { return };
                    this.post(&grade).await;
                    sleep(between).await;
                }
            });
        }
        while let Some(ended) = senders.join_next().await {
            ended.unwrap();
        }
    }
}

/// A recorded webhook of Moodle, about the learner whom the sandbox's gradebook shows to pass.
pub(crate) fn moodle_webhook() -> String {
    let file = "connectors/moodle/fixtures/captures/0097_quiz-pass_hook-local-webhooks_user_graded.http";
    let text = std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n")).unwrap().1.to_owned()
}
