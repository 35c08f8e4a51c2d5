//! How an input is taken apart.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The parts of an input between lines that are `=====`; at most so many.
pub(crate) fn parts(data: &[u8], most: usize) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = data;
    while parts.len() + 1 < most {
        let Some(at) = find(rest, b"\n=====\n") else { break };
        parts.push(&rest[..at]);
        rest = &rest[at + 7..];
    }
    parts.push(rest);
    parts
}

/// Where the needle is first.
pub(crate) fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}

/// The first line without its end, and what follows it.
pub(crate) fn line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (data[..at].strip_suffix(b"\r").unwrap_or(&data[..at]), &data[at + 1..]),
        None => (data, &[]),
    }
}

/// An HTTP message: its first line, its headers, its body. Lines that are no header are left out; without
/// an empty line all of it is the body.
pub(crate) struct Message<'a> {
    pub(crate) first: &'a [u8],
    pub(crate) headers: HeaderMap,
    pub(crate) body: &'a [u8],
}

impl<'a> Message<'a> {
    pub(crate) fn read(data: &'a [u8]) -> Self {
        let blank = find(data, b"\r\n\r\n").map(|at| (at, at + 4));
        let blank = blank.or_else(|| find(data, b"\n\n").map(|at| (at, at + 2)));
        let Some((end, body)) = blank else {
            return Self { first: &[], headers: HeaderMap::new(), body: data };
        };
        let (first, mut rest) = line(&data[..end]);
        let mut headers = HeaderMap::new();
        while !rest.is_empty() && headers.len() < 40 {
            let (header, after) = line(rest);
            rest = after;
            let Some(colon) = header.iter().position(|byte| *byte == b':') else { continue };
            let name = HeaderName::from_bytes(&header[..colon]);
            let value = HeaderValue::from_bytes(header[colon + 1..].trim_ascii());
            if let (Ok(name), Ok(value)) = (name, value) {
                headers.append(name, value);
            }
        }
        Self { first, headers, body: &data[body..] }
    }
}
