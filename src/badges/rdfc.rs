//! RDF Dataset Canonicalization 1.0 (RDFC-1.0, W3C Recommendation) with SHA-256. Pure.
//!
//! Every mention of a related node counts, also a repeated one (section 4.8.3, step 3): with a set
//! in the place of that list the labels come out otherwise as soon as two anonymous nodes tie
//! inside graphs with anonymous names.

use std::collections::BTreeMap;

use oxrdf::{BlankNodeRef, Dataset, GraphNameRef, NamedOrBlankNodeRef, QuadRef, TermRef};
use sha2::{Digest as _, Sha256};

/// How many steps are spent on nodes that look alike, in one dataset. A step is a node that is
/// named, a mention that is hashed, or a name that is copied; all of them take a second at most.
/// A credential with look-alike evidence or proofs takes some hundreds; a graph that was made to be
/// hard takes factorials.
const MOST_WORK: usize = 500_000;

/// How deep nodes that look alike may refer to each other: the work is recursive.
const DEEPEST: usize = 64;

/// The dataset asks for more work than any credential does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMuchWork;

/// The canonical N-Quads.
pub(super) fn canonical(dataset: &Dataset) -> Result<String, TooMuchWork> {
    let mut work = Canonicaliser::of(dataset);
    work.label()?;
    let name = |node: &str| work.canonical.get(node).unwrap_or_default();
    let mut lines: Vec<String> = dataset.iter().map(|quad| line(quad, &name)).collect();
    lines.sort_unstable();
    Ok(lines.concat())
}

/// Issues names, and remembers in which order (section 4.5).
#[derive(Clone)]
struct Names<'a> {
    prefix: &'static str,
    numbers: BTreeMap<&'a str, usize>,
    order: Vec<&'a str>,
}

impl<'a> Names<'a> {
    fn new(prefix: &'static str) -> Self {
        Self { prefix, numbers: BTreeMap::new(), order: Vec::new() }
    }

    fn get(&self, node: &str) -> Option<String> {
        self.numbers.get(node).map(|number| format!("{}{number}", self.prefix))
    }

    fn issue(&mut self, node: &'a str) -> String {
        let number = *self.numbers.entry(node).or_insert_with(|| {
            self.order.push(node);
            self.order.len() - 1
        });
        format!("{}{number}", self.prefix)
    }
}

struct Canonicaliser<'a> {
    /// The quads of each blank node.
    quads: BTreeMap<&'a str, Vec<QuadRef<'a>>>,
    /// The hash of each blank node by its own quads alone.
    first: BTreeMap<&'a str, String>,
    canonical: Names<'a>,
    work_left: usize,
}

