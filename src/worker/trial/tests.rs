use proptest::prelude::*;

use super::*;
use crate::worker::samples::Bench;

/// What a process finds of two rows that come again.
async fn found(trials: &Trials, bench: &Bench, rows: &[Uuid]) -> Vec<Uuid> {
    trials.note(&bench.store, rows, bench.clock.now()).await.unwrap()
}

async fn begun(trials: &Trials, bench: &Bench, row: Uuid) -> Option<String> {
    trials.begin(&bench.store, row, bench.clock.now()).await.unwrap()
}

#[tokio::test]
async fn what_a_process_that_ended_had_in_work_is_worked_on_alone_and_given_up_in_the_end() {
    let bench = Bench::new().await;
    let (bad, good) = (bench.tell("bad").await.1, bench.tell("good").await.1);
    // The first takes both together; what it has in work itself is no sign of a death.
    let first = Trials::default();
    assert!(found(&first, &bench, &[bad, good]).await.is_empty());
    assert!(found(&first, &bench, &[good, bad]).await.is_empty());
    let mut process = Trials::default();
    assert_eq!(found(&process, &bench, &[bad, good]).await.len(), 2);
    assert_eq!(begun(&process, &bench, good).await, None);
    process.end(&bench.store, &[good]).await;
    for _ in 0..TIMES {
        // Twice in one process is once: it lives.
        for _ in 0..2 {
            assert_eq!(begun(&process, &bench, bad).await, None);
        }
        assert!(process.is_alone(bad) && !process.is_suspect(bad));
        process = Trials::default();
        process.load(&bench.store).await.unwrap();
        assert!(process.is_suspect(bad) && !process.is_suspect(good), "what ended well is forgotten");
        assert_eq!(found(&process, &bench, &[good, bad]).await, [bad]);
        process.end(&bench.store, &[good]).await;
    }
    let reason = begun(&process, &bench, bad).await.unwrap();
    assert!(reason.contains("ended the worker 5 times"), "{reason}");
    process.end(&bench.store, &[bad]).await;
    assert!(process.is_idle() && bench.store.trials().await.unwrap().is_empty());
}

#[test]
fn with_the_queue_in_the_process_what_is_older_than_it_comes_again() {
    let clock = crate::clock::Clock::system();
    let now = clock.now();
    let (before, after) =
        (ids::timed(now - chrono::TimeDelta::seconds(1)), ids::timed(now + chrono::TimeDelta::seconds(1)));
    for (starts_empty, row, again) in [(true, before, true), (true, after, false), (false, before, false)] {
        assert_eq!(Trials::new(starts_empty, now).is_older(row), again);
    }
}

#[tokio::test]
async fn those_that_were_alone_least_often_come_first() {
    let bench = Bench::new().await;
    let rows = [bench.tell("a").await.1, bench.tell("b").await.1, bench.tell("c").await.1];
    found(&Trials::default(), &bench, &rows).await;
    for (row, times) in [(rows[0], 2), (rows[1], 1)] {
        for _ in 0..times {
            bench.store.begin_trial(row, bench.clock.now()).await.unwrap();
        }
    }
    assert_eq!(found(&Trials::default(), &bench, &rows).await, [rows[2], rows[1], rows[0]]);
}

#[tokio::test]
async fn what_was_done_by_another_is_forgotten_at_the_next_start() {
    let bench = Bench::new().await;
    let (waits, gone) = (bench.tell("ada").await.1, Uuid::new_v4());
    found(&Trials::default(), &bench, &[waits, gone]).await;
    assert_eq!(bench.store.trials().await.unwrap(), [waits]);
}

proptest! {
    #[test]
    fn parting_loses_nothing_and_keeps_the_order_of_suspects(work in prop::collection::vec(0..12_u128, 0..20), suspects in prop::collection::btree_set(0..12_u128, 0..6)) {
        let id = |one: &u128| Uuid::from_u128(*one);
        let order: Vec<Uuid> = suspects.iter().rev().map(id).collect();
        let (together, alone) = part(work.clone(), id, &order);
        prop_assert!(together.iter().all(|one| !suspects.contains(one)));
        prop_assert!(alone.windows(2).all(|two| two[0] >= two[1]));
        let (mut all, mut before) = ([together, alone].concat(), work);
        all.sort_unstable();
        before.sort_unstable();
        prop_assert_eq!(all, before);
    }
}
