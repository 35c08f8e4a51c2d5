//! Opens connections to a mail server: TCP, TLS, greeting.
//!
//! TLS is done here rather than by lettre, for two reasons: the socket needs TCP_NODELAY (lettre
//! writes a mail in two pieces, and without it the second waits for the acknowledgement of the
//! first, some 40 ms a mail), and after STARTTLS nothing that came unencrypted may be taken for
//! an answer (RFC 3207, section 4.2).

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::MailError;
use super::smtp::said;

/// The most that is read of an answer before TLS.
const ANSWER_BYTES: usize = 8 * 1024;

/// How the connection is protected.
#[derive(Debug, Clone)]
pub(super) enum Security {
    /// Not at all.
    Plain,
    /// Upgraded after the greeting; never without.
    StartTls(Arc<ClientConfig>),
    /// From the first byte.
    Tls(Arc<ClientConfig>),
}

/// A mail server and how to reach it.
#[derive(Debug)]
pub(super) struct Dial {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) hello: String,
    pub(super) connect: Duration,
    pub(super) command: Duration,
}

impl Dial {
    /// Connects and greets; also whether the server takes commands in a row (PIPELINING, RFC 2920). The
    /// error says what went wrong, for people.
    pub(super) async fn open(&self) -> Result<(AsyncSmtpConnection, bool), String> {
        let stream: Box<dyn AsyncTokioStream> = match &self.security {
            Security::Plain => Box::new(self.tcp().await?),
            Security::Tls(config) => {
                Box::new(Secured { first: &[], tls: self.tls(config, self.tcp().await?).await? })
            }
            Security::StartTls(config) => {
                let mut tcp = self.tcp().await?;
                timeout(self.command, start_tls(&mut tcp, &self.hello))
                    .await
                    .map_err(|_| self.slow("to STARTTLS"))?
                    .map_err(|why| format!("{}: {why}", self.place()))?;
                // No greeting comes after STARTTLS; lettre waits for one.
                Box::new(Secured { first: b"220 secured\r\n", tls: self.tls(config, tcp).await? })
            }
        };
        let hello = ClientId::Domain(self.hello.clone());
        let greeting = Arc::<Greeting>::default();
        let heard = Box::new(Heard { stream, greeting: Arc::clone(&greeting) });
        let smtp = timeout(self.command, AsyncSmtpConnection::connect_with_transport(heard, &hello))
            .await
            .map_err(|_| self.slow("with a greeting"))?
            .map_err(|error| format!("{} does not take connections: {}", self.place(), said(&error)))?;
        Ok((smtp, greeting.offers("PIPELINING")))
    }

    /// Host and port, for people.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    fn slow(&self, to: &str) -> String {
        format!("{} did not answer {to} within {} s", self.place(), self.command.as_secs_f32())
    }

    async fn tcp(&self) -> Result<TcpStream, String> {
        let stream = timeout(self.connect, TcpStream::connect((self.host.as_str(), self.port)))
            .await
            .map_err(|_| {
                format!("no connection to {} within {} s", self.place(), self.connect.as_secs_f32())
            })?
            .map_err(|error| format!("no connection to {}: {error}", self.place()))?;
        stream.set_nodelay(true).map_err(|error| format!("{}: {error}", self.place()))?;
        Ok(stream)
    }

    async fn tls(&self, config: &Arc<ClientConfig>, tcp: TcpStream) -> Result<TlsStream<TcpStream>, String> {
        let name = ServerName::try_from(self.host.clone())
            .map_err(|_| format!("{} is no name that a certificate can have", self.host))?;
        timeout(self.connect, TlsConnector::from(Arc::clone(config)).connect(name, tcp))
            .await
            .map_err(|_| format!("{} did not finish the TLS handshake", self.place()))?
            .map_err(|error| {
                format!(
                    "TLS with {} failed: {error}; check its certificate, the host name in mail.url, and \
                     whether this port wants smtp:// (STARTTLS) or smtps://",
                    self.place()
                )
            })
    }
}

