//! Decisions of an administrator, and badges that wait at the gate.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::publish::unhashed;
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
    insta::assert_snapshot!(folder.run("awards refuse --learner forms:ada --badge first-aid --reason plagiarism --by Registrar"), @r"
    $ accolade awards refuse --learner forms:ada --badge first-aid --reason plagiarism --by Registrar
    refused, so no rule awards it: “first-aid” of Ada Example (forms:ada, ada@example.test)
    (0)
    ");
    let reason = told(&serving, graded("ada", "Ada Example", 2, 41)).await;
    assert!(reason.contains("“First Aid” is earned, but an administrator refused it"), "{reason}");
    // The newest decision counts.
    insta::assert_snapshot!(folder.run("awards grant --learner ADA@example.test --badge first-aid --reason cleared --by Dean"), @r"
    $ accolade awards grant --learner ADA@example.test --badge first-aid --reason cleared --by Dean
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
        event ID of forms:ada (Ada Example) done: “First Aid” awarded, as an administrator granted it
          badge first-aid, credential ID, claim mail sent
          TIME Registrar decided to refuse first-aid: plagiarism
          TIME Dean decided to grant first-aid: cleared
    body
    {"badge":"first-aid","by":"Dean","decision":"grant","reason":"cleared"}
    (0)
    "#);

    // Granted below the mark, and no regrade takes it away.
    told(&serving, graded("bo", "Bo Example", 1, 20)).await;
    folder.run("awards grant --learner forms:bo --badge first-aid --reason practised");
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

    let decide = |what: &str| {
        let which = "--learner forms:bo --badge first-aid --reason because --yes --at-most 1";
        unhashed(&folder.run(&format!("awards {what} {which}")))
    };
    insta::assert_snapshot!(decide("suspend"), @r"
    $ accolade awards suspend --learner forms:bo --badge first-aid --reason because --yes --at-most 1
    to suspend: 1 award
      ID TIME first-aid                forms:bo             valid, unclaimed, rules HASH, Bo Example
    suspended: 1 award
    `accolade deliveries ID` shows what came of it
    (0)
    ");
    assert!(folder.run("verify badge.json").contains("FAILS  status"));
    told(&serving, graded("bo", "Bo Example", 3, 50)).await;
    assert!(folder.run("verify badge.json").contains("FAILS  status"), "a rise does not lift it");
    insta::assert_snapshot!(decide("reinstate"), @r"
    $ accolade awards reinstate --learner forms:bo --badge first-aid --reason because --yes --at-most 1
    to reinstate: 1 award
      ID TIME first-aid                forms:bo             suspended, unclaimed, rules HASH, Bo Example
    valid again, and no regrade takes them away: 1 award
    `accolade deliveries ID` shows what came of it
    (0)
    ");
    assert!(folder.run("verify badge.json").contains("holds  status"));
    insta::assert_snapshot!(decide("revoke"), @r"
    $ accolade awards revoke --learner forms:bo --badge first-aid --reason because --yes --at-most 1
    to revoke: 1 award
      ID TIME first-aid                forms:bo             valid, unclaimed, rules HASH, Bo Example
    revoked for good: 1 award
    `accolade deliveries ID` shows what came of it
    (0)
    ");
    insta::assert_snapshot!(decide("reinstate"), @r"
    $ accolade awards reinstate --learner forms:bo --badge first-aid --reason because --yes --at-most 1
    accolade: nothing to do: 1 award is revoked for good (`accolade awards grant` makes a new one)
    (1)
    ");
    assert!(store.credential(credential).await.unwrap().unwrap().revoked);
    // The grant made that award and no other: it is not made again.
    let reason = told(&serving, graded("bo", "Bo Example", 4, 49)).await;
    assert!(reason.contains("“First Aid” stays revoked by an administrator"), "{reason}");
    // Granted again, after the event of the revocation: another credential, and the old one stays
    // revoked.
    serving.settled().await;
    folder.run("awards grant --learner forms:bo --badge first-aid --reason appeal");
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
    insta::assert_snapshot!(folder.run("awards grant --learner shared@example.test --badge first-aid --reason r"), @r"
    $ accolade awards grant --learner shared@example.test --badge first-aid --reason r
    accolade: “shared@example.test” is not one person; name one of these as SOURCE:ID
      Ada Example (forms:ada, shared@example.test)
      Ada Example (forms:bo, shared@example.test)
    (1)
    ");
    insta::assert_snapshot!(folder.run("awards grant --learner forms:eve --badge first-aid --reason r"), @r"
    $ accolade awards grant --learner forms:eve --badge first-aid --reason r
    accolade: nobody is known as “forms:eve”: a learner is known once the LMS has confirmed a result of theirs; `accolade deliveries` shows what arrived
    (1)
    ");
    insta::assert_snapshot!(folder.run("awards grant --learner eve --badge first-aid --reason r"), @r"
    $ accolade awards grant --learner eve --badge first-aid --reason r
    accolade: nobody is known as “eve”: a learner is known once the LMS has confirmed a result of theirs; `accolade deliveries` shows what arrived
    (1)
    ");
    insta::assert_snapshot!(folder.run("awards grant --learner forms:ada --badge first-ade --reason r"), @r"
    $ accolade awards grant --learner forms:ada --badge first-ade --reason r
    accolade: --badge: there is no badge “first-ade”; the badges are: first-aid
    (1)
    ");
    insta::assert_snapshot!(folder.run("awards revoke --learner forms:ada --badge first-aid --reason r"), @r"
    $ accolade awards revoke --learner forms:ada --badge first-aid --reason r
    accolade: no award fits
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

#[tokio::test(flavor = "multi_thread")]
async fn many_awards_are_shown_before_they_are_revoked_together() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;
    for (id, name, minute) in [("ada", "Ada Example", 1), ("bo", "Bo Example", 2), ("cy", "Cy Example", 3)] {
        told(&serving, graded(id, name, minute, 41)).await;
    }
    let trails = serving.settled().await;
    let ada = trails[0].signals[0].events[0].credentials[0].0;
    let listed = unhashed(&folder.run("awards list"));
    insta::assert_snapshot!(listed, @r"
    $ accolade awards list
    ID TIME first-aid                forms:cy             valid, unclaimed, rules HASH, Cy Example
    ID TIME first-aid                forms:bo             valid, unclaimed, rules HASH, Bo Example
    ID TIME first-aid                forms:ada            valid, unclaimed, rules HASH, Ada Example
    (0)
    ");
    let list = |which: &str| folder.run(&format!("awards list {which}")).lines().count() - 2;
    assert_eq!(list("--badge first-aid --course forms:FA1 --unclaimed --issued-from 2026-01-01"), 3);
    assert_eq!(list(&format!("--credential http://localhost/credentials/{ada}")), 1);
    insta::assert_snapshot!(folder.run("awards list --claimed"), @r"
    $ accolade awards list --claimed
    no award fits
    (0)
    ");
    let found: Value =
        serde_json::from_str(folder.run_plain("awards list --learner forms:ada --json").trim()).unwrap();
    assert_eq!((&found["credential"], &found["state"]), (&json!(ada), &json!("valid")));
    assert_eq!(list(&format!("--rules {}", found["rules"].as_str().unwrap())), 3);

    insta::assert_snapshot!(folder.run("awards suspend --reason r"), @r"
    $ accolade awards suspend --reason r
    accolade: say which awards: --credential, --badge, --issuer, --learner, --course, --issued-from, --issued-before, --rules, --claimed or --unclaimed; `accolade awards list` shows what fits
    (1)
    ");
    insta::assert_snapshot!(folder.run("awards suspend --course FA1 --reason r --yes"), @r"
    $ accolade awards suspend --course FA1 --reason r --yes
    error: the following required arguments were not provided:
      --at-most <NUMBER>

    Usage: accolade awards suspend --reason <TEXT> --at-most <NUMBER> --course <COURSE> --yes --config <FILE>

    For more information, try '--help'.
    (2)
    ");
    let ask = |typed| unhashed(&folder.answer("awards suspend --course FA1 --reason inquiry", typed));
    insta::assert_snapshot!(ask("n\n"), @r"
    $ accolade awards suspend --course FA1 --reason inquiry
    to suspend: 3 awards
      ID TIME first-aid                forms:cy             valid, unclaimed, rules HASH, Cy Example
      ID TIME first-aid                forms:bo             valid, unclaimed, rules HASH, Bo Example
      ID TIME first-aid                forms:ada            valid, unclaimed, rules HASH, Ada Example
    suspend 3 awards? [y/N] accolade: nothing was done
    (1)
    ");
    assert!(ask("").contains("nobody answers; with --yes and --at-most NUMBER it is done without asking"));
    let most = "awards suspend --course FA1 --reason inquiry --yes --at-most 2";
    assert!(
        folder.run(most).ends_with("3 awards would change, and --at-most says 2; nothing was done\n(1)\n")
    );
    let preview = folder.run_plain("awards revoke --course FA1 --reason r --preview --json");
    let preview: Value = serde_json::from_str(&preview).unwrap();
    assert_eq!((&preview["done"], preview["awards"].as_array().unwrap().len()), (&json!(false), 3));
    assert!(
        folder.run("awards list").contains(" valid, ") && !folder.run("awards list").contains("suspended")
    );

    assert!(
        folder
            .run(&format!("awards revoke --credential {ada} --reason r --yes --at-most 1"))
            .ends_with("(0)\n")
    );
    insta::assert_snapshot!(ask("y\n"), @r"
    $ accolade awards suspend --course FA1 --reason inquiry
    to suspend: 2 awards
      ID TIME first-aid                forms:cy             valid, unclaimed, rules HASH, Cy Example
      ID TIME first-aid                forms:bo             valid, unclaimed, rules HASH, Bo Example
      left as they are: 1 award is revoked for good
    suspend 2 awards? [y/N] suspended: 2 awards
    `accolade deliveries ID` shows what came of it
    (0)
    ");
    insta::assert_snapshot!(ask("y\n"), @r"
    $ accolade awards suspend --course FA1 --reason inquiry
    accolade: nothing to do: 1 award is revoked for good, 2 awards are suspended already
    (1)
    ");
    let done = folder.run_plain("awards reinstate --course FA1 --reason cleared --yes --at-most 2 --json");
    let done: Value = serde_json::from_str(&done).unwrap();
    assert_eq!(
        (&done["done"], &done["left"], done["awards"].as_array().unwrap().len()),
        (&json!(true), &json!(1), 2)
    );
    serving.settled().await;
    let told = folder.run(&format!("deliveries {}", done["deliveries"][0].as_str().unwrap()));
    assert!(told.contains("an administrator decided to reinstate 2 awards: cleared"), "{told}");
    let explained = folder.run("explain --learner forms:ada");
    let said = "an administrator decided to revoke credential ID: r";
    assert!(explained.contains(said), "{explained}");
}

/// What is decided is decided about all that was selected, not only about what fits on a screen.
#[tokio::test(flavor = "multi_thread")]
async fn more_awards_than_are_shown_are_revoked_together() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;
    for number in 1..=23 {
        let event = graded(&format!("learner-{number}"), "Ada Example", number, 41);
        assert_eq!(serving.post("forms", event).await, 200);
    }
    serving.settled().await;
    let said = folder.run("awards revoke --badge first-aid --reason r --yes --at-most 23");
    assert_eq!(said.matches(" valid, unclaimed").count(), 20, "{said}");
    assert!(said.contains("… and 3 more") && said.contains("revoked for good: 23 awards"), "{said}");
    let after = folder.run("awards list");
    assert_eq!((after.matches(" revoked, ").count(), after.matches(" valid, ").count()), (23, 0), "{after}");
}

/// What the list that a credential names says of it, asked as a cache asks that has an answer already:
/// that answer's tag, and the new one if there is one.
async fn asked_again(url: &str, tag: &str) -> (u16, String) {
    let request = reqwest::Client::new().get(url).header("if-none-match", tag);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "public, no-cache");
    (answer.status().as_u16(), answer.headers()["etag"].to_str().unwrap().to_owned())
}

/// How many bits are set in the list as it is served.
async fn ones(url: &str) -> u32 {
    let answer = reqwest::get(url).await.unwrap().bytes().await.unwrap();
    let list: Value = serde_json::from_slice(&answer).unwrap();
    let encoded = list["credentialSubject"]["encodedList"].as_str().unwrap();
    let packed = URL_SAFE_NO_PAD.decode(encoded.strip_prefix('u').unwrap()).unwrap();
    let mut bits = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bits).unwrap();
    bits.iter().map(|byte| byte.count_ones()).sum()
}

/// A decision in one process shows in the list that another one serves with the next question: there
/// is no time in which a cache may answer by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_decision_shows_in_the_served_list_at_once() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;
    told(&serving, graded("ada", "Ada Example", 1, 41)).await;
    let found: Value = serde_json::from_str(folder.run_plain("awards list --json").trim()).unwrap();
    let credential = found["credential"].as_str().unwrap();
    let (revocation, suspension) = (serving.url("status/1-revocation"), serving.url("status/1-suspension"));
    let urls = [revocation, suspension];
    let mut tags = [String::new(), String::new()];
    for (url, tag) in urls.iter().zip(&mut tags) {
        let (status, first) = asked_again(url, "").await;
        assert_eq!((status, asked_again(url, &first).await), (200, (304, first.clone())));
        *tag = first;
    }
    // What is suspended stands in both.
    for (what, withdrawn, suspended) in [
        ("suspend", true, true),
        ("reinstate", false, false),
        ("suspend", true, true),
        ("revoke", true, false),
    ] {
        let done =
            folder.run(&format!("awards {what} --credential {credential} --reason r --yes --at-most 1"));
        assert!(done.ends_with("(0)\n"), "{done}");
        for ((url, tag), set) in urls.iter().zip(&mut tags).zip([withdrawn, suspended]) {
            let (status, next) = asked_again(url, tag).await;
            // Where the bit stays, the list may be another one, by its date, or not.
            let stays = what == "revoke" && *url == urls[0];
            assert!(stays || (status, next == *tag) == (200, false), "{what}: {url}");
            assert_eq!(asked_again(url, &next).await, (304, next.clone()), "and then it stays");
            *tag = next;
            assert_eq!(ones(url).await, u32::from(set), "{what}: {url}");
        }
    }
    // Its date is that of the last change, which tells seconds.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let (list, same) = (urls[0].as_str(), tags[0].clone());
    folder.run(&format!("awards suspend --credential {credential} --reason r --yes --at-most 1"));
    assert_eq!(asked_again(list, &same).await.0, 304, "what changes nothing signs nothing");
}
