//! Status lists: Bitstring Status List v1.0.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Issuer;
use super::sign::timestamp;
use super::vocabulary::CREDENTIALS;
use crate::locales::Message;

/// How many bits each list has: the smallest that the standard allows (section 4.1).
pub const SIZE: i64 = 131_072;

/// The most bytes that a list may have when it is read: 64 million credentials.
const MOST_BYTES: u64 = 8 << 20;

/// Rounds of the Feistel network; three make it pseudorandom, one is for luck.
const ROUNDS: u8 = 4;

/// What a list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `revocation`: final.
    Revocation,
    /// `suspension`: for now.
    ///
    /// A badge has room for one status entry only, and that is for revocation (see
    /// [`super::credential()`]). What is suspended must therefore be set in the revocation list
    /// as long as it is suspended; this list says for whom that is not final.
    Suspension,
}

impl Purpose {
    /// The word of the standard, also in the list's address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Suspension => "suspension",
        }
    }
}

/// The index for the `counter`-th place of a list of `size` places: a permutation keyed by
/// `seed`, so that indexes say nothing about order.
///
/// Counters from 0 to `size - 1` give every index once; others wrap around. A list without places
/// gives 0.
pub fn scatter(seed: i64, counter: i64, size: i64) -> i64 {
    let Ok(places @ 1..) = u64::try_from(size) else { return 0 };
    let bits = u64::BITS - (places - 1).leading_zeros();
    let half = bits.div_ceil(2).max(1);
    let mask = (1_u64 << half) - 1;
    let mut place = counter.rem_euclid(size).unsigned_abs();
    // Cycle walking: the network permutes a power of four; what falls outside goes round again.
    // It comes back inside because the start was inside.
    loop {
        let (mut left, mut right) = (place >> half, place & mask);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ (mix(seed, size, round, right) & mask));
        }
        place = (left << half) | right;
        if place < places {
            return i64::try_from(place).unwrap_or(0);
        }
    }
}

fn mix(seed: i64, size: i64, round: u8, half: u64) -> u64 {
    let mut input = [0; 25];
    input[..8].copy_from_slice(&seed.to_be_bytes());
    input[8..16].copy_from_slice(&size.to_be_bytes());
    input[16..24].copy_from_slice(&half.to_be_bytes());
    input[24] = round;
    let hash = Sha256::digest(input);
    hash.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// The address of a list.
pub fn list_url(issuer: &Issuer, list: i64, purpose: Purpose) -> String {
    format!("{}/status/{list}-{}", issuer.public_url(), purpose.as_str())
}

/// The list credential (`BitstringStatusListCredential`), unsigned.
///
/// `set` holds the indexes whose bit is 1; those outside the list are left out. A `size` below
/// [`SIZE`] is raised to it.
pub fn list_document(
    issuer: &Issuer,
    list: i64,
    purpose: Purpose,
    size: i64,
    set: &[i64],
    valid_from: DateTime<Utc>,
) -> Value {
    let url = list_url(issuer, list, purpose);
    json!({
        "@context": [CREDENTIALS.url],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer.did(),
        "validFrom": timestamp(valid_from),
        "credentialSubject": {
            "id": format!("{url}#list"),
            "type": "BitstringStatusList",
            "statusPurpose": purpose.as_str(),
            "encodedList": encode(size, set),
        },
    })
}

/// The bits, compressed, as multibase base64url (section 4.2). Index 0 is the leftmost bit.
fn encode(size: i64, set: &[i64]) -> String {
    let bytes = usize::try_from(size.clamp(SIZE, 8 << 23).unsigned_abs().div_ceil(8)).unwrap_or_default();
    let mut bits = vec![0_u8; bytes];
    for index in set {
        let Ok(index) = usize::try_from(*index) else { continue };
        if let Some(byte) = bits.get_mut(index / 8) {
            *byte |= 0x80 >> (index % 8);
        }
    }
    // No time and no host in the header: the same bits give the same text.
    let mut gzip = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
    // Writing to a Vec cannot fail.
    let _ = gzip.write_all(&bits);
    format!("u{}", URL_SAFE_NO_PAD.encode(gzip.finish().unwrap_or_default()))
}

/// The bits of an `encodedList`.
pub(super) fn decode(encoded: &str) -> Result<Vec<u8>, Message> {
    let form = || Message::new("why-list-form");
    let text = encoded.strip_prefix('u').ok_or_else(form)?;
    let packed = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| form())?;
    let mut bits = Vec::new();
    let read = GzDecoder::new(packed.as_slice()).take(MOST_BYTES + 1).read_to_end(&mut bits);
    read.map_err(|_| form())?;
    if bits.len() as u64 > MOST_BYTES {
        return Err(Message::new("why-list-large"));
    }
    if (bits.len() as u64) * 8 < SIZE.unsigned_abs() {
        return Err(Message::new("why-list-small").with("size", SIZE.to_string()));
    }
    Ok(bits)
}

