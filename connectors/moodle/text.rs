//! Text for people, out of Moodle's HTML.

/// The text of a piece of HTML: tags removed, character references decoded, white space
/// collapsed.
pub(super) fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        rest = if let Some(after) = after_tag(from) {
            after
        } else if let Some((character, after)) = reference(from) {
            text.push(character);
            after
        } else {
            // A `<` or `&` that begins neither stands for itself.
            let mut characters = from.chars();
            text.extend(characters.next());
            characters.as_str()
        };
    }
    text.push_str(rest);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What follows the tag with which `html` begins. A `>` inside a quoted attribute ends no tag.
fn after_tag(html: &str) -> Option<&str> {
    let inner = html.strip_prefix('<')?;
    if !inner.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '/' | '!')) {
        return None;
    }
    let mut quote = None;
    for (at, character) in inner.char_indices() {
        match (quote, character) {
            (None, '>') => return inner.get(at + 1..),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    None
}

/// The character that `html` begins with a reference to, and what follows.
fn reference(html: &str) -> Option<(char, &str)> {
    let (name, after) = html.strip_prefix('&')?.split_once(';')?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((character, after))
}

/// The letter or scale value in a formatted grade; `None` where it is only a number.
pub(super) fn grade_word(html: &str) -> Option<String> {
    let text = plain(html);
    text.contains(char::is_alphabetic).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_go_and_references_are_decoded() {
        let icon = r#"<i class="icon fa fa-check"  title="Pass > 1" aria-label="Pass"></i>Competent"#;
        assert_eq!(plain(icon), "Competent");
        assert_eq!(plain("R&amp;D &lt;b&gt; &#65;&#x42; 0&ndash;100"), "R&D <b> AB 0–100");
        assert_eq!(plain("a < b & c"), "a < b & c");
        assert_eq!(plain("&unknown; &#xFFFFFFFF;"), "&unknown; &#xFFFFFFFF;");
        assert_eq!(plain("<i unclosed"), "<i unclosed");
    }

    #[test]
    fn only_words_are_a_grade_word() {
        assert_eq!(grade_word("<i></i>Not yet competent").as_deref(), Some("Not yet competent"));
        assert_eq!(grade_word("B+ (82.00)").as_deref(), Some("B+ (82.00)"));
        for number in ["80.00", "80,00", "82.00 %", "-", ""] {
            assert_eq!(grade_word(number), None, "{number}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(html in ".*") {
            plain(&html);
        }
    }
}
