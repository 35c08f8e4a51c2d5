//! The places of one source: how much of the confirmer's work it may hold, so that an LMS that is
//! slow, or never answers, takes nothing from the others.
//!
//! A source has its share of messages under way, and some more that wait for one of these places, so
//! that a place that is free is filled at once. Beyond that its messages go back to the queue until it is
//! about their turn: coming sooner, a backlog would circle, at more cost than its work. All shares
//! together are as many messages as the confirmer takes: none can take another's.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// Messages that wait for each place, so that there is work between two returns of those that went back.
const WAITING: u16 = 2;
/// Messages of all sources at most. The queue gives so many out, each about one row, before the first is
/// answered (`queue/rabbitmq/consumer.rs`): a source that is slow holds its share of them.
const MOST: u16 = 1_536;
/// The largest batch by which shares are reckoned: what waits is held in memory.
const LARGEST: u16 = 128;
/// How long a message waits for a place. RabbitMQ takes back what is not answered within 30 minutes.
const PATIENCE: Duration = Duration::from_secs(20);
/// When messages come back of a source with many that works them off.
const CROWDED: Duration = Duration::from_secs(5);
/// And of one that does not, or with more than it works off until then.
const SLOW: Duration = Duration::from_mins(1);
/// And with more than it works off until then.
const LONG: Duration = Duration::from_mins(10);

/// The places of one source.
#[derive(Debug)]
pub struct Share {
    share: u32,
    patience: Duration,
    working: Semaphore,
    waiting: Semaphore,
    pace: Mutex<Pace>,
}

/// How a source works its messages off.
#[derive(Debug, Default)]
struct Pace {
    /// How long a place was taken of late, a quarter of it by the last one.
    taken: Duration,
    /// The turn of the last message that went back.
    turn: Option<Instant>,
    /// Until when the source counts as one that works nothing off.
    slow_until: Option<Instant>,
}

/// Places that are taken; dropped, they are free again.
#[derive(Debug)]
pub(super) struct Places<'a> {
    share: &'a Share,
    since: Instant,
    _permit: SemaphorePermit<'a>,
}

impl Drop for Places<'_> {
    fn drop(&mut self) {
        let mut pace = self.share.pace();
        pace.taken = match pace.taken {
            Duration::ZERO => self.since.elapsed(),
            before => (3 * before + self.since.elapsed()) / 4,
        };
    }
}

/// Why a message has no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// It shall come back after this.
    Later(Duration),
    /// The process stops.
    Stopping,
}

impl Share {
    /// Messages that the confirmer takes at a time: a batch for each source, and as many as may wait.
    pub fn prefetch(batch: u16, sources: usize) -> u16 {
        let sources = u16::try_from(sources.max(4)).unwrap_or(u16::MAX);
        batch.min(LARGEST).saturating_mul(sources).saturating_mul(1 + WAITING).min(MOST)
    }

    /// The share of one of so many sources.
    pub fn of(batch: u16, sources: usize) -> Self {
        let each = usize::from(Self::prefetch(batch, sources)) / sources.max(1);
        Self::new(each / usize::from(1 + WAITING))
    }

    /// So many places.
    pub fn new(share: usize) -> Self {
        let share = share.clamp(1, usize::from(u16::MAX));
        Self {
            share: u32::try_from(share).unwrap_or(u32::MAX),
            patience: PATIENCE,
            working: Semaphore::new(share),
            waiting: Semaphore::new(share * usize::from(WAITING)),
            pace: Mutex::default(),
        }
    }

