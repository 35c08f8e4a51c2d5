//! An installation of real processes, with everything around it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use accolade::clock::Clock;
use accolade::demo::sandbox::Sandbox;
use accolade::faults::{self, Break, Point};
use accolade::secrets;
use accolade::worker::Mailer;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::checks::{Check, Complaint, complaints};
use crate::configuration::{self, BATCH, CONNECTIONS, Configuration};
use crate::evidence::Evidence;
use crate::ledger::Ledger;
use crate::part::Part;
use crate::queues::Queues;
use crate::sender::Sender;
pub(crate) use crate::support::app::Way;
use crate::support::broker::amqp_url;
use crate::support::database::TestDatabase;
use crate::support::proxy::Proxy;
use crate::support::smtp::{Script, SmtpServer};
use crate::watch::Watch;

/// How much faster than real time the processes' clocks run: the grace of the sweeper, half a
/// minute, is over in 1.5 s, and the lease of a mail, four minutes, in 12 s.
pub(crate) const FAST: u32 = 20;
/// How long all may take to be done.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
/// How long a broken build is watched that will never be done.
const WATCHED: Duration = Duration::from_secs(20);
/// For how long nothing must wait to be done for good: what was taken from a queue last is answered
/// meanwhile, and what a worker held while its database was away, of which a copy may have been worked off
/// by then, is tried once more (every 2 s). A queue in the process dies with it.
const ANSWERED: Duration = Duration::from_millis(500);
const HELD: Duration = Duration::from_millis(2_750);
/// The parts in production: each role in a process of its own.
const ROLES: [&str; 4] = ["ingest", "worker", "mailer", "web"];

/// What is to be built.
pub(crate) struct Plan {
    /// Which of the two ways to run.
    pub(crate) way: Way,
    /// How much faster the clocks run.
    pub(crate) speed: u32,
    /// Which precautions its processes leave out.
    pub(crate) broken: Vec<Break>,
    /// More variables of all its processes.
    pub(crate) env: Vec<(&'static str, String)>,
    /// What the mail server does.
    pub(crate) script: Script,
    /// A PostgreSQL of the test's own, which has to live longer.
    pub(crate) server: Option<String>,
}

impl Plan {
    /// A sound one with fast clocks.
    pub(crate) fn new(way: Way) -> Self {
        Self { way, speed: FAST, broken: Vec::new(), env: Vec::new(), script: Script::accept(), server: None }
    }

    /// One that leaves out precautions.
    pub(crate) fn broken(way: Way, broken: &[Break]) -> Self {
        Self { broken: broken.to_vec(), ..Self::new(way) }
    }
}

/// An installation, and what it is connected to.
pub(crate) struct World {
    /// Its processes: `ingest`, `worker`, `mailer` and `web`, or one.
    pub(crate) parts: Vec<Part>,
    /// Posts to it.
    pub(crate) sender: Sender,
    /// Takes its mails.
    pub(crate) smtp: SmtpServer,
    /// Stands before the Moodle that it asks.
    pub(crate) moodle: Proxy,
    /// The variables of all its processes.
    pub(crate) env: BTreeMap<String, String>,
    way: Way,
    database: TestDatabase,
    exchange: String,
    /// When it began, in microseconds since 1970.
    since: i64,
    watch: Watch,
    folder: TempDir,
    _sandbox: (JoinSet<()>, tokio_util::sync::DropGuard),
}

impl World {
    /// Builds and starts it; `None` where this way cannot run here (said on standard output).
    pub(crate) async fn start(plan: Plan) -> Option<Self> {
        let mut world = Self::new(plan).await?;
        world.start_all().await;
        Some(world)
    }

    /// Starts every process.
    pub(crate) async fn start_all(&mut self) {
        // The first makes the tables.
        for number in 0..self.parts.len() {
            self.start_part(number).await;
        }
    }

