//! What was handed in: the fields of a `multipart/form-data` body (RFC 7578) that is in memory already, and
//! whether there is anything to verify in one.

use memchr::memmem::find;

use crate::badges::verify::is_credential;

/// The value of a field that is not empty. `None`, too, when the body is no such form.
pub(crate) fn field<'a>(kind: &str, body: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let delimiter = [b"--", boundary(kind)?.as_bytes()].concat();
    // What stands before the first delimiter is no part.
    let mut rest = body.get(find(body, &delimiter)? + delimiter.len()..)?;
    let between = [b"\r\n", delimiter.as_slice()].concat();
    while !rest.starts_with(b"--") {
        let end = find(rest, &between)?;
        let (part, after) = rest.split_at_checked(end)?;
        let head = find(part, b"\r\n\r\n")?;
        let (head, value) = part.split_at_checked(head)?;
        let value = value.get(4..)?;
        if names(head, name) && !value.trim_ascii().is_empty() {
            return Some(value);
        }
        rest = after.get(between.len()..)?;
    }
    None
}

/// Why nothing can be verified, if what was handed in is no badge at all. That says nothing against anybody's
/// badge, so there is no verdict.
pub(super) fn no_badge(given: &[u8]) -> Option<&'static str> {
    if given.starts_with(b"%PDF") {
        return Some("check-pdf");
    }
    (!is_credential(given)).then_some("check-no-badge")
}

fn boundary(kind: &str) -> Option<&str> {
    let mut parts = kind.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    })?;
    // RFC 2046, section 5.1.1.
    (1..=70).contains(&boundary.len()).then_some(boundary)
}

/// Whether the head of a part says that it is this field.
fn names(head: &[u8], name: &str) -> bool {
    let head = String::from_utf8_lossy(head);
    head.lines().any(|line| {
        line.split_once(':').is_some_and(|(field, value)| {
            field.trim().eq_ignore_ascii_case("content-disposition")
                && value.split(';').any(|part| part.trim() == format!("name=\"{name}\""))
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KIND: &str = "multipart/form-data; boundary=----x";

    #[test]
    fn fields_are_found_with_every_byte_of_theirs() {
        let body = b"------x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n \r\n\
            ------x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\nContent-Type: image/png\r\n\r\n\
            \x89PNG\r\n\r\n--\x00\r\n------x--\r\n";
        assert_eq!(field(KIND, body, "file"), Some(b"\x89PNG\r\n\r\n--\x00".as_slice()));
        assert_eq!(field(KIND, body, "text"), None, "blank");
        assert_eq!(field(KIND, body, "other"), None);
        assert_eq!(field("multipart/form-data; boundary=\"----x\"", body, "file").map(<[u8]>::len), Some(11));
        assert_eq!(field("text/plain", body, "file"), None);
        assert_eq!(field("multipart/form-data", body, "file"), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(body in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..200) {
            let _ = field("multipart/form-data; boundary=a", &body, "f");
            let whole = b"--a\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nvalue\r\n--a--";
            let cut = &whole[..cut.min(whole.len())];
            let found = field("multipart/form-data; boundary=a", cut, "f");
            prop_assert!(found.is_none_or(|value| value == b"value"));
        }
    }
}
