//! A process dies at each place where the table of crash points has a row.

use accolade::faults::Point;

use crate::sender::{Grade, moodle_webhook};
use crate::world::{Plan, Way, World};

/// Which process comes to a point.
fn role(point: Point) -> &'static str {
    match point {
        Point::AcceptUncommitted
        | Point::AcceptUnanswered
        | Point::AcceptUnpublished
        | Point::PublishUnconfirmed => "ingest",
        Point::ConfirmUncommitted
        | Point::ConfirmUnpublished
        | Point::ConfirmUnacknowledged
        | Point::AwardUncommitted
        | Point::AwardUnpublished
        | Point::AwardUnacknowledged
        | Point::RetryUnacknowledged => "worker",
        Point::MailUnsent | Point::MailUnmarked | Point::MailUnacknowledged => "mailer",
    }
}

/// The points of a process.
fn of(part: &str) -> Vec<Point> {
    Point::ALL.into_iter().filter(|point| role(*point) == part).collect()
}

/// Has the process die there once, under work, and starts it again.
async fn die_at(world: &mut World, point: Point) {
    let role = role(point);
    world.arm(role, point).await;
    let sender = world.sender.clone();
    let posting = tokio::spawn(async move {
        sender.post_all(Grade::many(&format!("{point:?}"), 4), 4, std::time::Duration::ZERO).await;
    });
    if point == Point::RetryUnacknowledged {
        // Only what the LMS does not answer is tried again.
        world.moodle.cut();
        world.sender.post_to("moodle", &moodle_webhook()).await;
        world.sender.expects("quiz", "4");
    }
    let status = world.part(role).died().await;
    assert!(!status.success(), "{point:?}: {status}");
    world.moodle.restore();
    world.restart(role).await;
    posting.await.unwrap();
}

async fn every_point(way: Way, points: &[Point]) {
    let Some(mut world) = World::start(Plan::new(way)).await else { return };
    for point in points {
        die_at(&mut world, *point).await;
    }
    let evidence = world.ends_well().await;
    println!("{way:?}: {} points; {}", points.len(), evidence.figures());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_any_point_of_ingest_loses_nothing_in_production() {
    every_point(Way::Production, &of("ingest")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_any_point_of_a_worker_loses_nothing_in_production() {
    every_point(Way::Production, &of("worker")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_any_point_of_a_mailer_loses_nothing_in_production() {
    every_point(Way::Production, &of("mailer")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_any_point_loses_nothing_embedded() {
    // A queue that is in the process has no confirms, and nothing of it outlives the process.
    let brokers = [Point::PublishUnconfirmed, Point::RetryUnacknowledged];
    let points: Vec<Point> = Point::ALL.into_iter().filter(|point| !brokers.contains(point)).collect();
    every_point(Way::Embedded, &points).await;
}
