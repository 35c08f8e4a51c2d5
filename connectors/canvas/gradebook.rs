//! Whole courses, for reconciliation.
//!
//! `graded_since` leaves out grades that were posted after they were given, and what was taken
//! away. So between two whole readings, a day apart, only newly graded work is asked for; the
//! whole ones find the rest.

mod finding;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answers::{self, Assignment, Course, Enrolment, Submission};
use super::api::{ASSIGNMENTS, Api, COURSE, ENROLMENTS, Fresh, PER_PAGE};
use super::confirm;
use super::detail::{Detail, Told, What};
use super::ids::Id;
use super::mastery::Rollups;
use super::people::Person;
use super::read::{at, id};
use super::reading::{HISTORY, Place, ROLLUPS};
use crate::gradebook::EVENT;
use crate::{
    ApiError, Assessment, AssessmentKind, Gradebook, Learner, Outcome, Part, Question, Shown, Signal, outcome,
};
pub(super) use finding::course;
use finding::named;

const SUBMISSIONS: &str = "Canvas submissions of a course";
const PROGRESS: &str = "Canvas progress of a course";

/// How old the last whole reading may be. Less than a day, so that a nightly one is always whole.
const WHOLE_EVERY: TimeDelta = TimeDelta::hours(20);
/// How much earlier than the last reading the next one begins: Canvas answers from a copy of its
/// database that may lag behind.
const OVERLAP: TimeDelta = TimeDelta::minutes(30);

/// [`Gradebook::marker`] of this connector.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Marker {
    /// The last reading.
    read_at: DateTime<Utc>,
    /// The last one that was whole.
    whole_at: DateTime<Utc>,
}

/// The parts that the course does not have.
pub(super) async fn absent(
    api: &Api<'_>,
    course: &outcome::Course,
    parts: &[Part],
) -> Result<Vec<Part>, ApiError> {
    let Some(course) = Id::parse(&course.id) else { return Ok(parts.to_vec()) };
    Ok(match assignments(api, course, parts.iter()).await? {
        Some(assignments) => {
            let rollups = rollups(api, course, parts.iter(), ("per_page", "1")).await?;
            lacks(&assignments, rollups.as_ref(), parts.iter())
        }
        None => parts.to_vec(),
    })
}

fn lacks<'a>(
    assignments: &[(Id, Assignment)],
    rollups: Option<&Rollups>,
    parts: impl Iterator<Item = &'a Part>,
) -> Vec<Part> {
    let outcomes = rollups.map(Rollups::assessments).unwrap_or_default();
    let lacking = |part: &&Part| match part {
        // Learning outcomes are no assignments.
        part if is_outcome(part) => !outcomes.values().any(|outcome| part.is(outcome)),
        Part::Named(name) => !assignments.iter().any(|(id, it)| it.is_called(*id, name)),
        Part::Total | Part::Completion | Part::Competency(_) => false,
    };
    parts.filter(lacking).cloned().collect()
}

/// Whether a learning outcome is meant.
fn is_outcome(part: &Part) -> bool {
    match part {
        Part::Competency(_) => true,
        Part::Named(name) => name.starts_with("outcome:"),
        Part::Total | Part::Completion => false,
    }
}

