//! Deliveries, outcomes and awards for the tests.

use accolade::ids;
use accolade::store::{
    AwardCommit, Candidate, ConfirmResult, ConfirmedSignal, FoundLearner, NewAward, NewCredential,
    NewDelivery, NewEvent, NewKey, NewMail, Passage, Purpose, Recorded, RuledOutcome, SignalVerdict,
    StatusEntry, Store, Verdict, Who,
};
use accolade_connectors::{Assessment, AssessmentKind, Course, Learner, Outcome, Release, Score, Signal};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// So many seconds after the tests' beginning of time.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 123_456_000).unwrap()
}

/// A new id.
pub(crate) fn id() -> Uuid {
    ids::timed(at(0))
}

pub(crate) fn signal(key: &str) -> Signal {
    Signal {
        key: key.to_owned(),
        batch: "course:1".to_owned(),
        event: "user_graded".to_owned(),
        learner: "7".to_owned(),
        course: Some("1".to_owned()),
        occurred_at: Some(at(0)),
        detail: serde_json::json!({ "item": 4 }),
        outcome: None,
    }
}

/// An accepted delivery of the source `moodle`, with a signal for each key.
pub(crate) fn delivery(keys: &[&str]) -> NewDelivery {
    delivery_from("moodle", keys)
}

pub(crate) fn delivery_from(source: &str, keys: &[&str]) -> NewDelivery {
    NewDelivery {
        id: id(),
        source: source.to_owned(),
        received_at: at(0),
        user_agent: Some("MoodleBot/1.0".to_owned()),
        body: Some(b"{}".to_vec()),
        verdict: Verdict::Accepted {
            signals: keys.iter().map(|key| (id(), signal(key))).collect(),
            ignored: Vec::new(),
        },
    }
}

pub(crate) async fn record(store: &Store, delivery: &NewDelivery) -> Recorded {
    store.record(std::slice::from_ref(delivery)).await.unwrap().remove(0)
}

/// A recorded signal: its delivery, source and id.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) delivery: Uuid,
    pub(crate) source: String,
    pub(crate) signal: Uuid,
}

/// Records a delivery with one signal.
pub(crate) async fn tell(store: &Store, source: &str) -> Told {
    let key = id().to_string();
    let recorded = record(store, &delivery_from(source, &[&key])).await;
    Told { delivery: recorded.id, source: source.to_owned(), signal: recorded.new_signals[0] }
}

pub(crate) fn learner(id: &str) -> Learner {
    Learner {
        id: id.to_owned(),
        name: Some(format!("Learner {id}")),
        email: Some(format!("learner-{id}@example.test")),
        institution_id: None,
        language: Some("de".to_owned()),
    }
}

/// A released outcome in course 1 with so many points of 100.
pub(crate) fn outcome(learner_id: &str, assessment: &str, points: i64, as_of: DateTime<Utc>) -> Outcome {
    Outcome {
        learner: learner(learner_id),
        course: Course { id: "1".to_owned(), also: Vec::new(), name: None, url: None },
        assessment: Assessment {
            id: assessment.to_owned(),
            also: Vec::new(),
            kind: AssessmentKind::Item,
            name: None,
            url: None,
        },
        score: Some(Score { given: Some(points.into()), min: 0.into(), max: Some(100.into()), text: None }),
        passed: None,
        release: Release::Released,
        graded_at: None,
        attempt: None,
        attempts: Vec::new(),
        late: None,
        all_graded: None,
        as_of,
    }
}

pub(crate) fn done() -> SignalVerdict {
    SignalVerdict::Done { reason: "confirmed".to_owned() }
}

/// An outcome that no rule names.
pub(crate) fn ruled(outcome: Outcome, passes: bool) -> RuledOutcome {
    RuledOutcome { outcome, passes, named: false }
}

pub(crate) fn result(told: &Told, outcomes: Vec<(Outcome, bool)>, verdict: SignalVerdict) -> ConfirmResult {
    ConfirmResult {
        signal: told.signal,
        delivery: told.delivery,
        source: told.source.clone(),
        outcomes: outcomes.into_iter().map(|(outcome, passes)| ruled(outcome, passes)).collect(),
        read: false,
        verdict,
    }
}

