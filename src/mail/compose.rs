//! Mails as they leave: text and HTML, with a fixed Message-ID and Date.

use askama::Template;
use chrono::{DateTime, Utc};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use lettre::{Address, address::Envelope};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::config::MailSettings;
use crate::locales::Language;

use super::dkim::Signer;

/// The longest name, badge name or institution's name that a mail repeats, in characters.
pub(super) const NAME_LENGTH: usize = 120;
/// The longest description that a mail repeats, in characters.
const DESCRIPTION_LENGTH: usize = 1000;

/// What a claim mail says.
#[derive(Debug, Clone)]
pub struct ClaimMail<'a> {
    /// The learner's name.
    pub name: &'a str,
    /// The learner's address.
    pub email: &'a str,
    /// The badge's name.
    pub badge: &'a str,
    /// What the badge says of its holder.
    pub description: &'a str,
    /// The institution's name.
    pub issuer: &'a str,
    /// The claim link.
    pub link: &'a Url,
    /// The badge's image on the web.
    pub image: Option<&'a Url>,
    /// When the link ends.
    pub until: DateTime<Utc>,
    /// When the badge ends, if it does.
    pub valid_until: Option<DateTime<Utc>>,
    /// When the badge was awarded that this one renews, if it renews one.
    pub renews_award_of: Option<DateTime<Utc>>,
    /// When the badge was awarded in whose place this one stands, if it was issued again.
    pub replaces_award_of: Option<DateTime<Utc>>,
    /// The Message-ID, without angle brackets.
    pub message_id: &'a str,
    /// The Date.
    pub date: DateTime<Utc>,
    /// The learner's language as the LMS tells it (`de`, `de_AT`); English where there are no words
    /// in it.
    pub language: Option<&'a str>,
}

/// A mail ready to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipient.
    pub to: String,
    /// The Message-ID, without angle brackets.
    pub message_id: String,
    /// The whole message in ASCII, CRLF lines, DKIM-signed if configured.
    pub raw: Vec<u8>,
}

/// Why a mail cannot be composed, or the way it leaves cannot be set up: an address or a
/// setting that is none. The text has no secret in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MailError(pub String);

/// Composes mails; sender and key are read once.
#[derive(Debug)]
pub struct Composer {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    signer: Option<Signer>,
}

