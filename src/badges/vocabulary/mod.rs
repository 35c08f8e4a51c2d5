//! The vocabulary: what each member and type of a badge means as an IRI.
//!
//! A credential names its JSON-LD contexts by address. This table holds, for the addresses that
//! Open Badges 3.0 credentials name, their terms. Signing and verifying use the table instead of
//! fetching anything; a member that is not in it is an error ([`super::SignError::UnknownTerm`]),
//! so nothing is ever left unsigned in silence. Tests hold the table against the published contexts.

macro_rules! vc {
    ($name:literal) => {
        concat!("https://www.w3.org/2018/credentials#", $name)
    };
}
macro_rules! status {
    ($name:literal) => {
        concat!("https://www.w3.org/ns/credentials/status#", $name)
    };
}
macro_rules! security {
    ($name:literal) => {
        concat!("https://w3id.org/security#", $name)
    };
}
macro_rules! schema {
    ($name:literal) => {
        concat!("https://schema.org/", $name)
    };
}
macro_rules! clr {
    ($name:literal) => {
        concat!("https://purl.imsglobal.org/spec/vc/clr/vocab.html#", $name)
    };
}
macro_rules! ob {
    ($name:literal) => {
        concat!("https://purl.imsglobal.org/spec/vc/ob/vocab.html#", $name)
    };
}

mod clr;
mod credentials;
mod open_badges;
mod proofs;

pub use clr::{CLR, EXTENSIONS};
pub use credentials::{CREDENTIALS, CREDENTIALS_1_1};
pub use open_badges::{OPEN_BADGES, OPEN_BADGES_3_0_1, OPEN_BADGES_3_0_2};
pub use proofs::{DATA_INTEGRITY_1, DATA_INTEGRITY_2, ED25519_2020, STATUS_LISTS};

/// One context document: what it defines for every object, and for objects of a type.
#[derive(Debug, PartialEq, Eq)]
pub struct Context {
    /// The address in `@context`.
    pub url: &'static str,
    /// Whether what it defines may not be defined otherwise by a context after it (JSON-LD 1.1,
    /// section 4.1.11).
    pub protected: bool,
    /// Members of any object.
    pub terms: &'static [Term],
    /// Types, with the members that only their objects have.
    pub classes: &'static [Class],
}

/// A type, and the members defined for its objects alone (a type-scoped context, JSON-LD 1.1,
/// section 4.1.8). They do not reach into the objects inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    /// The name in `type`.
    pub name: &'static str,
    /// What it means.
    pub iri: &'static str,
    /// Members of its objects.
    pub terms: &'static [Term],
}

/// A member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The member's name.
    pub name: &'static str,
    /// The property.
    pub iri: &'static str,
    /// What a plain value means.
    pub coercion: Coercion,
}

/// What a string, number or boolean means as the value of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coercion {
    /// Itself.
    Plain,
    /// The address of a thing.
    Iri,
    /// A literal of this datatype.
    Typed(&'static str),
    /// One of these words, each standing for an IRI.
    Words(&'static [(&'static str, &'static str)]),
    /// Nothing: the value is an object.
    Object,
    /// Nothing: the value is a whole credential, with contexts of its own.
    Credential,
    /// Nothing: the value is an object, and what it says stands in a graph of its own.
    Graph,
    /// Itself, one of several whose order counts.
    List,
}

const fn plain(name: &'static str, iri: &'static str) -> Term {
    Term { name, iri, coercion: Coercion::Plain }
}

const fn iri(name: &'static str, iri: &'static str) -> Term {
    Term { name, iri, coercion: Coercion::Iri }
}

const fn typed(name: &'static str, iri: &'static str, datatype: &'static str) -> Term {
    Term { name, iri, coercion: Coercion::Typed(datatype) }
}

const fn object(name: &'static str, iri: &'static str) -> Term {
    Term { name, iri, coercion: Coercion::Object }
}

const fn credential(name: &'static str, iri: &'static str) -> Term {
    Term { name, iri, coercion: Coercion::Credential }
}

const fn graph(name: &'static str, iri: &'static str) -> Term {
    Term { name, iri, coercion: Coercion::Graph }
}

const fn class(name: &'static str, iri: &'static str, terms: &'static [Term]) -> Class {
    Class { name, iri, terms }
}

/// XML Schema's `dateTime`.
const DATE_TIME: &str = "http://www.w3.org/2001/XMLSchema#dateTime";

/// The contexts of a badge from Accolade, in the order in which it names them.
pub const CONTEXTS: [&Context; 3] = [&CREDENTIALS, &OPEN_BADGES, &EXTENSIONS];

/// The contexts of a learner record, in the order in which it names them.
pub const CLR_CONTEXTS: [&Context; 4] = [&CREDENTIALS, &CLR, &OPEN_BADGES, &EXTENSIONS];

/// Every context whose terms are known here.
pub const KNOWN: [&Context; 11] = [
    &CREDENTIALS,
    &CREDENTIALS_1_1,
    &OPEN_BADGES,
    &OPEN_BADGES_3_0_2,
    &OPEN_BADGES_3_0_1,
    &CLR,
    &EXTENSIONS,
    &DATA_INTEGRITY_2,
    &DATA_INTEGRITY_1,
    &ED25519_2020,
    &STATUS_LISTS,
];
