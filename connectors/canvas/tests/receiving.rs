//! What events become.

use super::*;
use crate::canvas::detail::{Detail, What};

const ACTOR: &str = "/data/0/actor/extensions/com.instructure.canvas/root_account_uuid";

fn detail(signal: &Signal) -> Detail {
    serde_json::from_value(signal.detail.clone()).unwrap()
}

#[test]
fn a_grade_change_becomes_a_signal_with_local_ids() {
    let signal = signal(&fixture("grade_change"));
    assert_eq!(signal.event, "grade_change");
    assert_eq!(signal.learner, "96", "the learner, not the teacher who graded");
    assert_eq!(signal.course.as_deref(), Some("731"));
    assert_eq!(signal.batch, "course:731:assignment:412");
    assert_eq!(signal.occurred_at, Some("2025-03-04T10:15:30.250Z".parse().unwrap()));
    assert_eq!(signal.outcome, None, "a Canvas event never confirms itself");
    let told = detail(&signal).told;
    assert!(told.scored && told.muted == Some(false));
    assert_eq!(told.score, Some("17.5".parse().unwrap()));
}

#[test]
fn every_event_about_a_grade_gives_its_batch_and_learner() {
    let expected = [
        ("submission_created", "assignment:412", "96"),
        ("submission_updated", "course:731:assignment:412", "96"),
        ("course_completed", "course:731:completion", "96"),
        ("course_grade_change", "course:731:total", "96"),
        ("grade_override", "course:731:total", "96"),
        ("learning_outcome_result_created", "outcome:33", "uuid:p4Vn0QyZk81LrTqJx7aUe6mBsWd2HcGfOi35XtRz"),
        (
            "learning_outcome_result_updated",
            "course:731:outcome:33",
            "uuid:p4Vn0QyZk81LrTqJx7aUe6mBsWd2HcGfOi35XtRz",
        ),
        ("quiz_submitted", "course:731:quiz:64", "quiz-submission:5501"),
        ("caliper_grade_event", "course:731:assignment:412", "96"),
        ("caliper_submission_updated", "course:731:assignment:412", "96"),
        ("caliper_quiz_submitted", "course:731:quiz:64", "96"),
    ];
    for (event, batch, learner) in expected {
        let signal = signal(&fixture(event));
        assert_eq!((signal.batch.as_str(), signal.learner.as_str()), (batch, learner), "{event}");
        assert!(signal.occurred_at.is_some(), "{event}");
    }
}

#[test]
fn both_formats_and_both_kinds_of_sender_read_the_same() {
    for event in EVENTS {
        let plain = fixture(event);
        let text = plain.to_string();
        let quoted = Value::String(text.clone()).to_string();
        let token = signed(&plain);
        let quoted_token = format!("\"{token}\"\n");
        let unsigned = unsigned(&plain).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&unsigned.body).unwrap(), plain);
        assert_eq!(
            receive(&*unsigned_source(), "/old-secret", quoted.as_bytes()).unwrap(),
            unsigned,
            "{event}"
        );
        if *event == "caliper_grade_event" {
            continue; // Names no root account: see `caliper_without_an_account_…`.
        }
        assert_eq!(receive(&*source(), "", token.as_bytes()).unwrap(), unsigned, "{event}");
        assert_eq!(receive(&*source(), "/", quoted_token.as_bytes()).unwrap(), unsigned, "{event}");
        assert_eq!(receive(&*source(), "/new-secret", token.as_bytes()).unwrap(), unsigned, "{event}");
    }
}

#[test]
fn several_caliper_events_give_several_signals() {
    let mut envelope = fixture("caliper_submission_updated");
    let quiz = fixture("caliper_quiz_submitted")["data"][0].clone();
    let login =
        with(with(quiz.clone(), "/type", json!("SessionEvent")), "/object", json!({"type": "Session"}));
    envelope["data"].as_array_mut().unwrap().extend([quiz, login]);
    let receipt = receive(&*source(), "", signed(&envelope).as_bytes()).unwrap();
    assert_eq!(receipt.signals.len(), 2);
    assert_eq!(receipt.ignored.len(), 1);
}

#[test]
fn a_muted_grade_and_an_unchanged_score_still_give_a_signal() {
    let event = fixture("grade_change");
    let muted = with(event.clone(), "/body/muted", json!(true));
    let incomplete = with(event.clone(), "/body/grading_complete", json!(false));
    let posted = with(event.clone(), "/body/old_score", json!(17.5));
    let keys: Vec<String> =
        [event, muted, incomplete, posted].iter().map(|event| signal(event).key).collect();
    for (n, key) in keys.iter().enumerate() {
        assert!(!keys[..n].contains(key), "each is news of its own");
    }
}

#[test]
fn the_same_event_sent_again_has_the_same_key() {
    for event in EVENTS {
        let first = fixture(event);
        let mut again = first.clone();
        if let Some(metadata) = again.get_mut("metadata") {
            metadata["user_agent"] = json!("another");
            metadata["exp"] = json!(1);
        } else {
            again["sendTime"] = json!("2025-03-04T10:20:00.000Z");
        }
        assert_eq!(signal(&again).key, signal(&first).key, "{event}");
    }
    let event = fixture("grade_change");
    let as_text = with(event.clone(), "/body/score", json!({"numberStr": "17.50"}));
    assert_eq!(signal(&as_text).key, signal(&event).key);
    for (member, value) in [
        ("/body/score", json!(18)),
        ("/body/submission_id", json!("11070000000088121")),
        ("/metadata/event_time", json!("2025-03-04T10:15:30.251Z")),
        ("/metadata/request_id", json!("another")),
    ] {
        assert_ne!(signal(&with(event.clone(), member, value)).key, signal(&event).key, "{member}");
    }
}

