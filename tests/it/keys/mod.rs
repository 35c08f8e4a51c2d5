//! Keys: replaced, and named compromised, while workers sign with them.

pub(crate) mod signer;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use accolade::app::Role;
use accolade::clock::Clock;
use accolade::config::Settings;
use accolade::store::{DeliveryState, IssuerKey, KeyState, Purpose, TrailFilter};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::lifecycle::failing_checks;
use crate::support::app::{Process, Site, Way, credentials};

/// An installation with its processes, and learners who pass one after another.
struct Campus {
    site: Site,
    front: Arc<Process>,
    workers: Vec<Process>,
    badges: std::path::PathBuf,
}

impl Campus {
    async fn new(way: Way) -> Option<Self> {
        Self::with(way, "", |_| Vec::new()).await
    }

    /// One whose processes sign by a program, given its folder.
    async fn signing_by(way: Way, signer: impl Fn(&Path) -> Vec<String>) -> Option<Self> {
        Self::with(way, "", signer).await
    }

    /// The same, and its badge has this line more.
    async fn with(way: Way, line: &str, signer: impl Fn(&Path) -> Vec<String>) -> Option<Self> {
        let mut site = Site::new(way, None).await?;
        site.clock = Clock::manual(Clock::system().now());
        let badges = site.folder.path().join("badges");
        std::fs::create_dir(&badges).unwrap();
        let text = "[badge]\nname = \"First Aid\"\ndescription = \"Helps.\"\ncriteria = \"Passed.\"\n\
             [award]\nsource = \"forms\"\ncourse = \"FA1\"\nassessment = \"test\"\nat_least = \"70 %\"\n";
        std::fs::write(badges.join("first-aid.toml"), format!("{text}{line}\n")).unwrap();
        site.signer = signer(site.folder.path());
        let folder = badges.clone();
        let roles: &[Role] = match way {
            Way::Embedded => &Role::ALL,
            Way::Production => &[Role::Ingest, Role::Web, Role::Mailer],
        };
        let change = |settings: &mut Settings| {
            settings.badges = folder;
            settings.guard.enabled = false;
        };
        let front = site.start_with(roles, change).await;
        let mut campus = Self { site, front: Arc::new(front), workers: Vec::new(), badges };
        if way == Way::Production {
            for _ in 0..2 {
                let worker = campus.worker().await;
                campus.workers.push(worker);
            }
        }
        Some(campus)
    }

    async fn worker(&self) -> Process {
        let (public_url, badges) = (self.front.url.parse().unwrap(), self.badges.clone());
        let change = |settings: &mut Settings| {
            settings.public_url = public_url;
            settings.badges = badges;
            settings.guard.enabled = false;
        };
        self.site.start_with(&[Role::Worker], change).await
    }

