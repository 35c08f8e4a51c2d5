//! What 1EdTech's JSON schema of Open Badges 3.0 asks for, as a table: the facts, in a form of our own.
//! Tests hold it against the schema itself.

use super::own::Class;
use super::own::Kind::{
    Constant, Contexts, Date, Extensible, Jwt, Language, Many, Number, One, Profile as ProfileRef, Text,
    Time, Truth, Types, Word,
};
use crate::badges::{ACHIEVEMENT_TYPES, TARGET_TYPES};

const IDENTIFIER_TYPES: [&str; 19] = [
    "name",
    "sourcedId",
    "systemId",
    "productId",
    "userName",
    "accountId",
    "emailAddress",
    "nationalIdentityNumber",
    "isbn",
    "issn",
    "lisSourcedId",
    "oneRosterSourcedId",
    "sisSourcedId",
    "ltiContextId",
    "ltiDeploymentId",
    "ltiToolId",
    "ltiPlatformId",
    "ltiUserId",
    "identifier",
];

const RESULT_TYPES: [&str; 12] = [
    "GradePointAverage",
    "LetterGrade",
    "Percent",
    "PerformanceLevel",
    "PredictedScore",
    "RawScore",
    "Result",
    "RubricCriterion",
    "RubricCriterionLevel",
    "RubricScore",
    "ScaledScore",
    "Status",
];

/// A badge.
pub(super) static ACHIEVEMENT_CREDENTIAL: Class = Class {
    closed: false,
    required: &["@context", "id", "type", "credentialSubject", "issuer", "validFrom"],
    members: &[
        ("@context", Contexts),
        ("id", Text),
        ("type", Types(&[&["VerifiableCredential"], &["AchievementCredential", "OpenBadgeCredential"]])),
        ("name", Text),
        ("description", Text),
        ("image", One(&IMAGE)),
        ("awardedDate", Time),
        ("credentialSubject", One(&ACHIEVEMENT_SUBJECT)),
        ("endorsement", Many(&One(&ENDORSEMENT_CREDENTIAL))),
        ("endorsementJwt", Many(&Jwt)),
        ("issuer", ProfileRef),
        ("validFrom", Time),
        ("validUntil", Time),
        ("proof", Many(&One(&PROOF))),
        ("credentialSchema", Many(&One(&CREDENTIAL_SCHEMA))),
        ("credentialStatus", One(&CREDENTIAL_STATUS)),
        ("refreshService", One(&REFRESH_SERVICE)),
        ("termsOfUse", Many(&One(&TERMS_OF_USE))),
        ("evidence", Many(&One(&EVIDENCE))),
    ],
};

static TERMS_OF_USE: Class =
    Class { closed: false, required: &["type"], members: &[("id", Text), ("type", Text)] };

pub(super) static CREDENTIAL_STATUS: Class =
    Class { closed: false, required: &["type"], members: &[("id", Text), ("type", Text)] };

static ACHIEVEMENT_SUBJECT: Class = Class {
    closed: false,
    required: &["type", "achievement"],
    members: &[
        ("id", Text),
        ("type", Types(&[&["AchievementSubject"]])),
        ("activityEndDate", Time),
        ("activityStartDate", Time),
        ("creditsEarned", Number),
        ("achievement", One(&ACHIEVEMENT)),
        ("identifier", Many(&One(&IDENTITY_OBJECT))),
        ("image", One(&IMAGE)),
        ("licenseNumber", Text),
        ("narrative", Text),
        ("result", Many(&One(&RESULT))),
        ("role", Text),
        ("source", One(&PROFILE)),
        ("term", Text),
    ],
};

pub(super) static IDENTITY_OBJECT: Class = Class {
    closed: true,
    required: &["type", "hashed", "identityHash", "identityType"],
    members: &[
        ("type", Constant("IdentityObject")),
        ("hashed", Truth),
        ("identityHash", Text),
        ("identityType", Extensible(&IDENTIFIER_TYPES)),
        ("salt", Text),
    ],
};

