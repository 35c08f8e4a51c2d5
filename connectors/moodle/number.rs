//! Numbers as Moodle writes them: ids as 4 or `"4"`, grades as `"45.00000"`, `75.5` or null.

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::decimal::{decimal_in, unquoted};

/// How many decimal places Moodle stores of a grade.
const PLACES: u32 = 5;

/// An id: a positive integer, as a number or as a string.
pub(super) fn id(raw: Option<&RawValue>) -> Option<u64> {
    id_text(unquoted(raw?))
}

/// An id in a text.
pub(super) fn id_text(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|id| *id > 0)
}

/// A small integer that may be 0, as a number or as a string.
pub(super) fn integer(raw: Option<&RawValue>) -> Option<i64> {
    unquoted(raw?).trim().parse().ok()
}

/// A time in whole seconds since 1970.
pub(super) fn time(seconds: Option<i64>) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds.filter(|seconds| *seconds > 0)?, 0)
}

/// The grade as Moodle would store it, without trailing zeros: an event that was sent before
/// storing may carry more places.
pub(super) fn stored(grade: Decimal) -> Decimal {
    grade.round_dp_with_strategy(PLACES, RoundingStrategy::MidpointAwayFromZero).normalize()
}

/// A member of an answer that is an id.
pub(super) fn member_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    id(Some(&raw)).ok_or_else(|| serde::de::Error::custom("not an id"))
}

/// A member of an answer that is an id, or missing, null or 0.
pub(super) fn member_optional_id<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u64>, D::Error> {
    Ok(id(Option::<Box<RawValue>>::deserialize(deserializer)?.as_deref()))
}

/// A member of an answer that is a decimal or null.
pub(super) fn member_decimal<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Decimal>, D::Error> {
    let Some(raw) = Option::<Box<RawValue>>::deserialize(deserializer)? else { return Ok(None) };
    match decimal_in(&raw) {
        Some(decimal) => Ok(Some(decimal)),
        None => Err(serde::de::Error::custom("not a number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn ids_are_numbers_or_strings_and_positive() {
        for text in ["4", r#""4""#, r#"" 4 ""#] {
            assert_eq!(id(Some(&raw(text))), Some(4), "{text}");
        }
        for text in ["-1", "0", "null", r#""""#, r#""{other_itemid}""#, "4.5", "[4]", "true"] {
            assert_eq!(id(Some(&raw(text))), None, "{text}");
        }
    }

    #[test]
    fn an_unrounded_grade_equals_the_stored_one() {
        let of = |text: &str| stored(decimal_in(&raw(text)).unwrap());
        assert_eq!(of("33.333333333333336"), of("33.33333"));
        assert_eq!(of(r#""45.00000""#).to_string(), "45");
        assert_ne!(of("59.99999"), of("60"));
    }
}
