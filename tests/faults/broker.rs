//! The broker dies, freezes, raises alarms and loses queues, while work goes on.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::load::{Answers, Load, RECOVERY, seconds, works_again};
use crate::sender::{Grade, moodle_webhook};
use crate::support::broker::Broker;
use crate::world::{Plan, Way, World};

/// How often it dies.
const DEATHS: u32 = 5;
/// How long it stands still: longer than every limit for an answer of it (5 s).
const FROZEN: (u64, u64) = (8, 30);
/// An alarm that lasts longer than what is put off can be held (30 s), in the long form.
const ALARM: (u64, u64) = (7, 40);
/// As [`RECOVERY`], for what is brought to an end by a command, which takes seconds on a busy machine.
const AFTER_A_COMMAND: Duration = Duration::from_secs(30);

pub(crate) async fn blocking(broker: &Arc<Broker>, work: impl FnOnce(&Broker) + Send + 'static) {
    let broker = Arc::clone(broker);
    tokio::task::spawn_blocking(move || work(&broker)).await.unwrap();
}

/// One broker for all of it, one after the other: starting one takes ten seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_dies_freezes_or_takes_nothing_loses_nothing_and_no_sender_notices() {
    let Some(broker) = tokio::task::spawn_blocking(Broker::start).await.unwrap() else { return };
    let broker = Arc::new(broker);
    let env = vec![("ACCOLADE_QUEUE__URL", broker.url().to_owned())];
    let Some(world) = World::start(Plan { env, ..Plan::new(Way::Production) }).await else { return };
    let load = Load::start(&world.sender, "broker", Answers::Always);

    for number in 1..=DEATHS {
        blocking(&broker, Broker::kill).await;
        let since = Instant::now();
        // It returns when the broker answers AMQP again.
        blocking(&broker, Broker::restart).await;
        // Where the broker itself takes longer than it should (7 to 14 s), all may.
        let within = RECOVERY.max(since.elapsed());
        works_again(&world, &format!("death {number} of the broker"), within).await;
    }

    blocking(&broker, Broker::freeze).await;
    sleep(seconds(FROZEN.0, FROZEN.1)).await;
    blocking(&broker, Broker::thaw).await;
    works_again(&world, "a frozen broker", AFTER_A_COMMAND).await;

    // What is put off during an alarm cannot be published, and must not circle until it is parked.
    world.moodle.cut();
    world.sender.post_to("moodle", &moodle_webhook()).await;
    world.sender.expects("quiz", "4");
    for (name, alarm, end) in [
        (
            "a memory alarm",
            ["set_vm_memory_high_watermark", "absolute", "1"].as_slice(),
            ["set_vm_memory_high_watermark", "absolute", "1GB"].as_slice(),
        ),
        ("a disk alarm", &["set_disk_free_limit", "1000000GB"], &["set_disk_free_limit", "50MB"]),
    ] {
        blocking(&broker, move |broker| drop(broker.ctl(alarm))).await;
        sleep(seconds(ALARM.0, ALARM.1)).await;
        world.moodle.restore();
        blocking(&broker, move |broker| drop(broker.ctl(end))).await;
        works_again(&world, name, AFTER_A_COMMAND).await;
    }
    load.end().await;
    let evidence = world.ends_well_but_put_off().await;
    println!("{}", evidence.figures());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_in_a_queue_that_was_deleted_is_published_again() {
    let Some(mut world) = World::start(Plan::new(Way::Production)).await else { return };
    world.part("worker").stop().await;
    world.sender.post_all(Grade::many("deleted", 6), 2, Duration::ZERO).await;
    let waited = world.queues(async |queues| queues.delete_one("signals").await).await;
    assert!(waited > Some(0), "nothing waited in it");
    world.restart("worker").await;
    world.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_deleted_under_a_worker_comes_back_with_its_work() {
    let Some(world) = World::start(Plan::new(Way::Production)).await else { return };
    let load = Load::start(&world.sender, "underneath", Answers::Always);
    for work in ["signals", "assessments", "mails"] {
        sleep(Duration::from_secs(1)).await;
        world.queues(async |queues| queues.delete_one(work).await).await;
    }
    load.end().await;
    world.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_declared_otherwise_is_told_with_the_mend_and_nothing_is_lost() {
    let Some(mut world) = World::start(Plan::new(Way::Production)).await else { return };
    let stopped = world.part("worker").stop().await;
    assert!(stopped.success(), "{stopped}");
    world.sender.post_all(Grade::many("otherwise", 6), 2, Duration::ZERO).await;
    world.queues(async |queues| queues.declare_otherwise("assessments").await).await;
    let env = world.env.clone();
    let worker = world.part("worker");
    worker.start(&env);
    let status = worker.died().await;
    let said = worker.said();
    for word in ["assessments", "exists in another form", "delete it on the broker"] {
        assert!(!status.success() && said.contains(word), "{word}: {status}\n{said}");
    }
    world.queues(async |queues| queues.delete_one("assessments").await).await;
    world.restart("worker").await;
    world.ends_well().await;
}
