//! Why a learner has a badge, or not.

use serde_json::{Value, json};

use super::Folder;

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

/// Days are not the same in each run.
pub(super) fn undated(text: &str) -> String {
    let today = accolade::clock::Clock::system().now();
    text.replace(&today.format("%-d %B %Y").to_string(), "TODAY")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_and_its_lack_are_explained() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;
    assert_eq!(serving.post("forms", graded("e1", "ada", 41)).await, 200);
    assert_eq!(serving.post("forms", graded("e2", "bob", 34)).await, 200);
    serving.settled().await;

    insta::assert_snapshot!(undated(&folder.run("explain --learner ADA@example.test")), @r"
    $ accolade explain --learner ADA@example.test
    ada Example <ada@example.test>, forms:ada

    “First Aid” (first-aid): awarded on TODAY, not claimed yet
      credential ID, decided by the present rules:
        yes: all of these
          yes: Final test in First aid (forms): at least 70 %; found: 82 % on 20 November 2026
      by what is known now it is still earned
    (0)
    ");
    insta::assert_snapshot!(undated(&folder.run("explain --learner forms:bob --badge first-aid")), @r"
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
    insta::assert_snapshot!(undated(&folder.run("explain --learner forms:ada")), @r"
    $ accolade explain --learner forms:ada
    ada Example <ada@example.test>, forms:ada

    “First Aid” (first-aid): awarded on TODAY, not claimed yet
      credential ID, decided by earlier rules:
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
