//! Building and signing, as a whole.

use oxrdf::Dataset;
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::samples::{achievement, did_key_issuer, image, issue, issuer, time};
use super::status::{Purpose, SIZE, list_document};
use super::vocabulary::{CLR_CONTEXTS, CONTEXTS, Coercion, Term};
use super::*;

fn badge() -> Value {
    let (issuer, achievement, image) = (issuer(), achievement(), image());
    credential(&issue(&issuer, &achievement, Some(&image)))
}

fn signed(document: Value) -> Result<String, SignError> {
    sign(document, &issuer(), time("2026-03-04T05:06:08Z"))
}

#[test]
fn a_badge_says_what_was_awarded_by_whom_and_for_what() {
    let badge = badge();
    assert_eq!(badge["id"], "https://badges.example.edu/credentials/018f0000-0000-7000-8000-000000000001");
    assert_eq!(badge["@context"], json!(CONTEXTS.map(|context| context.url)));
    assert_eq!(badge["issuer"]["id"], "did:web:badges.example.edu");
    assert_eq!(badge["validFrom"], "2026-03-04T05:06:07Z");
    assert_eq!(badge["awardedDate"], "2026-03-04T05:06:07Z");
    assert_eq!(badge["validUntil"], "2029-03-04T00:00:00Z");
    let subject = &badge["credentialSubject"];
    assert_eq!(subject["creditsEarned"], json!(2.5));
    let identity = &subject["identifier"][0];
    let hash = hex::encode(Sha256::digest("ada@example.test00112233445566778899aabbccddeeff"));
    assert_eq!(identity["identityHash"], format!("sha256${hash}"));
    assert!(!badge.to_string().to_lowercase().contains("ada@"), "the address must not leave");
    let achievement = &subject["achievement"];
    assert_eq!(
        achievement["image"]["id"],
        "https://badges.example.edu/achievements/workplace-safety/image.png"
    );
    assert_eq!(achievement["creditsAvailable"], json!(2.5));
    assert_eq!(achievement["related"][0]["id"], "https://badges.example.edu/achievements/fire-warden");
    assert_eq!(achievement["related"].as_array().unwrap().len(), 1);
    let narrative = achievement["criteria"]["narrative"].as_str().unwrap();
    assert!(narrative.ends_with("or more.\n\n→ [Course \\[B\\]](<https://northwood.example.edu/courses/b>)"));
    for (result, description) in
        subject["result"].as_array().unwrap().iter().zip(achievement["resultDescription"].as_array().unwrap())
    {
        assert_eq!(result["resultDescription"], description["id"]);
    }
    assert_eq!(subject["result"][0]["value"], "90");
    assert_eq!(achievement["resultDescription"][1]["valueMax"], "20");
    let status = &badge["credentialStatus"];
    assert_eq!(status["statusListIndex"], "94567");
    assert_eq!(status["statusListCredential"], "https://badges.example.edu/status/3-revocation");
    assert_eq!(status["id"], "https://badges.example.edu/status/3-revocation#94567");
}

#[test]
fn things_with_one_address_stay_apart() {
    let (issuer, mut achievement) = (issuer(), achievement());
    achievement.criteria_url = Some(samples::url("https://badges.example.edu/achievements/workplace-safety"));
    achievement.related.push(achievement.related[0].clone());
    achievement.tags.push("safety".to_owned());
    let mut issue = issue(&issuer, &achievement, None);
    issue.evidence.push(issue.evidence[0].clone());
    let badge = credential(&issue);
    assert!(badge["evidence"][0].get("id").is_some() && badge["evidence"][1].get("id").is_none());
    let member = &badge["credentialSubject"]["achievement"];
    assert!(member["criteria"].get("id").is_none());
    assert_eq!(
        (member["related"].as_array().unwrap().len(), member["tag"].as_array().unwrap().len()),
        (1, 2)
    );
    assert!(signed(badge.clone()).is_ok());
    let mut mixed = badge;
    mixed["evidence"][1]["id"] = mixed["issuer"]["id"].clone();
    assert!(matches!(signed(mixed), Err(SignError::Incomplete(why)) if why.contains("issuer")));
}

#[test]
fn a_result_is_never_shown_better_than_it_is() {
    let (issuer, achievement) = (issuer(), achievement());
    let mut issue = issue(&issuer, &achievement, None);
    issue.results[0].percent = Some("69.99999".parse().unwrap());
    assert_eq!(credential(&issue)["credentialSubject"]["result"][0]["value"], "69.99");
}

