//! Tests over raw requests and web service answers recorded from a Moodle 4.5.6.

mod attempts;
mod captures;
mod confirm;
mod faults;
mod gradebook;
mod readme;
mod rights;
mod traps;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::{
    Answer, ApiError, Asked, Body, Call, Confirmation, Connector, Http, Outcome, Receipt, Rejection, Request,
    Signal,
};

/// The secrets in the recorded requests.
pub(super) const BODY_TOKEN: &str = "s3cr3t-shared-token";
pub(super) const RAW_TOKEN: &str = "s3cr3t";

pub(super) fn fixture(path: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("moodle/fixtures").join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(super) fn source() -> Box<dyn Connector> {
    super::build(json!({
        "site": "http://127.0.0.1:18000",
        "ws_token": "wst0ken",
        "token": ["the-next-token", BODY_TOKEN],
        "trigger_token": [BODY_TOKEN, RAW_TOKEN],
        "xapi": {"username": "lrskey", "password": "lrssecret"},
    }))
    .unwrap()
}

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

/// One recorded request.
#[derive(Clone)]
pub(super) struct Capture {
    pub(super) file: String,
    pub(super) path: &'static str,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Capture {
    pub(super) fn read(file: &str) -> Self {
        let raw = fixture(&format!("captures/{file}"));
        let end = raw.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&raw[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let path = if lines.next().unwrap().contains("/statements") { "/statements" } else { "" };
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect();
        Self { file: file.to_owned(), path, headers, body: raw[end + 4..].to_vec() }
    }

    /// Every recorded request, in the order in which they arrived.
    pub(super) fn all() -> Vec<Self> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("moodle/fixtures/captures");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        assert_eq!(files.len(), 82);
        files.iter().map(|file| Self::read(file)).collect()
    }

    /// The one that begins with this number.
    pub(super) fn number(number: &str) -> Self {
        Self::all().into_iter().find(|capture| capture.file.starts_with(number)).unwrap()
    }

    pub(super) fn send(&self) -> Result<Receipt, Rejection> {
        self.send_at(at(1_795_424_000))
    }

    pub(super) fn send_at(&self, received_at: DateTime<Utc>) -> Result<Receipt, Rejection> {
        source().receive(&Request {
            path: self.path,
            headers: &self.headers,
            body: &self.body,
            received_at,
            keys: None,
        })
    }

    pub(super) fn signal(&self) -> Signal {
        let mut signals = self.send().unwrap().signals;
        assert_eq!(signals.len(), 1, "{}", self.file);
        signals.remove(0)
    }

    /// The same event with other members.
    pub(super) fn with(&self, change: impl Fn(&mut Value)) -> Self {
        let mut event: Value = serde_json::from_slice(&self.body).unwrap();
        change(&mut event);
        Self { body: serde_json::to_vec(&event).unwrap(), ..self.clone() }
    }
}

/// The body of a recorded web service answer.
pub(super) fn recorded(name: &str) -> Vec<u8> {
    let text = String::from_utf8(fixture(&format!("ws/{name}.txt"))).unwrap().replace("\r\n", "\n");
    let (_, answer) = text.split_once("HTTP/1.1 200 OK\n").unwrap();
    answer.split_once("\n\n").unwrap().1.as_bytes().to_vec()
}

pub(super) fn recorded_json(name: &str) -> Value {
    serde_json::from_slice(&recorded(name)).unwrap()
}

/// A Moodle that answers what it was told to, and remembers what it was asked.
pub(super) struct Site {
    answers: BTreeMap<String, Answer>,
    pub(super) asked: Mutex<Vec<String>>,
}

impl Site {
    /// The recorded site: alice's answers for every learner who has none of their own.
    pub(super) fn recorded() -> Self {
        let mut site = Self { answers: BTreeMap::new(), asked: Mutex::default() };
        for (function, name) in [
            ("gradereport_user_get_grade_items userid=4", "badgebot.gradereport_user_get_grade_items"),
            ("gradereport_user_get_grade_items userid=8", "badgebot.grade_items_hidden"),
            ("gradereport_user_get_grade_items userid=0", "badgebot.gradereport_user_get_grade_items_ALL"),
            ("gradereport_user_get_grade_items userid=9999", "err.grade_items_nouser"),
            ("core_course_get_courses_by_field", "badgebot.core_course_get_courses_by_field"),
            (
                "core_completion_get_activities_completion_status",
                "badgebot.core_completion_get_activities_completion_status",
            ),
            (
                "core_completion_get_course_completion_status",
                "badgebot.core_completion_get_course_completion_status",
            ),
            (
                "tool_lp_data_for_user_competency_summary_in_course",
                "badgebot.tool_lp_data_for_user_competency_summary_in_course",
            ),
            ("mod_quiz_get_user_attempts", "badgebot.mod_quiz_get_user_attempts"),
            ("mod_quiz_get_quizzes_by_courses", "badgebot.mod_quiz_get_quizzes_by_courses"),
            ("core_webservice_get_site_info", "badgebot.core_webservice_get_site_info"),
        ] {
            site.answer(function, 200, recorded(name));
        }
        // Not recorded: nobody of these teaches.
        site.json("core_user_get_course_user_profiles", &json!([]));
        site
    }

    /// Sets the answer to a function, or to a function asked about one `userid`.
    pub(super) fn answer(&mut self, function: &str, status: u16, body: impl Into<Vec<u8>>) {
        let answer = Answer { status, headers: HeaderMap::new(), body: body.into() };
        self.answers.insert(function.to_owned(), answer);
    }

    pub(super) fn json(&mut self, function: &str, body: &Value) {
        self.answer(function, 200, body.to_string());
    }

    /// Changes one grade item of one learner's report.
    pub(super) fn item(&mut self, learner: u64, item: u64, members: &Value) {
        let key = format!("gradereport_user_get_grade_items userid={learner}");
        let mut report: Value = serde_json::from_slice(&self.answers[&key].body).unwrap();
        let items = report["usergrades"][0]["gradeitems"].as_array_mut().unwrap();
        let found = items.iter_mut().find(|candidate| candidate["id"] == json!(item)).unwrap();
        found.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        self.json(&key, &report);
    }

    pub(super) fn functions(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|call| call.split(' ').next().unwrap().to_owned()).collect()
    }
}

