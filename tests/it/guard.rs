//! A mass award by mistake, and one on purpose: from the webhook to the learners' mails.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use accolade::app::Role;
use accolade::clock::Clock;
use accolade::config::Settings;
use accolade::mail::read::{ReadMail, read};
use accolade::store::{DeliveryTrail, Hold, HoldDecided};
use serde_json::json;

use crate::support::app::{Process, Site, Way, credentials};

/// A badge of the source `forms` of which so many are expected in a day.
fn badges(folder: &Path, expected: u32) -> impl FnOnce(&mut Settings) {
    let folder = folder.join("badges");
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "[badge]\nname = \"First Aid\"\ndescription = \"Helps.\"\ncriteria = \"Passed.\"\n\
         [award]\nsource = \"forms\"\ncourse = \"FA1\"\nassessment = \"test\"\nat_least = \"70 %\"\n\
         expect = \"{expected} in 1 day\"\n"
    );
    std::fs::write(folder.join("first-aid.toml"), text).unwrap();
    |settings| {
        settings.badges = folder;
        settings.guard.notify = Some(vec!["registrar@example.edu".to_owned()]);
    }
}

fn event(learner: u32, minute: u32, points: u32) -> String {
    json!({
        "id": format!("evt_{learner}_{minute}"), "type": "assessment.graded",
        "timestamp": format!("2026-11-20T10:{minute:02}:00Z"),
        "data": {
            "learner": {
                "id": format!("s-{learner}"), "email": format!("s-{learner}@example.test"),
                "name": format!("Rosa Reyes the {learner}th"),
            },
            "course": {"id": "FA1"}, "assessment": {"id": "test", "name": "Final test"},
            "score": {"given": points, "max": 50},
        },
    })
    .to_string()
}

/// Posts grades of learners, some at a time.
async fn graded(process: &Process, learners: std::ops::Range<u32>, minute: u32, points: u32) {
    let learners: Vec<u32> = learners.collect();
    for some in learners.chunks(20) {
        let posts = some.iter().map(|learner| async move {
            let headers = [("authorization", "Bearer sandbox-bearer")];
            let (status, answer) = process.post("forms", &headers, event(*learner, minute, points)).await;
            assert_eq!(status, 200, "{answer}");
        });
        futures_util::future::join_all(posts).await;
    }
}

async fn hold(process: &Process) -> Hold {
    let holds = process.store.holds(true, 10).await.unwrap();
    assert_eq!(holds.len(), 1, "{holds:?}");
    holds.into_iter().next().unwrap()
}

/// The mails that left, by recipient.
fn mails(site: &Site) -> BTreeMap<String, Vec<ReadMail>> {
    let mut mails: BTreeMap<String, Vec<ReadMail>> = BTreeMap::new();
    for file in std::fs::read_dir(site.outbox()).into_iter().flatten() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "eml") {
            let mail = read(&std::fs::read(path).unwrap());
            mails.entry(mail.to.clone()).or_default().push(mail);
        }
    }
    mails
}

async fn awarded(process: &Process) -> usize {
    credentials(&process.settled().await).len()
}

async fn eventually(what: &str, mut question: impl AsyncFnMut() -> bool) {
    let asked = async {
        while !question().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), asked)
        .await
        .unwrap_or_else(|_| panic!("still not so: {what}"));
}

async fn metric(process: &Process, name: &str) -> String {
    let text = reqwest::get(format!("{}/metrics", process.url)).await.unwrap().text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_default().to_owned()
}

fn reason(trails: &[DeliveryTrail], learner: u32, minute: u32) -> &str {
    let id = format!("evt_{learner}_{minute}\"");
    let about = |trail: &&DeliveryTrail| {
        let body = trail.body.as_deref().unwrap_or_default();
        String::from_utf8_lossy(body).contains(&id)
    };
    &trails.iter().find(about).unwrap().reason
}

