//! A Blackboard Learn: courses with gradebook columns, and the REST calls that a badge service may
//! make.

mod service;

use std::collections::BTreeMap;

pub(super) use service::router;

/// The key of the REST application.
pub const APPLICATION_KEY: &str = "sandbox-application-key";
/// Its secret.
pub const APPLICATION_SECRET: &str = "sandbox-application-secret";

/// The course of the demo.
const COURSE: &str = "_301_1";
const COLUMN: &str = "_702_1";

/// A site.
#[derive(Debug, Clone, Default)]
pub struct Blackboard {
    users: BTreeMap<String, BlackboardUser>,
    courses: BTreeMap<String, BlackboardCourse>,
}

/// A user.
#[derive(Debug, Clone)]
pub struct BlackboardUser {
    /// The user name.
    pub user_name: String,
    /// The given name.
    pub given: String,
    /// The family name.
    pub family: String,
    /// The external id.
    pub external_id: String,
    /// The address, if there is one.
    pub email: Option<String>,
}

/// A course. The ids of its columns are unique in the site.
#[derive(Debug, Clone, Default)]
pub struct BlackboardCourse {
    /// Its id.
    pub id: String,
    /// The course id that people use, and the external id.
    pub course_id: String,
    /// Its name.
    pub name: String,
    /// Gradebook columns by id.
    pub columns: BTreeMap<String, BlackboardColumn>,
    /// Members, each with whether they are available.
    pub members: BTreeMap<String, bool>,
    /// Grades by column and learner.
    pub grades: BTreeMap<(String, String), Grade>,
}

/// A gradebook column.
#[derive(Debug, Clone)]
pub struct BlackboardColumn {
    /// Its name.
    pub name: String,
    /// Points possible; of a total the sum of the others.
    pub possible: f64,
    /// Whether learners see it.
    pub visible: bool,
    /// Whether it is the total of the others.
    pub total: bool,
}

/// A grade.
#[derive(Debug, Clone)]
pub struct Grade {
    /// Points, as displayed.
    pub score: Option<f64>,
    /// Exempt from the assessment.
    pub exempt: bool,
    /// Whether the attempt's grade was posted.
    pub posted: bool,
    /// When it was graded, RFC 3339, where that is told.
    pub graded_at: Option<String>,
    change_index: i64,
}

impl Blackboard {
    /// A course on laboratory safety: one grade above the mark, one below, one preview user.
    pub fn lab_safety() -> Self {
        let mut site = Self::default();
        let column = BlackboardColumn {
            name: "Safety assessment".to_owned(),
            possible: 160.0,
            visible: true,
            total: false,
        };
        site.open(BlackboardCourse {
            id: COURSE.to_owned(),
            course_id: "LAB-100".to_owned(),
            name: "Laboratory Safety".to_owned(),
            columns: BTreeMap::from([(COLUMN.to_owned(), column)]),
            ..BlackboardCourse::default()
        });
        for (id, user_name, given, family, score) in [
            ("_12345_1", "priya.p", "Priya", "Patel", 144.0),
            ("_12346_1", "quentin.q", "Quentin", "Quist", 88.0),
            ("_12347_1", "instructor_previewuser", "Preview", "User", 160.0),
        ] {
            let user = BlackboardUser {
                user_name: user_name.to_owned(),
                given: given.to_owned(),
                family: family.to_owned(),
                external_id: user_name.to_owned(),
                email: Some(format!("{user_name}@example.test")),
            };
            site.register(id, user);
            site.enrol(COURSE, id, true);
            site.set(COLUMN, id, Some(score), None);
        }
        site
    }

    /// A learner's grade in the demo's column, to change: it counts as changed.
    pub fn grade(&mut self, learner: &str) -> Option<&mut Grade> {
        self.grade_in(COLUMN, learner)
    }

    /// Deletes a learner's grade in the demo's column.
    pub fn delete(&mut self, learner: &str) {
        self.delete_in(COLUMN, learner);
    }

