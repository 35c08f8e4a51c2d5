//! A semester: three LMSs and an automation tool on sockets, teachers who grade, regrade, hide,
//! release, excuse, reset, merge and delete, webhooks that are lost, doubled, late and early, rules
//! drawn at random. After each week and its reconciliation the awards in the database are those
//! that an oracle computes from the gradebooks, by other code than the engine's.
//!
//! `ACCOLADE_SEMESTERS=300` runs so many small semesters instead of a few, `ACCOLADE_LEARNERS=2000`
//! makes the large one so large, `ACCOLADE_SEED=17` repeats one. A semester that goes wrong is made
//! small and told as a story.

mod campus;
mod doing;
mod found;
mod operations;
mod oracle;
mod rules;
mod run;
mod shown;
mod shrink;
mod standings;
mod webhooks;

use std::ops::Range;
use std::time::Duration;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::app::Way;
use campus::{Human, Lms, Part, Place};
use operations::{Act, Operation, Plan, Told, any_plan};
use rules::{Ask, Badge, Need, Policy};
use run::{Counterexample, Figures, run};

/// Small semesters in every run of the tests.
const SEMESTERS: u64 = 25;
/// Learners of the large one.
const LEARNERS: usize = 200;
/// Semesters at the same time: they mostly wait.
const AT_ONCE: usize = 12;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a whole number, and not “{text}”")))
}

/// The plan of a seed.
fn plan(seed: u64, people: usize, a_week: Range<usize>) -> Plan {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    any_plan(people, a_week).new_tree(&mut runner).unwrap().current()
}

fn small(seed: u64) -> Plan {
    plan(seed, 5, 12..26)
}

/// What happened; of a long story what concerns the badge's holder.
fn story(found: &Counterexample) -> String {
    let about = found.about.map(|(human, _)| format!("(h{human}, "));
    let concerns = |line: &&String| {
        let everybody =
            ["everybody", "reset", "revealed", "pass mark"].iter().any(|word| line.contains(word));
        let own = about.as_ref().is_none_or(|about| line.contains(about));
        found.story.len() < 60 || !line.starts_with("  ") || line.contains("the night") || own || everybody
    };
    found.story.iter().filter(concerns).map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// Runs a plan; one that goes wrong is made small and told.
async fn holds(seed: u64, plan: Plan, way: Way) -> Option<Figures> {
    let found = match run(&plan, way).await? {
        Ok(figures) => return Some(figures),
        Err(found) => found,
    };
    let first = found.what.clone();
    println!("Semester {seed} goes wrong; it is made small: {first}");
    let (_, found) = shrink::shrink(plan, found, way).await;
    let story = story(&found);
    panic!("Semester {seed}: {}\n\n{story}\n\nAt first: {first}", found.what);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn awards_are_what_the_gradebooks_say() {
    let seeds: Vec<u64> = match (setting("ACCOLADE_SEED"), setting("ACCOLADE_SEMESTERS")) {
        (Some(seed), _) => vec![seed],
        (None, count) => (0..count.unwrap_or(SEMESTERS)).collect(),
    };
    let started = Instant::now();
    let (mut under_way, mut open) = (JoinSet::new(), seeds.iter().copied());
    let mut all = Figures::default();
    loop {
        while under_way.len() < AT_ONCE
            && let Some(seed) = open.next()
        {
            under_way.spawn(holds(seed, small(seed), Way::Embedded));
        }
        let Some(ended) = under_way.join_next().await else { break };
        // A panic ends the test, with the story that it tells.
        let figures = ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())).unwrap();
        all.add(figures);
    }
    tell(seeds.len(), all, started.elapsed());
    assert!(seeds.len() < 10 || all.awards > 20 && all.lost > 2, "nothing to compare: {all:?}");
}

/// One night finds both a regrade that takes a badge and a grade that would earn another one with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_rests_on_a_badge_is_not_earned_in_the_night_that_takes_it() {
    let place = |item| Place { lms: Lms::Moodle, course: 0, part: Part::Item(item) };
    let badge = |ask| Badge { ask, policy: Policy::Suspend };
    let quiz = Ask::At(place(1), Need::Percent(70));
    let report = Ask::At(place(2), Need::Percent(50));
    // With odd numbers: of the items of which a rule speaks, the first and the second.
    let grade = |at, tenths| Operation { human: 0, at, act: Act::Grade(tenths), told: Told::Lost };
    let plan = Plan {
        humans: vec![Human { has: [true, false, false, false], spare: false, test: false }],
        badges: vec![badge(quiz), badge(Ask::All(vec![Ask::Badge(0), report]))],
        weeks: vec![vec![grade(1, 8)], vec![grade(1, 4), grade(9, 6)], vec![grade(1, 9)]],
    };
    let figures = holds(0, plan, Way::Embedded).await.unwrap();
    assert_eq!((figures.awards, figures.lost), (2, 0), "in the end both are there: {figures:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_large_semester_comes_out_right() {
    let people = setting("ACCOLADE_LEARNERS").map_or(LEARNERS, |count| usize::try_from(count).unwrap());
    let started = Instant::now();
    let plan = plan(1_000, people, people * 2..people * 2 + 1);
    let figures = holds(1_000, plan, Way::Embedded).await.unwrap();
    tell(1, figures, started.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_comes_out_the_same_with_postgresql_and_rabbitmq() {
    let started = Instant::now();
    if let Some(figures) = holds(7, small(7), Way::Production).await {
        tell(1, figures, started.elapsed());
    }
}

impl Figures {
    fn add(&mut self, more: Self) {
        self.learners += more.learners;
        self.operations += more.operations;
        self.webhooks += more.webhooks;
        self.awards += more.awards;
        self.lost += more.lost;
    }
}

fn tell(semesters: usize, figures: Figures, time: Duration) {
    let Figures { learners, operations, webhooks, awards, lost } = figures;
    println!(
        "{semesters} semesters, {learners} learners, {operations} operations, {webhooks} webhooks, {awards} awards, \
         of which {lost} are suspended or revoked, in {} s",
        time.as_secs()
    );
}
