use axum::http::header;
use axum::routing::get;
use tokio::io::AsyncReadExt as _;

use super::*;

const PATIENCE: Duration = Duration::from_secs(30);

/// A server with limits of a test's own.
async fn start(limits: Limits) -> (SocketAddr, CancellationToken, tokio::task::JoinHandle<()>) {
    let large = || async { ([(header::CONTENT_TYPE, "text/plain")], "x".repeat(64 << 20)) };
    let peer = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() };
    let router = Router::new().route("/", get(peer)).route("/large", get(large));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    (address, stop.clone(), tokio::spawn(serve(listener, router, limits, stop)))
}

fn limits() -> Limits {
    Limits { connections: 2, head: PATIENCE * 4, blocked: PATIENCE * 4 }
}

async fn ask(stream: &mut TcpStream, path: &str) {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n").as_bytes()).await.unwrap();
}

/// What comes until the end, or until it ends with this.
async fn read(stream: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    let reading = async {
        loop {
            let mut piece = [0; 4096];
            match stream.read(&mut piece).await {
                Ok(0) | Err(_) => break,
                Ok(count) => text.extend_from_slice(&piece[..count]),
            }
            if !end.is_empty() && text.ends_with(end.as_bytes()) {
                break;
            }
        }
    };
    timeout(PATIENCE, reading).await.expect("the connection stays open and nothing comes");
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn beyond_the_limit_connections_are_told_to_come_again() {
    let (address, stop, server) = start(limits()).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    ask(&mut first, "/").await;
    let name = first.local_addr().unwrap().to_string();
    assert!(read(&mut first, &name).await.starts_with("HTTP/1.1 200"), "and the client is named");
    let mut second = TcpStream::connect(address).await.unwrap();
    ask(&mut second, "/").await;
    let name = second.local_addr().unwrap().to_string();
    read(&mut second, &name).await;
    let mut third = TcpStream::connect(address).await.unwrap();
    ask(&mut third, "/").await;
    let answer = read(&mut third, "").await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 10"), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{answer}");
    serde_json::from_str::<serde_json::Value>(body).unwrap();
    // What it sends meanwhile is read: else its end would be cut off before it has read the answer.
    let mut fourth = TcpStream::connect(address).await.unwrap();
    assert!(read(&mut fourth, "\r\n\r\n").await.starts_with("HTTP/1.1 503"));
    fourth.write_all(&vec![b'x'; 8 << 20]).await.expect("all is taken");
    // A place that is free is given again, as soon as the server knows of it.
    drop(first);
    let asked = async {
        loop {
            let mut again = TcpStream::connect(address).await.unwrap();
            ask(&mut again, "/").await;
            let name = again.local_addr().unwrap().to_string();
            if read(&mut again, &name).await.starts_with("HTTP/1.1 200") {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, asked).await.expect("the place is never free");
    stop.cancel();
    timeout(PATIENCE, server).await.expect("idle connections end with the server").unwrap();
}

#[tokio::test]
async fn not_all_who_find_no_place_are_told_so_at_once() {
    let (address, stop, server) = start(Limits { connections: 1, ..limits() }).await;
    let mut all = Vec::new();
    // More than can be told in the time that telling may take, on any machine that runs this.
    for _ in 0..TURNED_AWAY * 6 {
        all.push(TcpStream::connect(address).await.unwrap());
    }
    ask(&mut all[0], "/").await;
    let (mut told, mut closed) = (0, 0);
    for stream in &mut all[1..] {
        match read(stream, "").await {
            text if text.is_empty() => closed += 1,
            text => {
                assert!(text.starts_with("HTTP/1.1 503"), "{text}");
                told += 1;
            }
        }
    }
    assert!(told >= TURNED_AWAY && closed > 0, "{told} are told, {closed} closed without a word");
    stop.cancel();
    server.await.unwrap();
}

#[tokio::test]
async fn a_head_that_does_not_come_ends_its_connection() {
    let (address, stop, server) = start(Limits { head: Duration::from_millis(300), ..limits() }).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nhost: te").await.unwrap();
    assert!(!read(&mut silent, "").await.contains("200"));
    assert!(!read(&mut slow, "").await.contains("200"));
    stop.cancel();
    server.await.unwrap();
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_is_cut() {
    let (address, stop, server) = start(Limits { blocked: Duration::from_millis(300), ..limits() }).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    ask(&mut client, "/large").await;
    // Nothing is read, so that the server's writes block.
    stop.cancel();
    timeout(PATIENCE, server).await.expect("the answer is never given up").unwrap();
    let mut rest = Vec::new();
    let _ = client.read_to_end(&mut rest).await;
    assert!(rest.len() < 64 << 20, "all of it came");
}

#[tokio::test]
async fn a_head_is_not_read_without_end() {
    let (address, stop, server) = start(limits()).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let line = format!("x-filler: {}\r\n", "x".repeat(1_000));
    for _ in 0..10_000 {
        if client.write_all(line.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP/1.1 200"));
    stop.cancel();
    server.await.unwrap();
}
