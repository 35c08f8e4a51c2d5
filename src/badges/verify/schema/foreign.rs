//! Checking by a schema that was fetched.
//!
//! Whoever hands in a badge chooses its schema. So it is followed only if that is bounded: references
//! stay inside it, texts are matched in linear time, and before anything is checked the steps are
//! counted that every part of it would take.

use jsonschema::PatternOptions;
use serde_json::{Map, Value};

use crate::badges::key::shorten;
use crate::locales::Message;

/// The most values in a schema; 1EdTech's largest has about 8,000.
const MOST_VALUES: usize = 30_000;
/// The most steps that a check may take.
const MOST_STEPS: usize = 300_000;
/// How deep parts of a schema may lead to others for one value and those inside it.
const DEEPEST: usize = 120;
/// The most bytes of a compiled pattern: its states, which each byte of a text may visit.
const MOST_PATTERN: usize = 256 << 10;
/// What a byte costs that a pattern looks at.
const PATTERN: usize = 8;

/// Keywords that lead away from the schema, or that make each other look again.
const NOT_FOLLOWED: [&str; 8] = [
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveAnchor",
    "$recursiveRef",
    "$vocabulary",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Where the document breaks a rule of the schema, if anywhere; or why that cannot be said.
pub(super) fn check(schema: &Value, document: &Value) -> Result<Option<String>, Message> {
    look_through(schema)?;
    let mut steps = Steps { root: schema, left: MOST_STEPS };
    steps.take(schema, document, 0)?;
    let patterns = PatternOptions::regex().size_limit(MOST_PATTERN).dfa_size_limit(MOST_PATTERN);
    let options = jsonschema::options().with_pattern_options(patterns).should_validate_formats(true);
    let validator = options.build(schema).map_err(|_| Message::new("why-schema-wrong"))?;
    match validator.validate(document) {
        Ok(()) => Ok(None),
        Err(error) => {
            let place = error.instance_path().to_string();
            Ok(Some(if place.is_empty() { "/".to_owned() } else { place }))
        }
    }
}

fn unsupported(keyword: &str) -> Message {
    Message::new("why-schema-keyword").with("keyword", shorten(keyword))
}

fn too_much() -> Message {
    Message::new("why-schema-work")
}

/// Whether the schema is small, and refers to nothing but parts of itself.
fn look_through(schema: &Value) -> Result<(), Message> {
    if !schema.is_object() {
        return Err(Message::new("why-schema-wrong"));
    }
    let (mut left, mut count) = (vec![(schema, true)], 0);
    while let Some((value, is_root)) = left.pop() {
        count += 1;
        if count > MOST_VALUES {
            return Err(too_much());
        }
        match value {
            Value::Array(items) => left.extend(items.iter().map(|item| (item, false))),
            Value::Object(members) => {
                allowed(members, is_root)?;
                left.extend(members.values().map(|member| (member, false)));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Names of members look like keywords here: a schema that speaks of a member “$ref” is not followed,
/// which costs nobody anything.
fn allowed(members: &Map<String, Value>, is_root: bool) -> Result<(), Message> {
    if let Some(keyword) = NOT_FOLLOWED.iter().find(|keyword| members.contains_key(**keyword)) {
        return Err(unsupported(keyword));
    }
    if !is_root && members.get("$id").is_some_and(Value::is_string) {
        return Err(unsupported("$id"));
    }
    match members.get("$ref").and_then(Value::as_str) {
        Some(to) if to != "#" && !to.starts_with("#/") => {
            Err(Message::new("why-schema-refers").with("address", shorten(to)))
        }
        _ => Ok(()),
    }
}

/// Counts, without judging anything: the work of a check is no more than this.
struct Steps<'a> {
    root: &'a Value,
    left: usize,
}

impl Steps<'_> {
    fn take(&mut self, schema: &Value, value: &Value, depth: usize) -> Result<(), Message> {
        let text = value.as_str().map_or(0, str::len);
        let Value::Object(keywords) = schema else { return self.count(1) };
        let words = |keyword: &str| keywords.get(keyword).and_then(Value::as_array).map_or(0, Vec::len);
        self.count(1 + text / 32 + keywords.len() + words("required"))?;
        if keywords.contains_key("pattern") {
            self.count(text * PATTERN)?;
        }
        for required in ["dependentRequired", "dependencies"] {
            let names = keywords.get(required).and_then(Value::as_object).into_iter().flat_map(Map::values);
            self.count(names.map(|names| 1 + names.as_array().map_or(0, Vec::len)).sum())?;
        }
        let whole = ["const", "uniqueItems"].into_iter().filter(|keyword| keywords.contains_key(*keyword));
        for _ in 0..whole.count() + words("enum") {
            self.whole(value)?;
        }
        if depth > DEEPEST {
            return Err(too_much());
        }
        if let Some(pointer) = keywords.get("$ref").and_then(Value::as_str) {
            let target = self.root.pointer(&decoded(pointer.trim_start_matches('#')));
            self.take(target.ok_or_else(|| Message::new("why-schema-wrong"))?, value, depth + 1)?;
        }
        for (keyword, part) in keywords {
            match keyword.as_str() {
                "allOf" | "anyOf" | "oneOf" => self.each(part, value, depth)?,
                "not" | "if" | "then" | "else" => self.take(part, value, depth + 1)?,
                "dependentSchemas" | "dependencies" => {
                    for part in part.as_object().into_iter().flat_map(Map::values) {
                        self.take(part, value, depth + 1)?;
                    }
                }
                _ => {}
            }
        }
        match value {
            Value::Object(members) => self.members(keywords, members, depth),
            Value::Array(items) => {
                let parts = ["items", "prefixItems", "additionalItems", "contains"];
                for part in parts.iter().filter_map(|keyword| keywords.get(*keyword)) {
                    for item in items {
                        self.each(part, item, depth)?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn members(
        &mut self,
        keywords: &Map<String, Value>,
        members: &Map<String, Value>,
        depth: usize,
    ) -> Result<(), Message> {
        let object = |keyword: &str| keywords.get(keyword).and_then(Value::as_object);
        let patterns = object("patternProperties");
        for (name, value) in members {
            self.count(1 + patterns.map_or(0, Map::len) * (1 + name.len() * PATTERN))?;
            let own = object("properties").and_then(|properties| properties.get(name));
            let others =
                patterns.into_iter().flat_map(Map::values).chain(keywords.get("additionalProperties"));
            for part in own.into_iter().chain(others) {
                self.take(part, value, depth + 1)?;
            }
            if let Some(part) = keywords.get("propertyNames") {
                self.take(part, &Value::from(name.as_str()), depth + 1)?;
            }
        }
        Ok(())
    }

    /// A part, or each of a list of parts.
    fn each(&mut self, parts: &Value, value: &Value, depth: usize) -> Result<(), Message> {
        match parts {
            Value::Array(parts) => parts.iter().try_for_each(|part| self.take(part, value, depth + 1)),
            part => self.take(part, value, depth + 1),
        }
    }

    /// All of a value, which some keywords compare.
    fn whole(&mut self, value: &Value) -> Result<(), Message> {
        self.count(1 + value.as_str().map_or(0, str::len) / 32)?;
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.whole(item)),
            Value::Object(members) => members.values().try_for_each(|member| self.whole(member)),
            _ => Ok(()),
        }
    }

    fn count(&mut self, steps: usize) -> Result<(), Message> {
        self.left = self.left.checked_sub(steps).ok_or_else(too_much)?;
        Ok(())
    }
}

/// A pointer as it stands in the fragment of an address (RFC 6901, section 6).
fn decoded(fragment: &str) -> String {
    percent_encoding::percent_decode_str(fragment).decode_utf8_lossy().into_owned()
}
