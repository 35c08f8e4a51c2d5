//! Reads delivery status notifications: what a mail server sends back about a mail that it could not
//! deliver (RFC 3464; the international forms of RFC 6533 as well).
//!
//! Only the few fields that tell which mail it was and what became of it. Anybody can send such a
//! message: sizes, parts and depth are bounded, and nothing of it is trusted beyond that.

use super::read::{decode, header, split};

/// The longest message that is read, in bytes; of a longer one its beginning.
pub const LARGEST: usize = 1 << 20;
/// Parts of one multipart.
const PARTS: usize = 32;
/// Multiparts in multiparts.
const DEPTH: usize = 4;
/// The longest explanation that is kept, in characters.
const REASON_LENGTH: usize = 300;
/// Ids that are kept.
const IDS: usize = 8;
/// The longest line, in bytes, that can be an id.
const ID_LENGTH: usize = 300;

/// What a notification says of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    /// Message-IDs that the mail may have had, without angle brackets: of the part that returns it,
    /// and the envelope id.
    pub message_ids: Vec<String>,
    /// The worst that it says of a recipient.
    pub fate: Fate,
    /// The words of the server, on one line.
    pub reason: String,
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It arrived, or went on to where nothing is told.
    Arrived,
    /// It is still tried.
    Delayed,
    /// It came back: the mailbox is full, the mail was not welcome, or a server was away for too long.
    Soft,
    /// It came back for good: there is no such mailbox.
    Hard,
}

impl Fate {
    /// The stored name; nothing for what is no news.
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Arrived => None,
            Self::Delayed => Some("delayed"),
            Self::Soft => Some("soft"),
            Self::Hard => Some("hard"),
        }
    }

    /// By action (RFC 3464, section 2.3.3) and status (RFC 3463).
    fn of(action: &str, status: &str) -> Self {
        match action {
            "delayed" => Self::Delayed,
            "failed" if status.starts_with('5') && !may_work_later(status) => Self::Hard,
            "failed" => Self::Soft,
            _ => Self::Arrived,
        }
    }
}

/// Whether a server that refuses a recipient for good (5xx) says in these words that it is not for
/// want of a mailbox: a full one is emptied, and a refusal for what the mail is or who sent it says
/// nothing about the mailbox.
pub fn may_work_later(words: &str) -> bool {
    words.split_whitespace().any(|word| word == "5.2.2" || word.starts_with("5.7.") && is_status(word))
}

/// What became of a mail that a server refused with these words: a status of the class 4 is for now.
pub fn refused(words: &str) -> Fate {
    let for_now = |word: &str| is_status(word) && word.starts_with('4');
    if may_work_later(words) || words.split_whitespace().any(for_now) { Fate::Soft } else { Fate::Hard }
}

/// A Message-ID without angle brackets; `None` for what can be none.
pub fn message_id(text: &str) -> Option<String> {
    let id = text.trim().trim_start_matches('<').trim_end_matches('>').trim();
    (3..=ID_LENGTH).contains(&id.len()).then(|| id.to_owned())
}

/// Words of a server, as they are kept.
pub fn one_line(text: &str) -> String {
    let line = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    line.collect::<Vec<_>>().join(" ").chars().take(REASON_LENGTH).collect()
}

/// Reads a message; `None` if it is no delivery status notification.
pub fn read(raw: &[u8]) -> Option<DeliveryReport> {
    let raw = raw.get(..LARGEST).unwrap_or(raw);
    // Lines end as they do where the message was stored.
    let text = String::from_utf8_lossy(raw).replace("\r\n", "\n").replace('\n', "\r\n");
    let mut found = Found::default();
    found.look(&text, DEPTH);
    let (fate, reason) = found.fate?;
    Some(DeliveryReport { message_ids: found.message_ids, fate, reason })
}

#[derive(Default)]
struct Found {
    message_ids: Vec<String>,
    fate: Option<(Fate, String)>,
}

impl Found {
    fn look(&mut self, entity: &str, depth: usize) {
        let (head, body) = split(entity);
        let kind = header(head, "content-type").unwrap_or_default();
        let encoding = header(head, "content-transfer-encoding").unwrap_or_default();
        let name = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match name.as_str() {
            _ if depth == 0 => {}
            "message/delivery-status" | "message/global-delivery-status" => {
                self.status(&decode(body, &encoding));
            }
            "message/rfc822" | "message/global" | "text/rfc822-headers" | "message/global-headers" => {
                let returned = decode(body, &encoding);
                // The headers alone have no empty line at their end.
                let (head, _) = split(returned.trim_start());
                self.id(header(head, "message-id").as_deref());
            }
            _ if name.starts_with("multipart/") => {
                let Some(boundary) = boundary(&kind) else { return };
                let body = format!("\r\n{body}");
                let delimiter = format!("\r\n--{boundary}");
                let parts = body.split(&delimiter).skip(1).take(PARTS);
                for part in parts.take_while(|part| !part.starts_with("--")) {
                    // What stands in the line of the boundary is white space.
                    let part = part.split_once("\r\n").map_or("", |(_, rest)| rest);
                    self.look(part, depth - 1);
                }
            }
            _ => {}
        }
    }

    /// Groups of fields, apart by an empty line: one about the message, one for each recipient.
    fn status(&mut self, fields: &str) {
        for group in fields.replace("\r\n", "\n").split("\n\n").take(PARTS) {
            let group = group.trim().replace('\n', "\r\n");
            self.id(header(&group, "original-envelope-id").as_deref());
            let Some(action) = header(&group, "action") else { continue };
            let action = action.to_ascii_lowercase();
            let told = header(&group, "diagnostic-code").unwrap_or_default();
            let told = told.split_once(';').map_or(told.as_str(), |(_, words)| words);
            let status = header(&group, "status").unwrap_or_default();
            let status = status.split_whitespace().next().unwrap_or_default();
            // Some servers write the status into their words only.
            let in_words = told.split_whitespace().find(|word| is_status(word)).unwrap_or_default();
            let status = if is_status(status) { status } else { in_words };
            let fate = Fate::of(action.split_whitespace().next().unwrap_or_default(), status);
            let words = if told.trim().is_empty() { format!("{action} {status}") } else { told.to_owned() };
            if self.fate.as_ref().is_none_or(|(known, _)| *known < fate) {
                self.fate = Some((fate, one_line(&words)));
            }
        }
    }

    fn id(&mut self, id: Option<&str>) {
        let Some(id) = id.and_then(message_id) else { return };
        if self.message_ids.len() < IDS && !self.message_ids.contains(&id) {
            self.message_ids.push(id);
        }
    }
}

/// `5.1.1`
fn is_status(word: &str) -> bool {
    let mut parts = word.split('.');
    let class = parts.next().is_some_and(|class| matches!(class, "2" | "4" | "5"));
    let rest: Vec<&str> = parts.collect();
    let number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    class && rest.len() == 2 && rest.iter().all(number)
}

fn boundary(kind: &str) -> Option<String> {
    let parameter = |part: &str| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
    };
    // RFC 2046, section 5.1.1: a semicolon in a boundary has to be quoted, and nobody uses one.
    kind.split(';').find_map(parameter).filter(|boundary| (1..=70).contains(&boundary.len()))
}

#[cfg(test)]
mod tests;
