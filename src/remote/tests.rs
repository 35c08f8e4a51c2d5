//! Fetching, on real sockets: addresses of this machine stand for public and private ones.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;

/// Stands for a host on the public internet.
const OUTSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Stands for a host of the private network around the server.
const INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));

/// A server that answers every request with the same bytes, and counts connections.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(at: SocketAddr, answer: impl Into<Vec<u8>>) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(answer.into()));
        let counted = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let answer = Arc::clone(&answer);
                tokio::spawn(async move {
                    let _ = stream.read(&mut [0; 4096]).await;
                    let _ = stream.write_all(&answer).await;
                });
            }
        });
        Self { address, connections, task }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn ok(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn redirect(to: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").into_bytes()
}

/// Names that resolve to one address after the other; the last one stays.
#[derive(Default)]
struct Changing {
    answers: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    asked: AtomicUsize,
}

impl Changing {
    fn with(self, name: &str, answers: &[&[IpAddr]]) -> Self {
        let answers = answers.iter().rev().map(|answer| answer.to_vec()).collect();
        self.answers.lock().unwrap().insert(name.to_owned(), answers);
        self
    }
}

impl Names for Changing {
    fn addresses(&self, name: &str) -> Addresses {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let left = answers.get_mut(name).unwrap();
        let answer = if left.len() > 1 { left.pop().unwrap() } else { left[0].clone() };
        Box::pin(async move { Ok(answer) })
    }
}

fn fetcher(names: Changing) -> (Fetcher, Arc<Changing>) {
    crate::secrets::install_tls();
    let names = Arc::new(names);
    let reach = Reach::Only(|ip| ip == OUTSIDE);
    (Fetcher::new(reach, Arc::clone(&names) as Arc<dyn Names>).unwrap(), names)
}

async fn get(fetcher: &Fetcher, url: &str) -> Result<Vec<u8>, FetchError> {
    fetcher.get(&Url::parse(url).unwrap(), "*/*", 10_000).await.map(|fetched| fetched.bytes)
}

fn at(ip: IpAddr) -> SocketAddr {
    SocketAddr::new(ip, 0)
}

#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let outside = Server::start(at(OUTSIDE), ok(b"{}")).await;
    let port = outside.address.port();
    let inside = Server::start(SocketAddr::new(INSIDE, port), ok(b"secret")).await;
    let (fetcher, names) = fetcher(
        Changing::default()
            .with("rebind.test", &[&[OUTSIDE], &[INSIDE]])
            .with("mixed.test", &[&[INSIDE, OUTSIDE]])
            .with("inside.test", &[&[INSIDE]]),
    );
    let url = format!("http://rebind.test:{port}/");
    assert_eq!(get(&fetcher, &url).await.unwrap(), b"{}");
    // It resolves to the inside now; nothing is kept from before, and nothing connects to it.
    assert_eq!(get(&fetcher, &url).await, Err(FetchError::Unreachable("rebind.test".to_owned())));
    assert_eq!(names.asked.load(Ordering::SeqCst), 2, "one look-up for each connection: none between");
    assert_eq!(get(&fetcher, &format!("http://mixed.test:{port}/")).await.unwrap(), b"{}");
    assert!(get(&fetcher, &format!("http://inside.test:{port}/")).await.is_err());
    assert!(get(&fetcher, &format!("http://{INSIDE}:{port}/")).await.is_err());
    assert_eq!((outside.connections(), inside.connections()), (2, 0));
}

