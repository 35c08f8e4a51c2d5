//! Symbols for badges, each in a square of 100 units.

/// A symbol's name and its shapes; `INK` and `FIELD` stand for the colours of lines and ground.
pub(super) const ICONS: [(&str, &str); 8] = [
    (
        "star",
        r#"<path d="M50 4 L61.8 37 L97 38 L69 59.5 L79 93 L50 73.5 L21 93 L31 59.5 L3 38 L38.2 37 Z" fill="INK"/>"#,
    ),
    (
        "check",
        r#"<path d="M14 54 L40 80 L88 24" fill="none" stroke="INK" stroke-width="15" stroke-linecap="round" stroke-linejoin="round"/>"#,
    ),
    (
        "book",
        r#"<path d="M50 22 C38 12 22 10 6 12 V80 C22 78 38 80 50 90 C62 80 78 78 94 80 V12 C78 10 62 12 50 22 Z" fill="INK"/><path d="M50 26 V84" stroke="FIELD" stroke-width="5"/>"#,
    ),
    (
        "heart",
        r#"<path d="M50 92 C20 68 5 52 5 33 C5 18 17 8 30 8 C39 8 46 13 50 20 C54 13 61 8 70 8 C83 8 95 18 95 33 C95 52 80 68 50 92 Z" fill="INK"/>"#,
    ),
    (
        "bolt",
        r#"<path d="M60 3 L16 57 H45 L39 97 L84 40 H55 Z" fill="INK" stroke="INK" stroke-width="4" stroke-linejoin="round"/>"#,
    ),
    (
        "code",
        r#"<path d="M32 26 L8 50 L32 74 M68 26 L92 50 L68 74 M60 12 L40 88" fill="none" stroke="INK" stroke-width="10" stroke-linecap="round" stroke-linejoin="round"/>"#,
    ),
    (
        "globe",
        r#"<g fill="none" stroke="INK" stroke-width="7"><circle cx="50" cy="50" r="44"/><ellipse cx="50" cy="50" rx="19" ry="44"/><path d="M8 36 H92 M8 64 H92"/></g>"#,
    ),
    (
        "cap",
        r#"<path d="M50 14 L98 36 L50 58 L2 36 Z" fill="INK"/><path d="M22 53 V72 C36 86 64 86 78 72 V53 L50 66 Z" fill="INK"/><path d="M91 40 V70" stroke="INK" stroke-width="5" stroke-linecap="round"/>"#,
    ),
];
