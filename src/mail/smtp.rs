//! SMTP (RFC 5321) through a few connections that are kept open.

use std::borrow::Cow;
use std::error::Error as _;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Noop, Quit, Rset};
use percent_encoding::percent_decode_str;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::Url;

use crate::config::MailSettings;
use crate::faults::{self, Break};

use super::dial::{Dial, Security, tls_config};
use super::dialogue::{self, Failure, SmtpError, Step};
use super::transport::TransportOptions;
use super::{Composed, MailError, SendError, dsn};

/// How long a goodbye may take.
const QUIT: Duration = Duration::from_secs(2);

/// A mail server, and the open connections to it.
pub struct SmtpTransport {
    dial: Dial,
    login: Option<(String, String)>,
    ask_after: Duration,
    age: Duration,
    /// One permit for each connection that may be open.
    slots: Semaphore,
    idle: std::sync::Mutex<Vec<Connection>>,
}

impl std::fmt::Debug for SmtpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpTransport({})", self.dial.place())
    }
}

struct Connection {
    smtp: AsyncSmtpConnection,
    /// Whether the server takes commands in a row.
    pipelines: bool,
    opened: Instant,
    used: Instant,
}

impl SmtpTransport {
    /// Reads `smtp://`, `smtps://` and `smtp+plain://` addresses.
    pub(super) fn new(settings: &MailSettings, options: &TransportOptions) -> Result<Self, MailError> {
        let wrong = |why: &str| MailError(format!("mail.url {why}"));
        let url = Url::parse(settings.url.expose()).map_err(|_| {
            wrong(
                "cannot be read; write `outbox:folder`, `smtp://user:password@host:587` or `smtps://…`, \
                   with %XX for special characters in user and password",
            )
        })?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            return Err(wrong("names no host"));
        }
        let login = login(&url)?;
        let (port, security) = match url.scheme() {
            "smtp" => (587, Security::StartTls(tls_config(options.root.as_deref())?)),
            "smtps" => (465, Security::Tls(tls_config(options.root.as_deref())?)),
            "smtp+plain" if login.is_some() && !is_local(&host) => {
                return Err(wrong("would send the password unencrypted; use smtp:// (STARTTLS) or smtps://"));
            }
            "smtp+plain" => (25, Security::Plain),
            other => {
                return Err(wrong(&format!(
                    "begins with {other}:, which is not one of outbox:, smtp://, smtps:// and smtp+plain://"
                )));
            }
        };
        let hello = settings
            .from
            .rsplit_once('@')
            .map(|(_, domain)| domain.trim_end_matches(['>', ' ']))
            .filter(|domain| domain.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b)))
            .filter(|domain| !domain.is_empty())
            .unwrap_or("localhost")
            .to_owned();
        Ok(Self {
            dial: Dial {
                host,
                port: url.port().unwrap_or(port),
                security,
                hello,
                connect: options.connect,
                command: faults::limit(Break::WaitsForMailServer, options.command),
            },
            login,
            ask_after: options.ask_after,
            age: options.age,
            slots: Semaphore::new(settings.connections.clamp(1, Semaphore::MAX_PERMITS)),
            idle: std::sync::Mutex::default(),
        })
    }

    pub(super) async fn send(&self, mail: &Composed) -> Result<String, SendError> {
        let _slot = self
            .slots
            .acquire()
            .await
            .map_err(|_| SendError::Temporary("this process is stopping".to_owned()))?;
        if let Some(mut connection) = self.take().await {
            match self.deliver(&mut connection, mail).await {
                // The server closed it while it was idle. Nothing of the mail has left yet.
                Err(failure) if failure.stale() => {}
                result => return self.settle(connection, mail, result).await,
            }
        }
        let mut connection = self.open().await?;
        let result = self.deliver(&mut connection, mail).await;
        self.settle(connection, mail, result).await
    }

    pub(super) async fn probe(&self) -> Result<String, SendError> {
        let mut connection = self.open().await?;
        let asked = timeout(self.dial.command, connection.smtp.command(Noop)).await;
        goodbye(connection).await;
        match asked {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                return Err(SendError::Temporary(format!("{} answers: {}", self.dial.place(), said(&error))));
            }
            Err(_) => return Err(SendError::Temporary(format!("{} does not answer", self.dial.place()))),
        }
        let how = match self.dial.security {
            Security::Plain => "without encryption",
            Security::StartTls(_) => "encrypted by STARTTLS",
            Security::Tls(_) => "encrypted",
        };
        let who = self
            .login
            .as_ref()
            .map_or("not signed in".to_owned(), |(user, _)| format!("signed in as {user}"));
        Ok(format!("{} answers, {how}, {who}", self.dial.place()))
    }

    pub(super) async fn close(&self) {
        self.slots.close();
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        futures_util::future::join_all(idle.into_iter().map(goodbye)).await;
    }

    /// Connects, greets and signs in. Whatever goes wrong here goes wrong for every mail, so it
    /// never counts against one.
    async fn open(&self) -> Result<Connection, SendError> {
        let (mut smtp, pipelines) = self.dial.open().await.map_err(SendError::Temporary)?;
        if let Some((user, password)) = &self.login {
            let credentials = Credentials::new(user.clone(), password.clone());
            let place = self.dial.place();
            timeout(self.dial.command, smtp.auth(DEFAULT_MECHANISMS, &credentials))
                .await
                .map_err(|_| SendError::Temporary(format!("{place} did not answer to the sign-in")))?
                .map_err(|error| SendError::Temporary(sign_in_trouble(&place, &error, user, password)))?;
        }
        let now = Instant::now();
        Ok(Connection { smtp, pipelines, opened: now, used: now })
    }

    /// An open connection that still lives.
    async fn take(&self) -> Option<Connection> {
        loop {
            let mut connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if connection.opened.elapsed() >= self.age {
                tokio::spawn(goodbye(connection));
            } else if connection.used.elapsed() < self.ask_after {
                return Some(connection);
            } else if let Ok(Ok(_)) = timeout(QUIT, connection.smtp.command(Noop)).await {
                return Some(connection);
            }
        }
    }

    /// One mail on one connection.
    async fn deliver(&self, connection: &mut Connection, mail: &Composed) -> Result<String, Failure> {
        let said =
            dialogue::deliver(&mut connection.smtp, connection.pipelines, self.dial.command, mail).await?;
        connection.used = Instant::now();
        Ok(said)
    }

    /// Keeps the connection if it can be used again, and says what came of the mail.
    async fn settle(
        &self,
        mut connection: Connection,
        mail: &Composed,
        result: Result<String, Failure>,
    ) -> Result<String, SendError> {
        let keep = match &result {
            Ok(_) => true,
            Err(Failure::Refused { code: 421, .. } | Failure::Silent { .. } | Failure::Broken { .. }) => {
                false
            }
            Err(Failure::Refused { .. }) => {
                matches!(timeout(QUIT, connection.smtp.command(Rset)).await, Ok(Ok(_)))
            }
        };
        if keep && !self.slots.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        } else if keep {
            goodbye(connection).await;
        }
        result.map_err(|failure| self.verdict(mail, failure))
    }

    fn verdict(&self, mail: &Composed, failure: Failure) -> SendError {
        let place = self.dial.place();
        match failure {
            Failure::Refused { code: code @ (530 | 534 | 535 | 538), answer, .. } => SendError::Temporary(
                format!("{place} asks for a sign-in: {code} {answer}; check user and password in mail.url"),
            ),
            Failure::Refused { step, code, answer } if code < 500 => {
                SendError::Temporary(format!("{place} puts {} off: {code} {answer}", step.noun()))
            }
            // This would hit every mail alike, and can be mended without touching any of them.
            Failure::Refused { step: Step::Sender, code, answer } => SendError::Temporary(format!(
                "{place} refuses the sender {}: {code} {answer}; check mail.from, and whether this server may send for it",
                mail.from
            )),
            Failure::Refused { step: step @ Step::Recipient, code, answer }
                if !dsn::may_work_later(&answer) =>
            {
                SendError::NoMailbox(format!("{place} refuses {}: {code} {answer}", step.noun()))
            }
            Failure::Refused { step, code, answer } => {
                SendError::Permanent(format!("{place} refuses {}: {code} {answer}", step.noun()))
            }
            Failure::Silent { step } => SendError::Temporary(format!(
                "{place} did not answer to {} within {} s{}",
                step.noun(),
                self.dial.command.as_secs_f32(),
                step.doubt()
            )),
            Failure::Broken { step, why } => {
                SendError::Temporary(format!("{place} broke off at {}: {why}{}", step.noun(), step.doubt()))
            }
        }
    }
}

