//! The sandbox: answers like the web services of the three LMSs, over HTTP, from gradebooks in
//! memory. The demo and the tests ask it what they would ask a real one.

mod blackboard;
mod canvas;
mod moodle;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

pub use blackboard::{
    APPLICATION_KEY, APPLICATION_SECRET, Blackboard, BlackboardColumn, BlackboardCourse, BlackboardUser,
    Grade,
};
pub use canvas::{API_TOKEN, Canvas, CanvasAssignment, CanvasCourse, CanvasUser, ROOT_ACCOUNT, Submission};
pub use moodle::{Moodle, MoodleCourse, MoodleGrade, MoodleItem, MoodleUser, WS_TOKEN};

/// A gradebook that its server and its teacher share.
#[derive(Debug)]
pub struct Shared<T>(Arc<Mutex<T>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Shared<T> {
    /// Shares a gradebook.
    pub fn new(value: T) -> Self {
        Self(Arc::new(Mutex::new(value)))
    }

    /// The gradebook, to read or to grade in.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The three LMSs, each on a port of its own.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// Moodle.
    pub moodle: Shared<Moodle>,
    /// Where it answers.
    pub moodle_url: Url,
    /// Canvas.
    pub canvas: Shared<Canvas>,
    /// Where it answers.
    pub canvas_url: Url,
    /// Blackboard Learn.
    pub blackboard: Shared<Blackboard>,
    /// Where it answers.
    pub blackboard_url: Url,
}

impl Sandbox {
    /// Starts the three on free ports of this machine, until `stop`.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(tasks: &mut JoinSet<()>, stop: &CancellationToken) -> anyhow::Result<Self> {
        let (moodle, canvas, blackboard) = (
            Shared::new(Moodle::workplace_safety_graded()),
            Shared::new(Canvas::data_literacy()),
            Shared::new(Blackboard::lab_safety()),
        );
        Ok(Self {
            moodle_url: serve(moodle::router(moodle.clone()), tasks, stop).await?,
            canvas_url: serve(canvas::router(canvas.clone()), tasks, stop).await?,
            blackboard_url: serve(blackboard::router(blackboard.clone()), tasks, stop).await?,
            moodle,
            canvas,
            blackboard,
        })
    }
}

async fn serve(router: Router, tasks: &mut JoinSet<()>, stop: &CancellationToken) -> anyhow::Result<Url> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let url = Url::parse(&format!("http://{}/", listener.local_addr()?))?;
    let stop = stop.clone();
    tasks.spawn(async move {
        let server =
            axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await });
        if let Err(error) = server.await {
            tracing::error!(%error, "the sandbox ended");
        }
    });
    Ok(url)
}
