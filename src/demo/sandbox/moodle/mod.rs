//! A Moodle: one course with the items, learners and grades of the recorded deliveries.

mod service;

use std::collections::BTreeMap;

use serde_json::Value;

pub(super) use service::router;

/// The web service token.
pub const WS_TOKEN: &str = "sandbox-ws-token";

/// A site with one course.
#[derive(Debug, Clone)]
pub struct Moodle {
    course: Course,
    users: Vec<User>,
    items: Vec<Item>,
    grades: BTreeMap<(i64, i64), Grade>,
    completed: BTreeMap<i64, i64>,
}

#[derive(Debug, Clone)]
struct Course {
    id: i64,
    short_name: &'static str,
    id_number: &'static str,
    name: &'static str,
}

#[derive(Debug, Clone)]
struct User {
    id: i64,
    user_name: &'static str,
    first_name: &'static str,
    last_name: &'static str,
    id_number: &'static str,
    learner: bool,
}

#[derive(Debug, Clone)]
struct Item {
    id: i64,
    name: &'static str,
    kind: &'static str,
    module: Option<(&'static str, i64, i64)>,
    id_number: &'static str,
    min: f64,
    max: f64,
    pass: Option<f64>,
    scale: &'static [&'static str],
}

/// A grade in the gradebook.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Grade {
    /// Points, or the position in a scale from 1.
    raw: Option<f64>,
    /// Unix seconds.
    graded_at: i64,
    /// Hidden from the learner.
    hidden: bool,
}

/// The item of the course's total.
const TOTAL: i64 = 1;

impl Moodle {
    /// The course of the recorded deliveries, before anything is graded.
    pub fn workplace_safety() -> Self {
        let user = |id, user_name, first_name, last_name, id_number| User {
            id,
            user_name,
            first_name,
            last_name,
            id_number,
            learner: id != 3,
        };
        let item = |id, name, kind, module, id_number, range: (f64, f64), pass, scale| Item {
            id,
            name,
            kind,
            module,
            id_number,
            min: range.0,
            max: range.1,
            pass,
            scale,
        };
        let scale: &[&str] = &["Not yet competent", "Competent", "Competent with distinction"];
        Self {
            course: Course {
                id: 2,
                short_name: "WS101",
                id_number: "EXT-WS101",
                name: "Workplace Safety 101",
            },
            users: vec![
                user(3, "teacher1", "Tess", "Teacher", "T-001"),
                user(4, "alice", "Alice", "Ärztin", "SIS-1001"),
                user(5, "bob", "Bob", "Brown", "SIS-1002"),
                user(6, "carol", "Carol", "Chan", ""),
                user(7, "dave", "Dave", "O'Neil", "SIS-1004"),
                user(8, "erin", "Erin", "Evans", "SIS-1005"),
                user(9, "frank", "Frank", "Fox", "SIS-1006"),
            ],
            items: vec![
                item(
                    2,
                    "Safety Report",
                    "mod",
                    Some(("assign", 1, 1)),
                    "ASSIGN-REPORT",
                    (0.0, 100.0),
                    Some(60.0),
                    &[],
                ),
                item(
                    3,
                    "Practical check (scale)",
                    "mod",
                    Some(("assign", 2, 2)),
                    "",
                    (1.0, 3.0),
                    Some(2.0),
                    scale,
                ),
                item(4, "Final Quiz", "mod", Some(("quiz", 1, 3)), "QUIZ-FINAL", (0.0, 10.0), Some(7.0), &[]),
                item(5, "Essay Quiz", "mod", Some(("quiz", 2, 4)), "", (0.0, 100.0), None, &[]),
                item(6, "Oral exam", "manual", None, "ORAL", (0.0, 100.0), Some(50.0), &[]),
                item(TOTAL, "", "course", None, "", (0.0, 100.0), None, &[]),
            ],
            grades: BTreeMap::new(),
            completed: BTreeMap::new(),
        }
    }

    /// The same course, as its gradebook stood after the recorded deliveries.
    pub fn workplace_safety_graded() -> Self {
        let mut site = Self::workplace_safety();
        for (learner, item, raw, graded_at) in [
            (4, 2, 80.0, 1_795_423_114),
            (4, 3, 2.0, 1_795_423_076),
            (4, 4, 10.0, 1_795_423_251),
            (4, TOTAL, 92.0, 1_795_423_251),
            (5, 3, 1.0, 1_795_423_075),
            (5, 4, 10.0, 1_795_423_257),
            (5, 6, 100.0, 1_795_423_120),
            (5, TOTAL, 63.0, 1_795_423_257),
            (6, 6, 66.0, 1_795_423_117),
            (6, TOTAL, 66.0, 1_795_423_117),
            (7, 5, 80.0, 1_795_423_327),
            (7, TOTAL, 80.0, 1_795_423_327),
            (8, 2, 90.0, 1_795_423_322),
            (8, 4, 10.0, 1_795_423_323),
            (8, 6, 44.0, 1_795_423_931),
            (8, TOTAL, 72.0, 1_795_423_931),
            (9, 2, 99.0, 1_795_423_561),
            (9, 4, 10.0, 1_795_423_560),
            (9, TOTAL, 99.1, 1_795_423_561),
        ] {
            site.grade(learner, item, Some(raw), graded_at);
        }
        site.complete(4, 1_795_423_251);
        site.complete(8, 1_795_423_323);
        site.hide(8, 6, true);
        site
    }

    /// Does in the gradebook what an event of a recorded delivery tells: Moodle would have done
    /// it before it sent the event.
    pub fn follow(&mut self, event: &Value) {
        let number = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok());
        let (Some(learner), Some(at)) = (number(&event["relateduserid"]), number(&event["timecreated"]))
        else {
            return;
        };
        let other = &event["other"];
        match event["eventname"].as_str().unwrap_or_default().rsplit('\\').next() {
            Some("user_graded") => {
                let Some(item) = number(&other["itemid"]) else { return };
                let raw = &other["finalgrade"];
                self.grade(learner, item, raw.as_f64().or_else(|| raw.as_str()?.parse().ok()), at);
            }
            Some("course_completed") => self.complete(learner, at),
            _ => {}
        }
    }

    /// Completes the course for a learner.
    pub fn complete(&mut self, learner: i64, at: i64) {
        self.completed.insert(learner, at);
    }

    /// Enters a grade, or deletes it.
    pub fn grade(&mut self, learner: i64, item: i64, raw: Option<f64>, graded_at: i64) {
        let hidden = self.grades.get(&(learner, item)).is_some_and(|grade| grade.hidden);
        self.grades.insert((learner, item), Grade { raw, graded_at, hidden });
    }

    /// Hides a grade from its learner, or shows it.
    pub fn hide(&mut self, learner: i64, item: i64, hidden: bool) {
        if let Some(grade) = self.grades.get_mut(&(learner, item)) {
            grade.hidden = hidden;
        }
    }
}
