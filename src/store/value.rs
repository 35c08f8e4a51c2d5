//! Values as they go into and come out of both databases.

use std::borrow::Cow;

use chrono::{DateTime, SubsecRound as _, TimeZone as _, Utc};
use sha2::{Digest as _, Sha256};
use sqlx::{Decode, Postgres, Sqlite, Type, error::BoxDynError};
use uuid::Uuid;

use super::StoreError;

/// A time as both databases keep it: UTC, whole microseconds, years 1 to 9999.
/// `TIMESTAMPTZ` in PostgreSQL, microseconds since 1970 as `INTEGER` in SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Time(pub(super) DateTime<Utc>);

impl Time {
    pub(super) fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }
}

impl From<DateTime<Utc>> for Time {
    fn from(time: DateTime<Utc>) -> Self {
        // PostgreSQL refuses years before -4712; nothing of ours is outside these four digits.
        let edge = |year, month, day| Utc.with_ymd_and_hms(year, month, day, 0, 0, 0).single();
        let time = edge(1, 1, 1).map_or(time, |first| time.max(first));
        let time = edge(9999, 12, 31).map_or(time, |last| time.min(last));
        Self(time.trunc_subsecs(6))
    }
}

impl Type<Postgres> for Time {
    fn type_info() -> <Postgres as sqlx::Database>::TypeInfo {
        <DateTime<Utc> as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for Time {
    fn decode(value: <Postgres as sqlx::Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        <DateTime<Utc> as Decode<Postgres>>::decode(value).map(Self)
    }
}

impl Type<Sqlite> for Time {
    fn type_info() -> <Sqlite as sqlx::Database>::TypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }

    fn compatible(info: &<Sqlite as sqlx::Database>::TypeInfo) -> bool {
        <i64 as Type<Sqlite>>::compatible(info)
    }
}

impl<'r> Decode<'r, Sqlite> for Time {
    fn decode(value: <Sqlite as sqlx::Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        let micros = <i64 as Decode<Sqlite>>::decode(value)?;
        DateTime::from_timestamp_micros(micros)
            .map(Self)
            .ok_or_else(|| format!("{micros} is no time in microseconds since 1970").into())
    }
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Uuid,
    Text,
    Int,
    Bool,
    Time,
    Bytes,
}

/// A value to bind. Text is cleaned of NUL, which PostgreSQL cannot store: one odd webhook
/// must not fail the group commit of its neighbours.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Uuid(Option<Uuid>),
    Text(Option<String>),
    Int(Option<i64>),
    Bool(Option<bool>),
    Time(Option<Time>),
    Bytes(Option<Vec<u8>>),
    /// For `{in $n}`.
    Uuids(Vec<Uuid>),
    /// For `{in text $n}`.
    Texts(Vec<String>),
}

fn clean(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text }
}

macro_rules! value_from {
    ($($type:ty => |$value:ident| $make:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $make
            }
        }
    )*};
}

value_from! {
    Uuid => |id| Self::Uuid(Some(id));
    Option<Uuid> => |id| Self::Uuid(id);
    &str => |text| Self::Text(Some(clean(text.to_owned())));
    &String => |text| Self::Text(Some(clean(text.clone())));
    String => |text| Self::Text(Some(clean(text)));
    Cow<'_, str> => |text| Self::Text(Some(clean(text.into_owned())));
    Option<Cow<'_, str>> => |text| Self::Text(text.map(|text| clean(text.into_owned())));
    Option<&str> => |text| Self::Text(text.map(|text| clean(text.to_owned())));
    Option<String> => |text| Self::Text(text.map(clean));
    &Option<String> => |text| Self::Text(text.clone().map(clean));
    i64 => |number| Self::Int(Some(number));
    u32 => |number| Self::Int(Some(i64::from(number)));
    Option<i64> => |number| Self::Int(number);
    bool => |flag| Self::Bool(Some(flag));
    DateTime<Utc> => |time| Self::Time(Some(time.into()));
    Time => |time| Self::Time(Some(time));
    Option<Time> => |time| Self::Time(time);
    Option<DateTime<Utc>> => |time| Self::Time(time.map(Time::from));
    &[u8] => |bytes| Self::Bytes(Some(bytes.to_vec()));
    Option<&[u8]> => |bytes| Self::Bytes(bytes.map(<[u8]>::to_vec));
    Vec<Uuid> => |ids| Self::Uuids(ids);
    &[Uuid] => |ids| Self::Uuids(ids.to_vec());
    Vec<String> => |texts| Self::Texts(texts.into_iter().map(clean).collect());
}

