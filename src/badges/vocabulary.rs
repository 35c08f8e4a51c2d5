//! The vocabulary: what each member and type that Accolade writes means as an IRI.
//!
//! A credential names its JSON-LD contexts by address. This table holds, for the three addresses
//! that an Open Badges 3.0 credential names, the terms that Accolade emits and no others. Signing
//! and verifying use the table instead of fetching anything; a member that is not in it is an
//! error ([`super::SignError::UnknownTerm`]), so nothing is ever left unsigned in silence.
//! Tests hold the table against the published contexts.

/// One context document: what it defines for every object, and for objects of a type.
#[derive(Debug)]
pub struct Context {
    /// The address in `@context`.
    pub url: &'static str,
    /// Members of any object.
    pub terms: &'static [Term],
    /// Types, with the members that only their objects have.
    pub classes: &'static [Class],
}

/// A type, and the members defined for its objects alone (a type-scoped context, JSON-LD 1.1,
/// section 4.1.8). They do not reach into the objects inside.
#[derive(Debug)]
pub struct Class {
    /// The name in `type`.
    pub name: &'static str,
    /// What it means.
    pub iri: &'static str,
    /// Members of its objects.
    pub terms: &'static [Term],
}

/// A member.
#[derive(Debug)]
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

const fn class(name: &'static str, iri: &'static str, terms: &'static [Term]) -> Class {
    Class { name, iri, terms }
}

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

/// XML Schema's `dateTime`.
const DATE_TIME: &str = "http://www.w3.org/2001/XMLSchema#dateTime";

// Open Badges spells the namespace of XML Schema with https, which makes these datatypes of its
// own, and leaves the prefix of one unexpanded. Canonical forms depend on it: do not mend.
const OB_ANY_URI: &str = "https://www.w3.org/2001/XMLSchema#anyURI";
const OB_BOOLEAN: &str = "https://www.w3.org/2001/XMLSchema#boolean";
const OB_FLOAT: &str = "https://www.w3.org/2001/XMLSchema#float";
const OB_DATE_TIME: &str = "xsd:dateTime";
// So does the context of learner records.
const CLR_ANY_URI: &str = "xsd:anyURI";
const CLR_BOOLEAN: &str = "xsd:boolean";

/// Verifiable Credentials Data Model 2.0, with Data Integrity proofs and status lists.
pub const CREDENTIALS: Context = Context {
    url: "https://www.w3.org/ns/credentials/v2",
    terms: &[plain("description", schema!("description")), plain("name", schema!("name"))],
    classes: &[
        class(
            "VerifiableCredential",
            vc!("VerifiableCredential"),
            &[
                iri("credentialSchema", vc!("credentialSchema")),
                iri("credentialStatus", vc!("credentialStatus")),
                iri("credentialSubject", vc!("credentialSubject")),
                iri("evidence", vc!("evidence")),
                iri("issuer", vc!("issuer")),
                Term { name: "proof", iri: security!("proof"), coercion: Coercion::Graph },
                typed("validFrom", vc!("validFrom"), DATE_TIME),
                typed("validUntil", vc!("validUntil"), DATE_TIME),
            ],
        ),
        class("BitstringStatusListCredential", status!("BitstringStatusListCredential"), &[]),
        class(
            "BitstringStatusList",
            status!("BitstringStatusList"),
            &[
                typed("encodedList", status!("encodedList"), security!("multibase")),
                plain("statusPurpose", status!("statusPurpose")),
            ],
        ),
        class(
            "BitstringStatusListEntry",
            status!("BitstringStatusListEntry"),
            &[
                iri("statusListCredential", status!("statusListCredential")),
                plain("statusListIndex", status!("statusListIndex")),
                plain("statusPurpose", status!("statusPurpose")),
            ],
        ),
        class(
            "DataIntegrityProof",
            security!("DataIntegrityProof"),
            &[
                typed("created", "http://purl.org/dc/terms/created", DATE_TIME),
                typed("cryptosuite", security!("cryptosuite"), security!("cryptosuiteString")),
                Term {
                    name: "proofPurpose",
                    iri: security!("proofPurpose"),
                    coercion: Coercion::Words(&[("assertionMethod", security!("assertionMethod"))]),
                },
                typed("proofValue", security!("proofValue"), security!("multibase")),
                iri("verificationMethod", security!("verificationMethod")),
            ],
        ),
    ],
};

