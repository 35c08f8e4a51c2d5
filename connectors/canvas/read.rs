//! Tolerant reading of Canvas's JSON: every member may be absent, and a number may be a number,
//! a text, or `{"numberStr": "143.0"}`.

use chrono::{DateTime, NaiveDateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use super::ids::Id;
use crate::decimal;

/// Walks down members; `Null` where one is missing.
pub(super) fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, member| value.get(member).unwrap_or(&Value::Null))
}

/// A text, or the digits of a number; `None` when empty or absent.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Object(members) => return members.get("numberStr").and_then(text),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A number, exactly as written. Canvas's own numbers are doubles, which `serde_json` reads
/// exactly with its feature `float_roundtrip` only.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    decimal::decimal(&text(value)?)
}

/// An id in any spelling. A number that lost its precision on the way (`1.1e16`) is none.
pub(super) fn id(value: &Value) -> Option<Id> {
    let text = text(value)?;
    Id::parse(text.strip_suffix(".0").unwrap_or(&text))
}

/// A truth value, also as text.
pub(super) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A time; without a zone it is UTC.
pub(super) fn time(value: &Value) -> Option<DateTime<Utc>> {
    let text = value.as_str()?.trim();
    DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).ok().or_else(|| {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().map(|time| time.and_utc())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_come_in_three_forms() {
        for form in [json!(143), json!(143.0), json!("143.0"), json!({"numberStr": "143.0"}), json!("1.43e2")]
        {
            assert_eq!(decimal(&form), Some(Decimal::from(143)), "{form}");
        }
        for none in [json!(null), json!(""), json!("A-"), json!({}), json!([1]), json!(true)] {
            assert_eq!(decimal(&none), None, "{none}");
        }
    }

    #[test]
    fn a_grade_just_below_the_mark_is_not_read_as_the_mark() {
        for mark in 1..=1000u16 {
            let below = f64::from(mark).next_down().to_string();
            let number: Value = serde_json::from_str(&below).unwrap();
            assert_eq!(decimal(&number).unwrap().to_string(), below);
            assert!(decimal(&number).unwrap() < Decimal::from(mark));
        }
    }

    #[test]
    fn a_grade_at_the_mark_stays_exact() {
        assert_eq!(decimal(&json!(69.95)).unwrap().to_string(), "69.95");
        assert_eq!(decimal(&json!("0.1")).unwrap() * Decimal::from(3), "0.3".parse().unwrap());
    }

    #[test]
    fn ids_come_as_texts_and_numbers() {
        let expected = Id::parse("1107~48");
        for form in [
            json!("11070000000000048"),
            json!(11_070_000_000_000_048_u64),
            json!({"numberStr": "11070000000000048"}),
        ] {
            assert_eq!(id(&form), expected, "{form}");
        }
        assert_eq!(id(&json!(48.0)), Id::parse("48"));
        assert_eq!(id(&json!(4.5)), None);
    }

    #[test]
    fn times_without_a_zone_are_utc() {
        assert_eq!(time(&json!("2025-03-04T10:00:00")), time(&json!("2025-03-04T11:00:00+01:00")));
        assert_eq!(time(&json!("yesterday")), None);
        assert_eq!(time(&json!(1_741_082_400)), None);
    }
}