    /// Builds it and starts nothing.
    pub(crate) async fn new(plan: Plan) -> Option<Self> {
        let way = plan.way;
        let database = match way {
            Way::Embedded => TestDatabase::sqlite(),
            Way::Production => {
                amqp_url()?;
                match &plan.server {
                    Some(server) => TestDatabase::postgres_at(server).await,
                    None => TestDatabase::postgres().await?,
                }
            }
        };
        secrets::install_tls();
        let folder = tempfile::tempdir().unwrap();
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        let sandbox = Sandbox::start(&mut tasks, &stop).await.unwrap();
        let moodle = Proxy::start(sandbox.moodle_url.socket_addrs(|| None).unwrap()[0]).await;
        let smtp = SmtpServer::start(plan.script).await;
        let exchange = format!("accolade-faults-{}", Uuid::new_v4());
        let roles: &[&str] = if way == Way::Embedded { &[""] } else { &ROLES };
        let ports: Vec<u16> = roles.iter().map(|_| free_port()).collect();
        let configuration = Configuration {
            way,
            database: database.url(),
            exchange: &exchange,
            smtp: smtp.port,
            moodle: moodle.port,
            front: ports[0],
        };
        let config = configuration.write(folder.path());
        let parts = roles.iter().zip(&ports).map(|(roles, port)| Part::new(roles, *port, config.clone()));
        let mut env: BTreeMap<String, String> =
            plan.env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let broken: Vec<String> = plan.broken.iter().map(|one| format!("{one:?}")).collect();
        env.insert(faults::BREAK.to_owned(), broken.join(","));
        let mut world = Self {
            parts: parts.collect(),
            sender: Sender::new(format!("http://127.0.0.1:{}", ports[0])),
            smtp,
            moodle,
            env,
            way,
            database,
            exchange,
            watch: Watch::start(folder.path()),
            folder,
            _sandbox: (tasks, stop.drop_guard()),
            since: Clock::system().now().timestamp_micros(),
        };
        world.set_clock(plan.speed);
        Some(world)
    }

    /// Its database.
    pub(crate) fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// The learners to whose addresses the mail server has taken a mail.
    pub(crate) fn mailed(&self) -> BTreeSet<String> {
        let learner = |to: String| to.split('@').next().unwrap_or_default().to_owned();
        self.smtp.taken().into_iter().map(|mail| learner(mail.to)).collect()
    }

