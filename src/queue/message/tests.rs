use accolade_connectors::{Assessment, Course, Learner, Release};
use proptest::prelude::*;
use serde_json::Value;

use super::*;

const URL: &str = "https://badges.example.edu/";

fn at() -> DateTime<Utc> {
    "2026-03-04T05:06:07.000089Z".parse().unwrap()
}

fn due() -> Due {
    Due { id: Uuid::from_u128(1), delivery: Uuid::from_u128(2), source: "campus moodle".into() }
}

fn event() -> NewEvent {
    NewEvent {
        id: Uuid::from_u128(3),
        delivery: Uuid::from_u128(2),
        source: "moodle".into(),
        passed: true,
        learner: Uuid::from_u128(4),
        outcome: Outcome {
            learner: Learner {
                id: "17".into(),
                name: Some("Ada Example".into()),
                email: Some("ada@example.test".into()),
                institution_id: Some("S-1001".into()),
                language: Some("en".into()),
            },
            course: Course { id: "5".into(), also: vec![], name: Some("Fire safety".into()), url: None },
            assessment: Assessment {
                id: "item:4".into(),
                also: vec!["cmid:3".into()],
                kind: AssessmentKind::Item,
                name: Some("Final quiz".into()),
                url: None,
            },
            score: Some(Score {
                given: Some("8.50000".parse().unwrap()),
                min: 0.into(),
                max: Some(12.into()),
                text: Some("8.5 of 12".into()),
            }),
            passed: None,
            release: Release::Released,
            graded_at: Some(at()),
            attempt: Some(1),
            attempts: Vec::new(),
            late: None,
            all_graded: None,
            as_of: at(),
        },
    }
}

fn pretty(message: &Message) -> String {
    let value: Value = serde_json::from_slice(&message.body).unwrap();
    format!("{}\n{value:#}", message.routing_key)
}

