//! One connection to the broker and a channel with publisher confirms on it.

use std::fmt::Display;
use std::future::Future;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::protocol::BasicProperties;
use lapin::types::ShortString;
use lapin::{Channel, Confirmation, Connection, ConnectionProperties, ErrorKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::address::Address;
use super::topology::Names;
use crate::faults::{self, Break, Point};
use crate::queue::QueueError;

/// The limit for one step: connecting, opening a channel, a confirm.
pub(super) const LIMIT: Duration = Duration::from_secs(5);
/// The limit for closing a connection: whoever stops the process may not wait longer.
const FAREWELL: Duration = Duration::from_secs(2);
/// The limit for declaring everything; a broker that has just started is slow.
const DECLARE_LIMIT: Duration = Duration::from_secs(15);
/// How often a connection is looked at.
const CHECK: Duration = Duration::from_millis(200);
/// The beginning of AMQP 0-9-1 (section 4.2.2).
const PROTOCOL_HEADER: &[u8] = b"AMQP\x00\x00\x09\x01";
/// The delivery mode that survives a restart of the broker.
const PERSISTENT: u8 = 2;

/// A message as it goes out.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) exchange: ShortString,
    pub(super) routing_key: ShortString,
    pub(super) id: Uuid,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

/// What became of a message that went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Published {
    /// It is in its queue.
    Taken,
    /// It was confirmed, and the message of this id came back because no queue takes it: itself,
    /// or a neighbour that was published at the same time. `None` where it cannot be told.
    Returned(Option<Uuid>),
    /// Refused, or nobody knows.
    Unknown,
}

/// A connection that works, until the first error on it. It is never mended, only replaced.
#[derive(Debug)]
pub(super) struct Session {
    connection: Connection,
    channel: Channel,
    broken: CancellationToken,
    cause: OnceLock<String>,
    opened: Instant,
    /// When the last confirm came, in milliseconds since `opened`.
    confirmed: AtomicU64,
}

impl Session {
    /// Connects and declares what is needed. With `probe` the broker must say something before
    /// the client library is let at it, because a thread of the library would wait for ever.
    pub(super) async fn open(
        address: &Address,
        names: &Names,
        role: &str,
        probe: bool,
    ) -> Result<Self, QueueError> {
        if probe {
            within(LIMIT, "reaching the broker", answers(address)).await?.map_err(unavailable)?;
        }
        let properties =
            ConnectionProperties::default().with_connection_name(format!("accolade {role}").into());
        let connection = step("connecting", Connection::connect_uri(address.uri(), properties)).await?;
        let declaring = step("opening a channel", connection.create_channel()).await?;
        within(DECLARE_LIMIT, "declaring the queues", names.declare(&declaring))
            .await?
            .map_err(|error| refused(&error))?;
        let channel = step("opening a channel", connection.create_channel()).await?;
        step("asking for confirms", channel.confirm_select(ConfirmSelectOptions::default())).await?;
        Ok(Self {
            connection,
            channel,
            broken: CancellationToken::new(),
            cause: OnceLock::new(),
            opened: Instant::now(),
            confirmed: AtomicU64::new(0),
        })
    }

    /// A channel of its own, for what may close a channel.
    pub(super) async fn channel(&self) -> Result<Channel, QueueError> {
        step("opening a channel", self.connection.create_channel()).await
    }

