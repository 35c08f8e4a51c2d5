//! One mail on one connection.
//!
//! Where the server takes commands in a row (PIPELINING, RFC 2920), sender, recipient and `DATA` leave
//! together: two round trips a mail instead of four, which is half of what sending it costs.

use std::fmt;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use tokio::time::timeout;

use super::Composed;
use super::smtp::{cause, short};

/// Where in the dialogue something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Sender,
    Recipient,
    Data,
    Content,
}

/// What went wrong with one mail.
pub(super) enum Failure {
    /// The server said no.
    Refused { step: Step, code: u16, answer: String },
    /// There was no answer in time.
    Silent { step: Step },
    /// The connection broke, or the answer made no sense.
    Broken { step: Step, why: String },
}

/// Commands in a row.
struct Row(Mail, Rcpt, Data);

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(sender, recipient, data) = self;
        write!(f, "{sender}{recipient}{data}")
    }
}

/// The end of a mail.
struct End;

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(".\r\n")
    }
}

/// Sends one mail; the server's answer. Each answer may take as long as `limit`.
pub(super) async fn deliver(
    smtp: &mut AsyncSmtpConnection,
    pipelines: bool,
    limit: Duration,
    mail: &Composed,
) -> Result<String, Failure> {
    let address = |step, text: &str| {
        text.parse::<Address>().map_err(|_| Failure::Refused {
            step,
            code: 553,
            answer: "not an address".to_owned(),
        })
    };
    let sender = Mail::new(Some(address(Step::Sender, &mail.from)?), vec![]);
    let recipient = Rcpt::new(address(Step::Recipient, &mail.to)?, vec![]);
    if pipelines {
        let row = Row(sender, recipient, Data);
        let (mut refused, mut waits) = (None, false);
        for step in [Step::Sender, Step::Recipient, Step::Data] {
            let said = match step {
                Step::Sender => timeout(limit, smtp.command(&row)).await,
                _ => timeout(limit, smtp.read_response()).await,
            };
            match answer(step, said) {
                Ok(_) => waits = step == Step::Data,
                // Of several refusals the first is the reason of the others.
                Err(failure @ Failure::Refused { .. }) => refused = refused.or(Some(failure)),
                Err(failure) => return Err(refused.unwrap_or(failure)),
            }
        }
        if let Some(refused) = refused {
            if waits {
                // For a mail that nobody gets: an empty one, which it refuses.
                let _ = timeout(limit, smtp.command(End)).await;
            }
            return Err(refused);
        }
    } else {
        answer(Step::Sender, timeout(limit, smtp.command(sender)).await)?;
        answer(Step::Recipient, timeout(limit, smtp.command(recipient)).await)?;
        answer(Step::Data, timeout(limit, smtp.command(Data)).await)?;
    }
    // The dialogue adds the last line's end itself.
    let content = mail.raw.strip_suffix(b"\r\n").unwrap_or(&mail.raw);
    answer(Step::Content, timeout(limit, smtp.message(content)).await)
}

impl Failure {
    /// Whether a connection from the pool was dead, and another one should be tried.
    pub(super) fn stale(&self) -> bool {
        match self {
            Self::Refused { step, code, .. } => *code == 421 && *step != Step::Content,
            Self::Broken { step, .. } => *step != Step::Content,
            Self::Silent { .. } => false,
        }
    }
}

impl Step {
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Sender => "the sender",
            Self::Recipient => "the recipient",
            Self::Data => "the mail",
            Self::Content => "the mail's content",
        }
    }

    pub(super) fn doubt(self) -> &'static str {
        match self {
            Self::Content => "; it may have left, and is sent again with the same Message-ID",
            _ => "",
        }
    }
}

type Answer = lettre::transport::smtp::response::Response;
pub(super) type SmtpError = lettre::transport::smtp::Error;

fn answer(
    step: Step,
    result: Result<Result<Answer, SmtpError>, tokio::time::error::Elapsed>,
) -> Result<String, Failure> {
    match result {
        Ok(Ok(answer)) => {
            let text: Vec<&str> = answer.message().collect();
            Ok(short(&format!("{} {}", answer.code(), text.join(" "))))
        }
        Ok(Err(error)) => Err(match error.status() {
            Some(code) => Failure::Refused { step, code: code.into(), answer: cause(&error) },
            None => Failure::Broken { step, why: cause(&error) },
        }),
        Err(_) => Err(Failure::Silent { step }),
    }
}
