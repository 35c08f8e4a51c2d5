//! The database is away, and a build does the wrong thing.

use std::time::Duration;

use accolade::faults::Break;
use accolade::ingest::WRITERS;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::checks::Check;
use crate::load::{Answers, Load};
use crate::sender::Grade;
use crate::support::proxy::{Network, Proxy};
use crate::world::{PATIENCE, Plan, Way, World};

/// Longer than a request waits for a connection (5 s).
const AWAY: Duration = Duration::from_secs(7);
/// Longer than the limit of an answer (12 s), and the time that it takes to come again.
const WATCHED: Duration = Duration::from_secs(20);

/// An installation in production that reaches its database through a proxy.
async fn behind_a_proxy(broken: &[Break]) -> Option<(World, Proxy)> {
    let mut world = World::new(Plan::broken(Way::Production, broken)).await?;
    let (database, through) = Proxy::before(world.database().url(), 5432).await;
    world.env.insert("ACCOLADE_DATABASE__URL".to_owned(), through);
    world.start_all().await;
    Some((world, database))
}

/// Waits until so many wait for a lock of this table to add to it. The sweeper only changes what is there.
async fn wait(count: usize, world: &World, table: &str) {
    let since = Instant::now();
    let waiting = format!(
        "pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND relation = '{table}'::regclass
            AND query LIKE '%INSERT INTO {table}%'"
    );
    let count = i64::try_from(count).unwrap();
    while world.database().count(&waiting).await < count {
        assert!(since.elapsed() < PATIENCE, "fewer than {count} wait for {table}\n{}", world.said());
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_while_the_database_is_away_is_noticed() {
    let Some((world, database)) = behind_a_proxy(&[Break::AnswersFirst]).await else { return };
    database.cut();
    world.sender.post(&Grade::pass("away")).await;
    sleep(AWAY).await;
    database.restore();
    world.ends_with(&[Check::Kept, Check::Earned]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_that_does_not_say_when_to_come_again_is_noticed() {
    let Some((world, database)) = behind_a_proxy(&[Break::RefusesOutages]).await else { return };
    let load = Load::start(&world.sender, "refused", Answers::InTheEnd);
    database.cut();
    sleep(AWAY).await;
    database.restore();
    let told = load.told().await;
    assert!(told.iter().any(|odd| odd.contains("500")), "{told:?}\n{}", world.said());
    // Nothing else is amiss: whoever reads 500 comes again, too, here.
    world.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_that_counts_as_a_failure_is_noticed() {
    for (broken, counted) in [(&[][..], false), (&[Break::CountsOutages], true)] {
        let Some((world, database)) = behind_a_proxy(broken).await else { return };
        // The database goes away in the middle of the transaction that awards.
        let held = world.database().hold("LOCK TABLE awards IN SHARE MODE").await;
        world.sender.post(&Grade::pass("judged")).await;
        wait(1, &world, "awards").await;
        database.set(Network::Reset);
        sleep(Duration::from_secs(1)).await;
        held.commit().await;
        database.restore();
        let evidence = world.ends_well().await;
        assert_eq!(evidence.ledger.attempts > 0, counted, "{broken:?}: {}", evidence.ledger.attempts);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_a_database_that_never_answers_is_noticed() {
    for (broken, accepts) in [(&[][..], true), (&[Break::WaitsForDatabase], false)] {
        let Some((world, database)) = behind_a_proxy(broken).await else { return };
        let held = world.database().hold("LOCK TABLE deliveries IN SHARE MODE").await;
        let mut posting = JoinSet::new();
        // One for each writer: none is left that could take what is sent again.
        for number in 1..=WRITERS {
            let sender = world.sender.clone();
            posting.spawn(async move { sender.post(&Grade::pass(&format!("half-open-{number}"))).await });
            wait(number, &world, "deliveries").await;
        }
        // Half-open in the middle of a statement: only whoever gives it up goes on.
        database.stall();
        held.commit().await;
        let limit = if accepts { PATIENCE } else { WATCHED };
        let accepted = tokio::time::timeout(limit, posting.join_next()).await;
        assert_eq!(accepted.is_ok(), accepts, "{broken:?}\n{}", world.said());
        // The server learns only now that its client is gone, and gives its locks back.
        database.cut();
        sleep(Duration::from_secs(1)).await;
        database.restore();
        while let Some(posted) = posting.join_next().await {
            posted.unwrap();
        }
        world.ends_well().await;
    }
}
