use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use accolade_connectors::{
    ApiError, Asked, Confirmation, Connector, Course, Gradebook, Gradebooks, Http, Outcome, Part, Question,
    Receipt, Rejection, Request, Shown, Signal,
};
use async_trait::async_trait;
use tokio::sync::Semaphore;

use super::*;
use crate::config::Catalog;
use crate::lms::{Client, Limits};
use crate::rules::{AssessmentName, Condition, Rule, Rulebook, Threshold};
use crate::store::{ConfirmResult, NewDelivery, RuledOutcome, SignalVerdict, TrailFilter, Verdict};
use crate::worker::Share;
use crate::worker::samples::{Bench, passed};

/// An LMS of which every learner has passed `final` in each of the courses a, b and c.
#[derive(Debug)]
pub(super) struct Lms {
    pub(super) clock: Clock,
    learners: Mutex<Vec<String>>,
    /// Courses that cannot be read now.
    away: Mutex<BTreeSet<String>>,
    /// Courses in the order in which they were read, with the marker.
    read: Mutex<Vec<(String, Option<String>)>>,
    finds: AtomicUsize,
    /// How many results need not be asked about, of each reading.
    decided: Mutex<Vec<usize>>,
    /// Readings wait for a permit each.
    gate: Semaphore,
}

impl Lms {
    fn reads(&self) -> Vec<String> {
        self.read.lock().unwrap().iter().map(|(course, _)| course.clone()).collect()
    }
}

#[derive(Debug)]
struct Shared(Arc<Lms>);

fn outcome(course: &str, learner: &str, clock: &Clock) -> Outcome {
    let mut outcome = passed(learner, clock);
    course.clone_into(&mut outcome.course.id);
    outcome
}

#[async_trait]
impl Connector for Shared {
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
        Ok(signals.iter().map(|_| Confirmation::Settled(Vec::new())).collect())
    }

    fn gradebooks(&self) -> Option<&dyn Gradebooks> {
        Some(self)
    }

    async fn probe(&self, _: &dyn Http) -> Result<Vec<String>, ApiError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Gradebooks for Shared {
    async fn course(&self, name: &str, _: &dyn Http) -> Result<Option<Course>, ApiError> {
        self.0.finds.fetch_add(1, Ordering::SeqCst);
        // `a-too` is another name of the course a; nobody knows the course x.
        let id = name.trim_end_matches("-too");
        Ok((id != "x").then(|| called(id, &[])))
    }

    async fn absent(&self, _: &Course, _: &[Part], _: &dyn Http) -> Result<Vec<Part>, ApiError> {
        Ok(Vec::new())
    }

    async fn read(&self, question: &Question<'_>, _: &dyn Http) -> Result<Option<Gradebook>, ApiError> {
        self.0.gate.acquire().await.unwrap().forget();
        let course = question.course.id.clone();
        self.0.read.lock().unwrap().push((course.clone(), question.marker.map(str::to_owned)));
        assert!(course != "crash", "on purpose");
        if self.0.away.lock().unwrap().contains(&course) {
            return Err(ApiError::Unavailable { what: "no answer".to_owned(), retry_after: None });
        }
        let learners = self.0.learners.lock().unwrap().clone();
        self.0.decided.lock().unwrap().push(question.decided.len());
        let named = called(&course, &[&format!("{course}-too")]);
        let shown = learners.iter().map(|learner| {
            let outcome = outcome(&course, learner, &self.0.clock);
            Shown { outcome: Outcome { course: named.clone(), ..outcome }, decision: true }
        });
        Ok(Some(Gradebook { shown: shown.collect(), marker: Some("m1".to_owned()), ..Gradebook::default() }))
    }

    fn signal(&self, outcome: &Outcome) -> Option<Signal> {
        Some(told(outcome))
    }
}

fn told(outcome: &Outcome) -> Signal {
    Signal {
        key: String::new(),
        batch: outcome.course.id.clone(),
        event: "reconciliation".to_owned(),
        learner: outcome.learner.id.clone(),
        course: None,
        occurred_at: None,
        detail: serde_json::Value::Null,
        outcome: None,
    }
}

fn called(id: &str, also: &[&str]) -> Course {
    let also = also.iter().map(|name| (*name).to_owned()).collect();
    Course { id: id.to_owned(), also, name: None, url: None }
}

