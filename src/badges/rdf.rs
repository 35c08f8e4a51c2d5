//! From JSON-LD to RDF by the vocabulary's table: the subset of JSON-LD 1.1 that credentials of
//! these contexts need, in safe mode. What the table does not define is an error and not left
//! out, and so is everything of JSON-LD that could say the same thing in another way (`@`
//! keywords, inline contexts, relative addresses): one RDF dataset has one JSON form here.
//!
//! Credentials inside another one (a learner record) are the exception: all of them describe things
//! in one graph, so a thing that two of them describe is one thing. Which says what, only the proof
//! of each tells.

use oxrdf::vocab::{rdf, xsd};
use oxrdf::{BlankNode, Dataset, GraphName, Literal, NamedNode, NamedOrBlankNode, Quad, Term as RdfTerm};
use serde_json::{Map, Number, Value};

use super::key::shorten;
use super::vocabulary::{Class, Coercion, Context, KNOWN, Term};
use crate::locales::Message;

/// Why a document has no RDF.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RdfError {
    /// A context whose terms this table does not hold.
    #[error("{0}")]
    Context(Message),
    /// A member or type that the table does not define where it stands.
    #[error("the term “{0}” is not one that Accolade knows there")]
    Term(String),
    /// A value that has no meaning in RDF, or more than one.
    #[error("{0}")]
    Value(Message),
}

impl RdfError {
    /// What is wrong, to be said in any language.
    pub(super) fn message(&self) -> Message {
        match self {
            Self::Context(why) | Self::Value(why) => why.clone(),
            Self::Term(term) => Message::new("why-term-unknown").with("term", term),
        }
    }
}

/// More anonymous objects than any credential has.
const MOST_BLANK_NODES: usize = 4096;

/// More contexts, or types of one object, than any credential has: looking a member up costs by both.
const MOST_NAMES: usize = 32;

/// The largest integer that JSON readers with 64-bit floats keep exactly.
const EXACT: u64 = 1 << 53;

/// The dataset that the document describes, by the contexts that it names.
pub(super) fn dataset(document: &Value) -> Result<Dataset, RdfError> {
    let root = document.as_object().ok_or_else(|| value("why-not-object"))?;
    let mut converter = Converter {
        contexts: contexts(root.get("@context"))?,
        root: root.get("id").and_then(Value::as_str),
        dataset: Dataset::new(),
        blank_nodes: 0,
    };
    converter.node(root, Place::Root, &GraphName::DefaultGraph)?;
    Ok(converter.dataset)
}

fn contexts(named: Option<&Value>) -> Result<Vec<&'static Context>, RdfError> {
    let named = named.ok_or_else(|| of_member("why-missing", "@context"))?;
    let known = few(items(named), "@context")?.iter().map(|one| {
        let url = one.as_str().ok_or_else(|| RdfError::Context(Message::new("why-context-inside")))?;
        let known = KNOWN.into_iter().find(|context| context.url == url);
        known.ok_or_else(|| unknown(url))
    });
    let known = known.collect::<Result<Vec<_>, _>>()?;
    together(&known)?;
    Ok(known)
}

/// Whether contexts agree. A term of a protected one may not be defined otherwise by one after it
/// (JSON-LD 1.1, section 4.1.11): such a document has no meaning. Where none is protected, the last
/// would count; no standard names such contexts together, and they are not judged here.
fn together(contexts: &[&'static Context]) -> Result<(), RdfError> {
    for (position, later) in contexts.iter().enumerate() {
        for earlier in contexts.iter().take(position) {
            let Some(name) = contradiction(earlier, later) else { continue };
            return Err(if earlier.protected {
                let why = Message::new("why-contradiction").with("term", name);
                RdfError::Value(why.with("one", earlier.url).with("other", later.url))
            } else {
                unknown(later.url)
            });
        }
    }
    Ok(())
}

/// What two contexts define in two ways.
fn contradiction(one: &Context, other: &Context) -> Option<&'static str> {
    let mut terms =
        one.terms.iter().filter(|term| other.terms.iter().any(|o| o.name == term.name && o != *term));
    let mut classes =
        one.classes.iter().filter(|class| other.classes.iter().any(|o| o.name == class.name && o != *class));
    terms.next().map(|term| term.name).or_else(|| classes.next().map(|class| class.name))
}

fn value(key: &'static str) -> RdfError {
    RdfError::Value(Message::new(key))
}

fn of_member(key: &'static str, member: &str) -> RdfError {
    RdfError::Value(Message::new(key).with("member", shorten(member)))
}

fn unknown(context: &str) -> RdfError {
    RdfError::Context(Message::new("why-context-unknown").with("address", shorten(context)))
}

