//! What the demo posts: requests that a real Moodle sent, and requests in the documented shape
//! of the others.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use include_dir::{Dir, include_dir};
use serde_json::{Value, json};
use sha2::Sha256;

use super::sandbox;

/// Requests recorded from a Moodle 4.5.6 with the three plugins.
static CAPTURES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/connectors/moodle/fixtures/captures");

/// One request to post.
#[derive(Clone)]
pub(super) struct Recorded {
    /// What was done in the LMS; the deliveries of one scene belong together.
    pub scene: String,
    /// For people.
    pub what: String,
    /// Behind `/hooks/`.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Everything, in the order of posting.
pub(super) fn all(now: DateTime<Utc>) -> Vec<Recorded> {
    let mut all = moodle();
    all.extend(canvas());
    all.extend(blackboard());
    all.extend(automation(now));
    all
}

impl Recorded {
    /// What the teacher of the recorded Moodle did before these were sent: all of it is in the
    /// gradebook, also what no recorded event tells.
    pub(super) fn act(&self, moodle: &mut sandbox::Moodle) {
        let grades: &[(i64, i64, f64, i64)] = match self.scene.as_str() {
            // A bulk import graded Alice's report again, and sent nothing.
            "quiz-fail" => &[(4, 2, 80.0, 1_795_423_114)],
            "quiz-worse-after-pass" => &[(5, 4, 10.0, 1_795_423_257)],
            "xapi-emit" => &[(9, 2, 99.0, 1_795_423_561), (9, 4, 10.0, 1_795_423_560)],
            _ => &[],
        };
        for (learner, item, raw, at) in grades {
            moodle.grade(*learner, *item, Some(*raw), *at);
        }
        if let Ok(event) = serde_json::from_slice(&self.body) {
            moodle.follow(&event);
        }
        if self.scene == "hidden2-grade" {
            moodle.hide(8, 6, true);
        }
    }
}

/// The captures in their order, one of them a second time, and one with a wrong token.
fn moodle() -> Vec<Recorded> {
    let mut files: Vec<_> =
        CAPTURES.files().filter(|file| file.path().extension().is_some_and(|e| e == "http")).collect();
    files.sort_by_key(|file| file.path().to_path_buf());
    let mut all: Vec<Recorded> = files
        .into_iter()
        .filter_map(|file| {
            // 0097_quiz-pass_hook-local-webhooks_user_graded
            let mut parts = file.path().file_stem()?.to_str()?.splitn(4, '_').skip(1);
            let (scene, plugin, event) = (parts.next()?, parts.next()?, parts.next());
            let plugin = plugin.trim_start_matches("hook-");
            let what = format!("moodle: {scene}: {}", event.unwrap_or(plugin));
            capture(scene, what, file.contents())
        })
        .collect();
    let again = all
        .iter()
        .find(|delivery| delivery.scene == "quiz-pass" && delivery.what.ends_with("user_graded"))
        .map(|delivery| Recorded {
            scene: "again".to_owned(),
            what: format!("{}, sent again", delivery.what),
            ..delivery.clone()
        });
    let forged = again.clone().map(|delivery| Recorded {
        what: "moodle: with a wrong token".to_owned(),
        body: String::from_utf8_lossy(&delivery.body).replace("s3cr3t-shared-token", "guessed").into_bytes(),
        ..delivery
    });
    all.extend(again);
    all.extend(forged);
    all
}

/// Reads a recorded request: request line, headers, empty line, body.
fn capture(scene: &str, what: String, bytes: &[u8]) -> Option<Recorded> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n"))?;
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?;
    let path = if path.ends_with("/statements") { "moodle/statements" } else { "moodle" };
    let kept = ["content-type", "authorization", "x-webhook-token", "x-experience-api-version", "user-agent"];
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| kept.contains(&name.to_ascii_lowercase().as_str()))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let (scene, path, body) = (scene.to_owned(), path.to_owned(), body.as_bytes().to_vec());
    Some(Recorded { scene, what, path, headers, body })
}

fn canvas() -> Vec<Recorded> {
    let grade_change = |what: &str, learner: i64, score: f64, muted: bool| {
        Recorded {
        scene: "canvas".to_owned(),
        what: format!("canvas: grade_change, {what}"),
        path: "canvas/sandbox-path-secret".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: json!({
            "metadata": {
                "event_name": "grade_change", "event_time": "2026-11-20T09:15:02.300Z", "producer": "canvas",
                "context_type": "Course", "context_id": "11070000000000565", "context_role": "TeacherEnrollment",
                "root_account_id": "11070000000000001", "root_account_uuid": sandbox::ROOT_ACCOUNT,
                "request_id": format!("0c7e5a0e-3f5f-4d3c-8f0a-0000000000{learner:02}"),
                "user_id": "11070000000000021", "user_login": "teacher@example.test", "hostname": "canvas.example.edu",
            },
            "body": {
                "assignment_id": "11070000000000355", "assignment_name": "Reading charts and tables",
                "grade": score.to_string(), "score": score, "points_possible": 20, "old_score": null, "old_grade": null,
                "old_points_possible": 20, "grader_id": "11070000000000021", "grading_complete": true, "muted": muted,
                "student_id": format!("110700000000000{learner:02}"), "user_id": format!("110700000000000{learner:02}"),
                "student_sis_id": format!("C-{learner}"), "submission_id": format!("110700000000110{learner:02}"),
            },
        })
        .to_string()
        .into_bytes(),
    }
    };
    vec![
        grade_change("posted", 48, 17.5, false),
        grade_change("not posted yet", 49, 19.0, true),
        grade_change("the test student's", 50, 20.0, false),
    ]
}

