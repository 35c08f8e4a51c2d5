//! The canonical form: RDF Dataset Canonicalization 1.0 (RDFC-1.0) with SHA-256.
//!
//! The algorithm comes from `oxrdf`. Two things are kept away from it. In a dataset with graphs
//! that have anonymous names, it goes wrong when two anonymous nodes look alike at first sight;
//! credentials here have one graph only, and other datasets with such a tie are refused. And
//! where anonymous nodes that look alike refer to each other, the algorithm's work is factorial:
//! more than a few of them are refused, whoever wrote the document.

use std::collections::{BTreeMap, BTreeSet};

use oxrdf::dataset::{CanonicalizationAlgorithm, CanonicalizationHashAlgorithm};
use oxrdf::{BlankNodeRef, Dataset, GraphNameRef, NamedOrBlankNodeRef, QuadRef, TermRef};
use serde_json::Value;

use super::SignError;
use super::rdf::{self, RdfError};

/// How many nodes that look alike may refer to each other.
const MOST_LINKED_TIES: usize = 6;

impl From<RdfError> for SignError {
    fn from(error: RdfError) -> Self {
        match error {
            RdfError::Term(term) => Self::UnknownTerm(term),
            RdfError::Context(_) | RdfError::Value(_) => Self::Canonical(error.to_string()),
        }
    }
}

/// The canonical N-Quads of a document without its proof, by the contexts that it names.
pub fn document(document: &Value) -> Result<String, SignError> {
    dataset(rdf::dataset(document)?)
}

/// The canonical N-Quads of a dataset.
pub fn dataset(mut dataset: Dataset) -> Result<String, SignError> {
    refuse_ties(&dataset)?;
    dataset.canonicalize(CanonicalizationAlgorithm::Rdfc10 {
        hash_algorithm: CanonicalizationHashAlgorithm::Sha256,
    });
    let mut lines: Vec<String> = dataset.iter().map(|quad| format!("{quad} .\n")).collect();
    lines.sort_unstable();
    Ok(lines.concat())
}

fn refuse_ties(dataset: &Dataset) -> Result<(), SignError> {
    let mut quads: BTreeMap<&str, Vec<QuadRef<'_>>> = BTreeMap::new();
    for quad in dataset {
        let names: BTreeSet<&str> = blank_nodes(quad).into_iter().flatten().collect();
        for name in names {
            quads.entry(name).or_default().push(quad);
        }
    }
    // Two nodes tie when the input of their first-degree hashes is the same (RDFC-1.0, 4.6).
    let mut alike: BTreeMap<Vec<String>, Vec<&str>> = BTreeMap::new();
    for (name, quads) in &quads {
        alike.entry(first_degree(name, quads)).or_default().push(name);
    }
    let tied: BTreeSet<&str> = alike.into_values().filter(|nodes| nodes.len() > 1).flatten().collect();
    if tied.is_empty() {
        return Ok(());
    }
    if dataset.iter().any(|quad| matches!(quad.graph_name, GraphNameRef::BlankNode(_))) {
        let why = "anonymous objects in an anonymous graph cannot be told apart";
        return Err(SignError::Canonical(why.to_owned()));
    }
    let refers_to_tied = |name: &&&str| {
        let quads = quads.get(**name).into_iter().flatten();
        quads
            .flat_map(|quad| blank_nodes(*quad))
            .flatten()
            .any(|other| other != **name && tied.contains(other))
    };
    if tied.iter().filter(refers_to_tied).count() > MOST_LINKED_TIES {
        let why = "too many anonymous objects that refer to each other cannot be told apart";
        return Err(SignError::Canonical(why.to_owned()));
    }
    Ok(())
}

/// The names of the blank nodes of a quad.
fn blank_nodes(quad: QuadRef<'_>) -> [Option<&str>; 3] {
    [
        match quad.subject {
            NamedOrBlankNodeRef::BlankNode(node) => Some(node.as_str()),
            NamedOrBlankNodeRef::NamedNode(_) => None,
        },
        match quad.object {
            TermRef::BlankNode(node) => Some(node.as_str()),
            _ => None,
        },
        match quad.graph_name {
            GraphNameRef::BlankNode(node) => Some(node.as_str()),
            _ => None,
        },
    ]
}

fn first_degree(name: &str, quads: &[QuadRef<'_>]) -> Vec<String> {
    let seen =
        |node: BlankNodeRef<'_>| BlankNodeRef::new_unchecked(if node.as_str() == name { "a" } else { "z" });
    let mut lines: Vec<String> = quads
        .iter()
        .map(|quad| {
            let subject = match quad.subject {
                NamedOrBlankNodeRef::BlankNode(node) => seen(node).into(),
                named @ NamedOrBlankNodeRef::NamedNode(_) => named,
            };
            let object = match quad.object {
                TermRef::BlankNode(node) => seen(node).into(),
                other => other,
            };
            let graph = match quad.graph_name {
                GraphNameRef::BlankNode(node) => seen(node).into(),
                other => other,
            };
            QuadRef::new(subject, quad.predicate, object, graph).to_string()
        })
        .collect();
    lines.sort_unstable();
    lines
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::str::FromStr as _;

    use oxrdf::Quad;

    use super::*;

    fn read(lines: &str) -> Dataset {
        lines.lines().map(|line| Quad::from_str(line.trim_end_matches(" .")).unwrap()).collect()
    }

    #[test]
    fn names_of_anonymous_nodes_do_not_matter() {
        let one = read("_:x <urn:p> _:y .\n_:y <urn:q> \"1\" .\n_:z <urn:q> \"2\" .");
        let two = read("_:c <urn:q> \"2\" .\n_:b <urn:q> \"1\" .\n_:a <urn:p> _:b .");
        assert_eq!(dataset(one).unwrap(), dataset(two).unwrap());
    }

    #[test]
    fn equal_objects_without_links_are_told_apart() {
        let mut lines = String::new();
        for i in 0..50 {
            writeln!(lines, "<urn:s> <urn:p> _:n{i} .\n_:n{i} <urn:q> \"same\" .").unwrap();
        }
        let canonical = dataset(read(&lines)).unwrap();
        assert_eq!(canonical.lines().count(), 100);
        assert!(canonical.contains("_:c14n49 <urn:q>"), "{canonical}");
    }

    #[test]
    fn a_poison_graph_is_refused_and_not_worked_on() {
        let mut lines = String::new();
        for i in 0..12 {
            for j in 0..12 {
                if i != j {
                    writeln!(lines, "_:n{i} <urn:p> _:n{j} .").unwrap();
                }
            }
        }
        assert!(matches!(dataset(read(&lines)), Err(SignError::Canonical(_))));
    }

    #[test]
    fn a_tie_inside_an_anonymous_graph_is_refused() {
        let lines = "_:a <urn:p> \"1\" _:g .\n_:a <urn:q> \"2\" _:g .\n_:b <urn:p> \"1\" _:h .\n_:b <urn:q> \"2\" _:h .";
        assert!(matches!(dataset(read(lines)), Err(SignError::Canonical(_))));
    }
}
