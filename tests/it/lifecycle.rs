//! What happens to a badge after it was awarded: regrades, from the webhook to the status list.

use std::time::Duration;

use accolade::app::Role;
use accolade::badges::verify::verify;
use accolade::clock::Clock;
use accolade::config::Settings;
use accolade::store::{AwardDecision, DeliveryTrail, NewAwardDecision};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{Process, Site, Way, credentials};
use crate::support::documents::Documents;

/// A badge of the source `forms`; `policy` are more lines of `[award]`.
fn badges(site: &Site, policy: &str) -> impl FnOnce(&mut Settings) {
    let folder = site.folder.path().join("badges");
    std::fs::create_dir(&folder).unwrap();
    let text = format!(
        "[badge]\nname = \"First Aid\"\ndescription = \"Helps.\"\ncriteria = \"Passed.\"\n\
         [award]\nsource = \"forms\"\ncourse = \"FA1\"\nassessment = \"test\"\nat_least = \"70 %\"\n{policy}\n"
    );
    std::fs::write(folder.join("first-aid.toml"), text).unwrap();
    |settings| settings.badges = folder
}

/// Tells of a grade of 50 points, and waits for what comes of it.
async fn graded(process: &Process, minute: u32, points: u32) -> DeliveryTrail {
    let event = json!({
        "id": format!("evt_{minute}"), "type": "assessment.graded",
        "timestamp": format!("2026-11-20T10:{minute:02}:00Z"),
        "data": {
            "learner": {"id": "s-1", "email": "rosa@example.test", "name": "Rosa Reyes"},
            "course": {"id": "FA1"}, "assessment": {"id": "test", "name": "Final test"},
            "score": {"given": points, "max": 50},
        },
    });
    let headers = [("authorization", "Bearer sandbox-bearer")];
    let (status, answer) = process.post("forms", &headers, event.to_string()).await;
    assert_eq!(status, 200, "{answer}");
    let id = answer["delivery"].as_str().unwrap().to_owned();
    process.settled().await.into_iter().find(|trail| trail.id.to_string() == id).unwrap()
}

