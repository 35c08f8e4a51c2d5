//! Reads an mbox: the messages of a mailbox in one file, one after another, each behind a line that
//! begins with `From ` (RFC 4155 and its relatives).
//!
//! Of a message only the beginning is kept, so that a file of any size needs little memory.

use std::io::{self, BufRead};

/// The longest part of a `From ` line that is looked at, in bytes.
const FROM_LINE: usize = 500;

/// A message of an mbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its beginning, without the `From ` line.
    pub raw: Vec<u8>,
    /// How many bytes of the file it takes.
    pub length: u64,
    /// Whether another message follows. The last one may still be written.
    pub followed: bool,
}

/// Messages one after another.
#[derive(Debug)]
pub struct Messages<R> {
    file: R,
    /// The longest beginning that is kept.
    most: usize,
    /// How long the `From ` line of the next message is, if it was read.
    next: Option<u64>,
}

impl<R: BufRead> Messages<R> {
    /// Begins where a message begins; keeps at most so many bytes of each.
    pub fn new(file: R, most: usize) -> Self {
        Self { file, most, next: None }
    }

    /// The next message; `None` at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read, and as [`io::ErrorKind::InvalidData`] when no message begins
    /// here.
    pub fn read_next(&mut self) -> io::Result<Option<Message>> {
        let mut line = Vec::new();
        let mut length = match self.next.take() {
            Some(length) => length,
            None => match self.line(&mut line, FROM_LINE)? {
                0 => return Ok(None),
                length if begins(&line) => length,
                _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "no message begins here")),
            },
        };
        let mut raw = Vec::new();
        let mut after_blank = true;
        loop {
            line.clear();
            let room = self.most - raw.len();
            let read = self.line(&mut line, room.max(FROM_LINE))?;
            if read == 0 {
                return Ok(Some(Message { raw, length, followed: false }));
            }
            if after_blank && begins(&line) {
                self.next = Some(read);
                return Ok(Some(Message { raw, length, followed: true }));
            }
            after_blank = matches!(line.as_slice(), b"\n" | b"\r\n");
            length += read;
            line.truncate(room);
            raw.extend_from_slice(&line);
        }
    }

    /// Reads a line, and keeps its beginning; answers how long it is, with its end.
    fn line(&mut self, kept: &mut Vec<u8>, most: usize) -> io::Result<u64> {
        let mut length = 0;
        loop {
            let buffer = match self.file.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                buffer => buffer?,
            };
            let end = buffer.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let part = end.and_then(|end| buffer.get(..end)).unwrap_or(buffer);
            let room = most.saturating_sub(kept.len()).min(part.len());
            kept.extend_from_slice(part.get(..room).unwrap_or(part));
            let read = part.len();
            self.file.consume(read);
            length += read as u64;
            if read == 0 || end.is_some() {
                return Ok(length);
            }
        }
    }
}

/// Whether a message begins with this line: `From ` and, somewhere after it, a time. Not every program
/// that writes an mbox quotes lines of a text that begin with `From `.
pub fn begins(line: &[u8]) -> bool {
    let is_time =
        |part: &[u8]| matches!(part, [a, b, b':', c, d] if [a, b, c, d].into_iter().all(u8::is_ascii_digit));
    let rest = line.strip_prefix(b"From ").map(|rest| rest.get(..FROM_LINE).unwrap_or(rest));
    rest.is_some_and(|rest| rest.windows(5).any(is_time))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FROM: &str = "From MAILER-DAEMON Mon Nov 23 10:00:00 2026\n";

    fn all(file: &[u8], most: usize) -> io::Result<Vec<Message>> {
        let mut messages = Messages::new(io::BufReader::with_capacity(7, file), most);
        let mut found = Vec::new();
        while let Some(message) = messages.read_next()? {
            found.push(message);
        }
        Ok(found)
    }

    #[test]
    fn messages_are_told_apart_and_only_their_beginning_is_kept() {
        let text = format!("{FROM}Subject: one\n\nFrom the desk of\nFrom x 10:00\n\n{FROM}two\n");
        let found = all(text.as_bytes(), 12).unwrap();
        let told: Vec<_> =
            found.iter().map(|m| (std::str::from_utf8(&m.raw).unwrap(), m.length, m.followed)).collect();
        let length = (FROM.len() + "Subject: one\n\nFrom the desk of\nFrom x 10:00\n\n".len()) as u64;
        assert_eq!(told, [("Subject: one", length, true), ("two\n", FROM.len() as u64 + 4, false)]);
        assert_eq!(all(b"", 9).unwrap(), []);
        assert_eq!(all(b"\nhello", 9).unwrap_err().kind(), io::ErrorKind::InvalidData);
        let empty = format!("{FROM}{FROM}");
        assert_eq!(all(empty.as_bytes(), 9).unwrap().len(), 2, "of nothing");
    }

    #[test]
    fn a_line_without_end_is_kept_to_its_bound() {
        let text = format!("{FROM}{}", "x".repeat(100_000));
        let found = all(text.as_bytes(), 1_000).unwrap();
        assert_eq!((found[0].raw.len(), found[0].length), (1_000, text.len() as u64));
    }

    proptest! {
        /// Whatever is written: the lengths are those of the file, and what is read once more from
        /// the beginning of any message is the rest.
        #[test]
        fn nothing_is_lost_between_messages(bodies in proptest::collection::vec("[a-z\n ]{0,40}", 1..8)) {
            let file = bodies.iter().fold(String::new(), |file, body| file + FROM + body + "\n\n");
            let found = all(file.as_bytes(), 1 << 20).unwrap();
            prop_assert_eq!(found.len(), bodies.len());
            prop_assert_eq!(found.iter().map(|m| m.length).sum::<u64>(), file.len() as u64);
            let mut at = 0;
            for (number, message) in found.iter().enumerate() {
                prop_assert_eq!(&all(&file.as_bytes()[at..], 1 << 20).unwrap()[..], &found[number..]);
                at += usize::try_from(message.length).unwrap();
            }
        }

        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut file = FROM.as_bytes().to_vec();
            file.extend(bytes);
            let found = all(&file, 50).unwrap();
            prop_assert!(found.iter().all(|message| message.raw.len() <= 50));
        }
    }
}
