//! Several issuers in one installation: a faculty beside the institution, each with a profile, keys,
//! status lists and badges of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use accolade::app::Role;
use accolade::badges::SigningKey;
use accolade::badges::verify::{Report, verify};
use accolade::config::Settings;
use accolade::secrets;
use accolade::store::{AwardDecision, DeliveryState, NewAwardDecision};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{Process, Site, Way, credentials};
use crate::support::documents::Documents;

const LAW: &str = r#"
[issuers.law]
name = "Faculty of Law"
url = "https://law.example.edu/"
email = "law@example.edu"
linkedin_organization = 424242
key_file = "law.pem"
jwt_key_file = "law-jwt.pem"
"#;

/// An installation of a university with a faculty.
struct Campus {
    site: Site,
    /// Takes webhooks and shows pages.
    front: Process,
    /// Judges and signs, where that is another process.
    worker: Option<Process>,
}

/// Writes a badge file; `issuer` is a line of `[badge]`.
fn write(folder: &std::path::Path, id: &str, issuer: &str, award: &str) {
    let text = format!(
        "[badge]\n{issuer}\nname = \"The {id}\"\ndescription = \"Knows.\"\ncriteria = \"Passed.\"\n[award]\n{award}\n"
    );
    fs::write(folder.join(format!("{id}.toml")), text).unwrap();
}

fn course(course: &str) -> String {
    format!("source = \"forms\"\ncourse = \"{course}\"\nassessment = \"test\"\nat_least = \"70 %\"")
}

/// A badge of the university, one of the faculty, and one of the faculty for both.
fn badges(site: &Site) -> PathBuf {
    let folder = site.folder.path().join("badges");
    fs::create_dir(&folder).unwrap();
    write(&folder, "first-aid", "", &course("FA"));
    write(&folder, "moot", "issuer = \"law\"", &course("ML"));
    write(
        &folder,
        "counsel",
        "issuer = \"law\"",
        "all = [ { badge = \"first-aid\" }, { badge = \"moot\" } ]",
    );
    folder
}

fn law_keys(site: &Site) {
    let folder = site.folder.path();
    secrets::write_new(&folder.join("law.pem"), &SigningKey::from_seed([9; 32]).to_pem()).unwrap();
    secrets::write_new(&folder.join("law-jwt.pem"), &secrets::new_jwt_key().unwrap()).unwrap();
}

impl Campus {
    async fn new(way: Way) -> Option<Self> {
        let mut site = Site::new(way, None).await?;
        site.more.push_str(LAW);
        law_keys(&site);
        let badges = badges(&site);
        let folder = badges.clone();
        let roles: &[Role] = match way {
            Way::Embedded => &Role::ALL,
            Way::Production => &[Role::Ingest, Role::Web],
        };
        let front = site.start_with(roles, |settings| settings.badges = folder).await;
        let worker = match way {
            Way::Embedded => None,
            Way::Production => {
                let (folder, url) = (badges.clone(), front.url.parse().unwrap());
                let change = |settings: &mut Settings| {
                    settings.badges = folder;
                    settings.public_url = url;
                };
                Some(site.start_with(&[Role::Worker, Role::Mailer], change).await)
            }
        };
        Some(Self { site, front, worker })
    }

    async fn end(self) {
        if let Some(worker) = self.worker {
            worker.stop().await;
        }
        self.front.stop().await;
        self.site.end().await;
    }

    /// The credentials of a learner who passes both courses, by badge, each claimed.
    async fn lawyer(&self, learner: &str) -> BTreeMap<String, Uuid> {
        let mut all = BTreeMap::new();
        for course in ["FA", "ML"] {
            for id in passed(&self.front, learner, course).await {
                all.insert(self.front.store.credential(id).await.unwrap().unwrap().badge, id);
            }
        }
        assert_eq!(all.len(), 3, "{all:?}");
        for id in all.values() {
            let claimed = reqwest::Client::new().post(self.front.links.link(*id)).send().await.unwrap();
            assert_eq!(claimed.status(), 200);
        }
        all
    }

    async fn document(&self, id: Uuid) -> String {
        self.front.store.credential(id).await.unwrap().unwrap().document
    }

    async fn text(&self, path: &str) -> String {
        text(&self.front, path).await
    }

    fn run(&self, arguments: &str) -> String {
        self.site.command(&self.front.url, arguments)
    }

