//! An old and a new version side by side, across a migration.
//!
//! In every run this version is the old one: the tables get what a next version may add while it
//! works, and its processes start anew on them. That this version works as the new one beside an older
//! one needs a program of that version (it may be the product), and is left out without: the long form
//! builds one (`tests/faults/older`), or
//!
//! `ACCOLADE_FAULTS_OLD=/path/to/older/accolade ./tests/run faults`

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::sleep;

use crate::sender::Grade;
use crate::world::{Plan, Way, World};

/// What a next version may do to the tables: expand them (ARCHITECTURE.md). The version's number is
/// beyond all others.
const NEXT: &str = "
    ALTER TABLE deliveries ADD COLUMN next_note TEXT;
    ALTER TABLE signals ADD COLUMN next_note TEXT;
    ALTER TABLE events ADD COLUMN next_note TEXT;
    ALTER TABLE awards ADD COLUMN next_note TEXT;
    ALTER TABLE credentials ADD COLUMN next_note TEXT;
    ALTER TABLE mails ADD COLUMN next_note TEXT;
    CREATE TABLE next_things (id BIGINT PRIMARY KEY, note TEXT);
    CREATE INDEX awards_next ON awards (next_note);
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (999999, 'of the next version', true, ";

async fn on_newer_tables(way: Way) {
    let Some(mut world) = World::start(Plan { speed: 1, ..Plan::new(way) }).await else { return };
    let sender = world.sender.clone();
    let grades = Grade::many("migrated", 40);
    let posting = tokio::spawn(async move { sender.post_all(grades, 4, Duration::from_millis(60)).await });
    sleep(Duration::from_millis(500)).await;
    let nothing = if way == Way::Embedded { "x'00'" } else { "'\\x00'" };
    // As the program does: what meets the work of others in a circle is tried again.
    while let Err(error) = world.database().try_execute(&format!("BEGIN; {NEXT}{nothing}, 0); COMMIT")).await
    {
        assert!(error.to_string().contains("deadlock"), "{error}");
    }
    // What was prepared before goes on, and what starts now finds a newer version's tables.
    sleep(Duration::from_millis(500)).await;
    for number in 0..world.parts.len() {
        let status = world.parts[number].stop().await;
        assert!(status.success(), "{status}\n{}", world.said());
        world.start_part(number).await;
    }
    posting.await.unwrap();
    world.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn this_version_works_on_while_a_newer_one_expands_the_tables_in_production() {
    on_newer_tables(Way::Production).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn this_version_works_on_while_a_newer_one_expands_the_tables_embedded() {
    on_newer_tables(Way::Embedded).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs an older program: ACCOLADE_FAULTS_OLD, or the long form"]
async fn this_version_takes_over_from_an_older_one_without_a_pause() {
    let old = std::env::var_os("ACCOLADE_FAULTS_OLD").map(PathBuf::from);
    let old = old.expect("ACCOLADE_FAULTS_OLD names an older program");
    let Some(mut world) = World::new(Plan { speed: 1, ..Plan::new(Way::Production) }).await else { return };
    for number in 0..world.parts.len() {
        world.parts[number].program = old.clone();
        world.start_part(number).await;
    }
    let sender = world.sender.clone();
    let grades = Grade::many("rolling", 80);
    let posting = tokio::spawn(async move { sender.post_all(grades, 4, Duration::from_millis(60)).await });
    sleep(Duration::from_millis(500)).await;
    // The first new process migrates; then old and new ones share the work.
    for roles in ["worker", "mailer"] {
        let number = world.add(roles);
        world.start_part(number).await;
    }
    sleep(Duration::from_secs(1)).await;
    for number in 0..4 {
        let status = world.parts[number].stop().await;
        assert!(status.success(), "{status}\n{}", world.said());
        world.parts[number].program = env!("CARGO_BIN_EXE_accolade").into();
        world.start_part(number).await;
    }
    posting.await.unwrap();
    let evidence = world.ends_well().await;
    println!("from {}: {}", old.display(), evidence.figures());
}
