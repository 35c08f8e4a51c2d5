//! A mail server on a real socket that does what a test tells it to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What the server does instead of the usual answer.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// The usual answer.
    Usual,
    /// This answer, without the line's end.
    Say(String),
    /// No answer, ever.
    Hang,
    /// Closes the connection.
    Cut,
}

/// What a script is asked about: the client's line (`CONNECT` for the greeting, `.` for the end
/// of a mail), on which connection, and how many mails this connection took already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'a> {
    /// The line.
    pub(crate) line: &'a str,
    /// The connection, from 0.
    pub(crate) connection: usize,
    /// Mails taken on it.
    pub(crate) mails: usize,
}

/// How the server encrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// Not.
    None,
    /// After STARTTLS.
    StartTls,
    /// From the first byte.
    Tls,
}

/// A mail that the server took.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    /// `MAIL FROM`, the address.
    pub(crate) from: String,
    /// `RCPT TO`, the address.
    pub(crate) to: String,
    /// The content, dots unstuffed.
    pub(crate) raw: Vec<u8>,
}

/// What the server does at each step.
pub(crate) struct Script(Box<dyn Fn(At<'_>) -> Act + Send + Sync>);

impl Script {
    /// Takes every mail.
    pub(crate) fn accept() -> Self {
        Self::new(|_| Act::Usual)
    }

    /// Asks `act` at each step.
    pub(crate) fn new(act: impl Fn(At<'_>) -> Act + Send + Sync + 'static) -> Self {
        Self(Box::new(act))
    }
}

struct Shared {
    script: Script,
    tls: Option<TlsAcceptor>,
    encryption: Encryption,
    taken: Mutex<Vec<Taken>>,
    lines: Mutex<Vec<String>>,
    connections: AtomicUsize,
}

/// The server; it ends with the test.
pub(crate) struct SmtpServer {
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
    /// The root certificate to trust, PEM.
    pub(crate) root: String,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl SmtpServer {
    /// A server without encryption.
    pub(crate) async fn start(script: Script) -> Self {
        Self::with(Encryption::None, script).await
    }

    /// A server with encryption and a script. Its certificate is for `localhost`.
    pub(crate) async fn with(encryption: Encryption, script: Script) -> Self {
        let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let tls = (encryption != Encryption::None).then(|| acceptor(&certificate));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            script,
            tls,
            encryption,
            taken: Mutex::default(),
            lines: Mutex::default(),
            connections: AtomicUsize::new(0),
        });
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            let mut running = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                running.spawn(Arc::clone(&serving).connection(stream));
            }
        });
        Self { port, root: certificate.cert.pem(), shared, task }
    }

    /// The mails taken so far.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.shared.taken.lock().unwrap().clone()
    }

    /// Every line the clients said, contents of mails apart.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.shared.lines.lock().unwrap().clone()
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

fn acceptor(certificate: &rcgen::CertifiedKey<rcgen::KeyPair>) -> TlsAcceptor {
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der());
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.cert.der().clone()], key.into())
            .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Shared {
    async fn connection(self: Arc<Self>, tcp: TcpStream) {
        let number = self.connections.fetch_add(1, Ordering::SeqCst);
        tcp.set_nodelay(true).unwrap();
        let stream: Box<dyn Stream> = match (&self.tls, self.encryption) {
            (Some(tls), Encryption::Tls) => match tls.accept(tcp).await {
                Ok(stream) => Box::new(stream),
                Err(_) => return,
            },
            _ => Box::new(tcp),
        };
        let mut stream = BufReader::new(stream);
        let mut secure = self.encryption == Encryption::Tls;
        let (mut from, mut to, mut mails) = (String::new(), String::new(), 0);
        let mut line = "CONNECT".to_owned();
        loop {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let usual = match verb.as_str() {
                "CONNECT" => "220 mail.example.test ESMTP".to_owned(),
                "EHLO" if self.encryption == Encryption::StartTls && !secure => {
                    "250-mail.example.test\r\n250 STARTTLS".to_owned()
                }
                "EHLO" => "250-mail.example.test\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME".to_owned(),
                "STARTTLS" => "220 go ahead".to_owned(),
                "AUTH" => "235 2.7.0 welcome".to_owned(),
                "DATA" => "354 go ahead".to_owned(),
                "." => format!("250 2.0.0 queued as {number}-{mails}"),
                "QUIT" => "221 bye".to_owned(),
                _ => "250 2.0.0 ok".to_owned(),
            };
            let reply = match (self.script.0)(At { line: &line, connection: number, mails }) {
                Act::Usual => usual,
                Act::Say(text) => text,
                Act::Hang => std::future::pending().await,
                Act::Cut => return,
            };
            if stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await.is_err() {
                return;
            }
            stream.get_mut().flush().await.unwrap();
            let good = reply.starts_with(['2', '3']);
            match verb.as_str() {
                "QUIT" => return,
                "MAIL" => from = address(&line),
                "RCPT" => to = address(&line),
                "." if good => mails += 1,
                "STARTTLS" if good => {
                    let tls = self.tls.as_ref().unwrap();
                    let Ok(secured) = tls.accept(stream.into_inner()).await else { return };
                    stream = BufReader::new(Box::new(secured));
                    secure = true;
                }
                _ => {}
            }
            if verb == "DATA" && good {
                let Some(raw) = content(&mut stream).await else { return };
                // Kept even if the answer never arrives: that is what a cut connection hides.
                self.taken.lock().unwrap().push(Taken { from: from.clone(), to: to.clone(), raw });
                ".".clone_into(&mut line);
                continue;
            }
            line.clear();
            match stream.read_line(&mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) => line.truncate(line.trim_end().len()),
            }
            self.lines.lock().unwrap().push(line.clone());
        }
    }
}

fn address(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

async fn content(stream: &mut BufReader<Box<dyn Stream>>) -> Option<Vec<u8>> {
    let mut raw = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await.ok()? == 0 {
            return None;
        }
        match line.as_slice() {
            b".\r\n" => return Some(raw),
            [b'.', rest @ ..] => raw.extend_from_slice(rest),
            other => raw.extend_from_slice(other),
        }
    }
}
