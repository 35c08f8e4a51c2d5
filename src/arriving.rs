//! Bodies while they arrive: how much of them is in memory at a time, however many clients send.
//!
//! What a request may hold is limited where it is read; this limits all of them together. Counted is
//! what has come, not what is announced, so that clients who announce much and send nothing keep
//! nobody out. Where there is no room, the sender is asked to come again.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::Json;
use axum::body::{Body, BodyDataStream, Bytes, HttpBody as _};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, StreamExt as _};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that may have arrived and not been answered, of one router, 32 MiB: sixteen of the largest
/// webhooks (`server.max_body_bytes`), and four thousand usual ones.
const ROOM: usize = 32 << 20;

/// Room for bodies. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Room(Arc<Semaphore>);

/// There was no room for a body.
#[derive(Debug, thiserror::Error)]
#[error("more arrives than there is room for")]
pub struct NoRoom;

impl Default for Room {
    fn default() -> Self {
        Self::of(ROOM)
    }
}

impl Room {
    /// Room for several bodies of this size, however large.
    pub fn for_bodies_of(bytes: usize) -> Self {
        Self::of(ROOM.max(bytes.saturating_mul(4)))
    }

    /// Room for so many bytes.
    pub fn of(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }
}

impl NoRoom {
    /// Whether this is why a body could not be read.
    pub fn is_cause_of(error: &(dyn std::error::Error + 'static)) -> bool {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if error.is::<Self>() {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

/// A layer: the room that a request's body takes, until its answer is made. It stands inside of
/// [`crate::unread::read_on`], which sees to it that a sender for whom there is no room reads so.
pub async fn within(State(room): State<Room>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let taken = Taken::default();
    let wrap = |body: Body| {
        let (rest, taken) = (body.into_data_stream(), taken.clone());
        Body::from_stream(Arriving { rest, room, taken })
    };
    let response = next.run(request.map(wrap)).await;
    if taken.lock().refused { come_again() } else { response }
}

fn come_again() -> Response {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let error = format!("{NoRoom}; please send it again");
    let mut response = (status, Json(json!({ "error": error, "status": status.as_u16() }))).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    response
}

/// What one request has taken.
#[derive(Debug, Clone, Default)]
struct Taken(Arc<Mutex<Share>>);

#[derive(Debug, Default)]
struct Share {
    permits: Option<OwnedSemaphorePermit>,
    refused: bool,
}

impl Taken {
    fn lock(&self) -> std::sync::MutexGuard<'_, Share> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there was room.
    fn add(&self, room: &Room, bytes: usize) -> bool {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let mut share = self.lock();
        match Arc::clone(&room.0).try_acquire_many_owned(bytes) {
            Ok(more) => match &mut share.permits {
                Some(permits) => permits.merge(more),
                None => share.permits = Some(more),
            },
            Err(_) => share.refused = true,
        }
        !share.refused
    }
}

/// A body that takes room as it comes.
struct Arriving {
    rest: BodyDataStream,
    room: Room,
    taken: Taken,
}

impl Stream for Arriving {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = self.rest.poll_next_unpin(context);
        if let Poll::Ready(Some(Ok(bytes))) = &piece
            && !self.taken.add(&self.room, bytes.len())
        {
            return Poll::Ready(Some(Err(axum::Error::new(NoRoom))));
        }
        piece
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::rejection::BytesRejection;
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use tower::ServiceExt as _;

    use super::*;

    async fn send(router: &Router, bytes: usize) -> Response {
        let request = Request::post("/").body(Body::from(vec![b'x'; bytes])).unwrap();
        router.clone().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn all_bodies_together_take_no_more_than_the_room_and_give_it_back() {
        let room = Room::of(1_000);
        let (go, wait) = tokio::sync::watch::channel(false);
        let handler = move |body: Result<Bytes, BytesRejection>| {
            let mut wait = wait.clone();
            async move {
                if let Err(error) = body {
                    assert!(NoRoom::is_cause_of(&error), "{error:?}");
                    return StatusCode::IM_A_TEAPOT;
                }
                wait.wait_for(|go| *go).await.unwrap();
                StatusCode::OK
            }
        };
        let router = Router::new().route("/", post(handler)).layer(from_fn_with_state(room.clone(), within));
        let first = tokio::spawn({
            let router = router.clone();
            async move { send(&router, 800).await.status() }
        });
        while room.0.available_permits() == 1_000 {
            tokio::task::yield_now().await;
        }
        let refused = send(&router, 201).await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()[header::RETRY_AFTER], "10");
        go.send_replace(true);
        assert_eq!(send(&router, 200).await.status(), StatusCode::OK, "there is room for this one");
        assert_eq!(first.await.unwrap(), StatusCode::OK);
        assert_eq!(room.0.available_permits(), 1_000);
        assert_eq!(send(&router, 1_000).await.status(), StatusCode::OK);
    }
}
