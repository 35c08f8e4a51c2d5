//! The HTTP server: connections, bounded in number, and in the time for which they do nothing.
//!
//! axum's own server sets none of these limits: whoever opens connections and sends no more than a
//! line in each would take every file descriptor of the process.

mod steady;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use steady::Steady;

/// The largest head of a request, and what is read ahead of a body, in bytes.
const BUFFER: usize = 64 << 10;
/// Connections beyond the limit that are told so at the same time; more are closed without a word.
const TURNED_AWAY: usize = 64;
/// How long telling them may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// The answer to a connection beyond the limit.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/json\r\ncontent-length: 64\r\nretry-after: 10\r\nconnection: close\r\n\r\n\
    {\"error\":\"too many connections; please come again\",\"status\":503}";

/// What connections may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many there may be at a time.
    pub connections: usize,
    /// How long one may be open before the head of its next request has come. Longer than proxies keep
    /// connections that they do not use (nginx 60 s): who closes first must not be who answers.
    pub head: Duration,
    /// How long a client may take nothing of an answer.
    pub blocked: Duration,
}

impl Limits {
    /// The usual times.
    pub fn of(connections: usize) -> Self {
        Self { connections, head: Duration::from_secs(75), blocked: Duration::from_secs(30) }
    }
}

/// Serves until `stop`; then takes no more connections, and ends when the last request is answered.
/// Dropped, it cuts what is left.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(limits.connections.clamp(1, Semaphore::MAX_PERMITS)));
    let turned_away = Arc::new(Semaphore::new(TURNED_AWAY));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // The client is gone already, or there are no file descriptors: wait for some.
                tracing::warn!(%error, "a connection cannot be accepted");
                sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            connections.spawn(connection(stream, peer, router.clone(), limits, stop.clone(), place));
        } else if let Ok(place) = Arc::clone(&turned_away).try_acquire_owned() {
            connections.spawn(turn_away(stream, place));
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
    _place: OwnedSemaphorePermit,
) {
    // Without it an answer in two parts waits for a delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(Steady::new(stream, limits.blocked));
    let service = TowerToHyperService::new(router.map_request(from(peer)));
    // One request at a time on each connection, so that their number bounds that of requests.
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(BUFFER);
    let serving = builder.serve_connection(io, service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended");
    }
}

/// Names the client in its requests.
fn from<B>(peer: SocketAddr) -> impl Fn(Request<B>) -> Request<Body> + Clone
where
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    move |mut request| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(Body::new)
    }
}

/// Says that there is no place. What the client sends is read: closing without that would throw the
/// answer away before it is read.
async fn turn_away(mut stream: TcpStream, _place: OwnedSemaphorePermit) {
    let saying = async {
        stream.write_all(FULL).await?;
        stream.shutdown().await?;
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    let _ = timeout(GOODBYE, saying).await;
}

#[cfg(test)]
mod tests;