#[tokio::test]
async fn redirects_lead_nowhere_that_is_not_allowed() {
    let inside = Server::start(at(INSIDE), ok(b"secret")).await;
    let port = inside.address.port();
    let goal = Server::start(at(OUTSIDE), ok(b"[1]")).await;
    let good = Server::start(at(OUTSIDE), redirect(&format!("http://{}/x", goal.address))).await;
    let (fetcher, _) = fetcher(
        Changing::default()
            .with("inside.test", &[&[INSIDE]])
            // Fit to be reached for the first step, and not for the second.
            .with("turning.test", &[&[OUTSIDE], &[INSIDE]]),
    );
    assert_eq!(get(&fetcher, &format!("http://{}/", good.address)).await.unwrap(), b"[1]");
    for to in [
        format!("http://{INSIDE}:{port}/"),
        format!("http://inside.test:{port}/"),
        format!("http://[::ffff:127.0.0.3]:{port}/"),
        format!("http://user@{OUTSIDE}:{port}/"),
        "file:///etc/passwd".to_owned(),
        "gopher://127.0.0.3/".to_owned(),
    ] {
        let bad = Server::start(at(OUTSIDE), redirect(&to)).await;
        assert!(get(&fetcher, &format!("http://{}/", bad.address)).await.is_err(), "{to}");
    }
    let turning = Server::start(at(OUTSIDE), redirect(&format!("http://turning.test:{port}/"))).await;
    assert!(get(&fetcher, &format!("http://turning.test:{}/", turning.address.port())).await.is_err());
    assert_eq!((inside.connections(), turning.connections()), (0, 1));
}

#[tokio::test]
async fn redirects_come_to_an_end() {
    let listener = TcpListener::bind(at(OUTSIDE)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let circle = Server::start(address, redirect("/again")).await;
    let (fetcher, _) = fetcher(Changing::default());
    let error = get(&fetcher, &format!("http://{address}/")).await.unwrap_err();
    assert!(error.to_string().contains("redirects more than 3 times"), "{error}");
    assert_eq!(circle.connections(), 4);
}

#[tokio::test]
async fn what_is_too_large_is_not_read_to_its_end() {
    let (fetcher, _) = fetcher(Changing::default());
    let declared = Server::start(at(OUTSIDE), "HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n").await;
    let endless = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &vec![b' '; 50_000]].concat();
    let endless = Server::start(at(OUTSIDE), endless).await;
    for server in [&declared, &endless] {
        let error = get(&fetcher, &format!("http://{}/", server.address)).await.unwrap_err();
        assert!(matches!(error, FetchError::TooLarge(_)), "{error:?}");
    }
    // A compressed bomb stays as small as it came, and is no document then.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&vec![b' '; 5_000_000]).unwrap();
    let bomb = gzip.finish().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
    let server = Server::start(at(OUTSIDE), [head.as_bytes(), &bomb].concat()).await;
    let url = format!("http://{}/", server.address);
    assert_eq!(get(&fetcher, &url).await.unwrap().len(), bomb.len());
    assert!(matches!(fetcher.document(&url).await, Err(FetchError::NotADocument(_))));
}

#[tokio::test]
async fn other_answers_are_no_documents() {
    let (fetcher, _) = fetcher(Changing::default());
    let missing = Server::start(at(OUTSIDE), "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
    let url = format!("http://{}/", missing.address);
    assert_eq!(get(&fetcher, &url).await, Err(FetchError::Status { host: OUTSIDE.to_string(), status: 404 }));
    let page = Server::start(at(OUTSIDE), ok(b"<html>")).await;
    assert!(matches!(
        fetcher.document(&format!("http://{}/", page.address)).await,
        Err(FetchError::NotADocument(_))
    ));
    let jwt = Server::start(at(OUTSIDE), ok(b"eyJ.a.b\n")).await;
    assert_eq!(fetcher.document(&format!("http://{}/", jwt.address)).await.unwrap(), "eyJ.a.b");
    for id in ["did:web:a/b", "did:key:z6Mk", "nonsense", "mailto:a@b"] {
        assert!(matches!(fetcher.document(id).await, Err(FetchError::Refused(_))), "{id}");
    }
}

#[tokio::test]
async fn the_public_fetcher_connects_to_nothing_here() {
    crate::secrets::install_tls();
    let server = Server::start("127.0.0.1:0".parse().unwrap(), ok(b"{}")).await;
    let port = server.address.port();
    let public = Fetcher::public().unwrap();
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://2130706433:{port}/"),
    ] {
        assert!(get(&public, &url).await.is_err(), "{url}");
    }
    assert_eq!(server.connections(), 0);
    let here = Fetcher::public_and_this_machine().unwrap();
    assert_eq!(get(&here, &format!("http://127.0.0.1:{port}/")).await.unwrap(), b"{}");
    let away =
        Server::start("127.0.0.1:0".parse().unwrap(), redirect(&format!("http://127.0.0.9:{port}/"))).await;
    assert!(get(&here, &format!("http://127.0.0.1:{}/", away.address.port())).await.is_err());
}

