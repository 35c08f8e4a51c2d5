//! A mail server puts off, refuses, cuts or hangs, and a build makes the wrong thing of it. What a sound one
//! makes of it is in [`crate::mail`].

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use accolade::faults::{Break, Point};

use super::{dies, some};
use crate::checks::Check;
use crate::configuration::CONNECTIONS;
use crate::support::smtp::{Act, Script};
use crate::world::{Plan, Way, World};

/// Longer than the limit of an answer (30 s), after which other connections are opened.
const HANGS: Duration = Duration::from_secs(45);
/// In which fast clocks come to some tries.
const TRIES: Duration = Duration::from_secs(8);

/// What the mail server does the first times that it comes to a command, before it does as usual.
fn first(times: usize, command: &'static str, act: Act) -> Script {
    let left = AtomicUsize::new(times);
    let one_less = |left: usize| left.checked_sub(1);
    Script::new(move |at| {
        let now = at.line.starts_with(command)
            && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok();
        if now { act.clone() } else { Act::Usual }
    })
}

async fn posted(broken: Break, script: Script) -> Option<World> {
    let plan = Plan { script, ..Plan::broken(Way::Embedded, &[broken]) };
    let world = World::start(plan).await?;
    world.sender.post_all(some("mailed"), 4, Duration::ZERO).await;
    Some(world)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_is_parked_when_it_is_put_off_is_noticed() {
    let script = first(1, "RCPT", Act::Say("451 4.7.1 greylisted, come again".to_owned()));
    let Some(world) = posted(Break::ParksWhatIsPutOff, script).await else { return };
    world.ends_with(&[Check::Mailed]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_counts_as_sent_though_nobody_took_it_is_noticed() {
    let Some(world) = posted(Break::TakesSilenceForYes, first(1, "DATA", Act::Cut)).await else { return };
    world.ends_with(&[Check::Mailed]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_mail_that_is_sent_again_and_again_is_noticed() {
    let script = first(usize::MAX, "DATA", Act::Say("554 5.7.1 this is spam".to_owned()));
    let Some(world) = posted(Break::RetriesRefusals, script).await else { return };
    world.never_ends_within(TRIES, &[Check::Finished, Check::Mailed]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_a_mail_server_that_never_answers_is_noticed() {
    let script = first(CONNECTIONS, "MAIL", Act::Hang);
    let Some(world) = posted(Break::WaitsForMailServer, script).await else { return };
    world.never_ends_within(HANGS, &[Check::Finished, Check::Mailed]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_id_that_a_restart_changes_is_noticed() {
    let death = ("mailer", Point::MailUnmarked);
    dies(Way::Embedded, &[Break::RenamesCopies], death, &[Check::Named]).await;
}