/// The TLS settings: the system's root certificates, and one more if given.
pub(super) fn tls_config(root: Option<&str>) -> Result<Arc<ClientConfig>, MailError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(pem) = root {
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| MailError("the root certificate is not in PEM form".to_owned()))?;
        roots
            .add(certificate)
            .map_err(|error| MailError(format!("the root certificate cannot be used: {error}")))?;
    }
    if roots.is_empty() {
        return Err(MailError(
            "this machine has no root certificates to check mail servers with; install ca-certificates"
                .to_owned(),
        ));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| MailError(format!("TLS cannot be set up: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Greets and asks for TLS. Nothing is read beyond the answer.
async fn start_tls(tcp: &mut TcpStream, hello: &str) -> Result<(), String> {
    expect(tcp, "220", "the greeting").await?;
    tcp.write_all(format!("EHLO {hello}\r\n").as_bytes()).await.map_err(|error| broken(&error))?;
    let offers = expect(tcp, "250", "EHLO").await?;
    let offered = offers
        .lines()
        .any(|line| line.get(4..).is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS")));
    if !offered {
        return Err("offers no STARTTLS, and without encryption no mail is sent; \
                    mail.url may need smtps:// and another port"
            .to_owned());
    }
    tcp.write_all(b"STARTTLS\r\n").await.map_err(|error| broken(&error))?;
    expect(tcp, "220", "STARTTLS").await?;
    Ok(())
}

/// One answer, complete, with nothing behind it.
async fn expect(tcp: &mut TcpStream, code: &str, to: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if text.ends_with('\n')
            && let Some(end) = text.lines().position(|line| line.as_bytes().get(3) != Some(&b'-'))
        {
            if end + 1 != text.lines().count() {
                return Err(format!("sent more than an answer to {to}; the connection may be tampered with"));
            }
            if !text.lines().last().is_some_and(|line| line.starts_with(code)) {
                return Err(format!("answers {to} with: {}", super::smtp::short(&text)));
            }
            return Ok(text.into_owned());
        }
        if bytes.len() > ANSWER_BYTES {
            return Err(format!("answers {to} with too much text"));
        }
        let mut chunk = [0; 1024];
        let count = tcp.read(&mut chunk).await.map_err(|error| broken(&error))?;
        if count == 0 {
            return Err(format!("closed the connection instead of answering {to}"));
        }
        bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
    }
}

fn broken(error: &io::Error) -> String {
    format!("the connection broke: {error}")
}

/// What a server says until it is greeted: lettre keeps of it only what it knows.
#[derive(Debug, Default)]
struct Greeting {
    over: AtomicBool,
    said: Mutex<Vec<u8>>,
}

impl Greeting {
    fn hear(&self, bytes: &[u8]) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let room = ANSWER_BYTES.saturating_sub(said.len()).min(bytes.len());
        said.extend_from_slice(bytes.get(..room).unwrap_or_default());
    }

    /// Whether a line of it is this word; after that nothing more is heard.
    fn offers(&self, word: &str) -> bool {
        self.over.store(true, Ordering::Relaxed);
        let said = std::mem::take(&mut *self.said.lock().unwrap_or_else(PoisonError::into_inner));
        let said = String::from_utf8_lossy(&said);
        said.lines().any(|line| line.get(4..).is_some_and(|offer| offer.trim().eq_ignore_ascii_case(word)))
    }
}

/// A connection on which the greeting is heard.
#[derive(Debug)]
struct Heard {
    stream: Box<dyn AsyncTokioStream>,
    greeting: Arc<Greeting>,
}

impl AsyncTokioStream for Heard {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl AsyncRead for Heard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if !self.greeting.over.load(Ordering::Relaxed) {
            self.greeting.hear(buf.filled().get(before..).unwrap_or_default());
        }
        polled
    }
}

impl AsyncWrite for Heard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A TLS connection that begins with a few bytes of its own.
#[derive(Debug)]
struct Secured {
    first: &'static [u8],
    tls: TlsStream<TcpStream>,
}

impl AsyncTokioStream for Secured {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tls.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Secured {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let (now, later) = self.first.split_at(self.first.len().min(buf.remaining()));
            buf.put_slice(now);
            self.first = later;
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.tls).poll_read(cx, buf)
    }
}

impl AsyncWrite for Secured {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tls).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Without it every mail waits for a delayed acknowledgement.
    #[tokio::test]
    async fn sockets_do_not_wait_to_fill_packets() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dial = Dial {
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr().unwrap().port(),
            security: Security::Plain,
            hello: "example.edu".to_owned(),
            connect: Duration::from_secs(5),
            command: Duration::from_secs(5),
        };
        assert!(dial.tcp().await.unwrap().nodelay().unwrap());
    }
}
