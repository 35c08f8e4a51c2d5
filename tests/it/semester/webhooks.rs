//! Webhooks in each LMS's own form.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use accolade::demo::sandbox::ROOT_ACCOUNT;

use super::campus::{
    Account, BLACKBOARD_COURSE, Lms, Part, Place, blackboard_column, canvas_assignment, canvas_course,
    moodle_course, moodle_item, thousandths,
};

/// The secret of the automation tool's signature, as in the configuration.
pub(super) const FORMS_SECRET: &str = "whsec_c2VtZXN0ZXItc2VjcmV0LW9mLTMyLWJ5dGVzLS0tLS0=";
/// The shard of the Canvas installation: events carry global ids.
const SHARD: i64 = 11_070_000_000_000_000;

/// A request, to be sent once or more often.
#[derive(Debug, Clone)]
pub(super) struct Webhook {
    /// Behind `/hooks/`.
    pub(super) path: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
    /// What the automation tool tells with it: its only gradebook.
    pub(super) tells: Option<Form>,
}

/// A result that the automation tool tells.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) human: usize,
    pub(super) item: usize,
    pub(super) given: i64,
    pub(super) max: i64,
    pub(super) passed: Option<bool>,
    pub(super) at: DateTime<Utc>,
    pub(super) name: String,
    pub(super) email: String,
}

/// What an LMS tells of a result.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) account: Account,
    pub(super) place: Place,
    /// Thousandths of a point; `None` where there is no grade.
    pub(super) score: Option<i64>,
    /// Whether the learner may see it, as far as the LMS tells.
    pub(super) muted: bool,
    /// Whether the grade's row is gone.
    pub(super) deleted: bool,
    pub(super) at: DateTime<Utc>,
}

impl Event {
    /// The webhook; `None` where the LMS has none for it. `number` makes requests of Canvas
    /// distinct.
    pub(super) fn webhook(&self, number: usize) -> Option<Webhook> {
        match self.place.lms {
            Lms::Moodle => Some(plain("moodle", Vec::new(), &self.moodle())),
            Lms::Canvas => {
                self.canvas(number).map(|body| plain("canvas/sandbox-path-secret", Vec::new(), &body))
            }
            Lms::Blackboard => self.blackboard().map(|body| {
                plain("blackboard", vec![("authorization", "sandbox-event-key".to_owned())], &body)
            }),
            Lms::Forms => None,
        }
    }

    fn moodle(&self) -> Value {
        let (learner, course) = (self.account.number(), moodle_course(self.place.course));
        let (name, other) = match self.place.part {
            Part::Completion => ("course_completed", json!({"relateduserid": learner.to_string()})),
            part => {
                let item = moodle_item(self.place.course, part).to_string();
                let grade = self.score.map(thousandths);
                let name = if self.deleted { "grade_deleted" } else { "user_graded" };
                (name, json!({"itemid": item, "overridden": false, "finalgrade": grade}))
            }
        };
        json!({
            "eventname": format!("\\core\\event\\{name}"), "component": "core", "objecttable": "grade_grades",
            "objectid": "4", "contextid": 19, "contextlevel": 50, "contextinstanceid": course.to_string(),
            "userid": "3", "courseid": course.to_string(), "relateduserid": learner.to_string(), "anonymous": 0,
            "other": other, "timecreated": self.at.timestamp(), "host": "127.0.0.1", "token": "s3cr3t-shared-token",
        })
    }

