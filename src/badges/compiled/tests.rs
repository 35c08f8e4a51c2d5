use proptest::prelude::*;
use serde_json::{Value, json};

use super::pattern::Pattern;
use super::*;
use crate::badges::samples::{achievement, image, issue, issuer, time, url};
use crate::badges::{Achievement, Evidence, Issue, ResultEntry, Signatory, credential, sign, unsigned};

const CREATED: &str = "2026-03-04T05:06:08Z";

/// What both ways make of a document; that they agree is asserted.
fn both(compiled: &Compiled, document: &Value, signatory: &Signatory) -> Result<Way, SignError> {
    let (key, created) = (signatory.key().public_multibase(), time(CREATED));
    let general = prepare(document.clone(), signatory, &key, created);
    let compiled = compiled.prepare(&document.into(), signatory, &key, created);
    match (general, compiled) {
        (Ok(general), Ok(compiled)) => {
            assert_ne!(compiled.way(), Way::Refuted, "{document}");
            assert!(compiled.is_the_same(&general), "{compiled:?}\n{general:?}");
            Ok(compiled.way())
        }
        (Err(general), Err(compiled)) => {
            assert_eq!(general, compiled);
            Err(general)
        }
        (general, compiled) => panic!("{general:?}\n{compiled:?}\n{document}"),
    }
}

/// The cache after it has judged what it judges at the beginning: the badge that a template is made of,
/// and the first and second badge made of it. The fourth is judged, too.
fn warmed(document: &Value, signatory: &Signatory) -> Compiled {
    let compiled = Compiled::default();
    assert_eq!(both(&compiled, document, signatory), Ok(Way::General));
    for _ in 0..4 {
        assert_eq!(both(&compiled, document, signatory), Ok(Way::Compiled));
    }
    compiled
}

fn badge(issuer: &Signatory) -> Value {
    credential(&issue(issuer, &achievement(), Some(&image())))
}

/// Another learner's badge.
fn other(issuer: &Signatory) -> Value {
    let achievement = achievement();
    let mut other = issue(issuer, &achievement, None);
    other.id = uuid::Uuid::from_u128(77);
    other.email = "grace@example.test";
    other.salt = "ffeeddccbbaa99887766554433221100";
    other.awarded_at = time("2026-05-06T07:08:09Z");
    other.valid_until = Some(time("2031-05-06T00:00:00Z"));
    other.status_index = 7;
    other.evidence[0].url = Some(url("https://a.example.edu/?q=1#x"));
    other.evidence[0].narrative = "“19 \\ of 20”\n\tpoints: \"good\" 𝄞".to_owned();
    other.results[0].percent = Some("95.5".parse().unwrap());
    credential(&Issue { image: Some(&image()), ..other })
}

#[test]
fn badges_of_one_shape_are_made_of_one_template() {
    let issuer = issuer();
    let compiled = warmed(&badge(&issuer), &issuer);
    assert_eq!(both(&compiled, &other(&issuer), &issuer), Ok(Way::Compiled));
    assert_eq!(lock(&compiled.shapes).templates.values().map(|all| all.len()).sum::<usize>(), 1);
    // Signed again from the text that left, it is made of the same template.
    let again = unsigned(&sign(other(&issuer), &issuer, time(CREATED)).unwrap()).unwrap();
    assert_eq!(both(&compiled, &again, &issuer), Ok(Way::Compiled));
}

#[test]
fn another_shape_or_another_issuer_asks_for_another_template() {
    let issuer = issuer();
    let compiled = warmed(&badge(&issuer), &issuer);
    for (pointer, value) in [
        ("/credentialSubject/achievement/name", json!("Another")),
        ("/credentialSubject/creditsEarned", json!(3)),
        ("/credentialSubject/result/0/status", json!("Failed")),
        ("/credentialSubject/identifier/0/type", json!(["IdentityObject", "IdentityObject"])),
        ("/evidence/0/type", json!("Evidence")),
        ("/evidence/0/audience", json!("Employers")),
        ("/evidence/1", json!({"type": ["Evidence"], "name": "Report", "narrative": "Good.", "genre": "x"})),
    ] {
        let mut document = badge(&issuer);
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        match document.pointer_mut(parent).unwrap() {
            Value::Array(items) if member == "1" => items.push(value.clone()),
            parent => parent[member] = value.clone(),
        }
        assert_eq!(both(&compiled, &document, &issuer), Ok(Way::General), "{pointer}");
        assert_eq!(both(&compiled, &document, &issuer), Ok(Way::Compiled), "{pointer}");
    }
    // The same badge, but the key is not of the issuer that it names.
    let stranger = crate::badges::samples::did_key_issuer();
    assert!(matches!(both(&compiled, &badge(&issuer), &stranger), Err(SignError::Incomplete(_))));
}

