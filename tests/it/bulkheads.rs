//! What is slow slows nobody else: an LMS that does not answer, a mail server that hangs, clients that
//! hold connections.

use std::time::Duration;

use accolade::app::Role;
use accolade::store::DeliveryTrail;
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::app::{Process, Site, Way, credentials};
use crate::support::proxy::{Network, Proxy};
use crate::support::smtp::{Act, Script, SmtpServer};

/// Messages that are worked on together.
const BATCH: u16 = 10;
/// More signals than all sources together may have in hand (12 batches), and so more than one of four may have
/// under way or waiting for that: some go back to the queue, or the others would wait behind them.
const MANY: u32 = 300;

/// What Moodle tells of a grade; each is another one.
fn graded(number: u32) -> String {
    json!({
        "eventname": "\\core\\event\\user_graded", "component": "core", "action": "graded",
        "target": "user", "objecttable": "grade_grades", "objectid": number, "crud": "u", "edulevel": 1,
        "contextid": 19, "contextlevel": 50, "contextinstanceid": "2", "userid": "3", "courseid": "2",
        "relateduserid": (4 + number % 6).to_string(), "anonymous": 0,
        "other": {"itemid": "2", "overridden": false, "finalgrade": "45.00000"},
        "timecreated": 1_795_423_068 + number, "host": "127.0.0.1", "token": "s3cr3t-shared-token",
    })
    .to_string()
}

/// A grade that Canvas shows.
fn canvas() -> String {
    json!({
        "metadata": {
            "event_name": "grade_change", "event_time": "2026-11-20T09:15:02.300Z", "context_type": "Course",
            "context_id": "11070000000000565", "root_account_uuid": accolade::demo::sandbox::ROOT_ACCOUNT,
            "root_account_id": "11070000000000001", "request_id": "request-1", "user_id": "11070000000000021",
        },
        "body": {
            "assignment_id": "11070000000000355", "grade": "19", "score": 19, "points_possible": 20,
            "grading_complete": true, "muted": false, "user_id": "11070000000000049",
            "student_id": "11070000000000049", "submission_id": "11070000000011049",
        },
    })
    .to_string()
}

/// What a form tells: it needs no gradebook.
async fn passed(process: &Process, learner: &str) {
    assert_eq!(process.pass(learner).await.0, 200);
}

fn of<'a>(trails: &'a [DeliveryTrail], source: &'a str) -> impl Iterator<Item = &'a DeliveryTrail> {
    trails.iter().filter(move |trail| trail.source == source)
}

async fn an_lms_that_does_not_answer(way: Way) {
    let Some(site) = Site::new(way, None).await else { return };
    let moodle = site.sandbox.moodle_url.socket_addrs(|| None).unwrap()[0];
    let proxy = Proxy::start(moodle).await;
    proxy.set(Network::Silent);
    let process = site
        .start_with(&Role::ALL, |settings| {
            let address = json!(format!("http://127.0.0.1:{}/", proxy.port));
            settings.sources.get_mut("moodle").unwrap().table.insert("site".to_owned(), address);
            // Longer than this test lets the others take.
            settings.worker.lms_seconds = 90;
            settings.worker.batch = BATCH;
        })
        .await;
    let http = reqwest::Client::new();
    let posting = stream::iter(0..MANY).map(|number| {
        let request = http.post(format!("{}/hooks/moodle", process.url)).body(graded(number));
        async move { request.send().await.unwrap().status() }
    });
    assert!(posting.buffer_unordered(16).all(async |status| status == 200).await);

    site.sandbox.canvas.lock().submission(49).unwrap().posted_at = Some("2026-11-21T08:00:00Z".to_owned());
    assert_eq!(process.post("canvas/sandbox-path-secret", &[], canvas()).await.0, 200);
    for learner in ["one", "two", "three"] {
        passed(&process, learner).await;
    }
    let trails = process.until("all but Moodle's are awarded", |trails| credentials(trails).len() == 4).await;
    assert_eq!(of(&trails, "moodle").count(), MANY as usize);
    let waited =
        of(&trails, "moodle").flat_map(|trail| &trail.signals).find(|signal| !signal.reason.is_empty());
    assert!(waited.is_none(), "others were done only after calls had ended: {waited:?}");

    // Nothing was spent, and all is done as soon as the LMS answers.
    proxy.restore();
    let parked =
        |trail: &&DeliveryTrail| trail.signals.iter().any(|signal| signal.state.as_str() == "parked");
    let trails = process.settled().await;
    assert_eq!(of(&trails, "moodle").filter(parked).count(), 0);
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lms_that_does_not_answer_slows_no_other_source_embedded() {
    an_lms_that_does_not_answer(Way::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lms_that_does_not_answer_slows_no_other_source_in_production() {
    an_lms_that_does_not_answer(Way::Production).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_hangs_slows_no_award() {
    // Greets, and never takes a mail.
    let smtp =
        SmtpServer::start(Script::new(|at| if at.line == "DATA" { Act::Hang } else { Act::Usual })).await;
    let Some(site) = Site::new(Way::Production, Some(smtp.port)).await else { return };
    let process = site.start(&Role::ALL).await;
    let learners: Vec<String> = (0..20).map(|number| format!("learner-{number}")).collect();
    for learner in &learners {
        passed(&process, learner).await;
    }
    process.until("all are awarded", |trails| credentials(trails).len() == learners.len()).await;
    assert!(smtp.taken().is_empty());
    assert!(smtp.connections() <= 2, "mail.connections: {}", smtp.connections());
    // The connections break, so that the stop does not wait for the mail server.
    drop(smtp);
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hold_connections_keep_nobody_out_for_long_and_are_told() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let process = site.start_with(&Role::ALL, |settings| settings.server.connections = 8).await;
    let address = process.url.strip_prefix("http://localhost:").unwrap();
    let address = format!("127.0.0.1:{address}");
    let mut held = Vec::new();
    for _ in 0..8 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream
            .write_all(b"POST /hooks/forms HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n")
            .await
            .unwrap();
        held.push(stream);
    }
    let mut beyond = TcpStream::connect(&address).await.unwrap();
    beyond.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(20), beyond.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after:"), "{answer}");
    drop(held);
    let done = async {
        while reqwest::get(format!("{}/healthz", process.url)).await.unwrap().status() != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), done).await.expect("there is a place again");
    process.stop().await;
    site.end().await;
}
