//! Versions of badges: published, taken up, gone back to.

use std::fs;

use super::{Folder, Serving};

const SECOND: &str = r#"
[badge]
name = "Rescue"
description = "Leads a rescue."
criteria = "Passed the advanced test."
[award]
source = "forms"
course = "FA1"
assessment = "test"
at_least = "90 %"
"#;

/// The text with HASH for the start of each hash.
pub(super) fn unhashed(text: &str) -> String {
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let hash = |word: &str| {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        (bare.len() == 12 && bare.chars().all(|c| c.is_ascii_hexdigit())).then(|| word.replace(bare, "HASH"))
    };
    let today = accolade::clock::Clock::system().now().format("%-d %B %Y").to_string();
    words
        .map(|word| hash(word).unwrap_or_else(|| word.to_owned()))
        .collect::<String>()
        .replace(&today, "TODAY")
}

async fn status(serving: &Serving<'_>, path: &str) -> u16 {
    let request = reqwest::Client::new().get(serving.url(path)).header("accept", "application/json");
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_takes_up_what_is_published_and_goes_back() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;
    insta::assert_snapshot!(unhashed(&folder.run("publish --list")), @r"
    $ accolade publish --list
       1  HASH  TIME  in use  accolade serve  the folder of the configuration, at the first start
    (0)
    ");

    // A changed folder alone changes nothing, and that is said.
    fs::write(folder.folder.path().join("badges/rescue.toml"), SECOND).unwrap();
    let stricter = fs::read_to_string(folder.folder.path().join("badges/first-aid.toml")).unwrap();
    fs::write(folder.folder.path().join("badges/first-aid.toml"), stricter.replace("70 %", "80 %")).unwrap();
    insta::assert_snapshot!(unhashed(&folder.run("check")), @r"
    $ accolade check
    badge   first-aid                First Aid
    badge   rescue                   Rescue
    source  forms                    automation  http://localhost:PORT/hooks/forms
    badges is not what is published, and not in use (in use is version HASH): first-aid changed: its rule; rescue added. To use it: accolade publish badges
    everything reads well; `accolade doctor` tries the connections
    (0)
    ");
    assert_eq!(status(&serving, "achievements/rescue").await, 404);

    insta::assert_snapshot!(unhashed(&folder.run("publish badges --by Ada --note autumn")), @r"
    $ accolade publish badges --by Ada --note autumn
    against number 1, version HASH, published on TODAY by accolade serve:
      first-aid                changed: its rule
      rescue                   added
    published as number 2, version HASH: running processes use it within seconds
    who met a rule before gets its badge with the next change of a result that it names, or now: accolade publish --apply-retroactively
    (0)
    ");
    insta::assert_snapshot!(unhashed(&folder.run("publish badges")), @r"
    $ accolade publish badges
    these badges are in use already: version HASH
    (0)
    ");
    serving
        .until("the new badge is known", async || status(&serving, "achievements/rescue").await == 200)
        .await;

    // Back to the first version: the page of the badge that it does not have stays.
    let list = folder.command("publish --list --json").output().unwrap();
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    let first = list[1]["version"].as_str().unwrap()[..12].to_owned();
    insta::assert_snapshot!(unhashed(&folder.run(&format!("publish --again {first}"))), @r"
    $ accolade publish --again HASH
    against number 2, version HASH, published on TODAY by Ada:
      first-aid                changed: its rule
      rescue                   removed; whoever holds it keeps it
    published as number 3, version HASH: running processes use it within seconds
    who met a rule before gets its badge with the next change of a result that it names, or now: accolade publish --apply-retroactively
    (0)
    ");
    let front = async || reqwest::get(serving.url("")).await.unwrap().text().await.unwrap();
    serving.until("the badge is not offered", async || !front().await.contains("Rescue")).await;
    assert_eq!(status(&serving, "achievements/rescue").await, 200);
    insta::assert_snapshot!(unhashed(&folder.run("publish --list")), @r"
    $ accolade publish --list
       3  HASH  TIME  in use  an administrator
       2  HASH  TIME          Ada  autumn
       1  HASH  TIME          accolade serve  the folder of the configuration, at the first start
    (0)
    ");
    serving.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_faults_is_not_published() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    insta::assert_snapshot!(folder.run("publish badges"), @r"
    $ accolade publish badges
    accolade: there is no database data/accolade.db yet: `accolade serve` makes it. If it should be there, check database.url
    (1)
    ");
    let serving = folder.serve().await;
    fs::write(folder.folder.path().join("badges/rescue.toml"), SECOND.replace("forms", "moodel")).unwrap();
    insta::assert_snapshot!(folder.run("publish badges"), @r"
    $ accolade publish badges
    accolade: badges/rescue.toml:7: there is no source “moodel”; configured is `forms`
    (1)
    ");
    insta::assert_snapshot!(folder.run("publish"), @r"
    $ accolade publish
    accolade: name the folder of badge files, as in `accolade publish badges`; `accolade publish --list` shows what was published
    (1)
    ");
    insta::assert_snapshot!(folder.run("publish --again zz"), @r"
    $ accolade publish --again zz
    accolade: --again: no single version begins with “zz”; `accolade publish --list` shows them
    (1)
    ");
    serving.stop();
    // Another start goes on with what is published.
    folder.serve().await.stop();
}
