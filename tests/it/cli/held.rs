//! What the guard holds, as an administrator sees and decides it.

use serde_json::{Value, json};

use super::{BADGE, Folder, Serving};

async fn graded(serving: &Serving<'_>, id: &str, minute: u32, points: u32) {
    let event = json!({
        "id": format!("{id}-{minute}"), "type": "assessment.graded",
        "timestamp": format!("2026-11-20T10:{minute:02}:00Z"),
        "data": {
            "learner": {"id": id, "email": format!("{id}@example.test"), "name": format!("{} Example", id.to_uppercase())},
            "course": {"id": "FA1"}, "assessment": {"id": "test", "name": "Final test"},
            "score": {"given": points, "max": 50},
        },
    });
    assert_eq!(serving.post("forms", event).await, 200);
    serving.settled().await;
}

/// A folder in which one badge a day is expected.
fn folder() -> Folder {
    let folder = Folder::new(None);
    std::fs::write(
        folder.folder.path().join("badges/first-aid.toml"),
        BADGE.replace("[award]", "[award]\nexpect = \"1 in 1 day\""),
    )
    .unwrap();
    let file = folder.folder.path().join("accolade.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, format!("{text}\n[guard]\nnotify = [\"registrar@example.edu\"]\n")).unwrap();
    folder.run("keys generate");
    folder
}

