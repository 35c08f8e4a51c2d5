//! Every form in which a badge is taken home, and the learner record of one that rests on others, as
//! an installation serves them. With `ACCOLADE_WRITE_FORMS=DIR` they are written there, with all that
//! verifiers look up: `tests/interop` gives them to verifiers that are not ours.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use accolade::app::Role;
use accolade::badges::verify::{Report, verify};
use accolade::config::Settings;
use accolade::store::{AwardDecision, NewAwardDecision};
use reqwest::Response;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{Process, Site, Way, credentials};
use crate::support::documents::Documents;

/// An installation with a badge that rests on two others.
struct Campus {
    site: Site,
    process: Process,
    http: reqwest::Client,
}

fn badges(site: &Site) -> impl FnOnce(&mut Settings) + use<> {
    let folder = site.folder.path().join("badges");
    fs::create_dir(&folder).unwrap();
    for (id, name, award) in [
        (
            "first-aid",
            "First Aid",
            "source = \"forms\"\ncourse = \"FA\"\nassessment = \"test\"\nat_least = \"70 %\"",
        ),
        (
            "fire-safety",
            "Fire Safety",
            "source = \"forms\"\ncourse = \"FS\"\nassessment = \"test\"\nat_least = \"70 %\"",
        ),
        ("rescue", "Rescue", "all = [ { badge = \"first-aid\" }, { badge = \"fire-safety\" } ]"),
    ] {
        let text = format!(
            "[badge]\nname = \"{name}\"\ndescription = \"Helps where help is needed.\"\ncriteria = \"Passed.\"\n\
             credits = 2.5\ntags = [\"safety\", \"sécurité\"]\n[award]\n{award}\n"
        );
        fs::write(folder.join(format!("{id}.toml")), text).unwrap();
    }
    |settings| settings.badges = folder
}

impl Campus {
    async fn new() -> Self {
        let site = Site::new(Way::Embedded, None).await.unwrap();
        let settings = badges(&site);
        let process = site.start_with(&Role::ALL, settings).await;
        Self { site, process, http: reqwest::Client::new() }
    }

    async fn end(self) {
        self.process.stop().await;
        self.site.end().await;
    }

    /// Grades a learner in a course; the credentials of that.
    async fn passed(&self, learner: &str, course: &str) -> Vec<Uuid> {
        let event = json!({
            "id": format!("evt_{learner}_{course}"), "type": "assessment.graded", "timestamp": "2026-11-20T10:00:00Z",
            "data": {
                "learner": {"id": learner, "email": format!("{learner}@example.test"), "name": "Rosa Reyes"},
                "course": {"id": course}, "assessment": {"id": "test", "name": "Final test"},
                "score": {"given": 41, "max": 50},
            },
        });
        let headers = [("authorization", "Bearer sandbox-bearer")];
        let (status, answer) = self.process.post("forms", &headers, event.to_string()).await;
        assert_eq!(status, 200, "{answer}");
        let id = answer["delivery"].as_str().unwrap().to_owned();
        let trails = self.process.settled().await;
        credentials(&[trails.into_iter().find(|trail| trail.id.to_string() == id).unwrap()])
    }

    /// The credentials of a learner with all three badges, by badge.
    async fn rescuer(&self, learner: &str) -> BTreeMap<String, Uuid> {
        let mut all = BTreeMap::new();
        for course in ["FA", "FS"] {
            for id in self.passed(learner, course).await {
                all.insert(self.process.store.credential(id).await.unwrap().unwrap().badge, id);
            }
        }
        assert_eq!(all.len(), 3, "{all:?}");
        all
    }

    async fn claim(&self, id: Uuid) {
        let claimed = self.http.post(self.process.links.link(id)).send().await.unwrap();
        assert_eq!(claimed.status(), 200);
    }

    async fn decide(&self, what: AwardDecision, badge: Uuid) {
        let (reason, by) = ("an inquiry".to_owned(), "Dean".to_owned());
        let decision = NewAwardDecision { what, credentials: vec![badge], reason, by };
        let decided = self.process.store.decide_awards(&decision, self.site.clock.now()).await.unwrap();
        assert_eq!(decided.changed, [badge]);
        self.process.settled().await;
    }

    async fn get(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.process.url)).send().await.unwrap()
    }

    async fn file(&self, path: &str) -> Vec<u8> {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.bytes().await.unwrap().to_vec()
    }

    async fn record(&self, id: Uuid) -> Value {
        serde_json::from_slice(&self.file(&format!("/credentials/{id}/clr.json")).await).unwrap()
    }

    /// What our own verifier says, with what is served now.
    async fn report(&self, document: &[u8]) -> Report {
        let did: Value = serde_json::from_slice(&self.file("/.well-known/did.json").await).unwrap();
        let mut found = Documents(BTreeMap::from([(did["id"].as_str().unwrap().to_owned(), did)]));
        for list in 1..3 {
            let answer = self.get(&format!("/status/{list}-revocation")).await;
            if answer.status() == 200 {
                let list: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
                found.0.insert(list["id"].as_str().unwrap().to_owned(), list);
            }
        }
        verify(document, &found, self.site.clock.now())
    }
}

