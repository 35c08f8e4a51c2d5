//! What Moodle's web services answer, as far as it is read.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::number::{member_decimal, member_id, member_optional_id};

/// Answer of `gradereport_user_get_grade_items`.
#[derive(Debug, Deserialize)]
pub(super) struct GradeReports {
    pub(super) usergrades: Vec<GradeReport>,
}

/// The gradebook of one learner in one course.
#[derive(Debug, Deserialize)]
pub(super) struct GradeReport {
    #[serde(deserialize_with = "member_id")]
    pub(super) userid: u64,
    pub(super) userfullname: Option<String>,
    pub(super) useridnumber: Option<String>,
    pub(super) courseidnumber: Option<String>,
    pub(super) gradeitems: Vec<GradeItem>,
}

impl GradeReport {
    /// The setting of the course's user report that leaves out what every rule needs.
    pub(super) fn lacks(&self) -> Option<&'static str> {
        let all =
            |lacks: fn(&GradeItem) -> bool| !self.gradeitems.is_empty() && self.gradeitems.iter().all(lacks);
        if all(|item| item.gradeishidden.is_none()) {
            return Some("Show grades");
        }
        // A range is never null.
        all(|item| item.grademax.is_none()).then_some("Show ranges")
    }

    /// Whether everything that the total may count is graded; `None` where that hangs on who is
    /// excluded, and the report does not tell (“Show weightings” is off).
    pub(super) fn all_graded(&self) -> Option<bool> {
        if !self.gradeitems.iter().any(GradeItem::is_open) {
            return Some(true);
        }
        let tells = |item: &GradeItem| item.status.is_some() || item.weightraw.is_some();
        self.gradeitems.iter().any(tells).then_some(false)
    }

    /// Whether this is a total of grades of which the learner may not see one. What is in the
    /// categories inside a category is not told, so one that holds nothing else rests on all.
    pub(super) fn rests_on_hidden(&self, total: &GradeItem) -> bool {
        let others = || self.gradeitems.iter().filter(|item| item.id != total.id);
        let inside = |item: &&GradeItem| item.categoryid.is_some() && item.categoryid == total.iteminstance;
        match total.itemtype.as_str() {
            "category" if others().any(|item| inside(&item)) => {
                others().filter(inside).any(GradeItem::has_hidden_grade)
            }
            "course" | "category" => others().any(GradeItem::has_hidden_grade),
            _ => false,
        }
    }
}

/// One grade item with the learner's grade.
#[derive(Debug, Deserialize)]
pub(super) struct GradeItem {
    #[serde(deserialize_with = "member_id")]
    pub(super) id: u64,
    pub(super) itemname: Option<String>,
    /// `mod`, `manual`, `category` or `course`.
    pub(super) itemtype: String,
    pub(super) itemmodule: Option<String>,
    pub(super) idnumber: Option<String>,
    /// The quiz or assignment, by the id that its own functions take; of a total its category.
    #[serde(default, deserialize_with = "member_optional_id")]
    pub(super) iteminstance: Option<u64>,
    /// The category in which it is; totals have none.
    #[serde(default, deserialize_with = "member_optional_id")]
    categoryid: Option<u64>,
    #[serde(default, deserialize_with = "member_optional_id")]
    pub(super) cmid: Option<u64>,
    #[serde(default, deserialize_with = "member_decimal")]
    pub(super) graderaw: Option<Decimal>,
    #[serde(default, deserialize_with = "member_decimal")]
    pub(super) grademin: Option<Decimal>,
    #[serde(default, deserialize_with = "member_decimal")]
    pub(super) grademax: Option<Decimal>,
    pub(super) gradedategraded: Option<i64>,
    /// Missing, with all that is told of a grade, where the course's report shows no grades.
    gradeishidden: Option<bool>,
    #[serde(default)]
    gradehiddenbydate: bool,
    pub(super) gradeformatted: Option<String>,
    /// What the total makes of it, where that is not plain: `novalue`, `excluded`, `dropped`.
    status: Option<String>,
    /// Its weight in the total. It and the status are missing where the course's report shows no
    /// weightings.
    weightraw: Option<IgnoredAny>,
}

impl GradeItem {
    /// Whether this is the course's total.
    pub(super) fn is_total(&self) -> bool {
        self.itemtype == "course"
    }

    /// Whether a total over it has to wait for its grade: it is no total itself, has no grade,
    /// and the learner is not excluded from it.
    fn is_open(&self) -> bool {
        let total = matches!(self.itemtype.as_str(), "course" | "category");
        !total && self.graderaw.is_none() && !self.is_excluded()
    }

    /// Whether the learner may not see the grade.
    pub(super) fn is_hidden(&self) -> bool {
        self.gradeishidden == Some(true) || self.gradehiddenbydate
    }

    /// Whether a total over it would tell the learner of a grade that they may not see.
    fn has_hidden_grade(&self) -> bool {
        self.graderaw.is_some() && self.is_hidden() && !self.is_excluded()
    }

    /// Whether no total counts it for this learner.
    fn is_excluded(&self) -> bool {
        self.status.as_deref() == Some("excluded")
    }

    /// The id that its outcomes have.
    pub(super) fn assessment(&self) -> String {
        if self.is_total() { crate::Assessment::COURSE_TOTAL.to_owned() } else { format!("item:{}", self.id) }
    }

