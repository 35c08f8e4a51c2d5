//! One person in several sources, from the webhooks to one badge.

use accolade::app::Role;
use accolade::config::Settings;
use accolade::store::{By, Linked, Who};
use serde_json::json;

use crate::support::app::{Process, Site, Way, credentials};

/// A badge for both results, and one for either; ids of both sources are student numbers.
fn badges(site: &Site) -> impl FnOnce(&mut Settings) {
    let folder = site.folder.path().join("badges");
    std::fs::create_dir(&folder).unwrap();
    let parts = "{ source = \"canvas\", course = \"565\", assessment = \"355\", at_least = \"70 %\" }, \
                 { source = \"forms\", course = \"FA1\", assessment = \"test\", at_least = \"70 %\" }";
    for (id, join) in [("both", "all"), ("either", "any")] {
        let text = format!(
            "[badge]\nname = \"{id}\"\ndescription = \"x\"\ncriteria = \"x\"\n[award]\n{join} = [ {parts} ]\n"
        );
        std::fs::write(folder.join(format!("{id}.toml")), text).unwrap();
    }
    |settings| {
        settings.badges = folder;
        for name in ["canvas", "forms"] {
            let source = settings.sources.get_mut(name).unwrap();
            source.institution_ids = Some("student-number".to_owned());
        }
        settings.sources.get_mut("forms").unwrap().verified_addresses = Some(true);
    }
}

/// Canvas tells of Nadia's grade; her student number there is C-48.
async fn graded_in_canvas(process: &Process) {
    let event = json!({
        "metadata": {
            "event_name": "grade_change", "event_time": "2026-11-20T09:15:02.300Z", "context_type": "Course",
            "context_id": "11070000000000565", "root_account_uuid": accolade::demo::sandbox::ROOT_ACCOUNT,
            "root_account_id": "11070000000000001", "request_id": "request-1", "user_id": "11070000000000021",
        },
        "body": {
            "assignment_id": "11070000000000355", "grade": "17.5", "score": 17.5,
            "points_possible": 20, "grading_complete": true, "muted": false, "user_id": "11070000000000048",
            "student_id": "11070000000000048", "submission_id": "11070000000011048",
        },
    });
    process.post("canvas/sandbox-path-secret", &[], event.to_string()).await;
}

async fn graded_in_forms(process: &Process, email: &str, number: &str) -> String {
    let event = json!({
        "id": number, "type": "assessment.graded", "timestamp": "2026-11-20T10:00:00Z",
        "data": {
            "learner": {"id": "n-1", "email": email, "name": "Nadia Novak", "institution_id": number},
            "course": {"id": "FA1"}, "assessment": {"id": "test"}, "score": {"given": 45, "max": 50},
        },
    });
    let headers = [("authorization", "Bearer sandbox-bearer")];
    let (status, answer) = process.post("forms", &headers, event.to_string()).await;
    assert_eq!(status, 200, "{answer}");
    answer["delivery"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn results_of_two_sources_are_one_badge_by_the_student_number() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let process = site.start_with(&Role::ALL, badges(&site)).await;
    graded_in_canvas(&process).await;
    process.settled().await;
    graded_in_forms(&process, "nadia@private.example", "C-48").await;
    let trails = process.settled().await;
    assert_eq!(credentials(&trails).len(), 2, "both, and either once: {trails:#?}");
    assert!(trails[1].reason.contains("“both” awarded"), "{}", trails[1].reason);
    assert!(trails[1].reason.contains("“either” is held already"), "{}", trails[1].reason);
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doubt_waits_and_after_the_link_the_badge_is_there_once() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let process = site.start_with(&Role::ALL, badges(&site)).await;
    graded_in_canvas(&process).await;
    process.settled().await;
    // Her address, and another number.
    graded_in_forms(&process, "nadia.novak@example.test", "C-99").await;
    let trails = process.settled().await;
    assert_eq!(credentials(&trails).len(), 1);
    let waits = "“either” is earned, but this may be the same person as canvas:48";
    assert!(trails[1].reason.contains(waits), "{}", trails[1].reason);
    let doubt = process.store.doubts().await.unwrap().remove(0);
    assert_eq!(doubt.reason, "the address is that of canvas:48, but the student-number is another one");
    assert_eq!(process.store.waiting_awards(None, 9).await.unwrap().len(), 1);

    let by = By { who: "Registrar".to_owned(), reason: "asked her".to_owned() };
    let pair = (doubt.learner.id, doubt.candidates[0].id);
    let now = accolade::clock::Clock::system().now();
    let linked = process.store.link(pair, &by, now).await.unwrap();
    let Linked::Done { delivery, shared, doubts } = linked else { panic!("{linked:?}") };
    assert!(shared.is_empty() && doubts.is_empty());
    let trails = process.settled().await;
    let after = trails.iter().find(|trail| trail.id == delivery).unwrap();
    assert!(after.reason.contains("“both” awarded"), "{}", after.reason);
    assert!(after.reason.contains("“either” is held already"), "{}", after.reason);
    assert_eq!(credentials(&trails).len(), 2);
    assert!(process.store.waiting_awards(None, 9).await.unwrap().is_empty());
    let found = process.store.find(&Who::InstitutionId("C-99".to_owned())).await.unwrap();
    let person = process.store.person(found[0].person).await.unwrap().unwrap();
    assert_eq!((person.learners.len(), person.awards.len()), (2, 2));
    process.stop().await;
    site.end().await;
}
