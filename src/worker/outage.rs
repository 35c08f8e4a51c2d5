//! What a worker does while its database, or the signer, does not answer: it holds what it has taken and tries
//! again, so that no message is delivered, and counted, over and over. Outages that outlast
//! the holding pause the consumer.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::queue::Consumer;
use crate::signing::Issuers;
use crate::store::{Store, StoreError};

/// The pause between two tries.
pub(super) const PAUSE: Duration = Duration::from_secs(2);
/// How long messages are held. RabbitMQ takes back what is not answered within 30 minutes, and
/// ends the channel of all the others with it; what waits behind the held ones has that limit, too.
const HOLD: Duration = Duration::from_mins(10);

/// The database or the signer is away, and the messages went back to the queue.
#[derive(Debug)]
pub(super) struct GivenBack;

/// How long a worker waits for what is away, and what ends the waiting.
#[derive(Debug, Clone)]
pub(super) struct Patience {
    stop: CancellationToken,
    pause: Duration,
    limit: Duration,
}

/// The wait for one batch. It begins with the first failure.
#[derive(Debug)]
pub(super) struct Hold<'a> {
    patience: &'a Patience,
    since: Option<Instant>,
}

impl Patience {
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self { stop, pause: PAUSE, limit: HOLD }
    }

    /// The same with another limit, if that is shorter.
    pub(super) fn at_most(&self, limit: Duration) -> Self {
        Self { limit: limit.min(self.limit), ..self.clone() }
    }

    /// Cancelled when the process is to stop.
    pub(super) fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    pub(super) fn hold(&self) -> Hold<'_> {
        Hold { patience: self, since: None }
    }

    /// Takes no messages until the database answers again, or it is time to stop.
    pub(super) async fn pause(&self, consumer: &mut Consumer, store: &Store) {
        self.pause_for(consumer, store, None).await;
    }

    /// The same until the database answers and badges of some issuer can be signed.
    pub(super) async fn pause_for(&self, consumer: &mut Consumer, store: &Store, issuers: Option<&Issuers>) {
        if !self.stop.is_cancelled() {
            tracing::warn!("still away: no messages are taken until that is back");
            consumer.pause().await;
        }
        while !self.stop.is_cancelled() && !back(store, issuers).await {
            self.rest().await;
        }
    }

    async fn rest(&self) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = sleep(self.pause) => {}
        }
    }
}

async fn back(store: &Store, issuers: Option<&Issuers>) -> bool {
    store.ping().await.is_ok()
        && match issuers {
            Some(issuers) => issuers.any_ready().await,
            None => true,
        }
}

impl Hold<'_> {
    /// Waits before the next try. `false` when there shall be none: the process stops, or this
    /// has lasted too long, and the messages are to be given back.
    pub(super) async fn again(&mut self, error: &(dyn std::fmt::Display + Sync)) -> bool {
        let now = Instant::now();
        let since = *self.since.get_or_insert_with(|| {
            tracing::warn!(%error, "work is held until that is back");
            now
        });
        self.patience.rest().await;
        !self.patience.stop.is_cancelled() && since.elapsed() < self.patience.limit
    }

    /// Tries until the database answers. [`StoreError::Unavailable`] means that it did not, and
    /// that the messages are to be given back.
    pub(super) async fn until<T, F: Future<Output = Result<T, StoreError>>>(
        &mut self,
        mut work: impl FnMut() -> F,
    ) -> Result<T, StoreError> {
        loop {
            match work().await {
                Err(error @ StoreError::Unavailable(_)) => {
                    if !self.again(&error).await {
                        return Err(error);
                    }
                }
                result => return result,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience(stop: &CancellationToken, limit: Duration) -> Patience {
        Patience { stop: stop.clone(), pause: Duration::from_millis(20), limit }
    }

    fn away() -> StoreError {
        StoreError::Unavailable("away".to_owned())
    }

    #[tokio::test]
    async fn work_is_tried_until_the_database_is_back() {
        let stop = CancellationToken::new();
        let mut tries = 0;
        let done = patience(&stop, Duration::from_mins(1))
            .hold()
            .until(|| {
                tries += 1;
                std::future::ready(if tries < 4 { Err(away()) } else { Ok(tries) })
            })
            .await;
        assert_eq!(done.unwrap(), 4);
    }

    #[tokio::test]
    async fn another_error_is_nothing_to_wait_for() {
        let stop = CancellationToken::new();
        let patience = patience(&stop, Duration::from_mins(1));
        let done: Result<(), _> =
            patience.hold().until(|| std::future::ready(Err(StoreError::Conflict))).await;
        assert!(matches!(done, Err(StoreError::Conflict)));
    }

    #[tokio::test]
    async fn the_limit_counts_from_the_first_failure_over_all_steps() {
        let stop = CancellationToken::new();
        let patience = patience(&stop, Duration::from_millis(200));
        let mut hold = patience.hold();
        let since = Instant::now();
        let first: Result<(), _> = hold.until(|| std::future::ready(Err(away()))).await;
        assert!(matches!(first, Err(StoreError::Unavailable(_))));
        assert!(since.elapsed() >= Duration::from_millis(200));
        assert!(!hold.again(&away()).await, "the next step gets no time of its own");
    }

    #[tokio::test]
    async fn a_stop_ends_the_wait_at_once() {
        let stop = CancellationToken::new();
        let patience = Patience { pause: Duration::from_mins(1), ..patience(&stop, Duration::from_mins(9)) };
        let mut hold = patience.hold();
        let since = Instant::now();
        let (again, ()) = tokio::join!(async { hold.again(&away()).await }, async {
            sleep(Duration::from_millis(50)).await;
            stop.cancel();
        });
        assert!(!again);
        assert!(since.elapsed() < Duration::from_secs(10));
    }
}
