//! The JSON schema that a badge names (`credentialSchema`).
//!
//! Those of 1EdTech that most badges name are not fetched: their rules are in a table here. Any other
//! one is fetched by the caller, and followed as far as that is bounded work.

mod foreign;
mod own;
mod record;
mod rules;

use serde_json::Value;

use super::{Check, Lookup};
use crate::badges::key::shorten;
use crate::badges::structure::{At, EARLIER_DATES};
use crate::locales::Message;

/// The most schemas of one badge that are looked at.
const MOST: usize = 4;

/// The address under which 1EdTech publishes the schema of badges.
const BADGE: &str =
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json";
/// The same of learner records.
const RECORD: &str =
    "https://purl.imsglobal.org/spec/clr/v2p0/schema/json/clr_v2p0_clrcredential_schema.json";

/// The check `schema`.
pub(super) fn check(document: &Value, lookup: &dyn Lookup) -> Check {
    let named = At::root(document).may("credentialSchema").map(|at| at.items()).unwrap_or_default();
    if named.len() > MOST {
        return Check::open("schema", Message::new("found-schema-many"));
    }
    let (mut holds, mut open) = (Message::new("found-no-schema"), None);
    for schema in &named {
        let check = by_one(document, schema, lookup);
        match check.holds {
            Some(true) => holds = check.found,
            Some(false) => return check,
            None => open = open.or(Some(check)),
        }
    }
    open.unwrap_or_else(|| Check::holds("schema", holds))
}

fn by_one(document: &Value, named: &At<'_>, lookup: &dyn Lookup) -> Check {
    let fails = |found| Check::fails("schema", found);
    let open = |found| Check::open("schema", found);
    let address = match named.must("id").and_then(|id| id.text()) {
        Ok(address) => address,
        Err(why) => return fails(Message::new("found-schema-incomplete").because(why)),
    };
    if !named.is_a("1EdTechJsonSchemaValidator2019") && !named.is_a("JsonSchema") {
        return open(Message::new("found-schema-kind"));
    }
    let known = match address {
        BADGE => Some(&rules::ACHIEVEMENT_CREDENTIAL),
        RECORD => Some(&record::CLR_CREDENTIAL),
        _ => None,
    };
    let about = |found| Message::new(found).with("schema", shorten(address));
    if let Some(rules) = known {
        // What stood at these addresses before Verifiable Credentials 2.0 asked for other things.
        if At::root(document).validity() == Some(EARLIER_DATES) {
            return open(about("found-schema-open").because(Message::new("why-schema-earlier")));
        }
        return match own::check(rules, document) {
            Ok(()) => Check::holds("schema", Message::new("found-schema-ours")),
            Err(why) => fails(Message::new("found-schema-ours-bad").because(why)),
        };
    }
    let Some(schema) = lookup.schema(address) else { return open(about("found-schema-unread")) };
    match foreign::check(&schema, document) {
        Ok(None) => Check::holds("schema", about("found-schema-good")),
        Ok(Some(place)) => fails(about("found-schema-bad").with("member", shorten(&place))),
        Err(why) => open(about("found-schema-open").because(why)),
    }
}

#[cfg(test)]
mod tests;
