//! JSON of strangers, read in bounded memory.
//!
//! A value may take a hundred times the bytes of its text: `{"":0}` is a map with room for eleven members.
//! So the values are counted before they are made. What stands in texts is counted with them, which costs
//! nobody anything: badges, lists and keys stay far below.

use serde_json::Value;

/// About how many bytes a map takes, with its first members.
const MAP: usize = 700;
/// About how many bytes any other value takes, with its share of what holds it.
const VALUE: usize = 128;

/// Why a text was not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It holds more than was to be read.
    TooMuch,
    /// It is no JSON.
    NoJson(serde_json::Error),
}

/// The value of a text, if it takes about `most` bytes of memory or less, its texts apart.
///
/// # Errors
/// When it takes more, or is no JSON (RFC 8259).
pub(crate) fn parse(text: &[u8], most: usize) -> Result<Value, Unread> {
    let maps = memchr::memchr_iter(b'{', text).count();
    let others = memchr::memchr2_iter(b',', b'[', text).count();
    if maps * MAP + others * VALUE > most {
        return Err(Unread::TooMuch);
    }
    serde_json::from_slice(text).map_err(Unread::NoJson)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_much_is_not_made() {
        let maps = |count: usize| format!("[{}]", vec![r#"{"":0}"#; count].join(","));
        assert!(
            matches!(parse(maps(100).as_bytes(), 1 << 20), Ok(Value::Array(values)) if values.len() == 100)
        );
        for text in [maps(10_000), format!("[{}0]", "0,".repeat(100_000)), "[".repeat(100_000)] {
            assert!(matches!(parse(text.as_bytes(), 1 << 20), Err(Unread::TooMuch)), "{}", text.len());
        }
        assert!(matches!(parse(b"{", 1 << 20), Err(Unread::NoJson(_))));
    }
}
