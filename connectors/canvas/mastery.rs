//! Asks Canvas whether a learner masters a learning outcome.

use rust_decimal::Decimal;
use serde_json::Value;

use super::confirm::{Found, Settled, no_course, of_course, release};
use super::detail::Detail;
use super::ids::Id;
use super::read::{at, decimal, id, text, time};
use super::reading::Reading;
use crate::{ApiError, AssessmentKind, Outcome, Score, Withheld, outcome};

/// A learner's mastery as the outcome's own calculation gives it (the latest, the highest, a
/// decaying average …): one result of several says little.
pub(super) async fn mastery(
    reading: &Reading<'_>,
    course: Id,
    outcome_id: Id,
    assignment: Option<Id>,
    uuid: &str,
    detail: &Detail,
) -> Result<Found<Settled>, ApiError> {
    let Some(place) = reading.place(course) else { return Ok(Err(no_course(course))) };
    let person = match reading.person(course, &format!("uuid:{uuid}"), detail.home).await? {
        Ok(person) => person,
        Err(why) => return Ok(Err(why)),
    };
    let learner = person.id;
    let Some(rollups) = reading.rollups(course, outcome_id, learner).await? else {
        return Ok(Err(format!(
            "the learning outcome {outcome_id} is not part of the course {course} for this learner"
        )));
    };
    let same = |value: &Value, wanted: Id| id(value).map(|id| id.seen_from(detail.home)) == Some(wanted);
    let list = |path: &[&str]| at(&rollups, path).as_array().cloned().unwrap_or_default();
    let shown = list(&["rollups"])
        .into_iter()
        .filter(|rollup| same(at(rollup, &["links", "user"]), learner))
        .flat_map(|rollup| at(&rollup, &["scores"]).as_array().cloned().unwrap_or_default())
        .find(|score| same(at(score, &["links", "outcome"]), outcome_id));
    let about = list(&["linked", "outcomes"])
        .into_iter()
        .find(|outcome| same(at(outcome, &["id"]), outcome_id))
        .unwrap_or_default();
    let given = shown.as_ref().and_then(|score| decimal(at(score, &["score"])));
    let mark = decimal(at(&about, &["mastery_points"]));
    // The result may rest on an assignment that the learner cannot see yet.
    let hidden = match assignment {
        Some(assignment) => reading
            .submission(course, assignment, learner, detail.home)
            .await?
            .is_some_and(|submission| submission.posted_at.is_none()),
        None => false,
    };
    let withheld = match person.withheld {
        Some(reason) => Some(reason),
        None if given.is_none() => Some(Withheld::NotGraded),
        None if hidden => Some(Withheld::NotPosted),
        None => None,
    };
    let why = (given.is_none() && person.withheld.is_none())
        .then(|| "Canvas does not show a result for this learning outcome yet".to_owned());
    let outcome = Outcome {
        assessment: outcome::Assessment {
            id: format!("outcome:{outcome_id}"),
            also: text(at(&about, &["vendor_guid"])).into_iter().collect(),
            kind: AssessmentKind::Competency,
            name: text(at(&about, &["display_name"])).or_else(|| text(at(&about, &["title"]))),
            url: None,
        },
        score: given.map(|given| Score {
            given: Some(given),
            min: Decimal::ZERO,
            max: decimal(at(&about, &["points_possible"])),
            text: None,
        }),
        passed: given.zip(mark).map(|(given, mark)| given >= mark),
        release: release(withheld),
        graded_at: shown.as_ref().and_then(|score| time(at(score, &["submitted_at"]))),
        ..of_course(&place, &person, AssessmentKind::Competency)
    };
    Ok(Ok((outcome, why)))
}
