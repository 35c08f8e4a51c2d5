//! The test build. What it does to itself is told by the environment, and without that it does
//! what the product does.

use std::fmt::Debug;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Break, Point};

/// The variable with the [`Point`] at which the process dies, as kill -9 would have it:
/// `MailUnsent`, or `MailUnsent:3` for the third time that it comes there.
pub const DIE: &str = "FAULTS_DIE";
/// The variable with each [`Break`] that the process has, divided by commas.
pub const BREAK: &str = "FAULTS_BREAK";
/// The variable with whose handling panics, divided by commas: `confirm:` and a learner's id, `award:` and
/// a learner's id, or `mail:` and an address.
pub const TOUCH_PANIC: &str = "FAULTS_PANIC";
/// The same for what ends the process.
pub const TOUCH_ABORT: &str = "FAULTS_ABORT";
/// The variable with what makes the clock run faster: since when, in microseconds since 1970, and
/// how many times as fast, as in `1764400000000000:10`. Processes that share both share their time.
pub const CLOCK: &str = "FAULTS_CLOCK";

/// How long a process that is to die after its answer lets the answer leave.
const ANSWER: Duration = Duration::from_millis(300);

struct Orders {
    die: Option<(Point, AtomicU64)>,
    broken: Vec<Break>,
    panic: Vec<String>,
    abort: Vec<String>,
    clock: Option<(DateTime<Utc>, i32)>,
}

static ORDERS: LazyLock<Orders> = LazyLock::new(|| {
    let said = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
    let list = |name| said(name).map(|text| text.split(',').map(str::to_owned).collect()).unwrap_or_default();
    Orders {
        die: said(DIE).map(|text| {
            let (point, times) = text.split_once(':').unwrap_or((&text, "1"));
            (named(DIE, point, &Point::ALL), AtomicU64::new(number(DIE, times)))
        }),
        broken: said(BREAK)
            .map(|text| text.split(',').map(|one| named(BREAK, one, &Break::ALL)).collect())
            .unwrap_or_default(),
        panic: list(TOUCH_PANIC),
        abort: list(TOUCH_ABORT),
        clock: said(CLOCK).map(|text| {
            let (since, speed) = text.split_once(':').unwrap_or((&text, "1"));
            let since = DateTime::from_timestamp_micros(number(CLOCK, since)).unwrap_or_default();
            (since, number(CLOCK, speed))
        }),
    }
});

fn named<T: Copy + Debug>(variable: &str, name: &str, all: &[T]) -> T {
    let found = all.iter().find(|one| format!("{one:?}") == name);
    found.copied().unwrap_or_else(|| mistaken(variable, name))
}

fn number<T: std::str::FromStr>(variable: &str, text: &str) -> T {
    text.parse().unwrap_or_else(|_| mistaken(variable, text))
}

/// A test that asks for what there is not must not pass.
fn mistaken(variable: &str, text: &str) -> ! {
    eprintln!("{variable}: there is no {text:?}");
    std::process::exit(2)
}

/// Dies here, if it is told to.
pub(crate) async fn at(point: Point) {
    let Some((_, left)) = ORDERS.die.as_ref().filter(|(wanted, _)| *wanted == point) else { return };
    if left.fetch_sub(1, Ordering::SeqCst) != 1 {
        return;
    }
    if point == Point::AcceptUnpublished || broken(Break::AnswersFirst) {
        tokio::time::sleep(ANSWER).await;
    }
    std::process::abort()
}

/// Whether this precaution is left out.
pub(crate) fn broken(defect: Break) -> bool {
    ORDERS.broken.contains(&defect)
}

/// Panics, or ends the process, if it is told to do so when this step handles this learner.
pub(crate) fn touch(step: &str, whom: &str) {
    let told = |orders: &[String]| {
        let parts = orders.iter().filter_map(|order| order.split_once(':'));
        parts.into_iter().any(|order| order == (step, whom))
    };
    if told(&ORDERS.abort) {
        std::process::abort()
    }
    assert!(!told(&ORDERS.panic), "on purpose");
}

/// The time that a clock shows which may run faster.
pub(crate) fn time(now: DateTime<Utc>) -> DateTime<Utc> {
    match &ORDERS.clock {
        Some((since, speed)) => *since + (now - *since) * *speed,
        None => now,
    }
}
