//! A supervised connection: whatever goes wrong on it, it is built anew.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::address::Address;
use super::session::Session;
use super::topology::Names;
use crate::queue::QueueError;

/// The first and the longest pause between two attempts.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

#[derive(Debug, Clone)]
enum State {
    Up(Arc<Session>),
    Down(QueueError),
}

/// What every attempt needs.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) address: Address,
    pub(super) names: Names,
    /// `publisher` or `consumer`: the connection's name on the broker.
    pub(super) role: &'static str,
}

/// A connection that is replaced by itself when it breaks.
#[derive(Debug)]
pub(super) struct Link {
    state: watch::Receiver<State>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Link {
    /// Connects once; the rest goes on in the background until `stop`. Only a refusal is an
    /// error.
    pub(super) async fn start(plan: Plan, stop: CancellationToken) -> Result<Self, QueueError> {
        let first = match open(&plan, false).await {
            Ok(session) => State::Up(session),
            Err(error @ QueueError::Unavailable(_)) => {
                warn!(broker = %plan.address, role = plan.role, %error, "no connection yet; trying again");
                State::Down(error)
            }
            Err(error) => return Err(error),
        };
        let (sender, state) = watch::channel(first);
        let task = tokio::spawn(supervise(plan, sender, stop));
        Ok(Self { state, task: Mutex::new(Some(task)) })
    }

    /// The session, if there is one that works.
    pub(super) fn now(&self) -> Result<Arc<Session>, QueueError> {
        match &*self.state.borrow() {
            State::Up(session) if !session.is_broken() => Ok(Arc::clone(session)),
            State::Up(_) => Err(QueueError::Unavailable("the connection was lost".to_owned())),
            State::Down(error) => Err(error.clone()),
        }
    }

    /// Waits for a session that works; `None` once the link is closed.
    pub(super) async fn session(&self) -> Option<Arc<Session>> {
        let mut state = self.state.clone();
        loop {
            if let State::Up(session) = &*state.borrow_and_update()
                && !session.is_broken()
            {
                return Some(Arc::clone(session));
            }
            state.changed().await.ok()?;
        }
    }

    /// Waits for the end of the background task; its token must have been cancelled.
    pub(super) async fn ended(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // It ends by itself; a panic in it has been reported already.
            let _ = task.await;
        }
    }
}

async fn open(plan: &Plan, probe: bool) -> Result<Arc<Session>, QueueError> {
    Session::open(&plan.address, &plan.names, plan.role, probe).await.map(Arc::new)
}

async fn supervise(plan: Plan, state: watch::Sender<State>, stop: CancellationToken) {
    let Plan { address, role, .. } = &plan;
    let mut pause = PAUSES.0;
    let mut reason = String::new();
    loop {
        let current = state.borrow().clone();
        if let State::Up(session) = current {
            let since = Instant::now();
            let why = tokio::select! {
                () = stop.cancelled() => {
                    session.fail("closed");
                    session.close().await;
                    break;
                }
                why = session.lost() => why,
            };
            warn!(broker = %address, role, why, "the connection to the broker is lost; connecting again");
            reason.clear();
            state.send_replace(State::Down(QueueError::Unavailable(why)));
            // A broker that does not answer must not hold up the new connection.
            tokio::spawn(async move { session.close().await });
            if since.elapsed() > PAUSES.1 {
                pause = PAUSES.0;
            }
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = sleep(pause) => {}
        }
        pause = (pause * 2).min(PAUSES.1);
        let opened = tokio::select! {
            () = stop.cancelled() => break,
            opened = open(&plan, true) => opened,
        };
        match opened {
            Ok(session) => {
                info!(broker = %address, role, "connected to the broker");
                state.send_replace(State::Up(session));
            }
            Err(error) => {
                // Said once, not at every attempt.
                let text = error.to_string();
                if text == reason {
                    debug!(broker = %address, role, %error, "still no connection to the broker");
                } else {
                    warn!(broker = %address, role, %error, "no connection to the broker; trying again");
                    reason = text;
                }
                state.send_replace(State::Down(error));
            }
        }
    }
    state.send_replace(State::Down(QueueError::Unavailable("the queue is closed".to_owned())));
}
