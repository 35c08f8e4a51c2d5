//! Standard Webhooks 1.0, symmetric signatures (`v1`): HMAC-SHA256 over
//! `{webhook-id}.{webhook-timestamp}.{body}`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::{Rejection, Secrets, SettingsError};

/// The headers of a signed request.
pub(super) const HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

/// How far the sender's clock may be from ours, either way, in seconds. The standard leaves the
/// number open; five minutes is what its libraries use.
pub(super) const TOLERANCE_SECONDS: u64 = 300;

/// What precedes the base64 of a secret.
const SECRET_PREFIX: &str = "whsec_";

/// The shortest key the standard allows, in bytes.
const KEY_MIN: usize = 24;

/// Verifies signatures with one key, or with several while one replaces another.
pub(super) struct Verifier {
    keys: Vec<Hmac<Sha256>>,
}

/// What the verified headers say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Envelope {
    /// The message's id, the same when it is sent again.
    pub(super) id: String,
    /// When it was sent.
    pub(super) sent_at: DateTime<Utc>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Verifier({} keys)", self.keys.len())
    }
}

impl Verifier {
    /// Decodes the secrets.
    pub(super) fn new(secrets: &Secrets) -> Result<Self, SettingsError> {
        let wrong = |what: &str| {
            SettingsError::at(
                "secret",
                format!(
                    "{what}; it is {SECRET_PREFIX} and the base64 of {KEY_MIN} to 64 random bytes: make one with \
                     `printf 'whsec_%s\\n' \"$(openssl rand -base64 32)\"`, or leave `secret` out and use `bearer` \
                     for a tool that cannot sign"
                ),
            )
        };
        let keys = secrets
            .iter()
            .map(|secret| {
                let encoded = secret
                    .expose()
                    .trim()
                    .strip_prefix(SECRET_PREFIX)
                    .ok_or_else(|| wrong("the secret does not begin with whsec_"))?;
                let key = BASE64_STANDARD
                    .decode(encoded)
                    .map_err(|_| wrong("what follows whsec_ in the secret is not base64"))?;
                if key.len() < KEY_MIN {
                    return Err(wrong("the secret is too short"));
                }
                Hmac::new_from_slice(&key).map_err(|_| wrong("the secret is no key"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { keys })
    }

    /// Verifies a request: first its signature, then its age.
    pub(super) fn verify(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        received_at: DateTime<Utc>,
    ) -> Result<Envelope, Rejection> {
        let [id, timestamp, _] = HEADERS.map(|name| headers.get(name));
        let id = text(HEADERS[0], id)?;
        let timestamp = text(HEADERS[1], timestamp)?;
        let given = signatures(headers)?;
        // Every key against every signature, found or not: the time tells nothing.
        let mut matched = subtle::Choice::from(0);
        for key in &self.keys {
            let mut mac = key.clone();
            for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
                mac.update(part);
            }
            let expected = mac.finalize().into_bytes();
            for signature in &given {
                matched |= expected.ct_eq(signature.as_slice());
            }
        }
        if !bool::from(matched) {
            return Err(Rejection::BadSignature(
                "webhook-signature does not match: sign the exact bytes of the body, as \
                 {webhook-id}.{webhook-timestamp}.{body}, with the secret of this source"
                    .to_owned(),
            ));
        }
        let sent_at = timestamp
            .parse()
            .ok()
            .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
            .ok_or_else(|| {
                Rejection::BadSignature("webhook-timestamp is not a Unix time in whole seconds".to_owned())
            })?;
        let apart = received_at.timestamp().abs_diff(sent_at.timestamp());
        if apart > TOLERANCE_SECONDS {
            let side = if sent_at < received_at { "before" } else { "after" };
            return Err(Rejection::Stale(format!(
                "webhook-timestamp is {apart} seconds {side} the time here, more than {TOLERANCE_SECONDS}: sign each \
                 attempt anew with the time of sending, and check the clocks"
            )));
        }
        Ok(Envelope { id: id.to_owned(), sent_at })
    }
}

fn text<'a>(name: &str, value: Option<&'a http::HeaderValue>) -> Result<&'a str, Rejection> {
    let value = value.ok_or_else(|| {
        Rejection::BadSignature(format!(
            "the header {name} is missing: a signed request has {}",
            HEADERS.join(", ")
        ))
    })?;
    value.to_str().ok().filter(|text| !text.is_empty()).ok_or_else(|| {
        Rejection::BadSignature(format!("the header {name} is empty or has other characters than ASCII"))
    })
}

