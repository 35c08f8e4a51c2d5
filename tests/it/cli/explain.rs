//! Why a learner has a badge, or not.

use serde_json::{Value, json};

use super::Folder;
use super::publish::unhashed;

pub(super) fn graded(id: &str, learner: &str, points: i32) -> Value {
    json!({
        "id": id, "type": "assessment.graded", "timestamp": "2026-11-20T10:00:00Z",
        "data": {
            "learner": {"id": learner, "email": format!("{learner}@example.test"), "name": format!("{learner} Example")},
            "course": {"id": "FA1", "name": "First aid"}, "assessment": {"id": "test", "name": "Final test"},
            "score": {"given": points, "max": 50},
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_and_its_lack_are_explained() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;
    assert_eq!(serving.post("forms", graded("e1", "ada", 41)).await, 200);
    assert_eq!(serving.post("forms", graded("e2", "bob", 34)).await, 200);
    serving.settled().await;

    insta::assert_snapshot!(unhashed(&folder.run("explain --learner ADA@example.test")), @r"
    $ accolade explain --learner ADA@example.test
    ada Example <ada@example.test>, forms:ada

    “First Aid” (first-aid): awarded on TODAY, not claimed yet
      credential ID, decided by the present rules (version HASH):
        yes: all of these
          yes: Final test in First aid (forms): at least 70 %; found: 82 % on 20 November 2026
      by what is known now it is still earned
    (0)
    ");
    insta::assert_snapshot!(unhashed(&folder.run("explain --learner forms:bob --badge first-aid")), @r"
    $ accolade explain --learner forms:bob --badge first-aid
    bob Example <bob@example.test>, forms:bob

    “First Aid” (first-aid): not earned yet
        no: all of these
          no: Final test in First aid (forms): at least 70 %; found: 68 % on 20 November 2026
      what would change it: Final test in First aid (forms): at least 70 %, but found 68 % on 20 November 2026
    (0)
    ");
    insta::assert_snapshot!(folder.run("explain --learner carol@example.test"), @r"
    $ accolade explain --learner carol@example.test
    accolade: nobody is known as “carol@example.test”: a learner is known once the LMS has confirmed a result of theirs; `accolade deliveries` shows what arrived
    (1)
    ");
    insta::assert_snapshot!(folder.run("explain --learner forms:bob --badge firstaid"), @r"
    $ accolade explain --learner forms:bob --badge firstaid
    accolade: --badge: there is no badge “firstaid”; the badges are: first-aid
    (1)
    ");

    let json = folder.command("explain --learner forms:bob --json").output().unwrap();
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["learner"][0]["id"], "bob");
    let badge = &json["badges"][0];
    assert_eq!((&badge["badge"], &badge["earned"]), (&json!("first-aid"), &json!(false)));
    assert_eq!(badge["explanation"]["met"], false);

    // A stricter rule tomorrow takes nothing away, and is told apart.
    let path = folder.folder.path().join("badges/first-aid.toml");
    let stricter = std::fs::read_to_string(&path).unwrap().replace("70 %", "90 %");
    std::fs::write(path, stricter).unwrap();
    folder.run("publish badges");
    insta::assert_snapshot!(unhashed(&folder.run("explain --learner forms:ada")), @r"
    $ accolade explain --learner forms:ada
    ada Example <ada@example.test>, forms:ada

    “First Aid” (first-aid): awarded on TODAY, not claimed yet
      credential ID, decided by earlier rules (version HASH):
        yes: all of these
          yes: Final test in First aid (forms): at least 70 %; found: 82 % on 20 November 2026
      by the present rules and what is known now it would not be earned:
        no: all of these
          no: Final test in First aid (forms): at least 90 %; found: 82 % on 20 November 2026
      what would change it: Final test in First aid (forms): at least 90 %, but found 82 % on 20 November 2026
    (0)
    ");
    serving.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_humans_decided_what_waits_and_what_a_regrade_took_are_explained() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;
    let told = async |mut event: Value, at: &str, name: Option<&str>| {
        event["timestamp"] = json!(at);
        if let Some(name) = name {
            event["data"]["learner"]["name"] = json!(name);
        }
        assert_eq!(serving.post("forms", event).await, 200);
        serving.settled().await;
    };
    told(graded("e1", "ada", 41), "2026-11-20T10:00:00Z", None).await;
    told(graded("e2", "ada", 30), "2026-11-21T10:00:00Z", None).await;
    told(graded("e3", "bob", 20), "2026-11-20T10:00:00Z", None).await;
    folder.run("award refuse --learner forms:bob --badge first-aid --reason plagiarism --by Registrar");
    told(graded("e4", "bob", 41), "2026-11-21T10:00:00Z", None).await;
    told(graded("e5", "carol", 41), "2026-11-20T10:00:00Z", Some("undefined undefined")).await;

    insta::assert_snapshot!(unhashed(&folder.run("explain --learner forms:ada")), @r"
    $ accolade explain --learner forms:ada
    ada Example <ada@example.test>, forms:ada

    “First Aid” (first-aid): awarded on TODAY, not claimed yet, suspended
      suspended, for its rule is not met since TODAY: Final test in First aid (forms): at least 70 %, but found 60 % on 21 November 2026; it comes back when the rule is met again
      credential ID, decided by the present rules (version HASH):
        yes: all of these
          yes: Final test in First aid (forms): at least 70 %; found: 82 % on 20 November 2026
      by the present rules and what is known now it would not be earned:
        no: all of these
          no: Final test in First aid (forms): at least 70 %; found: 60 % on 21 November 2026
      what would change it: Final test in First aid (forms): at least 70 %, but found 60 % on 21 November 2026
    (0)
    ");
    insta::assert_snapshot!(unhashed(&folder.run("explain --learner forms:bob")), @r"
    $ accolade explain --learner forms:bob
    bob Example <bob@example.test>, forms:bob

    “First Aid” (first-aid): earned, but an administrator refused it
      on TODAY Registrar decided to refuse it: plagiarism
      by the present rules and what is known now it is earned:
        yes: all of these
          yes: Final test in First aid (forms): at least 70 %; found: 82 % on 21 November 2026
    (0)
    ");
    insta::assert_snapshot!(unhashed(&folder.run("explain --learner forms:carol")), @r"
    $ accolade explain --learner forms:carol
    undefined undefined <carol@example.test>, forms:carol

    “First Aid” (first-aid): earned, but it waits since TODAY: the name that the LMS gives, “undefined undefined”, stands for a name that is missing
      by the present rules and what is known now it is earned:
        yes: all of these
          yes: Final test in First aid (forms): at least 70 %; found: 82 % on 20 November 2026
    (0)
    ");
    // No rule awarded what somebody granted.
    told(graded("e6", "dora", 20), "2026-11-20T10:00:00Z", None).await;
    folder.run("award grant --learner forms:dora --badge first-aid --reason appeal --by Registrar");
    serving.settled().await;
    insta::assert_snapshot!(unhashed(&folder.run("explain --learner forms:dora")), @r"
    $ accolade explain --learner forms:dora
    dora Example <dora@example.test>, forms:dora

    “First Aid” (first-aid): awarded on TODAY, not claimed yet
      on TODAY Registrar decided to grant it: appeal
      credential ID, granted by an administrator; what the present rules (version HASH) said then:
        no: all of these
          no: Final test in First aid (forms): at least 70 %; found: 40 % on 20 November 2026
      by the present rules and what is known now it would not be earned:
        no: all of these
          no: Final test in First aid (forms): at least 70 %; found: 40 % on 20 November 2026
      what would change it: Final test in First aid (forms): at least 70 %, but found 40 % on 20 November 2026
    (0)
    ");
    let json = folder.command("explain --learner forms:bob --json").output().unwrap();
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["badges"][0]["decisions"][0]["by"], "Registrar");

    // Nobody earns what the badges in use have no more, but who holds it is told why.
    let badges = folder.folder.path().join("badges");
    std::fs::rename(badges.join("first-aid.toml"), badges.join("rescue.toml")).unwrap();
    folder.run("publish badges");
    let said = unhashed(&folder.run("explain --learner forms:ada --badge first-aid"));
    assert!(said.contains("  the badges in use have it no more: nobody earns it\n"), "{said}");
    serving.stop();
}