async fn goodbye(mut connection: Connection) {
    let _ = timeout(QUIT, connection.smtp.command(Quit)).await;
}

/// User and password, if there are any; an error if there is only one of them.
fn login(url: &Url) -> Result<Option<(String, String)>, MailError> {
    let decode = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8();
        decoded
            .map(Cow::into_owned)
            .map_err(|_| MailError("user or password in mail.url is not UTF-8".to_owned()))
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None | Some("")) => {
            Err(MailError("mail.url has a user without a password, or a password without a user".to_owned()))
        }
        (user, Some(password)) => Ok(Some((decode(user)?, decode(password)?))),
    }
}

fn is_local(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The server's words, unless it repeats the password in them.
fn sign_in_trouble(place: &str, error: &SmtpError, user: &str, password: &str) -> String {
    if error.is_client() {
        return format!(
            "{place} offers no sign-in with PLAIN or LOGIN; take user and password out of mail.url, or use another port"
        );
    }
    let mut words = said(error);
    let plain = STANDARD.encode(format!("\0{user}\0{password}"));
    if [password, &plain, &STANDARD.encode(password)].iter().any(|secret| words.contains(*secret)) {
        words = error.status().map_or_else(|| "its answer".to_owned(), |code| code.to_string());
    }
    format!("{place} refuses the sign-in: {words}; check user and password in mail.url")
}

/// What the server said, or what broke.
pub(super) fn said(error: &SmtpError) -> String {
    match error.status() {
        Some(code) => format!("{code} {}", cause(error)),
        None => cause(error),
    }
}

pub(super) fn cause(error: &SmtpError) -> String {
    short(&error.source().map_or_else(|| error.to_string(), ToString::to_string))
}

/// One line, and not too long.
pub(super) fn short(text: &str) -> String {
    let line = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    line.collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