    /// Until a document of this process is as wished.
    async fn until(&self, path: &str, what: &str, wished: impl Fn(&str) -> bool) -> String {
        let began = tokio::time::Instant::now();
        loop {
            let text = self.text(path).await;
            if wished(&text) {
                return text;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "still not so: {what}: {text}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Grades a learner in a course; the credentials of that.
async fn passed(process: &Process, learner: &str, course: &str) -> Vec<Uuid> {
    let event = json!({
        "id": format!("evt_{learner}_{course}"), "type": "assessment.graded", "timestamp": "2026-11-20T10:00:00Z",
        "data": {
            "learner": {"id": learner, "email": format!("{learner}@example.test"), "name": "Rosa Reyes"},
            "course": {"id": course}, "assessment": {"id": "test", "name": "Final test"},
            "score": {"given": 41, "max": 50},
        },
    });
    let headers = [("authorization", "Bearer sandbox-bearer")];
    let (status, answer) = process.post("forms", &headers, event.to_string()).await;
    assert_eq!(status, 200, "{answer}");
    let id = answer["delivery"].as_str().unwrap().to_owned();
    let trails = process.settled().await;
    assert!(trails.iter().all(|trail| trail.state == DeliveryState::Done), "{trails:#?}");
    credentials(&[trails.into_iter().find(|trail| trail.id.to_string() == id).unwrap()])
}

async fn text(process: &Process, path: &str) -> String {
    let answer = reqwest::get(format!("{}{path}", process.url)).await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

/// Where the document of a `did:web` is (did:web method, section 3.2), below the host.
fn did_path(did: &str) -> String {
    match did.splitn(4, ':').nth(3) {
        None => "/.well-known/did.json".to_owned(),
        Some(path) => format!("/{}/did.json", path.replace(':', "/")),
    }
}

/// What a verifier finds that looks up the DID of the issuer by the method and the status list by its
/// address, as this process serves them.
async fn served(process: &Process, credential: &Value) -> Documents {
    let mut found = BTreeMap::new();
    let inner = credential["credentialSubject"]["verifiableCredential"].as_array();
    for one in std::iter::once(credential).chain(inner.into_iter().flatten()) {
        let did = one["issuer"]["id"].as_str().unwrap();
        let document = text(process, &did_path(did)).await;
        found.insert(did.to_owned(), serde_json::from_str(&document).unwrap());
        let list = one["credentialStatus"]["statusListCredential"].as_str().unwrap();
        let document = text(process, &list[list.find("/status/").unwrap()..]).await;
        found.insert(list.to_owned(), serde_json::from_str(&document).unwrap());
    }
    Documents(found)
}

async fn report(process: &Process, document: &str) -> Report {
    let value: Value = serde_json::from_str(document).unwrap();
    verify(document.as_bytes(), &served(process, &value).await, accolade::clock::Clock::system().now())
}

fn failing(report: &Report) -> Vec<&'static str> {
    report.checks.iter().filter(|check| check.holds != Some(true)).map(|check| check.name).collect()
}

fn list_of(document: &str) -> String {
    let document: Value = serde_json::from_str(document).unwrap();
    let list = document["credentialStatus"]["statusListCredential"].as_str().unwrap();
    list[list.find("/status/").unwrap()..].to_owned()
}

async fn each_by_its_issuer(way: Way) {
    let Some(campus) = Campus::new(way).await else { return };
    let theirs = campus.lawyer("rosa").await;
    let host = campus.front.url.rsplit("//").next().unwrap().replace(':', "%3A");
    let (university, law) = (format!("did:web:{host}"), format!("did:web:{host}:issuers:law"));
    for (badge, issuer, name) in [
        ("first-aid", &university, "Example University"),
        ("moot", &law, "Faculty of Law"),
        ("counsel", &law, "Faculty of Law"),
    ] {
        let id = theirs[badge];
        let text = campus.document(id).await;
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["issuer"]["id"], *issuer, "{badge}");
        assert_eq!(document["issuer"]["name"], name);
        let method = document["proof"]["verificationMethod"].as_str().unwrap();
        assert_eq!(method.split('#').next(), Some(issuer.as_str()));
        assert_eq!(failing(&report(&campus.front, &text).await), Vec::<&str>::new(), "{badge}");
        let list: Value = serde_json::from_str(&campus.text(&list_of(&text)).await).unwrap();
        assert_eq!(list["issuer"].as_str().or(list["issuer"]["id"].as_str()), Some(issuer.as_str()));
        // The same award as a JWT, and on pages.
        let jwt = campus.text(&format!("/credentials/{id}.jwt")).await;
        let found = served(&campus.front, &document).await;
        let now = campus.site.clock.now();
        assert_eq!(failing(&verify(jwt.as_bytes(), &found, now)), Vec::<&str>::new(), "{badge}");
        let page = campus.text(&format!("/credentials/{id}")).await;
        assert!(page.contains(name) && page.contains(&format!("href=\"{}\"", did_path(issuer))), "{page}");
        let organization = page.contains("organizationId=424242");
        assert_eq!(organization, *issuer == law, "the number on LinkedIn is the faculty's");
        let own = campus.text(&format!("/credentials/{id}/verify")).await;
        assert!(own.contains("This badge holds") && own.contains(issuer.as_str()), "{own}");
        let achievement = campus.text(&format!("/achievements/{badge}")).await;
        assert!(achievement.contains(&format!("<bdi>{name}</bdi></a></dd>")), "{achievement}");
        let certificate = reqwest::get(format!("{}/credentials/{id}.pdf", campus.front.url)).await.unwrap();
        assert_eq!(certificate.status(), 200);
    }

    // The learner record of a badge of the faculty, with one of the university in it.
    let record = campus.text(&format!("/credentials/{}/clr.json", theirs["counsel"])).await;
    let value: Value = serde_json::from_str(&record).unwrap();
    let inner: Vec<&str> = value["credentialSubject"]["verifiableCredential"]
        .as_array()
        .unwrap()
        .iter()
        .map(|badge| badge["issuer"]["id"].as_str().unwrap())
        .collect();
    assert_eq!(value["issuer"]["id"], law);
    assert!(inner.contains(&law.as_str()) && inner.contains(&university.as_str()), "{inner:?}");
    assert_eq!(failing(&report(&campus.front, &record).await), Vec::<&str>::new());

    // Mails name the faculty.
    let mails = fs::read_dir(campus.site.outbox()).unwrap();
    let mails: Vec<String> = mails.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let of = |name: &str| mails.iter().filter(|mail| mail.contains(name) && mail.contains("rosa@")).count();
    assert_eq!((mails.len(), of("Faculty of Law") >= 2), (3, true), "{mails:#?}");

    // What is revoked of one is not in the lists of the other.
    let (first_aid, moot) =
        (campus.document(theirs["first-aid"]).await, campus.document(theirs["moot"]).await);
    let (ours, faculty) = (list_of(&first_aid), list_of(&moot));
    assert_ne!(ours, faculty);
    let before = campus.text(&ours).await;
    let decision = NewAwardDecision {
        what: AwardDecision::Revoke,
        credentials: vec![theirs["moot"]],
        reason: "an inquiry".to_owned(),
        by: "Dean".to_owned(),
    };
    campus.front.store.decide_awards(&decision, campus.site.clock.now()).await.unwrap();
    assert_eq!(failing(&report(&campus.front, &moot).await), ["status"]);
    assert_eq!(failing(&report(&campus.front, &first_aid).await), Vec::<&str>::new());
    assert_eq!(campus.text(&ours).await, before);
    campus.front.settled().await;
    campus.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn badges_of_two_issuers_are_each_signed_and_served_by_their_own_embedded() {
    each_by_its_issuer(Way::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn badges_of_two_issuers_are_each_signed_and_served_by_their_own_in_production() {
    each_by_its_issuer(Way::Production).await;
}

async fn keys_of_one(way: Way) {
    let Some(campus) = Campus::new(way).await else { return };
    let theirs = campus.lawyer("rosa").await;
    let (first_aid, moot) =
        (campus.document(theirs["first-aid"]).await, campus.document(theirs["moot"]).await);
    let university = campus.text("/.well-known/did.json").await;
    let law = campus.text("/issuers/law/did.json").await;
    let said = campus.run("keys rotate --issuer law");
    assert!(said.contains("is announced"), "{said}");
    campus.until("/issuers/law/did.json", "the next key is announced", |text| text != law).await;
    assert_eq!(campus.text("/.well-known/did.json").await, university);

    let list = campus.run("keys list");
    assert_eq!(list.matches("active").count(), 4, "{list}");
    assert_eq!(campus.run("keys list --issuer law").matches("announced").count(), 1);
    assert_eq!(campus.run("keys list --issuer example-university").matches("announced").count(), 0);
    let all: Value = serde_json::from_str(&campus.run("keys list --json")).unwrap();
    assert_eq!((&all["issuer"], &all["others"][0]["issuer"]), (&json!("example-university"), &json!("law")));

    // Somebody else may have the key of the faculty: only its badges are signed anew.
    let method = serde_json::from_str::<Value>(&moot).unwrap();
    let key = method["proof"]["verificationMethod"].as_str().unwrap().split('#').nth(1).unwrap().to_owned();
    let said = campus.run(&format!("keys compromised {key} --reason stolen"));
    assert!(said.contains("signs from now on"), "{said}");
    campus.until("/issuers/law/did.json", "the key is gone", |text| !text.contains(&key)).await;
    let began = tokio::time::Instant::now();
    while campus.document(theirs["counsel"]).await.contains(&key)
        || campus.document(theirs["moot"]).await.contains(&key)
    {
        assert!(began.elapsed() < Duration::from_mins(1), "badges are not signed anew");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(failing(&report(&campus.front, &moot).await), ["signature", "key"], "the copy from before");
    for badge in ["moot", "counsel", "first-aid"] {
        let document = campus.document(theirs[badge]).await;
        assert_eq!(failing(&report(&campus.front, &document).await), Vec::<&str>::new(), "{badge}");
    }
    assert_eq!(campus.document(theirs["first-aid"]).await, first_aid);
    assert_eq!(campus.text("/.well-known/did.json").await, university);

    // Who comes now gets badges of both.
    campus.lawyer("bela").await;
    campus.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_one_issuer_are_replaced_and_those_of_the_other_stay_embedded() {
    keys_of_one(Way::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_one_issuer_are_replaced_and_those_of_the_other_stay_in_production() {
    keys_of_one(Way::Production).await;
}

/// The first issuer notices nothing, and a badge that goes over to the second is not awarded again.
async fn a_second(way: Way) {
    let Some(mut site) = Site::new(way, None).await else { return };
    let folder = site.folder.path().join("badges");
    fs::create_dir(&folder).unwrap();
    write(&folder, "first-aid", "", &course("FA"));
    write(&folder, "rescue", "", "badge = \"first-aid\"");
    let badges = folder.clone();
    let process = site.start_with(&Role::ALL, |settings| settings.badges = badges).await;
    let url: url::Url = process.url.parse().unwrap();
    let ids = passed(&process, "rosa", "FA").await;
    let mut documents = Vec::new();
    for id in &ids {
        documents.push(process.store.credential(*id).await.unwrap().unwrap().document);
    }
    let list = list_of(&documents[0]);
    let before = (text(&process, "/.well-known/did.json").await, text(&process, &list).await);
    let profile = text(&process, "/issuers/example-university").await;
    process.stop().await;

    // With the keys that `accolade keys generate` makes beside those that are there.
    site.more.push_str("[issuers.law]\nname = \"Faculty of Law\"\nurl = \"https://law.example.edu/\"\n");
    let said = site.command(url.as_str().trim_end_matches('/'), "keys generate");
    assert!(said.contains("signing key of law: made") && said.contains("law.pem"), "{said}");
    assert!(said.contains("issuer.pem is there already"), "{said}");
    let said = site.command(url.as_str().trim_end_matches('/'), "keys list");
    assert!(said.contains("1 badge") || said.contains("2 badges"), "{said}");
    assert!(said.contains("it has no key in use yet"), "{said}");
    write(&folder, "first-aid", "issuer = \"law\"", &course("FA"));
    let (badges, same) = (folder.clone(), url.clone());
    let change = |settings: &mut Settings| {
        settings.badges = badges;
        settings.public_url = same;
    };
    let process = site.start_with(&Role::ALL, change).await;
    let said = site.command(url.as_str().trim_end_matches('/'), &format!("publish {}", folder.display()));
    assert!(said.contains("changed: who issues it"), "{said}");
    assert_eq!((text(&process, "/.well-known/did.json").await, text(&process, &list).await), before);
    assert_eq!(
        text(&process, "/issuers/example-university").await.contains("First"),
        profile.contains("First")
    );
    for (id, document) in ids.iter().zip(&documents) {
        assert_eq!(process.store.credential(*id).await.unwrap().unwrap().document, *document);
        assert_eq!(failing(&report(&process, document).await), Vec::<&str>::new());
    }

    // A new learner gets it from the faculty; who has it gets no second one.
    let began = tokio::time::Instant::now();
    let (mut number, law) = (0, "law");
    loop {
        let new = passed(&process, &format!("new-{number}"), "FA").await;
        assert_eq!(new.len(), 2);
        let first_aid = process.store.credential(new[0]).await.unwrap().unwrap();
        let rescue = process.store.credential(new[1]).await.unwrap().unwrap();
        let issuers = BTreeMap::from([
            (first_aid.badge.clone(), first_aid.issuer.clone()),
            (rescue.badge.clone(), rescue.issuer.clone()),
        ]);
        assert_eq!(issuers["rescue"], "example-university");
        if issuers["first-aid"] == law {
            for one in [first_aid, rescue] {
                assert_eq!(failing(&report(&process, &one.document).await), Vec::<&str>::new());
            }
            break;
        }
        number += 1;
        assert!(began.elapsed() < Duration::from_mins(1), "the new version is not taken up");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let event = json!({
        "id": "evt_again", "type": "assessment.graded", "timestamp": "2026-11-21T10:00:00Z",
        "data": {
            "learner": {"id": "rosa", "email": "rosa@example.test", "name": "Rosa Reyes"},
            "course": {"id": "FA"}, "assessment": {"id": "test", "name": "Final test"},
            "score": {"given": 49, "max": 50},
        },
    });
    process.post("forms", &[("authorization", "Bearer sandbox-bearer")], event.to_string()).await;
    let trails = process.settled().await;
    let again = trails.last().unwrap();
    assert!(credentials(std::slice::from_ref(again)).is_empty(), "{again:#?}");
    assert!(again.signals[0].events[0].reason.contains("held already"), "{again:#?}");
    // A regrade below the mark suspends the award of then, in the list of then.
    let listed = site.command(url.as_str().trim_end_matches('/'), "awards list --issuer law --json");
    let made: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(made.iter().all(|award| award["issuer"] == "law" && award["badge"] == "first-aid"), "{listed}");
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_gets_a_second_issuer_and_the_first_notices_nothing_embedded() {
    a_second(Way::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_gets_a_second_issuer_and_the_first_notices_nothing_in_production() {
    a_second(Way::Production).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_issuer_has_its_page_its_profile_and_its_did() {
    let campus = Campus::new(Way::Embedded).await.unwrap();
    let page = campus.text("/issuers/law").await;
    assert!(
        page.contains("<h1><bdi>Faculty of Law</bdi></h1>") && page.contains("law@example.edu"),
        "{page}"
    );
    assert!(page.contains("The moot") && !page.contains("The first-aid"), "{page}");
    let own = campus.text("/issuers/example-university").await;
    assert!(own.contains("The first-aid") && !own.contains("The moot"), "{own}");
    let json = reqwest::Client::new().get(format!("{}/issuers/law", campus.front.url));
    let json = json.header("accept", "application/json").send().await.unwrap().text().await.unwrap();
    let profile: Value = serde_json::from_str(&json).unwrap();
    let did: Value = serde_json::from_str(&campus.text("/issuers/law/did.json").await).unwrap();
    assert_eq!((&profile["id"], &profile["name"]), (&did["id"], &json!("Faculty of Law")));
    for (path, status) in [
        ("/issuers/medicine", 404),
        ("/issuers/medicine/did.json", 404),
        ("/issuers/example-university/did.json", 404),
    ] {
        let answer = reqwest::get(format!("{}{path}", campus.front.url)).await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
    let front = campus.text("/").await;
    assert!(front.contains("/issuers/law") && front.contains("/issuers/example-university"), "{front}");
    let sitemap = campus.text("/sitemaps/badges.xml").await;
    assert!(sitemap.contains("/issuers/law</loc>"), "{sitemap}");
    let guide = campus.text("/llms.txt").await;
    assert!(
        guide.contains(did["id"].as_str().unwrap()) && guide.contains("/issuers/law/did.json"),
        "{guide}"
    );
    let doctor = campus.run("doctor");
    assert!(doctor.contains("well  issuer law: did:web:"), "{doctor}");
    campus.end().await;
}