fn start() -> DateTime<Utc> {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

/// The status with which the certificate of a claimed badge is answered.
async fn certificate(process: &Process, id: Uuid) -> u16 {
    reqwest::get(format!("{}/credentials/{id}.pdf", process.url)).await.unwrap().status().as_u16()
}

async fn verifies(process: &Process, id: Uuid) -> bool {
    verifies_at(process, id, Clock::system().now()).await
}

async fn verifies_at(process: &Process, id: Uuid, now: DateTime<Utc>) -> bool {
    let broken = failing_checks(process, id, now).await;
    assert!(broken.is_empty() || broken == ["status"], "{broken:?}");
    broken.is_empty()
}

/// The checks of a verifier that a credential does not pass, with what the installation serves now.
pub(crate) async fn failing_checks(process: &Process, id: Uuid, now: DateTime<Utc>) -> Vec<&'static str> {
    let get = async |url: String| -> Value {
        let answer = reqwest::get(url).await.unwrap().error_for_status().unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    };
    let document = process.store.credential(id).await.unwrap().unwrap().document;
    let credential: Value = serde_json::from_str(&document).unwrap();
    let mut found = Documents::default();
    let did = credential["issuer"]["id"].as_str().unwrap().to_owned();
    found.0.insert(did, get(format!("{}/.well-known/did.json", process.url)).await);
    let list = credential["credentialStatus"]["statusListCredential"].as_str().unwrap().to_owned();
    found.0.insert(list.clone(), get(list).await);
    let report = verify(document.as_bytes(), &found, now);
    report.checks.iter().filter(|check| check.holds != Some(true)).map(|check| check.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_regrade_below_the_mark_suspends_and_a_rise_reinstates() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let process = site.start(&Role::ALL).await;
    let grade = async |request: &str, score: f64| {
        site.sandbox.canvas.lock().submission(48).unwrap().score = Some(score);
        let event = json!({
            "metadata": {
                "event_name": "grade_change", "event_time": "2026-11-20T09:15:02.300Z", "context_type": "Course",
                "context_id": "11070000000000565", "root_account_uuid": accolade::demo::sandbox::ROOT_ACCOUNT,
                "root_account_id": "11070000000000001", "request_id": request, "user_id": "11070000000000021",
            },
            "body": {
                "assignment_id": "11070000000000355", "grade": score.to_string(), "score": score,
                "points_possible": 20, "grading_complete": true, "muted": false, "user_id": "11070000000000048",
                "student_id": "11070000000000048", "submission_id": "11070000000011048",
            },
        });
        process.post("canvas/sandbox-path-secret", &[], event.to_string()).await;
        process.settled().await
    };
    let badge = credentials(&grade("request-1", 17.5).await)[0];
    assert!(verifies(&process, badge).await);

    let trails = grade("request-2", 10.0).await;
    assert!(trails[1].reason.contains("“Data Literacy” is suspended"), "{}", trails[1].reason);
    assert!(trails[1].reason.contains("50 %"), "{}", trails[1].reason);
    assert!(!verifies(&process, badge).await);
    let note = trails[0].signals[0].events[0].notes.concat();
    assert!(note.contains("data-literacy is suspended; its rule is not met since"), "{note}");

    // The LMS's word again, and a grade that is still too low.
    let trails = grade("request-3", 10.0).await;
    assert!(trails[2].signals[0].events.is_empty(), "what did not change ends there: {trails:#?}");
    let trails = grade("request-4", 13.0).await;
    assert!(trails[3].reason.contains("stays suspended"), "{}", trails[3].reason);

    let trails = grade("request-5", 14.0).await;
    assert!(trails[4].reason.contains("“Data Literacy” is reinstated"), "{}", trails[4].reason);
    assert!(verifies(&process, badge).await);
    assert!(trails[0].signals[0].events[0].notes.is_empty());
    assert_eq!(credentials(&trails), [badge], "never a second one");

    // What is only not shown any more was not graded otherwise.
    site.sandbox.canvas.lock().submission(48).unwrap().posted_at = None;
    let trails = grade("request-6", 14.0).await;
    assert!(trails[5].reason.contains("takes nothing away"), "{}", trails[5].reason);
    assert!(verifies(&process, badge).await);
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_that_is_to_be_kept_is_kept() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let process = site.start_with(&Role::ALL, badges(&site, "regrade = \"keep\"")).await;
    let badge = credentials(&[graded(&process, 1, 41).await])[0];
    let trail = graded(&process, 2, 10).await;
    assert!(trail.reason.contains("“First Aid” is kept by its policy"), "{}", trail.reason);
    assert!(verifies(&process, badge).await);
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_that_is_revoked_is_earned_again_in_vain() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let process = site.start_with(&Role::ALL, badges(&site, "regrade = \"revoke\"")).await;
    let badge = credentials(&[graded(&process, 1, 41).await])[0];
    let trail = graded(&process, 2, 10).await;
    assert!(trail.reason.contains("“First Aid” is revoked"), "{}", trail.reason);
    assert!(!verifies(&process, badge).await);
    let trail = graded(&process, 3, 50).await;
    let expected = "“First Aid” is earned again; revoked by a regrade; a human may grant it";
    assert!(trail.reason.contains(expected), "{}", trail.reason);
    assert!(!verifies(&process, badge).await);
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grace_waits_and_a_rise_within_it_forgets() {
    let mut site = Site::new(Way::Embedded, None).await.unwrap();
    site.clock = Clock::manual(start());
    let clock = site.clock.clone();
    let policy = badges(&site, "regrade = \"suspend\"\ngrace = \"7 days\"");
    let process = site.start_with(&Role::ALL, policy).await;
    let days = |days: u64| clock.advance(Duration::from_hours(24 * days));
    let badge = credentials(&[graded(&process, 1, 41).await])[0];
    let trail = graded(&process, 2, 10).await;
    assert!(trail.reason.contains("is lost on 2026-11-30 10:00 UTC unless"), "{}", trail.reason);
    days(6);
    let trail = graded(&process, 3, 40).await;
    assert!(trail.reason.contains("“First Aid” stays"), "{}", trail.reason);
    days(6);
    assert!(verifies_at(&process, badge, clock.now()).await, "the first loss is forgotten");

    let lost = graded(&process, 4, 20).await;
    days(6);
    // Another loss within the grace does not make it longer.
    let trail = graded(&process, 5, 15).await;
    assert!(trail.reason.contains("is lost on 2026-12-12 10:00 UTC unless"), "{}", trail.reason);
    assert_eq!(trail.signals[0].events.len(), 1);
    assert!(verifies_at(&process, badge, clock.now()).await);
    days(1);
    let trails = process
        .until("the grace has ended", |trails| {
            trails.iter().any(|trail| trail.reason.contains("“First Aid” is suspended"))
        })
        .await;
    assert!(!verifies_at(&process, badge, clock.now()).await);
    let last = trails.iter().find(|one| one.id == trail.id).unwrap();
    assert_eq!(last.signals[0].events.len(), 2, "{last:#?}");
    assert!(!trails.iter().any(|trail| trail.id == lost.id && trail.reason.contains("is suspended")));
    let trail = graded(&process, 6, 35).await;
    assert!(trail.reason.contains("is reinstated"), "{}", trail.reason);
    assert!(verifies_at(&process, badge, clock.now()).await);
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stacks_on_a_badge_about_which_a_human_decides_is_judged_again() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let policy = badges(&site, "");
    let above = "[badge]\nname = \"Rescue\"\ndescription = \"Helps.\"\ncriteria = \"First aid.\"\n\
         [award]\nbadge = \"first-aid\"\n";
    std::fs::write(site.folder.path().join("badges/rescue.toml"), above).unwrap();
    let process = site.start_with(&Role::ALL, policy).await;
    let held = credentials(&[graded(&process, 1, 41).await]);
    assert_eq!(held.len(), 2);
    for badge in &held {
        assert_eq!(certificate(&process, *badge).await, 404, "private until it is claimed");
        let claimed = reqwest::Client::new().post(process.links.link(*badge)).send().await.unwrap();
        assert_eq!(claimed.status(), 200);
    }
    let mut below = held[0];
    for badge in &held {
        if process.store.credential(*badge).await.unwrap().unwrap().badge == "first-aid" {
            below = *badge;
        }
    }
    let decide = async |what: AwardDecision, said: &str| {
        let (reason, by) = ("an inquiry".to_owned(), "Dean".to_owned());
        let decision = NewAwardDecision { what, credentials: vec![below], reason, by };
        let decided = process.store.decide_awards(&decision, site.clock.now()).await.unwrap();
        assert_eq!(decided.changed, [below]);
        let told = |trails: &[DeliveryTrail]| trails.iter().any(|trail| trail.reason.contains(said));
        process.until(said, told).await;
    };
    decide(AwardDecision::Suspend, "“Rescue” is suspended").await;
    for badge in &held {
        assert!(!verifies(&process, *badge).await);
        assert_eq!(certificate(&process, *badge).await, 410);
    }
    decide(AwardDecision::Reinstate, "“Rescue” is reinstated").await;
    for badge in &held {
        assert!(verifies(&process, *badge).await);
        assert_eq!(certificate(&process, *badge).await, 200);
    }
    process.stop().await;
    site.end().await;
}

/// The list that a credential names, as it is served.
async fn served_list(process: &Process, id: Uuid) -> (String, Value) {
    let document = process.store.credential(id).await.unwrap().unwrap().document;
    let document: Value = serde_json::from_str(&document).unwrap();
    let url = document["credentialStatus"]["statusListCredential"].as_str().unwrap().to_owned();
    let answer = reqwest::get(&url).await.unwrap().error_for_status().unwrap();
    (url, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_status_list_is_followed_by_another_and_both_are_served() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let policy = badges(&site, "");
    let above = "[badge]\nname = \"Rescue\"\ndescription = \"Helps.\"\ncriteria = \"First aid.\"\n\
         [award]\nbadge = \"first-aid\"\n";
    std::fs::write(site.folder.path().join("badges/rescue.toml"), above).unwrap();
    let process = site.start_with(&Role::ALL, policy).await;
    // One place is left.
    let most = u32::try_from(accolade::badges::status::SIZE - 1).unwrap();
    let scatter = accolade::badges::status::scatter;
    process.store.allocate_status("example-university", most, 7, scatter, site.clock.now()).await.unwrap();
    let held = credentials(&[graded(&process, 1, 41).await]);
    assert_eq!(held.len(), 2);
    let (one, other) = (served_list(&process, held[0]).await, served_list(&process, held[1]).await);
    assert_ne!(one.0, other.0);
    // The first place of a list that a process opens is anywhere.
    let document = process.store.credential(held[1]).await.unwrap().unwrap();
    let first = [0, scatter(7, 0, accolade::badges::status::SIZE)];
    assert!(!first.contains(&document.status.index), "{}", document.status.index);
    for badge in &held {
        assert!(verifies(&process, *badge).await);
    }
    let credentials = vec![held[1]];
    let (reason, by) = ("a slip".to_owned(), "Dean".to_owned());
    let decision = NewAwardDecision { what: AwardDecision::Revoke, credentials, reason, by };
    process.store.decide_awards(&decision, site.clock.now()).await.unwrap();
    assert!(!verifies(&process, held[1]).await);
    // The other list is what it was, byte for byte: only what changed is signed anew.
    assert_eq!(served_list(&process, held[0]).await, one);
    assert_ne!(served_list(&process, held[1]).await.1, other.1);
    process.stop().await;
    site.end().await;
}
