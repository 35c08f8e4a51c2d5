//! Reads the mails that this program wrote, for the development page and for tests.
//!
//! Only what [`super::Composer`] writes is understood: a multipart/alternative of two parts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

/// A mail, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadMail {
    /// `From`, decoded, for people.
    pub from: String,
    /// `To`, decoded, for people.
    pub to: String,
    /// `Subject`, decoded.
    pub subject: String,
    /// `Date`.
    pub date: Option<DateTime<Utc>>,
    /// The text.
    pub text: String,
    /// The HTML.
    pub html: String,
}

/// Reads a mail. What it cannot understand stays empty.
pub fn read(raw: &[u8]) -> ReadMail {
    let raw = String::from_utf8_lossy(raw);
    let (head, body) = split(&raw);
    let boundary = header(head, "content-type").and_then(|value| {
        let (_, rest) = value.split_once("boundary=\"")?;
        rest.split('"').next().map(str::to_owned)
    });
    let mut mail = ReadMail {
        from: header(head, "from").map(|value| unquoted(&words(&value))).unwrap_or_default(),
        to: header(head, "to").map(|value| unquoted(&words(&value))).unwrap_or_default(),
        subject: header(head, "subject").map(|value| words(&value)).unwrap_or_default(),
        date: header(head, "date")
            .and_then(|value| DateTime::parse_from_rfc2822(&value).ok())
            .map(|date| date.to_utc()),
        ..ReadMail::default()
    };
    for part in body.split(&format!("--{}", boundary.unwrap_or_default())) {
        let (head, body) = split(part.strip_prefix("\r\n").unwrap_or(part));
        let kind = header(head, "content-type").unwrap_or_default();
        let body = body.strip_suffix("\r\n").unwrap_or(body);
        let encoding = header(head, "content-transfer-encoding").unwrap_or_default();
        let content = decode(body, &encoding).replace("\r\n", "\n");
        if kind.starts_with("text/plain") {
            mail.text = content;
        } else if kind.starts_with("text/html") {
            mail.html = content;
        }
    }
    mail
}

pub(super) fn split(text: &str) -> (&str, &str) {
    text.split_once("\r\n\r\n").unwrap_or((text, ""))
}

/// A header's value, unfolded.
pub(super) fn header(head: &str, name: &str) -> Option<String> {
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    unfolded.split("\r\n").find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

/// `"Ada Example" <ada@example.test>` without the quotes.
fn unquoted(mailbox: &str) -> String {
    let Some((name, rest)) = mailbox.strip_prefix('"').and_then(|rest| rest.rsplit_once('"')) else {
        return mailbox.to_owned();
    };
    let mut plain = String::new();
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain + rest
}

/// A header's text with its encoded words (RFC 2047) decoded.
fn words(value: &str) -> String {
    let mut out = String::new();
    let mut after_word = false;
    let mut rest = value;
    while let Some(start) = rest.find("=?") {
        let (before, word) = rest.split_at(start);
        let mut parts = word[2..].splitn(3, '?');
        let (charset, kind, tail) = (parts.next(), parts.next(), parts.next());
        let decoded = tail.and_then(|tail| tail.split_once("?=")).and_then(|(content, next)| {
            let bytes = match (charset?.to_ascii_lowercase().as_str(), kind?) {
                ("utf-8", "b" | "B") => STANDARD.decode(content).ok()?,
                ("utf-8", "q" | "Q") => quoted_printable(&content.replace('_', " ")),
                _ => return None,
            };
            Some((String::from_utf8_lossy(&bytes).into_owned(), next))
        });
        // White space between two encoded words is not part of the text.
        if !(after_word && decoded.is_some() && before.trim().is_empty()) {
            out.push_str(before);
        }
        if let Some((text, next)) = decoded {
            out.push_str(&text);
            rest = next;
            after_word = true;
        } else {
            out.push_str("=?");
            rest = &word[2..];
            after_word = false;
        }
    }
    out.push_str(rest);
    out
}

pub(super) fn decode(body: &str, encoding: &str) -> String {
    let bytes = match encoding.to_ascii_lowercase().as_str() {
        "base64" => STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap_or_default(),
        "quoted-printable" => quoted_printable(body),
        _ => return body.to_owned(),
    };
    String::from_utf8_lossy(&bytes).into_owned()
}

/// RFC 2045, section 6.7.
fn quoted_printable(text: &str) -> Vec<u8> {
    let text = text.replace("=\r\n", "");
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|pair| hex::decode(pair).ok());
        if let (b'=', Some(decoded)) = (byte, digits) {
            out.extend_from_slice(&decoded);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    out
}
