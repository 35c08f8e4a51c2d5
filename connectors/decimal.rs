//! Exact decimals out of JSON numbers, without a detour through binary floating point.

use rust_decimal::Decimal;

/// The largest mantissa of a [`Decimal`]: 96 bits.
const MANTISSA_MAX: u128 = (1 << 96) - 1;

/// Reads a JSON number (RFC 8259, section 6) as an exact decimal. A leading `+` or zeros are
/// taken too, since people type them.
///
/// Digits beyond what a [`Decimal`] holds are cut off, never rounded: `69.99…9` with any number
/// of nines does not become 70 and so does not reach a mark of 70. `None` when the text is no
/// number or the number is too large.
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
            ("4.440892098500626E-16", "0.0000000000000004440892098500"),
            ("1e-999999999999999999999", "0"),
            ("0e999999999999999999999", "0"),
        ] {
            assert_eq!(decimal(text), Some(value.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_or_too_large_is_none() {
        for text in
            ["", "-", "1.", ".5", "1,5", "85%", "1e", "0x10", "NaN", "1e30", "1e400", "--1", "1 2", "é"]
        {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    #[test]
    fn digits_beyond_the_last_are_cut_off_not_rounded_up_to_the_mark() {
        let nines = format!("69.{}", "9".repeat(60));
        assert!(decimal(&nines).unwrap() < Decimal::from(70));
        let negative = format!("-0.{}", "9".repeat(60));
        assert!(decimal(&negative).unwrap() > Decimal::from(-1));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[-+]?[0-9.eE+-]{0,60}") {
            let _ = decimal(&text);
        }

        #[test]
        fn agrees_with_the_library_where_that_is_exact(mantissa in any::<i64>(), scale in 0u32..20) {
            let value = Decimal::new(mantissa, scale);
            prop_assert_eq!(decimal(&value.to_string()), Some(value));
        }
    }
}