static EVIDENCE: Class = Class {
    closed: false,
    required: &["type"],
    members: &[
        ("id", Text),
        ("type", Types(&[&["Evidence"]])),
        ("narrative", Text),
        ("name", Text),
        ("description", Text),
        ("genre", Text),
        ("audience", Text),
    ],
};

pub(super) static ENDORSEMENT_CREDENTIAL: Class = Class {
    closed: false,
    required: &["@context", "type", "id", "name", "credentialSubject", "issuer", "validFrom"],
    members: &[
        ("@context", Contexts),
        ("type", Types(&[&["VerifiableCredential"], &["EndorsementCredential"]])),
        ("id", Text),
        ("name", Text),
        ("description", Text),
        ("credentialSubject", One(&ENDORSEMENT_SUBJECT)),
        ("awardedDate", Time),
        ("issuer", ProfileRef),
        ("validFrom", Time),
        ("validUntil", Time),
        ("proof", Many(&One(&PROOF))),
        ("credentialSchema", Many(&One(&CREDENTIAL_SCHEMA))),
        ("credentialStatus", One(&CREDENTIAL_STATUS)),
        ("refreshService", One(&REFRESH_SERVICE)),
        ("termsOfUse", Many(&One(&TERMS_OF_USE))),
        ("evidence", Many(&One(&EVIDENCE))),
    ],
};

pub(super) static ACHIEVEMENT: Class = Class {
    closed: false,
    required: &["id", "type", "criteria", "description", "name"],
    members: &[
        ("id", Text),
        ("type", Types(&[&["Achievement"]])),
        ("alignment", Many(&One(&ALIGNMENT))),
        ("achievementType", Extensible(&ACHIEVEMENT_TYPES)),
        ("creator", One(&PROFILE)),
        ("creditsAvailable", Number),
        ("criteria", One(&CRITERIA)),
        ("description", Text),
        ("endorsement", Many(&One(&ENDORSEMENT_CREDENTIAL))),
        ("endorsementJwt", Many(&Jwt)),
        ("fieldOfStudy", Text),
        ("humanCode", Text),
        ("image", One(&IMAGE)),
        ("inLanguage", Language),
        ("name", Text),
        ("otherIdentifier", Many(&One(&IDENTIFIER_ENTRY))),
        ("related", Many(&One(&RELATED))),
        ("resultDescription", Many(&One(&RESULT_DESCRIPTION))),
        ("specialization", Text),
        ("tag", Many(&Text)),
        ("version", Text),
    ],
};

static ALIGNMENT: Class = Class {
    closed: false,
    required: &["type", "targetName", "targetUrl"],
    members: &[
        ("type", Types(&[&["Alignment"]])),
        ("targetCode", Text),
        ("targetDescription", Text),
        ("targetName", Text),
        ("targetFramework", Text),
        ("targetType", Extensible(&TARGET_TYPES)),
        ("targetUrl", Text),
    ],
};

static CRITERIA: Class =
    Class { closed: false, required: &[], members: &[("id", Text), ("narrative", Text)] };

static IDENTIFIER_ENTRY: Class = Class {
    closed: true,
    required: &["type", "identifier", "identifierType"],
    members: &[
        ("type", Constant("IdentifierEntry")),
        ("identifier", Text),
        ("identifierType", Extensible(&IDENTIFIER_TYPES)),
    ],
};

pub(super) static PROOF: Class = Class {
    closed: false,
    required: &["type"],
    members: &[
        ("type", Text),
        ("created", Time),
        ("cryptosuite", Text),
        ("challenge", Text),
        ("domain", Text),
        ("nonce", Text),
        ("proofPurpose", Text),
        ("proofValue", Text),
        ("verificationMethod", Text),
    ],
};

pub(super) static REFRESH_SERVICE: Class =
    Class { closed: false, required: &["id", "type"], members: &[("id", Text), ("type", Text)] };

