//! Finding the credential in what was handed in.

use serde_json::Value;

use super::Check;
use crate::badges::bake;

/// The most bytes that a credential may have.
const MOST_BYTES: usize = 1 << 20;

/// The credential, or the failed check `structure`.
pub(super) fn read(bytes: &[u8]) -> Result<Value, Check> {
    let fails = |why: String| Check::fails("structure", why);
    let unbaked;
    let text = if bytes.len() > bake::MOST_BYTES || bake::is_image(bytes) {
        unbaked = bake::unbake(bytes).map_err(|error| fails(format!("No credential was found: {error}.")))?;
        unbaked.as_str()
    } else {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| fails("It is neither JSON nor a badge image.".to_owned()))?;
        text.strip_prefix('\u{feff}').unwrap_or(text)
    };
    if text.len() > MOST_BYTES {
        return Err(fails(format!("The credential has more than {} MiB.", MOST_BYTES >> 20)));
    }
    if is_jwt(text.trim()) {
        let why = "It is a credential in JWT form; only embedded proofs can be checked here.";
        return Err(Check::open("structure", why));
    }
    serde_json::from_str(text).map_err(|error| fails(format!("It is not JSON: {error}.")))
}

fn is_jwt(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    text.starts_with("eyJ") && text.split('.').count() == 3 && text.split('.').all(part)
}
