//! PNG files as lists of chunks (PNG, third edition, section 5).

use super::BakeError;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
const KEYWORD: &[u8] = b"openbadgecredential";

pub(super) fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// Width and height, from the first chunk.
pub(super) fn size(bytes: &[u8]) -> Result<(u32, u32), BakeError> {
    let first = Chunks::of(bytes)?.next().transpose()?;
    let header = first.filter(|chunk| chunk.kind == *b"IHDR" && chunk.data.len() == 13);
    let header = header.ok_or_else(|| BakeError::new("the PNG does not begin with its header"))?;
    let number =
        |at: usize| header.data[at..at + 4].iter().fold(0_u32, |n, byte| (n << 8) | u32::from(*byte));
    Ok((number(0), number(4)))
}

/// Puts the credential into one iTXt chunk before the image data; one that is there already goes.
pub(super) fn bake(bytes: &[u8], credential: &str) -> Result<Vec<u8>, BakeError> {
    let mut out = Vec::with_capacity(bytes.len() + credential.len() + 64);
    out.extend_from_slice(SIGNATURE);
    let mut baked = false;
    for chunk in Chunks::of(bytes)? {
        let chunk = chunk?;
        if chunk.text_after_keyword().is_some() {
            continue;
        }
        if chunk.kind == *b"IDAT" && !baked {
            push_credential(&mut out, credential)?;
            baked = true;
        }
        out.extend_from_slice(chunk.raw);
    }
    if baked { Ok(out) } else { Err(BakeError::new("the PNG has no image data")) }
}

fn push_credential(out: &mut Vec<u8>, credential: &str) -> Result<(), BakeError> {
    // Keyword, not compressed, no compression method, no language, no translated keyword.
    let data = [KEYWORD, &[0, 0, 0, 0, 0], credential.as_bytes()].concat();
    let length = u32::try_from(data.len()).ok().filter(|length| *length < 1 << 31);
    let length = length.ok_or_else(|| BakeError::new("the credential is too large for a PNG"))?;
    let kind_and_data = [b"iTXt".as_slice(), &data].concat();
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&kind_and_data);
    out.extend_from_slice(&crc32fast::hash(&kind_and_data).to_be_bytes());
    Ok(())
}

/// The one credential inside.
pub(super) fn unbake(bytes: &[u8]) -> Result<String, BakeError> {
    let mut found = None;
    for chunk in Chunks::of(bytes)? {
        let chunk = chunk?;
        let Some(rest) = chunk.text_after_keyword() else { continue };
        if found.is_some() {
            return Err(BakeError::new("the PNG holds more than one credential"));
        }
        if !chunk.is_intact() {
            return Err(BakeError::new("the credential in the PNG is damaged: its checksum is wrong"));
        }
        found = Some(text(rest)?);
    }
    found.ok_or_else(|| {
        BakeError::new("the PNG holds no Open Badges 3.0 credential (no iTXt chunk “openbadgecredential”)")
    })
}

/// The text of an iTXt chunk, from behind the keyword.
fn text(rest: &[u8]) -> Result<String, BakeError> {
    let damaged = || BakeError::new("the credential in the PNG is damaged");
    let [compressed, _method, rest @ ..] = rest else { return Err(damaged()) };
    if *compressed != 0 {
        return Err(BakeError::new("the credential in the PNG is compressed, which the standard forbids"));
    }
    // Language and translated keyword, each ended by a zero.
    let mut parts = rest.splitn(3, |byte| *byte == 0);
    let text = parts.nth(2).ok_or_else(damaged)?;
    String::from_utf8(text.to_vec()).map_err(|_| BakeError::new("the credential in the PNG is not UTF-8"))
}

struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
    crc: [u8; 4],
    /// Everything from the length to the checksum.
    raw: &'a [u8],
}

impl<'a> Chunk<'a> {
    fn text_after_keyword(&self) -> Option<&'a [u8]> {
        if self.kind != *b"iTXt" {
            return None;
        }
        self.data.strip_prefix(KEYWORD)?.strip_prefix(b"\0")
    }

    fn is_intact(&self) -> bool {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&self.kind);
        hasher.update(self.data);
        hasher.finalize().to_be_bytes() == self.crc
    }
}

/// The chunks up to and with `IEND`; what follows is not part of the image.
struct Chunks<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Chunks<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, BakeError> {
        let rest = bytes.strip_prefix(SIGNATURE).ok_or_else(|| BakeError::new("the file is no PNG"))?;
        Ok(Self { rest: Some(rest) })
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, BakeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let all = self.rest.take()?;
        let Some((chunk, rest)) = split(all) else {
            return Some(Err(BakeError::new("the PNG ends in the middle")));
        };
        if chunk.kind != *b"IEND" {
            self.rest = Some(rest);
        }
        Some(Ok(chunk))
    }
}

fn split(all: &[u8]) -> Option<(Chunk<'_>, &[u8])> {
    let (length, rest) = all.split_first_chunk::<4>()?;
    let (kind, rest) = rest.split_first_chunk::<4>()?;
    let (data, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let raw = all.get(..all.len() - rest.len())?;
    Some((Chunk { kind: *kind, data, crc: *crc, raw }, rest))
}
