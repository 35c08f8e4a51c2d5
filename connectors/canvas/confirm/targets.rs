//! What the signals of a batch are about, with all that has to be known of the courses.

use std::collections::{BTreeMap, BTreeSet};

use super::super::api::Fresh;
use super::super::detail::{Detail, What, user};
use super::super::ids::Id;
use super::super::reading::Reading;
use super::Found;
use crate::{ApiError, Confirmation, Signal, learners};

/// Up to so many learners of one assignment are read one by one, more as a list: a page of the
/// list holds 100, and the learners may be on any page.
const FEW: usize = 5;

/// The targets of a batch.
#[derive(Debug, Default)]
pub(super) struct Targets {
    /// What to read of each learner.
    pub(super) found: Vec<Targeted>,
    /// What is said already, by the place of the signal.
    pub(super) said: BTreeMap<usize, Confirmation>,
}

/// A signal with what it is about.
#[derive(Debug)]
pub(super) struct Targeted {
    /// The place of the signal.
    pub(super) index: usize,
    pub(super) target: Target,
    pub(super) detail: Detail,
}

impl Targets {
    /// Reads what concerns the courses, once for all their learners.
    pub(super) async fn of(reading: &mut Reading<'_>, signals: &[Signal]) -> Result<Self, ApiError> {
        let mut targets = Self::default();
        let mut attempts = Vec::new();
        for (index, signal) in signals.iter().enumerate() {
            let nothing = match serde_json::from_value::<Detail>(signal.detail.clone()) {
                Ok(detail) => match place(reading, &detail).await? {
                    Ok(Place::Target(target)) => {
                        targets.found.push(Targeted { index, target, detail });
                        continue;
                    }
                    Ok(Place::Attempt(attempt)) => {
                        attempts.push((index, attempt, detail));
                        continue;
                    }
                    Err(why) => why,
                },
                Err(error) => format!("the signal's detail is not readable: {error}"),
            };
            targets.said.insert(index, Confirmation::Nothing { why: nothing });
        }
        targets.identify(reading, attempts).await?;
        for Targeted { target, detail, .. } in &targets.found {
            read_course_of(reading, target, detail).await?;
        }
        list_where_many(reading, &targets.found).await?;
        Ok(targets)
    }

    /// Asks whose attempts these are.
    async fn identify(
        &mut self,
        reading: &Reading<'_>,
        attempts: Vec<(usize, Attempt, Detail)>,
    ) -> Result<(), ApiError> {
        let mut questions = Vec::with_capacity(attempts.len());
        for (_, Attempt { course, quiz, id, .. }, detail) in &attempts {
            questions.push((*id, reading.learner_of(*course, *quiz, *id, detail.home)));
        }
        let answers = learners::each(questions, reading.read_at).await?;
        for ((index, attempt, detail), learner) in attempts.into_iter().zip(answers) {
            let Attempt { course, quiz, assignment, id } = attempt;
            let said = match learner {
                Ok(Some(learner)) => {
                    let target = Target::Submission { course, assignment, learner };
                    self.found.push(Targeted { index, target, detail });
                    continue;
                }
                Ok(None) => Confirmation::Nothing {
                    why: format!("the attempt {id} at the quiz {quiz} does not exist"),
                },
                Err(error) => Confirmation::Unread(error),
            };
            self.said.insert(index, said);
        }
        Ok(())
    }
}

/// What to read, with everything known that the event left out.
#[derive(Debug)]
pub(super) enum Target {
    Submission { course: Id, assignment: Id, learner: Id },
    Completion { course: Id, learner: Id },
    Total { course: Id, learner: Id },
    Mastery { course: Id, outcome: Id, assignment: Option<Id>, learner: String },
}

impl Target {
    /// Whose it is.
    pub(super) fn learner(&self) -> String {
        match self {
            Self::Submission { learner, .. }
            | Self::Completion { learner, .. }
            | Self::Total { learner, .. } => learner.to_string(),
            Self::Mastery { learner, .. } => user(learner),
        }
    }
}

/// Where in Canvas a signal belongs.
enum Place {
    Target(Target),
    /// It is known as soon as it is known whose attempt this is.
    Attempt(Attempt),
}

/// An attempt at a quiz by whomever.
struct Attempt {
    course: Id,
    quiz: Id,
    assignment: Id,
    id: Id,
}

/// Completes what an event tells of its target.
async fn place(reading: &mut Reading<'_>, detail: &Detail) -> Result<Found<Place>, ApiError> {
    let target = match detail.what.clone() {
        What::Submission { course: Some(course), assignment, learner } => {
            Target::Submission { course, assignment, learner }
        }
        What::Submission { course: None, assignment, learner } => {
            match reading.course_of(assignment, detail.home).await? {
                Some(course) => Target::Submission { course, assignment, learner },
                None => return Ok(Err(format!("the assignment {assignment} does not exist in Canvas"))),
            }
        }
        What::Quiz { course, quiz, attempt: id, learner } => {
            let Some(assignment) = reading.assignment_of(course, quiz, detail.home).await? else {
                return Ok(Err(format!("the quiz {quiz} does not exist in Canvas, or is not graded")));
            };
            match learner {
                Some(learner) => Target::Submission { course, assignment, learner },
                None => return Ok(Ok(Place::Attempt(Attempt { course, quiz, assignment, id }))),
            }
        }
        What::Completion { course, learner } => Target::Completion { course, learner },
        What::Total { course, learner } => Target::Total { course, learner },
        What::Mastery { course, outcome, assignment, learner } => {
            let course = match (course, assignment) {
                (None, Some(assignment)) => reading.course_of(assignment, detail.home).await?,
                (course, _) => course,
            };
            match course {
                Some(course) => Target::Mastery { course, outcome, assignment, learner },
                None => return Ok(Err("the assignment in which it was assessed does not exist".to_owned())),
            }
        }
    };
    Ok(Ok(Place::Target(target)))
}

/// Reads what a target needs to know of its course.
async fn read_course_of(reading: &mut Reading<'_>, target: &Target, detail: &Detail) -> Result<(), ApiError> {
    match target {
        Target::Submission { course, assignment, .. } => {
            if reading.read_course(*course, Fresh::Recent).await? {
                reading.read_assignment(*course, *assignment, &detail.told).await?;
            }
        }
        Target::Completion { course, .. } | Target::Mastery { course, .. } => {
            reading.read_course(*course, Fresh::Recent).await?;
        }
        // Whether the total is hidden may not be known from ten minutes ago: both decide.
        Target::Total { course, .. } => {
            reading.read_course(*course, Fresh::Renewed).await?;
        }
    }
    Ok(())
}

/// Reads the submissions of an assignment as one list where many of its learners are asked for.
async fn list_where_many(reading: &mut Reading<'_>, found: &[Targeted]) -> Result<(), ApiError> {
    let mut wanted: BTreeMap<(Id, Id), (BTreeSet<Id>, Option<u64>)> = BTreeMap::new();
    for Targeted { target, detail, .. } in found {
        if let Target::Submission { course, assignment, learner } = target {
            let entry = wanted.entry((*course, *assignment)).or_default();
            entry.0.insert(*learner);
            entry.1 = detail.home;
        }
    }
    for ((course, assignment), (learners, home)) in wanted {
        if learners.len() > FEW {
            reading.list_submissions(course, assignment, learners, home).await?;
        }
    }
    Ok(())
}
