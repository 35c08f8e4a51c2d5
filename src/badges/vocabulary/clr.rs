//! Learner records, and 1EdTech's extensions of badges.

use super::{Context, class, credential, object, plain, typed};

// Like an early context of Open Badges, this one leaves the prefix of XML Schema unexpanded.
const ANY_URI: &str = "xsd:anyURI";
const BOOLEAN: &str = "xsd:boolean";

/// Comprehensive Learner Record 2.0, context 2.0.1. It is not protected: an object that is a
/// `ClrSubject` and something else can have a member of two meanings.
pub const CLR: Context = Context {
    url: "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json",
    protected: false,
    terms: &[],
    classes: &[
        class(
            "Association",
            clr!("Association"),
            &[
                plain("associationType", clr!("AssociationType")),
                typed("sourceId", clr!("sourceId"), ANY_URI),
                typed("targetId", clr!("targetId"), ANY_URI),
            ],
        ),
        class("ClrCredential", clr!("ClrCredential"), &[typed("partial", clr!("partial"), BOOLEAN)]),
        class(
            "ClrSubject",
            clr!("ClrSubject"),
            &[
                object("achievement", clr!("achievement")),
                object("association", clr!("association")),
                object("identifier", clr!("identifier-1")),
                credential("verifiableCredential", clr!("verifiableCredential")),
            ],
        ),
    ],
};

macro_rules! extension {
    ($place:literal, $name:literal) => {
        concat!("https://purl.imsglobal.org/spec/", $place, "/v1p0/context.json#", $name)
    };
}

/// 1EdTech's extensions: types of `credentialSchema`, `credentialStatus` and `refreshService`.
pub const EXTENSIONS: Context = Context {
    url: "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
    protected: false,
    terms: &[],
    classes: &[
        class("1EdTechJsonSchemaValidator2019", extension!("vccs", "1EdTechJsonSchemaValidator2019"), &[]),
        class("1EdTechRevocationList", extension!("vcrl", "1EdTechRevocationList"), &[]),
        class("1EdTechCredentialRefresh", extension!("vccr", "1EdTechCredentialRefresh"), &[]),
    ],
};
