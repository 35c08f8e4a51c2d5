//! A broker is frozen, and a build waits for its confirms.

use std::sync::Arc;
use std::time::Duration;

use accolade::faults::Break;

use super::some;
use crate::broker::blocking;
use crate::sender::Grade;
use crate::support::broker::Broker;
use crate::world::{PATIENCE, Plan, Way, World};

/// How long a process may take to end: longer than a confirm is waited for (5 s).
const STOP: &str = "12";

/// A frozen broker answers all when it goes on, so that nothing is lost either way. But whoever waits for its
/// confirms does not end meanwhile when it is asked to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_the_confirms_of_a_frozen_broker_is_noticed() {
    let Some(broker) = tokio::task::spawn_blocking(Broker::start).await.unwrap() else { return };
    let broker = Arc::new(broker);
    for (broken, ends) in [(&[][..], true), (&[Break::WaitsForConfirms], false)] {
        let env = vec![
            ("ACCOLADE_QUEUE__URL", broker.url().to_owned()),
            ("ACCOLADE_SERVER__STOP_SECONDS", STOP.to_owned()),
        ];
        let plan = Plan { env, ..Plan::broken(Way::Production, broken) };
        let Some(mut world) = World::start(plan).await else { return };
        world.sender.post(&Grade::pass("before")).await;
        world.settle(PATIENCE).await;
        blocking(&broker, Broker::freeze).await;
        world.sender.post_all(some("frozen"), 4, Duration::ZERO).await;
        let ended = world.part("ingest").stop().await;
        blocking(&broker, Broker::thaw).await;
        assert_eq!(ended.success(), ends, "{broken:?}: {ended}\n{}", world.said());
        world.restart("ingest").await;
        world.ends_well().await;
    }
}