fn blackboard() -> Vec<Recorded> {
    let site = "https://caliper.learn.example.edu/v1/sites/0b8e9a76";
    let grade = |learner: &str, score: f64| -> Value {
        let item = format!("{site}/gradableItems/_702_1");
        let attempt = format!("{item}/attempts/_9{}", learner.trim_start_matches('_'));
        let assignable = json!({"id": item, "type": "Assessment", "maxScore": 160, "maxAttempts": 0});
        let assignee = json!({
            "id": format!("{site}/users/{learner}"), "type": "Person",
            "extensions": {"bb:user.id": learner, "bb:user.externalId": learner},
        });
        json!({
            "@context": "http://purl.imsglobal.org/ctx/caliper/v1p1", "type": "GradeEvent", "action": "Graded",
            "id": format!("urn:uuid:7d0a1f60-0000-4000-8000-0000000{}", learner.trim_matches('_').replace('_', "")),
            "actor": {"id": format!("{site}/applications/learn"), "type": "SoftwareApplication"},
            "eventTime": "2026-11-19T13:05:00.000Z",
            "object": {"id": attempt, "type": "Attempt", "count": 1, "assignee": assignee, "assignable": assignable},
            "generated": {"id": format!("{attempt}/score"), "type": "Score", "maxScore": 0, "scoreGiven": score,
                "dateModified": "2026-11-19T13:04:58.000Z"},
            "edApp": {"id": format!("{site}/applications/learn"), "type": "SoftwareApplication"},
            "group": {"id": format!("{site}/courses/c1"), "type": "CourseOffering", "courseNumber": "LAB-100",
                "extensions": {"bb:course.id": "_301_1"}},
        })
    };
    let view = json!({
        "@context": "http://purl.imsglobal.org/ctx/caliper/v1p1", "type": "ViewEvent", "action": "Viewed",
        "id": "urn:uuid:7d0a1f60-0000-4000-8000-00000000beef", "eventTime": "2026-11-19T13:00:00.000Z",
        "actor": {"id": format!("{site}/users/_12345_1"), "type": "Person"},
        "object": {"id": format!("{site}/content/_5_1"), "type": "DigitalResource"},
    });
    let batch = json!({
        "sensor": "0b8e9a76", "sendTime": "2026-11-20T02:10:00.000Z",
        "dataVersion": "http://purl.imsglobal.org/ctx/caliper/v1p1",
        "data": [grade("_12345_1", 144.0), grade("_12346_1", 88.0), grade("_12347_1", 160.0), view],
    });
    vec![Recorded {
        scene: "blackboard".to_owned(),
        what: "blackboard: nightly Caliper batch".to_owned(),
        path: "blackboard".to_owned(),
        headers: vec![("authorization".to_owned(), "sandbox-event-key".to_owned())],
        body: batch.to_string().into_bytes(),
    }]
}

fn automation(now: DateTime<Utc>) -> Vec<Recorded> {
    let body = json!({
        "id": "evt_demo_0001", "type": "assessment.passed", "timestamp": now.to_rfc3339_opts(SecondsFormat::Secs, true),
        "data": {
            "learner": {"id": "s-77", "email": "rosa.reyes@example.test", "name": "Rosa Reyes"},
            "course": {"id": "first-aid-2026", "name": "First aid 2026"},
            "assessment": {"id": "final", "name": "Practical examination"},
            "score": {"given": 41, "max": 50}, "passed": true, "attempt": 1,
        },
    })
    .to_string();
    vec![Recorded {
        scene: "forms".to_owned(),
        what: "forms: signed automation webhook".to_owned(),
        path: "forms".to_owned(),
        headers: signed("evt_demo_0001", now, &body),
        body: body.into_bytes(),
    }]
}

/// Standard Webhooks headers with the key of `demo.toml`.
fn signed(id: &str, now: DateTime<Utc>, body: &str) -> Vec<(String, String)> {
    let timestamp = now.timestamp().to_string();
    let mut key = [0; 64];
    let secret = b"accolade-demo-secret-32-bytes!!!";
    key[..secret.len()].copy_from_slice(secret);
    let mut mac = Hmac::<Sha256>::new(&key.into());
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    let signature = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("webhook-id".to_owned(), id.to_owned()),
        ("webhook-timestamp".to_owned(), timestamp),
        ("webhook-signature".to_owned(), signature),
    ]
}