/// A value as the list that it is in JSON-LD, where one value and a list of one are the same.
pub(super) fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn few<'a>(names: &'a [Value], member: &str) -> Result<&'a [Value], RdfError> {
    if names.len() > MOST_NAMES {
        return Err(of_member("why-too-many-names", member));
    }
    Ok(names)
}

/// Where an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is the document.
    Root,
    /// It is a whole credential inside another one.
    Credential,
    /// It is a part of one.
    Inside,
}

struct Converter<'a> {
    /// The contexts that count where the work is.
    contexts: Vec<&'static Context>,
    /// The id of the whole document.
    root: Option<&'a str>,
    dataset: Dataset,
    blank_nodes: usize,
}

impl Converter<'_> {
    fn node(
        &mut self,
        object: &Map<String, Value>,
        place: Place,
        graph: &GraphName,
    ) -> Result<NamedOrBlankNode, RdfError> {
        let around = self.contexts.len();
        if place == Place::Credential {
            // On top of those around it (JSON-LD 1.1, section 4.1.1).
            for context in contexts(object.get("@context"))? {
                if !self.contexts.iter().any(|known| known.url == context.url) {
                    self.contexts.push(context);
                }
            }
            together(&self.contexts)?;
        }
        let subject = self.subject(object, place)?;
        let classes = self.classes(object)?;
        for class in &classes {
            self.add(&subject, rdf::TYPE.into_owned(), named(class.iri)?, graph);
        }
        for (name, value) in object {
            if matches!(name.as_str(), "id" | "type") || (place != Place::Inside && name == "@context") {
                continue;
            }
            let term = self.term(&classes, name)?;
            let property = named(term.iri)?;
            if term.coercion == Coercion::List {
                let list = self.list(term, value, graph)?;
                self.add(&subject, property, list, graph);
                continue;
            }
            for item in items(value) {
                let object: RdfTerm = match (term.coercion, item) {
                    (_, Value::Null) => continue,
                    (Coercion::Graph, Value::Object(members)) => {
                        let name = self.blank_node()?;
                        self.node(members, Place::Inside, &name.clone().into())?;
                        name.into()
                    }
                    (Coercion::Credential, Value::Object(members)) => {
                        self.node(members, Place::Credential, graph)?.into()
                    }
                    (_, Value::Object(members)) => self.node(members, Place::Inside, graph)?.into(),
                    (_, Value::Array(_)) => {
                        return Err(of_member("why-nested-list", name));
                    }
                    (_, plain) => scalar(term, plain)?,
                };
                self.add(&subject, property.clone(), object, graph);
            }
        }
        self.contexts.truncate(around);
        Ok(subject)
    }

    /// A list as RDF has it: a chain of anonymous nodes (JSON-LD 1.1 API, section 8.3).
    fn list(&mut self, term: &Term, value: &Value, graph: &GraphName) -> Result<NamedOrBlankNode, RdfError> {
        let mut rest: NamedOrBlankNode = rdf::NIL.into_owned().into();
        for item in items(value).iter().rev().filter(|item| !item.is_null()) {
            let node: NamedOrBlankNode = self.blank_node()?.into();
            self.add(&node, rdf::FIRST.into_owned(), scalar(term, item)?, graph);
            self.add(&node, rdf::REST.into_owned(), rest, graph);
            rest = node;
        }
        Ok(rest)
    }

    fn blank_node(&mut self) -> Result<BlankNode, RdfError> {
        self.blank_nodes += 1;
        if self.blank_nodes > MOST_BLANK_NODES {
            return Err(value("why-too-many"));
        }
        Ok(BlankNode::new_unchecked(format!("b{}", self.blank_nodes)))
    }

    fn subject(&mut self, object: &Map<String, Value>, place: Place) -> Result<NamedOrBlankNode, RdfError> {
        match object.get("id") {
            Some(Value::String(id)) => {
                // Otherwise a member of the credential (its end, its status) could be moved out
                // of sight into an object further down without a change to what is signed.
                if place != Place::Root && self.root == Some(id) && !says_little(object) {
                    return Err(value("why-own-id"));
                }
                Ok(named(id)?.into())
            }
            Some(_) => Err(of_member("why-not-text", "id")),
            None => Ok(self.blank_node()?.into()),
        }
    }

    fn classes(&self, object: &Map<String, Value>) -> Result<Vec<&'static Class>, RdfError> {
        let Some(types) = object.get("type") else { return Ok(Vec::new()) };
        few(items(types), "type")?
            .iter()
            .map(|name| {
                let name = name.as_str().ok_or_else(|| of_member("why-not-text", "type"))?;
                let mut all = self.contexts.iter().flat_map(|context| context.classes);
                all.find(|class| class.name == name).ok_or_else(|| RdfError::Term(shorten(name)))
            })
            .collect()
    }

    /// What a member means: by one of its object's types, else by a context. Where several contexts
    /// define it they agree ([`together`]); where several types do, they must.
    fn term(&self, classes: &[&'static Class], name: &str) -> Result<&'static Term, RdfError> {
        let mut by_class =
            classes.iter().flat_map(|class| class.terms.iter()).filter(|term| term.name == name);
        if let Some(term) = by_class.next() {
            if by_class.any(|other| (other.iri, other.coercion) != (term.iri, term.coercion)) {
                return Err(of_member("why-two-meanings", name));
            }
            return Ok(term);
        }
        let mut by_context = self.contexts.iter().flat_map(|context| context.terms);
        by_context.find(|term| term.name == name).ok_or_else(|| RdfError::Term(shorten(name)))
    }

    fn add(
        &mut self,
        subject: &NamedOrBlankNode,
        property: NamedNode,
        object: impl Into<RdfTerm>,
        graph: &GraphName,
    ) {
        self.dataset.insert(&Quad::new(subject.clone(), property, object, graph.clone()));
    }
}

/// Whether the object says of what has its id no more than that somebody endorses it, or that it can be
/// fetched anew there: an endorsement of a credential names the credential, and so may its service.
fn says_little(object: &Map<String, Value>) -> bool {
    let types = object.get("type").map(items).unwrap_or_default();
    let only = |more: &str| object.keys().all(|name| name == "id" || name == "type" || name == more);
    types == ["EndorsementSubject"] && only("endorsementComment")
        || types == ["1EdTechCredentialRefresh"] && only("type")
}

/// An absolute IRI (RFC 3987); a relative one has no meaning in a document that travels.
fn named(iri: &str) -> Result<NamedNode, RdfError> {
    NamedNode::new(iri).map_err(|_| of_member("why-not-iri", iri))
}

fn scalar(term: &Term, value: &Value) -> Result<RdfTerm, RdfError> {
    let wrong = |what: &'static str| of_member(what, term.name);
    let literal = match (term.coercion, value) {
        (Coercion::Iri, Value::String(address)) => return Ok(named(address)?.into()),
        (Coercion::Iri, _) => return Err(wrong("why-no-address")),
        (Coercion::Words(words), value) => {
            let word = words.iter().find(|(word, _)| value.as_str() == Some(word));
            let (_, meaning) = word.ok_or_else(|| wrong("why-no-word"))?;
            return Ok(named(meaning)?.into());
        }
        (Coercion::Plain | Coercion::List, Value::String(text)) => Literal::new_simple_literal(text),
        (Coercion::Plain | Coercion::List, Value::Bool(truth)) => {
            Literal::new_typed_literal(truth.to_string(), xsd::BOOLEAN)
        }
        (Coercion::Plain | Coercion::List, Value::Number(number)) => {
            let (text, whole) = lexical(number).ok_or_else(|| wrong("why-no-number"))?;
            Literal::new_typed_literal(text, if whole { xsd::INTEGER } else { xsd::DOUBLE })
        }
        (Coercion::Typed(datatype), value) => {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Bool(truth) => truth.to_string(),
                Value::Number(number) => lexical(number).ok_or_else(|| wrong("why-no-number"))?.0,
                _ => return Err(wrong("why-no-plain")),
            };
            Literal::new_typed_literal(text, named(datatype)?)
        }
        (Coercion::Plain | Coercion::List, _) => return Err(wrong("why-no-plain")),
        (Coercion::Object | Coercion::Credential | Coercion::Graph, _) => return Err(wrong("why-no-object")),
    };
    Ok(literal.into())
}

