//! What a client still sends when its answer is known already.
//!
//! A server that refuses a body and closes makes the client's system answer what is still under way
//! with a reset, and the reset throws the refusal away before a human or a program has read it.
//! RFC 9112, section 9.6, has the server read on for a while.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{Stream, StreamExt as _};
use http::header;
use tokio::runtime::Handle;

/// How much is read and thrown away for one request, in bytes. One piece of it is in memory at a time.
const MOST_BYTES: usize = 64 << 20;
/// For how long.
const LONGEST: Duration = Duration::from_secs(10);

/// A layer: reads on, beside the answer, what its handler has left of a request's body.
pub async fn read_on(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let waits = request.headers().contains_key(header::EXPECT);
    let wrap = |body: Body| Body::from_stream(Sent { rest: Some(body.into_data_stream()), waits });
    next.run(request.map(wrap)).await
}

/// A body; dropped before its end, it is read on.
struct Sent {
    /// What was not read yet; nothing after its end.
    rest: Option<BodyDataStream>,
    /// The client sends nothing before it is asked to (`Expect: 100-continue`), and was not asked.
    waits: bool,
}

impl Stream for Sent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.waits = false;
        let Some(rest) = &mut self.rest else { return Poll::Ready(None) };
        let piece = rest.poll_next_unpin(context);
        if matches!(piece, Poll::Ready(None | Some(Err(_)))) {
            self.rest = None;
        }
        piece
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        let Some(rest) = self.rest.take().filter(|_| !self.waits) else { return };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(tokio::time::timeout(LONGEST, discard(rest)));
        }
    }
}

async fn discard(mut rest: BodyDataStream) {
    let mut read = 0;
    while let Some(Ok(piece)) = rest.next().await {
        read += piece.len();
        if read > MOST_BYTES {
            return;
        }
    }
}
