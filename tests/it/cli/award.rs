//! Decisions of an administrator, and badges that wait at the gate.

use serde_json::{Value, json};

use super::{Folder, Serving};

fn graded(id: &str, name: &str, minute: u32, points: u32) -> Value {
    json!({
        "id": format!("{id}-{minute}"), "type": "assessment.graded",
        "timestamp": format!("2026-11-20T10:{minute:02}:00Z"),
        "data": {
            "learner": {"id": id, "email": format!("{id}@example.test"), "name": name}, "course": {"id": "FA1"},
            "assessment": {"id": "test", "name": "Final test"}, "score": {"given": points, "max": 50},
        },
    })
}

/// What came of an event: the reason of its delivery.
async fn told(serving: &Serving<'_>, event: Value) -> String {
    assert_eq!(serving.post("forms", event).await, 200);
    serving.settled().await.pop().unwrap().reason
}

#[tokio::test(flavor = "multi_thread")]
async fn a_human_outranks_the_rules() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;

    // Refused before it is earned.
    told(&serving, graded("ada", "Ada Example", 1, 10)).await;
    insta::assert_snapshot!(folder.run("award refuse --learner forms:ada --badge first-aid --reason plagiarism --by Registrar"), @r"
    $ accolade award refuse --learner forms:ada --badge first-aid --reason plagiarism --by Registrar
    refused, so no rule awards it: “first-aid” of Ada Example (forms:ada, ada@example.test)
    (0)
    ");
    let reason = told(&serving, graded("ada", "Ada Example", 2, 41)).await;
    assert!(reason.contains("“First Aid” is earned, but an administrator refused it"), "{reason}");
    // The newest decision counts.
    insta::assert_snapshot!(folder.run("award grant --learner ADA@example.test --badge first-aid --reason cleared --by Dean"), @r"
    $ accolade award grant --learner ADA@example.test --badge first-aid --reason cleared --by Dean
    “first-aid” will be awarded to Ada Example (forms:ada, ada@example.test): at once where `accolade serve` runs, else when it starts; `accolade deliveries ID` shows what came of it
    (0)
    ");
    let trail = serving.settled().await.pop().unwrap();
    assert_eq!(trail.signals[0].events[0].credentials.len(), 1, "{trail:#?}");
    insta::assert_snapshot!(folder.run(&format!("deliveries {}", trail.id)), @r#"
    $ accolade deliveries ID
    delivery ID
    source   forms
    received TIME UTC
    state    done: Dean decided to grant “first-aid”: cleared; “First Aid” awarded, as an administrator granted it
      signal ID award.grant done: Dean decided to grant “first-aid”: cleared
        event ID done: “First Aid” awarded, as an administrator granted it
          badge first-aid, credential ID, claim mail sent
          TIME Registrar decided to refuse first-aid: plagiarism
          TIME Dean decided to grant first-aid: cleared
    body
    {"badge":"first-aid","by":"Dean","decision":"grant","reason":"cleared"}
    (0)
    "#);

    // Granted below the mark, and no regrade takes it away.
    told(&serving, graded("bo", "Bo Example", 1, 20)).await;
    folder.run("award grant --learner forms:bo --badge first-aid --reason practised");
    let trail = serving.settled().await.pop().unwrap();
    let credential = trail.signals[0].events[0].credentials[0].0;
    let reason = told(&serving, graded("bo", "Bo Example", 2, 5)).await;
    assert!(reason.contains("“First Aid” stays as it is: an administrator granted it"), "{reason}");
    let store =
        accolade::store::Store::open(&format!("sqlite://{}", folder.database().display()), 1).await.unwrap();
    let stored = store.credential(credential).await.unwrap().unwrap();
    assert!(!stored.suspended && !stored.revoked);
    assert!(stored.document.contains("Granted by an administrator on"), "{}", stored.document);
    assert!(stored.document.contains("20 of 50 points"), "{}", stored.document);
    assert!(!stored.document.contains("practised"), "the reason stays inside");
    std::fs::write(folder.folder.path().join("badge.json"), &stored.document).unwrap();
    assert!(folder.run("verify badge.json").contains("the credential is valid"));

    insta::assert_snapshot!(folder.run("award suspend --learner forms:bo --badge first-aid --reason inquiry"), @r"
    $ accolade award suspend --learner forms:bo --badge first-aid --reason inquiry
    suspended: “first-aid” of Bo Example (forms:bo, bo@example.test), credential ID
    (0)
    ");
    assert!(folder.run("verify badge.json").contains("FAILS  status"));
    told(&serving, graded("bo", "Bo Example", 3, 50)).await;
    assert!(folder.run("verify badge.json").contains("FAILS  status"), "a rise does not lift it");
    insta::assert_snapshot!(folder.run("award reinstate --learner forms:bo --badge first-aid --reason cleared"), @r"
    $ accolade award reinstate --learner forms:bo --badge first-aid --reason cleared
    valid again, and no regrade takes it away: “first-aid” of Bo Example (forms:bo, bo@example.test), credential ID
    (0)
    ");
    assert!(folder.run("verify badge.json").contains("holds  status"));
    insta::assert_snapshot!(folder.run("award revoke --learner forms:bo --badge first-aid --reason fraud"), @r"
    $ accolade award revoke --learner forms:bo --badge first-aid --reason fraud
    revoked: “first-aid” of Bo Example (forms:bo, bo@example.test), credential ID
    (0)
    ");
    insta::assert_snapshot!(folder.run("award reinstate --learner forms:bo --badge first-aid --reason cleared"), @r"
    $ accolade award reinstate --learner forms:bo --badge first-aid --reason cleared
    accolade: “first-aid” of Bo Example (forms:bo, bo@example.test) is revoked for good; `accolade award grant` makes a new one
    (1)
    ");
    assert!(store.credential(credential).await.unwrap().unwrap().revoked);
    // Granted again, after the event of the revocation: another credential, and the old one stays
    // revoked.
    serving.settled().await;
    folder.run("award grant --learner forms:bo --badge first-aid --reason appeal");
    let trail = serving.settled().await.pop().unwrap();
    let again = trail.signals[0].events[0].credentials[0].0;
    assert_ne!(again, credential);
    assert!(store.credential(credential).await.unwrap().unwrap().revoked);
    assert!(!store.credential(again).await.unwrap().unwrap().revoked);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_names_one_person_and_one_badge() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;
    for id in ["ada", "bo"] {
        let mut event = graded(id, "Ada Example", 1, 10);
        event["data"]["learner"]["email"] = json!("shared@example.test");
        told(&serving, event).await;
    }
    insta::assert_snapshot!(folder.run("award grant --learner shared@example.test --badge first-aid --reason r"), @r"
    $ accolade award grant --learner shared@example.test --badge first-aid --reason r
    accolade: “shared@example.test” is not one person; name one of these as SOURCE:ID
      Ada Example (forms:ada, shared@example.test)
      Ada Example (forms:bo, shared@example.test)
    (1)
    ");
    insta::assert_snapshot!(folder.run("award grant --learner forms:eve --badge first-aid --reason r"), @r"
    $ accolade award grant --learner forms:eve --badge first-aid --reason r
    accolade: nobody is known as “forms:eve”: a learner is known once the LMS has confirmed a result of theirs; `accolade deliveries` shows what arrived
    (1)
    ");
    insta::assert_snapshot!(folder.run("award grant --learner eve --badge first-aid --reason r"), @r"
    $ accolade award grant --learner eve --badge first-aid --reason r
    accolade: nobody is known as “eve”: a learner is known once the LMS has confirmed a result of theirs; `accolade deliveries` shows what arrived
    (1)
    ");
    insta::assert_snapshot!(folder.run("award grant --learner forms:ada --badge first-ade --reason r"), @r"
    $ accolade award grant --learner forms:ada --badge first-ade --reason r
    accolade: --badge: there is no badge “first-ade”; the badges are: first-aid
    (1)
    ");
    insta::assert_snapshot!(folder.run("award revoke --learner forms:ada --badge first-aid --reason r"), @r"
    $ accolade award revoke --learner forms:ada --badge first-aid --reason r
    accolade: Ada Example (forms:ada, shared@example.test) does not hold “first-aid”
    (1)
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_at_the_gate_goes_on_by_itself() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;
    let reason = told(&serving, graded("ada", "undefined", 1, 41)).await;
    assert!(reason.contains("it waits until the LMS tells something better"), "{reason}");
    insta::assert_snapshot!(folder.run("waiting"), @r"
    $ accolade waiting
    TIME first-aid                forms:ada            the name that the LMS gives, “undefined”, stands for a name that is missing
    (0)
    ");
    let json: Value = {
        let said = folder.run("waiting --json");
        serde_json::from_str(said.lines().nth(1).unwrap()).unwrap()
    };
    assert_eq!(
        (&json["badge"], &json["source"], &json["learner"]),
        (&json!("first-aid"), &json!("forms"), &json!("ada"))
    );

    // Another assessment, which no rule names, brings the name.
    let mut event = graded("ada", "Ada Example", 2, 3);
    event["data"]["assessment"] = json!({"id": "other"});
    let reason = told(&serving, event).await;
    assert!(reason.contains("“First Aid” awarded"), "{reason}");
    insta::assert_snapshot!(folder.run("waiting"), @r"
    $ accolade waiting
    nothing waits
    (0)
    ");
}