/// The literal form of a JSON number, and whether it is whole (JSON-LD 1.1 API, section 8.2.2:
/// whole numbers as integers, others as canonical doubles with up to 15 digits).
fn lexical(number: &Number) -> Option<(String, bool)> {
    if let Some(whole) = number.as_i64() {
        return (whole.unsigned_abs() <= EXACT).then(|| (whole.to_string(), true));
    }
    let value = number.as_f64()?;
    #[allow(clippy::cast_precision_loss, reason = "2^53 is exact")]
    if value.fract() == 0.0 {
        // Adding zero turns minus zero into zero.
        return (value.abs() <= EXACT as f64).then(|| (format!("{:.0}", value + 0.0), true));
    }
    let text = format!("{value:.15E}");
    let (digits, exponent) = text.split_once('E')?;
    let digits = digits.trim_end_matches('0');
    let zero = if digits.ends_with('.') { "0" } else { "" };
    Some((format!("{digits}{zero}E{exponent}"), false))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::badges::vocabulary::{CREDENTIALS, OPEN_BADGES};

    fn lines(document: &Value) -> Result<Vec<String>, RdfError> {
        let mut lines: Vec<String> = dataset(document)?.iter().map(|quad| quad.to_string()).collect();
        lines.sort();
        Ok(lines)
    }

    fn with(members: &Value) -> Value {
        let mut document = json!({"@context": [CREDENTIALS.url, OPEN_BADGES.url], "id": "urn:x:1"});
        document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        document
    }

    #[test]
    fn members_of_a_type_do_not_reach_into_the_objects_inside() {
        let document = with(&json!({
            "type": ["Achievement"],
            "fieldOfStudy": "Safety",
            "criteria": {"narrative": "Pass."},
        }));
        let ob = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#";
        assert_eq!(
            lines(&document).unwrap(),
            [
                format!("<urn:x:1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{ob}Achievement>"),
                format!("<urn:x:1> <{ob}Criteria> _:b1"),
                format!("<urn:x:1> <{ob}fieldOfStudy> \"Safety\""),
                format!("_:b1 <{ob}narrative> \"Pass.\""),
            ]
        );
        let inside = with(&json!({"type": ["Achievement"], "criteria": {"fieldOfStudy": "Safety"}}));
        assert_eq!(lines(&inside), Err(RdfError::Term("fieldOfStudy".to_owned())));
    }

    #[test]
    fn what_would_be_dropped_or_read_in_two_ways_is_refused() {
        for members in [
            json!({"colour": "blue"}),
            json!({"type": ["Unknown"]}),
            json!({"type": ["1EdTechJsonSchemaValidator2019"]}),
            json!({"@type": ["Profile"]}),
            json!({"@included": []}),
            json!({"@foo": 1}),
            json!({"https://schema.org/name": "x"}),
            json!({"name": {"@value": "x"}}),
            json!({"name": [["x"]]}),
            json!({"image": "image.png"}),
            json!({"image": {"id": "image.png"}}),
            json!({"image": {"id": "_:b0"}}),
            json!({"image": {"id": 1}}),
            json!({"image": {"id": "urn:x:1"}}),
            json!({"image": {"@context": [], "id": "urn:x:2"}}),
            json!({"image": "https://example.test/a b"}),
            json!({"image": 5}),
            json!({"name": 9_007_199_254_740_993_i64}),
            json!({"name": 1e300}),
        ] {
            let document = with(&members);
            assert!(dataset(&document).is_err(), "{document}");
        }
        assert!(matches!(dataset(&json!({"@context": ["urn:x"]})), Err(RdfError::Context(_))));
        assert!(matches!(dataset(&json!({"@context": [{"a": "urn:a"}]})), Err(RdfError::Context(_))));
        assert!(matches!(dataset(&json!({"id": "urn:x:1"})), Err(RdfError::Value(_))));
        assert!(dataset(&json!([])).is_err());
    }

    /// Looking a member up costs by contexts and types, putting graphs in order by anonymous objects.
    #[test]
    fn more_than_any_credential_has_is_refused() {
        let things = |count: usize| {
            with(&json!({"type": ["Achievement"], "criteria": vec![json!({"narrative": "x"}); count]}))
        };
        assert!(dataset(&things(MOST_BLANK_NODES)).is_ok());
        assert_eq!(dataset(&things(MOST_BLANK_NODES + 1)).err(), Some(value("why-too-many")));
        let types = |count: usize| with(&json!({"type": vec!["Achievement"; count]}));
        assert!(dataset(&types(MOST_NAMES)).is_ok());
        assert_eq!(dataset(&types(MOST_NAMES + 1)).err(), Some(of_member("why-too-many-names", "type")));
        let contexts = |count: usize| json!({"@context": vec![CREDENTIALS.url; count], "id": "urn:x:1"});
        assert!(dataset(&contexts(MOST_NAMES)).is_ok());
        let refused = dataset(&contexts(MOST_NAMES + 1)).err();
        assert_eq!(refused, Some(of_member("why-too-many-names", "@context")));
    }

    #[test]
    fn numbers_take_their_canonical_form() {
        let form = |text: &str| lexical(&serde_json::from_str(text).unwrap());
        for (number, expected) in [
            ("3", "3"),
            ("3.0", "3"),
            ("-0.0", "0"),
            ("3.5", "3.5E0"),
            ("0.1", "1.0E-1"),
            ("-12.25", "-1.225E1"),
            ("0.30000000000000004", "3.0E-1"),
            ("1e-7", "1.0E-7"),
            // Not the shortest form that reads back: 16 digits, as the standard's `%1.15E` gives.
            ("9.95", "9.949999999999999E0"),
            ("712552.511", "7.125525110000001E5"),
        ] {
            assert_eq!(form(number).map(|(text, _)| text).as_deref(), Some(expected), "{number}");
        }
        assert_eq!(form("9007199254740993"), None);
        assert_eq!(form("1e21"), None);
    }
}