#[test]
fn what_the_general_path_refuses_is_refused_with_its_words() {
    let issuer = issuer();
    let compiled = warmed(&badge(&issuer), &issuer);
    let id = badge(&issuer)["id"].clone();
    let achievement = badge(&issuer)["credentialSubject"]["achievement"]["id"].clone();
    for (pointer, value) in [
        ("/id", json!("urn:x:a b")),
        ("/id", json!("")),
        ("/id", json!("badges/1")),
        ("/id", json!("https://badges.example.edu:99999/x")),
        ("/id", achievement.clone()),
        ("/awardedDate", json!("yesterday")),
        ("/validFrom", json!("2026-03-04")),
        ("/validUntil", json!("2026-03-04T05:06:07Z")),
        ("/validUntil", json!("2026-03-04T06:06:07+02:00")),
        ("/credentialSubject/identifier/0/identityHash", json!("ada@example.test")),
        ("/credentialSubject/identifier/0/identityHash", json!(format!("sha256${}g", "0".repeat(63)))),
        ("/credentialSubject/identifier/0/salt", json!(" \n")),
        ("/credentialSubject/result/0/value", json!("\u{7}")),
        ("/credentialSubject/result/0/value", json!("x\u{ffff}")),
        ("/credentialSubject/achievement/resultDescription/0/name", json!("\u{a0}")),
        ("/credentialStatus/statusListIndex", json!("-1")),
        ("/credentialStatus/statusListCredential", json!("https://[badges")),
        ("/credentialStatus/id", id.clone()),
        ("/evidence/0/id", json!("https://example.test/a\"b")),
        ("/evidence/0/id", json!("//example.test/")),
        ("/evidence/0/id", json!("https://example.test/%zz")),
        ("/evidence/0/id", json!("https://example.test/>")),
        ("/evidence/0/id", achievement),
        ("/evidence/0/id", id),
        ("/evidence/0/narrative", json!("x\u{7f}")),
        ("/evidence/0/narrative", json!("")),
        ("/evidence/0/genre", json!("x\u{0}")),
    ] {
        let mut document = badge(&issuer);
        *document.pointer_mut(pointer).unwrap() = value.clone();
        assert!(both(&compiled, &document, &issuer).is_err(), "{pointer}: {value}");
    }
}

#[test]
fn two_things_that_look_alike_go_the_general_way() {
    let issuer = issuer();
    let (achievement, image) = (achievement(), image());
    let evidence = |narrative: &str| Evidence {
        url: None,
        name: "Report".to_owned(),
        narrative: narrative.to_owned(),
        genre: "Assessment".to_owned(),
    };
    let with = |texts: [&str; 2]| {
        let mut issue = issue(&issuer, &achievement, Some(&image));
        issue.evidence = texts.map(evidence).to_vec();
        credential(&issue)
    };
    let compiled = warmed(&with(["one", "two"]), &issuer);
    assert_eq!(both(&compiled, &with(["same", "same"]), &issuer), Ok(Way::General));
    assert_eq!(both(&compiled, &with(["two", "one"]), &issuer), Ok(Way::Compiled));
    // The shape's first badge is one of those.
    let compiled = Compiled::default();
    assert_eq!(both(&compiled, &with(["same", "same"]), &issuer), Ok(Way::General));
    assert_eq!(both(&compiled, &with(["one", "two"]), &issuer), Ok(Way::Compiled));
}

#[test]
fn an_order_on_which_verifiers_disagree_is_refused() {
    let issuer = issuer();
    let compiled = warmed(&badge(&issuer), &issuer);
    let mut document = badge(&issuer);
    // One text of one member has no neighbour to be mistaken with.
    document["evidence"][0]["narrative"] = json!("😀");
    assert_eq!(both(&compiled, &document, &issuer), Ok(Way::Compiled));
    let ids = ["https://example.test/😀", "https://example.test/！"];
    let with = |ids: [&str; 2]| {
        let mut document = document.clone();
        document["evidence"] =
            ids.map(|id| json!({"id": id, "type": ["Evidence"], "name": "x"})).to_vec().into();
        document
    };
    let compiled = warmed(&with(["https://example.test/a", "https://example.test/b"]), &issuer);
    assert!(matches!(both(&compiled, &with(ids), &issuer), Err(SignError::Canonical(_))));
    assert_eq!(both(&compiled, &with([ids[0], "https://example.test/é"]), &issuer), Ok(Way::Compiled));
}

