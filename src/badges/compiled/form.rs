//! The canonical form of badges of one shape: its lines with holes, in groups whose order is known.

use std::borrow::Cow;
use std::ops::Range;

use oxrdf::{Dataset, NamedOrBlankNodeRef, TermRef};
use sha2::{Digest as _, Sha256};

use super::pieces::{Piece, are_ordered, cut, join, node_mark};
use crate::badges::rdfc;

/// The canonical form with holes.
#[derive(Debug)]
pub(super) struct Form {
    /// The anonymous nodes.
    nodes: Vec<Node>,
    /// The lines, by what they are about.
    blocks: Vec<Block>,
    /// How long it is, roughly.
    length: usize,
}

/// By what an anonymous node is told from the others: the hash of the lines that name it (RDFC-1.0,
/// section 4.6).
#[derive(Debug)]
enum Node {
    /// They have no holes.
    Known([u8; 32]),
    /// The lines.
    Open(Vec<Group>),
}

/// The lines about one thing. All lines of a block stand together: no subject, with the space after it,
/// begins like another one.
#[derive(Debug)]
struct Block {
    /// The subject, with the space after it.
    subject: Vec<Piece>,
    /// The lines from their beginning, if `subject` has no holes; else what follows it.
    groups: Vec<Group>,
}

/// Lines whose place among the others is known.
#[derive(Debug)]
enum Group {
    /// So is their order: the pieces of all of them.
    Fixed(Vec<Vec<Piece>>),
    /// They are put in order when the holes are filled.
    Loose(Vec<Vec<Piece>>),
}

/// Puts lines with holes into groups.
fn groups(mut lines: Vec<Vec<Piece>>, cut_lines: bool) -> Vec<Group> {
    // Where the texts before the first holes differ they alone decide.
    lines.sort_by(|one, other| text(one).cmp(text(other)));
    let mut groups: Vec<Group> = Vec::new();
    let mut begin = 0;
    while begin < lines.len() {
        // As far as any line of the group has an open order with one after it.
        let mut end = begin + 1;
        let mut at = begin;
        while at < end {
            let open = (end..lines.len()).rev().find(|other| !are_ordered(&lines[at], &lines[*other]));
            end = open.map_or(end, |open| open + 1);
            at += 1;
        }
        match (&lines[begin..end], groups.last_mut()) {
            ([one], Some(Group::Fixed(before))) if cut_lines => before.push(one.clone()),
            ([one], Some(Group::Fixed(before))) => {
                if let Some(all) = before.last_mut() {
                    join(all, one.iter().cloned());
                }
            }
            ([one], _) => groups.push(Group::Fixed(vec![one.clone()])),
            (several, _) => groups.push(Group::Loose(several.to_vec())),
        }
        begin = end;
    }
    groups
}

/// The text up to the first hole.
fn text(line: &[Piece]) -> &str {
    match line.first() {
        Some(Piece::Text(text)) => text,
        _ => "",
    }
}

impl Form {
    /// The form of a dataset whose slots hold their marks.
    pub(super) fn of(marked: &Dataset) -> Option<Self> {
        let mut names: Vec<&str> = Vec::new();
        for quad in marked {
            // Proofs and endorsements: no badge that many learners get has them.
            if !quad.graph_name.is_default_graph() {
                return None;
            }
            if let NamedOrBlankNodeRef::BlankNode(node) = quad.subject {
                names.push(node.as_str());
            }
            if let TermRef::BlankNode(node) = quad.object {
                names.push(node.as_str());
            }
        }
        names.sort_unstable();
        names.dedup();
        let mut nodes = Vec::with_capacity(names.len());
        for name in &names {
            let about = marked.iter().filter(|quad| rdfc::blank_nodes(*quad).any(|(node, _)| node == *name));
            let as_seen = |other: &str| if other == *name { "a" } else { "z" }.to_owned();
            let lines = about.map(|quad| cut(&rdfc::line(quad, &as_seen))).collect::<Option<Vec<_>>>()?;
            nodes.push(Node::Open(groups(lines, false)));
        }
        let numbered = |name: &str| {
            let number = names.binary_search(&name).unwrap_or_default();
            format!("c14n{}", node_mark(number))
        };
        let length = marked.iter().map(|quad| rdfc::line(quad, &numbered).len()).sum();
        let mut by_subject: Vec<(String, Vec<String>)> = Vec::new();
        let mut lines: Vec<String> = marked.iter().map(|quad| rdfc::line(quad, &numbered)).collect();
        lines.sort_unstable();
        for line in lines {
            let (subject, rest) = line.split_at(line.find(' ')? + 1);
            match by_subject.last_mut() {
                Some((last, lines)) if last == subject => lines.push(rest.to_owned()),
                _ => by_subject.push((subject.to_owned(), vec![rest.to_owned()])),
            }
        }
        let mut blocks = Vec::with_capacity(by_subject.len());
        for (subject, lines) in by_subject {
            let subject = cut(&subject)?;
            let prefix = if is_fixed(&subject) { subject.as_slice() } else { &[] };
            let line = |rest: String| {
                let mut line = prefix.to_vec();
                join(&mut line, cut(&rest)?);
                Some(line)
            };
            let lines = lines.into_iter().map(line).collect::<Option<Vec<_>>>()?;
            let groups = groups(lines, prefix.is_empty());
            blocks.push(Block { subject, groups });
        }
        let mut form = Self { nodes, blocks, length };
        form.hash_what_is_known();
        Some(form)
    }

