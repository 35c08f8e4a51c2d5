//! The way of one event, from the webhook to the claimed badge, in both ways to run.

use accolade::app::Role;
use accolade::badges::bake::unbake;
use accolade::badges::verify::verify;
use accolade::clock::Clock;
use accolade::store::DeliveryState;
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{Process, Site, Way, credentials};
use crate::support::documents::Documents;
use crate::support::smtp::{Script, SmtpServer};

const QUIZ_PASSED: &str = "0097_quiz-pass_hook-local-webhooks_user_graded";
const TOTAL_AFTER_QUIZ: &str = "0098_quiz-pass_hook-local-webhooks_user_graded";

#[tokio::test(flavor = "multi_thread")]
async fn a_moodle_pass_becomes_a_claimed_badge_embedded() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let process = site.start(&Role::ALL).await;
    let mails = || -> Vec<String> {
        let files = std::fs::read_dir(site.outbox()).unwrap();
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    };
    moodle_journey(&process, &process, mails).await;
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moodle_pass_becomes_a_claimed_badge_in_production_with_split_roles() {
    let smtp = SmtpServer::start(Script::accept()).await;
    let Some(site) = Site::new(Way::Production, Some(smtp.port)).await else { return };
    // Each role in a process of its own, and two workers. All are reached by one public URL.
    let front = site.start(&[Role::Ingest, Role::Web]).await;
    let public_url = front.url.parse::<url::Url>().unwrap();
    let same = |settings: &mut accolade::config::Settings| settings.public_url = public_url.clone();
    let workers =
        [site.start_with(&[Role::Worker], same).await, site.start_with(&[Role::Worker], same).await];
    let mailer = site.start_with(&[Role::Mailer], same).await;
    moodle_journey(&front, &workers[0], || {
        smtp.taken().into_iter().map(|mail| String::from_utf8(mail.raw).unwrap()).collect()
    })
    .await;
    for process in workers {
        process.stop().await;
    }
    mailer.stop().await;
    front.stop().await;
    site.end().await;
}

/// Posts to `front`; the claim link is made by `links`' process, which has the same secret.
async fn moodle_journey(front: &Process, links: &Process, mails: impl Fn() -> Vec<String>) {
    for capture in [QUIZ_PASSED, TOTAL_AFTER_QUIZ] {
        let (status, answer) = front.post_capture(capture).await;
        assert_eq!(
            (status, &answer["state"], &answer["signals"]),
            (200, &json!("waiting"), &json!(1)),
            "{answer}"
        );
    }
    let trails = front.settled().await;
    assert!(trails.iter().all(|trail| trail.state == DeliveryState::Done), "{trails:#?}");
    let ids = credentials(&trails);
    assert_eq!(ids.len(), 1, "one badge for Alice: {trails:#?}");

    let mails_now = mails();
    assert_eq!(mails_now.len(), 1, "one claim mail");
    let link = links.links.link(ids[0]);
    assert!(decoded(&mails_now[0]).contains(&link), "the mail holds the claim link");
    assert!(mails_now[0].contains("alice@example.test"));

    claimed(front, ids[0], &link).await;

    // The same deliveries again change nothing.
    for capture in [QUIZ_PASSED, TOTAL_AFTER_QUIZ] {
        let (status, answer) = front.post_capture(capture).await;
        assert_eq!((status, &answer["state"]), (200, &json!("duplicate")), "{answer}");
    }
    let trails = front.settled().await;
    assert_eq!(credentials(&trails), ids);
    assert_eq!(mails().len(), 1, "no second mail");
}

/// Undoes quoted-printable, as far as looking for a link needs it.
fn decoded(mail: &str) -> String {
    mail.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=")
}

