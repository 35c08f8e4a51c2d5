//! The web service functions of the sandbox's Moodle that a badge service may call.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use serde_json::{Value, json};

use super::super::Shared;
use super::{Moodle, MoodleCourse, MoodleItem, MoodleUser, WS_TOKEN};

impl Moodle {
    fn answer(&self, function: &str, form: &BTreeMap<String, String>) -> Value {
        let number = |name: &str| form.get(name).and_then(|value| value.parse::<i64>().ok());
        let user = number("userid").filter(|user| *user != 0);
        match function {
            "core_webservice_get_site_info" => return Self::site_info(),
            "core_user_get_users_by_field" => return self.users_by_field(form),
            "core_course_get_courses_by_field" => return self.courses(form),
            _ => {}
        }
        let Some(course) = number("courseid").and_then(|course| self.courses.get(&course)) else {
            return exception("invalidrecord", "Can't find data record in database table course.");
        };
        let learner = user.filter(|user| course.learners.contains(user));
        match (function, learner) {
            ("gradereport_user_get_grade_items", _) => self.grade_items(course, user),
            ("core_completion_get_activities_completion_status", Some(learner)) => course.activities(learner),
            ("core_completion_get_course_completion_status", Some(learner)) => course.completion(learner),
            (
                "core_completion_get_activities_completion_status"
                | "core_completion_get_course_completion_status",
                None,
            ) => exception("usernotenroled", "User is not enrolled in this course"),
            ("tool_lp_data_for_user_competency_summary_in_course", _) => {
                course.competency(user.unwrap_or_default())
            }
            _ => exception("invalidrecord", "Can't find data record in database table external_functions."),
        }
    }

    fn site_info() -> Value {
        let functions: Vec<Value> =
            FUNCTIONS.iter().map(|name| json!({"name": name, "version": "2024100706"})).collect();
        json!({
            "sitename": "Sandbox Moodle", "username": "badgebot", "firstname": "Badge", "lastname": "Bot",
            "fullname": "Badge Bot", "lang": "en", "userid": 10, "siteurl": "http://localhost",
            "functions": functions, "release": "4.5.6 (Build: 20250811)", "version": "2024100706",
        })
    }

    fn users_by_field(&self, form: &BTreeMap<String, String>) -> Value {
        let field = form.get("field").map(String::as_str);
        let values: Vec<&str> = form
            .iter()
            .filter(|(name, _)| name.starts_with("values["))
            .map(|(_, value)| value.as_str())
            .collect();
        // Ids are asked for by the hundred.
        if field == Some("id") {
            let asked = values.iter().filter_map(|id| self.users.get(&id.parse().ok()?));
            return asked.map(MoodleUser::json).collect();
        }
        let users = self.users.values().filter(|user| {
            let own = match field {
                Some("email") => &user.email,
                Some("idnumber") => &user.id_number,
                Some("username") => &user.user_name,
                _ => return false,
            };
            values.contains(&own.as_str())
        });
        users.map(MoodleUser::json).collect()
    }

    fn courses(&self, form: &BTreeMap<String, String>) -> Value {
        let value = form.get("value").map_or("", String::as_str);
        let field = form.get("field").map(String::as_str);
        let found = self.courses.values().filter(|course| match field {
            Some("id") => course.id.to_string() == value,
            Some("shortname") => course.short_name == value,
            Some("idnumber") => course.id_number == value,
            _ => false,
        });
        let found: Vec<Value> = found
            .map(|course| {
                json!({
                    "id": course.id, "fullname": course.name, "displayname": course.name,
                    "shortname": course.short_name, "categoryid": 2, "categoryname": "Certification",
                })
            })
            .collect();
        json!({"courses": found, "warnings": []})
    }

    fn grade_items(&self, course: &MoodleCourse, user: Option<i64>) -> Value {
        if user.is_some_and(|user| !self.users.contains_key(&user)) {
            return exception("invaliduser", "Invalid user");
        }
        let learners = match user {
            Some(user) => course.learners.get(&user).into_iter().collect::<Vec<_>>(),
            None => course.learners.iter().collect(),
        };
        let grades: Vec<Value> = learners
            .into_iter()
            .filter_map(|id| self.users.get(id))
            .map(|learner| {
                let items: Vec<_> =
                    course.items.iter().map(|item| course.grade_item(learner.id, item)).collect();
                json!({
                    "courseid": course.id, "courseidnumber": course.id_number, "userid": learner.id,
                    "userfullname": learner.full_name(), "useridnumber": learner.id_number, "maxdepth": 2,
                    "gradeitems": items,
                })
            })
            .collect();
        json!({"usergrades": grades, "warnings": []})
    }
}

impl MoodleCourse {
    fn grade_item(&self, learner: i64, item: &MoodleItem) -> Value {
        let grade = self.grades.get(&(learner, item.id)).copied();
        let raw = grade.and_then(|grade| grade.raw);
        let mut json = json!({
            "id": item.id, "itemname": if item.name.is_empty() { Value::Null } else { json!(item.name) },
            "itemtype": item.kind, "itemmodule": item.module.map(|(module, ..)| module),
            "iteminstance": item.module.map(|(_, instance, _)| instance), "itemnumber": 0,
            "idnumber": item.id_number, "categoryid": 1, "outcomeid": null, "scaleid": null, "locked": false,
            "graderaw": raw.map(number), "gradedatesubmitted": null,
            "gradedategraded": raw.and(grade.map(|grade| grade.graded_at)),
            "gradehiddenbydate": false, "gradeneedsupdate": false,
            "gradeishidden": grade.is_some_and(|grade| grade.hidden), "gradeislocked": false,
            "gradeisoverridden": false, "gradeformatted": item.formatted(raw),
            "grademin": number(item.min), "grademax": number(item.max), "feedback": "", "feedbackformat": 2,
            "weightraw": 0, "weightformatted": "0.00 %",
        });
        if let (None, Some(json)) = (raw, json.as_object_mut()) {
            json.insert("status".to_owned(), json!("novalue"));
        }
        if let (Some((.., cmid)), Some(json)) = (item.module, json.as_object_mut()) {
            json.insert("cmid".to_owned(), json!(cmid));
        }
        json
    }