    /// Nodes without holes are hashed once for all.
    fn hash_what_is_known(&mut self) {
        for node in &mut self.nodes {
            let Node::Open(groups) = node else { continue };
            let mut lines = groups.iter().flat_map(Group::lines);
            if lines.all(|line| is_fixed(line)) {
                let mut text = String::new();
                let mut scratch = Scratch::default();
                if groups.iter().all(|group| group.write("", &Values::NONE, &mut scratch, &mut text, true)) {
                    *node = Node::Known(Sha256::digest(text).into());
                }
            }
        }
    }

    /// How much memory it takes, roughly.
    pub(super) fn size(&self) -> usize {
        2 * self.length
    }

    /// Writes the canonical text with these values in the holes, as N-Quads have them; what was in `text`
    /// before goes. `None` where the general path has to judge: two nodes or two lines are alike.
    pub(super) fn fill(&self, slots: &[&str], text: &mut String) -> Option<()> {
        let mut scratch = Scratch::default();
        text.reserve(self.length + self.length / 4);
        let mut hashes = Vec::with_capacity(self.nodes.len());
        for (number, node) in self.nodes.iter().enumerate() {
            let hash = match node {
                Node::Known(hash) => *hash,
                Node::Open(groups) => {
                    text.clear();
                    let values = Values { slots, labels: &[] };
                    groups.iter().all(|group| group.write("", &values, &mut scratch, text, true));
                    Sha256::digest(&*text).into()
                }
            };
            hashes.push((hash, number));
        }
        hashes.sort_unstable();
        if hashes.array_windows().any(|[(one, _), (other, _)]| one == other) {
            return None;
        }
        let mut labels = vec![0; hashes.len()];
        for (label, (_, number)) in hashes.into_iter().enumerate() {
            *labels.get_mut(number)? = label;
        }
        let values = Values { slots, labels: &labels };
        let mut subjects: Vec<(Cow<'_, str>, &Block)> = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let subject = match block.subject.as_slice() {
                [Piece::Text(subject)] => Cow::Borrowed(subject.as_str()),
                holes => {
                    let mut subject = String::with_capacity(96);
                    values.write(holes, &mut subject);
                    Cow::Owned(subject)
                }
            };
            subjects.push((subject, block));
        }
        subjects.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        if subjects.array_windows().any(|[(one, _), (other, _)]| one == other) {
            return None;
        }
        text.clear();
        for (subject, block) in subjects {
            let subject = if is_fixed(&block.subject) { "" } else { &*subject };
            let written =
                block.groups.iter().all(|group| group.write(subject, &values, &mut scratch, text, false));
            if !written {
                return None;
            }
        }
        Some(())
    }
}

fn is_fixed(pieces: &[Piece]) -> bool {
    pieces.iter().all(|piece| matches!(piece, Piece::Text(_)))
}

/// What is written into the holes.
struct Values<'a> {
    slots: &'a [&'a str],
    /// For each anonymous node the number that it gets.
    labels: &'a [usize],
}

impl Values<'_> {
    const NONE: Values<'static> = Values { slots: &[], labels: &[] };

    fn write(&self, pieces: &[Piece], text: &mut String) {
        for piece in pieces {
            match piece {
                Piece::Text(fixed) => text.push_str(fixed),
                Piece::Slot(slot) => text.push_str(self.slots.get(*slot).copied().unwrap_or_default()),
                Piece::Node(node) => push_number(self.labels.get(*node).copied().unwrap_or_default(), text),
            }
        }
    }
}

/// Adds a number as `write!` does, without its machinery.
fn push_number(number: usize, text: &mut String) {
    if number >= 10 {
        push_number(number / 10, text);
    }
    text.push(char::from(b"0123456789"[number % 10]));
}

/// Room to put lines in order.
#[derive(Default)]
struct Scratch {
    text: String,
    lines: Vec<Range<usize>>,
}

impl Group {
    fn lines(&self) -> &[Vec<Piece>] {
        match self {
            Self::Fixed(lines) | Self::Loose(lines) => lines,
        }
    }

    /// Adds the lines. False if two are the same, unless that may be.
    fn write(
        &self,
        subject: &str,
        values: &Values<'_>,
        scratch: &mut Scratch,
        text: &mut String,
        same: bool,
    ) -> bool {
        let lines = match self {
            Self::Fixed(lines) => {
                for line in lines {
                    text.push_str(subject);
                    values.write(line, text);
                }
                return true;
            }
            Self::Loose(lines) => lines,
        };
        scratch.text.clear();
        scratch.lines.clear();
        for line in lines {
            let begin = scratch.text.len();
            values.write(line, &mut scratch.text);
            scratch.lines.push(begin..scratch.text.len());
        }
        let Scratch { text: all, lines } = scratch;
        let line = |range: &Range<usize>| all.get(range.clone()).unwrap_or_default();
        lines.sort_unstable_by(|one, other| line(one).cmp(line(other)));
        if !same && lines.array_windows().any(|[one, other]| line(one) == line(other)) {
            return false;
        }
        for range in lines.iter() {
            text.push_str(subject);
            text.push_str(line(range));
        }
        true
    }
}
