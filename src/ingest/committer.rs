//! Group commit: deliveries that arrive at the same time share one transaction.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::faults::{self, Break, Point};
use crate::queue::{Message, Queue};
use crate::store::{DeliveryState, Due, NewDelivery, Recorded, Recording, Store, StoreError, Verdict, Work};

/// Deliveries that may wait for a commit; past that the sender is asked to come again.
const WAITING: usize = 2_048;
/// Bytes of bodies that may wait for a commit, 32 MiB. A byte of a body costs about five until
/// it is committed: the request's buffer, the body that is kept, its signals, and the values of
/// the statement before and after they are encoded. So a flood takes some 160 MiB, which a small
/// machine has, and not the gigabytes of 2,048 large bodies; and what waits is still four
/// thousand times a usual body of 8 KiB, or sixteen of the largest (`server.max_body_bytes`).
const WAITING_BYTES: u32 = 32 << 20;
/// Deliveries in one transaction.
const GROUP: usize = 256;
/// Groups that are written at a time: while the database answers for one, the next gathers. More would
/// make the groups smaller, and each delivery dearer.
pub const WRITERS: usize = 2;
/// Where several come at a time, the writer waits so long for its group to grow, ...
const GATHER: Duration = Duration::from_millis(5);
/// ... or until it has so many: others can be read while these are written.
const ENOUGH: usize = 32;
/// Groups whose messages may wait to be published; past that the sweeper publishes them.
const UNPUBLISHED: usize = 256;
/// Messages in these groups: one delivery may bring thousands.
const UNPUBLISHED_MESSAGES: usize = 32_768;

/// Why a delivery was not recorded. The sender is asked to come again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// More arrives than can be written.
    #[error("too many deliveries at once")]
    Busy,
    /// The database cannot take it.
    #[error("the database cannot take deliveries at the moment")]
    Database,
    /// The process is ending.
    #[error("the service is stopping")]
    Stopping,
}

/// A delivery, its share of [`WAITING_BYTES`], and who waits for the answer.
struct Waiting {
    delivery: NewDelivery,
    bytes: OwnedSemaphorePermit,
    answer: oneshot::Sender<Result<Recorded, Full>>,
}

/// The way to what publishes, bounded.
#[derive(Debug, Clone)]
struct Publish {
    groups: mpsc::Sender<(Vec<Message>, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
}

impl Publish {
    /// The way, and its end.
    fn new() -> (Self, mpsc::Receiver<(Vec<Message>, OwnedSemaphorePermit)>) {
        let (groups, unpublished) = mpsc::channel(UNPUBLISHED);
        (Self { groups, room: Arc::new(Semaphore::new(UNPUBLISHED_MESSAGES)) }, unpublished)
    }

    /// Where there is no room the sweeper publishes what waits in the database.
    fn send(&self, messages: Vec<Message>) {
        let count = u32::try_from(messages.len()).unwrap_or(u32::MAX);
        if count == 0 {
            return;
        }
        if let Ok(room) = Arc::clone(&self.room).try_acquire_many_owned(count) {
            let _ = self.groups.try_send((messages, room));
        }
    }
}

/// Writes deliveries. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Committer {
    sender: mpsc::Sender<Waiting>,
    bytes: Arc<Semaphore>,
}

impl Committer {
    /// Starts the writers on `tasks`; they end when `stop` is cancelled and what was taken is written.
    pub fn start(
        store: &Store,
        queue: &Arc<Queue>,
        clock: &Clock,
        public_url: &str,
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        let (publish, unpublished) = Publish::new();
        tasks.spawn(publish_groups(unpublished, store.clone(), Arc::clone(queue), clock.clone()));
        let arriving = Arc::new(Mutex::new(Arriving { receiver, last: 0 }));
        for _ in 0..WRITERS {
            let writer = Writer {
                arriving: Arc::clone(&arriving),
                store: store.clone(),
                publish: publish.clone(),
                clock: clock.clone(),
                public_url: public_url.to_owned(),
            };
            tasks.spawn(writer.run(stop.clone()));
        }
        Self { sender, bytes: Arc::new(Semaphore::new(WAITING_BYTES as usize)) }
    }

    /// Records one delivery; returns after the commit.
    ///
    /// # Errors
    /// [`Full`]: it is not recorded, and the sender has to come again.
    pub async fn commit(&self, delivery: NewDelivery) -> Result<Recorded, Full> {
        let (answer, recorded) = oneshot::channel();
        // One larger than all the room still goes through, alone.
        let size = delivery.body.as_ref().map_or(0, Vec::len);
        let size = u32::try_from(size).unwrap_or(u32::MAX).min(WAITING_BYTES);
        let id = delivery.id;
        let bytes = Arc::clone(&self.bytes).try_acquire_many_owned(size).map_err(|_| Full::Busy)?;
        self.sender.try_send(Waiting { delivery, bytes, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Full::Busy,
            mpsc::error::TrySendError::Closed(_) => Full::Stopping,
        })?;
        if faults::broken(Break::AnswersFirst) {
            return Ok(Recorded { id, state: DeliveryState::Waiting, new_signals: Vec::new() });
        }
        recorded.await.unwrap_or(Err(Full::Stopping))
    }
}

