//! A body that is refused is read on, so that its sender sees the refusal.

use std::time::Duration;

use accolade::app::Role;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::app::{Process, Site, Way};

/// Far more than the buffers of two sockets hold, and than `/verify` and `server.max_body_bytes` take.
const LARGE: usize = 40 << 20;

/// Sends the head, then this many bytes, and only then reads the answer, as plain clients do.
async fn send(process: &Process, head: &str, bytes: usize) -> std::io::Result<String> {
    let mut socket = TcpStream::connect(process.url.trim_start_matches("http://")).await?;
    socket.write_all(head.as_bytes()).await?;
    let piece = vec![b' '; 1 << 20];
    for _ in 0..bytes / piece.len() {
        socket.write_all(&piece).await?;
    }
    let mut answer = vec![0; 64 << 10];
    let read = tokio::time::timeout(Duration::from_mins(1), socket.read(&mut answer)).await??;
    Ok(String::from_utf8_lossy(&answer[..read]).into_owned())
}

fn head(path: &str, more: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\n\
         content-type: multipart/form-data; boundary=b\r\ncontent-length: {LARGE}\r\n{more}\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_too_much_sees_the_answer() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let process = site.start(&Role::ALL).await;
    for path in ["/verify", "/hooks/forms"] {
        let answer =
            send(&process, &head(path, ""), LARGE).await.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(answer.starts_with("HTTP/1.1 413 "), "{path}: {answer}");
    }
    // Whoever asks first is told so before it has sent anything.
    let answer = send(&process, &head("/verify", "expect: 100-continue\r\n"), 0).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    // There is an end to it.
    let endless = head("/verify", "").replace(&LARGE.to_string(), &(1_u64 << 40).to_string());
    assert!(send(&process, &endless, 512 << 20).await.is_err());
    process.stop().await;
    site.end().await;
}
