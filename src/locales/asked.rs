//! Which language a browser asks for (RFC 9110, section 12.5.4; look-up of RFC 4647, section 3.4).

use super::Language;
use crate::negotiation::weighted;

impl Language {
    /// The language that an `Accept-Language` header likes best, of those that are here. None if
    /// it asks for none of them.
    pub fn asked_for(header: &str) -> Option<Self> {
        let mut best: Option<(Self, u16)> = None;
        for (range, weight) in weighted(header).filter(|(_, weight)| *weight > 0) {
            let Some(language) = Self::of_tag(range) else { continue };
            // The first of equals: browsers write their owner's first choice first.
            if best.is_none_or(|(_, known)| weight > known) {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_first_choice_that_is_here_is_taken() {
        for (header, language) in [
            ("de-AT,de;q=0.9,en;q=0.8", Some(Language::German)),
            ("nl, fr-CA;q=0.7, en;q=0.3", Some(Language::French)),
            ("en;q=0.2, ar;q=0.9", Some(Language::Arabic)),
            ("es, fr", Some(Language::Spanish)),
            ("de;q=0, en", Some(Language::English)),
            ("de;q=0", None),
            ("zh-Hans-CN, *", None),
            ("", None),
            (";;,,=,de;q=x,fr;q=7,es;q=NaN", None),
        ] {
            assert_eq!(Language::asked_for(header), language, "{header}");
        }
    }
}
