//! Which retired keys verifiers still need: those that may have signed a badge that lives.
//!
//! What a learner took home of a badge is signed when it is asked for: JWTs, records, what is in a
//! wallet. So a key may have signed every badge that there was before it retired, not only those that
//! are stored with its name, and one look at the oldest badge that lives decides about all keys.

use chrono::{DateTime, Utc};

use super::ANNOUNCED;
use crate::store::{IssuerKey, KeyState};

/// What was known, at some time, of the badges of an issuer that neither were withdrawn nor have ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Living {
    /// When one looked; nothing is known before the first look.
    looked: Option<DateTime<Utc>>,
    /// When the oldest of them was awarded.
    oldest: Option<DateTime<Utc>>,
}

impl Living {
    /// What a look showed.
    pub fn seen(looked: DateTime<Utc>, oldest: Option<DateTime<Utc>>) -> Self {
        Self { looked: Some(looked), oldest }
    }

    /// Whether verifiers are to find this key.
    pub fn needs(self, key: &IssuerKey) -> bool {
        match key.state {
            KeyState::Compromised => false,
            KeyState::Announced | KeyState::Active => true,
            KeyState::Retired => {
                let (Some(retired), Some(looked)) = (key.retired_at, self.looked) else { return true };
                // A process may see a little later that another key signs. What was awarded after one
                // looked is not known.
                let end = retired + ANNOUNCED;
                end >= looked || self.oldest.is_some_and(|oldest| oldest <= end)
            }
        }
    }
}