#[tokio::test(flavor = "multi_thread")]
async fn a_course_regraded_by_mistake_is_held_and_cancelled_at_once() {
    let mut site = Site::new(Way::Embedded, None).await.unwrap();
    site.clock = Clock::manual("2026-11-23T10:00:00Z".parse().unwrap());
    let clock = site.clock.clone();
    let process = site.start_with(&Role::ALL, badges(site.folder.path(), 100)).await;
    graded(&process, 0..300, 1, 50).await;
    assert_eq!(awarded(&process).await, 100);
    let held = hold(&process).await;
    assert_eq!((held.held, held.awarded, held.expected), (200, 100, 100));
    assert_eq!(metric(&process, "accolade_held_awards").await, "200");
    assert_eq!(metric(&process, "accolade_open_holds").await, "1");

    // One message, once it can say how many.
    clock.advance(Duration::from_secs(61));
    eventually("the message is sent", async || mails(&site).contains_key("registrar@example.edu")).await;
    graded(&process, 300..310, 1, 50).await;
    process.settled().await;
    clock.advance(Duration::from_hours(1));
    assert_eq!(awarded(&process).await, 100, "what comes later joins, and does not trickle out");
    let sent = mails(&site);
    assert_eq!(sent.len(), 101, "100 learners and one administrator");
    let message = &sent["registrar@example.edu"];
    assert_eq!(message.len(), 1, "one mail");
    insta::assert_snapshot!(message[0].subject, @"Accolade holds 200 awards of “First Aid”: please decide");
    let text = message[0].text.replace(&held.id.to_string(), "ID").replace(&process.url, "URL");
    // Which five were first is up to the workers.
    let lines = text.lines().map(|line| if line.contains("(forms:s-") { "  A LEARNER" } else { line });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    More badges were about to be awarded than are expected, so Accolade holds
    them until you have looked. What is held is not signed, and its learners
    know nothing of it.

    Held:      200 awards of “First Aid”,
               since 23 November 2026, 10:00 UTC
    Expected:  100 in 1 day
               (set by `expect` in the badge's file)
    Awarded:   100 in that time, before the guard closed

    Among those that are held:

      A LEARNER
      A LEARNER
      A LEARNER
      A LEARNER
      A LEARNER
      and 195 more

    To see them all, each with the grade that it rests on:

      accolade held show ID

    If they are right, as at the end of a large course, release them. Each is
    judged once more, and whoever still earns the badge gets it:

      accolade held release ID

    If they are a mistake, as when a course was regraded by accident, cancel
    them. They are not made, and whoever is graded anew later is judged anew:

      accolade held cancel ID --reason "…"

    Until you decide, further awards of this kind join them, and no other mail
    comes about them. Those that are not earned any more, because their grades
    were corrected, leave by themselves. If it was a mistake, look also at the
    100 that were awarded before: where a grade is corrected, its badge is
    suspended, unless the badge's file says otherwise.

    Accolade at Example University, URL
    "#);
    let example = text.lines().find(|line| line.contains("(forms:s-")).unwrap();
    assert!(example.ends_with(", “First Aid”, Final test: 50 of 50 points"), "{example}");
    assert!(message[0].html.contains(&format!("accolade held cancel {}", held.id)), "{}", message[0].html);

    // Ten are corrected meanwhile: they leave the list by themselves.
    let trails = process.settled().await;
    let waiting: Vec<u32> =
        (0..310).filter(|one| reason(&trails, *one, 1).contains("held by the guard")).collect();
    assert_eq!(waiting.len(), 210);
    for learner in &waiting[..10] {
        graded(&process, *learner..*learner + 1, 2, 10).await;
    }
    process.settled().await;
    assert_eq!(hold(&process).await.held, 200);

    let decided =
        process.store.decide_hold(held.id, false, "Registrar", "a slip", clock.now()).await.unwrap();
    assert_eq!(decided, HoldDecided::Stored(200));
    clock.advance(Duration::from_mins(5));
    assert_eq!(awarded(&process).await, 100);
    assert_eq!(metric(&process, "accolade_held_awards").await, "0");

    // Whoever is graded anew is judged anew.
    graded(&process, waiting[20]..waiting[20] + 1, 3, 45).await;
    graded(&process, waiting[0]..waiting[0] + 1, 3, 50).await;
    graded(&process, waiting[21]..waiting[21] + 1, 3, 50).await;
    let trails = process.settled().await;
    assert_eq!(credentials(&trails).len(), 102);
    assert!(reason(&trails, waiting[20], 3).contains("“First Aid” awarded"));
    assert!(
        reason(&trails, waiting[0], 3).contains("“First Aid” awarded"),
        "corrected before, and passed now"
    );
    assert!(!reason(&trails, waiting[21], 3).contains("awarded"), "the same grade again");
    process.stop().await;
    site.end().await;
}

/// Several processes work, and one is ended in the middle of a release.
async fn released(way: Way) {
    let Some(site) = Site::new(way, None).await else { return };
    let processes = if way == Way::Production { 3 } else { 1 };
    let mut running = Vec::new();
    for _ in 0..processes {
        running.push(site.start_with(&Role::ALL, badges(site.folder.path(), 40)).await);
    }
    graded(&running[0], 0..150, 1, 50).await;
    assert_eq!(awarded(&running[0]).await, 40, "never more, whoever works");
    let held = hold(&running[0]).await;
    assert_eq!(held.held, 110);
    let decided =
        running[0].store.decide_hold(held.id, true, "Dean", "", Clock::system().now()).await.unwrap();
    assert_eq!(decided, HoldDecided::Stored(110));
    running.remove(0).stop().await;
    if running.is_empty() {
        running.push(site.start_with(&Role::ALL, badges(site.folder.path(), 40)).await);
    }
    let process = &running[0];
    eventually("all are awarded", async || awarded(process).await == 150).await;
    let trails = process.settled().await;
    assert!(trails.iter().all(|trail| trail.reason.contains("“First Aid” awarded")), "{trails:#?}");
    let released =
        trails.iter().filter(|trail| trail.reason.contains("as an administrator released it")).count();
    assert_eq!(released, 110);
    assert_eq!(hold(process).await.held, 0);
    assert_eq!(
        process.store.end_holds(Clock::system().now(), 1_000).await.unwrap(),
        0,
        "nothing is told twice"
    );
    let sent = mails(&site);
    assert_eq!(sent.len(), 150);
    assert!(sent.values().all(|mails| mails.len() == 1), "one mail each");
    for process in running {
        process.stop().await;
    }
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_course_is_released_embedded() {
    released(Way::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_course_is_released_production() {
    released(Way::Production).await;
}
