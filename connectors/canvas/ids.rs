//! Canvas ids. A Canvas installation is split into shards; an id is local to its shard, or
//! global: shard × 10^13 + local. The same object shows up as `48`, as `11070000000000048`, and
//! in API paths as `1107~48`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many local ids a shard has: what a global id is divided by.
const SHARD_SIZE: u64 = 10_000_000_000_000;

/// An id, in one form for all spellings: seen from the institution's own shard.
///
/// Its text is the local id for objects of that shard (`48`), else `shard~local`. The API takes
/// both, and learners of two shards with the same local number stay apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(super) struct Id {
    shard: Option<u64>,
    local: u64,
}

impl Id {
    /// Reads any of the three spellings; `None` if it is none of them.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (shard, local) = if let Some((shard, local)) = text.split_once('~') {
            (Some(digits(shard)?), digits(local)?)
        } else {
            let id = digits(text)?;
            let shard = id / SHARD_SIZE;
            ((shard > 0).then_some(shard), id % SHARD_SIZE)
        };
        let valid = local > 0 && local < SHARD_SIZE && shard != Some(0);
        valid.then_some(Self { shard, local })
    }

    /// The shard that the spelling names; `None` for a local id.
    pub(super) fn shard(self) -> Option<u64> {
        self.shard
    }

    /// The same id as seen from the shard `home`: local if it lives there.
    pub(super) fn seen_from(self, home: Option<u64>) -> Self {
        if self.shard == home { Self { shard: None, ..self } } else { self }
    }
}

/// Digits only: `u64::from_str` would take a plus sign too.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shard {
            Some(shard) => write!(f, "{shard}~{}", self.local),
            None => write!(f, "{}", self.local),
        }
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for Id {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| format!("“{text}” is no Canvas id"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(spelling: &str, home: u64) -> String {
        Id::parse(spelling).unwrap().seen_from(Some(home)).to_string()
    }

    #[test]
    fn ids_of_the_own_shard_become_local() {
        assert_eq!(text("11070000000000048", 1107), "48");
        assert_eq!(text("1107~48", 1107), "48");
        assert_eq!(text("48", 1107), "48");
    }

    #[test]
    fn ids_of_another_shard_keep_it() {
        assert_eq!(text("11210000000000048", 1107), "1121~48");
        assert_eq!(text("10000000000048", 1107), "1~48");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "0", "-1", "+1", "1.5", "a", "1~", "~1", "0~1", "1~2~3", "1107~10000000000000"] {
            assert_eq!(Id::parse(text), None, "{text}");
        }
        assert_eq!(Id::parse("99999999999999999999999"), None);
        assert_eq!(Id::parse("11070000000000000"), None, "local part 0");
    }

    proptest! {
        #[test]
        fn all_spellings_of_an_id_are_one(shard in 1_u64..1_800_000, local in 1..SHARD_SIZE, home in 1_u64..1_800_000) {
            let global = Id::parse(&(shard * SHARD_SIZE + local).to_string()).unwrap();
            let tilde = Id::parse(&format!("{shard}~{local}")).unwrap();
            prop_assert_eq!(global, tilde);
            let here = Id::parse(&local.to_string()).unwrap();
            prop_assert_eq!(global.seen_from(Some(shard)), here);
            prop_assert_eq!(global.seen_from(Some(home)) == here.seen_from(Some(home)), shard == home);
            prop_assert_eq!(Id::parse(&global.to_string()), Some(global));
        }

        #[test]
        fn any_text_is_read_without_panic(text in ".*") {
            if let Some(id) = Id::parse(&text) {
                prop_assert_eq!(Id::parse(&id.to_string()), Some(id));
            }
        }
    }
}
