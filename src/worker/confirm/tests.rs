use accolade_connectors::{Asked, Http, Outcome, Receipt, Rejection, Request, Signal};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::*;
use crate::ids;
use crate::lms::Limits;
use crate::queue::Message;
use crate::store::{NewDelivery, Verdict};
use crate::worker::samples::{self, Bench};

/// What the LMS of these tests does when it is asked about the learner `bad`.
#[derive(Debug, Clone, Copy)]
enum Bad {
    Crash,
    Refuse,
    /// Shows a pass, though the signal tells something else.
    Lag,
    /// Asks to slow down, after it was asked about the others.
    Limit,
    /// Shows a pass of everybody.
    Show,
}

#[async_trait]
impl Connector for Bad {
    fn receive(&self, _: &Request<'_>) -> Result<Receipt, Rejection> {
        Err(Rejection::NoSuchPath(String::new()))
    }

    async fn confirm(
        &self,
        signals: &[Signal],
        _: &Asked,
        _: &dyn Http,
        _: DateTime<Utc>,
    ) -> Result<Vec<Confirmation>, ApiError> {
        if matches!(self, Self::Show) {
            let passed = |signal: &Signal| samples::passed(&signal.learner, &Clock::system());
            return Ok(signals.iter().map(|signal| Confirmation::Settled(vec![passed(signal)])).collect());
        }
        if signals.iter().any(|signal| signal.learner == "bad") {
            match self {
                Self::Crash => panic!("on purpose"),
                Self::Lag => return Ok(signals.iter().map(|_| lagging()).collect()),
                Self::Limit => return Ok(signals.iter().map(limited).collect()),
                Self::Show => {}
                Self::Refuse => return Err(ApiError::Refused { what: "no such learner".to_owned() }),
            }
        }
        Ok(signals.iter().map(|_| nothing()).collect())
    }

    async fn probe(&self, _: &dyn Http) -> Result<Vec<String>, ApiError> {
        Ok(Vec::new())
    }
}

fn nothing() -> Confirmation {
    Confirmation::Nothing { why: "no grade".to_owned() }
}

fn limited(signal: &Signal) -> Confirmation {
    if signal.learner != "bad" {
        return nothing();
    }
    Confirmation::Unread(ApiError::RateLimited {
        what: "slow down".to_owned(),
        retry_after: Some(Duration::from_secs(77)),
    })
}

fn lagging() -> Confirmation {
    let outcome = Outcome {
        learner: accolade_connectors::Learner {
            id: "bad".to_owned(),
            name: None,
            email: None,
            institution_id: None,
            language: None,
        },
        course: accolade_connectors::Course { id: "1".to_owned(), also: Vec::new(), name: None, url: None },
        assessment: accolade_connectors::Assessment {
            id: "item:1".to_owned(),
            also: Vec::new(),
            kind: accolade_connectors::AssessmentKind::Item,
            name: None,
            url: None,
        },
        score: None,
        passed: Some(true),
        release: accolade_connectors::Release::Released,
        graded_at: None,
        attempt: None,
        attempts: Vec::new(),
        late: None,
        all_graded: None,
        as_of: DateTime::UNIX_EPOCH,
    };
    Confirmation::Unsettled { outcomes: vec![outcome], why: "not shown yet".to_owned() }
}

fn patience() -> Patience {
    Patience::new(CancellationToken::new())
}

async fn confirmer(bad: Bad) -> Confirmer {
    crate::secrets::install_tls();
    let store = Store::connect("sqlite::memory:", 1).await.unwrap();
    store.migrate().await.unwrap();
    let metrics = Arc::new(Metrics::new());
    let limits = Limits { concurrency: 1, time: Duration::from_secs(1) };
    let client = Client::new("lms", Client::http().unwrap(), limits, Clock::system(), Arc::clone(&metrics));
    let source = Source { connector: Arc::new(bad), client, share: Share::new(1_000) };
    Confirmer {
        store,
        queue: Arc::new(Queue::connect("embedded:", "test").await.unwrap()),
        sources: Arc::new(BTreeMap::from([("lms".to_owned(), source)])),
        catalogs: Catalogs::new(Catalog::default()),
        clock: Clock::system(),
        metrics,
        public_url: "http://localhost".into(),
        settle: Duration::from_secs(1),
        turns: Turns::default(),
        trials: Trials::default(),
    }
}