/// A catalogue whose badge names these courses of the source `lms`.
fn catalog(courses: &[&str]) -> Catalog {
    let mut catalog = (*crate::worker::samples::catalog()).clone();
    let conditions = courses.iter().map(|course| {
        let item = AssessmentName::Named("final".to_owned());
        Rule::Condition(Condition::new("lms", *course, item, Threshold::Passed))
    });
    catalog.badges.truncate(1);
    let id = catalog.badges[0].achievement.id.clone();
    catalog.rules = Rulebook::new(vec![(id, Rule::All(conditions.collect()))]);
    catalog
}

fn start() -> Clock {
    Clock::manual("2026-11-21T02:00:00Z".parse().unwrap())
}

/// A reconciler as one process has it.
pub(super) fn process(bench: &Bench, lms: &Arc<Lms>, courses: &[&str]) -> Reconciler {
    crate::secrets::install_tls();
    let metrics = Arc::new(Metrics::new());
    let limits = Limits { concurrency: 1, time: Duration::from_secs(1) };
    let client = Client::new("lms", Client::http().unwrap(), limits, Clock::system(), Arc::clone(&metrics));
    let connector = Arc::new(Shared(Arc::clone(lms)));
    let source = Source { connector, client, share: Share::new(1) };
    Reconciler {
        store: bench.store.clone(),
        sources: Arc::new(BTreeMap::from([("lms".to_owned(), source)])),
        catalogs: Catalogs::new(catalog(courses)),
        awards: None,
        schedules: Arc::default(),
        clock: lms.clock.clone(),
        metrics,
        every: Duration::from_millis(10),
    }
}

pub(super) async fn bench(open: usize) -> (Bench, Arc<Lms>) {
    let lms = Lms {
        clock: start(),
        learners: Mutex::new(vec!["ada".to_owned()]),
        away: Mutex::default(),
        read: Mutex::default(),
        finds: AtomicUsize::new(0),
        decided: Mutex::default(),
        gate: Semaphore::new(open),
    };
    (Bench::new().await, Arc::new(lms))
}

pub(super) fn nightly() -> Schedule {
    Schedule::Daily("02:30:00".parse().unwrap())
}

/// One look at the schedule.
async fn look(process: &Reconciler, outages: &mut Outages) -> Result<(), Refusal> {
    process.look("lms", nightly(), outages, &CancellationToken::new()).await
}

async fn asked(process: &Reconciler, order: &Order) -> Result<Run, Refusal> {
    process.order("lms", order, &|_| (), &CancellationToken::new()).await
}

fn states(run: &Run) -> Vec<(&str, &str)> {
    run.courses.iter().map(|course| (course.name.as_str(), course.state.as_str())).collect()
}

async fn deliveries(bench: &Bench) -> usize {
    bench.store.deliveries(&TrailFilter { limit: 100, ..TrailFilter::default() }).await.unwrap().len()
}

#[tokio::test]
async fn the_turn_comes_at_its_time_once_and_a_missed_one_afterwards() {
    let (bench, lms) = bench(100).await;
    let process = process(&bench, &lms, &["a"]);
    let mut outages = Outages::default();
    look(&process, &mut outages).await.unwrap();
    assert_eq!(lms.reads(), [""; 0], "not yet");
    lms.clock.advance(Duration::from_mins(31));
    for _ in 0..3 {
        look(&process, &mut outages).await.unwrap();
    }
    assert_eq!(lms.reads(), ["a"]);
    // Two nights without a process are one run.
    lms.clock.advance(Duration::from_hours(50));
    for _ in 0..3 {
        look(&process, &mut Outages::default()).await.unwrap();
    }
    assert_eq!(lms.reads(), ["a", "a"]);
}

