//! What is held about a learner, handed out.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::Folder;

fn passed(id: &str) -> Value {
    json!({
        "id": format!("{id}-1"), "type": "assessment.graded", "timestamp": "2026-11-20T10:00:00Z",
        "data": {
            "learner": {"id": id, "email": format!("{id}@example.test"), "name": "Ada Example"},
            "course": {"id": "FA1"}, "assessment": {"id": "test", "name": "Final test"},
            "score": {"given": 41, "max": 50},
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_about_a_learner_is_one_document() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;
    for id in ["ada", "bert"] {
        assert_eq!(serving.post("forms", passed(id)).await, 200);
    }
    serving.settled().await;
    let mut document: Value =
        serde_json::from_str(&folder.run_plain("people export ada@example.test")).unwrap();
    assert_eq!(document["learner"], "forms:ada");
    let records = |table: &str| document["held"][table]["records"].as_array().unwrap().clone();
    assert_eq!(records("learners")[0]["email"], "ada@example.test");
    assert_eq!(records("outcomes").len(), 1);
    assert_eq!(records("deliveries")[0]["body"]["data"]["learner"]["name"], "Ada Example");
    assert_eq!(
        records("credentials")[0]["document"]["credentialSubject"]["type"],
        json!(["AchievementSubject"])
    );
    assert_eq!(records("mails")[0]["kind"], "claim");
    assert!(document["held"]["awards"]["what"].as_str().unwrap().contains("awarded"));
    let text = document.to_string();
    assert!(
        !text.contains("bert") && document["held"]["credentials"]["records"][0].get("claim_hash").is_none()
    );

    insta::assert_snapshot!(folder.run("people export forms:ada --out ada.json"), @r"
    $ accolade people export forms:ada --out ada.json
    9 records about Ada Example (forms:ada, ada@example.test) are in ada.json
    Left out, for it is as good as a key: credentials.claim_hash.
    Texts for administrators, which may name others; read them before you hand this out: deliveries.reason, signals.reason, events.reason, mails.reason.
    (0)
    ");
    let file = folder.folder.path().join("ada.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let mut written: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    // When to remind is thought of in the background.
    for export in [&mut document, &mut written] {
        export["held"]["credentials"]["records"][0]["remind_at"] = Value::Null;
    }
    assert_eq!(written["held"], document["held"]);
    insta::assert_snapshot!(folder.run("people export forms:ada --out ada.json"), @r"
    $ accolade people export forms:ada --out ada.json
    accolade: --out: ada.json cannot be written; it must not be there yet: File exists (os error 17)
    (1)
    ");
    insta::assert_snapshot!(folder.run("people export forms:nobody"), @r"
    $ accolade people export forms:nobody
    accolade: nobody is known as “forms:nobody”: a learner is known once the LMS has confirmed a result of theirs; `accolade deliveries` shows what arrived
    (1)
    ");
    serving.stop();
}

/// A result of another day.
fn passed_again(id: &str) -> Value {
    let mut event = passed(id);
    event["id"] = json!(format!("{id}-2"));
    event["timestamp"] = json!("2026-11-21T10:00:00Z");
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_is_erased_after_a_look_at_what_goes() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;
    for id in ["ada", "bert"] {
        assert_eq!(serving.post("forms", passed(id)).await, 200);
    }
    serving.settled().await;
    let outbox = || std::fs::read_dir(folder.folder.path().join("data/outbox")).unwrap().count();
    assert_eq!(outbox(), 2);
    insta::assert_snapshot!(folder.answer("people erase forms:ada --reason asked", "n\n"), @r#"
    $ accolade people erase forms:ada --reason asked
    Ada Example (forms:ada, ada@example.test)
      erased for good: results 1, badges 1, mails 1, deliveries that tell of them 1
      revoked: badge first-aid, credential ID
    erase all of it? It cannot be undone. [y/N] accolade: nothing was erased
    (1)
    "#);
    insta::assert_snapshot!(folder.run("people erase ada@example.test --reason asked --by Registrar --yes"), @r#"
    $ accolade people erase ada@example.test --reason asked --by Registrar --yes
    Ada Example (forms:ada, ada@example.test)
      erased for good: results 1, badges 1, mails 1, deliveries that tell of them 1
      revoked: badge first-aid, credential ID
    erased: `accolade deliveries ID` shows who decided it, and why
    credential ID is revoked, and its address answers 410
    mails removed from the outbox folder: 1
    not taken up again, whatever an LMS tells: forms:ada; `accolade people readmit` ends that. Backups, logs of the mail server and the LMSs are not reached from here
    (0)
    "#);
    assert_eq!(outbox(), 1);
    insta::assert_snapshot!(folder.run("people export ada@example.test").lines().nth(1).unwrap(), @"accolade: nobody is known as “ada@example.test”: a learner is known once the LMS has confirmed a result of theirs; `accolade deliveries` shows what arrived");
    let trail = serving.settled().await.pop().unwrap();
    insta::assert_snapshot!(folder.run(&format!("deliveries {}", trail.id)), @r#"
    $ accolade deliveries ID
    delivery ID
    source   forms
    received TIME UTC
    state    done: Registrar erased a learner (badges revoked: 1): asked
      signal ID people.erase done: Registrar erased a learner (badges revoked: 1): asked
    body
    {"by":"Registrar","credentials":["ID"],"decision":"erase","reason":"asked"}
    (0)
    "#);

    // Told again, and of another day.
    for event in [passed("ada"), passed_again("ada")] {
        assert_eq!(serving.post("forms", event).await, 200);
    }
    let trails = serving.settled().await;
    for trail in trails.iter().rev().take(2) {
        assert!(trail.reason.contains("erased") && trail.body.is_none(), "{trail:#?}");
    }
    let shown = folder.run(&format!("deliveries {}", trails.last().unwrap().id));
    assert!(
        shown.contains("the body is gone since TIME UTC: somebody of whom it told was erased\nSHA-256 "),
        "{shown}"
    );
    assert!(folder.run("people export forms:ada").contains("nobody is known"));
    insta::assert_snapshot!(folder.run("people readmit forms:bert"), @r#"
    $ accolade people readmit forms:bert
    accolade: nobody was erased as “forms:bert”, or under another secret (claim.secret_file)
    (1)
    "#);
    insta::assert_snapshot!(folder.run("people readmit forms:ada"), @r#"
    $ accolade people readmit forms:ada
    forms:ada is taken up again, as somebody new: results count from the next webhook or reconciliation on
    (0)
    "#);
    assert_eq!(serving.post("forms", passed_again("ada")).await, 200);
    let trail = serving.settled().await.pop().unwrap();
    assert!(trail.reason.contains("“First Aid” awarded"), "{}", trail.reason);
    serving.stop();

    // Of whom nobody knows any more that they were erased, the doctor tells.
    let secret = folder.folder.path().join("data/keys/claim.secret");
    let kept = secret.with_extension("kept");
    let doctor = || folder.run_plain("doctor");
    assert!(folder.run("people erase forms:bert --reason asked --yes").contains("not taken up again"));
    assert!(!doctor().contains("erasures"));
    std::fs::rename(&secret, &kept).unwrap();
    folder.run("keys generate");
    let said = doctor();
    insta::assert_snapshot!(said.lines().find(|line| line.contains("erasures")).unwrap(), @"  WARN  erasures: learners were erased under another secret than that in claim.secret_file and are not recognised: results of theirs are taken up again; put the secret of then back, or erase them again when they come back (so many: 1)");
    assert!(said.ends_with("all is well\n"), "{said}");
    std::fs::rename(&kept, &secret).unwrap();
    assert!(!doctor().contains("erasures"));
}
