//! Open Badges 3.0 in its three contexts, which differ in small things on which signatures depend.

use super::{Coercion, Context, Term, class, credential, iri, plain, typed};

// Open Badges spells the namespace of XML Schema with https, which makes these datatypes of its
// own, and leaves the prefix of one unexpanded. Canonical forms depend on it: do not mend.
const ANY_URI: &str = "https://www.w3.org/2001/XMLSchema#anyURI";
const BOOLEAN: &str = "https://www.w3.org/2001/XMLSchema#boolean";
const DATE: &str = "https://www.w3.org/2001/XMLSchema#date";
const FLOAT: &str = "https://www.w3.org/2001/XMLSchema#float";
const STRING: &str = "https://www.w3.org/2001/XMLSchema#string";
const UNEXPANDED_DATE_TIME: &str = "xsd:dateTime";
const EXPANDED_DATE_TIME: &str = "https://www.w3.org/2001/XMLSchema#dateTime";

/// A text, which the first context gives a datatype.
const fn string(name: &'static str, iri: &'static str) -> Term {
    typed(name, iri, STRING)
}

const fn list(name: &'static str, iri: &'static str) -> Term {
    Term { name, iri, coercion: Coercion::List }
}

const LANGUAGE: Term = plain("inLanguage", schema!("inLanguage"));

/// What the contexts share. What differs: how texts are read (`text`) and those of a scale
/// (`levels`), what images and achievements are called, the language of an achievement, and some
/// members of any object (`also`).
macro_rules! context {
    (
        $url:literal, protected: $protected:literal, text: $text:ident, levels: $levels:ident,
        image: $image:expr, any_image: $any_image:expr, achievement: $achievement:expr,
        language: [$($language:expr)?], also: [$($also:expr),*]
    ) => {
        Context {
            url: concat!("https://purl.imsglobal.org/spec/ob/v3p0/", $url),
            protected: $protected,
            terms: &[
                plain("alignment", ob!("alignment")),
                $text("description", schema!("description")),
                credential("endorsement", ob!("endorsement")),
                iri("image", $any_image),
                $text("name", schema!("name")),
                $text("narrative", ob!("narrative")),
                typed("url", schema!("url"), ANY_URI),
                $($also),*
            ],
            classes: &[
                class("OpenBadgeCredential", ob!("OpenBadgeCredential"), &[]),

                class(
                    "Achievement",
                    ob!("Achievement"),
                    &[
                        $text("achievementType", ob!("achievementType")),
                        plain("alignment", ob!("alignment")),
                        plain("creator", ob!("creator")),
                        typed("creditsAvailable", ob!("creditsAvailable"), FLOAT),
                        iri("criteria", ob!("Criteria")),
                        $text("fieldOfStudy", ob!("fieldOfStudy")),
                        $text("humanCode", ob!("humanCode")),
                        iri("image", $image),
                        plain("otherIdentifier", ob!("otherIdentifier")),
                        plain("related", ob!("related")),
                        plain("resultDescription", ob!("resultDescription")),
                        $text("specialization", ob!("specialization")),
                        $text("tag", schema!("keywords")),
                        $text("version", ob!("version")),
                        $($language,)?
                    ],
                ),
                // Another name of the same.
                class("AchievementCredential", ob!("OpenBadgeCredential"), &[]),

                class(
                    "AchievementSubject",
                    ob!("AchievementSubject"),
                    &[
                        plain("achievement", $achievement),
                        typed("activityEndDate", ob!("activityEndDate"), DATE),
                        typed("activityStartDate", ob!("activityStartDate"), DATE),
                        typed("creditsEarned", ob!("creditsEarned"), FLOAT),
                        plain("identifier", ob!("identifier")),
                        iri("image", $image),
                        $text("licenseNumber", ob!("licenseNumber")),
                        plain("result", ob!("result")),
                        $text("role", ob!("role")),
                        iri("source", ob!("source")),
                        $text("term", ob!("term")),
                    ],
                ),
                class(
                    "Address",
                    ob!("Address"),
                    &[
                        $text("addressCountry", schema!("addressCountry")),
                        $text("addressCountryCode", ob!("CountryCode")),
                        $text("addressLocality", schema!("addressLocality")),
                        $text("addressRegion", schema!("addressRegion")),
                        plain("geo", ob!("GeoCoordinates")),
                        $text("postOfficeBoxNumber", schema!("postOfficeBoxNumber")),
                        $text("postalCode", schema!("postalCode")),
                        $text("streetAddress", schema!("streetAddress")),
                    ],
                ),
                class(
                    "Alignment",
                    schema!("AlignmentObject"),
                    &[
                        $text("targetCode", ob!("targetCode")),
                        $text("targetDescription", schema!("targetDescription")),
                        $text("targetFramework", schema!("targetFramework")),
                        $text("targetName", schema!("targetName")),
                        $text("targetType", ob!("targetType")),
                        typed("targetUrl", schema!("targetUrl"), ANY_URI),
                    ],
                ),
                class("Criteria", ob!("Criteria"), &[]),

                class("EndorsementCredential", ob!("EndorsementCredential"), &[]),

                class(
                    "EndorsementSubject",
                    ob!("EndorsementSubject"),
                    &[
                        $text("endorsementComment", ob!("endorsementComment")),
                    ],
                ),
                class(
                    "Evidence",
                    ob!("Evidence"),
                    &[
                        $text("audience", schema!("audience")),
                        $text("genre", schema!("genre")),
                    ],
                ),
                class(
                    "GeoCoordinates",
                    ob!("GeoCoordinates"),
                    &[
                        $text("latitude", schema!("latitude")),
                        $text("longitude", schema!("longitude")),
                    ],
                ),
                class(
                    "IdentifierEntry",
                    ob!("IdentifierEntry"),
                    &[
                        $text("identifier", ob!("identifier")),
                        $text("identifierType", ob!("identifierType")),
                    ],
                ),
                class(
                    "IdentityObject",
                    ob!("IdentityObject"),
                    &[
                        typed("hashed", ob!("hashed"), BOOLEAN),
                        $text("identityHash", ob!("identityHash")),
                        $text("identityType", ob!("identityType")),
                        $text("salt", ob!("salt")),
                    ],
                ),
                class(
                    "Image",
                    ob!("Image"),
                    &[
                        $text("caption", schema!("caption")),
                    ],
                ),
                class(
                    "Profile",
                    ob!("Profile"),
                    &[
                        $text("additionalName", schema!("additionalName")),
                        iri("address", ob!("address")),
                        typed("dateOfBirth", ob!("dateOfBirth"), DATE),
                        $text("email", schema!("email")),
                        $text("familyName", schema!("familyName")),
                        $text("familyNamePrefix", ob!("familyNamePrefix")),
                        $text("givenName", schema!("givenName")),
                        $text("honorificPrefix", schema!("honorificPrefix")),
                        $text("honorificSuffix", schema!("honorificSuffix")),
                        iri("image", $image),
                        plain("otherIdentifier", ob!("otherIdentifier")),
                        iri("parentOrg", ob!("parentOrg")),
                        $text("patronymicName", ob!("patronymicName")),
                        $text("phone", ob!("phone")),
                        $text("official", ob!("official")),
                    ],
                ),
                class(
                    "Related",
                    ob!("Related"),
                    &[
                        $text("version", ob!("version")),
                        $($language,)?
                    ],
                ),
                class(
                    "Result",
                    ob!("Result"),
                    &[
                        typed("achievedLevel", ob!("achievedLevel"), ANY_URI),
                        typed("resultDescription", ob!("resultDescription"), ANY_URI),
                        $text("status", ob!("status")),
                        $text("value", schema!("value")),
                    ],
                ),
                class(
                    "ResultDescription",
                    ob!("ResultDescription"),
                    &[
                        $levels("allowedValue", ob!("allowedValue")),
                        typed("requiredLevel", ob!("requiredLevel"), ANY_URI),
                        $text("requiredValue", ob!("requiredValue")),
                        $text("resultType", ob!("resultType")),
                        plain("rubricCriterionLevel", ob!("rubricCriterionLevel")),
                        $text("valueMax", ob!("valueMax")),
                        $text("valueMin", ob!("valueMin")),
                    ],
                ),
                class(
                    "RubricCriterionLevel",
                    ob!("RubricCriterionLevel"),
                    &[
                        $text("level", ob!("level")),
                        $text("points", ob!("points")),
                    ],
                ),
            ],
        }
    };
}

