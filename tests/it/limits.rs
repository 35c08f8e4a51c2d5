//! The limits of the HTTP server, in an installation: that each router has them.

use std::time::Duration;

use accolade::app::Role;
use sqlx::{Connection as _, SqliteConnection};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::support::app::{Process, Site, Way};

const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of all bodies that may arrive at one router.
const ROOM: usize = 32 << 20;
/// What is missing of it while the bodies of a test are held: less than one more takes.
const LEFT: usize = 32 << 10;

/// Begins a body of this size, and leaves it without its last byte.
async fn begin(process: &Process, path: &str, bytes: usize) -> TcpStream {
    let mut socket = TcpStream::connect(process.url.trim_start_matches("http://")).await.unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", bytes + 1);
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&vec![b' '; bytes]).await.unwrap();
    socket
}

/// The status of an answer to one more body, and whether it says when to come again.
async fn one_more(process: &Process, path: &str) -> (u16, bool) {
    let body = vec![b' '; 2 * LEFT];
    let answer =
        reqwest::Client::new().post(format!("{}{path}", process.url)).body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
}

/// Asks until it is as wished; a client may not ask `/verify` often.
async fn until(process: &Process, path: &str, wished: impl Fn((u16, bool)) -> bool) {
    let since = Instant::now();
    loop {
        let answer = one_more(process, path).await;
        if wished(answer) {
            return;
        }
        assert!(since.elapsed() < PATIENCE, "{path}: {answer:?}");
        sleep(Duration::from_secs(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_arrive_and_do_not_end_take_no_more_than_the_room_of_their_router() {
    let mut site = Site::new(Way::Embedded, None).await.unwrap();
    site.more = "[bounces]\nsecret = \"s3cr3t-of-a-mail-server\"\n".to_owned();
    let process = site.start(&Role::ALL).await;
    for (path, largest) in [("/hooks/forms", 2 << 20), ("/verify", 8 << 20), ("/bounces", 1 << 20)] {
        assert_ne!(one_more(&process, path).await.0, 503, "{path}");
        let mut held = Vec::new();
        for _ in 0..ROOM / largest {
            held.push(begin(&process, path, largest - LEFT / (ROOM / largest)).await);
        }
        until(&process, path, |answer| answer == (503, true)).await;
        drop(held);
        until(&process, path, |(status, _)| status != 503).await;
    }
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_too_long_for_the_database_is_told_when_to_come_again() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let process = site.start_with(&Role::ALL, |settings| settings.server.request_seconds = 1).await;
    // Another process writes; this one would wait ten seconds for its turn.
    let mut beside = SqliteConnection::connect(site.database_url()).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut beside).await.unwrap();
    let answer = reqwest::Client::new()
        .post(format!("{}/hooks/forms", process.url))
        .bearer_auth("sandbox-bearer")
        .body(r#"{"id": "e", "type": "form.opened"}"#)
        .send()
        .await
        .unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "10"));
    assert_eq!(answer.text().await.unwrap(), "", "the request ends, before the database is given up");
    sqlx::raw_sql("COMMIT").execute(&mut beside).await.unwrap();
    process.stop().await;
    site.end().await;
}
