//! Awards that are issued again by newer rules, and awards that end early.

use serde_json::{Value, json};

use super::explain::graded;
use super::publish::unhashed;
use super::{Folder, Serving};

/// The awards, newest first.
fn awards(folder: &Folder, which: &str) -> Vec<Value> {
    let lines = folder.run_plain(&format!("awards list {which} --json"));
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn credential(award: &Value) -> &str {
    award["credential"].as_str().unwrap()
}

async fn document(serving: &Serving<'_>, award: &Value) -> Value {
    let folder = serving.folder;
    let store = accolade::store::Store::open(&format!("sqlite://{}", folder.database().display()), 1).await;
    let store = store.unwrap();
    let stored = store.credential(credential(award).parse().unwrap()).await.unwrap().unwrap();
    store.close().await;
    std::fs::write(folder.folder.path().join("badge.json"), &stored.document).unwrap();
    serde_json::from_str(&stored.document).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn awards_are_issued_again_by_newer_rules_and_the_old_ones_are_revoked() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let path = folder.folder.path().join("badges/first-aid.toml");
    let ending = format!("{}expires = \"2 years\"\n", std::fs::read_to_string(&path).unwrap());
    std::fs::write(&path, &ending).unwrap();
    let serving = folder.serve().await;
    for (event, learner, points) in [("e1", "ada", 41), ("e2", "bob", 36)] {
        serving.post("forms", graded(event, learner, points)).await;
        serving.settled().await;
    }
    let nothing = "awards supersede --badge first-aid --reason r --yes --at-most 9";
    insta::assert_snapshot!(folder.run(nothing), @r"
    $ accolade awards supersede --badge first-aid --reason r --yes --at-most 9
    accolade: nothing to do: 2 awards are of the rules in use already
    (1)
    ");
    let old = awards(&folder, "--learner forms:ada").remove(0);
    let before = document(&serving, &old).await;

    let newer = ending.replace("70 %", "80 %").replace("Acts correctly", "Acts quickly");
    std::fs::write(&path, newer.replace("2 years", "1 year")).unwrap();
    folder.run("publish badges");
    insta::assert_snapshot!(unhashed(&folder.run("awards supersede --badge first-aid --reason wording --by Dean --yes --at-most 2")), @r"
    $ accolade awards supersede --badge first-aid --reason wording --by Dean --yes --at-most 2
    to supersede: 2 awards
      ID TIME first-aid                forms:bob            valid, unclaimed, rules HASH, bob Example
      ID TIME first-aid                forms:ada            valid, unclaimed, rules HASH, ada Example
    will be issued again, where the rules in use award them: 2 awards
    `accolade deliveries ID` shows what came of it
    (0)
    ");
    let trails = serving.settled().await;
    let said: Vec<&str> = trails.iter().map(|trail| trail.reason.as_str()).collect();
    let last = said.last().unwrap();
    assert!(last.contains("“First Aid” issued again in place of credential"), "{last}");
    assert!(
        last.contains("is not issued again and stays what it is: by the rules in use it is not earned"),
        "{last}"
    );

    // Whoever meets the newer rule has a new credential with the dates of the old one.
    let of_ada = awards(&folder, "--learner forms:ada");
    assert_eq!(of_ada.len(), 2);
    let new = of_ada.iter().find(|award| award["state"] == "valid").unwrap();
    let gone = of_ada.iter().find(|award| award["state"] == "revoked").unwrap();
    assert_eq!(gone["credential"], old["credential"]);
    assert_eq!((&new["awarded_at"], &new["cycle"]), (&old["awarded_at"], &json!("once:issue-2")));
    assert_ne!(new["rules"], old["rules"]);
    assert!(new["valid_until"].is_string() && new["valid_until"] == old["valid_until"], "{new}");
    assert!(
        document(&serving, gone).await == before && folder.run("verify badge.json").contains("FAILS  status")
    );
    let after = document(&serving, new).await;
    assert!(folder.run("verify badge.json").contains("the credential is valid"));
    assert_eq!((&after["validFrom"], &after["awardedDate"]), (&before["validFrom"], &before["awardedDate"]));
    assert_eq!(after["description"], "Acts quickly when somebody is hurt.");
    assert_eq!(after["evidence"][1]["genre"], "Replacement");
    assert!(folder.run("recheck --all").ends_with("awards: 3; the same decision: 3\n(0)\n"));
    let explained = folder.run("explain --learner forms:ada");
    assert!(
        explained.contains("in place of ID")
            && explained.contains("Dean decided to revoke credential ID: wording"),
        "{explained}"
    );
    // Whoever does not keeps what there is.
    let of_bob = awards(&folder, "--learner forms:bob");
    assert_eq!((of_bob.len(), &of_bob[0]["state"], &of_bob[0]["rules"]), (1, &json!("valid"), &old["rules"]));

    // It is done once, and the new award is what the old one was.
    insta::assert_snapshot!(folder.run("awards supersede --learner forms:ada --reason wording --yes --at-most 2"), @r"
    $ accolade awards supersede --learner forms:ada --reason wording --yes --at-most 2
    accolade: nothing to do: 1 award is of the rules in use already, 1 award is revoked for good
    (1)
    ");
    serving.post("forms", graded("e3", "ada", 45)).await;
    let told = serving.settled().await.pop().unwrap();
    assert!(told.reason.contains("“First Aid” is held already"), "{}", told.reason);
    serving.post("forms", graded("e4", "ada", 10)).await;
    let told = serving.settled().await.pop().unwrap();
    assert!(told.reason.contains("“First Aid” is suspended"), "{}", told.reason);
    let mut states: Vec<String> =
        awards(&folder, "--learner forms:ada").iter().map(|award| award["state"].to_string()).collect();
    states.sort();
    assert_eq!(states, ["\"revoked\"", "\"suspended\""]);

    // Of a badge that is no more there is nothing to issue.
    std::fs::rename(&path, folder.folder.path().join("badges/second-aid.toml")).unwrap();
    folder.run("publish badges");
    let said = folder.run("awards supersede --learner forms:bob --reason wording --yes --at-most 2");
    assert!(said.contains("nothing to do: 1 award is of a badge that is not in use any more"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_award_ends_early() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;
    serving.post("forms", graded("e1", "ada", 41)).await;
    serving.settled().await;
    insta::assert_snapshot!(folder.run("awards expire --at 2026-01-01 --badge first-aid --reason r --yes --at-most 1"), @r"
    $ accolade awards expire --at 2026-01-01 --badge first-aid --reason r --yes --at-most 1
    accolade: --at: that time is over; `accolade awards revoke` ends an award at once
    (1)
    ");
    insta::assert_snapshot!(unhashed(&folder.run("awards expire --at 2099-08-31 --badge first-aid --reason merger --yes --at-most 1")), @r"
    $ accolade awards expire --at 2099-08-31 --badge first-aid --reason merger --yes --at-most 1
    to expire on TIME UTC: 1 award
      ID TIME first-aid                forms:ada            valid, unclaimed, rules HASH, ada Example
    will end then: 1 award
    `accolade deliveries ID` shows what came of it
    (0)
    ");
    let award = awards(&folder, "").remove(0);
    assert_eq!((&award["ends_at"], &award["valid_until"]), (&json!("2099-08-31T00:00:00Z"), &Value::Null));
    assert!(folder.run("explain --learner forms:ada").contains("to end on 31 August 2099, not claimed yet"));
    // It is taken back, and ordered once more for soon.
    let id = credential(&award).to_owned();
    assert!(
        folder
            .run(&format!("awards reinstate --credential {id} --reason r --yes --at-most 1"))
            .ends_with("(0)\n")
    );
    assert_eq!(awards(&folder, "")[0]["ends_at"], Value::Null);
    let soon = accolade::clock::Clock::system().now() + chrono::TimeDelta::seconds(2);
    let soon = soon.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let ordered =
        format!("awards expire --at {soon} --credential {id} --reason merger --by Dean --yes --at-most 1");
    assert!(folder.run(&ordered).ends_with("(0)\n"));
    serving.until("it has ended", async || awards(&folder, "")[0]["state"] == "revoked").await;
    document(&serving, &award).await;
    assert!(folder.run("verify badge.json").contains("FAILS  status"));
    assert!(
        folder.run("explain --learner forms:ada").contains("Dean decided to revoke credential ID: merger")
    );
}