#[test]
fn numbers_may_be_texts_or_objects_or_absent() {
    let event = fixture("grade_change");
    for form in [json!("17.5"), json!({"numberStr": "17.5"})] {
        let told = detail(&signal(&with(event.clone(), "/body/score", form))).told;
        assert_eq!(told.score, Some("17.5".parse().unwrap()));
    }
    let deleted = detail(&signal(&with(event.clone(), "/body/score", Value::Null))).told;
    assert!(deleted.scored && deleted.score.is_none());
    let unsaid = detail(&signal(&with(event, "/body/score", None))).told;
    assert!(!unsaid.scored && unsaid.score.is_none());
}

#[test]
fn members_that_are_not_needed_may_all_be_absent() {
    let event = json!({
        "metadata": {
            "event_name": "grade_change", "root_account_uuid": ACCOUNT,
            "context_type": "Course", "context_id": "11070000000000731",
        },
        "body": {"assignment_id": "11070000000000412", "student_id": "11070000000000096"},
    });
    let signal = signal(&event);
    assert_eq!((signal.learner.as_str(), signal.batch.as_str()), ("96", "course:731:assignment:412"));
}

#[test]
fn a_learner_of_another_shard_keeps_it() {
    let event = with(fixture("grade_change"), "/body/user_id", json!("11210000000000096"));
    assert_eq!(signal(&event).learner, "1121~96");
}

#[test]
fn a_member_without_which_there_is_no_id_is_named() {
    for (event, pointer, member) in [
        ("grade_change", "/body/assignment_id", "body.assignment_id"),
        ("grade_change", "/metadata/context_id", "metadata.context_id"),
        ("grade_change", "/metadata/event_name", "metadata.event_name"),
        ("course_completed", "/body/user/id", "body.user.id"),
        ("course_completed", "/body/course/id", "body.course.id"),
        ("course_grade_change", "/body/course_id", "body.course_id"),
        ("course_grade_change", "/body/user_id", "body.user_id"),
        ("learning_outcome_result_created", "/body/user_uuid", "body.user_uuid"),
        ("learning_outcome_result_created", "/body/learning_outcome_id", "body.learning_outcome_id"),
        ("quiz_submitted", "/body/quiz_id", "body.quiz_id"),
        ("caliper_submission_updated", "/data/0/object/assignee", "object.assignee.id"),
    ] {
        match unsigned(&with(fixture(event), pointer, None)) {
            Err(Rejection::Malformed { reason, body: Some(_) }) => {
                assert!(reason.contains(member), "{reason}");
            }
            other => panic!("{event} {pointer}: {other:?}"),
        }
    }
}

#[test]
fn what_concerns_no_grade_is_ignored_with_a_reason() {
    let progress = unsigned(&fixture("course_progress")).unwrap();
    assert!(progress.signals.is_empty());
    assert!(progress.ignored[0].starts_with("course_progress: "), "{:?}", progress.ignored);
    let login = with(fixture("grade_change"), "/metadata/event_name", json!("logged_in"));
    assert!(unsigned(&login).unwrap().ignored[0].starts_with("logged_in: "));
    let no_course = with(fixture("quiz_submitted"), "/metadata/context_type", None);
    assert!(unsigned(&no_course).unwrap().ignored[0].contains("names no course"));
}

#[test]
fn an_overridden_total_is_recognised_under_either_name() {
    let event = with(fixture("grade_override"), "/metadata/event_name", json!("grade_change"));
    assert_eq!(signal(&event).batch, "course:731:total");
}

#[test]
fn a_signal_names_and_addresses_nobody() {
    for event in EVENTS {
        let stored = serde_json::to_string(&signal(&fixture(event))).unwrap();
        for private in ["Lena", "example.test", "lena", "S-000096"] {
            assert!(!stored.contains(private), "{event}: {stored}");
        }
    }
}

#[test]
fn a_detail_survives_storage() {
    for event in EVENTS {
        let signal = signal(&fixture(event));
        let read = detail(&signal);
        assert_eq!(serde_json::to_value(&read).unwrap(), signal.detail);
        if let What::Quiz { learner, .. } = read.what {
            assert_eq!(learner.is_some(), *event == "caliper_quiz_submitted", "never the actor");
        }
    }
}

#[test]
fn the_documented_examples_are_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/lms/canvas");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("skipped: ../shared is not here");
        return;
    };
    for file in files {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("sample_") {
            continue; // Answers of the API.
        }
        let event: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let named = ["/metadata/root_account_uuid", ACTOR].iter().find_map(|pointer| event.pointer(pointer));
        let account = named.cloned().unwrap_or(json!(ACCOUNT));
        let source = super::super::build(json!({
            "site": "https://canvas.example.test", "api_token": "t", "root_account": account, "path_secret": "s",
        }));
        let receipt = receive(&*source.unwrap(), "/s", event.to_string().as_bytes()).unwrap();
        let none = matches!(name.as_str(), "course_progress" | "outcome_proficiency_created");
        assert_eq!(receipt.signals.len(), usize::from(!none), "{name}: {:?}", receipt.ignored);
        assert_eq!(receipt.ignored.len(), usize::from(none), "{name}");
    }
}
