//! What browsers and brokers hand in: forms, lists of preferences, tokens, messages.

use accolade::fuzzing;
use accolade::locales::Language;
use accolade::negotiation::weighted;

use crate::input::{Message, find, line};

/// An HTTP request: its form, its preferences; and its body as a message of the queue, with the first line
/// as the message's id.
pub(crate) fn web(data: &[u8]) {
    let message = Message::read(data);
    for value in message.headers.values() {
        let Ok(text) = value.to_str() else { continue };
        let ranges: Vec<(&str, u16)> = weighted(text).collect();
        assert!(ranges.len() <= text.len() + 1 && ranges.iter().all(|(_, weight)| *weight <= 1_000));
        let known = Language::asked_for(text);
        assert!(known.is_none() || ranges.iter().any(|(_, weight)| *weight > 0), "{text}");
    }
    let _ = fuzzing::wants_document(&message.headers);
    form(&message);
    let id = std::str::from_utf8(message.first).ok();
    if let Ok(read) = fuzzing::message(id, message.body) {
        let first = read.first().map(|(row, _)| *row);
        assert_eq!(id.and_then(|id| id.parse().ok()), first, "the id of another message");
        let length: usize = read.iter().map(|(_, event)| event.len()).sum();
        assert!(length <= message.body.len() * 2 + 100, "more comes out than is in it");
    }
    let token = String::from_utf8_lossy(line(message.body).0);
    assert!(fuzzing::token_hash(&token).is_none_or(|hash| hash.len() == 32), "no hash");
}

/// A field is a part of the body, and one that is written is read.
fn form(message: &Message<'_>) {
    let kind = message.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    for name in ["file", "text"] {
        let found = fuzzing::form_field(kind, message.body, name);
        if let Some(value) = found {
            assert!(!value.is_empty() && find(message.body, value).is_some(), "not in the body");
        }
    }
    if find(message.body, b"--limit").is_none() && !message.body.trim_ascii().is_empty() {
        let head = b"--limit\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n".as_slice();
        let written = [head, message.body, b"\r\n--limit--\r\n"].concat();
        let read = fuzzing::form_field("multipart/form-data; boundary=limit", &written, "file");
        assert_eq!(read, Some(message.body), "written, it is not read");
    }
}