pub(super) static IMAGE: Class = Class {
    closed: true,
    required: &["id", "type"],
    members: &[("id", Text), ("type", Constant("Image")), ("caption", Text)],
};

static ENDORSEMENT_SUBJECT: Class = Class {
    closed: false,
    required: &["id", "type"],
    members: &[("id", Text), ("type", Types(&[&["EndorsementSubject"]])), ("endorsementComment", Text)],
};

static RESULT: Class = Class {
    closed: false,
    required: &["type"],
    members: &[
        ("type", Types(&[&["Result"]])),
        ("achievedLevel", Text),
        ("alignment", Many(&One(&ALIGNMENT))),
        ("resultDescription", Text),
        (
            "status",
            Word(&["Completed", "Enrolled", "Failed", "InProgress", "OnHold", "Provisional", "Withdrew"]),
        ),
        ("value", Text),
    ],
};

static RESULT_DESCRIPTION: Class = Class {
    closed: false,
    required: &["id", "type", "name", "resultType"],
    members: &[
        ("id", Text),
        ("type", Types(&[&["ResultDescription"]])),
        ("alignment", Many(&One(&ALIGNMENT))),
        ("allowedValue", Many(&Text)),
        ("name", Text),
        ("requiredLevel", Text),
        ("requiredValue", Text),
        ("resultType", Extensible(&RESULT_TYPES)),
        ("rubricCriterionLevel", Many(&One(&RUBRIC_CRITERION_LEVEL))),
        ("valueMax", Text),
        ("valueMin", Text),
    ],
};

static RUBRIC_CRITERION_LEVEL: Class = Class {
    closed: false,
    required: &["id", "type", "name"],
    members: &[
        ("id", Text),
        ("type", Types(&[&["RubricCriterionLevel"]])),
        ("alignment", Many(&One(&ALIGNMENT))),
        ("description", Text),
        ("level", Text),
        ("name", Text),
        ("points", Text),
    ],
};

static RELATED: Class = Class {
    closed: false,
    required: &["id", "type"],
    members: &[("id", Text), ("type", Types(&[&["Related"]])), ("inLanguage", Language), ("version", Text)],
};

pub(super) static PROFILE: Class = Class {
    closed: false,
    required: &["id", "type"],
    members: &[
        ("id", Text),
        ("type", Types(&[&["Profile"]])),
        ("name", Text),
        ("url", Text),
        ("phone", Text),
        ("description", Text),
        ("endorsement", Many(&One(&ENDORSEMENT_CREDENTIAL))),
        ("endorsementJwt", Many(&Jwt)),
        ("image", One(&IMAGE)),
        ("email", Text),
        ("address", One(&ADDRESS)),
        ("otherIdentifier", Many(&One(&IDENTIFIER_ENTRY))),
        ("official", Text),
        ("parentOrg", One(&PROFILE)),
        ("familyName", Text),
        ("givenName", Text),
        ("additionalName", Text),
        ("patronymicName", Text),
        ("honorificPrefix", Text),
        ("honorificSuffix", Text),
        ("familyNamePrefix", Text),
        ("dateOfBirth", Date),
    ],
};

static ADDRESS: Class = Class {
    closed: false,
    required: &["type"],
    members: &[
        ("type", Types(&[&["Address"]])),
        ("addressCountry", Text),
        ("addressCountryCode", Text),
        ("addressRegion", Text),
        ("addressLocality", Text),
        ("streetAddress", Text),
        ("postOfficeBoxNumber", Text),
        ("postalCode", Text),
        ("geo", One(&GEO_COORDINATES)),
    ],
};

static GEO_COORDINATES: Class = Class {
    closed: false,
    required: &["type", "latitude", "longitude"],
    members: &[("type", Constant("GeoCoordinates")), ("latitude", Number), ("longitude", Number)],
};

pub(super) static CREDENTIAL_SCHEMA: Class =
    Class { closed: false, required: &["id", "type"], members: &[("id", Text), ("type", Text)] };