/// Records a signal for each learner, all of one batch, received at `at`.
async fn tell(confirmer: &Confirmer, learners: &[&str], at: DateTime<Utc>) -> Vec<StoredSignal> {
    let signal = |(number, learner): (usize, &&str)| {
        let signal = Signal {
            key: format!("{learner} {number}"),
            batch: "course".to_owned(),
            event: "graded".to_owned(),
            learner: (*learner).to_owned(),
            course: None,
            occurred_at: None,
            detail: serde_json::Value::Null,
            outcome: None,
        };
        (ids::timed(at), signal)
    };
    let signals: Vec<(Uuid, Signal)> = learners.iter().enumerate().map(signal).collect();
    let waiting: Vec<Uuid> = signals.iter().map(|(id, _)| *id).collect();
    let delivery = NewDelivery {
        id: ids::timed(at),
        source: "lms".to_owned(),
        received_at: at,
        user_agent: None,
        body: None,
        verdict: Verdict::Accepted { signals, ignored: Vec::new() },
    };
    confirmer.store.record(&[delivery]).await.unwrap();
    confirmer.store.waiting_signals(&waiting).await.unwrap()
}

/// Publishes rows and takes their messages.
async fn messages(confirmer: &Confirmer, rows: &[StoredSignal]) -> Vec<Delivery> {
    let due = |row: &StoredSignal| crate::store::Due {
        id: row.id,
        delivery: row.delivery,
        source: row.source.clone(),
    };
    let published =
        rows.iter().map(|row| Message::signal("http://localhost", &due(row), row.created_at)).collect();
    assert!(confirmer.queue.publish(published, None).await.is_empty());
    let mut consumer = confirmer.queue.consume(Work::Signals, 1_000, CancellationToken::new());
    consumer.next_batch(rows.len(), Duration::from_secs(5)).await.unwrap()
}

#[tokio::test]
async fn a_signal_that_crashes_counts_it_alone() {
    let confirmer = confirmer(Bad::Crash).await;
    let rows = tell(&confirmer, &["good", "bad", "other"], Clock::system().now()).await;
    let mut groups = JoinSet::new();
    confirmer.dispatch(messages(&confirmer, &rows).await, &patience(), &mut groups).await;
    while groups.join_next().await.is_some() {}
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let waiting = confirmer.store.waiting_signals(&ids).await.unwrap();
    let left: Vec<_> = waiting.iter().map(|row| (row.signal.learner.as_str(), row.attempts)).collect();
    assert_eq!(left, [("bad", 1)]);
}

#[tokio::test]
async fn a_learner_who_cannot_be_read_waits_alone_and_the_lms_is_left_alone() {
    let confirmer = confirmer(Bad::Limit).await;
    let now = Clock::system().now();
    let rows = tell(&confirmer, &["good", "bad", "other"], now).await;
    let mut groups = JoinSet::new();
    confirmer.dispatch(messages(&confirmer, &rows).await, &patience(), &mut groups).await;
    while groups.join_next().await.is_some() {}
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let waiting = confirmer.store.waiting_signals(&ids).await.unwrap();
    let left: Vec<_> = waiting.iter().map(|row| (row.signal.learner.as_str(), row.attempts)).collect();
    assert_eq!(left, [("bad", 0)], "the others are done, and no attempt is spent");
    assert!(waiting[0].not_before >= now + TimeDelta::seconds(77));
    let call = accolade_connectors::Call::get("Test call", "http://127.0.0.1:9/".parse().unwrap());
    let error = confirmer.sources["lms"].client.send(call).await.unwrap_err().to_string();
    assert!(error.contains("left alone"), "{error}");
}

/// More wait than one call takes, and none of those who wait longest is due.
#[tokio::test]
async fn a_signal_that_is_due_is_not_kept_by_many_that_are_not() {
    let confirmer = confirmer(Bad::Limit).await;
    let now = Clock::system().now();
    let early = tell(&confirmer, &vec!["good"; SIBLINGS as usize], now - TimeDelta::seconds(60)).await;
    let later = |row: &StoredSignal| {
        confirmer.verdicts(&Catalog::default()).fault(
            row,
            &ApiError::Unavailable { what: "away".to_owned(), retry_after: Some(Duration::from_mins(10)) },
            true,
        )
    };
    confirmer.store.confirm(&early.iter().map(later).collect::<Vec<_>>(), now).await.unwrap();
    let due = tell(&confirmer, &["late"], now).await;
    let mut groups = JoinSet::new();
    confirmer.dispatch(messages(&confirmer, &due).await, &patience(), &mut groups).await;
    while groups.join_next().await.is_some() {}
    assert!(confirmer.store.waiting_signals(&[due[0].id]).await.unwrap().is_empty());
}

