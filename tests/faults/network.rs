//! Connections that are cut, half-open or slow, before the broker, the database, the mail server and
//! the API of an LMS.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::sleep;

use crate::load::{Answers, Load, seconds, works_again};
use crate::sender::moodle_webhook;
use crate::support::broker::amqp_url;
use crate::support::proxy::{Network, Proxy};
use crate::world::{PATIENCE, Plan, Way, World};

/// What is done to connections, one after the other.
const FAULTS: [Network; 5] = [
    Network::Cut,
    Network::Reset,
    Network::CutAfter(2_000),
    Network::Slow(Duration::from_millis(30)),
    Network::Silent,
];
/// How long to those of each server.
const EACH: (u64, u64) = (1, 35);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_half_open_or_slow_lose_nothing() {
    let Some(amqp) = amqp_url() else { return };
    let (broker, through_broker) = Proxy::before(&amqp, 5672).await;
    let mut plan = Plan::new(Way::Production);
    plan.env.push(("ACCOLADE_QUEUE__URL", through_broker));
    let Some(mut world) = World::new(plan).await else { return };
    let (database, through_database) = Proxy::before(world.database().url(), 5432).await;
    let smtp = Proxy::start(SocketAddr::from(([127, 0, 0, 1], world.smtp.port))).await;
    world.env.insert("ACCOLADE_DATABASE__URL".to_owned(), through_database);
    world.env.insert("ACCOLADE_MAIL__URL".to_owned(), format!("smtp+plain://127.0.0.1:{}", smtp.port));
    world.start_all().await;

    let load = Load::start(&world.sender, "network", Answers::InTheEnd);
    world.moodle.cut();
    world.sender.post_to("moodle", &moodle_webhook()).await;
    world.sender.expects("quiz", "4");
    for network in FAULTS {
        for proxy in [&broker, &database, &smtp, &world.moodle] {
            proxy.set(network);
            sleep(seconds(EACH.0, EACH.1)).await;
            proxy.restore();
        }
        // What was sent and not answered is sent once more.
        world.part("mailer").deaths += 1;
        works_again(&world, &format!("{network:?}"), PATIENCE).await;
    }
    // Half-open for good: only new connections help.
    for proxy in [&broker, &database, &smtp, &world.moodle] {
        proxy.stall();
    }
    world.part("mailer").deaths += 1;
    works_again(&world, "half-open connections", PATIENCE).await;
    load.end().await;
    let evidence = world.ends_well_but_put_off().await;
    println!("{}", evidence.figures());
}