    /// Its queues, if it has some on a broker.
    pub(crate) async fn queues<T>(&self, look: impl AsyncFnOnce(&Queues<'_>) -> T) -> Option<T> {
        if self.way == Way::Embedded {
            return None;
        }
        let url = self.env.get("ACCOLADE_QUEUE__URL").cloned().or_else(amqp_url)?;
        Some(look(&Queues { url: &url, exchange: &self.exchange }).await)
    }

    /// The process with a role.
    pub(crate) fn part(&mut self, role: &str) -> &mut Part {
        let has = |part: &&mut Part| part.roles.is_empty() || part.roles == role;
        self.parts.iter_mut().find(has).unwrap_or_else(|| panic!("no part is {role}"))
    }

    /// One more process of a role, not started yet; its number.
    pub(crate) fn add(&mut self, roles: &'static str) -> usize {
        self.parts.push(Part::new(roles, free_port(), self.folder.path().join(configuration::FILE)));
        self.parts.len() - 1
    }

    /// Starts a process, by its number.
    pub(crate) async fn start_part(&mut self, number: usize) {
        let part = &mut self.parts[number];
        self.watch.step(format!("the start of {}", part.name()));
        part.start(&self.env);
        part.ready().await;
        self.watch.step("what the test does with what runs");
    }

    /// Lets time pass: ends all processes in good order and starts them with clocks that show as much
    /// time since the beginning as if they had always run so fast.
    pub(crate) async fn hurry(&mut self, speed: u32) {
        let unclean = self.stop().await;
        assert!(unclean.is_empty(), "{unclean:#?}");
        self.set_clock(speed);
        for number in 0..self.parts.len() {
            self.start_part(number).await;
        }
    }

    fn set_clock(&mut self, speed: u32) {
        self.env.insert(faults::CLOCK.to_owned(), format!("{}:{speed}", self.since));
    }

    /// Starts the process with a role again; it must not run.
    pub(crate) async fn restart(&mut self, role: &str) {
        let env = self.env.clone();
        let part = self.part(role);
        part.start(&env);
        part.ready().await;
    }

    /// Starts the process with a role anew, so that it dies when it comes to a point.
    pub(crate) async fn arm(&mut self, role: &str, point: Point) {
        let mut env = self.env.clone();
        env.insert(faults::DIE.to_owned(), format!("{point:?}"));
        let part = self.part(role);
        if part.runs() {
            let status = part.stop().await;
            assert!(status.success(), "{role}: {status}\n{}", part.said());
        }
        part.start(&env);
        part.ready().await;
    }

    /// The same, while processes that die are started again, as whoever runs them does.
    pub(crate) async fn settle_reviving(&mut self, patience: Duration) {
        let since = Instant::now();
        while since.elapsed() < patience && Ledger::open(self.database.url()).await != Some(0) {
            for part in &mut self.parts {
                part.revive(&self.env);
            }
            sleep(Duration::from_millis(50)).await;
        }
        for part in &mut self.parts {
            part.revive(&self.env);
            part.ready().await;
        }
    }

    /// Waits until nothing waits, neither in rows nor in queues, or time is over.
    pub(crate) async fn settle(&self, patience: Duration) {
        self.settle_but(0, patience).await;
    }

    /// The same with so many rows that are expected to wait on.
    pub(crate) async fn settle_but(&self, rows: u64, patience: Duration) {
        let since = Instant::now();
        let mut quiet = since;
        let enough = if self.way == Way::Embedded { ANSWERED } else { HELD };
        while quiet.elapsed() < enough && since.elapsed() < patience {
            self.watch.step("asking the database what waits");
            let mut done = Ledger::open(self.database.url()).await == Some(rows);
            if done {
                self.watch.step("asking the broker what waits");
                let depth = self.queues(async |queues| queues.working().await).await;
                done = depth.is_none_or(|depth| depth == 0);
            }
            if !done {
                quiet = Instant::now();
            }
            sleep(Duration::from_millis(250)).await;
        }
    }

    /// Asks every process to end; those that did not end well, with their last words.
    async fn stop(&mut self) -> Vec<String> {
        let mut unclean = Vec::new();
        for part in self.parts.iter_mut().filter(|part| part.runs()) {
            self.watch.step(format!("the end of {}", part.name()));
            let status = part.stop().await;
            if !status.success() {
                unclean.push(format!("{}: {status}\n{}", part.name(), part.said()));
            }
        }
        unclean
    }

    /// Waits until all is done, at most so long, ends the processes and tells what there is to see.
    pub(crate) async fn evidence(&mut self, patience: Duration) -> Evidence {
        self.settle(patience).await;
        let unclean = self.stop().await;
        self.watch.step("reading what there is to see");
        let evidence = Evidence {
            kept: self.sender.kept(),
            ledger: Ledger::read(self.database.url()).await,
            taken: self.smtp.taken().iter().map(|mail| message_id(&mail.raw)).collect(),
            queues: self.queues(async |queues| queues.depths().await).await.unwrap_or_default(),
            deaths: self.parts.iter().filter(|part| part.mails()).map(|part| part.deaths).sum(),
            window: Mailer::window(BATCH, CONNECTIONS),
            unclean,
        };
        self.watch.step("deleting the queues");
        self.queues(async |queues| queues.delete().await).await;
        self.watch.step("the checks");
        evidence
    }

    /// Ends a run in which all must be well; what there was to see.
    pub(crate) async fn ends_well(mut self) -> Evidence {
        let evidence = self.evidence(PATIENCE).await;
        self.is_well(evidence)
    }

    /// The same where an LMS did not answer: what was put off for long stays with the broker, whose clock
    /// is not faster, while its row is done.
    pub(crate) async fn ends_well_but_put_off(mut self) -> Evidence {
        let mut evidence = self.evidence(PATIENCE).await;
        evidence.queues.retain(|name, _| !name.ends_with(".retry.10m"));
        self.is_well(evidence)
    }

    fn is_well(&self, evidence: Evidence) -> Evidence {
        let complaints = complaints(&evidence);
        assert!(complaints.is_empty(), "{complaints:#?}\n{}\n{}", evidence.figures(), self.said());
        evidence
    }

    /// Ends a run of a broken build, about which these checks must complain, and no others.
    pub(crate) async fn ends_with(mut self, expected: &[Check]) {
        let evidence = self.evidence(PATIENCE).await;
        let complaints = complaints(&evidence);
        let checks: BTreeSet<Check> = complaints.iter().map(|Complaint { check, .. }| *check).collect();
        let expected = expected.iter().copied().collect();
        assert_eq!(checks, expected, "{complaints:#?}\n{}\n{}", evidence.figures(), self.said());
    }

    /// Ends a run of a broken build that is never done: its time is over at some moment, at which a slow
    /// machine leaves more to complain of.
    pub(crate) async fn never_ends(self) {
        self.never_ends_within(WATCHED, &[Check::Finished, Check::Earned]).await;
    }

    /// The same for a build that is watched for so long, and about which these checks complain at least.
    pub(crate) async fn never_ends_within(mut self, watched: Duration, expected: &[Check]) {
        let evidence = self.evidence(watched).await;
        let complaints = complaints(&evidence);
        for expected in expected.iter().copied() {
            let found = complaints.iter().any(|complaint| complaint.check == expected);
            assert!(found, "{expected:?}: {complaints:#?}\n{}\n{}", evidence.figures(), self.said());
        }
    }

    /// The ends of all logs, for people.
    pub(crate) fn said(&self) -> String {
        let each: Vec<String> =
            self.parts.iter().map(|part| format!("== {}\n{}", part.name(), part.said())).collect();
        each.join("\n")
    }
}

impl Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.exchange)
    }
}

fn message_id(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    let line = text.lines().find_map(|line| line.strip_prefix("Message-ID:")).unwrap_or_default();
    line.trim().trim_matches(['<', '>']).to_owned()
}

/// A port that is free, and below those that the kernel takes for outgoing connections: it stays free
/// while its process is dead.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        // Apart from other processes that run these tests.
        let from = 12_000 + u16::try_from(std::process::id() % 70).unwrap() * 100;
        let port = from + NEXT.fetch_add(1, Ordering::Relaxed) % 1_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
