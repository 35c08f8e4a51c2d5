//! Texts with holes: of the canonical form, and of the document as it leaves.

use std::cmp::Ordering;

/// What stands in a slot while a template is made: an address, so that it may stand everywhere, and
/// without anything that is written otherwise in N-Quads or JSON.
const MARK: &str = "urn:accolade-slot:";
/// Around the number of an anonymous node while a template is made: N-Quads hold no such character
/// elsewhere.
const NODE: [char; 2] = ['\u{1}', '\u{2}'];

/// The mark of a slot.
pub(super) fn mark(slot: usize) -> String {
    format!("{MARK}{slot}:")
}

/// Whether a text could be taken for one with marks.
pub(super) fn is_marked(text: &str) -> bool {
    text.contains(MARK)
}

/// The mark of an anonymous node.
pub(super) fn node_mark(node: usize) -> String {
    let [begin, end] = NODE;
    format!("{begin}{node}{end}")
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// The same in every badge.
    Text(String),
    /// The value of a slot.
    Slot(usize),
    /// The number that the canonical form gives to an anonymous node.
    Node(usize),
}

/// Cuts a text at its marks; `None` if a mark is broken.
pub(super) fn cut(mut text: &str) -> Option<Vec<Piece>> {
    let [begin, end] = NODE;
    let mut pieces = Vec::new();
    while !text.is_empty() {
        let at = [text.find(MARK), text.find(begin)].into_iter().flatten().min().unwrap_or(text.len());
        let (before, rest) = text.split_at(at);
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        text = if let Some(rest) = rest.strip_prefix(MARK) {
            let (number, rest) = rest.split_once(':')?;
            pieces.push(Piece::Slot(number.parse().ok()?));
            rest
        } else if let Some(rest) = rest.strip_prefix(begin) {
            let (number, rest) = rest.split_once(end)?;
            pieces.push(Piece::Node(number.parse().ok()?));
            rest
        } else {
            rest
        };
    }
    Some(pieces)
}

/// Adds pieces, joining texts.
pub(super) fn join(pieces: &mut Vec<Piece>, more: impl IntoIterator<Item = Piece>) {
    for piece in more {
        match (pieces.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
            (_, piece) => pieces.push(piece),
        }
    }
}

/// Whether two lines stand in the same order whatever their holes are filled with: they differ in what
/// comes before the first hole.
pub(super) fn are_ordered(one: &[Piece], other: &[Piece]) -> bool {
    let head = |line: &[Piece]| match line.first() {
        Some(Piece::Text(text)) => text.clone().into_bytes(),
        _ => Vec::new(),
    };
    head(one).iter().zip(&head(other)).any(|(a, b)| a.cmp(b) != Ordering::Equal)
}
