//! Takes out of an answer what its call told in secret. An LMS, or a proxy before it, that repeats a token
//! in its error would have it shown in ours: in logs, in the reasons of deliveries, in what commands print.

use accolade_connectors::{Answer, Body, Call, FormValue};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, header};
use memchr::memmem::find_iter;

/// What stands in its place.
const INSTEAD: &str = "[secret]";
/// Letters of a secret that is looked for: a shorter one may be part of any word.
const SHORTEST: usize = 8;

/// Takes the secrets of `call` out of its answer.
pub(super) fn keep_out(call: &Call, answer: &mut Answer) {
    for secret in secrets(call) {
        if let Some(body) = without(&answer.body, &secret) {
            answer.body = body;
        }
        for value in answer.headers.values_mut() {
            if let Some(kept) = without(value.as_bytes(), &secret) {
                *value = HeaderValue::from_bytes(&kept).unwrap_or(HeaderValue::from_static(INSTEAD));
            }
        }
    }
}

/// Those of a call: tokens of forms and headers, and what `Basic` (RFC 7617) has encoded.
fn secrets(call: &Call) -> Vec<String> {
    let mut found = Vec::new();
    if let Body::Form(form) = &call.body {
        found.extend(form.iter().filter_map(|(_, value)| match value {
            FormValue::Secret(secret) => Some(secret.expose().to_owned()),
            FormValue::Plain(_) => None,
        }));
    }
    for (_, value) in call.headers.iter().filter(|(name, _)| *name == header::AUTHORIZATION) {
        let (scheme, credentials) = value.expose().split_once(' ').unwrap_or(("", value.expose()));
        if scheme.eq_ignore_ascii_case("Basic") {
            let decoded = BASE64_STANDARD.decode(credentials).ok();
            let pair = decoded.and_then(|pair| String::from_utf8(pair).ok());
            found.extend(pair.and_then(|pair| Some(pair.split_once(':')?.1.to_owned())));
        }
        found.push(credentials.to_owned());
    }
    // As JSON may write a slash.
    let escaped: Vec<String> = found.iter().map(|secret| secret.replace('/', "\\/")).collect();
    found.extend(escaped);
    found.retain(|secret| secret.len() >= SHORTEST);
    found.sort();
    found.dedup();
    found
}

/// The text without a secret; `None` where it is not in it.
fn without(text: &[u8], secret: &str) -> Option<Vec<u8>> {
    let mut kept = Vec::new();
    let mut rest = 0;
    for at in find_iter(text, secret) {
        kept.extend_from_slice(&text[rest..at]);
        kept.extend_from_slice(INSTEAD.as_bytes());
        rest = at + secret.len();
    }
    (rest > 0).then(|| {
        kept.extend_from_slice(&text[rest..]);
        kept
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn kept(call: &Call, body: &str) -> String {
        let mut headers = http::HeaderMap::new();
        headers.insert("x-debug", HeaderValue::from_str(&format!("said {body}")).unwrap());
        let mut answer = Answer { status: 200, headers, body: body.as_bytes().to_vec() };
        keep_out(call, &mut answer);
        let body = String::from_utf8(answer.body).unwrap();
        assert_eq!(answer.headers["x-debug"].to_str().unwrap(), format!("said {body}"));
        body
    }

    fn url() -> url::Url {
        "https://lms.example.edu/".parse().unwrap()
    }

    #[test]
    fn a_token_in_a_form_is_kept_out_and_what_is_no_secret_stays() {
        let form = vec![
            ("wstoken".to_owned(), accolade_connectors::Secret::from(TOKEN).into()),
            ("wsfunction".to_owned(), "core_webservice_get_site_info".into()),
        ];
        let call = Call::post_form("Test call", url(), form);
        assert_eq!(
            kept(&call, &format!("{TOKEN} may not call core_webservice_get_site_info: {TOKEN}{TOKEN}")),
            "[secret] may not call core_webservice_get_site_info: [secret][secret]"
        );
        assert_eq!(kept(&call, "nothing of it"), "nothing of it");
    }

    #[test]
    fn a_header_is_kept_out_with_what_it_encodes() {
        let bearer = Call::get("Test call", url()).header(header::AUTHORIZATION, format!("Bearer {TOKEN}"));
        assert_eq!(kept(&bearer, &format!("Bearer {TOKEN} has expired")), "Bearer [secret] has expired");
        let encoded = BASE64_STANDARD.encode("application:se/cret-of-it");
        let basic = Call::get("Test call", url()).header(header::AUTHORIZATION, format!("Basic {encoded}"));
        assert_eq!(
            kept(&basic, &format!("{encoded} is application and se/cret-of-it, se\\/cret-of-it")),
            "[secret] is application and [secret], [secret]"
        );
    }

    #[test]
    fn a_secret_that_may_be_any_word_is_not_looked_for() {
        let form = vec![("wstoken".to_owned(), accolade_connectors::Secret::from("graded").into())];
        assert_eq!(kept(&Call::post_form("Test call", url(), form), "graded"), "graded");
    }
}