#[test]
fn a_result_without_a_grade_still_says_passed() {
    let (issuer, achievement) = (issuer(), achievement());
    let mut issue = issue(&issuer, &achievement, None);
    let entry = &mut issue.results[0];
    (entry.percent, entry.points, entry.text) = (None, None, None);
    let badge = credential(&issue);
    assert_eq!(badge["credentialSubject"]["result"][0]["status"], "Completed");
    assert!(badge["credentialSubject"]["achievement"].get("image").is_none());
    assert!(signed(badge).is_ok());
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let text = signed(badge()).unwrap();
    assert_eq!(text, signed(badge()).unwrap());
    assert!(text.starts_with("{\"@context\":[\"https://www.w3.org/ns/credentials/v2\","));
    let proof = &serde_json::from_str::<Value>(&text).unwrap()["proof"];
    assert_eq!(proof["created"], "2026-03-04T05:06:08Z");
    assert_eq!(proof["verificationMethod"], issuer().verification_method());
    assert!(proof["proofValue"].as_str().unwrap().starts_with('z'));
}

#[test]
fn a_badge_is_sealed_only_with_a_signature_of_its_key() {
    let (issuer, other) = (issuer(), did_key_issuer());
    let name = issuer.key().public_multibase();
    let prepared = prepare(badge(), &issuer, &name, time("2026-03-04T05:06:08Z")).unwrap();
    let good = issuer.key().sign(prepared.message());
    let [mut spoilt, foreign] = [good, other.key().sign(prepared.message())];
    spoilt[3] ^= 1;
    for bad in [spoilt, foreign, [0; 64], issuer.key().sign(b"another message")] {
        assert!(matches!(prepared.clone().seal(&bad), Err(SignError::Signature(_))));
    }
    assert_eq!(prepared.seal(&good).unwrap(), signed(badge()).unwrap());
    let no_key = prepare(badge(), &issuer, "z6Mk", time("2026-03-04T05:06:08Z"));
    assert!(matches!(no_key, Err(SignError::Signature(_))));
}

#[test]
fn what_is_not_complete_is_not_signed() {
    let gone = |pointer: &str| {
        let mut badge = badge();
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        badge.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member).unwrap();
        badge
    };
    for pointer in [
        "/@context",
        "/id",
        "/type",
        "/name",
        "/issuer",
        "/issuer/id",
        "/issuer/type",
        "/issuer/name",
        "/validFrom",
        "/credentialSubject",
        "/credentialSubject/type",
        "/credentialSubject/identifier",
        "/credentialSubject/achievement",
        "/credentialSubject/achievement/id",
        "/credentialSubject/achievement/type",
        "/credentialSubject/achievement/name",
        "/credentialSubject/achievement/description",
        "/credentialSubject/achievement/criteria",
        "/credentialSubject/achievement/resultDescription",
        "/credentialSubject/achievement/alignment/0/targetName",
        "/credentialSubject/result/0/resultDescription",
        "/credentialStatus/statusListIndex",
        "/credentialStatus/statusListCredential",
        "/credentialSubject/identifier/0/salt",
    ] {
        let error = signed(gone(pointer)).unwrap_err();
        let member = pointer.rsplit('/').next().unwrap();
        assert!(matches!(&error, SignError::Incomplete(why) if why.contains(member)), "{pointer}: {error}");
    }
}

#[test]
fn what_is_wrong_is_not_signed() {
    for (pointer, value) in [
        ("/name", json!("  ")),
        ("/name", json!(null)),
        ("/name", json!("Safety\u{7}")),
        ("/description", json!("")),
        ("/evidence", json!([])),
        ("/issuer/id", json!("did:web:other.example.edu")),
        ("/validFrom", json!("yesterday")),
        ("/validUntil", json!("2026-03-04T05:06:07Z")),
        ("/@context/0", json!("https://www.w3.org/2018/credentials/v1")),
        ("/@context/2", json!("https://www.w3.org/ns/credentials/v2")),
        ("/credentialSubject/identifier/0/identityHash", json!("ada@example.test")),
        ("/credentialSubject/identifier/0/hashed", json!(false)),
        ("/credentialSubject/achievement/achievementType", json!("Bagde")),
        ("/credentialSubject/achievement/alignment/0/targetType", json!("CFitem")),
        ("/credentialSubject/achievement/alignment/0/targetUrl", json!("1.2")),
        ("/credentialSubject/result/0/resultDescription", json!("https://example.test/other")),
        ("/credentialStatus/statusListIndex", json!("-1")),
        ("/credentialStatus/statusListIndex", json!(4)),
        ("/proof", json!({})),
    ] {
        let mut badge = badge();
        match badge.pointer_mut(pointer) {
            Some(place) => *place = value.clone(),
            None => badge[&pointer[1..]] = value.clone(),
        }
        let error = signed(badge).unwrap_err();
        assert!(matches!(error, SignError::Incomplete(_)), "{pointer} = {value}: {error}");
    }
}

