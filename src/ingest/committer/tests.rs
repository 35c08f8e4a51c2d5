use sqlx::Connection as _;
use tempfile::TempDir;

use super::*;
use crate::ids;
use accolade_connectors::Signal;

struct Bench {
    _folder: TempDir,
    url: String,
    store: Store,
    queue: Arc<Queue>,
    committer: Committer,
    _tasks: JoinSet<()>,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        let store = Store::connect(&url, 2).await.unwrap();
        store.migrate().await.unwrap();
        let queue = Arc::new(Queue::connect("embedded:", "test").await.unwrap());
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        let clock = Clock::system();
        let url_of_site = "http://localhost";
        let committer = Committer::start(&store, &queue, &clock, url_of_site, &mut tasks, &stop);
        Self { _folder: folder, url, store, queue, committer, _tasks: tasks }
    }
}

fn delivery(bytes: usize) -> NewDelivery {
    let at = Clock::system().now();
    let signal = Signal {
        key: uuid::Uuid::new_v4().to_string(),
        batch: "course:1".to_owned(),
        event: "graded".to_owned(),
        learner: "7".to_owned(),
        course: None,
        occurred_at: None,
        detail: serde_json::Value::Null,
        outcome: None,
    };
    NewDelivery {
        id: ids::timed(at),
        source: "lms".to_owned(),
        received_at: at,
        user_agent: None,
        body: Some(vec![b'x'; bytes]),
        verdict: Verdict::Accepted { signals: vec![(ids::timed(at), signal)], ignored: Vec::new() },
    }
}

#[tokio::test]
async fn bodies_that_wait_are_bounded_in_bytes() {
    let bench = Bench::new().await;
    // Another process writes, and so everything waits.
    let mut beside = sqlx::SqliteConnection::connect(&bench.url).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut beside).await.unwrap();
    let quarter = WAITING_BYTES as usize / 4;
    let mut waiting = JoinSet::new();
    for _ in 0..4 {
        let committer = bench.committer.clone();
        waiting.spawn(async move { committer.commit(delivery(quarter)).await });
    }
    let full = async {
        while bench.committer.bytes.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), full).await.expect("what waits takes its room");
    assert_eq!(bench.committer.commit(delivery(1)).await, Err(Full::Busy));
    sqlx::raw_sql("COMMIT").execute(&mut beside).await.unwrap();
    while let Some(recorded) = waiting.join_next().await {
        recorded.unwrap().unwrap();
    }
    // The room is free again, for one that is larger than all of it, too.
    bench.committer.commit(delivery(WAITING_BYTES as usize + 1)).await.unwrap();
    assert_eq!(bench.committer.bytes.available_permits(), WAITING_BYTES as usize);
}

#[tokio::test]
async fn no_more_deliveries_wait_than_there_is_room_for() {
    let bench = Bench::new().await;
    // All come before the writer takes one.
    let all = (0..WAITING + 500).map(|_| bench.committer.commit(delivery(1)));
    let answers = futures_util::future::join_all(all).await;
    let busy = answers.iter().filter(|answer| **answer == Err(Full::Busy)).count();
    assert_eq!((busy, answers.iter().filter(|answer| answer.is_ok()).count()), (500, WAITING));
}

#[tokio::test]
async fn what_has_no_room_to_wait_for_its_publishing_is_left_to_the_sweeper() {
    let now = Clock::system().now();
    let messages =
        |count| vec![Message::mail("http://localhost", uuid::Uuid::nil(), uuid::Uuid::nil(), now); count];
    let (publish, mut unpublished) = Publish::new();
    for count in [UNPUBLISHED_MESSAGES - 1, 2, 1, 1] {
        publish.send(messages(count));
    }
    let mut waited = |count| {
        let (messages, _room) = unpublished.try_recv().unwrap();
        assert_eq!(messages.len(), count);
    };
    waited(UNPUBLISHED_MESSAGES - 1);
    publish.send(messages(2));
    waited(1);
    waited(2);
    // No more groups than this either, however small.
    (0..UNPUBLISHED + 10).for_each(|_| publish.send(messages(1)));
    assert_eq!(std::iter::from_fn(|| unpublished.try_recv().ok()).count(), UNPUBLISHED);
}

#[tokio::test]
async fn a_signal_whose_message_may_be_lost_is_due_at_once() {
    let bench = Bench::new().await;
    bench.queue.close().await;
    let recorded = bench.committer.commit(delivery(10)).await.unwrap();
    let due = async || {
        let now = Clock::system().now();
        bench.store.due(Work::Signals, now, now + chrono::TimeDelta::minutes(1), 10).await.unwrap()
    };
    let found = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            let due = due().await;
            if !due.is_empty() {
                return due;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert_eq!(found.await.expect("it is due before its grace ends")[0].id, recorded.new_signals[0]);
}

/// How many deliveries the next group has when others come as soon as somebody waits for them, after a
/// group of so many.
async fn group_after(last: usize, others: usize) -> usize {
    let (sender, mut receiver) = mpsc::channel(others + 1);
    let bytes = Arc::new(Semaphore::new(others + 1));
    let waiting = || Waiting {
        delivery: delivery(1),
        bytes: Arc::clone(&bytes).try_acquire_owned().unwrap(),
        answer: oneshot::channel().0,
    };
    sender.send(waiting()).await.unwrap();
    let stop = CancellationToken::new();
    let later = async {
        for _ in 0..others {
            sender.try_send(waiting()).ok().unwrap();
            tokio::task::yield_now().await;
        }
    };
    let (group, ()) = tokio::join!(next_group(&mut receiver, last, &stop), later);
    group.unwrap().len()
}

#[tokio::test]
async fn a_group_gathers_where_several_come_at_a_time() {
    assert_eq!(group_after(2, 1).await, 2);
    assert_eq!(group_after(1, 1).await, 1, "nobody else is expected");
    assert_eq!(group_after(0, 1).await, 1, "the first one");
    let many = group_after(2, 2 * ENOUGH).await;
    assert!((ENOUGH..2 * ENOUGH).contains(&many), "{many}: it is enough");
}

#[tokio::test]
async fn what_comes_while_a_group_waits_for_its_turn_goes_with_it() {
    let bench = Bench::new().await;
    let turn = bench.store.recording().await.unwrap();
    let committing = |bench: &Bench| {
        let committer = bench.committer.clone();
        tokio::spawn(async move { committer.commit(delivery(1)).await })
    };
    let under_way = async |count: usize| {
        while bench.committer.bytes.available_permits() != WAITING_BYTES as usize - count {
            tokio::task::yield_now().await;
        }
    };
    let first = committing(&bench);
    under_way(1).await;
    // The writer has taken it, and stands in line.
    while bench.committer.sender.capacity() < WAITING {
        tokio::task::yield_now().await;
    }
    // Behind it stands one who will not let anybody pass.
    let store = bench.store.clone();
    let next = tokio::spawn(async move { store.recording().await.unwrap() });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let later: Vec<_> = (0..3).map(|_| committing(&bench)).collect();
    under_way(4).await;
    drop(turn);
    let _last = next.await.unwrap();
    for answer in [first].into_iter().chain(later) {
        let answer = tokio::time::timeout(Duration::from_secs(2), answer).await;
        answer.expect("it shared the first one's turn").unwrap().unwrap();
    }
}
