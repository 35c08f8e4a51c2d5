//! Erasure among running processes: whatever comes late, nothing comes back.

use std::time::Duration;

use accolade::app::Role;
use accolade::clock::Clock;
use accolade::store::{By, DeliveryState, Erased, Store, Who};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::support::app::{Process, Site, Way, credentials};
use crate::support::smtp::{Script, SmtpServer};

const QUIZ_PASSED: &str = "0097_quiz-pass_hook-local-webhooks_user_graded";
const TOTAL_AFTER_QUIZ: &str = "0098_quiz-pass_hook-local-webhooks_user_graded";

/// Alice of the sandbox's Moodle, who passed.
async fn alice(store: &Store) -> Option<Uuid> {
    let who = Who::Learner { source: "moodle".to_owned(), id: "4".to_owned() };
    store.find(&who).await.unwrap().first().map(|found| found.person)
}

/// Her only credential.
async fn credential_of(store: &Store, person: Uuid) -> Uuid {
    let person = store.person(person).await.unwrap().unwrap();
    assert_eq!(person.awards.len(), 1, "{person:#?}");
    person.awards[0].held.credential
}

async fn erase(process: &Process, person: Uuid, now: DateTime<Utc>) -> Vec<Uuid> {
    let by = By { who: "Registrar".to_owned(), reason: "asked for it".to_owned() };
    match process.store.erase(person, &by, now).await.unwrap() {
        Erased::Done { credentials, .. } => credentials,
        other => panic!("{other:?}"),
    }
}

async fn status_of(address: String) -> (u16, String) {
    let answer = reqwest::get(address).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn runs(process: &Process) -> usize {
    let runs = process.store.runs(Some("moodle"), 100).await.unwrap();
    runs.into_iter().filter(|run| run.finished_at.is_some()).count()
}

async fn after_run(process: &Process, count: usize) {
    let started = tokio::time::Instant::now();
    while runs(process).await < count {
        assert!(started.elapsed() < Duration::from_mins(1), "no run {count}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn late_webhooks_and_gradebooks_bring_nobody_back() {
    let mut site = Site::new(Way::Embedded, None).await.unwrap();
    site.clock = Clock::manual("2026-11-21T02:00:00Z".parse().unwrap());
    let process = site.start(&Role::ALL).await;
    process.store.reconciled_since("moodle", site.clock.now()).await.unwrap();
    site.clock.advance(Duration::from_hours(1));
    after_run(&process, 1).await;
    let before = process.settled().await;
    let person = alice(&process.store).await.unwrap();
    let id = credential_of(&process.store, person).await;
    let others: Vec<_> = credentials(&before).into_iter().filter(|other| *other != id).collect();
    let page = format!("{}/credentials/{id}", process.url);
    let link = process.links.link(id);
    reqwest::Client::new().post(&link).send().await.unwrap();
    assert_eq!(status_of(page.clone()).await.0, 200, "claimed");
    let place = process.store.credential(id).await.unwrap().unwrap().status;

    assert_eq!(erase(&process, person, site.clock.now()).await, [id]);
    for ending in ["", ".json", ".jwt", ".png", ".svg", ".pdf", "/verify"] {
        let (status, text) = status_of(format!("{page}{ending}")).await;
        assert_eq!(status, 410, "{ending}");
        assert!(text.contains("withdrawn") && !text.contains("Alice"), "{text}");
    }
    assert_eq!(status_of(link).await.0, 404);
    let list = process.store.status_list(place.list).await.unwrap().unwrap();
    assert_eq!(list.revoked, [place.index]);
    assert_eq!(status_of(format!("{}/status/{}-revocation", process.url, place.list)).await.0, 200);

    // Webhooks that come late, and the gradebook, which shows her as before.
    let mut posted = Vec::new();
    for capture in [QUIZ_PASSED, TOTAL_AFTER_QUIZ] {
        let (status, answer) = process.post_capture(capture).await;
        assert_eq!(status, 200, "{answer}");
        posted.push(answer["delivery"].as_str().unwrap().parse::<Uuid>().unwrap());
    }
    let trails = process.settled().await;
    let late: Vec<_> = trails.iter().filter(|trail| posted.contains(&trail.id)).collect();
    assert_eq!(late.len(), 2, "{trails:#?}");
    assert!(late.iter().all(|trail| trail.state == DeliveryState::Done && trail.body.is_none()), "{late:#?}");
    assert!(late.iter().all(|trail| trail.reason.contains("erased")), "{late:#?}");
    let count = trails.len();
    site.clock.advance(Duration::from_hours(24));
    after_run(&process, 2).await;
    let trails = process.settled().await;
    let told = trails.iter().skip(count).filter(|trail| trail.source == "moodle").count();
    assert_eq!(told, 0, "reconciliation tells nothing of her: {trails:#?}");
    process.stop().await;

    // Another start, and a third run.
    let process = site.start(&Role::ALL).await;
    site.clock.advance(Duration::from_hours(24));
    after_run(&process, 3).await;
    // The other LMSs' gradebooks may have been read only now: there can be more than before.
    let held = credentials(&process.settled().await);
    assert!(!held.contains(&id) && others.iter().all(|other| held.contains(other)), "{held:?}");
    assert_eq!(alice(&process.store).await, None);

    // She comes back, and agrees.
    assert!(process.store.readmit("moodle", "4", site.clock.now()).await.unwrap());
    site.clock.advance(Duration::from_hours(24));
    after_run(&process, 4).await;
    process.settled().await;
    let again = credential_of(&process.store, alice(&process.store).await.unwrap()).await;
    assert_ne!(again, id, "a badge of its own; the old one stays withdrawn");
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_on_their_way_find_nothing_to_do() {
    let smtp = SmtpServer::start(Script::accept()).await;
    let Some(site) = Site::new(Way::Production, Some(smtp.port)).await else { return };
    let front = site.start(&[Role::Ingest, Role::Web]).await;
    let worker = site.start(&[Role::Worker]).await;
    assert_eq!(front.post_capture(QUIZ_PASSED).await.0, 200);
    let awarded = |trails: &[accolade::store::DeliveryTrail]| credentials(trails).len() == 1;
    front.until("awarded", awarded).await;
    worker.stop().await;
    // In the queues: another signal of hers, and the mail, for which nobody is there.
    assert_eq!(front.post_capture(TOTAL_AFTER_QUIZ).await.0, 200);
    let person = alice(&front.store).await.unwrap();
    let id = credential_of(&front.store, person).await;
    assert_eq!(erase(&front, person, site.clock.now()).await, [id]);

    let (worker, mailer) = (site.start(&[Role::Worker]).await, site.start(&[Role::Mailer]).await);
    let trails = front.settled().await;
    assert_eq!(credentials(&trails), Vec::<Uuid>::new(), "{trails:#?}");
    assert_eq!(front.post_capture(QUIZ_PASSED).await.0, 200);
    let trails = front.settled().await;
    assert!(
        trails
            .iter()
            .all(|trail| trail.body.is_none() || trail.user_agent.as_deref() == Some("accolade people")),
        "{trails:#?}"
    );
    assert_eq!(alice(&front.store).await, None);
    assert!(smtp.taken().is_empty(), "no mail left");
    worker.stop().await;
    mailer.stop().await;
    front.stop().await;
    site.end().await;
}
