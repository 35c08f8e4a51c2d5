//! Claim tokens: 256 bits that let one learner take one credential.
//!
//! A token is derived from the credential's id and a secret of the installation, so that the
//! mailer makes the same link again when it has to repeat a mail. The database holds its hash
//! only, and nobody without the secret can tell a token from a credential's id.

mod tickets;

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub use tickets::{Challenge, For, Ticket};

/// Makes the claim links of an installation again: for the demo and for tests, who have no mail
/// server.
#[derive(Debug, Clone)]
pub struct ClaimLinks {
    secret: ClaimSecret,
    public_url: Arc<str>,
}

impl ClaimLinks {
    /// `public_url` has no slash at the end.
    pub fn new(secret: ClaimSecret, public_url: Arc<str>) -> Self {
        Self { secret, public_url }
    }

    /// The link of a credential. Whoever has it can claim the credential.
    pub fn link(&self, credential: Uuid) -> String {
        format!("{}/claim/{}", self.public_url, self.secret.token(credential))
    }
}

/// The secret of an installation. Never printed.
#[derive(Clone)]
pub struct ClaimSecret([u8; 32]);

impl std::fmt::Debug for ClaimSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[claim secret]")
    }
}

impl ClaimSecret {
    /// A secret from 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads what [`ClaimSecret::to_text`] wrote; white space around it does not matter.
    ///
    /// # Errors
    /// When it is anything else; the text is not repeated.
    pub fn from_text(text: &str) -> Result<Self, String> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| {
            "this is no claim secret (43 letters of base64url); `accolade keys generate` makes one".to_owned()
        })
    }

    /// The secret as text, for its file.
    pub fn to_text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The token of a credential's first claim link.
    pub fn token(&self, credential: Uuid) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.derive("claim token", credential))
    }

    /// The token of a credential's claim link with that number, the first being 0: a new link ends
    /// those before it, and says nothing about them.
    pub fn link_token(&self, credential: Uuid, link: u32) -> String {
        match link {
            0 => self.token(credential),
            link => BASE64_URL_SAFE_NO_PAD.encode(self.derive(&format!("claim token {link}"), credential)),
        }
    }

    /// The token by which a credential's holder confirms an address, the first that they gave being 1.
    pub fn address_token(&self, credential: Uuid, number: u32) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.derive(&format!("address token {number}"), credential))
    }

    /// The salt under which a credential names its holder's address.
    pub fn salt(&self, credential: Uuid) -> String {
        hex::encode(&self.derive("identity salt", credential)[..16])
    }

    /// By what a learner who was erased is recognised: without the secret nobody tells whose it is.
    pub fn erasure_mark(&self, source: &str, learner: &str) -> [u8; 32] {
        // A source's name holds no NUL.
        let about = format!("{source}\0{learner}");
        self.keyed("erased learner", about.as_bytes()).finalize().into_bytes().into()
    }

    /// The id of the person that a learner of a source is. Only who has the secret can tell whose it is:
    /// credential ids follow from it, and stay when a person is erased.
    pub fn person(&self, source: &str, learner: &str) -> Uuid {
        // A source's name holds no NUL.
        let about = format!("{source}\0{learner}");
        let code = self.keyed("person", about.as_bytes()).finalize().into_bytes();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(code).for_each(|(byte, code)| *byte = code);
        // RFC 9562, section 5.8: a form of our own.
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// What tells this secret from others, and nothing about it.
    pub fn fingerprint(&self) -> [u8; 16] {
        let code = self.keyed("fingerprint", b"").finalize().into_bytes();
        let mut fingerprint = [0; 16];
        fingerprint.iter_mut().zip(code).for_each(|(byte, code)| *byte = code);
        fingerprint
    }

    fn derive(&self, purpose: &str, credential: Uuid) -> [u8; 32] {
        self.keyed(purpose, credential.as_bytes()).finalize().into_bytes().into()
    }

    /// The code over a text of one purpose, not finished yet.
    fn keyed(&self, purpose: &str, text: &[u8]) -> Hmac<Sha256> {
        // HMAC pads its key with zeros to a block of 64 bytes (RFC 2104); done here, a key of
        // the wrong length is impossible.
        let mut key = [0; 64];
        key[..32].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&key.into());
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(text);
        mac
    }
}

/// What the database holds of a token.
pub fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// By what a token that somebody sends is looked up: its hash, or `None` for what cannot be a
/// token and need not be looked up.
pub fn lookup(token: &str) -> Option<Vec<u8>> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    (bytes.len() == 32).then(|| hash(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_same_again_and_differs_by_credential_and_secret() {
        let (one, other) = (ClaimSecret::new([1; 32]), ClaimSecret::new([2; 32]));
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(one.token(a), one.token(a));
        assert_ne!(one.token(a), one.token(b));
        assert_ne!(one.token(a), other.token(a));
        assert_ne!(one.salt(a), one.salt(b));
        assert_eq!(one.token(a).len(), 43);
        assert_eq!(one.link_token(a, 0), one.token(a));
        let links: std::collections::BTreeSet<String> = (0..20).map(|link| one.link_token(a, link)).collect();
        assert_eq!(links.len(), 20);
        assert_ne!(one.address_token(a, 1), one.address_token(a, 2));
        assert!(!links.contains(&one.address_token(a, 1)));
    }

    #[test]
    fn the_secret_survives_its_file_and_is_not_printed() {
        let secret = ClaimSecret::new([7; 32]);
        let read = ClaimSecret::from_text(&format!("{}\n", secret.to_text())).unwrap();
        assert_eq!(read.token(Uuid::nil()), secret.token(Uuid::nil()));
        assert!(!format!("{secret:?}").contains(&secret.to_text()));
        let error = ClaimSecret::from_text("hunter2").unwrap_err();
        assert!(!error.contains("hunter2"));
    }

    #[test]
    fn only_tokens_of_32_bytes_are_looked_up() {
        let token = ClaimSecret::new([1; 32]).token(Uuid::nil());
        assert_eq!(lookup(&token), Some(hash(&token)));
        for other in
            ["", "x", "../../etc/passwd", &token[1..], &format!("{token}A"), &format!("{token}="), "é"]
        {
            assert_eq!(lookup(other), None, "{other}");
        }
    }
}
