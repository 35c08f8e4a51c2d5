//! Drafts tried on what was confirmed, and rules applied to it.

use std::fs;

use serde_json::{Value, json};

use super::explain::graded;
use super::publish::unhashed;
use super::{Folder, Serving};

fn badge(name: &str, award: &str) -> String {
    format!("[badge]\nname = \"{name}\"\ndescription = \"x\"\ncriteria = \"x\"\n[award]\n{award}\n")
}

fn test_at_least(mark: u32) -> String {
    format!("source = \"forms\"\ncourse = \"FA1\"\nassessment = \"test\"\nat_least = \"{mark} %\"")
}

/// A draft beside the badges in use: one badge is stricter, one is new, one stacks on it.
fn draft(folder: &Folder) {
    let draft = folder.folder.path().join("draft");
    fs::create_dir(&draft).unwrap();
    for (id, text) in [
        ("first-aid", badge("First Aid", &test_at_least(80))),
        ("merit", badge("Merit", &test_at_least(60))),
        ("star", badge("Star", "badge = \"merit\"")),
    ] {
        fs::write(draft.join(format!("{id}.toml")), text).unwrap();
    }
}

/// Who holds what now, and in which state: badge, learner, state.
async fn held(folder: &Folder) -> Vec<(String, String, String)> {
    let url = format!("sqlite://{}", folder.database().display());
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    sqlx::query_as(
        "SELECT awards.badge, learners.lms_id, \
             CASE WHEN revoked THEN 'revoked' WHEN suspended THEN 'suspended' ELSE 'valid' END \
         FROM awards JOIN credentials ON credentials.id = awards.id \
             JOIN learners ON learners.person_id = awards.person_id \
         ORDER BY awards.badge, learners.lms_id",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap()
}

/// The lines about learners, who come in the order of their ids, by what they say.
fn sorted(text: &str) -> String {
    let (learners, rest) = text.split_once("\n\n").unwrap();
    let (first, learners) = learners.split_once('\n').unwrap();
    let mut learners: Vec<&str> = learners.lines().collect();
    learners.sort_unstable();
    format!("{first}\n{}\n\n{rest}", learners.join("\n"))
}

async fn with_learners(folder: &Folder) -> Serving<'_> {
    folder.run("keys generate");
    let serving = folder.serve().await;
    for (learner, points) in [("ada", 45), ("bob", 36), ("cleo", 31), ("dan", 10)] {
        assert_eq!(serving.post("forms", graded(learner, learner, points)).await, 200);
    }
    // No name that could stand on a badge.
    let mut nameless = graded("eve", "eve", 50);
    nameless["data"]["learner"]["name"] = json!("undefined");
    assert_eq!(serving.post("forms", nameless).await, 200);
    serving.settled().await;
    serving
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_draft_would_change_is_what_changes_when_it_is_applied() {
    let folder = Folder::new(None);
    let serving = with_learners(&folder).await;
    draft(&folder);
    let before = held(&folder).await;
    insta::assert_snapshot!(sorted(&unhashed(&folder.run("simulate draft"))), @r"
    $ accolade simulate draft
    gains       merit                     ada Example (forms:ada)
    gains       merit                     bob Example (forms:bob)
    gains       merit                     cleo Example (forms:cleo)
    gains       star                      ada Example (forms:ada)
    gains       star                      bob Example (forms:bob)
    gains       star                      cleo Example (forms:cleo)
    suspended   first-aid                 bob Example (forms:bob): Final test in First aid (forms): at least 80 %, but found 72 % on 20 November 2026
    waits       merit                     undefined (forms:eve): the name that the LMS gives, “undefined”, stands for a name that is missing

    5 learners judged by draft (version HASH):
      first-aid                 1 suspended
      merit                     3 gains, 1 waits
      star                      3 gains
    nothing was written; to do it: accolade publish draft --apply-retroactively --at-most 6
    (0)
    ");
    let json = folder.command("simulate draft --json").output().unwrap();
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["judged"], 5);
    assert_eq!(held(&folder).await, before, "nothing is written");

    insta::assert_snapshot!(unhashed(&folder.run("publish draft --apply-retroactively --at-most 3")), @r"
    $ accolade publish draft --apply-retroactively --at-most 3
    accolade: nothing was done: 6 badges would be awarded and 1 lost, and --at-most allows 3 of each. `accolade simulate DIR` shows whose; if that is right, say --at-most 6
    (1)
    ");
    assert_eq!(folder.run("publish --list").lines().count(), 3, "nothing is published");
    insta::assert_snapshot!(unhashed(&folder.run("publish draft --apply-retroactively --at-most 6")), @r"
    $ accolade publish draft --apply-retroactively --at-most 6
    against number 1, version HASH, published on TODAY by accolade serve:
      first-aid                changed: its rule, what it says
      merit                    added
      star                     added
    published as number 2, version HASH: running processes use it within seconds
    4 learners are judged anew, at once where `accolade serve` runs, else when it starts (badges to award: 6, to lose: 1); what comes of it:
      accolade deliveries ID
    waiting until every running process uses it
    (0)
    ");
    let trails = serving.settled().await;
    let reason = &trails.last().unwrap().reason;
    assert!(
        reason.starts_with(
            "an administrator applied the rules of publication 2 to what was confirmed before; "
        ),
        "{reason}"
    );
    assert_eq!(reason.matches("“Star” awarded").count(), 3, "{reason}");
    assert_eq!(trails.last().unwrap().user_agent.as_deref(), Some("accolade publish"));

    // Exactly what was foretold.
    let mut foretold = before;
    for change in json["changes"].as_array().unwrap() {
        let learner = change["learners"][0]["id"].as_str().unwrap().to_owned();
        let badge = change["badge"].as_str().unwrap().to_owned();
        match change["effect"].as_str().unwrap() {
            "gains" => foretold.push((badge, learner, "valid".to_owned())),
            "waits" => {}
            state => {
                foretold.retain(|(one, whose, _)| (one, whose) != (&badge, &learner));
                foretold.push((badge, learner, state.to_owned()));
            }
        }
    }
    foretold.sort();
    assert_eq!(held(&folder).await, foretold);
    insta::assert_snapshot!(unhashed(&folder.run("simulate draft")), @r"
    $ accolade simulate draft
    no badge of anybody would change: 5 learners judged by draft (version HASH)
    (0)
    ");
    insta::assert_snapshot!(unhashed(&folder.run("publish --apply-retroactively")), @r"
    $ accolade publish --apply-retroactively
    these badges are in use already: version HASH
    for what was confirmed before nothing changes
    (0)
    ");
    insta::assert_snapshot!(folder.run("recheck --all"), @r"
    $ accolade recheck --all
    awards: 8; the same decision: 8
    (0)
    ");
    serving.stop();
}

/// The command may have been faster than the process: an event waits for the rules it asks for.
#[tokio::test(flavor = "multi_thread")]
async fn rules_are_applied_by_a_service_that_starts_later() {
    let folder = Folder::new(None);
    with_learners(&folder).await.stop();
    draft(&folder);
    folder.run("publish draft");
    folder.run("publish --apply-retroactively");
    let serving = folder.serve().await;
    serving.settled().await;
    let merits = held(&folder).await.into_iter().filter(|(badge, ..)| badge == "merit").count();
    assert_eq!(merits, 3, "who passed before has it");
    serving.stop();
}
