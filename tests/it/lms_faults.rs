//! An LMS whose API is limited, broken or out of reach of our token, under a whole installation: what
//! waits for it waits as told, other sources go on, and nothing is parked for what passes.

use std::time::Duration;

use accolade::app::Role;
use accolade::clock::Clock;
use accolade::store::{DeliveryState, DeliveryTrail};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::app::{Process, Site, Way, credentials};
use crate::support::front::{Front, Says};

/// How long a call may take, in seconds.
const LMS_SECONDS: u64 = 2;
/// How long the clock moves when a fault is over: past each wait that a fault causes.
const LATER: Duration = Duration::from_hours(2);

const SLOW_DOWN: Says = Says::This(429, ("retry-after", "2"), "slow down");
const BROKEN: Says = Says::This(502, ("content-type", "text/html"), "<h1>502 Bad Gateway</h1>");
const MAINTENANCE: Says = Says::This(200, ("content-type", "text/html"), "<html><p>Back at ten</html>");
/// As Canvas throttles.
const RATE_LIMIT: Says =
    Says::This(403, ("x-rate-limit-remaining", "0.0"), "403 Forbidden (Rate Limit Exceeded)\n");
const CANVAS_TOKEN: Says = Says::This(
    401,
    ("www-authenticate", "Bearer realm=\"canvas-lms\""),
    r#"{"errors":[{"message":"Invalid access token."}]}"#,
);
const MOODLE_TOKEN: Says = Says::This(
    200,
    ("content-type", "application/json"),
    r#"{"exception":"core\\exception\\moodle_exception","errorcode":"invalidtoken","message":"Invalid token - token expired"}"#,
);
const BLACKBOARD_TOKEN: Says = Says::This(
    401,
    ("content-type", "application/json"),
    r#"{"status":401,"message":"Bearer token is invalid"}"#,
);

/// An LMS of the sandbox: its source's name, and how it tells of a grade.
struct Lms {
    source: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    event: fn(u32) -> Value,
}

const CANVAS: Lms = Lms {
    source: "canvas",
    path: "canvas/sandbox-path-secret",
    headers: &[],
    event: |number| {
        json!({
            "metadata": {
                "event_name": "grade_change", "event_time": "2026-11-20T09:15:02.300Z", "context_type": "Course",
                "context_id": "11070000000000565", "root_account_uuid": accolade::demo::sandbox::ROOT_ACCOUNT,
                "root_account_id": "11070000000000001", "request_id": format!("request-{number}"),
                "user_id": "11070000000000021",
            },
            "body": {
                "assignment_id": "11070000000000355", "grade": "19", "score": 19, "points_possible": 20,
                "grading_complete": true, "muted": false, "user_id": "11070000000000049",
                "student_id": "11070000000000049", "submission_id": "11070000000011049",
            },
        })
    },
};

const MOODLE: Lms = Lms {
    source: "moodle",
    path: "moodle",
    headers: &[],
    event: |number| {
        json!({
            "eventname": "\\core\\event\\user_graded", "component": "core", "action": "graded",
            "target": "user", "objecttable": "grade_grades", "objectid": "1", "crud": "u", "edulevel": 1,
            "contextid": 19, "contextlevel": 50, "contextinstanceid": "2", "userid": "3", "courseid": "2",
            "relateduserid": "4", "anonymous": 0,
            "other": {"itemid": "2", "overridden": false, "finalgrade": "45.00000"},
            "timecreated": 1_795_423_068 + number, "host": "127.0.0.1", "token": "s3cr3t-shared-token",
        })
    },
};

const BLACKBOARD: Lms = Lms {
    source: "blackboard",
    path: "blackboard",
    headers: &[("authorization", "Bearer sandbox-event-key")],
    event: |number| {
        let base = "https://caliper.learn.example.edu/v1/sites/0b8e9a76";
        json!({
            "sensor": "0b8e9a76", "sendTime": "2026-11-20T02:10:00.000Z",
            "dataVersion": "http://purl.imsglobal.org/ctx/caliper/v1p1",
            "data": [{
                "@context": "http://purl.imsglobal.org/ctx/caliper/v1p1", "type": "GradeEvent", "action": "Graded",
                "id": "0b8e9a76", "eventTime": format!("2026-11-19T13:05:{:02}.000Z", number % 60),
                "object": {
                    "id": format!("{base}/gradableItems/_702_1/attempts/_1_1"), "type": "Attempt",
                    "assignee": {"type": "Person", "extensions": {"bb:user.id": "_12345_1"}},
                    "assignable": {"id": format!("{base}/gradableItems/_702_1"), "type": "Assessment", "maxScore": 160},
                },
                "generated": {"type": "Score", "maxScore": 0, "scoreGiven": 144.0},
                "group": {
                    "type": "CourseOffering", "courseNumber": "LAB-100", "extensions": {"bb:course.id": "_301_1"},
                },
            }],
        })
    },
};

