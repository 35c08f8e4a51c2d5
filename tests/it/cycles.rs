//! Badges that end, and that can be earned again: from the grade to the renewed credential.

use std::time::Duration;

use accolade::app::Role;
use accolade::clock::Clock;
use accolade::config::{Settings, TermSettings};
use accolade::store::{DeliveryState, DeliveryTrail};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::lifecycle::failing_checks;
use crate::support::app::{Process, Site, Way, credentials};

const TEST: &str = "source = \"forms\"\ncourse = \"FA1\"\nassessment = \"test\"\nat_least = \"70 %\"";

/// Badges of the source `forms`, each with its lines of `[award]`.
fn badges(site: &Site, badges: &[(&str, &str)]) -> impl FnOnce(&mut Settings) + use<> {
    let folder = site.folder.path().join("badges");
    std::fs::create_dir(&folder).unwrap();
    for (name, award) in badges {
        let text = format!(
            "[badge]\nname = \"{name}\"\ndescription = \"Helps.\"\ncriteria = \"Passed.\"\n\
             [award]\n{award}\n"
        );
        std::fs::write(folder.join(format!("{}.toml", name.to_lowercase().replace(' ', "-"))), text).unwrap();
    }
    |settings| settings.badges = folder
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn site() -> Site {
    let mut site = Site::new(Way::Embedded, None).await.unwrap();
    site.clock = Clock::manual(time("2026-11-23T10:00:00Z"));
    site
}

/// Tells of a grade of 50 points that was given on a day, and waits for what comes of it.
async fn graded(process: &Process, event: &str, day: &str, points: u32) -> DeliveryTrail {
    told(process, event, day, json!({"score": {"given": points, "max": 50}})).await
}

async fn told(process: &Process, event: &str, day: &str, more: Value) -> DeliveryTrail {
    let mut data = json!({
        "learner": {"id": "s-1", "email": "rosa@example.test", "name": "Rosa Reyes"},
        "course": {"id": "FA1"}, "assessment": {"id": "test", "name": "Final test"},
    });
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let event = json!({"id": event, "type": "assessment.graded", "timestamp": format!("{day}T09:00:00Z"), "data": data});
    let (status, answer) =
        process.post("forms", &[("authorization", "Bearer sandbox-bearer")], event.to_string()).await;
    assert_eq!(status, 200, "{answer}");
    let id = answer["delivery"].as_str().unwrap().to_owned();
    process.settled().await.into_iter().find(|trail| trail.id.to_string() == id).unwrap()
}

async fn document(process: &Process, id: Uuid) -> Value {
    serde_json::from_str(&process.store.credential(id).await.unwrap().unwrap().document).unwrap()
}

async fn claim(process: &Process, id: Uuid) {
    let link = process.links.link(id);
    assert!(reqwest::Client::new().post(link).send().await.unwrap().status().is_success());
}

async fn page(process: &Process, id: Uuid) -> String {
    let answer = reqwest::get(format!("{}/credentials/{id}", process.url)).await.unwrap();
    answer.error_for_status().unwrap().text().await.unwrap()
}

fn mails(site: &Site) -> Vec<String> {
    let files = std::fs::read_dir(site.outbox()).unwrap().map(|file| file.unwrap().path());
    files.map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_ends_and_only_a_new_grade_renews_it() {
    let site = site().await;
    let clock = site.clock.clone();
    let days = |days: u64| clock.advance(Duration::from_hours(24 * days));
    let award = format!("{TEST}\nexpires = \"2 years\"\nagain = \"after expiry\"\nrenew = \"90 days\"");
    let process = site.start_with(&Role::ALL, badges(&site, &[("First Aid", &award)])).await;

    let first = credentials(&[graded(&process, "1", "2026-11-20", 41).await])[0];
    assert_eq!(document(&process, first).await["validUntil"], "2028-11-23T10:00:00Z");
    assert!(failing_checks(&process, first, clock.now()).await.is_empty());
    claim(&process, first).await;
    assert!(page(&process, first).await.contains("23 November 2028"));

    // The same result again, and another one before a renewal is possible: one award.
    days(1);
    let trail = graded(&process, "2", "2026-11-21", 41).await;
    assert!(trail.reason.contains("“First Aid” is held already, until 23 November 2028"), "{}", trail.reason);
    days(600);
    let trail = graded(&process, "3", "2028-07-15", 45).await;
    assert!(trail.reason.contains("is held already"), "{}", trail.reason);

    // It has ended. Old work that comes again renews nothing, and neither does a start.
    days(140);
    assert_eq!(failing_checks(&process, first, clock.now()).await, ["dates"]);
    assert!(page(&process, first).await.contains("This badge has run its time."));
    for (event, day) in [("4", "2026-11-20"), ("5", "2028-07-15")] {
        let trail = graded(&process, event, day, 45).await;
        assert!(credentials(&[trail]).is_empty());
    }
    process.stop().await;
    let folder = site.folder.path().join("badges");
    let process = site.start_with(&Role::ALL, move |settings| settings.badges = folder).await;
    let trail = told(&process, "6", "2028-08-24", json!({"score": {"given": 49, "max": 50}})).await;
    assert!(
        trail.reason.contains("is not renewed yet") && trail.reason.contains("too early to count again"),
        "{}",
        trail.reason
    );

    // A new grade that is too low, and one that is not.
    let trail = graded(&process, "7", "2028-12-01", 10).await;
    assert!(trail.reason.contains("“First Aid” is not renewed yet"), "{}", trail.reason);
    assert_eq!(credentials(&process.settled().await), [first]);
    let trail = graded(&process, "8", "2028-12-03", 40).await;
    assert!(trail.reason.contains("“First Aid” renewed"), "{}", trail.reason);
    let second = credentials(&[trail])[0];
    assert_ne!(first, second);
    let renewed = document(&process, second).await;
    assert_eq!(renewed["validFrom"], "2028-12-03T10:00:00Z");
    assert_eq!(renewed["validUntil"], "2030-12-03T10:00:00Z");
    let link = &renewed["evidence"][1];
    assert_eq!(link["genre"], "Renewal");
    assert!(link["id"].as_str().unwrap().ends_with(&format!("/credentials/{first}")), "{link}");
    assert_eq!(
        link["narrative"],
        "Renews the badge that was awarded on 23 November 2026 and valid until 23 November 2028."
    );
    assert!(failing_checks(&process, second, clock.now()).await.is_empty());
    let mail =
        mails(&site).into_iter().find(|mail| mail.contains("Subject: Your badge is renewed: First Aid"));
    let mail = mail.unwrap();
    assert!(mail.contains("awarded on 23 November 2026"), "{mail}");

    // Until its holder makes it public, nobody learns of it.
    assert!(!page(&process, first).await.contains("This badge was renewed."));
    claim(&process, second).await;
    let (old, new) = (page(&process, first).await, page(&process, second).await);
    assert!(old.contains("This badge was renewed.") && old.contains(&format!("/credentials/{second}\"")));
    assert!(new.contains(&format!("/credentials/{first}\"")));

    // A regrade is about the award that rests on the result.
    let trail = graded(&process, "9", "2028-12-05", 10).await;
    assert!(trail.reason.contains("“First Aid” is suspended"), "{}", trail.reason);
    assert_eq!(failing_checks(&process, second, clock.now()).await, ["status"]);
    let old = process.store.credential(first).await.unwrap().unwrap();
    assert!(!old.suspended && !old.revoked);
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_end_a_new_attempt_renews_and_an_old_one_graded_again_does_not() {
    let site = site().await;
    let clock = site.clock.clone();
    let days = |days: u64| clock.advance(Duration::from_hours(24 * days));
    let award = format!("{TEST}\nexpires = \"365 days\"\nagain = \"after expiry\"\nrenew = \"90 days\"");
    let process = site.start_with(&Role::ALL, badges(&site, &[("First Aid", &award)])).await;
    let tell = async |event: &str, day: &str, points: u32, attempt: u32| {
        let more = json!({"score": {"given": points, "max": 50}, "attempt": attempt});
        told(&process, event, day, more).await
    };
    let first = credentials(&[tell("1", "2026-11-20", 41, 1).await])[0];
    days(300);
    let trail = tell("2", "2027-09-18", 45, 1).await;
    assert!(credentials(std::slice::from_ref(&trail)).is_empty(), "{}", trail.reason);
    assert!(trail.reason.contains("is not renewed yet"), "{}", trail.reason);
    let trail = tell("3", "2027-09-19", 20, 1).await;
    assert!(trail.reason.contains("“First Aid” of 23 November 2026 is suspended"), "{}", trail.reason);
    assert_eq!(failing_checks(&process, first, clock.now()).await, ["status"]);
    let trail = tell("5", "2027-09-20", 41, 1).await;
    assert!(trail.reason.contains("is reinstated"), "{}", trail.reason);
    let trail = tell("6", "2027-09-21", 10, 2).await;
    assert!(trail.reason.contains("is not renewed yet"), "{}", trail.reason);
    assert!(failing_checks(&process, first, clock.now()).await.is_empty(), "a new try takes nothing away");
    // The same score as the first time.
    let trail = tell("7", "2027-09-22", 41, 3).await;
    let second = credentials(&[trail])[0];
    for id in [first, second] {
        assert!(
            failing_checks(&process, id, clock.now()).await.is_empty(),
            "the old one stays until its end"
        );
    }
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_score_once_more_renews() {
    let site = site().await;
    let award = format!("{TEST}\nexpires = \"1 year\"\nagain = \"after expiry\"");
    let process = site.start_with(&Role::ALL, badges(&site, &[("First Aid", &award)])).await;
    graded(&process, "1", "2026-11-20", 41).await;
    site.clock.advance(Duration::from_hours(24 * 400));
    let trail = graded(&process, "2", "2027-12-20", 41).await;
    assert!(trail.reason.contains("“First Aid” renewed"), "{}", trail.reason);
    assert_eq!(credentials(&process.settled().await).len(), 2);
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_term_has_its_badge_by_the_grades_of_that_term() {
    let site = site().await;
    let change = badges(&site, &[("First Aid", &format!("{TEST}\nagain = \"each term\""))]);
    let change = |settings: &mut Settings| {
        change(settings);
        let term = |name: &str, from: &str, to: &str| TermSettings {
            name: name.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
        };
        settings.terms = vec![
            term("Spring 2027", "2027-03-01", "2027-07-31"),
            term("Autumn 2026", "2026-09-01", "2027-01-31"),
        ];
    };
    let process = site.start_with(&Role::ALL, change).await;
    let trail = graded(&process, "1", "2026-11-20", 41).await;
    assert!(trail.reason.contains("“First Aid” awarded for Autumn 2026"), "{}", trail.reason);
    // In February no term runs; the grade of a gap counts for none.
    site.clock.advance(Duration::from_hours(24 * 80));
    let trail = graded(&process, "2", "2027-02-10", 50).await;
    assert!(trail.reason.contains("no term runs now"), "{}", trail.reason);
    assert_eq!(trail.state, DeliveryState::Done);
    site.clock.advance(Duration::from_hours(24 * 60));
    let trail = graded(&process, "3", "2027-04-01", 45).await;
    assert!(trail.reason.contains("“First Aid” awarded for Spring 2027"), "{}", trail.reason);
    let both = credentials(&process.settled().await);
    assert_eq!(both.len(), 2);
    for id in &both {
        assert!(failing_checks(&process, *id, site.clock.now()).await.is_empty());
        assert!(document(&process, *id).await.get("validUntil").is_none());
    }
    let trail = graded(&process, "4", "2027-04-02", 10).await;
    assert!(trail.reason.contains("“First Aid” of Spring 2027 is suspended"), "{}", trail.reason);
    assert_eq!(credentials(&process.settled().await), both);
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_is_renewed_with_what_it_rests_on_and_is_not_lost_when_that_ends() {
    let site = site().await;
    let clock = site.clock.clone();
    let days = |days: u64| clock.advance(Duration::from_hours(24 * days));
    let silver = format!("{TEST}\nexpires = \"1 year\"\nagain = \"after expiry\"");
    let lead = "all = [ { badge = \"silver\" }, { source = \"forms\", course = \"FA1\", assessment = \"talk\", at_least = \"50 %\" } ]";
    let gold = "badge = \"silver\"\nexpires = \"1 year\"\nagain = \"after expiry\"";
    let late = lead.replace("talk", "speech");
    let change = badges(&site, &[("Silver", &silver), ("Lead", lead), ("Gold", gold), ("Late", &late)]);
    let process = site.start_with(&Role::ALL, change).await;
    let talk = async |event: &str, day: &str, points: u32| {
        let more = json!({"assessment": {"id": "talk"}, "score": {"given": points, "max": 50}});
        told(&process, event, day, more).await
    };
    let trail = graded(&process, "1", "2026-11-20", 41).await;
    assert_eq!(credentials(std::slice::from_ref(&trail)).len(), 2, "{}", trail.reason);
    let lead = credentials(&[talk("2", "2026-11-21", 30).await])[0];
    days(400);
    // “Silver” has ended; what was made while it was valid stays, and nothing new rests on it.
    let trail = talk("3", "2027-12-20", 35).await;
    assert!(trail.reason.contains("“Lead” is held already"), "{}", trail.reason);
    assert!(failing_checks(&process, lead, clock.now()).await.is_empty());
    let more = json!({"assessment": {"id": "speech"}, "score": {"given": 45, "max": 50}});
    let trail = told(&process, "speech", "2027-12-20", more).await;
    assert!(
        trail.reason.contains("“Late” not yet: the badge “silver”, but found not held"),
        "{}",
        trail.reason
    );
    let trail = graded(&process, "4", "2027-12-21", 45).await;
    assert!(
        trail.reason.contains("“Silver” renewed") && trail.reason.contains("“Gold” renewed"),
        "{}",
        trail.reason
    );
    let new = credentials(std::slice::from_ref(&trail));
    assert_eq!(new.len(), 3, "and what waited for it: {}", trail.reason);
    let mut documents = Vec::new();
    for id in &new {
        documents.push(document(&process, *id).await);
    }
    let gold = documents.iter().find(|one| one["name"] == "Gold").unwrap();
    let silver = documents.iter().find(|one| one["name"] == "Silver").unwrap();
    assert_eq!(gold["evidence"][0]["id"], silver["id"], "it rests on the new one");
    process.stop().await;
    site.end().await;
}
