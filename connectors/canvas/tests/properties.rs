//! Nothing panics, whatever the bytes.

use proptest::prelude::*;

use super::*;

/// Any JSON, with Canvas's own member names often enough to get somewhere.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(json!(ACCOUNT)),
        Just(json!("Course")),
        Just(json!("Attempt")),
        proptest::sample::select(vec![
            "grade_change",
            "submission_updated",
            "course_completed",
            "quiz_submitted",
            "learning_outcome_result_created",
            "urn:instructure:canvas:assignment:11070000000000412",
            "urn:instructure:canvas:user:0",
            "11070000000000096",
            "99999999999999999999",
        ])
        .prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        let name = proptest::sample::select(vec![
            "metadata",
            "body",
            "data",
            "event_name",
            "event_time",
            "root_account_uuid",
            "root_account_id",
            "context_type",
            "context_id",
            "assignment_id",
            "user_id",
            "score",
            "numberStr",
            "type",
            "object",
            "actor",
            "extensions",
            "com.instructure.canvas",
            "assignable",
            "assignee",
            "generated",
            "id",
            "exp",
        ]);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..8).prop_map(|members| {
                Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
}

/// Every path to a value of a document.
fn pointers(document: &Value, here: &str, all: &mut Vec<String>) {
    let members: Vec<(String, &Value)> = match document {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => return,
    };
    for (name, value) in members {
        let pointer = format!("{here}/{name}");
        pointers(value, &pointer, all);
        all.push(pointer);
    }
}

/// A fixture with one value replaced.
fn mutated(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    (proptest::sample::select(names), any::<proptest::sample::Index>(), any_json()).prop_map(
        |(name, index, value)| {
            let mut document = fixture(name);
            let mut all = Vec::new();
            pointers(&document, "", &mut all);
            *document.pointer_mut(&all[index.index(all.len())]).unwrap() = value;
            document
        },
    )
}

fn confirm(canvas: &Replay, signals: &[Signal]) -> Result<Vec<Confirmation>, ApiError> {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(canvas.confirm(signals))
}

proptest! {
    #[test]
    fn any_bytes_are_answered(body in proptest::collection::vec(any::<u8>(), 0..400), path in ".{0,20}") {
        let _ = receive(&*source(), &path, &body);
        let _ = receive(&*source(), "", &body);
        prop_assert!(receive(&*source(), "/new-secret", &body).is_err());
        prop_assert!(receive(&*unsigned_source(), "/new-secret", &body).is_err());
    }

    #[test]
    fn any_token_is_refused(header in any_json(), claims in any_json(), signature in proptest::collection::vec(any::<u8>(), 0..40)) {
        let token = format!(
            "{}.{}.{}",
            base64url(header.to_string().as_bytes()),
            base64url(claims.to_string().as_bytes()),
            base64url(&signature)
        );
        prop_assert!(receive(&*source(), "", token.as_bytes()).is_err());
    }

    #[test]
    fn any_json_is_answered(event in any_json()) {
        let _ = unsigned(&event);
    }

    #[test]
    fn a_mutated_event_is_answered_and_confirmed(event in mutated(EVENTS)) {
        if let Ok(receipt) = unsigned(&event) {
            let count = receipt.signals.len();
            // Whoever sees every course is told what is gone, and need not wait.
            let canvas = Replay::canvas().json(PERMISSIONS, &json!({"read_course_content": true}));
            prop_assert_eq!(confirm(&canvas, &receipt.signals).unwrap().len(), count);
        }
    }

    #[test]
    fn a_mutated_answer_is_taken(
        answer in mutated(&["api_submission", "api_assignment", "api_course", "api_profile", "api_enrollments"]),
        path in proptest::sample::select(vec![SUBMISSION, ASSIGNMENT, COURSE, PROFILE, ENROLMENTS]),
    ) {
        let canvas = Replay::canvas().json(path, &answer);
        let _ = confirm(&canvas, &[signal(&fixture("grade_change"))]);
    }

    #[test]
    fn any_detail_is_confirmed_or_nothing(detail in any_json()) {
        let signal = Signal { detail, ..signal(&fixture("grade_change")) };
        prop_assert_eq!(confirm(&Replay::canvas(), &[signal]).unwrap().len(), 1);
    }
}

#[test]
fn every_fixture_is_used() {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/canvas/fixtures")).unwrap();
    for file in files {
        let name = file.unwrap().file_name().into_string().unwrap();
        let known = name.strip_suffix(".json").is_some_and(|name| FIXTURES.contains(&name));
        assert!(known || name.starts_with("test_only_"), "{name}");
    }
}
