//! What wallets show when they fetch a badge. Each is made from the installation's secret and says
//! itself what it is for, so the database holds none of them, not even as a hash; what it holds is
//! which were used.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::Mac as _;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::{ClaimSecret, hash};

/// Bytes of the code at a ticket's end: nobody guesses 128 bits.
const CODE: usize = 16;

/// What a wallet shows of one offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ticket {
    /// The address of the offer.
    Offer,
    /// The pre-authorized code.
    Code,
    /// The access token.
    Access,
}

impl Ticket {
    fn purpose(self) -> &'static str {
        match self {
            Self::Offer => "wallet offer",
            Self::Code => "pre-authorized code",
            Self::Access => "wallet access",
        }
    }
}

/// What a challenge is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Any key proof: a `c_nonce`.
    KeyProof,
    /// Fetching this credential by DID authentication.
    Credential(Uuid),
}

/// A challenge that was made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// What it is for.
    pub purpose: For,
    /// When it ends.
    pub until: DateTime<Utc>,
    /// SHA-256 of it: by that its use is remembered.
    pub hash: Vec<u8>,
}

impl ClaimSecret {
    /// A ticket of an offer; the same each time.
    pub fn ticket(&self, kind: Ticket, offer: Uuid) -> String {
        self.sealed(kind.purpose(), offer.as_bytes())
    }

    /// The offer of a ticket that was made here.
    pub fn offer_of(&self, kind: Ticket, text: &str) -> Option<Uuid> {
        let bytes = self.opened(kind.purpose(), text)?;
        Some(Uuid::from_bytes(bytes.try_into().ok()?))
    }

    /// The transaction code of an offer: six digits.
    pub fn transaction_code(&self, offer: Uuid) -> String {
        let derived = self.derive("transaction code", offer);
        let number = derived.iter().take(8).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
        format!("{:06}", number % 1_000_000)
    }

    /// Whether somebody typed the transaction code of an offer; the time tells nothing about it.
    pub fn is_transaction_code(&self, offer: Uuid, typed: &str) -> bool {
        let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        self.transaction_code(offer).as_bytes().ct_eq(typed.as_bytes()).into()
    }

    /// A challenge that can be answered until a time; `random` makes it another each time.
    pub fn challenge(&self, purpose: For, until: DateTime<Utc>, random: [u8; 16]) -> String {
        let credential = match purpose {
            For::KeyProof => Uuid::nil(),
            For::Credential(id) => id,
        };
        let text = [credential.as_bytes().as_slice(), &until.timestamp().to_be_bytes(), &random].concat();
        self.sealed("wallet challenge", &text)
    }

    /// Reads a challenge that was made here, ended or not.
    pub fn read_challenge(&self, text: &str) -> Option<Challenge> {
        let bytes = self.opened("wallet challenge", text)?;
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (until, _) = rest.split_first_chunk::<8>()?;
        let purpose = match Uuid::from_bytes(*id) {
            id if id.is_nil() => For::KeyProof,
            id => For::Credential(id),
        };
        let until = DateTime::from_timestamp(i64::from_be_bytes(*until), 0)?;
        Some(Challenge { purpose, until, hash: hash(text) })
    }

    /// The text with a code that only this installation can make.
    fn sealed(&self, purpose: &str, text: &[u8]) -> String {
        let code = self.keyed(purpose, text).finalize().into_bytes();
        let code = code.iter().copied().take(CODE);
        BASE64_URL_SAFE_NO_PAD.encode(text.iter().copied().chain(code).collect::<Vec<u8>>())
    }

    /// The text of what [`Self::sealed`] wrote; the time tells nothing about the code.
    fn opened(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        if sealed.len() > 100 {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (text, code) = bytes.split_last_chunk::<CODE>()?;
        self.keyed(purpose, text).verify_truncated_left(code).ok()?;
        Some(text.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> ClaimSecret {
        ClaimSecret::new([1; 32])
    }

    fn until() -> DateTime<Utc> {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_ticket_opens_what_it_is_for_and_nothing_else() {
        let offer = Uuid::from_u128(7);
        let kinds = [Ticket::Offer, Ticket::Code, Ticket::Access];
        for kind in kinds {
            let ticket = secret().ticket(kind, offer);
            assert_eq!(ticket.len(), 43);
            for other in kinds {
                assert_eq!(secret().offer_of(other, &ticket), (kind == other).then_some(offer));
            }
            assert_eq!(ClaimSecret::new([2; 32]).offer_of(kind, &ticket), None);
            for at in [0, 10, 30, 42] {
                let mut changed = ticket.clone().into_bytes();
                changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
                let changed = String::from_utf8(changed).unwrap();
                assert_eq!(secret().offer_of(kind, &changed), None, "{at}");
            }
        }
        for other in ["", "x", "é", &"A".repeat(43), &"A".repeat(1_000)] {
            assert_eq!(secret().offer_of(Ticket::Code, other), None);
        }
    }

    #[test]
    fn a_transaction_code_is_six_digits_of_one_offer() {
        let codes: std::collections::BTreeSet<String> =
            (0..200).map(|offer| secret().transaction_code(Uuid::from_u128(offer))).collect();
        assert!(codes.len() > 190, "{}", codes.len());
        assert!(codes.iter().all(|code| code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit())));
        let code = secret().transaction_code(Uuid::nil());
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        for (typed, right) in [(code.as_str(), true), (&spaced, true), (&code[..5], false), ("", false)] {
            assert_eq!(secret().is_transaction_code(Uuid::nil(), typed), right, "{typed}");
        }
        assert!(!secret().is_transaction_code(Uuid::from_u128(1), &code));
    }

    #[test]
    fn a_challenge_says_what_it_is_for_and_until_when() {
        let id = Uuid::from_u128(9);
        for purpose in [For::KeyProof, For::Credential(id)] {
            let challenge = secret().challenge(purpose, until(), [3; 16]);
            let read = secret().read_challenge(&challenge).unwrap();
            assert_eq!((read.purpose, read.until), (purpose, until()));
            assert_ne!(secret().challenge(purpose, until(), [4; 16]), challenge);
            assert_eq!(ClaimSecret::new([2; 32]).read_challenge(&challenge), None, "a foreign one");
            assert_eq!(secret().read_challenge(&challenge[1..]), None);
        }
        assert_eq!(secret().read_challenge(&secret().ticket(Ticket::Offer, id)), None);
    }
}
