//! A body that is refused is read on, so that its sender sees the refusal.

use std::time::Duration;

use accolade::app::Role;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::app::{Process, Site, Way};

/// Far more than the buffers of two sockets hold, and than `/verify` and `server.max_body_bytes` take.
const LARGE: usize = 40 << 20;

const MEBIBYTE: usize = 1 << 20;

/// Sends the head, then this many bytes, and only then reads the answer, as plain clients do. A body
/// whose length is not told comes in chunks.
async fn send(process: &Process, head: &str, bytes: usize) -> std::io::Result<String> {
    let mut socket = TcpStream::connect(process.url.trim_start_matches("http://")).await?;
    socket.write_all(head.as_bytes()).await?;
    let chunked = head.contains("chunked");
    let mut piece = vec![b' '; MEBIBYTE];
    if chunked {
        piece = [format!("{MEBIBYTE:x}\r\n").as_bytes(), &piece, b"\r\n"].concat();
    }
    for _ in 0..bytes / MEBIBYTE {
        socket.write_all(&piece).await?;
    }
    if chunked {
        socket.write_all(b"0\r\n\r\n").await?;
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
        let untold =
            head(path, "").replace(&format!("content-length: {LARGE}"), "transfer-encoding: chunked");
        let answer = send(&process, &untold, LARGE).await.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(answer.starts_with("HTTP/1.1 413 "), "{path}, of untold length: {answer}");
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