    /// Adds a user, or changes one.
    pub fn register(&mut self, id: &str, user: BlackboardUser) {
        self.users.insert(id.to_owned(), user);
    }

    /// A user, to change.
    pub fn user(&mut self, id: &str) -> Option<&mut BlackboardUser> {
        self.users.get_mut(id)
    }

    /// Deletes a user, with their memberships and grades.
    pub fn delete_user(&mut self, id: &str) {
        self.users.remove(id);
        for course in self.courses.values_mut() {
            course.members.remove(id);
            course.grades.retain(|(_, learner), _| learner != id);
        }
    }

    /// Adds a course.
    pub fn open(&mut self, course: BlackboardCourse) {
        self.courses.insert(course.id.clone(), course);
    }

    /// A course, to change.
    pub fn course(&mut self, id: &str) -> Option<&mut BlackboardCourse> {
        self.courses.get_mut(id)
    }

    /// Puts somebody into a course, or changes whether they are available in it.
    pub fn enrol(&mut self, course: &str, learner: &str, available: bool) {
        if let Some(course) = self.courses.get_mut(course) {
            course.members.insert(learner.to_owned(), available);
        }
    }

    /// Enters a grade and posts it; what was exempt stays exempt.
    pub fn set(&mut self, column: &str, learner: &str, score: Option<f64>, graded_at: Option<String>) {
        let Some(course) = self.with_column(column) else { return };
        let change_index = course.newest(column) + 1;
        let key = (column.to_owned(), learner.to_owned());
        let exempt = course.grades.get(&key).is_some_and(|grade| grade.exempt);
        course.grades.insert(key, Grade { score, exempt, posted: true, graded_at, change_index });
    }

    /// A learner's grade, to change: it counts as changed.
    pub fn grade_in(&mut self, column: &str, learner: &str) -> Option<&mut Grade> {
        let course = self.with_column(column)?;
        let newest = course.newest(column);
        let grade = course.grades.get_mut(&(column.to_owned(), learner.to_owned()))?;
        grade.change_index = newest + 1;
        Some(grade)
    }

    /// Deletes a learner's grade; that raises no change index.
    pub fn delete_in(&mut self, column: &str, learner: &str) {
        if let Some(course) = self.with_column(column) {
            course.grades.remove(&(column.to_owned(), learner.to_owned()));
        }
    }

    /// Resets a course: all its grades are gone.
    pub fn reset(&mut self, course: &str) {
        if let Some(course) = self.courses.get_mut(course) {
            course.grades.clear();
        }
    }

    fn with_column(&mut self, column: &str) -> Option<&mut BlackboardCourse> {
        self.courses.values_mut().find(|course| course.columns.contains_key(column))
    }
}

impl BlackboardCourse {
    /// Whether somebody is an available member.
    pub fn has(&self, learner: &str) -> bool {
        self.members.get(learner).copied().unwrap_or_default()
    }

    /// A learner's grade.
    pub fn grade_of(&self, column: &str, learner: &str) -> Option<&Grade> {
        self.grades.get(&(column.to_owned(), learner.to_owned()))
    }

    /// A learner's points in all columns, and those possible; `None` without any grade.
    pub fn total(&self, learner: &str) -> Option<(f64, f64)> {
        let columns = || self.columns.iter().filter(|(_, column)| !column.total);
        let mut scores = columns()
            .filter_map(|(id, _)| self.grade_of(id, learner).filter(|it| it.posted && !it.exempt)?.score)
            .peekable();
        scores.peek()?;
        Some((scores.sum(), columns().map(|(_, column)| column.possible).sum()))
    }

    /// The highest change index of a column.
    fn newest(&self, column: &str) -> i64 {
        let of = self.grades.iter().filter(|((own, _), _)| own == column);
        of.map(|(_, grade)| grade.change_index).max().unwrap_or_default()
    }
}