    /// Whether a rule may name it so.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let own = name == self.assessment()
            || name.strip_prefix("item:").is_some_and(|id| id == self.id.to_string());
        let cmid =
            self.cmid.is_some_and(|cmid| name.strip_prefix("cmid:").is_some_and(|it| it == cmid.to_string()));
        own || cmid || self.idnumber.as_deref().is_some_and(|idnumber| idnumber.trim() == name)
    }
}

/// One account in the answer of `core_user_get_users_by_field`. Members that the web service
/// account may not see are missing.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct User {
    #[serde(deserialize_with = "member_id")]
    pub(super) id: u64,
    pub(super) username: Option<String>,
    pub(super) fullname: Option<String>,
    pub(super) email: Option<String>,
    pub(super) idnumber: Option<String>,
    #[serde(default)]
    pub(super) suspended: bool,
    pub(super) lang: Option<String>,
}

/// One account in the answer of `core_user_get_course_user_profiles`.
#[derive(Debug, Deserialize)]
pub(super) struct Participant {
    #[serde(deserialize_with = "member_id")]
    pub(super) id: u64,
    /// The roles in the course itself; those of its category are not among them.
    #[serde(default)]
    pub(super) roles: Vec<Role>,
}

impl Participant {
    /// Whether they teach in the course. What a role is for is not told, so roles that a site has
    /// made for itself are not known.
    pub(super) fn is_staff(&self) -> bool {
        self.roles.iter().any(|role| STAFF.contains(&role.shortname.as_str()))
    }
}

/// The short names of Moodle's own roles for those who teach, assist or administer.
const STAFF: [&str; 4] = ["manager", "coursecreator", "editingteacher", "teacher"];

/// A role.
#[derive(Debug, Deserialize)]
pub(super) struct Role {
    #[serde(default)]
    pub(super) shortname: String,
}

/// Answer of `core_course_get_courses_by_field`.
#[derive(Debug, Deserialize)]
pub(super) struct Courses {
    pub(super) courses: Vec<CourseInfo>,
}

/// One course. Its idnumber is not in this answer.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CourseInfo {
    #[serde(default, deserialize_with = "member_optional_id")]
    pub(super) id: Option<u64>,
    pub(super) fullname: Option<String>,
    pub(super) shortname: Option<String>,
    /// 0 where the course tracks no completion; missing for accounts that may not know.
    pub(super) enablecompletion: Option<i64>,
}

/// Answer of `core_completion_get_activities_completion_status`.
#[derive(Debug, Deserialize)]
pub(super) struct Activities {
    pub(super) statuses: Vec<Activity>,
}

/// A learner's completion of one activity.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Activity {
    #[serde(deserialize_with = "member_id")]
    pub(super) cmid: u64,
    /// 0 incomplete, 1 complete, 2 passed, 3 failed, 4 failed and hidden.
    pub(super) state: i64,
    /// When the state last changed.
    pub(super) timecompleted: Option<i64>,
}

impl Activity {
    /// Moodle's own decision on passing, where the activity has one.
    pub(super) fn passed(&self) -> Option<bool> {
        match self.state {
            2 => Some(true),
            3 | 4 => Some(false),
            _ => None,
        }
    }
}

/// Answer of `core_completion_get_course_completion_status`.
#[derive(Debug, Deserialize)]
pub(super) struct CourseCompletion {
    pub(super) completionstatus: CompletionStatus,
}

/// A learner's completion of a course.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CompletionStatus {
    pub(super) completed: bool,
    #[serde(default)]
    pub(super) completions: Vec<Criterion>,
}

/// One criterion of a course's completion.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Criterion {
    #[serde(default)]
    pub(super) complete: bool,
    pub(super) timecompleted: Option<i64>,
}

/// Answer of `tool_lp_data_for_user_competency_summary_in_course`.
#[derive(Debug, Deserialize)]
pub(super) struct CompetencyInCourse {
    pub(super) usercompetencysummary: CompetencySummary,
}

/// Answer of `tool_lp_data_for_user_competency_summary`, and part of the one in a course.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CompetencySummary {
    pub(super) competency: Competency,
    /// The rating in the course.
    pub(super) usercompetencycourse: Option<Rating>,
    /// The learner's own rating.
    pub(super) usercompetency: Option<Rating>,
}

/// A competency with its surroundings.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Competency {
    pub(super) competency: CompetencyInfo,
}

/// A competency.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CompetencyInfo {
    pub(super) shortname: Option<String>,
    pub(super) idnumber: Option<String>,
}

/// How a competency was rated.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Rating {
    pub(super) proficiency: Option<bool>,
    /// The index in the scale, from 1.
    pub(super) grade: Option<i64>,
    pub(super) gradename: Option<String>,
    pub(super) timemodified: Option<i64>,
}

/// Answer of `core_webservice_get_site_info`.
#[derive(Debug, Deserialize)]
pub(super) struct SiteInfo {
    pub(super) sitename: String,
    pub(super) siteurl: Option<String>,
    pub(super) username: String,
    pub(super) release: Option<String>,
    #[serde(default)]
    pub(super) userissiteadmin: bool,
    #[serde(default)]
    pub(super) functions: Vec<FunctionInfo>,
}

/// A function of the service.
#[derive(Debug, Deserialize)]
pub(super) struct FunctionInfo {
    pub(super) name: String,
}

/// Any error, which comes with HTTP 200.
#[derive(Debug, Deserialize)]
pub(super) struct Exception {
    pub(super) exception: Option<String>,
    pub(super) errorcode: Option<String>,
    pub(super) message: Option<String>,
}
