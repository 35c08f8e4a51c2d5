//! Learners who may be one person, until an administrator says who is who.

use serde_json::{Value, json};

use super::Folder;

fn passed(id: &str) -> Value {
    json!({
        "id": format!("{id}-1"), "type": "assessment.graded", "timestamp": "2026-11-20T10:00:00Z",
        "data": {
            "learner": {"id": id, "email": "ada@example.test", "name": "Ada Example"}, "course": {"id": "FA1"},
            "assessment": {"id": "test", "name": "Final test"}, "score": {"given": 41, "max": 50},
        },
    })
}

/// A folder in which addresses of `forms` tell who a learner is.
fn folder() -> Folder {
    let folder = Folder::new(None);
    let path = folder.folder.path().join("accolade.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, format!("{text}verified_addresses = true\n")).unwrap();
    folder.run("keys generate");
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doubt_waits_and_the_badge_is_awarded_once() {
    let folder = folder();
    let serving = folder.serve().await;
    for id in ["ada", "a.example"] {
        assert_eq!(serving.post("forms", passed(id)).await, 200);
        serving.settled().await;
    }
    let trails = serving.settled().await;
    assert!(trails[1].reason.contains("it waits until somebody says who is who"), "{}", trails[1].reason);
    insta::assert_snapshot!(folder.run("waiting"), @r"
    $ accolade waiting
    TIME first-aid                forms:a.example      this may be the same person as forms:ada, about whose badge it was decided already
    (0)
    ");
    insta::assert_snapshot!(folder.run("people doubts"), @r"
    $ accolade people doubts
    TIME doubt ID
      Ada Example (forms:a.example, ada@example.test) may be the same person as
        Ada Example (forms:ada, ada@example.test)
      the address is that of forms:ada, but in forms that person is ada already
    (0)
    ");
    let json: Value =
        serde_json::from_str(folder.run("people doubts --json").lines().nth(1).unwrap()).unwrap();
    assert_eq!(
        (&json["learner"]["learner"], &json["candidates"][0]["source"]),
        (&json!("a.example"), &json!("forms"))
    );

    insta::assert_snapshot!(folder.run("people link ada@example.test forms:ada --reason r"), @r"
    $ accolade people link ada@example.test forms:ada --reason r
    accolade: “ada@example.test” is not one person; name one of these as SOURCE:ID
      Ada Example (forms:a.example, ada@example.test)
      Ada Example (forms:ada, ada@example.test)
    (1)
    ");
    insta::assert_snapshot!(folder.run("people link forms:ada forms:ada --reason r"), @r"
    $ accolade people link forms:ada forms:ada --reason r
    accolade: “forms:ada” and “forms:ada” are the same learner
    (1)
    ");
    insta::assert_snapshot!(folder.run("people link forms:ada forms:a.example --reason married --by Registrar"), @r"
    $ accolade people link forms:ada forms:a.example --reason married --by Registrar
    Ada Example (forms:ada, ada@example.test) and Ada Example (forms:a.example, ada@example.test) are one person now: `accolade deliveries ID` shows what is awarded for it
    (0)
    ");
    let trail = serving.settled().await.pop().unwrap();
    insta::assert_snapshot!(folder.run(&format!("deliveries {}", trail.id)), @r#"
    $ accolade deliveries ID
    delivery ID
    source   forms
    received TIME UTC
    state    done: Registrar decided that forms:ada and forms:a.example are one person: married; “First Aid” is held already
      signal ID people.link done: Registrar decided that forms:ada and forms:a.example are one person: married
        event ID of forms:a.example (Ada Example) done: “First Aid” is held already
    body
    {"by":"Registrar","decision":"link","learners":["forms:ada","forms:a.example"],"reason":"married"}
    (0)
    "#);
    insta::assert_snapshot!(folder.run("waiting"), @r"
    $ accolade waiting
    nothing waits
    (0)
    ");
    insta::assert_snapshot!(folder.run("people doubts"), @r"
    $ accolade people doubts
    nobody is in doubt
    (0)
    ");
    insta::assert_snapshot!(folder.run("explain --learner ada@example.test").lines().nth(1).unwrap(), @"Ada Example <ada@example.test>, forms:a.example");

    // It was a mistake: then both have earned it.
    insta::assert_snapshot!(folder.run("people separate ada@example.test --reason r"), @r"
    $ accolade people separate ada@example.test --reason r
    accolade: one learner is separated from the others of the person: name the one as SOURCE:ID
    (1)
    ");
    insta::assert_snapshot!(folder.run("people separate forms:ada --reason mistake"), @r"
    $ accolade people separate forms:ada --reason mistake
    Ada Example (forms:ada, ada@example.test) is separate now from Ada Example (forms:a.example, ada@example.test): `accolade deliveries ID` shows what follows for their badges
    “first-aid” goes with forms:ada, whose result earned it; credential ID
    (0)
    ");
    let trail = serving.settled().await.pop().unwrap();
    assert!(trail.reason.contains("“First Aid” awarded"), "{}", trail.reason);
    insta::assert_snapshot!(folder.run("people separate forms:ada --reason mistake"), @r"
    $ accolade people separate forms:ada --reason mistake
    accolade: Ada Example (forms:ada, ada@example.test) is linked with nobody, and nobody is in doubt
    (1)
    ");
    serving.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dismissed_doubt_lets_both_have_the_badge() {
    let folder = folder();
    let serving = folder.serve().await;
    for id in ["ada", "a.example"] {
        assert_eq!(serving.post("forms", passed(id)).await, 200);
        serving.settled().await;
    }
    let json: Value = serde_json::from_str(
        std::str::from_utf8(&folder.command("people doubts --json").output().unwrap().stdout).unwrap(),
    )
    .unwrap();
    let doubt = json["doubt"].as_str().unwrap();
    insta::assert_snapshot!(folder.run(&format!("people dismiss {doubt} --reason asked")), @r"
    $ accolade people dismiss ID --reason asked
    Ada Example (forms:a.example, ada@example.test) is not Ada Example (forms:ada, ada@example.test): `accolade deliveries ID` shows what is awarded for it
    (0)
    ");
    let trail = serving.settled().await.pop().unwrap();
    assert!(trail.reason.contains("“First Aid” awarded"), "{}", trail.reason);
    insta::assert_snapshot!(folder.run(&format!("people dismiss {doubt} --reason asked")), @r"
    $ accolade people dismiss ID --reason asked
    accolade: there is no open doubt ID; `accolade people doubts` shows them
    (1)
    ");
    serving.stop();
}
