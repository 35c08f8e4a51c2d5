//! Deliveries and credentials, shown while the service runs.

use accolade::store::{DeliveryState, Store};
use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Folder;

fn passed(id: &str) -> Value {
    json!({
        "id": id, "type": "assessment.passed", "timestamp": "2026-11-20T10:00:00Z",
        "data": {
            "learner": {"email": "ada@example.test", "name": "Ada Example"}, "course": {"id": "FA1"},
            "assessment": {"id": "test", "name": "Final test"}, "score": {"given": 41, "max": 50},
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_shown_whole_and_parked_work_is_tried_again() {
    // A Canvas that refuses every call for good, so that what waits for it is parked.
    let refuse = async || (StatusCode::BAD_REQUEST, r#"{"errors": [{"message": "bad request"}]}"#);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let canvas = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().fallback(refuse)).into_future());

    let folder = Folder::new(Some(&canvas));
    folder.run("keys generate");
    let serving = folder.serve().await;
    insta::assert_snapshot!(folder.run("deliveries"), @r"
    $ accolade deliveries
    no deliveries yet
    (0)
    ");
    assert_eq!(serving.post("forms", passed("e1")).await, 200);
    serving.settled().await;
    assert_eq!(serving.post("forms", passed("e1")).await, 200);
    let other = json!({"type": "form.opened"});
    assert_eq!(serving.post("forms", other).await, 200);
    assert_eq!(serving.post("canvas/wrong", json!({})).await, 401);
    let grade = json!({
        "metadata": {
            "event_name": "grade_change", "event_time": "2026-11-20T09:15:02.300Z", "context_type": "Course",
            "context_id": "565", "root_account_uuid": "r", "root_account_id": "1",
        },
        "body": {
            "assignment_id": "355", "score": 17.5, "points_possible": 20, "grading_complete": true,
            "muted": false, "user_id": "48", "submission_id": "11048",
        },
    });
    assert_eq!(serving.post("canvas/s", grade).await, 200);
    let trails = serving.settled().await;
    insta::assert_snapshot!(folder.run("deliveries"), @r"
    $ accolade deliveries
    ID TIME canvas       parked    Canvas course: Canvas answers 400 and says “bad request”
    ID TIME canvas       refused   the address ends with a wrong path_secret
    ID TIME forms        ignored   type: is none of assessment.passed, assessment.graded, assessment.revised, course.completed
    ID TIME forms        duplicate 1 of 1 signals told before, first by delivery ID
    ID TIME forms        done      Final test: 82 %, passed; badge “First Aid” asks at least 70 %, which it meets; “First Aid” awarded; learner forms:ada@example.test (Ada Example)
    (0)
    ");
    insta::assert_snapshot!(folder.run("deliveries --source forms --state done"), @r"
    $ accolade deliveries --source forms --state done
    ID TIME forms        done      Final test: 82 %, passed; badge “First Aid” asks at least 70 %, which it meets; “First Aid” awarded; learner forms:ada@example.test (Ada Example)
    (0)
    ");
    insta::assert_snapshot!(folder.run("deliveries --source nobody"), @r"
    $ accolade deliveries --source nobody
    accolade: --source: there is no source “nobody”; configured are canvas, forms
    (1)
    ");
    insta::assert_snapshot!(folder.run("deliveries --state open"), @r"
    $ accolade deliveries --state open
    accolade: --state: “open” is none of waiting, duplicate, ignored, refused, parked, done
    (1)
    ");
    let [done, .., refused, parked] = trails.as_slice() else { panic!("{trails:#?}") };
    insta::assert_snapshot!(folder.run(&format!("deliveries {}", done.id)), @r#"
    $ accolade deliveries ID
    delivery ID
    source   forms
    received TIME UTC
    state    done: Final test: 82 %, passed; badge “First Aid” asks at least 70 %, which it meets; “First Aid” awarded
      signal ID assessment.passed done: Final test: 82 %, passed; badge “First Aid” asks at least 70 %, which it meets
        event ID of forms:ada@example.test (Ada Example) done: “First Aid” awarded
          badge first-aid, credential ID, claim mail sent
    body
    {"data":{"assessment":{"id":"test","name":"Final test"},"course":{"id":"FA1"},"learner":{"email":"ada@example.test","name":"Ada Example"},"score":{"given":41,"max":50}},"id":"e1","timestamp":"2026-11-20T10:00:00Z","type":"assessment.passed"}
    (0)
    "#);
    insta::assert_snapshot!(folder.run(&format!("deliveries {}", refused.id)), @r"
    $ accolade deliveries ID
    delivery ID
    source   canvas
    received TIME UTC
    state    refused: the address ends with a wrong path_secret
    answered 401
    the body was not kept: nobody vouched for it
    (0)
    ");
    insta::assert_snapshot!(folder.run(&format!("deliveries {}", parked.id)), @r#"
    $ accolade deliveries ID
    delivery ID
    source   canvas
    received TIME UTC
    state    parked: Canvas course: Canvas answers 400 and says “bad request”
      signal ID grade_change parked: Canvas course: Canvas answers 400 and says “bad request”
    body
    {"body":{"assignment_id":"355","grading_complete":true,"muted":false,"points_possible":20,"score":17.5,"submission_id":"11048","user_id":"48"},"metadata":{"context_id":"565","context_type":"Course","event_name":"grade_change","event_time":"2026-11-20T09:15:02.300Z","root_account_id":"1","root_account_uuid":"r"}}
    once its cause is mended: accolade parked retry ID
    (0)
    "#);

    insta::assert_snapshot!(folder.run("parked list"), @r"
    $ accolade parked list
    ID TIME canvas       signal Canvas course: Canvas answers 400 and says “bad request”
    (0)
    ");
    insta::assert_snapshot!(folder.run("parked list --kind mail"), @r"
    $ accolade parked list --kind mail
    nothing like that is parked
    (0)
    ");
    insta::assert_snapshot!(folder.run(&format!("parked show {}", parked.id)), @r"
    $ accolade parked show ID
    signal ID grade_change
      source   canvas
      delivery ID
      since    TIME UTC
      tried    1 time
      reason   Canvas course: Canvas answers 400 and says “bad request”
    what came before it:        accolade deliveries ID
    once its cause is mended:   accolade parked retry ID
    to give it up for good:     accolade parked drop ID --reason TEXT
    (0)
    ");
    insta::assert_snapshot!(folder.run(&format!("parked retry {}", done.id)), @r"
    $ accolade parked retry ID
    accolade: nothing of delivery ID is parked; it is done: Final test: 82 %, passed; badge “First Aid” asks at least 70 %, which it meets; “First Aid” awarded; nothing was changed
    (1)
    ");
    insta::assert_snapshot!(folder.run("parked retry 01a20a3c-aede-70c5-bb4a-b66604404784"), @r"
    $ accolade parked retry ID
    accolade: ID is not parked; `accolade parked list` lists what is, with ids; nothing was changed
    (1)
    ");
    insta::assert_snapshot!(folder.run("parked drop --all --reason no"), @r"
    $ accolade parked drop --all --reason no
    drop 1 piece of parked work for good? [y/N] 
    accolade: nobody answers; with --yes it is done without asking
    (1)
    ");
    let credential = trails[0].signals[0].events[0].credentials[0].0;
    let store = Store::open(&format!("sqlite://{}", folder.database().display()), 1).await.unwrap();
    let document = store.credential(credential).await.unwrap().unwrap().document;
    store.close().await;
    let file = folder.folder.path().join("badge.json");
    std::fs::write(&file, &document).unwrap();
    insta::assert_snapshot!(folder.run("verify badge.json"), @r"
    $ accolade verify badge.json
    holds  structure  It has the members that Open Badges 3.0 requires.
    holds  terms      Every term in it is defined by the standards that it names.
    holds  signature  The signature fits this text and the key.
    holds  key        did:web:localhost%3APORT lists the key for credentials.
    holds  dates      It is valid and does not expire.
    holds  status     The issuer has neither revoked nor suspended it.
    holds  schema     It keeps the rules of the 1EdTech schema that it names. The schema is not fetched: this verifier has its rules written down.
    the credential is valid
    (0)
    ");
    std::fs::write(&file, document.replace("First Aid", "Last Aid")).unwrap();
    insta::assert_snapshot!(folder.run("verify badge.json"), @r"
    $ accolade verify badge.json
    holds  structure  It has the members that Open Badges 3.0 requires.
    holds  terms      Every term in it is defined by the standards that it names.
    FAILS  signature  The signature does not fit: the text was changed, or another key signed it.
    holds  key        did:web:localhost%3APORT lists the key for credentials.
    holds  dates      It is valid and does not expire.
    holds  status     The issuer has neither revoked nor suspended it.
    holds  schema     It keeps the rules of the 1EdTech schema that it names. The schema is not fetched: this verifier has its rules written down.
    the credential is NOT valid
    (1)
    ");
    serving.stop();

    insta::assert_snapshot!(folder.run(&format!("parked retry {}", parked.id)), @r"
    $ accolade parked retry ID
    1 piece of parked work will be tried again: at once where `accolade serve` runs, else when it starts
    (0)
    ");
    insta::assert_snapshot!(folder.run("deliveries --source canvas --state waiting"), @r"
    $ accolade deliveries --source canvas --state waiting
    ID TIME canvas       waiting   Canvas course: Canvas answers 400 and says “bad request”
    (0)
    ");
    let serving = folder.serve().await;
    let again = serving.settled().await;
    assert_eq!(again.last().unwrap().state, DeliveryState::Parked, "asked again, refused again");
    insta::assert_snapshot!(folder.run("parked drop --all --source canvas --saying says --reason Closed --by Ada --yes"), @r"
    $ accolade parked drop --all --source canvas --saying says --reason Closed --by Ada --yes
    1 piece of parked work dropped
    (0)
    ");
    insta::assert_snapshot!(folder.run("deliveries --source canvas --state done"), @r"
    $ accolade deliveries --source canvas --state done
    ID TIME canvas       done      dropped by Ada: Closed; it was parked: Canvas course: Canvas answers 400 and says “bad request”
    (0)
    ");
    insta::assert_snapshot!(folder.run("parked list"), @r"
    $ accolade parked list
    nothing is parked
    (0)
    ");
    serving.stop();
}