/// The `v1` signatures. Other versions (`v1a` is asymmetric) are for other receivers.
fn signatures(headers: &HeaderMap) -> Result<Vec<Vec<u8>>, Rejection> {
    let name = HEADERS[2];
    text(name, headers.get(name))?;
    let mut found = Vec::new();
    for value in headers.get_all(name) {
        for part in text(name, Some(value))?.split_ascii_whitespace() {
            if let Some(encoded) = part.strip_prefix("v1,") {
                found.push(BASE64_STANDARD.decode(encoded).unwrap_or_default());
            }
        }
    }
    if found.is_empty() {
        return Err(Rejection::BadSignature(
            "webhook-signature has no signature of version v1: write v1, a comma and the base64 of the \
             HMAC-SHA256"
                .to_owned(),
        ));
    }
    Ok(found)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The standard's own test vector.
    pub(in super::super) const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    const TIMESTAMP: i64 = 1_649_367_553;
    const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
    const SIGNATURE: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";

    pub(in super::super) fn secrets(value: serde_json::Value) -> Secrets {
        serde_json::from_value(value).unwrap()
    }

    /// Signs as a sender would.
    pub(in super::super) fn sign(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> String {
        let key = BASE64_STANDARD.decode(secret.strip_prefix(SECRET_PREFIX).unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }

    fn headers(signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", ID.parse().unwrap());
        headers.insert("webhook-timestamp", TIMESTAMP.to_string().parse().unwrap());
        headers.insert("webhook-signature", signature.parse().unwrap());
        headers
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(TIMESTAMP + seconds, 0).unwrap()
    }

    fn verify(signature: &str, body: &[u8], seconds: i64) -> Result<Envelope, Rejection> {
        Verifier::new(&secrets(SECRET.into())).unwrap().verify(&headers(signature), body, at(seconds))
    }

    #[test]
    fn the_vector_of_the_standard_verifies() {
        assert_eq!(sign(SECRET, ID, TIMESTAMP, BODY), SIGNATURE);
        let envelope = verify(SIGNATURE, BODY, 0).unwrap();
        assert_eq!(envelope, Envelope { id: ID.to_owned(), sent_at: at(0) });
    }

    #[test]
    fn any_flipped_byte_is_refused() {
        for index in 0..BODY.len() {
            let mut body = BODY.to_vec();
            body[index] ^= 1;
            assert!(matches!(verify(SIGNATURE, &body, 0), Err(Rejection::BadSignature(_))), "byte {index}");
        }
        for name in ["webhook-id", "webhook-timestamp"] {
            let mut headers = headers(SIGNATURE);
            headers.insert(name, "1649367554".parse().unwrap());
            let verifier = Verifier::new(&secrets(SECRET.into())).unwrap();
            assert!(
                matches!(verifier.verify(&headers, BODY, at(0)), Err(Rejection::BadSignature(_))),
                "{name}"
            );
        }
    }

    #[test]
    fn five_minutes_either_way_and_no_more() {
        assert!(verify(SIGNATURE, BODY, 300).is_ok());
        assert!(verify(SIGNATURE, BODY, -300).is_ok());
        assert!(matches!(verify(SIGNATURE, BODY, 301), Err(Rejection::Stale(_))));
        assert!(matches!(verify(SIGNATURE, BODY, -301), Err(Rejection::Stale(_))));
    }

    #[test]
    fn one_of_several_signatures_suffices_and_other_versions_are_skipped() {
        let other = sign("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ID, TIMESTAMP, BODY);
        assert!(verify(&format!("v1a,AAAA {other} {SIGNATURE}"), BODY, 0).is_ok());
        assert!(verify(&other, BODY, 0).is_err());
        let renamed = SIGNATURE.replace("v1,", "v2,");
        let Err(Rejection::BadSignature(why)) = verify(&renamed, BODY, 0) else { panic!("taken") };
        assert!(why.contains("version v1"), "{why}");
        assert!(verify("v1,", BODY, 0).is_err());
        assert!(verify("v1,!!", BODY, 0).is_err());
    }

    #[test]
    fn old_and_new_secret_are_valid_side_by_side() {
        let new = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let verifier = Verifier::new(&secrets(serde_json::json!([new, SECRET]))).unwrap();
        for secret in [new, SECRET] {
            let signature = sign(secret, ID, TIMESTAMP, BODY);
            assert!(verifier.verify(&headers(&signature), BODY, at(0)).is_ok());
        }
    }

    #[test]
    fn a_missing_header_is_named() {
        let verifier = Verifier::new(&secrets(SECRET.into())).unwrap();
        for name in HEADERS {
            let mut headers = headers(SIGNATURE);
            headers.remove(name);
            let error = verifier.verify(&headers, BODY, at(0)).unwrap_err().to_string();
            assert!(error.contains(&format!("{name} is missing")), "{error}");
        }
    }

    #[test]
    fn a_signed_timestamp_that_is_no_time_is_refused() {
        for timestamp in
            ["soon", "9223372036854775807", "-9223372036854775808", "99999999999999999999", "1.5"]
        {
            let mut headers = headers(SIGNATURE);
            headers.insert("webhook-timestamp", timestamp.parse().unwrap());
            let key = BASE64_STANDARD.decode(&SECRET[6..]).unwrap();
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(format!("{ID}.{timestamp}.").as_bytes());
            mac.update(BODY);
            let signature = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
            headers.insert("webhook-signature", signature.parse().unwrap());
            let verifier = Verifier::new(&secrets(SECRET.into())).unwrap();
            let error = verifier.verify(&headers, BODY, at(0)).unwrap_err();
            assert!(error.to_string().contains("webhook-timestamp"), "{timestamp}: {error}");
        }
    }

    #[test]
    fn a_secret_that_is_none_is_refused_without_showing_it() {
        for secret in ["hunter2-hunter2-hunter2", "whsec_not base64!", "whsec_QUJD"] {
            let error = Verifier::new(&secrets(secret.into())).unwrap_err();
            assert_eq!(error.key.as_deref(), Some("secret"));
            assert!(error.message.contains("openssl rand"), "{error}");
            assert!(!error.message.contains(secret.trim_start_matches("whsec_")), "{error}");
        }
    }
}
