use std::sync::Arc;
use std::time::Duration;

use super::super::tests::{Lms, bench, nightly, process};
use super::*;
use crate::catalogs::Catalogs;
use crate::worker::outage::Patience;
use crate::worker::samples::{self, Bench};

/// One that compares the awards by the example badges.
fn auditor(bench: &Bench, lms: &Arc<Lms>) -> Reconciler {
    Reconciler { catalogs: Catalogs::new(samples::catalog()), ..process(bench, lms, &[]) }
}

/// What comparing the awards says of “first-aid”: missing, without a basis, agreeing, and why.
async fn first_aid(process: &Reconciler) -> (u32, u32, u32, String) {
    let run = process.awards(&CancellationToken::new()).await.unwrap();
    assert!(run.finished_at.is_some() && run.courses.len() == 4, "{run:#?}");
    let row = run.courses.into_iter().find(|row| row.name == "first-aid").unwrap();
    let counts = row.counts;
    assert_eq!(counts.checked, counts.missing + counts.stale + counts.unchanged);
    (counts.missing, counts.stale, counts.unchanged, row.reason)
}

#[tokio::test]
async fn awards_that_are_missing_or_without_a_basis_are_told() {
    let (bench, lms) = bench(0).await;
    let process = auditor(&bench, &lms);
    let (ada, bob) = (bench.event("ada").await, bench.event("bob").await);
    assert_eq!(first_aid(&process).await, (0, 0, 0, String::new()), "what is not judged yet is not missing");

    let patience = Patience::new(CancellationToken::new());
    bench.awarder().batch(bench.taken(&[&ada]).await, &mut patience.hold()).await.unwrap();
    bench.execute("UPDATE events SET state = 'done'").await;
    let (missing, baseless, agreeing, said) = first_aid(&process).await;
    assert_eq!((missing, baseless, agreeing), (1, 0, 1));
    assert!(said.starts_with("earned and not held: forms:bob; "), "{said}");

    bench.awarder().batch(bench.taken(&[&bob]).await, &mut patience.hold()).await.unwrap();
    bench.execute("UPDATE events SET state = 'waiting'").await;
    bench.awarder().batch(bench.taken(&[&bob]).await, &mut patience.hold()).await.unwrap();
    bench.execute("UPDATE events SET state = 'done'").await;
    assert_eq!(first_aid(&process).await, (0, 0, 2, String::new()));

    bench
        .execute(
            r#"UPDATE outcomes SET content = replace(content, '"passed":true', '"passed":false')
               WHERE learner_id IN (SELECT id FROM learners WHERE lms_id = 'ada')"#,
        )
        .await;
    let (missing, baseless, agreeing, said) = first_aid(&process).await;
    assert_eq!((missing, baseless, agreeing), (0, 1, 1));
    assert!(said.starts_with("held without a basis: forms:ada (") && said.contains("publish"), "{said}");
}

#[tokio::test]
async fn awards_are_compared_at_their_time_once_and_from_the_beginning_if_cut_short() {
    let (bench, lms) = bench(0).await;
    let process = auditor(&bench, &lms);
    let never = CancellationToken::new();
    let look = async || process.compare_awards("its time has come", Some(nightly()), &never).await.unwrap();
    assert!(look().await.is_none(), "not yet");
    lms.clock.advance(Duration::from_mins(31));
    assert!(look().await.is_some());
    assert!(look().await.is_none(), "once");
    lms.clock.advance(Duration::from_hours(24));
    let cut = CancellationToken::new();
    cut.cancel();
    let stopped = process.compare_awards("its time has come", Some(nightly()), &cut).await;
    assert!(stopped.is_err() || stopped.is_ok_and(|run| run.is_some()));
    lms.clock.advance(Duration::from_mins(3));
    look().await;
    let last = bench.store.last_run(AWARDS).await.unwrap().unwrap();
    assert!(last.finished_at.is_some(), "{last:?}");
    assert!(look().await.is_none());
}