/// What arrives; of one writer at a time, until its group is closed.
struct Arriving {
    receiver: mpsc::Receiver<Waiting>,
    /// How many were in the last group.
    last: usize,
}

/// One of those that write groups.
struct Writer {
    arriving: Arc<Mutex<Arriving>>,
    store: Store,
    publish: Publish,
    clock: Clock,
    public_url: String,
}

impl Writer {
    async fn run(self, stop: CancellationToken) {
        while let Some((group, turn)) = self.group(&stop).await {
            self.write(group, turn).await;
        }
    }

    /// The next group, and its turn. Whoever waits for a turn keeps the others from taking what comes
    /// meanwhile: in SQLite, where one writes at a time, it needs no turn of its own.
    async fn group(&self, stop: &CancellationToken) -> Option<(Vec<Waiting>, Result<Recording, StoreError>)> {
        let mut arriving = self.arriving.lock().await;
        let Arriving { receiver, last } = &mut *arriving;
        let mut group = next_group(receiver, *last, stop).await?;
        let turn = self.store.recording().await;
        while group.len() < GROUP
            && let Ok(waiting) = receiver.try_recv()
        {
            group.push(waiting);
        }
        *last = group.len();
        Some((group, turn))
    }

    async fn write(&self, group: Vec<Waiting>, turn: Result<Recording, StoreError>) {
        let (deliveries, answers): (Vec<_>, Vec<_>) =
            group.into_iter().map(|one| (one.delivery, (one.answer, one.bytes))).unzip();
        match record(&self.store, turn, &deliveries).await {
            Ok(recorded) => {
                faults::at(Point::AcceptUnanswered).await;
                let messages = messages(&deliveries, &recorded, &self.public_url, &self.clock);
                for ((answer, _bytes), recorded) in answers.into_iter().zip(recorded) {
                    // A sender that went away meanwhile is told nothing; its delivery stays.
                    let _ = answer.send(Ok(recorded));
                }
                self.publish.send(messages);
            }
            Err(error) => {
                tracing::error!(%error, deliveries = deliveries.len(), "deliveries not recorded; their senders are asked to come again");
                for (answer, _bytes) in answers {
                    let _ = answer.send(Err(Full::Database));
                }
            }
        }
    }
}

/// Takes what waits; nothing when it is time to stop.
///
/// A commit takes about as long for one as for many, and so does a message about them: where the last
/// group, of so many, was of more than one, this one gathers. A webhook that comes alone waits for nobody.
async fn next_group(
    receiver: &mut mpsc::Receiver<Waiting>,
    last: usize,
    stop: &CancellationToken,
) -> Option<Vec<Waiting>> {
    let mut group = Vec::with_capacity(GROUP);
    tokio::select! {
        biased;
        taken = receiver.recv_many(&mut group, GROUP) => if taken == 0 { return None },
        // Nothing waits: only then is it time to stop.
        () = stop.cancelled() => return None,
    }
    if last > 1 {
        let until = Instant::now() + GATHER;
        while group.len() < ENOUGH {
            let room = GROUP - group.len();
            match timeout_at(until, receiver.recv_many(&mut group, room)).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
    }
    Some(group)
}

/// Two processes may meet on the same signal; the second try finds it as a duplicate.
async fn record(
    store: &Store,
    turn: Result<Recording, StoreError>,
    deliveries: &[NewDelivery],
) -> Result<Vec<Recorded>, StoreError> {
    let mut recorded = match turn {
        Ok(turn) => turn.record(deliveries).await,
        Err(error) => Err(error),
    };
    for _ in 0..3 {
        if !matches!(recorded, Err(StoreError::Conflict)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        recorded = store.record(deliveries).await;
    }
    recorded
}

fn messages(
    deliveries: &[NewDelivery],
    recorded: &[Recorded],
    public_url: &str,
    clock: &Clock,
) -> Vec<Message> {
    let now = clock.now();
    let signals = deliveries
        .iter()
        .zip(recorded)
        .filter(|(delivery, _)| matches!(delivery.verdict, Verdict::Accepted { .. }));
    signals
        .flat_map(|(delivery, recorded)| {
            recorded.new_signals.iter().map(|signal| {
                let due = Due { id: *signal, delivery: delivery.id, source: delivery.source.clone() };
                Message::signal(public_url, &due, now)
            })
        })
        .collect()
}

async fn publish_groups(
    mut groups: mpsc::Receiver<(Vec<Message>, OwnedSemaphorePermit)>,
    store: Store,
    queue: Arc<Queue>,
    clock: Clock,
) {
    // Ends when the last writer has ended.
    while let Some((mut messages, mut room)) = groups.recv().await {
        while let Ok((more, theirs)) = groups.try_recv() {
            messages.extend(more);
            room.merge(theirs);
        }
        faults::at(Point::AcceptUnpublished).await;
        // One statement for all of them, and none at a time more: with the broker away every
        // signal costs one more change of its row, beside its insert.
        queue.announce(&store, Work::Signals, messages, clock.now()).await;
        drop(room);
    }
}

#[cfg(test)]
mod tests;
