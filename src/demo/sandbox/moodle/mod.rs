//! A Moodle: courses with grade items, learners and grades. What a recorded delivery tells can be
//! done in its gradebook.

mod service;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub(super) use service::router;

/// The web service token.
pub const WS_TOKEN: &str = "sandbox-ws-token";

/// A site.
#[derive(Debug, Clone, Default)]
pub struct Moodle {
    users: BTreeMap<i64, MoodleUser>,
    courses: BTreeMap<i64, MoodleCourse>,
}

/// A course. The ids of its items are unique in the site.
#[derive(Debug, Clone, Default)]
pub struct MoodleCourse {
    /// Its id.
    pub id: i64,
    /// Its short name.
    pub short_name: String,
    /// Its ID number.
    pub id_number: String,
    /// Its full name.
    pub name: String,
    /// Grade items in the order of the gradebook.
    pub items: Vec<MoodleItem>,
    /// Who is a learner in it.
    pub learners: BTreeSet<i64>,
    /// Grades by learner and item.
    pub grades: BTreeMap<(i64, i64), MoodleGrade>,
    /// When learners completed it, in Unix seconds.
    pub completed: BTreeMap<i64, i64>,
}

/// An account.
#[derive(Debug, Clone)]
pub struct MoodleUser {
    /// Its id.
    pub id: i64,
    /// The user name.
    pub user_name: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The ID number; may be empty.
    pub id_number: String,
    /// The address; may be empty.
    pub email: String,
    /// Whether the account is suspended.
    pub suspended: bool,
}

/// A grade item.
#[derive(Debug, Clone, Default)]
pub struct MoodleItem {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `mod`, `manual` or `course`.
    pub kind: &'static str,
    /// Of an activity: module, instance and course module.
    pub module: Option<(&'static str, i64, i64)>,
    /// The ID number; may be empty.
    pub id_number: String,
    /// The lowest grade.
    pub min: f64,
    /// The highest grade.
    pub max: f64,
    /// The grade to pass, if there is one.
    pub pass: Option<f64>,
    /// The words of a scale.
    pub scale: &'static [&'static str],
}

/// A grade in the gradebook.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MoodleGrade {
    /// Points, or the position in a scale from 1.
    pub raw: Option<f64>,
    /// Unix seconds.
    pub graded_at: i64,
    /// Hidden from the learner.
    pub hidden: bool,
}

/// The item of the recorded course's total.
const TOTAL: i64 = 1;

impl Moodle {
    /// The course of the recorded deliveries, before anything is graded.
    pub fn workplace_safety() -> Self {
        let user = |id, user_name: &str, first_name: &str, last_name: &str, id_number: &str| MoodleUser {
            id,
            user_name: user_name.to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            id_number: id_number.to_owned(),
            email: format!("{user_name}@example.test"),
            suspended: false,
        };
        let item =
            |id, name: &str, kind, module, id_number: &str, range: (f64, f64), pass, scale| MoodleItem {
                id,
                name: name.to_owned(),
                kind,
                module,
                id_number: id_number.to_owned(),
                min: range.0,
                max: range.1,
                pass,
                scale,
            };
        let scale: &[&str] = &["Not yet competent", "Competent", "Competent with distinction"];
        let mut site = Self::default();
        let users = [
            user(3, "teacher1", "Tess", "Teacher", "T-001"),
            user(4, "alice", "Alice", "Ärztin", "SIS-1001"),
            user(5, "bob", "Bob", "Brown", "SIS-1002"),
            user(6, "carol", "Carol", "Chan", ""),
            user(7, "dave", "Dave", "O'Neil", "SIS-1004"),
            user(8, "erin", "Erin", "Evans", "SIS-1005"),
            user(9, "frank", "Frank", "Fox", "SIS-1006"),
        ];
        let items = vec![
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
        ];
        let course = MoodleCourse {
            id: 2,
            short_name: "WS101".to_owned(),
            id_number: "EXT-WS101".to_owned(),
            name: "Workplace Safety 101".to_owned(),
            items,
            ..MoodleCourse::default()
        };
        site.courses.insert(course.id, course);
        for user in users {
            let id = user.id;
            site.register(user);
            // The first one is the teacher.
            if id != 3 {
                site.enrol(2, id);
            }
        }
        site
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
        site.complete(2, 4, 1_795_423_251);
        site.complete(2, 8, 1_795_423_323);
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
            Some("course_completed") => {
                if let Some(course) = number(&event["courseid"]) {
                    self.complete(course, learner, at);
                }
            }
            _ => {}
        }
    }

    /// Adds an account, or changes it.
    pub fn register(&mut self, user: MoodleUser) {
        self.users.insert(user.id, user);
    }

    /// An account, to change.
    pub fn user(&mut self, id: i64) -> Option<&mut MoodleUser> {
        self.users.get_mut(&id)
    }

    /// Deletes an account, with its places in courses.
    pub fn delete_user(&mut self, id: i64) {
        self.users.remove(&id);
        for course in self.courses.values_mut() {
            course.learners.remove(&id);
        }
    }

    /// Adds a course.
    pub fn open(&mut self, course: MoodleCourse) {
        self.courses.insert(course.id, course);
    }

    /// A course.
    pub fn course(&self, id: i64) -> Option<&MoodleCourse> {
        self.courses.get(&id)
    }

    /// Puts somebody into a course as a learner; earlier grades are there again.
    pub fn enrol(&mut self, course: i64, learner: i64) {
        if let Some(course) = self.courses.get_mut(&course) {
            course.learners.insert(learner);
        }
    }

    /// Takes a learner out of a course.
    pub fn unenrol(&mut self, course: i64, learner: i64) {
        if let Some(course) = self.courses.get_mut(&course) {
            course.learners.remove(&learner);
        }
    }

    /// Resets a course: all its grades and completions are gone.
    pub fn reset(&mut self, course: i64) {
        if let Some(course) = self.courses.get_mut(&course) {
            course.grades.clear();
            course.completed.clear();
        }
    }

    /// Completes the course for a learner.
    pub fn complete(&mut self, course: i64, learner: i64, at: i64) {
        if let Some(course) = self.courses.get_mut(&course) {
            course.completed.insert(learner, at);
        }
    }

    /// Takes the completion of a course back.
    pub fn uncomplete(&mut self, course: i64, learner: i64) {
        if let Some(course) = self.courses.get_mut(&course) {
            course.completed.remove(&learner);
        }
    }

    /// Enters a grade, or deletes it.
    pub fn grade(&mut self, learner: i64, item: i64, raw: Option<f64>, graded_at: i64) {
        if let Some(course) = self.with_item(item) {
            let hidden = course.grades.get(&(learner, item)).is_some_and(|grade| grade.hidden);
            course.grades.insert((learner, item), MoodleGrade { raw, graded_at, hidden });
        }
    }

    /// Hides a grade from its learner, or shows it.
    pub fn hide(&mut self, learner: i64, item: i64, hidden: bool) {
        if let Some(grade) = self.with_item(item).and_then(|course| course.grades.get_mut(&(learner, item))) {
            grade.hidden = hidden;
        }
    }

    /// Sets the grade to pass.
    pub fn set_pass(&mut self, item: i64, pass: Option<f64>) {
        let items = self.courses.values_mut().flat_map(|course| &mut course.items);
        for own in items.filter(|own| own.id == item) {
            own.pass = pass;
        }
    }

    fn with_item(&mut self, item: i64) -> Option<&mut MoodleCourse> {
        self.courses.values_mut().find(|course| course.items.iter().any(|own| own.id == item))
    }
}