/// Context 3.0.3, the one of the standard as it is.
pub const OPEN_BADGES: Context = context!(
    "context-3.0.3.json", protected: true, text: plain, levels: list,
    image: ob!("image"), any_image: ob!("image"), achievement: ob!("achievement"),
    language: [LANGUAGE],
    also: [
        LANGUAGE,
        plain("endorsementJwt", ob!("endorsementJwt")),
        typed("awardedDate", ob!("awardedDate"), UNEXPANDED_DATE_TIME),
        iri("jti", "https://www.iana.org/assignments/jwt#jti")
    ]
);

/// Context 3.0.2.
pub const OPEN_BADGES_3_0_2: Context = context!(
    "context-3.0.2.json", protected: true, text: plain, levels: list,
    image: ob!("Image"), any_image: ob!("Image"), achievement: ob!("achievement-0"),
    language: [], also: []
);

/// Context 3.0.1, for credentials of the data model 1.1: with that of 2.0 it contradicts itself.
pub const OPEN_BADGES_3_0_1: Context = context!(
    "context-3.0.1.json", protected: false, text: string, levels: string,
    image: ob!("Image"), any_image: ob!("image"), achievement: ob!("achievement-0"),
    language: [], also: [typed("awardedDate", ob!("awardedDate"), EXPANDED_DATE_TIME)]
);