#[test]
fn a_signal_is_a_cloud_event() {
    insta::assert_snapshot!(pretty(&Message::signal(URL, &due(), at())), @r#"
    signal.received.campus_moodle
    {
      "data": {
        "signal": "00000000-0000-0000-0000-000000000001",
        "source": "campus moodle"
      },
      "datacontenttype": "application/json",
      "delivery": "00000000-0000-0000-0000-000000000002",
      "id": "00000000-0000-0000-0000-000000000001",
      "source": "https://badges.example.edu/sources/campus%20moodle",
      "specversion": "1.0",
      "subject": "signals/00000000-0000-0000-0000-000000000001",
      "time": "2026-03-04T05:06:07.000089Z",
      "type": "signal.received"
    }
    "#);
}

#[test]
fn an_assessment_carries_ids_and_results() {
    insta::assert_snapshot!(pretty(&Message::assessment(URL, &event(), at())), @r#"
    assessment.passed.moodle.5
    {
      "data": {
        "assessment": {
          "id": "item:4",
          "kind": "item",
          "name": "Final quiz"
        },
        "course": {
          "id": "5",
          "name": "Fire safety"
        },
        "gradedAt": "2026-03-04T05:06:07.000089Z",
        "learner": {
          "id": "17"
        },
        "passed": true,
        "score": {
          "given": 8.5,
          "max": 12,
          "min": 0,
          "percent": 70.8333,
          "text": "8.5 of 12"
        }
      },
      "datacontenttype": "application/json",
      "delivery": "00000000-0000-0000-0000-000000000002",
      "id": "00000000-0000-0000-0000-000000000003",
      "source": "https://badges.example.edu/sources/moodle",
      "specversion": "1.0",
      "subject": "courses/5/assessments/item:4/learners/17",
      "time": "2026-03-04T05:06:07.000089Z",
      "type": "assessment.passed"
    }
    "#);
}

#[test]
fn a_mail_is_a_cloud_event() {
    let mail = Message::mail(URL, Uuid::from_u128(5), Uuid::from_u128(2), at());
    insta::assert_snapshot!(pretty(&mail), @r#"
    mail.queued
    {
      "data": {
        "mail": "00000000-0000-0000-0000-000000000005"
      },
      "datacontenttype": "application/json",
      "delivery": "00000000-0000-0000-0000-000000000002",
      "id": "00000000-0000-0000-0000-000000000005",
      "source": "https://badges.example.edu/mails",
      "specversion": "1.0",
      "subject": "mails/00000000-0000-0000-0000-000000000005",
      "time": "2026-03-04T05:06:07.000089Z",
      "type": "mail.queued"
    }
    "#);
}

#[test]
fn an_assessment_tells_no_name_and_no_address() {
    let body = String::from_utf8(Message::assessment(URL, &event(), at()).body).unwrap();
    for secret in ["Ada", "ada@", "S-1001"] {
        assert!(!body.contains(secret), "{secret} is in {body}");
    }
}

#[test]
fn an_outcome_that_stopped_passing_is_a_revision() {
    let message = Message::assessment(URL, &NewEvent { passed: false, ..event() }, at());
    assert_eq!(message.routing_key, "assessment.revised.moodle.5");
    let value: Value = serde_json::from_slice(&message.body).unwrap();
    assert_eq!((&value["type"], &value["data"]["passed"]), (&"assessment.revised".into(), &false.into()));
}

#[test]
fn numbers_keep_every_digit() {
    let mut event = event();
    if let Some(score) = &mut event.outcome.score {
        score.given = Some("9007199254740993.1".parse().unwrap());
    }
    let body = String::from_utf8(Message::assessment(URL, &event, at()).body).unwrap();
    assert!(body.contains(r#""given":9007199254740993.1,"#), "{body}");
}

#[test]
fn an_outcome_without_a_score_has_none() {
    let mut event = event();
    event.outcome.score = None;
    event.outcome.graded_at = None;
    let value: Value = serde_json::from_slice(&Message::assessment(URL, &event, at()).body).unwrap();
    assert_eq!((&value["data"]["score"], &value["data"]["gradedAt"]), (&Value::Null, &Value::Null));
}

#[test]
fn characters_with_a_meaning_in_routing_keys_are_replaced() {
    assert_eq!(word("BIO.101 *#"), "BIO_101___");
    assert_eq!(word("_702_1"), "_702_1");
    assert_eq!(word("física"), "física");
    assert_eq!(word(""), "_");
}

#[test]
fn a_message_is_read_only_when_both_ids_agree() {
    let body = Message::signal(URL, &due(), at()).body;
    let id = due().id.to_string();
    assert_eq!(read(Some(&id), &body), Ok(vec![(due().id, body.clone())]));
    let other = Uuid::from_u128(9).to_string();
    for (message_id, body) in [
        (None, body.as_slice()),
        (Some("42"), body.as_slice()),
        (Some(other.as_str()), body.as_slice()),
        (Some(id.as_str()), b"{"),
        (Some(id.as_str()), b"{\"id\":42}"),
        (Some(id.as_str()), b""),
    ] {
        assert!(read(message_id, body).is_err(), "{message_id:?} {body:?}");
    }
}

proptest! {
    #[test]
    fn any_source_and_course_give_a_valid_routing_key(source in ".*", course in ".*") {
        let mut event = event();
        event.source = source;
        event.outcome.course.id = course;
        let message = Message::assessment(URL, &event, at());
        prop_assert!(message.routing_key.len() <= 255);
        prop_assert_eq!(message.routing_key.split('.').count(), 4);
        prop_assert!(!message.routing_key.contains(['*', '#', ' ']));
        let came = read(Some(&event.id.to_string()), &message.body);
        prop_assert_eq!(came, Ok(vec![(event.id, message.body.clone())]));
        let value: Value = serde_json::from_slice(&message.body).unwrap();
        let uri = value["source"].as_str().unwrap();
        prop_assert!(url::Url::parse(uri).is_ok(), "{}", uri);
    }

    #[test]
    fn reading_never_panics(id in proptest::option::of(".*"), body in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = read(id.as_deref(), &body);
    }
}