#[tokio::test]
async fn two_processes_do_not_run_twice() {
    let (bench, lms) = bench(0).await;
    let (one, two) = (process(&bench, &lms, &["a", "b"]), process(&bench, &lms, &["a", "b"]));
    let mut outages = Outages::default();
    look(&one, &mut outages).await.unwrap();
    lms.clock.advance(Duration::from_hours(1));
    let running = tokio::spawn(async move { look(&one, &mut Outages::default()).await });
    // The first one holds the right while it waits for the LMS.
    while bench.store.last_run("lms").await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    let order = Order::default();
    let beside = async { (asked(&two, &order).await, look(&two, &mut outages).await) };
    let beside = tokio::time::timeout(Duration::from_secs(20), beside).await.expect("nobody waits");
    assert!(matches!(beside, (Err(Refusal::Busy), Err(Refusal::Busy))), "{beside:?}");
    lms.gate.add_permits(100);
    running.await.unwrap().unwrap();
    look(&two, &mut outages).await.unwrap();
    assert_eq!(lms.reads(), ["a", "b"]);
    assert_eq!(bench.store.runs(None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_run_that_is_killed_half_way_goes_on_where_it_stopped() {
    let (bench, lms) = bench(2).await;
    let first = process(&bench, &lms, &["a", "b", "c"]);
    let killed = tokio::spawn(async move { asked(&first, &Order::default()).await });
    while lms.reads().len() < 2 || bench.store.last_run("lms").await.unwrap().unwrap().counts().checked < 2 {
        tokio::task::yield_now().await;
    }
    killed.abort();
    assert!(killed.await.is_err());
    let run = bench.store.last_run("lms").await.unwrap().unwrap();
    assert_eq!(states(&run), [("a", "done"), ("b", "done"), ("c", "waiting")]);

    lms.gate.add_permits(100);
    let second = process(&bench, &lms, &["a", "b", "c"]);
    assert!(
        matches!(asked(&second, &Order::default()).await, Err(Refusal::Busy)),
        "as long as its right lasts"
    );
    lms.clock.advance(Duration::from_mins(3));
    look(&second, &mut Outages::default()).await.unwrap();
    assert_eq!(lms.reads(), ["a", "b", "c"]);
    let run = bench.store.last_run("lms").await.unwrap().unwrap();
    assert_eq!(states(&run), [("a", "done"), ("b", "done"), ("c", "done")]);
    assert!(run.finished_at.is_some());
    assert_eq!(deliveries(&bench).await, 3, "one for each course");
}

#[tokio::test]
async fn a_course_that_cannot_be_read_now_is_read_later_and_holds_up_no_other() {
    let (bench, lms) = bench(100).await;
    let process = process(&bench, &lms, &["a", "b", "x"]);
    lms.away.lock().unwrap().insert("a".to_owned());
    let run = asked(&process, &Order::default()).await.unwrap();
    assert_eq!(states(&run), [("a", "waiting"), ("b", "done"), ("x", "failed")]);
    assert_eq!((run.courses[0].reason.as_str(), run.finished_at), ("no answer", None));
    assert!(run.courses[2].reason.contains("no course “x”"), "{}", run.courses[2].reason);

    let mut outages = Outages::default();
    look(&process, &mut outages).await.unwrap();
    assert_eq!(lms.reads(), ["a", "b"], "not before its time");
    lms.clock.advance(Duration::from_mins(11));
    lms.away.lock().unwrap().clear();
    look(&process, &mut outages).await.unwrap();
    assert_eq!(lms.reads(), ["a", "b", "a"]);
    let run = bench.store.run(run.id).await.unwrap().unwrap();
    assert_eq!(states(&run), [("a", "done"), ("b", "done"), ("x", "failed")]);
}

#[tokio::test]
async fn what_failed_until_the_next_turn_is_left_to_the_next_run() {
    let (bench, lms) = bench(100).await;
    let process = process(&bench, &lms, &["a"]);
    lms.away.lock().unwrap().insert("a".to_owned());
    let run = asked(&process, &Order::default()).await.unwrap();
    lms.clock.advance(Duration::from_hours(24));
    look(&process, &mut Outages::default()).await.unwrap();
    let old = bench.store.run(run.id).await.unwrap().unwrap();
    assert_eq!((states(&old), old.courses[0].reason.as_str()), (vec![("a", "failed")], "no answer"));
    assert_ne!(bench.store.last_run("lms").await.unwrap().unwrap().id, run.id);
}

#[tokio::test]
async fn what_is_said_of_a_course_is_said_of_each_of_its_names() {
    let (bench, lms) = bench(100).await;
    let process = process(&bench, &lms, &["a", "a-too", "crash", "crash-too"]);
    lms.away.lock().unwrap().insert("a".to_owned());
    let run = asked(&process, &Order::default()).await.unwrap();
    let state = |run: &Run| run.courses.iter().map(|course| course.state.as_str()).collect::<Vec<_>>();
    assert_eq!(state(&run), ["waiting", "waiting", "failed", "failed"]);
    assert_eq!(run.courses[1].reason, "no answer");
    assert_eq!(run.courses[2].reason, run.courses[3].reason);
    assert_eq!(lms.reads(), ["a", "crash"], "each is read once");

    // A source is not kept from its next run by a name that nobody tries.
    lms.clock.advance(Duration::from_hours(24));
    look(&process, &mut Outages::default()).await.unwrap();
    let old = bench.store.run(run.id).await.unwrap().unwrap();
    assert_eq!((state(&old), old.courses[1].reason.as_str()), (vec!["failed"; 4], "no answer"));
    assert_ne!(bench.store.last_run("lms").await.unwrap().unwrap().id, run.id);
}

/// A result of that learner in a course, confirmed before.
async fn confirmed(bench: &Bench, lms: &Lms, course: &Course, learner: &str, named: bool) {
    let now = lms.clock.now();
    let (delivery, signal) = (ids::timed(now), ids::timed(now));
    let mut result = outcome(&course.id, learner, &lms.clock);
    result.course = course.clone();
    let told = Signal { key: signal.to_string(), ..told(&result) };
    let new = NewDelivery {
        id: delivery,
        source: "lms".to_owned(),
        received_at: now,
        user_agent: None,
        body: None,
        verdict: Verdict::Accepted { signals: vec![(signal, told)], ignored: Vec::new() },
    };
    bench.store.record(&[new]).await.unwrap();
    let result = ConfirmResult {
        signal,
        delivery,
        source: "lms".to_owned(),
        outcomes: vec![RuledOutcome { outcome: result, passes: true, named }],
        read: true,
        verdict: SignalVerdict::Done { reason: String::new() },
    };
    bench.store.confirm(&[result], now).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_read_of_the_database_holds_up_its_own_course_alone() {
    let (bench, lms) = bench(100).await;
    let process = process(&bench, &lms, &["a", "b"]);
    for course in ["a", "b"] {
        confirmed(&bench, &lms, &called(course, &[]), "ada", true).await;
    }
    // No time that anybody can read.
    bench.execute("UPDATE outcomes SET as_of = 9223372036854775807 WHERE course = 'a'").await;
    let run = asked(&process, &Order::default()).await.unwrap();
    assert_eq!(states(&run), [("a", "waiting"), ("b", "done")]);
    assert!(run.courses[0].reason.contains("database"), "{}", run.courses[0].reason);
    bench.execute("UPDATE outcomes SET as_of = 0 WHERE course = 'a'").await;
    lms.clock.advance(Duration::from_mins(11));
    look(&process, &mut Outages::default()).await.unwrap();
    let run = bench.store.run(run.id).await.unwrap().unwrap();
    assert_eq!(states(&run), [("a", "done"), ("b", "done")]);
}

/// The learner of whom something unreadable is stored is told as missing: confirming it finds it, too, and
/// says so.
#[tokio::test]
async fn a_stored_result_that_cannot_be_read_harms_no_other_of_its_course() {
    let (bench, lms) = bench(100).await;
    let process = process(&bench, &lms, &["a"]);
    lms.learners.lock().unwrap().push("bob".to_owned());
    confirmed(&bench, &lms, &called("a", &[]), "ada", true).await;
    bench.execute("UPDATE outcomes SET content = '{}'").await;
    let run = asked(&process, &Order::default()).await.unwrap();
    assert_eq!((states(&run), run.counts().missing), (vec![("a", "done")], 2));
    assert!(run.courses[0].reason.contains("1 stored results"), "{}", run.courses[0].reason);
}

#[tokio::test]
async fn a_difference_is_told_once_and_again_when_somebody_asks_for_all() {
    let (bench, lms) = bench(100).await;
    let process = process(&bench, &lms, &["a"]);
    let told = async |order: &Order| {
        let counts = asked(&process, order).await.unwrap().counts();
        (counts.missing, counts.duplicates, deliveries(&bench).await)
    };
    assert_eq!(told(&Order::default()).await, (1, 0, 1));
    assert_eq!(told(&Order::default()).await, (1, 1, 1));
    assert_eq!(told(&Order { whole: true, course: None }).await, (1, 0, 2));
    let markers: Vec<_> = lms.read.lock().unwrap().iter().map(|(_, marker)| marker.clone()).collect();
    assert_eq!(markers, [None, Some("m1".to_owned()), None], "all is all");
    let trail =
        &bench.store.deliveries(&TrailFilter { limit: 1, ..TrailFilter::default() }).await.unwrap()[0];
    assert_eq!(trail.user_agent.as_deref(), Some("reconciliation"));
    assert_eq!(trail.signals[0].event, "reconciliation: missing");
}

#[tokio::test]
async fn names_of_one_course_are_one_reading_and_are_found_once_a_day() {
    let (bench, lms) = bench(100).await;
    let process = process(&bench, &lms, &["a", "a-too"]);
    let run = asked(&process, &Order::default()).await.unwrap();
    assert_eq!(states(&run), [("a", "done"), ("a-too", "done")]);
    assert_eq!(run.courses[1].reason, "the same course as “a”");
    asked(&process, &Order::default()).await.unwrap();
    assert_eq!((lms.reads().len(), lms.finds.load(Ordering::SeqCst)), (2, 2));
    lms.clock.advance(Duration::from_hours(25));
    asked(&process, &Order::default()).await.unwrap();
    assert_eq!(lms.finds.load(Ordering::SeqCst), 4, "a name may be given to another course");
}

#[tokio::test]
async fn an_order_may_name_a_course_and_is_no_turn_of_the_schedule() {
    let (bench, lms) = bench(100).await;
    let process = process(&bench, &lms, &["a", "b"]);
    let only = |course: &str| Order { course: Some(course.to_owned()), whole: false };
    let run = asked(&process, &only("b")).await.unwrap();
    assert_eq!(states(&run), [("b", "done")]);
    assert!(bench.store.last_run("lms").await.unwrap().is_none());
    let error = asked(&process, &only("z")).await.unwrap_err().to_string();
    assert!(error.contains("“z”"), "{error}");
}

#[tokio::test]
async fn a_connector_that_panics_costs_its_course_only() {
    let (bench, lms) = bench(100).await;
    let process = process(&bench, &lms, &["b", "crash"]);
    let run = asked(&process, &Order::default()).await.unwrap();
    assert_eq!(states(&run), [("b", "done"), ("crash", "failed")]);
}

#[tokio::test]
async fn after_an_outage_of_the_lms_a_run_is_due() {
    let (bench, lms) = bench(100).await;
    let process = process(&bench, &lms, &["a"]);
    let due = async |outages: &mut Outages| {
        let turn = process.due("lms", nightly(), outages).await.unwrap();
        turn.map(|turn| matches!(turn, Turn::New(why) if why == "the LMS was away"))
    };
    let mut outages = Outages::default();
    assert_eq!(due(&mut outages).await, None);
    outages.noticed_at = Some(lms.clock.now() + TimeDelta::minutes(1));
    lms.clock.advance(Duration::from_mins(29));
    assert_eq!(due(&mut outages).await, None, "runs because of outages are apart");
    // Over an hour after the last run, and long before the next one.
    lms.clock.advance(Duration::from_mins(2));
    look(&process, &mut outages).await.unwrap();
    outages.noticed_at = Some(lms.clock.now() + TimeDelta::minutes(1));
    lms.clock.advance(Duration::from_mins(61));
    assert_eq!(due(&mut outages).await, Some(true));
    look(&process, &mut outages).await.unwrap();
    assert_eq!(due(&mut outages).await, None, "once");
}

#[tokio::test]
async fn a_pass_that_a_rule_names_only_now_is_asked_about_and_told() {
    let (bench, lms) = bench(100).await;
    let process = process(&bench, &lms, &["a", "a-too"]);
    let read = async || {
        lms.clock.advance(Duration::from_hours(25));
        let counts = asked(&process, &Order::default()).await.unwrap().counts();
        (counts.checked, counts.stale)
    };
    // It is older than the course's second name.
    confirmed(&bench, &lms, &called("a", &[]), "ada", true).await;
    assert_eq!(read().await, (1, 1));
    confirmed(&bench, &lms, &called("a", &["a-too"]), "ada", true).await;
    assert_eq!(read().await, (1, 0));
    assert_eq!(*lms.decided.lock().unwrap(), [0, 1], "what is known by all names need not be asked again");
}