fn today(text: &str) -> String {
    let now = accolade::clock::Clock::system().now();
    text.replace(&now.format("%-d %B %Y").to_string(), "TODAY")
        .replace(&now.format("%Y-%m-%d").to_string(), "DAY")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_is_shown_everywhere_and_cancelled() {
    let folder = folder();
    let serving = folder.serve().await;
    for id in ["ada", "bo", "cy"] {
        graded(&serving, id, 1, 41).await;
    }
    insta::assert_snapshot!(folder.run("held"), @r"
    $ accolade held
    ID TIME 2 awards of the badge first-aid
      expected 1 in 1 day (set by `expect` in the badge's file); 1 left before
      message to registrar@example.edu: on its way
    (0)
    ");
    let holds: Value = serde_json::from_str(folder.run_plain("held --json").trim()).unwrap();
    let id = holds["hold"].as_str().unwrap().to_owned();
    assert_eq!(
        (&holds["scope"], &holds["name"], &holds["held"]),
        (&json!("badge"), &json!("first-aid"), &json!(2))
    );
    insta::assert_snapshot!(folder.run(&format!("held show {id}")), @r"
    $ accolade held show ID
    ID TIME 2 awards of the badge first-aid
      expected 1 in 1 day (set by `expect` in the badge's file); 1 left before
      message to registrar@example.edu: on its way
      TIME first-aid                forms:bo             BO Example               Final test: 41 of 50 points
      TIME first-aid                forms:cy             CY Example               Final test: 41 of 50 points
    to have them made: accolade held release ID
    to have none made: accolade held cancel ID --reason TEXT
    (0)
    ");
    let shown: Value =
        serde_json::from_str(folder.run_plain(&format!("held show {id} --json")).trim()).unwrap();
    assert_eq!(
        (&shown["awards"][1]["learner"], &shown["awards"][1]["grade"]),
        (&json!("cy"), &json!("Final test: 41 of 50 points"))
    );
    insta::assert_snapshot!(folder.run("waiting"), @r"
    $ accolade waiting
    TIME first-aid                forms:bo             held by the guard: accolade held show ID
    TIME first-aid                forms:cy             held by the guard: accolade held show ID
    (0)
    ");
    insta::assert_snapshot!(today(&folder.run("explain --learner bo@example.test --badge first-aid")), @r"
    $ accolade explain --learner bo@example.test --badge first-aid
    BO Example <bo@example.test>, forms:bo

    “First Aid” (first-aid): earned, but held
      held by the guard since TODAY, for there were more than 1 award of the badge first-aid in 1 day (accolade held show ID)
      by the present rules and what is known now it is earned:
        yes: all of these
          yes: Final test in FA1 (forms): at least 70 %; found: 82 % on 20 November 2026
    (0)
    ");
    let delivery = serving.settled().await[1].id;
    insta::assert_snapshot!(folder.run(&format!("deliveries {delivery}")).split("body").next().unwrap().to_owned(), @r"
    $ accolade deliveries ID
    delivery ID
    source   forms
    received TIME UTC
    state    done: Final test: 82 %; badge “First Aid” asks at least 70 %, which it meets; “First Aid” is earned, but held by the guard, for there were more than 1 award of the badge first-aid in 1 day: an administrator decides (accolade held show ID)
      signal ID assessment.graded done: Final test: 82 %; badge “First Aid” asks at least 70 %, which it meets
        event ID of forms:bo (BO Example) done: “First Aid” is earned, but held by the guard, for there were more than 1 award of the badge first-aid in 1 day: an administrator decides (accolade held show ID)
    ");

    insta::assert_snapshot!(folder.run(&format!("held cancel {id} --reason slip")), @r"
    $ accolade held cancel ID --reason slip
    cancel 2 awards of the badge first-aid, held since TIME? [y/N] 
    accolade: nobody answers; with --yes it is done without asking
    (1)
    ");
    insta::assert_snapshot!(folder.run(&format!("held cancel {id} --reason slip --by Registrar --yes")), @r"
    $ accolade held cancel ID --reason slip --by Registrar --yes
    cancelled: 2 awards are not made; whoever is graded anew later is judged anew
    from now on awards of the badge first-aid are counted anew
    (0)
    ");
    insta::assert_snapshot!(folder.run(&format!("held release {id} --by Dean --yes")), @r"
    $ accolade held release ID --by Dean --yes
    accolade: Registrar cancelled these 2 awards already, on TIME: slip; nothing was changed
    (1)
    ");
    insta::assert_snapshot!(folder.run(&format!("held cancel {id} --reason again --by Dean")), @r"
    $ accolade held cancel ID --reason again --by Dean
    Registrar cancelled these 2 awards already, on TIME: slip
    (0)
    ");
    insta::assert_snapshot!(folder.run("held"), @r"
    $ accolade held
    nothing is held
    (0)
    ");
    insta::assert_snapshot!(folder.run("held --all"), @r"
    $ accolade held --all
    ID TIME 2 awards of the badge first-aid
      expected 1 in 1 day (set by `expect` in the badge's file); 1 left before
      message to registrar@example.edu: on its way
      cancelled by Registrar on TIME (2 awards): slip
    (0)
    ");
    serving
        .until("the delivery knows", async || serving.settled().await[1].reason.contains("cancelled since"))
        .await;
    insta::assert_snapshot!(today(&folder.run("explain --learner bo@example.test --badge first-aid")), @r"
    $ accolade explain --learner bo@example.test --badge first-aid
    BO Example <bo@example.test>, forms:bo

    “First Aid” (first-aid): earned, but not awarded yet
      held by the guard since TODAY, cancelled by Registrar on TODAY: slip (accolade held show ID)
      by the present rules and what is known now it is earned:
        yes: all of these
          yes: Final test in FA1 (forms): at least 70 %; found: 82 % on 20 November 2026
    (0)
    ");
    insta::assert_snapshot!(folder.run(&format!("deliveries {delivery}")).split("body").next().unwrap().to_owned(), @r"
    $ accolade deliveries ID
    delivery ID
    source   forms
    received TIME UTC
    state    done: Final test: 82 %; badge “First Aid” asks at least 70 %, which it meets; “First Aid” is earned, but held by the guard, for there were more than 1 award of the badge first-aid in 1 day; cancelled since
      signal ID assessment.graded done: Final test: 82 %; badge “First Aid” asks at least 70 %, which it meets
        event ID of forms:bo (BO Example) done: “First Aid” is earned, but held by the guard, for there were more than 1 award of the badge first-aid in 1 day; cancelled since
          TIME Registrar cancelled first-aid, which the guard held: slip
    ");

    graded(&serving, "bo", 2, 45).await;
    let reason = serving.settled().await.pop().unwrap().reason;
    assert!(reason.contains("“First Aid” awarded"), "{reason}");
    insta::assert_snapshot!(folder.run("held show 00000000-0000-0000-0000-000000000000"), @r"
    $ accolade held show ID
    accolade: there is no hold ID; `accolade held` lists them, with their ids
    (1)
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_awards_what_was_held() {
    let folder = folder();
    let serving = folder.serve().await;
    for id in ["ada", "bo", "cy"] {
        graded(&serving, id, 1, 41).await;
    }
    let holds: Value = serde_json::from_str(folder.run_plain("held --json").trim()).unwrap();
    let id = holds["hold"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(folder.answer(&format!("held release {id} --by Dean"), "n\n"), @r"
    $ accolade held release ID --by Dean
    release 2 awards of the badge first-aid, held since TIME? [y/N] accolade: nothing was decided
    (1)
    ");
    insta::assert_snapshot!(folder.answer(&format!("held release {id} --by Dean"), "yes\n"), @r"
    $ accolade held release ID --by Dean
    release 2 awards of the badge first-aid, held since TIME? [y/N] released: 2 awards are judged once more and made where still earned, at once where `accolade serve` runs, else when it starts
    from now on awards of the badge first-aid are counted anew
    (0)
    ");
    serving
        .until("both are awarded", async || {
            serving.settled().await.iter().all(|trail| trail.reason.contains("“First Aid” awarded"))
        })
        .await;
    let delivery = serving.settled().await.pop().unwrap().id;
    insta::assert_snapshot!(folder.run(&format!("deliveries {delivery}")).split("body").next().unwrap().to_owned(), @r"
    $ accolade deliveries ID
    delivery ID
    source   forms
    received TIME UTC
    state    done: Final test: 82 %; badge “First Aid” asks at least 70 %, which it meets; “First Aid” awarded, as an administrator released it; “First Aid” is earned, but held by the guard, for there were more than 1 award of the badge first-aid in 1 day; released since
      signal ID assessment.graded done: Final test: 82 %; badge “First Aid” asks at least 70 %, which it meets
        event ID of forms:cy (CY Example) done: “First Aid” is earned, but held by the guard, for there were more than 1 award of the badge first-aid in 1 day; released since
        event ID of forms:cy (CY Example) done: “First Aid” awarded, as an administrator released it
          badge first-aid, credential ID, claim mail sent
    ");
    insta::assert_snapshot!(folder.run(&format!("held release {id}")), @r"
    $ accolade held release ID
    Dean released these 2 awards already, on TIME
    (0)
    ");
}

#[test]
fn a_number_that_is_none_is_named_with_its_line() {
    let folder = folder();
    let badge = BADGE.replace("[award]", "[award]\nexpect = \"many\"");
    std::fs::write(folder.folder.path().join("badges/first-aid.toml"), badge).unwrap();
    let file = folder.folder.path().join("accolade.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let wrong = "badge = \"few\"\nwindow = \"1 minute\"\n[sources.other]\nkind = \"automation\"\nbearer = \"b\"\nexpect = \"0 in 1 day\"\n";
    std::fs::write(&file, text.replace("registrar@example.edu", "registrar") + wrong).unwrap();
    insta::assert_snapshot!(folder.run("check"), @r#"
    $ accolade check
    accolade: accolade.toml:17: `guard.notify`: not mail addresses; write them like ["registrar@example.edu"]
    accolade.toml:18: `guard.badge`: write how many awards are expected in which time, from 1 hour to 30 days: "200 in 1 day", or "learned"
    accolade.toml:19: `guard.window`: write a whole number and a unit, from 1 hour to 30 days: "1 day"
    accolade.toml:23: `sources.other.expect`: write how many awards are expected in which time, from 1 hour to 30 days: "200 in 1 day"
    (1)
    "#);
    std::fs::write(&file, text).unwrap();
    insta::assert_snapshot!(folder.run("check"), @r#"
    $ accolade check
    badges/first-aid.toml:7: `expect`: write how many awards are expected in which time, from 1 hour to 30 days: "200 in 1 day"
    (1)
    "#);
}

/// What `publish --apply-retroactively` awards is counted like anything else.
#[tokio::test(flavor = "multi_thread")]
async fn awards_of_rules_that_are_applied_to_the_past_pass_the_guard() {
    let folder = folder();
    let serving = folder.serve().await;
    for id in ["ada", "bo", "cy"] {
        graded(&serving, id, 1, 20).await;
    }
    let file = folder.folder.path().join("badges/first-aid.toml");
    std::fs::write(&file, std::fs::read_to_string(&file).unwrap().replace("70 %", "30 %")).unwrap();
    folder.run("publish badges");
    let said = folder.run("publish --apply-retroactively");
    assert!(said.contains("badges to award: 3, to lose: 0"), "{said}");
    serving.settled().await;
    let held = folder.run("held");
    assert!(held.contains("2 awards of the badge first-aid") && held.contains("; 1 left before"), "{held}");
    let simulated = folder.run("simulate badges");
    assert!(simulated.contains("no badge of anybody would change"), "{simulated}");
    let compared = folder.run("reconcile awards");
    assert!(compared.ends_with("(0)\n"), "what is held is no missed badge: {compared}");
    serving.stop();
}
