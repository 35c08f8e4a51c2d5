//! The embedded queue: one bounded channel for each kind of work, in this process. It carries
//! ids only; the rows have the rest.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Message, QueueError};
use crate::store::Work;

/// How many messages of one kind wait at most. What does not fit is the sweeper's.
const CAPACITY: usize = 8_192;
/// How many messages wait for a delay at most.
const TIMERS: usize = 8_192;

/// In-process, bounded channels.
#[derive(Debug, Clone)]
pub struct Embedded {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    signals: Line,
    assessments: Line,
    mails: Line,
    timers: Arc<Semaphore>,
    closed: CancellationToken,
}

/// The messages of one kind of work.
#[derive(Debug)]
struct Line {
    sender: mpsc::Sender<Uuid>,
    /// Several consumers take turns.
    receiver: Arc<Mutex<mpsc::Receiver<Uuid>>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.closed.cancel();
    }
}

impl Line {
    fn new() -> Self {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        Self { sender, receiver: Arc::new(Mutex::new(receiver)) }
    }
}

impl Embedded {
    pub(super) fn new() -> Self {
        Self {
            shared: Arc::new(Shared {
                signals: Line::new(),
                assessments: Line::new(),
                mails: Line::new(),
                timers: Arc::new(Semaphore::new(TIMERS)),
                closed: CancellationToken::new(),
            }),
        }
    }

    fn line(&self, work: Work) -> &Line {
        match work {
            Work::Signals => &self.shared.signals,
            Work::Assessments => &self.shared.assessments,
            Work::Mails => &self.shared.mails,
        }
    }

    pub(super) fn publish(&self, messages: &[Message], delay: Option<Duration>) -> Vec<Uuid> {
        let refused = |message: &&Message| match delay {
            Some(delay) => !self.later(message.work, message.id, delay),
            None => !self.now(message.work, message.id),
        };
        messages.iter().filter(refused).map(|message| message.id).collect()
    }

    fn now(&self, work: Work, id: Uuid) -> bool {
        !self.shared.closed.is_cancelled() && self.line(work).sender.try_send(id).is_ok()
    }

    fn later(&self, work: Work, id: Uuid, delay: Duration) -> bool {
        if self.shared.closed.is_cancelled() {
            return false;
        }
        let Ok(permit) = Arc::clone(&self.shared.timers).try_acquire_owned() else { return false };
        let (sender, closed) = (self.line(work).sender.clone(), self.shared.closed.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = closed.cancelled() => {}
                () = sleep(delay) => {
                    // A full channel: the sweeper finds the row.
                    let _ = sender.try_send(id);
                }
            }
            drop(permit);
        });
        true
    }

    pub(super) fn consume(&self, work: Work, prefetch: u16) -> Consumer {
        Consumer {
            queue: self.clone(),
            work,
            receiver: Arc::clone(&self.line(work).receiver),
            unanswered: Arc::new(Semaphore::new(usize::from(prefetch.max(1)))),
        }
    }

    pub(super) fn depth(&self, work: Work) -> u64 {
        let sender = &self.line(work).sender;
        u64::try_from(sender.max_capacity() - sender.capacity()).unwrap_or(u64::MAX)
    }

    pub(super) fn ping(&self) -> Result<(), QueueError> {
        if self.shared.closed.is_cancelled() {
            return Err(QueueError::Unavailable("the embedded queue is closed".to_owned()));
        }
        Ok(())
    }

    pub(super) fn close(&self) {
        self.shared.closed.cancel();
    }
}

/// Takes the messages of one kind of work.
#[derive(Debug)]
pub(super) struct Consumer {
    queue: Embedded,
    work: Work,
    receiver: Arc<Mutex<mpsc::Receiver<Uuid>>>,
    unanswered: Arc<Semaphore>,
}

impl Consumer {
    pub(super) async fn next(&mut self) -> Option<(Uuid, Ticket)> {
        let permit = Arc::clone(&self.unanswered).acquire_owned().await.ok()?;
        let mut receiver = tokio::select! {
            biased;
            () = self.queue.shared.closed.cancelled() => return None,
            receiver = self.receiver.lock() => receiver,
        };
        let id = tokio::select! {
            biased;
            () = self.queue.shared.closed.cancelled() => return None,
            id = receiver.recv() => id?,
        };
        let ticket =
            Ticket { queue: self.queue.clone(), work: self.work, id, answered: false, _permit: permit };
        Some((id, ticket))
    }
}

/// The right to answer one message.
#[derive(Debug)]
pub(super) struct Ticket {
    queue: Embedded,
    work: Work,
    id: Uuid,
    answered: bool,
    _permit: OwnedSemaphorePermit,
}

impl Ticket {
    pub(super) fn ack(mut self) {
        self.answered = true;
    }

    pub(super) fn retry(mut self, after: Duration) {
        // Too many timers, or closed: the sweeper finds the row.
        self.answered = true;
        self.queue.later(self.work, self.id, after);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.answered {
            self.queue.now(self.work, self.id);
        }
    }
}
