//! Receiving: authentication, envelopes, events.

use super::*;

#[test]
fn grades_become_signals_and_the_rest_is_counted() {
    let receipt = receive(Some(KEY), EVENTS.as_bytes()).unwrap();
    assert_eq!(receipt.ignored, ["2 × NavigationEvent: not a grade"]);
    let [grade, snapshot] = receipt.signals.as_slice() else { panic!("{:?}", receipt.signals) };
    assert_eq!(grade.key, "GradeEvent:_3_1:_702_1:_12_1:2026-11-20T10:00:00.250Z:_991_1:39.45205");
    assert_eq!(grade.batch, "course:_3_1:column:_702_1");
    assert_eq!((grade.learner.as_str(), grade.course.as_deref()), ("_12_1", Some("_3_1")));
    assert_eq!(grade.occurred_at, Some("2026-11-20T10:00:00.250Z".parse().unwrap()));
    assert_eq!(
        grade.detail,
        json!({"course": "_3_1", "column": "_702_1", "course_total": false, "score": "39.45205", "attempt": "_991_1"})
    );
    assert_eq!(snapshot.event, "CalculatedGradeSnapshotEvent");
    assert_eq!(snapshot.key, "CalculatedGradeSnapshotEvent:_3_1:_700_1:_13_1:2026-11-20T02:15:00Z:8810");
    assert_eq!(snapshot.detail["course_total"], json!(true));
}

#[test]
fn only_the_grade_events_are_kept() {
    let receipt = receive(Some(KEY), EVENTS.as_bytes()).unwrap();
    let kept: Value = serde_json::from_slice(&receipt.body).unwrap();
    assert_eq!(kept["data"].as_array().unwrap().len(), 2);
    assert_eq!(kept["sendTime"], "2026-11-20T10:00:30.500Z");
    assert_eq!(receive(Some(KEY), &receipt.body).unwrap().signals, receipt.signals);
}

#[test]
fn the_key_is_taken_bare_or_as_a_bearer_token_and_no_other() {
    for right in [KEY, "Bearer an-event-store-key", "bearer  the-old-key", "the-old-key"] {
        assert!(receive(Some(right), EVENTS.as_bytes()).is_ok(), "{right}");
    }
    for wrong in [
        "",
        "Bearer ",
        "Bearer",
        "an-event-store-kez",
        "Bearer an-event-store-kez",
        "Basic an-event-store-key",
    ] {
        let refused = receive(Some(wrong), EVENTS.as_bytes());
        assert!(matches!(refused, Err(Rejection::BadSignature(_))), "{wrong}: {refused:?}");
    }
    let Err(Rejection::BadSignature(why)) = receive(None, EVENTS.as_bytes()) else { panic!("taken") };
    assert!(why.contains("Authorization is missing") && why.contains("Telemetry"), "{why}");
}

#[test]
fn events_that_share_an_id_and_differ_are_both_kept() {
    let other_score = EVENTS.replace("39.45205", "41");
    let keys = |body: &str| receive(Some(KEY), body.as_bytes()).unwrap().signals[0].key.clone();
    assert_ne!(keys(EVENTS), keys(&other_score));
    assert_ne!(keys(EVENTS), keys(&EVENTS.replace("attempts/_991_1", "attempts/_992_1")));
    assert_ne!(keys(EVENTS), keys(&EVENTS.replace("10:00:00.250Z", "10:00:00.251Z")));
    assert_eq!(keys(EVENTS), keys(&EVENTS.replace("10:00:30.500Z", "11:00:30.500Z")), "sent again later");
    let mut twice: Value = serde_json::from_str(EVENTS).unwrap();
    let events = twice["data"].as_array_mut().unwrap();
    events.extend(events.clone());
    assert_eq!(receive(Some(KEY), twice.to_string().as_bytes()).unwrap().signals.len(), 2, "once each");
}

#[test]
fn one_unreadable_event_does_not_spoil_the_others() {
    let mut body: Value = serde_json::from_str(EVENTS).unwrap();
    body["data"][1]["object"]["assignee"] = json!("https://caliper.example.test/users/u1");
    body["data"][1]["membership"] = Value::Null;
    body["data"].as_array_mut().unwrap().extend([
        json!(7),
        json!({"type": ["GradeEvent"]}),
        json!({"type": "GradeEvent"}),
    ]);
    let receipt = receive(Some(KEY), body.to_string().as_bytes()).unwrap();
    assert_eq!(receipt.signals.len(), 1);
    assert!(
        receipt.ignored[0]
            .starts_with("data[1], GradeEvent: object.assignee.extensions.bb:user.id is missing")
    );
    assert!(
        receipt.ignored.contains(&"2 × event without a type: not a grade".to_owned()),
        "{:?}",
        receipt.ignored
    );
}

