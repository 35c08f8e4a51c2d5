//! Whatever comes: nothing panics.

use super::*;

proptest! {
    #[test]
    fn random_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..300), header in "[ -~]{0,40}") {
        let _ = receive(Some(KEY), &body);
        prop_assert!(receive(Some(&header), &body).is_err());
    }

    #[test]
    fn mutated_events_never_panic(index in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut body = EVENTS.as_bytes().to_vec();
        let length = body.len();
        body[index.index(length)] = byte;
        let _ = receive(Some(KEY), &body);
        body.truncate(cut.index(length));
        let _ = receive(Some(KEY), &body);
    }

    #[test]
    fn mutated_answers_never_panic(
        which in 0usize..6, index in any::<prop::sample::Index>(), byte in any::<u8>(), status in prop::sample::select(vec![200u16, 200, 204, 404, 599]),
    ) {
        let answers = [
            (GRADEBOOK.to_owned(), COLUMN.to_owned()),
            (format!("{GRADEBOOK}/users/_12_1"), GRADE.to_owned()),
            (format!("{GRADEBOOK}/attempts?limit=100&userId=_12_1"), list(&[ATTEMPT])),
            ("v1/users/_12_1".to_owned(), USER.to_owned()),
            ("v3/courses/_3_1".to_owned(), COURSE.to_owned()),
            ("v1/courses/_3_1/users/_12_1?expand=user".to_owned(), MEMBERSHIP.to_owned()),
        ];
        let (path, body) = &answers[which];
        let mut body = body.clone().into_bytes();
        let index = index.index(body.len());
        body[index] = byte;
        let site = Site::new().with(path, status, String::from_utf8_lossy(&body));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let _ = runtime.block_on(confirm(&site, &[grade_signal()]));
    }
}
