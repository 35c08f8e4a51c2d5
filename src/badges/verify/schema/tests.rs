use serde_json::{Map, json};

use super::*;
use crate::badges::samples::{Web, achievement, image, issue, issuer};
use crate::badges::{credential, learner_record};

const ELSEWHERE: &str = "https://schemas.example.org/badge.json";

fn badge() -> Value {
    let (issuer, achievement, image) = (issuer(), achievement(), image());
    credential(&issue(&issuer, &achievement, Some(&image)))
}

fn by(schema: Value) -> (Option<bool>, String) {
    let mut badge = badge();
    badge["credentialSchema"] = json!([{"id": ELSEWHERE, "type": "1EdTechJsonSchemaValidator2019"}]);
    let check = check(&badge, &Web::default().with(ELSEWHERE, schema));
    (check.holds, check.found.to_string())
}

#[test]
fn the_schemas_of_1edtech_are_known_here() {
    let badge = badge();
    let web = Web::default();
    assert_eq!(check(&badge, &web).holds, Some(true));
    let record = learner_record(&issuer(), &badge, std::slice::from_ref(&badge));
    assert_eq!(check(&record, &web).holds, Some(true));
    for (pointer, value, why) in [
        (
            "/credentialSubject/achievement/criteria",
            json!("Pass."),
            "credentialSubject.achievement.criteria has a value",
        ),
        (
            "/credentialSubject/result/0/status",
            json!("Done"),
            "credentialSubject.result[0].status has a value",
        ),
        ("/validFrom", json!("yesterday"), "validFrom has a value"),
        ("/credentialSubject/achievement/creditsAvailable", json!("2"), "creditsAvailable has a value"),
        ("/credentialSubject/identifier/0/note", json!("x"), "identifier[0].note is not allowed there"),
        ("/credentialStatus", json!([{"type": "X"}]), "credentialStatus has a value"),
        ("/type", json!(["VerifiableCredential"]), "type has a value"),
        (
            "/@context/1",
            json!("https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.jso"),
            "@context has a value",
        ),
    ] {
        let mut wrong = badge.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        match wrong.pointer_mut(parent).unwrap() {
            Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
            parent => parent[name] = value,
        }
        let check = check(&wrong, &web);
        assert_eq!(check.holds, Some(false), "{pointer}");
        assert!(check.found.to_string().contains(why), "{}", check.found);
    }
    let mut nobody = record;
    nobody["credentialSubject"].as_object_mut().unwrap().remove("verifiableCredential");
    assert_eq!(check(&nobody, &web).holds, Some(false));
}

#[test]
fn any_other_schema_is_followed() {
    let good = json!({
        "$schema": "https://json-schema.org/draft/2019-09/schema", "$id": ELSEWHERE, "type": "object",
        "required": ["name"], "properties": {"issuer": {"$ref": "#/$defs/issuer"}, "validFrom": {"format": "date-time"}},
        "$defs": {"issuer": {"properties": {"name": {"type": "string", "pattern": "^North"}}}},
    });
    assert_eq!(by(good.clone()).0, Some(true));
    let mut wrong = good;
    wrong["$defs"]["issuer"]["properties"]["name"]["pattern"] = json!("^South");
    let (holds, found) = by(wrong);
    assert!(holds == Some(false) && found.contains("/issuer/name"), "{found}");
    assert_eq!(by(json!({"required": ["colour"]})).0, Some(false));
}

#[test]
fn without_the_schema_nothing_is_claimed() {
    let mut badge = badge();
    badge["credentialSchema"] =
        json!([badge["credentialSchema"][0], {"id": ELSEWHERE, "type": "1EdTechJsonSchemaValidator2019"}]);
    let unread = check(&badge, &Web::default());
    assert_eq!(unread.holds, None);
    assert!(unread.found.to_string().starts_with("Not checked, because the schema"), "{}", unread.found);
    badge["credentialSchema"] = json!([{"id": ELSEWHERE, "type": "SomeValidator"}]);
    assert_eq!(check(&badge, &Web::default().with(ELSEWHERE, json!({}))).holds, None);
    badge["credentialSchema"] = json!([{"type": "1EdTechJsonSchemaValidator2019"}]);
    assert_eq!(check(&badge, &Web::default()).holds, Some(false));
    badge["credentialSchema"] =
        json!(vec![json!({"id": BADGE, "type": "1EdTechJsonSchemaValidator2019"}); 5]);
    assert_eq!(check(&badge, &Web::default()).holds, None);
    badge.as_object_mut().unwrap().remove("credentialSchema");
    assert_eq!(check(&badge, &Web::default()).holds, Some(true));
}

