//! Whatever comes: nothing panics.

use proptest::prelude::*;

use super::*;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}|[0-9.eE+-]{0,12}|.{0,5}@.{0,5}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-c]", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn random_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..300), header in "[ -~]{0,40}") {
        let _ = receive(&*token_source(Value::Null), &bearer(TOKEN), &body);
        let _ = receive(&*signed_source(), &signed(SECRET, NOW, &body), &body);
        let odd = headers(&[
            ("webhook-id", header.clone()), ("webhook-timestamp", header.clone()), ("webhook-signature", format!("v1,{header}")),
        ]);
        prop_assert!(receive(&*signed_source(), &odd, &body).is_err());
        let odd = headers(&[("authorization", header)]);
        prop_assert!(receive(&*token_source(Value::Null), &odd, &body).is_err());
    }

    #[test]
    fn mutated_events_never_panic(
        which in 0..FIXTURES.len(), index in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let mut body = FIXTURES[which].as_bytes().to_vec();
        let length = body.len();
        body[index.index(length)] = byte;
        let _ = receive(&*token_source(Value::Null), &bearer(TOKEN), &body);
        body.truncate(cut.index(length));
        let _ = receive(&*token_source(Value::Null), &bearer(TOKEN), &body);
    }

    #[test]
    fn any_member_may_be_anything(
        member in prop::sample::select(vec![
            "/type", "/id", "/timestamp", "/data", "/data/learner", "/data/learner/id", "/data/learner/email",
            "/data/learner/name", "/data/course/id", "/data/assessment/id", "/data/score", "/data/score/given",
            "/data/score/min", "/data/score/max", "/data/passed", "/data/attempt",
        ]),
        value in any_json(),
    ) {
        let _ = receive(&*token_source(Value::Null), &bearer(TOKEN), changed(member, value).as_bytes());
    }

    #[test]
    fn random_mappings_never_panic(
        pointers in prop::collection::vec("(/[a-c~0-9]{0,2}){0,4}|\\PC{0,6}", 6), body in any_json(),
    ) {
        let table = json!({"trusted": true, "bearer": TOKEN, "mapping": {
            "learner.id": pointers[0], "course.id": pointers[1], "assessment.id": pointers[2],
            "score.given": pointers[3], "passed": {"at": pointers[4], "is": ["1"]},
            "when": {"at": pointers[4], "ends": ["", "1", 0]}, "learner.name": {"join": [pointers[5]]},
        }});
        if let Ok(source) = build(table) {
            let _ = receive(&*source, &bearer(TOKEN), body.to_string().as_bytes());
        }
    }

    #[test]
    fn random_tables_never_panic(mapping in any_json()) {
        let _ = build(json!({"trusted": true, "bearer": TOKEN, "mapping": mapping}));
        let _ = build(mapping);
    }
}
