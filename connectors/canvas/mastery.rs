//! Asks Canvas whether a learner masters a learning outcome.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use super::confirm::{Found, Settled, no_course, of_course, release};
use super::detail::{Detail, user};
use super::ids::Id;
use super::people::Person;
use super::read::{at, decimal, id, text, time};
use super::reading::{Place, Reading};
use crate::{ApiError, Assessment, AssessmentKind, Outcome, Score, Withheld};

/// A page of rollups: each learner's mastery as the outcome's own calculation gives it (the latest,
/// the highest, a decaying average …), for one result of several says little.
#[derive(Debug, Default)]
pub(super) struct Rollups {
    /// By learner and outcome. A learner of several sections is listed once for each.
    scores: BTreeMap<(Id, Id), Value>,
    /// The outcomes.
    outcomes: BTreeMap<Id, Value>,
}

impl Rollups {
    /// Adds a page.
    pub(super) fn add(&mut self, page: &Value, home: Option<u64>) {
        let list = |of: &Value, path: &[&str]| at(of, path).as_array().cloned().unwrap_or_default();
        let here = |value: &Value| id(value).map(|id| id.seen_from(home));
        for rollup in list(page, &["rollups"]) {
            let Some(learner) = here(at(&rollup, &["links", "user"])) else { continue };
            for score in list(&rollup, &["scores"]) {
                if let Some(outcome) = here(at(&score, &["links", "outcome"])) {
                    self.scores.entry((learner, outcome)).or_insert(score);
                }
            }
        }
        for outcome in list(page, &["linked", "outcomes"]) {
            if let Some(id) = here(at(&outcome, &["id"])) {
                self.outcomes.insert(id, outcome);
            }
        }
    }

    /// The outcomes, as their results carry them.
    pub(super) fn assessments(&self) -> BTreeMap<Id, Assessment> {
        self.outcomes.keys().map(|id| (*id, self.assessment(*id))).collect()
    }

    /// Who has a result in an outcome.
    pub(super) fn learners(&self, outcome: Id) -> impl Iterator<Item = Id> {
        self.scores.keys().filter(move |(_, it)| *it == outcome).map(|(learner, _)| *learner)
    }

    fn assessment(&self, outcome: Id) -> Assessment {
        let about = self.outcomes.get(&outcome).unwrap_or(&Value::Null);
        Assessment {
            id: format!("outcome:{outcome}"),
            also: text(at(about, &["vendor_guid"])).into_iter().collect(),
            kind: AssessmentKind::Competency,
            name: text(at(about, &["display_name"])).or_else(|| text(at(about, &["title"]))),
            url: None,
        }
    }

    /// The outcome of a learner's mastery.
    pub(super) fn of(&self, place: &Place, person: &Person, outcome: Id) -> Outcome {
        let about = self.outcomes.get(&outcome).unwrap_or(&Value::Null);
        let shown = self.scores.get(&(person.id, outcome));
        let given = shown.and_then(|score| decimal(at(score, &["score"])));
        let mark = decimal(at(about, &["mastery_points"]));
        let withheld = person.withheld.or(given.is_none().then_some(Withheld::NotGraded));
        Outcome {
            assessment: self.assessment(outcome),
            score: given.map(|given| Score {
                given: Some(given),
                min: Decimal::ZERO,
                max: decimal(at(about, &["points_possible"])),
                text: None,
            }),
            passed: given.zip(mark).map(|(given, mark)| given >= mark),
            release: release(withheld),
            graded_at: shown.and_then(|score| time(at(score, &["submitted_at"]))),
            ..of_course(place, person, AssessmentKind::Competency)
        }
    }
}

/// Confirms a learner's mastery.
pub(super) async fn mastery(
    reading: &Reading<'_>,
    course: Id,
    outcome_id: Id,
    assignment: Option<Id>,
    learner: &str,
    detail: &Detail,
) -> Result<Found<Settled>, ApiError> {
    let Some(place) = reading.place(course) else { return Ok(Err(no_course(course))) };
    let person = match reading.person(course, &user(learner), detail.home).await? {
        Ok(person) => person,
        Err(why) => return Ok(Err(why)),
    };
    let Some(page) = reading.rollups(course, outcome_id, person.id).await? else {
        return Ok(Err(format!(
            "the learning outcome {outcome_id} is not part of the course {course} for this learner"
        )));
    };
    let mut rollups = Rollups::default();
    rollups.add(&page, detail.home);
    let mut outcome = rollups.of(&place, &person, outcome_id);
    if outcome.score.is_some() && person.withheld.is_none() {
        // The results may rest on assignments that the learner cannot see yet.
        let mut assignments = reading.results(course, outcome_id, person.id, detail.home).await?;
        assignments.extend(assignment);
        for assignment in assignments {
            let submission = reading.submission(course, assignment, person.id, detail.home).await?;
            if submission.is_some_and(|submission| submission.posted_at.is_none()) {
                outcome.release = release(Some(Withheld::NotPosted));
                break;
            }
        }
    }
    let awaited = outcome.score.is_none() && person.withheld.is_none() && detail.at.is_some();
    let why = awaited.then(|| "Canvas does not show a result for this learning outcome yet".to_owned());
    Ok(Ok((outcome, why)))
}
