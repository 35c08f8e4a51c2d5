//! A mail server that takes everything and notes when which mail came.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::webhook::Webhooks;

/// The server; it ends with the value.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) port: u16,
    taken: Arc<Mutex<Taken>>,
    _task: AbortOnDropHandle<()>,
}

/// What came.
#[derive(Debug, Default, Clone)]
pub(crate) struct Taken {
    /// Mails, repeated ones included.
    pub(crate) mails: u64,
    /// Different Message-IDs.
    ids: HashSet<String>,
    /// When the first mail to each learner was taken.
    arrivals: Vec<Option<Instant>>,
    /// Learners who have a mail.
    pub(crate) learners: u64,
}

impl Taken {
    /// How many different Message-IDs there were.
    pub(crate) fn distinct(&self) -> u64 {
        u64::try_from(self.ids.len()).unwrap_or(u64::MAX)
    }

    /// When the last learner got the first mail.
    pub(crate) fn last(&self) -> Option<Instant> {
        self.arrivals.iter().flatten().max().copied()
    }

    /// Each learner with the time of the first mail.
    pub(crate) fn arrivals(&self) -> impl Iterator<Item = (u64, Instant)> {
        (0..).zip(&self.arrivals).filter_map(|(learner, at)| Some((learner, (*at)?)))
    }

    fn take(&mut self, learner: Option<u64>, id: String, at: Instant) {
        self.mails += 1;
        self.ids.insert(id);
        let Some(learner) = learner.and_then(|learner| usize::try_from(learner).ok()) else { return };
        if self.arrivals.len() <= learner {
            self.arrivals.resize(learner + 1, None);
        }
        if let Some(place @ None) = self.arrivals.get_mut(learner) {
            *place = Some(at);
            self.learners += 1;
        }
    }
}

impl Sink {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("a port for the mail server")?;
        let (port, taken) = (listener.local_addr()?.port(), Arc::<Mutex<Taken>>::default());
        let shared = Arc::clone(&taken);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(connection(stream, Arc::clone(&shared)));
            }
        });
        Ok(Self { port, taken, _task: AbortOnDropHandle::new(task) })
    }

    /// Looks at what came until now.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Taken) -> T) -> T {
        look(&self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One dialogue (RFC 5321); an error ends it.
async fn connection(stream: TcpStream, taken: Arc<Mutex<Taken>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::with_capacity(64 << 10, stream);
    stream.get_mut().write_all(b"220 sink.example.test ESMTP\r\n").await?;
    let (mut line, mut answers, mut to) = (Vec::new(), Vec::<u8>::new(), None);
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        answers.extend_from_slice(match verb.as_slice() {
            b"EHLO" => b"250-sink.example.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            b"DATA" => b"354 go ahead\r\n",
            b"QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        });
        if verb == b"RCPT" {
            let text = String::from_utf8_lossy(&line);
            to = text.split(['<', '>']).nth(1).and_then(Webhooks::learner);
        }
        // Commands that came together are answered together (RFC 2920).
        if stream.buffer().is_empty() || verb == b"DATA" || verb == b"QUIT" {
            stream.get_mut().write_all(&answers).await?;
            answers.clear();
        }
        match verb.as_slice() {
            b"DATA" => {
                let id = content(&mut stream).await?;
                let at = Instant::now();
                taken.lock().unwrap_or_else(PoisonError::into_inner).take(to.take(), id, at);
                answers.extend_from_slice(b"250 queued\r\n");
                if stream.buffer().is_empty() {
                    stream.get_mut().write_all(&answers).await?;
                    answers.clear();
                }
            }
            b"QUIT" => return Ok(()),
            _ => {}
        }
    }
}

/// Reads a mail to its end; its Message-ID.
async fn content(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let (mut line, mut id) = (Vec::new(), String::new());
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(id);
        }
        let is_id = line.get(..11).is_some_and(|start| start.eq_ignore_ascii_case(b"message-id:"));
        if id.is_empty() && is_id {
            id = String::from_utf8_lossy(line.get(11..).unwrap_or_default()).trim().to_owned();
        }
    }
}
