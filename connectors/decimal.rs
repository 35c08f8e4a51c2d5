//! Exact decimals, without a detour through binary floating point: grades exactly at the mark are
//! frequent. All connectors read their grades here.

use rust_decimal::Decimal;
use serde_json::value::RawValue;

/// The largest mantissa of a [`Decimal`]: 96 bits.
const MANTISSA_MAX: u128 = (1 << 96) - 1;

/// Reads a JSON number (RFC 8259, section 6) as an exact decimal, without trailing zeros. A
/// leading `+` or zeros are taken too, since people type them.
///
/// Decimal places beyond what a [`Decimal`] holds are cut off, never rounded: `69.99…9` with any
/// number of nines does not become 70 and so does not reach a mark of 70. `None` when the text is
/// no number or the number is too large. The time grows with the text's length alone, whatever
/// the exponent.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let (negative, text) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
        None => (number, ""),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let exponent = exponent.map_or(Some(0), exponent_of)?;
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(Decimal::ZERO);
    }

    // The number is `digits` times ten to the minus `scale`.
    let mut scale = i64::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    let mut mantissa: u128 = 0;
    let mut taken: i64 = 0;
    let length = i64::try_from(digits.len()).ok()?;
    for digit in digits.bytes() {
        let next = mantissa * 10 + u128::from(digit - b'0');
        if next > MANTISSA_MAX {
            break;
        }
        mantissa = next;
        taken += 1;
    }
    scale -= length - taken;
    // What was cut off stood before the point.
    if taken < length && scale < 0 {
        return None;
    }
    while scale > 28 && mantissa > 0 {
        mantissa /= 10;
        scale -= 1;
    }
    while scale < 0 {
        mantissa = mantissa.checked_mul(10).filter(|mantissa| *mantissa <= MANTISSA_MAX)?;
        scale += 1;
    }
    let mantissa = i128::try_from(mantissa).ok()?;
    let scale = u32::try_from(scale.min(28)).ok()?;
    let value = Decimal::try_from_i128_with_scale(if negative { -mantissa } else { mantissa }, scale).ok()?;
    Some(value.normalize())
}

/// Reads a decimal that an LMS sends as a number or as a string: `75.5`, `"45.00000"`.
pub(crate) fn decimal_in(raw: &RawValue) -> Option<Decimal> {
    decimal(unquoted(raw))
}

/// The text of a number that may stand in quotes.
pub(crate) fn unquoted(raw: &RawValue) -> &str {
    let text = raw.get();
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

/// The exponent, clamped to where any number is too large or vanishes.
fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse::<i64>().unwrap_or(i64::MAX).min(1_000_000_000);
    Some(if text.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn json_numbers_are_read_exactly() {
        for (text, value) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("41", "41"),
            ("39.45205", "39.45205"),
            ("-1.50", "-1.5"),
            ("1e2", "100"),
            ("12.5E-1", "1.25"),
            (" 7 ", "7"),
            ("007", "7"),
            ("+7", "7"),
            ("1e28", "10000000000000000000000000000"),
            ("79228162514264337593543950335.9", "79228162514264337593543950335"),
            ("7922816251426433759354395033.55", "7922816251426433759354395033.5"),
            ("4.440892098500626E-16", "0.0000000000000004440892098500"),
            ("1e-999999999999999999999", "0"),
            ("0e999999999999999999999", "0"),
        ] {
            assert_eq!(decimal(text), Some(value.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_or_too_large_is_none() {
        for text in [
            "",
            "-",
            "1.",
            ".5",
            "1,5",
            "1_000",
            "85%",
            "1e",
            "0x10",
            "NaN",
            "nan",
            "Infinity",
            "-inf",
            "1e29",
            "1e30",
            "1e400",
            "79228162514264337593543950336",
            "792281625142643375935439503360e-1",
            "--1",
            "1 2",
            "é",
            "٧",
            "null",
            "true",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_each_lms_sends_them() {
        let of = |text: &str| decimal_in(&serde_json::from_str::<Box<RawValue>>(text).unwrap());
        for (text, value) in [
            (r#""45.00000""#, "45"),
            ("75.5", "75.5"),
            (r#""143.0""#, "143"),
            ("39.45205", "39.45205"),
            ("100", "100"),
            (r#"" 70 ""#, "70"),
        ] {
            assert_eq!(of(text).unwrap().to_string(), value, "{text}");
        }
        for text in ["null", "true", r#""""#, r#""A-""#, r#""-""#, "[75.5]", r#"{"score": 75.5}"#] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn huge_texts_and_exponents_are_done_with_quickly() {
        let digits = "9".repeat(2_000_000);
        let began = Instant::now();
        for text in [
            digits.clone(),
            format!("0.{digits}"),
            format!("69.{digits}e-{digits}"),
            format!("1e{digits}"),
            format!("1e-{digits}"),
            format!("{}1e-2000000", "0".repeat(2_000_000)),
            "1e2147483648".to_owned(),
            "1e-9223372036854775809".to_owned(),
        ] {
            let _ = decimal(&text);
        }
        // Seconds are not measured here: a loop over the exponent would take years.
        assert!(began.elapsed() < Duration::from_secs(20));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[-+]?[0-9.eE+-]{0,60}|.{0,20}") {
            let _ = decimal(&text);
        }

        #[test]
        fn keeps_every_digit_that_the_type_can_carry(
            low in any::<u32>(), mid in any::<u32>(), high in any::<u32>(), negative: bool, scale in 0u32..=28,
        ) {
            let value = Decimal::from_parts(low, mid, high, negative, scale);
            prop_assert_eq!(decimal(&value.to_string()), Some(value));
        }

        #[test]
        fn is_the_longest_beginning_of_the_digits_that_fits(
            whole in "[1-9][0-9]{0,27}", fraction in "[0-9]{1,60}",
        ) {
            let read = decimal(&format!("{whole}.{fraction}")).unwrap();
            // The same by the library: shorten the fraction until it fits.
            let fits = |places: usize| Decimal::from_str_exact(&format!("{whole}.{}", &fraction[..places]));
            let expected = (1..=fraction.len().min(28)).rev().find_map(|places| fits(places).ok());
            prop_assert_eq!(read, expected.unwrap_or_else(|| whole.parse().unwrap()));
        }

        #[test]
        fn never_rounds_up_to_the_mark(mark in 1i64..1_000_000, places in 0u32..6, nines in 1usize..200) {
            let mark = Decimal::new(mark, places);
            let unit = Decimal::new(1, places);
            // One unit below the mark, and nines without end behind it.
            let below = format!("{:.*}", places as usize, mark - unit);
            let point = if places == 0 { "." } else { "" };
            let read = decimal(&format!("{below}{point}{}", "9".repeat(nines))).unwrap();
            prop_assert!(read < mark, "{} {}", read, mark);
            prop_assert!(read >= mark - unit);
        }

        #[test]
        fn the_exponent_only_moves_the_point(mantissa in any::<i32>(), exponent in -18i32..=18) {
            let value = decimal(&format!("{mantissa}e{exponent}")).unwrap();
            let ten = |power: i32| Decimal::from(10i64.pow(power.unsigned_abs()));
            let expected = Decimal::from(mantissa);
            let expected = if exponent < 0 { expected / ten(exponent) } else { expected * ten(exponent) };
            prop_assert_eq!(value, expected);
        }
    }
}
