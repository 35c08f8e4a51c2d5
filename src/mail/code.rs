//! The mail with the transaction code: what a learner types into a wallet.

use askama::Template;
use chrono::{DateTime, Utc};
use lettre::message::Mailbox;

use crate::locales::Language;

use super::compose::{Head, NAME_LENGTH, ascii_address, one_line, render};
use super::{Composed, Composer, MailError};

/// What the mail says.
#[derive(Debug, Clone)]
pub struct CodeMail<'a> {
    /// The learner's name.
    pub name: &'a str,
    /// The learner's address.
    pub email: &'a str,
    /// The badge's name.
    pub badge: &'a str,
    /// The institution's name.
    pub issuer: &'a str,
    /// The code.
    pub code: &'a str,
    /// The Message-ID, without angle brackets.
    pub message_id: &'a str,
    /// The Date.
    pub date: DateTime<Utc>,
    /// The language of the page on which it was asked for.
    pub language: &'a str,
}

struct Words<'a> {
    name: String,
    badge: String,
    issuer: String,
    code: &'a str,
}

#[derive(Template)]
#[template(path = "code/subject.txt", config = "src/mail/askama.toml")]
struct Subject<'a> {
    t: Language,
    words: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "code/body.txt", config = "src/mail/askama.toml")]
struct Text<'a> {
    t: Language,
    words: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "code/body.html", config = "src/mail/askama.toml")]
struct Html<'a> {
    t: Language,
    words: &'a Words<'a>,
}

impl Composer {
    /// Composes the mail with a transaction code. The same arguments give the same bytes.
    ///
    /// # Errors
    /// When the learner's address is none.
    pub fn code(&self, mail: &CodeMail<'_>) -> Result<Composed, MailError> {
        let address =
            ascii_address(mail.email).map_err(|why| MailError(format!("the learner's address {why}")))?;
        let t = Language::of_tag(mail.language).unwrap_or_default();
        let words = Words {
            name: one_line(mail.name, NAME_LENGTH),
            badge: one_line(mail.badge, NAME_LENGTH),
            issuer: one_line(mail.issuer, NAME_LENGTH),
            code: mail.code,
        };
        let name = Some(words.name.clone()).filter(|name| !name.is_empty());
        let head = Head {
            to: Mailbox::new(name, address),
            message_id: mail.message_id,
            date: mail.date,
            subject: &render(&Subject { t, words: &words })?,
            language: t,
        };
        self.write(head, render(&Text { t, words: &words })?, render(&Html { t, words: &words })?)
    }
}