/// Each would run for ever, reach outside, or overflow the stack if it were followed.
#[test]
fn a_hostile_schema_is_not_followed() {
    let doubling = |part: &dyn Fn(usize) -> Value| {
        let parts: Map<String, Value> = (0..60).map(|i| (format!("p{i}"), part(i + 1))).collect();
        let mut parts = parts;
        parts.insert("p60".to_owned(), json!({}));
        json!({"$ref": "#/$defs/p0", "$defs": parts})
    };
    let twice = |name: usize| json!({"$ref": format!("#/$defs/p{name}")});
    for (name, schema) in [
        ("itself", json!({"$ref": "#"})),
        (
            "a circle",
            json!({"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}),
        ),
        ("doubling", doubling(&|next| json!({"allOf": [twice(next), twice(next)]}))),
        ("another document", json!({"$ref": "https://127.0.0.1/x.json"})),
        ("a file", json!({"properties": {"name": {"$ref": "file:///etc/passwd"}}})),
        ("a dynamic reference", json!({"$dynamicRef": "#x"})),
        ("what is not evaluated", json!({"unevaluatedProperties": false})),
        ("an inner address", json!({"$defs": {"a": {"$id": "https://127.0.0.1/"}}})),
        ("another language", json!({"$schema": "https://127.0.0.1/meta"})),
        ("a huge pattern", json!({"properties": {"name": {"pattern": "(a{1000}){1000}"}}})),
        ("a pattern that looks back", json!({"properties": {"name": {"pattern": "(a+)+\\1"}}})),
        ("many values", json!({"enum": vec![0; 40_000]})),
        ("a list", json!([])),
        ("a wrong type", json!({"type": 5})),
    ] {
        let (holds, found) = by(schema);
        assert_eq!(holds, None, "{name}: {found}");
    }
    // Few words that have each a large value looked at as a whole, or a long text read again and again.
    let mut large = badge();
    large["a"] = json!(vec![0; 20_000]);
    large["b"] = json!("x".repeat(40_000));
    large["credentialSchema"] = json!([{"id": ELSEWHERE, "type": "1EdTechJsonSchemaValidator2019"}]);
    for (member, part) in [
        ("a", json!({"uniqueItems": true})),
        ("a", json!({"const": 1})),
        ("a", json!({"enum": vec![1; 100]})),
        ("b", json!({"pattern": "x"})),
        ("b", json!({"const": "y", "enum": vec!["z"; 1_000]})),
    ] {
        let schema = json!({"properties": {(member): {"allOf": vec![part.clone(); 100]}}});
        assert_eq!(check(&large, &Web::default().with(ELSEWHERE, schema)).holds, None, "{part}");
    }
    let names: Vec<String> = (0..10_000).map(|number| number.to_string()).collect();
    let required = |times: usize| json!({"allOf": vec![json!({"$ref": "#/$defs/a"}); times], "$defs": {"a": {"dependentRequired": {"no": names}}}});
    assert_eq!((by(required(2)).0, by(required(50)).0), (Some(true), None));
    let once = json!({"properties": {"a": {"uniqueItems": true}, "b": {"maxLength": 50_000}}});
    assert_eq!(check(&large, &Web::default().with(ELSEWHERE, once)).holds, Some(false));
    // Where the badge does not lead there, it is compiled at least without being unfolded.
    let inside = doubling(&|next| json!({"properties": {"no": twice(next), "nor": twice(next)}}));
    assert_eq!(by(inside).0, Some(true));
    // Two ways at each level of a deep document.
    let mut deep = badge();
    let levels = (0..60).fold(json!(1), |inner, _| json!({"a": inner}));
    deep["credentialSubject"]["achievement"]["criteria"] = levels;
    deep["credentialSchema"] = json!([{"id": ELSEWHERE, "type": "1EdTechJsonSchemaValidator2019"}]);
    let two = json!({"allOf": [
        {"additionalProperties": {"$ref": "#"}}, {"additionalProperties": {"$ref": "#"}},
    ]});
    assert_eq!(check(&deep, &Web::default().with(ELSEWHERE, two)).holds, None);
}