#[test]
fn documents_that_are_no_badges_go_the_general_way() {
    let issuer = issuer();
    let compiled = Compiled::default();
    let from = time("2026-03-04T00:00:00Z");
    let list = crate::badges::status::list_document(
        &issuer,
        1,
        crate::badges::status::Purpose::Revocation,
        crate::badges::status::SIZE,
        &[1],
        from,
    );
    let signed: Value = serde_json::from_str(&sign(badge(&issuer), &issuer, from).unwrap()).unwrap();
    let record = crate::badges::learner_record(&issuer, &signed, &[]);
    for document in [list, record] {
        assert_eq!(both(&compiled, &document, &issuer), Ok(Way::General));
        assert_eq!(both(&compiled, &document, &issuer), Ok(Way::General));
    }
    // A text that could be taken for a mark.
    let mut document = badge(&issuer);
    document["credentialSubject"]["achievement"]["name"] = json!(pieces::mark(1));
    for _ in 0..3 {
        assert_eq!(both(&compiled, &document, &issuer), Ok(Way::General));
    }
    document = badge(&issuer);
    document["evidence"][0]["name"] = json!(pieces::mark(1));
    assert_eq!(both(&warmed(&badge(&issuer), &issuer), &document, &issuer), Ok(Way::Compiled));
}

#[test]
fn a_wrong_template_signs_nothing() {
    let issuer = issuer();
    let (key, created) = (issuer.key().public_multibase(), time(CREATED));
    let signet = Signet::of(&issuer, &key, created).unwrap();
    let mut template = Template::of(&(&badge(&issuer)).into(), &signet).0;
    template.spoil();
    let compiled = Compiled::default();
    compiled.keep(super::achievement(&(&badge(&issuer)).into()).unwrap().to_owned(), template);
    let general = prepare(other(&issuer), &issuer, &key, created).unwrap();
    let refuted = compiled.prepare(&(&other(&issuer)).into(), &issuer, &key, created).unwrap();
    assert_eq!(refuted.way(), Way::Refuted);
    assert!(refuted.is_the_same(&general));
    for _ in 0..5 {
        assert_eq!(both(&compiled, &other(&issuer), &issuer), Ok(Way::General));
    }
}

#[test]
fn templates_that_are_not_used_go() {
    let issuer = issuer();
    let compiled = Compiled::default();
    let shaped = |number: usize| {
        let mut document = badge(&issuer);
        document["credentialSubject"]["result"][0]["status"] = json!(format!("Step {number}"));
        document
    };
    for number in 0..MOST_SHAPES + 4 {
        assert_eq!(both(&compiled, &shaped(number), &issuer), Ok(Way::General));
        assert_eq!(both(&compiled, &shaped(0), &issuer), Ok(Way::Compiled), "the one in use stays");
    }
    assert_eq!(lock(&compiled.shapes).templates.values().map(|all| all.len()).sum::<usize>(), MOST_SHAPES);
    assert_eq!(both(&compiled, &shaped(1), &issuer), Ok(Way::General));
}

/// Text as people and attackers write it: quotes, control and astral characters, things that look like
/// RDF, like anonymous nodes, like the marks of a template.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{1,12}",
        2 => any::<String>(),
        1 => "[\"\\\\\n\r\t 😀！\u{80}-\u{9f}é𝄞]{1,6}",
        1 => prop_oneof![
            Just(String::new()),
            Just(" \u{a0}".to_owned()),
            Just("_:c14n0 <urn:x> \"y\" .\n".to_owned()),
            Just("\\u0041\\n".to_owned()),
            Just("\u{1}3\u{2}".to_owned()),
            Just("x\u{fffe}".to_owned()),
            Just("\"proofValue\":\"\"".to_owned()),
            Just("</script>]]>".to_owned()),
            (0_usize..20).prop_map(pieces::mark),
        ],
    ]
}

/// What may stand in a slot, and what may not: values of its kind, of another kind, hostile ones.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "https://[a-z]{1,6}\\.example/[a-zA-Z0-9/?=&%._~:@-]{0,12}(#[a-z<\" é😀]{0,4})?",
        1 => "[a-z]{0,5}:[a-z0-9:/#?\\[\\]]{0,9}",
        1 => "20[0-9]{2}-0[1-9]-[0-3][0-9]T[0-2][0-9]:0[0-9]:[0-6][0-9](\\.[0-9]{1,3})?(Z|\\+0[0-9]:00)",
        1 => "[0-9]{1,6}",
        1 => "sha256\\$[0-9a-fA-F]{64}",
        4 => text(),
    ]
}

/// A name, percent in hundredths, points, a text, and whether it is passed.
type Graded = (String, Option<u16>, Option<u16>, Option<String>, bool);

/// What is learnt of one learner.
#[derive(Debug, Clone)]
struct Learner {
    id: u128,
    salt: String,
    until: Option<i64>,
    evidence: Vec<(Option<String>, String, String)>,
    results: Vec<Graded>,
    place: u32,
}

