//! The database is stopped, killed, frozen and full: whoever sends is asked to come again, no work
//! spends an attempt, and all goes on by itself.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use url::Url;

use crate::disk::Disk;
use crate::load::{Answers, Load, seconds, works_again};
use crate::postgres::Postgres;
use crate::world::{PATIENCE, Plan, Way, World};

/// How long it is away: longer than a request waits for it (5 s).
const AWAY: (u64, u64) = (7, 20);
/// How long it stands still: longer than the limit of its answers (12 s), after which connections are given
/// up.
const FROZEN: (u64, u64) = (14, 30);

/// How long a request may take: a sender hears of a database that hangs before it gives up by itself.
const REQUEST: &str = "ACCOLADE_SERVER__REQUEST_SECONDS";

/// Those who were asked to come again since `before`: some must have been.
fn refused(world: &World, before: usize, fault: &str) {
    let refused = world.sender.kept().refused - before;
    assert!(refused > 0, "{fault}: nobody was asked to come again");
    println!("{fault}: {refused} posts were asked to come again");
}

/// Fills a disk and keeps it full until senders are refused, and a while longer.
async fn fill(world: &World, disk: &Disk) {
    let (before, since) = (world.sender.kept().refused, Instant::now());
    disk.fill();
    while world.sender.kept().refused == before {
        assert!(since.elapsed() < PATIENCE, "nobody notices that the disk is full\n{}", world.said());
        sleep(Duration::from_millis(100)).await;
        disk.fill();
    }
    sleep(seconds(AWAY.0, AWAY.1)).await;
    disk.free();
    works_again(world, "a full disk", PATIENCE).await;
    refused(world, before, "a full disk");
}

async fn ends(world: World, load: Load) {
    load.end().await;
    let evidence = world.ends_well().await;
    assert_eq!(evidence.ledger.attempts, 0, "an outage of the database spends no attempt");
    println!("{}", evidence.figures());
}

/// One server for all of it, one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_is_stopped_killed_frozen_or_full_loses_nothing() {
    let Some(server) = tokio::task::spawn_blocking(Postgres::start).await.unwrap() else { return };
    let server = std::sync::Arc::new(server);
    let blocking = async |work: fn(&Postgres)| {
        let server = std::sync::Arc::clone(&server);
        tokio::task::spawn_blocking(move || work(&server)).await.unwrap();
    };
    let env = vec![(REQUEST, "5".to_owned())];
    let plan = Plan { env, server: Some(server.url().to_owned()), ..Plan::new(Way::Production) };
    let Some(mut world) = World::new(plan).await else { return };
    // Its tables are on a disk of their own, where that can be; the log of the server is not.
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::mount(folder.path(), 24, "postgres");
    if disk.is_some() {
        let place = folder.path().display();
        server.execute(&format!("CREATE TABLESPACE small LOCATION '{place}'")).await;
        let mut url: Url = world.database().url().parse().unwrap();
        let schema = world.database().schema().unwrap().1.to_owned();
        url.set_query(None);
        let options = format!("-c search_path={schema} -c default_tablespace=small");
        url.query_pairs_mut().append_pair("options", &options);
        world.env.insert("ACCOLADE_DATABASE__URL".to_owned(), url.into());
    }
    world.start_all().await;
    let load = Load::start(&world.sender, "database", Answers::InTheEnd);
    for (fault, begin, end, away) in [
        ("a stopped database", Postgres::stop as fn(&Postgres), Postgres::restart as fn(&Postgres), AWAY),
        ("a killed database", Postgres::kill, Postgres::restart, AWAY),
        ("a frozen database", Postgres::freeze, Postgres::thaw, FROZEN),
    ] {
        let before = world.sender.kept().refused;
        blocking(begin).await;
        sleep(seconds(away.0, away.1)).await;
        blocking(end).await;
        works_again(&world, fault, PATIENCE).await;
        refused(&world, before, fault);
    }
    if let Some(disk) = &disk {
        fill(&world, disk).await;
    }
    ends(world, load).await;
    blocking(Postgres::stop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sqlite_that_somebody_else_locks_loses_nothing() {
    let env = vec![(REQUEST, "5".to_owned())];
    let Some(world) = World::start(Plan { env, ..Plan::new(Way::Embedded) }).await else { return };
    let load = Load::start(&world.sender, "locked", Answers::InTheEnd);
    let before = world.sender.kept().refused;
    sleep(Duration::from_secs(1)).await;
    let held = world.database().hold("DELETE FROM deliveries WHERE 1 = 0").await;
    // Longer than writers wait for their turn (10 s).
    sleep(seconds(12, 30)).await;
    held.commit().await;
    works_again(&world, "a locked database", PATIENCE).await;
    refused(&world, before, "a locked database");
    ends(world, load).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sqlite_whose_disk_is_full_loses_nothing() {
    let Some(mut world) = World::new(Plan::new(Way::Embedded)).await else { return };
    let file = PathBuf::from(world.database().url().trim_start_matches("sqlite://"));
    let Some(disk) = Disk::mount(file.parent().unwrap(), 8, "root") else { return };
    world.start_all().await;
    let load = Load::start(&world.sender, "full", Answers::InTheEnd);
    works_again(&world, "nothing", PATIENCE).await;
    fill(&world, &disk).await;
    ends(world, load).await;
}
