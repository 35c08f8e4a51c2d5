//! An installation with one claimed badge on a real SQLite file, asked without sockets.

#[path = "../../it/support/issuer.rs"]
mod issuer;
pub(crate) mod verify;
pub(crate) mod wallets;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use accolade::app::{App, Role};
use accolade::clock::Clock;
use accolade::config::{self, Settings};
use accolade::fuzzing::Pages;
use accolade::store::{DeliveryState, Store, TrailFilter};
use http::{HeaderMap, Request, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::badges::now;
use crate::input::{Message, find};

/// Where it says that it answers.
const URL: &str = "https://badges.example.edu";

/// Longer than the period in which a client is counted, and a badge offered to wallets so often.
const BETWEEN: Duration = Duration::from_mins(61);

/// What its forms show.
const BEARER: &str = "fuzz-bearer";

/// The installation. One input at a time asks it.
struct Installation {
    runtime: Runtime,
    pages: Pages,
    store: Store,
    clock: Clock,
    credential: Uuid,
    /// The badge as it was signed.
    document: String,
    /// Where it keeps all.
    #[cfg_attr(not(test), expect(dead_code, reason = "it goes with the folder for temporary files"))]
    folder: PathBuf,
}

/// An answer.
struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

static INSTALLATION: LazyLock<Mutex<Installation>> = LazyLock::new(|| Mutex::new(Installation::start()));

/// Asks the installation, at a time at which nobody asked it before.
fn at_rest<T>(ask: impl FnOnce(&Installation) -> T) -> T {
    let installation = INSTALLATION.lock().unwrap_or_else(PoisonError::into_inner);
    installation.clock.advance(BETWEEN);
    ask(&installation)
}

/// Removes the installation's folder: nobody can ask it after that.
#[cfg(test)]
pub(crate) fn end() {
    let installation = INSTALLATION.lock().unwrap_or_else(PoisonError::into_inner);
    std::fs::remove_dir_all(&installation.folder).unwrap();
}

impl Installation {
    /// Makes it: a webhook is accepted and awarded, and the badge claimed.
    fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("accolade-fuzz-{}", Uuid::new_v4()));
        std::fs::create_dir_all(folder.join("badges")).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let clock = Clock::manual(now());
        let settings = settings(&folder);
        let (pages, store, credential, document) = runtime.block_on(async {
            let credential = awarded(App::new(settings.clone(), clock.clone()).await.unwrap()).await;
            let app = App::new(settings, clock.clone()).await.unwrap();
            let document = app.store().credential(credential).await.unwrap().unwrap().document;
            (Pages::of(&app).unwrap(), app.store().clone(), credential, document)
        });
        let this = Self { runtime, pages, store, clock, credential, document, folder };
        let claim = format!("/claim/{}", issuer::claim_secret().token(credential));
        let claimed = this.ask(Request::post(claim).body(Vec::new()).unwrap());
        assert_eq!(claimed.status, StatusCode::SEE_OTHER, "{}", claimed.text());
        this
    }

    fn ask(&self, request: Request<Vec<u8>>) -> Answered {
        let answer = self.runtime.block_on(self.pages.answer(request)).expect("an answer broke off");
        let (head, body) = answer.into_parts();
        Answered { status: head.status, headers: head.headers, body }
    }
}

impl Answered {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// The request of an input, its names in braces filled in; `None` where no server would read it as one.
fn request(data: &[u8], names: &[(&str, &str)]) -> Option<Request<Vec<u8>>> {
    let data = names.iter().fold(data.to_vec(), |data, (name, value)| filled(&data, name, value));
    let message = Message::read(&data);
    let mut words = std::str::from_utf8(message.first).ok()?.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let path: http::uri::PathAndQuery = path.parse().ok()?;
    let method: http::Method = method.parse().ok()?;
    let mut request = Request::builder().method(method).uri(path.as_str());
    for (name, value) in &message.headers {
        request = request.header(name, value);
    }
    request.body(message.body.to_vec()).ok().filter(|request| request.uri().path().starts_with('/'))
}

/// A text with a value in the place of a name in braces.
fn filled(data: &[u8], name: &str, value: &str) -> Vec<u8> {
    let (mut filled, mut rest) = (Vec::with_capacity(data.len()), data);
    while let Some(at) = find(rest, name.as_bytes()) {
        filled.extend_from_slice(&rest[..at]);
        filled.extend_from_slice(value.as_bytes());
        rest = &rest[at + name.len()..];
    }
    filled.extend_from_slice(rest);
    filled
}

fn settings(folder: &Path) -> Settings {
    issuer::write_keys(folder);
    std::fs::write(
        folder.join("badges/first-aid.toml"),
        "[badge]\nname = \"First Aid\"\ndescription = \"Helps.\"\ncriteria = \"Passed.\"\n\
         [award]\nsource = \"forms\"\ncourse = \"FA1\"\nassessment = \"test\"\npassed = true\n",
    )
    .unwrap();
    let text = format!(
        r#"
public_url = "{URL}"
badges = "badges"
[database]
url = "sqlite://fuzz.db"
[queue]
url = "embedded:"
[mail]
url = "outbox:outbox"
from = "Example University <badges@example.edu>"
{}
[sources.forms]
kind = "automation"
bearer = "{BEARER}"
trusted = true
"#,
        issuer::TABLES
    );
    config::load_str(&text, folder, &BTreeMap::new()).unwrap()
}

/// Runs an installation until a webhook has led to a badge; its credential.
async fn awarded(app: App) -> Uuid {
    let body = r#"{"id": "e1", "type": "assessment.passed", "timestamp": "2026-11-20T09:00:00Z", "data": {
        "learner": {"id": "7", "email": "ada@example.test", "name": "Ada <Example> & Co"},
        "course": {"id": "FA1"}, "assessment": {"id": "test", "name": "Final test"}, "passed": true}}"#;
    let store = app.store().clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let ended = stop.clone();
    let server = tokio::spawn(async move { app.run(&Role::ALL, listener, ended).await });
    let head = format!(
        "POST /hooks/forms HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {BEARER}\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let filter = TrailFilter { limit: 1, ..TrailFilter::default() };
    let credential = loop {
        let trails = store.deliveries(&filter).await.unwrap();
        let done = trails.iter().find(|trail| trail.state != DeliveryState::Waiting);
        if let Some(trail) = done {
            break trail.signals[0].events[0].credentials[0].0;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    stop.cancel();
    server.await.unwrap().unwrap();
    credential
}
