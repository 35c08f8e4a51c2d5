//! What cannot be handled: it is refused or parked, with a reason, and harms nobody beside it.

use std::time::Duration;

use accolade::faults;

use crate::checks::complaints;
use crate::sender::Grade;
use crate::world::{PATIENCE, Plan, Way, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_refused_or_parked_and_harms_nobody() {
    let Some(mut world) = World::start(Plan::new(Way::Production)).await else { return };
    let neighbours = Grade::many("neighbour", 4);
    world.sender.post_all(neighbours[..3].to_vec(), 3, Duration::ZERO).await;
    for body in ["{", "", "[1, 2", "null", "\u{0}"] {
        assert_eq!(world.sender.try_post("forms", body).await, Some(400), "{body:?}");
    }
    for key in ["signal.received.forms", "assessment.passed.forms.first-aid", "mail.queued"] {
        world.queues(async |queues| queues.publish(key, b"{\"id\": ").await).await;
    }
    world.sender.post_all(neighbours[3..].to_vec(), 3, Duration::ZERO).await;
    let mut evidence = world.evidence(PATIENCE).await;
    assert_eq!(evidence.queues.remove("parked"), Some(3), "each bad message is parked");
    let refused = evidence.ledger.deliveries.values().filter(|one| one.state == "refused");
    assert!(refused.clone().all(|one| !one.reason.is_empty()));
    assert_eq!(refused.count(), 5);
    let complaints = complaints(&evidence);
    assert!(complaints.is_empty(), "{complaints:#?}\n{}", world.said());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_panics_parks_its_own_work_alone() {
    let panics = "confirm:poison-1,award:poison-2".to_owned();
    let plan = Plan { env: vec![(faults::TOUCH_PANIC, panics)], ..Plan::new(Way::Embedded) };
    let Some(mut world) = World::start(plan).await else { return };
    for poison in ["poison-1", "poison-2"] {
        let grade = Grade { percent: 99, ..Grade::pass(poison) };
        world.sender.post_unexpected(&grade).await;
    }
    world.sender.post_all(Grade::many("neighbour", 6), 3, Duration::ZERO).await;
    // Two deliveries, a signal and an event; their tries take minutes and hours on the processes' clocks.
    world.settle_but(4, PATIENCE).await;
    world.hurry(600).await;
    world.settle(PATIENCE).await;
    let evidence = world.ends_well().await;
    let tables: Vec<&str> = evidence.ledger.parked.iter().map(|(table, _)| table.as_str()).collect();
    assert_eq!(tables, ["signals", "events"], "{:#?}", evidence.ledger.parked);
}
