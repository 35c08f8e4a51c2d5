//! How long it takes to judge one changed outcome of a learner: 200 outcomes, 1,000 rules on
//! them, and the same with 100,000 rules for other courses. `cargo bench --bench evaluate`

use std::hint::black_box;
use std::time::{Duration, Instant};

use accolade::rules::{
    AssessmentName, Condition, Counts, Fact, Facts, Rule, Rulebook, Terms, Threshold, Weighted, evaluate,
};
use accolade_connectors::{Assessment, AssessmentKind, Course, Learner, Outcome, Release, Score};
use chrono::{DateTime, TimeDelta};
use criterion::Criterion;

const COURSES: usize = 10;
const OUTCOMES: usize = 200;
const RULES: usize = 1_000;
const OTHER_RULES: usize = 100_000;
const CHANGED: usize = 17;

fn outcome(number: usize) -> Outcome {
    let graded_at = DateTime::UNIX_EPOCH + TimeDelta::days(i64::try_from(number).unwrap_or_default());
    Outcome {
        learner: Learner {
            id: "4".to_owned(),
            name: None,
            email: None,
            institution_id: None,
            language: None,
        },
        course: Course {
            id: format!("{}", number % COURSES),
            also: vec![format!("COURSE-{}", number % COURSES)],
            name: Some("A course".to_owned()),
            url: None,
        },
        assessment: Assessment {
            id: format!("item:{number}"),
            also: vec![format!("QUIZ-{number}")],
            kind: AssessmentKind::Item,
            name: Some("A quiz".to_owned()),
            url: None,
        },
        score: Some(Score {
            given: Some((number % 101).into()),
            min: 0.into(),
            max: Some(100.into()),
            text: None,
        }),
        passed: None,
        release: Release::Released,
        graded_at: Some(graded_at),
        attempt: Some(1),
        attempts: Vec::new(),
        late: Some(false),
        all_graded: None,
        as_of: graded_at,
    }
}

/// On the outcome of this number, in a course of this name.
fn condition(course: &str, number: usize, threshold: Threshold) -> Condition {
    let name = AssessmentName::Named(format!("QUIZ-{number}"));
    Condition::new("moodle", format!("{course}-{}", number % COURSES), name, threshold)
}

/// Rules of every kind, each on three outcomes.
fn rule(course: &str, number: usize) -> Rule {
    let numbers = [number, number + 7, number + 31].map(|number| number % OUTCOMES);
    let ask = |number: usize| Rule::Condition(condition(course, number, Threshold::Percent(50.into())));
    let asks = || numbers.map(ask).to_vec();
    match number % 5 {
        0 => Rule::Any(asks()),
        1 => Rule::InOrder(asks()),
        2 => Rule::Within {
            time: TimeDelta::days(60),
            group: Box::new(Rule::AtLeast { count: 2, of: asks() }),
        },
        3 => {
            let part =
                |number| Weighted { condition: condition(course, number, Threshold::Any), weight: 30.into() };
            Rule::Weighted { parts: numbers.map(part).to_vec(), at_least: 70.into() }
        }
        _ => {
            let terms = Terms { counts: Some(Counts::Latest), on_time: true, ..Terms::default() };
            let latest =
                Condition { terms, ..condition(course, number % OUTCOMES, Threshold::Percent(50.into())) };
            let [_, second, third] = numbers;
            Rule::All(vec![Rule::Condition(latest), ask(second), Rule::None(vec![ask(third)])])
        }
    }
}

/// What a worker does with one changed outcome. The number of badges judged.
fn judge(book: &Rulebook, outcomes: &[Outcome]) -> usize {
    let facts: Vec<Fact<'_>> = outcomes.iter().map(|outcome| Fact { source: "moodle", outcome }).collect();
    let facts = Facts { outcomes: &facts, held: &[] };
    let badges = book.stacked(book.badges_for("moodle", &outcomes[CHANGED]));
    for rule in badges.iter().filter_map(|badge| book.rule(badge)) {
        black_box(evaluate(rule, &facts));
    }
    badges.len()
}

/// The time of one run, as the median of many.
fn median(mut run: impl FnMut() -> usize) -> Duration {
    let mut times: Vec<Duration> = (0..2_001)
        .map(|_| {
            let begin = Instant::now();
            black_box(run());
            begin.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn main() {
    let outcomes: Vec<Outcome> = (0..OUTCOMES).map(outcome).collect();
    let named = |course: &'static str, count: usize| {
        (0..count).map(move |number| (format!("{}-{number}", course.to_lowercase()), rule(course, number)))
    };
    let small = Rulebook::new(named("COURSE", RULES).collect());
    let large = Rulebook::new(named("COURSE", RULES).chain(named("OTHER", OTHER_RULES)).collect());

    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("one outcome of 200, 1,000 rules", |b| b.iter(|| judge(&small, &outcomes)));
    criterion.bench_function("the same beside 100,000 other rules", |b| b.iter(|| judge(&large, &outcomes)));
    criterion.final_summary();

    let (few, many) = (median(|| judge(&small, &outcomes)), median(|| judge(&large, &outcomes)));
    println!("{} badges judged; {few:?} alone, {many:?} beside the others", judge(&small, &outcomes));
    println!("ratio {:.2}", many.as_secs_f64() / few.as_secs_f64());
}
