//! How mails leave: into a folder, or through SMTP.

use std::time::Duration;

use crate::config::MailSettings;

use super::smtp::SmtpTransport;
use super::{Composed, MailError, outbox};

/// How mails leave.
#[derive(Debug)]
pub enum Transport {
    /// Files in a folder.
    Outbox(std::path::PathBuf),
    /// A mail server.
    Smtp(Box<SmtpTransport>),
}

/// Why a mail did not leave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Try again later: no connection, time-out, 4xx, or a fault of the settings that would hit
    /// every mail alike (wrong password, no TLS, sender refused); the text says what to mend.
    #[error("{0}")]
    Temporary(String),
    /// The server knows no such recipient: nothing will reach this address.
    #[error("{0}")]
    NoMailbox(String),
    /// The server refuses this mail for good: 5xx.
    #[error("{0}")]
    Permanent(String),
}

/// Limits, and what tests change.
#[derive(Debug, Clone)]
pub struct TransportOptions {
    /// How long connecting may take.
    pub connect: Duration,
    /// How long an answer to one command may take.
    pub command: Duration,
    /// A connection that was idle for longer is asked whether it still lives.
    pub ask_after: Duration,
    /// A connection is closed when it is as old as this.
    pub age: Duration,
    /// One more root certificate to trust, PEM.
    pub root: Option<String>,
}

impl Default for TransportOptions {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            command: Duration::from_secs(30),
            ask_after: Duration::from_secs(5),
            age: Duration::from_mins(5),
            root: None,
        }
    }
}

impl Transport {
    /// Sets the transport up; opens no connection yet.
    pub fn new(settings: &MailSettings) -> Result<Self, MailError> {
        Self::with(settings, &TransportOptions::default())
    }

    /// The same with other limits.
    pub fn with(settings: &MailSettings, options: &TransportOptions) -> Result<Self, MailError> {
        let url = settings.url.expose();
        match url.strip_prefix("outbox:") {
            Some("") => Err(MailError("mail.url names no folder; write `outbox:folder`".to_owned())),
            Some(folder) => Ok(Self::Outbox(folder.into())),
            None => Ok(Self::Smtp(Box::new(SmtpTransport::new(settings, options)?))),
        }
    }

    /// Sends one mail; the answer is the server's, for people.
    pub async fn send(&self, mail: &Composed) -> Result<String, SendError> {
        match self {
            Self::Outbox(folder) => outbox::write(folder, mail).await,
            Self::Smtp(smtp) => smtp.send(mail).await,
        }
    }

    /// Connects, greets and authenticates, without sending (`accolade doctor`).
    pub async fn probe(&self) -> Result<String, SendError> {
        match self {
            Self::Outbox(folder) => outbox::probe(folder).await,
            Self::Smtp(smtp) => smtp.probe().await,
        }
    }

    /// Ends open SMTP dialogues.
    pub async fn close(&self) {
        match self {
            Self::Outbox(_) => {}
            Self::Smtp(smtp) => smtp.close().await,
        }
    }
}
