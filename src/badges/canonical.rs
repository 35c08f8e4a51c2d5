//! The canonical form: RDF Dataset Canonicalization 1.0 (RDFC-1.0) with SHA-256.
//!
//! The algorithm is in `rdfc`. Where anonymous nodes that look alike refer to each other, its work
//! is factorial: what asks for more than any credential does is refused, whoever wrote it.

use oxrdf::Dataset;
use serde_json::Value;

use super::rdf::{self, RdfError};
use super::{SignError, rdfc};

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
    dataset(&rdf::dataset(document)?)
}

/// The canonical N-Quads of a dataset.
pub fn dataset(dataset: &Dataset) -> Result<String, SignError> {
    rdfc::canonical(dataset).map_err(|rdfc::TooMuchWork| {
        let why = "too many anonymous objects that refer to each other cannot be told apart";
        SignError::Canonical(why.to_owned())
    })
}

/// Whether every verifier puts these lines in the same order. The standard orders by code points;
/// implementations in JavaScript order by UTF-16, which is another order where a character beyond
/// U+FFFF meets one of U+E000 to U+FFFF, as in the tags “😀” and “！”.
pub fn has_one_order(canonical: &str) -> bool {
    // Without a character beyond U+FFFF both orders are one; looked for many bytes at a time.
    let is_beyond = |bytes: &[u8]| bytes.iter().fold(0, |most, byte| most.max(*byte)) >= 0xf0;
    if !canonical.as_bytes().chunks(1024).any(is_beyond) {
        return true;
    }
    let (this, next) = (canonical.lines(), canonical.lines().skip(1));
    this.zip(next).all(|(one, other)| one.encode_utf16().le(other.encode_utf16()))
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
        assert_eq!(dataset(&one).unwrap(), dataset(&two).unwrap());
    }

    #[test]
    fn equal_objects_without_links_are_told_apart() {
        let mut lines = String::new();
        for i in 0..50 {
            writeln!(lines, "<urn:s> <urn:p> _:n{i} .\n_:n{i} <urn:q> \"same\" .").unwrap();
        }
        let canonical = dataset(&read(&lines)).unwrap();
        assert_eq!(canonical.lines().count(), 100);
        assert!(canonical.contains("_:c14n49 <urn:q>"), "{canonical}");
    }

    #[test]
    fn every_mention_of_a_tied_node_counts() {
        // Two proofs that are alike, of two badges of one learner; the result is that of
        // rdf-canonize 5.0.0. With mentions in a set, c14n4 and c14n5 change places.
        let lines = "<urn:all> <urn:proof> _:g1 .\n<urn:b0> <urn:learner> _:l0 .\n\
                     <urn:b0> <urn:proof> _:g0 .\n<urn:b1> <urn:learner> _:l1 .\n\
                     _:l0 <urn:hash> \"0\" .\n_:l1 <urn:hash> \"0\" .\n\
                     _:p0 <urn:type> <urn:Proof> _:g0 .\n_:p0 <urn:value> \"0\" _:g0 .\n\
                     _:p1 <urn:type> <urn:Proof> _:g1 .\n_:p1 <urn:value> \"0\" _:g1 .";
        let expected = "<urn:all> <urn:proof> _:c14n0 .\n<urn:b0> <urn:learner> _:c14n3 .\n\
                        <urn:b0> <urn:proof> _:c14n1 .\n<urn:b1> <urn:learner> _:c14n2 .\n\
                        _:c14n2 <urn:hash> \"0\" .\n_:c14n3 <urn:hash> \"0\" .\n\
                        _:c14n4 <urn:type> <urn:Proof> _:c14n0 .\n_:c14n4 <urn:value> \"0\" _:c14n0 .\n\
                        _:c14n5 <urn:type> <urn:Proof> _:c14n1 .\n_:c14n5 <urn:value> \"0\" _:c14n1 .\n";
        assert_eq!(dataset(&read(lines)).unwrap(), expected);
    }

    fn refused(lines: &str) {
        assert!(matches!(dataset(&read(lines)), Err(SignError::Canonical(_))));
    }

    #[test]
    fn a_poison_graph_is_refused_and_not_worked_on() {
        let (mut all, mut ring, mut hubs) = (String::new(), String::new(), String::new());
        for i in 0..12 {
            for j in (0..12).filter(|j| *j != i) {
                writeln!(all, "_:n{i} <urn:p> _:n{j} .").unwrap();
            }
        }
        refused(&all);
        // A chain that is deeper than a stack.
        for i in 0..4000 {
            writeln!(ring, "_:n{i} <urn:p> _:n{} .", (i + 1) % 4000).unwrap();
        }
        refused(&ring);
        // Two objects with a thousand equal members each.
        for (hub, i) in (0..2000).map(|i| (i % 2, i)) {
            writeln!(hubs, "_:h{hub} <urn:p> _:n{i} .\n_:n{i} <urn:q> \"same\" .").unwrap();
        }
        refused(&hubs);
    }

    #[test]
    fn an_order_on_which_verifiers_do_not_agree_is_seen() {
        let tags = |one: &str, other: &str| {
            let lines = format!("<urn:a> <urn:tag> \"{one}\" .\n<urn:a> <urn:tag> \"{other}\" .");
            has_one_order(&dataset(&read(&lines)).unwrap())
        };
        assert!(!tags("😀", "！"));
        assert!(tags("😀", "é") && tags("！", "é") && tags("😀", "😁") && tags("x😀", "y！"));
    }
}
