//! Load that goes on while something around an installation fails, and what must be true of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::sender::{Grade, Sender};
use crate::world::{PATIENCE, World};

/// Senders beside each other, and the time between two posts of one.
const SENDERS: usize = 2;
const PAUSE: Duration = Duration::from_millis(150);
/// How long a broker may be back before work flows again.
pub(crate) const RECOVERY: Duration = Duration::from_secs(15);

/// Whether the long form is asked for.
pub(crate) fn is_long() -> bool {
    std::env::var("ACCOLADE_FAULTS").is_ok_and(|form| form == "long")
}

/// A short time, or in the long form a long one.
pub(crate) fn seconds(short: u64, long: u64) -> Duration {
    Duration::from_secs(if is_long() { long } else { short })
}

/// What senders must be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// 200, each time.
    Always,
    /// 200, or 503 with the time after which to come again.
    InTheEnd,
}

/// Senders at work.
pub(crate) struct Load {
    stop: CancellationToken,
    senders: JoinSet<()>,
    answers: Answers,
    sender: Sender,
}

impl Load {
    /// Starts to post passes, each of another learner, until [`Load::end`].
    pub(crate) fn start(sender: &Sender, name: &str, answers: Answers) -> Self {
        let (stop, next) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
        let mut senders = JoinSet::new();
        for _ in 0..SENDERS {
            let (sender, stop, next, name) =
                (sender.clone(), stop.clone(), Arc::clone(&next), name.to_owned());
            senders.spawn(async move {
                while !stop.is_cancelled() {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    sender.post(&Grade::pass(&format!("{name}-{number}"))).await;
                    sleep(PAUSE).await;
                }
            });
        }
        Self { stop, senders, answers, sender: sender.clone() }
    }

    /// Ends it; what senders were told must have been as promised.
    pub(crate) async fn end(self) {
        let odd = self.told().await;
        assert!(odd.is_empty(), "{odd:#?}");
    }

    /// Ends it; what senders were told that was not promised.
    pub(crate) async fn told(mut self) -> Vec<String> {
        self.stop.cancel();
        while let Some(ended) = self.senders.join_next().await {
            ended.unwrap();
        }
        let kept = self.sender.kept();
        let odd = |odd| format!("told something else than 200, or 503 and when to come again: {odd}");
        let mut told: Vec<String> = kept.odd.into_iter().map(odd).collect();
        if self.answers == Answers::Always && kept.refused > 0 {
            told.push(format!("whoever sends was not to notice, and read 503 {} times", kept.refused));
        }
        told
    }
}

/// Waits until a pass that is accepted now is mailed, which must not take longer than `within`, and then
/// until all that was accepted before it is.
pub(crate) async fn works_again(world: &World, after: &str, within: Duration) {
    let learner: String = after.chars().map(|sign| if sign.is_alphanumeric() { sign } else { '-' }).collect();
    world.sender.post(&Grade::pass(&learner)).await;
    let accepted = world.sender.kept().expected;
    let (since, mut first) = (Instant::now(), None);
    loop {
        let mailed = world.mailed();
        let open = accepted.iter().filter(|(badge, learner)| badge != "quiz" && !mailed.contains(learner));
        let (open, took) = (open.count(), since.elapsed());
        if mailed.contains(&learner) {
            first.get_or_insert(took);
        }
        if let Some(first) = first.filter(|_| open == 0) {
            let all = accepted.len();
            println!("{after}: work flows after {first:.1?}, all of {all} are mailed after {took:.1?}");
            return;
        }
        let limit = if first.is_none() { within } else { PATIENCE };
        assert!(took < limit, "after {after} {open} are not mailed for {took:?}\n{}", world.said());
        sleep(Duration::from_millis(100)).await;
    }
}