/// The accounts of the recorded site, as the account “badgebot” sees them.
pub(super) fn accounts() -> Vec<Value> {
    let mut users = recorded_json("badgebot.core_user_get_users_by_field").as_array().unwrap().clone();
    for (id, name) in [(5, "bob"), (7, "dave"), (8, "erin"), (9, "frank")] {
        users.push(json!({"id": id, "username": name, "fullname": name,
            "email": format!("{name}@example.test"), "suspended": false, "lang": "en"}));
    }
    users
}

#[async_trait]
impl Http for Site {
    async fn send(&self, call: Call) -> Result<Answer, ApiError> {
        assert!(!call.url.as_str().contains("wst0ken"), "no secret in an address");
        let Body::Form(form) = &call.body else { panic!("not a form") };
        let of = |name: &str| {
            form.iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.expose().to_owned())
                .unwrap_or_default()
        };
        assert_eq!(of("wstoken"), "wst0ken");
        assert_eq!(of("moodlewsrestformat"), "json");
        let function = of("wsfunction");
        let rest: Vec<String> =
            form[3..].iter().map(|(name, value)| format!("{name}={}", value.expose())).collect();
        let anew = if call.refresh { " anew" } else { "" };
        self.asked.lock().unwrap().push(format!("{function} {}{anew}", rest.join("&")));

        let special = self.answers.get(&format!("{function} userid={}", of("userid")));
        if let Some(answer) = special.or_else(|| self.answers.get(&function)) {
            return Ok(answer.clone());
        }
        assert_eq!(function, "core_user_get_users_by_field", "unexpected call");
        let field = of("field");
        let wanted: Vec<&str> = form
            .iter()
            .filter(|(name, _)| name.starts_with("values["))
            .map(|(_, value)| value.expose())
            .collect();
        let users: Vec<Value> = accounts()
            .into_iter()
            .filter(|user| wanted.contains(&user[&field].to_string().trim_matches('"')))
            .collect();
        Ok(Answer {
            status: 200,
            headers: HeaderMap::new(),
            body: Value::from(users).to_string().into_bytes(),
        })
    }
}

/// When the recorded API answers were read.
pub(super) const READ_AT: i64 = 1_795_424_000;

pub(super) async fn confirm(site: &Site, signals: &[Signal]) -> Result<Vec<Confirmation>, ApiError> {
    confirm_asked(site, signals, &Asked::default()).await
}

pub(super) async fn confirm_asked(
    site: &Site,
    signals: &[Signal],
    asked: &Asked,
) -> Result<Vec<Confirmation>, ApiError> {
    source().confirm(signals, asked, site, at(READ_AT)).await
}

pub(super) async fn confirm_one(site: &Site, signal: Signal) -> Confirmation {
    let mut confirmations = confirm(site, &[signal]).await.unwrap();
    assert_eq!(confirmations.len(), 1);
    confirmations.remove(0)
}

pub(super) fn settled(confirmation: &Confirmation) -> &[Outcome] {
    match confirmation {
        Confirmation::Settled(outcomes) => outcomes,
        other => panic!("not settled: {other:?}"),
    }
}

pub(super) fn unsettled(confirmation: &Confirmation) -> (&[Outcome], &str) {
    match confirmation {
        Confirmation::Unsettled { outcomes, why } => (outcomes, why),
        other => panic!("not unsettled: {other:?}"),
    }
}

pub(super) fn outcome<'a>(outcomes: &'a [Outcome], id: &str) -> &'a Outcome {
    outcomes.iter().find(|outcome| outcome.assessment.id == id).unwrap_or_else(|| panic!("no outcome {id}"))
}
