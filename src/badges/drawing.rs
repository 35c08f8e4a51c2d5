//! Texts in drawings: escaped, measured, wrapped and made small enough for their place.

use std::fmt::Write as _;

use resvg::usvg::{Group, Node};

use super::bake::render::{self, FAMILY};

/// What text is measured at, in units of the drawing; widths grow with the size.
const MEASURE: f32 = 100.0;
/// A space, in parts of the size.
const SPACE: f32 = 0.32;
/// More characters than that are never drawn, so that no text costs long.
const MOST_CHARS: usize = 600;

/// A text in lines that fit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted {
    /// The size of the letters.
    pub(super) size: f32,
    /// Its lines, not escaped.
    pub(super) lines: Vec<String>,
}

/// The room that a text has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// How long a line may be.
    pub(super) width: f32,
    /// The size to begin with.
    pub(super) largest: f32,
    /// Below this size the text is cut instead.
    pub(super) smallest: f32,
    /// The most lines.
    pub(super) lines: usize,
}

/// Text as XML holds it, in an element or between double quotes; what XML 1.0 does not allow becomes
/// U+FFFD.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => out.push(c),
            _ => out.push('\u{fffd}'),
        }
    }
    out
}

/// The text in the largest size in which it fits; at the smallest it is cut with an ellipsis.
pub(super) fn fit(text: &str, bold: bool, room: Room) -> Fitted {
    let cut: String = text.chars().take(MOST_CHARS).collect();
    let words: Vec<(&str, f32)> =
        cut.split_whitespace().map(|word| (word, measure(word, bold).width / MEASURE)).collect();
    let mut size = room.largest;
    loop {
        if let Some(lines) = wrap(&words, size, room) {
            return Fitted { size, lines };
        }
        if size <= room.smallest {
            return Fitted { size, lines: cut_to(&words, bold, size, room) };
        }
        size = (size * 0.93).max(room.smallest);
    }
}

/// Whether there is a glyph for each character.
pub(super) fn has_glyphs(text: &str) -> bool {
    let cut: String = text.chars().take(MOST_CHARS).collect();
    cut.split_whitespace().all(|word| measure(word, false).complete)
}

/// The words in lines, if they fit.
fn wrap(words: &[(&str, f32)], size: f32, room: Room) -> Option<Vec<String>> {
    let mut lines: Vec<(String, f32)> = Vec::new();
    for (word, width) in words {
        let width = width * size;
        if width > room.width {
            return None;
        }
        match lines.last_mut() {
            Some((line, used)) if *used + SPACE * size + width <= room.width => {
                line.push(' ');
                line.push_str(word);
                *used += SPACE * size + width;
            }
            _ => lines.push(((*word).to_owned(), width)),
        }
        if lines.len() > room.lines {
            return None;
        }
    }
    Some(lines.into_iter().map(|(line, _)| line).collect())
}

/// As much as fits: long words are broken, and an ellipsis tells that there was more.
fn cut_to(words: &[(&str, f32)], bold: bool, size: f32, room: Room) -> Vec<String> {
    let pieces: Vec<String> = words
        .iter()
        .flat_map(|(word, width)| {
            if width * size > room.width {
                broken(word, bold, size, room.width)
            } else {
                vec![(*word).to_owned()]
            }
        })
        .collect();
    let measured: Vec<(&str, f32)> =
        pieces.iter().map(|piece| (piece.as_str(), measure(piece, bold).width / MEASURE)).collect();
    // Room for the ellipsis in every line: the last one is not known yet.
    let narrow = Room { width: room.width - size, ..room };
    let fitting = (0..=measured.len()).rev().find_map(|count| {
        wrap(measured.get(..count).unwrap_or_default(), size, narrow).map(|lines| (count, lines))
    });
    let (count, mut lines) = fitting.unwrap_or_default();
    if count < measured.len() {
        match lines.last_mut() {
            Some(line) => line.push('…'),
            None => lines.push("…".to_owned()),
        }
    }
    lines
}

/// A word in pieces that are short enough.
fn broken(word: &str, bold: bool, size: f32, width: f32) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        let Some(last) = pieces.last_mut() else { break };
        last.push(c);
        if last.chars().count() > 1 && measure(last, bold).width / MEASURE * size > width - size {
            last.pop();
            pieces.push(c.to_string());
        }
    }
    pieces
}

/// What drawing a text takes.
#[derive(Debug, Clone, Copy)]
struct Measured {
    /// Its width at [`MEASURE`].
    width: f32,
    /// Whether the fonts have every character.
    complete: bool,
}

fn measure(text: &str, bold: bool) -> Measured {
    let nothing = Measured { width: 0.0, complete: false };
    let mut svg = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\">");
    let weight = if bold { 700 } else { 400 };
    let _ = write!(
        svg,
        "<text font-family=\"{FAMILY}\" font-weight=\"{weight}\" font-size=\"{MEASURE}\">{}</text></svg>",
        escape(text)
    );
    let Ok(tree) = render::tree(&svg) else { return nothing };
    fn text_of(group: &Group) -> Option<&resvg::usvg::Text> {
        group.children().iter().find_map(|node| match node {
            Node::Text(text) => Some(&**text),
            Node::Group(group) => text_of(group),
            _ => None,
        })
    }
    let Some(text) = text_of(tree.root()) else { return nothing };
    let complete =
        text.layouted().iter().all(|span| span.positioned_glyphs.iter().all(|glyph| glyph.id.0 != 0));
    Measured { width: text.bounding_box().width(), complete }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROOM: Room = Room { width: 300.0, largest: 40.0, smallest: 12.0, lines: 2 };

    #[test]
    fn text_shrinks_then_is_cut() {
        let short = fit("Ada Example", true, ROOM);
        assert_eq!((short.size, short.lines.len()), (40.0, 1));
        let longer = fit("Maximiliane Friederike von Hohenberg-Lichtenstein", true, ROOM);
        assert!(longer.size < 40.0 && longer.lines.len() == 2, "{longer:?}");
        assert_eq!(longer.lines.join(" "), "Maximiliane Friederike von Hohenberg-Lichtenstein");
        let longest = fit(&"Donaudampfschifffahrt".repeat(20), true, ROOM);
        assert_eq!((longest.size, longest.lines.len()), (12.0, 2));
        assert!(longest.lines[1].ends_with('…'), "{longest:?}");
    }

    #[test]
    fn the_fonts_have_the_letters_of_the_languages() {
        for text in [
            "Ada Example",
            "Zoë Müller-Łukasiewicz",
            "Ελένη",
            "Владимир Ёлкин",
            "فاطمة الزهراء",
            "Nguyễn Thị Ánh",
        ] {
            assert!(has_glyphs(text), "{text}");
        }
        assert!(!has_glyphs("王小明"));
    }

    #[test]
    fn arabic_letters_are_joined() {
        // Joined letters are other glyphs, and narrower than the same letters kept apart.
        let joined = measure("بببب", false).width;
        let apart = measure("ب\u{200c}ب\u{200c}ب\u{200c}ب", false).width;
        assert!(joined < apart * 0.8, "{joined} {apart}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_is_written_fits(text in "\\PC{0,80}|[a-z]{0,200}|(?s).{0,40}", bold: bool) {
            let fitted = fit(&text, bold, ROOM);
            prop_assert!(fitted.lines.len() <= 2);
            for line in &fitted.lines {
                let width = measure(line, bold).width / MEASURE * fitted.size;
                prop_assert!(width <= ROOM.width * 1.02, "{width} {line}");
            }
        }
    }
}
