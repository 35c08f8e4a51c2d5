//! What a client would rather have: the lists of `Accept` and `Accept-Language` with their weights
//! (RFC 9110, section 12.4.2).

/// Each range of such a header, in its order, with its weight in thousandths; without parameters of
/// its own, and without those whose weight is none.
pub fn weighted(header: &str) -> impl Iterator<Item = (&str, u16)> {
    header.split(',').filter_map(|item| {
        let mut parts = item.split(';');
        let range = parts.next()?.trim();
        let weight = parts
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(Some(1000), |(_, value)| thousandths(value.trim()))?;
        Some((range, weight))
    })
}

/// `0.8` as 800; nothing for what is no weight.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read_as_the_standard_writes_them() {
        let read = |header| weighted(header).collect::<Vec<_>>();
        assert_eq!(read("de-AT, en;q=0.8 , *;Q=0.001;x=y"), [("de-AT", 1000), ("en", 800), ("*", 1)]);
        assert_eq!(read("text/html;level=1;q=1.000, a/b;q=0"), [("text/html", 1000), ("a/b", 0)]);
        for none in ["a;q=2", "a;q=1.001", "a;q=0.1234", "a;q=.5", "a;q=-0", "a;q=x", "a;q=NaN", "a;q=é"] {
            assert_eq!(read(none), [], "{none}");
        }
    }
}