    /// Whether the broker has stopped taking messages because of a memory or disk alarm.
    pub(super) fn blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_cancelled()
    }

    /// Gives the session up; the first reason is the one that is logged.
    pub(super) fn fail(&self, why: impl Display) {
        self.cause.get_or_init(|| why.to_string());
        self.broken.cancel();
    }

    /// Waits until the session does not work any more, and says why.
    pub(super) async fn lost(&self) -> String {
        loop {
            tokio::select! {
                () = self.broken.cancelled() => break,
                () = sleep(CHECK) => {
                    if !self.connection.status().connected() || !self.channel.status().connected() {
                        self.fail("the connection was closed");
                    }
                }
            }
        }
        self.cause.get().cloned().unwrap_or_default()
    }

    /// Publishes one message and waits for its confirm, for as long as the caller lets it.
    ///
    /// lapin gives a returned message to the confirm that comes next, which under load can be a
    /// neighbour's: its own id says which it is.
    pub(super) async fn publish(&self, message: Outgoing) -> Published {
        let mandatory = !faults::broken(Break::PublishesAnywhere);
        let options = BasicPublishOptions { mandatory, ..BasicPublishOptions::default() };
        let properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_message_id(message.id.to_string().into())
            .with_content_type(message.content_type.into())
            .with_app_id("accolade".into());
        let sent = self
            .channel
            .basic_publish(message.exchange, message.routing_key, options, &message.body, properties)
            .await;
        let answer = match sent {
            Ok(confirm) => confirm.await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(Confirmation::Ack(None)) => {
                faults::at(Point::PublishUnconfirmed).await;
                let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.confirmed.store(now, Ordering::Relaxed);
                Published::Taken
            }
            // A queue that refuses for now, for example while it has no majority.
            Ok(Confirmation::Nack(None)) => Published::Unknown,
            Ok(Confirmation::Ack(Some(returned))) => {
                self.fail(format_args!(
                    "no queue takes messages for {}: its queue or binding is gone",
                    returned.routing_key
                ));
                let id = returned.properties.message_id().as_ref();
                Published::Returned(id.and_then(|id| id.as_str().parse().ok()))
            }
            Ok(Confirmation::Nack(Some(_))) => {
                self.fail("a queue that messages are published to, or its binding, is gone");
                Published::Unknown
            }
            Ok(Confirmation::NotRequested) => {
                self.fail("the channel has lost its confirms");
                Published::Unknown
            }
            Err(error) => {
                self.fail(error);
                Published::Unknown
            }
        }
    }

    /// Called when a confirm did not come in time: a session without any for that long is given
    /// up, unless the broker has said that it is waiting.
    pub(super) fn stalled(&self) {
        let last = Duration::from_millis(self.confirmed.load(Ordering::Relaxed));
        if !self.blocked() && self.opened.elapsed().saturating_sub(last) >= LIMIT {
            self.fail(format_args!("no confirm came within {} s", LIMIT.as_secs()));
        }
    }

    /// Closes the connection in good order, if the broker answers.
    pub(super) async fn close(&self) {
        // Closing what is closed already is no error worth a word.
        let _ = timeout(FAREWELL, self.connection.close(200, "OK".into())).await;
    }
}

/// Runs one step of the client library, with a time limit and errors of ours.
pub(super) async fn step<T>(
    doing: &str,
    future: impl Future<Output = lapin::Result<T>>,
) -> Result<T, QueueError> {
    within(LIMIT, doing, future).await?.map_err(|error| refused(&error))
}

async fn within<T>(limit: Duration, what: &str, future: impl Future<Output = T>) -> Result<T, QueueError> {
    timeout(limit, future)
        .await
        .map_err(|_| QueueError::Unavailable(format!("{what}: no answer within {} s", limit.as_secs())))
}

/// Tells what the broker refuses from what passes.
pub(super) fn refused(error: &lapin::Error) -> QueueError {
    let ErrorKind::ProtocolError(said) = error.kind() else { return unavailable(error) };
    let text = said.get_message().as_str();
    let mend = match said.get_id() {
        403 => "check the user, the password and its permissions in `queue.url`",
        406 => {
            "it exists in another form; once it is empty delete it on the broker, or choose another \
             `queue.exchange`"
        }
        405 => "another program has it for itself; choose another `queue.exchange`",
        530 => "check the virtual host at the end of `queue.url`",
        _ => return unavailable(error),
    };
    QueueError::Refused(format!("{text}: {mend}"))
}

fn unavailable(error: impl Display) -> QueueError {
    QueueError::Unavailable(error.to_string())
}

/// Whether anything that speaks AMQP answers; behind TLS, whether anything listens.
async fn answers(address: &Address) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address.host()).await?;
    if !address.encrypted() {
        stream.write_all(PROTOCOL_HEADER).await?;
        stream.read_u8().await?;
    }
    Ok(())
}
