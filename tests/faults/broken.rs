//! Builds that are broken on purpose: about each the checks complain, and about nothing else. Two
//! precautions stand in for each other (the sweeper and the acknowledgement after the commit): there
//! one alone may be missing, and only both together fail. Those that do wrong while the database, the LMS,
//! the broker or the mail server is away stand in files of their own.

mod broker;
mod database;
mod lms;
mod mails;

use std::time::Duration;

use accolade::faults::{self, Break, Point};

use crate::checks::Check;
use crate::sender::Grade;
use crate::support::broker::amqp_url;
use crate::support::proxy::Proxy;
use crate::world::{PATIENCE, Plan, Way, World};

/// Learners that are enough to see it.
fn some(name: &str) -> Vec<Grade> {
    Grade::many(name, 4)
}

/// Posts a grade or some while the process with a role dies at a point, and starts it again.
async fn with_a_death(world: &mut World, role: &str, point: Point, grades: Vec<Grade>) {
    world.arm(role, point).await;
    let sender = world.sender.clone();
    let posting = tokio::spawn(async move { sender.post_all(grades, 4, Duration::ZERO).await });
    world.part(role).died().await;
    world.restart(role).await;
    posting.await.unwrap();
}

/// The same in a build that leaves this out, and what is complained of.
async fn dies(way: Way, broken: &[Break], (role, point): (&str, Point), expected: &[Check]) {
    let Some(mut world) = World::start(Plan::broken(way, broken)).await else { return };
    // One alone, so that nothing of it can come with another's batch.
    with_a_death(&mut world, role, point, vec![Grade::pass("alone")]).await;
    world.ends_with(expected).await;
}

/// Without any death.
async fn runs(way: Way, broken: &[Break], expected: &[Check]) {
    let Some(world) = World::start(Plan::broken(way, broken)).await else { return };
    world.sender.post_all(some("runs"), 4, Duration::ZERO).await;
    world.ends_with(expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_before_the_commit_is_noticed() {
    let death = ("ingest", Point::AcceptUncommitted);
    dies(Way::Embedded, &[Break::AnswersFirst], death, &[Check::Kept, Check::Earned]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledgement_before_the_commit_is_noticed_where_nothing_sweeps() {
    let both = [Break::AcknowledgesFirst, Break::SweepsNever];
    let Some(mut world) = World::start(Plan::broken(Way::Production, &both)).await else { return };
    with_a_death(&mut world, "worker", Point::AwardUncommitted, some("both")).await;
    world.never_ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn either_of_the_two_alone_is_enough() {
    for one in [Break::AcknowledgesFirst, Break::SweepsNever] {
        let Some(mut world) = World::start(Plan::broken(Way::Production, &[one])).await else { return };
        with_a_death(&mut world, "worker", Point::AwardUncommitted, some("either")).await;
        world.ends_well().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_sweeper_is_noticed() {
    let Some(mut world) = World::start(Plan::broken(Way::Production, &[Break::SweepsNever])).await else {
        return;
    };
    with_a_death(&mut world, "ingest", Point::AcceptUnpublished, some("unswept")).await;
    world.never_ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_done_before_its_award_is_noticed() {
    let death = ("worker", Point::AwardUncommitted);
    dies(Way::Embedded, &[Break::FinishesFirst], death, &[Check::Earned]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn awards_without_a_look_at_those_that_are_held_are_noticed() {
    let Some(world) = World::start(Plan::broken(Way::Embedded, &[Break::AwardsUnchecked])).await else {
        return;
    };
    let first = Grade::pass("twice");
    let again = Grade { event: "twice-2".to_owned(), percent: 91, ..first.clone() };
    for grade in [first, again] {
        world.sender.post(&grade).await;
        world.settle(PATIENCE).await;
    }
    world.ends_with(&[Check::Once]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_is_marked_before_it_is_sent_is_noticed() {
    let death = ("mailer", Point::MailUnsent);
    dies(Way::Embedded, &[Break::MarksFirst], death, &[Check::Mailed]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_is_not_marked_is_noticed() {
    runs(Way::Embedded, &[Break::MarksSecond], &[Check::Copies]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_id_of_its_own_for_each_sending_is_noticed() {
    runs(Way::Embedded, &[Break::RenamesMails], &[Check::Mailed, Check::Named]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_parked_without_a_reason_is_noticed() {
    let panics = vec![(faults::TOUCH_PANIC, "confirm:poison".to_owned())];
    let plan = Plan { env: panics, ..Plan::broken(Way::Embedded, &[Break::ParksSilently]) };
    let Some(mut world) = World::start(plan).await else { return };
    world.sender.post_unexpected(&Grade::pass("poison")).await;
    // Its tries take hours on the process's clock.
    world.hurry(600).await;
    world.ends_with(&[Check::Reasoned]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_are_never_acknowledged_are_noticed() {
    runs(Way::Production, &[Break::AcknowledgesNever], &[Check::Drained]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishing_to_nowhere_is_noticed() {
    let unbound = async |broken: &[Break]| {
        let world = World::start(Plan::broken(Way::Production, broken)).await?;
        world.queues(async |queues| queues.unbind("signals", "signal.#").await).await;
        world.sender.post_all(some("unbound"), 4, Duration::ZERO).await;
        Some(world)
    };
    let Some(sound) = unbound(&[]).await else { return };
    sound.ends_well().await;
    let Some(broken) = unbound(&[Break::PublishesAnywhere]).await else { return };
    broken.never_ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_a_confirm_that_never_comes_is_noticed() {
    let half_open = async |broken: &[Break]| {
        let (proxy, through) = Proxy::before(&amqp_url()?, 5672).await;
        let env = vec![("ACCOLADE_QUEUE__URL", through)];
        let world = World::start(Plan { env, ..Plan::broken(Way::Production, broken) }).await?;
        world.sender.post(&Grade::pass("before")).await;
        world.settle(PATIENCE).await;
        proxy.stall();
        world.sender.post_all(some("half-open"), 4, Duration::ZERO).await;
        Some((world, proxy))
    };
    let Some((sound, _proxy)) = half_open(&[]).await else { return };
    sound.ends_well().await;
    let Some((broken, _proxy)) = half_open(&[Break::WaitsForConfirms]).await else { return };
    broken.never_ends().await;
}