/// A pass that needs no LMS.
async fn pass(process: &Process, learner: &str) {
    assert_eq!(process.pass(learner).await.0, 200);
}

fn of<'a>(trails: &'a [DeliveryTrail], source: &'a str) -> impl Iterator<Item = &'a DeliveryTrail> {
    trails.iter().filter(move |trail| trail.source == source)
}

/// A process that asks by way of `front`.
async fn start(site: &Site, lms: &Lms, front: &Front) -> Process {
    site.start_with(&Role::ALL, |settings| {
        settings.worker.lms_seconds = LMS_SECONDS;
        let table = &mut settings.sources.get_mut(lms.source).unwrap().table;
        table.insert("site".to_owned(), json!(front.url));
    })
    .await
}

/// Each fault in turn, with a grade that comes while it lasts.
async fn survives(lms: Lms, faults: &[(&str, Says)]) {
    let mut site = Site::new(Way::Embedded, None).await.unwrap();
    site.clock = Clock::manual(Clock::system().now());
    let sandbox = &site.sandbox;
    sandbox.canvas.lock().submission(49).unwrap().posted_at = Some("2026-11-21T08:00:00Z".to_owned());
    let address = match lms.source {
        "canvas" => sandbox.canvas_url.clone(),
        "moodle" => sandbox.moodle_url.clone(),
        _ => sandbox.blackboard_url.clone(),
    };
    let front = Front::start(address).await;
    let mut process = start(&site, &lms, &front).await;
    for (number, (name, says)) in (1..).zip(faults) {
        front.say(*says);
        let (status, answer) = process.post(lms.path, lms.headers, (lms.event)(number).to_string()).await;
        assert_eq!((status, &answer["state"]), (200, &json!("waiting")), "{name}: {answer}");
        pass(&process, &format!("learner-{number}")).await;
        // Others are done meanwhile.
        let what = format!("{name}: asked in vain, and other sources go on");
        let trails = process
            .until(&what, |trails| {
                let waits = |signal: &accolade::store::SignalTrail| {
                    signal.state == "waiting" && !signal.reason.is_empty()
                };
                let asked = of(trails, lms.source).flat_map(|trail| &trail.signals).any(waits);
                let theirs: Vec<DeliveryTrail> = of(trails, "forms").cloned().collect();
                asked && credentials(&theirs).len() == number as usize
            })
            .await;
        assert!(front.lies() > 0, "{name}");
        let parked = |trail: &&DeliveryTrail| trail.state == DeliveryState::Parked;
        assert_eq!(trails.iter().find(parked).map(|trail| &trail.reason), None, "{name}");
        // Left alone as long as it asks.
        let (asked, since) = (front.lies(), Instant::now());
        if *says == SLOW_DOWN {
            sleep(Duration::from_secs(1)).await;
            assert!(front.lies() == asked || since.elapsed() > Duration::from_millis(1_500), "{name}");
        }

        front.say(Says::TheTruth);
        if *says == RATE_LIMIT {
            // It does not say for how long, so it is left alone for a minute: by this process.
            process.stop().await;
            process = start(&site, &lms, &front).await;
        }
        // What is tried while the LMS is still left alone waits once more.
        let since = Instant::now();
        loop {
            site.clock.advance(LATER);
            sleep(Duration::from_millis(500)).await;
            let trails = process.until("they can be listed", |_| true).await;
            let Some(undone) = trails.iter().find(|trail| trail.state != DeliveryState::Done) else { break };
            assert!(since.elapsed() < Duration::from_mins(1), "{name}: {undone:#?}");
        }
    }
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn canvas_limits_breaks_and_refuses_our_token_and_nothing_is_lost() {
    let faults = [
        ("429", SLOW_DOWN),
        ("5xx", BROKEN),
        ("HTML", MAINTENANCE),
        ("silence", Says::Nothing),
        ("expired token", CANVAS_TOKEN),
        ("403 with text", RATE_LIMIT),
    ];
    survives(CANVAS, &faults).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn moodle_limits_breaks_and_refuses_our_token_and_nothing_is_lost() {
    let faults = [
        ("429", SLOW_DOWN),
        ("5xx", BROKEN),
        ("HTML", MAINTENANCE),
        ("silence", Says::Nothing),
        ("expired token", MOODLE_TOKEN),
    ];
    survives(MOODLE, &faults).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blackboard_limits_breaks_and_refuses_our_token_and_nothing_is_lost() {
    let faults = [
        ("429", SLOW_DOWN),
        ("5xx", BROKEN),
        ("HTML", MAINTENANCE),
        ("silence", Says::Nothing),
        ("expired token", BLACKBOARD_TOKEN),
    ];
    survives(BLACKBOARD, &faults).await;
}
