//! A server before an LMS that answers in its place as a test tells it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

/// What the server does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// What the LMS says.
    TheTruth,
    /// A status, a header and a body.
    This(u16, (&'static str, &'static str), &'static str),
    /// Nothing, ever.
    Nothing,
}

/// The server; it ends with the value.
pub(crate) struct Front {
    /// Where it answers.
    pub(crate) url: Url,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    lms: Url,
    says: watch::Sender<Says>,
    lies: AtomicUsize,
    http: reqwest::Client,
}

impl Front {
    /// A server before this LMS.
    pub(crate) async fn start(lms: Url) -> Self {
        accolade::secrets::install_tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let shared = Arc::new(Shared {
            lms,
            says: watch::channel(Says::TheTruth).0,
            lies: AtomicUsize::new(0),
            http: reqwest::Client::new(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared, task }
    }

    /// What it says from now on.
    pub(crate) fn say(&self, says: Says) {
        self.shared.lies.store(0, Ordering::SeqCst);
        self.shared.says.send_replace(says);
    }

    /// Requests that it did not answer truly since it was told what to say.
    pub(crate) fn lies(&self) -> usize {
        self.shared.lies.load(Ordering::SeqCst)
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let says = *shared.says.borrow();
    if says != Says::TheTruth {
        shared.lies.fetch_add(1, Ordering::SeqCst);
    }
    match says {
        Says::TheTruth => {}
        Says::This(status, (name, value), body) => {
            return Response::builder().status(status).header(name, value).body(body.into()).unwrap();
        }
        Says::Nothing => {
            // Until something else is to be said: then the connection breaks.
            let mut changes = shared.says.subscribe();
            let _ = changes.wait_for(|says| *says != Says::Nothing).await;
            panic!("on purpose: the connection ends without an answer");
        }
    }
    let (head, body) = request.into_parts();
    let mut url = shared.lms.clone();
    url.set_path(head.uri.path());
    url.set_query(head.uri.query());
    let body = to_bytes(body, usize::MAX).await.unwrap();
    // With its own `Host`: addresses in answers lead back here.
    let asked = shared.http.request(head.method, url).headers(head.headers).body(body).send().await.unwrap();
    let mut answer = Response::builder().status(asked.status());
    for (name, value) in asked.headers().iter().filter(|(name, _)| *name != "transfer-encoding") {
        answer = answer.header(name, value);
    }
    answer.body(Body::from(asked.bytes().await.unwrap())).unwrap()
}
