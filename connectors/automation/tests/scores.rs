//! Scores that do not begin at 0.

use super::*;

fn scored(score: &Value) -> String {
    let mut event: Value = serde_json::from_str(&changed("/data/score", score.clone())).unwrap();
    event["id"] = Value::Null;
    event.to_string()
}

#[test]
fn a_score_may_begin_elsewhere_than_at_0() {
    let source = token_source(Value::Null);
    let percent =
        |score: Value| outcome(&*source, &scored(&score)).score.unwrap().percent().map(|it| it.to_string());
    assert_eq!(percent(json!({"given": 2, "min": 1, "max": 3})).as_deref(), Some("50"));
    assert_eq!(percent(json!({"given": "-1", "min": "-3", "max": "1"})).as_deref(), Some("50"));
    assert_eq!(percent(json!({"given": -2, "min": -3, "max": 0})).unwrap().get(..5), Some("33.33"));
    assert_eq!(percent(json!({"given": 4, "min": 1, "max": 3})).as_deref(), Some("150"));
    assert_eq!(percent(json!({"given": 2, "min": 1})), None);
    assert_eq!(percent(json!({"given": 2, "min": null, "max": 3})).unwrap().get(..5), Some("66.66"));
}

#[test]
fn a_lowest_score_that_cannot_be_names_the_member() {
    let source = token_source(Value::Null);
    for (score, start) in [
        (json!({"given": 3, "min": 3, "max": 3}), "data.score.max: is not more than data.score.min"),
        (json!({"given": 3, "min": 4, "max": 3}), "data.score.max: is not more than data.score.min"),
        (json!({"given": -1, "max": 0}), "data.score.max: is not more than 0"),
        (json!({"given": 0.5, "min": 1, "max": 3}), "data.score.given: is less than data.score.min"),
        (json!({"given": 2, "min": "one", "max": 3}), "data.score.min: is no number"),
    ] {
        let reason = reason(&*source, &scored(&score));
        assert!(reason.starts_with(start), "{start} / {reason}");
    }
}

/// An event that was sent before there was a lowest score is recognised when it is sent again.
#[test]
fn a_lowest_score_changes_the_key_of_a_state_only_where_there_is_one() {
    let source = token_source(Value::Null);
    let key = |score: Value| {
        let receipt = receive(&*source, &bearer(TOKEN), scored(&score).as_bytes()).unwrap();
        signal(&receipt).key.clone()
    };
    let before = "state:47adc2d6f50778d6c96069d7937efb5d64d869023afd57243f6e49c9a617e30e";
    assert_eq!(key(json!({"given": 41, "max": 50})), before);
    assert_eq!(key(json!({"given": 41, "min": 0, "max": 50})), before);
    assert_ne!(key(json!({"given": 41, "min": 1, "max": 50})), before);
    assert_ne!(
        key(json!({"given": 41, "min": 1, "max": 50})),
        key(json!({"given": 41, "min": 2, "max": 50}))
    );
}