#[test]
fn no_address_and_no_name_means_no_badge() {
    let (issuer, mut achievement) = (issuer(), achievement());
    for email in ["", " ", "ada", "@example.test", "ada@"] {
        let mut issue = issue(&issuer, &achievement, None);
        issue.email = email;
        assert!(matches!(signed(credential(&issue)), Err(SignError::Incomplete(_))), "{email:?}");
    }
    achievement.name = " ".to_owned();
    assert!(matches!(signed(credential(&issue(&issuer, &achievement, None))), Err(SignError::Incomplete(_))));
}

#[test]
fn a_term_outside_the_contexts_is_not_signed() {
    for (pointer, member) in
        [("", "colour"), ("/credentialSubject", "grade"), ("/issuer", "@id"), ("/evidence/0", "score")]
    {
        let mut badge = badge();
        badge.pointer_mut(pointer).unwrap()[member] = json!("x");
        assert_eq!(signed(badge).unwrap_err(), SignError::UnknownTerm(member.to_owned()));
    }
    let mut badge = badge();
    badge["credentialSubject"]["achievement"]["id"] = json!("https://badges.example.edu/a b");
    assert!(signed(badge).is_err());
}

#[test]
fn a_status_list_is_signed_like_a_badge() {
    let list = || list_document(&issuer(), 3, Purpose::Suspension, SIZE, &[5], time("2026-03-04T00:00:00Z"));
    let text = signed(list()).unwrap();
    assert_eq!(text, signed(list()).unwrap());
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["id"], "https://badges.example.edu/status/3-suspension");
    assert_eq!(value["credentialSubject"]["statusPurpose"], "suspension");
    assert!(value["proof"].is_object());
    let mut other = list();
    other["issuer"] = json!("did:web:other.example.edu");
    assert!(matches!(signed(other), Err(SignError::Incomplete(_))));
}

#[test]
fn the_served_documents_stand_alone() {
    let (issuer, achievement, image) = (issuer(), achievement(), image());
    let document = achievement_document(&issuer, &achievement, Some(&image));
    assert_eq!(document["id"], badge()["credentialSubject"]["achievement"]["id"]);
    assert_eq!(document["creator"]["id"], issuer.did());
    assert!(document["@context"].is_array() && issuer.profile_document()["@context"].is_array());
    assert_eq!(badge()["issuer"].get("@context"), None);
}

/// The table as JSON-LD contexts, for another implementation to read.
fn context_document(url: &str) -> Value {
    let context = CLR_CONTEXTS.into_iter().find(|context| context.url == url).unwrap();
    let definition = |term: &Term| {
        let mut definition = json!({"@id": term.iri});
        match term.coercion {
            Coercion::Plain | Coercion::Object | Coercion::Credential => {}
            Coercion::Graph => definition["@container"] = json!("@graph"),
            Coercion::List => definition["@container"] = json!("@list"),
            Coercion::Iri => definition["@type"] = json!("@id"),
            Coercion::Typed(datatype) => definition["@type"] = json!(datatype),
            Coercion::Words(words) => {
                definition["@type"] = json!("@vocab");
                definition["@context"] =
                    words.iter().map(|(word, iri)| ((*word).to_owned(), json!(iri))).collect();
            }
        }
        (term.name.to_owned(), definition)
    };
    let mut all = json!({"@protected": true, "id": "@id", "type": "@type"});
    for class in context.classes {
        let mut inner: Value = class.terms.iter().map(definition).collect();
        inner["@protected"] = json!(true);
        (inner["id"], inner["type"]) = (json!("@id"), json!("@type"));
        all[class.name] = json!({"@id": class.iri, "@context": inner});
    }
    all.as_object_mut().unwrap().extend(context.terms.iter().map(definition));
    json!({"@context": all})
}

