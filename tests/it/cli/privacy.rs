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
    let document: Value = serde_json::from_str(&folder.run_plain("people export ada@example.test")).unwrap();
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
    10 records about Ada Example (forms:ada, ada@example.test) are in ada.json
    Left out, for it is as good as a key: credentials.claim_hash.
    Texts for administrators, which may name others; read them before you hand this out: deliveries.reason, signals.reason, events.reason, mails.reason.
    (0)
    ");
    let file = folder.folder.path().join("ada.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let written: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
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