impl<'a> Canonicaliser<'a> {
    fn of(dataset: &'a Dataset) -> Self {
        let mut quads: BTreeMap<&str, Vec<QuadRef<'_>>> = BTreeMap::new();
        for quad in dataset {
            let mut names: Vec<&str> = blank_nodes(quad).map(|(node, _)| node).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                quads.entry(name).or_default().push(quad);
            }
        }
        let first = quads.iter().map(|(name, quads)| (*name, first_degree(name, quads))).collect();
        Self { quads, first, canonical: Names::new("c14n"), work_left: MOST_WORK }
    }

    fn spend(&mut self, steps: usize) -> Result<(), TooMuchWork> {
        self.work_left = self.work_left.checked_sub(steps).ok_or(TooMuchWork)?;
        Ok(())
    }

    /// Section 4.4.3, steps 3 to 5.
    fn label(&mut self) -> Result<(), TooMuchWork> {
        let mut alike: BTreeMap<String, Vec<&'a str>> = BTreeMap::new();
        for (name, hash) in &self.first {
            alike.entry(hash.clone()).or_default().push(name);
        }
        for nodes in alike.values() {
            if let [node] = nodes.as_slice() {
                self.canonical.issue(node);
            }
        }
        for nodes in alike.into_values().filter(|nodes| nodes.len() > 1) {
            let mut found = Vec::new();
            for node in nodes {
                if self.canonical.get(node).is_some() {
                    continue;
                }
                let mut names = Names::new("b");
                names.issue(node);
                found.push(self.n_degree(node, names, 0)?);
            }
            found.sort_by(|(one, _), (other, _)| one.cmp(other));
            for node in found.into_iter().flat_map(|(_, names)| names.order) {
                self.canonical.issue(node);
            }
        }
        Ok(())
    }

    /// Hash Related Blank Node (section 4.7).
    fn related(&self, node: &str, quad: QuadRef<'_>, names: &Names<'a>, position: char) -> String {
        let mut input = position.to_string();
        if position != 'g' {
            input.push_str(&quad.predicate.to_string());
        }
        match self.canonical.get(node).or_else(|| names.get(node)) {
            Some(name) => input.extend(["_:", &name]),
            None => input.push_str(self.first.get(node).map_or("", String::as_str)),
        }
        hash(&input)
    }

    /// Hash N-Degree Quads (section 4.8).
    fn n_degree(
        &mut self,
        node: &str,
        mut names: Names<'a>,
        depth: usize,
    ) -> Result<(String, Names<'a>), TooMuchWork> {
        if depth > DEEPEST {
            return Err(TooMuchWork);
        }
        let quads = self.quads.get(node).cloned().unwrap_or_default();
        self.spend(1 + quads.len())?;
        let mut mentions: BTreeMap<String, Vec<&'a str>> = BTreeMap::new();
        for quad in quads {
            for (other, position) in blank_nodes(quad).filter(|(other, _)| *other != node) {
                mentions.entry(self.related(other, quad, &names, position)).or_default().push(other);
            }
        }
        let mut data = String::new();
        for (related, mut nodes) in mentions {
            data.push_str(&related);
            nodes.sort_unstable();
            let mut chosen: Option<(String, Names<'a>)> = None;
            loop {
                let best = chosen.as_ref().map(|(path, _)| path.as_str());
                if let Some(better) = self.path(&nodes, &names, best, depth)? {
                    chosen = Some(better);
                }
                if !next_order(&mut nodes) {
                    break;
                }
            }
            if let Some((path, issued)) = chosen {
                data.push_str(&path);
                names = issued;
            }
        }
        Ok((hash(&data), names))
    }

    /// The path of related nodes in one order, unless `best` comes before it (step 5.4).
    fn path(
        &mut self,
        nodes: &[&'a str],
        names: &Names<'a>,
        best: Option<&str>,
        depth: usize,
    ) -> Result<Option<(String, Names<'a>)>, TooMuchWork> {
        self.spend(nodes.len() + names.order.len())?;
        let worse = |path: &str| best.is_some_and(|best| path.len() >= best.len() && path > best);
        let (mut names, mut path, mut unknown) = (names.clone(), String::new(), Vec::new());
        for node in nodes {
            let name = self.canonical.get(node).unwrap_or_else(|| {
                if names.get(node).is_none() {
                    unknown.push(*node);
                }
                names.issue(node)
            });
            path.extend(["_:", &name]);
            if worse(&path) {
                return Ok(None);
            }
        }
        for node in unknown {
            self.spend(names.order.len())?;
            let (hash, issued) = self.n_degree(node, names.clone(), depth + 1)?;
            path.extend(["_:", &names.issue(node), "<", &hash, ">"]);
            names = issued;
            if worse(&path) {
                return Ok(None);
            }
        }
        Ok(best.is_none_or(|best| path.as_str() < best).then_some((path, names)))
    }
}

/// The next order of the nodes; equal nodes are not exchanged. False after the last.
fn next_order(nodes: &mut [&str]) -> bool {
    let Some(fall) = nodes.windows(2).rposition(|pair| pair.first() < pair.last()) else { return false };
    let Some(larger) = nodes.iter().rposition(|node| Some(node) > nodes.get(fall)) else { return false };
    nodes.swap(fall, larger);
    if let Some(rest) = nodes.get_mut(fall + 1..) {
        rest.reverse();
    }
    true
}

/// Hash First Degree Quads (section 4.6).
fn first_degree(node: &str, quads: &[QuadRef<'_>]) -> String {
    let name = |other: &str| if other == node { "a" } else { "z" }.to_owned();
    let mut lines: Vec<String> = quads.iter().map(|quad| line(*quad, &name)).collect();
    lines.sort_unstable();
    hash(&lines.concat())
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// The blank nodes of a quad with their positions.
pub(super) fn blank_nodes(quad: QuadRef<'_>) -> impl Iterator<Item = (&str, char)> {
    let subject = match quad.subject {
        NamedOrBlankNodeRef::BlankNode(node) => Some((node.as_str(), 's')),
        NamedOrBlankNodeRef::NamedNode(_) => None,
    };
    let object = match quad.object {
        TermRef::BlankNode(node) => Some((node.as_str(), 'o')),
        _ => None,
    };
    let graph = match quad.graph_name {
        GraphNameRef::BlankNode(node) => Some((node.as_str(), 'g')),
        _ => None,
    };
    [subject, object, graph].into_iter().flatten()
}

/// A quad as a line of canonical N-Quads, with other names for its blank nodes.
pub(super) fn line(quad: QuadRef<'_>, name: &dyn Fn(&str) -> String) -> String {
    let (subject, object, graph);
    let subject = match quad.subject {
        NamedOrBlankNodeRef::BlankNode(node) => {
            subject = name(node.as_str());
            BlankNodeRef::new_unchecked(&subject).into()
        }
        named @ NamedOrBlankNodeRef::NamedNode(_) => named,
    };
    let object = match quad.object {
        TermRef::BlankNode(node) => {
            object = name(node.as_str());
            BlankNodeRef::new_unchecked(&object).into()
        }
        other => other,
    };
    let graph = match quad.graph_name {
        GraphNameRef::BlankNode(node) => {
            graph = name(node.as_str());
            BlankNodeRef::new_unchecked(&graph).into()
        }
        other => other,
    };
    format!("{} .\n", QuadRef::new(subject, quad.predicate, object, graph))
}
