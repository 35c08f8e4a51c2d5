//! Strings that must never be seen in a log, an error or a debug print.

use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq as _;

/// A secret string. `Debug` hides it; there is no `Display`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `given` is the secret, in time that depends on its length only.
    pub fn matches(&self, given: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(given).into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

/// One secret, or several that are valid side by side while one is being replaced.
///
/// In the configuration: a string, or a list of strings. Never empty, and no empty string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets(Vec<Secret>);

impl Secrets {
    /// Whether `given` is one of them; compares with every one, in constant time each.
    pub fn matches(&self, given: &[u8]) -> bool {
        self.0.iter().fold(false, |found, secret| secret.matches(given) | found)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Secret> {
        self.0.iter()
    }
}

impl<'de> Deserialize<'de> for Secrets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum OneOrMany {
            One(Secret),
            Many(Vec<Secret>),
        }
        let secrets = match OneOrMany::deserialize(deserializer)? {
            OneOrMany::One(secret) => vec![secret],
            OneOrMany::Many(secrets) => secrets,
        };
        if secrets.is_empty() || secrets.iter().any(|secret| secret.0.trim().is_empty()) {
            return Err(serde::de::Error::custom(
                "an empty secret would let everybody in; write the secret, or a list of secrets",
            ));
        }
        Ok(Self(secrets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::from("hunter2");
        assert_eq!(format!("{secret:?}"), "[secret]");
    }

    #[test]
    fn one_or_many_but_never_empty() {
        let one: Secrets = serde_json::from_str(r#""a""#).unwrap();
        assert!(one.matches(b"a") && !one.matches(b"b") && !one.matches(b""));
        let many: Secrets = serde_json::from_str(r#"["a","b"]"#).unwrap();
        assert!(many.matches(b"a") && many.matches(b"b") && !many.matches(b"c"));
        for empty in [r#""""#, r"[]", r#"["a",""]"#] {
            assert!(serde_json::from_str::<Secrets>(empty).is_err(), "{empty}");
        }
    }
}
