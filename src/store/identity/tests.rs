use accolade_connectors::Learner;

use super::*;
use crate::store::learners::ToldLearner;

/// A learner; ids of persons are those of their first learner.
fn learner(
    id: u128,
    person: u128,
    source: &str,
    email: Option<&str>,
    institution: Option<&str>,
) -> StoredLearner {
    let told = Learner {
        id: id.to_string(),
        name: None,
        email: email.map(str::to_owned),
        institution_id: institution.map(str::to_owned),
        language: None,
    };
    let name = (source.to_owned(), id.to_string());
    let told = ToldLearner { name, learner: &told, as_of: chrono::DateTime::UNIX_EPOCH };
    StoredLearner::new(Uuid::from_u128(id), Uuid::from_u128(person), &told)
}

/// Moodle and Canvas have the same numbers, Blackboard others, and nobody checks those who fill
/// in forms.
fn identities() -> Identities {
    let source = |verified_addresses, ids: Option<&str>| SourceIdentity {
        verified_addresses,
        institution_ids: ids.map(str::to_owned),
    };
    Identities::new(BTreeMap::from([
        ("moodle".to_owned(), source(true, Some("number"))),
        ("canvas".to_owned(), source(true, Some("number"))),
        ("blackboard".to_owned(), source(true, Some("login"))),
        ("archive".to_owned(), source(true, None)),
        ("forms".to_owned(), source(false, None)),
    ]))
}

const ADA: Option<&str> = Some("ada@example.test");
const BO: Option<&str> = Some("bo@example.test");

fn decide(one: &StoredLearner, others: &[StoredLearner]) -> Verdict {
    identities().decide(one, others, &Separations::new())
}

fn doubt(candidates: &[u128], reason: &str) -> Verdict {
    let candidates = candidates.iter().map(|id| Uuid::from_u128(*id)).collect();
    Verdict::Doubt { candidates, reason: reason.to_owned() }
}

fn link(person: u128) -> Verdict {
    Verdict::Link(Uuid::from_u128(person))
}

#[test]
fn the_same_address_or_the_same_id_of_the_same_name_links() {
    let known = [learner(1, 1, "moodle", ADA, Some("S1")), learner(2, 2, "archive", BO, Some("S2"))];
    assert_eq!(decide(&learner(9, 9, "canvas", ADA, None), &known), link(1));
    assert_eq!(decide(&learner(9, 9, "canvas", None, Some("S1")), &known), link(1));
    assert_eq!(decide(&learner(9, 9, "canvas", Some("else@example.test"), Some("S1")), &known), link(1));
    assert_eq!(decide(&learner(9, 9, "canvas", None, Some("S2")), &known), Verdict::Alone, "no name of ids");
    assert_eq!(decide(&learner(9, 9, "blackboard", None, Some("S1")), &known), Verdict::Alone, "other ids");
    assert_eq!(decide(&learner(9, 9, "canvas", None, Some("s1")), &known), Verdict::Alone, "capitals count");
    assert_eq!(decide(&learner(9, 9, "canvas", None, None), &known), Verdict::Alone);
    // One person in two sources elsewhere.
    let both = [learner(1, 1, "moodle", ADA, None), learner(2, 1, "blackboard", ADA, None)];
    assert_eq!(decide(&learner(9, 9, "canvas", ADA, None), &both), link(1));
}

#[test]
fn an_address_that_nobody_checked_tells_nothing_in_either_direction() {
    let form = learner(1, 1, "forms", ADA, None);
    let moodle = learner(2, 2, "moodle", ADA, None);
    assert_eq!(decide(&form, std::slice::from_ref(&moodle)), Verdict::Alone);
    assert_eq!(decide(&moodle, &[form]), Verdict::Alone);
    // A source that the configuration does not name is believed, as it was before there was a choice.
    assert_eq!(decide(&learner(9, 9, "former", ADA, None), &[moodle]), link(2));
}

#[test]
fn what_is_possible_and_not_certain_is_a_doubt() {
    let ada = learner(1, 1, "moodle", ADA, Some("S1"));
    let bo = learner(2, 2, "moodle", BO, Some("S2"));
    // Address and id disagree about who it is, or about whether it is.
    let both = [ada.clone(), bo.clone()];
    let reason = "the address is that of one person, and the number that of another";
    assert_eq!(decide(&learner(9, 9, "canvas", ADA, Some("S2")), &both), doubt(&[1, 2], reason));
    let reason = "the address is that of moodle:1, but the number is another one";
    assert_eq!(decide(&learner(9, 9, "canvas", ADA, Some("S3")), &both), doubt(&[1], reason));
    // Two accounts of one source.
    let reason = "the address is that of moodle:1, but in moodle that person is 1 already";
    assert_eq!(decide(&learner(9, 9, "moodle", ADA, None), &both), doubt(&[1], reason));
    // The person is somebody in this source already, by another address.
    let here = [ada.clone(), learner(3, 1, "canvas", Some("old@example.test"), None)];
    let reason = "the address is that of moodle:1, but in canvas that person is 3 already";
    assert_eq!(decide(&learner(9, 9, "canvas", ADA, None), &here), doubt(&[1], reason));
    // An address, or an id, that several persons share.
    let shared = [ada.clone(), learner(3, 3, "archive", ADA, None)];
    let reason = "the address is that of several persons";
    assert_eq!(decide(&learner(9, 9, "canvas", ADA, None), &shared), doubt(&[1, 3], reason));
    let shared = [ada, learner(3, 3, "moodle", None, Some("S1"))];
    let reason = "the number is that of several persons";
    assert_eq!(decide(&learner(9, 9, "canvas", None, Some("S1")), &shared), doubt(&[1, 3], reason));
}

#[test]
fn an_address_that_was_another_one_links_nobody_by_itself() {
    let reason = "the address is that of moodle:1, but it was another one before";
    let ada = learner(1, 1, "moodle", ADA, None);
    let mut changed = learner(9, 9, "canvas", ADA, None);
    changed.email_changed = true;
    assert_eq!(decide(&changed, std::slice::from_ref(&ada)), doubt(&[1], reason));
    // Whoever it was that changed.
    let mut changed = ada;
    changed.email_changed = true;
    assert_eq!(decide(&learner(9, 9, "canvas", ADA, None), &[changed.clone()]), doubt(&[1], reason));
    // An id that was always the same is enough.
    changed.institution_key = Some("S1".to_owned());
    assert_eq!(decide(&learner(9, 9, "canvas", ADA, Some("S1")), &[changed]), link(1));
}

#[test]
fn whom_a_human_keeps_separate_is_nobody_s_candidate() {
    let (ada, nine) = (learner(1, 1, "moodle", ADA, None), learner(9, 9, "canvas", ADA, None));
    let mates = [ada, learner(2, 1, "blackboard", None, None), learner(8, 9, "archive", None, None)];
    let keep = |one: u128, other: u128| {
        let (one, other) = (Uuid::from_u128(one), Uuid::from_u128(other));
        Separations::from([(one, other), (other, one)])
    };
    assert_eq!(identities().decide(&nine, &mates, &Separations::new()), link(1));
    assert_eq!(identities().decide(&nine, &mates, &keep(9, 1)), Verdict::Alone);
    assert_eq!(
        identities().decide(&nine, &mates, &keep(8, 2)),
        Verdict::Alone,
        "nor are those linked with them"
    );
    assert_eq!(identities().decide(&nine, &mates, &keep(9, 7)), link(1));
}
