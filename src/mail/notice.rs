//! The message to an administrator that awards are held.

use askama::Template;
use chrono::{DateTime, Utc};
use lettre::message::Mailbox;
use url::Url;
use uuid::Uuid;

use crate::locales::Language;

use super::compose::{Head, NAME_LENGTH, mailbox, one_line, render};
use super::{Composed, Composer, MailError};

/// The longest line about one award, in characters.
const LINE_LENGTH: usize = 200;

/// What the message says.
#[derive(Debug, Clone)]
pub struct NoticeMail<'a> {
    /// The administrator's address, or a mailbox with a name.
    pub recipient: &'a str,
    /// The institution's name.
    pub issuer: &'a str,
    /// Where the installation answers.
    pub url: &'a Url,
    /// The hold.
    pub id: Uuid,
    /// How many awards are held.
    pub held: u32,
    /// Of what, after `awards`: `of “First Aid”`.
    pub of: &'a str,
    /// Since when.
    pub since: DateTime<Utc>,
    /// How many are expected,
    pub expected: u32,
    /// in which time,
    pub window: &'a str,
    /// and where that number comes from.
    pub basis: &'a str,
    /// How many left in that time.
    pub awarded: u32,
    /// Some of them, a line each.
    pub examples: Vec<String>,
    /// The Message-ID, without angle brackets.
    pub message_id: &'a str,
    /// The Date.
    pub date: DateTime<Utc>,
}

struct Words<'a> {
    issuer: String,
    url: &'a str,
    id: Uuid,
    held: u32,
    of: String,
    since: String,
    expected: u32,
    window: &'a str,
    basis: String,
    awarded: u32,
    examples: Vec<String>,
    more: u32,
}

#[derive(Template)]
#[template(path = "held/subject.txt", config = "src/mail/askama.toml")]
struct Subject<'a> {
    words: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "held/body.txt", config = "src/mail/askama.toml")]
struct Text<'a> {
    words: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "held/body.html", config = "src/mail/askama.toml")]
struct Html<'a> {
    words: &'a Words<'a>,
}

impl Composer {
    /// Composes a message to an administrator. The same arguments give the same bytes.
    ///
    /// # Errors
    /// Names the setting that has to be mended.
    pub fn notice(&self, mail: &NoticeMail<'_>) -> Result<Composed, MailError> {
        let recipient: Mailbox = mailbox("guard.notify", mail.recipient)?;
        let examples: Vec<String> = mail.examples.iter().map(|line| one_line(line, LINE_LENGTH)).collect();
        let words = Words {
            issuer: one_line(mail.issuer, NAME_LENGTH),
            url: mail.url.as_str().trim_end_matches('/'),
            id: mail.id,
            held: mail.held,
            of: one_line(mail.of, NAME_LENGTH),
            since: mail.since.format("%-d %B %Y, %H:%M UTC").to_string(),
            expected: mail.expected,
            window: mail.window,
            basis: one_line(mail.basis, LINE_LENGTH),
            awarded: mail.awarded,
            more: mail.held.saturating_sub(u32::try_from(examples.len()).unwrap_or(u32::MAX)),
            examples,
        };
        let head = Head {
            to: recipient,
            message_id: mail.message_id,
            date: mail.date,
            subject: &render(&Subject { words: &words })?,
            language: Language::English,
        };
        self.write(head, render(&Text { words: &words })?, render(&Html { words: &words })?)
    }
}