/// The canonical form by way of a general JSON-LD processor.
fn by_oxjsonld(document: &Value) -> String {
    let parser = oxjsonld::JsonLdParser::new().for_reader(document.to_string().into_bytes().leak() as &[u8]);
    let parser = parser.with_load_document_callback(|url, _| {
        let document = context_document(url).to_string().into_bytes();
        Ok(oxjsonld::JsonLdRemoteDocument { document, document_url: url.to_owned() })
    });
    canonical::dataset(&parser.map(Result::unwrap).collect::<Dataset>()).unwrap()
}

#[test]
fn the_meaning_is_the_one_that_a_general_processor_finds() {
    assert_eq!(canonical::document(&badge()).unwrap(), by_oxjsonld(&badge()));
    let list = list_document(&issuer(), 1, Purpose::Revocation, SIZE, &[1], time("2026-03-04T00:00:00Z"));
    assert_eq!(canonical::document(&list).unwrap(), by_oxjsonld(&list));
    let signed: Value = serde_json::from_str(&signed(badge()).unwrap()).unwrap();
    let mut record = learner_record(&issuer(), &signed, std::slice::from_ref(&signed));
    // The other processor drops it, for its datatype; jsonld.js and PyLD do not.
    record.as_object_mut().unwrap().remove("partial");
    assert_eq!(canonical::document(&record).unwrap(), by_oxjsonld(&record));
    let configuration =
        proof::configuration(&proof::options("did:web:a.example.edu#k", "2026-03-04T05:06:08Z"), &badge());
    let canonical = canonical::document(&configuration).unwrap();
    assert_eq!(canonical, by_oxjsonld(&configuration));
    assert_eq!(canonical.lines().count(), 5);
}

/// Text as people and attackers write it: quotes, control and astral characters, things that look
/// like RDF.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,12}",
        any::<String>(),
        Just("_:c14n0 <urn:x> \"y\" .\n".to_owned()),
        Just("\"\\\u{0}\u{7f}\u{8}\u{c}\r\n\t\u{fffe}\u{ffff}𝄞]]>".to_owned()),
    ]
    .prop_map(|text| format!("x{text}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_text_is_signed_with_its_meaning_and_verifies(
        texts in proptest::collection::vec(any_text(), 5),
        quarters in any::<u32>(),
        evidence in 0_usize..4,
        same in any::<bool>(),
    ) {
        let issuer = did_key_issuer();
        let mut achievement = achievement();
        achievement.name.clone_from(&texts[0]);
        achievement.criteria.clone_from(&texts[1]);
        achievement.tags = vec![texts[2].clone(), texts[0].clone()];
        // Quarters are exact in binary: the other processor writes doubles in their shortest form,
        // the standard's has 16 digits (`rdf`'s own tests have those).
        achievement.credits = Some(rust_decimal::Decimal::new(i64::from(quarters) * 25, 2));
        let mut issue = issue(&issuer, &achievement, None);
        issue.evidence = (0..evidence)
            .map(|i| Evidence {
                url: None,
                name: texts[3].clone(),
                narrative: if same { texts[4].clone() } else { format!("{i}{}", texts[4]) },
                genre: "Assessment".to_owned(),
            })
            .collect();
        let document = credential(&issue);
        prop_assert_eq!(canonical::document(&document).unwrap(), by_oxjsonld(&document));
        let one_order = canonical::has_one_order(&canonical::document(&document).unwrap());
        let signed = sign(document, &issuer, time("2026-03-04T05:06:08Z"));
        prop_assert_eq!(signed.is_ok(), one_order, "{:?}", signed);
        let Ok(text) = signed else { return Ok(()) };
        let report = verify::verify(text.as_bytes(), &samples::Web::default(), time("2027-01-01T00:00:00Z"));
        let open: Vec<_> = report.checks.iter().filter(|check| check.holds != Some(true)).map(|check| check.name).collect();
        prop_assert_eq!(open, ["status"], "only the status list is not at hand");
        let baked = samples::image().baked_svg(&text).unwrap();
        prop_assert_eq!(bake::unbake(baked.as_bytes()).unwrap(), text);
    }
}
