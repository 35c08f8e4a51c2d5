//! Which competencies there are, by the names that rules use, and who may have been rated in them.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::answers::{CompetencyInfo, GradeReports};
use super::api::{Api, COMPETENCIES, COURSE_COMPETENCIES, COURSES_OF_COMPETENCY, Fault, GRADES, pair};
use super::number::{self, member_id};
use crate::{ApiError, Part};

/// The course, in outcomes, of what belongs to a learner and to no course.
pub(super) const SITE: &str = "site";

/// A competency.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Listed {
    #[serde(deserialize_with = "member_id")]
    pub(super) id: u64,
    #[serde(flatten)]
    info: CompetencyInfo,
}

/// One entry of `core_competency_list_course_competencies`.
#[derive(Debug, Deserialize)]
struct OfCourse {
    competency: Listed,
}

/// One entry of `tool_lp_list_courses_using_competency`.
#[derive(Debug, Deserialize)]
struct UsedIn {
    #[serde(deserialize_with = "member_id")]
    id: u64,
}

impl Listed {
    /// Whether a rule may name it so.
    pub(super) fn is_called(&self, name: &str) -> bool {
        id_in(name) == Some(self.id) || self.info.idnumber.as_deref().is_some_and(|own| own.trim() == name)
    }

    /// The id that its outcomes have.
    pub(super) fn assessment(&self) -> String {
        format!("competency:{}", self.id)
    }
}

/// The name by which a part means a competency, if it does.
pub(super) fn name(part: &Part) -> Option<&str> {
    match part {
        Part::Competency(name) => Some(name),
        Part::Named(name) => id_in(name).map(|_| name.as_str()),
        Part::Total | Part::Completion => None,
    }
}

/// The number in `competency:1`.
fn id_in(name: &str) -> Option<u64> {
    number::id_text(name.strip_prefix("competency:")?)
}

/// The competencies of a course that the parts mean; `None` where the account may not know.
pub(super) async fn of_course(
    api: &Api<'_>,
    course: u64,
    parts: impl Iterator<Item = &Part>,
) -> Result<Option<Vec<Listed>>, ApiError> {
    let names: Vec<&str> = parts.filter_map(name).collect();
    if names.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let asked = api.ask_if_allowed::<Vec<OfCourse>>(&COURSE_COMPETENCIES, &[pair("id", &course)]).await?;
    let called = |listed: &Listed| names.iter().any(|name| listed.is_called(name));
    Ok(asked.map(|all| all.into_iter().map(|one| one.competency).filter(called).collect()))
}

/// The competencies of the site that the parts mean.
///
/// # Errors
/// That they could not be asked for.
pub(super) async fn of_site(
    api: &Api<'_>,
    parts: impl Iterator<Item = &Part>,
) -> Result<Vec<Listed>, ApiError> {
    let mut found: Vec<Listed> = Vec::new();
    for name in parts.filter_map(name) {
        let (column, value) = match id_in(name) {
            Some(id) => ("id", id.to_string()),
            None => ("idnumber", name.to_owned()),
        };
        let filter = [
            pair("filters[0][column]", &column),
            pair("filters[0][value]", &value),
            pair("sort", &"id"),
            pair("order", &"ASC"),
            pair("skip", &0),
            pair("limit", &0),
        ];
        let listed: Vec<Listed> = or_none(api.ask(&COMPETENCIES, &filter).await)?;
        for one in listed.into_iter().filter(|one| one.is_called(name)) {
            if !found.iter().any(|known| known.id == one.id) {
                found.push(one);
            }
        }
    }
    Ok(found)
}

/// Everybody in the gradebooks of the courses that use a competency: nothing lists who was rated.
///
/// # Errors
/// That they could not be asked for.
pub(super) async fn learners(api: &Api<'_>, competency: u64) -> Result<BTreeSet<u64>, ApiError> {
    let courses: Vec<UsedIn> = or_none(api.ask(&COURSES_OF_COMPETENCY, &[pair("id", &competency)]).await)?;
    let mut learners = BTreeSet::new();
    for course in courses {
        let asked = [pair("courseid", &course.id), pair("userid", &0)];
        match api.ask::<GradeReports>(&GRADES, &asked).await {
            Ok(reports) => learners.extend(reports.usergrades.iter().map(|report| report.userid)),
            Err(Fault::Gone(_)) => {}
            Err(Fault::Api(error)) => return Err(error),
        }
    }
    Ok(learners)
}

/// A list; what does not exist has none.
fn or_none<T>(asked: Result<Vec<T>, Fault>) -> Result<Vec<T>, ApiError> {
    match asked {
        Ok(list) => Ok(list),
        Err(Fault::Gone(_)) => Ok(Vec::new()),
        Err(Fault::Api(error)) => Err(error),
    }
}