/// Open Badges 3.0, context 3.0.3.
pub const OPEN_BADGES: Context = Context {
    url: "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    terms: &[
        typed("awardedDate", ob!("awardedDate"), OB_DATE_TIME),
        plain("description", schema!("description")),
        iri("image", ob!("image")),
        plain("name", schema!("name")),
        plain("narrative", ob!("narrative")),
        typed("url", schema!("url"), OB_ANY_URI),
    ],
    classes: &[
        class("OpenBadgeCredential", ob!("OpenBadgeCredential"), &[]),
        class(
            "Achievement",
            ob!("Achievement"),
            &[
                plain("achievementType", ob!("achievementType")),
                plain("alignment", ob!("alignment")),
                typed("creditsAvailable", ob!("creditsAvailable"), OB_FLOAT),
                iri("criteria", ob!("Criteria")),
                plain("fieldOfStudy", ob!("fieldOfStudy")),
                iri("image", ob!("image")),
                plain("inLanguage", schema!("inLanguage")),
                plain("related", ob!("related")),
                plain("resultDescription", ob!("resultDescription")),
                plain("tag", schema!("keywords")),
            ],
        ),
        class(
            "AchievementSubject",
            ob!("AchievementSubject"),
            &[
                plain("achievement", ob!("achievement")),
                typed("creditsEarned", ob!("creditsEarned"), OB_FLOAT),
                plain("identifier", ob!("identifier")),
                plain("result", ob!("result")),
            ],
        ),
        class(
            "Alignment",
            schema!("AlignmentObject"),
            &[
                plain("targetCode", ob!("targetCode")),
                plain("targetDescription", schema!("targetDescription")),
                plain("targetFramework", schema!("targetFramework")),
                plain("targetName", schema!("targetName")),
                plain("targetType", ob!("targetType")),
                typed("targetUrl", schema!("targetUrl"), OB_ANY_URI),
            ],
        ),
        class("Evidence", ob!("Evidence"), &[plain("genre", schema!("genre"))]),
        class(
            "IdentityObject",
            ob!("IdentityObject"),
            &[
                typed("hashed", ob!("hashed"), OB_BOOLEAN),
                plain("identityHash", ob!("identityHash")),
                plain("identityType", ob!("identityType")),
                plain("salt", ob!("salt")),
            ],
        ),
        class("Image", ob!("Image"), &[plain("caption", schema!("caption"))]),
        class("Profile", ob!("Profile"), &[plain("email", schema!("email")), iri("image", ob!("image"))]),
        class("Related", ob!("Related"), &[]),
        class(
            "Result",
            ob!("Result"),
            &[
                typed("resultDescription", ob!("resultDescription"), OB_ANY_URI),
                plain("status", ob!("status")),
                plain("value", schema!("value")),
            ],
        ),
        class(
            "ResultDescription",
            ob!("ResultDescription"),
            &[
                plain("resultType", ob!("resultType")),
                plain("valueMax", ob!("valueMax")),
                plain("valueMin", ob!("valueMin")),
            ],
        ),
    ],
};

/// Comprehensive Learner Record 2.0, context 2.0.1. Unlike the others it is not protected: an object
/// that is a `ClrSubject` and something else can have a member of two meanings.
pub const CLR: Context = Context {
    url: "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json",
    terms: &[],
    classes: &[
        class(
            "Association",
            clr!("Association"),
            &[
                plain("associationType", clr!("AssociationType")),
                typed("sourceId", clr!("sourceId"), CLR_ANY_URI),
                typed("targetId", clr!("targetId"), CLR_ANY_URI),
            ],
        ),
        class("ClrCredential", clr!("ClrCredential"), &[typed("partial", clr!("partial"), CLR_BOOLEAN)]),
        class(
            "ClrSubject",
            clr!("ClrSubject"),
            &[
                object("achievement", clr!("achievement")),
                object("association", clr!("association")),
                object("identifier", clr!("identifier-1")),
                Term {
                    name: "verifiableCredential",
                    iri: clr!("verifiableCredential"),
                    coercion: Coercion::Credential,
                },
            ],
        ),
    ],
};

/// 1EdTech's extensions: the type of `credentialSchema`.
pub const EXTENSIONS: Context = Context {
    url: "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
    terms: &[],
    classes: &[class(
        "1EdTechJsonSchemaValidator2019",
        "https://purl.imsglobal.org/spec/vccs/v1p0/context.json#1EdTechJsonSchemaValidator2019",
        &[],
    )],
};

/// The contexts of a badge, in the order in which it names them.
pub const CONTEXTS: [&Context; 3] = [&CREDENTIALS, &OPEN_BADGES, &EXTENSIONS];

/// The contexts of a learner record, in the order in which it names them: all that there are.
pub const CLR_CONTEXTS: [&Context; 4] = [&CREDENTIALS, &CLR, &OPEN_BADGES, &EXTENSIONS];