/// Claims a badge with a browser's requests, and takes it in every form.
async fn claimed(process: &Process, id: Uuid, link: &str) {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let page = format!("{}/credentials/{id}", process.url);
    assert_eq!(http.get(&page).send().await.unwrap().status(), 404, "private until claimed");

    let answer = http.get(link).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let html = answer.text().await.unwrap();
    assert!(html.contains("Workplace Safety") && html.contains("<form"), "{html}");

    let answer =
        http.post(link).header(CONTENT_TYPE, "application/x-www-form-urlencoded").send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let location = answer.headers()[LOCATION].to_str().unwrap().to_owned();
    assert!(link.ends_with(&location), "{location}");
    let own = http.get(link).send().await.unwrap().text().await.unwrap();
    assert!(own.contains(&format!("href=\"/credentials/{id}")), "it leads to the public page: {own}");

    let html = http.get(&page).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("Alice Ärztin") && html.contains("Example University"), "{html}");

    let get = async |address: String| {
        let answer =
            http.get(&address).header(ACCEPT, "application/vc, application/json").send().await.unwrap();
        assert_eq!(answer.status(), 200, "{address}");
        answer.bytes().await.unwrap().to_vec()
    };
    let document = get(page.clone()).await;
    assert_eq!(get(format!("{page}.json")).await, document, "the same bytes by name and by Accept");
    let credential: Value = serde_json::from_slice(&document).unwrap();
    for image in ["png", "svg"] {
        let baked = unbake(&get(format!("{page}.{image}")).await).unwrap();
        assert_eq!(baked.as_bytes(), document, "{image}");
    }

    // Everything that the credential names is served, and the whole verifies.
    let mut found = Documents::default();
    found.0.insert(
        credential["issuer"]["id"].as_str().unwrap().to_owned(),
        json_at(&get, format!("{}/.well-known/did.json", process.url)).await,
    );
    let list = credential["credentialStatus"]["statusListCredential"].as_str().unwrap().to_owned();
    let served = json_at(&get, list.clone()).await;
    found.0.insert(list, served);
    let achievement = credential["credentialSubject"]["achievement"]["id"].as_str().unwrap();
    assert_eq!(
        json_at(&get, achievement.to_owned()).await["name"],
        credential["credentialSubject"]["achievement"]["name"]
    );
    let report = verify(&document, &found, Clock::system().now());
    assert!(report.holds(), "{report:#?}");

    let tampered = String::from_utf8(document).unwrap().replacen("Workplace Safety", "Workplace Sanity", 1);
    assert!(!verify(tampered.as_bytes(), &found, Clock::system().now()).holds());
}