    /// Places for messages that are worked on together.
    pub(super) async fn take(
        &self,
        messages: usize,
        stop: &CancellationToken,
    ) -> Result<Places<'_>, NoPlace> {
        let messages = u32::try_from(messages).unwrap_or(u32::MAX).min(self.share);
        if let Ok(permit) = self.working.try_acquire_many(messages) {
            return Ok(self.taken(permit));
        }
        let Ok(_seats) = self.waiting.try_acquire_many(messages) else {
            return Err(NoPlace::Later(self.away(messages)));
        };
        let places = tokio::select! {
            () = stop.cancelled() => return Err(NoPlace::Stopping),
            places = timeout(self.patience, self.working.acquire_many(messages)) => places,
        };
        match places {
            Ok(Ok(permit)) => Ok(self.taken(permit)),
            // Nothing closes it.
            Ok(Err(_)) => Err(NoPlace::Stopping),
            Err(_) => {
                self.pace().slow_until = Some(Instant::now() + SLOW);
                Err(NoPlace::Later(self.away(messages)))
            }
        }
    }

    fn taken<'a>(&'a self, permit: SemaphorePermit<'a>) -> Places<'a> {
        Places { share: self, since: Instant::now(), _permit: permit }
    }

    /// How long so many messages stay away, not longer than until it is their turn: behind those that went
    /// back before, of which as many are done at a time as there are places.
    fn away(&self, messages: u32) -> Duration {
        let (now, mut pace) = (Instant::now(), self.pace());
        let behind = pace.turn.map_or(now, |turn| turn.max(now));
        let turn = (behind + pace.taken * messages / self.share).min(now + LONG);
        pace.turn = Some(turn);
        let slow = pace.slow_until.is_some_and(|until| now < until);
        match turn - now {
            wait if wait >= LONG => LONG,
            wait if wait >= SLOW || slow => SLOW,
            _ => CROWDED,
        }
    }

    /// Neither a place nor a seat.
    #[cfg(test)]
    pub(super) fn full() -> Self {
        Self { working: Semaphore::new(0), waiting: Semaphore::new(0), ..Self::new(1) }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    #[test]
    fn all_shares_together_are_what_is_taken() {
        for (batch, sources) in [(50, 1), (50, 4), (50, 9), (1, 3), (1_000, 2), (1_000, 60)] {
            let places = Share::of(batch, sources);
            let each = places.working.available_permits() + places.waiting.available_permits();
            assert!(each * sources <= usize::from(Share::prefetch(batch, sources)), "{batch}, {sources}");
            assert!(sources > 7 || places.working.available_permits() >= usize::from(batch.min(LARGEST)));
        }
    }

    #[tokio::test]
    async fn of_a_source_that_works_nothing_off_few_messages_wait_and_none_for_long() {
        let places = Share { patience: Duration::from_millis(500), ..Share::new(2) };
        let stop = CancellationToken::new();
        let _both = places.take(2, &stop).await.unwrap();
        let waiting = async { join_all((0..4).map(|_| places.take(1, &stop))).await };
        let beyond = async { places.take(1, &stop).await.map(drop) };
        let (waited, beyond) = tokio::join!(waiting, beyond);
        assert_eq!(beyond, Err(NoPlace::Later(CROWDED)), "it may still be quick");
        assert!(waited.iter().all(|one| matches!(one, Err(NoPlace::Later(SLOW)))), "{waited:?}");
        let _all = places.waiting.try_acquire_many(4).unwrap();
        assert_eq!(places.take(1, &stop).await.map(drop), Err(NoPlace::Later(SLOW)));
    }

    #[tokio::test]
    async fn what_goes_back_stays_away_until_about_its_turn() {
        let (places, stop) = (Share::new(10), CancellationToken::new());
        places.pace().taken = Duration::from_secs(1);
        let _all =
            (places.working.try_acquire_many(10).unwrap(), places.waiting.try_acquire_many(20).unwrap());
        let mut waits = Vec::new();
        for _ in 0..10_000 {
            let Err(NoPlace::Later(wait)) = places.take(1, &stop).await else { panic!("it is full") };
            waits.push(wait);
        }
        // Ten of them are done in a second.
        for (number, wait) in [(0, CROWDED), (400, CROWDED), (1_000, SLOW), (5_000, SLOW), (9_999, LONG)] {
            assert_eq!(waits[number], wait, "{number}");
        }
    }

    #[tokio::test]
    async fn how_long_places_are_taken_is_learned() {
        let (places, stop) = (Share::new(1), CancellationToken::new());
        drop(places.take(1, &stop).await.unwrap());
        assert!(places.pace().taken < Duration::from_millis(50));
        let one = places.take(1, &stop).await.unwrap();
        tokio::time::sleep(Duration::from_millis(400)).await;
        drop(one);
        assert!(places.pace().taken >= Duration::from_millis(100), "{:?}", places.pace().taken);
    }

    #[tokio::test]
    async fn a_place_that_is_free_is_filled_at_once() {
        let (places, stop) = (Share::new(1), CancellationToken::new());
        let one = places.take(1, &stop).await.unwrap();
        let (two, ()) = tokio::join!(places.take(5, &stop), async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            drop(one);
        });
        assert!(two.is_ok(), "more than its share is as much as its share");
    }

    #[tokio::test]
    async fn a_stop_ends_the_wait() {
        let (places, stop) = (Share::new(1), CancellationToken::new());
        let _one = places.take(1, &stop).await.unwrap();
        let (two, ()) = tokio::join!(places.take(1, &stop), async { stop.cancel() });
        assert_eq!(two.map(drop), Err(NoPlace::Stopping));
    }
}
