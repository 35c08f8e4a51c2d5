//! Keys as an administrator handles them.

use super::Folder;
use super::explain::graded;
use crate::keys::signer::{busy, lines, program};

/// What a command with this variable printed, and how it ended.
fn with(folder: &Folder, arguments: &str, (name, value): (&str, &str)) -> (String, i32) {
    let output = folder.command(arguments).env(name, value).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (said, output.status.code().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_the_environment_signs_and_is_in_no_file() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let file = folder.folder.path().join("data/keys/issuer.pem");
    let pem = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let key = ("ACCOLADE_ISSUER__KEY", pem.as_str());
    let serving = folder.serve_with(&[key]).await;
    serving.post("forms", graded("e1", "ada", 41)).await;
    serving.settled().await;
    let (list, _) = with(&folder, "keys list", key);
    assert!(list.contains("  active       z6Mk") && list.contains("  1 badge\n"), "{list}");
    assert!(list.contains("private half: in the configuration or the environment\n"), "{list}");
    assert!(with(&folder, "keys generate", key).0.contains("signing key: issuer.key gives it"));
    assert!(!file.exists());
    // Nothing of it shows in an error, and there is no other one to follow it.
    let (said, code) = with(&folder, "keys rotate", key);
    assert!(code == 1 && said.contains("issuer.key has no further key"), "{said}");
    let (said, code) = with(&folder, "doctor", ("ACCOLADE_ISSUER__KEY", &pem.replacen("\nM", "\nA", 1)));
    assert!(code == 1 && said.contains("issuer.key: the signing key is not"), "{said}");
    assert!(!said.contains(pem.lines().nth(1).unwrap().get(10..).unwrap()), "{said}");
    let other = accolade::badges::SigningKey::from_seed([9; 32]).to_pem();
    let (said, code) = with(&folder, "doctor", ("ACCOLADE_ISSUER__KEY", &other));
    assert!(code == 1 && said.contains("nothing is signed here, and work waits"), "{said}");
    // A second one behind it is the next.
    let (said, code) = with(&folder, "keys rotate", ("ACCOLADE_ISSUER__KEY", &format!("{pem}{other}")));
    assert!(code == 0 && said.contains("is announced: did.json shows it"), "{said}");
    serving.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_the_issuers_name_is_not_replaced() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    assert!(folder.run("keys rotate").contains("accolade serve"), "there is no database yet");
    let did = ("ACCOLADE_ISSUER__DID", "key");
    let serving = folder.serve_with(&[did]).await;
    for command in ["keys rotate", "keys compromised z6 --reason stolen"] {
        let (said, code) = with(&folder, command, did);
        assert!(code == 1 && said.contains("its identifier is the key itself"), "{said}");
    }
    serving.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_with_their_story() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;
    let told = folder.run("keys rotate");
    assert!(told.contains("its private half is data/keys/issuer-z6Mk"), "{told}");
    let told = folder.run("keys rotate");
    assert!(told.contains("is announced already and signs from"), "{told}");
    let json: serde_json::Value = serde_json::from_str(&folder.run_plain("keys list --json")).unwrap();
    let states: Vec<&str> =
        json["keys"].as_array().unwrap().iter().map(|key| key["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["active", "announced", "active"]);
    let first = json["keys"][0]["key"].as_str().unwrap();
    let files = ["issuer.pem".to_owned(), format!("issuer-{}.pem", json["keys"][1]["key"].as_str().unwrap())];
    for (key, file) in json["keys"].as_array().unwrap().iter().zip(files) {
        assert_eq!((&key["private"]["in"], &key["shown"]), (&"file".into(), &true.into()), "{key}");
        assert!(key["private"]["where"].as_str().unwrap().ends_with(&file), "{key}");
    }
    let told = folder.run("keys compromised z6Mk --reason stolen");
    assert!(told.contains("no single key begins with"), "{told}");
    let told = folder.run(&format!("keys compromised {first} --reason stolen"));
    let next = json["keys"][1]["key"].as_str().unwrap();
    assert!(told.contains(&format!("{next} signs from now on")), "{told}");
    let told = folder.run(&format!("keys compromised {first} --reason stolen"));
    assert!(told.contains("is compromised already"), "{told}");
    serving.stop();
}

/// Accolade itself is killed while its signer is in the middle of a batch: the signer ends with it, and
/// the next process issues each badge once.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_while_a_batch_is_signed_loses_nothing() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let path = folder.folder.path();
    std::fs::copy(path.join("data/keys/issuer.pem"), path.join("issuer.pem")).unwrap();
    std::fs::remove_file(path.join("data/keys/issuer.pem")).unwrap();
    let signer = toml::Value::from(program(path)).to_string();
    std::fs::write(path.join("slow"), "").unwrap();
    let file = path.join("accolade.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("[sources.forms]", &format!("signer = {signer}\n[sources.forms]")))
        .unwrap();
    let mut serving = folder.serve().await;
    for learner in 0..30 {
        serving.post("forms", graded(&format!("e{learner}"), &format!("learner-{learner}"), 45)).await;
    }
    for _ in 0..2 {
        serving.until("it is asked", async || busy(path)).await;
        let group = lines(&path.join("groups")).pop().unwrap();
        // Ends `serve` as `kill -9` does.
        drop(serving);
        let ended = || lines(&path.join("ended")).contains(&group);
        let began = std::time::Instant::now();
        while !ended() {
            assert!(began.elapsed().as_secs() < 60, "the signer outlives the process that asked it");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        std::fs::remove_file(path.join("groups")).unwrap();
        serving = folder.serve().await;
    }
    std::fs::remove_file(path.join("slow")).unwrap();
    let trails = serving.settled().await;
    let ids = crate::support::app::credentials(&trails);
    assert_eq!((trails.len(), ids.len()), (30, 30), "one badge for each learner");
    let list = folder.run_plain("keys list");
    assert!(list.contains("30 badges") && list.contains("private half: with the signer, sh\n"), "{list}");
    std::fs::remove_file(path.join("up")).unwrap();
    let list = folder.run_plain("keys list");
    assert!(list.contains("private half: unknown: issuer.signer: "), "{list}");
    serving.stop();
}
