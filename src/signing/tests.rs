//! Which keys are shown.

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_423_000 + seconds, 0).unwrap()
}

fn key(number: i64, state: KeyState) -> IssuerKey {
    IssuerKey {
        issuer: "school".to_owned(),
        purpose: Purpose::Badge,
        number,
        name: format!("z6Mk{number}"),
        public_key: format!("z6Mk{number}"),
        state,
        announced_at: at(0),
        signs_from: at(0),
        activated_at: Some(at(0)),
        retired_at: (state == KeyState::Retired).then(|| at(1000 * number)),
        compromised_at: None,
        reason: String::new(),
    }
}

#[test]
fn the_key_that_signs_is_first_and_a_compromised_one_is_not_shown() {
    let keys = [
        key(1, KeyState::Retired),
        key(2, KeyState::Compromised),
        key(3, KeyState::Retired),
        key(4, KeyState::Active),
        key(5, KeyState::Announced),
    ];
    let all = ["z6Mk4", "z6Mk5", "z6Mk3", "z6Mk1"];
    let seen = |oldest| Living::seen(at(1_000_000), oldest);
    for living in [Living::default(), seen(Some(at(0))), seen(Some(at(1000) + ANNOUNCED))] {
        assert_eq!(public(&keys, living).multikeys, all, "{living:?}");
    }
    // A badge may carry the signature of each key that signed when it was there already.
    let later = seen(Some(at(1001) + ANNOUNCED));
    assert_eq!(public(&keys, later).multikeys, ["z6Mk4", "z6Mk5", "z6Mk3"]);
    for living in [seen(None), seen(Some(at(3001) + ANNOUNCED))] {
        assert_eq!(public(&keys, living).multikeys, ["z6Mk4", "z6Mk5"], "{living:?}");
    }
    // There was no badge when one looked, and then the first key signed some.
    assert_eq!(public(&keys, Living::seen(at(10), None)).multikeys, all);
    assert_eq!(public(&keys, Living::seen(at(1000) + ANNOUNCED, None)).multikeys, all);
    let between = Living::seen(at(1001) + ANNOUNCED, None);
    assert_eq!(public(&keys, between).multikeys, ["z6Mk4", "z6Mk5", "z6Mk3"]);
}
