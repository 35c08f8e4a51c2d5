//! An LMS never answers, and a build waits for it.

use std::time::Duration;

use accolade::faults::Break;
use tokio::time::{Instant, sleep};

use crate::sender::moodle_webhook;
use crate::support::proxy::Network;
use crate::world::{PATIENCE, Plan, Way, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_an_lms_that_never_answers_is_noticed() {
    let half_open = async |broken: &[Break]| {
        let env = vec![("ACCOLADE_WORKER__LMS_SECONDS", "2".to_owned())];
        let world = World::start(Plan { env, ..Plan::broken(Way::Embedded, broken) }).await?;
        world.moodle.set(Network::Mute);
        world.sender.post_to("moodle", &moodle_webhook()).await;
        world.sender.expects("quiz", "4");
        let since = Instant::now();
        while world.moodle.connections() == 0 {
            assert!(since.elapsed() < PATIENCE, "nobody asks\n{}", world.said());
            sleep(Duration::from_millis(20)).await;
        }
        // What is under way stays unanswered for good; whoever asks anew is answered.
        world.moodle.stall();
        world.moodle.restore();
        Some(world)
    };
    let Some(sound) = half_open(&[]).await else { return };
    sound.ends_well().await;
    let Some(broken) = half_open(&[Break::WaitsForLms]).await else { return };
    broken.never_ends().await;
}
