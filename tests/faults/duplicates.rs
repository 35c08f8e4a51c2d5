//! The same ten times, in any order, while processes die.

use std::time::Duration;

use tokio::time::sleep;

use crate::random::Random;
use crate::sender::Grade;
use crate::world::{Plan, Way, World};

/// How often each is sent.
const TIMES: usize = 10;

async fn ten_times(way: Way) {
    let Some(mut world) = World::start(Plan::new(way)).await else { return };
    let once = Grade::many("tenfold", 12);
    let mut grades: Vec<Grade> = std::iter::repeat_n(once.clone(), TIMES).flatten().collect();
    Random::new(10).shuffle(&mut grades);
    let sender = world.sender.clone();
    let posting = tokio::spawn(async move { sender.post_all(grades, 8, Duration::from_millis(20)).await });
    for role in ["worker", "ingest"] {
        sleep(Duration::from_millis(300)).await;
        world.part(role).kill().await;
        world.restart(role).await;
    }
    posting.await.unwrap();
    let evidence = world.ends_well().await;
    assert!(evidence.kept.accepted.len() >= once.len() * TIMES, "each copy was accepted");
    let state = |state: &str| evidence.ledger.deliveries.values().filter(|one| one.state == state).count();
    assert_eq!(state("done"), once.len(), "each was told once, the rest are duplicates");
    assert_eq!(state("done") + state("duplicate"), evidence.ledger.deliveries.len());
    println!("{way:?}: {}", evidence.figures());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_copies_in_any_order_are_one_award_in_production() {
    ten_times(Way::Production).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_copies_in_any_order_are_one_award_embedded() {
    ten_times(Way::Embedded).await;
}