    /// Learners pass, until told to stop; how many did.
    fn flow(&self) -> Flow {
        let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let (front, ended, counted) = (Arc::clone(&self.front), Arc::clone(&stop), Arc::clone(&count));
        let task = tokio::spawn(async move {
            while !ended.load(Ordering::SeqCst) {
                pass(&front, counted.fetch_add(1, Ordering::SeqCst)).await;
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
        });
        Flow { stop, count, task }
    }

    fn clock_to(&self, time: DateTime<Utc>) {
        let clock = &self.site.clock;
        clock.advance((time - clock.now()).to_std().unwrap());
    }

    async fn announced(&self) -> IssuerKey {
        let keys = self.front.store.issuer_keys("example-university").await.unwrap();
        keys.into_iter().find(|key| key.state == KeyState::Announced).unwrap()
    }

    fn run(&self, arguments: &str) -> String {
        self.site.command(&self.front.url, arguments)
    }

    /// How many badges each key signed, with the state of the key.
    async fn signed(&self) -> BTreeMap<String, (KeyState, u32)> {
        let slug = "example-university";
        let keys = self.front.store.issuer_keys(slug).await.unwrap();
        let counts = self.front.store.count_signed(slug).await.unwrap();
        let of = |name: &str| {
            counts.iter().filter(|(by, _)| by.as_deref() == Some(name)).map(|(_, count)| *count).sum()
        };
        let badge = keys.into_iter().filter(|key| key.purpose == Purpose::Badge);
        badge.map(|key| (key.name.clone(), (key.state, of(&key.name)))).collect()
    }

    async fn until(&self, what: &str, wished: impl Fn(&BTreeMap<String, (KeyState, u32)>) -> bool) {
        let began = tokio::time::Instant::now();
        loop {
            let signed = self.signed().await;
            if wished(&signed) {
                return;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "still not so: {what}: {signed:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Every learner has one badge, and each holds with what is served now.
    async fn all_hold(&self, learners: u32) -> Vec<Uuid> {
        let trails = self.front.settled().await;
        assert!(trails.iter().all(|trail| trail.state == DeliveryState::Done), "{trails:#?}");
        let ids = credentials(&trails);
        assert_eq!(ids.len(), learners as usize, "one badge for each learner");
        for id in &ids {
            let broken = failing_checks(&self.front, *id, self.site.clock.now()).await;
            assert!(broken.is_empty(), "{id}: {broken:?}");
        }
        ids
    }

    /// The keys of `did.json`.
    async fn trusted(&self) -> Vec<String> {
        let answer = reqwest::get(format!("{}/.well-known/did.json", self.front.url)).await.unwrap();
        let document: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let names = document["assertionMethod"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
        names.map(|name| name.rsplit('#').next().unwrap().to_owned()).collect()
    }

    async fn end(self) {
        for worker in self.workers {
            worker.stop().await;
        }
        Arc::into_inner(self.front).unwrap().stop().await;
        self.site.end().await;
    }
}

struct Flow {
    stop: Arc<AtomicBool>,
    count: Arc<AtomicU32>,
    task: tokio::task::JoinHandle<()>,
}

impl Flow {
    async fn end(self) -> u32 {
        self.stop.store(true, Ordering::SeqCst);
        self.task.await.unwrap();
        self.count.load(Ordering::SeqCst)
    }
}

async fn pass(front: &Process, number: u32) {
    let event = json!({
        "id": format!("evt_{number}"), "type": "assessment.graded", "timestamp": "2026-11-20T10:00:00Z",
        "data": {
            "learner": {"id": format!("s-{number}"), "email": format!("s{number}@example.test"), "name": format!("Learner No{number}")},
            "course": {"id": "FA1"}, "assessment": {"id": "test", "name": "Final test"},
            "score": {"given": 45, "max": 50},
        },
    });
    let headers = [("authorization", "Bearer sandbox-bearer")];
    let (status, answer) = front.post("forms", &headers, event.to_string()).await;
    assert_eq!(status, 200, "{answer}");
}

fn of(signed: &BTreeMap<String, (KeyState, u32)>, state: KeyState) -> u32 {
    signed.values().filter(|(found, _)| *found == state).map(|(_, count)| count).sum()
}

async fn replaced(way: Way) {
    let Some(campus) = Campus::new(way).await else { return };
    let flow = campus.flow();
    campus.until("the first key signs", |signed| of(signed, KeyState::Active) > 5).await;
    let first = campus.trusted().await[0].clone();
    let said = campus.run("keys rotate");
    assert!(said.contains("is announced: did.json shows it"), "{said}");
    let until_shown = async || {
        while campus.trusted().await.len() < 3 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), until_shown()).await.unwrap();
    let (trusted, before) = (campus.trusted().await, of(&campus.signed().await, KeyState::Active));
    assert_eq!(trusted[0], first);
    // Verifiers may have kept the list of keys from before for five minutes.
    let announced = campus.announced().await;
    assert!(announced.signs_from - announced.announced_at > TimeDelta::seconds(300));
    campus.clock_to(announced.signs_from - TimeDelta::seconds(1));
    campus.until("it goes on to sign", |signed| of(signed, KeyState::Active) > before + 5).await;
    assert_eq!(of(&campus.signed().await, KeyState::Announced), 0, "nothing is signed before its time");
    campus.clock_to(announced.signs_from);
    campus
        .until("the next key signs", |signed| {
            signed[&first].0 == KeyState::Retired && of(signed, KeyState::Active) > 5
        })
        .await;
    // The process that serves `did.json` looks at the table each second.
    let turned = [&trusted[1], &trusted[0], &trusted[2]].map(String::clone);
    let until_turned = async || {
        while campus.trusted().await != turned {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), until_turned()).await.unwrap();
    let retired = of(&campus.signed().await, KeyState::Retired);
    // A worker that starts now signs with it, too; the private half of the first is not needed.
    std::fs::remove_file(campus.site.folder.path().join("issuer.pem")).unwrap();
    let late = if way == Way::Production { Some(campus.worker().await) } else { None };
    let learners = flow.end().await;
    campus.all_hold(learners).await;
    assert_eq!(of(&campus.signed().await, KeyState::Retired), retired, "the first key signs no more");
    if let Some(late) = late {
        late.stop().await;
    }
    campus.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_replaced_while_badges_are_signed_embedded() {
    replaced(Way::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_replaced_while_badges_are_signed_in_production() {
    replaced(Way::Production).await;
}

async fn compromised(way: Way) {
    let Some(campus) = Campus::new(way).await else { return };
    let flow = campus.flow();
    campus.until("the first key signs", |signed| of(signed, KeyState::Active) > 20).await;
    let first = campus.trusted().await[0].clone();
    let early = credentials(
        &campus.front.store.deliveries(&TrailFilter { limit: 10_000, ..Default::default() }).await.unwrap(),
    );
    let before = campus.front.store.credential(early[0]).await.unwrap().unwrap().document;
    // Its status list is signed with the key, too, and kept by the process that serves it.
    assert!(failing_checks(&campus.front, early[0], campus.site.clock.now()).await.is_empty());
    let said = campus.run(&format!("keys compromised {} --reason stolen", &first[..12]));
    assert!(said.contains("signs from now on") && said.contains("signed anew"), "{said}");
    campus
        .until("its badges are signed anew", |signed| {
            signed[&first] == (KeyState::Compromised, 0) && of(signed, KeyState::Active) > 20
        })
        .await;
    let learners = flow.end().await;
    let ids = campus.all_hold(learners).await;
    assert!(ids.contains(&early[0]));
    assert!(!campus.trusted().await.contains(&first));
    let signed = campus.signed().await;
    assert_eq!(of(&signed, KeyState::Active), learners, "{signed:?}");
    // What a learner kept from before fails; what is at its address is the same badge.
    let after = campus.front.store.credential(early[0]).await.unwrap().unwrap().document;
    let (mut before, mut after) = (json_of(&before), json_of(&after));
    assert_ne!(before["proof"]["verificationMethod"], after["proof"]["verificationMethod"]);
    for document in [&mut before, &mut after] {
        document.as_object_mut().unwrap().remove("proof");
    }
    assert_eq!(before, after);
    let list = campus.run("keys list");
    assert!(list.contains("not trusted since") && list.contains("stolen"), "{list}");
    campus.end().await;
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn badges_of_a_compromised_key_are_signed_anew_while_others_are_signed_embedded() {
    compromised(Way::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn badges_of_a_compromised_key_are_signed_anew_while_others_are_signed_in_production() {
    compromised(Way::Production).await;
}

/// The key of the JWT form has a successor, too: what was downloaded before goes on to hold.
#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_the_jwt_form_is_replaced() {
    let campus = Campus::new(Way::Embedded).await.unwrap();
    pass(&campus.front, 1).await;
    let id = credentials(&campus.front.settled().await)[0];
    reqwest::Client::new().post(campus.front.links.link(id)).send().await.unwrap();
    let jwt = async || {
        let answer = reqwest::get(format!("{}/credentials/{id}.jwt", campus.front.url)).await.unwrap();
        answer.error_for_status().unwrap().text().await.unwrap()
    };
    let before = jwt().await;
    campus.run("keys rotate --jwt");
    let header = |jwt: &str| jwt.split('.').next().unwrap().to_owned();
    let until = async |what: &str, wished: &dyn Fn(usize, bool) -> bool| {
        let began = tokio::time::Instant::now();
        while !wished(campus.trusted().await.len(), header(&jwt().await) == header(&before)) {
            assert!(began.elapsed() < Duration::from_mins(1), "still not so: {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    until("the next key is announced", &|keys, same| keys == 3 && same).await;
    campus.clock_to(campus.announced().await.signs_from);
    until("the next key signs", &|keys, same| keys == 3 && !same).await;
    for text in [before, jwt().await] {
        let body = format!("--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n{text}\r\n--b--\r\n");
        let page = reqwest::Client::new().post(format!("{}/verify", campus.front.url));
        let page = page.header("content-type", "multipart/form-data; boundary=b").body(body);
        let page = page.send().await.unwrap().text().await.unwrap();
        assert!(page.contains("This badge holds"), "{page}");
    }
    campus.end().await;
}

/// A key that has retired is shown as long as a badge of its time lives, and no longer.
#[tokio::test(flavor = "multi_thread")]
async fn a_retired_key_leaves_with_the_last_badge_of_its_time() {
    let campus = Campus::with(Way::Embedded, "expires = \"30 days\"", |_| Vec::new()).await.unwrap();
    let began = campus.site.clock.now();
    let until = async |what: &str, wished: &dyn Fn(&[String]) -> bool| {
        let began = tokio::time::Instant::now();
        while !wished(&campus.trusted().await) {
            assert!(began.elapsed() < Duration::from_mins(1), "still not so: {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    pass(&campus.front, 1).await;
    campus.front.settled().await;
    let first = campus.trusted().await[0].clone();
    campus.run("keys rotate");
    campus.clock_to(campus.announced().await.signs_from);
    until("the next key signs", &|keys| keys[0] != first && keys.contains(&first)).await;
    // A badge that the next key signs, and that lives longer.
    campus.clock_to(began + TimeDelta::days(10));
    pass(&campus.front, 2).await;
    campus.front.settled().await;
    assert_eq!(of(&campus.signed().await, KeyState::Active), 1);
    campus.run("awards suspend --learner forms:s-1 --badge first-aid --reason asked --yes --at-most 1");
    campus.clock_to(began + TimeDelta::days(29));
    for _ in 0..30 {
        assert!(campus.trusted().await.contains(&first), "what is on hold lives");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(campus.run("keys list").contains("its badges are valid"));
    campus.clock_to(began + TimeDelta::days(30) + TimeDelta::hours(2));
    until("the first key has left", &|keys| !keys.contains(&first) && keys.len() == 2).await;
    campus.end().await;
}