#[test]
fn what_is_only_in_the_membership_is_found_there() {
    let mut body: Value = serde_json::from_str(EVENTS).unwrap();
    body["data"][1]["group"] = Value::Null;
    body["data"][1]["object"]["assignee"] = Value::Null;
    body["data"][1]["object"]["assignable"] = Value::Null;
    let signals = receive(Some(KEY), body.to_string().as_bytes()).unwrap().signals;
    assert_eq!(
        (signals[0].learner.as_str(), signals[0].batch.as_str()),
        ("_12_1", "course:_3_1:column:_702_1")
    );
}

#[test]
fn an_id_that_would_change_an_address_is_none() {
    for id in ["..", "_1_1/../../users", "_1_1?x=1", "", "a b", "é"] {
        let mut body: Value = serde_json::from_str(EVENTS).unwrap();
        body["data"][3]["object"]["itemId"] = json!(id);
        let receipt = receive(Some(KEY), body.to_string().as_bytes()).unwrap();
        assert_eq!(receipt.signals.len(), 1, "{id}");
        assert!(receipt.ignored[0].contains("object.itemId"), "{:?}", receipt.ignored);
    }
}

#[test]
fn ignored_kinds_are_bounded() {
    let events: Vec<Value> = (0..50).map(|index| json!({"type": format!("Odd{index}Event")})).collect();
    let receipt = receive(Some(KEY), json!({"data": events}).to_string().as_bytes()).unwrap();
    assert_eq!(receipt.ignored.len(), 21);
    assert_eq!(receipt.ignored[20], "30 × other types: not a grade");
}

#[test]
fn what_is_no_envelope_is_malformed() {
    for body in ["", "{}", "[]", r#"{"data": {}}"#, "data=1", &EVENTS[..EVENTS.len() / 2]] {
        let refused = receive(Some(KEY), body.as_bytes());
        assert!(matches!(refused, Err(Rejection::Malformed { body: Some(_), .. })), "{body}: {refused:?}");
    }
    let headers = HeaderMap::new();
    let request = Request { path: "/x", headers: &headers, body: b"", received_at: now(), keys: None };
    assert!(matches!(source().receive(&request), Err(Rejection::NoSuchPath(_))));
}

#[test]
fn settings_errors_name_the_key_and_show_no_secret() {
    let with = |key: &str, value: Value| {
        let mut table = settings();
        table[key] = value;
        super::super::build(table).unwrap_err()
    };
    let number = with("application_secret", json!(12_345_678));
    assert_eq!(number.key.as_deref(), Some("application_secret"));
    assert!(!number.message.contains("12345678"), "{number}");
    assert_eq!(with("application_key", json!(" ")).key.as_deref(), Some("application_key"));
    assert!(with("event_key", json!("")).message.contains("empty secret"));
    assert!(with("polling", json!(true)).message.contains("polling"));
    let printed = format!("{:?}", source());
    assert!(!printed.contains(SECRET) && !printed.contains(KEY), "{printed}");
}

#[test]
fn the_readme_s_settings_are_those_of_the_connector() {
    let readme = include_str!("../README.md");
    let block = readme.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    let mut keys: Vec<&str> = block
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(key, _)| key)
        .filter(|key| *key != "kind")
        .collect();
    keys.sort_unstable();
    let table = settings();
    let mut known: Vec<&String> = table.as_object().unwrap().keys().collect();
    known.sort_unstable();
    assert_eq!(keys, known);
}

/// The vendor's own samples are not part of the project; they are read where they lie beside it.
#[test]
fn the_samples_of_the_documentation_are_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/lms/blackboard");
    for (name, signals, ignored) in [
        ("caliper_GradeEvent_1.json", 1, 0),
        ("caliper_CalculatedGradeSnapshotEvent_1.json", 1, 0),
        ("caliper_AssignableEvent_1.json", 0, 1),
        ("caliper_AssessmentEvent_1.json", 0, 1),
        ("caliper_AssessmentEvent_2.json", 0, 1),
    ] {
        let Ok(body) = std::fs::read(folder.join(name)) else {
            println!("skipped: ../shared is not here");
            return;
        };
        let receipt = receive(Some(KEY), &body).unwrap();
        assert_eq!(
            (receipt.signals.len(), receipt.ignored.len()),
            (signals, ignored),
            "{name}: {:?}",
            receipt.ignored
        );
    }
}
