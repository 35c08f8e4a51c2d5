//! SIGTERM in the middle of work: a clean exit within the deadline, and no mail twice.

use std::time::Duration;

use tokio::time::sleep;

use crate::sender::Grade;
use crate::world::{Plan, Way, World};

async fn stops(way: Way) {
    // Clocks as they are: no lease may end, and nothing needs the sweeper.
    let Some(mut world) = World::start(Plan { speed: 1, ..Plan::new(way) }).await else { return };
    let sender = world.sender.clone();
    let grades = Grade::many("stopped", 60);
    let posting = tokio::spawn(async move { sender.post_all(grades, 4, Duration::from_millis(50)).await });
    for round in 0..2 {
        for number in 0..world.parts.len().min(3) {
            sleep(Duration::from_millis(200 + 150 * round)).await;
            // One that is past its deadline says so by its status.
            let status = world.parts[number].stop().await;
            assert!(status.success(), "{status}\n{}", world.said());
            let env = world.env.clone();
            world.parts[number].start(&env);
            world.parts[number].ready().await;
        }
    }
    posting.await.unwrap();
    // No mailer was killed, so the checks allow no copy.
    let evidence = world.ends_well().await;
    println!("{way:?}: {}", evidence.figures());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_stop_cleanly_in_the_middle_of_work_in_production() {
    stops(Way::Production).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_stops_cleanly_in_the_middle_of_work_embedded() {
    stops(Way::Embedded).await;
}
