//! DKIM (RFC 6376): signs a mail with an RSA key, `rsa-sha256`, relaxed/relaxed.
//!
//! The time in the signature is the mail's own Date, so that the same mail is signed to the
//! same bytes however often it is made.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};

use crate::config::DkimSettings;

use super::MailError;

/// The headers that are signed, where the mail has them (RFC 6376, section 5.4.1).
const SIGNED: [&str; 10] = [
    "from",
    "reply-to",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-language",
    "auto-submitted",
];

/// A domain's key.
pub(super) struct Signer {
    domain: String,
    selector: String,
    key: RsaKeyPair,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({}._domainkey.{})", self.selector, self.domain)
    }
}

impl Signer {
    /// Reads the key.
    pub(super) fn read(settings: &DkimSettings) -> Result<Self, MailError> {
        let path = settings.key_file.display();
        let wrong = |why: String| MailError(format!("mail.dkim.key_file {path}: {why}"));
        for (key, value) in [("domain", &settings.domain), ("selector", &settings.selector)] {
            if value.is_empty() || !value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) {
                return Err(MailError(format!("mail.dkim.{key} is not a DNS name in ASCII")));
            }
        }
        let pem = std::fs::read(&settings.key_file).map_err(|error| wrong(error.to_string()))?;
        let der = PrivateKeyDer::from_pem_slice(&pem)
            .map_err(|_| wrong("holds no private key in PEM form".to_owned()))?;
        let key = match &der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err(wrong("is not an RSA key".to_owned())),
        }
        .map_err(|why| wrong(format!("is not an RSA key of 2048 to 4096 bits ({why})")))?;
        Ok(Self { domain: settings.domain.clone(), selector: settings.selector.clone(), key })
    }

    /// The message with its signature in front.
    pub(super) fn sign(&self, message: &[u8], time: DateTime<Utc>) -> Result<Vec<u8>, MailError> {
        let text = std::str::from_utf8(message).map_err(|_| MailError("the mail is not text".to_owned()))?;
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let headers = headers(head);
        let mut names = Vec::new();
        let mut input = String::new();
        for name in SIGNED {
            if let Some(header) = headers.iter().find(|header| header_name(header) == name) {
                names.push(name);
                input.push_str(&relaxed_header(header));
                input.push_str("\r\n");
            }
        }
        let unsigned = format!(
            "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={};\r\n s={}; t={};\r\n h={};\r\n bh={};\r\n b=",
            self.domain,
            self.selector,
            time.timestamp(),
            names.join(":"),
            STANDARD.encode(Sha256::digest(relaxed_body(body).as_bytes())),
        );
        input.push_str(&relaxed_header(&unsigned));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature)
            .map_err(|_| MailError("the mail cannot be signed with the key of mail.dkim".to_owned()))?;
        let mut signed = unsigned.into_bytes();
        for (index, part) in STANDARD.encode(&signature).as_bytes().chunks(72).enumerate() {
            if index > 0 {
                signed.extend_from_slice(b"\r\n ");
            }
            signed.extend_from_slice(part);
        }
        signed.extend_from_slice(b"\r\n");
        signed.extend_from_slice(message);
        Ok(signed)
    }
}

/// The headers, each with its continuation lines.
fn headers(head: &str) -> Vec<String> {
    let mut headers: Vec<String> = Vec::new();
    for line in head.split("\r\n") {
        match headers.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => {
                last.push_str("\r\n");
                last.push_str(line);
            }
            _ => headers.push(line.to_owned()),
        }
    }
    headers
}

fn header_name(header: &str) -> String {
    header.split(':').next().unwrap_or_default().trim_end().to_ascii_lowercase()
}

/// RFC 6376, section 3.4.2.
fn relaxed_header(header: &str) -> String {
    let value = header.split_once(':').map_or("", |(_, value)| value);
    format!("{}:{}", header_name(header), words(&value.replace("\r\n", "")).trim_matches(' '))
}

/// RFC 6376, section 3.4.4.
fn relaxed_body(body: &str) -> String {
    let mut lines: Vec<String> =
        body.split("\r\n").map(|line| words(line).trim_end_matches(' ').to_owned()).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.iter().fold(String::new(), |text, line| text + line + "\r\n")
}

/// Every run of spaces and tabs as one space.
fn words(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            ' ' | '\t' if out.ends_with(' ') => {}
            ' ' | '\t' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of RFC 6376, section 3.4.5.
    #[test]
    fn relaxed_forms_are_those_of_the_standard() {
        assert_eq!(relaxed_header("A: X"), "a:X");
        assert_eq!(relaxed_header("B : Y\t\r\n\tZ  "), "b:Y Z");
        assert_eq!(relaxed_body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
        assert_eq!(relaxed_body("\r\n\r\n"), "");
        assert_eq!(relaxed_body("no end"), "no end\r\n");
    }
}
