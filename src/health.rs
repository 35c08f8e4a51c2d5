//! `/healthz`, `/readyz` and `/metrics`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::queue::Queue;
use crate::store::{Store, Work};
use crate::telemetry::Metrics;

/// How long a part may take to answer before it counts as away.
const PATIENCE: Duration = Duration::from_secs(2);

/// So many rows that wait, or are parked, are counted: with more the gauge stands still, for counting a
/// million would take seconds, whenever somebody asks.
const COUNTED: u32 = 10_000;

/// What is watched.
#[derive(Debug, Clone)]
pub struct Health {
    /// The database.
    pub store: Store,
    /// The queue.
    pub queue: Arc<Queue>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Clock,
    /// Cancelled when the process is ending.
    pub stopping: CancellationToken,
}

/// The routes.
pub fn router(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(health)
}

/// Ready while the database answers: ingest takes webhooks even with the broker away, for their
/// messages are published later. The queue's state is told, but does not decide.
async fn ready(State(health): State<Health>) -> Response {
    if health.stopping.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    let database = tokio::time::timeout(PATIENCE, health.store.ping()).await;
    let queue = tokio::time::timeout(PATIENCE, health.queue.ping()).await;
    let word = |answers: bool| if answers { "answers" } else { "away" };
    let (database, queue) = (matches!(database, Ok(Ok(()))), matches!(queue, Ok(Ok(()))));
    let status = if database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, format!("database {}\nqueue {}\n", word(database), word(queue))).into_response()
}

async fn metrics(State(health): State<Health>) -> Response {
    for work in Work::ALL {
        if let Ok(Ok(backlog)) = tokio::time::timeout(PATIENCE, health.store.backlog(work, COUNTED)).await {
            let oldest =
                backlog.oldest.map_or(0.0, |oldest| (health.clock.now() - oldest).as_seconds_f64().max(0.0));
            let depth = tokio::time::timeout(PATIENCE, health.queue.depth(work)).await;
            health.metrics.backlog(work, backlog, oldest, depth.ok().and_then(Result::ok));
        }
    }
    if let Ok(Ok((holds, awards))) = tokio::time::timeout(PATIENCE, health.store.open_holds()).await {
        health.metrics.held(holds, awards);
    }
    let kind = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    (kind, health.metrics.encode()).into_response()
}
