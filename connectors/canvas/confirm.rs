//! Asks Canvas what is true for a batch of signals: first about the courses, then about each
//! learner.

mod targets;

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use super::answers::{Assignment, Submission};
use super::api::Api;
use super::detail::{Detail, Told};
use super::ids::Id;
use super::mastery::mastery;
use super::people::Person;
use super::read::{at, decimal, time};
use super::reading::{Place, Reading};
use crate::{
    ApiError, Asked, AssessmentKind, Confirmation, Learner, Outcome, Release, Signal, Withheld, learners,
    outcome,
};

use targets::{Target, Targeted, Targets};

/// How long after an event a total that differs may still be on its way.
const ON_ITS_WAY: TimeDelta = TimeDelta::minutes(2);

/// Confirms each signal, in order.
pub(super) async fn confirm(
    signals: &[Signal],
    api: Api<'_>,
    asked: &Asked,
    read_at: DateTime<Utc>,
) -> Result<Vec<Confirmation>, ApiError> {
    let mut reading = Reading::new(api, asked, read_at);
    let Targets { found, said: mut confirmations } = Targets::of(&mut reading, signals).await?;
    let mut learners: BTreeMap<String, Vec<Targeted>> = BTreeMap::new();
    for targeted in found {
        learners.entry(targeted.target.learner()).or_default().push(targeted);
    }
    let (mut theirs, mut questions) = (Vec::new(), Vec::with_capacity(learners.len()));
    for (learner, signals) in learners {
        theirs.push(signals.iter().map(|it| it.index).collect::<Vec<_>>());
        questions.push((learner, settle_all(&reading, signals)));
    }
    for (theirs, answer) in theirs.into_iter().zip(learners::each(questions, read_at).await?) {
        match answer {
            Ok(said) => confirmations.extend(theirs.into_iter().zip(said)),
            Err(error) => {
                let unread = |index| (index, Confirmation::Unread(error.clone()));
                confirmations.extend(theirs.into_iter().map(unread));
            }
        }
    }
    Ok(confirmations.into_values().collect())
}

/// Confirms the signals of one learner.
async fn settle_all(reading: &Reading<'_>, signals: Vec<Targeted>) -> Result<Vec<Confirmation>, ApiError> {
    let mut confirmations = Vec::with_capacity(signals.len());
    for Targeted { target, detail, .. } in signals {
        confirmations.push(match settle(reading, &target, &detail).await? {
            Ok((outcome, None)) => Confirmation::Settled(vec![outcome]),
            Ok((outcome, Some(why))) => Confirmation::Unsettled { outcomes: vec![outcome], why },
            Err(why) => Confirmation::Nothing { why },
        });
    }
    Ok(confirmations)
}

/// A value, or why there is nothing to record.
pub(super) type Found<T> = Result<T, String>;
/// An outcome, and what Canvas does not show yet, if anything.
pub(super) type Settled = (Outcome, Option<String>);

async fn settle(reading: &Reading<'_>, target: &Target, detail: &Detail) -> Result<Found<Settled>, ApiError> {
    match target {
        Target::Submission { course, assignment, learner } => {
            submission(reading, *course, *assignment, *learner, detail).await
        }
        Target::Completion { course, learner } => completion(reading, *course, *learner, detail).await,
        Target::Total { course, learner } => total(reading, *course, *learner, detail).await,
        Target::Mastery { course, outcome, assignment, learner } => {
            mastery(reading, *course, *outcome, *assignment, learner, detail).await
        }
    }
}