#[tokio::test]
async fn a_schema_is_fetched_once_in_a_while() {
    let (fetcher, _) = fetcher(Changing::default());
    let server = Server::start(at(OUTSIDE), ok(b"{\"type\":\"object\"}")).await;
    let large = Server::start(at(OUTSIDE), ok(&vec![b' '; LARGEST_SCHEMA + 1])).await;
    let url = format!("http://{}/schema.json", server.address);
    let now: DateTime<Utc> = "2026-11-20T10:00:00Z".parse().unwrap();
    let after = |minutes| now + chrono::TimeDelta::minutes(minutes);
    for time in [now, after(9)] {
        assert_eq!(fetcher.clone().schema(&url, time).await.unwrap()["type"], "object");
    }
    assert_eq!(server.connections(), 1, "kept, and shared by all copies of the fetcher");
    fetcher.schema(&url, after(10)).await.unwrap();
    // A clock that was set back makes nothing last longer.
    fetcher.schema(&url, after(-1)).await.unwrap();
    assert_eq!(server.connections(), 3);
    for number in 0..16 {
        fetcher.schema(&format!("{url}?{number}"), now).await.unwrap();
    }
    fetcher.schema(&url, now).await.unwrap();
    assert_eq!(server.connections(), 3 + 16 + 1, "sixteen are kept");
    let error = fetcher.schema(&format!("http://{}/", large.address), now).await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge(_)), "{error:?}");
}

/// Nothing is this installation's own.
struct Nothing;

#[async_trait::async_trait]
impl Own for Nothing {
    async fn document(&self, _: &str) -> Ours {
        Ours::No
    }
}

#[tokio::test]
async fn a_badge_leads_no_fetch_inside() {
    let inside = Server::start(at(INSIDE), ok(b"{}")).await;
    let schema = Server::start(at(OUTSIDE), ok(b"{\"required\":[\"colour\"]}")).await;
    let to_inside = redirect(&format!("http://{}/schema.json", inside.address));
    let to_inside = Server::start(at(OUTSIDE), to_inside).await;
    let (fetcher, _) = fetcher(
        Changing::default().with("turning.test", &[&[OUTSIDE], &[INSIDE]]).with("in.test", &[&[INSIDE]]),
    );
    let check = async |address: String| {
        let schema = serde_json::json!({"id": address, "type": "1EdTechJsonSchemaValidator2019"});
        let badge = serde_json::json!({"credentialSchema": [schema]}).to_string();
        let clock = crate::clock::Clock::system();
        let examined = examine(badge.into_bytes(), &Nothing, &fetcher, &clock, None).await.unwrap();
        let check = examined.report.checks.into_iter().find(|check| check.name == "schema").unwrap();
        (check.holds, examined.unread.into_iter().map(|(_, why)| why.key()).collect::<Vec<_>>())
    };
    assert_eq!(check(format!("http://{}/", schema.address)).await, (Some(false), vec![]));
    for (address, why) in [
        (format!("http://{}/", to_inside.address), "fetch-private"),
        (format!("http://{}/", inside.address), "fetch-private"),
        (format!("http://in.test:{}/", inside.address.port()), "fetch-unreachable"),
        ("file:///etc/passwd".to_owned(), "fetch-https"),
    ] {
        assert_eq!(check(address.clone()).await, (None, vec![why]), "{address}");
    }
    assert_eq!(inside.connections(), 0);
}