impl Composer {
    /// Reads the sender, the address for answers, and the key of DKIM.
    ///
    /// # Errors
    /// Names the setting that has to be mended.
    pub fn new(settings: &MailSettings) -> Result<Self, MailError> {
        let reply_to = match settings.reply_to.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(text) => Some(mailbox("mail.reply_to", text)?),
        };
        Ok(Self {
            from: mailbox("mail.from", &settings.from)?,
            reply_to,
            signer: settings.dkim.as_ref().map(Signer::read).transpose()?,
        })
    }

    /// Composes the mail that brings a badge. The same arguments give the same bytes.
    pub fn compose(&self, mail: &ClaimMail<'_>) -> Result<Composed, MailError> {
        let (t, words) = words(mail);
        let texts = [
            render(&Subject { t, words: &words })?,
            render(&Text { t, words: &words })?,
            render(&Html { t, words: &words })?,
        ];
        self.letter(mail, t, words.name, texts)
    }

    /// Composes the mail that reminds of a badge nobody has claimed yet, in the same way.
    pub fn remind(&self, mail: &ClaimMail<'_>) -> Result<Composed, MailError> {
        let (t, words) = words(mail);
        let texts = [
            render(&ReminderSubject { t, words: &words })?,
            render(&ReminderText { t, words: &words })?,
            render(&ReminderHtml { t, words: &words })?,
        ];
        self.letter(mail, t, words.name, texts)
    }

    /// Composes the mail that asks a new address whether mails about a badge may go to it; `link` and
    /// `until` are those of the answer.
    pub fn ask_for_address(&self, mail: &ClaimMail<'_>) -> Result<Composed, MailError> {
        let (t, words) = words(mail);
        // Whoever reads it may be somebody else: of the badge no more than its name.
        let words = Words {
            name: String::new(),
            description: String::new(),
            image: None,
            valid_until: None,
            ..words
        };
        let texts = [
            render(&AddressSubject { t, words: &words })?,
            render(&AddressText { t, words: &words })?,
            render(&AddressHtml { t, words: &words })?,
        ];
        self.letter(mail, t, words.name, texts)
    }

    /// A mail to a learner, of subject, text and HTML.
    fn letter(
        &self,
        mail: &ClaimMail<'_>,
        t: Language,
        name: String,
        [subject, text, html]: [String; 3],
    ) -> Result<Composed, MailError> {
        let address =
            ascii_address(mail.email).map_err(|why| MailError(format!("the learner's address {why}")))?;
        let name = Some(name).filter(|name| !name.is_empty());
        let head = Head {
            to: Mailbox::new(name, address),
            message_id: mail.message_id,
            date: mail.date,
            subject: &subject,
            language: t,
        };
        self.write(head, text, html)
    }

    /// Puts a mail together.
    pub(super) fn write(&self, head: Head<'_>, text: String, html: String) -> Result<Composed, MailError> {
        let Head { to, message_id, date, subject, language } = head;
        let address = to.email.clone();
        let envelope = Envelope::new(Some(self.from.email.clone()), vec![address.clone()])
            .map_err(|error| MailError(format!("the mail's addresses cannot be used: {error}")))?;
        let mut builder = Message::builder()
            .message_id(Some(format!("<{}>", checked_message_id(message_id)?)))
            .date(date.into())
            .from(self.from.clone())
            .to(to)
            .envelope(envelope)
            .subject(subject.trim_end())
            // RFC 3834, section 5: no out-of-office answers, please.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Content-Language", language.tag()));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        let message = builder
            .multipart(
                MultiPart::alternative()
                    .boundary(boundary(message_id))
                    .singlepart(part(ContentType::TEXT_PLAIN, text))
                    .singlepart(part(ContentType::TEXT_HTML, html)),
            )
            .map_err(|error| MailError(format!("the mail cannot be composed: {error}")))?;
        let mut raw = message.formatted();
        if let Some(signer) = &self.signer {
            raw = signer.sign(&raw, date)?;
        }
        Ok(Composed {
            from: self.from.email.to_string(),
            to: address.to_string(),
            message_id: message_id.to_owned(),
            raw,
        })
    }
}

/// What stands above a mail's text.
pub(super) struct Head<'a> {
    pub(super) to: Mailbox,
    pub(super) message_id: &'a str,
    pub(super) date: DateTime<Utc>,
    pub(super) subject: &'a str,
    pub(super) language: Language,
}

/// What the templates say.
struct Words<'a> {
    name: String,
    badge: String,
    description: String,
    issuer: String,
    link: &'a str,
    image: Option<&'a str>,
    until: String,
    valid_until: Option<String>,
    /// The day on which the badge was awarded that this one renews.
    renews: Option<String>,
    /// The day on which the badge was awarded in whose place this one stands.
    replaces: Option<String>,
}

/// The language of a mail, and what its templates say.
fn words<'a>(mail: &'a ClaimMail<'a>) -> (Language, Words<'a>) {
    let t = mail.language.and_then(Language::of_tag).unwrap_or_default();
    let words = Words {
        name: one_line(mail.name, NAME_LENGTH),
        badge: one_line(mail.badge, NAME_LENGTH),
        description: one_line(mail.description, DESCRIPTION_LENGTH),
        issuer: one_line(mail.issuer, NAME_LENGTH),
        link: mail.link.as_str(),
        image: mail.image.map(Url::as_str),
        until: t.day(mail.until),
        valid_until: mail.valid_until.map(|at| t.day(at)),
        renews: mail.renews_award_of.map(|at| t.day(at)),
        replaces: mail.replaces_award_of.map(|at| t.day(at)),
    };
    (t, words)
}