async fn submission(
    reading: &Reading<'_>,
    course: Id,
    assignment: Id,
    learner: Id,
    detail: &Detail,
) -> Result<Found<Settled>, ApiError> {
    let Some(place) = reading.place(course) else { return Ok(Err(no_course(course))) };
    let Some(item) = reading.assignment(course, assignment) else {
        return Ok(Err(format!("the assignment {assignment} does not exist in Canvas")));
    };
    let user = learner.to_string();
    let person = match detail.at {
        Some(_) => reading.person(course, &user, detail.home).await?,
        // The gradebook told it, perhaps because somebody left just now.
        None => reading.person_now(course, &user, detail.home).await?,
    };
    let person = match person {
        Ok(person) => person,
        Err(why) => return Ok(Err(why)),
    };
    let mut outcome = of_item(&place, assignment, item, person.learner);
    if let Some(withheld) = unread(person.withheld, item) {
        outcome.release = withheld;
        return Ok(Ok((outcome, None)));
    }
    let Some(submission) = reading.submission(course, assignment, learner, detail.home).await? else {
        return Ok(Err(format!(
            "Canvas has no submission of the learner {learner} to the assignment {assignment}"
        )));
    };
    match submission.user {
        Some(user) if user != learner => {
            return Ok(Err(format!("Canvas gives the submission of {user} for that of {learner}")));
        }
        _ => {}
    }
    fill(&mut outcome, item, &submission);
    let why = not_shown_yet(&detail.told, detail.at, &submission);
    Ok(Ok((outcome, why)))
}

/// An outcome of an assignment, before anything is read of its grade.
pub(super) fn of_item(place: &Place, id: Id, item: &Assignment, learner: Learner) -> Outcome {
    Outcome {
        learner,
        course: place.course.clone(),
        assessment: item.assessment(id),
        score: None,
        passed: None,
        release: Release::Released,
        graded_at: None,
        attempt: None,
        attempts: Vec::new(),
        late: None,
        all_graded: None,
        as_of: place.read_at,
    }
}

/// Why a grade is not even read. While grading is anonymous nobody should learn whose it is.
pub(super) fn unread(withheld: Option<Withheld>, item: &Assignment) -> Option<Release> {
    let reason = withheld.or(item.anonymous.then_some(Withheld::Anonymous))?;
    Some(Release::Withheld { reason })
}

/// Adds what a submission tells.
pub(super) fn fill(outcome: &mut Outcome, item: &Assignment, submission: &Submission) {
    outcome.score = submission.score(item);
    outcome.passed = submission.passed(item);
    outcome.release = release(submission.withheld());
    outcome.graded_at = submission.graded_at;
    outcome.attempt = submission.attempt();
    outcome.attempts = submission.attempts(item);
    outcome.late = submission.late();
}

/// What the event told and the API does not show: it answers from a copy of the database that
/// may lag behind. A newer state than the event's is fine.
fn not_shown_yet(told: &Told, at: Option<DateTime<Utc>>, shown: &Submission) -> Option<String> {
    let older = |shown: Option<DateTime<Utc>>, than: DateTime<Utc>| shown.is_none_or(|shown| shown < than);
    // The API gives whole seconds. The same time cut so is the same grading, but against the
    // time of the event it counts as older: waiting in vain costs less than an old grade.
    if told.graded_at.is_some_and(|graded_at| older(shown.graded_at, graded_at.trunc_subsecs(0))) {
        return Some("Canvas does not show yet that it was graded then".to_owned());
    }
    let at = at?;
    let differs = told.scored && told.score != shown.score;
    if differs && older(shown.graded_at, at) {
        return Some("Canvas does not show the score of the event yet".to_owned());
    }
    match told.muted {
        // A null score tells nothing of posting; an excused learner has one.
        Some(false) if shown.posted_at.is_none() && told.score.is_some() => {
            Some("Canvas does not show yet that the grade is posted".to_owned())
        }
        Some(true) if shown.posted_at.is_some_and(|posted_at| older(Some(posted_at), at)) => {
            Some("Canvas does not show yet that the grade is hidden".to_owned())
        }
        _ => None,
    }
}