#[tokio::test]
async fn nobody_is_parked_for_what_is_refused_to_a_neighbour() {
    let confirmer = confirmer(Bad::Refuse).await;
    let names: Vec<String> = (0..700).map(|number| format!("good {number}")).collect();
    for place in [0, 1, 350, 699] {
        let mut learners: Vec<&str> = names.iter().map(String::as_str).collect();
        learners[place] = "bad";
        let signal = |learner: &&str| StoredSignal {
            id: ids::timed(Clock::system().now()),
            delivery: Uuid::nil(),
            source: "lms".to_owned(),
            signal: Signal {
                key: (*learner).to_owned(),
                batch: "course".to_owned(),
                event: "graded".to_owned(),
                learner: (*learner).to_owned(),
                course: None,
                occurred_at: None,
                detail: serde_json::Value::Null,
                outcome: None,
            },
            attempts: 0,
            not_before: Clock::system().now(),
            sweep_at: Clock::system().now(),
            created_at: Clock::system().now(),
        };
        let rows: Vec<StoredSignal> = learners.iter().map(signal).collect();
        let results = confirmer.ask(&confirmer.sources["lms"], "lms", &rows).await;
        assert_eq!(results.len(), rows.len());
        for result in &results {
            let row = rows.iter().find(|row| row.id == result.signal).unwrap();
            let parked = matches!(result.verdict, SignalVerdict::Park { .. });
            assert!(!parked || row.signal.learner == "bad", "{}", row.signal.learner);
        }
    }
}

#[tokio::test]
async fn a_copy_that_comes_long_before_its_row_s_time_ends_there() {
    let confirmer = confirmer(Bad::Refuse).await;
    let now = Clock::system().now();
    let rows = tell(&confirmer, &["good"], now).await;
    let away = ApiError::Unavailable { what: "away".to_owned(), retry_after: Some(Duration::from_secs(12)) };
    let waits = confirmer.verdicts(&Catalog::default()).fault(&rows[0], &away, true);
    confirmer.store.confirm(&[waits], now).await.unwrap();
    let messages = messages(&confirmer, &rows).await;
    confirmer.dispatch(messages, &patience(), &mut JoinSet::new()).await;
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert_eq!(confirmer.queue.depth(Work::Signals).await, Ok(0));
}

/// The clock of the process that took a webhook is ahead of the worker's.
#[tokio::test]
async fn what_comes_from_a_clock_that_is_ahead_is_no_copy() {
    let confirmer = confirmer(Bad::Refuse).await;
    for ahead in [3, 3_600] {
        let at = Clock::system().now() + TimeDelta::seconds(ahead);
        let rows = tell(&confirmer, &[&format!("good {ahead}")], at).await;
        work(&confirmer, messages(&confirmer, &rows).await).await;
        let trail = confirmer.store.delivery(rows[0].delivery).await.unwrap().unwrap();
        assert_eq!(trail.signals[0].state, "done", "{ahead} s ahead");
    }
}

#[tokio::test]
async fn the_sweeper_knows_of_messages_that_found_no_place() {
    let bench = Bench::new().await;
    let mut confirmer = on(&bench).await;
    Arc::get_mut(&mut confirmer.sources).unwrap().get_mut("forms").unwrap().share = Share::full();
    let (_, signal) = bench.tell("ada").await;
    bench.store.forget_messages(bench.clock.now(), 9).await.unwrap();
    let rows = bench.store.waiting_signals(&[signal]).await.unwrap();
    work(&confirmer, messages(&confirmer, &rows).await).await;
    assert!(bench.due(Work::Signals).await.is_empty(), "it would add a copy each minute");
    let later = bench.clock.now() + OVERDUE + TimeDelta::seconds(10);
    let due = bench.store.due(Work::Signals, later, later, 10).await.unwrap();
    assert_eq!(due.len(), 1, "but it is not forgotten");
}

#[tokio::test]
async fn what_confirms_itself_needs_no_place() {
    let bench = Bench::new().await;
    let mut confirmer = on(&bench).await;
    Arc::get_mut(&mut confirmer.sources).unwrap().get_mut("forms").unwrap().share = Share::full();
    let (_, signal) = bench.tell("ada").await;
    let rows = bench.store.waiting_signals(&[signal]).await.unwrap();
    let members = messages(&confirmer, &rows).await.into_iter().zip(rows).collect();
    confirmer.group("forms", None, members, &patience()).await;
    assert!(bench.store.waiting_signals(&[signal]).await.unwrap().is_empty(), "it was put off");
}

#[tokio::test]
async fn nothing_rests_on_what_the_lms_shows_before_it_is_settled() {
    for (age, state, events) in [(0, "waiting", 0), (5, "done", 1)] {
        let confirmer = confirmer(Bad::Lag).await;
        let received = Clock::system().now() - TimeDelta::seconds(age);
        let rows = tell(&confirmer, &["bad"], received).await;
        let mut groups = JoinSet::new();
        confirmer.dispatch(messages(&confirmer, &rows).await, &patience(), &mut groups).await;
        while groups.join_next().await.is_some() {}
        let trail = confirmer.store.delivery(rows[0].delivery).await.unwrap().unwrap();
        assert_eq!((trail.signals[0].state.as_str(), trail.signals[0].events.len()), (state, events));
    }
}

