//! Work that ends the process: nobody is left to count it, and it comes again with its neighbours.

use std::time::Duration;

use accolade::faults::{self, Break};

use crate::checks::{Check, complaints};
use crate::sender::Grade;
use crate::world::{PATIENCE, Plan, Way, World};

/// How much faster the clocks run: a mail whose process has ended is taken again after four minutes.
const SPEED: u32 = 120;
/// What its reason says.
const REASON: &str = "ended the worker 5 times when it was worked on alone";

/// One learner whose signal, one whose event and one whose mail aborts, in the midst of others.
async fn start(way: Way, broken: &[Break]) -> Option<World> {
    let aborts = "confirm:abort-1,award:abort-2,mail:abort-3@example.test".to_owned();
    let env = vec![(faults::TOUCH_ABORT, aborts)];
    let mut world = World::start(Plan { env, speed: SPEED, ..Plan::broken(way, broken) }).await?;
    let sender = world.sender.clone();
    let posting = tokio::spawn(async move {
        sender.post_all(Grade::many("before", 6), 3, Duration::ZERO).await;
        for poison in ["abort-1", "abort-2"] {
            sender.post_unexpected(&Grade::pass(poison)).await;
        }
        sender.post(&Grade::pass("abort-3")).await;
        sender.post_all(Grade::many("after", 6), 3, Duration::from_millis(200)).await;
    });
    while !posting.is_finished() {
        for part in &mut world.parts {
            part.revive(&world.env);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    posting.await.unwrap();
    Some(world)
}

async fn parks(way: Way) {
    let Some(mut world) = start(way, &[]).await else { return };
    world.settle_reviving(PATIENCE).await;
    let deaths: usize = world.parts.iter().map(|part| part.deaths).sum();
    let evidence = world.evidence(PATIENCE).await;
    println!("{way:?}: {deaths} deaths; {}", evidence.figures());
    let parked: Vec<&str> = evidence.ledger.parked.iter().map(|(table, _)| table.as_str()).collect();
    assert_eq!(parked, ["signals", "events", "mails"], "{:#?}\n{}", evidence.ledger.parked, world.said());
    assert!(evidence.ledger.parked.iter().all(|(_, reason)| reason.contains(REASON)));
    // The badge of the third is awarded, and its mail alone did not leave.
    let found = complaints(&evidence);
    assert!(
        matches!(found.as_slice(), [one] if one.check == Check::Mailed && one.what.contains("abort-3")),
        "{found:#?}\n{}",
        world.said()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_aborts_the_process_is_parked_and_its_neighbours_are_done_in_production() {
    parks(Way::Production).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_aborts_the_process_is_parked_and_its_neighbours_are_done_embedded() {
    parks(Way::Embedded).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_is_tried_for_ever_is_noticed() {
    let Some(mut world) = start(Way::Embedded, &[Break::TriesForEver]).await else { return };
    world.settle_reviving(Duration::from_secs(25)).await;
    // It can end well while nothing of it is in work.
    let found = complaints(&world.evidence(Duration::ZERO).await);
    assert!(found.iter().any(|one| one.check == Check::Finished), "{found:#?}");
}