#[derive(Template)]
#[template(path = "claim/subject.txt", config = "src/mail/askama.toml")]
struct Subject<'a> {
    t: Language,
    words: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "claim/body.txt", config = "src/mail/askama.toml")]
struct Text<'a> {
    t: Language,
    words: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "claim/body.html", config = "src/mail/askama.toml")]
struct Html<'a> {
    t: Language,
    words: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "reminder/subject.txt", config = "src/mail/askama.toml")]
struct ReminderSubject<'a> {
    t: Language,
    words: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "reminder/body.txt", config = "src/mail/askama.toml")]
struct ReminderText<'a> {
    t: Language,
    words: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "reminder/body.html", config = "src/mail/askama.toml")]
struct ReminderHtml<'a> {
    t: Language,
    words: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "address/subject.txt", config = "src/mail/askama.toml")]
struct AddressSubject<'a> {
    t: Language,
    words: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "address/body.txt", config = "src/mail/askama.toml")]
struct AddressText<'a> {
    t: Language,
    words: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "address/body.html", config = "src/mail/askama.toml")]
struct AddressHtml<'a> {
    t: Language,
    words: &'a Words<'a>,
}

pub(super) fn render(template: &impl Template) -> Result<String, MailError> {
    template.render().map_err(|error| MailError(format!("the mail's text cannot be made: {error}")))
}

fn part(kind: ContentType, body: String) -> SinglePart {
    SinglePart::builder().header(kind).body(body)
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// A boundary that depends on the mail only. No part can contain it by accident.
fn boundary(message_id: &str) -> String {
    format!("=_{}", hex::encode(&Sha256::digest(message_id.as_bytes())[..16]))
}

fn checked_message_id(id: &str) -> Result<&str, MailError> {
    let parts = id.split_once('@').filter(|(left, right)| !left.is_empty() && !right.is_empty());
    let fits =
        id.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>')) && id.len() <= 250;
    match parts {
        Some(_) if fits => Ok(id),
        _ => Err(MailError("the Message-ID is not of the form left@right".to_owned())),
    }
}

/// A mailbox of the settings: `Name <user@host>` or `user@host`.
pub(super) fn mailbox(key: &str, text: &str) -> Result<Mailbox, MailError> {
    let wrong = |why: &str| {
        MailError(format!("{key} {why}; write it as in `Example University <badges@example.edu>`"))
    };
    if text.chars().any(char::is_control) {
        return Err(wrong("has a line break or another control character in it"));
    }
    let parsed: Mailbox = text.trim().parse().map_err(|_| wrong("is not an address"))?;
    let email = ascii_address(parsed.email.as_ref()).map_err(|why| wrong(&why))?;
    Ok(Mailbox::new(parsed.name, email))
}

/// The address in the form in which mails go to it, if it is one that they can go to.
pub fn usable_address(text: &str) -> Option<String> {
    let short = text.trim().len() <= 254;
    ascii_address(text).ok().filter(|_| short).map(|address| address.to_string())
}

/// The address as a mail server without SMTPUTF8 takes it: an international domain in its
/// ASCII form (RFC 5891). There is no such form for the part before the `@`.
pub(super) fn ascii_address(text: &str) -> Result<Address, String> {
    let text = text.trim();
    let none = || "is not an e-mail address".to_owned();
    let (user, domain) = text.rsplit_once('@').ok_or_else(none)?;
    if !user.is_ascii() {
        return Err("has letters outside ASCII before the @, which not every mail server takes; \
                    another address is needed"
            .to_owned());
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(none());
    }
    let domain = if domain.is_ascii() {
        domain.to_owned()
    } else {
        url::Host::parse(domain).map_err(|_| none())?.to_string()
    };
    Address::new(user, domain).map_err(|_| none())
}

/// The text on one line, without control or direction characters, at most `length` characters:
/// nothing in a name can begin a header or a paragraph of its own.
pub(super) fn one_line(text: &str, length: usize) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .filter(|c| !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'))
        .collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= length {
        return line;
    }
    let mut cut: String = line.chars().take(length.saturating_sub(1)).collect();
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}
