//! kill -9 of any process at any time, by a schedule that follows from a seed.
//!
//! `ACCOLADE_FAULTS=long` runs [`LONG`] loops instead of a few; `ACCOLADE_FAULTS_SEED` starts at another seed, and with
//! `ACCOLADE_FAULTS_LOOPS=1` runs one loop again: production where the seed is not a multiple of three.

use std::time::Duration;

use tokio::time::sleep;

use crate::load::is_long;
use crate::random::Random;
use crate::sender::Grade;
use crate::world::{Plan, Way, World};

/// Loops of the short and the long form: of three, two are in production and one is embedded.
const SHORT: u64 = 3;
const LONG: u64 = 90;
/// Kills in a loop.
const KILLS: u64 = 6;
/// Learners in a loop.
const LEARNERS: usize = 60;
/// The seed of the first loop, if none is asked for.
const SEED: u64 = 1;

fn asked(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{name}: {text:?} is no number")))
}

/// The loops of one of several tests, which share them so that they run beside each other.
async fn loops(share: u64, of: u64) {
    let first = asked("ACCOLADE_FAULTS_SEED").unwrap_or(SEED);
    let count = asked("ACCOLADE_FAULTS_LOOPS").unwrap_or(if is_long() { LONG } else { SHORT });
    for seed in (first..first + count).filter(|seed| seed % of == share) {
        one(seed).await;
    }
}

async fn one(seed: u64) {
    let way = if seed.is_multiple_of(3) { Way::Embedded } else { Way::Production };
    println!("seed {seed}, {way:?}: ACCOLADE_FAULTS_SEED={seed} ACCOLADE_FAULTS_LOOPS=1 repeats it");
    let Some(mut world) = World::start(Plan::new(way)).await else { return };
    let mut random = Random::new(seed);
    let mut grades = Grade::many(&format!("seed{seed}"), LEARNERS);
    random.shuffle(&mut grades);
    let sender = world.sender.clone();
    let posting = tokio::spawn(async move { sender.post_all(grades, 4, Duration::from_millis(100)).await });
    for _ in 0..KILLS {
        sleep(Duration::from_millis(random.within(50..700))).await;
        // Not the one that only shows pages.
        let most = world.parts.len().min(3) as u64;
        let victim = usize::try_from(random.within(0..most)).unwrap();
        world.parts[victim].kill().await;
        sleep(Duration::from_millis(random.within(0..300))).await;
        let env = world.env.clone();
        // Not waited for: it may be killed before it listens.
        world.parts[victim].start(&env);
    }
    for part in &mut world.parts {
        part.ready().await;
    }
    posting.await.unwrap();
    let evidence = world.ends_well().await;
    println!("seed {seed}, {way:?}: {KILLS} kills; {}", evidence.figures());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seeded_kills_lose_nothing_first_share() {
    loops(0, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seeded_kills_lose_nothing_second_share() {
    loops(1, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seeded_kills_lose_nothing_third_share() {
    loops(2, 3).await;
}