/// The values of a statement or of one row, in the order of their numbers.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::value::Value::from($value)),*] };
}
pub(super) use values;

/// The longest text that is compared as it is.
const LONGEST_KEY: usize = 400;

/// A text of the outside world as a unique index can hold it: without NUL, and short, for
/// PostgreSQL's takes 2,704 bytes a row. What had to change is told apart by its SHA-256.
pub(super) fn key(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_KEY && !text.contains('\0') {
        return Cow::Borrowed(text);
    }
    let start = clean(shortened(text, LONGEST_KEY).to_owned());
    let start = shortened(&start, LONGEST_KEY);
    Cow::Owned(format!("{start}#{}", hex::encode(Sha256::digest(text.as_bytes()))))
}

/// The start of a text, at most so many bytes, whole characters.
pub(super) fn shortened(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or(text)
}

/// An e-mail address as addresses are compared: without outer space, in lower case.
pub(super) fn email_key(email: Option<&str>) -> Option<String> {
    let email = email?.trim().to_lowercase();
    (!email.is_empty()).then(|| key(&email).into_owned())
}

/// An institution's id as ids are compared: without outer space; capitals and zeros count.
pub(super) fn institution_key(id: Option<&str>) -> Option<String> {
    let id = id?.trim();
    (!id.is_empty()).then(|| key(id).into_owned())
}

/// A counter as it is handed out.
pub(super) fn count(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

/// A document to store.
pub(super) fn to_json<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Refused(format!("{what}: {error}")))
}

/// A stored document.
pub(super) fn from_json<T: serde::de::DeserializeOwned>(
    table: &'static str,
    column: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt {
        table,
        column,
        message: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_cut_to_microseconds_and_kept_in_range() {
        let time = DateTime::parse_from_rfc3339("2026-03-01T10:00:00.123456789Z").unwrap();
        assert_eq!(Time::from(time.to_utc()).0.to_rfc3339(), "2026-03-01T10:00:00.123456+00:00");
        assert_eq!(Time::from(DateTime::<Utc>::MIN_UTC).0.to_rfc3339(), "0001-01-01T00:00:00+00:00");
        assert_eq!(Time::from(DateTime::<Utc>::MAX_UTC).0.to_rfc3339(), "9999-12-31T00:00:00+00:00");
    }

    #[test]
    fn addresses_are_compared_without_case_and_outer_space() {
        assert_eq!(email_key(Some(" Ada@Example.TEST ")), Some("ada@example.test".to_owned()));
        assert_eq!(email_key(Some("  ")), None);
        assert_eq!(email_key(None), None);
    }

    #[test]
    fn long_keys_stay_different() {
        let (one, two) = ("é".repeat(5_000) + "1", "é".repeat(5_000) + "2");
        assert_ne!(key(&one), key(&two));
        assert_ne!(key("a\0"), key("a\u{FFFD}"));
        assert_eq!(key("item:4"), "item:4");
    }

    proptest! {
        #[test]
        fn keys_are_short_and_the_same_each_time(text in ".{0,2000}") {
            prop_assert!(key(&text).len() <= LONGEST_KEY + 65);
            prop_assert!(!key(&text).contains('\0'));
            prop_assert_eq!(key(&text), key(&text));
        }
    }
}
