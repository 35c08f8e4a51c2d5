//! Left-to-right and right-to-left in one line of plain text.

use super::Language;

/// The value, isolated from the words around it (FIRST STRONG ISOLATE … POP DIRECTIONAL ISOLATE)
/// if it is written in the other direction; without need no invisible character is added.
pub(super) fn isolated(value: &str, within: Language) -> String {
    let other = match within.dir() {
        "rtl" => value.chars().any(|c| c.is_alphabetic() && !right_to_left(c)),
        _ => value.chars().any(right_to_left),
    };
    if other { format!("\u{2068}{value}\u{2069}") } else { value.to_owned() }
}

/// Hebrew, Arabic and the other scripts from right to left, by their blocks (Unicode,
/// `DerivedBidiClass`).
fn right_to_left(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}'
        | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}
