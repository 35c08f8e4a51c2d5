//! The gradebook of a course, as its user report tells it.

use super::answers::{GradeReport, GradeReports};
use super::api::{Api, Fault, GRADES, pair};
use crate::ApiError;

/// The reports of a course: of one learner, or of everybody.
///
/// # Errors
/// Also where the course's settings leave out of the report what every rule needs: read as “no
/// grade”, it would take badges away.
pub(super) async fn read(
    api: &Api<'_>,
    course: u64,
    learner: Option<u64>,
) -> Result<Vec<GradeReport>, Fault> {
    let whose = [pair("courseid", &course), pair("userid", &learner.unwrap_or(0))];
    let GradeReports { usergrades } = api.ask(&GRADES, &whose).await?;
    match usergrades.iter().find_map(GradeReport::lacks) {
        Some(setting) => Err(Fault::Api(ApiError::Unauthorized {
            what: format!(
                "Moodle {}: the user report of course {course} leaves a part out (in the course, under Grades > \
                 Course grade settings > User report, set “{setting}” to “Show”)",
                GRADES.name
            ),
        })),
        None => Ok(usergrades),
    }
}
