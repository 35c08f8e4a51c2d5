//! The same of learner records: Comprehensive Learner Record 2.0.

use super::own::Class;
use super::own::Kind::{Context, Jwt, Many, One, Profile as ProfileRef, Text, Time, Truth, Types, Word};
use super::rules::{
    ACHIEVEMENT, CREDENTIAL_SCHEMA, CREDENTIAL_STATUS, ENDORSEMENT_CREDENTIAL, IDENTITY_OBJECT, IMAGE, PROOF,
    REFRESH_SERVICE,
};

/// A learner record.
pub(super) static CLR_CREDENTIAL: Class = Class {
    closed: false,
    required: &["@context", "type", "id", "name", "credentialSubject", "issuer", "validFrom"],
    members: &[
        ("@context", Many(&Context)),
        ("type", Types(&[&["VerifiableCredential"], &["ClrCredential"]])),
        ("id", Text),
        ("name", Text),
        ("description", Text),
        ("endorsement", Many(&One(&ENDORSEMENT_CREDENTIAL))),
        ("endorsementJwt", Many(&Jwt)),
        ("image", One(&IMAGE)),
        ("awardedDate", Time),
        ("partial", Truth),
        ("credentialSubject", One(&CLR_SUBJECT)),
        ("issuer", ProfileRef),
        ("validFrom", Time),
        ("validUntil", Time),
        ("proof", Many(&One(&PROOF))),
        ("credentialSchema", Many(&One(&CREDENTIAL_SCHEMA))),
        ("credentialStatus", One(&CREDENTIAL_STATUS)),
        ("refreshService", One(&REFRESH_SERVICE)),
    ],
};

static CLR_SUBJECT: Class = Class {
    closed: false,
    required: &["type", "verifiableCredential"],
    members: &[
        ("id", Text),
        ("type", Types(&[&["ClrSubject"]])),
        ("identifier", Many(&One(&IDENTITY_OBJECT))),
        ("achievement", Many(&One(&ACHIEVEMENT))),
        ("verifiableCredential", Many(&One(&HELD_CREDENTIAL))),
        ("association", Many(&One(&ASSOCIATION))),
    ],
};

static HELD_CREDENTIAL: Class = Class {
    closed: false,
    required: &["@context", "type", "issuer", "validFrom", "credentialSubject"],
    members: &[
        ("@context", Many(&Context)),
        ("id", Text),
        ("type", Types(&[&["VerifiableCredential"]])),
        ("issuer", ProfileRef),
        ("validFrom", Time),
        ("validUntil", Time),
        ("proof", Many(&One(&PROOF))),
        ("credentialSchema", Many(&One(&CREDENTIAL_SCHEMA))),
        ("credentialStatus", One(&CREDENTIAL_STATUS)),
        ("refreshService", One(&REFRESH_SERVICE)),
    ],
};

static ASSOCIATION: Class = Class {
    closed: true,
    required: &["type", "associationType", "sourceId", "targetId"],
    members: &[
        ("type", Types(&[&["Association"]])),
        (
            "associationType",
            Word(&[
                "exactMatchOf",
                "isChildOf",
                "isParentOf",
                "isPartOf",
                "isPeerOf",
                "isRelatedTo",
                "precedes",
                "replacedBy",
            ]),
        ),
        ("sourceId", Text),
        ("targetId", Text),
    ],
};
