//! Who sent it: a token in a header, or HTTP Basic. (The token of `local_webhooks` is in its
//! body; see `webhooks.rs`.)

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::settings::Xapi;
use crate::{Rejection, Secrets};

/// The other header in which `tool_trigger` may carry its token.
const TOKEN_HEADER: &str = "x-webhook-token";

/// Whether the request brings a token in a header, right or wrong.
pub(super) fn has_token_header(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION) || headers.contains_key(TOKEN_HEADER)
}

/// Checks the token in `Authorization: Bearer …` or `X-Webhook-Token`.
pub(super) fn header_token(headers: &HeaderMap, secrets: Option<&Secrets>) -> Result<(), Rejection> {
    let refuse = |why: &str| Err(Rejection::BadSignature(why.to_owned()));
    let Some(secrets) = secrets else {
        return refuse("this source takes no token in a header: set `trigger_token` for tool_trigger");
    };
    let bearer = headers.get(AUTHORIZATION).and_then(|value| credentials(value.as_bytes(), "bearer"));
    let plain = headers.get(TOKEN_HEADER).map(|value| value.as_bytes().trim_ascii());
    // Both are compared, so that the time does not tell which of them came close.
    let given = [bearer, plain].into_iter().flatten();
    if given.fold(false, |found, token| secrets.matches(token) | found) {
        return Ok(());
    }
    refuse(
        "the token in the header is not this source's: compare the Headers of the tool_trigger step with \
         `trigger_token`",
    )
}

/// Checks `Authorization: Basic …` (RFC 7617).
pub(super) fn basic(headers: &HeaderMap, xapi: Option<&Xapi>) -> Result<(), Rejection> {
    let refuse = |why: &str| Err(Rejection::BadSignature(why.to_owned()));
    let Some(xapi) = xapi else {
        return refuse("this source takes no xAPI statements: set `xapi = { username, password }`");
    };
    let given = headers
        .get(AUTHORIZATION)
        .and_then(|value| credentials(value.as_bytes(), "basic"))
        .and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    let Some(given) = given else {
        return refuse(
            "no HTTP Basic credentials: fill in auth key and auth secret in the Logstore xAPI settings",
        );
    };
    let colon = given.iter().position(|byte| *byte == b':').unwrap_or(given.len());
    let (username, password) = given.split_at(colon);
    let username = xapi.username.matches(username);
    let password = xapi.password.matches(password.get(1..).unwrap_or_default());
    if username & password {
        return Ok(());
    }
    refuse(
        "auth key or auth secret are not this source's: compare the Logstore xAPI settings with `xapi.username` \
         and `xapi.password`",
    )
}

/// What follows the scheme in an `Authorization` header, if it is this scheme.
fn credentials<'a>(value: &'a [u8], scheme: &str) -> Option<&'a [u8]> {
    let (given, rest) = value.split_at_checked(scheme.len())?;
    let rest = rest.strip_prefix(b" ")?;
    given.eq_ignore_ascii_case(scheme.as_bytes()).then(|| rest.trim_ascii())
}
