//! Proofs and status lists, which credentials of the data model 1.1 name contexts of their own for.

use super::{Class, Coercion, Context, DATE_TIME, Term, class, graph, iri, plain, typed};

/// The member that holds a proof.
pub(super) const PROOF: Term = graph("proof", security!("proof"));

const CREATED: Term = typed("created", "http://purl.org/dc/terms/created", DATE_TIME);
const CHALLENGE: Term = plain("challenge", security!("challenge"));
const DOMAIN: Term = plain("domain", security!("domain"));
const EXPIRES: Term = typed("expires", security!("expiration"), DATE_TIME);
const NONCE: Term = plain("nonce", security!("nonce"));
const PURPOSE: Term = Term {
    name: "proofPurpose",
    iri: security!("proofPurpose"),
    coercion: Coercion::Words(&[("assertionMethod", security!("assertionMethod"))]),
};
const VALUE: Term = typed("proofValue", security!("proofValue"), security!("multibase"));
const METHOD: Term = iri("verificationMethod", security!("verificationMethod"));

/// A Data Integrity proof (Verifiable Credential Data Integrity 1.0).
pub(super) const DATA_INTEGRITY_PROOF: Class = class(
    "DataIntegrityProof",
    security!("DataIntegrityProof"),
    &[
        CHALLENGE,
        CREATED,
        typed("cryptosuite", security!("cryptosuite"), security!("cryptosuiteString")),
        DOMAIN,
        EXPIRES,
        NONCE,
        iri("previousProof", security!("previousProof")),
        PURPOSE,
        VALUE,
        METHOD,
    ],
);

/// Data Integrity, the context of the standard.
pub const DATA_INTEGRITY_2: Context = Context {
    url: "https://w3id.org/security/data-integrity/v2",
    protected: true,
    terms: &[PROOF],
    classes: &[DATA_INTEGRITY_PROOF],
};

/// Data Integrity, an earlier context.
pub const DATA_INTEGRITY_1: Context = Context {
    url: "https://w3id.org/security/data-integrity/v1",
    protected: true,
    terms: &[PROOF],
    classes: &[class(
        "DataIntegrityProof",
        security!("DataIntegrityProof"),
        &[
            CHALLENGE,
            CREATED,
            plain("cryptosuite", security!("cryptosuite")),
            DOMAIN,
            EXPIRES,
            NONCE,
            PURPOSE,
            VALUE,
            METHOD,
        ],
    )],
};

/// `Ed25519Signature2020`, the proof of early Open Badges 3.0.
pub const ED25519_2020: Context = Context {
    url: "https://w3id.org/security/suites/ed25519-2020/v1",
    protected: true,
    terms: &[],
    classes: &[class(
        "Ed25519Signature2020",
        security!("Ed25519Signature2020"),
        &[CHALLENGE, CREATED, DOMAIN, EXPIRES, NONCE, PURPOSE, VALUE, METHOD],
    )],
};

/// A status list, what it says, and a place in one (Bitstring Status List 1.0).
pub(super) const STATUS_LIST_CLASSES: [Class; 3] = [
    class("BitstringStatusListCredential", status!("BitstringStatusListCredential"), &[]),
    class(
        "BitstringStatusList",
        status!("BitstringStatusList"),
        &[
            typed("encodedList", status!("encodedList"), security!("multibase")),
            plain("statusPurpose", status!("statusPurpose")),
            plain("ttl", status!("ttl")),
        ],
    ),
    class(
        "BitstringStatusListEntry",
        status!("BitstringStatusListEntry"),
        &[
            iri("statusListCredential", status!("statusListCredential")),
            plain("statusListIndex", status!("statusListIndex")),
            plain("statusPurpose", status!("statusPurpose")),
            iri("statusReference", status!("statusReference")),
            typed("statusSize", status!("statusSize"), "https://www.w3.org/2001/XMLSchema#integer"),
        ],
    ),
];

/// Status lists, for credentials of the data model 1.1.
pub const STATUS_LISTS: Context = Context {
    url: "https://www.w3.org/ns/credentials/status/v1",
    protected: true,
    terms: &[],
    classes: &STATUS_LIST_CLASSES,
};
