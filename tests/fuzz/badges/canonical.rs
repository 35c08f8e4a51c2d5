//! The canonical form: of documents, and of graphs that were made to cost time.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::str::FromStr as _;

use accolade::badges::canonical as form;
use oxrdf::{BlankNode, Dataset, GraphName, NamedOrBlankNode, Quad, Term};

/// A document in JSON, or lines of N-Quads. The form of a form is itself, and the names of anonymous
/// nodes and the order of lines do not matter. Graphs that would cost too much are refused; the time of
/// the run says whether early enough.
pub(crate) fn canonical(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(document) = serde_json::from_str::<serde_json::Value>(&text) {
        if let Ok(said) = form::document(&document) {
            let _ = form::has_one_order(&said);
            let dataset = read(&said);
            assert_eq!(dataset.len(), said.lines().count(), "a line is not N-Quads: {said}");
            assert_eq!(form::dataset(&dataset).as_deref(), Ok(said.as_str()), "the form of a form");
            let other = serde_json::to_string_pretty(&document).unwrap();
            let again = form::document(&serde_json::from_str(&other).unwrap());
            assert_eq!(again.as_deref(), Ok(said.as_str()));
        }
        return;
    }
    let dataset = read(&text);
    let said = form::dataset(&dataset);
    let renamed = form::dataset(&renamed(&dataset));
    match (said, renamed) {
        (Ok(one), Ok(other)) => {
            assert_eq!(one, other, "the names of anonymous nodes matter");
            assert_eq!(form::dataset(&read(&one)).as_deref(), Ok(one.as_str()), "the form of a form");
        }
        (Err(_), Err(_)) => {}
        (one, other) => panic!("refused by the names of anonymous nodes: {one:?} {other:?}"),
    }
}

fn read(lines: &str) -> Dataset {
    lines.lines().filter_map(|line| Quad::from_str(line.trim().trim_end_matches(" .")).ok()).collect()
}

/// The same with other names for anonymous nodes, in another order of them.
fn renamed(dataset: &Dataset) -> Dataset {
    let mut names: HashMap<String, BlankNode> = HashMap::new();
    let count = dataset.len() * 3;
    let mut new = |node: &BlankNode| {
        let next = names.len();
        let name = || {
            let mut name = "z".to_owned();
            write!(name, "{:05}", count - next).unwrap();
            BlankNode::new(name).unwrap()
        };
        names.entry(node.as_str().to_owned()).or_insert_with(name).clone()
    };
    let quads = dataset.iter().map(Quad::from).map(|quad| {
        let subject = match quad.subject {
            NamedOrBlankNode::BlankNode(node) => new(&node).into(),
            named @ NamedOrBlankNode::NamedNode(_) => named,
        };
        let object = match quad.object {
            Term::BlankNode(node) => new(&node).into(),
            other => other,
        };
        let graph_name = match quad.graph_name {
            GraphName::BlankNode(node) => new(&node).into(),
            other => other,
        };
        Quad { subject, object, graph_name, ..quad }
    });
    quads.collect()
}