    fn activities(&self, user: i64) -> Value {
        let tracked =
            self.items.iter().filter(|item| item.module.is_some_and(|(.., cmid)| cmid != 2 && cmid != 4));
        let statuses: Vec<Value> = tracked
            .filter_map(|item| {
                let (module, instance, cmid) = item.module?;
                let grade = self.grades.get(&(user, item.id)).copied();
                let raw = grade.and_then(|grade| grade.raw);
                let state = match (raw, item.pass) {
                    (None, _) => 0,
                    (Some(raw), Some(pass)) if raw >= pass => 2,
                    (Some(_), Some(_)) => 3,
                    (Some(_), None) => 1,
                };
                Some(json!({
                    "cmid": cmid, "modname": module, "instance": instance, "state": state,
                    "timecompleted": grade.map_or(0, |grade| grade.graded_at), "tracking": 2, "overrideby": null,
                    "valueused": false, "hascompletion": true, "isautomatic": true, "istrackeduser": true,
                    "uservisible": true, "details": [], "isoverallcomplete": state == 2,
                }))
            })
            .collect();
        json!({"statuses": statuses, "warnings": []})
    }

    fn completion(&self, user: i64) -> Value {
        let at = self.completed.get(&user);
        json!({
            "completionstatus": {"completed": at.is_some(), "aggregation": 1, "completions": [{
                "type": 4, "title": "Activity completion", "status": if at.is_some() { "Yes" } else { "No" },
                "complete": at.is_some(), "timecompleted": at,
                "details": {"type": "Activity completion", "criteria": "Final Quiz", "requirement": "Achieving passing grade", "status": ""},
            }]},
            "warnings": [],
        })
    }

    fn competency(&self, user: i64) -> Value {
        json!({
            "usercompetencysummary": {
                "showrelatedcompetencies": true, "cangrade": false,
                "competency": {"competency": {"id": 1, "shortname": "Fire safety", "idnumber": "COMP-FIRE"}},
                "user": {"id": user},
                "usercompetencycourse": {
                    "userid": user, "courseid": self.id, "competencyid": 1, "proficiency": false, "grade": 1,
                    "timecreated": 1_795_423_329, "timemodified": 1_795_423_331, "gradename": "Not yet competent",
                    "proficiencyname": "No",
                },
                "evidence": [],
            },
            "course": {"id": self.id, "fullname": self.name},
        })
    }
}

/// The functions that the sandbox's service offers.
const FUNCTIONS: [&str; 7] = [
    "core_webservice_get_site_info",
    "core_user_get_users_by_field",
    "core_course_get_courses_by_field",
    "gradereport_user_get_grade_items",
    "core_completion_get_activities_completion_status",
    "core_completion_get_course_completion_status",
    "tool_lp_data_for_user_competency_summary_in_course",
];

impl MoodleUser {
    fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id, "username": self.user_name, "firstname": self.first_name, "lastname": self.last_name,
            "fullname": self.full_name(), "email": self.email, "department": "", "idnumber": self.id_number,
            "firstaccess": 0, "lastaccess": 0, "auth": "manual", "suspended": self.suspended, "confirmed": true,
            "lang": "en", "timezone": "99", "mailformat": 1,
        })
    }
}

impl MoodleItem {
    fn formatted(&self, raw: Option<f64>) -> String {
        let Some(raw) = raw else { return "-".to_owned() };
        let value = self
            .scale
            .iter()
            .zip(1_u8..)
            .find(|(_, position)| (f64::from(*position) - raw).abs() < 0.5)
            .map_or_else(|| format!("{raw:.2}"), |(name, _)| (*name).to_owned());
        match self.pass {
            Some(pass) if raw >= pass => format!("<i class=\"icon fa fa-check\" title=\"Pass\"></i>{value}"),
            Some(_) => format!("<i class=\"icon fa fa-xmark\" title=\"Fail\"></i>{value}"),
            None => value,
        }
    }
}

/// Whole numbers without a point, as PHP writes them.
#[allow(clippy::cast_possible_truncation, reason = "grades are small")]
fn number(value: f64) -> Value {
    if value.fract() == 0.0 { json!(value as i64) } else { json!(value) }
}

fn exception(code: &str, message: &str) -> Value {
    json!({"exception": "core\\exception\\moodle_exception", "errorcode": code, "message": message})
}

pub(crate) fn router(site: Shared<Moodle>) -> Router {
    Router::new().route("/webservice/rest/server.php", post(call)).with_state(site)
}

async fn call(State(site): State<Shared<Moodle>>, Form(form): Form<BTreeMap<String, String>>) -> Response {
    let text = |name: &str| form.get(name).map_or("", String::as_str);
    let answer = if text("wstoken") == WS_TOKEN {
        site.lock().answer(text("wsfunction"), &form)
    } else {
        exception("invalidtoken", "Invalid token - token not found")
    };
    if text("moodlewsrestformat") != "json" {
        let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<RESPONSE></RESPONSE>\n";
        return ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], xml).into_response();
    }
    Json(answer).into_response()
}