fn ids(record: &Value) -> Vec<&str> {
    let badges = record["credentialSubject"]["verifiableCredential"].as_array().unwrap();
    badges.iter().map(|badge| badge["credentialSubject"]["achievement"]["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_record_holds_what_is_public_and_counts() {
    let campus = Campus::new().await;
    let held = campus.rescuer("rosa").await;
    let rescue = held["rescue"];
    let path = format!("/credentials/{rescue}/clr.json");
    assert_eq!(campus.get(&path).await.status(), 404, "private until it is claimed");
    campus.claim(rescue).await;
    let nothing = campus.get(&path).await;
    assert_eq!(nothing.status(), 404);
    assert!(nothing.text().await.unwrap().contains("does not rest on other badges that are public"));
    let page = async |id: Uuid| campus.get(&format!("/credentials/{id}")).await.text().await.unwrap();
    assert!(!page(rescue).await.contains("clr.json"));

    campus.claim(held["first-aid"]).await;
    assert_eq!(ids(&campus.record(rescue).await), ["Rescue", "First Aid"]);
    campus.claim(held["fire-safety"]).await;
    assert!(page(rescue).await.contains(&format!("href=\"{path}\"")));
    assert!(!page(held["first-aid"]).await.contains("clr.json"));
    assert_eq!(campus.get(&format!("/credentials/{}/clr.json", held["first-aid"])).await.status(), 404);
    let answer = campus.get(&path).await;
    assert_eq!(answer.headers()["content-type"], "application/vc+ld+json");
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    let record = campus.record(rescue).await;
    assert_eq!(ids(&record).len(), 3);
    assert_eq!(record["id"], format!("{}{path}", campus.process.url));
    // As they were signed.
    let alone: Value =
        serde_json::from_slice(&campus.file(&format!("/credentials/{}.json", held["first-aid"])).await)
            .unwrap();
    assert!(record["credentialSubject"]["verifiableCredential"].as_array().unwrap().contains(&alone));
    let report = campus.report(record.to_string().as_bytes()).await;
    assert!(report.holds() && report.checks.len() == 8, "{report:?}");

    // A badge in it falls: the record says so where it was taken home, and a new one leaves it out.
    campus.process.store.set_status(held["fire-safety"], true, false, campus.site.clock.now()).await.unwrap();
    let report = campus.report(record.to_string().as_bytes()).await;
    let why = report.checks.iter().find(|check| check.name == "badges").unwrap();
    assert!(
        why.holds == Some(false) && why.found.to_string().contains("“Fire Safety” does not hold"),
        "{report:?}"
    );
    assert_eq!(ids(&campus.record(rescue).await), ["Rescue", "First Aid"]);
    // The badge itself does: its record falls with it, and there is none any more.
    campus.process.store.set_status(rescue, false, true, campus.site.clock.now()).await.unwrap();
    assert!(!campus.report(record.to_string().as_bytes()).await.holds());
    assert_eq!(campus.get(&path).await.status(), 410);
    campus.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_can_be_written_for_other_verifiers() {
    let campus = Campus::new().await;
    let temporary = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("ACCOLADE_WRITE_FORMS").map_or(temporary.path().to_owned(), PathBuf::from);
    fs::create_dir_all(&folder).unwrap();
    let mut index = BTreeMap::new();
    let held = campus.rescuer("rosa").await;
    for id in held.values() {
        campus.claim(*id).await;
    }
    let rescue = held["rescue"];
    let mut write = |name: &str, content: &[u8]| write(&folder, &mut index, name, content);
    for (name, path) in [
        ("badge.json", format!("/credentials/{rescue}.json")),
        ("badge.jwt", format!("/credentials/{rescue}.jwt")),
        ("badge.png", format!("/credentials/{rescue}.png")),
        ("badge.svg", format!("/credentials/{rescue}.svg")),
        ("clr.json", format!("/credentials/{rescue}/clr.json")),
        ("page.html", format!("/credentials/{rescue}")),
        ("achievement.json", "/achievements/rescue".to_owned()),
    ] {
        let content = if name == "achievement.json" {
            let request = campus.http.get(format!("{}{path}", campus.process.url));
            request.header("accept", "application/json").send().await.unwrap().bytes().await.unwrap().to_vec()
        } else {
            campus.file(&path).await
        };
        if !matches!(name, "page.html" | "achievement.json") {
            let report = campus.report(&content).await;
            assert!(report.holds(), "{name}: {report:?}");
        }
        write(name, &content);
    }
    for (name, what) in [("revoked", AwardDecision::Revoke), ("suspended", AwardDecision::Suspend)] {
        let badge = campus.passed(name, "FA").await[0];
        campus.claim(badge).await;
        let content = campus.file(&format!("/credentials/{badge}.json")).await;
        assert!(campus.report(&content).await.holds());
        campus.decide(what, badge).await;
        let report = campus.report(&content).await;
        let broken: Vec<_> = report.checks.iter().filter(|check| check.holds != Some(true)).collect();
        assert!(broken.len() == 1 && broken[0].name == "status", "{broken:?}");
        write(&format!("{name}.json"), &content);
    }
    // For another signer to do the same; its seed is in this repository.
    fs::write(folder.join("issuer.pem"), fs::read(campus.site.folder.path().join("issuer.pem")).unwrap())
        .unwrap();
    write("did.json", &campus.file("/.well-known/did.json").await);
    write("status.json", &campus.file("/status/1-revocation").await);
    fs::write(folder.join("index.json"), serde_json::to_string_pretty(&index).unwrap()).unwrap();
    campus.end().await;
}

/// Writes a file, and notes where what it says stands on the web.
fn write(folder: &Path, index: &mut BTreeMap<String, String>, name: &str, content: &[u8]) {
    fs::write(folder.join(name), content).unwrap();
    let document: Value = serde_json::from_slice(content).unwrap_or_default();
    if let Some(id) = document["id"].as_str() {
        index.insert(id.to_owned(), name.to_owned());
    }
}