/// Everybody's mastery of a course's outcomes, where a part is one; `None` if the course has none.
async fn rollups<'a>(
    api: &Api<'_>,
    course: Id,
    mut parts: impl Iterator<Item = &'a Part>,
    pages: (&str, &str),
) -> Result<Option<Rollups>, ApiError> {
    let mut found = Rollups::default();
    if !parts.any(is_outcome) {
        return Ok(Some(found));
    }
    let query = [("include[]", "outcomes"), pages];
    let path = ["courses", &course.to_string(), "outcome_rollups"];
    let one = pages != PER_PAGE;
    let take = |page: Value| {
        found.add(&page, None);
        one
    };
    match api.pages(ROLLUPS, &path, &query, Fresh::Now, take).await {
        Ok(Some(end)) if end || one => Ok(Some(found)),
        Ok(Some(_)) => Err(ApiError::Refused { what: format!("{ROLLUPS}: the list has no end") }),
        Ok(None) | Err(ApiError::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The assignments of a course; `None` if it does not exist. Not asked where no part is one.
async fn assignments<'a>(
    api: &Api<'_>,
    course: Id,
    mut parts: impl Iterator<Item = &'a Part>,
) -> Result<Option<Vec<(Id, Assignment)>>, ApiError> {
    if !parts.any(|part| matches!(part, Part::Named(_)) && !is_outcome(part)) {
        return Ok(Some(Vec::new()));
    }
    let path = ["courses", &course.to_string(), "assignments"];
    let found = all(api, ASSIGNMENTS, &path, &[PER_PAGE]).await?;
    let read = |value: &Value| Some((id(at(value, &["id"]))?, Assignment::read(value)));
    Ok(found.map(|found| found.iter().filter_map(read).collect()))
}

/// A list to its end. One that has none is no answer: who is missing in it is not gone.
async fn all(
    api: &Api<'_>,
    what: &'static str,
    path: &[&str],
    query: &[(&str, &str)],
) -> Result<Option<Vec<Value>>, ApiError> {
    let mut found = Vec::new();
    let take = |page: Vec<Value>| {
        found.extend(page);
        false
    };
    match api.list(what, path, query, Fresh::Now, take).await? {
        Some(true) => Ok(Some(found)),
        Some(false) => Err(ApiError::Refused { what: format!("{what}: more than {} entries", found.len()) }),
        None => Ok(None),
    }
}

/// Reads a course.
pub(super) async fn read(api: &Api<'_>, question: &Question<'_>) -> Result<Option<Gradebook>, ApiError> {
    let Some(course) = Id::parse(&question.course.id) else { return Ok(None) };
    let path = course.to_string();
    let Some(found) = api.get(COURSE, &["courses", &path], &[], Fresh::Renewed).await? else {
        return Ok(None);
    };
    let parts = || question.wanted.iter().map(|wanted| &wanted.part);
    let Some(assignments) = assignments(api, course, parts()).await? else { return Ok(None) };
    let query = [
        ("state[]", "active"),
        ("state[]", "invited"),
        ("state[]", "completed"),
        ("state[]", "inactive"),
        PER_PAGE,
    ];
    let Some(enrolments) = all(api, ENROLMENTS, &["courses", &path, "enrollments"], &query).await? else {
        return Ok(None);
    };
    let rollups = rollups(api, course, parts(), PER_PAGE).await?;
    let mut survey = Survey {
        place: Place { course: named(api, course, &found), read_at: question.read_at },
        people: people(&enrolments),
        totals_hidden: Course::read(&found).totals_hidden,
        book: Gradebook { absent: lacks(&assignments, rollups.as_ref(), parts()), ..Gradebook::default() },
    };
    let last = question.marker.and_then(|marker| serde_json::from_str::<Marker>(marker).ok());
    let last = last.filter(|last| question.read_at.signed_duration_since(last.whole_at) < WHOLE_EVERY);
    let wanted: Vec<&(Id, Assignment)> = assignments
        .iter()
        .filter(|(id, it)| parts().any(|part| matches!(part, Part::Named(name) if it.is_called(*id, name))))
        .collect();
    survey.submissions(api, course, &wanted, last, question).await?;
    survey.mastery(&rollups.unwrap_or_default(), question);
    if parts().any(|part| *part == Part::Total) {
        survey.totals();
    }
    if parts().any(|part| *part == Part::Completion) {
        survey.completions(api, course).await?;
    }
    let marker =
        Marker { read_at: question.read_at, whole_at: last.map_or(question.read_at, |last| last.whole_at) };
    survey.book.marker = serde_json::to_string(&marker).ok();
    Ok(Some(survey.book))
}

/// Everybody by id, without names: a result is compared, not told to anyone.
fn people(enrolments: &[Value]) -> BTreeMap<Id, Person> {
    let mut people: BTreeMap<Id, Person> = BTreeMap::new();
    for value in enrolments {
        let Some(user) = id(at(value, &["user_id"])) else { continue };
        let person = people.entry(user).or_insert_with(|| stranger(user));
        person.enrolments.push(Enrolment::read(value));
        person.withheld = answers::withheld(&person.enrolments);
    }
    people
}

/// Somebody who is not in the course.
fn stranger(id: Id) -> Person {
    let learner =
        Learner { id: id.to_string(), name: None, email: None, institution_id: None, language: None };
    Person { id, learner, enrolments: Vec::new(), withheld: answers::withheld(&[]) }
}

/// What is read of a course, while it is.
struct Survey {
    place: Place,
    people: BTreeMap<Id, Person>,
    totals_hidden: bool,
    book: Gradebook,
}

impl Survey {
    fn show(&mut self, outcome: Outcome) {
        self.book.shown.push(Shown { outcome, decision: true });
    }

    /// Reads submissions: all of each assignment, or of all of them those graded since the last
    /// time.
    async fn submissions(
        &mut self,
        api: &Api<'_>,
        course: Id,
        assignments: &[&(Id, Assignment)],
        last: Option<Marker>,
        question: &Question<'_>,
    ) -> Result<(), ApiError> {
        let course = course.to_string();
        let ids: Vec<String> = assignments.iter().map(|(id, _)| id.to_string()).collect();
        let since = last.map(|last| {
            let since = last.read_at.checked_sub_signed(OVERLAP).unwrap_or(last.read_at);
            since.to_rfc3339_opts(SecondsFormat::Secs, true)
        });
        let groups: Vec<&[String]> = match since {
            Some(_) if ids.is_empty() => Vec::new(),
            Some(_) => vec![&ids],
            None => ids.chunks(1).collect(),
        };
        for group in groups {
            let mut query = vec![("student_ids[]", "all")];
            query.extend(group.iter().map(|id| ("assignment_ids[]", id.as_str())));
            query.extend(since.as_deref().map(|since| ("graded_since", since)));
            query.push(PER_PAGE);
            let of_group = assignments.iter().filter(|(id, _)| group.contains(&id.to_string()));
            let asked = of_group.into_iter().any(|(id, item)| question.attempts(&item.assessment(*id)));
            query.extend(asked.then_some(HISTORY));
            let path = ["courses", &course, "students", "submissions"];
            let found = all(api, SUBMISSIONS, &path, &query).await?.unwrap_or_default();
            if since.is_none() {
                self.book.whole.extend(group.iter().cloned());
            }
            for value in &found {
                self.submission(value, assignments, question);
            }
        }
        Ok(())
    }

    fn submission(&mut self, value: &Value, assignments: &[&(Id, Assignment)], question: &Question<'_>) {
        let submission = Submission::read(value, None);
        let assignment = id(at(value, &["assignment_id"]));
        let assignment = assignments.iter().find(|(id, _)| Some(*id) == assignment);
        // While grading is anonymous a submission names nobody.
        let (Some((id, item)), Some(user)) = (assignment, submission.user) else { return };
        let person = self.people.get(&user).cloned().unwrap_or_else(|| stranger(user));
        let mut outcome = confirm::of_item(&self.place, *id, item, person.learner);
        match confirm::unread(person.withheld, item) {
            Some(withheld) => outcome.release = withheld,
            None => confirm::fill(&mut outcome, item, &submission),
        }
        // Others of the same call may be asked for, and not this one.
        if !question.attempts(&outcome.assessment) {
            outcome.attempts.clear();
        }
        self.show(outcome);
    }

    fn mastery(&mut self, rollups: &Rollups, question: &Question<'_>) {
        for (id, assessment) in rollups.assessments() {
            if !question.wanted.iter().any(|wanted| wanted.part.is(&assessment)) {
                continue;
            }
            for user in rollups.learners(id) {
                let person = self.people.get(&user).cloned().unwrap_or_else(|| stranger(user));
                let outcome = rollups.of(&self.place, &person, id);
                self.show(outcome);
            }
            self.book.whole.insert(assessment.id);
        }
    }

    fn totals(&mut self) {
        let totals: Vec<Outcome> = self
            .people
            .values()
            .map(|person| confirm::of_total(&self.place, person, self.totals_hidden).0)
            .collect();
        self.book.whole.insert(Assessment::COURSE_TOTAL.to_owned());
        for total in totals {
            self.show(total);
        }
    }

    async fn completions(&mut self, api: &Api<'_>, course: Id) -> Result<(), ApiError> {
        let path = ["courses", &course.to_string(), "bulk_user_progress"];
        let found = match all(api, PROGRESS, &path, &[PER_PAGE]).await {
            Ok(Some(found)) => found,
            // So Canvas says that the course has no requirements.
            Ok(None) | Err(ApiError::Refused { .. }) => {
                self.book.absent.push(Part::Completion);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let mut seen = BTreeSet::new();
        for value in &found {
            let Some(user) = id(at(value, &["id"])).filter(|user| seen.insert(*user)) else { continue };
            let person = self.people.get(&user).cloned().unwrap_or_else(|| stranger(user));
            let (outcome, _) = confirm::of_completion(&self.place, &person, at(value, &["progress"]));
            self.show(outcome);
        }
        self.book.whole.insert(Assessment::COURSE_COMPLETION.to_owned());
        Ok(())
    }
}

/// The signal that makes this result be confirmed.
pub(super) fn signal(outcome: &Outcome) -> Option<Signal> {
    let course = Id::parse(&outcome.course.id)?;
    let learner = Id::parse(&outcome.learner.id)?;
    let what = match outcome.assessment.kind {
        AssessmentKind::CourseTotal => What::Total { course, learner },
        AssessmentKind::CourseCompletion => What::Completion { course, learner },
        AssessmentKind::Item => {
            What::Submission { course: Some(course), assignment: Id::parse(&outcome.assessment.id)?, learner }
        }
        AssessmentKind::Competency => What::Mastery {
            course: Some(course),
            outcome: Id::parse(outcome.assessment.id.strip_prefix("outcome:")?)?,
            assignment: None,
            learner: learner.to_string(),
        },
    };
    Some(Detail::new(what, None, Told::default(), None).signal(EVENT, &[]))
}