async fn json_at(get: &impl AsyncFn(String) -> Vec<u8>, address: String) -> Value {
    serde_json::from_slice(&get(address).await).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_automation_event_becomes_a_badge_and_a_wrong_token_does_not() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let process = site.start(&Role::ALL).await;
    let event = json!({
        "id": "evt_1", "type": "assessment.passed", "timestamp": "2026-11-20T10:00:00Z",
        "data": {
            "learner": {"id": "s-1", "email": "rosa@example.test", "name": "Rosa Reyes"},
            "course": {"id": "first-aid-2026"}, "assessment": {"id": "final", "name": "Practical examination"},
            "score": {"given": 41, "max": 50}, "passed": true,
        },
    });
    let (status, answer) =
        process.post("forms", &[("authorization", "Bearer wrong")], event.to_string()).await;
    assert_eq!(status, 401, "{answer}");
    let (status, answer) =
        process.post("forms", &[("authorization", "Bearer sandbox-bearer")], event.to_string()).await;
    assert_eq!(status, 200, "{answer}");
    let trails = process.settled().await;
    assert_eq!(
        trails.iter().map(|trail| trail.state).collect::<Vec<_>>(),
        [DeliveryState::Refused, DeliveryState::Done]
    );
    assert!(trails[0].body.is_none(), "what nobody vouches for is not kept");
    assert_eq!(credentials(&trails).len(), 1, "{trails:#?}");
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canvas_grade_that_is_not_posted_awards_only_after_it_is_posted() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let process = site.start(&Role::ALL).await;
    let event = |request: &str, muted: bool| {
        json!({
            "metadata": {
                "event_name": "grade_change", "event_time": "2026-11-20T09:15:02.300Z", "context_type": "Course",
                "context_id": "11070000000000565", "root_account_uuid": accolade::demo::sandbox::ROOT_ACCOUNT,
                "root_account_id": "11070000000000001", "request_id": request, "user_id": "11070000000000021",
            },
            "body": {
                "assignment_id": "11070000000000355", "grade": "19", "score": 19, "points_possible": 20,
                "grading_complete": true, "muted": muted, "user_id": "11070000000000049",
                "student_id": "11070000000000049", "submission_id": "11070000000011049",
            },
        })
        .to_string()
    };
    process.post("canvas/sandbox-path-secret", &[], event("request-1", true)).await;
    let trails = process.settled().await;
    assert_eq!(credentials(&trails), Vec::<Uuid>::new(), "{trails:#?}");
    assert!(trails[0].reason.contains("not posted"), "{}", trails[0].reason);

    site.sandbox.canvas.lock().submission(49).unwrap().posted_at = Some("2026-11-21T08:00:00Z".to_owned());
    process.post("canvas/sandbox-path-secret", &[], event("request-2", false)).await;
    assert_eq!(credentials(&process.settled().await).len(), 1);
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blackboard_batch_awards_those_above_the_mark_and_no_preview_user() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let process = site.start(&Role::ALL).await;
    let base = "https://caliper.learn.example.edu/v1/sites/0b8e9a76";
    let event = |learner: &str, score: f64| {
        json!({
            "@context": "http://purl.imsglobal.org/ctx/caliper/v1p1", "type": "GradeEvent", "action": "Graded",
            "id": "0b8e9a76", "eventTime": "2026-11-19T13:05:00.000Z",
            "object": {
                "id": format!("{base}/gradableItems/_702_1/attempts/_1_1"), "type": "Attempt",
                "assignee": {"type": "Person", "extensions": {"bb:user.id": learner}},
                "assignable": {"id": format!("{base}/gradableItems/_702_1"), "type": "Assessment", "maxScore": 160},
            },
            "generated": {"type": "Score", "maxScore": 0, "scoreGiven": score},
            "group": {"type": "CourseOffering", "courseNumber": "LAB-100", "extensions": {"bb:course.id": "_301_1"}},
        })
    };
    let batch = json!({
        "sensor": "0b8e9a76", "sendTime": "2026-11-20T02:10:00.000Z",
        "dataVersion": "http://purl.imsglobal.org/ctx/caliper/v1p1",
        "data": [event("_12345_1", 144.0), event("_12346_1", 88.0), event("_12347_1", 160.0)],
    });
    let headers = [("authorization", "Bearer sandbox-event-key")];
    let (status, answer) = process.post("blackboard", &headers, batch.to_string()).await;
    assert_eq!((status, &answer["signals"]), (200, &json!(3)), "{answer}");
    let trails = process.settled().await;
    assert_eq!(credentials(&trails).len(), 1, "{trails:#?}");
    assert!(trails[0].reason.contains("55 %"), "the reason tells the grade: {}", trails[0].reason);
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_waits_when_the_process_ends_is_done_after_the_next_start() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    // Nobody works: the delivery is only taken.
    let away: url::Url = "http://127.0.0.1:9/".parse().unwrap();
    let process = site
        .start_with(&Role::ALL, |settings| {
            let moodle = settings.sources.get_mut("moodle").unwrap();
            moodle.table.insert("site".to_owned(), json!(away));
        })
        .await;
    let (status, _) = process.post_capture(QUIZ_PASSED).await;
    assert_eq!(status, 200, "taken although the LMS is away");
    let trails = process
        .until("it waits for the LMS", |trails| {
            trails[0].signals.iter().any(|signal| signal.reason.contains("no connection"))
        })
        .await;
    assert_eq!(trails[0].state, DeliveryState::Waiting, "nothing is parked for a passing fault");
    process.stop().await;

    let process = site.start(&Role::ALL).await;
    assert_eq!(credentials(&process.settled().await).len(), 1);
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn split_roles_with_the_embedded_queue_are_refused() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let process = site.start(&[Role::Ingest]).await;
    let error = process.ended().await.unwrap_err().to_string();
    assert!(error.contains("queue.url") && error.contains("amqp://"), "{error}");
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_answer() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let process = site.start(&Role::ALL).await;
    process.post_capture(QUIZ_PASSED).await;
    process.settled().await;
    let get = async |path: &str| {
        let answer = reqwest::get(format!("{}{path}", process.url)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(get("/healthz").await.0, 200);
    assert_eq!(get("/readyz").await, (200, "database answers\nqueue answers\n".to_owned()));
    let (_, metrics) = get("/metrics").await;
    for line in [
        r#"accolade_deliveries_total{source="moodle",state="waiting"} 1"#,
        r#"accolade_awards_total{badge="workplace-safety"} 1"#,
        r#"accolade_mails_total{state="sent"} 1"#,
        r#"accolade_work_rows{work="signals",state="waiting"} 0"#,
    ] {
        assert!(metrics.contains(line), "{line} is missing in:\n{metrics}");
    }
    process.stop().await;
    site.end().await;
}
