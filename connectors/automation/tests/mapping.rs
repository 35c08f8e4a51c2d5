//! Conditions of a mapping: which documents count, and which of them pass.

use super::*;

fn mapping(extra: &Value) -> Value {
    let mut table = json!({
        "learner.email": "/mail", "course.id": {"value": "C"}, "assessment.id": {"value": "A"},
        "score.given": "/points",
    });
    table.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    table
}

fn body(state: &Value) -> String {
    json!({"mail": "ines@example.test", "points": 1, "state": state}).to_string()
}

#[test]
fn what_the_condition_leaves_out_is_ignored_with_the_reason() {
    for (form, value) in
        [("is", json!("Graded ")), ("is", json!(["x", "graded"])), ("ends", json!(["x", "ADED"]))]
    {
        let source = token_source(mapping(&json!({"when": {"at": "/state", form: value}})));
        for counts in [json!("graded"), json!(" GRADED")] {
            assert_eq!(outcome(&*source, &body(&counts)).passed, None, "{form} {counts}");
        }
        for other in [json!("started"), json!("degraded!"), json!(null), json!({"ines": 1}), json!([1])] {
            let receipt = receive(&*source, &bearer(TOKEN), body(&other).as_bytes()).unwrap();
            assert!(receipt.signals.is_empty(), "{form} {other}");
            assert!(receipt.ignored[0].contains("/state") && receipt.ignored[0].contains("aded"));
            assert!(!receipt.ignored[0].contains("ines"), "personal data in {:?}", receipt.ignored);
        }
    }
    // What is no event need not be readable as one.
    let source = token_source(mapping(&json!({"when": {"at": "/state", "is": "graded"}})));
    assert_eq!(receive(&*source, &bearer(TOKEN), b"{}").unwrap().ignored.len(), 1);
}

#[test]
fn passing_may_go_by_the_end_of_a_text() {
    let source = token_source(mapping(&json!({"passed": {"at": "/state", "ends": ["/passed", 1]}})));
    for (state, passed) in [
        (json!("https://v.example.test/Passed"), Some(true)),
        (json!(21), Some(true)),
        (json!("https://v.example.test/passed/not"), Some(false)),
        (json!(null), None),
    ] {
        assert_eq!(outcome(&*source, &body(&state)).passed, passed, "{state}");
    }
}

#[test]
fn conditions_that_say_nothing_are_refused() {
    for (key, form) in [
        ("when", json!("/state")),
        ("when", json!({"value": true})),
        ("when", json!({"at": "/state"})),
        ("when", json!({"at": "/state", "is": []})),
        ("when", json!({"at": "/state", "ends": ["x", " "]})),
        ("when", json!({"at": "/state", "is": "x", "ends": "x"})),
        ("when", json!({"at": "state", "is": "x"})),
        ("when", json!({"at": 1, "is": "x"})),
        ("when", json!({"is": "x", "end": "x"})),
        ("passed", json!({"at": "/state", "ends": ""})),
        ("passed", json!({"at": "/state", "begins": "x"})),
        ("score.given", json!({"at": "/state", "ends": "x"})),
    ] {
        let table =
            json!({"trusted": true, "bearer": TOKEN, "mapping": mapping(&json!({key: form.clone()}))});
        let error = build(table).unwrap_err();
        assert_eq!(error.key, Some(format!("mapping.{key}")), "{form}: {error}");
    }
}
