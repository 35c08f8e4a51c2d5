//! Recovery drills: database and broker of different times come together by themselves.
//!
//! A backup knows nothing of what came after it. What the broker still tells of that is about rows
//! that are not there, and ends; what the backup says is still to be done is done again, under the
//! same credential ids; what is missing comes back from whoever knows of it: a sender that repeats, or
//! the gradebooks.

use std::collections::BTreeSet;
use std::time::Duration;

use accolade::app::Role;
use accolade::clock::Clock;
use accolade::config::Settings;
use accolade::queue::Queue;
use accolade::store::{DeliveryState, Work};
use uuid::Uuid;

use crate::support::app::{Process, Site, Way, credentials};
use crate::support::broker::amqp_url;

const QUIZ_PASSED: &str = "0097_quiz-pass_hook-local-webhooks_user_graded";
const TOTAL_AFTER_QUIZ: &str = "0098_quiz-pass_hook-local-webhooks_user_graded";
/// More than the sweeper's grace.
const LATER: Duration = Duration::from_mins(2);
/// Enough for a nightly run to be due.
const NIGHT: Duration = Duration::from_hours(24);

async fn site(way: Way) -> Option<Site> {
    let mut site = Site::new(way, None).await?;
    site.clock = Clock::manual(Clock::system().now());
    Some(site)
}

/// A process whose links are those of the installation, whatever its own port.
async fn start(site: &Site, roles: &[Role]) -> Process {
    let here = |settings: &mut Settings| settings.public_url = "http://localhost:1".parse().unwrap();
    site.start_with(roles, here).await
}

async fn pass(process: &Process, learner: &str) {
    let answer = process.pass(learner).await;
    assert_eq!(answer.0, 200, "{}", answer.1);
}

/// The credentials, once nothing waits and everything is done.
async fn done(process: &Process) -> BTreeSet<Uuid> {
    let trails = process.settled().await;
    assert!(trails.iter().all(|trail| trail.state == DeliveryState::Done), "{trails:#?}");
    credentials(&trails).into_iter().collect()
}

/// Where the link leads that a mail promised.
async fn claimable(process: &Process, id: Uuid) -> bool {
    let link = process.links.link(id).replace("http://localhost:1", &process.url);
    reqwest::get(link).await.unwrap().status() == 200
}

async fn nothing_is_queued(exchange: &str) {
    let queue = Queue::connect(&amqp_url().unwrap(), exchange).await.unwrap();
    let began = tokio::time::Instant::now();
    for work in Work::ALL {
        while queue.depth(work).await != Ok(0) {
            assert!(began.elapsed() < Duration::from_mins(1), "{work:?} is left in the queue");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    queue.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_database_and_a_newer_broker_come_together() {
    let Some(site) = site(Way::Production).await else { return };
    let front = start(&site, &[Role::Ingest, Role::Web]).await;
    pass(&front, "before-1").await;
    pass(&front, "before-2").await;
    // Their messages wait in the broker, their rows are in the backup.
    let backup = site.backup().await;
    let worker = start(&site, &[Role::Worker, Role::Mailer]).await;
    let before = with_at_least(&front, 2).await;
    pass(&front, "after").await;
    for capture in [QUIZ_PASSED, TOTAL_AFTER_QUIZ] {
        assert_eq!(front.post_capture(capture).await.0, 200);
    }
    let all = with_at_least(&front, 4).await;
    worker.stop().await;
    // Of this the restored database will know nothing, and the broker will tell of it.
    pass(&front, "untold").await;
    front.stop().await;

    site.restore(&backup).await;
    site.clock.advance(LATER);
    let everything = start(&site, &Role::ALL).await;
    holds(&everything, &before).await;
    nothing_is_queued(site.exchange()).await;
    for id in &before {
        assert!(claimable(&everything, *id).await, "the link of the first mail works");
    }
    // The next nightly run reads the gradebooks; who sent something since the backup sends it again.
    everything.store.reconciled_since("moodle", site.clock.now()).await.unwrap();
    site.clock.advance(NIGHT);
    pass(&everything, "after").await;
    pass(&everything, "untold").await;
    holds(&everything, &all).await;
    done(&everything).await;
    everything.stop().await;
    site.end().await;
}

/// The credentials, once there are so many and nothing waits.
async fn with_at_least(process: &Process, count: usize) -> BTreeSet<Uuid> {
    process.until("all are awarded", |trails| credentials(trails).len() >= count).await;
    done(process).await
}

/// Waits until there are all of these again, under the same ids.
async fn holds(process: &Process, ids: &BTreeSet<Uuid>) {
    let all = |trails: &[_]| credentials(trails).into_iter().collect::<BTreeSet<_>>().is_superset(ids);
    process.until("the same credentials are there", all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_database_goes_on_embedded() {
    let Some(site) = site(Way::Embedded).await else { return };
    let front = start(&site, &Role::ALL).await;
    pass(&front, "before").await;
    let before = done(&front).await;
    let backup = site.backup().await;
    pass(&front, "after").await;
    let all = done(&front).await;
    front.stop().await;
    site.restore(&backup).await;
    let restored = start(&site, &Role::ALL).await;
    assert_eq!(done(&restored).await, before);
    pass(&restored, "after").await;
    assert_eq!(done(&restored).await, all, "the same credentials, under the same ids");
    restored.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_database_and_an_older_broker_come_together() {
    let Some(site) = site(Way::Production).await else { return };
    let front = start(&site, &[Role::Ingest, Role::Web]).await;
    pass(&front, "one").await;
    pass(&front, "two").await;
    front.stop().await;
    site.clock.advance(LATER);
    // A broker without any of its messages, as after the loss of its disk.
    let lost = format!("{}-lost", site.exchange());
    let elsewhere = |settings: &mut Settings| {
        settings.queue.exchange = lost.as_str().into();
        settings.public_url = "http://localhost:1".parse().unwrap();
    };
    let fresh = site.start_with(&Role::ALL, elsewhere).await;
    let awarded = done(&fresh).await;
    assert_eq!(awarded.len(), 2);
    let mails = std::fs::read_dir(site.outbox()).unwrap().count();
    assert_eq!(mails, 2);
    fresh.stop().await;
    // The older broker comes back: it tells of what is done.
    let old = start(&site, &Role::ALL).await;
    nothing_is_queued(site.exchange()).await;
    assert_eq!(done(&old).await, awarded);
    assert_eq!(std::fs::read_dir(site.outbox()).unwrap().count(), mails, "no mail twice");
    old.stop().await;
    site.end().await;
}