/// A confirmer on a bench whose LMS shows a pass of everybody.
async fn on(bench: &Bench) -> Confirmer {
    let mut confirmer = confirmer(Bad::Show).await;
    let source = Arc::get_mut(&mut confirmer.sources).unwrap().remove("lms").unwrap();
    confirmer.sources = Arc::new(BTreeMap::from([("forms".to_owned(), source)]));
    Confirmer {
        store: bench.store.clone(),
        queue: Arc::clone(&bench.queue),
        catalogs: Catalogs::new(samples::catalog()),
        clock: bench.clock.clone(),
        ..confirmer
    }
}

async fn work(confirmer: &Confirmer, deliveries: Vec<Delivery>) {
    let mut groups = JoinSet::new();
    assert!(confirmer.dispatch(deliveries, &patience(), &mut groups).await);
    while groups.join_next().await.is_some() {}
}

#[tokio::test]
async fn of_a_group_only_what_cannot_be_stored_waits_and_is_parked_in_the_end() {
    let bench = Bench::new().await;
    bench.event("bad").await;
    bench.execute("UPDATE outcomes SET content = '{}'").await;
    let confirmer = on(&bench).await;
    let mut told = Vec::new();
    for learner in ["good", "bad", "other"] {
        told.push(bench.tell(learner).await);
    }
    let signals: Vec<Uuid> = told.iter().map(|(_, signal)| *signal).collect();
    let rows = bench.store.waiting_signals(&signals).await.unwrap();
    work(&confirmer, messages(&confirmer, &rows).await).await;
    let trail = async |of: usize| bench.store.delivery(told[of].0).await.unwrap().unwrap();
    for good in [0, 2] {
        let trail = trail(good).await;
        assert_eq!((trail.signals[0].state.as_str(), trail.signals[0].events.len()), ("done", 1));
    }
    let bad = bench.store.waiting_signals(&signals).await.unwrap();
    assert_eq!((bad.len(), bad[0].attempts), (1, 1));
    assert!(trail(1).await.reason.contains("unreadable content in outcomes"), "{}", trail(1).await.reason);
    assert_eq!(bench.queue.depth(Work::Signals).await, Ok(0), "its message does not circle");

    bench.execute("UPDATE signals SET attempts = 15, due_at = 0 WHERE state = 'waiting'").await;
    let rows = bench.store.waiting_signals(&signals).await.unwrap();
    work(&confirmer, messages(&confirmer, &rows).await).await;
    let parked = trail(1).await;
    assert_eq!(parked.signals[0].state, "parked");
    assert!(parked.reason.contains("unreadable content in outcomes"), "{}", parked.reason);
}

#[tokio::test]
async fn an_event_whose_message_may_be_lost_is_due_at_once() {
    let bench = Bench::new().await;
    let confirmer = on(&bench).await;
    let (_, signal) = bench.tell("ada").await;
    let rows = bench.store.waiting_signals(&[signal]).await.unwrap();
    let taken = messages(&confirmer, &rows).await;
    bench.queue.close().await;
    work(&confirmer, taken).await;
    assert_eq!(bench.due(Work::Assessments).await.len(), 1);
}

#[tokio::test]
async fn what_may_end_the_process_is_read_beside_nobody_but_its_learner() {
    let confirmer = confirmer(Bad::Show).await;
    let mut rows = tell(&confirmer, &["bad", "good", "bad", "other"], confirmer.clock.now()).await;
    rows.sort_by(|a, b| a.signal.learner.cmp(&b.signal.learner));
    let (bad, good) = (&rows[..1], &rows[2..3]);
    let beside = |of: &[StoredSignal]| {
        let all = confirmer.beside(rows.clone(), of);
        let mut learners: Vec<String> = all.into_iter().map(|row| row.signal.learner).collect();
        learners.sort_unstable();
        learners
    };
    assert_eq!(beside(good), ["bad", "bad", "good", "other"]);
    let now = confirmer.clock.now();
    Trials::default().note(&confirmer.store, &[bad[0].id], now).await.unwrap();
    confirmer.trials.load(&confirmer.store).await.unwrap();
    assert_eq!(beside(good), ["good", "other"]);
    assert_eq!(confirmer.trials.begin(&confirmer.store, bad[0].id, now).await.unwrap(), None);
    assert_eq!(beside(bad), ["bad", "bad"]);
    confirmer.trials.end(&confirmer.store, &[bad[0].id]).await;
    assert_eq!(beside(good), ["bad", "bad", "good", "other"]);
}