async fn completion(
    reading: &Reading<'_>,
    course: Id,
    learner: Id,
    detail: &Detail,
) -> Result<Found<Settled>, ApiError> {
    let Some(place) = reading.place(course) else { return Ok(Err(no_course(course))) };
    let person = match reading.person(course, &learner.to_string(), detail.home).await? {
        Ok(person) => person,
        Err(why) => return Ok(Err(why)),
    };
    let Some(progress) = reading.progress(course, learner).await? else {
        return Ok(Err(format!(
            "the course {course} has no requirements to complete for the learner {learner}"
        )));
    };
    let (outcome, complete) = of_completion(&place, &person, &progress);
    let why = (!complete).then(|| "Canvas does not show the course as completed yet".to_owned());
    Ok(Ok((outcome, why.filter(|_| person.withheld.is_none()))))
}

/// The outcome of a learner's progress, and whether they have completed the course.
pub(super) fn of_completion(place: &Place, person: &Person, progress: &Value) -> (Outcome, bool) {
    let count = |name: &str| decimal(at(progress, &[name]));
    let (required, done) = (count("requirement_count"), count("requirement_completed_count"));
    let completed_at = time(at(progress, &["completed_at"]));
    let complete = required.is_some_and(|required| required > Decimal::ZERO)
        && required == done
        && completed_at.is_some();
    let outcome = of_course(place, person, AssessmentKind::CourseCompletion);
    let outcome = Outcome {
        passed: Some(complete),
        release: release(person.withheld),
        graded_at: completed_at,
        ..outcome
    };
    (outcome, complete)
}

async fn total(
    reading: &Reading<'_>,
    course: Id,
    learner: Id,
    detail: &Detail,
) -> Result<Found<Settled>, ApiError> {
    let Some(place) = reading.place(course) else { return Ok(Err(no_course(course))) };
    let person = match reading.person_now(course, &learner.to_string(), detail.home).await? {
        Ok(person) => person,
        Err(why) => return Ok(Err(why)),
    };
    let (outcome, overridden) = of_total(&place, &person, reading.totals_hidden(course));
    let told = &detail.told;
    let given = outcome.score.as_ref().and_then(|score| score.given);
    let fresh = detail.at.is_some_and(|at| reading.read_at.signed_duration_since(at) < ON_ITS_WAY);
    let differs = told.scored && told.score != given && !overridden;
    let why = (fresh && differs && person.withheld.is_none())
        .then(|| "Canvas does not show the total of the event yet".to_owned());
    Ok(Ok((outcome, why)))
}

/// The outcome of a learner's total, and whether a teacher set it.
pub(super) fn of_total(place: &Place, person: &Person, hidden: bool) -> (Outcome, bool) {
    let enrolments = || person.enrolments.iter().filter(|enrolment| enrolment.is_student());
    let score = enrolments().find_map(super::answers::Enrolment::total);
    let overridden = enrolments().any(super::answers::Enrolment::is_overridden);
    let withheld = match person.withheld {
        Some(reason) => Some(reason),
        None if score.is_none() => Some(Withheld::NotGraded),
        None if hidden => Some(Withheld::Hidden),
        None => None,
    };
    let outcome = of_course(place, person, AssessmentKind::CourseTotal);
    (Outcome { score, release: release(withheld), ..outcome }, overridden)
}

/// An outcome of the course itself.
pub(super) fn of_course(place: &Place, person: &Person, kind: AssessmentKind) -> Outcome {
    let id = match kind {
        AssessmentKind::CourseCompletion => outcome::Assessment::COURSE_COMPLETION,
        _ => outcome::Assessment::COURSE_TOTAL,
    };
    Outcome {
        learner: person.learner.clone(),
        assessment: outcome::Assessment {
            id: id.to_owned(),
            also: Vec::new(),
            kind,
            name: place.course.name.clone(),
            url: place.course.url.clone(),
        },
        course: place.course.clone(),
        score: None,
        passed: None,
        release: Release::Released,
        graded_at: None,
        attempt: None,
        attempts: Vec::new(),
        late: None,
        all_graded: None,
        as_of: place.read_at,
    }
}

pub(super) fn release(withheld: Option<Withheld>) -> Release {
    withheld.map_or(Release::Released, |reason| Release::Withheld { reason })
}

pub(super) fn no_course(course: Id) -> String {
    format!("the course {course} does not exist in Canvas")
}
