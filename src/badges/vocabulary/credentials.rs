//! Verifiable Credentials.

use super::proofs::{DATA_INTEGRITY_PROOF, PROOF, STATUS_LIST_CLASSES};
use super::{Context, DATE_TIME, class, iri, plain, typed};

/// Verifiable Credentials Data Model 2.0, with Data Integrity proofs and status lists.
pub const CREDENTIALS: Context = Context {
    url: "https://www.w3.org/ns/credentials/v2",
    protected: true,
    terms: &[
        plain("description", schema!("description")),
        typed("digestMultibase", security!("digestMultibase"), security!("multibase")),
        typed("digestSRI", vc!("digestSRI"), vc!("sriString")),
        plain("mediaType", schema!("encodingFormat")),
        plain("name", schema!("name")),
    ],
    classes: &[
        class(
            "VerifiableCredential",
            vc!("VerifiableCredential"),
            &[
                iri("confidenceMethod", vc!("confidenceMethod")),
                iri("credentialSchema", vc!("credentialSchema")),
                iri("credentialStatus", vc!("credentialStatus")),
                iri("credentialSubject", vc!("credentialSubject")),
                iri("evidence", vc!("evidence")),
                iri("issuer", vc!("issuer")),
                PROOF,
                iri("refreshService", vc!("refreshService")),
                iri("relatedResource", vc!("relatedResource")),
                iri("renderMethod", vc!("renderMethod")),
                iri("termsOfUse", vc!("termsOfUse")),
                typed("validFrom", vc!("validFrom"), DATE_TIME),
                typed("validUntil", vc!("validUntil"), DATE_TIME),
            ],
        ),
        class("JsonSchemaCredential", vc!("JsonSchemaCredential"), &[]),
        STATUS_LIST_CLASSES[0],
        STATUS_LIST_CLASSES[1],
        STATUS_LIST_CLASSES[2],
        DATA_INTEGRITY_PROOF,
    ],
};

/// Verifiable Credentials Data Model 1.1, which early Open Badges 3.0 are of.
pub const CREDENTIALS_1_1: Context = Context {
    url: "https://www.w3.org/2018/credentials/v1",
    protected: true,
    terms: &[PROOF],
    classes: &[class(
        "VerifiableCredential",
        vc!("VerifiableCredential"),
        &[
            iri("credentialStatus", vc!("credentialStatus")),
            iri("credentialSubject", vc!("credentialSubject")),
            // Known, other than its type `JsonSchemaValidator2018`, which no badge has.
            iri("credentialSchema", vc!("credentialSchema")),
            iri("evidence", vc!("evidence")),
            typed("expirationDate", vc!("expirationDate"), DATE_TIME),
            iri("holder", vc!("holder")),
            typed("issuanceDate", vc!("issuanceDate"), DATE_TIME),
            typed("issued", vc!("issued"), DATE_TIME),
            iri("issuer", vc!("issuer")),
            PROOF,
            iri("refreshService", vc!("refreshService")),
            iri("termsOfUse", vc!("termsOfUse")),
            typed("validFrom", vc!("validFrom"), DATE_TIME),
            typed("validUntil", vc!("validUntil"), DATE_TIME),
        ],
    )],
};