/// Confirms a signal with one outcome; half of the points pass.
pub(crate) async fn confirm_one(store: &Store, told: &Told, outcome: Outcome) -> Vec<NewEvent> {
    let points = outcome.score.as_ref().and_then(|score| score.given).unwrap();
    let passes = points >= 50.into();
    let results = [result(told, vec![(outcome, passes)], done())];
    let confirmed: Vec<ConfirmedSignal> = store.confirm(&results, at(10)).await.unwrap();
    assert_eq!(confirmed.len(), 1);
    assert_eq!(confirmed[0].signal, told.signal);
    confirmed.into_iter().next().unwrap().events
}

/// Tells and confirms one outcome.
pub(crate) async fn grade(store: &Store, source: &str, outcome: Outcome) -> Vec<NewEvent> {
    let told = tell(store, source).await;
    confirm_one(store, &told, outcome).await
}

/// A passed outcome of a learner, ready for evaluation.
pub(crate) async fn candidate(store: &Store, learner: &str) -> Candidate {
    let events = grade(store, "moodle", outcome(learner, "item:1", 80, at(1))).await;
    assert_eq!(events.len(), 1);
    candidate_of(store, events[0].id).await
}

pub(crate) async fn candidate_of(store: &Store, event: Uuid) -> Candidate {
    store.candidates(&[event]).await.unwrap().remove(0)
}

/// The learner of a source with this id.
pub(crate) async fn learner_of(store: &Store, source: &str, id: &str) -> FoundLearner {
    let who = Who::Learner { source: source.to_owned(), id: id.to_owned() };
    store.find(&who).await.unwrap().remove(0)
}

pub(crate) async fn place(store: &Store) -> StatusEntry {
    let places = store.allocate_status("school", 1, 5, |_, counter, _| counter, at(20)).await.unwrap();
    places[0]
}

/// The key with which the school began.
pub(crate) async fn first_key(store: &Store) -> String {
    let key = NewKey { purpose: Purpose::Badge, name: "z6Mk1".to_owned(), public_key: "z6Mk1".to_owned() };
    store.first_key("school", &key, at(0)).await.unwrap();
    key.name
}

/// What a worker makes of a candidate: a badge.
pub(crate) async fn award_for(store: &Store, candidate: &Candidate, badge: &str) -> NewAward {
    let credential = ids::credential("school", badge, candidate.person, "once");
    let mail = ids::derived(credential, "claim");
    NewAward {
        issuer: "school".to_owned(),
        badge: badge.to_owned(),
        cycle: "once".to_owned(),
        awarded_at: at(20),
        valid_until: None,
        renews: None,
        supersedes: None,
        basis: Vec::new(),
        rules: "sha256:1".to_owned(),
        explanation: serde_json::json!({ "met": true }),
        inputs: serde_json::json!({ "badge": badge }),
        credential: NewCredential {
            id: credential,
            document: r#"{"type":"OpenBadgeCredential"}"#.to_owned(),
            signed_by: first_key(store).await,
            status: place(store).await,
            name: "Learner".to_owned(),
            email: "learner@example.test".to_owned(),
            claim_hash: Uuid::new_v4().as_bytes().to_vec(),
            claim_until: at(1_000),
            remind_at: Some(at(60)),
        },
        mail: NewMail {
            id: mail,
            kind: "claim".to_owned(),
            message_id: format!("{mail}@badges.example.edu"),
            date: at(20),
            language: Some("de".to_owned()),
        },
        passage: Passage::Free,
    }
}

pub(crate) async fn commit_for(store: &Store, candidate: &Candidate, badge: &str) -> AwardCommit {
    AwardCommit {
        event: candidate.event,
        delivery: candidate.delivery,
        person: candidate.person,
        version: candidate.version,
        held: candidate.held.iter().map(Into::into).collect(),
        reason: format!("awarded {badge}"),
        awards: vec![award_for(store, candidate, badge).await],
        changes: Vec::new(),
        waits: Vec::new(),
        guarding: Vec::new(),
        superseded: Vec::new(),
    }
}

/// A learner with an award: the commit that made it.
pub(crate) async fn awarded(store: &Store, learner: &str) -> AwardCommit {
    let candidate = candidate(store, learner).await;
    let commit = commit_for(store, &candidate, "rust").await;
    let answers = store.award(std::slice::from_ref(&commit), at(20)).await.unwrap();
    assert!(matches!(answers[0], accolade::store::Committed::Stored { .. }), "{answers:?}");
    commit
}