fn learner() -> impl Strategy<Value = Learner> {
    let evidence = (proptest::option::of("[a-z]{1,4}[é<\" #?]?[a-z]{0,3}"), text(), text());
    let results = (
        text(),
        proptest::option::of(0_u16..20_000),
        proptest::option::of(0_u16..50),
        proptest::option::of(prop_oneof![Just("A-".to_owned()), text()]),
        any::<bool>(),
    );
    let id = any::<u128>();
    let until = proptest::option::of(-1_i64..900_000_000);
    let evidence = proptest::collection::vec(evidence, 0..3);
    let results = proptest::collection::vec(results, 0..3);
    (id, "[0-9a-f]{1,8}", until, evidence, results, any::<u32>()).prop_map(
        |(id, salt, until, evidence, results, place)| Learner { id, salt, until, evidence, results, place },
    )
}

fn document(learner: &Learner, issuer: &Signatory, achievement: &Achievement, with_image: bool) -> Value {
    let image = image();
    let mut issue = issue(issuer, achievement, with_image.then_some(&image));
    issue.id = uuid::Uuid::from_u128(learner.id);
    issue.salt = &learner.salt;
    issue.valid_until = learner.until.map(|seconds| issue.awarded_at + chrono::TimeDelta::seconds(seconds));
    issue.status_index = learner.place.into();
    let evidence = learner.evidence.iter().map(|(path, name, narrative)| Evidence {
        url: path.as_ref().map(|path| url(&format!("https://lms.example.edu/{path}"))),
        name: name.clone(),
        narrative: narrative.clone(),
        genre: "Assessment".to_owned(),
    });
    issue.evidence = evidence.collect();
    let results =
        learner.results.iter().enumerate().map(|(at, (name, percent, points, text, passed))| ResultEntry {
            key: format!("result-{at}"),
            name: name.clone(),
            percent: percent.map(|percent| rust_decimal::Decimal::new(percent.into(), 2)),
            points: points.map(|points| (points.into(), (points % 3 > 0).then(|| 50.into()))),
            text: text.clone(),
            passed: *passed,
        });
    issue.results = results.collect();
    // Built without JSON it is the same.
    let badge = credential(&issue);
    assert_eq!(Document::from(&badge), crate::badges::document(&issue));
    badge
}

/// Badges that differ in what their templates hold.
fn achievements() -> [Achievement; 3] {
    let full = achievement();
    let mut bare = achievement();
    (bare.credits, bare.field_of_study, bare.image_caption) = (None, None, None);
    (bare.alignment, bare.related, bare.criteria_url) = (Vec::new(), Vec::new(), None);
    let mut odd = achievement();
    odd.name = "“Safety” \\ 安全 𝄞 _:c14n1 \"".to_owned();
    odd.tags = vec!["😀".to_owned(), "é".to_owned()];
    odd.alignment = vec![odd.alignment[0].clone(), odd.alignment[0].clone()];
    odd.alignment[1].name = "Another".to_owned();
    [full, bare, odd]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn badges_come_out_as_by_the_general_path(
        learners in proptest::collection::vec(learner(), 1..4),
        which in 0_usize..3,
        with_image in any::<bool>(),
    ) {
        let (issuer, achievement) = (issuer(), &achievements()[which]);
        let compiled = Compiled::default();
        for learner in &learners {
            let document = document(learner, &issuer, achievement, with_image);
            let first = both(&compiled, &document, &issuer);
            let again = both(&compiled, &document, &issuer);
            prop_assert_eq!(first.is_ok(), again.is_ok());
        }
    }

    #[test]
    fn whatever_stands_in_a_slot_comes_out_as_by_the_general_path(
        learner in learner(),
        values in proptest::collection::vec((any::<usize>(), value()), 1..12),
        which in 0_usize..3,
    ) {
        let (issuer, achievement) = (issuer(), &achievements()[which]);
        let compiled = Compiled::default();
        let document = document(&learner, &issuer, achievement, true);
        let _ = both(&compiled, &document, &issuer);
        let document = Document::from(&document);
        let (pattern, kinds) = Pattern::of(&document);
        let mut own = Vec::new();
        assert!(pattern.read(&document, &mut own));
        // One or two other values at a time: else hardly any would be signed.
        for (number, change) in values.chunks(2).enumerate() {
            let mut texts: Vec<String> = own.iter().map(|text| (*text).to_owned()).collect();
            for (slot, value) in change {
                let slot = slot % kinds.len();
                // Now and then what another slot has.
                texts[slot] = if number % 5 == 4 { own[(slot + 1) % own.len()].to_owned() } else { value.clone() };
            }
            let _ = both(&compiled, &pattern.with(&|slot| texts[slot].clone()), &issuer);
        }
    }
}