/// The bit at an index, or `None` outside the list.
pub(super) fn bit(bits: &[u8], index: usize) -> Option<bool> {
    bits.get(index / 8).map(|byte| byte & (0x80 >> (index % 8)) != 0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn scatter_gives_every_index_once(seed in any::<i64>(), size in 1_i64..600) {
            let indexes: BTreeSet<i64> = (0..size).map(|counter| scatter(seed, counter, size)).collect();
            prop_assert_eq!(indexes.len(), usize::try_from(size).unwrap());
            prop_assert!(indexes.iter().all(|index| (0..size).contains(index)));
        }

        #[test]
        fn scatter_is_total(seed in any::<i64>(), counter in any::<i64>(), size in any::<i64>()) {
            let index = scatter(seed, counter, size);
            prop_assert!(index == 0 || (0..size).contains(&index));
        }

        #[test]
        fn bits_come_back(set in proptest::collection::btree_set(0_i64..SIZE, 0..40)) {
            let bits = decode(&encode(SIZE, &set.iter().copied().collect::<Vec<_>>())).unwrap();
            prop_assert_eq!(bits.len(), 16_384);
            for index in 0..usize::try_from(SIZE).unwrap() {
                prop_assert_eq!(bit(&bits, index), Some(set.contains(&i64::try_from(index).unwrap())));
            }
        }

        #[test]
        fn decoding_never_panics(text in "u[A-Za-z0-9_-]{0,80}|.{0,40}") {
            let _ = decode(&text);
        }
    }

    /// The first places of many lists, and all places of one, fall into sixteen parts of a list as
    /// often as chance would have it: chi-square with 15 degrees of freedom, 45 is beyond 1 in 10,000.
    #[test]
    fn an_index_says_nothing_about_when_it_was_given() {
        let chi_square = |indexes: &[i64]| {
            let mut parts = [0_u32; 16];
            for index in indexes {
                parts[usize::try_from(index * 16 / SIZE).unwrap()] += 1;
            }
            let expected = f64::from(u32::try_from(indexes.len()).unwrap()) / 16.0;
            parts.iter().map(|found| (f64::from(*found) - expected).powi(2) / expected).sum::<f64>()
        };
        for counter in [0, 1, 2, 1_000, SIZE - 1] {
            let of_lists: Vec<i64> =
                (0..4_096_i64).map(|seed| scatter(seed * 7_919, counter, SIZE)).collect();
            assert!(chi_square(&of_lists) < 45.0, "place {counter} of 4,096 lists");
        }
        for seed in [0, 1, -1, i64::MIN, 20_261_129] {
            let early: Vec<i64> = (0..4_096).map(|counter| scatter(seed, counter, SIZE)).collect();
            assert!(chi_square(&early) < 45.0, "the first places of list {seed}");
        }
    }

    #[test]
    fn neighbours_do_not_stay_neighbours() {
        let near = (0..1000).filter(|n| (scatter(7, *n, SIZE) - scatter(7, n + 1, SIZE)).abs() < 64).count();
        assert!(near < 10, "{near}");
        assert_ne!(scatter(7, 0, SIZE), scatter(8, 0, SIZE));
    }

    #[test]
    fn a_long_list_is_a_permutation() {
        let mut seen = vec![false; 20_000];
        for counter in 0..20_000 {
            seen[usize::try_from(scatter(42, counter, 20_000)).unwrap()] = true;
        }
        assert!(seen.into_iter().all(|seen| seen));
    }

    #[test]
    fn the_first_bit_is_the_leftmost_and_strangers_are_left_out() {
        let bits = decode(&encode(0, &[0, 9, -1, SIZE, i64::MAX])).unwrap();
        assert_eq!(&bits[..3], &[0b1000_0000, 0b0100_0000, 0]);
        assert_eq!(bits.iter().map(|byte| byte.count_ones()).sum::<u32>(), 2);
        assert_eq!(bit(&bits, 131_072), None);
    }

    #[test]
    fn a_bomb_is_refused() {
        let mut gzip = GzBuilder::new().write(Vec::new(), Compression::best());
        gzip.write_all(&vec![0; usize::try_from(MOST_BYTES).unwrap() + 1]).unwrap();
        let bomb = format!("u{}", URL_SAFE_NO_PAD.encode(gzip.finish().unwrap()));
        assert!(decode(&bomb).unwrap_err().to_string().contains("larger"));
    }
}
