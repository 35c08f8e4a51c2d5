use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::badges::samples::{Web, achievement, issue, issuer, time, url};
use crate::badges::status::{Purpose, SIZE, list_document};
use crate::badges::verify::{Report, verify};
use crate::badges::{Evidence, SignError, canonical, credential, rdf, sign};

const SITE: &str = "https://badges.example.edu";

/// The badge of this number, of one learner, resting on others.
fn badge(number: u128, rests_on: &[u128]) -> Value {
    let (issuer, mut achievement) = (issuer(), achievement());
    achievement.id = format!("badge-{number}");
    achievement.name = format!("Badge {number}");
    let mut issue = issue(&issuer, &achievement, None);
    issue.id = Uuid::from_u128(number);
    issue.status_index = i64::try_from(number).unwrap();
    issue.evidence.extend(rests_on.iter().map(|other| Evidence {
        url: Some(url(&format!("{SITE}/credentials/{}", Uuid::from_u128(*other)))),
        name: format!("Badge {other}"),
        narrative: "Held when this badge was awarded.".to_owned(),
        genre: HELD.to_owned(),
    }));
    read(&sign(credential(&issue), &issuer, time("2026-03-04T05:06:08Z")).unwrap())
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn parts() -> (Value, Vec<Value>) {
    (badge(3, &[1, 2]), vec![badge(1, &[]), badge(2, &[])])
}

fn signed(record: Value) -> Result<Value, SignError> {
    sign(record, &issuer(), time("2026-04-01T00:00:00Z")).map(|text| read(&text))
}

fn record() -> Value {
    let (badge, below) = parts();
    signed(learner_record(&issuer(), &badge, &below)).unwrap()
}

/// The report, with these places of the status list set.
fn report(record: &Value, set: &[i64]) -> Report {
    let list = list_document(&issuer(), 3, Purpose::Revocation, SIZE, set, time("2026-03-05T00:00:00Z"));
    let list = read(&sign(list, &issuer(), time("2026-03-05T00:00:00Z")).unwrap());
    let web = Web::default()
        .with("did:web:badges.example.edu", issuer().did_document().unwrap())
        .with("https://badges.example.edu/status/3-revocation", list);
    verify(record.to_string().as_bytes(), &web, time("2027-01-01T00:00:00Z"))
}

/// The checks that fail, and those that are open.
fn broken(record: &Value, set: &[i64]) -> (Vec<&'static str>, Vec<&'static str>) {
    let report = report(record, set);
    assert_eq!(report.checks.len(), 8);
    let named =
        |holds| report.checks.iter().filter(move |check| check.holds == holds).map(|check| check.name);
    (named(Some(false)).collect(), named(None).collect())
}

#[test]
fn a_record_holds_the_badges_as_they_were_signed() {
    let (badge, below) = parts();
    assert_eq!(rests_on(&badge, SITE), [Uuid::from_u128(1), Uuid::from_u128(2)]);
    assert!(rests_on(&below[0], SITE).is_empty() && rests_on(&badge, "https://other.example").is_empty());
    let record = record();
    assert_eq!(record["id"], format!("{}/clr.json", badge["id"].as_str().unwrap()));
    assert_eq!(record["validUntil"], badge["validUntil"]);
    assert_eq!(record["credentialStatus"], badge["credentialStatus"]);
    let subject = &record["credentialSubject"];
    assert_eq!(subject["verifiableCredential"], json!([badge, below[0], below[1]]));
    assert_eq!(subject["identifier"], badge["credentialSubject"]["identifier"]);
    let associations: Vec<_> =
        subject["association"].as_array().unwrap().iter().map(|one| &one["sourceId"]).collect();
    assert_eq!(
        associations,
        [&json!(format!("{SITE}/achievements/badge-1")), &json!(format!("{SITE}/achievements/badge-2"))]
    );
    assert_eq!(broken(&record, &[]), (vec![], vec![]));
    assert_eq!(report(&record, &[]).about.unwrap().badge, "Badge 3");
}

#[test]
fn a_badge_in_it_that_is_withdrawn_or_changed_is_noticed() {
    // A record falls with its badge, and each badge in it by itself.
    assert_eq!(broken(&record(), &[3]), (vec!["status", "badges"], vec![]));
    assert_eq!(broken(&record(), &[2]), (vec!["badges"], vec![]));
    // The record is the issuer's own; the badge in it is not what was signed.
    let (badge, mut below) = parts();
    below[1]["credentialSubject"]["achievement"]["name"] = json!("Badge 20");
    let record = signed(learner_record(&issuer(), &badge, &below)).unwrap();
    assert_eq!(broken(&record, &[]), (vec!["badges"], vec![]));
    let why = report(&record, &[]).checks[7].found.to_string();
    assert!(why.starts_with("“Badge 20” does not hold. The signature does not fit"), "{why}");
}

#[test]
fn a_record_that_was_changed_is_not_worked_on() {
    for (pointer, value) in [
        ("/validUntil", json!("2199-01-01T00:00:00Z")),
        ("/credentialSubject/verifiableCredential/1/credentialSubject/achievement/name", json!("Other")),
        ("/credentialSubject/verifiableCredential/2/proof/created", json!("2026-03-04T05:06:09Z")),
        ("/credentialSubject/association/0/targetId", json!("https://example.test/other")),
    ] {
        let mut record = record();
        *record.pointer_mut(pointer).unwrap() = value;
        assert_eq!(broken(&record, &[]), (vec!["signature"], vec!["badges"]), "{pointer}");
    }
    let mut swapped = record();
    let badges = swapped["credentialSubject"]["verifiableCredential"].as_array_mut().unwrap();
    let (one, other) = (badges[1]["proof"].take(), badges[2]["proof"].take());
    (badges[1]["proof"], badges[2]["proof"]) = (other, one);
    assert_eq!(broken(&swapped, &[]).0, ["signature"]);
    // In RDF the order of badges says nothing.
    let mut turned = record();
    turned["credentialSubject"]["verifiableCredential"].as_array_mut().unwrap().reverse();
    assert_eq!(broken(&turned, &[]), (vec![], vec![]));
}

#[test]
fn nothing_can_be_moved_out_of_sight() {
    let subject = json!("did:key:z6Mkholder");
    let (badge, below) = parts();
    let mut unsigned = learner_record(&issuer(), &badge, &below);
    unsigned["credentialSubject"]["id"] = subject.clone();
    let record = signed(unsigned).unwrap();
    assert_eq!(broken(&record, &[]), (vec![], vec![]));
    // The same statements, with a badge where nobody looks for one.
    let mut moved = record.clone();
    let last = moved["credentialSubject"]["verifiableCredential"].as_array_mut().unwrap().pop().unwrap();
    moved["credentialSubject"]["achievement"] =
        json!({"id": subject, "type": ["ClrSubject"], "verifiableCredential": [last]});
    assert!(broken(&moved, &[]).0.contains(&"structure"));
    // A member of the record in a badge in it.
    let mut moved = record;
    let id = moved["id"].clone();
    let until = moved.as_object_mut().unwrap().remove("validUntil").unwrap();
    moved["credentialSubject"]["verifiableCredential"][0]["evidence"][0] =
        json!({"id": id, "type": ["VerifiableCredential"], "validUntil": until});
    assert!(broken(&moved, &[]).0.contains(&"terms"));
}

#[test]
fn a_record_that_is_not_complete_is_not_signed() {
    let (badge, below) = parts();
    let record = learner_record(&issuer(), &badge, &below);
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut record = record.clone();
        change(&mut record);
        assert!(signed(record).is_err());
    };
    refused(&|record| record["credentialSubject"]["verifiableCredential"] = json!([]));
    refused(&|record| {
        record["credentialSubject"]["verifiableCredential"] = json!(["https://example.test/1"]);
    });
    refused(&|record| record["credentialSubject"]["verifiableCredential"][1] = badge.clone());
    refused(&|record| {
        record["credentialSubject"]["verifiableCredential"][1].as_object_mut().unwrap().remove("proof");
    });
    refused(&|record| record["credentialSubject"]["type"] = json!(["ClrSubject", "AchievementSubject"]));
    refused(&|record| record["issuer"]["id"] = json!("did:web:other.example.edu"));
    refused(&|record| record["@context"].as_array_mut().unwrap().truncate(3));
    refused(&|record| record["colour"] = json!("blue"));
    refused(&|record| {
        record["credentialSubject"].as_object_mut().unwrap().remove("identifier");
    });
    assert!(signed(record.clone()).is_ok());
}

/// Badges with the same learner and the same proof tie inside graphs without names, where faulty
/// implementations go wrong. The order of the labels is that of `rdf-canonize` (`tests/interop`);
/// here the form must not depend on the order in which things stand.
#[test]
fn badges_with_the_same_learner_and_the_same_proof_have_one_form() {
    let (badge, mut below) = parts();
    below[1]["proof"] = below[0]["proof"].clone();
    let record = |below: &[Value]| learner_record(&issuer(), &badge, below);
    let form = canonical::document(&record(&below)).unwrap();
    below.reverse();
    assert_eq!(canonical::document(&record(&below)).unwrap(), form);
    let graphs = rdf::dataset(&record(&below))
        .unwrap()
        .iter()
        .filter(|quad| !quad.graph_name.is_default_graph())
        .count();
    assert_eq!(graphs, 3 * 6, "each proof says six things in a graph of its own");
}