    fn canvas(&self, number: usize) -> Option<Value> {
        let (learner, course) = (self.account.number(), canvas_course(self.place.course));
        let global = |id: i64| (SHARD + id).to_string();
        let (name, body) = match self.place.part {
            Part::Item(item) => {
                let score = self.score.map(thousandths);
                let body = json!({
                    "assignment_id": global(canvas_assignment(self.place.course, item)),
                    "grade": score.map(|score| score.to_string()), "score": score, "points_possible": self.place.points(),
                    "grading_complete": true, "muted": self.muted, "student_id": global(learner),
                    "user_id": global(learner), "submission_id": global(learner * 10),
                });
                ("grade_change", body)
            }
            Part::Completion => {
                let body = json!({
                    "course": {"id": global(course), "account_id": global(1)}, "user": {"id": global(learner)},
                    "progress": {"completed_at": time(self.at), "requirement_count": 1, "requirement_completed_count": 1},
                });
                ("course_completed", body)
            }
            // What it was changes with every grade, and is told now and then only.
            Part::Total => return None,
        };
        Some(json!({
            "metadata": {
                "event_name": name, "event_time": time(self.at), "context_type": "Course",
                "context_id": global(course), "root_account_uuid": ROOT_ACCOUNT, "root_account_id": global(1),
                "request_id": format!("semester-{number}"), "user_id": global(9),
            },
            "body": body,
        }))
    }

    fn blackboard(&self) -> Option<Value> {
        let Part::Item(_) = self.place.part else { return None };
        let site = "https://caliper.learn.example.edu/v1/sites/0b8e9a76";
        let learner = self.account.id();
        let item = format!("{site}/gradableItems/{}", blackboard_column(self.place.part));
        let attempt = format!("{item}/attempts/_9{}", learner.trim_start_matches('_'));
        let assignee = json!({"id": format!("{site}/users/{learner}"), "type": "Person", "extensions": {"bb:user.id": learner}});
        let event = json!({
            "@context": "http://purl.imsglobal.org/ctx/caliper/v1p1", "type": "GradeEvent", "action": "Graded",
            "actor": {"id": format!("{site}/applications/learn"), "type": "SoftwareApplication"},
            "eventTime": time(self.at),
            "object": {"id": attempt, "type": "Attempt", "count": 1, "assignee": assignee,
                "assignable": {"id": item, "type": "Assessment", "maxScore": self.place.points()}},
            "generated": {"id": format!("{attempt}/score"), "type": "Score", "maxScore": 0,
                "scoreGiven": self.score.map(thousandths)},
            "group": {"id": format!("{site}/courses/c1"), "type": "CourseOffering",
                "extensions": {"bb:course.id": BLACKBOARD_COURSE}},
        });
        Some(json!({
            "sensor": "0b8e9a76", "sendTime": time(self.at),
            "dataVersion": "http://purl.imsglobal.org/ctx/caliper/v1p1", "data": [event],
        }))
    }
}

impl Form {
    /// The event; [`Webhook::headers`] are those of the time at which it is sent.
    pub(super) fn webhook(self, number: usize) -> Webhook {
        let body = json!({
            "id": format!("evt_{number}"), "type": "assessment.graded", "timestamp": time(self.at),
            "data": {
                "learner": {"id": Account { lms: Lms::Forms, human: self.human, spare: false }.id(),
                    "email": self.email, "name": self.name},
                "course": {"id": "forms-0"}, "assessment": {"id": format!("form-{}", self.item)},
                "score": {"given": thousandths(self.given), "max": thousandths(self.max)}, "passed": self.passed,
            },
        });
        Webhook { path: "forms", headers: Vec::new(), body: body.to_string(), tells: Some(self) }
    }
}

impl Webhook {
    /// The headers, signed now where they have to be.
    pub(super) fn headers_at(&self, number: usize, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
        if self.tells.is_none() {
            return self.headers.clone();
        }
        let (id, timestamp) = (format!("msg_{number}"), now.timestamp().to_string());
        let key = BASE64_STANDARD.decode(FORMS_SECRET.trim_start_matches("whsec_")).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{id}.{timestamp}.{}", self.body).as_bytes());
        let signature = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        vec![("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)]
    }
}

fn plain(path: &'static str, mut headers: Vec<(&'static str, String)>, body: &Value) -> Webhook {
    headers.push(("content-type", "application/json".to_owned()));
    Webhook { path, headers, body: body.to_string(), tells: None }
}

pub(super) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// As Canvas and Blackboard write times of gradebooks.
pub(super) fn seconds(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
