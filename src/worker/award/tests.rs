use super::*;
use crate::store::DeliveryState;
use crate::worker::guard::crashes;
use crate::worker::samples::Bench;

async fn award(bench: &Bench, deliveries: Vec<Delivery>) {
    let patience = Patience::new(CancellationToken::new());
    bench.awarder().batch(deliveries, &mut patience.hold()).await.unwrap();
}

#[tokio::test]
async fn an_event_whose_facts_cannot_be_read_is_parked_and_does_not_circle() {
    let bench = Bench::new().await;
    let event = bench.event("7").await;
    bench.execute("UPDATE outcomes SET content = '{}'").await;
    award(&bench, bench.taken(&[&event]).await).await;

    let trail = bench.store.delivery(event.delivery).await.unwrap().unwrap();
    assert_eq!(trail.signals[0].events[0].state, "parked");
    assert!(trail.signals[0].events[0].reason.contains("outcomes"), "{:?}", trail.signals[0].events);
    assert_eq!(bench.queue.depth(Work::Assessments).await, Ok(0), "it does not come back");
}

#[tokio::test]
async fn an_event_that_crashes_counts_it_alone_and_is_parked_in_the_end() {
    let bench = Bench::new().await;
    let (good, bad) = (bench.event("1").await, bench.event("2").await);
    crashes::on(bad.id);
    award(&bench, bench.taken(&[&good, &bad]).await).await;
    let state = async |event: &crate::store::NewEvent| {
        bench.store.delivery(event.delivery).await.unwrap().unwrap().signals.remove(0).events.remove(0)
    };
    assert_eq!(state(&good).await.state, "done");
    assert_eq!(state(&good).await.credentials.len(), 1);
    assert_eq!(bench.store.candidates(&[bad.id]).await.unwrap()[0].attempts, 1);
    for attempt in 1..ATTEMPTS {
        assert_eq!(state(&bad).await.state, "waiting", "after {attempt} attempts");
        award(&bench, bench.taken(&[&bad]).await).await;
    }
    let parked = state(&bad).await;
    assert_eq!((parked.state.as_str(), parked.credentials.len()), ("parked", 0));
    assert!(parked.reason.contains("failed inside the program"), "{}", parked.reason);
    let trail = bench.store.delivery(bad.delivery).await.unwrap().unwrap();
    assert_eq!(trail.state, DeliveryState::Parked);
}

#[tokio::test]
async fn a_mail_whose_message_may_be_lost_is_due_at_once() {
    let bench = Bench::new().await;
    let event = bench.event("7").await;
    let taken = bench.taken(&[&event]).await;
    bench.queue.close().await;
    award(&bench, taken).await;
    assert_eq!(bench.due(Work::Mails).await.len(), 1);
}

#[tokio::test]
async fn what_the_database_refuses_waits_and_does_not_circle() {
    let bench = Bench::new().await;
    let event = bench.event("7").await;
    let taken = bench.taken(&[&event]).await;
    bench.execute("ALTER TABLE mails RENAME TO away").await;
    award(&bench, taken).await;
    assert_eq!(bench.queue.depth(Work::Assessments).await, Ok(0), "it comes back later");
    bench.execute("ALTER TABLE away RENAME TO mails").await;
    assert_eq!(bench.store.candidates(&[event.id]).await.unwrap()[0].attempts, 0);
}

#[tokio::test]
async fn while_the_database_is_away_a_stop_gives_the_batch_back() {
    let bench = Bench::new().await;
    let event = bench.event("7").await;
    let taken = bench.taken(&[&event]).await;
    bench.store.close().await;
    let stop = CancellationToken::new();
    let patience = Patience::new(stop.clone());
    let awarder = bench.awarder();
    let mut hold = patience.hold();
    let (given_back, ()) = tokio::join!(awarder.batch(taken, &mut hold), async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(bench.queue.depth(Work::Assessments).await, Ok(0), "it is held");
        stop.cancel();
    });
    assert!(given_back.is_err());
    assert_eq!(bench.queue.depth(Work::Assessments).await, Ok(1), "it is given back");
}
